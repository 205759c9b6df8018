package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"herald/nudge"
	"herald/store"
	"herald/store/storetest"
)

// tuesdays are reminders at ten every Tuesday in UTC, to everybody, at any hour and from the first day.
func tuesdays() store.Reminders {
	settings := nudge.DefaultSettings("UTC")
	settings.Everyone, settings.FirstAfter, settings.From, settings.To, settings.Weekend = true, 0, 0, nudge.EndOfDay, nil
	return store.Reminders{Settings: settings, Schedule: "0 10 * * TUE"}
}

// todays are the same two hours after the tests begin, so that admins are told of the first run at once.
func todays() store.Reminders {
	r := tuesdays()
	r.Schedule = "30 11 * * *"
	return r
}

// judging is the policy of the company at this moment.
func judging(t *testing.T, s *store.Store, companyID string) func(nudge.Person, time.Time) nudge.Verdict {
	t.Helper()
	settings, err := s.Reminders(t.Context(), companyID)
	if err != nil {
		t.Fatal(err)
	}
	policy, err := settings.Policy()
	if err != nil {
		t.Fatal(err)
	}
	return policy.Judge
}

// plans judges everybody for the run, and returns it.
func plans(t *testing.T, s *store.Store, companyID, runID string) store.ReminderRun {
	t.Helper()
	judge := judging(t, s, companyID)
	for {
		run, err := s.PlanReminders(t.Context(), companyID, runID, judge)
		if err != nil {
			t.Fatal(err)
		}
		if run.Status != store.RemindersPlanning {
			return run
		}
	}
}

