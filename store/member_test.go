package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

func TestUserTypesAreChangedByAdmins(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		admin, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		ed := storetest.Register(t, s, acme.ID, "Ed Lee")[0]
		env.Clock.Advance(time.Second)
		m, err := s.SetType(ctx, acme.ID, ana, ed.ID, store.Recruiter)
		if err != nil || m.Type != store.Recruiter {
			t.Errorf("%+v, %v; want a recruiter", m, err)
		}
		wantCounts(t, s, acme.ID, map[store.Group]int{store.Recruiters: 1, store.Employees: 0})
		if m, err := s.SetType(ctx, acme.ID, ana, ed.ID, store.Recruiter); err != nil || m.Type != store.Recruiter {
			t.Errorf("the type he has: %+v, %v", m, err)
		}
		for _, tt := range []struct {
			name   string
			by     store.Actor
			member string
			to     store.MemberType
			want   error
		}{
			{"to admin", ana, ed.ID, store.Admin, store.ErrNeedsApproval},
			{"from admin", ana, admin.ID, store.Employee, store.ErrNeedsApproval},
			{"somebody who is gone", ana, "gone", store.Recruiter, store.ErrNotFound},
			{"by a recruiter", store.Actor{SlackID: ed.SlackID}, ed.ID, store.Employee, store.ErrForbidden},
			{"by nobody", store.Actor{}, ed.ID, store.Employee, store.ErrForbidden},
		} {
			if _, err := s.SetType(ctx, acme.ID, tt.by, tt.member, tt.to); !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
			}
		}
		if _, err := s.SetType(ctx, acme.ID, ana, ed.ID, "king"); err == nil {
			t.Error("there are no kings")
		}
		if got, err := s.Member(ctx, acme.ID, ed.ID); err != nil || got.Type != store.Recruiter || got.Handle != "ed.lee" {
			t.Errorf("in the end %+v, %v", got, err)
		}
		events, _, err := s.Audit(ctx, acme.ID, "", 10)
		if err != nil || events[0].Action != store.AuditTypeChanged || events[0].From != store.Employee || events[0].To != store.Recruiter ||
			events[0].Actor.Name != "Ana Lima" || events[0].Subject.Name != "Ed Lee" {
			t.Errorf("audit %+v, %v", events[0], err)
		}
	})
}

func TestTheFirstAdminComesFromTheCommandLine(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		cli := store.Actor{CLI: true}
		people := storetest.Mirror(t, s, acme.ID, "Ann Lee", "Bo Ek")
		m, err := s.GrantAdmin(ctx, acme.ID, cli, people[0].SlackID)
		if err != nil || m.Type != store.Admin || len(m.Connections) != 0 || m.Email != "ann.lee@acme.example" {
			t.Errorf("granted %+v, %v", m, err)
		}
		if again, err := s.GrantAdmin(ctx, acme.ID, cli, people[0].SlackID); err != nil || again.ID != m.ID {
			t.Errorf("granted again %+v, %v", again, err)
		}
		if _, err := s.GrantAdmin(ctx, acme.ID, store.Actor{SlackID: people[1].SlackID}, people[1].SlackID); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("granted by oneself: %v, want ErrForbidden", err)
		}
		if _, err := s.GrantAdmin(ctx, acme.ID, cli, "U0STRANGER"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a stranger: %v, want ErrNotFound", err)
		}
		if err := s.MirrorPeople(ctx, acme.ID, []store.Person{{SlackID: "UGUEST", Guest: true}}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.GrantAdmin(ctx, acme.ID, cli, "UGUEST"); !errors.Is(err, store.ErrNotEligible) {
			t.Errorf("a guest: %v, want ErrNotEligible", err)
		}
		admins, err := s.Admins(ctx, acme.ID, 5)
		if err != nil || len(admins) != 1 || admins[0].Name != "Ann Lee" {
			t.Errorf("admins %+v, %v", admins, err)
		}
		wantCounts(t, s, acme.ID, map[store.Group]int{store.All: 1, store.Admins: 1, store.Disconnected: 1})
	})
}

