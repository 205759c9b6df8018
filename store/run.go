package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	// RunLimit is how many people one run may be for.
	RunLimit = 20_000
	// runStep is how many of its people are invited in one transaction, which others wait for.
	runStep = 50
	// runMost is how many of them are invited before others look at how far it is: at night, all of them may get their message later.
	runMost = 1000
	// proposedRunLife is how long a run may wait for its confirmation, endedRunLife how long one that ended is remembered.
	proposedRunLife = 24 * time.Hour
	endedRunLife    = 90 * 24 * time.Hour
)

// RunStatus is how far a Run is.
type RunStatus string

// The statuses.
const (
	RunProposed RunStatus = "proposed" // whoever chose the people has not confirmed them
	RunRunning  RunStatus = "running"
	RunStopped  RunStatus = "stopped" // before everybody had their message
	RunDone     RunStatus = "done"
)

// A Run invites many people by DM. A company has at most one running.
type Run struct {
	ID        string
	CompanyID string
	StartedBy string // Slack id, "" if they were removed
	As        MemberType
	Status    RunStatus
	Total     int // people it is for
	Settled   int // of them: those with a message, those whose message failed, and those left out
	Sent      int
	Failed    int // the rows of these people tell why
	// Waiting is how many are invited and get their message later, as it is not their time now, and Next when the first of them does.
	Waiting   int
	Next      time.Time
	CreatedAt time.Time
}

// LeftOut is how many were not written to: they registered, were invited or reminded meanwhile, asked to be left alone for a while, are
// away for longer than a run lasts, left the company, or came after a stop.
func (r Run) LeftOut() int { return r.Settled - r.Sent - r.Failed }

// An Audience is whom a run is for: these Slack users, or everybody who is not registered.
type Audience struct {
	SlackIDs []string
	Everyone bool
}

// A RunPlan is a proposed Run, and how many of its audience it leaves out, with the reason.
type RunPlan struct {
	Run
	Registered int
	Invited    int // they have an open invitation
	Declined   int // they said no, which an admin overrides for one person at a time
	Departed   int // they, or somebody with their address, were removed or left: the same
	Spared
	Ineligible int // bots, guests, deactivated people, and Slack users whom the mirror does not know
}

// ProposeRun notes whom a run would invite, until it is confirmed; what the same person proposed before is forgotten. Errors: ErrTooMany
// (more than RunLimit), ErrForbidden unless the actor is a company admin.
func (s *Store) ProposeRun(ctx context.Context, companyID string, by Actor, a Audience, as MemberType) (RunPlan, error) {
	as = cmp.Or(as, Employee)
	if as != Employee && as != Recruiter {
		return RunPlan{}, fmt.Errorf("propose run: nobody is invited as %q", as)
	}
	var plan RunPlan
	err := s.change(ctx, companyID, func(t *tx) error {
		if err := t.requireAdmin(ctx, companyID, by); err != nil {
			return err
		}
		plan = RunPlan{Run: Run{ID: newID(), CompanyID: companyID, StartedBy: by.SlackID, As: as, Status: RunProposed, CreatedAt: t.now}}
		people, err := t.audience(ctx, &plan, a)
		if err != nil {
			return err
		}
		if len(people) > RunLimit {
			return ErrTooMany
		}
		plan.Total = len(people)
		_, err = t.ExecContext(ctx, `
			DELETE FROM runs
			WHERE company_id = $1 AND started_by = $2 AND status = 'proposed'`, companyID, by.SlackID)
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `
			INSERT INTO runs (id, company_id, started_by, as_type, status, total, sent, failed, created_at, ended_at)
			VALUES ($1, $2, $3, $4, $5, $6, 0, 0, $7, 0)`,
			plan.ID, companyID, plan.StartedBy, plan.As, plan.Status, plan.Total, stamp(t.now))
		if err != nil {
			return err
		}
		rows := make([][]any, len(people))
		for i, id := range people {
			rows[i] = []any{plan.ID, id, i, ""}
		}
		return t.insert(ctx, "run_people", []string{"run_id", "person_id", "position", "invite_id"}, rows)
	})
	if err != nil {
		return RunPlan{}, fmt.Errorf("propose run: %w", err)
	}
	return plan, nil
}