// reminds sends what a run has to send now, and returns the Slack ids of those who got it.
func reminds(t *testing.T, s *store.Store, companyID, runID string) []string {
	t.Helper()
	if _, _, err := s.FeedReminders(t.Context(), companyID, runID); err != nil {
		t.Fatal(err)
	}
	var got []string
	queued, err := store.QueuedNudges(t.Context(), s, runID)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range queued {
		n, err := s.Nudge(t.Context(), companyID, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := s.NudgeSent(t.Context(), companyID, id); err != nil {
			t.Fatal(err)
		}
		got = append(got, n.Person.SlackID)
	}
	if _, _, err := s.FeedReminders(t.Context(), companyID, runID); err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	return got
}

// remindVictim leaves everything about reminders that there can be about somebody, before they register.
func remindVictim(t *testing.T, s *store.Store, w purgeWorld, p store.Person) {
	t.Helper()
	ctx := t.Context()
	for _, r := range []store.Reminders{todays(), tuesdays()} {
		if err := s.SaveReminders(ctx, w.companyID, w.ana, r); err != nil {
			t.Fatal(err)
		}
		if err := s.LeavePreviews(ctx); err != nil {
			t.Fatal(err)
		}
	}
	run, err := s.RunReminders(ctx, w.companyID, w.ana)
	if err != nil {
		t.Fatal(err)
	}
	plans(t, s, w.companyID, run.ID)
	if _, _, err := s.FeedReminders(ctx, w.companyID, run.ID); err != nil {
		t.Fatal(err)
	}
	id, err := store.NudgeOf(ctx, s, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.NudgeSent(ctx, w.companyID, id); err != nil {
		t.Fatal(err)
	}
	if err := s.Snooze(ctx, w.companyID, p.SlackID, storetest.Start().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := s.OptOut(ctx, w.companyID, p.SlackID); err != nil {
		t.Fatal(err)
	}
	for _, pause := range []bool{true, false} { // the others get none
		if err := s.PauseReminders(ctx, w.companyID, w.ana, pause); err != nil {
			t.Fatal(err)
		}
	}
}

func TestADueTimeStartsOneRunHoweverManyLook(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		people := storetest.Mirror(t, s, acme.ID, "Nia New", "Nils New")
		if err := s.StartReminders(ctx); err != nil { // nobody set them up
			t.Fatal(err)
		}
		if err := s.SaveReminders(ctx, acme.ID, store.Actor{SlackID: people[0].SlackID}, tuesdays()); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("saved by somebody who is no company admin: %v", err)
		}
		if err := s.SaveReminders(ctx, acme.ID, ana, tuesdays()); err != nil {
			t.Fatal(err)
		}
		runs := func() []store.ReminderRun {
			t.Helper()
			list, err := s.ReminderRuns(ctx, acme.ID, 10)
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		tuesday := time.Date(2026, time.November, 24, 10, 0, 0, 0, time.UTC)
		env.Clock.Advance(tuesday.Add(-time.Second).Sub(env.Clock.Now()))
		if err := s.StartReminders(ctx); err != nil || len(runs()) != 0 {
			t.Errorf("before its time: %v, %v", runs(), err)
		}
		env.Clock.Advance(40 * time.Minute)
		results := make(chan error)
		for range 4 {
			go func() { results <- s.StartReminders(ctx) }()
		}
		for range 4 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		list := runs()
		if len(list) != 1 || !list[0].DueAt.Equal(tuesday) || list[0].Late() < 39*time.Minute || list[0].Status != store.RemindersPlanning {
			t.Fatalf("the runs are %+v", list)
		}
		if run := plans(t, s, acme.ID, list[0].ID); run.Planned != 2 {
			t.Errorf("planned: %+v", run)
		}
		// A process that does the same again plans nobody twice.
		if run := plans(t, s, acme.ID, list[0].ID); run.Planned != 2 {
			t.Errorf("planned again: %+v", run)
		}
		if _, err := s.RunReminders(ctx, acme.ID, ana); !errors.Is(err, store.ErrExists) {
			t.Errorf("another run meanwhile: %v", err)
		}
		if got := reminds(t, s, acme.ID, list[0].ID); len(got) != 2 {
			t.Errorf("reminded: %v", got)
		}
		if run := runs()[0]; run.Status != store.RemindersDone || run.Sent != 2 {
			t.Errorf("the run ended as %+v", run)
		}
		// A week later Herald was down for the morning: that run is skipped, and shown.
		env.Clock.Advance(7*24*time.Hour + 5*time.Hour)
		if err := s.StartReminders(ctx); err != nil {
			t.Fatal(err)
		}
		if run := runs()[0]; run.Status != store.RemindersSkipped || run.Reason != nudge.SkippedMissed || !run.DueAt.Equal(tuesday.AddDate(0, 0, 7)) {
			t.Errorf("the run that was missed: %+v", run)
		}
		// While they are paused nothing starts, and Run now does not, either.
		if err := s.PauseReminders(ctx, acme.ID, ana, true); err != nil {
			t.Fatal(err)
		}
		if _, err := s.RunReminders(ctx, acme.ID, ana); !errors.Is(err, store.ErrClosed) {
			t.Errorf("Run now while they are paused: %v", err)
		}
		env.Clock.Advance(7 * 24 * time.Hour)
		if err := s.StartReminders(ctx); err != nil {
			t.Fatal(err)
		}
		if run := runs()[0]; run.Status != store.RemindersSkipped || run.Reason != nudge.SkippedPaused {
			t.Errorf("the run while they were paused: %+v", run)
		}
		if err := s.PauseReminders(ctx, acme.ID, ana, false); err != nil {
			t.Fatal(err)
		}
		if err := s.StartReminders(ctx); err != nil || runs()[0].Busy() {
			t.Errorf("something fired when they went on: %+v, %v", runs()[0], err)
		}
		if _, err := s.RunReminders(ctx, acme.ID, ana); err != nil {
			t.Errorf("Run now: %v", err)
		}
	})
}

func TestPeopleAreHeldBackForTheRightReason(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		names := []string{"Due", "Out", "Snoozing", "Capped", "Declining", "Away", "Blocked", "Pending", "Fresh"}
		var full []string
		for _, n := range names {
			full = append(full, n+" Person")
		}
		people := map[string]store.Person{}
		for i, p := range storetest.Mirror(t, s, acme.ID, full...) {
			people[names[i]] = p
		}
		storetest.Register(t, s, acme.ID, "Reg Istered")
		settings := tuesdays()
		settings.Cap = 1
		if err := s.SaveReminders(ctx, acme.ID, ana, settings); err != nil {
			t.Fatal(err)
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		now := env.Clock.Now()
		must(s.OptOut(ctx, acme.ID, people["Out"].SlackID))
		must(s.OptOut(ctx, acme.ID, people["Out"].SlackID))
		must(s.Snooze(ctx, acme.ID, people["Snoozing"].SlackID, now.Add(3*24*time.Hour)))
		_, err := s.Invite(ctx, acme.ID, ana, []string{people["Declining"].ID}, store.InviteOptions{})
		must(err)
		must(s.DeclineInvite(ctx, acme.ID, people["Declining"].SlackID, store.DeclinedOther))
		away := people["Away"]
		away.Away = true
		must(s.MirrorPeople(ctx, acme.ID, []store.Person{away}))
		_, err = s.Register(ctx, store.Authorization{CompanyID: acme.ID, Email: people["Pending"].Email}, storetest.LinkedIn("Pending at LinkedIn"), nil)
		must(err)
		// The only reminder that somebody gets, and one that Slack refused, in the run of an hour ago.
		run, err := s.RunReminders(ctx, acme.ID, ana)
		must(err)
		judge := judging(t, s, acme.ID)
		_, err = s.PlanReminders(ctx, acme.ID, run.ID, func(p nudge.Person, at time.Time) nudge.Verdict { return judge(p, at) })
		must(err)
		_, _, err = s.FeedReminders(ctx, acme.ID, run.ID)
		must(err)
		for _, name := range names {
			id, err := store.NudgeOf(ctx, s, people[name].ID)
			switch {
			case errors.Is(err, store.ErrNotFound):
			case name == "Capped":
				_, err := s.Invite(ctx, acme.ID, ana, []string{people[name].ID}, store.InviteOptions{})
				must(err)
				must(s.NudgeSent(ctx, acme.ID, id))
				must(s.NudgeSent(ctx, acme.ID, id)) // a job that runs twice
			case name == "Blocked":
				must(s.NudgeFailed(ctx, acme.ID, id, "user_disabled", true))
			default:
				must(s.HoldNudge(ctx, acme.ID, id, nudge.Away))
			}
		}
		_, _, err = s.FeedReminders(ctx, acme.ID, run.ID)
		must(err)
		must(s.WalkInvitations(ctx, acme.ID, store.StatePending, func(i store.Invitation) error {
			if i.Person.ID == people["Capped"].ID && i.Reminded != 1 {
				t.Errorf("the invitation says reminded %d times", i.Reminded)
			}
			return nil
		}))
		want := map[string]nudge.Reason{
			"Due": "", "Out": nudge.OptedOut, "Snoozing": nudge.Snoozed, "Capped": nudge.AtCap, "Declining": nudge.Declined, "Away": nudge.Away,
			"Blocked": nudge.Unreachable, "Pending": nudge.Pending, "Fresh": "",
		}
		got := map[string]nudge.Reason{}
		must(s.WalkCandidates(ctx, acme.ID, "", func(c store.Candidate) error {
			got[strings.Fields(c.Person.Name)[0]] = judge(c.Nudged, env.Clock.Now()).Reason
			return nil
		}))
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("the reasons are %v, want %v", got, want)
		}
		one, err := s.Candidate(ctx, acme.ID, people["Capped"].SlackID)
		if err != nil || one.Nudged.Reminders != 1 {
			t.Errorf("one person: %+v, %v", one, err)
		}
		runs, err := s.ReminderRuns(ctx, acme.ID, 1)
		must(err)
		if r := runs[0]; r.Sent != 1 || r.Failed != 1 || r.Status != store.RemindersDone || r.Planned != 4 {
			t.Errorf("the run: %+v", r)
		}
		// Who was reminded signs up: that is credited.
		env.Clock.Advance(time.Hour)
		token, err := s.SignupToken(ctx, acme.ID, people["Capped"].SlackID)
		must(err)
		_, err = s.Register(ctx, store.Authorization{CompanyID: acme.ID, Token: token}, storetest.LinkedIn("Capped at LinkedIn"), nil)
		must(err)
		if runs, err = s.ReminderRuns(ctx, acme.ID, 1); err != nil || runs[0].SignedUp != 1 {
			t.Errorf("signed up because of it: %+v, %v", runs, err)
		}
		env.Clock.Advance(8 * 24 * time.Hour)
		e, err := s.Efficacy(ctx, acme.ID)
		if attempts := e.Attempts(); err != nil || len(attempts) != 1 || attempts[0].Sent != 1 || attempts[0].SignedUp != 1 {
			t.Errorf("what reminders achieve: %+v, %v", attempts, err)
		}
		// A list goes on after a person.
		n := 0
		must(s.WalkCandidates(ctx, acme.ID, people["Away"].ID, func(store.Candidate) error { n++; return nil }))
		if n != len(names)-2 { // all but Away and Capped, who is registered now
			t.Errorf("%d after the first", n)
		}
	})
}

