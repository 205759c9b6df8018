package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

// cast fills a company with people in every group and returns an admin.
func cast(t *testing.T, s *store.Store, env *storetest.Env, companyID string) store.Actor {
	t.Helper()
	ctx := t.Context()
	_, ana := storetest.Admin(t, s, companyID, "Ana Lima")
	old := storetest.Register(t, s, companyID, "Old Timer")[0]
	if _, err := s.SetType(ctx, companyID, ana, old.ID, store.Recruiter); err != nil {
		t.Fatal(err)
	}
	env.Clock.Advance(40 * 24 * time.Hour)
	if _, err := s.GrantAdmin(ctx, companyID, store.Actor{CLI: true}, storetest.Mirror(t, s, companyID, "Zoë Ek")[0].SlackID); err != nil {
		t.Fatal(err)
	}
	env.Clock.Advance(time.Hour)
	faye := storetest.Mirror(t, s, companyID, "Faye Book")[0]
	token, err := s.SignupToken(ctx, companyID, faye.SlackID)
	if err != nil {
		t.Fatal(err)
	}
	facebook := store.Account{Network: "facebook", Subject: "fb-1", Name: "Faye", Token: "t", ExpiresAt: env.Clock.Now().Add(time.Hour)}
	if _, err := s.Register(ctx, store.Authorization{CompanyID: companyID, Token: token}, facebook, nil); err != nil {
		t.Fatal(err)
	}
	env.Clock.Advance(time.Minute)
	bo := storetest.Register(t, s, companyID, "Bo García")[0]
	if err := s.Connect(ctx, companyID, bo.ID, store.Account{Network: "photos2", Subject: "1", Name: "Bo", Token: "t"}); err != nil {
		t.Fatal(err)
	}
	people := storetest.Mirror(t, s, companyID, "Nia New", "Ian Invited")
	if _, err := s.Invite(ctx, companyID, ana, []string{people[1].ID}, store.InviteOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := s.MirrorPeople(ctx, companyID, []store.Person{{SlackID: "UBOT", Name: "Bot", Bot: true}}); err != nil {
		t.Fatal(err)
	}
	return ana
}

func TestEachGroupListsItsPeople(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		acme := storetest.Company(t, s)
		cast(t, s, env, acme.ID)
		want := map[store.Group][]string{
			store.All:                   {"Ana Lima", "Bo García", "Faye Book", "Old Timer", "Zoë Ek"},
			store.Employees:             {"Bo García", "Faye Book"},
			store.Recruiters:            {"Old Timer"},
			store.Admins:                {"Ana Lima", "Zoë Ek"},
			store.OnNetwork("linkedin"): {"Ana Lima", "Bo García", "Old Timer"},
			store.OnNetwork("facebook"): {"Faye Book"},
			store.OnNetwork("photos2"):  {"Bo García"}, // a network that nobody has heard of
			store.Disconnected:          {"Zoë Ek"},
			store.Recent:                {"Bo García", "Faye Book", "Zoë Ek"}, // newest first
			store.Invited:               {"Ian Invited"},
			store.Unregistered:          {"Ian Invited", "Nia New"},
		}
		check := func() {
			t.Helper()
			counts := map[store.Group]int{}
			for _, g := range store.Groups("linkedin", "facebook", "photos2") {
				r, err := s.Roster(t.Context(), acme.ID, store.RosterQuery{Group: g, Limit: 100})
				if err != nil {
					t.Fatal(err)
				}
				if got := rowNames(r); !slices.Equal(got, want[g]) || r.Matching != len(want[g]) || r.More || r.Next != "" || r.Prev != "" {
					t.Errorf("%s: %q of %d, want %q", g, got, r.Matching, want[g])
				}
				for _, row := range r.Rows {
					if (row.Member != nil) != g.OfMembers() {
						t.Errorf("%s: %s is a member: %v", g, row.Person.Name, row.Member != nil)
					}
				}
				counts[g] = len(want[g])
			}
			wantCounts(t, s, acme.ID, counts)
		}
		check()

		// Faye's access to Facebook runs out.
		env.Clock.Advance(time.Hour)
		if n, err := s.ExpireConnections(t.Context(), 10); err != nil || n != 1 {
			t.Errorf("expired %d, %v; want 1", n, err)
		}
		if n, err := s.ExpireConnections(t.Context(), 10); err != nil || n != 0 {
			t.Errorf("expired again %d, %v; want none", n, err)
		}
		want[store.OnNetwork("facebook")] = nil
		want[store.Disconnected] = []string{"Faye Book", "Zoë Ek"}
		check()

		// Thirty days on nobody is recent, though nothing happened.
		env.Clock.Advance(29 * 24 * time.Hour)
		want[store.Recent] = nil
		if got := env.Clock.Now().Sub(storetest.Start()); got < 69*24*time.Hour {
			t.Fatalf("only %v passed", got)
		}
		recent, err := s.Roster(t.Context(), acme.ID, store.RosterQuery{Group: store.Recent, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		counts, err := s.Counts(t.Context(), acme.ID)
		if err != nil || counts[store.Recent] != len(recent.Rows) {
			t.Errorf("recent: counted %d, listed %q, %v", counts[store.Recent], rowNames(recent), err)
		}
		env.Clock.Advance(24 * time.Hour)
		check()
	})
}

func TestRecentCoversThirtyDaysOfUTC(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		acme := storetest.Company(t, s)
		day := 24 * time.Hour
		env.Clock.Advance(storetest.Start().Truncate(day).Add(day - time.Microsecond).Sub(env.Clock.Now()))
		storetest.Register(t, s, acme.ID, "Late Evening") // the last microsecond of a day
		env.Clock.Advance(time.Microsecond)
		storetest.Register(t, s, acme.ID, "Early Morning") // the first of the next
		env.Clock.Advance(29*day - time.Microsecond)       // the last of the first one's thirtieth day
		wantNames(t, names(t, s, acme.ID, store.RosterQuery{Group: store.Recent, Limit: 9}), []string{"Early Morning", "Late Evening"})
		wantCounts(t, s, acme.ID, map[store.Group]int{store.Recent: 2})
		env.Clock.Advance(time.Microsecond)
		wantNames(t, names(t, s, acme.ID, store.RosterQuery{Group: store.Recent, Limit: 9}), []string{"Early Morning"})
		wantCounts(t, s, acme.ID, map[store.Group]int{store.Recent: 1})
		env.Clock.Advance(day)
		wantNames(t, names(t, s, acme.ID, store.RosterQuery{Group: store.Recent, Limit: 9}), nil)
		wantCounts(t, s, acme.ID, map[store.Group]int{store.Recent: 0})
	})
}

func TestPagingGoesForwardAndBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		acme := storetest.Company(t, s)
		var people []string
		for i := range 23 {
			people = append(people, fmt.Sprintf("Person %02d", i))
			env.Clock.Advance(time.Second)
			storetest.Register(t, s, acme.ID, people[i])
		}
		newest := slices.Clone(people)
		slices.Reverse(newest)
		for _, tt := range []struct {
			query store.RosterQuery
			want  []string
		}{
			{store.RosterQuery{Group: store.All}, people},
			{store.RosterQuery{Group: store.OnNetwork("linkedin")}, people},
			{store.RosterQuery{Group: store.Recent}, newest},
			{store.RosterQuery{Group: store.All, Search: "person"}, people},
			{store.RosterQuery{Group: store.Recent, Search: "person"}, newest},
		} {
			t.Run(string(tt.query.Group)+tt.query.Search, func(t *testing.T) {
				q := tt.query
				q.Limit = 5
				var pages []store.Roster
				var seen []string
				for {
					r, err := s.Roster(t.Context(), acme.ID, q)
					if err != nil {
						t.Fatal(err)
					}
					if r.Matching != len(people) {
						t.Errorf("matching %d, want %d", r.Matching, len(people))
					}
					pages = append(pages, r)
					seen = append(seen, rowNames(r)...)
					if (r.Prev == "") != (len(pages) == 1) {
						t.Errorf("page %d: previous %q", len(pages), r.Prev)
					}
					if r.Next == "" {
						break
					}
					q.After = r.Next
				}
				wantNames(t, seen, tt.want)
				for i := len(pages) - 1; i > 0; i-- {
					q.After, q.Before = "", pages[i].Prev
					r, err := s.Roster(t.Context(), acme.ID, q)
					if err != nil {
						t.Fatal(err)
					}
					wantNames(t, rowNames(r), rowNames(pages[i-1]))
					if r.Next != pages[i-1].Next || r.Prev != pages[i-1].Prev {
						t.Errorf("back to page %d: other cursors than on the way there", i)
					}
				}
				q.Before, q.After = "", "no cursor at all!"
				r, err := s.Roster(t.Context(), acme.ID, q)
				if err != nil {
					t.Fatal(err)
				}
				wantNames(t, rowNames(r), tt.want[:5])
			})
		}
	})
}

