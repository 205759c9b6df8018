package store_test

import (
	"errors"
	"testing"

	"herald/store"
	"herald/store/storetest"
)

// Ann chose "Don't remind me". Her invitation says so, and is sent again only if an admin insists.
func TestAnInvitationIsNotResentToSomebodyWhoWantsNoReminders(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		w := newLinkWorld(t, s, env)
		w.delivered(t, "")
		w.check(t, s.OptOut(ctx, w.companyID, w.ann.SlackID))
		storetest.TakeJobs(t, env)
		i, err := s.ResendInvite(ctx, w.companyID, w.ana, w.invite.ID)
		if !errors.Is(err, store.ErrDeclined) || i.ID != w.invite.ID || i.SlackID != w.ann.SlackID {
			t.Errorf("resent: %+v, %v; want ErrDeclined", i, err)
		}
		if jobs := storetest.TakeJobs(t, env); len(jobs) != 0 {
			t.Errorf("messages go out: %v", jobs)
		}
		w.wantWorks(t, w.dm, nil)
		page, err := s.Invitations(ctx, w.companyID, store.InvitationsQuery{Limit: 10})
		if err != nil || len(page.Rows) != 1 || !page.Rows[0].NoReminders {
			t.Errorf("listed: %+v, %v", page.Rows, err)
		}
		roster, err := s.Roster(ctx, w.companyID, store.RosterQuery{Group: store.Invited, Limit: 10})
		if err != nil || len(roster.Rows) != 1 || !roster.Rows[0].Invite.NoReminders {
			t.Errorf("in User Management: %+v, %v", roster.Rows, err)
		}

		if _, err := s.ResendInviteAnyway(ctx, w.companyID, store.Actor{SlackID: w.ann.SlackID}, w.invite.ID); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("somebody else insists: %v, want ErrForbidden", err)
		}
		i, err = s.ResendInviteAnyway(ctx, w.companyID, w.ana, w.invite.ID)
		if err != nil || i.ID == w.invite.ID {
			t.Fatalf("Ana insists: %+v, %v", i, err)
		}
		if jobs := storetest.TakeJobs(t, env, store.JobInviteDM); len(jobs) != 1 || jobs[0].Ref != i.ID {
			t.Errorf("messages: %v", jobs)
		}
		if _, err := s.ResendInviteAnyway(ctx, w.companyID, w.ana, w.invite.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a second click: %v, want ErrNotFound", err)
		}
		if c, err := s.Candidate(ctx, w.companyID, w.ann.SlackID); err != nil || !c.Nudged.OptedOut {
			t.Errorf("reminders are on again: %+v, %v", c, err)
		}
		wantCounts(t, s, w.companyID, nil)
	})
}
