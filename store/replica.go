package store

import (
	"context"
	"fmt"
	"time"
)

// replicaLife is how long a process is remembered that is not heard of any more.
const replicaLife = 24 * time.Hour

// Beat says that a process is alive. Replica is its id, which no other start has.
func (s *Store) Beat(ctx context.Context, replica string) error {
	_, err := s.write.ExecContext(ctx, `
		INSERT INTO replicas (id, seen_at)
		VALUES ($1, $2)
		ON CONFLICT (id) DO UPDATE
		SET seen_at = excluded.seen_at`, replica, stamp(s.time()))
	if err != nil {
		return fmt.Errorf("say that this process is alive: %w", err)
	}
	return nil
}

// Silent returns the processes that were alive once and were not heard of since a moment.
func (s *Store) Silent(ctx context.Context, since time.Time) ([]string, error) {
	var ids []string
	err := s.write.SelectContext(ctx, &ids, `
		SELECT id
		FROM replicas
		WHERE seen_at < $1`, stamp(since))
	if err != nil {
		return nil, fmt.Errorf("list silent processes: %w", err)
	}
	return ids, nil
}

// TakeTurn lets one process do periodic work for all of them: it reports whether the work is this one's until the moment given. Whoever
// has the turn may take it again, to have it for longer or to end it.
func (s *Store) TakeTurn(ctx context.Context, what, replica string, until time.Time) (bool, error) {
	result, err := s.write.ExecContext(ctx, `
		INSERT INTO turns (what, replica, until)
		VALUES ($1, $2, $3)
		ON CONFLICT (what) DO UPDATE
		SET replica = excluded.replica, until = excluded.until
		WHERE turns.until <= $4 OR turns.replica = excluded.replica`, what, replica, stamp(until), stamp(s.time()))
	if err != nil {
		return false, fmt.Errorf("take a turn: %w", err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("take a turn: %w", err)
	}
	return n == 1, nil
}
