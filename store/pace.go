package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// A Pace is how fast the calls in one line may follow each other: those of one kind in a company's workspace, or in one of its channels.
type Pace struct {
	CompanyID string
	What      string        // the kind of call, or the channel
	Interval  time.Duration // from one to the next
	Credit    time.Duration // what was not used in this time before a call may be caught up
	Lead      time.Duration // how much before its place in the line a call may go; those that came before go later
	Patience  time.Duration // the longest wait
}

// errFull undoes a transaction that takes places in several lines.
var errFull = errors.New("a line is full")

// ReserveSlot takes the next place in each of the lines, whichever process makes the calls, and returns when the last of these places is.
// If one of them is later than its line's patience allows, it takes none, and returns that line as full, and when its place is.
func (s *Store) ReserveSlot(ctx context.Context, lines ...Pace) (at time.Time, full *Pace, err error) {
	if len(lines) == 1 { // without the round trips of a transaction
		at, ok, err := reserveSlot(ctx, s.write, s.time(), lines[0])
		if !ok {
			full = &lines[0]
		}
		return at, full, err
	}
	err = s.update(ctx, func(t *tx) error {
		at, full = time.Time{}, nil
		for i, line := range lines {
			place, ok, err := reserveSlot(ctx, t, t.now, line)
			if err != nil {
				return err
			}
			if !ok {
				at, full = place, &lines[i]
				return errFull
			}
			if place.After(at) {
				at = place
			}
		}
		return nil
	})
	if errors.Is(err, errFull) {
		err = nil
	}
	return at, full, err
}

func reserveSlot(ctx context.Context, q querier, now time.Time, p Pace) (at time.Time, ok bool, err error) {
	var row struct {
		NextAt    int64 `db:"next_at"`
		HeldUntil int64 `db:"held_until"`
	}
	// Without another call in the line it may go as if the credit's time were still ahead.
	err = q.GetContext(ctx, &row, `
		INSERT INTO paces (company_id, what, next_at, held_until)
		VALUES ($1, $2, $3, 0)
		ON CONFLICT (company_id, what) DO UPDATE
		SET next_at = CASE WHEN paces.next_at > $4 THEN paces.next_at ELSE $4 END + $5
		WHERE paces.held_until <= $6 AND paces.next_at <= $7
		RETURNING next_at, held_until`,
		p.CompanyID, p.What, stamp(now.Add(p.Interval-p.Credit)), stamp(now.Add(-p.Credit)), p.Interval.Microseconds(),
		stamp(now.Add(p.Patience)), stamp(now.Add(p.Patience+p.Lead)))
	if ok = err == nil; errors.Is(err, sql.ErrNoRows) {
		err = q.GetContext(ctx, &row, `
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

// PeekSlot returns when the next place in a line is, and whether that is within its patience. It takes none.
func (s *Store) PeekSlot(ctx context.Context, p Pace) (at time.Time, ok bool, err error) {
	var row struct {
		NextAt    int64 `db:"next_at"`
		HeldUntil int64 `db:"held_until"`
	}
	err = s.read.GetContext(ctx, &row, `
		SELECT next_at, held_until
		FROM paces
		WHERE company_id = $1 AND what = $2`, p.CompanyID, p.What)
	now := s.time()
	if err = found(err); errors.Is(err, ErrNotFound) {
		return now, true, nil
	}
	if err != nil {
		return time.Time{}, false, fmt.Errorf("look at a line: %w", err)
	}
	at = unstamp(max(row.NextAt-p.Lead.Microseconds(), row.HeldUntil))
	return at, !at.After(now.Add(p.Patience)), nil
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
