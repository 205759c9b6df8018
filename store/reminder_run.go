package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"herald/nudge"
)

const (
	// planBatch is how many people one transaction of PlanReminders judges.
	planBatch = 2000
	// nudgesAtOnce is how many reminders of a run wait for their turn to be sent: enough for some seconds at any pace that Slack allows.
	nudgesAtOnce = 1000
	// reminderLife is how long a run, and what was sent to whom, is remembered.
	reminderLife = 365 * 24 * time.Hour
)

// ReminderStatus is how far a ReminderRun is.
type ReminderStatus string

// The statuses.
const (
	RemindersPlanning ReminderStatus = "planning" // everybody is judged
	RemindersSending  ReminderStatus = "sending"
	RemindersDone     ReminderStatus = "done"
	RemindersStopped  ReminderStatus = "stopped" // reminders were paused
	RemindersSkipped  ReminderStatus = "skipped"
)

// remindersOver is the condition that a run is not under way.
const remindersOver = `status NOT IN ('planning', 'sending')`

// Reasons, beside those of nudge, why somebody whose reminder was planned did not get it.
const (
	HeldTooLate nudge.Reason = "too_late" // the run ended before it was their turn
	HeldPaused  nudge.Reason = "paused"   // reminders were paused
)

// A ReminderRun reminds everybody whose time it is. A company has at most one under way.
type ReminderRun struct {
	ID        string
	CompanyID string
	DueAt     time.Time // when the schedule meant it to start; nothing else starts for the same time
	Manual    bool      // somebody pressed Run now
	AskedBy   string    // their Slack id, "" if they were removed
	Status    ReminderStatus
	Reason    nudge.SkipReason // of RemindersSkipped
	StartedAt time.Time
	EndsAt    time.Time // nothing is sent later
	EndedAt   time.Time
	Planned   int // people to be reminded
	Sent      int
	Failed    int
	SignedUp  int                 // people who signed up because of it so far; filled by ReminderRuns only
	Held      []nudge.ReasonCount // the others, the most frequent reason first; filled by ReminderRuns only
}

// Late is how long after its time the run started.
func (r ReminderRun) Late() time.Duration { return max(0, r.StartedAt.Sub(r.DueAt)) }

// Busy tells whether the run is under way.
func (r ReminderRun) Busy() bool {
	return r.Status == RemindersPlanning || r.Status == RemindersSending
}

type reminderRunRow struct {
	ID        string           `db:"id"`
	CompanyID string           `db:"company_id"`
	DueAt     int64            `db:"due_at"`
	AskedBy   string           `db:"asked_by"`
	Manual    bool             `db:"manual"`
	Status    ReminderStatus   `db:"status"`
	Reason    nudge.SkipReason `db:"reason"`
	AfterID   string           `db:"after_id"`
	StartedAt int64            `db:"started_at"`
	EndsAt    int64            `db:"ends_at"`
	EndedAt   int64            `db:"ended_at"`
	Planned   int              `db:"planned"`
	Sent      int              `db:"sent"`
	Failed    int              `db:"failed"`
}

const reminderRunColumns = `id, company_id, due_at, asked_by, manual, status, reason, after_id, started_at, ends_at, ended_at, planned, sent, failed`

func (r reminderRunRow) run() ReminderRun {
	return ReminderRun{
		ID: r.ID, CompanyID: r.CompanyID, DueAt: unstamp(r.DueAt), Manual: r.Manual, AskedBy: r.AskedBy, Status: r.Status, Reason: r.Reason,
		StartedAt: unstamp(r.StartedAt), EndsAt: unstamp(r.EndsAt), EndedAt: unstamp(r.EndedAt), Planned: r.Planned, Sent: r.Sent, Failed: r.Failed,
	}
}

