package store_test

import (
	"testing"

	"herald/store"
	"herald/store/storetest"
)

func TestTheRoundTrip(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Admin")
		people := storetest.Mirror(t, s, acme.ID, "Bo García", "Cy Wu")

		out, err := s.Invite(ctx, acme.ID, ana, []string{people[0].ID, people[1].ID})
		if err != nil || len(out) != 2 || out[0].Result != store.InviteSent {
			t.Fatalf("invite: %v %v", out, err)
		}
		_, token, err := s.OpenInvite(ctx, acme.ID, out[0].Invite.ID)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Register(ctx, store.Authorization{CompanyID: acme.ID, Token: token}, storetest.LinkedIn("Bo García"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got.Status != store.SignupActive || got.Member.Name != "Bo García" {
			t.Fatalf("got %+v", got)
		}
		r, err := s.Roster(ctx, acme.ID, store.RosterQuery{Search: "garcia", Group: store.All, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Rows) != 1 || r.Rows[0].Person.Name != "Bo García" || r.Matching != 1 {
			t.Fatalf("got %+v", r)
		}
		r, err = s.Roster(ctx, acme.ID, store.RosterQuery{Group: store.All, Limit: 10})
		if err != nil || len(r.Rows) != 2 {
			t.Fatalf("got %+v %v", r, err)
		}
		if _, err := s.SetType(ctx, acme.ID, ana, got.Member.ID, store.Recruiter); err != nil {
			t.Fatal(err)
		}
		c, _ := s.Counts(ctx, acme.ID)
		rc, err := s.Recount(ctx, acme.ID)
		t.Log(c, rc, err)
		rem := storetest.Remove(t, s, acme.ID, ana, got.Member.ID)
		if rem.Removed != 1 {
			t.Fatal(rem)
		}
	})
}
