package delivery

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"herald/store"
)

// tx is a transaction as River's drivers for database/sql know it.
type tx = *sql.Tx

// A driver is River's driver with three changes:
//   - River hears of new jobs by PostgreSQL's LISTEN, which its drivers for database/sql lack: without, a job would wait for the next
//     poll. Here the store says that it left jobs.
//   - River looks for the jobs of dead processes, and for finished ones that are old, by the machine's time; here it is the injected
//     clock's, by which jobs start and finish.
//   - A job may be purged while it runs. River's driver for SQLite then reports a nil row, at which River panics, and leaves the jobs
//     after it as they were.
//
// River reserves these interfaces for itself, so an update of River has to be tried, which the tests of this package do.
type driver struct {
	riverdriver.Driver[tx]

	wake  <-chan struct{}
	lanes []store.Lane
	now   func() time.Time
}

func newDriver(d riverdriver.Driver[tx], wake <-chan struct{}, lanes []store.Lane, now func() time.Time) *driver {
	return &driver{Driver: d, wake: wake, lanes: lanes, now: now}
}

// SupportsListener implements riverdriver.Driver.
func (d *driver) SupportsListener() bool { return true }

// GetListener implements riverdriver.Driver.
func (d *driver) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener {
	return &listener{wake: d.wake, lanes: d.lanes}
}

// GetExecutor implements riverdriver.Driver.
func (d *driver) GetExecutor() riverdriver.Executor {
	return executor{d.Driver.GetExecutor(), d.now}
}

type executor struct {
	riverdriver.Executor

	now func() time.Time
}

// JobGetStuck implements riverdriver.Executor.
func (e executor) JobGetStuck(ctx context.Context, p *riverdriver.JobGetStuckParams) ([]*rivertype.JobRow, error) {
	stuck := *p
	stuck.StuckHorizon = e.now().Add(-rescueAfter)
	return e.Executor.JobGetStuck(ctx, &stuck)
}

// JobDeleteBefore implements riverdriver.Executor.
func (e executor) JobDeleteBefore(ctx context.Context, p *riverdriver.JobDeleteBeforeParams) (int, error) {
	old := *p
	old.CompletedFinalizedAtHorizon = e.now().Add(-completedLife)
	old.CancelledFinalizedAtHorizon = e.now().Add(-givenUpLife)
	old.DiscardedFinalizedAtHorizon = e.now().Add(-givenUpLife)
	return e.Executor.JobDeleteBefore(ctx, &old)
}

// JobSetStateIfRunningMany implements riverdriver.Executor: one job at a time, as SQLite does it anyway.
func (e executor) JobSetStateIfRunningMany(ctx context.Context, p *riverdriver.JobSetStateIfRunningManyParams) ([]*rivertype.JobRow, error) {
	var set []*rivertype.JobRow
	for i := range p.ID {
		rows, err := e.Executor.JobSetStateIfRunningMany(ctx, &riverdriver.JobSetStateIfRunningManyParams{
			ID: p.ID[i : i+1], Attempt: p.Attempt[i : i+1], ErrData: p.ErrData[i : i+1], FinalizedAt: p.FinalizedAt[i : i+1],
			MetadataDoMerge: p.MetadataDoMerge[i : i+1], MetadataUpdates: p.MetadataUpdates[i : i+1], Now: p.Now,
			ScheduledAt: p.ScheduledAt[i : i+1], Schema: p.Schema, State: p.State[i : i+1],
		})
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if row != nil {
				set = append(set, row)
			}
		}
	}
	return set, nil
}

// topicInsert is River's name for "a job was inserted".
const topicInsert = "river_insert"

// A listener tells River that every lane has new jobs whenever the runner is woken.
type listener struct {
	wake  <-chan struct{}
	lanes []store.Lane
	tell  []store.Lane // those that River was not told about yet
}

// WaitForNotification implements riverdriver.Listener.
func (l *listener) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	if len(l.tell) == 0 {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-l.wake:
			l.tell = l.lanes
		}
	}
	next := l.tell[0]
	l.tell = l.tell[1:]
	return &riverdriver.Notification{Topic: topicInsert, Payload: fmt.Sprintf(`{"queue": %q}`, next)}, nil
}

// Close implements riverdriver.Listener.
func (l *listener) Close(context.Context) error { return nil }

// Connect implements riverdriver.Listener.
func (l *listener) Connect(context.Context) error { return nil }

// Listen implements riverdriver.Listener.
func (l *listener) Listen(context.Context, string) error { return nil }

// Unlisten implements riverdriver.Listener.
func (l *listener) Unlisten(context.Context, string) error { return nil }

// Ping implements riverdriver.Listener.
func (l *listener) Ping(context.Context) error { return nil }

// Schema implements riverdriver.Listener.
func (l *listener) Schema() string { return "" }

// SetAfterConnectExec implements riverdriver.Listener. There is no connection.
func (l *listener) SetAfterConnectExec(string) {}
