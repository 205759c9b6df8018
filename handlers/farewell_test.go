package handlers_test

import (
	"strings"
	"testing"
	"time"

	"herald/sandbox/slackd"
	"herald/store"
)

// unsaid counts the farewells that wait.
func (w *world) unsaid() (n int) {
	w.t.Helper()
	w.must(w.db.QueryRowContext(w.ctx(), `SELECT count(*) FROM farewells`).Scan(&n))
	return n
}

const farewell = "You were removed from Acme's social recruiting"

func TestWhoWasRemovedIsToldOnceWhereToEndTheAccess(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.settles()
		w.connects(ann)
		w.slack.Inject(slackd.Fault{Kind: slackd.RateLimited, Method: "chat.postMessage", Delay: time.Second, Count: 1})
		w.removes(ana, ann)
		a := w.as(ann)
		w.passes("Ann is told", func() bool { return a.got(farewell) == 1 })
		w.passes("nobody else is to be told", func() bool { return w.unsaid() == 0 })
		n, said := a.hasMessages()
		for _, part := range []string{"Facebook does not always end the access", "*Settings › Apps and websites*", "Type `/social`"} {
			if !strings.Contains(said, part) {
				t.Errorf("it lacks %q:\n%s", part, said)
			}
		}
		// LinkedIn confirmed. The message stays, and so names nobody.
		if n != 1 || strings.Contains(said, "LinkedIn") || strings.Contains(said, "Ann") || strings.Contains(said, ana) {
			t.Errorf("Ann has %d messages:\n%s", n, said)
		}
		access := []store.RevocationCount{{Network: "facebook", Outcome: store.Standing, N: 1}, {Network: "linkedin", Outcome: store.Revoked, N: 1}}
		w.receipt(store.Receipt{Accounts: 1, Connections: 2, Messages: 1, Deleted: 1, Access: access})
	})
}

func TestNobodyIsToldWhereTheNetworkConfirmed(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.settles()
		w.removes(ana, ann)
		w.passes("it is known that the access ended", func() bool { return w.unsaid() == 0 })
		if n := w.as(ann).got(farewell); n != 0 {
			t.Errorf("Ann is told %d times", n)
		}
	})
}

func TestAFarewellDoesNotWaitForANetworkThatIsDown(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.settles()
		w.ends.set(true)
		w.removes(ana, ann)
		w.isPutOff("the access at a network could not be ended")
		w.passes("Ann is told", func() bool { return w.as(ann).got("LinkedIn does not always end the access") == 1 })
		w.passes("and that is it", func() bool { return w.unsaid() == 0 })
	})
}

// TestAFarewellIsNeverSaidTwice: whoever sent it died before that was noted.
func TestAFarewellIsNeverSaidTwice(t *testing.T) {
	t.Parallel()
	each(t, options{noJobs: true}, func(t *testing.T, w *world) {
		w.connects(ann)
		r, err := w.store.ProposeRemoval(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, "", []string{w.member(ann).ID})
		w.must(err)
		_, err = w.store.ConfirmRemoval(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, r.ID)
		w.must(err)
		_, err = w.store.ExecuteRemoval(w.ctx(), w.company.ID, r.ID)
		w.must(err)
		var id string
		w.must(w.db.QueryRowContext(w.ctx(), `SELECT id FROM farewells`).Scan(&id))
		w.must(w.store.BeginFarewell(w.ctx(), w.company.ID, id))
		w.runsJobs()
		w.passes("it is over", func() bool { return w.unsaid() == 0 })
		if n := w.as(ann).got(farewell); n != 0 {
			t.Errorf("Ann is told %d times", n)
		}
	})
}

func TestWhoCannotBeReachedIsToldNothing(t *testing.T) {
	t.Parallel()
	each(t, options{silently: true}, func(t *testing.T, w *world) {
		w.settles()
		w.connects(ann)
		w.slack.Inject(slackd.Fault{Kind: slackd.NoDM, User: ann, Error: "user_disabled"})
		w.removes(ana, ann)
		w.passes("Herald gives up", func() bool { return w.unsaid() == 0 })
		if said := says(w.as(ana).types("/social audit")); !strings.Contains(said, "The last message to somebody who was removed could not be delivered") {
			t.Errorf("the audit log says:\n%s", said)
		}
	})
}
