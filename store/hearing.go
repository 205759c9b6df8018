package store

import (
	"context"
	"fmt"
	"time"
)

// missedAfter is how long Herald may be without a connection and still hear of everything: Slack sends an event again at once, after one
// minute and after five (https://docs.slack.dev/apis/events-api#retries). One of these goes to a connection that is not yet known to be dead.
const missedAfter = 4 * time.Minute

// Heard notes that a process is connected to Slack at this moment, or is about to be. It reports whether none was for so long that events
// are lost; then the directories are due (Company.Due). Every process calls it at least once a minute while it is connected.
func (s *Store) Heard(ctx context.Context) (missed bool, err error) {
	err = s.update(ctx, func(t *tx) error {
		n, err := t.exec(ctx, `
			UPDATE companies
			SET missed_at = $1
			WHERE heard_at > 0 AND heard_at < $2`, stamp(t.now), stamp(t.now.Add(-missedAfter)))
		if err != nil {
			return err
		}
		missed = n > 0
		_, err = t.exec(ctx, `
			UPDATE companies
			SET heard_at = $1
			WHERE heard_at < $1`, stamp(t.now))
		return err
	})
	if err != nil {
		return false, fmt.Errorf("note that slack is heard: %w", err)
	}
	return missed, nil
}
