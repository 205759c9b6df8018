// Package fault breaks the sandbox's networks on purpose, so that people and tests can see what Herald does then.
package fault

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Name is that of one way to break. Each network has its own.
type Name string

// The faults that Breaking applies to every request.
const (
	Down Name = "down" // everything answers 503
	Slow Name = "slow" // everything answers late
)

// Always switches a fault on until it is switched off.
const Always = -1

// Switches has one switch for each way in which a network can break. It is safe for concurrent use.
type Switches struct {
	names []Name

	mu sync.Mutex
	on map[Name]int // how often each will still happen, Always for those without an end
}

// New returns switches that are all off.
func New(names ...Name) *Switches { return &Switches{names: names, on: map[Name]int{}} }

// Faults lists all faults, for menus.
func (s *Switches) Faults() []Name { return slices.Clone(s.names) }

// SetFault makes the fault happen for the next so many requests it concerns: 0 switches it off, Always keeps it on.
// A fault that this network does not know is ignored.
func (s *Switches) SetFault(f Name, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if times == 0 || !slices.Contains(s.names, f) {
		delete(s.on, f)
		return
	}
	s.on[f] = times
}

// FaultsOn returns how often each fault that is on will still happen.
func (s *Switches) FaultsOn() map[Name]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.on)
}

// Failing reports whether the fault happens now, and counts it.
func (s *Switches) Failing(f Name) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.on[f]
	switch {
	case n == 1:
		delete(s.on, f)
	case n > 1:
		s.on[f] = n - 1
	}
	return n != 0
}

// Breaking applies Down, and Slow with this delay, to every request but those for style sheets.
func (s *Switches) Breaking(delay time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/pages/") {
			next.ServeHTTP(w, r)
			return
		}
		if s.Failing(Down) {
			http.Error(w, "Service Unavailable", http.StatusServiceUnavailable)
			return
		}
		if s.Failing(Slow) {
			wait := time.NewTimer(delay)
			defer wait.Stop()
			select {
			case <-wait.C:
			case <-r.Context().Done():
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
