package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"herald/store"
	"herald/store/storetest"
)

// resendsOld orders invitations that are older than a week to be sent again, and does so.
func resendsOld(ctx context.Context, s *store.Store, companyID string, by store.Actor, expected int) (int, error) {
	id, err := s.PlaceOrder(ctx, companyID, by, store.JobResendOld, store.Order{OrderDetails: store.OrderDetails{Days: 7, Expected: expected}})
	if err != nil {
		return 0, err
	}
	return s.ResendOrdered(ctx, companyID, id)
}

func TestAnOrderIsFilledOnceAndOnlyForWhomItMayBe(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		admin, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		_, ben := storetest.Admin(t, s, acme.ID, "Ben Bloom")
		people := storetest.Mirror(t, s, acme.ID, "Bo Ek", "Cy Wu")
		storetest.TakeJobs(t, env)
		place := func(by store.Actor, ids ...string) string {
			t.Helper()
			id, err := s.PlaceOrder(ctx, acme.ID, by, store.JobInvitePeople, store.Order{OrderDetails: store.OrderDetails{As: store.Recruiter, SlackIDs: ids}})
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		id := place(ana, people[0].SlackID)
		if jobs := storetest.TakeJobs(t, env); len(jobs) != 1 || jobs[0].Kind != store.JobInvitePeople || jobs[0].Ref != id {
			t.Errorf("left %+v", jobs)
		}
		outcomes, err := s.InviteOrdered(ctx, acme.ID, id, []string{people[0].ID})
		if err != nil || len(outcomes) != 1 || outcomes[0].Result != store.InviteSent {
			t.Errorf("invited %+v, %v", outcomes, err)
		}
		if _, err := s.InviteOrdered(ctx, acme.ID, id, []string{people[1].ID}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("filled twice: %v", err)
		}
		if _, err := s.PlaceOrder(ctx, acme.ID, store.Actor{SlackID: people[1].SlackID}, store.JobInvitePeople, store.Order{}); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("placed by somebody who may not: %v", err)
		}

		// Ana loses the right to it, and then her account; somebody who is in Ben's order does, too.
		late, theirs, shared := place(ana, people[1].SlackID), place(ana, people[1].SlackID), place(ben, admin.SlackID, people[1].SlackID)
		m, err := s.MemberBySlackID(ctx, acme.ID, admin.SlackID)
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.OpenCase(ctx, acme.ID, ben, m.ID, store.Employee, "She moves on.")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.DecideCase(ctx, acme.ID, store.Actor{CLI: true}, c.ID, true, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := s.InviteOrdered(ctx, acme.ID, late, []string{people[1].ID}); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("filled for somebody who may not any more: %v", err)
		}
		if _, err := s.Order(ctx, acme.ID, late); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("what was refused waits on: %v", err)
		}
		removal, err := s.ProposeRemoval(ctx, acme.ID, ben, "", []string{m.ID})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.ConfirmRemoval(ctx, acme.ID, ben, removal.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ExecuteRemoval(ctx, acme.ID, removal.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Order(ctx, acme.ID, theirs); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an order of somebody who was removed: %v", err)
		}
		o, err := s.Order(ctx, acme.ID, shared)
		if err != nil || !slices.Equal(o.SlackIDs, []string{people[1].SlackID}) {
			t.Errorf("Ben's order names %v, %v", o.SlackIDs, err)
		}
	})
}
