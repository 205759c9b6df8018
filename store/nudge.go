package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"herald/nudge"
)

// unreachableLife is how long nobody is written to after Slack refused a message to them for good.
const unreachableLife = 30 * 24 * time.Hour

// A Candidate is somebody who may be reminded, and what there is to judge by.
type Candidate struct {
	Person Person
	Nudged nudge.Person
}

type candidateRow struct {
	personRow
	Registered  bool  `db:"registered"`
	OptedOut    bool  `db:"opted_out"`
	Declined    bool  `db:"declined"`
	Pending     bool  `db:"pending"`
	InvitedAt   int64 `db:"invited_at"`
	Reminders   int   `db:"reminders"`
	OpenAt      int64 `db:"open_at"`
	RemindedAt  int64 `db:"reminded_at"`
	Snoozed     int64 `db:"snooze_ends_at"`
	Unreachable int64 `db:"unreachable_ends_at"`
}

// candidateColumns are of people p, members m, reminded r and opt_outs o. Whoever is invited for later was invited then. A reminder that
// may have arrived, at open_at, did: its job may still find it.
const candidateColumns = personColumns + `,
	m.id IS NOT NULL AS registered,
	o.subject_hash IS NOT NULL AS opted_out,
	EXISTS (SELECT 1 FROM invites i WHERE i.person_id = p.id AND i.kind <> 'self' AND i.closed = 'declined') AS declined,
	EXISTS (SELECT 1 FROM signups g WHERE g.person_id = p.id) AS pending,
	coalesce((
		SELECT max(CASE WHEN i.sent_at > 0 THEN i.sent_at WHEN i.send_at > 0 THEN i.send_at ELSE i.created_at END)
		FROM invites i
		WHERE i.person_id = p.id AND i.kind <> 'self' AND i.state IN ('pending', 'expired', 'failed')), 0) AS invited_at,
	coalesce((
		SELECT max(s.begun_at)
		FROM sends s
		JOIN nudges n ON n.id = s.ref
		WHERE s.company_id = p.company_id AND s.slack_id = p.slack_id AND s.begun_at > 0), 0) AS open_at,
	coalesce(r.reminders, 0) AS reminders,
	coalesce(r.reminded_at, 0) AS reminded_at,
	coalesce(r.snooze_ends_at, 0) AS snooze_ends_at,
	coalesce(r.unreachable_ends_at, 0) AS unreachable_ends_at`

// Pages of people who are not registered, spelt as the indexes are.
const (
	candidatesByID   = `p.standing IN ('new', 'invited') AND p.id > $2 ORDER BY p.id LIMIT $3`
	candidatesByName = `p.standing IN ('new', 'invited') AND (p.sort_key, p.id) > ($2, $3) ORDER BY p.sort_key, p.id LIMIT $4`
)

func candidatesQuery(condition string) string {
	return `
		SELECT ` + candidateColumns + `
		FROM people p
		LEFT JOIN members m ON m.id = p.id
		LEFT JOIN reminded r ON r.person_id = p.id
		LEFT JOIN opt_outs o ON o.company_id = p.company_id AND o.subject_hash = p.subject_hash
		WHERE p.company_id = $1 AND ` + condition
}

