package store_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

func TestEachJobGoesToOneWorker(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		var people []string
		for _, p := range storetest.Mirror(t, s, acme.ID, "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L") {
			people = append(people, p.ID)
		}
		if _, err := s.Invite(ctx, acme.ID, store.Actor{CLI: true}, people); err != nil {
			t.Fatal(err)
		}
		var (
			wg      sync.WaitGroup
			mu      sync.Mutex
			claimed []string
		)
		for range 6 {
			wg.Go(func() {
				for {
					jobs, err := s.ClaimJobs(ctx, 3, time.Minute, allKinds()...)
					if err != nil {
						t.Error(err)
						return
					}
					if len(jobs) == 0 {
						return
					}
					mu.Lock()
					for _, j := range jobs {
						claimed = append(claimed, j.ID)
						if j.Attempt != 1 || j.CompanyID != acme.ID || j.Ref == "" {
							t.Errorf("job %+v", j)
						}
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		slices.Sort(claimed)
		if len(claimed) != len(people) || len(slices.Compact(claimed)) != len(people) {
			t.Errorf("claimed %d jobs, want each of %d once", len(claimed), len(people))
		}

		// A lease runs out, a job is put off, the others are done.
		if err := s.RetryJob(ctx, claimed[0], env.Clock.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		for _, id := range claimed[2:] {
			if err := s.FinishJob(ctx, id); err != nil {
				t.Fatal(err)
			}
		}
		env.Clock.Advance(time.Minute)
		wantClaim := func(id string, attempt int) {
			t.Helper()
			jobs, err := s.ClaimJobs(ctx, 10, time.Minute, allKinds()...)
			if err != nil || len(jobs) != 1 || jobs[0].ID != id || jobs[0].Attempt != attempt {
				t.Errorf("claimed %+v, %v; want %s for the %d. time", jobs, err, id, attempt)
			}
		}
		wantClaim(claimed[1], 2)
		if err := s.FinishJob(ctx, claimed[1]); err != nil {
			t.Fatal(err)
		}
		env.Clock.Advance(time.Hour)
		wantClaim(claimed[0], 2)
	})
}

func TestJobsAreClaimedByKind(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima") // leaves a welcome
		env.Clock.Advance(time.Second)
		if _, err := s.Invite(ctx, acme.ID, ana, []string{storetest.Mirror(t, s, acme.ID, "Nia New")[0].ID}); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			kinds []store.JobKind
			want  int
		}{
			{nil, 0},
			{[]store.JobKind{store.JobRemoval}, 0},
			{[]store.JobKind{store.JobInviteDM}, 1},
			{[]store.JobKind{store.JobInviteDM, store.JobWelcomeDM}, 1},
		} {
			jobs, err := s.ClaimJobs(ctx, 10, time.Minute, tt.kinds...)
			if err != nil || len(jobs) != tt.want {
				t.Errorf("of %v: %v, %v; want %d", tt.kinds, jobs, err, tt.want)
			}
		}
	})
}

func TestCardsAreRememberedForEachRecipient(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		save := func(c store.Card) {
			t.Helper()
			if err := s.SaveCard(ctx, acme.ID, store.JobCaseCard, "case", c); err != nil {
				t.Fatal(err)
			}
			env.Clock.Advance(time.Second)
		}
		save(store.Card{SlackID: "U1", Channel: "D1", TS: "1"})
		save(store.Card{SlackID: "U2", Channel: "D2", TS: "2"})
		save(store.Card{SlackID: "U1", Channel: "D1", TS: "3"}) // sent again
		got, err := s.Cards(ctx, acme.ID, store.JobCaseCard, "case")
		want := []store.Card{{SlackID: "U2", Channel: "D2", TS: "2"}, {SlackID: "U1", Channel: "D1", TS: "3"}}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("cards %+v, %v; want %+v", got, err, want)
		}
		if other, err := s.Cards(ctx, acme.ID, store.JobApprovalCard, "case"); err != nil || len(other) != 0 {
			t.Errorf("cards of another kind %+v, %v", other, err)
		}
		// Whoever closed the first message to U1 knows nothing of the second.
		for _, c := range []store.Card{{SlackID: "U1", Channel: "D1", TS: "1"}, {SlackID: "U2", Channel: "D2", TS: "2"}} {
			if err := s.DropCard(ctx, acme.ID, store.JobCaseCard, "case", c); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := s.Cards(ctx, acme.ID, store.JobCaseCard, "case"); err != nil || !slices.Equal(got, want[1:]) {
			t.Errorf("after dropping two %+v, %v; want %+v", got, err, want[1:])
		}
		if err := s.DropCards(ctx, acme.ID, store.JobCaseCard, "case"); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Cards(ctx, acme.ID, store.JobCaseCard, "case"); err != nil || len(got) != 0 {
			t.Errorf("after that %+v, %v", got, err)
		}
	})
}

func TestAnEnvelopeIsHandledOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		begin := func(key string, want bool, when string) {
			t.Helper()
			if got, err := s.BeginEnvelope(ctx, key, time.Minute); err != nil || got != want {
				t.Errorf("%s: %v, %v; want %v", when, got, err, want)
			}
		}
		begin("e1", true, "the first time")
		begin("e1", false, "redelivered at once")
		begin("e2", true, "another one")
		env.Clock.Advance(time.Minute)
		begin("e1", true, "redelivered after a crash")
		begin("e1", false, "redelivered at once after that")
		if err := s.FinishEnvelope(ctx, "e1"); err != nil {
			t.Fatal(err)
		}
		env.Clock.Advance(time.Hour)
		begin("e1", false, "redelivered after it was handled")

		var wg sync.WaitGroup
		var mu sync.Mutex
		claimed := 0
		for range 8 {
			wg.Go(func() {
				got, err := s.BeginEnvelope(ctx, "e3", time.Minute)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if got {
					claimed++
				}
			})
		}
		wg.Wait()
		if claimed != 1 {
			t.Errorf("claimed %d times at once, want once", claimed)
		}
		env.Clock.Advance(25 * time.Hour)
		if err := s.Tidy(ctx); err != nil {
			t.Fatal(err)
		}
		begin("e1", true, "a day later")
	})
}
