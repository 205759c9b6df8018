package handlers_test

import (
	"testing"
	"time"

	"herald/sandbox/slackd"
	"herald/store"
)

// isUncertain waits until a message was attempted of which nobody knows whether it arrived, and the job that looks waits.
func (w *world) isUncertain() {
	w.t.Helper()
	w.eventually("an attempt is open, and its job waits", func() bool {
		var waiting int
		w.must(w.db.QueryRowContext(w.ctx(), `
			SELECT count(*)
			FROM sends s
			WHERE begun_at > 0 AND EXISTS (SELECT 1 FROM river_job j WHERE j.args ->> 'ref' = s.ref AND j.state <> 'running')`).Scan(&waiting))
		return waiting == 1
	})
}

// TestPauseAndRunNowSayNothingTwice: whether Eve has her reminder is not known yet when somebody pauses reminders and starts them anew.
func TestPauseAndRunNowSayNothingTwice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault slackd.Kind
		sent  int
	}{"it arrived": {slackd.CutAnswer, 1}, "it did not": {slackd.Drop, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, options{silently: true}, func(t *testing.T, w *world) {
				w.settles()
				w.remindsEverybody()
				w.must(w.store.OptOut(w.ctx(), w.company.ID, olga))
				w.slack.Inject(slackd.Fault{Kind: c.fault, Method: "chat.postMessage", Count: 1})
				w.travels(tuesday)
				w.isUncertain()

				admin := store.Actor{SlackID: ana}
				w.must(w.store.PauseReminders(w.ctx(), w.company.ID, admin, true))
				w.must(w.store.PauseReminders(w.ctx(), w.company.ID, admin, false))
				_, err := w.store.RunReminders(w.ctx(), w.company.ID, admin)
				w.must(err)
				if run := w.lastRun(); run.Planned != 0 || len(run.Held) == 0 {
					t.Errorf("Run now: %+v", run)
				}
				w.passed.Add(int64(time.Minute))
				w.settled()
				if n := w.as(eve).got(reminder); n != c.sent {
					t.Errorf("she was reminded %d times", n)
				}
				runs, err := w.store.ReminderRuns(w.ctx(), w.company.ID, 2)
				w.must(err)
				held := 0
				for _, reason := range runs[1].Held {
					if reason.Reason == store.HeldPaused {
						held += reason.People
					}
				}
				if runs[1].Sent != c.sent || held != 1-c.sent {
					t.Errorf("the run that was stopped: %+v", runs[1])
				}
			})
		})
	}
}
