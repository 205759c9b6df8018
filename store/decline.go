package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// DeclineReason is why somebody does not want to take part.
type DeclineReason string

// The reasons.
const (
	DeclinedPrivacy       DeclineReason = "privacy"        // they worry about it
	DeclinedNotInterested DeclineReason = "not_interested" // in the programme
	DeclinedNoNetworks    DeclineReason = "no_networks"    // they do not use social networks
	DeclinedOther         DeclineReason = "other"
)

// DeclineReasons lists all, in the order of the menu.
func DeclineReasons() []DeclineReason {
	return []DeclineReason{DeclinedPrivacy, DeclinedNotInterested, DeclinedNoNetworks, DeclinedOther}
}

// DeclineInvite is the invited person's no: it kills all links of theirs, and they are not invited again unless a company admin insists.
// Saying it again changes nothing. ErrNotFound if nobody invited them, or the invitation was cancelled; ErrExists if they are a member.
func (s *Store) DeclineInvite(ctx context.Context, companyID, slackID string, reason DeclineReason) error {
	if !slices.Contains(DeclineReasons(), reason) {
		return fmt.Errorf("decline invitation: %q is no reason", reason)
	}
	err := s.change(ctx, companyID, func(t *tx) error {
		keys, err := s.secret(ctx, companyID)
		if err != nil {
			return err
		}
		subject := keys.slackHash(slackID)
		var row inviteRow
		err = t.GetContext(ctx, &row, `
			SELECT `+inviteColumns+`
			FROM invites
			WHERE company_id = $1 AND subject_hash = $2 AND state <> ''`, companyID, subject)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return ErrNotFound
		case err != nil:
			return err
		case row.State == StateAccepted:
			return ErrExists
		case row.State == StateDeclined:
			return nil
		}
		return t.decline(ctx, companyID, row, reason)
	})
	if err != nil {
		return fmt.Errorf("decline invitation: %w", err)
	}
	return nil
}

// decline closes the listed invitation with a reason. An earlier no of the same person gives way to it.
func (t *tx) decline(ctx context.Context, companyID string, row inviteRow, reason DeclineReason) error {
	_, err := t.ExecContext(ctx, `
		DELETE FROM invites
		WHERE company_id = $1 AND subject_hash = $2 AND state = '' AND closed = 'declined'`, companyID, row.SubjectHash)
	if err != nil {
		return fmt.Errorf("forget an earlier no: %w", err)
	}
	if err := t.closeInvites(ctx, companyID, closedDeclined, row.SubjectHash); err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, `
		UPDATE invites
		SET closed = 'declined', closed_at = $2, reason = $3
		WHERE id = $1`, row.ID, stamp(t.now), reason)
	if err != nil {
		return fmt.Errorf("note why: %w", err)
	}
	if err := t.countReason(ctx, companyID, reason); err != nil {
		return err
	}
	if row.PersonID == nil {
		return nil
	}
	return t.derive(ctx, companyID, []string{*row.PersonID})
}

// declined returns those of the people who said no to an invitation or to reminders, and when.
func (t *tx) declined(ctx context.Context, personIDs []string) (map[string]time.Time, error) {
	said := map[string]time.Time{}
	for part := range chunks(personIDs) {
		list, args := in(nil, part)
		var rows []struct {
			PersonID string `db:"person_id"`
			At       int64  `db:"closed_at"`
		}
		err := t.SelectContext(ctx, &rows, `
			SELECT person_id, closed_at
			FROM invites
			WHERE kind <> 'self' AND closed = 'declined' AND person_id IN `+list+`
			UNION ALL
			SELECT p.id, o.opted_out_at
			FROM people p
			JOIN opt_outs o ON o.company_id = p.company_id AND o.subject_hash = p.subject_hash
			WHERE p.id IN `+list, args...)
		if err != nil {
			return nil, fmt.Errorf("look who declined: %w", err)
		}
		for _, r := range rows {
			said[r.PersonID] = unstamp(r.At)
		}
	}
	return said, nil
}

// Reasons are counted twice: first where nobody reads them, and once reasonBatch people more have said no, where company admins do. So
// nobody can tell from a number that grew who gave that reason. Counters never fall: that somebody signed up after all, or was removed,
// does not show in them either.
const (
	reasonBatch   = 5
	reasonsRead   = "declined "
	reasonsUnread = "declined unread "
)

// countReason counts why somebody declined.
func (t *tx) countReason(ctx context.Context, companyID string, reason DeclineReason) error {
	unread, err := countsOf(ctx, t, companyID, reasonsUnread)
	if err != nil {
		return err
	}
	unread[string(reason)]++
	n := 0
	for _, of := range unread {
		n += of
	}
	changes := tally{{grp: reasonsUnread + string(reason)}: 1}
	if n >= reasonBatch {
		for r, of := range unread {
			changes[counter{grp: reasonsRead + r}] += of
			changes[counter{grp: reasonsUnread + r}] -= of
		}
	}
	return t.count(ctx, companyID, changes)
}

// ReasonCounts returns how many people gave each of the reasons, rounded down to multiples of five: 0 means fewer than five. They change
// for five people at a time, and there are none for fewer: then the map is nil.
//
// Rounding keeps the small numbers from those who subtract: what is missing to the total may be spread over all reasons, also over the
// ones that are shown.
func (s *Store) ReasonCounts(ctx context.Context, companyID string) (map[DeclineReason]int, error) {
	read, err := countsOf(ctx, s.read, companyID, reasonsRead)
	if err != nil {
		return nil, err
	}
	var counts map[DeclineReason]int
	for _, reason := range DeclineReasons() {
		if _, some := read[string(reason)]; some && counts == nil {
			counts = map[DeclineReason]int{}
		}
	}
	if counts == nil {
		return nil, nil //nolint:nilnil // a nil map is what is promised
	}
	for _, reason := range DeclineReasons() {
		counts[reason] = read[string(reason)] / reasonBatch * reasonBatch
	}
	return counts, nil
}
