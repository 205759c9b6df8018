package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

// sends does the jobs that write to people who were invited, up to n of them, and returns how many those were.
func sends(t *testing.T, s *store.Store, env *storetest.Env, failure string) int {
	t.Helper()
	jobs := storetest.TakeJobs(t, env, store.JobInviteDM)
	n := 0
	for _, j := range jobs {
		_, _, err := s.OpenInvite(t.Context(), j.CompanyID, j.Ref)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err == nil {
			err = s.InviteDelivered(t.Context(), j.CompanyID, j.Ref, failure)
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// crowd mirrors people who can be invited, and returns their Slack ids.
func crowd(t *testing.T, s *store.Store, companyID string, n int) []string {
	t.Helper()
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("Nia New%d", i)
	}
	var ids []string
	for _, p := range storetest.Mirror(t, s, companyID, names...) {
		ids = append(ids, p.SlackID)
	}
	return ids
}

// starts a run.
func starts(t *testing.T, s *store.Store, companyID string, by store.Actor, a store.Audience) store.RunPlan {
	t.Helper()
	plan, err := s.ProposeRun(t.Context(), companyID, by, a, "")
	if err == nil {
		err = s.ConfirmRun(t.Context(), companyID, by, plan.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func advances(t *testing.T, s *store.Store, companyID, runID string) store.Run {
	t.Helper()
	run, err := s.AdvanceRun(t.Context(), companyID, runID, 10)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func TestARunIsForThoseWhoCanBeInvited(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		member, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		ids := crowd(t, s, acme.ID, 5)
		if err := s.MirrorPeople(ctx, acme.ID, []store.Person{{SlackID: "UBOT", Name: "Robo", Bot: true}}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Invite(ctx, acme.ID, ana, []string{personID(t, s, acme.ID, ids[4])}, store.InviteOptions{}); err != nil {
			t.Fatal(err)
		}
		named := append([]string{ids[0], "UNOBODY", "UBOT", member.SlackID}, ids...)
		plan, err := s.ProposeRun(ctx, acme.ID, ana, store.Audience{SlackIDs: named}, store.Recruiter)
		if err != nil || plan.Total != 4 || plan.Registered != 1 || plan.Invited != 1 || plan.Ineligible != 2 || plan.As != store.Recruiter {
			t.Errorf("plan %+v, %v", plan, err)
		}
		everyone, err := s.ProposeRun(ctx, acme.ID, ana, store.Audience{SlackIDs: ids[:2], Everyone: true}, "")
		if err != nil || everyone.Total != 4 || everyone.Invited != 1 || everyone.Registered+everyone.Ineligible != 0 {
			t.Errorf("plan for everyone %+v, %v", everyone, err)
		}
		if err := s.ConfirmRun(ctx, acme.ID, ana, plan.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("confirmed what was replaced: %v", err)
		}
		_, zoe := storetest.Admin(t, s, acme.ID, "Zoe Ek")
		if err := s.ConfirmRun(ctx, acme.ID, zoe, everyone.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("confirmed what somebody else proposed: %v", err)
		}
		if _, err := s.ProposeRun(ctx, acme.ID, store.Actor{SlackID: ids[0]}, store.Audience{Everyone: true}, ""); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("proposed by somebody who is no admin: %v", err)
		}
		if _, err := s.ProposeRun(ctx, acme.ID, ana, store.Audience{Everyone: true}, store.Admin); err == nil {
			t.Error("people were to be invited as company admins")
		}
	})
}

func TestARunInvitesEverybodyOnceAndCounts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		_, zoe := storetest.Admin(t, s, acme.ID, "Zoe Ek")
		ids := crowd(t, s, acme.ID, 25)
		storetest.TakeJobs(t, env)
		plan := starts(t, s, acme.ID, ana, store.Audience{SlackIDs: ids})
		wantJobs(t, env, store.JobRun)
		if err := s.ConfirmRun(ctx, acme.ID, ana, plan.ID); !errors.Is(err, store.ErrExists) {
			t.Errorf("confirmed twice: %v", err)
		}
		second, err := s.ProposeRun(ctx, acme.ID, zoe, store.Audience{Everyone: true}, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.ConfirmRun(ctx, acme.ID, zoe, second.ID); !errors.Is(err, store.ErrExists) {
			t.Errorf("a second run at a time: %v", err)
		}

		// The last one registers before their turn, the one before is invited by Zoe.
		token, err := s.SignupToken(ctx, acme.ID, ids[24])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Register(ctx, store.Authorization{CompanyID: acme.ID, Network: "linkedin", Token: token}, storetest.LinkedIn("Nia"), nil); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Invite(ctx, acme.ID, zoe, []string{personID(t, s, acme.ID, ids[23])}, store.InviteOptions{}); err != nil {
			t.Fatal(err)
		}
		sends(t, s, env, "")
		sent, failure := 0, "user_not_found"
		for range 10 {
			run := advances(t, s, acme.ID, plan.ID)
			if run.Status == store.RunDone {
				break
			}
			if again := advances(t, s, acme.ID, plan.ID); again != run {
				t.Errorf("nothing was sent, and the run went on from %+v to %+v", run, again)
			}
			sent += sends(t, s, env, failure)
			failure = ""
		}
		run := advances(t, s, acme.ID, plan.ID)
		if run.Status != store.RunDone || run.Total != 25 || run.Settled != 25 || run.Failed == 0 || run.Sent+run.Failed != 23 || sent != 23 || run.LeftOut() != 2 {
			t.Errorf("sent %d; the run %+v", sent, run)
		}
		if dump := storetest.Dump(t, env); strings.Contains(dump, "run_people: run_id="+plan.ID) {
			t.Error("the people of a run are remembered for ever")
		}
		if _, err := s.RunningRun(ctx, acme.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("it still runs: %v", err)
		}
		if err := s.ConfirmRun(ctx, acme.ID, zoe, second.ID); err != nil {
			t.Errorf("the next run: %v", err)
		}
	})
}

func TestAStoppedRunTakesBackWhatNobodySends(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		_, zoe := storetest.Admin(t, s, acme.ID, "Zoe Ek")
		storetest.TakeJobs(t, env)
		plan := starts(t, s, acme.ID, ana, store.Audience{SlackIDs: crowd(t, s, acme.ID, 30)})
		advances(t, s, acme.ID, plan.ID)
		sent := sends(t, s, env, "")
		advances(t, s, acme.ID, plan.ID)
		if _, err := s.StopRun(ctx, acme.ID, store.Actor{SlackID: "U0NIANEW1"}, plan.ID); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("stopped by somebody who is no admin: %v", err)
		}
		run, err := s.StopRun(ctx, acme.ID, zoe, plan.ID)
		if err != nil || run.Status != store.RunStopped || run.Sent != sent || run.Settled != 30 || run.LeftOut() != 30-sent {
			t.Errorf("%d were sent; stopped %+v, %v", sent, run, err)
		}
		if more := sends(t, s, env, ""); more != 0 {
			t.Errorf("%d more get a message", more)
		}
		wantCounts(t, s, acme.ID, map[store.Group]int{store.Invited: sent, store.Unregistered: 30})
		for _, again := range []func() (store.Run, error){
			func() (store.Run, error) { return s.StopRun(ctx, acme.ID, ana, plan.ID) },
			func() (store.Run, error) { return s.AdvanceRun(ctx, acme.ID, plan.ID, 10) },
		} {
			if got, err := again(); err != nil || got != run {
				t.Errorf("after that %+v, %v; want %+v", got, err, run)
			}
		}
	})
}

