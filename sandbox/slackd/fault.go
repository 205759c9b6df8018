package slackd

import "time"

// Kind names a way in which Slack breaks.
type Kind string

// The kinds of faults. The first group concerns Web API calls (Fault.Method), the second the socket.
const (
	RateLimited Kind = "rate_limited" // 429 with Retry-After of Delay, at least a second
	ServerError Kind = "server_error" // 500, nothing done
	Slow        Kind = "slow"         // answers after Delay
	Stall       Kind = "stall"        // accepts the request and never answers
	CutAnswer   Kind = "cut_answer"   // does what was asked, then closes the connection without an answer
	APIError    Kind = "api_error"    // answers ok:false with Fault.Error
	NoDM        Kind = "no_dm"        // messages to Fault.User's DM fail with Fault.Error, default cannot_dm_bot

	DropSocket  Kind = "drop_socket"  // closes the socket instead of delivering the envelope
	Duplicate   Kind = "duplicate"    // delivers each envelope twice under the same id
	IgnoreAcks  Kind = "ignore_acks"  // behaves as if the acknowledgement never came
	Reorder     Kind = "reorder"      // holds an envelope back until the next one was sent, or for Delay
	LateDeliver Kind = "late_deliver" // delivers after Delay
)

// Fault is something switched on to go wrong.
type Fault struct {
	ID     int // given by Inject
	Kind   Kind
	Method string        // a Web API method, "response_url" or "upload"; empty: any. For socket faults an envelope type.
	User   string        // only for this user's DM, for NoDM
	Error  string        // the error of APIError and NoDM
	Delay  time.Duration // of RateLimited, Slow, Reorder and LateDeliver
	Count  int           // how many times; 0: until cleared
}

// Inject switches a fault on and returns its id.
func (s *Server) Inject(f Fault) int { return s.inject(f) }

// Clear switches the fault with this id off.
func (s *Server) Clear(id int) { s.clearFault(id) }

// ClearFaults switches all faults off.
func (s *Server) ClearFaults() { s.clearFaults() }

// FaultList returns the faults that are on, oldest first. Count is what is left.
func (s *Server) FaultList() []Fault { return s.faultList() }

// FaultKinds lists all kinds, for menus.
func FaultKinds() []Kind {
	return []Kind{RateLimited, ServerError, Slow, Stall, CutAnswer, APIError, NoDM, DropSocket, Duplicate, IgnoreAcks, Reorder, LateDeliver}
}
