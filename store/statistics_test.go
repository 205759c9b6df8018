package store_test

import (
	"slices"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

func TestStatistics(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		p := storetest.Mirror(t, s, acme.ID, "Bo Ek", "Cy Wu", "Di Fox", "Ed Gil")
		ids := make([]string, len(p))
		for i := range p {
			ids[i] = p[i].ID
		}
		out, err := s.Invite(ctx, acme.ID, ana, ids, store.InviteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		storetest.Register(t, s, acme.ID, "Bo Ek")
		if err := s.InviteDelivered(ctx, acme.ID, out[1].Invite.ID, "cannot_dm_bot"); err != nil {
			t.Fatal(err)
		}
		if err := s.CancelInvite(ctx, acme.ID, ana, out[2].Invite.ID); err != nil {
			t.Fatal(err)
		}
		check := func(invitations ...store.Statistic) {
			t.Helper()
			all, err := s.Statistics(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if want := []store.Statistic{{Name: "admin", N: 1}, {Name: "employee", N: 1}}; !slices.Equal(all.Members, want) {
				t.Errorf("members %+v, want %+v", all.Members, want)
			}
			if !slices.Equal(all.Invitations, invitations) {
				t.Errorf("invitations %+v, want %+v", all.Invitations, invitations)
			}
			if !slices.Contains(all.Jobs, store.Statistic{Name: "invite_dm", State: "available", N: 4}) {
				t.Errorf("jobs %+v, want four invitations", all.Jobs)
			}
		}
		check(store.Statistic{Name: "accepted", N: 1}, store.Statistic{Name: "failed", N: 1}, store.Statistic{Name: "pending", N: 1})
		env.Clock.Advance(store.DefaultLinkDays * 24 * time.Hour)
		if err := s.Tidy(ctx); err != nil {
			t.Fatal(err)
		}
		check(store.Statistic{Name: "accepted", N: 1}, store.Statistic{Name: "expired", N: 1}, store.Statistic{Name: "failed", N: 1})
	})
}
