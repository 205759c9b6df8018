package handlers_test

import (
	"testing"
	"time"

	"herald/handlers/view"
	"herald/store"
)

// confirmsEmails lets somebody confirm a list of one address; the process that heard them dies right after it.
func (w *world) confirmsEmails(slackID, screenID, address string) {
	w.t.Helper()
	actor := store.Actor{SlackID: slackID}
	draft, err := w.store.DraftEmails(w.ctx(), w.company.ID, actor, []store.Invitee{{Email: address}}, w.now().Add(24*time.Hour), "")
	w.must(err)
	w.must(w.store.ConfirmEmails(w.ctx(), w.company.ID, actor, draft.ID, screenID))
}

func TestAConfirmedListIsSentByWhoeverStartsNext(t *testing.T) {
	t.Parallel()
	each(t, options{noJobs: true}, func(t *testing.T, w *world) {
		a := w.as(ana)
		list := a.types("/social members")
		list = a.clicks(list, a.in(list, view.ActionSelect, w.member(ann).ID), w.member(ann).ID)
		screenID, _, _, _, ok := view.ParseBlockID(a.in(list, view.ActionSelect, w.member(ann).ID).BlockID)
		if !ok {
			t.Fatal("the list has no screen")
		}
		w.confirmsEmails(ana, screenID, "cy@home.example")
		w.confirmsEmails(ana, "", "dee@home.example")
		inviters := func(p store.InviterPolicy) {
			w.must(w.store.SaveSettings(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, store.Settings{Inviters: p, LinkDays: 30}))
		}
		inviters(store.InvitersEveryone)
		w.confirmsEmails(ray, "", "eve@home.example")
		inviters(store.InvitersAdmins)
		w.runsJobs()
		a.becomes(list, "1 invitation goes out by email")
		a.gets("1 invitation goes out by email")
		w.as(ray).gets("Only company admins can do that")
	})
}
