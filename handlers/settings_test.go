package handlers_test

import (
	"strings"
	"testing"
	"time"

	"herald/handlers/view"
	"herald/store"
)

func TestAnAdminLetsRecruitersInvite(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		if home := w.as(ray).opensHome(); has(w.as(ray).ViewElements(home.ID), view.ActionInviteCoworker) {
			t.Error("a recruiter is offered to invite before anybody let them")
		}
		w.wants(w.as(ray).types("/social invite @eve"), "Only company admins can do that", "<@"+ana+">")

		home := w.as(ana).opensHome()
		w.as(ana).presses(w.as(ana).at(home, view.ActionSettings))
		w.as(ana).submits(w.as(ana).seesModal("Who may invite coworkers?"), map[string][]string{
			view.BlockInviters: {string(store.InvitersRecruiters)}, view.BlockLinkDays: {"14"},
			view.BlockJoinerDays: {"3"}, view.BlockRemovalDays: {"30"},
		})
		w.as(ana).seesModal("Saved. Company admins and recruiters may invite, and new registration links work for 14 days.")
		w.wants(w.as(ana).types("/social audit"), "changed who may invite: company admins and recruiters", "registration links work: 14 days",
			"turned on inviting people who join the workspace: after 3 days", "turned on removing members who are deactivated in Slack: after 30 days")

		home = w.as(ray).opensHome()
		w.as(ray).presses(w.as(ray).at(home, view.ActionInviteCoworker))
		form := w.as(ray).seesModal("Invite people")
		if strings.Contains(words(form.Blocks), "As what?") {
			t.Error("a recruiter chooses what people are invited as")
		}
		w.as(ray).submits(form, map[string][]string{view.BlockPeople: {eve}})
		w.as(ray).gets("Invited <@" + eve + ">")
		letter := w.as(eve).gets("Acme invites you")
		w.wants(letter, "from <@"+ray+">")
		invite, err := w.store.InviteByToken(w.ctx(), w.company.ID, w.tokenOf(w.as(eve), letter))
		w.must(err)
		if life := invite.ExpiresAt.Sub(invite.CreatedAt); life != 14*24*time.Hour || invite.As != store.Employee {
			t.Errorf("the link works for %v, as %q", life, invite.As)
		}

		// They learn nothing about the list, and give nobody more rights than an employee has.
		w.wants(w.as(ray).types("/social invite @eve @ann"), "Nothing was sent to <@"+eve+"> and <@"+ann+">", "is registered or was invited before")
		w.wants(w.as(ray).types("/social invite @olga as recruiter"), "Only company admins can do that")
		w.wants(w.as(ray).types("/social members"), "Only company admins can do that")
		w.wants(w.as(ray).types("/social help"), "/social invite")
		w.wants(w.as(ann).types("/social invite @olga"), "Only company admins and recruiters can invite")
		if n := w.as(olga).got("Acme invites you"); n != 0 {
			t.Error("Olga was invited by somebody who may not")
		}
	})
}

func TestWhenEverybodyMayInviteOnlyStrangersAreTurnedAway(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.must(w.store.SaveSettings(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, store.Settings{Inviters: store.InvitersEveryone, LinkDays: 30}))
		w.wants(w.as(ann).types("/social"), "Invite a coworker")
		w.wants(w.as(ann).types("/social invite @eve"), "Invited <@"+eve+">")
		w.as(eve).gets("Acme invites you")
		w.wants(w.as(eve).types("/social invite @olga"), "as soon as you are registered yourself")
		w.wants(w.as(ann).types("/social invite"), "Whom?")
	})
}

func TestSomebodyWhoWasRemovedComesBackOnlyByAnAdmin(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.must(w.store.SaveSettings(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, store.Settings{Inviters: store.InvitersEveryone, LinkDays: 30}))
		removal, err := w.store.ProposeRemoval(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, "", []string{w.member(bo).ID})
		w.must(err)
		_, err = w.store.ConfirmRemoval(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, removal.ID)
		w.must(err)
		_, err = w.store.ExecuteRemoval(w.ctx(), w.company.ID, removal.ID)
		w.must(err)

		w.wants(w.as(ann).types("/social invite @bo"), "<@"+bo+"> cannot take part")
		answer := w.as(ana).types("/social invite @bo")
		w.wants(answer, "<@"+bo+"> was removed in November 2026")
		w.as(ana).presses(w.as(ana).in(answer, view.ActionInviteAnyway))
		w.as(bo).gets("Acme invites you")
	})
}

func TestAnAdminInvitesRecruiters(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.wants(w.as(ana).types("/social invite @eve as admin"), "People are invited as employees, or `as recruiter`")
		w.wants(w.as(ana).types("/social invite @eve as recruiter"), "Invited <@"+eve+"> as a recruiter.")
		w.as(eve).gets("Acme invites you")
		w.register(eve)
		if m := w.member(eve); m.Type != store.Recruiter {
			t.Errorf("Eve is a %s", m.Type)
		}

		link := w.as(ana).types("/social link")
		w.as(ana).presses(w.as(ana).in(link, view.ActionDMPeople))
		w.as(ana).submits(w.as(ana).seesModal("As what?"), map[string][]string{view.BlockPeople: {olga}, view.BlockAs: {string(store.Recruiter)}})
		w.wants(w.as(ana).becomes(link, "Invited <@"+olga+">"), "as a recruiter")
		w.register(olga)
		if m := w.member(olga); m.Type != store.Recruiter {
			t.Errorf("Olga is a %s", m.Type)
		}
	})
}
