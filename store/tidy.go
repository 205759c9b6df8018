package store

import (
	"context"
	"fmt"
	"time"
)

const (
	// closedInviteLife is how long a link can tell why it does not work any more, after it ran out, and how long an invitation that ran out
	// is listed and can be resent. So it is also how long the address of somebody who does not answer is kept, sealed, after that.
	closedInviteLife = 90 * 24 * time.Hour
	// RemovalLife is how long a removal may wait for its confirmation, and how long an executed one answers a repeated click.
	RemovalLife = 24 * time.Hour
)

// Tidy deletes what is of no use any more: old envelopes, screens, transactions, signups, dead invites, removals that were never confirmed
// or are done, old cards, answered requests to delete data, clients of networks that
// nobody used for long, whose accounts were that somebody disconnected long ago, farewells that could not be said, the tokens of revocations that did not succeed, the places of messages that
// could not be deleted. The files of removals and the cards of signups follow by jobs.
// Invitations that ran out stop counting as such. The caller runs it several times an hour.
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
			{`DELETE FROM runs WHERE created_at < $1 AND status = 'proposed'`, before(proposedRunLife)},
			{`DELETE FROM runs WHERE created_at < $1 AND status <> 'running'`, before(endedRunLife)},
			{`DELETE FROM nudges WHERE run_id IN (SELECT id FROM reminder_runs WHERE due_at < $1 AND ` + remindersOver + `)`, before(reminderLife)},
			{`DELETE FROM reminder_runs WHERE due_at < $1 AND ` + remindersOver, before(reminderLife)},
			{`DELETE FROM reminder_previews WHERE due_at < $1`, before(previewLife)},
			{`DELETE FROM messages WHERE sent_at < $1 AND expires_at = 0`, before(messageLife)},
			{`DELETE FROM sends WHERE changed_at < $1`, before(sendLife)},
			{`DELETE FROM replicas WHERE seen_at < $1`, before(replicaLife)},
			{`DELETE FROM network_clients WHERE saved_at < $1`, before(networkClientLife)},
			{`DELETE FROM deletions WHERE requested_at < $1`, before(DeletionLife)},
			{`DELETE FROM former_accounts WHERE ended_at < $1`, before(FormerLife)},
			{`DELETE FROM farewells WHERE created_at < $1`, before(FarewellLife)},
			{`DELETE FROM email_drafts WHERE created_at < $1 AND NOT confirmed`, before(emailDraftLife)},
			{`DELETE FROM invites WHERE expires_at < $1 AND state = '' AND (closed NOT IN ('', 'declined') OR kind = 'self')`, before(closedInviteLife)},
		} {
			if _, err := t.ExecContext(ctx, old.sql, old.time); err != nil {
				return err
			}
		}
		// Whatever became of their jobs: no token and no place of a message is kept longer than promised.
		if err := t.settleErasures(ctx, MessageKept, `created_at < $1`, before(ErasureLife)); err != nil {
			return err
		}
		return t.settleRevocations(ctx, GivenUp, `created_at < $1`, before(RevocationLife))
	})
	if err != nil {
		return fmt.Errorf("tidy: %w", err)
	}
	companies, err := s.Companies(ctx)
	if err != nil {
		return fmt.Errorf("tidy: %w", err)
	}
	for _, c := range companies {
		for _, expire := range []func(context.Context, string) error{s.expireInvites, s.expireSignups, s.expireRemovals, s.expireFiles} {
			if err := expire(ctx, c.ID); err != nil {
				return fmt.Errorf("tidy: %w", err)
			}
		}
	}
	if err := s.scrubSoon(ctx); err != nil {
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
			WHERE company_id = $1 AND kind <> 'self' AND closed = '' AND expires_at <= $2
			RETURNING coalesce(person_id, '')`, companyID, stamp(t.now))
		if err != nil {
			return err
		}
		if err := t.restate(ctx, companyID, StateExpired, `state = 'pending' AND closed = 'expired'`); err != nil {
			return err
		}
		// That erases their addresses. Then they are deleted with all others of their age. Who accepted or declined stays listed.
		err = t.restate(ctx, companyID, "", `state IN ('expired', 'failed') AND expires_at < $2`, stamp(t.now.Add(-closedInviteLife)))
		if err != nil {
			return err
		}
		return t.derive(ctx, companyID, people)
	})
}

// expireSignups erases the registrations that nobody answered, and lets their cards be closed and the access that came with them be ended.
func (s *Store) expireSignups(ctx context.Context, companyID string) error {
	return s.update(ctx, func(t *tx) error {
		var expired []signupRow
		err := t.SelectContext(ctx, &expired, `
			DELETE FROM signups
			WHERE company_id = $1 AND created_at < $2
			RETURNING `+signupColumns, companyID, stamp(t.now.Add(-SignupLife)))
		if err != nil {
			return err
		}
		ids := make([]string, len(expired))
		for i, row := range expired {
			ids[i] = row.ID
		}
		if err := t.endAccess(ctx, companyID, "", t.accessesOf(expired, Account{})); err != nil {
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
			RETURNING file_id`, companyID, stamp(t.now.Add(-RemovalLife)))
		if err != nil {
			return err
		}
		return t.leave(ctx, companyID, deleteFiles(files)...)
	})
}
