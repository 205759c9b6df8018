package handlers_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"herald/sandbox/slackd"
	"herald/store"
)

// hasMessages tells how many messages of Herald somebody has, and what they say.
func (p person) hasMessages() (n int, said string) {
	var all strings.Builder
	for _, m := range p.Messages(p.DM()) {
		if !m.Ephemeral {
			n++
			all.WriteString(says(m) + "\n")
		}
	}
	return n, all.String()
}

// ended is what becomes of the access to one account.
func ended() []store.RevocationCount {
	return []store.RevocationCount{{Network: "linkedin", Outcome: store.Revoked, N: 1}}
}

// receipt waits until the receipt of the latest removal says this.
func (w *world) receipt(want store.Receipt) {
	w.t.Helper()
	w.eventually("the receipt is complete", func() bool {
		events, _, err := w.store.Audit(w.ctx(), w.company.ID, "", 100)
		w.must(err)
		i := slices.IndexFunc(events, func(e store.AuditEvent) bool { return e.Action == store.AuditErased })
		return i >= 0 && reflect.DeepEqual(*events[i].Receipt, want)
	})
}

func TestHeraldsMessagesToSomebodyRemovedAreDeleted(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		a := w.as(ana)
		w.settles()
		w.slack.Inject(slackd.Fault{Kind: slackd.RateLimited, Method: "chat.delete", Delay: time.Second, Count: 1})
		a.commands("/social remove @ann")
		a.submits(a.seesModal("Confirm Remove Users"), nil)
		w.failsOnce()
		w.receipt(store.Receipt{Accounts: 1, Connections: 1, Messages: 1, Deleted: 1, Access: ended()})
		if n, said := w.as(ann).hasMessages(); n != 0 {
			t.Errorf("Ann still has %d messages:\n%s", n, said)
		}
		if said := says(a.types("/social audit")); !strings.Contains(said, "Receipt: erased 1 account and 1 connection in Herald · deleted 1 of 1 message in Slack · ended the access to 1 account at LinkedIn\n") {
			t.Errorf("the audit log says:\n%s", said)
		}
		if n, said := w.as(bo).hasMessages(); n != 1 {
			t.Errorf("Bo has %d messages, want his own:\n%s", n, said)
		}
	})
}

func TestWhereSlackForbidsToDeleteAMessageItIsBlanked(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.settles()
		w.slack.Inject(slackd.Fault{Kind: slackd.APIError, Method: "chat.delete", Error: "compliance_exports_prevent_deletion"})
		w.removes(ana, ann)
		w.receipt(store.Receipt{Accounts: 1, Connections: 1, Messages: 1, Blanked: 1, Access: ended()})
		if n, said := w.as(ann).hasMessages(); n != 1 || !strings.Contains(said, "This message was erased") || strings.Contains(said, "You're in") {
			t.Errorf("Ann has %d messages:\n%s", n, said)
		}

		w.slack.Inject(slackd.Fault{Kind: slackd.APIError, Method: "chat.update", Error: "edit_window_closed"})
		w.removes(ana, bo)
		w.receipt(store.Receipt{Accounts: 1, Connections: 1, Messages: 1, Kept: 1, Access: ended()})
	})
}

func TestHeraldStopsTryingAfterAWeek(t *testing.T) {
	t.Parallel()
	each(t, options{silently: true}, func(t *testing.T, w *world) {
		w.settles()
		w.slack.Inject(slackd.Fault{Kind: slackd.ServerError, Method: "chat.delete"})
		w.removes(ana, ann)
		w.receipt(store.Receipt{Accounts: 1, Connections: 1, Messages: 1, Access: ended()})
		w.failsOnce()
		w.passed.Add(int64(store.ErasureLife + time.Hour))
		w.must(w.store.Tidy(w.ctx()))
		w.receipt(store.Receipt{Accounts: 1, Connections: 1, Messages: 1, Kept: 1, Access: ended()})
	})
}

