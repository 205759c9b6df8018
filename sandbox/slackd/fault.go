package slackd

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"slices"
	"time"
)

// Kind names a way in which Slack breaks.
type Kind string

// The kinds of faults of the Web API. Fault.Method names a method, "response_url" or "upload"; empty means any.
const (
	RateLimited Kind = "rate_limited" // 429 with a Retry-After of Delay, at least a second
	ServerError Kind = "server_error" // 500, nothing done
	Slow        Kind = "slow"         // answers Delay later
	Stall       Kind = "stall"        // never answers, nothing done
	Drop        Kind = "drop"         // closes the connection, nothing done
	CutAnswer   Kind = "cut_answer"   // does what was asked, then closes the connection without an answer
	LateAnswer  Kind = "late_answer"  // does what was asked, then answers Delay later
	FalseError  Kind = "false_error"  // does what was asked, then answers 500
	APIError    Kind = "api_error"    // ok:false with Fault.Error, default internal_error; nothing done
	NoDM        Kind = "no_dm"        // messages to Fault.User's DM fail with Fault.Error, default cannot_dm_bot
)

// The kinds of faults of Socket Mode. Fault.Method names an envelope type, such as "events_api"; empty means any.
const (
	DropSocket   Kind = "drop_socket"   // cuts the socket instead of delivering the envelope
	Duplicate    Kind = "duplicate"     // delivers the envelope twice under the same id
	IgnoreAcks   Kind = "ignore_acks"   // behaves as if the acknowledgement never came
	Reorder      Kind = "reorder"       // delivers the envelope after the next one, or after Delay, default 1 s
	Late         Kind = "late"          // delivers the envelope Delay later
	SameEnvelope Kind = "same_envelope" // sends an event again under its old envelope id and retry_attempt 0
)

// FaultKinds lists all kinds, for menus.
func FaultKinds() []Kind {
	return []Kind{
		RateLimited, ServerError, Slow, Stall, Drop, CutAnswer, LateAnswer, FalseError, APIError, NoDM,
		DropSocket, Duplicate, IgnoreAcks, Reorder, Late, SameEnvelope,
	}
}

// Fault is something switched on to go wrong.
type Fault struct {
	ID     int // given by Inject
	Kind   Kind
	Method string        // what it concerns, see Kind
	User   string        // whose DM, for NoDM
	Error  string        // Slack's error, for APIError and NoDM
	Delay  time.Duration // for RateLimited, Slow, LateAnswer, Reorder and Late
	Count  int           // how many times; 0: until cleared
}

// Inject switches a fault on and returns its id.
func (s *Server) Inject(f Fault) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faultID++
	f.ID = s.faultID
	s.faults = append(s.faults, &f)
	s.changed(Change{Kind: "faults"})
	return f.ID
}

// Clear switches the fault with this id off.
func (s *Server) Clear(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = slices.DeleteFunc(s.faults, func(f *Fault) bool { return f.ID == id })
	s.changed(Change{Kind: "faults"})
}

// ClearFaults switches all faults off. Calls that are stalled stay so.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
	s.changed(Change{Kind: "faults"})
}

// FaultList returns the faults that are on, oldest first. Count is what is left.
func (s *Server) FaultList() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Fault, len(s.faults))
	for i, f := range s.faults {
		list[i] = *f
	}
	return list
}

// fault uses up one occurrence of the oldest fault of these kinds that concerns method. Callers hold mu.
func (s *Server) fault(method string, kinds ...Kind) (Fault, bool) {
	for i, f := range s.faults {
		if !slices.Contains(kinds, f.Kind) || f.Method != "" && f.Method != method {
			continue
		}
		return s.use(i), true
	}
	return Fault{}, false
}

// use counts one occurrence of the fault at place i. Callers hold mu.
func (s *Server) use(i int) Fault {
	f := s.faults[i]
	if f.Count == 1 {
		s.faults = slices.Delete(s.faults, i, i+1)
		s.changed(Change{Kind: "faults"})
	} else if f.Count > 1 {
		f.Count--
	}
	return *f
}

// breakDM is the error of a fault that keeps the app from writing to a person. Callers hold mu.
func (s *Server) breakDM(userID string) error {
	for i, f := range s.faults {
		if f.Kind == NoDM && (f.User == "" || f.User == userID) {
			return refuse(cmp.Or(s.use(i).Error, "cannot_dm_bot"))
		}
	}
	return nil
}

// breakHTTP lets a request fail. If it may proceed, the fault is what is to become of its answer, if anything.
func (s *Server) breakHTTP(w http.ResponseWriter, r *http.Request, method string) (f Fault, proceed bool) {
	s.mu.Lock()
	slow, isSlow := s.fault(method, Slow)
	f, _ = s.fault(method, RateLimited, ServerError, Stall, Drop, CutAnswer, LateAnswer, FalseError, APIError)
	s.mu.Unlock()
	if isSlow && !s.pause(r.Context(), slow.Delay) {
		return slow, false
	}
	switch f.Kind {
	case RateLimited:
		w.Header().Set("Retry-After", retryAfter(f.Delay))
		writeJSON(w, http.StatusTooManyRequests, refuse("ratelimited").object())
	case ServerError:
		http.Error(w, "internal server error", http.StatusInternalServerError)
	case Stall:
		// The request's context ends with the client's connection only once its body was read.
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-r.Context().Done():
		case <-s.life.Done():
		}
		cutConnection(w)
	case Drop:
		cutConnection(w)
	case APIError:
		f.Error = cmp.Or(f.Error, "internal_error")
		return f, true
	default:
		return f, true
	}
	return f, false
}

// breakAnswer lets the answer to a request that was carried out fail, and reports whether it did. The call, unless it is nil, is
// recorded before.
func (s *Server) breakAnswer(w http.ResponseWriter, r *http.Request, f Fault, done *Call) bool {
	record := func(status int) {
		if done == nil {
			return
		}
		if status >= 0 {
			done.Status = status
		}
		s.record(*done)
	}
	switch f.Kind {
	case CutAnswer:
		record(0)
		cutConnection(w)
		return true
	case FalseError:
		record(http.StatusInternalServerError)
		http.Error(w, "internal server error", http.StatusInternalServerError)
		return true
	case LateAnswer:
		record(-1)
		s.pause(r.Context(), f.Delay)
	default:
		record(-1)
	}
	return false
}

// pause waits and reports whether it could wait for so long.
func (s *Server) pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-s.life.Done():
	}
	return false
}

// cutConnection closes a request's connection without an answer.
func cutConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // net/http's way to cut a connection that cannot be hijacked, such as HTTP/2
	}
	_ = conn.Close()
}