// audience returns the people to invite, and counts the others in the plan.
func (t *tx) audience(ctx context.Context, plan *RunPlan, a Audience) ([]string, error) {
	type row struct {
		ID       string   `db:"id"`
		SlackID  string   `db:"slack_id"`
		Email    string   `db:"email"`
		Standing standing `db:"standing"`
	}
	keys, err := t.s.secret(ctx, plan.CompanyID)
	if err != nil {
		return nil, err
	}
	var rows []row
	var invite, addresses []string
	var people []Person // whom to invite
	if a.Everyone {
		err := t.SelectContext(ctx, &rows, `
			SELECT id, slack_id, email, standing
			FROM people
			WHERE company_id = $1 AND standing IN ('new', 'invited') AND slack_id IS NOT NULL
			ORDER BY sort_key, id`, plan.CompanyID)
		if err != nil {
			return nil, fmt.Errorf("list the unregistered: %w", err)
		}
	}
	named := make(map[string]bool, len(a.SlackIDs))
	for part := range chunks(a.SlackIDs) {
		list, args := in([]any{plan.CompanyID}, part)
		var found []row
		err := t.SelectContext(ctx, &found, `
			SELECT id, slack_id, email, standing
			FROM people
			WHERE company_id = $1 AND slack_id IN `+list+`
			ORDER BY sort_key, id`, args...)
		if err != nil {
			return nil, fmt.Errorf("look people up: %w", err)
		}
		rows = append(rows, found...)
		for _, id := range part {
			named[id] = true
		}
	}
	plan.Ineligible = len(named)
	seen := make(map[string]bool, len(rows))
	for _, r := range rows {
		if seen[r.ID] {
			continue
		}
		seen[r.ID] = true
		if named[r.SlackID] && r.Standing != standingOut {
			plan.Ineligible--
		}
		switch r.Standing {
		case standingNew:
			invite = append(invite, r.ID)
			addresses = append(addresses, keys.emailHash(r.Email))
			people = append(people, Person{ID: r.ID, SlackID: r.SlackID})
		case standingInvited:
			plan.Invited++
		case standingMember:
			plan.Registered++
		case standingOut:
		}
	}
	declined, err := t.declined(ctx, invite)
	if err != nil {
		return nil, err
	}
	gone, err := t.addressDepartures(ctx, plan.CompanyID, addresses)
	if err != nil {
		return nil, err
	}
	departed, err := t.departures(ctx, plan.CompanyID, keys, people)
	if err != nil {
		return nil, err
	}
	var willing []string
	for i, id := range invite {
		_, no := declined[id]
		address, themselves := gone[addresses[i]], departed[id]
		switch {
		case no, address.Reason == DepartedNever, themselves.Reason == DepartedNever:
			plan.Declined++
		case address.Reason != "", themselves.Reason != "":
			plan.Departed++
		default:
			willing = append(willing, id)
		}
	}
	policy, err := bulkPolicy(ctx, t, plan.CompanyID)
	if err != nil {
		return nil, err
	}
	nudged, err := t.s.nudged(ctx, t, plan.CompanyID, willing)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(willing, func(id string) bool {
		spared := policy.Spares(nudged[id], t.now)
		plan.count(spared)
		return spared != ""
	}), nil
}

// ConfirmRun starts a run that the actor proposed, and leaves its JobRun. Errors: ErrNotFound (never proposed by them, too old, or
// confirmed before), ErrExists (another one is running), ErrForbidden unless the actor is a company admin.
func (s *Store) ConfirmRun(ctx context.Context, companyID string, by Actor, runID string) error {
	err := s.change(ctx, companyID, func(t *tx) error {
		if err := t.requireAdmin(ctx, companyID, by); err != nil {
			return err
		}
		if _, err := runningRun(ctx, t, companyID, t.now); !errors.Is(err, ErrNotFound) {
			return cmp.Or(err, ErrExists)
		}
		n, err := t.exec(ctx, `
			UPDATE runs
			SET status = 'running', created_at = $4
			WHERE company_id = $1 AND id = $2 AND started_by = $3 AND status = 'proposed'`, companyID, runID, by.SlackID, stamp(t.now))
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNotFound
		}
		return t.leave(ctx, companyID, Job{Kind: JobRun, Ref: runID})
	})
	if err != nil {
		return fmt.Errorf("confirm run: %w", err)
	}
	return nil
}

// RunningRun returns the run that is under way, or ErrNotFound.
func (s *Store) RunningRun(ctx context.Context, companyID string) (Run, error) {
	run, err := runningRun(ctx, s.read, companyID, s.time())
	if err != nil {
		return Run{}, fmt.Errorf("load the run under way: %w", err)
	}
	return run, nil
}

