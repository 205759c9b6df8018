package store

import (
	"context"
	"fmt"
	"time"
)

// envelopeLife is how long an envelope is remembered. Slack redelivers an event for about an hour
// (https://docs.slack.dev/apis/events-api/#retries).
const envelopeLife = 24 * time.Hour

// BeginEnvelope claims a Slack envelope by its key. It reports false if it was finished before, or claimed less than lease ago.
// Like FinishEnvelope it is one statement, and so one round trip: every command, click and event makes both.
func (s *Store) BeginEnvelope(ctx context.Context, key string, lease time.Duration) (bool, error) {
	now := s.time()
	result, err := s.write.ExecContext(ctx, `
		INSERT INTO envelopes (key, claimed_at, finished)
		VALUES ($1, $2, FALSE)
		ON CONFLICT (key) DO UPDATE
		SET claimed_at = excluded.claimed_at
		WHERE NOT envelopes.finished AND envelopes.claimed_at <= $3`, key, stamp(now), stamp(now.Add(-lease)))
	if err != nil {
		return false, fmt.Errorf("claim envelope: %w", err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("claim envelope: %w", err)
	}
	return n == 1, nil
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