func TestWhoOptsOutIsNotReachedByBulkInvitationsEither(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		people := storetest.Mirror(t, s, acme.ID, "Nia New", "Nils New")
		invited, err := s.Invite(ctx, acme.ID, ana, []string{people[1].ID}, store.InviteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.InviteDelivered(ctx, acme.ID, invited[0].Invite.ID, ""); err != nil {
			t.Fatal(err)
		}
		for _, p := range people {
			if err := s.OptOut(ctx, acme.ID, p.SlackID); err != nil {
				t.Fatal(err)
			}
		}
		out, err := s.Invite(ctx, acme.ID, ana, []string{people[0].ID}, store.InviteOptions{})
		if err != nil || out[0].Result != store.InviteDeclined || out[0].DeclinedAt.IsZero() {
			t.Errorf("invited: %+v, %v", out, err)
		}
		plan, err := s.ProposeRun(ctx, acme.ID, ana, store.Audience{Everyone: true}, store.Employee)
		if err != nil || plan.Total != 0 || plan.Declined != 1 {
			t.Errorf("a bulk invitation: %+v, %v", plan, err)
		}
		env.Clock.Advance(10 * 24 * time.Hour)
		if n, err := s.OldInvites(ctx, acme.ID, 7); err != nil || n != 0 {
			t.Errorf("%d old invitations to send again, %v", n, err)
		}
		// It outlives the account.
		victim := storetest.Register(t, s, acme.ID, "Vic Tim")[0]
		if err := s.OptOut(ctx, acme.ID, victim.SlackID); err != nil {
			t.Fatal(err)
		}
		storetest.Remove(t, s, acme.ID, ana, victim.ID)
		p, err := s.Remember(ctx, acme.ID, store.Person{SlackID: victim.SlackID, Name: "Vic Tim"})
		if err != nil {
			t.Fatal(err)
		}
		if c, err := s.Candidate(ctx, acme.ID, p.SlackID); err != nil || !c.Nudged.OptedOut {
			t.Errorf("back again: %+v, %v", c, err)
		}
	})
}

