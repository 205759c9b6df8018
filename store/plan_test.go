package store_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

// TestNoPageScansOrSortsATable reads the plans of a page in the middle of each list.
func TestNoPageScansOrSortsATable(t *testing.T) {
	t.Parallel()
	indexes := map[store.Group]string{
		store.All: "members_list", store.Employees: "members_type", store.Recruiters: "members_type", store.Admins: "members_type",
		store.OnNetwork("linkedin"): "connections_list", store.OnNetwork("facebook"): "connections_list", store.OnNetwork("mastodon"): "connections_list",
		store.Disconnected: "members_disconnected",
		store.Deactivated:  "people_gone",
		store.Recent:       "members_recent", store.Invited: "people_invited", store.Unregistered: "people_unregistered",
	}
	skipLarge(t)
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		acme := storetest.Company(t, s)
		storetest.Fill(t, s, env, acme.ID, 10_000)
		inviteAll(t, s, acme.ID)
		analyzed(t, s, env)
		for _, g := range store.Groups("linkedin", "facebook", "mastodon") {
			for _, backward := range []bool{false, true} {
				query, args := store.PageQuery(s, acme.ID, g, backward)
				plan, err := store.Explain(t.Context(), s, query, args...)
				if err != nil {
					t.Fatal(err)
				}
				if !served(env.Engine, plan, indexes[g]) {
					t.Errorf("%s, backward %v: not a range of %s:\n%s", g, backward, indexes[g], plan)
				}
			}
		}
	})
}

// TestNoPageOfInvitationsScansOrSortsATable does the same for the Invitations screen.
func TestNoPageOfInvitationsScansOrSortsATable(t *testing.T) {
	t.Parallel()
	skipLarge(t)
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		entries := make([]store.Entry, 5_000)
		for i := range entries {
			entries[i].Person = store.Person{SlackID: fmt.Sprintf("U%05d", i), Name: fmt.Sprintf("Person %05d", i)}
		}
		if err := s.Load(ctx, acme.ID, entries); err != nil {
			t.Fatal(err)
		}
		var ids []string
		if err := s.WalkRoster(ctx, acme.ID, store.RosterQuery{Group: store.Unregistered}, func(r store.RosterRow) error {
			ids = append(ids, r.Person.ID)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for part := range slices.Chunk(ids, 1_000) {
			env.Clock.Advance(time.Minute)
			out, err := s.Invite(ctx, acme.ID, store.Actor{CLI: true}, part, store.InviteOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range out[:50] {
				if err := s.InviteDelivered(ctx, acme.ID, o.Invite.ID, "user_not_found"); err != nil {
					t.Fatal(err)
				}
			}
		}
		analyzed(t, s, env)
		for state, index := range map[store.InviteState]string{"": "invites_list", store.StatePending: "invites_state", store.StateFailed: "invites_state"} {
			for _, backward := range []bool{false, true} {
				query, args := store.InvitationsPageQuery(acme.ID, state, backward)
				plan, err := store.Explain(ctx, s, query, args...)
				if err != nil {
					t.Fatal(err)
				}
				if !served(env.Engine, plan, index) {
					t.Errorf("%q, backward %v: not a range of %s:\n%s", state, backward, index, plan)
				}
			}
		}
	})
}

// analyzed calls Analyze until it is done entirely. PostgreSQL's VACUUM leaves out a page that somebody is looking at, and one whose rows
// are younger than a transaction under way, which may be that of another test in its own database, as long as anybody connects meanwhile.
// With many such pages an index that holds all columns costs more, and the plan may be another one.
func analyzed(t *testing.T, s *store.Store, env *storetest.Env) {
	t.Helper()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for deadline := time.After(time.Minute); ; {
		if err := s.Analyze(t.Context()); err != nil {
			t.Fatal(err)
		}
		if env.Engine == "sqlite" {
			return
		}
		left, err := store.UnvacuumedPages(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if left == 0 {
			return
		}
		select {
		case <-again.C:
		case <-deadline:
			t.Fatalf("%d pages were never vacuumed: somebody holds a transaction open", left)
		}
	}
}

// served reports whether a plan is one range of the index, in its order.
func served(engine, plan, index string) bool {
	if engine == "sqlite" {
		one := regexp.MustCompile(`^SEARCH l USING (COVERING )?INDEX ` + index + ` \(company_id=\? AND .*[<>]\?.*\)$`)
		return one.MatchString(plan)
	}
	return strings.Contains(plan, "using "+index) && strings.Contains(plan, "Index Cond") &&
		!strings.Contains(plan, "Seq Scan") && !strings.Contains(plan, "Sort") && !strings.Contains(plan, "Bitmap")
}

// inviteAll invites the people who are not registered, so that the list of the invited is not empty.
func inviteAll(t *testing.T, s *store.Store, companyID string) {
	t.Helper()
	var ids []string
	if err := s.WalkRoster(t.Context(), companyID, store.RosterQuery{Group: store.Unregistered}, func(r store.RosterRow) error {
		ids = append(ids, r.Person.ID)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Invite(t.Context(), companyID, store.Actor{CLI: true}, ids[:len(ids)/2], store.InviteOptions{}); err != nil {
		t.Fatal(fmt.Errorf("invite %d people: %w", len(ids), err))
	}
}
