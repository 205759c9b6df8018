package store_test

import (
	"errors"
	"slices"
	"testing"

	"herald/store"
	"herald/store/storetest"
)

func TestMigrationsGoUpAndDownAndUpAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		ctx := t.Context()
		schema := func() []string {
			t.Helper()
			lines, err := store.Schema(ctx, s)
			if err != nil {
				t.Fatal(err)
			}
			return lines
		}
		steps, err := s.MigrationStatus(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(steps) == 0 {
			t.Fatal("no migrations")
		}
		up := schema()
		// Each step back and forth leaves the schema as it was before.
		var after [][]string
		for range steps {
			after = append(after, schema())
			if err := s.MigrateDown(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if down := schema(); len(down) != 0 {
			t.Errorf("after all steps down there is still %q", down)
		}
		if err := s.MigrateDown(ctx); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("one step too many: %v, want ErrNotFound", err)
		}
		if err := s.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		if again := schema(); !slices.Equal(again, up) || !slices.Equal(again, after[0]) {
			t.Errorf("up, down and up again:\n%q\nwant\n%q", again, up)
		}
		if err := s.Migrate(ctx); err != nil {
			t.Errorf("nothing to do: %v", err)
		}
		steps, err = s.MigrationStatus(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range steps {
			if m.AppliedAt.IsZero() || m.Version == 0 || m.Name == "" {
				t.Errorf("migration %+v, want it applied", m)
			}
		}
	})
}