// StartReminders starts the runs that are due in all companies, and notes those that were missed. However many processes call it at the
// same time, a due time starts one run: the row of its company and time.
func (s *Store) StartReminders(ctx context.Context) error {
	var companies []string
	err := s.read.SelectContext(ctx, &companies, `
		SELECT company_id
		FROM reminders
		ORDER BY company_id`)
	if err != nil {
		return fmt.Errorf("start reminders: %w", err)
	}
	var problems []error
	for _, id := range companies {
		if err := s.startReminders(ctx, id); err != nil {
			problems = append(problems, fmt.Errorf("start reminders: %w", err))
		}
	}
	return errors.Join(problems...)
}

func (s *Store) startReminders(ctx context.Context, companyID string) error {
	due, err := dueReminders(ctx, s.read, companyID, s.time())
	if err != nil || due.Run.IsZero() && len(due.Skipped) == 0 {
		return err
	}
	return s.change(ctx, companyID, func(t *tx) error {
		due, err := dueReminders(ctx, t, companyID, t.now) // another process may have been faster
		if err != nil {
			return err
		}
		for _, skipped := range due.Skipped {
			_, err := t.ExecContext(ctx, `
				INSERT INTO reminder_runs (`+reminderRunColumns+`)
				VALUES ($1, $2, $3, '', FALSE, 'skipped', $4, '', 0, 0, $3, 0, 0, 0)
				ON CONFLICT DO NOTHING`, newID(), companyID, stamp(skipped.At), skipped.Reason)
			if err != nil {
				return fmt.Errorf("note a run that was skipped: %w", err)
			}
		}
		if !due.Run.IsZero() {
			if _, err := t.startRun(ctx, companyID, Actor{}, due.Run); err != nil && !errors.Is(err, ErrExists) {
				return err
			}
		}
		_, err = t.ExecContext(ctx, `
			UPDATE reminders
			SET seen_at = $2
			WHERE company_id = $1`, companyID, stamp(due.Seen))
		if err != nil {
			return err
		}
		return t.closePreviews(ctx, companyID)
	})
}

// dueReminders says what to do with a company's schedule at the moment.
func dueReminders(ctx context.Context, q querier, companyID string, now time.Time) (nudge.Due, error) {
	settings, seen, err := reminders(ctx, q, companyID)
	if err != nil {
		return nudge.Due{}, err
	}
	schedule, err := nudge.ParseSchedule(settings.Schedule, settings.Zone)
	if err != nil {
		return nudge.Due{}, err
	}
	var busy bool
	err = q.GetContext(ctx, &busy, `
		SELECT EXISTS (
			SELECT 1
			FROM reminder_runs
			WHERE company_id = $1 AND status IN ('planning', 'sending'))`, companyID)
	if err != nil {
		return nudge.Due{}, fmt.Errorf("look for a run under way: %w", err)
	}
	return schedule.Due(nudge.Progress{Seen: seen, Paused: settings.Paused, Busy: busy}, now, nudge.DefaultGrace), nil
}

// startRun inserts a run for the time and leaves its JobReminders. ErrExists if there is one for that time, or one is under way.
func (t *tx) startRun(ctx context.Context, companyID string, by Actor, due time.Time) (ReminderRun, error) {
	settings, _, err := reminders(ctx, t, companyID)
	if err != nil {
		return ReminderRun{}, err
	}
	policy, err := settings.Policy()
	if err != nil {
		return ReminderRun{}, err
	}
	run := ReminderRun{
		ID: newID(), CompanyID: companyID, DueAt: due, Manual: by != Actor{}, AskedBy: by.SlackID, Status: RemindersPlanning, StartedAt: t.now,
		EndsAt: policy.Ends(due),
	}
	n, err := t.exec(ctx, `
		INSERT INTO reminder_runs (`+reminderRunColumns+`)
		VALUES ($1, $2, $3, $4, $5, 'planning', '', '', $6, $7, 0, 0, 0, 0)
		ON CONFLICT DO NOTHING`, run.ID, companyID, stamp(due), run.AskedBy, run.Manual, stamp(t.now), stamp(run.EndsAt))
	if err != nil {
		return ReminderRun{}, fmt.Errorf("start a run: %w", err)
	}
	if n == 0 {
		return ReminderRun{}, ErrExists
	}
	return run, t.leave(ctx, companyID, Job{Kind: JobReminders, Ref: run.ID})
}

