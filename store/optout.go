package store

import (
	"context"
	"fmt"
	"time"
)

// OptOut is somebody's "Don't remind me". It is final: it outlives their account, no schedule and no bulk invitation reaches them again,
// and only they can sign up. Saying it again changes nothing.
func (s *Store) OptOut(ctx context.Context, companyID, slackID string) error {
	err := s.change(ctx, companyID, func(t *tx) error {
		keys, err := s.secret(ctx, companyID)
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `
			INSERT INTO opt_outs (company_id, subject_hash, opted_out_at)
			VALUES ($1, $2, $3)
			ON CONFLICT DO NOTHING`, companyID, keys.slackHash(slackID), stamp(t.now.Truncate(24*time.Hour)))
		return err
	})
	if err != nil {
		return fmt.Errorf("opt out of reminders: %w", err)
	}
	return nil
}

// notOptedOut is the condition that the subject of an invite i has not opted out of reminders.
const notOptedOut = `NOT EXISTS (
	SELECT 1
	FROM opt_outs o
	WHERE o.company_id = i.company_id AND o.subject_hash = i.subject_hash)`

// Snooze keeps reminders from somebody until the moment. The reminder that they put off does not count towards the cap. ErrNotFound if the
// mirror does not know them.
func (s *Store) Snooze(ctx context.Context, companyID, slackID string, until time.Time) error {
	err := s.change(ctx, companyID, func(t *tx) error {
		p, err := person(ctx, t, `p.company_id = $1 AND p.slack_id = $2`, companyID, slackID)
		if err != nil {
			return err
		}
		// A second click on the same reminder gives none back: it was put off already.
		_, err = t.ExecContext(ctx, `
			INSERT INTO reminded (person_id, company_id, reminders, reminded_at, snooze_ends_at, unreachable_ends_at)
			VALUES ($1, $2, 0, 0, $3, 0)
			ON CONFLICT (person_id) DO UPDATE
			SET reminders = CASE WHEN reminded.reminders > 0 AND reminded.snooze_ends_at <= reminded.reminded_at
					THEN reminded.reminders - 1 ELSE reminded.reminders END,
				snooze_ends_at = excluded.snooze_ends_at`, p.ID, companyID, stamp(until))
		return err
	})
	if err != nil {
		return fmt.Errorf("snooze reminders: %w", err)
	}
	return nil
}