// candidates loads the people whom the condition selects; $1 is the company.
func (s *Store) candidates(ctx context.Context, q querier, companyID, condition string, args ...any) ([]Candidate, error) {
	var rows []candidateRow
	err := q.SelectContext(ctx, &rows, candidatesQuery(condition), append([]any{companyID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("load whom to remind: %w", err)
	}
	now := s.time()
	list := make([]Candidate, len(rows))
	for i, r := range rows {
		p := r.person()
		list[i] = Candidate{Person: p, Nudged: nudge.Person{
			Zone: p.TimeZone, Registered: r.Registered, Pending: r.Pending, OptedOut: r.OptedOut, Declined: r.Declined,
			Bot: p.Bot, Guest: p.Guest, Deactivated: p.Deactivated, Unreachable: p.SlackID == "" || unstamp(r.Unreachable).After(now),
			Invited: unstamp(r.InvitedAt), Reminders: r.Reminders, Reminded: unstamp(max(r.RemindedAt, r.OpenAt)), Snoozed: unstamp(r.Snoozed),
		}}
		if p.Away {
			list[i].Nudged.Away = []nudge.Absence{{Until: p.AwayUntil}}
		}
	}
	return list, s.markDeparted(ctx, q, companyID, list)
}

// markDeparted notes whose address belongs to somebody who was removed or left.
func (s *Store) markDeparted(ctx context.Context, q querier, companyID string, list []Candidate) error {
	var some bool
	err := q.GetContext(ctx, &some, `
		SELECT EXISTS (
			SELECT 1
			FROM forgotten_emails
			WHERE company_id = $1)`, companyID)
	if err != nil || !some {
		return err
	}
	keys, err := s.secret(ctx, companyID)
	if err != nil {
		return err
	}
	hashes := make([]string, len(list))
	for i, c := range list {
		hashes[i] = keys.emailHash(c.Person.Email)
	}
	gone, err := addressDepartures(ctx, q, companyID, hashes)
	if err != nil {
		return err
	}
	for i := range list {
		departure, left := gone[hashes[i]]
		list[i].Nudged.Removed = left && departure.Reason != DepartedNever
		list[i].Nudged.Declined = list[i].Nudged.Declined || left && departure.Reason == DepartedNever
	}
	return nil
}

// Candidate returns what there is to judge somebody by, registered or not, or ErrNotFound.
func (s *Store) Candidate(ctx context.Context, companyID, slackID string) (Candidate, error) {
	list, err := s.candidates(ctx, s.read, companyID, `p.slack_id = $2`, slackID)
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Candidate{}, fmt.Errorf("load somebody to judge: %w", err)
	}
	return list[0], nil
}

// WalkCandidates calls fn for everybody who is not registered and may be, page by page, by name, after the person with the id ("" for
// all). An error of fn ends it and is returned. ErrNotFound if that person is gone.
func (s *Store) WalkCandidates(ctx context.Context, companyID, afterID string, fn func(Candidate) error) error {
	key := []byte{}
	if afterID != "" {
		err := s.read.GetContext(ctx, &key, `
			SELECT sort_key
			FROM people
			WHERE company_id = $1 AND id = $2`, companyID, afterID)
		if err != nil {
			return fmt.Errorf("walk candidates: %w", found(err))
		}
	}
	for {
		page, err := s.candidates(ctx, s.read, companyID, candidatesByName, key, afterID, planBatch)
		if err != nil {
			return err
		}
		for _, c := range page {
			if err := fn(c); err != nil {
				return err
			}
		}
		if len(page) < planBatch {
			return nil
		}
		last := page[len(page)-1].Person
		key, afterID = sortKey(last.Name, last.ID), last.ID
	}
}

// A Nudge is a reminder that is being sent.
type Nudge struct {
	ID        string
	CompanyID string
	Due       bool      // it is to be sent; false: it was given up or put off meanwhile, or its run was stopped, though an attempt may have been made
	EndsAt    time.Time // it is not sent later
	InvitedBy string    // Slack id of who invited them, "" if nobody did or they were removed
	Candidate
}

// Nudge returns a reminder whose JobNudge runs; ErrNotFound if it was sent, or its person was removed.
func (s *Store) Nudge(ctx context.Context, companyID, nudgeID string) (Nudge, error) {
	var row struct {
		PersonID string         `db:"person_id"`
		Status   string         `db:"status"`
		Run      ReminderStatus `db:"run_status"`
		EndsAt   int64          `db:"ends_at"`
	}
	err := s.read.GetContext(ctx, &row, `
		SELECT n.person_id, n.status, r.status AS run_status, r.ends_at
		FROM nudges n
		JOIN reminder_runs r ON r.id = n.run_id
		WHERE n.company_id = $1 AND n.id = $2 AND n.status <> 'sent'`, companyID, nudgeID)
	if err != nil {
		return Nudge{}, fmt.Errorf("load a reminder: %w", found(err))
	}
	people, err := s.candidates(ctx, s.read, companyID, `p.id = $2`, row.PersonID)
	if err == nil && len(people) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Nudge{}, fmt.Errorf("load a reminder: %w", err)
	}
	by, err := s.LastInviter(ctx, companyID, row.PersonID)
	if err != nil {
		return Nudge{}, err
	}
	return Nudge{
		ID: nudgeID, CompanyID: companyID, Due: row.Status == "queued" && row.Run == RemindersSending, EndsAt: unstamp(row.EndsAt), InvitedBy: by, Candidate: people[0],
	}, nil
}

