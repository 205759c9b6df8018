package handlers_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"herald/handlers/view"
	"herald/sandbox/slackd"
	"herald/store"
)

// nextInvitation waits for an invitation after another message.
func (p person) nextInvitation(after slackd.Message) slackd.Message {
	p.w.t.Helper()
	m, err := p.AwaitMessage(p.w.ctx(), p.DM(), func(m slackd.Message) bool { return m.TS > after.TS && strings.Contains(says(m), "Acme invites you") })
	p.w.must(err)
	return m
}

func TestAnAdminSeesWhatBecameOfInvitations(t *testing.T) {
	t.Parallel()
	each(t, options{people: crowd(12), silently: true}, func(t *testing.T, w *world) {
		w.slack.Inject(slackd.Fault{Kind: slackd.NoDM, User: olga, Error: "cannot_dm_bot"})
		w.wants(w.as(ana).types("/social invitations"), "Nobody has been invited yet", "All (0)")
		invited := []string{"@eve", "@olga"}
		for _, u := range crowd(12) {
			invited = append(invited, "@"+u.Name)
		}
		w.as(ana).types("/social invite " + strings.Join(invited, " "))
		first := w.as(eve).gets("Acme invites you")
		w.register("U9003")
		w.eventually("Olga's could not be delivered", func() bool {
			counts, err := w.store.InviteCounts(w.ctx(), w.company.ID)
			return err == nil && counts[store.StateFailed] == 1
		})

		list := w.as(ana).types("/social invitations")
		w.wants(list, "All (14)", "Pending (12)", "Accepted (1)", "Declined (0)", "Expired (0)", "Not delivered (1)", "Page 1 of 2", "by <@"+ana+">")
		list = w.as(ana).clicks(list, w.as(ana).in(list, view.ActionInvitationsNext))
		w.wants(list, "Page 2 of 2")
		list = w.as(ana).clicks(list, w.as(ana).in(list, view.ActionInvitationsPrev))
		w.wants(list, "Page 1 of 2")
		list = w.as(ana).clicks(list, w.as(ana).in(list, view.ActionInvitationsFilter), string(store.StateFailed))
		w.wants(list, "Olga Orlova", "*Not delivered*: Slack does not let Herald write to them", "Page 1 of 1")
		if strings.Contains(says(list), "Eve Adams") {
			t.Error("the filter shows others, too")
		}
		list = w.as(ana).clicks(list, w.as(ana).in(list, view.ActionInvitationsFilter), string(store.StateAccepted))
		w.wants(list, "Zed 003", "*Accepted* 22 Nov")

		// Resend makes a new link and kills the old one, Cancel kills that. The same row of the same screen.
		list = w.as(ana).clicks(list, w.as(ana).in(list, view.ActionInvitationsFilter), view.StateAll)
		row := w.invitation(eve).Invite.ID
		resend := func(m slackd.Message, action string) slackd.Element {
			t.Helper()
			for _, e := range w.as(ana).MessageElements(m.Channel, m.TS) {
				if e.ActionID == action && strings.HasSuffix(e.BlockID, "."+row) {
					return e
				}
			}
			t.Fatalf("no %s for Eve in\n%s", action, says(m))
			return slackd.Element{}
		}
		if !strings.Contains(says(list), "Eve Adams") {
			list = w.as(ana).clicks(list, w.as(ana).in(list, view.ActionInvitationsNext))
		}
		list = w.as(ana).clicks(list, resend(list, view.ActionInviteResend))
		w.wants(list, "<@"+eve+"> gets a new link", "Filter invitations")
		second := w.as(eve).nextInvitation(first)
		if _, err := w.store.InviteByToken(w.ctx(), w.company.ID, w.tokenOf(w.as(eve), first)); !errors.Is(err, store.ErrReplaced) {
			t.Errorf("the old link: %v", err)
		}
		_, err := w.store.InviteByToken(w.ctx(), w.company.ID, w.tokenOf(w.as(eve), second))
		w.must(err)
		list = w.as(ana).types("/social invitations pending")
		w.wants(list, "Eve Adams", "reminded once")
		row = w.invitation(eve).Invite.ID
		list = w.as(ana).clicks(list, resend(list, view.ActionInviteCancel))
		w.wants(list, "The invitation was cancelled", "Pending (11)", "All (13)")
		if _, err := w.store.InviteByToken(w.ctx(), w.company.ID, w.tokenOf(w.as(eve), second)); !errors.Is(err, store.ErrReplaced) {
			t.Errorf("the cancelled link: %v", err)
		}

		list = w.as(ana).clicks(list, w.as(ana).in(list, view.ActionInvitationsExport))
		w.wants(list, "The list of 11 invitations is in your direct messages")
		m, ok := w.as(ana).LastMessage(w.as(ana).DM())
		if !ok || len(m.Files) != 1 || strings.Count(string(m.Files[0].Content), ",pending,employee,2026-11-22,Ana Alves,") != 11 {
			t.Errorf("the file is %+v", m)
		}
		w.wants(w.as(ana).types("/social audit"), "exported 11 invitations")
	})
}

