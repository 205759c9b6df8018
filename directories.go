package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"herald/handlers"
	"herald/store"
)

const (
	syncEvery  = 10 * time.Minute // looks whether a directory is due, so that one that failed is tried again soon
	staleAfter = 6 * time.Hour    // since its last sync a directory is due; single changes arrive as events
	heardEvery = 30 * time.Second // notes that Slack is heard
)

// directories keeps the mirrored directories fresh.
type directories struct {
	db        *store.Store
	handlers  *handlers.Handlers
	turns     turns
	now       func() time.Time
	log       *slog.Logger
	connected func() bool   // this process hears Slack
	missed    chan struct{} // holds something while events were missed that no sync has made up for
}

// heard notes that Slack is heard, and lets the directories be synced if it was not for too long.
func (d *directories) heard(ctx context.Context) error {
	if !d.connected() {
		return nil
	}
	return d.listened(ctx)
}

func (d *directories) listened(ctx context.Context) error {
	missed, err := d.db.Heard(ctx)
	if missed {
		select {
		case d.missed <- struct{}{}:
		default:
		}
	}
	return err
}

// run syncs the directories that are due, from the start on, until ctx ends. It begins right before Herald connects.
func (d *directories) run(ctx context.Context) {
	look := time.NewTicker(syncEvery)
	defer look.Stop()
	for err := d.listened(ctx); ; err = nil {
		err = errors.Join(err, d.turns.once("sync the directory", 0, d.syncDue)(ctx))
		if err != nil && ctx.Err() == nil {
			d.log.LogAttrs(ctx, slog.LevelError, "a directory sync failed; the next one follows", slog.String("error", err.Error()))
		}
		select {
		case <-look.C:
		case <-d.missed:
		case <-ctx.Done():
			return
		}
	}
}

func (d *directories) syncDue(ctx context.Context) error {
	companies, err := d.db.Companies(ctx)
	if err != nil {
		return err
	}
	var problems []error
	for _, c := range companies {
		if c.Due(d.now().Add(-staleAfter)) {
			problems = append(problems, d.handlers.SyncDirectory(ctx, c))
		}
	}
	return errors.Join(problems...)
}
