package main

import (
	"context"
	"errors"
	"time"

	"herald/store"
)

const (
	// turnLease is how long a turn lasts whose process died, renewEvery how often one that lives keeps it.
	turnLease  = time.Minute
	renewEvery = 20 * time.Second
)

// turns let one of the processes that share a database do periodic work for all of them.
type turns struct {
	db      *store.Store
	replica string
	now     func() time.Time
}

// once runs the work unless another process does, or did less than nearly pause ago.
func (t turns) once(what string, pause time.Duration, work func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		began := t.now()
		mine, err := t.db.TakeTurn(ctx, what, t.replica, began.Add(turnLease))
		if err != nil || !mine {
			return err
		}
		renewing, stop := context.WithCancel(ctx)
		renewed := make(chan error, 1)
		go func() { renewed <- t.renew(renewing, what) }()
		err = work(ctx)
		stop()
		err = errors.Join(err, <-renewed)
		// Other processes look at other moments of the pause.
		_, over := t.db.TakeTurn(context.WithoutCancel(ctx), what, t.replica, began.Add(pause*9/10))
		return errors.Join(err, over)
	}
}

// renew keeps a turn until ctx ends.
func (t turns) renew(ctx context.Context, what string) error {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		if _, err := t.db.TakeTurn(ctx, what, t.replica, t.now().Add(turnLease)); err != nil && ctx.Err() == nil {
			return err
		}
	}
}