func TestThePageStaysFullWhileItsPeopleAreRemoved(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		members := storetest.Register(t, s, acme.ID, "Person 1", "Person 2", "Person 3", "Person 4", "Person 5")
		q := store.RosterQuery{Group: store.All, Limit: 3}
		first, err := s.Roster(ctx, acme.ID, q)
		if err != nil {
			t.Fatal(err)
		}
		q.After = first.Next
		second, err := s.Roster(ctx, acme.ID, q)
		if err != nil {
			t.Fatal(err)
		}
		wantNames(t, rowNames(second), []string{"Person 3", "Person 4", "Person 5"})

		// All of the last page are removed: the page before it is shown.
		storetest.Remove(t, s, acme.ID, ana, members[2].ID, members[3].ID, members[4].ID)
		wantNames(t, names(t, s, acme.ID, q), []string{"Ana Lima", "Person 1", "Person 2"})
		// The page before has fewer people than fit: the first page is shown in full.
		q.After, q.Before = "", second.Prev
		storetest.Remove(t, s, acme.ID, ana, members[0].ID)
		wantNames(t, names(t, s, acme.ID, q), []string{"Ana Lima", "Person 2"})
	})
}

func TestSearchingFindsTheSameOnBothEngines(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		acme := storetest.Company(t, s)
		cast(t, s, env, acme.ID)
		storetest.Register(t, s, acme.ID, "Łódź Ström", "王小明", "Ann O'Brien", "Max 100%", "Snake_Case")
		for _, tt := range []struct {
			group  store.Group
			search string
			want   []string
		}{
			{store.All, "garcia", []string{"Bo García"}},
			{store.All, "GARCÍA bo", []string{"Bo García"}},
			{store.All, "arcia", nil},
			{store.All, "lodz", []string{"Łódź Ström"}},
			{store.All, "strom", []string{"Łódź Ström"}},
			{store.All, "王", []string{"王小明"}},
			{store.All, "小明", []string{"王小明"}},
			{store.All, "obrien", []string{"Ann O'Brien"}},
			{store.All, "acme an", []string{"Ana Lima", "Ann O'Brien"}},
			{store.All, "ann.o'brien@acme.example", []string{"Ann O'Brien"}},
			{store.All, "100%", []string{"Max 100%"}},
			{store.All, "snake_case", []string{"Snake_Case"}},
			{store.All, "snakexcase", nil},
			{store.All, "home", []string{"Ana Lima", "Ann O'Brien", "Bo García", "Max 100%", "Old Timer", "Snake_Case", "Łódź Ström", "王小明"}},
			{store.All, "%", nil},
			{store.All, "ian", nil}, // not registered
			{store.Admins, "acme", []string{"Ana Lima", "Zoë Ek"}},
			{store.Recruiters, "acme", []string{"Old Timer"}},
			{store.OnNetwork("facebook"), "faye", []string{"Faye Book"}},
			{store.OnNetwork("linkedin"), "faye", nil},
			{store.OnNetwork("photos2"), "acme", []string{"Bo García"}},
			{store.OnNetwork("photos2"), "faye", nil},
			{store.OnNetwork("photos"), "acme", nil},
			{store.OnNetwork("mastodon"), "acme", nil},
			{store.Disconnected, "ek", []string{"Zoë Ek"}},
			{store.Recent, "acme bo", []string{"Bo García", "Faye Book"}},
			{store.Recent, "old", nil},
			{store.Invited, "i", []string{"Ian Invited"}},
			{store.Unregistered, "acme", []string{"Ian Invited", "Nia New"}},
			{store.Unregistered, "bot", nil},
		} {
			r, err := s.Roster(t.Context(), acme.ID, store.RosterQuery{Group: tt.group, Search: tt.search, Limit: 50})
			if err != nil {
				t.Fatal(err)
			}
			got := rowNames(r)
			slices.Sort(got)
			if tt.group == store.Recent {
				got = rowNames(r)
			}
			if !slices.Equal(got, tt.want) || r.Matching != len(tt.want) {
				t.Errorf("%s %q: %q of %d, want %q", tt.group, tt.search, got, r.Matching, tt.want)
			}
		}
	})
}

