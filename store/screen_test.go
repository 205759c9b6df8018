package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

func TestAScreenIsItsViewersAlone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		if err := s.Load(ctx, acme.ID, []store.Entry{{Person: store.Person{SlackID: "U1", Name: "Uma"}, Type: store.Admin, RegisteredAt: env.Clock.Now()}}); err != nil {
			t.Fatal(err)
		}
		sc, err := s.OpenScreen(ctx, store.Screen{
			CompanyID: acme.ID, Viewer: "U1", Surface: store.OnMessage, ResponseURL: "https://hooks.example/1", Group: store.All, Page: 1,
		})
		if err != nil || sc.ID == "" || sc.Revision != 1 {
			t.Fatalf("opened %+v, %v", sc, err)
		}
		sc.Group, sc.Search, sc.After, sc.Page, sc.ResponseURL = store.Recruiters, "ann", "cursor", 2, "https://hooks.example/2"
		saved, err := s.SaveScreen(ctx, sc)
		if err != nil || saved.Revision != 2 {
			t.Fatalf("saved %+v, %v", saved, err)
		}
		got, err := s.Screen(ctx, acme.ID, "U1", sc.ID)
		if err != nil || got != saved {
			t.Errorf("loaded %+v, %v; want %+v", got, err, saved)
		}
		if _, err := s.Screen(ctx, acme.ID, "U2", sc.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another viewer: %v, want ErrNotFound", err)
		}
		stolen := sc
		stolen.Viewer = "U2"
		if _, err := s.SaveScreen(ctx, stolen); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("saved by another viewer: %v, want ErrNotFound", err)
		}

		home, err := s.OpenScreen(ctx, store.Screen{CompanyID: acme.ID, Viewer: "U1", Surface: store.OnHome, Place: "members", Group: store.All})
		if err != nil {
			t.Fatal(err)
		}
		newer, err := s.OpenScreen(ctx, store.Screen{CompanyID: acme.ID, Viewer: "U1", Surface: store.OnHome, Group: store.Admins})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.HomeScreen(ctx, acme.ID, "U1"); err != nil || got.ID != newer.ID || got.Group != store.Admins {
			t.Errorf("home %+v, %v", got, err)
		}
		if _, err := s.Screen(ctx, acme.ID, "U1", home.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the home screen before: %v, want ErrNotFound", err)
		}
		if _, err := s.HomeScreen(ctx, acme.ID, "U2"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("no home: %v, want ErrNotFound", err)
		}

		env.Clock.Advance(store.ScreenLife - time.Second)
		if _, err := s.SaveScreen(ctx, saved); err != nil {
			t.Fatal(err)
		}
		env.Clock.Advance(time.Second)
		if _, err := s.Screen(ctx, acme.ID, "U1", sc.ID); err != nil {
			t.Errorf("a screen in use: %v", err)
		}
		if _, err := s.HomeScreen(ctx, acme.ID, "U1"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a screen too old: %v, want ErrNotFound", err)
		}
		if err := s.Tidy(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Screen(ctx, acme.ID, "U1", sc.ID); err != nil {
			t.Errorf("a screen in use, tidied: %v", err)
		}
	})
}

func TestTheSelectionSurvivesPagingAndFiltering(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		m := storetest.Register(t, s, acme.ID, "Bo Ek", "Cy Wu", "Di Ek")
		sc, err := s.OpenScreen(ctx, store.Screen{CompanyID: acme.ID, Viewer: ana.SlackID, Surface: store.OnMessage, Group: store.All})
		if err != nil {
			t.Fatal(err)
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		wantSelected := func(want ...string) {
			t.Helper()
			ids, err := s.Selection(ctx, acme.ID, sc.ID)
			must(err)
			got, err := s.Screen(ctx, acme.ID, ana.SlackID, sc.ID)
			must(err)
			chosen := map[string]bool{}
			for _, id := range ids {
				chosen[id] = true
			}
			if len(ids) != len(want) || got.Selected != len(want) {
				t.Errorf("%d selected, the screen says %d, want %d", len(ids), got.Selected, len(want))
			}
			for _, id := range want {
				if !chosen[id] {
					t.Errorf("%s is not selected", id)
				}
			}
		}
		must(s.Select(ctx, acme.ID, sc.ID, []string{m[0].ID, m[1].ID, "forged"}, true))
		must(s.Select(ctx, acme.ID, sc.ID, []string{m[0].ID}, true))
		wantSelected(m[0].ID, m[1].ID)
		sc.Group = store.Admins
		if sc, err = s.SaveScreen(ctx, sc); err != nil || sc.Selected != 2 {
			t.Errorf("saved %+v, %v", sc, err)
		}
		must(s.Select(ctx, acme.ID, sc.ID, []string{m[1].ID, m[2].ID}, false))
		wantSelected(m[0].ID)
		selected, err := s.Selected(ctx, acme.ID, sc.ID, []string{m[0].ID, m[1].ID})
		must(err)
		if !selected[m[0].ID] || selected[m[1].ID] {
			t.Errorf("selected %v", selected)
		}

		n, err := s.SelectMatching(ctx, acme.ID, sc.ID, store.RosterQuery{Group: store.All, Search: "ek"})
		if err != nil || n != 2 {
			t.Errorf("with the Eks %d, %v; want 2", n, err)
		}
		wantSelected(m[0].ID, m[2].ID)
		if n, err := s.SelectMatching(ctx, acme.ID, sc.ID, store.RosterQuery{Group: store.Unregistered}); err != nil || n != 2 {
			t.Errorf("with who is not registered %d, %v; want 2", n, err)
		}
		if n, err := s.SelectMatching(ctx, acme.ID, sc.ID, store.RosterQuery{Group: store.All, Search: "!?"}); err != nil || n != 2 {
			t.Errorf("with nobody %d, %v; want 2", n, err)
		}
		if n, err := s.SelectMatching(ctx, acme.ID, sc.ID, store.RosterQuery{Group: store.All}); err != nil || n != 4 {
			t.Errorf("with all %d, %v; want 4", n, err)
		}
		storetest.Remove(t, s, acme.ID, ana, m[0].ID)
		if ids, err := s.Selection(ctx, acme.ID, sc.ID); err != nil || len(ids) != 3 {
			t.Errorf("after a removal %v, %v; want 3", ids, err)
		}
		must(s.ClearSelection(ctx, acme.ID, sc.ID))
		wantSelected()
		if err := s.Select(ctx, acme.ID, "none", []string{m[1].ID}, true); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("no screen: %v, want ErrNotFound", err)
		}
		if _, err := s.SelectMatching(ctx, acme.ID, "none", store.RosterQuery{Group: store.All}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("no screen: %v, want ErrNotFound", err)
		}
	})
}

