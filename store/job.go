package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// JobKind names what a job does.
type JobKind string

// The kinds; Ref is the id of the thing.
const (
	JobInviteDM      JobKind = "invite_dm"      // an Invite
	JobWelcomeDM     JobKind = "welcome_dm"     // a Member
	JobConfirmDM     JobKind = "confirm_dm"     // a Signup
	JobApprovalCard  JobKind = "approval_card"  // a Signup
	JobSignupDecided JobKind = "signup_decided" // a Signup: close its cards
	JobCaseCard      JobKind = "case_card"      // a Case
	JobCaseDecided   JobKind = "case_decided"   // a Case
	JobCardsGone     JobKind = "cards_gone"     // a Case or Signup that went with an account: blank its cards
	JobRemoval       JobKind = "removal"        // a Removal
	JobDeleteFile    JobKind = "delete_file"    // a Slack file that showed a Removal that ended
)

// A Job follows from a state change and was committed with it. It holds ids, never personal data.
type Job struct {
	ID        string
	CompanyID string
	Kind      JobKind
	Ref       string
	Attempt   int // 1 on the first
}

// leave leaves jobs that are due at once. Of each, Kind and Ref matter.
func (t *tx) leave(ctx context.Context, companyID string, jobs ...Job) error {
	columns := []string{"id", "company_id", "kind", "ref", "attempt", "due_at", "created_at"}
	rows := make([][]any, len(jobs))
	for i, j := range jobs {
		rows[i] = []any{newID(), companyID, j.Kind, j.Ref, 0, stamp(t.now), stamp(t.now)}
	}
	t.jobs = t.jobs || len(jobs) > 0
	return t.insert(ctx, "jobs", columns, rows)
}

// ClaimJobs leases due jobs of the given kinds, oldest first, to this caller alone; a lease that runs out makes the job due again.
// No kinds: none.
func (s *Store) ClaimJobs(ctx context.Context, limit int, lease time.Duration, kinds ...JobKind) ([]Job, error) {
	if len(kinds) == 0 {
		return nil, nil
	}
	var due bool
	now := s.time()
	ofKinds, args := in([]any{stamp(now)}, kinds)
	// Without a look first, every idle poll would be a write.
	err := s.read.GetContext(ctx, &due, `
		SELECT EXISTS (
			SELECT 1
			FROM jobs
			WHERE due_at <= $1 AND kind IN `+ofKinds+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("claim jobs: %w", err)
	}
	if !due {
		return nil, nil
	}
	var rows []struct {
		ID        string  `db:"id"`
		CompanyID string  `db:"company_id"`
		Kind      JobKind `db:"kind"`
		Ref       string  `db:"ref"`
		Attempt   int     `db:"attempt"`
		CreatedAt int64   `db:"created_at"`
	}
	err = s.update(ctx, func(t *tx) error {
		rows = nil
		ofKinds, args := in([]any{stamp(now), stamp(now.Add(lease)), limit}, kinds)
		// The outer due_at: another caller may have claimed a job between the subquery and the lock of its row.
		return t.SelectContext(ctx, &rows, `
			UPDATE jobs
			SET due_at = $2, attempt = attempt + 1
			WHERE due_at <= $1 AND id IN (
				SELECT id
				FROM jobs
				WHERE due_at <= $1 AND kind IN `+ofKinds+`
				ORDER BY due_at, created_at, id
				LIMIT $3)
			RETURNING id, company_id, kind, ref, attempt, created_at`, args...)
	})
	if err != nil {
		return nil, fmt.Errorf("claim jobs: %w", err)
	}
	jobs := make([]Job, len(rows))
	created := make(map[string]int64, len(rows))
	for i, r := range rows {
		jobs[i] = Job{ID: r.ID, CompanyID: r.CompanyID, Kind: r.Kind, Ref: r.Ref, Attempt: r.Attempt}
		created[r.ID] = r.CreatedAt
	}
	slices.SortFunc(jobs, func(a, b Job) int {
		return cmp.Or(cmp.Compare(created[a.ID], created[b.ID]), cmp.Compare(a.ID, b.ID))
	})
	return jobs, nil
}

// FinishJob deletes it.
func (s *Store) FinishJob(ctx context.Context, jobID string) error {
	err := s.update(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, `
			DELETE FROM jobs
			WHERE id = $1`, jobID)
		return err
	})
	if err != nil {
		return fmt.Errorf("finish job: %w", err)
	}
	return nil
}

// PostponeJob gives a claimed job back: it is due at the given time, and the claim does not count as an attempt.
func (s *Store) PostponeJob(ctx context.Context, jobID string, at time.Time) error {
	err := s.update(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, `
			UPDATE jobs
			SET due_at = $2, attempt = attempt - 1
			WHERE id = $1`, jobID, stamp(at))
		return err
	})
	if err != nil {
		return fmt.Errorf("postpone job: %w", err)
	}
	return nil
}

// RetryJob makes it due at the given time.
func (s *Store) RetryJob(ctx context.Context, jobID string, at time.Time) error {
	err := s.update(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, `
			UPDATE jobs
			SET due_at = $2
			WHERE id = $1`, jobID, stamp(at))
		return err
	})
	if err != nil {
		return fmt.Errorf("retry job: %w", err)
	}
	return nil
}