// RunReminders starts a run now. Who is reminded is decided as always: it overrules nobody's wish and no holiday. Errors: ErrNotFound
// while nobody set reminders up, ErrClosed while they are paused, ErrExists while a run is under way, ErrForbidden unless the actor is a
// company admin.
func (s *Store) RunReminders(ctx context.Context, companyID string, by Actor) (ReminderRun, error) {
	var run ReminderRun
	err := s.change(ctx, companyID, func(t *tx) error {
		if err := t.requireAdmin(ctx, companyID, by); err != nil {
			return err
		}
		settings, _, err := reminders(ctx, t, companyID)
		if err != nil {
			return err
		}
		if settings.Paused {
			return ErrClosed
		}
		if run, err = t.startRun(ctx, companyID, by, t.now); err != nil {
			return err
		}
		return t.audit(ctx, companyID, by, AuditEvent{Action: AuditRemindersRun})
	})
	if err != nil {
		return ReminderRun{}, fmt.Errorf("run reminders: %w", err)
	}
	return run, nil
}

// reminderRun loads a run, or ErrNotFound.
func reminderRun(ctx context.Context, q querier, companyID, runID string) (reminderRunRow, error) {
	var row reminderRunRow
	err := q.GetContext(ctx, &row, `
		SELECT `+reminderRunColumns+`
		FROM reminder_runs
		WHERE company_id = $1 AND id = $2`, companyID, runID)
	return row, found(err)
}

// PlanReminders judges the next people of a run that is being planned and notes whom to remind and when. The caller repeats it until
// Status is another one; what was noted stays if it ends early. Memory and time of a call do not grow with the company. It returns
// ErrNotFound for a run that there is not.
func (s *Store) PlanReminders(ctx context.Context, companyID, runID string, judge func(nudge.Person, time.Time) nudge.Verdict) (ReminderRun, error) {
	var row reminderRunRow
	err := s.change(ctx, companyID, func(t *tx) error {
		var err error
		if row, err = reminderRun(ctx, t, companyID, runID); err != nil || row.Status != RemindersPlanning {
			return err
		}
		people, err := t.s.candidates(ctx, t, companyID, candidatesByID, row.AfterID, planBatch)
		if err != nil {
			return err
		}
		ends := unstamp(row.EndsAt)
		held := map[nudge.Reason]int{}
		var rows [][]any
		for _, c := range people {
			v := judge(c.Nudged, t.now)
			if v.Kind == nudge.Hold || v.At.After(ends) {
				held[v.Reason]++
				continue
			}
			rows = append(rows, []any{newID(), companyID, runID, c.Person.ID, "waiting", "", 0, stamp(v.At), 0})
		}
		columns := []string{"id", "company_id", "run_id", "person_id", "status", "reason", "n", "send_at", "sent_at"}
		if err := t.copyIn(ctx, &loadTable{name: "nudges", columns: columns, rows: rows}); err != nil {
			return fmt.Errorf("note whom to remind: %w", err)
		}
		if err := t.countHeld(ctx, companyID, runID, held); err != nil {
			return err
		}
		row.Planned += len(rows)
		if len(people) < planBatch {
			row.Status, row.AfterID = RemindersSending, ""
		} else {
			row.AfterID = people[len(people)-1].Person.ID
		}
		_, err = t.ExecContext(ctx, `
			UPDATE reminder_runs
			SET status = $2, after_id = $3, planned = $4
			WHERE id = $1`, runID, row.Status, row.AfterID, row.Planned)
		return err
	})
	if err != nil {
		return ReminderRun{}, fmt.Errorf("plan reminders: %w", err)
	}
	return row.run(), nil
}

