package delivery_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"herald/delivery"
	"herald/store"
)

// leaves leaves a job as a process that was killed does, which was heard of at the moment the clock shows.
func (d *desk) leaves(process string) {
	d.t.Helper()
	d.registers("Ann Lee")
	if err := d.s.Beat(d.t.Context(), process); err != nil {
		d.t.Fatal(err)
	}
	by := `ARRAY['` + process + `']`
	if d.env.Engine == "sqlite" {
		by = `json_array('` + process + `')`
	}
	if _, err := d.db.ExecContext(d.t.Context(), `UPDATE river_job SET state = 'running', attempt = 1, attempted_at = created_at, attempted_by = `+by); err != nil {
		d.t.Fatal(err)
	}
}

func TestTheJobsOfAProcessThatDiedAreDoneByAnother(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *desk) {
		d.leaves("killed")
		jobs := make(chan store.Job, 10)
		d.begins(d.hires(doing(func(_ context.Context, j store.Job) error {
			jobs <- j
			return nil
		})))
		// Time passes for all as this one beats: once it has beaten for long enough, it knows who is silent.
		step := time.NewTicker(100 * time.Millisecond)
		defer step.Stop()
		for deadline := time.After(patience); ; {
			select {
			case j := <-jobs:
				if j.Attempt != 1 {
					t.Errorf("that the process died counts as a failure: attempt %d", j.Attempt)
				}
				d.becomes("completed after 2")
				return
			case <-step.C:
				d.env.Clock.Advance(200 * time.Millisecond)
			case <-deadline:
				t.Fatalf("never: it is done by another\n%s", d.states())
			}
		}
	})
}

func TestWhoeverIsAloneGoesOnAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *desk) {
		d.leaves("killed")
		jobs := make(chan store.Job, 10)
		d.begins(delivery.NewRunner(delivery.Config{
			Store: d.s, Alone: true, Now: d.env.Clock.Now, Log: slog.New(slog.NewTextHandler(d.log, nil)),
			Tasks: []delivery.Task{doing(func(_ context.Context, j store.Job) error {
				jobs <- j
				return nil
			})},
		}))
		received(t, "it is done at once", jobs)
	})
}
