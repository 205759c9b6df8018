package store_test

import (
	"errors"
	"maps"
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

// TestInvitationsFromBeforeTheScreenAreListed takes the Invitations screen back and brings it again.
func TestInvitationsFromBeforeTheScreenAreListed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		const listed = 7 // the migration
		ctx := t.Context()
		w := newLinkWorld(t, s, env)
		for _, p := range storetest.Mirror(t, s, w.companyID, "Bo Ek", "Cy Wu", "Di Ma", "Ed Eck") {
			out, err := s.Invite(ctx, w.companyID, w.ana, []string{p.ID}, store.InviteOptions{})
			w.check(t, err)
			switch p.Name {
			case "Cy Wu":
				w.check(t, s.InviteDelivered(ctx, w.companyID, out[0].Invite.ID, "user_not_found"))
			case "Di Ma":
				w.check(t, s.CancelInvite(ctx, w.companyID, w.ana, out[0].Invite.ID))
			case "Ed Eck":
				storetest.Register(t, s, w.companyID, p.Name)
			}
		}
		w.runsOut(t)
		w.invites(t, store.InviteOptions{}, store.InviteSent)
		before, err := s.InviteCounts(ctx, w.companyID)
		w.check(t, err)

		for {
			steps, err := s.MigrationStatus(ctx)
			w.check(t, err)
			if slices.ContainsFunc(steps, func(m store.Migration) bool { return m.Version == listed && m.AppliedAt.IsZero() }) {
				break
			}
			w.check(t, s.MigrateDown(ctx))
		}
		w.check(t, s.Migrate(ctx))
		after, err := s.InviteCounts(ctx, w.companyID)
		w.check(t, err)
		// What ran out undelivered was not told apart from what ran out.
		before[store.StateExpired] += before[store.StateFailed]
		before[store.StateFailed] = 0
		if !maps.Equal(before, after) {
			t.Errorf("listed %v, want %v", after, before)
		}
		wantCounts(t, s, w.companyID, nil)
	})
}
