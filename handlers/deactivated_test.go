package handlers_test

import (
	"testing"
	"time"

	"herald/handlers/view"
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
		w.must(w.store.ReviewDeactivated(w.ctx()))
		w.eventually("ray is removed", func() bool {
			counts, err := w.store.Counts(w.ctx(), w.company.ID)
			return err == nil && counts[store.All] == 2
		})
		w.wants(w.as(ben).types("/social audit"), "Herald removed")
	})
}
