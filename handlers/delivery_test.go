package handlers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"herald/handlers/view"
	"herald/sandbox/slackd"
	"herald/store"
)

func TestAMessageThatSlackPutsOffArrivesOnce(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.settles()
		w.slack.Inject(slackd.Fault{Kind: slackd.RateLimited, Method: "chat.postMessage", Delay: 2 * time.Second, Count: 1})
		w.as(ana).types("/social invite @eve")
		w.failsOnce()
		w.as(eve).gets("Acme invites you")
		if n := w.as(eve).got("Acme invites you"); n != 1 {
			t.Errorf("she was invited %d times", n)
		}
	})
}

func TestAMessageThatSlackHoldsBackForLongIsNoFailure(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.settles()
		w.slack.Inject(slackd.Fault{Kind: slackd.RateLimited, Method: "chat.postMessage", Delay: 10 * time.Minute, Count: 1})
		w.as(ana).types("/social invite @eve")
		attempts := func() []int {
			rows, err := w.db.QueryContext(w.ctx(), `
				SELECT attempt
				FROM river_job
				WHERE state = 'scheduled'
				ORDER BY attempt`)
			w.must(err)
			defer rows.Close()
			var list []int
			for rows.Next() {
				var n int
				w.must(rows.Scan(&n))
				list = append(list, n)
			}
			w.must(rows.Err())
			return list
		}
		w.eventually("one was refused", func() bool { return slices.Equal(attempts(), []int{0}) })
		w.as(ana).types("/social invite @olga")
		w.eventually("the other waits, and neither has failed", func() bool { return slices.Equal(attempts(), []int{0, 0}) })
		w.passed.Add(int64(time.Hour))
		for _, id := range []string{eve, olga} {
			w.as(id).gets("Acme invites you")
			if n := w.as(id).got("Acme invites you"); n != 1 {
				t.Errorf("%s was invited %d times", id, n)
			}
		}
	})
}

func TestAProcessThatStopsFinishesWhatItBegan(t *testing.T) {
	t.Parallel()
	each(t, options{noJobs: true}, func(t *testing.T, w *world) {
		drain := func() { // the welcome messages
			ctx, stop := context.WithCancel(w.ctx())
			defer stop()
			go func() { w.settles(); stop() }()
			w.must(w.jobs.Run(ctx))
		}
		drain()
		w.slack.Inject(slackd.Fault{Kind: slackd.Slow, Method: "chat.postMessage", Delay: 300 * time.Millisecond, Count: 1})
		w.as(ana).types("/social invite @eve")

		ctx, stop := context.WithCancel(w.ctx())
		returned := make(chan error)
		go func() { returned <- w.jobs.Run(ctx) }()
		w.eventually("Slack is being slow", func() bool { return len(w.slack.FaultList()) == 0 })
		stop()
		w.must(<-returned)
		if n := w.as(eve).got("Acme invites you"); n != 1 {
			t.Errorf("she was invited %d times when the process had stopped", n)
		}
		var left int
		w.must(w.db.QueryRowContext(w.ctx(), `SELECT count(*) FROM river_job WHERE finalized_at IS NULL`).Scan(&left))
		if left != 0 {
			t.Errorf("the next process would do %d jobs again", left)
		}
	})
}

func TestTwoProcessesShareTheWork(t *testing.T) {
	t.Parallel()
	var many []slackd.User
	for i := range 6 {
		many = append(many, slackd.User{ID: fmt.Sprintf("U0MANY%d", i), Name: fmt.Sprintf("many%d", i)})
	}
	each(t, options{people: many}, func(t *testing.T, w *world) {
		ctx, stop := context.WithCancel(w.ctx())
		returned := make(chan error)
		go func() { returned <- w.jobs.Run(ctx) }() // besides the one of the world
		w.as(ana).types("/social invite @many0 @many1 @many2 @many3 @many4 @many5")
		for _, u := range many {
			w.as(u.ID).gets("Acme invites you")
		}
		stop()
		w.must(<-returned)
		for _, u := range many {
			if n := w.as(u.ID).got("Acme invites you"); n != 1 {
				t.Errorf("%s was invited %d times", u.Name, n)
			}
		}
	})
}

func TestAMessageThatIsGivenUpStandsInTheAuditLog(t *testing.T) {
	t.Parallel()
	each(t, options{silently: true}, func(t *testing.T, w *world) {
		w.settles()
		w.slack.Inject(slackd.Fault{Kind: slackd.NoDM, User: eve, Error: "user_not_found"})
		w.register(eve)
		w.eventually("Herald gives the welcome up", func() bool { return strings.Contains(w.log.text(), "given up") })
		audit := func() string {
			events, _, err := w.store.Audit(w.ctx(), w.company.ID, "", 100)
			w.must(err)
			blocks, err := json.Marshal(view.Audit(events, offered(), true, "").Blocks)
			w.must(err)
			return words(blocks)
		}
		w.eventually("the audit log says so", func() bool {
			return strings.Contains(audit(), "The welcome could not be delivered to *Eve Adams*")
		})

		// Slack lets nobody write to Ana either, who asked for something.
		w.slack.Inject(slackd.Fault{Kind: slackd.NoDM, User: ana, Error: "messages_tab_disabled"})
		c, err := w.store.OpenCase(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, w.member(ray).ID, store.Admin, "She takes over hiring.")
		w.must(err)
		_, err = w.store.DecideCase(w.ctx(), w.company.ID, store.Actor{SlackID: olga}, c.ID, false, "Not yet.")
		w.must(err)
		w.eventually("the audit log says so", func() bool {
			return strings.Contains(audit(), "The answer to a request could not be delivered to *Ana Alves*")
		})
		w.settled()
		if n := strings.Count(audit(), "The answer to a request"); n != 1 {
			t.Errorf("the audit log says it %d times", n)
		}

		w.removes(ana, eve)
		w.eventually("nobody names Eve any more", func() bool { return !strings.Contains(audit(), "Eve") })
		w.says(audit(), "The welcome could not be delivered to a removed person")
	})
}
