package store_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

func TestAThingHasOneUnfinishedJobOfAKind(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		leave := func(jobs ...store.Job) {
			t.Helper()
			if err := store.Leave(ctx, s, acme.ID, jobs...); err != nil {
				t.Fatal(err)
			}
		}
		welcome := store.Job{Kind: store.JobWelcomeDM, Ref: "ann"}
		wantTaken := func(when string, want ...store.Job) {
			t.Helper()
			var got []store.Job
			for _, j := range storetest.TakeJobs(t, env) {
				if j.CompanyID != acme.ID {
					t.Errorf("%s: a job of company %q", when, j.CompanyID)
				}
				got = append(got, store.Job{Kind: j.Kind, Ref: j.Ref})
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", when, got, want)
			}
		}
		leave(welcome, welcome)
		wantTaken("twice at once", welcome)
		leave(welcome, store.Job{Kind: store.JobCardsGone, Ref: "ann"})
		leave(welcome, store.Job{Kind: store.JobWelcomeDM, Ref: "bo"})
		wantTaken("one after the other", welcome, store.Job{Kind: store.JobCardsGone, Ref: "ann"}, store.Job{Kind: store.JobWelcomeDM, Ref: "bo"})
		leave(welcome)
		wantTaken("after it was done", welcome)
		woken := env.Woken()
		leave()
		wantTaken("none")
		if env.Woken() != woken {
			t.Error("nothing was left, and somebody is woken")
		}
	})
}

func TestTheJobsOfThePurgedAreForgotten(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		m := storetest.Register(t, s, acme.ID, "Bo Ek", "Cy Wu")
		// Whether they are done or not.
		if err := store.FinishJobs(t.Context(), s, m[0].ID); err != nil {
			t.Fatal(err)
		}
		if dump := storetest.Dump(t, env); !strings.Contains(dump, "completed") {
			t.Fatal("no job is done")
		}
		storetest.Remove(t, s, acme.ID, ana, m[0].ID, m[1].ID)
		for _, gone := range m {
			if strings.Contains(storetest.Dump(t, env), gone.ID) {
				t.Errorf("something about %s is left", gone.Name)
			}
		}
		wantJobs(t, env, store.JobErase, store.JobFarewellDM, store.JobFarewellDM, store.JobRemoval, store.JobRevocation, store.JobRevocation, store.JobWelcomeDM)
	})
}

func TestAJobCanBeDueLater(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		acme := storetest.Company(t, s)
		now := env.Clock.Now()
		tomorrow := now.Add(24 * time.Hour).In(time.FixedZone("", 3600))
		err := store.Leave(t.Context(), s, acme.ID, store.Job{Kind: store.JobWelcomeDM, Ref: "now"}, store.Job{Kind: store.JobWelcomeDM, Ref: "tomorrow", At: tomorrow})
		if err != nil {
			t.Fatal(err)
		}
		for i, j := range storetest.TakeJobs(t, env) {
			if want := []time.Time{now, tomorrow}[i]; !j.At.Equal(want) {
				t.Errorf("%s: due at %s, want %s", j.Ref, j.At, want)
			}
		}
	})
}

func TestJobsAreLeftWithTheirStateOrNotAtAll(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		wantJobs(t, env, store.JobWelcomeDM)
		nia := storetest.Mirror(t, s, acme.ID, "Nia New")[0].ID
		if _, err := s.Invite(ctx, acme.ID, store.Actor{SlackID: "U0STRANGER"}, []string{nia}, store.InviteOptions{}); !errors.Is(err, store.ErrForbidden) {
			t.Fatal(err)
		}
		wantJobs(t, env)
		if _, err := s.Invite(ctx, acme.ID, ana, []string{nia}, store.InviteOptions{}); err != nil {
			t.Fatal(err)
		}
		wantJobs(t, env, store.JobInviteDM)
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
		const mine, finished, elsewhere = "mine", "finished", "in progress elsewhere"
		begin := func(key, want, when string) {
			t.Helper()
			got := elsewhere
			switch ours, over, err := s.BeginEnvelope(ctx, key, time.Minute); {
			case err != nil:
				t.Errorf("%s: %v", when, err)
			case ours:
				got = mine
			case over:
				got = finished
			}
			if got != want {
				t.Errorf("%s: %s, want %s", when, got, want)
			}
		}
		begin("e1", mine, "the first time")
		begin("e1", elsewhere, "redelivered at once")
		begin("e2", mine, "another one")
		env.Clock.Advance(time.Minute)
		begin("e1", mine, "redelivered after a crash")
		begin("e1", elsewhere, "redelivered at once after that")
		if err := errors.Join(s.FinishEnvelope(ctx, "e1"), s.ReleaseEnvelope(ctx, "e1")); err != nil {
			t.Fatal(err)
		}
		env.Clock.Advance(time.Hour)
		begin("e1", finished, "redelivered after it was handled")
		begin("e2", mine, "after a crash, long ago")
		if err := s.ReleaseEnvelope(ctx, "e2"); err != nil {
			t.Fatal(err)
		}
		begin("e2", mine, "redelivered at once after it failed")

		var wg sync.WaitGroup
		var mu sync.Mutex
		claimed := 0
		for range 8 {
			wg.Go(func() {
				got, _, err := s.BeginEnvelope(ctx, "e3", time.Minute)
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
		begin("e1", mine, "a day later")
	})
}
