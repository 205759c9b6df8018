package store_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

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

		takenBack(t, s, listed)
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

// takenBack takes migrations back until the one with this version is.
func takenBack(t *testing.T, s *store.Store, version int64) {
	t.Helper()
	for {
		steps, err := s.MigrationStatus(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(steps, func(m store.Migration) bool { return m.Version == version && m.AppliedAt.IsZero() }) {
			return
		}
		if err := s.MigrateDown(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWhatWasLeftToDoBeforeRiverIsStillDone upgrades a database in which a removal is confirmed, a message waits to be tried again, and
// one that a crash left twice.
func TestWhatWasLeftToDoBeforeRiverIsStillDone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		takenBack(t, s, 4)
		later := env.Clock.Now().Add(10 * time.Minute).UTC()
		db := storetest.DB(t, env.Engine, env.DSN)
		for _, job := range []struct {
			id, companyID, kind, ref string
			due                      time.Time
		}{
			{"1", "ACME", "removal", "CONFIRMED", env.Clock.Now()},
			{"2", "ACME", "welcome_dm", "MEMBER", later},
			{"3", "ACME", "welcome_dm", "MEMBER", env.Clock.Now()},
			{"4", "RIVAL", "case_card", "CASE", env.Clock.Now()},
		} {
			_, err := db.ExecContext(t.Context(), `INSERT INTO jobs (id, company_id, kind, ref, attempt, due_at, created_at) VALUES ($1, $2, $3, $4, 1, $5, $6)`,
				job.id, job.companyID, job.kind, job.ref, job.due.UnixMicro(), env.Clock.Now().UnixMicro())
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		jobs := make(map[string]time.Time)
		for _, j := range storetest.TakeJobs(t, env) {
			jobs[fmt.Sprint(j.CompanyID, " ", j.Kind, " ", j.Ref)] = j.At
		}
		if len(jobs) != 3 || jobs["ACME removal CONFIRMED"].IsZero() || jobs["RIVAL case_card CASE"].IsZero() || !jobs["ACME welcome_dm MEMBER"].Equal(later) {
			t.Errorf("River has %v", jobs)
		}
		if _, err := db.ExecContext(t.Context(), `SELECT id FROM jobs`); err == nil {
			t.Error("the old table is still there")
		}
	})
}