func runningRun(ctx context.Context, q querier, companyID string, now time.Time) (Run, error) {
	return loadRun(ctx, q, now, `company_id = $1 AND status = 'running'`, companyID)
}

// loadRun loads the run that the condition selects, with how far it is.
func loadRun(ctx context.Context, q querier, at time.Time, condition string, args ...any) (Run, error) {
	var row struct {
		ID        string     `db:"id"`
		CompanyID string     `db:"company_id"`
		StartedBy string     `db:"started_by"`
		As        MemberType `db:"as_type"`
		Status    RunStatus  `db:"status"`
		Total     int        `db:"total"`
		Sent      int        `db:"sent"`
		Failed    int        `db:"failed"`
		CreatedAt int64      `db:"created_at"`
	}
	err := q.GetContext(ctx, &row, `
		SELECT id, company_id, started_by, as_type, status, total, sent, failed, created_at
		FROM runs
		WHERE `+condition, args...)
	if err != nil {
		return Run{}, found(err)
	}
	run := Run{
		ID: row.ID, CompanyID: row.CompanyID, StartedBy: row.StartedBy, As: row.As, Status: row.Status, Total: row.Total,
		Settled: row.Total, Sent: row.Sent, Failed: row.Failed, CreatedAt: unstamp(row.CreatedAt),
	}
	if run.Status != RunRunning {
		return run, nil
	}
	var now struct {
		Ahead   int   `db:"ahead"`
		Sending int   `db:"sending"`
		Waiting int   `db:"waiting"`
		Next    int64 `db:"next"`
		Sent    int   `db:"sent"`
		Failed  int   `db:"failed"`
	}
	err = q.GetContext(ctx, &now, `
		SELECT coalesce(sum(CASE WHEN r.invite_id = '' THEN 1 ELSE 0 END), 0) AS ahead,
			coalesce(sum(CASE WHEN i.closed = '' AND i.sent_at = 0 AND i.failure = '' AND i.send_at <= $2 THEN 1 ELSE 0 END), 0) AS sending,
			coalesce(sum(CASE WHEN i.closed = '' AND i.sent_at = 0 AND i.failure = '' AND i.send_at > $2 THEN 1 ELSE 0 END), 0) AS waiting,
			coalesce(min(CASE WHEN i.closed = '' AND i.sent_at = 0 AND i.failure = '' AND i.send_at > $2 THEN i.send_at END), 0) AS next,
			coalesce(sum(CASE WHEN i.sent_at > 0 THEN 1 ELSE 0 END), 0) AS sent,
			coalesce(sum(CASE WHEN i.failure <> '' THEN 1 ELSE 0 END), 0) AS failed
		FROM run_people r
		LEFT JOIN invites i ON i.id = r.invite_id
		WHERE r.run_id = $1`, run.ID, stamp(at))
	if err != nil {
		return Run{}, fmt.Errorf("count a run's people: %w", err)
	}
	// Who was erased meanwhile is in none of these.
	run.Settled, run.Sent, run.Failed = run.Total-now.Ahead-now.Sending-now.Waiting, now.Sent, now.Failed
	run.Waiting, run.Next = now.Waiting, unstamp(now.Next)
	return run, nil
}