// TestSearchingIsRightHoweverItIsDone compares searches in a company that is large enough for every way to search with going through
// all of its people.
func TestSearchingIsRightHoweverItIsDone(t *testing.T) {
	t.Parallel()
	skipLarge(t)
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		storetest.Fill(t, s, env, acme.ID, 24_000)
		wantCounts(t, s, acme.ID, nil)
		searches := []string{"maria", "maria garcia", "acme example", "s", "ann example", "an ma", "zz zz"}
		for _, g := range []store.Group{store.All, store.Recruiters, store.Admins, store.OnNetwork("facebook"), store.OnNetwork("mastodon"), store.Recent} {
			var everybody []string
			rows := map[string]store.RosterRow{}
			if err := s.WalkRoster(ctx, acme.ID, store.RosterQuery{Group: g}, func(r store.RosterRow) error {
				everybody = append(everybody, r.Person.ID)
				rows[r.Person.ID] = r
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			for _, search := range searches {
				var want []string
				for _, id := range everybody {
					if begins(rows[id], search) {
						want = append(want, id)
					}
				}
				checkSearch(t, s, acme.ID, store.RosterQuery{Group: g, Search: search, Limit: 100}, want)
			}
		}
	})
}

// skipLarge skips a test that fills a large company where that takes minutes. Such tests do one thing after the other.
func skipLarge(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("the race detector makes SQLite twenty times slower, and nothing here runs concurrently")
	}
	if testing.Short() {
		t.Skip("fills a large company")
	}
}

// begins decides by brute force, for people of Fill, whether each word of the search begins a word of the row.
func begins(r store.RosterRow, search string) bool {
	text := strings.ToLower(r.Person.Name + " " + r.Person.Handle + " " + r.Person.Email)
	text = strings.NewReplacer("í", "i", "ü", "u", "é", "e", "ö", "o", "ł", "l", "ó", "o", "ø", "o").Replace(text)
	text = " " + strings.NewReplacer("@", " ", ".", " ", "-", " ", "'", " ").Replace(text) + " " + strings.ReplaceAll(text, "'", "")
	for word := range strings.FieldsSeq(search) {
		if !strings.Contains(text, " "+word) {
			return false
		}
	}
	return true
}

// checkSearch goes through all pages, and back from the last one.
func checkSearch(t *testing.T, s *store.Store, companyID string, q store.RosterQuery, want []string) {
	t.Helper()
	var got []string
	for range 3 {
		r, err := s.Roster(t.Context(), companyID, q)
		if err != nil {
			t.Fatal(err)
		}
		if wantMatching := min(len(want), store.SelectionLimit); r.Matching != wantMatching || r.More != (len(want) > store.SelectionLimit) {
			t.Errorf("%s %q: %d matching, more: %v; want %d", q.Group, q.Search, r.Matching, r.More, len(want))
		}
		for _, row := range r.Rows {
			got = append(got, row.Person.ID)
		}
		if q.After = r.Next; r.Next == "" {
			break
		}
	}
	if !slices.Equal(got, want[:min(len(got), len(want))]) || (len(got) < len(want) && q.After == "") {
		t.Errorf("%s %q: the first %d rows are not those of %d that match", q.Group, q.Search, len(got), len(want))
	}
	if q.After == "" || len(got) < 2*q.Limit {
		return
	}
	back, err := s.Roster(t.Context(), companyID, store.RosterQuery{Group: q.Group, Search: q.Search, Limit: q.Limit, Before: q.After})
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range back.Rows {
		if row.Person.ID != got[len(got)-1-q.Limit+i] {
			t.Errorf("%s %q: another page on the way back", q.Group, q.Search)
			break
		}
	}
}

func TestAWalkEndsWithTheErrorOfItsCaller(t *testing.T) {
	t.Parallel()
	s, _ := storetest.Open(t)
	acme := storetest.Company(t, s)
	storetest.Register(t, s, acme.ID, "Ann Lee", "Bo Ek")
	enough := errors.New("enough")
	n := 0
	err := s.WalkRoster(t.Context(), acme.ID, store.RosterQuery{Group: store.All}, func(store.RosterRow) error { n++; return enough })
	if !errors.Is(err, enough) || n != 1 {
		t.Errorf("walked %d rows, %v; want one and the caller's error", n, err)
	}
}