// LastInviter returns the Slack id of who invited the person last, "" if nobody did or they were removed.
func (s *Store) LastInviter(ctx context.Context, companyID, personID string) (string, error) {
	var by string
	err := s.read.GetContext(ctx, &by, `
		SELECT invited_by
		FROM invites
		WHERE company_id = $1 AND person_id = $2 AND kind <> 'self' AND state <> ''
		ORDER BY created_at DESC, id
		LIMIT 1`, companyID, personID)
	if err != nil && !errors.Is(found(err), ErrNotFound) {
		return "", fmt.Errorf("look who invited somebody: %w", err)
	}
	return by, nil
}

// nudgeRow is what settling needs.
type nudgeRow struct {
	RunID    string       `db:"run_id"`
	PersonID string       `db:"person_id"`
	Status   string       `db:"status"`
	Reason   nudge.Reason `db:"reason"`
}

// settleNudge changes a reminder that is under way; one that was given up meanwhile stays as it is.
func (s *Store) settleNudge(ctx context.Context, companyID, nudgeID string, fn func(*tx, nudgeRow) error) error {
	return s.change(ctx, companyID, func(t *tx) error {
		row, err := t.nudge(ctx, companyID, nudgeID)
		if errors.Is(err, ErrNotFound) || err == nil && row.Status != "queued" {
			return nil
		}
		if err != nil {
			return err
		}
		return fn(t, row)
	})
}

// nudge returns ErrNotFound for a reminder whose person was removed.
func (t *tx) nudge(ctx context.Context, companyID, nudgeID string) (nudgeRow, error) {
	var row nudgeRow
	err := t.GetContext(ctx, &row, `
		SELECT run_id, person_id, status, reason
		FROM nudges
		WHERE company_id = $1 AND id = $2`, companyID, nudgeID)
	return row, found(err)
}

// nudgeSent records that the person got the reminder. It counts also if reminders were paused while it was on its way. SettleSend calls it.
func (t *tx) nudgeSent(ctx context.Context, companyID, nudgeID string) error {
	row, err := t.nudge(ctx, companyID, nudgeID)
	switch {
	case errors.Is(err, ErrNotFound), err == nil && row.Status == "sent":
		return nil
	case err != nil:
		return err
	case row.Status == "held":
		if err := t.countHeld(ctx, companyID, row.RunID, map[nudge.Reason]int{row.Reason: -1}); err != nil {
			return err
		}
	}
	n, err := t.countReminder(ctx, companyID, row.PersonID)
	if err != nil {
		return err
	}
	var position int
	err = t.GetContext(ctx, &position, `
		UPDATE nudges
		SET status = 'sent', reason = '', n = $2, sent_at = $3, position = 1 + (
			SELECT max(earlier.position)
			FROM nudges earlier
			WHERE earlier.person_id = nudges.person_id)
		WHERE id = $1
		RETURNING position`, nudgeID, n, stamp(t.now))
	if err != nil {
		return fmt.Errorf("record a reminder: %w", err)
	}
	if err := t.countEffect(ctx, companyID, row.RunID, position); err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, `
		UPDATE invites
		SET reminded = reminded + 1
		WHERE person_id = $1 AND kind <> 'self' AND state = 'pending'`, row.PersonID)
	if err != nil {
		return fmt.Errorf("count a reminder with the invitation: %w", err)
	}
	_, err = t.ExecContext(ctx, `
		UPDATE reminder_runs
		SET sent = sent + 1
		WHERE id = $1`, row.RunID)
	if err != nil {
		return fmt.Errorf("count a reminder: %w", err)
	}
	return nil
}

// countReminder counts a reminder towards the cap and the spacing, and returns which it is of the person's.
func (t *tx) countReminder(ctx context.Context, companyID, personID string) (n int, err error) {
	err = t.GetContext(ctx, &n, `
		INSERT INTO reminded (person_id, company_id, reminders, reminded_at, snooze_ends_at, unreachable_ends_at)
		VALUES ($1, $2, 1, $3, 0, 0)
		ON CONFLICT (person_id) DO UPDATE
		SET reminders = reminded.reminders + 1, reminded_at = excluded.reminded_at, unreachable_ends_at = 0
		RETURNING reminders`, personID, companyID, stamp(t.now))
	if err != nil {
		return 0, fmt.Errorf("count a reminder towards the cap: %w", err)
	}
	return n, nil
}