// AdvanceRun invites the next people of a running run, until underWay of them are invited and not written to yet: a stop finds no more of
// them. Those whose time it is not are invited for when it is, and do not count. It ends the run once all are settled, or wait for longer
// than a run lasts, which leaves them out. A run whose starter is no company admin any more is stopped. It returns how far the run
// is; ErrNotFound if there is none.
func (s *Store) AdvanceRun(ctx context.Context, companyID, runID string, underWay int) (Run, error) {
	sending := -1
	for taken := 0; taken < runMost; {
		n, now := 0, 0
		err := s.change(ctx, companyID, func(t *tx) (err error) {
			if sending < 0 {
				if sending, err = t.sending(ctx, runID); err != nil {
					return err
				}
			}
			n, now, err = t.inviteNext(ctx, companyID, runID, min(runStep, underWay-sending))
			return err
		})
		if err != nil {
			return Run{}, fmt.Errorf("advance run: %w", err)
		}
		if n == 0 {
			break
		}
		taken += n
		sending += now
	}
	var run Run
	err := s.change(ctx, companyID, func(t *tx) error {
		var err error
		run, err = loadRun(ctx, t, t.now, `company_id = $1 AND id = $2 AND status <> 'proposed'`, companyID, runID)
		if err != nil || run.Status != RunRunning {
			return err
		}
		by := Actor{SlackID: run.StartedBy}
		err = t.requireAdmin(ctx, companyID, by)
		if errors.Is(err, ErrForbidden) {
			return t.stopRun(ctx, &run, Actor{Herald: true})
		}
		if err != nil || run.Settled+run.Waiting < run.Total {
			return err
		}
		if run.Waiting > 0 {
			policy, err := bulkPolicy(ctx, t, companyID)
			if err != nil || !run.Next.After(policy.Ends(run.CreatedAt)) {
				return err
			}
			if err := t.takeBack(ctx, &run, Actor{Herald: true}); err != nil {
				return err
			}
		}
		return t.endRun(ctx, &run, RunDone)
	})
	if err != nil {
		return Run{}, fmt.Errorf("advance run: %w", err)
	}
	return run, nil
}

// sending counts the people of a run who are invited and not written to yet, without those whose time it is not.
func (t *tx) sending(ctx context.Context, runID string) (int, error) {
	var n int
	err := t.GetContext(ctx, &n, `
		SELECT count(*)
		FROM run_people r
		JOIN invites i ON i.id = r.invite_id
		WHERE r.run_id = $1 AND i.closed = '' AND i.sent_at = 0 AND i.failure = '' AND i.send_at <= $2`, runID, stamp(t.now))
	if err != nil {
		return 0, fmt.Errorf("count whom a run writes to: %w", err)
	}
	return n, nil
}

// inviteNext takes up to limit of the people who wait, and returns how many it took, since some may be left out, and how many get their
// message now. None if the run does not run, or its starter is no company admin any more.
func (t *tx) inviteNext(ctx context.Context, companyID, runID string, limit int) (taken, now int, err error) {
	var run struct {
		StartedBy string     `db:"started_by"`
		As        MemberType `db:"as_type"`
		CreatedAt int64      `db:"created_at"`
	}
	err = t.GetContext(ctx, &run, `
		SELECT started_by, as_type, created_at
		FROM runs
		WHERE company_id = $1 AND id = $2 AND status = 'running'`, companyID, runID)
	if errors.Is(err, sql.ErrNoRows) || limit <= 0 {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("load the run: %w", err)
	}
	by := Actor{SlackID: run.StartedBy}
	if err := t.requireAdmin(ctx, companyID, by); err != nil {
		if errors.Is(err, ErrForbidden) {
			err = nil
		}
		return 0, 0, err
	}
	var next []string
	err = t.SelectContext(ctx, &next, `
		SELECT person_id
		FROM run_people
		WHERE run_id = $1 AND invite_id = ''
		ORDER BY position
		LIMIT $2`, runID, limit)
	if err != nil || len(next) == 0 {
		return 0, 0, err
	}
	policy, err := bulkPolicy(ctx, t, companyID)
	if err != nil {
		return 0, 0, err
	}
	nudged, err := t.s.nudged(ctx, t, companyID, next)
	if err != nil {
		return 0, 0, err
	}
	ends := policy.Ends(unstamp(run.CreatedAt))
	at := make(map[string]time.Time, len(next))
	var willing []string
	for _, id := range next {
		// Meanwhile somebody may have been reminded, or have asked to be left alone for a while.
		if policy.Spares(nudged[id], t.now) != "" {
			continue
		}
		if at[id] = inviteAt(policy, nudged[id], t.now); at[id].After(t.now) && at[id].After(ends) {
			continue
		}
		willing = append(willing, id)
	}
	outcomes, err := t.invite(ctx, companyID, by, willing, InviteOptions{As: run.As, at: at})
	if err != nil {
		return 0, 0, err
	}
	invited := make(map[string]string, len(outcomes))
	for _, o := range outcomes {
		if o.Result == InviteSent {
			invited[o.Person.ID] = o.Invite.ID
			if !at[o.Person.ID].After(t.now) {
				now++
			}
		}
	}
	for _, id := range next {
		query := `
			DELETE FROM run_people
			WHERE run_id = $1 AND person_id = $2`
		args := []any{runID, id}
		if invited[id] != "" {
			query = `
				UPDATE run_people
				SET invite_id = $3
				WHERE run_id = $1 AND person_id = $2`
			args = append(args, invited[id])
		}
		if _, err := t.ExecContext(ctx, query, args...); err != nil {
			return 0, 0, fmt.Errorf("remember whom a run invited: %w", err)
		}
	}
	return len(next), now, nil
}