func TestHolidaysAndSettingsAreKept(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		if _, err := s.Reminders(ctx, acme.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("before anybody set them up: %v", err)
		}
		to := store.Reminders{Settings: nudge.DefaultSettings("Asia/Kathmandu"), Schedule: "30 9 * * MON#1", Message: "Please."}
		if err := s.SaveReminders(ctx, acme.ID, ana, to); err != nil {
			t.Fatal(err)
		}
		days := []nudge.Holiday{{Date: nudge.Date{Year: 2026, Month: 12, Day: 25}, Name: "Christmas"}}
		if err := s.SaveHolidays(ctx, acme.ID, ana, days); err != nil {
			t.Fatal(err)
		}
		to.Days, to.Weekend = days, []time.Weekday{time.Sunday, time.Saturday}
		if now, err := s.Reminders(ctx, acme.ID); err != nil || fmt.Sprint(now) != fmt.Sprint(to) {
			t.Errorf("kept: %+v, %v", now, err)
		}
		for name, wrong := range map[string]store.Reminders{
			"schedule": {Settings: to.Settings, Schedule: "* * * * *"},
			"zone":     {Settings: nudge.DefaultSettings("Mars/Phobos"), Schedule: to.Schedule},
			"words":    {Settings: to.Settings, Schedule: to.Schedule, Message: strings.Repeat("x", store.ReminderTextLimit+1)},
		} {
			if err := s.SaveReminders(ctx, acme.ID, ana, wrong); err == nil {
				t.Errorf("a wrong %s was saved", name)
			}
		}
	})
}

func TestPauseStopsTheRunUnderWay(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		people := storetest.Mirror(t, s, acme.ID, "Nia New", "Nils New", "Nora New")
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
		id, err := store.NudgeOf(ctx, s, people[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.PauseReminders(ctx, acme.ID, ana, true); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Nudge(ctx, acme.ID, id); err != nil || n.Due {
			t.Errorf("it would still be sent: %+v, %v", n, err)
		}
		if err := s.NudgeSent(ctx, acme.ID, id); err != nil { // it was on its way
			t.Fatal(err)
		}
		runs, err := s.ReminderRuns(ctx, acme.ID, 1)
		if err != nil || runs[0].Status != store.RemindersStopped || runs[0].Sent != 1 || fmt.Sprint(runs[0].Held) != "[{paused 2}]" {
			t.Errorf("the run: %+v, %v", runs, err)
		}
		if got := reminds(t, s, acme.ID, run.ID); len(got) != 0 {
			t.Errorf("reminded all the same: %v", got)
		}
	})
}

