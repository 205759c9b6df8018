package store_test

import (
	"fmt"
	"testing"

	"herald/store"
	"herald/store/storetest"
)

// attempts marks that the message of a job may have arrived.
func attempts(t *testing.T, s *store.Store, env *storetest.Env, j store.Job, slackID string) {
	t.Helper()
	j.ID, j.LeftAt = "j"+j.Ref, env.Clock.Now()
	if _, err := s.BeginSend(t.Context(), j, slackID); err != nil {
		t.Fatal(err)
	}
}

// TestStopSparesAnInvitationThatMayHaveArrived: taken back, its link would be dead, and the person would be invited a second time.
func TestStopSparesAnInvitationThatMayHaveArrived(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		ids := crowd(t, s, acme.ID, 3)
		storetest.TakeJobs(t, env)
		plan := starts(t, s, acme.ID, ana, store.Audience{SlackIDs: ids})
		advances(t, s, acme.ID, plan.ID)
		page, err := s.Invitations(ctx, acme.ID, store.InvitationsQuery{Limit: 10})
		if err != nil || len(page.Rows) != 3 {
			t.Fatalf("%d invitations, %v", len(page.Rows), err)
		}
		uncertain := page.Rows[1]
		attempts(t, s, env, store.Job{CompanyID: acme.ID, Kind: store.JobInviteDM, Ref: uncertain.ID}, uncertain.Person.SlackID)
		run, err := s.StopRun(ctx, acme.ID, ana, plan.ID)
		if err != nil || run.Sent != 1 || run.LeftOut() != 2 {
			t.Errorf("stopped: %+v, %v", run, err)
		}
		if _, _, err := s.OpenInvite(ctx, acme.ID, uncertain.ID); err != nil {
			t.Errorf("the invitation that may have arrived: %v", err)
		}
		left := storetest.TakeJobs(t, env, store.JobInviteDM)
		if len(left) != 1 || left[0].Ref != uncertain.ID {
			t.Errorf("the jobs are %+v; want the one that looks whether it arrived", left)
		}
	})
}

// TestAReminderGivenUpOnItsWayCountsIfNobodyKnows: Slack took longer to answer than somebody to press Pause, and cannot be asked.
func TestAReminderGivenUpOnItsWayCountsIfNobodyKnows(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		gil := storetest.Mirror(t, s, acme.ID, "Gil Fox")[0]
		if err := s.SaveReminders(ctx, acme.ID, ana, tuesdays()); err != nil {
			t.Fatal(err)
		}
		run, err := s.RunReminders(ctx, acme.ID, ana)
		if err != nil {
			t.Fatal(err)
		}
		plans(t, s, acme.ID, run.ID)
		if _, _, err := s.FeedReminders(ctx, acme.ID, run.ID); err != nil {
			t.Fatal(err)
		}
		id, err := store.NudgeOf(ctx, s, gil.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.PauseReminders(ctx, acme.ID, ana, true); err != nil {
			t.Fatal(err)
		}
		for range 2 { // giving up is harmless to repeat
			if err := s.NudgeFailed(ctx, acme.ID, id, store.FailureUnverified, false); err != nil {
				t.Fatal(err)
			}
		}
		c, err := s.Candidate(ctx, acme.ID, gil.SlackID)
		if err != nil || c.Nudged.Reminders != 1 {
			t.Errorf("%+v, %v; want a reminder that counts", c.Nudged, err)
		}
		runs, err := s.ReminderRuns(ctx, acme.ID, 1)
		if err != nil || runs[0].Failed != 1 || fmt.Sprint(runs[0].Held) != "[]" {
			t.Errorf("%+v, %v", runs, err)
		}
	})
}
