// Package delivery carries out what follows from what people did: it runs the durable jobs that store left, with River
// (https://riverqueue.com), in Herald's own database.
package delivery

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"

	"herald/store"
)

// How jobs are run.
const (
	// pollEvery is how often each lane looks for jobs that are due. New ones announce themselves, so it matters for retries, and for
	// jobs that another process left behind.
	pollEvery = time.Second
	// fetchPause is the least time between two looks of a lane.
	fetchPause = 10 * time.Millisecond
	// timeout ends a job that hangs. It is shorter than rescueAfter, so no job runs twice at a time.
	timeout = 2 * time.Minute
	// bulkLeast and bulkMost bound the workers that send to many people.
	bulkLeast, bulkMost = 8, 64
	// rescueAfter is how long after its start a job that a dead process left running is due again if nobody noticed the death before (rescuer). Somebody looks twice a minute.
	rescueAfter = 3 * time.Minute
	// grace is how long a shutdown waits for jobs that are running, and abandon how long for those that were told to end then.
	grace   = 15 * time.Second
	abandon = 5 * time.Second
	// settleTimeout bounds what is written when a job is given up.
	settleTimeout = 5 * time.Second
	// completedLife and givenUpLife are how long finished jobs can be looked at in the database. They hold ids only.
	completedLife = 24 * time.Hour
	givenUpLife   = 7 * 24 * time.Hour
)

// A Task says what to do for a kind of job.
type Task struct {
	Kind store.JobKind
	// Run does it. It must be harmless to repeat: a process that dies after the work and before the job is finished leaves it to be
	// done again. A *LaterError puts the job off without counting as a failure; store.ErrNotFound says that what it was about is gone,
	// which finishes it.
	Run func(context.Context, store.Job) error
	// Tries is after how many failures the job is given up; 0: never. One that is pointless to repeat is given up at once.
	Tries int
	// GivenUp is called then with what went wrong, and again later if it fails. May be nil.
	GivenUp func(context.Context, store.Job, error) error
}

// Config is what a Runner needs; every field is required unless it says otherwise.
type Config struct {
	Store *store.Store
	Tasks []Task
	// Replica names this start of this process to the others that share the database; empty: a name of its own.
	Replica string
	// Alone says that no other process shares the database, so that what runs at the start was left by one that died.
	Alone bool
	// Pace is that of the Pacer that the tasks use, in messages a second; 0: MessagesPerSecond.
	Pace float64
	Now  func() time.Time
	Log  *slog.Logger
}

// A Runner runs jobs. It is safe for concurrent use.
type Runner struct {
	Config

	wake     chan struct{}
	stopping atomic.Bool
}

// NewRunner returns a Runner for the tasks.
func NewRunner(c Config) *Runner {
	c.Replica = cmp.Or(c.Replica, rand.Text())
	return &Runner{Config: c, wake: make(chan struct{}, 1)}
}

// Wake makes Run look for jobs now. It does not block; it is for store.Options.Wake.
func (r *Runner) Wake() {
	select {
	case r.wake <- struct{}{}:
	default: // it is about to look anyway
	}
}

// workers is how many jobs of a lane run at a time in this process. Those that send to many people mostly wait for their turn and for
// Slack, which takes up to a second. Of a company at Slack's pace three wait for their turn, at most (jobPatience), so that there are
// some for the others.
func (r *Runner) workers(l store.Lane) int {
	switch l {
	case store.LaneBulk:
		return min(bulkMost, max(bulkLeast, int(math.Ceil(r.Pace))))
	case store.LaneMessages:
		return 8
	case store.LaneMail, store.LaneErasures:
		return 4
	case store.LaneNetworks:
		return 2
	default:
		return 1
	}
}

// Run runs jobs until ctx ends. Then it starts nothing new and waits for what is running; jobs that do not finish in time are cancelled
// and left to the next start. A job of a process that was killed is due again some seconds later, here or in another process.
// The error says that the jobs could not be started or ended.
func (r *Runner) Run(ctx context.Context) error {
	client, err := r.client()
	if err != nil {
		return fmt.Errorf("prepare jobs: %w", err)
	}
	// The others must know of this process before it takes a job: if it dies at once, they would not miss it.
	if err := r.Store.Beat(ctx, r.Replica); err != nil {
		return fmt.Errorf("start jobs: %w", err)
	}
	work := context.WithoutCancel(ctx)
	if err := client.Start(work); err != nil {
		return fmt.Errorf("start jobs: %w", err)
	}
	r.watch(ctx)
	r.stopping.Store(true)
	patient, cancel := context.WithTimeout(work, grace)
	defer cancel()
	err = client.Stop(patient)
	if errors.Is(err, context.DeadlineExceeded) {
		impatient, cancel := context.WithTimeout(work, abandon)
		defer cancel()
		err = client.StopAndCancel(impatient)
	}
	if err != nil {
		return fmt.Errorf("stop jobs: %w", err)
	}
	return nil
}

// client is a River client for the tasks.
func (r *Runner) client() (*river.Client[tx], error) {
	workersOf := river.NewWorkers()
	queues := map[string]river.QueueConfig{}
	var lanes []store.Lane
	for _, task := range r.Tasks {
		// By its name this is for River's own tests, but it is the one way to have a kind that is not a type.
		river.AddWorkerArgs(workersOf, store.JobArgs{JobKind: task.Kind}, &worker{task: task, now: r.Now, log: r.Log})
		lane := task.Kind.Lane()
		if _, known := queues[string(lane)]; !known {
			queues[string(lane)] = river.QueueConfig{MaxWorkers: r.workers(lane)}
			lanes = append(lanes, lane)
		}
	}
	return river.NewClient(newDriver(r.Store.JobDriver(), r.wake, lanes, r.Now), &river.Config{
		ID: r.Replica, Queues: queues, Workers: workersOf,
		FetchCooldown: fetchPause, FetchPollInterval: pollEvery,
		JobTimeout: timeout, RescueStuckJobsAfter: rescueAfter,
		CompletedJobRetentionPeriod: completedLife, CancelledJobRetentionPeriod: givenUpLife, DiscardedJobRetentionPeriod: givenUpLife,
		Logger: slog.New(troubles{r.Log.Handler(), &r.stopping}),
		Test:   river.TestConfig{Time: store.JobClock{Now: r.Now}},
	})
}

// troubles passes on what River logs about itself only if it is in trouble. What becomes of a job is logged by its worker. While the
// runner stops, its housekeeping is cut off in the middle of a statement, which is none.
type troubles struct {
	slog.Handler

	stopping *atomic.Bool
}

// Enabled implements slog.Handler.
func (t troubles) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelError && !t.stopping.Load() && t.Handler.Enabled(ctx, level)
}

// Handle implements slog.Handler. What River could not do for itself it does a little later, so nothing is broken yet.
func (t troubles) Handle(ctx context.Context, r slog.Record) error {
	r.Level = slog.LevelWarn
	return t.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (t troubles) WithAttrs(attrs []slog.Attr) slog.Handler {
	return troubles{t.Handler.WithAttrs(attrs), t.stopping}
}

// WithGroup implements slog.Handler.
func (t troubles) WithGroup(name string) slog.Handler {
	return troubles{t.Handler.WithGroup(name), t.stopping}
}