// HoldNudge records that the person does not get the reminder, and why.
func (s *Store) HoldNudge(ctx context.Context, companyID, nudgeID string, why nudge.Reason) error {
	err := s.settleNudge(ctx, companyID, nudgeID, func(t *tx, row nudgeRow) error {
		_, err := t.ExecContext(ctx, `
			UPDATE nudges
			SET status = 'held', reason = $2
			WHERE id = $1`, nudgeID, why)
		if err != nil {
			return err
		}
		return t.countHeld(ctx, companyID, row.RunID, map[nudge.Reason]int{why: 1})
	})
	if err != nil {
		return fmt.Errorf("hold a reminder back: %w", err)
	}
	return nil
}

// putOffLeast is the least time for which a reminder is put off: the job that does it must be over by the time the next one is left.
const putOffLeast = 10 * time.Second

// PutNudgeOff lets the reminder wait until the moment, within its run.
func (s *Store) PutNudgeOff(ctx context.Context, companyID, nudgeID string, until time.Time) error {
	err := s.settleNudge(ctx, companyID, nudgeID, func(t *tx, row nudgeRow) error {
		_, err := t.ExecContext(ctx, `
			UPDATE nudges
			SET status = 'waiting', send_at = $2
			WHERE id = $1`, nudgeID, max(stamp(until), stamp(t.now.Add(putOffLeast))))
		return err
	})
	if err != nil {
		return fmt.Errorf("put a reminder off: %w", err)
	}
	return nil
}

// NudgeFailed records that Slack did not take the reminder, with its error code; or FailureUnverified, if it may have arrived: that counts
// towards the cap, also if it was given up while it was on its way. If Slack refused it because of the person, none is tried for 30 days.
func (s *Store) NudgeFailed(ctx context.Context, companyID, nudgeID, code string, refused bool) error {
	err := s.change(ctx, companyID, func(t *tx) error {
		row, err := t.nudge(ctx, companyID, nudgeID)
		switch {
		case errors.Is(err, ErrNotFound):
			return nil
		case err != nil:
			return err
		case row.Status == "held" && code == FailureUnverified:
			if err := t.countHeld(ctx, companyID, row.RunID, map[nudge.Reason]int{row.Reason: -1}); err != nil {
				return err
			}
		case row.Status != "queued":
			return nil
		}
		_, err = t.ExecContext(ctx, `
			UPDATE nudges
			SET status = 'failed', reason = $2
			WHERE id = $1`, nudgeID, code)
		if err != nil {
			return err
		}
		if code == FailureUnverified {
			if _, err := t.countReminder(ctx, companyID, row.PersonID); err != nil {
				return err
			}
		}
		if refused {
			_, err = t.ExecContext(ctx, `
				INSERT INTO reminded (person_id, company_id, reminders, reminded_at, snooze_ends_at, unreachable_ends_at)
				VALUES ($1, $2, 0, 0, 0, $3)
				ON CONFLICT (person_id) DO UPDATE
				SET unreachable_ends_at = excluded.unreachable_ends_at`, row.PersonID, companyID, stamp(t.now.Add(unreachableLife)))
			if err != nil {
				return err
			}
		}
		_, err = t.ExecContext(ctx, `
			UPDATE reminder_runs
			SET failed = failed + 1
			WHERE id = $1`, row.RunID)
		return err
	})
	if err != nil {
		return fmt.Errorf("record a reminder that failed: %w", err)
	}
	return nil
}

// NextNudged returns the Slack ids of at most limit people whose reminders are under way, from that of the nudge on, and then those before it:
// whom to ask Slack about together.
func (s *Store) NextNudged(ctx context.Context, companyID, nudgeID string, limit int) ([]string, error) {
	var ids []string
	err := s.read.SelectContext(ctx, &ids, `
		SELECT p.slack_id
		FROM nudges n
		JOIN people p ON p.id = n.person_id
		JOIN nudges first ON first.id = $2
		WHERE n.company_id = $1 AND n.status = 'queued' AND p.slack_id IS NOT NULL AND n.run_id IN (
			SELECT id
			FROM reminder_runs
			WHERE company_id = $1 AND status = 'sending')
		ORDER BY CASE WHEN (n.send_at, n.id) >= (first.send_at, first.id) THEN 0 ELSE 1 END, n.send_at, n.id
		LIMIT $3`, companyID, nudgeID, limit)
	if err != nil {
		return nil, fmt.Errorf("look whose reminders are next: %w", err)
	}
	return ids, nil
}
