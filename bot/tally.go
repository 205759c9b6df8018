package bot

import (
	"context"
	"sync"
)

// tally counts what is going on. Unlike a sync.WaitGroup it may grow while somebody waits, and waiting has an end.
type tally struct {
	mu   sync.Mutex
	n    int
	zero chan struct{} // closed when n returns to zero; nil if nobody waits
}

// add counts one more.
func (t *tally) add() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n++
}

// done counts one less.
func (t *tally) done() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n--
	if t.n == 0 && t.zero != nil {
		close(t.zero)
		t.zero = nil
	}
}

// count returns how many there are.
func (t *tally) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.n
}

// wait returns 0 as soon as there are none, or how many are left when ctx ends.
func (t *tally) wait(ctx context.Context) int {
	t.mu.Lock()
	if t.n == 0 {
		t.mu.Unlock()
		return 0
	}
	if t.zero == nil {
		t.zero = make(chan struct{})
	}
	zero := t.zero
	t.mu.Unlock()

	select {
	case <-zero:
		return 0
	case <-ctx.Done():
		return t.count()
	}
}