func TestARunEndsWithItsStartersRights(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		member, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		_, zoe := storetest.Admin(t, s, acme.ID, "Zoe Ek")
		ids := crowd(t, s, acme.ID, 30)
		plan := starts(t, s, acme.ID, ana, store.Audience{SlackIDs: ids})
		advances(t, s, acme.ID, plan.ID)
		if _, err := s.ProposeRun(ctx, acme.ID, ana, store.Audience{Everyone: true}, ""); err != nil {
			t.Fatal(err)
		}
		storetest.Remove(t, s, acme.ID, zoe, member.ID)
		if strings.Contains(storetest.Dump(t, env), member.SlackID) {
			t.Error("the run names who started it and was removed")
		}
		if run := advances(t, s, acme.ID, plan.ID); run.Status != store.RunStopped || run.StartedBy != "" {
			t.Errorf("the run goes on: %+v", run)
		}
	})
}

// TestHeraldStopsARunWhoseStarterIsNoAdmin: the audit log does not say that somebody cancelled what they had no right to cancel.
func TestHeraldStopsARunWhoseStarterIsNoAdmin(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		member, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		_, zoe := storetest.Admin(t, s, acme.ID, "Zoe Ek")
		plan := starts(t, s, acme.ID, ana, store.Audience{SlackIDs: crowd(t, s, acme.ID, 3)})
		advances(t, s, acme.ID, plan.ID)
		c, err := s.OpenCase(ctx, acme.ID, zoe, member.ID, store.Employee, "She moves on.")
		if err == nil {
			_, err = s.DecideCase(ctx, acme.ID, store.Actor{CLI: true}, c.ID, true, "")
		}
		if err != nil {
			t.Fatal(err)
		}
		if run := advances(t, s, acme.ID, plan.ID); run.Status != store.RunStopped {
			t.Fatalf("the run goes on: %+v", run)
		}
		events, _, err := s.Audit(ctx, acme.ID, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		cancelled := 0
		for _, e := range events {
			if e.Action == store.AuditInviteCancelled {
				cancelled++
				if !e.Herald || e.Actor != nil || e.CLI {
					t.Errorf("it does not say that Herald did it: %+v", e)
				}
			}
		}
		if cancelled != 3 {
			t.Errorf("%d cancellations are recorded, want 3", cancelled)
		}
	})
}

// TestOldInvitationsAreResentInWorkingHours: eight days after a Friday is a Saturday. One that an admin sends by name does not wait.
func TestOldInvitationsAreResentInWorkingHours(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		nia := storetest.Mirror(t, s, acme.ID, "Nia New")[0]
		if _, err := s.Invite(ctx, acme.ID, ana, []string{nia.ID}, store.InviteOptions{}); err != nil {
			t.Fatal(err)
		}
		sends(t, s, env, "")
		env.Clock.Advance(8 * 24 * time.Hour)
		if n, err := resendsOld(ctx, s, acme.ID, ana, 1); err != nil || n != 1 {
			t.Fatalf("resent %d, %v", n, err)
		}
		monday := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC) // nine o'clock in Lisbon
		jobs := storetest.TakeJobs(t, env, store.JobInviteDM)
		if len(jobs) != 1 || !jobs[0].At.Equal(monday) {
			t.Fatalf("what is to be sent: %+v, want one on Monday", jobs)
		}
		if wait, err := s.InviteWait(ctx, acme.ID, jobs[0].Ref); err != nil || wait != monday.Sub(env.Clock.Now()) {
			t.Errorf("it waits for %s, %v", wait, err)
		}
		again, err := s.SendInviteNow(ctx, acme.ID, ana, jobs[0].Ref)
		if err != nil || !again.SendAt.IsZero() {
			t.Errorf("sent now: %+v, %v", again, err)
		}
		if wait, err := s.InviteWait(ctx, acme.ID, again.ID); err != nil || wait != 0 {
			t.Errorf("it waits for %s, %v", wait, err)
		}
	})
}
