package slackd

import (
	"crypto/rand"
	"fmt"
	"time"
)

// triggers are the trigger ids handed out lately.
type triggers struct {
	byID  map[string]*trigger
	order []*trigger // by ascending time
}

// trigger lets the app open one modal for one person.
type trigger struct {
	id      string
	user    string
	channel string // where it came from, if it was a channel
	view    string // the modal it came from, if any
	at      time.Time
	used    bool
}

// triggerMemory is how long a trigger id is remembered, to tell an old one from a made-up one.
const triggerMemory = time.Minute

// newTrigger hands out a trigger id. Callers hold mu.
func (s *Server) newTrigger(user, channel, view string) string {
	now := s.now()
	for len(s.triggers.order) > 0 && now.Sub(s.triggers.order[0].at) > triggerMemory {
		delete(s.triggers.byID, s.triggers.order[0].id)
		s.triggers.order = s.triggers.order[1:]
	}
	s.serial++
	t := &trigger{id: fmt.Sprintf("%d.%d.%s", s.serial, now.UnixMilli(), rand.Text()), user: user, channel: channel, view: view, at: now}
	s.triggers.byID[t.id] = t
	s.triggers.order = append(s.triggers.order, t)
	return t.id
}

// exchange uses a trigger id up. Callers hold mu.
func (s *Server) exchange(id string) (*trigger, error) {
	t := s.triggers.byID[id]
	switch {
	case t == nil:
		return nil, refuse("invalid_trigger_id")
	case t.used:
		return nil, refuse("exchanged_trigger_id")
	case s.now().Sub(t.at) > s.limits.Trigger:
		return nil, refuse("expired_trigger_id")
	}
	t.used = true
	return t, nil
}
