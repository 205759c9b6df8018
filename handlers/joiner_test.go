package handlers_test

import (
	"testing"
	"time"

	"herald/sandbox/slackd"
	"herald/store"
)

func TestWhoJoinsTheWorkspaceIsInvitedAfterSomeDaysAndInTheMorning(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		to := store.DefaultSettings()
		to.JoinerDays = 3
		w.must(w.store.SaveSettings(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, to))
		w.must(w.slack.AddUser(slackd.User{ID: "U0NEW", Name: "new", RealName: "Nina New", Email: "nina@acme.example", TZ: "Pacific/Auckland"})) // 1 o'clock there
		w.eventually("Nina is known", func() bool {
			_, err := w.store.PersonBySlackID(w.ctx(), w.company.ID, "U0NEW")
			return err == nil
		})
		nina := w.as("U0NEW")
		w.passed.Add(int64(71 * time.Hour))
		w.jobs.Wake()
		if n := nina.got("Acme invites you"); n != 0 {
			t.Error("Nina is invited before three days are over")
		}
		w.eventually("Nina is invited", func() bool {
			w.passed.Add(int64(time.Minute))
			return nina.got("Acme invites you") == 1
		})
		auckland, err := time.LoadLocation("Pacific/Auckland")
		w.must(err)
		invited := w.invitation("U0NEW").Invite.InvitedAt.In(auckland)
		if hour := invited.Hour(); hour < 9 || hour > 17 || invited.Sub(noon) < 72*time.Hour {
			t.Errorf("Nina is invited at %s", invited)
		}
		letter := nina.gets("Acme invites you")
		if token := w.tokenOf(nina, letter); token == "" {
			t.Error("there is no link")
		}
	})
}
