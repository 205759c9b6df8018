package handlers_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"herald/handlers/view"
	"herald/sandbox/slackd"
	"herald/store"
)

// signsUp registers through the company URL with an email address, as the web page does.
func (w *world) signsUp(name, email string) store.Signup {
	w.t.Helper()
	s, err := w.store.Register(w.ctx(), store.Authorization{CompanyID: w.company.ID, Network: "linkedin", Email: email},
		store.Account{Network: "linkedin", Subject: "li-" + name, Name: name, Email: email, Token: "token-of-" + name}, nil)
	w.must(err)
	return s
}

func TestWhoeverSignsUpWithAColleaguesAddressIsAskedInSlack(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.signsUp("Eve A.", "EVE@acme.example")
		question := w.as(eve).gets("Was this you?")
		w.wants(question, "`EVE@acme.example`", "LinkedIn account of *Eve A.*")
		if w.registered(eve) {
			t.Fatal("she is a member without having said so")
		}
		w.as(eve).presses(w.as(eve).in(question, view.ActionConfirmYes))
		w.as(eve).becomes(question, "You said that it was you")
		w.as(eve).gets("You're in")
		if !w.registered(eve) {
			t.Error("she said yes and is no member")
		}
		if n := len(w.as(eve).MessageElements(question.Channel, question.TS)); n != 0 {
			t.Errorf("the question still has %d buttons", n)
		}
	})
}

func TestNoErasesASignupThatSomebodyElseMade(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		s := w.signsUp("Mallory", "eve@acme.example")
		question := w.as(eve).gets("Was this you?")
		no := w.as(eve).in(question, view.ActionConfirmNo)
		w.as(eve).presses(no)
		w.as(eve).becomes(question, "erased")
		if _, err := w.store.Signup(w.ctx(), w.company.ID, s.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the sign-up: %v, want %v", err, store.ErrNotFound)
		}
		if w.registered(eve) {
			t.Error("she said no and is a member")
		}
	})
}

func TestAdminsDecideAboutSomebodyNobodyKnows(t *testing.T) {
	t.Parallel()
	for answer, said := range map[string]string{view.ActionSignupApprove: "Approved by <@" + ben + ">", view.ActionSignupDecline: "Declined by <@" + ben + ">"} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			each(t, options{}, func(t *testing.T, w *world) {
				w.signsUp("Zoe Outside", "zoe@else.example")
				w.wants(w.as(ana).gets("*Zoe Outside* signed up"), "`zoe@else.example`", "If nobody answers by")
				card := w.as(ben).gets("*Zoe Outside* signed up")
				w.as(ben).presses(w.as(ben).in(card, answer))
				w.as(ben).becomes(card, said)
				closed := w.as(ana).gets(said)
				if strings.Contains(says(closed), "Zoe") {
					t.Errorf("the card still names somebody whose sign-up is over:\n%s", says(closed))
				}
				page, err := w.store.Roster(w.ctx(), w.company.ID, store.RosterQuery{Group: store.All, Search: "zoe", Limit: 10})
				w.must(err)
				if approved := answer == view.ActionSignupApprove; (len(page.Rows) == 1) != approved {
					t.Errorf("%d members are called Zoe", len(page.Rows))
				}
			})
		})
	}
}

func TestOperatorsDecideWhereNoAdminCan(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		deactivate := func(id string) {
			t.Helper()
			w.must(w.store.MirrorPeople(w.ctx(), w.company.ID, []store.Person{{SlackID: id, Name: "Gone " + id, Deactivated: true}}))
		}
		deactivate(ben)
		if menu := says(w.as(eve).types("/social")); !strings.Contains(menu, ana) || strings.Contains(menu, ben) {
			t.Errorf("the admins of the menu:\n%s", menu)
		}
		deactivate(ana)
		w.signsUp("Zoe Outside", "zoe@else.example")
		card := w.as(olga).gets("*Zoe Outside* signed up")
		w.as(olga).presses(w.as(olga).in(card, view.ActionSignupApprove))
		w.as(olga).becomes(card, "Approved by <@"+olga+">")
		if n := w.as(ana).got("Zoe") + w.as(ben).got("Zoe"); n != 0 {
			t.Errorf("%d admins who left were asked", n)
		}
		page, err := w.store.Roster(w.ctx(), w.company.ID, store.RosterQuery{Group: store.All, Search: "zoe", Limit: 10})
		w.must(err)
		if len(page.Rows) != 1 {
			t.Errorf("%d members are called Zoe", len(page.Rows))
		}
	})
}

func TestASignupThatNobodyAnsweredIsErasedFromItsCardsToo(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.signsUp("Zoe Outside", "zoe@else.example")
		card := w.as(ana).gets("*Zoe Outside* signed up")
		w.as(ben).gets("*Zoe Outside* signed up")
		w.signsUp("Eve A.", "eve@acme.example")
		question := w.as(eve).gets("Was this you?")
		w.passed.Add(int64(store.SignupLife + time.Hour))
		w.must(w.store.Tidy(w.ctx()))
		for who, old := range map[string]slackd.Message{ana: card, eve: question} {
			over := w.as(who).becomes(old, "This sign-up is over")
			if said := says(over); strings.Contains(said, "Zoe") || strings.Contains(said, "zoe@") || strings.Contains(strings.ToLower(said), "eve@") {
				t.Errorf("the card still names whose sign-up is over:\n%s", said)
			}
			if n := len(w.as(who).MessageElements(over.Channel, over.TS)); n != 0 {
				t.Errorf("the card still has %d buttons", n)
			}
		}
	})
}

