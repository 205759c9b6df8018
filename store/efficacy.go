package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"herald/nudge"
)

// sentHour is the hour, counted from 1970, in which a reminder was sent.
const sentHour = `sent_at / 3600000000`

// countEffect counts a reminder that was just sent, as the one at the position of all that its person got.
func (t *tx) countEffect(ctx context.Context, companyID, runID string, position int) error {
	_, err := t.ExecContext(ctx, `
		INSERT INTO nudge_effects (run_id, position, hour, company_id, sent, signed_up)
		VALUES ($1, $2, $3, $4, 1, 0)
		ON CONFLICT (run_id, position, hour) DO UPDATE
		SET sent = nudge_effects.sent + 1`, runID, position, hourOf(t.now), companyID)
	if err != nil {
		return fmt.Errorf("count what a reminder may achieve: %w", err)
	}
	return nil
}

// creditSignup credits the sign-up of a person at this moment to the last reminder they got, if that is not too long ago. See
// nudge.History.Credited.
func (t *tx) creditSignup(ctx context.Context, personID string) error {
	var of struct {
		RunID    string `db:"run_id"`
		Position int    `db:"position"`
		Hour     int64  `db:"hour"`
	}
	err := t.GetContext(ctx, &of, `
		UPDATE nudges
		SET signed_up = TRUE
		WHERE person_id = $1 AND status = 'sent' AND sent_at > $2 AND position = (
			SELECT max(latest.position)
			FROM nudges latest
			WHERE latest.person_id = $1)
		RETURNING run_id, position, `+sentHour+` AS hour`, personID, stamp(t.now.Add(-nudge.DefaultCredit)))
	if err = found(err); errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("credit a sign-up: %w", err)
	}
	_, err = t.ExecContext(ctx, `
		UPDATE nudge_effects
		SET signed_up = signed_up + 1
		WHERE run_id = $1 AND position = $2 AND hour = $3`, of.RunID, of.Position, of.Hour)
	if err != nil {
		return fmt.Errorf("count a sign-up: %w", err)
	}
	return nil
}

// uncountEffects takes the reminders of the people who are purged out of the counters.
const uncountEffects = `
	UPDATE nudge_effects
	SET sent = nudge_effects.sent - gone.sent, signed_up = nudge_effects.signed_up - gone.signed_up
	FROM (
		SELECT run_id, position, ` + sentHour + ` AS hour, count(*) AS sent, sum(CASE WHEN signed_up THEN 1 ELSE 0 END) AS signed_up
		FROM nudges
		WHERE status = 'sent' AND person_id IN ` + theirIDs + `
		GROUP BY run_id, position, ` + sentHour + `
	) AS gone
	WHERE nudge_effects.run_id = gone.run_id AND nudge_effects.position = gone.position AND nudge_effects.hour = gone.hour`

// Efficacy sums up what the reminders of the last year achieved. It costs the same however many they are.
func (s *Store) Efficacy(ctx context.Context, companyID string) (nudge.Efficacy, error) {
	e := nudge.Efficacy{Credit: nudge.DefaultCredit}
	var rows []struct {
		N        int `db:"n"`
		Sent     int `db:"sent"`
		SignedUp int `db:"signed_up"`
		Open     int `db:"open"`
	}
	err := s.read.SelectContext(ctx, &rows, `
		SELECT position AS n,
			sum(CASE WHEN hour < $2 THEN sent ELSE 0 END) AS sent,
			sum(CASE WHEN hour < $2 THEN signed_up ELSE 0 END) AS signed_up,
			sum(CASE WHEN hour < $2 THEN 0 ELSE sent END) AS open
		FROM nudge_effects
		WHERE company_id = $1
		GROUP BY position`, companyID, hourOf(e.Settled(s.time())))
	if err != nil {
		return e, fmt.Errorf("sum up reminders: %w", err)
	}
	for _, row := range rows {
		e.AddAttempt(nudge.Attempt(row))
	}
	return e, nil
}

// creditedTo is how many people signed up because of a run so far.
func (s *Store) creditedTo(ctx context.Context, runID string) (n int, err error) {
	err = s.read.GetContext(ctx, &n, `
		SELECT coalesce(sum(signed_up), 0)
		FROM nudge_effects
		WHERE run_id = $1`, runID)
	if err != nil {
		return 0, fmt.Errorf("count who signed up: %w", err)
	}
	return n, nil
}

// hourOf is sentHour of a moment.
func hourOf(t time.Time) int64 { return stamp(t) / time.Hour.Microseconds() }