func TestTheHomeTabShowsInvitationsToo(t *testing.T) {
	t.Parallel()
	each(t, options{people: crowd(12)}, func(t *testing.T, w *world) {
		var invited []string
		for _, u := range crowd(12) {
			invited = append(invited, "@"+u.Name)
		}
		w.as(ana).types("/social invite " + strings.Join(invited, " "))
		home := w.as(ana).opensHome()
		w.as(ana).presses(w.as(ana).at(home, view.ActionInvitations))
		home = w.as(ana).homeAfter(home)
		w.as(ana).presses(w.as(ana).at(home, view.ActionInvitationsNext))
		home = w.as(ana).homeAfter(home)
		if said := words(home.Blocks); !strings.Contains(said, "Pending (12)") || !strings.Contains(said, "Page 2 of 2") {
			t.Errorf("the second page says:\n%s", said)
		}
		// The list of the members begins at its own first page.
		w.as(ana).presses(w.as(ana).at(home, view.ActionMembers))
		home = w.as(ana).homeAfter(home)
		if said := words(home.Blocks); !strings.Contains(said, "Page 1 of 1") || !strings.Contains(said, "Ann Lee") {
			t.Errorf("User Management says:\n%s", said)
		}
		w.as(ana).presses(w.as(ana).at(home, view.ActionInvitations))
		home = w.as(ana).homeAfter(home)
		w.as(ana).presses(w.as(ana).at(home, view.ActionInviteCancel))
		home = w.as(ana).homeAfter(home)
		if said := words(home.Blocks); !strings.Contains(said, "The invitation was cancelled") || !strings.Contains(said, "Pending (11)") {
			t.Errorf("after Cancel:\n%s", said)
		}
	})
}

func TestOldInvitationsAreResentOnceTheirNumberIsConfirmed(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.as(ana).types("/social invite @eve @olga")
		letter, other := w.as(eve).gets("Acme invites you"), w.as(olga).gets("Acme invites you")
		w.eventually("both are delivered", func() bool {
			page, err := w.store.Invitations(w.ctx(), w.company.ID, store.InvitationsQuery{Limit: 10})
			w.must(err)
			sent := 0
			for _, row := range page.Rows {
				if i, _, err := w.store.OpenInvite(w.ctx(), w.company.ID, row.ID); err == nil && !i.SentAt.IsZero() {
					sent++
				}
			}
			return sent == 2
		})
		list := w.as(ana).types("/social invitations")
		w.as(ana).presses(w.as(ana).in(list, view.ActionInvitationsOld))
		form := w.as(ana).seesModal("Resend invitations that have been pending")
		if done := w.as(ana).submits(form, map[string][]string{view.BlockDays: {"7"}}); !strings.Contains(fmt.Sprint(done), "No invitation has been pending for longer than 7 days") {
			t.Errorf("nothing is old, and the form says %+v", done)
		}
		w.must(w.as(ana).CloseModal(w.ctx(), form.ID, false))

		w.passed.Add(int64(8 * 24 * time.Hour))
		list = w.as(ana).types("/social invitations")
		w.as(ana).presses(w.as(ana).in(list, view.ActionInvitationsOld))
		w.as(ana).submits(w.as(ana).seesModal("Resend invitations that have been pending"), map[string][]string{view.BlockDays: {"7"}})
		confirm := w.as(ana).seesModal("2 people")
		// Olga's is cancelled before Ana confirms: she is asked again.
		w.must(w.store.CancelInvite(w.ctx(), w.company.ID, store.Actor{SlackID: ben}, w.invitation(olga).Invite.ID))
		w.as(ana).submits(confirm, nil)
		confirm = w.as(ana).seesModal("Nothing was sent: the number changed meanwhile")
		w.as(ana).submits(confirm, nil)
		w.wants(w.as(ana).becomes(list, "1 person gets a new link"), "reminded once")
		w.as(eve).nextInvitation(letter)
		if m, ok := w.as(olga).LastMessage(w.as(olga).DM()); !ok || m.TS != other.TS {
			t.Error("Olga got another message")
		}
		w.wants(w.as(ana).types("/social audit"), "sent 1 person a new invitation")
	})
}

