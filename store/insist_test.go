package store_test

import (
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

// Whoever was removed or left is known again once an admin insists, and still not invited by accident, however that invitation ends.
func TestInsistingOnceDoesNotForgetADeparture(t *testing.T) {
	t.Parallel()
	for _, story := range []struct {
		name   string
		never  bool
		insist func(t *testing.T, w mailWorld, draft store.EmailDraft)
		ends   func(t *testing.T, w mailWorld, inviteID string)
		want   store.Departure
	}{
		{"invited by DM and cancelled", true, insistByDM, cancels, store.Departure{Reason: store.DepartedNever}},
		{"invited by DM and ran out", true, insistByDM, runsOut, store.Departure{Reason: store.DepartedNever}},
		{"invited by mail and cancelled", true, insistByMail, cancels, store.Departure{Reason: store.DepartedNever}},
		{"removed, invited by DM and cancelled", false, insistByDM, cancels, store.Departure{Reason: store.DepartedRemoved}},
	} {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
				ctx := t.Context()
				w := newMailWorld(t, s, env)
				story.want.Day = env.Clock.Now().Truncate(24 * time.Hour)
				bo := storetest.Register(t, s, w.companyID, "Bo")[0]
				if story.never {
					by := store.Actor{SlackID: bo.SlackID}
					r, err := s.ProposeRemoval(ctx, w.companyID, by, "", []string{bo.ID})
					w.check(t, err)
					w.check(t, s.SetNever(ctx, w.companyID, by, r.ID, true))
					w.check(t, second(s.ConfirmRemoval(ctx, w.companyID, by, r.ID)))
					w.check(t, second(s.ExecuteRemoval(ctx, w.companyID, r.ID)))
				} else {
					storetest.Remove(t, s, w.companyID, w.ana, bo.ID)
				}
				story.insist(t, w, w.draft(t, w.ana, time.Time{}, w.bo.Email))
				p, err := s.PersonBySlackID(ctx, w.companyID, bo.SlackID)
				if err != nil {
					t.Fatalf("Herald knows Bo again: %v", err)
				}
				if a, err := s.Access(ctx, w.companyID, bo.SlackID); err != nil || a.Forgotten || a.Person == nil {
					t.Errorf("Bo's access: %+v, %v", a, err)
				}
				w.check(t, s.SaveMessage(ctx, w.companyID, store.Card{SlackID: bo.SlackID, Channel: "D1", TS: "1"}))
				open, err := s.Invitations(ctx, w.companyID, store.InvitationsQuery{State: store.StatePending, Limit: 5})
				if err != nil || len(open.Rows) != 1 {
					t.Fatalf("open invitations: %+v, %v", open.Rows, err)
				}
				story.ends(t, w, open.Rows[0].ID)

				// The directory goes on, even with another address.
				moved := store.Person{SlackID: bo.SlackID, Name: "Bo Newname", Email: "bo.newname@acme.example"}
				w.check(t, s.MirrorPeople(ctx, w.companyID, []store.Person{moved}))
				if got, err := s.PersonBySlackID(ctx, w.companyID, bo.SlackID); err != nil || got.Name != moved.Name {
					t.Errorf("Bo is mirrored as %+v, %v", got, err)
				}
				storetest.TakeJobs(t, env)
				plan, err := s.ProposeRun(ctx, w.companyID, w.ana, store.Audience{Everyone: true, SlackIDs: []string{bo.SlackID}}, "")
				if err != nil || plan.Total != 0 || plan.Declined+plan.Departed != 1 || (plan.Declined == 1) != story.never {
					t.Errorf("a run is for %+v, %v", plan, err)
				}
				out, err := s.Invite(ctx, w.companyID, w.ana, []string{p.ID}, store.InviteOptions{})
				if err != nil || len(out) != 1 || out[0].Result != store.InviteDeparted || out[0].Departure != story.want {
					t.Errorf("invited: %+v, %v", out, err)
				}
				if got := w.results(t, w.bo.Email, moved.Email); got != "never never" {
					t.Errorf("by email: %s", got)
				}
				if jobs := storetest.TakeJobs(t, env, store.JobInviteDM, store.JobInviteEmail); len(jobs) != 0 {
					t.Errorf("messages go out: %v", jobs)
				}

				// Once they come back by themselves, nothing of it is kept.
				joins(t, s, w.companyID, "Bo", moved.Email, storetest.LinkedIn("Bo"))
				if got, err := s.Departures(ctx, w.companyID, []string{bo.SlackID}); err != nil || len(got) != 0 {
					t.Errorf("registered, and departed as %+v, %v", got, err)
				}
				wantInviteCounts(t, s, w.companyID)
			})
		})
	}
}

func insistByDM(t *testing.T, w mailWorld, _ store.EmailDraft) {
	t.Helper()
	if out, err := w.s.InviteAgain(t.Context(), w.companyID, w.ana, w.bo, store.Employee); err != nil || out.Result != store.InviteSent {
		t.Fatalf("Ana insists: %+v, %v", out, err)
	}
}

func insistByMail(t *testing.T, w mailWorld, draft store.EmailDraft) {
	t.Helper()
	if _, became, err := w.s.InviteEmailAnyway(t.Context(), w.companyID, w.ana, draft.ID, 0, &w.bo); err != nil || became.Result != store.InviteSent {
		t.Fatalf("Ana insists: %+v, %v", became, err)
	}
}

func cancels(t *testing.T, w mailWorld, inviteID string) {
	t.Helper()
	w.check(t, w.s.CancelInvite(t.Context(), w.companyID, w.ana, inviteID))
}

func runsOut(t *testing.T, w mailWorld, _ string) {
	t.Helper()
	w.env.Clock.Advance(store.InviteLife + time.Hour)
	w.check(t, w.s.Tidy(t.Context()))
}
