package bot

import "sync"

// recentKeys is how many envelopes are remembered in memory. At 200 a second it covers the seconds in which Slack
// has been seen to repeat an envelope; Seen covers the rest.
const recentKeys = 4096

// recent remembers the latest envelopes. It spares the database the quick duplicates, recognises them while the
// database is down, and knows what a repeated submission was answered.
type recent struct {
	mu      sync.Mutex
	answers map[string]answer // by key
	order   []string          // a ring of the keys; "" where there is none
	next    int               // place of the oldest key in order
}

// answer is the payload an envelope was acknowledged with.
type answer struct {
	known   bool // false: not yet
	payload any  // nil for none
}

// newRecent returns a memory for the latest n keys.
func newRecent(n int) *recent {
	return &recent{answers: make(map[string]answer, n), order: make([]string, n)}
}

// begin remembers the key, and reports whether it was unknown.
func (r *recent) begin(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()

	if _, known := r.answers[key]; known {
		return false
	}
	delete(r.answers, r.order[r.next])
	r.order[r.next] = key
	r.next = (r.next + 1) % len(r.order)
	r.answers[key] = answer{}
	return true
}

// forget makes the key unknown again.
func (r *recent) forget(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	// Its place in the ring stays; should the key come back before the ring is round, it is forgotten a little early.
	delete(r.answers, key)
}

// answer remembers what the key was answered.
func (r *recent) answer(key string, payload any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.answers[key]; known {
		r.answers[key] = answer{known: true, payload: payload}
	}
}

// answered returns what the key was answered, and false if that is not known, or not yet.
func (r *recent) answered(key string) (payload any, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.answers[key]
	return a.payload, a.known
}
