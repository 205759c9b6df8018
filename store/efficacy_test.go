package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"herald/nudge"
	"herald/store"
	"herald/store/storetest"
)

// TestTheCountersOfRemindersSayWhatTheRemindersSay lives through months of reminders, sign-ups and removals, and sums the reminders up after
// each step, person by person.
func TestTheCountersOfRemindersSayWhatTheRemindersSay(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		seed := rand.Uint64()
		random := rand.New(rand.NewPCG(seed, 0))
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		var names []string
		for i := range 8 {
			names = append(names, fmt.Sprintf("Nia New%d", i))
		}
		people := storetest.Mirror(t, s, acme.ID, names...)
		settings := tuesdays()
		settings.Cap, settings.Spacing = nudge.MaxCap, 1
		must(s.SaveReminders(ctx, acme.ID, ana, settings))

		credited, most := 0, 0
		agree := func(after string) {
			t.Helper()
			want := nudge.Efficacy{Credit: nudge.DefaultCredit}
			because := map[string]int{}
			histories, runsOf, err := store.SentNudges(ctx, s, acme.ID)
			must(err)
			for person, h := range histories {
				want.Add(h, env.Clock.Now())
				if i, ok := h.Credited(nudge.DefaultCredit); ok {
					because[runsOf[person][i]]++
					credited++
				}
				most = max(most, len(h.Reminders))
			}
			got, err := s.Efficacy(ctx, acme.ID)
			must(err)
			if !slices.Equal(got.Attempts(), want.Attempts()) {
				t.Fatalf("seed %d: after %s the counters say %+v, the reminders %+v", seed, after, got.Attempts(), want.Attempts())
			}
			runs, err := s.ReminderRuns(ctx, acme.ID, 100)
			must(err)
			for _, r := range runs {
				if r.SignedUp != because[r.ID] {
					t.Fatalf("seed %d: after %s a run has %d sign-ups, its reminders %d", seed, after, r.SignedUp, because[r.ID])
				}
			}
		}
		signUp := func(p store.Person) {
			token, err := s.SignupToken(ctx, acme.ID, p.SlackID)
			must(err)
			_, err = s.Register(ctx, store.Authorization{CompanyID: acme.ID, Token: token}, storetest.LinkedIn(p.Name), nil)
			must(err)
		}
		var members []string
		for step := range 40 {
			env.Clock.Advance(time.Duration(random.Int64N(int64(4 * 24 * time.Hour))))
			agree("some days")
			switch choice := random.IntN(10); {
			case choice < 7:
				run, err := s.RunReminders(ctx, acme.ID, ana)
				must(err)
				run = plans(t, s, acme.ID, run.ID)
				for run.Busy() {
					var next time.Time
					run, next, err = s.FeedReminders(ctx, acme.ID, run.ID)
					must(err)
					queued, err := store.QueuedNudges(ctx, s, run.ID)
					must(err)
					for _, id := range queued {
						env.Clock.Advance(time.Duration(random.Int64N(int64(20 * time.Minute))))
						if random.IntN(3) == 0 {
							must(s.HoldNudge(ctx, acme.ID, id, nudge.Away))
							continue
						}
						for range 2 { // recording it is harmless to repeat
							must(s.NudgeSent(ctx, acme.ID, id))
						}
					}
					if !next.IsZero() {
						env.Clock.Advance(max(0, next.Sub(env.Clock.Now())))
					}
				}
				agree("a run")
			case choice < 9 && len(people) > 0 && step > 6:
				p := people[0]
				people = people[1:]
				signUp(p)
				m, err := s.MemberBySlackID(ctx, acme.ID, p.SlackID)
				must(err)
				members = append(members, m.ID)
				agree("a sign-up")
			case len(members) > 1:
				storetest.Remove(t, s, acme.ID, ana, members[0])
				members = members[1:]
				agree("a removal")
			}
		}
		// Two people, one who signs up because of their reminder, and one while it is on its way.
		pair := storetest.Mirror(t, s, acme.ID, "Kim Keen", "Lou Late")
		env.Clock.Advance(time.Hour)
		run, err := s.RunReminders(ctx, acme.ID, ana)
		must(err)
		plans(t, s, acme.ID, run.ID)
		for i, p := range pair {
			id, err := store.NudgeOf(ctx, s, p.ID)
			must(err)
			if i == 1 {
				signUp(p)
				env.Clock.Advance(time.Minute)
			}
			must(s.NudgeSent(ctx, acme.ID, id))
			env.Clock.Advance(time.Hour)
			if i == 0 {
				signUp(p)
			}
			agree(p.Name)
		}
		if credited == 0 || most < 4 {
			t.Errorf("seed %d: %d sign-ups were credited, and nobody got more than %d reminders: this shows little", seed, credited, most)
		}

		// An upgrade counts what was sent before.
		const version = 24
		pending := func() bool {
			steps, err := s.MigrationStatus(ctx)
			must(err)
			return slices.ContainsFunc(steps, func(m store.Migration) bool { return m.Version == version && m.AppliedAt.IsZero() })
		}
		for !pending() {
			must(s.MigrateDown(ctx))
		}
		must(s.Migrate(ctx))
		agree("an upgrade")
		must(s.PauseReminders(ctx, acme.ID, ana, true))
		env.Clock.Advance(3 * 365 * 24 * time.Hour)
		must(s.Tidy(ctx))
		agree("three years")
	})
}
