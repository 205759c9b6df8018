package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

// previewWorld has reminders that run every Tuesday at ten in UTC, of which admins are told from eight on.
type previewWorld struct {
	t         *testing.T
	s         *store.Store
	env       *storetest.Env
	companyID string
	ana, ben  store.Actor
}

// previewedTuesday is the first run.
var previewedTuesday = time.Date(2026, time.November, 24, 10, 0, 0, 0, time.UTC)

func newPreviewWorld(t *testing.T, s *store.Store, env *storetest.Env) previewWorld {
	t.Helper()
	w := previewWorld{t: t, s: s, env: env, companyID: storetest.Company(t, s).ID}
	_, w.ana = storetest.Admin(t, s, w.companyID, "Ana Lima")
	_, w.ben = storetest.Admin(t, s, w.companyID, "Ben Bloom")
	storetest.Mirror(t, s, w.companyID, "Nia New")
	w.must(s.DropJobs(t.Context()))
	w.must(s.SaveReminders(t.Context(), w.companyID, w.ana, tuesdays()))
	return w
}

func (w previewWorld) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// at lets time pass, and the clock's work be done.
func (w previewWorld) at(to time.Time) {
	w.t.Helper()
	w.env.Clock.Advance(to.Sub(w.env.Clock.Now()))
	w.must(w.s.StartReminders(w.t.Context()))
	w.must(w.s.LeavePreviews(w.t.Context()))
}

// state returns what the only preview says.
func (w previewWorld) state() (id string, state store.PreviewState) {
	w.t.Helper()
	id, err := store.AnyPreview(w.t.Context(), w.s)
	w.must(err)
	p, err := w.s.ReminderPreview(w.t.Context(), w.companyID, id)
	w.must(err)
	if !p.DueAt.Equal(previewedTuesday) {
		w.t.Errorf("the preview is of %v", p.DueAt)
	}
	return id, p.State
}

func TestARunIsToldOfOnceHoweverManyLook(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		w := newPreviewWorld(t, s, env)
		w.at(previewedTuesday.Add(-2*time.Hour - time.Second))
		wantJobs(t, env)
		w.must(s.PauseReminders(t.Context(), w.companyID, w.ana, true))
		w.at(previewedTuesday.Add(-2 * time.Hour))
		wantJobs(t, env) // nobody needs to hear of a run that is paused
		w.must(s.PauseReminders(t.Context(), w.companyID, w.ana, false))
		results := make(chan error)
		for range 4 {
			go func() { results <- s.LeavePreviews(t.Context()) }()
		}
		for range 4 {
			w.must(<-results)
		}
		wantJobs(t, env, store.JobPreview)
		w.must(s.DropJobs(t.Context())) // it is done
		w.at(previewedTuesday.Add(-time.Hour))
		wantJobs(t, env)
		if _, state := w.state(); state != store.PreviewAhead {
			t.Errorf("before the run it is %s", state)
		}
		w.at(previewedTuesday)
		wantJobs(t, env, store.JobReminders, store.JobPreviewOver)
		if _, state := w.state(); state != store.PreviewOver {
			t.Errorf("once the run has begun it is %s", state)
		}
		w.at(previewedTuesday.AddDate(0, 0, 60))
		w.must(s.Tidy(t.Context()))
		if _, err := store.AnyPreview(t.Context(), s); err == nil {
			t.Error("the preview of a run of two months ago is still there")
		}
	})
}

