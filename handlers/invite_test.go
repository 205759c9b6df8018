package handlers_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"herald/handlers/view"
	"herald/sandbox/slackd"
	"herald/store"
)

// tokenOf is the token of the personal link in an invitation.
func (w *world) tokenOf(p person, invitation slackd.Message) string {
	w.t.Helper()
	url := p.in(invitation, view.ActionSignupLink).URL
	token, ok := strings.CutPrefix(url, "https://jobs.acme.example/register/"+w.company.Key+"/")
	if !ok {
		w.t.Fatalf("%q is no personal link", url)
	}
	return token
}

// invitation returns the row of somebody with an open invitation.
func (w *world) invitation(slackID string) store.RosterRow {
	w.t.Helper()
	page, err := w.store.Roster(w.ctx(), w.company.ID, store.RosterQuery{Group: store.Invited, Limit: 100})
	w.must(err)
	for _, row := range page.Rows {
		if row.Person.SlackID == slackID {
			return row
		}
	}
	w.t.Fatalf("%s is not invited", slackID)
	return store.RosterRow{}
}

func TestAnInvitedColleagueGetsTheirOwnLinkAndIsWelcomed(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.wants(w.as(ana).types("/social invite @eve"), "Invited <@"+eve+">")

		letter := w.as(eve).gets("Acme invites you to share jobs")
		w.wants(letter, "from <@"+ana+">", "Why am I getting this? <@"+ana+"> invited you", "Only you can use this link")
		if letter.UnfurlLinks || letter.UnfurlMedia {
			t.Error("Slack would fetch the link to show what is behind it")
		}
		w.as(eve).presses(w.as(eve).in(letter, view.ActionPreview))
		if shown := w.as(eve).seesModal("How a post would look"); !strings.Contains(words(shown.Blocks), "Eve Adams") {
			t.Errorf("the preview does not carry her name:\n%s", words(shown.Blocks))
		}

		token := w.tokenOf(w.as(eve), letter)
		invite, err := w.store.InviteByToken(w.ctx(), w.company.ID, token)
		w.must(err)
		if invite.SlackID != eve {
			t.Errorf("the link is bound to %q", invite.SlackID)
		}
		_, err = w.store.Register(w.ctx(), store.Authorization{CompanyID: w.company.ID, Network: "linkedin", Token: token, Email: "eve@home.example"},
			store.Account{Network: "linkedin", Subject: "li-eve", Name: "Eve Adams"}, nil)
		w.must(err)
		w.wants(w.as(eve).gets("You're in, Eve Adams"), "nothing is ever posted without your click", "/social me")
		w.wants(w.as(ana).types("/social invite @eve"), "<@"+eve+"> is registered already")
	})
}

func TestAnInvitationSaysWhoCouldNotBeInvited(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		answer := w.as(ana).types("/social invite @eve @ann @gus @robo @pat @dan @nobody eve@acme.example strange@else.example")
		w.wants(answer, "Invited <@"+eve+">.", "<@"+ann+"> is registered already",
			"<@"+gus+">", "<@"+robo+">", "<@"+pat+">", "<@"+dan+">", "cannot take part",
			"“@nobody” and “strange@else.example”")
		w.wants(w.as(ana).types("/social invite @eve"), "has an open invitation already", "/social invitations pending")
		w.wants(w.as(ana).types("/social invite"), "Whom?")
		w.wants(w.as(ann).types("/social invite @olga"), "Only company admins")
		w.as(eve).gets("Acme invites you")
		if n := w.as(eve).got("Acme invites you"); n != 1 {
			t.Errorf("she was invited %d times", n)
		}
		for _, id := range []string{gus, robo, pat, dan} {
			if n := w.as(id).got("invites you"); n != 0 {
				t.Errorf("%s was invited", id)
			}
		}
	})
}

