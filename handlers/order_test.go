package handlers_test

import (
	"testing"
	"time"

	"github.com/slack-go/slack"

	"herald/handlers/view"
	"herald/sandbox/slackd"
	"herald/store"
)

// confirms lets somebody submit a form; the process that heard them dies once it has answered.
func (p person) confirms(form slack.View) {
	p.w.t.Helper()
	_, _, err := p.w.h.Submit(p.w.ctx(), slack.InteractionCallback{
		Type: slack.InteractionTypeViewSubmission, Team: slack.Team{ID: teamID}, User: slack.User{ID: p.ID(), TeamID: teamID}, View: form,
	})
	p.w.must(err)
}

// filled is a form with one answer.
func filled(id, metadata, block string, answer slack.BlockAction) slack.View {
	return slack.View{CallbackID: id, PrivateMetadata: metadata, State: &slack.ViewState{
		Values: map[string]map[string]slack.BlockAction{block: {view.InputValue: answer}},
	}}
}

func TestWhatAFormConfirmedIsDoneByWhoeverStartsNext(t *testing.T) {
	t.Parallel()
	each(t, options{noJobs: true}, func(t *testing.T, w *world) {
		p, err := w.store.PersonBySlackID(w.ctx(), w.company.ID, olga)
		w.must(err)
		_, err = w.store.Invite(w.ctx(), w.company.ID, store.Actor{SlackID: ben}, []string{p.ID}, store.InviteOptions{})
		w.must(err)
		old := w.invitation(olga).Invite
		w.must(w.store.DropJobs(w.ctx()))
		w.must(w.store.InviteDelivered(w.ctx(), w.company.ID, old.ID, ""))
		w.passed.Add(int64(8 * 24 * time.Hour))

		people := func(ids ...string) slack.BlockAction { return slack.BlockAction{SelectedUsers: ids} }
		w.must(w.store.SaveSettings(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, store.Settings{Inviters: store.InvitersEveryone, LinkDays: 30}))
		w.as(ray).confirms(filled(view.FormDMPeople, "", view.BlockPeople, people(eve)))
		w.must(w.store.SaveSettings(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, store.Settings{Inviters: store.InvitersAdmins, LinkDays: 30}))
		link := w.as(ana).types("/social link")
		screenID, _, _, _, ok := view.ParseBlockID(w.as(ana).in(link, view.ActionDMPeople).BlockID)
		if !ok {
			t.Fatal("the message has no screen")
		}
		w.as(ana).confirms(filled(view.FormDMPeople, screenID, view.BlockPeople, people(eve, pat)))
		w.as(ben).confirms(slack.View{CallbackID: view.FormResendOld, PrivateMetadata: `{"days":7,"n":1}`})
		w.as(ana).presses(w.as(ana).in(link, view.ActionDMPeople))
		asked := filled(view.FormDMPeople, screenID, view.BlockMembersOf, slack.BlockAction{SelectedConversation: general})
		asked.ID = w.as(ana).seesModal("Everybody in a channel").ID
		w.as(ana).confirms(asked)

		w.slack.Inject(slackd.Fault{Kind: slackd.APIError, Method: "users.info", Error: "internal_error", Count: 1})
		w.runsJobs()
		w.passes("Eve is invited", func() bool { return w.as(eve).got("Acme invites you") == 1 })
		w.as(eve).gets("from <@" + ana + ">")
		w.wants(w.as(ana).becomes(link, "Invited <@"+eve+">"), "<@"+pat+"> cannot take part")
		w.as(ben).gets("1 person gets a new link")
		w.as(olga).gets("Acme invites you")
		w.as(ray).gets("Only company admins can do that")
		w.as(ana).seesModal("Left out")
		w.eventually("nothing is kept of what was asked", func() bool {
			var left int
			w.must(w.db.QueryRowContext(w.ctx(), `SELECT count(*) FROM orders`).Scan(&left))
			return left == 0
		})
	})
}
