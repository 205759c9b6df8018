package slackd

import (
	"context"
	"encoding/json"
	"time"
)

// Envelope is what Socket Mode delivers.
type Envelope struct {
	ID                     string // made up when empty
	Type                   string // "slash_commands", "interactive", "events_api", or anything else
	Payload                json.RawMessage
	AcceptsResponsePayload bool
	RetryAttempt           int
	RetryReason            string
}

// Ack is the app's acknowledgement of an envelope, or the lack of one.
type Ack struct {
	EnvelopeID string
	Type       string // the envelope's type
	Subtype    string // "block_actions", "view_submission", "app_home_opened", "/social", …
	User       string
	Payload    json.RawMessage // nil: none
	Sent       time.Time
	Latency    time.Duration // from delivery to acknowledgement
	Missed     bool          // no acknowledgement within the deadline
	Oversized  bool          // 20 KB or more: Slack silently ignores such acknowledgements
	Duplicate  bool          // the envelope was acknowledged before
	Attempt    int           // retry_attempt of the delivery
}

// Call is one Web API call the server answered.
type Call struct {
	Method  string
	At      time.Time
	Took    time.Duration
	Status  int      // HTTP status; 0: the answer was cut
	Error   string   // Slack's error, empty for ok
	Details []string // response_metadata.messages
}

// Change tells a subscriber that something visible changed.
type Change struct {
	Kind    string // "message", "home", "modal", "directory"
	Channel string // for messages
}

// Subscribe returns a channel told of changes the user can see; an empty id sees every change. Changes that
// come faster than they are read are merged into fewer, never lost: after reading one, look at the current state.
// Call cancel when done.
func (s *Server) Subscribe(userID string) (changes <-chan Change, cancel func()) {
	return s.subscribe(userID)
}

// Deliver sends any envelope, forged or unknown ones too, and waits for its acknowledgement.
// The Ack is Missed, with a *Refusal as error, after the deadline.
func (s *Server) Deliver(ctx context.Context, e Envelope) (Ack, error) { return s.deliver(ctx, e) }

// DeliverRaw writes any text frame to one socket. It fails if none is connected.
func (s *Server) DeliverRaw(frame []byte) error { return s.deliverRaw(frame) }

// SendEvent sends an Events API event, such as {"type":"team_join"}, with redelivery, whether subscribed to or not.
func (s *Server) SendEvent(event any) error { return s.sendEvent(event) }

// Acks returns the latest acknowledgements and missed deadlines, oldest first.
func (s *Server) Acks() []Ack { return s.ackList() }

// Calls returns the latest Web API calls, oldest first; an empty method means all.
func (s *Server) Calls(method string) []Call { return s.callList(method) }

// Connections is the number of open sockets.
func (s *Server) Connections() int { return s.connections() }

// AwaitConnections waits until exactly n sockets are open.
func (s *Server) AwaitConnections(ctx context.Context, n int) error {
	return s.awaitConnections(ctx, n)
}

// Disconnect sends every socket a disconnect message with this reason ("warning", "refresh_requested",
// "link_disabled", "too_many_websockets") and, except for "warning", closes it.
func (s *Server) Disconnect(reason string) { s.disconnect(reason) }

// DropSockets cuts all sockets without a word.
func (s *Server) DropSockets() { s.dropSockets() }