func TestWhoeverSaysNoIsLeftAlone(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.as(ana).types("/social invite @eve")
		letter := w.as(eve).gets("Acme invites you")
		token := w.tokenOf(w.as(eve), letter)
		w.wants(letter, "Why am I getting this?", "Not for me")

		// A worry is met with what is stored.
		w.as(eve).presses(w.as(eve).in(letter, view.ActionInviteDecline), string(store.DeclinedPrivacy))
		w.as(eve).seesModal("*Who sees it* Company admins see")
		quiet := w.as(eve).becomes(letter, "OK – no more reminders. `/social` if you change your mind.")
		if elements := w.as(eve).MessageElements(quiet.Channel, quiet.TS); len(elements) != 0 {
			t.Errorf("the quiet line has %d controls", len(elements))
		}
		if _, err := w.store.InviteByToken(w.ctx(), w.company.ID, token); !errors.Is(err, store.ErrDeclined) {
			t.Errorf("the link: %v, want ErrDeclined", err)
		}
		list := w.as(ana).types("/social invitations declined")
		w.wants(list, "Eve Adams", "*Said no* on 22 Nov", "Declined (1)")
		for _, m := range []slackd.Message{list, w.as(ana).types("/social audit")} {
			if strings.Contains(strings.ToLower(says(m)), "privacy") {
				t.Errorf("Ana reads why one person said no:\n%s", says(m))
			}
		}

		// Nobody invites her by accident, an admin may on purpose.
		answer := w.as(ana).types("/social invite @eve")
		w.wants(answer, "<@"+eve+"> said no on")
		w.must(w.store.SaveSettings(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, store.Settings{Inviters: store.InvitersEveryone, LinkDays: 30}))
		theirs := w.as(ann).types("/social invite @eve")
		w.wants(theirs, "Nothing was sent to <@"+eve+">")
		if strings.Contains(says(theirs), "said no") {
			t.Error("a coworker reads that she said no")
		}
		if n := w.as(eve).got("Acme invites you"); n != 0 {
			t.Errorf("she has %d invitations", n)
		}
		w.as(ana).presses(w.as(ana).in(answer, view.ActionInviteAnyway))
		w.as(ana).hears("Invite anyway", func(m slackd.Message) bool {
			return m.TS > answer.TS && strings.Contains(says(m), "Invited <@"+eve+">")
		})
		again := w.as(eve).nextInvitation(letter)

		// She says no again, by the row's button Ana insists once more, and she signs up by herself after all.
		w.as(eve).presses(w.as(eve).in(again, view.ActionInviteDecline), string(store.DeclinedOther))
		w.as(eve).becomes(again, "OK – no more reminders.")
		list = w.as(ana).types("/social invitations declined")
		list = w.as(ana).clicks(list, w.as(ana).in(list, view.ActionInviteAnyway))
		w.wants(list, "Invited <@"+eve+">", "Nobody has said no.")
		last := w.as(eve).nextInvitation(again)
		w.as(eve).presses(w.as(eve).in(last, view.ActionInviteDecline), string(store.DeclinedNoNetworks))
		w.as(eve).becomes(last, "OK – no more reminders.")
		w.wants(w.as(eve).types("/social"), "Sign up")
		w.register(eve)
		w.wants(w.as(ana).types("/social invitations accepted"), "Eve Adams", "Accepted (1)", "Declined (0)")
	})
}

func TestNobodyDeclinesForSomebodyElse(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.as(ana).types("/social invite @eve @olga")
		letter := w.as(eve).gets("Acme invites you")
		theirs := w.as(olga).gets("Acme invites you")
		// Whatever Olga's client says, she answers for herself.
		w.as(olga).forging("block_id", w.as(eve).in(letter, view.ActionInviteDecline).BlockID).
			presses(w.as(olga).in(theirs, view.ActionInviteDecline), string(store.DeclinedOther))
		w.as(olga).becomes(theirs, "OK – no more reminders.")
		_, err := w.store.InviteByToken(w.ctx(), w.company.ID, w.tokenOf(w.as(eve), letter))
		w.must(err)

		// Who is registered by now, or whose invitation was cancelled, is told so.
		w.must(w.store.CancelInvite(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, w.invitation(eve).Invite.ID))
		w.as(eve).presses(w.as(eve).in(letter, view.ActionInviteDecline), string(store.DeclinedOther))
		w.as(eve).becomes(letter, "This invitation is over.")
	})
}
