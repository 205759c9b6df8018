package handlers_test

import (
	"strings"
	"testing"
	"time"

	"herald/handlers/view"
	"herald/sandbox/slackd"
	"herald/store"
)

// consents connects an account at Facebook through a link, whoever follows it.
func (w *world) consents(token, subject string) {
	w.t.Helper()
	_, err := w.store.Register(w.ctx(), store.Authorization{CompanyID: w.company.ID, Network: "facebook", Token: token}, store.Account{
		Network: "facebook", Subject: subject, Token: "token-of-" + subject, ExpiresAt: w.now().Add(60 * 24 * time.Hour),
	}, nil)
	w.must(err)
}

// linkOf is a fresh link of somebody.
func (w *world) linkOf(slackID string) string {
	w.t.Helper()
	token, err := w.store.SignupToken(w.ctx(), w.company.ID, slackID)
	w.must(err)
	return token
}

// toldOf counts the jobs of such messages.
func (w *world) toldOf(which string) int {
	w.t.Helper()
	var n int
	w.must(w.db.QueryRowContext(w.ctx(), `SELECT count(*) FROM river_job WHERE kind = 'connected_dm' `+which).Scan(&n))
	return n
}

// TestSomebodyElseConnectsTheirAccountThroughAForwardedLink, and Ann learns of it at once.
func TestSomebodyElseConnectsTheirAccountThroughAForwardedLink(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		const told = "Facebook is connected to your account"
		a, b := w.as(ann), w.as(bo)
		w.consents(w.linkOf(ann), "fb-mallory")
		dm := a.gets(told)
		w.wants(dm, "Was it not you?", "keep your links to yourself")
		notMe := a.in(dm, view.ActionNotMe)

		// Bo cannot disconnect her with it, and gets a message about his own account.
		w.consents(w.linkOf(bo), "fb-bo")
		b.forging("value", notMe.Value).presses(b.in(b.gets(told), view.ActionNotMe))
		b.tells("not connected any more")

		// Ann disconnects it elsewhere and connects her own account, which the button of before leaves alone. To renew it is no news.
		w.must(w.store.Disconnect(w.ctx(), w.company.ID, w.member(ann).ID, "facebook"))
		w.consents(w.linkOf(ann), "fb-ann")
		again, err := a.AwaitMessage(w.ctx(), a.DM(), func(m slackd.Message) bool { return m.TS > dm.TS && strings.Contains(says(m), told) })
		w.must(err)
		a.presses(notMe)
		a.tells("not connected any more")
		w.consents(w.linkOf(ann), "fb-ann")
		if n := w.toldOf(""); n != 3 {
			t.Errorf("%d messages were left, want one for each of three accounts", n)
		}

		// It is one click.
		a.presses(a.in(again, view.ActionNotMe))
		a.becomes(again, "Facebook is disconnected.")
		if got := w.member(ann).Connections; len(got) != 1 || got[0].Network != "linkedin" {
			t.Errorf("Ann is connected with %+v", got)
		}
	})
}

// TestARenewalHidesNoNewAccount: somebody renews the account that they just connected, before its member could be told.
func TestARenewalHidesNoNewAccount(t *testing.T) {
	t.Parallel()
	each(t, options{noJobs: true}, func(t *testing.T, w *world) {
		w.consents(w.linkOf(ann), "fb-mallory")
		w.consents(w.linkOf(ann), "fb-mallory")
		w.consents(w.linkOf(bo), "fb-bo")
		w.must(w.store.Disconnect(w.ctx(), w.company.ID, w.member(bo).ID, "facebook"))
		w.runsJobs()
		w.as(ann).gets("Facebook is connected to your account")
		w.eventually("both jobs are done", func() bool { return w.toldOf("AND state = 'completed'") == 2 })
		if n := w.as(bo).got("Facebook is connected"); n != 0 {
			t.Errorf("Bo was told %d times of what he has disconnected", n)
		}
	})
}