// TestNoPageOfCandidatesScansOrSortsATable reads the plans of a page of people to judge.
func TestNoPageOfCandidatesScansOrSortsATable(t *testing.T) {
	t.Parallel()
	skipLarge(t)
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		acme := storetest.Company(t, s)
		entries := make([]store.Entry, 5_000)
		for i := range entries {
			entries[i].Person = store.Person{SlackID: fmt.Sprintf("U%05d", i), Name: fmt.Sprintf("Person %05d", i)}
		}
		if err := s.Load(t.Context(), acme.ID, entries); err != nil {
			t.Fatal(err)
		}
		if err := s.Analyze(t.Context()); err != nil {
			t.Fatal(err)
		}
		for byName, index := range map[bool]string{false: "people_judged", true: "people_unregistered"} {
			query, args := store.CandidatesQuery(acme.ID, byName)
			plan, err := store.Explain(t.Context(), s, query, args...)
			if err != nil {
				t.Fatal(err)
			}
			lower := strings.ToLower(plan)
			if !strings.Contains(plan, index) || strings.Contains(lower, "temp b-tree") || strings.Contains(lower, "sort key: p.") ||
				strings.Contains(lower, "seq scan on people") || strings.Contains(lower, "scan p") && env.Engine == "sqlite" {
				t.Errorf("by name %v: not a range of %s:\n%s", byName, index, plan)
			}
		}
	})
}

func TestARunAndWhatWasSentInItIsForgottenAfterAYear(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		p := storetest.Mirror(t, s, acme.ID, "Nia New")[0]
		if err := s.SaveReminders(ctx, acme.ID, ana, tuesdays()); err != nil {
			t.Fatal(err)
		}
		run, err := s.RunReminders(ctx, acme.ID, ana)
		if err != nil {
			t.Fatal(err)
		}
		plans(t, s, acme.ID, run.ID)
		if got := reminds(t, s, acme.ID, run.ID); len(got) != 1 {
			t.Fatalf("reminded: %v", got)
		}
		for _, later := range []struct {
			days, runs int
		}{{364, 1}, {2, 0}} {
			env.Clock.Advance(time.Duration(later.days) * 24 * time.Hour)
			if err := s.Tidy(ctx); err != nil {
				t.Fatal(err)
			}
			runs, err := s.ReminderRuns(ctx, acme.ID, 1)
			_, gone := store.NudgeOf(ctx, s, p.ID)
			if err != nil || len(runs) != later.runs || errors.Is(gone, store.ErrNotFound) != (later.runs == 0) {
				t.Errorf("after %d days more: %+v, %v, %v", later.days, runs, gone, err)
			}
		}
		// That they were reminded counts for good.
		if c, err := s.Candidate(ctx, acme.ID, p.SlackID); err != nil || c.Nudged.Reminders != 1 {
			t.Errorf("what counts: %+v, %v", c, err)
		}
	})
}

func TestThoseWhoAreNextAreAskedAboutTogether(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		storetest.Mirror(t, s, acme.ID, "Nia New", "Nils New", "Nora New", "Nuno New")
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
		queued, err := store.QueuedNudges(ctx, s, run.ID)
		if err != nil || len(queued) != 4 {
			t.Fatalf("%v, %v", queued, err)
		}
		slices.Sort(queued) // all are due at the same moment
		var order []string
		for _, id := range queued {
			n, err := s.Nudge(ctx, acme.ID, id)
			if err != nil {
				t.Fatal(err)
			}
			order = append(order, n.Person.SlackID)
		}
		for i, id := range queued {
			got, err := s.NextNudged(ctx, acme.ID, id, 3)
			if want := slices.Concat(order[i:], order[:i])[:3]; err != nil || !slices.Equal(got, want) {
				t.Errorf("with the %d. ask about %v, %v; want %v", i+1, got, err, want)
			}
		}

		// The job of a reminder was left while another about the same was still running, which then found nothing to do.
		storetest.TakeJobs(t, env, store.JobNudge)
		for range 2 {
			if _, _, err := s.FeedReminders(ctx, acme.ID, run.ID); err != nil {
				t.Fatal(err)
			}
		}
		if left := storetest.TakeJobs(t, env, store.JobNudge); len(left) != 4 {
			t.Errorf("%d jobs send four reminders", len(left))
		}
	})
}
