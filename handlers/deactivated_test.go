package handlers_test

import (
	"strings"
	"testing"
	"time"

	"herald/handlers/view"
	"herald/sandbox/slackd"
	"herald/store"
)

func TestAdminsAreToldWhoIsDeactivatedAndRemoveThem(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.settles()
		for _, id := range []string{ann, bo} {
			w.must(w.slack.Deactivate(id))
			w.eventually("the mirror knows", func() bool {
				p, err := w.store.PersonBySlackID(w.ctx(), w.company.ID, id)
				return err == nil && p.Deactivated
			})
		}
		w.must(w.store.ReviewDeactivated(w.ctx()))
		w.as(ben).gets("2 members are deactivated in Slack")
		told := w.as(ana).gets("2 members are deactivated in Slack")
		if n := w.as(ray).got("deactivated in Slack"); n != 0 {
			t.Error("a recruiter is told")
		}
		w.as(ana).presses(w.as(ana).in(told, view.ActionDeactivated))
		list := w.as(ana).gets("User Management")
		w.wants(list, "Ann Lee", "Bo García", "Remove Selected (2)")
		w.as(ana).presses(w.as(ana).in(list, view.ActionRemoveN))
		w.as(ana).submits(w.as(ana).seesModal("Ann Lee"), nil)
		w.eventually("they are removed", func() bool {
			counts, err := w.store.Counts(w.ctx(), w.company.ID)
			return err == nil && counts[store.Deactivated] == 0 && counts[store.All] == 3
		})

		// Where the settings say so, nobody has to click.
		to := store.DefaultSettings()
		to.RemovalDays = 30
		w.must(w.store.SaveSettings(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, to))
		w.must(w.slack.Deactivate(ray))
		w.eventually("the mirror knows", func() bool {
			p, err := w.store.PersonBySlackID(w.ctx(), w.company.ID, ray)
			return err == nil && p.Deactivated
		})
		w.passed.Add(int64(25 * time.Hour))
		w.must(w.store.ReviewDeactivated(w.ctx()))
		w.wants(w.as(ben).gets("1 member is deactivated in Slack"), "Herald removes them 30 days after")
		w.passed.Add(int64(30 * 24 * time.Hour))
		w.must(w.h.SyncDirectory(w.ctx(), w.company))
		w.must(w.store.ReviewDeactivated(w.ctx()))
		w.eventually("ray is removed", func() bool {
			counts, err := w.store.Counts(w.ctx(), w.company.ID)
			return err == nil && counts[store.All] == 2
		})
		w.wants(w.as(ben).types("/social audit"), "Herald removed")
	})
}

func TestWhoComesBackIsNotRemovedAsDeactivated(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.settles()
		gone := func(id string, gone bool) {
			t.Helper()
			u, _ := w.slack.User(id)
			u.Deleted = gone
			w.must(w.slack.UpdateUser(u))
			w.eventually("the mirror knows", func() bool {
				p, err := w.store.PersonBySlackID(w.ctx(), w.company.ID, id)
				return err == nil && p.Deactivated == gone
			})
		}
		for _, id := range []string{ann, bo, ray} {
			gone(id, true)
		}
		w.must(w.store.ReviewDeactivated(w.ctx()))
		a := w.as(ana)
		a.presses(a.in(a.gets("3 members are deactivated in Slack"), view.ActionDeactivated))
		list := a.gets("User Management")
		w.wants(list, "Remove Selected (3)")

		gone(ann, false) // before the admin presses the button
		a.presses(a.in(list, view.ActionRemoveN))
		asked := a.seesModal("Something changed meanwhile")
		if shown := words(asked.Blocks); strings.Contains(shown, "Ann Lee") || !strings.Contains(shown, "Bo García") {
			t.Errorf("Ann is back, and the confirmation says:\n%s", shown)
		}
		gone(bo, false) // before the admin confirms
		a.submits(asked, nil)
		again, err := a.AwaitModal(w.ctx(), func(v slackd.View) bool { return v.Hash != asked.Hash })
		w.must(err)
		if shown := words(again.Blocks); strings.Contains(shown, "Bo García") || !strings.Contains(shown, "Ray Rios") {
			t.Errorf("Bo is back, too, and the confirmation says:\n%s", shown)
		}
		a.submits(again, nil)
		w.eventually("Ray is removed", func() bool { return !w.registered(ray) })
		for _, id := range []string{ann, bo} {
			if !w.registered(id) {
				t.Errorf("%s is back, and was removed", id)
			}
		}
	})
}
