package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
)

const (
	// beatEvery is how often a process says that it is alive, and looks for others that are not.
	beatEvery = 2 * time.Second
	// deadAfter is how long a process must be silent to count as dead. One that is alive all the same does little harm: no message is
	// sent twice, and every other job may run twice.
	deadAfter = 10 * time.Second
	// processEnded is the error that is stored with a job that was rescued.
	processEnded = "the process that ran it ended"
	// rescuedAtOnce is how many jobs may run at a time in all processes together.
	rescuedAtOnce = 10_000
)

// A rescuer gives the jobs of processes that died to those that live.
type rescuer struct {
	*Runner

	last   time.Time // this process's latest beat
	steady time.Time // since when it beats regularly: one that was stopped for a while knows nothing about the others
}

// watch says that this process is alive, and rescues the jobs of those that are not, until ctx ends.
func (r *Runner) watch(ctx context.Context) {
	w := &rescuer{Runner: r}
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		if err := w.look(ctx); err != nil && ctx.Err() == nil {
			r.Log.LogAttrs(ctx, slog.LevelWarn, "look for processes that died", slog.String("error", err.Error()))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// look beats, and rescues what is to be rescued.
func (w *rescuer) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, deadAfter)
	defer cancel()
	if err := w.Store.Beat(ctx, w.Replica); err != nil {
		return err
	}
	now, first := w.Now(), w.last.IsZero()
	if first || now.Sub(w.last) > deadAfter/2 {
		w.steady = now
	}
	w.last = now
	if w.Alone {
		if !first {
			return nil
		}
		return w.rescue(ctx, func(replica string) bool { return replica != w.Replica })
	}
	if now.Sub(w.steady) < deadAfter {
		return nil
	}
	silent, err := w.Store.Silent(ctx, now.Add(-deadAfter))
	if err != nil || len(silent) == 0 {
		return err
	}
	return w.rescue(ctx, func(replica string) bool { return slices.Contains(silent, replica) })
}

// rescue makes the jobs due that run in processes that died.
func (w *rescuer) rescue(ctx context.Context, died func(replica string) bool) error {
	jobs := w.Store.JobDriver().GetExecutor()
	now := w.Now().UTC()
	running, err := jobs.JobGetStuck(ctx, &riverdriver.JobGetStuckParams{Max: rescuedAtOnce, StuckHorizon: now.Add(time.Hour)})
	if err != nil {
		return fmt.Errorf("list the jobs that run: %w", err)
	}
	var rescued riverdriver.JobRescueManyParams
	for _, job := range running {
		if len(job.AttemptedBy) == 0 || !died(job.AttemptedBy[len(job.AttemptedBy)-1]) {
			continue
		}
		why, err := json.Marshal(rivertype.AttemptError{At: now, Attempt: job.Attempt, Error: processEnded})
		if err != nil {
			return fmt.Errorf("note why a job is due again: %w", err)
		}
		rescued.ID = append(rescued.ID, job.ID)
		rescued.Error = append(rescued.Error, why)
		rescued.FinalizedAt = append(rescued.FinalizedAt, nil)
		rescued.ScheduledAt = append(rescued.ScheduledAt, now.Add(-time.Second)) // SQLite compares times as text, so not this very moment
		rescued.State = append(rescued.State, string(rivertype.JobStateAvailable))
	}
	if len(rescued.ID) == 0 {
		return nil
	}
	if _, err := jobs.JobRescueMany(ctx, &rescued); err != nil {
		return fmt.Errorf("make the jobs of a process that died due again: %w", err)
	}
	w.Log.LogAttrs(ctx, slog.LevelWarn, "a process ended in the middle of its jobs; they are done by those that live", slog.Int("jobs", len(rescued.ID)))
	w.Wake()
	return nil
}

// failures is how often a job failed, this time included. That its process died is no failure of the job: it must not be put off for
// that, nor given up.
func failures(row *rivertype.JobRow) int {
	n := row.Attempt
	for _, e := range row.Errors {
		if e.Error == processEnded {
			n--
		}
	}
	return max(1, n)
}