func TestAdminsAreThoseWhoCanAct(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		_, zoe := storetest.Admin(t, s, acme.ID, "Zoe Ek")
		mirror := func(p store.Person) {
			t.Helper()
			if err := s.MirrorPeople(ctx, acme.ID, []store.Person{p}); err != nil {
				t.Fatal(err)
			}
		}
		signup, err := s.Register(ctx, store.Authorization{CompanyID: acme.ID, Email: "out@else.example"}, storetest.LinkedIn("Out Sider"), nil)
		if err != nil {
			t.Fatal(err)
		}
		ops := store.Actor{SlackID: "UOPS", Operator: true}
		for _, p := range []struct {
			store.Person
			want []string
		}{
			{store.Person{SlackID: ana.SlackID, Name: "Ana Lima"}, []string{"Ana Lima", "Zoe Ek"}},
			{store.Person{SlackID: zoe.SlackID, Name: "Zoe Ek", Deactivated: true}, []string{"Ana Lima"}},
			{store.Person{SlackID: ana.SlackID, Name: "Ana Lima", Guest: true}, nil},
		} {
			mirror(p.Person)
			admins, err := s.Admins(ctx, acme.ID, 5)
			var got []string
			for _, a := range admins {
				got = append(got, a.Name)
			}
			if err != nil || !slices.Equal(got, p.want) {
				t.Errorf("admins %q, %v; want %q", got, err, p.want)
			}
			if p.want == nil {
				break
			}
			if _, err := s.DecideSignup(ctx, acme.ID, ops, signup.ID, true); !errors.Is(err, store.ErrForbidden) {
				t.Errorf("an operator admits somebody where admins can: %v, want ErrForbidden", err)
			}
		}
		if _, err := s.DecideSignup(ctx, acme.ID, store.Actor{SlackID: "UOPS"}, signup.ID, true); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("anybody admits somebody: %v, want ErrForbidden", err)
		}
		if got, err := s.DecideSignup(ctx, acme.ID, ops, signup.ID, true); err != nil || got.Member == nil {
			t.Errorf("an operator where no admin can act: %+v, %v", got, err)
		}
	})
}

func TestAMemberConnectsAnotherNetwork(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		m := storetest.Register(t, s, acme.ID, "Ann Lee", "Bo Ek")
		facebook := store.Account{Network: "facebook", Subject: "fb", Token: "1", ExpiresAt: env.Clock.Now().Add(time.Hour), CompanyPage: "Acme Jobs"}
		if err := s.Connect(ctx, acme.ID, m[0].ID, facebook); err != nil {
			t.Fatal(err)
		}
		if err := s.Connect(ctx, acme.ID, m[1].ID, facebook); !errors.Is(err, store.ErrTaken) {
			t.Errorf("the same account for Bo: %v, want ErrTaken", err)
		}
		if err := s.Connect(ctx, acme.ID, "gone", facebook); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("somebody who is gone: %v, want ErrNotFound", err)
		}
		env.Clock.Advance(2 * time.Hour)
		if _, err := s.ExpireConnections(ctx, 10); err != nil {
			t.Fatal(err)
		}
		wantCounts(t, s, acme.ID, map[store.Group]int{store.OnNetwork("facebook"): 0, store.Disconnected: 0, store.OnNetwork("linkedin"): 2})
		facebook.ExpiresAt = time.Time{}
		if err := s.Connect(ctx, acme.ID, m[0].ID, facebook); err != nil {
			t.Fatalf("renewed: %v", err)
		}
		wantCounts(t, s, acme.ID, map[store.Group]int{store.OnNetwork("facebook"): 1})
		got, err := s.MemberBySlackID(ctx, acme.ID, m[0].SlackID)
		if err != nil || len(got.Connections) != 2 || got.Connections[0].Network != "facebook" || got.Connections[0].CompanyPage != "Acme Jobs" {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestARenamedMemberMovesInTheList(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		acme := storetest.Company(t, s)
		storetest.Register(t, s, acme.ID, "Ann Lee", "Bo Ek")
		if err := s.MirrorPeople(t.Context(), acme.ID, []store.Person{{SlackID: storetest.SlackID("Ann Lee"), Name: "Zoe Lee"}}); err != nil {
			t.Fatal(err)
		}
		for _, g := range []store.Group{store.All, store.Employees, store.OnNetwork("linkedin")} {
			wantNames(t, names(t, s, acme.ID, store.RosterQuery{Group: g, Limit: 5}), []string{"Bo Ek", "Zoe Lee"})
		}
		wantNames(t, names(t, s, acme.ID, store.RosterQuery{Group: store.All, Search: "zoe", Limit: 5}), []string{"Zoe Lee"})
		wantNames(t, names(t, s, acme.ID, store.RosterQuery{Group: store.All, Search: "ann.lee", Limit: 5}), nil)
		wantNames(t, names(t, s, acme.ID, store.RosterQuery{Group: store.All, Search: "ann-lee@home", Limit: 5}), []string{"Zoe Lee"})
	})
}
