package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"herald/nudge"
)

// A ReminderOutcome is what became of a reminder that was meant for somebody.
type ReminderOutcome struct {
	Person   Person
	Sent     bool
	SentAt   time.Time    // zero unless Sent
	Failure  string       // Slack's error code or FailureUnverified, "" if it did not fail
	Held     nudge.Reason // why it was held back, "" if it was not
	SignedUp bool         // because of it
}

type outcomeRow struct {
	personRow
	Status   string `db:"status"`
	Reason   string `db:"reason"`
	SentAt   int64  `db:"sent_at"`
	SignedUp bool   `db:"signed_up"`
}

const outcomeColumns = personColumns + `, n.status, n.reason, n.sent_at, n.signed_up`

func (r outcomeRow) outcome() ReminderOutcome {
	o := ReminderOutcome{Person: r.person(), Sent: r.Status == "sent", SentAt: unstamp(r.SentAt), SignedUp: r.SignedUp}
	switch r.Status {
	case "failed":
		o.Failure = r.Reason
	case "held":
		o.Held = nudge.Reason(r.Reason)
	}
	return o
}

// RunPeople returns those who signed up because of a run, and then those whom its reminder did not reach or may not have reached, at most
// limit (1 to 100) of each, by name. Nobody for a run that there is not.
func (s *Store) RunPeople(ctx context.Context, companyID, runID string, limit int) (signedUp, failed []ReminderOutcome, err error) {
	for _, group := range []struct {
		of    string
		their *[]ReminderOutcome
	}{{`n.signed_up`, &signedUp}, {`n.status = 'failed'`, &failed}} {
		var rows []outcomeRow
		err := s.read.SelectContext(ctx, &rows, `
			SELECT `+outcomeColumns+`
			FROM nudges n
			JOIN people p ON p.id = n.person_id
			WHERE n.company_id = $1 AND n.run_id = $2 AND (n.status = 'failed' OR n.signed_up) AND `+group.of+`
			ORDER BY p.sort_key, p.id
			LIMIT $3`, companyID, runID, min(max(limit, 1), maxPage))
		if err != nil {
			return nil, nil, fmt.Errorf("load whom a run reached: %w", err)
		}
		for _, r := range rows {
			*group.their = append(*group.their, r.outcome())
		}
	}
	return signedUp, failed, nil
}

// LastReminder is what became of the latest reminder that a run meant for the person, ErrNotFound if there was none.
func (s *Store) LastReminder(ctx context.Context, companyID, personID string) (ReminderOutcome, error) {
	var row outcomeRow
	err := s.read.GetContext(ctx, &row, `
		SELECT `+outcomeColumns+`
		FROM nudges n
		JOIN reminder_runs r ON r.id = n.run_id
		JOIN people p ON p.id = n.person_id
		WHERE n.company_id = $1 AND n.person_id = $2
		ORDER BY r.due_at DESC
		LIMIT 1`, companyID, personID)
	if err = found(err); err != nil {
		if !errors.Is(err, ErrNotFound) {
			err = fmt.Errorf("load somebody's last reminder: %w", err)
		}
		return ReminderOutcome{}, err
	}
	return row.outcome(), nil
}
