package handlers_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"herald/store"
)

// endings are the networks, as far as they end access.
type endings struct {
	mu     sync.Mutex
	down   bool
	tried  int
	tokens []string // whose access ended
}

// EndsAll is true of all of them.
func (e *endings) EndsAll(string) bool { return true }

// Whose tells of a token-of-somebody that it is for the account that they registered with.
func (e *endings) Whose(_ context.Context, _, token string) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tried++
	if e.down {
		return "", errors.New("the network is not available")
	}
	if owner, ok := strings.CutPrefix(token, "token-of-"); ok {
		return "li-" + owner, nil
	}
	return "", nil
}

// Revoke believes every token of LinkedIn's; other networks leave it to the person.
func (e *endings) Revoke(_ context.Context, network, token string) (store.RevocationOutcome, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tried++
	switch {
	case e.down:
		return "", errors.New("the network is not available")
	case network != "linkedin":
		return store.Standing, nil
	}
	e.tokens = append(e.tokens, token)
	return store.Revoked, nil
}

// set says whether the networks are down.
func (e *endings) set(down bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.down = down
}

// ended tells whether the access of a token ended.
func (e *endings) ended(token string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Contains(e.tokens, token)
}

// attempts is how often a network was asked.
func (e *endings) attempts() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.tried
}

func TestTheAccessOfARemovedMemberEndsAtTheNetwork(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.ends.set(true)
		w.removes(ana, ann)
		w.eventually("LinkedIn is asked", func() bool { return w.ends.attempts() > 0 })
		w.ends.set(false)
		// It is asked again later, not at once, and the log does not say whose access it is.
		w.isPutOff("will be tried again")
		w.eventually("the access ends", func() bool { return w.ends.ended("token-of-" + ann) })
		if strings.Contains(w.log.text(), "token-of-") {
			t.Errorf("the log holds a token:\n%s", w.log.text())
		}
	})
}

func TestTheTokenOfAnExchangeThatBrokeOffIsEndedUnlessItsAccountIsConnected(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.ends.set(true)
		for _, token := range []string{"token-of-" + ann, "token-of-" + eve, "nobody's"} { // Ann is a member, Eve is not
			w.must(w.store.DropAccess(w.ctx(), w.company.ID, store.Account{Network: "linkedin", Token: token}))
		}
		w.eventually("LinkedIn is asked", func() bool { return w.ends.attempts() >= 3 })
		w.ends.set(false)
		w.isPutOff("will be tried again")
		w.eventually("Eve's access ends", func() bool { return w.ends.ended("token-of-" + eve) })
		w.eventually("nothing is left of the others", func() bool {
			w.passed.Add(int64(time.Second))
			var left int
			w.must(w.db.QueryRowContext(w.ctx(), `SELECT count(*) FROM revocations`).Scan(&left))
			return left == 0
		})
		if w.ends.ended("token-of-"+ann) || w.ends.ended("nobody's") {
			t.Error("an access ended that is somebody's, or of which nobody knows whose it is")
		}
		if strings.Contains(w.log.text(), "token-of-") || strings.Contains(w.log.text(), "nobody's") {
			t.Errorf("the log holds a token:\n%s", w.log.text())
		}
	})
}
