package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"herald/nudge"
)

const (
	// SkippedOnRequest is the reason of a run that a company admin skipped; its AskedBy says who.
	SkippedOnRequest nudge.SkipReason = "on_request"

	// previewLife is how long after its run a preview is remembered, for whoever presses its buttons then.
	previewLife = 30 * 24 * time.Hour
	// previewOpen is how long after its run the messages of a preview may have to change: longer than a run may be late.
	previewOpen = 24 * time.Hour
)

// PreviewState is what became of the run that a ReminderPreview tells of.
type PreviewState string

// The states.
const (
	PreviewAhead       PreviewState = "ahead"       // it will take place, as things stand
	PreviewPaused      PreviewState = "paused"      // reminders are paused
	PreviewRescheduled PreviewState = "rescheduled" // the schedule has no such run any more
	PreviewSkipped     PreviewState = "skipped"     // a company admin skipped it
	PreviewOver        PreviewState = "over"        // it has begun, or its time has passed in another way
)

// A ReminderPreview tells company admins of a run of the schedule before it begins.
type ReminderPreview struct {
	ID        string
	CompanyID string
	DueAt     time.Time // when the run begins; it stands for the run
	State     PreviewState
}

// LeavePreviews leaves a JobPreview for each company whose next run is to be told of at this moment (see nudge.Policy.PreviewAt). However
// many processes call it at the same time, a run is told of once: the row of its company and time.
func (s *Store) LeavePreviews(ctx context.Context) error {
	var companies []string
	err := s.read.SelectContext(ctx, &companies, `
		SELECT company_id
		FROM reminders
		WHERE NOT paused
		ORDER BY company_id`)
	if err != nil {
		return fmt.Errorf("leave previews: %w", err)
	}
	var problems []error
	for _, id := range companies {
		if err := s.leavePreview(ctx, id); err != nil {
			problems = append(problems, fmt.Errorf("leave previews: %w", err))
		}
	}
	return errors.Join(problems...)
}

func (s *Store) leavePreview(ctx context.Context, companyID string) error {
	due, err := previewDue(ctx, s.read, companyID, s.time())
	if err != nil || due.IsZero() {
		return err
	}
	return s.change(ctx, companyID, func(t *tx) error {
		due, err := previewDue(ctx, t, companyID, t.now) // somebody may have been faster
		if err != nil || due.IsZero() {
			return err
		}
		id := newID()
		n, err := t.exec(ctx, `
			INSERT INTO reminder_previews (id, company_id, due_at)
			VALUES ($1, $2, $3)
			ON CONFLICT DO NOTHING`, id, companyID, stamp(due))
		if err != nil || n == 0 {
			return err
		}
		return t.leave(ctx, companyID, Job{Kind: JobPreview, Ref: id})
	})
}

// previewDue is the run to tell of at the moment, zero if there is none, or if that was done.
func previewDue(ctx context.Context, q querier, companyID string, now time.Time) (time.Time, error) {
	settings, _, err := reminders(ctx, q, companyID)
	if err != nil || settings.Paused {
		return time.Time{}, err
	}
	schedule, err := nudge.ParseSchedule(settings.Schedule, settings.Zone)
	if err != nil {
		return time.Time{}, err
	}
	policy, err := settings.Policy()
	if err != nil {
		return time.Time{}, err
	}
	run := schedule.Next(now)
	if run.IsZero() {
		return time.Time{}, nil
	}
	if at, ok := policy.PreviewAt(run, now); !ok || at.After(now) {
		return time.Time{}, nil
	}
	var known bool
	err = q.GetContext(ctx, &known, `
		SELECT EXISTS (SELECT 1 FROM reminder_previews WHERE company_id = $1 AND due_at = $2)
			OR EXISTS (SELECT 1 FROM reminder_runs WHERE company_id = $1 AND due_at = $2 AND NOT manual)`, companyID, stamp(run))
	if err != nil {
		return time.Time{}, fmt.Errorf("look for an earlier preview: %w", err)
	}
	if known {
		return time.Time{}, nil
	}
	return run, nil
}

// ReminderPreview returns a preview with what became of its run; ErrNotFound for one that there is not, or not any more.
func (s *Store) ReminderPreview(ctx context.Context, companyID, previewID string) (ReminderPreview, error) {
	p, err := reminderPreview(ctx, s.read, companyID, previewID)
	if err != nil {
		return ReminderPreview{}, fmt.Errorf("load a preview: %w", err)
	}
	return p, nil
}

