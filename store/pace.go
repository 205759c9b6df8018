package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// A Pace is how fast calls of one kind may follow each other in a company's workspace.
type Pace struct {
	CompanyID string
	What      string        // the kind of call
	Interval  time.Duration // from one to the next
	Credit    time.Duration // what was not used in this time before a call may be caught up
	Lead      time.Duration // how much before its place in the line a call may go; those that came before go later
	Patience  time.Duration // the longest wait
}

// ReserveSlot takes the next place in the line of a company's calls, whichever process makes them, and returns when it is. If that is
// later than patience allows, it takes none, and ok is false.
func (s *Store) ReserveSlot(ctx context.Context, p Pace) (at time.Time, ok bool, err error) {
	now := s.time()
	var row struct {
		NextAt    int64 `db:"next_at"`
		HeldUntil int64 `db:"held_until"`
	}
	// Without another call in the line it may go as if the credit's time were still ahead.
	err = s.write.GetContext(ctx, &row, `
		INSERT INTO paces (company_id, what, next_at, held_until)
		VALUES ($1, $2, $3, 0)
		ON CONFLICT (company_id, what) DO UPDATE
		SET next_at = CASE WHEN paces.next_at > $4 THEN paces.next_at ELSE $4 END + $5
		WHERE paces.held_until <= $6 AND paces.next_at <= $7
		RETURNING next_at, held_until`,
		p.CompanyID, p.What, stamp(now.Add(p.Interval-p.Credit)), stamp(now.Add(-p.Credit)), p.Interval.Microseconds(),
		stamp(now.Add(p.Patience)), stamp(now.Add(p.Patience+p.Lead)))
	if ok = err == nil; errors.Is(err, sql.ErrNoRows) {
		err = s.write.GetContext(ctx, &row, `
			SELECT next_at + $3 AS next_at, held_until
			FROM paces
			WHERE company_id = $1 AND what = $2`, p.CompanyID, p.What, p.Interval.Microseconds())
	}
	if err != nil {
		return time.Time{}, false, fmt.Errorf("take a place in the line: %w", err)
	}
	at = unstamp(row.NextAt).Add(-p.Interval - p.Lead)
	if held := unstamp(row.HeldUntil); held.After(at) {
		at = held
	}
	return at, ok, nil
}

// HoldPace lets no call of the kind go before a moment, as Slack's Retry-After says. Several that were refused at the same time hold it
// no longer than one.
func (s *Store) HoldPace(ctx context.Context, companyID, what string, until time.Time) error {
	_, err := s.write.ExecContext(ctx, `
		INSERT INTO paces (company_id, what, next_at, held_until)
		VALUES ($1, $2, $3, $3)
		ON CONFLICT (company_id, what) DO UPDATE
		SET held_until = CASE WHEN paces.held_until > excluded.held_until THEN paces.held_until ELSE excluded.held_until END,
			next_at = CASE WHEN paces.next_at > excluded.next_at THEN paces.next_at ELSE excluded.next_at END`,
		companyID, what, stamp(until))
	if err != nil {
		return fmt.Errorf("hold the line: %w", err)
	}
	return nil
}
