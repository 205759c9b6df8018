package slackd

import (
	"context"
	"slices"
)

// Change tells a subscriber that something visible changed.
type Change struct {
	Kind    string // "message", "home", "modal", "directory", "faults" or "sockets"; "acks" and "calls" to those who watch everything
	Channel string // for messages
}

// keptChanges is how many changes wait for a slow subscriber before further ones are merged into them.
const keptChanges = 16

// Subscribe returns a channel told of changes the user can see; an empty id sees every change. Changes that
// come faster than they are read are merged into fewer, never lost: after reading one, look at the current state.
// Call cancel when done; the channel is never closed.
func (s *Server) Subscribe(userID string) (changes <-chan Change, cancel func()) {
	ch := make(chan Change, keptChanges)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watchers[userID] == nil {
		s.watchers[userID] = map[chan Change]struct{}{}
	}
	s.watchers[userID][ch] = struct{}{}
	return ch, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers[userID], ch)
		if len(s.watchers[userID]) == 0 {
			delete(s.watchers, userID)
		}
	}
}

// changed tells the given users' subscribers, or everybody's if none is given. Callers hold mu.
func (s *Server) changed(c Change, userIDs ...string) {
	if len(userIDs) == 0 {
		for userID := range s.watchers {
			s.tell(userID, c)
		}
		return
	}
	for _, userID := range userIDs {
		s.tell(userID, c)
	}
	s.tell("", c)
}

// tell hands a change to one user's subscribers. A full channel already holds a reason to look. Callers hold mu.
func (s *Server) tell(userID string, c Change) {
	for ch := range s.watchers[userID] {
		select {
		case ch <- c:
		default:
		}
	}
}

// Await waits until what holds, looking again after each change anybody can see, and returns ctx's error if it
// never does.
func (s *Server) Await(ctx context.Context, what func() bool) error { return s.await(ctx, "", what) }

// await is Await with the changes one user sees.
func (s *Server) await(ctx context.Context, userID string, what func() bool) error {
	changes, cancel := s.Subscribe(userID)
	defer cancel()
	for !what() {
		select {
		case <-changes:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Await waits until what holds, looking again after each visible change, and returns ctx's error if it never does.
func (p *Person) Await(ctx context.Context, what func() bool) error {
	return p.s.await(ctx, p.id, what)
}

// AwaitMessage waits for a message in a channel that matches and returns the newest such one.
func (p *Person) AwaitMessage(ctx context.Context, channel string, match func(Message) bool) (found Message, err error) {
	err = p.Await(ctx, func() bool {
		// Mostly it is the last one, which spares copying them all.
		if last, ok := p.LastMessage(channel); ok && match(last) {
			found = last
			return true
		}
		for _, m := range slices.Backward(p.Messages(channel)) {
			if match(m) {
				found = m
				return true
			}
		}
		return false
	})
	return found, err
}

// AwaitModal waits until the visible modal matches.
func (p *Person) AwaitModal(ctx context.Context, match func(View) bool) (found View, err error) {
	err = p.Await(ctx, func() bool {
		v, ok := p.Modal()
		found = v
		return ok && match(v)
	})
	return found, err
}

// AwaitHome waits until the Home tab matches.
func (p *Person) AwaitHome(ctx context.Context, match func(View) bool) (found View, err error) {
	err = p.Await(ctx, func() bool {
		v, ok := p.Home()
		found = v
		return ok && match(v)
	})
	return found, err
}