func reminderPreview(ctx context.Context, q querier, companyID, previewID string) (ReminderPreview, error) {
	var dueAt int64
	err := q.GetContext(ctx, &dueAt, `
		SELECT due_at
		FROM reminder_previews
		WHERE company_id = $1 AND id = $2`, companyID, previewID)
	if err != nil {
		return ReminderPreview{}, found(err)
	}
	p := ReminderPreview{ID: previewID, CompanyID: companyID, DueAt: unstamp(dueAt)}
	var row reminderRunRow
	err = q.GetContext(ctx, &row, `
		SELECT `+reminderRunColumns+`
		FROM reminder_runs
		WHERE company_id = $1 AND due_at = $2 AND NOT manual`, companyID, dueAt)
	switch {
	case err == nil && row.Status == RemindersSkipped && row.Reason == SkippedOnRequest:
		p.State = PreviewSkipped
		return p, nil
	case err == nil:
		p.State = PreviewOver
		return p, nil
	case !errors.Is(found(err), ErrNotFound):
		return p, fmt.Errorf("look for its run: %w", err)
	}
	settings, seen, err := reminders(ctx, q, companyID)
	if err != nil {
		return p, err
	}
	schedule, err := nudge.ParseSchedule(settings.Schedule, settings.Zone)
	if err != nil {
		return p, err
	}
	switch {
	case !schedule.Next(p.DueAt.Add(-time.Second)).Equal(p.DueAt):
		p.State = PreviewRescheduled
	case !seen.Before(p.DueAt): // it will not start any more
		p.State = PreviewOver
	case settings.Paused:
		p.State = PreviewPaused
	default:
		p.State = PreviewAhead
	}
	return p, nil
}

// SkipReminders lets the run of a preview not take place, unless it has begun or there is no such run any more: the State of the preview
// that it returns says so. To skip a run again changes nothing. Errors: ErrNotFound for a preview that there is not, ErrForbidden unless
// the actor is a company admin.
func (s *Store) SkipReminders(ctx context.Context, companyID string, by Actor, previewID string) (ReminderPreview, error) {
	var p ReminderPreview
	err := s.change(ctx, companyID, func(t *tx) error {
		if err := t.requireAdmin(ctx, companyID, by); err != nil {
			return err
		}
		var err error
		p, err = reminderPreview(ctx, t, companyID, previewID)
		if err != nil || p.State != PreviewAhead && p.State != PreviewPaused {
			return err
		}
		// The row is the run's. Who starts what is due finds it there.
		_, err = t.ExecContext(ctx, `
			INSERT INTO reminder_runs (`+reminderRunColumns+`)
			VALUES ($1, $2, $3, $4, FALSE, 'skipped', $5, '', 0, 0, $6, 0, 0, 0)`, newID(), companyID, stamp(p.DueAt), by.SlackID, SkippedOnRequest, stamp(t.now))
		if err != nil {
			return err
		}
		p.State = PreviewSkipped
		if err := t.closePreviews(ctx, companyID); err != nil {
			return err
		}
		return t.audit(ctx, companyID, by, AuditEvent{Action: AuditRemindersSkipped})
	})
	if err != nil {
		return ReminderPreview{}, fmt.Errorf("skip reminders: %w", err)
	}
	return p, nil
}

// closePreviews lets the messages about runs that were ahead be looked at again: their buttons go with the run.
func (t *tx) closePreviews(ctx context.Context, companyID string) error {
	var ids []string
	err := t.SelectContext(ctx, &ids, `
		SELECT id
		FROM reminder_previews
		WHERE company_id = $1 AND due_at > $2
		ORDER BY due_at`, companyID, stamp(t.now.Add(-previewOpen)))
	if err != nil {
		return fmt.Errorf("look for previews: %w", err)
	}
	jobs := make([]Job, len(ids))
	for i, id := range ids {
		jobs[i] = Job{Kind: JobPreviewOver, Ref: id}
	}
	return t.leave(ctx, companyID, jobs...)
}

// SkippedReminders returns the runs of the schedule to come that company admins skipped, the last one first.
func (s *Store) SkippedReminders(ctx context.Context, companyID string) ([]ReminderRun, error) {
	var rows []reminderRunRow
	err := s.read.SelectContext(ctx, &rows, `
		SELECT `+reminderRunColumns+`
		FROM reminder_runs
		WHERE company_id = $1 AND due_at > $2 AND NOT manual AND status = 'skipped'
		ORDER BY due_at DESC`, companyID, stamp(s.time()))
	if err != nil {
		return nil, fmt.Errorf("load skipped runs: %w", err)
	}
	runs := make([]ReminderRun, len(rows))
	for i, row := range rows {
		runs[i] = row.run()
	}
	return runs, nil
}

// TellPreviews says whether the member wants to be told before each run of reminders, as long as they are a company admin. ErrNotFound if
// they are gone.
func (s *Store) TellPreviews(ctx context.Context, companyID, memberID string, wanted bool) error {
	err := s.update(ctx, func(t *tx) error {
		n, err := t.exec(ctx, `
			UPDATE members
			SET unpreviewed = $3
			WHERE company_id = $1 AND id = $2`, companyID, memberID, !wanted)
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("store a wish: %w", err)
	}
	return nil
}
