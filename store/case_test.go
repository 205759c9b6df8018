package store_test

import (
	"errors"
	"testing"

	"herald/store"
	"herald/store/storetest"
)

func TestAnOperatorDecidesACase(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		admin, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		m := storetest.Register(t, s, acme.ID, "Ed Lee", "Bo Ek")
		kinds(t, env)
		ops := store.Actor{SlackID: "U0OPS"}

		c, err := s.OpenCase(ctx, acme.ID, ana, m[0].ID, store.Admin, "She takes over hiring.")
		if err != nil || c.Status != store.CaseOpen || c.Member.Name != "Ed Lee" || c.From != store.Employee || c.To != store.Admin ||
			c.RequestedBy != ana.SlackID || !c.CreatedAt.Equal(env.Clock.Now()) || !c.DecidedAt.IsZero() {
			t.Fatalf("opened %+v, %v", c, err)
		}
		wantJobs(t, env, store.JobCaseCard)
		if again, err := s.OpenCase(ctx, acme.ID, ana, m[0].ID, store.Admin, "again"); !errors.Is(err, store.ErrExists) || again.ID != c.ID {
			t.Errorf("opened twice: %+v, %v; want ErrExists and the open one", again, err)
		}
		for name, tt := range map[string]struct {
			by     store.Actor
			member string
			to     store.MemberType
			want   error
		}{
			"by an employee":        {store.Actor{SlackID: m[1].SlackID}, m[1].ID, store.Admin, store.ErrForbidden},
			"about nobody":          {ana, "gone", store.Admin, store.ErrNotFound},
			"about no admin":        {ana, m[1].ID, store.Recruiter, store.ErrChanged},
			"to what he is":         {ana, m[1].ID, store.Employee, store.ErrChanged},
			"demote the last admin": {ana, admin.ID, store.Employee, store.ErrLastAdmin},
		} {
			if _, err := s.OpenCase(ctx, acme.ID, tt.by, tt.member, tt.to, ""); !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", name, err, tt.want)
			}
		}

		done, err := s.DecideCase(ctx, acme.ID, ops, c.ID, true, "")
		if err != nil || done.Status != store.CaseApproved || done.DecidedBy != "U0OPS" || done.Member.Type != store.Admin {
			t.Errorf("approved %+v, %v", done, err)
		}
		wantJobs(t, env, store.JobCaseDecided)
		late, err := s.DecideCase(ctx, acme.ID, ops, c.ID, false, "too late")
		if !errors.Is(err, store.ErrClosed) || late.Status != store.CaseApproved {
			t.Errorf("decided twice: %+v, %v; want ErrClosed and the case", late, err)
		}
		wantCounts(t, s, acme.ID, map[store.Group]int{store.Admins: 2})

		// There are two admins now: one may be demoted, but not both.
		first, err := s.OpenCase(ctx, acme.ID, ana, admin.ID, store.Employee, "")
		if err != nil {
			t.Fatal(err)
		}
		second, err := s.OpenCase(ctx, acme.ID, ana, m[0].ID, store.Employee, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.DecideCase(ctx, acme.ID, ops, first.ID, true, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := s.DecideCase(ctx, acme.ID, ops, second.ID, true, ""); !errors.Is(err, store.ErrLastAdmin) {
			t.Errorf("the second: %v, want ErrLastAdmin", err)
		}
		if declined, err := s.DecideCase(ctx, acme.ID, ops, second.ID, false, "somebody must stay"); err != nil || declined.Decision != "somebody must stay" {
			t.Errorf("declined %+v, %v", declined, err)
		}
		if _, err := s.DecideCase(ctx, acme.ID, ops, "none", true, ""); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("no case: %v, want ErrNotFound", err)
		}
	})
}

func TestACaseOvertakenByEvents(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		m := storetest.Register(t, s, acme.ID, "Ed Lee", "Bo Ek", "Gus Lee")
		open := func(member store.Member) store.Case {
			t.Helper()
			c, err := s.OpenCase(ctx, acme.ID, ana, member.ID, store.Admin, "")
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		changed, gone, guest := open(m[0]), open(m[1]), open(m[2])
		if _, err := s.SetType(ctx, acme.ID, ana, m[0].ID, store.Recruiter); err != nil {
			t.Fatal(err)
		}
		storetest.Remove(t, s, acme.ID, ana, m[1].ID)
		if err := s.MirrorPeople(ctx, acme.ID, []store.Person{{SlackID: m[2].SlackID, Name: "Gus Lee", Guest: true}}); err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct {
			c    store.Case
			want error
		}{
			"of another type by now": {changed, store.ErrChanged}, "removed": {gone, store.ErrNotFound}, "a guest": {guest, store.ErrNotEligible},
		} {
			if _, err := s.DecideCase(ctx, acme.ID, store.Actor{SlackID: "U0OPS"}, tt.c.ID, true, ""); !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", name, err, tt.want)
			}
		}
	})
}