func TestResendingKillsTheOldLinkAndCancellingKillsBoth(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.as(ana).types("/social invite @eve")
		first := w.as(eve).gets("Acme invites you")

		list := w.as(ana).types("/social members invited")
		list = w.as(ana).clicks(list, w.as(ana).in(list, view.ActionInviteResend))
		w.wants(list, "<@"+eve+"> gets a new link")
		second, err := w.as(eve).AwaitMessage(w.ctx(), w.as(eve).DM(), func(m slackd.Message) bool {
			return m.TS > first.TS && strings.Contains(says(m), "Acme invites you")
		})
		w.must(err)
		if _, err := w.store.InviteByToken(w.ctx(), w.company.ID, w.tokenOf(w.as(eve), first)); !errors.Is(err, store.ErrReplaced) {
			t.Errorf("the old link: %v, want %v", err, store.ErrReplaced)
		}
		_, err = w.store.InviteByToken(w.ctx(), w.company.ID, w.tokenOf(w.as(eve), second))
		w.must(err)

		stale := w.as(ana).in(list, view.ActionInviteCancel)
		list = w.as(ana).clicks(list, stale)
		w.wants(list, "The invitation was cancelled")
		if _, err := w.store.InviteByToken(w.ctx(), w.company.ID, w.tokenOf(w.as(eve), second)); !errors.Is(err, store.ErrReplaced) {
			t.Errorf("the cancelled link: %v, want %v", err, store.ErrReplaced)
		}
	})
}

func TestAnInvitationThatCannotBeDeliveredIsNotTriedForEver(t *testing.T) {
	t.Parallel()
	each(t, options{silently: true}, func(t *testing.T, w *world) {
		w.slack.Inject(slackd.Fault{Kind: slackd.NoDM, User: eve, Error: "user_not_found"})
		w.as(ana).types("/social invite @eve")
		id := w.invitation(eve).Invite.ID
		w.eventually("the row shows why", func() bool {
			invite, _, err := w.store.OpenInvite(w.ctx(), w.company.ID, id)
			return err == nil && invite.Failure == "user_not_found"
		})
		w.wants(w.as(ana).types("/social members invited"), "not delivered: Slack does not find them any more")
	})
}

func TestPeopleAreInvitedFromTheFormAndFromTheirRow(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		link := w.as(ana).types("/social link")
		w.as(ana).presses(w.as(ana).in(link, view.ActionDMPeople))
		form := w.as(ana).seesModal("Invite people")
		w.as(ana).submits(form, map[string][]string{view.BlockPeople: {eve, gus}})
		w.wants(w.as(ana).becomes(link, "Invited <@"+eve+">"), "<@"+gus+"> cannot take part", "Company URL")
		w.as(eve).gets("Acme invites you")

		list := w.as(ana).types("/social members not registered")
		list = w.as(ana).clicks(list, w.as(ana).in(list, view.ActionInvitePerson))
		w.wants(list, "Invited <@"+olga+">")
		w.as(olga).gets("Acme invites you")
	})
}

func TestAColleagueWithManyNamesakesIsFoundByTheirHandle(t *testing.T) {
	t.Parallel()
	var namesakes []slackd.User
	for i := range 40 {
		handle := fmt.Sprintf("eve%02d", i)
		namesakes = append(namesakes, slackd.User{ID: "U0" + strings.ToUpper(handle), Name: handle, RealName: "Eve Aaa", Email: handle + "@acme.example"})
	}
	each(t, options{people: namesakes}, func(t *testing.T, w *world) {
		w.wants(w.as(ana).types("/social invite @eve"), "Invited <@"+eve+">.")
		answer := w.as(ana).types("/social invite R&D <x>")
		w.wants(answer, "“R&amp;D” and “&lt;x&gt;”")
		w.wants(w.as(ana).types("/social members AT&T"), "AT&T")
		w.wants(w.as(ana).types("/social R&D"), "R&amp;D")
	})
}

func TestAnInvitationIsResentToWhoeverWantsNoRemindersOnlyIfAnAdminInsists(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.as(ana).types("/social invite @eve")
		first := w.as(eve).gets("Acme invites you")
		w.eventually("it is known to have arrived", func() bool { return !w.theInvitation().SentAt.IsZero() })
		w.must(w.store.OptOut(w.ctx(), w.company.ID, eve))
		list := w.as(ana).types("/social invitations pending")
		w.wants(list, "asked for no reminders")
		list = w.as(ana).clicks(list, w.as(ana).in(list, view.ActionInviteResend))
		w.wants(list, "<@"+eve+"> asked for no reminders, so nothing was sent.")
		if token := w.tokenOf(w.as(eve), first); token == "" {
			t.Error("her link is gone")
		}
		w.as(ana).presses(w.as(ana).in(list, view.ActionResendAnyway))
		w.as(ana).hears("Invite anyway", func(m slackd.Message) bool {
			return m.TS > list.TS && strings.Contains(says(m), "<@"+eve+"> gets a new link")
		})
		w.as(eve).nextInvitation(first)
		w.wants(w.as(ana).types("/social invitations pending"), "reminded once", "asked for no reminders")
	})
}
