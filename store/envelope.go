package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// envelopeLife is how long an envelope is remembered. Slack redelivers an event for about an hour
// (https://docs.slack.dev/apis/events-api/#retries).
const envelopeLife = 24 * time.Hour

// BeginEnvelope claims a Slack envelope by its key. If it is not the caller's, finished tells why: it was handled before, or it was claimed less
// than lease ago by somebody who is still at it, or died meanwhile. What is handled for the first time takes one statement to claim and one
// to finish, and so a round trip each: every command, click and event makes both.
func (s *Store) BeginEnvelope(ctx context.Context, key string, lease time.Duration) (mine, finished bool, err error) {
	now := s.time()
	result, err := s.write.ExecContext(ctx, `
		INSERT INTO envelopes (key, claimed_at, finished)
		VALUES ($1, $2, FALSE)
		ON CONFLICT (key) DO UPDATE
		SET claimed_at = excluded.claimed_at
		WHERE NOT envelopes.finished AND envelopes.claimed_at <= $3`, key, stamp(now), stamp(now.Add(-lease)))
	if err != nil {
		return false, false, fmt.Errorf("claim envelope: %w", err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return false, false, fmt.Errorf("claim envelope: %w", err)
	}
	if n == 1 {
		return true, false, nil
	}
	err = s.read.GetContext(ctx, &finished, `
		SELECT finished
		FROM envelopes
		WHERE key = $1`, key)
	if err = found(err); err != nil && !errors.Is(err, ErrNotFound) { // released just now, so whoever comes next may have it
		return false, false, fmt.Errorf("look whether an envelope is finished: %w", err)
	}
	return false, finished, nil
}

// FinishEnvelope marks it handled.
func (s *Store) FinishEnvelope(ctx context.Context, key string) error {
	_, err := s.write.ExecContext(ctx, `
		UPDATE envelopes
		SET finished = TRUE
		WHERE key = $1`, key)
	if err != nil {
		return fmt.Errorf("finish envelope: %w", err)
	}
	return nil
}

// ReleaseEnvelope gives the claim of an envelope up that was not handled: its redelivery may be claimed at once.
func (s *Store) ReleaseEnvelope(ctx context.Context, key string) error {
	_, err := s.write.ExecContext(ctx, `
		DELETE FROM envelopes
		WHERE key = $1 AND NOT finished`, key)
	if err != nil {
		return fmt.Errorf("release envelope: %w", err)
	}
	return nil
}
