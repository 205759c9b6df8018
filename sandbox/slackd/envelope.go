package slackd

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"time"
)

// maxAck is the size in bytes from which Slack silently ignores an acknowledgement, as slack-go's maintainers found.
const maxAck = 20 << 10

// Envelope is what Socket Mode delivers: https://docs.slack.dev/apis/events-api/using-socket-mode.
type Envelope struct {
	ID                     string // made up when empty
	Type                   string // "slash_commands", "interactive", "events_api", or anything else
	Payload                json.RawMessage
	AcceptsResponsePayload bool
	RetryAttempt           int
	RetryReason            string

	subtype string // what it is about, for Ack
	user    string
}

// frame renders the envelope as Slack does.
func (e Envelope) frame() []byte {
	f := object{
		"envelope_id":              e.ID,
		"type":                     e.Type,
		"payload":                  e.Payload,
		"accepts_response_payload": e.AcceptsResponsePayload,
	}
	if e.Type == "events_api" {
		f["retry_attempt"], f["retry_reason"] = e.RetryAttempt, e.RetryReason
	}
	return encode(f)
}

// Ack is the app's acknowledgement of an envelope, or the lack of one.
type Ack struct {
	EnvelopeID string
	Type       string          // the envelope's type
	Subtype    string          // "block_actions", "view_submission", "app_home_opened", "/social", …
	User       string          // who caused the envelope, if a person did
	Payload    json.RawMessage // nil: none
	Sent       time.Time
	Latency    time.Duration // from delivery to acknowledgement
	Missed     bool          // there was none in time
	Oversized  bool          // 20 KB or more: Slack ignores it, and so the deadline passes
	Repeated   bool          // another one, or one after the deadline
	Attempt    int           // retry_attempt of the delivery
}

// pending is a delivered envelope.
type pending struct {
	about   Ack // all but the answer
	done    chan Ack
	settled bool // acknowledged, or too late for it
	deaf    bool // a fault ignores its acknowledgement
}

// heldFor is how long a reordered envelope waits for the next one.
const heldFor = time.Second

// transmit delivers an envelope to one socket and returns what awaits its acknowledgement.
func (s *Server) transmit(e Envelope) (*pending, error) {
	s.mu.Lock()
	k := s.sockets.pick()
	if k == nil {
		s.mu.Unlock()
		return nil, errNoSocket
	}
	_, drop := s.fault(e.Type, DropSocket)
	_, twice := s.fault(e.Type, Duplicate)
	_, deaf := s.fault(e.Type, IgnoreAcks)
	delayed, isDelayed := s.fault(e.Type, Late, Reorder)
	p := &pending{
		about: Ack{EnvelopeID: e.ID, Type: e.Type, Subtype: e.subtype, User: e.user, Sent: s.now(), Attempt: e.RetryAttempt},
		done:  make(chan Ack, 1),
		deaf:  deaf,
	}
	s.pending[e.ID] = p
	frames := [][]byte{e.frame()}
	if twice {
		frames = append(frames, frames[0])
	}
	if isDelayed {
		s.hold(frames, delayed)
		frames = nil
	} else {
		frames = append(frames, s.sockets.held...)
		s.sockets.held = nil
	}
	s.mu.Unlock()
	if drop {
		_ = k.conn.Close()
		return p, nil
	}
	return p, s.sendAll(k, frames)
}

// hold keeps frames back for a while. Callers hold mu.
func (s *Server) hold(frames [][]byte, f Fault) {
	if f.Kind == Late {
		s.spawn(func() {
			if s.pause(s.life, f.Delay) {
				s.flush(frames)
			}
		})
		return
	}
	s.sockets.held = append(s.sockets.held, frames...)
	delay := f.Delay
	if delay == 0 {
		delay = heldFor
	}
	s.spawn(func() {
		if !s.pause(s.life, delay) {
			return
		}
		s.mu.Lock()
		held := s.sockets.held
		s.sockets.held = nil
		s.mu.Unlock()
		s.flush(held)
	})
}

// flush delivers frames that were kept back to whichever socket is open now.
func (s *Server) flush(frames [][]byte) {
	if k := s.nextSocket(); k != nil {
		_ = s.sendAll(k, frames) // a lost envelope is what its deadline is for
	}
}

// sendAll writes frames, the first to k and each further one to the next socket, if there are several. A socket that
// fails is counted out, and the next one tried.
func (s *Server) sendAll(k *socket, frames [][]byte) error {
	for i, frame := range frames {
		if i > 0 {
			k = s.nextSocket()
		}
		for k == nil || k.send(frame) != nil {
			if k != nil {
				s.leave(k)
			}
			if k = s.nextSocket(); k == nil {
				return errNoSocket
			}
		}
	}
	return nil
}

// settle records an acknowledgement.
func (s *Server) settle(id string, payload json.RawMessage, oversized bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pending[id]
	if p == nil {
		s.acks.add(Ack{EnvelopeID: id, Payload: payload, Repeated: true})
		return
	}
	a := p.about
	a.Payload, a.Latency, a.Oversized, a.Repeated = payload, s.now().Sub(a.Sent), oversized, p.settled
	s.acks.add(a)
	s.tell("", Change{Kind: "acks"})
	if p.deaf || oversized || p.settled {
		return
	}
	s.finish(p)
	p.done <- a
}

// finish ends the wait for an envelope. Callers hold mu.
func (s *Server) finish(p *pending) {
	p.settled = true
	if forgotten, full := s.ackOrder.add(p.about.EnvelopeID); full && forgotten != p.about.EnvelopeID {
		delete(s.pending, forgotten)
	}
}

// outcome waits for an acknowledgement, at most until the deadline.
func (s *Server) outcome(ctx context.Context, p *pending) (Ack, bool) {
	deadline := time.NewTimer(s.limits.Ack)
	defer deadline.Stop()
	select {
	case a := <-p.done:
		return a, true
	case <-deadline.C:
	case <-ctx.Done():
	case <-s.life.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case a := <-p.done: // it came at the last moment
		return a, true
	default:
	}
	a := p.about
	a.Missed = true
	s.acks.add(a)
	s.tell("", Change{Kind: "acks"})
	s.finish(p)
	return a, false
}

// dispatch delivers an envelope and waits for its acknowledgement. The error is a *Refusal.
func (s *Server) dispatch(ctx context.Context, e Envelope) (Ack, error) {
	p, err := s.transmit(e)
	if err != nil {
		return Ack{EnvelopeID: e.ID, Type: e.Type, Subtype: e.subtype, User: e.user, Missed: true}, &Refusal{Code: "dispatch_failed"}
	}
	a, ok := s.outcome(ctx, p)
	if !ok {
		return a, &Refusal{Code: "operation_timeout"}
	}
	return a, nil
}

// Deliver sends any envelope, forged or unknown ones too, and waits for its acknowledgement, which it only returns.
// The error is a *Refusal: dispatch_failed without a socket, operation_timeout after the deadline.
func (s *Server) Deliver(ctx context.Context, e Envelope) (Ack, error) {
	if e.ID == "" {
		e.ID = newEnvelopeID()
	}
	a, err := s.dispatch(ctx, e)
	if refused, ok := err.(*Refusal); ok { //nolint:errorlint // dispatch returns nothing else
		refused.Text = "the envelope was not acknowledged: " + refused.Code
	}
	return a, err
}

// newEnvelopeID makes up an envelope id.
func newEnvelopeID() string { return rand.Text() }

// Acks returns the latest acknowledgements and missed deadlines, oldest first.
func (s *Server) Acks() []Ack {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acks.list()
}