func TestASkippedRunDoesNotTakePlace(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		w := newPreviewWorld(t, s, env)
		w.at(previewedTuesday.Add(-time.Hour))
		id, _ := w.state()
		employee := storetest.Register(t, s, w.companyID, "Em Ployee")[0]
		if _, err := s.SkipReminders(ctx, w.companyID, store.Actor{SlackID: employee.SlackID}, id); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("an employee skips a run: %v", err)
		}
		for _, unknown := range []string{"", "no.such.preview"} {
			if _, err := s.SkipReminders(ctx, w.companyID, w.ana, unknown); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("an unknown preview: %v", err)
			}
		}
		if _, err := s.SkipReminders(ctx, "another-company", store.Actor{CLI: true}, id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another company's preview: %v", err)
		}
		w.must(s.DropJobs(ctx))

		// Both admins press it, and one of them twice.
		for _, by := range []store.Actor{w.ana, w.ben, w.ana} {
			p, err := s.SkipReminders(ctx, w.companyID, by, id)
			if err != nil || p.State != store.PreviewSkipped {
				t.Errorf("skipped: %+v, %v", p, err)
			}
		}
		wantJobs(t, env, store.JobPreviewOver)
		events, _, err := s.Audit(ctx, w.companyID, "", 100)
		w.must(err)
		events = slices.DeleteFunc(events, func(e store.AuditEvent) bool { return e.Action != store.AuditRemindersSkipped })
		if len(events) != 1 || events[0].Actor == nil || events[0].Actor.SlackID != w.ana.SlackID {
			t.Errorf("the audit log says %+v", events)
		}
		ahead, err := s.SkippedReminders(ctx, w.companyID)
		if err != nil || len(ahead) != 1 || !ahead[0].DueAt.Equal(previewedTuesday) || ahead[0].AskedBy != w.ana.SlackID {
			t.Errorf("skipped and to come: %+v, %v", ahead, err)
		}

		// Its time comes, and passes.
		w.at(previewedTuesday.Add(10 * time.Second))
		w.at(previewedTuesday.Add(3 * time.Hour))
		runs, err := s.ReminderRuns(ctx, w.companyID, 10)
		if err != nil || len(runs) != 1 || runs[0].Status != store.RemindersSkipped || runs[0].Reason != store.SkippedOnRequest {
			t.Errorf("the runs are %+v, %v", runs, err)
		}
		if ahead, err := s.SkippedReminders(ctx, w.companyID); err != nil || len(ahead) != 0 {
			t.Errorf("skipped and to come: %+v, %v", ahead, err)
		}
		w.at(previewedTuesday.AddDate(0, 0, 7))
		if runs, err := s.ReminderRuns(ctx, w.companyID, 1); err != nil || runs[0].Status != store.RemindersPlanning {
			t.Errorf("a week later: %+v, %v", runs, err)
		}
	})
}

func TestARunThatHasBegunOrWasRescheduledIsNotSkipped(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		w := newPreviewWorld(t, s, env)
		w.at(previewedTuesday.Add(-time.Hour))
		id, _ := w.state()
		later := tuesdays()
		later.Schedule = "0 16 * * TUE"
		w.must(s.SaveReminders(ctx, w.companyID, w.ana, later))
		p, err := s.SkipReminders(ctx, w.companyID, w.ana, id)
		if err != nil || p.State != store.PreviewRescheduled {
			t.Errorf("skipped after it was rescheduled: %+v, %v", p, err)
		}
		w.must(s.SaveReminders(ctx, w.companyID, w.ana, tuesdays()))
		w.must(s.PauseReminders(ctx, w.companyID, w.ana, true))
		if _, state := w.state(); state != store.PreviewPaused {
			t.Errorf("paused, it is %s", state)
		}
		w.must(s.PauseReminders(ctx, w.companyID, w.ana, false))
		if _, state := w.state(); state != store.PreviewAhead {
			t.Errorf("resumed, it is %s", state)
		}
		w.at(previewedTuesday)
		p, err = s.SkipReminders(ctx, w.companyID, w.ana, id)
		if err != nil || p.State != store.PreviewOver {
			t.Errorf("skipped after it began: %+v, %v", p, err)
		}
		runs, err := s.ReminderRuns(ctx, w.companyID, 10)
		if err != nil || len(runs) != 1 || !runs[0].Busy() {
			t.Errorf("the runs are %+v, %v", runs, err)
		}
	})
}
