package handlers_test

import (
	"testing"
	"time"

	"herald/nudge"
	"herald/sandbox/slackd"
	"herald/store"
)

func TestWhoJoinsTheWorkspaceIsInvitedAfterSomeDaysInTheirWorkingHours(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		to := store.DefaultSettings()
		to.JoinerDays = 3
		by := store.Actor{SlackID: ana}
		w.must(w.store.SaveSettings(w.ctx(), w.company.ID, by, to))
		auckland, err := time.LoadLocation("Pacific/Auckland")
		w.must(err)
		thursday := nudge.DateOf(noon.Add(72 * time.Hour).In(auckland))
		w.must(w.store.SaveReminders(w.ctx(), w.company.ID, by, store.Reminders{Settings: nudge.DefaultSettings("UTC"), Schedule: "0 10 * * TUE"}))
		w.must(w.store.SaveHolidays(w.ctx(), w.company.ID, by, []nudge.Holiday{{Date: thursday, Name: "Thanksgiving"}}))

		w.must(w.slack.AddUser(slackd.User{ID: "U0NEW", Name: "new", RealName: "Nina New", Email: "nina@acme.example", TZ: auckland.String()}))
		w.eventually("Nina is known", func() bool {
			_, err := w.store.PersonBySlackID(w.ctx(), w.company.ID, "U0NEW")
			return err == nil
		})
		nina := w.as("U0NEW")
		w.passed.Store(int64(71 * time.Hour))
		w.jobs.Wake()
		if n := nina.got("Acme invites you"); n != 0 {
			t.Error("Nina is invited before three days are over")
		}
		w.passed.Store(int64(73 * time.Hour)) // 2 o'clock in the night of a holiday there
		w.eventually("it waits for her next working day", func() bool {
			var waits int
			w.must(w.db.QueryRowContext(w.ctx(), `SELECT count(*) FROM river_job WHERE kind = 'joiner' AND state = 'scheduled' AND attempted_at IS NOT NULL`).Scan(&waits))
			return waits == 1
		})
		if n := nina.got("Acme invites you"); n != 0 {
			t.Error("Nina is invited in the night")
		}
		friday := time.Date(thursday.Year, thursday.Month, thursday.Day+1, 9, 0, 0, 0, auckland)
		w.passed.Store(int64(friday.Sub(noon) + time.Minute))
		if token := w.tokenOf(nina, nina.gets("Acme invites you")); token == "" {
			t.Error("there is no link")
		}
	})
}
