package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"herald/store"
)

// A worker runs the jobs of one kind and tells River what becomes of each: done, due again later, or given up.
type worker struct {
	river.WorkerDefaults[store.JobArgs]

	task Task
	now  func() time.Time
	log  *slog.Logger
}

// Work implements river.Worker. Its errors are stored with the job, so they name nobody.
func (w *worker) Work(ctx context.Context, row *river.Job[store.JobArgs]) error {
	job := store.Job{
		ID: strconv.FormatInt(row.ID, 10), CompanyID: row.Args.CompanyID, Kind: store.JobKind(row.Kind), Ref: row.Args.Ref,
		At: row.ScheduledAt, LeftAt: row.CreatedAt, Attempt: failures(row.JobRow),
	}
	started := w.now()
	err := w.attempt(ctx, job)
	log := w.log.With(slog.String("kind", string(job.Kind)), slog.String("job", job.ID), slog.Int("attempt", job.Attempt), slog.Duration("took", w.now().Sub(started)))
	later, held := errors.AsType[*LaterError](err)
	switch {
	case held:
		return snooze(started.Add(max(later.Wait, backoffMin)))
	case err == nil, errors.Is(err, store.ErrNotFound):
		return nil // what it was about may be gone: erased, cancelled or answered meanwhile
	case w.task.Tries == 0, Transient(err) && job.Attempt < w.task.Tries:
		log.LogAttrs(ctx, slog.LevelWarn, "a job failed and will be tried again", slog.String("error", err.Error()))
		if wait := limited(err); wait > 0 {
			return snooze(started.Add(wait))
		}
		return err
	}
	log.LogAttrs(ctx, slog.LevelError, "a job was given up", slog.String("error", err.Error()))
	if w.task.GivenUp != nil {
		// Recording it must not fail because a shutdown ran out of patience.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
		defer cancel()
		if settle := w.task.GivenUp(ctx, job, err); settle != nil {
			log.LogAttrs(ctx, slog.LevelError, "a job could not be given up", slog.String("error", settle.Error()))
			return settle
		}
	}
	return river.JobCancel(err)
}

// attempt runs a job once; a panic is an error.
func (w *worker) attempt(ctx context.Context, job store.Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			// The value may hold what people wrote; the stack does not.
			err = fmt.Errorf("panic: %T\n%s", p, debug.Stack())
		}
	}()
	return w.task.Run(ofJob(ctx), job)
}

// snooze makes a job due again without counting the attempt.
func snooze(at time.Time) error {
	return &rivertype.JobSnoozeError{Duration: time.Until(at)} //nolint:forbidigo // River adds it to the machine's time, whatever its clock says
}

// NextRetry implements river.Worker. As with a snooze, the wait counts from the beginning of the attempt.
func (w *worker) NextRetry(row *river.Job[store.JobArgs]) time.Time {
	now := w.now()
	if row.AttemptedAt == nil {
		return now.Add(backoff(failures(row.JobRow)))
	}
	if at := row.AttemptedAt.Add(backoff(failures(row.JobRow))); at.After(now) {
		return at
	}
	return now // River takes no time that is past
}
