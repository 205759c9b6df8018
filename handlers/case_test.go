package handlers_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"herald/handlers/view"
	"herald/sandbox/slackd"
	"herald/store"
)

// asks sends a request to change somebody to or from company admin, and returns the operator's card.
func (p person) asks(role, reason string) slackd.Message {
	p.w.t.Helper()
	_, err := p.Command(p.w.ctx(), general, "/social role "+role)
	p.w.must(err)
	form := p.seesModal("an operator approves this")
	if done := p.submits(form, map[string][]string{view.BlockReason: {reason}}); done.Action != "" {
		p.w.t.Fatalf("the form stays open: %s %v", done.Action, done.Errors)
	}
	p.gets("Asked an operator")
	return p.w.as(olga).gets(reason)
}

func TestAnOperatorMakesACompanyAdmin(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		card := w.as(ana).asks("@ray admin", "He takes over hiring in Lisbon.")
		w.wants(card, "*Request* from <@"+ana+">", "make *Ray Rios* a company admin", "now recruiter")
		w.as(olga).presses(w.as(olga).in(card, view.ActionCaseApprove))

		closed := w.as(olga).becomes(card, "*Approved by <@"+olga+">*")
		if n := len(w.as(olga).MessageElements(closed.Channel, closed.TS)); n != 0 {
			t.Errorf("the card still has %d buttons", n)
		}
		w.wants(w.as(ana).gets("Your request was decided"), "Approved by <@"+olga+">")
		w.as(ray).gets("You are a company admin")
		if got := w.member(ray).Type; got != store.Admin {
			t.Errorf("ray is %s", got)
		}
		log := w.as(ray).types("/social audit") // which only admins may read
		w.wants(log, "*Ana Alves* asked to make *Ray Rios* a company admin", "*Olga Orlova* approved")
	})
}

func TestARequestFromTheListComesBackToTheList(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		list := w.as(ana).types("/social members recruiters")
		list = w.as(ana).clicks(list, w.as(ana).in(list, view.ActionType), "recruiter:admin")
		form := w.as(ana).seesModal("Make Ray Rios a company admin?")
		w.must(w.as(ana).CloseModal(w.ctx(), form.ID, false))
		list = w.as(ana).hears("closing the form", func(m slackd.Message) bool { return m.TS == list.TS && !bytes.Equal(m.Blocks, list.Blocks) })
		if got := w.as(ana).in(list, view.ActionType).Selected; len(got) != 1 || got[0] != "recruiter:recruiter" {
			t.Errorf("the row claims that ray is %v", got)
		}

		w.as(ana).presses(w.as(ana).in(list, view.ActionType), "recruiter:admin")
		form = w.as(ana).seesModal("Make Ray Rios a company admin?")
		if done := w.as(ana).submits(form, map[string][]string{view.BlockReason: {"He runs Lisbon."}}); done.Action != "" {
			t.Errorf("the form stays open: %s %v", done.Action, done.Errors)
		}
		w.as(ana).becomes(list, "Asked an operator to make *Ray Rios* a company admin")
		w.as(olga).gets("He runs Lisbon.")
	})
}

func TestAnOperatorDeclinesWithAReason(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		card := w.as(ana).asks("@ray admin", "Please.")
		decline := w.as(olga).in(card, view.ActionCaseDecline)
		w.as(olga).presses(decline)
		form := w.as(olga).seesModal("Decline the request")
		if done := w.as(olga).submits(form, map[string][]string{view.BlockReason: {" \n "}}); done.Errors[view.BlockReason] == "" {
			t.Errorf("a decline needs no reason: %+v", done)
		}
		w.as(olga).submits(form, map[string][]string{view.BlockReason: {"Not before he has met the *team*."}})
		w.as(olga).becomes(card, "*Declined by <@"+olga+">*")
		w.wants(w.as(ana).gets("Your request was decided"), "Declined by <@"+olga+">", "> Not before he has met the ∗team∗.")
		if n := w.as(ray).got("company admin"); n != 0 {
			t.Error("ray heard of a request that changed nothing")
		}
		if got := w.member(ray).Type; got != store.Recruiter {
			t.Errorf("ray is %s", got)
		}
	})
}

func TestACaseIsDecidedOnce(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		card := w.as(ana).asks("@ray admin", "Please.")
		decline, approve := w.as(olga).in(card, view.ActionCaseDecline), w.as(olga).in(card, view.ActionCaseApprove)
		w.as(olga).presses(decline)
		form := w.as(olga).seesModal("Decline the request")
		w.as(olga).presses(approve)
		w.as(olga).becomes(card, "*Approved by <@"+olga+">*")

		// The form was open all the time.
		if done := w.as(olga).submits(form, map[string][]string{view.BlockReason: {"No."}}); done.Action != "update" {
			t.Errorf("the form says nothing: %+v", done)
		}
		w.as(olga).seesModal("decided before: *Approved by <@" + olga + ">*")
		if got := w.member(ray).Type; got != store.Admin {
			t.Errorf("ray is %s", got)
		}
	})
}

func TestASecondRequestForTheSameMemberWaitsForTheFirst(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.as(ana).asks("@ray admin", "Please.")
		_, err := w.as(ben).Command(w.ctx(), general, "/social role @ray admin")
		w.must(err)
		w.as(ben).submits(w.as(ben).seesModal("an operator approves this"), map[string][]string{view.BlockReason: {"Me too."}})
		w.wants(w.as(ben).gets("is open already"), "sent by <@"+ana+">")
		if n := w.as(olga).got("Me too."); n != 0 {
			t.Error("the operator is asked twice")
		}
	})
}