// countHeld adds to the number of people whom a run held back.
func (t *tx) countHeld(ctx context.Context, companyID, runID string, held map[nudge.Reason]int) error {
	for reason, n := range held {
		_, err := t.ExecContext(ctx, `
			INSERT INTO reminder_holds (run_id, reason, company_id, people)
			VALUES ($1, $2, $3, $4)
			ON CONFLICT (run_id, reason) DO UPDATE
			SET people = reminder_holds.people + excluded.people`, runID, reason, companyID, n)
		if err != nil {
			return fmt.Errorf("count who was held back: %w", err)
		}
	}
	return nil
}

// FeedReminders leaves the JobNudge of those whose moment has come, some at a time, and ends the run when all of them are settled or its
// time is over. next is when the next one's moment comes, zero if that depends on those under way. ErrNotFound for a run that there is not.
func (s *Store) FeedReminders(ctx context.Context, companyID, runID string) (run ReminderRun, next time.Time, err error) {
	var row reminderRunRow
	err = s.change(ctx, companyID, func(t *tx) error {
		next = time.Time{}
		if row, err = reminderRun(ctx, t, companyID, runID); err != nil || row.Status != RemindersSending {
			return err
		}
		if stamp(t.now) > row.EndsAt {
			if err := t.holdWaiting(ctx, companyID, runID, HeldTooLate); err != nil {
				return err
			}
		}
		var queued int
		err := t.GetContext(ctx, &queued, `
			SELECT count(*)
			FROM nudges
			WHERE run_id = $1 AND status = 'queued'`, runID)
		if err != nil {
			return fmt.Errorf("count reminders under way: %w", err)
		}
		var waiting []struct {
			ID     string `db:"id"`
			SendAt int64  `db:"send_at"`
		}
		err = t.SelectContext(ctx, &waiting, `
			SELECT id, send_at
			FROM nudges
			WHERE run_id = $1 AND status = 'waiting'
			ORDER BY send_at, id
			LIMIT $2`, runID, nudgesAtOnce-queued+1)
		if err != nil {
			return fmt.Errorf("look for the next reminders: %w", err)
		}
		var ids []string
		for _, w := range waiting {
			if w.SendAt > stamp(t.now) || queued+len(ids) == nudgesAtOnce {
				next = unstamp(w.SendAt)
				break
			}
			ids = append(ids, w.ID)
		}
		for part := range chunks(ids) {
			list, args := in(nil, part)
			if _, err := t.ExecContext(ctx, `
				UPDATE nudges
				SET status = 'queued'
				WHERE id IN `+list, args...); err != nil {
				return fmt.Errorf("queue reminders: %w", err)
			}
		}
		if queued+len(waiting) == 0 {
			return t.endReminders(ctx, &row, RemindersDone)
		}
		jobs, err := t.nudgesWithoutJob(ctx, runID)
		if err != nil {
			return err
		}
		return t.leave(ctx, companyID, jobs...)
	})
	if err != nil {
		return ReminderRun{}, time.Time{}, fmt.Errorf("feed reminders: %w", err)
	}
	return row.run(), next, nil
}

// nudgesWithoutJob returns the jobs of the reminders under way that have none: of those that were just handed on, and of one whose job was left
// while another about it was still running, that of a process that died after it had put the reminder off, say.
func (t *tx) nudgesWithoutJob(ctx context.Context, runID string) ([]Job, error) {
	var ids []string
	err := t.SelectContext(ctx, &ids, `
		SELECT id
		FROM nudges
		WHERE run_id = $1 AND status = 'queued' AND NOT EXISTS (
			SELECT 1
			FROM river_job j
			WHERE j.args ->> 'ref' = nudges.id AND j.kind = $2 AND j.finalized_at IS NULL)
		ORDER BY send_at, id`, runID, JobNudge)
	if err != nil {
		return nil, fmt.Errorf("look for reminders without a job: %w", err)
	}
	jobs := make([]Job, len(ids))
	for i, id := range ids {
		jobs[i] = Job{Kind: JobNudge, Ref: id}
	}
	return jobs, nil
}

