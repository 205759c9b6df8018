package delivery_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"herald/delivery"
	"herald/store"
	"herald/store/storetest"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// A desk is a store with a runner at work.
type desk struct {
	t    *testing.T
	s    *store.Store
	env  *storetest.Env
	acme store.Company
	db   *sql.DB
	log  *journal
}

// each tells a story on both engines. The clock begins now: no test depends on the machine's.
func each(t *testing.T, story func(t *testing.T, d *desk)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		story(t, &desk{t: t, s: s, env: env, acme: storetest.Company(t, s), db: storetest.DB(t, env.Engine, env.DSN), log: &journal{}})
	})
}

// hires makes a runner that does what the tasks say.
func (d *desk) hires(tasks ...delivery.Task) *delivery.Runner {
	return delivery.NewRunner(delivery.Config{
		Store: d.s, Tasks: tasks, Now: d.env.Clock.Now, Log: slog.New(slog.NewTextHandler(d.log, nil)),
	})
}

// begins lets the runner work until the function that it returns is called, or the test ends.
func (d *desk) begins(r *delivery.Runner) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			d.t.Errorf("run: %v", err)
		}
	})
	d.t.Cleanup(stop)
	return stop
}

// registers somebody, which leaves a job that welcomes them.
func (d *desk) registers(name string) store.Member {
	d.t.Helper()
	return storetest.Register(d.t, d.s, d.acme.ID, name)[0]
}

// states lists the jobs with what became of them.
func (d *desk) states() string {
	d.t.Helper()
	rows, err := d.db.QueryContext(context.Background(), `
		SELECT kind, state, attempt, coalesce(CAST(errors AS TEXT), '')
		FROM river_job
		ORDER BY id`)
	if err != nil {
		d.t.Fatal(err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var kind, state, problems string
		var attempt int
		if err := rows.Scan(&kind, &state, &attempt, &problems); err != nil {
			d.t.Fatal(err)
		}
		list = append(list, fmt.Sprintf("%s %s after %d %.200s", kind, state, attempt, problems))
	}
	if err := rows.Err(); err != nil {
		d.t.Fatal(err)
	}
	return strings.Join(list, "\n")
}

// until waits for something that no event tells.
func (d *desk) until(what string, holds func() bool) {
	d.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); !holds(); {
		select {
		case <-tick.C:
		case <-deadline:
			d.t.Fatalf("never: %s\n%s", what, d.states())
		}
	}
}

// becomes waits for the jobs to say something.
func (d *desk) becomes(words string) {
	d.t.Helper()
	d.until(words, func() bool { return strings.Contains(d.states(), words) })
}

// doing is a task that does something for welcomes.
func doing(run func(context.Context, store.Job) error) delivery.Task {
	return delivery.Task{Kind: store.JobWelcomeDM, Tries: 3, Run: run}
}

// received waits for a job.
func received[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("never: %s", what)
		panic("unreachable")
	}
}

func TestAJobIsDoneOnceAndSaysWhatItIsAbout(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *desk) {
		ann := d.registers("Ann Lee")
		jobs := make(chan store.Job, 10)
		d.begins(d.hires(doing(func(_ context.Context, j store.Job) error {
			jobs <- j
			return nil
		})))
		got := received(t, "Ann is welcomed", jobs)
		if got.ID == "" || got.CompanyID != d.acme.ID || got.Kind != store.JobWelcomeDM || got.Ref != ann.ID || got.Attempt != 1 {
			t.Errorf("job %+v", got)
		}
		d.becomes("welcome_dm completed after 1")
		if len(jobs) != 0 {
			t.Error("it was done again")
		}
	})
}

func TestANewJobDoesNotWaitForThePoll(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		jobs := make(chan string, 10)
		r := delivery.NewRunner(delivery.Config{Store: s, Now: env.Clock.Now, Log: slog.New(slog.DiscardHandler), Tasks: []delivery.Task{
			doing(func(_ context.Context, j store.Job) error {
				jobs <- j.Ref
				return nil
			}),
		}})
		d := &desk{t: t, s: s, env: env, acme: storetest.Company(t, s), log: &journal{}}
		d.begins(r)
		d.registers("Ann Lee")
		received(t, "the runner works", jobs)
		began := time.Now()
		const rounds = 10
		for i := range rounds {
			d.registers(fmt.Sprintf("Ann Lee %d", i))
			r.Wake()
			received(t, "the next one is welcomed", jobs)
		}
		if took := time.Since(began); took > rounds*time.Second/2 {
			t.Errorf("%d jobs one after the other took %s: each waited for the poll", rounds, took)
		}
	})
}

