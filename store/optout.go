package store

import (
	"context"
	"fmt"
	"time"
)

// OptOut is somebody's "Don't remind me". It is final: it outlives their account, no schedule and no bulk invitation reaches them again,
// and only they can sign up. An invitation that was not sent yet, by DM or by email, is declined by it; one that they have stays as it is.
// One that an admin insists on afterwards goes out. It may be said again.
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
		if err != nil {
			return err
		}
		return t.declineUnsent(ctx, companyID, keys.slackHash(slackID))
	})
	if err != nil {
		return fmt.Errorf("opt out of reminders: %w", err)
	}
	return nil
}

// declineUnsent closes the invitation of the subject that waits to be sent. Its job finds it closed, and still looks for a message that
// may have arrived.
func (t *tx) declineUnsent(ctx context.Context, companyID, subjectHash string) error {
	var unsent []inviteRow
	err := t.SelectContext(ctx, &unsent, `
		SELECT `+inviteColumns+`
		FROM invites
		WHERE company_id = $1 AND subject_hash = $2 AND kind <> 'self' AND closed = '' AND sent_at = 0 AND failure = ''`, companyID, subjectHash)
	if err != nil {
		return fmt.Errorf("look for unsent invitations: %w", err)
	}
	for _, row := range unsent {
		_, err := t.ExecContext(ctx, `
			UPDATE invites
			SET closed = 'declined', closed_at = $2, email_hash = ''
			WHERE id = $1`, row.ID, stamp(t.now))
		if err != nil {
			return fmt.Errorf("decline an invitation: %w", err)
		}
		if err := t.restate(ctx, companyID, StateDeclined, `id = $2`, row.ID); err != nil {
			return err
		}
		if row.PersonID == nil {
			continue
		}
		if err := t.derive(ctx, companyID, []string{*row.PersonID}); err != nil {
			return err
		}
	}
	return nil
}

// notOptedOut is the condition that the subject of an invite i has not opted out of reminders.
const notOptedOut = `NOT EXISTS (
	SELECT 1
	FROM opt_outs o
	WHERE o.company_id = i.company_id AND o.subject_hash = i.subject_hash)`

// optedOut returns which of the invitations, at most a page, are for somebody who does not want to be reminded.
func optedOut(ctx context.Context, q querier, inviteIDs []string) (map[string]bool, error) {
	if len(inviteIDs) == 0 {
		return nil, nil //nolint:nilnil // nobody is in a nil map
	}
	list, args := in(nil, inviteIDs)
	var ids []string
	err := q.SelectContext(ctx, &ids, `
		SELECT i.id
		FROM invites i
		JOIN opt_outs o ON o.company_id = i.company_id AND o.subject_hash = i.subject_hash
		WHERE i.id IN `+list, args...)
	if err != nil {
		return nil, fmt.Errorf("look who wants no reminders: %w", err)
	}
	unwilling := make(map[string]bool, len(ids))
	for _, id := range ids {
		unwilling[id] = true
	}
	return unwilling, nil
}

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
