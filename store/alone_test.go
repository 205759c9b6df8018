package store_test

import (
	"errors"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

func TestOneProcessServesAnSQLiteDatabaseAndManyAPostgreSQLOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		other, err := store.Open(ctx, store.Options{DSN: env.DSN, Keys: env.Keys, Now: env.Clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close() //nolint:errcheck // the test is about something else
		release, err := s.ServeAlone(ctx)
		if err != nil {
			t.Fatal(err)
		}
		again, err := other.ServeAlone(ctx)
		if env.Engine == "postgres" {
			if err != nil || release() != nil || again() != nil {
				t.Errorf("a second process: %v", err)
			}
			return
		}
		if !errors.Is(err, store.ErrServed) {
			t.Errorf("a second process: %v, want ErrServed", err)
		}
		if err := release(); err != nil {
			t.Error(err)
		}
		if again, err = other.ServeAlone(ctx); err != nil || again() != nil {
			t.Errorf("after the first one ended: %v", err)
		}
	})
}

func TestOneProcessDoesPeriodicWorkForAll(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		take := func(replica string, d time.Duration) bool {
			t.Helper()
			mine, err := s.TakeTurn(t.Context(), "tidy", replica, env.Clock.Now().Add(d))
			if err != nil {
				t.Fatal(err)
			}
			return mine
		}
		if !take("one", time.Minute) || take("other", time.Minute) || !take("one", time.Hour) {
			t.Error("the turn is not the first one's alone")
		}
		env.Clock.Advance(59 * time.Minute)
		if take("other", time.Minute) {
			t.Error("the turn ended early")
		}
		env.Clock.Advance(time.Minute)
		if !take("other", time.Minute) || take("one", time.Minute) {
			t.Error("a turn whose process died is not taken over")
		}
	})
}
