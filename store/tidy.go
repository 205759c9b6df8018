package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// closedInviteLife is how long a closed link can tell why it does not work any more.
	closedInviteLife = 90 * 24 * time.Hour
	// removalLife is how long a removal may wait for its confirmation, and how long an executed one answers a repeated click.
	removalLife = 24 * time.Hour
)

// Tidy deletes what is of no use any more: old envelopes, screens, transactions, signups, dead invites, removals that were never confirmed
// or are done, old cards. The files of removals and the cards of signups follow by jobs.
// Invitations that ran out stop counting as such. The caller runs it every hour or so.
func (s *Store) Tidy(ctx context.Context) error {
	err := s.update(ctx, func(t *tx) error {
		before := func(life time.Duration) int64 { return stamp(t.now.Add(-life)) }
		for _, old := range []struct {
			sql  string
			time int64
		}{
			{`DELETE FROM envelopes WHERE claimed_at < $1`, before(envelopeLife)},
			{`DELETE FROM screens WHERE used_at < $1`, before(ScreenLife)},
			{`DELETE FROM authorizations WHERE expires_at < $1`, stamp(t.now)},
			{`DELETE FROM cards WHERE saved_at < $1`, before(cardLife)},
			{`DELETE FROM invites WHERE expires_at < $1 AND (closed <> '' OR kind = 'self')`, before(closedInviteLife)},
		} {
			if _, err := t.ExecContext(ctx, old.sql, old.time); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("tidy: %w", err)
	}
	companies, err := s.Companies(ctx)
	if err != nil {
		return fmt.Errorf("tidy: %w", err)
	}
	for _, c := range companies {
		for _, expire := range []func(context.Context, string) error{s.expireInvites, s.expireSignups, s.expireRemovals} {
			if err := expire(ctx, c.ID); err != nil {
				return fmt.Errorf("tidy: %w", err)
			}
		}
	}
	if err := s.scrub(ctx); err != nil && !errors.Is(err, errBusy) { // the next time
		return fmt.Errorf("tidy: %w", err)
	}
	return nil
}

// expireInvites closes the invitations that ran out: their people are not invited any more.
func (s *Store) expireInvites(ctx context.Context, companyID string) error {
	return s.change(ctx, companyID, func(t *tx) error {
		var people []string
		err := t.SelectContext(ctx, &people, `
			UPDATE invites
			SET closed = 'expired', closed_at = $2
			WHERE company_id = $1 AND kind = 'dm' AND closed = '' AND expires_at <= $2
			RETURNING person_id`, companyID, stamp(t.now))
		if err != nil {
			return err
		}
		return t.derive(ctx, companyID, people)
	})
}

// expireSignups erases the registrations that nobody answered, and lets their cards be closed.
func (s *Store) expireSignups(ctx context.Context, companyID string) error {
	return s.update(ctx, func(t *tx) error {
		var ids []string
		err := t.SelectContext(ctx, &ids, `
			DELETE FROM signups
			WHERE company_id = $1 AND created_at < $2
			RETURNING id`, companyID, stamp(t.now.Add(-SignupLife)))
		if err != nil {
			return err
		}
		return t.leave(ctx, companyID, decided(ids)...)
	})
}

// expireRemovals forgets the removals that are over, and lets their files be deleted.
func (s *Store) expireRemovals(ctx context.Context, companyID string) error {
	return s.update(ctx, func(t *tx) error {
		var files []string
		err := t.SelectContext(ctx, &files, `
			DELETE FROM removals
			WHERE company_id = $1 AND status IN ('proposed', 'done') AND created_at < $2
			RETURNING file_id`, companyID, stamp(t.now.Add(-removalLife)))
		if err != nil {
			return err
		}
		return t.leave(ctx, companyID, deleteFiles(files)...)
	})
}