// TestAMessageThatArrivesAfterTheRemovalIsDeleted: it was on its way when its recipient was removed.
func TestAMessageThatArrivesAfterTheRemovalIsDeleted(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.settles()
		w.slack.Inject(slackd.Fault{Kind: slackd.Slow, Method: "chat.postMessage", Delay: 300 * time.Millisecond, Count: 1})
		_, err := w.store.OpenCase(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, w.member(ray).ID, store.Admin, "She is good.")
		w.must(err)
		w.eventually("Olga's card is on its way", func() bool { return len(w.slack.FaultList()) == 0 })
		w.register(olga)
		r, err := w.store.ProposeRemoval(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, "", []string{w.member(olga).ID})
		w.must(err)
		_, err = w.store.ConfirmRemoval(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, r.ID)
		w.must(err)
		w.eventually("the card is gone", func() bool { n, _ := w.as(olga).hasMessages(); return n == 0 })
	})
}

// TestAMessageThatArrivesAfterTheRemovalIsDeletedOnceSlackCan: it is tried again like those before.
func TestAMessageThatArrivesAfterTheRemovalIsDeletedOnceSlackCan(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.settles()
		w.slack.Inject(slackd.Fault{Kind: slackd.Slow, Method: "chat.postMessage", Delay: 300 * time.Millisecond, Count: 1})
		w.slack.Inject(slackd.Fault{Kind: slackd.ServerError, Method: "chat.delete", Count: 1})
		_, err := w.store.OpenCase(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, w.member(ray).ID, store.Admin, "She is good.")
		w.must(err)
		w.eventually("Olga's card is on its way", func() bool { return len(w.slack.FaultList()) == 1 })
		w.register(olga)
		r, err := w.store.ProposeRemoval(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, "", []string{w.member(olga).ID})
		w.must(err)
		_, err = w.store.ConfirmRemoval(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, r.ID)
		w.must(err)
		w.passes("the card is gone, and no other one came", func() bool { n, _ := w.as(olga).hasMessages(); return n == 0 })
		w.passes("its place is forgotten", func() bool {
			var n int
			w.must(w.db.QueryRowContext(w.ctx(), `SELECT count(*) FROM erasures`).Scan(&n))
			return n == 0
		})
		if strings.Contains(w.log.text(), "kind=case_card") {
			t.Errorf("the request to Olga was made to wait for it:\n%s", w.log.text())
		}
	})
}

// TestAnInvitationThatMayHaveArrivedIsDeletedWithTheAccount: Slack took it and did not say so, and Eve registers before Herald looks.
func TestAnInvitationThatMayHaveArrivedIsDeletedWithTheAccount(t *testing.T) {
	t.Parallel()
	for name, looksFirst := range map[string]bool{"Herald looks before she leaves": true, "she leaves before Herald looks": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, options{silently: true}, func(t *testing.T, w *world) {
				w.settles()
				w.slack.Inject(slackd.Fault{Kind: slackd.CutAnswer, Method: "chat.postMessage", Count: 1})
				w.as(ana).types("/social invite @eve")
				w.as(eve).gets("Acme invites you")
				w.isUncertain()
				w.register(eve)
				w.as(eve).gets("You're in")
				if looksFirst {
					w.passed.Add(int64(time.Minute))
					w.settled()
				}
				w.removes(ana, eve)
				w.passed.Add(int64(time.Minute))
				w.settled()
				if n, said := w.as(eve).hasMessages(); n != 0 {
					t.Errorf("she still has %d messages:\n%s", n, said)
				}
				var left int
				w.must(w.db.QueryRowContext(w.ctx(), `
					SELECT (SELECT count(*) FROM erasures) + (SELECT count(*) FROM sends WHERE slack_id = $1)`, eve).Scan(&left))
				if left != 0 {
					t.Errorf("%d of them are remembered", left)
				}
			})
		})
	}
}
