package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/robfig/cron/v3"
)

// Clock starts recurring jobs. A job never overlaps with itself: a start that comes too early is left out.
type Clock struct {
	cron *cron.Cron
	log  *slog.Logger
	now  func() time.Time

	life context.Context // of all jobs; set by Run
}

// NewClock returns a stopped clock whose schedules are read in the time zone loc.
func NewClock(loc *time.Location, now func() time.Time, log *slog.Logger) *Clock {
	return &Clock{
		cron: cron.New(cron.WithLocation(loc), cron.WithLogger(cron.DiscardLogger)),
		log:  log,
		now:  now,
	}
}

// Add starts the job at every time of the schedule, from when Run is called: five cron fields ("0 10 * * TUE"), a
// name such as "@daily", or "@every 10m"; see https://pkg.go.dev/github.com/robfig/cron/v3#hdr-CRON_Expression_Format.
// The name stands in the log. A job's error or panic is logged, and the next start comes nevertheless. The job's
// context ends when the clock stops.
// Add fails if the schedule cannot be read. It may be called while the clock runs.
func (c *Clock) Add(name, schedule string, job func(context.Context) error) error {
	if _, err := c.cron.AddJob(schedule, c.alone(name, job)); err != nil {
		return fmt.Errorf("schedule %s: %w", name, err)
	}
	return nil
}

// Every is Add for a job that also starts when Run is called: a process that is started anew more often than that would never do it.
// Fractions of a second of the pause do not count.
func (c *Clock) Every(name string, pause time.Duration, job func(context.Context) error) {
	c.cron.Schedule(&atOnce{next: cron.Every(pause)}, c.alone(name, job))
}

// atOnce is a schedule that begins with the moment of the first question.
type atOnce struct {
	next  cron.Schedule
	begun bool
}

// Next implements cron.Schedule.
func (s *atOnce) Next(t time.Time) time.Time {
	if !s.begun {
		s.begun = true
		return t
	}
	return s.next.Next(t)
}

// alone is a job that does not overlap with itself.
func (c *Clock) alone(name string, job func(context.Context) error) cron.Job {
	var running atomic.Bool
	return cron.FuncJob(func() {
		if !running.CompareAndSwap(false, true) {
			c.log.Warn("job left out, the last one still runs", "job", name)
			return
		}
		defer running.Store(false)
		c.start(name, job)
	})
}

// start runs a job once.
func (c *Clock) start(name string, job func(context.Context) error) {
	began := c.now()
	defer func() {
		if value := recover(); value != nil {
			c.log.Error("job panicked", "job", name, "ref", newRef(), "panic", panicText(value), "stack", string(debug.Stack()))
		}
	}()
	err := job(c.life)
	took := c.now().Sub(began)
	switch {
	case errors.Is(err, context.Canceled) && c.life.Err() != nil:
		c.log.Info("job interrupted", "job", name, "took", took)
	case err != nil:
		c.log.Error("job failed", "job", name, "took", took, "err", err)
	default:
		c.log.Debug("job done", "job", name, "took", took)
	}
}

// Run starts the jobs at their times until ctx, which is also the jobs' context, ends. It returns when all jobs have
// returned, or with an error if they have not within grace. It may be called once.
func (c *Clock) Run(ctx context.Context, grace time.Duration) error {
	c.life = ctx
	c.cron.Start()
	<-ctx.Done()

	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-c.cron.Stop().Done():
		return nil
	case <-timer.C:
		return fmt.Errorf("stop the clock: a job did not finish within %s", grace)
	}
}