func TestTheSecondAdminLearnsThatItWasDecided(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		s := w.signsUp("Zoe Outside", "zoe@else.example")
		card := w.as(ana).gets("*Zoe Outside* signed up")
		approve := w.as(ana).in(card, view.ActionSignupApprove)
		_, err := w.store.DecideSignup(w.ctx(), w.company.ID, store.Actor{SlackID: ben}, s.ID, false)
		w.must(err)
		w.as(ana).becomes(card, "This sign-up is over") // another process decided, and knows what

		// Her click was on its way when the card changed.
		forged := w.slack.Person(ana).Tampering(func(payload map[string]any) {
			payload["actions"] = []any{map[string]any{"type": "button", "action_id": approve.ActionID, "block_id": approve.BlockID, "value": s.ID}}
		})
		other := w.as(ana).types("/social")
		_, err = forged.Click(w.ctx(), w.as(ana).in(other, view.ActionMe).Target)
		w.must(err)
		w.as(ana).hears("a late click", func(m slackd.Message) bool { return strings.Contains(says(m), view.SignupOver) })
	})
}

func TestACardThatCouldNotBeSentIsSentLaterAndOnlyToThoseWhoMissIt(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.settles()
		w.slack.Inject(slackd.Fault{Kind: slackd.NoDM, User: ben, Error: "internal_error", Count: 1})
		w.signsUp("Zoe Outside", "zoe@else.example")
		w.as(ana).gets("*Zoe Outside* signed up")
		w.failsOnce()
		w.as(ben).gets("*Zoe Outside* signed up")
		if n := w.as(ana).got("*Zoe Outside* signed up"); n != 1 {
			t.Errorf("ana got the card %d times", n)
		}
	})
}

func TestAProcessThatDiesBetweenSendingAndRememberingSendsNoCardTwice(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.settles()
		// Slack takes the message, and Herald does not live to hear of it.
		w.slack.Inject(slackd.Fault{Kind: slackd.CutAnswer, Method: "chat.postMessage", Count: 1})
		w.signsUp("Zoe Outside", "zoe@else.example")
		w.failsOnce()
		w.as(ana).gets("*Zoe Outside* signed up")
		w.as(ben).gets("*Zoe Outside* signed up")
		if a, b := w.as(ana).got("*Zoe Outside* signed up"), w.as(ben).got("*Zoe Outside* signed up"); a != 1 || b != 1 {
			t.Errorf("ana got the card %d times, ben %d times", a, b)
		}
	})
}

func TestAnAdminNamesTheColleagueWhoSignedUpWithAPersonalAddress(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.signsUp("Eve at home", "eve@home.example")
		card := w.as(ana).gets("*Eve at home* signed up")
		for wrong, said := range map[string]string{gus: "The person you chose cannot take part", ann: "The person you chose is registered already"} {
			w.as(ana).presses(w.as(ana).in(card, view.ActionSignupPerson), wrong)
			w.as(ana).presses(w.as(ana).in(card, view.ActionSignupApprove))
			w.as(ana).tells(said)
		}
		if w.registered(eve) {
			t.Error("she is registered before she was named")
		}
		w.as(ana).presses(w.as(ana).in(card, view.ActionSignupPerson), eve)
		w.as(ana).presses(w.as(ana).in(card, view.ActionSignupApprove))
		w.as(ana).becomes(card, "Approved")
		w.wants(w.as(eve).gets("You're in, Eve Adams"), "LinkedIn")
		w.wants(w.as(eve).types("/social"), "you are an *employee*")
	})
}

func TestAnApprovalCardSaysWhoInvited(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.must(w.store.SaveSettings(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, store.Settings{Inviters: store.InvitersEveryone, LinkDays: 30}))
		w.confirmsEmails(ray, "", "cy@home.example")
		var invited store.Invitations
		w.eventually("Cy is invited", func() bool {
			var err error
			invited, err = w.store.Invitations(w.ctx(), w.company.ID, store.InvitationsQuery{Limit: 1})
			w.must(err)
			return len(invited.Rows) == 1
		})
		mail, err := w.store.EmailInvite(w.ctx(), w.company.ID, invited.Rows[0].ID)
		w.must(err)
		_, err = w.store.Register(w.ctx(), store.Authorization{CompanyID: w.company.ID, Network: "linkedin", Token: mail.Token},
			store.Account{Network: "linkedin", Subject: "li-cy", Name: "Cy Wu", Token: "token-of-cy"}, nil)
		w.must(err)
		card := w.as(ana).gets("*Cy Wu* was invited by <@" + ray + "> by email, and signed up")
		w.as(ana).presses(w.as(ana).in(card, view.ActionSignupApprove))
		w.as(ana).becomes(card, "A sign-up through an invitation by <@"+ray+"> by email: *Approved by <@"+ana+">*")
		w.wants(w.as(ana).types("/social invitations accepted"), "Cy Wu", "*Accepted*", "by <@"+ray+">")
	})
}
