package store

import (
	"context"
	"errors"
	"time"
)

// BeginEnvelope claims a Slack envelope by its key. It reports false if it was finished before, or claimed less than lease ago.
func (s *Store) BeginEnvelope(ctx context.Context, key string, lease time.Duration) (bool, error) {
	return false, errors.ErrUnsupported
}

// FinishEnvelope marks it handled.
func (s *Store) FinishEnvelope(ctx context.Context, key string) error { return errors.ErrUnsupported }

// Tidy deletes what is of no use any more: old envelopes, screens, transactions, signups, dead invites, dropped removals.
func (s *Store) Tidy(ctx context.Context) error { return errors.ErrUnsupported }