// holdWaiting gives up the reminders of a run that nobody is sending. Those that may have arrived are left to their jobs, which look.
func (t *tx) holdWaiting(ctx context.Context, companyID, runID string, why nudge.Reason) error {
	n, err := t.exec(ctx, `
		UPDATE nudges
		SET status = 'held', reason = $2
		WHERE run_id = $1 AND status IN ('waiting', 'queued') AND NOT `+attemptOpen("nudges.id"), runID, why)
	if err != nil {
		return fmt.Errorf("give reminders up: %w", err)
	}
	if n == 0 {
		return nil
	}
	return t.countHeld(ctx, companyID, runID, map[nudge.Reason]int{why: n})
}

func (t *tx) endReminders(ctx context.Context, row *reminderRunRow, status ReminderStatus) error {
	row.Status, row.EndedAt = status, stamp(t.now)
	_, err := t.ExecContext(ctx, `
		UPDATE reminder_runs
		SET status = $2, after_id = '', ended_at = $3
		WHERE id = $1`, row.ID, row.Status, row.EndedAt)
	if err != nil {
		return fmt.Errorf("end a run: %w", err)
	}
	return nil
}

// stopReminders ends the run that is under way, if there is one.
func (t *tx) stopReminders(ctx context.Context, companyID string) error {
	var row reminderRunRow
	err := t.GetContext(ctx, &row, `
		SELECT `+reminderRunColumns+`
		FROM reminder_runs
		WHERE company_id = $1 AND status IN ('planning', 'sending')`, companyID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for a run under way: %w", err)
	}
	if err := t.holdWaiting(ctx, companyID, row.ID, HeldPaused); err != nil {
		return err
	}
	return t.endReminders(ctx, &row, RemindersStopped)
}

// ReminderRuns returns the latest runs, newest first, at most limit (1 to 100), also those that were skipped.
func (s *Store) ReminderRuns(ctx context.Context, companyID string, limit int) ([]ReminderRun, error) {
	var rows []reminderRunRow
	err := s.read.SelectContext(ctx, &rows, `
		SELECT `+reminderRunColumns+`
		FROM reminder_runs
		WHERE company_id = $1
		ORDER BY due_at DESC
		LIMIT $2`, companyID, min(max(limit, 1), maxPage))
	if err != nil {
		return nil, fmt.Errorf("load reminder runs: %w", err)
	}
	runs := make([]ReminderRun, len(rows))
	for i, row := range rows {
		runs[i] = row.run()
		if row.Status == RemindersSkipped {
			continue
		}
		if runs[i].Held, err = s.heldBack(ctx, row.ID); err != nil {
			return nil, err
		}
		if runs[i].SignedUp, err = s.creditedTo(ctx, row.ID); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

// heldBack is how many people a run held back, the most frequent reason first.
func (s *Store) heldBack(ctx context.Context, runID string) ([]nudge.ReasonCount, error) {
	var rows []struct {
		Reason nudge.Reason `db:"reason"`
		People int          `db:"people"`
	}
	err := s.read.SelectContext(ctx, &rows, `
		SELECT reason, people
		FROM reminder_holds
		WHERE run_id = $1 AND people > 0`, runID)
	if err != nil {
		return nil, fmt.Errorf("load who was held back: %w", err)
	}
	held := make([]nudge.ReasonCount, len(rows))
	for i, r := range rows {
		held[i] = nudge.ReasonCount(r)
	}
	slices.SortFunc(held, func(a, b nudge.ReasonCount) int {
		return cmp.Or(cmp.Compare(b.People, a.People), cmp.Compare(a.Reason, b.Reason))
	})
	return held, nil
}