func TestAFailureIsTriedAgainAndGivenUpInTheEnd(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *desk) {
		ann := d.registers("Ann Lee")
		given := make(chan store.Job, 10)
		task := doing(func(context.Context, store.Job) error { return slack.StatusCodeError{Code: 503} })
		settled := false
		task.GivenUp = func(_ context.Context, j store.Job, err error) error {
			if _, ok := errors.AsType[slack.StatusCodeError](err); !ok {
				t.Errorf("given up because of %v", err)
			}
			given <- j
			if !settled {
				settled = true
				return errors.New("the database is busy")
			}
			return nil
		}
		d.begins(d.hires(task))
		for attempt := 1; attempt <= 3; attempt++ {
			d.until(fmt.Sprintf("attempt %d", attempt), func() bool {
				return strings.Count(d.log.text(), "a job failed and will be tried again")+len(given) >= attempt
			})
			d.until("it is put off", func() bool { return !strings.Contains(d.states(), "welcome_dm running") })
			d.env.Clock.Advance(time.Minute)
		}
		for range 2 {
			if j := received(t, "it is given up", given); j.Ref != ann.ID {
				t.Errorf("given up %+v", j)
			}
			d.env.Clock.Advance(time.Minute)
		}
		d.becomes("welcome_dm cancelled after 4")
		if log := d.log.text(); !strings.Contains(log, "a job was given up") || !strings.Contains(log, "a job could not be given up") {
			t.Errorf("the log says nothing of it:\n%s", log)
		}
	})
}

func TestWhatIsPointlessIsGivenUpAtOnceUnlessItWasPromised(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *desk) {
		d.registers("Ann Lee")
		refuses := func(context.Context, store.Job) error { return slack.SlackErrorResponse{Err: "user_not_found"} }
		stop := d.begins(d.hires(doing(refuses)))
		d.becomes("welcome_dm cancelled after 1")
		stop()
		d.registers("Bo Ek")
		promised := doing(refuses)
		promised.Tries = 0
		d.begins(d.hires(promised))
		for attempt := 1; attempt < 4; attempt++ {
			d.until("it is tried again", func() bool { return strings.Count(d.log.text(), "a job failed and will be tried again") >= attempt })
			d.until("it is put off", func() bool { return !strings.Contains(d.states(), "welcome_dm running") })
			d.env.Clock.Advance(time.Hour)
		}
	})
}

func TestWhatIsGoneIsDone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *desk) {
		d.registers("Ann Lee")
		d.begins(d.hires(doing(func(context.Context, store.Job) error { return fmt.Errorf("load: %w", store.ErrNotFound) })))
		d.becomes("welcome_dm completed after 1")
	})
}

func TestSlacksPatienceIsNoFailure(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *desk) {
		d.registers("Ann Lee")
		answers := []error{&delivery.LaterError{Wait: 10 * time.Minute}, fmt.Errorf("send: %w", &slack.RateLimitedError{RetryAfter: time.Hour}), nil}
		asked := make(chan int, 10)
		d.begins(d.hires(doing(func(_ context.Context, j store.Job) error {
			err := answers[0] // only here, where one attempt follows the other
			answers = answers[1:]
			asked <- j.Attempt
			return err
		})))
		for i := range 3 {
			if attempt := received(t, "it is tried", asked); attempt != 1 {
				t.Errorf("answer %d counts as failure number %d", i, attempt-1)
			}
			if i < 2 {
				d.becomes("welcome_dm scheduled after 0")
				d.env.Clock.Advance(2 * time.Hour)
			}
		}
		d.becomes("welcome_dm completed after 1")
	})
}

func TestAPanicIsAFailureThatTellsNobodysName(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *desk) {
		d.registers("Ann Lee")
		d.begins(d.hires(doing(func(context.Context, store.Job) error { panic("Ann Lee") })))
		d.until("it is tried again", func() bool { return strings.Contains(d.log.text(), "a job failed and will be tried again") })
		d.until("it is put off", func() bool { return !strings.Contains(d.states(), "welcome_dm running") })
		if text := d.log.text() + d.states(); strings.Contains(text, "Ann Lee") || !strings.Contains(text, "panic: string") {
			t.Errorf("log and jobs: %s", text)
		}
	})
}

func TestAStopWaitsForWhatIsRunning(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *desk) {
		d.registers("Ann Lee")
		began, proceed := make(chan bool, 1), make(chan bool)
		stop := d.begins(d.hires(doing(func(ctx context.Context, _ store.Job) error {
			began <- true
			<-proceed
			return ctx.Err()
		})))
		received(t, "it begins", began)
		stopped := make(chan bool)
		go func() {
			stop()
			close(stopped)
		}()
		select {
		case <-stopped:
			t.Error("the stop did not wait")
		case <-time.After(50 * time.Millisecond):
		}
		close(proceed)
		received(t, "the stop ends", stopped)
		if got := d.states(); !strings.Contains(got, "welcome_dm completed after 1") {
			t.Error(got)
		}
	})
}

func TestAJobOfAKilledProcessRunsAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *desk) {
		d.registers("Ann Lee")
		// What a process leaves that is killed in the middle.
		_, err := d.db.ExecContext(t.Context(), `
			UPDATE river_job
			SET state = 'running', attempt = 1, attempted_at = scheduled_at`)
		if err != nil {
			t.Fatal(err)
		}
		attempts := make(chan int, 10)
		r := d.hires(doing(func(_ context.Context, j store.Job) error {
			attempts <- j.Attempt
			return nil
		}))
		d.env.Clock.Advance(4 * time.Minute)
		d.begins(r)
		d.until("it is due again", func() bool { return !strings.Contains(d.states(), "welcome_dm running") })
		d.env.Clock.Advance(time.Minute)
		if attempt := received(t, "it runs again", attempts); attempt != 2 {
			t.Errorf("attempt %d, want 2", attempt)
		}
	})
}

func TestAJobThatIsPurgedWhileItRunsHarmsNoOther(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *desk) {
		purged := d.registers("Ann Lee")
		began, proceed := make(chan bool, 10), make(chan bool)
		d.begins(d.hires(doing(func(context.Context, store.Job) error {
			began <- true
			<-proceed
			return nil
		})))
		received(t, "it begins", began)
		for i := range 3 {
			d.registers(fmt.Sprintf("Bo Ek %d", i))
		}
		for range 3 {
			received(t, "the others begin", began)
		}
		if _, err := d.db.ExecContext(t.Context(), `DELETE FROM river_job WHERE args ->> 'ref' = $1`, purged.ID); err != nil {
			t.Fatal(err)
		}
		close(proceed)
		d.until("the others are done", func() bool { return strings.Count(d.states(), "welcome_dm completed after 1") == 3 })
	})
}

func TestTwoProcessesShareTheJobs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *desk) {
		const people = 20
		var mu sync.Mutex
		times := map[string]int{}
		count := doing(func(_ context.Context, j store.Job) error {
			mu.Lock()
			defer mu.Unlock()
			times[j.Ref]++
			return nil
		})
		for i := range people {
			d.registers(fmt.Sprintf("Ann Lee %d", i))
		}
		d.begins(d.hires(count))
		d.begins(d.hires(count))
		d.until("all are welcomed", func() bool {
			return strings.Count(d.states(), "completed") == people
		})
		mu.Lock()
		defer mu.Unlock()
		for ref, n := range times {
			if n != 1 {
				t.Errorf("%s was welcomed %d times", ref, n)
			}
		}
	})
}

// TestACompanyThatHasToWaitDelaysNoOther: all of its jobs were due earlier, and there are fewer workers than jobs.
func TestACompanyThatHasToWaitDelaysNoOther(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]struct {
		held bool
		most int // messages of the first company until the other has its one
	}{
		"at its pace":            {false, 20},
		"held by Slack's wishes": {true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, d *desk) {
				rival, err := d.s.InstallCompany(t.Context(), store.Workspace{TeamID: "T0RIVAL", Name: "Rival", Domain: "rival"})
				if err != nil {
					t.Fatal(err)
				}
				d.invites(d.acme.ID, 60)
				d.env.Clock.Advance(time.Second)
				d.invites(rival.ID, 1)
				p := delivery.NewPacer(d.s, 0, d.env.Clock.Now)
				if wait.held {
					if err := p.Hold(t.Context(), d.acme.ID, delivery.Posting, 20*time.Second); err != nil {
						t.Fatal(err)
					}
				}
				var others atomic.Int32
				served := make(chan bool, 1)
				d.begins(d.hires(delivery.Task{Kind: store.JobInviteDM, Tries: 3, Run: func(ctx context.Context, j store.Job) error {
					if err := p.Wait(ctx, j.CompanyID, j.Ref, delivery.Bulk); err != nil {
						return fmt.Errorf("wait: %w", err)
					}
					if j.CompanyID == rival.ID {
						served <- true
					} else {
						others.Add(1)
					}
					return nil
				}}))
				received(t, "the other company is served", served)
				if n := int(others.Load()); n > wait.most {
					t.Errorf("after %d messages of the first company, want at most %d", n, wait.most)
				}
				if got := d.states(); strings.Contains(got, "after 2") || strings.Contains(d.log.text(), "failed") {
					t.Errorf("to wait counts as a failure:\n%s\n%s", got, d.log.text())
				}
			})
		})
	}
}

// invites leaves a job for each of n people of the company.
func (d *desk) invites(companyID string, n int) {
	d.t.Helper()
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("Nia New%d", i)
	}
	var ids []string
	for _, p := range storetest.Mirror(d.t, d.s, companyID, names...) {
		ids = append(ids, p.ID)
	}
	if _, err := d.s.Invite(d.t.Context(), companyID, store.Actor{CLI: true}, ids, store.InviteOptions{}); err != nil {
		d.t.Fatal(err)
	}
}

// journal keeps what was logged.
type journal struct {
	mu sync.Mutex
	b  strings.Builder
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(line)
}

func (j *journal) text() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}
