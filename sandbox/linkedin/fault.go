package linkedin

import (
	"maps"
	"net/http"
	"strings"
	"time"
)

// Fault names a way in which LinkedIn breaks.
type Fault string

// The faults.
const (
	Down         Fault = "down"          // everything answers 503
	Slow         Fault = "slow"          // everything answers after Options.Delay
	InvalidCode  Fault = "invalid_code"  // the token endpoint refuses every code
	NoEmail      Fault = "no_email"      // neither id_token nor userinfo has an email
	ExpiredToken Fault = "expired_token" // userinfo says that the token has expired
	RevokedToken Fault = "revoked_token" // userinfo says that the token was revoked, as it wrongly does seconds after issue
	NoRevocation Fault = "no_revocation" // there is no revocation endpoint
)

// Faults lists all faults, for menus.
func Faults() []Fault {
	return []Fault{Down, Slow, InvalidCode, NoEmail, ExpiredToken, RevokedToken, NoRevocation}
}

// Always switches a fault on until it is switched off.
const Always = -1

// SetFault makes the fault happen for the next so many requests it concerns: 0 switches it off, Always keeps it on.
func (s *Server) SetFault(f Fault, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if times == 0 {
		delete(s.faults, f)
		return
	}
	s.faults[f] = times
}

// FaultsOn returns how often each fault that is on will still happen.
func (s *Server) FaultsOn() map[Fault]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.faults)
}

// failing reports whether the fault happens now, and counts it.
func (s *Server) failing(f Fault) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.faults[f]
	switch {
	case n == 1:
		delete(s.faults, f)
	case n > 1:
		s.faults[f] = n - 1
	}
	return n != 0
}

// breaking applies the faults that concern every request, stylesheets excepted.
func (s *Server) breaking(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/pages/") {
			next.ServeHTTP(w, r)
			return
		}
		if s.failing(Down) {
			http.Error(w, "Service Unavailable", http.StatusServiceUnavailable)
			return
		}
		if s.failing(Slow) {
			wait := time.NewTimer(s.delay)
			defer wait.Stop()
			select {
			case <-wait.C:
			case <-r.Context().Done():
				return
			}
		}
		s.log.DebugContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path)
		next.ServeHTTP(w, r)
	})
}