// StopRun ends a running run: nobody else gets a message, but for those whose message is on its way at this moment. One that ended
// before is returned as it is. Errors: ErrNotFound, ErrForbidden unless the actor is a company admin.
func (s *Store) StopRun(ctx context.Context, companyID string, by Actor, runID string) (Run, error) {
	var run Run
	err := s.change(ctx, companyID, func(t *tx) error {
		if err := t.requireAdmin(ctx, companyID, by); err != nil {
			return err
		}
		var err error
		run, err = loadRun(ctx, t, t.now, `company_id = $1 AND id = $2 AND status <> 'proposed'`, companyID, runID)
		if err != nil || run.Status != RunRunning {
			return err
		}
		return t.stopRun(ctx, &run, by)
	})
	if err != nil {
		return Run{}, fmt.Errorf("stop run: %w", err)
	}
	return run, nil
}

// stopRun takes the invitations back that nobody is sending, and ends the run.
func (t *tx) stopRun(ctx context.Context, run *Run, by Actor) error {
	if err := t.takeBack(ctx, run, by); err != nil {
		return err
	}
	// The others are being written to.
	sending, err := t.sending(ctx, run.ID)
	if err != nil {
		return err
	}
	run.Sent += sending
	return t.endRun(ctx, run, RunStopped)
}

// takeBack closes the invitations of a run that nobody is sending, and counts anew. One that may have arrived is not taken back: its link
// would be dead, and the next run would invite the person again.
func (t *tx) takeBack(ctx context.Context, run *Run, by Actor) error {
	var unsent []struct {
		InviteID    string `db:"id"`
		SubjectHash string `db:"subject_hash"`
		PersonID    string `db:"person_id"`
	}
	err := t.SelectContext(ctx, &unsent, `
		SELECT i.id, i.subject_hash, r.person_id
		FROM run_people r
		JOIN invites i ON i.id = r.invite_id
		WHERE r.run_id = $1 AND i.closed = '' AND i.sent_at = 0 AND i.failure = '' AND (i.send_at > $3 OR NOT EXISTS (
			SELECT 1
			FROM river_job j
			WHERE j.kind = $2 AND j.state = 'running' AND j.args ->> 'ref' = i.id)) AND NOT `+attemptOpen("i.id")+`
		ORDER BY r.position`, run.ID, JobInviteDM, stamp(t.now))
	if err != nil {
		return fmt.Errorf("look for unsent invitations: %w", err)
	}
	var people, subjects, invites []string
	var events []AuditEvent
	for _, u := range unsent {
		people, subjects, invites = append(people, u.PersonID), append(subjects, u.SubjectHash), append(invites, u.InviteID)
		events = append(events, AuditEvent{Action: AuditInviteCancelled, SubjectHash: u.SubjectHash})
	}
	if err := t.closeInvites(ctx, run.CompanyID, closedReplaced, subjects...); err != nil {
		return err
	}
	if err := t.dropJobs(ctx, invites); err != nil {
		return err
	}
	if err := t.auditAll(ctx, run.CompanyID, by, events); err != nil {
		return err
	}
	if err := t.derive(ctx, run.CompanyID, people); err != nil {
		return err
	}
	now, err := loadRun(ctx, t, t.now, `id = $1`, run.ID)
	if err != nil {
		return err
	}
	*run = now
	return nil
}

// endRun keeps the numbers and forgets the people.
func (t *tx) endRun(ctx context.Context, run *Run, status RunStatus) error {
	run.Status, run.Settled, run.Waiting, run.Next = status, run.Total, 0, time.Time{}
	_, err := t.ExecContext(ctx, `
		UPDATE runs
		SET status = $2, sent = $3, failed = $4, ended_at = $5
		WHERE id = $1`, run.ID, run.Status, run.Sent, run.Failed, stamp(t.now))
	if err != nil {
		return fmt.Errorf("end a run: %w", err)
	}
	_, err = t.ExecContext(ctx, `
		DELETE FROM run_people
		WHERE run_id = $1`, run.ID)
	if err != nil {
		return fmt.Errorf("forget a run's people: %w", err)
	}
	return nil
}