func TestTheLastCompanyAdminStays(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		benGoes := w.as(ana).asks("@ben employee", "Ben wants to do less.")
		anaGoes := w.as(ben).asks("@ana recruiter", "Ana wants to do less.")
		w.as(olga).presses(w.as(olga).in(benGoes, view.ActionCaseApprove))
		w.as(olga).becomes(benGoes, "Approved by")
		w.as(ben).gets("You are an employee")

		w.as(olga).presses(w.as(olga).in(anaGoes, view.ActionCaseApprove))
		w.as(olga).tells("without a company admin")
		if got := w.member(ana).Type; got != store.Admin {
			t.Errorf("ana is %s, and the company has no admin", got)
		}
		w.wants(w.as(ana).types("/social role @ana employee"), "at least one company admin")
	})
}

func TestARequestOfARemovedAdminIsStillDecidedAndARemovedMembersIsNot(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		card := w.as(ben).asks("@ray admin", "Please.")
		w.removes(ana, ben)
		w.as(olga).presses(w.as(olga).in(card, view.ActionCaseApprove))
		closed := w.as(olga).becomes(card, "Approved by")
		if strings.Contains(says(closed), ben) {
			t.Errorf("the card still names the removed requester:\n%s", says(closed))
		}
		w.as(ray).gets("You are a company admin")

		// The card is blanked at once, unless Slack does not let it be changed just then.
		card = w.as(ana).asks("@ann admin", "Her, too.")
		w.slack.Inject(slackd.Fault{Kind: slackd.APIError, Method: "chat.update", Error: "edit_window_closed", Count: 1})
		w.removes(ana, ann)
		w.eventually("Slack refused to change the card", func() bool { return len(w.slack.FaultList()) == 0 })
		w.as(olga).presses(w.as(olga).in(card, view.ActionCaseApprove))
		w.as(olga).becomes(card, "This request is gone")
	})
}

func TestTheCardsOfARemovedMemberNameThemNoMore(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		request := w.as(ana).asks("@ann admin", "Ann is the right one.")
		w.signsUp("Ann at home", "ann@acme.example")
		bens, anas := w.as(ben).gets("*Ann at home* signed up"), w.as(ana).gets("*Ann at home* signed up")
		w.removes(ana, ann)
		for who, old := range map[string]struct {
			card slackd.Message
			says string
		}{olga: {request, "This request is gone"}, ben: {bens, "This sign-up is over"}, ana: {anas, "This sign-up is over"}} {
			blank := w.as(who).becomes(old.card, old.says)
			if strings.Contains(says(blank), "Ann") || len(w.as(who).MessageElements(blank.Channel, blank.TS)) != 0 {
				t.Errorf("the card of %s still names her, or has buttons:\n%s", who, says(blank))
			}
		}
		w.eventually("the cards are forgotten", func() bool {
			var n int
			w.must(w.db.QueryRowContext(w.ctx(), `SELECT count(*) FROM cards WHERE kind IN ('case_card', 'approval_card')`).Scan(&n))
			return n == 0
		})
	})
}

func TestThePrimaryOwnerDecidesAlsoAfterTheyLeftTheProgramme(t *testing.T) {
	t.Parallel()
	each(t, options{noOps: true}, func(t *testing.T, w *world) {
		w.register(olga)
		w.removes(olga, olga)
		w.as(olga).presses(w.as(olga).in(w.as(ana).asks("@ray admin", "She left, and still runs Slack."), view.ActionCaseApprove))
		w.as(ray).gets("You are a company admin")

		// The directory named her a moment ago; hours later Slack is asked again.
		for _, later := range []time.Duration{0, 8 * time.Hour} {
			w.passed.Add(int64(later))
			reason := "After " + later.String()
			card := w.as(ana).asks("@ann admin", reason)
			w.eventually("the card was sent", func() bool {
				var unsent int
				w.must(w.db.QueryRowContext(w.ctx(), `SELECT count(*) FROM river_job WHERE kind = 'case_card' AND state <> 'completed'`).Scan(&unsent))
				return unsent == 0
			})
			w.as(olga).presses(w.as(olga).in(card, view.ActionCaseDecline))
			w.as(olga).submits(w.as(olga).seesModal("Decline the request"), map[string][]string{view.BlockReason: {"No: " + reason}})
			w.wants(w.as(ana).gets("No: "+reason), "Declined by <@"+olga+">")
		}
		if _, err := w.store.PersonBySlackID(w.ctx(), w.company.ID, olga); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the owner who left is stored: %v", err)
		}
	})
}

func TestOnlyOperatorsDecide(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		card := w.as(ana).asks("@ray admin", "Please.")
		id := w.as(olga).in(card, view.ActionCaseApprove).Value
		menu := w.as(ana).types("/social")
		forger := w.slack.Person(ana).Tampering(func(payload map[string]any) {
			payload["actions"] = []any{map[string]any{"type": "button", "action_id": view.ActionCaseApprove, "block_id": "b", "value": id}}
		})
		_, err := forger.Click(w.ctx(), w.as(ana).in(menu, view.ActionMe).Target)
		w.must(err)
		w.as(ana).hears("a forged approval", func(m slackd.Message) bool { return strings.Contains(says(m), "Only an operator can decide this") })
		if got := w.member(ray).Type; got != store.Recruiter {
			t.Errorf("ray is %s", got)
		}
	})
}
