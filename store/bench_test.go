package store_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

// benchMembers is how large the company of the benchmarks is: HERALD_BENCH_MEMBERS, or 10,000.
func benchMembers(b *testing.B) int {
	b.Helper()
	text := os.Getenv("HERALD_BENCH_MEMBERS")
	if text == "" {
		return 10_000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		b.Fatalf("HERALD_BENCH_MEMBERS: %v", err)
	}
	return n
}

// benchEach runs fn on a filled company on each engine, or on the one of HERALD_BENCH_ENGINE.
func benchEach(b *testing.B, fn func(b *testing.B, s *store.Store, companyID string)) {
	b.Helper()
	n := benchMembers(b)
	for _, engine := range []struct {
		name string
		open func(testing.TB) (*store.Store, *storetest.Env)
	}{{"sqlite", storetest.Open}, {"postgres", storetest.OpenPostgres}} {
		if only := os.Getenv("HERALD_BENCH_ENGINE"); only != "" && only != engine.name {
			continue
		}
		b.Run(fmt.Sprintf("%s/members=%d", engine.name, n), func(b *testing.B) {
			s, env := engine.open(b)
			acme := storetest.Company(b, s)
			began := time.Now()
			storetest.Fill(b, s, env, acme.ID, n)
			b.Logf("filled with %d people in %v", n, time.Since(began).Round(time.Millisecond))
			fn(b, s, acme.ID)
		})
	}
}

// BenchmarkCompany measures what depends on the size of a company, on one that is filled once.
func BenchmarkCompany(b *testing.B) {
	benchEach(b, func(b *testing.B, s *store.Store, companyID string) {
		b.Helper()
		b.Run("counts", func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Counts(b.Context(), companyID); err != nil {
					b.Fatal(err)
				}
			}
		})
		for _, g := range store.Groups("linkedin", "facebook") {
			b.Run("page/"+string(g), func(b *testing.B) { benchPage(b, s, companyID, store.RosterQuery{Group: g}) })
		}
		deep := deepCursor(b, s, companyID)
		b.Run("page/deep", func(b *testing.B) { benchPage(b, s, companyID, store.RosterQuery{Group: store.All, After: deep}) })
		for _, search := range []string{
			"maria7.", "garcia", "zu", "s", "maria garcia", "maria", "ma s", "ba ko", "ann example", "acme example", "s acme", "zzz",
		} {
			for _, g := range []store.Group{store.All, store.Recruiters, store.Admins, store.OnNetwork("facebook"), store.Recent, store.Disconnected} {
				b.Run("search/"+strings.ReplaceAll(search, " ", "+")+"/"+string(g), func(b *testing.B) {
					benchPage(b, s, companyID, store.RosterQuery{Group: g, Search: search})
				})
			}
		}
		b.Run("remove-1000", func(b *testing.B) { benchRemoval(b, s, companyID, 1000) })
	})
}

func benchPage(b *testing.B, s *store.Store, companyID string, q store.RosterQuery) {
	b.Helper()
	q.Limit = 12
	matching := 0
	for b.Loop() {
		r, err := s.Roster(b.Context(), companyID, q)
		if err != nil {
			b.Fatal(err)
		}
		matching = r.Matching
	}
	b.ReportMetric(float64(matching), "matching")
}

// deepCursor returns a cursor in the middle of the list.
func deepCursor(b *testing.B, s *store.Store, companyID string) string {
	b.Helper()
	r, err := s.Roster(b.Context(), companyID, store.RosterQuery{Group: store.All, Search: "garcia", Limit: 100})
	if err != nil {
		b.Fatal(err)
	}
	if r.Next == "" {
		b.Fatal("a company too small for a deep page")
	}
	return r.Next
}

// benchRemoval removes n members in each round, as long as there are any.
func benchRemoval(b *testing.B, s *store.Store, companyID string, n int) {
	b.Helper()
	cli := store.Actor{CLI: true}
	after := ""
	for b.Loop() {
		b.StopTimer()
		var ids []string
		for len(ids) < n {
			r, err := s.Roster(b.Context(), companyID, store.RosterQuery{Group: store.Employees, After: after, Limit: 100})
			if err != nil {
				b.Fatal(err)
			}
			for _, row := range r.Rows {
				ids = append(ids, row.Member.ID)
			}
			if after = r.Next; after == "" {
				b.Skip("nobody left to remove")
			}
		}
		r, err := s.ProposeRemoval(b.Context(), companyID, cli, "", ids[:n])
		if err != nil {
			b.Fatal(err)
		}
		if r, err = s.ConfirmRemoval(b.Context(), companyID, cli, r.ID); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if _, err := s.ExecuteRemoval(b.Context(), companyID, r.ID); err != nil {
			b.Fatal(err)
		}
	}
}
