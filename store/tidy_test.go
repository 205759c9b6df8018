package store_test

import (
	"errors"
	"regexp"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

func TestTidyingLeavesWhatIsOfUse(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		bo := storetest.Register(t, s, acme.ID, "Bo Ek")[0]
		day := 24 * time.Hour
		age := map[string]time.Duration{
			"envelopes": day, "screens": day, "authorizations": store.AuthLife, "signups": store.SignupLife, "cards": 60 * day,
			"removals": day, "invites": store.InviteLife + 90*day,
		}
		fill := func() {
			t.Helper()
			_, _, err := s.BeginEnvelope(ctx, "e"+env.Clock.Now().String(), time.Minute)
			for _, err := range []error{
				err,
				second(s.OpenScreen(ctx, store.Screen{CompanyID: acme.ID, Viewer: ana.SlackID, Surface: store.OnMessage})),
				s.BeginAuthorization(ctx, store.Authorization{CompanyID: acme.ID}, "s"+env.Clock.Now().String(), "b"),
				second(s.Register(ctx, store.Authorization{CompanyID: acme.ID}, storetest.LinkedIn(env.Clock.Now().String()), nil)),
				s.SaveCard(ctx, acme.ID, store.JobCaseCard, env.Clock.Now().String(), store.Card{SlackID: "U1"}),
				second(s.ProposeRemoval(ctx, acme.ID, ana, "", []string{bo.ID})),
				second(s.SignupToken(ctx, acme.ID, "U"+env.Clock.Now().String())),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		rows := func(table string) int {
			t.Helper()
			return len(regexp.MustCompile(`(?m)^`+table+`: `).FindAllString(storetest.Dump(t, env), -1))
		}
		fill()
		if err := s.Tidy(ctx); err != nil {
			t.Fatal(err)
		}
		fresh := map[string]int{}
		for table := range age {
			fresh[table] = rows(table)
			if fresh[table] == 0 {
				t.Errorf("%s: tidied while of use", table)
			}
		}
		for table, life := range age {
			env.Clock.Advance(life + time.Second)
			if err := s.Tidy(ctx); err != nil {
				t.Fatal(err)
			}
			if left := rows(table); left != 0 {
				t.Errorf("%s: %d of %d rows left after %v", table, left, fresh[table], life)
			}
			fill()
		}
		wantCounts(t, s, acme.ID, map[store.Group]int{store.All: 2})
	})
}

func TestLoadedPeopleAreLikeRegisteredOnes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		now := env.Clock.Now()
		expired := storetest.LinkedIn("Cy Wu")
		expired.ExpiresAt = now.Add(-time.Second)
		entries := []store.Entry{
			{
				Person: store.Person{SlackID: "U1", Name: "Ann García", Email: "ann@acme.example"}, Type: store.Recruiter, Email: "ann@home.example",
				RegisteredAt: now.Add(-48 * time.Hour), Accounts: []store.Account{storetest.LinkedIn("Ann")},
			},
			{Person: store.Person{Name: "Cy Wu"}, Type: store.Employee, Email: "cy@out.example", RegisteredAt: now, Accounts: []store.Account{expired}},
			{Person: store.Person{SlackID: "U3", Name: "Nia New"}},
			{Person: store.Person{SlackID: "U4", Name: "Bot", Bot: true}},
		}
		if err := s.Load(ctx, acme.ID, entries); err != nil {
			t.Fatal(err)
		}
		wantCounts(t, s, acme.ID, map[store.Group]int{
			store.All: 2, store.Recruiters: 1, store.Employees: 1, store.OnNetwork("linkedin"): 1, store.Disconnected: 1, store.Recent: 2, store.Unregistered: 1,
		})
		wantNames(t, names(t, s, acme.ID, store.RosterQuery{Group: store.Recent, Limit: 5}), []string{"Cy Wu", "Ann García"})
		wantNames(t, names(t, s, acme.ID, store.RosterQuery{Group: store.All, Search: "home gar", Limit: 5}), []string{"Ann García"})
		m, err := s.MemberBySlackID(ctx, acme.ID, "U1")
		if err != nil || m.Type != store.Recruiter || len(m.Connections) != 1 || !m.RegisteredAt.Equal(now.Add(-48*time.Hour)) {
			t.Errorf("loaded %+v, %v", m, err)
		}
		storetest.Remove(t, s, acme.ID, store.Actor{CLI: true}, m.ID)
		wantCounts(t, s, acme.ID, map[store.Group]int{store.All: 1, store.Recent: 1})
		if err := s.Load(ctx, acme.ID, entries[2:3]); !errors.Is(err, store.ErrExists) {
			t.Errorf("loaded twice: %v, want ErrExists", err)
		}
		wantCounts(t, s, acme.ID, map[store.Group]int{store.Unregistered: 1})
	})
}