func TestASelectionHasALimit(t *testing.T) {
	t.Parallel()
	skipLarge(t)
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		entries := make([]store.Entry, store.SelectionLimit+2)
		for i := range entries {
			entries[i] = store.Entry{
				Person: store.Person{SlackID: fmt.Sprintf("U%d", i), Name: fmt.Sprintf("Person %05d", i)},
				Type:   store.Employee, RegisteredAt: env.Clock.Now(),
			}
		}
		if err := s.Load(ctx, acme.ID, entries); err != nil {
			t.Fatal(err)
		}
		wantCounts(t, s, acme.ID, map[store.Group]int{store.All: len(entries)})
		for _, q := range []store.RosterQuery{{Group: store.All}, {Group: store.All, Search: "person"}} {
			sc, err := s.OpenScreen(ctx, store.Screen{CompanyID: acme.ID, Viewer: "U1", Surface: store.OnMessage})
			if err != nil {
				t.Fatal(err)
			}
			n, err := s.SelectMatching(ctx, acme.ID, sc.ID, q)
			if err != nil || n != store.SelectionLimit {
				t.Fatalf("selected %d, %v; want %d", n, err, store.SelectionLimit)
			}
			ids, err := s.Selection(ctx, acme.ID, sc.ID)
			if err != nil || len(ids) != store.SelectionLimit {
				t.Fatalf("%d, %v", len(ids), err)
			}
			chosen := map[string]bool{}
			for _, id := range ids {
				chosen[id] = true
			}
			for i := range entries {
				id := personID(t, s, acme.ID, fmt.Sprintf("U%d", len(entries)-1-i))
				if chosen[id] {
					continue
				}
				if err := s.Select(ctx, acme.ID, sc.ID, []string{id}, true); !errors.Is(err, store.ErrTooMany) {
					t.Errorf("one more: %v, want ErrTooMany", err)
				}
				break
			}
			if again, err := s.Selection(ctx, acme.ID, sc.ID); err != nil || len(again) != store.SelectionLimit {
				t.Errorf("after that %d, %v", len(again), err)
			}
		}
		r, err := s.Roster(ctx, acme.ID, store.RosterQuery{Group: store.All, Search: "person", Limit: 2})
		if err != nil || r.Matching != store.SelectionLimit || !r.More {
			t.Errorf("%d matching, more: %v, %v", r.Matching, r.More, err)
		}
		wantNames(t, rowNames(r), []string{"Person 00000", "Person 00001"})
	})
}

func TestWhatIsOnItsWayWhenItsPersonIsRemovedLeavesNoTrace(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		storetest.Admin(t, s, acme.ID, "Ana Lima")
		zoe, by := storetest.Admin(t, s, acme.ID, "Zoe Ek")
		storetest.Remove(t, s, acme.ID, by, zoe.ID)

		for _, surface := range []store.Surface{store.OnMessage, store.OnHome} {
			sc := store.Screen{CompanyID: acme.ID, Viewer: by.SlackID, Surface: surface, ResponseURL: "https://hooks.example/1", Group: store.All, Page: 1}
			if _, err := s.OpenScreen(ctx, sc); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("a screen as a %s: %v, want ErrNotFound", surface, err)
			}
		}
		if err := s.SaveCard(ctx, acme.ID, store.JobApprovalCard, "signup", store.Card{SlackID: by.SlackID, Channel: "D0ZOE", TS: "1.1"}); err != nil {
			t.Error(err)
		}
		if cards, err := s.Cards(ctx, acme.ID, store.JobApprovalCard, "signup"); err != nil || len(cards) != 0 {
			t.Errorf("cards %+v, %v; want none", cards, err)
		}
		if err := s.SaveCard(ctx, acme.ID, store.JobApprovalCard, "signup", store.Card{SlackID: "UOPS", Channel: "D0OPS", TS: "2.2"}); err != nil {
			t.Error(err)
		}
		if cards, err := s.Cards(ctx, acme.ID, store.JobApprovalCard, "signup"); err != nil || len(cards) != 1 {
			t.Errorf("cards %+v, %v; want the one of somebody who was never removed", cards, err)
		}
	})
}
