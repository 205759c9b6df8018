package store

import (
	"context"
	"fmt"
	"time"
)

// A Departure tells when and why somebody is no member any more. It is all that Herald knows about them, and it finds them only by their
// Slack id, or by an address: forgotten_emails keeps invitations from whoever has it.
type Departure struct {
	Reason DepartureReason
	Day    time.Time // midnight UTC
}

// DepartureReason is why somebody is gone.
type DepartureReason string

// The reasons.
const (
	DepartedRemoved DepartureReason = "removed"
	DepartedLeft    DepartureReason = "left"
	DepartedNever   DepartureReason = "never" // left, and does not want to be invited again
)

// forgetPeople keeps the keyed hashes of people who are being purged, and of their addresses.
func (t *tx) forgetPeople(ctx context.Context, r removalRow, subjects []subject) error {
	keys, err := t.s.secret(ctx, r.CompanyID)
	if err != nil {
		return err
	}
	day := stamp(t.now.Truncate(24 * time.Hour))
	var people, emails [][]any
	var hashes, emailHashes []string
	seen := map[string]bool{"": true} // somebody without an address
	for _, s := range subjects {
		reason := DepartedRemoved
		switch {
		case s.SlackID == "" || s.SlackID != r.BySlack:
		case r.Never:
			reason = DepartedNever
		default:
			reason = DepartedLeft
		}
		hashes = append(hashes, s.Hash)
		if s.SlackID != "" {
			people = append(people, []any{r.CompanyID, s.Hash, day, reason})
		}
		for _, email := range s.addresses() {
			hash := keys.emailHash(email)
			if seen[hash] {
				continue
			}
			seen[hash] = true
			emailHashes = append(emailHashes, hash)
			emails = append(emails, []any{r.CompanyID, hash, s.Hash, reason, day})
		}
	}
	if err := t.unforget(ctx, r.CompanyID, hashes); err != nil {
		return err
	}
	if err := t.unforgetEmails(ctx, r.CompanyID, emailHashes); err != nil {
		return err
	}
	if err := t.insert(ctx, "forgotten", []string{"company_id", "subject_hash", "forgotten_at", "reason"}, people); err != nil {
		return err
	}
	return t.insert(ctx, "forgotten_emails", []string{"company_id", "email_hash", "subject_hash", "reason", "forgotten_at"}, emails)
}

// stillGone is the SQL condition that a Slack user was removed or left, and that no company admin insisted on inviting them since. Its
// arguments are placeholders: of the company, of the keyed hash of the Slack id, and of the Slack id itself.
func stillGone(company, hash, slackID string) string {
	return `EXISTS (
				SELECT 1
				FROM forgotten
				WHERE company_id = ` + company + ` AND subject_hash = ` + hash + `) AND NOT EXISTS (
				SELECT 1
				FROM people
				WHERE company_id = ` + company + ` AND slack_id = ` + slackID + `)`
}

// unforget drops what is kept of people who were removed, since they come back.
func (t *tx) unforget(ctx context.Context, companyID string, hashes []string) error {
	for part := range chunks(hashes) {
		list, args := in([]any{companyID}, part)
		for _, table := range []string{"forgotten", "forgotten_emails"} {
			_, err := t.ExecContext(ctx, `
				DELETE FROM `+table+`
				WHERE company_id = $1 AND subject_hash IN `+list, args...)
			if err != nil {
				return fmt.Errorf("drop what is kept of a removed person: %w", err)
			}
		}
	}
	return nil
}

// unforgetEmails is unforget for addresses.
func (t *tx) unforgetEmails(ctx context.Context, companyID string, hashes []string) error {
	for part := range chunks(hashes) {
		list, args := in([]any{companyID}, part)
		_, err := t.ExecContext(ctx, `
			DELETE FROM forgotten_emails
			WHERE company_id = $1 AND email_hash IN `+list, args...)
		if err != nil {
			return fmt.Errorf("drop what is kept of an address: %w", err)
		}
	}
	return nil
}

// addressDepartures returns what is kept of addresses, by their keyed hashes. Never is also that of people who were no members and said no
// to an email.
func (t *tx) addressDepartures(ctx context.Context, companyID string, hashes []string) (map[string]Departure, error) {
	return addressDepartures(ctx, t, companyID, hashes)
}

func addressDepartures(ctx context.Context, q querier, companyID string, hashes []string) (map[string]Departure, error) {
	return keptOf(ctx, q, companyID, "forgotten_emails", "email_hash", hashes)
}

// keptOf returns what the table keeps under keyed hashes, which stand in its column.
func keptOf(ctx context.Context, q querier, companyID, table, column string, hashes []string) (map[string]Departure, error) {
	kept := map[string]Departure{}
	for part := range chunks(hashes) {
		list, args := in([]any{companyID}, part)
		var rows []struct {
			Hash   string          `db:"hash"`
			Reason DepartureReason `db:"reason"`
			At     int64           `db:"forgotten_at"`
		}
		err := q.SelectContext(ctx, &rows, `
			SELECT `+column+` AS hash, reason, forgotten_at
			FROM `+table+`
			WHERE company_id = $1 AND `+column+` IN `+list, args...)
		if err != nil {
			return nil, fmt.Errorf("look for departures: %w", err)
		}
		for _, r := range rows {
			kept[r.Hash] = Departure{Reason: r.Reason, Day: unstamp(r.At).Truncate(24 * time.Hour)}
		}
	}
	return kept, nil
}

// Departures returns those of the Slack users who were removed or left, and did not register since, by Slack id.
func (s *Store) Departures(ctx context.Context, companyID string, slackIDs []string) (map[string]Departure, error) {
	keys, err := s.secret(ctx, companyID)
	if err != nil {
		return nil, fmt.Errorf("look for departures: %w", err)
	}
	return departures(ctx, s.read, companyID, keys, slackIDs)
}

// departures returns those of the people who were removed or left before somebody insisted on inviting them, by their ids.
func (t *tx) departures(ctx context.Context, companyID string, keys secret, people []Person) (map[string]Departure, error) {
	slackIDs := make([]string, 0, len(people))
	for _, p := range people {
		if p.SlackID != "" {
			slackIDs = append(slackIDs, p.SlackID)
		}
	}
	found, err := departures(ctx, t, companyID, keys, slackIDs)
	if err != nil {
		return nil, err
	}
	gone := make(map[string]Departure, len(found))
	for _, p := range people {
		if departure, left := found[p.SlackID]; left {
			gone[p.ID] = departure
		}
	}
	return gone, nil
}

func departures(ctx context.Context, q querier, companyID string, keys secret, slackIDs []string) (map[string]Departure, error) {
	hashes := make([]string, len(slackIDs))
	for i, id := range slackIDs {
		hashes[i] = keys.slackHash(id)
	}
	kept, err := keptOf(ctx, q, companyID, "forgotten", "subject_hash", hashes)
	if err != nil {
		return nil, err
	}
	found := make(map[string]Departure, len(kept))
	for i, id := range slackIDs {
		if departure, gone := kept[hashes[i]]; gone {
			found[id] = departure
		}
	}
	return found, nil
}

// InviteAgain invites a Slack user who was removed or left, because a company admin insists: from now on Herald knows them again. What
// keeps them from being invited by accident stays until they register. entry is what Slack's directory tells about them. The actor must be a company admin, else ErrForbidden; ErrNotEligible for guests and their like.
func (s *Store) InviteAgain(ctx context.Context, companyID string, by Actor, entry Person, as MemberType) (InviteOutcome, error) {
	var outcome InviteOutcome
	err := s.change(ctx, companyID, func(t *tx) error {
		if err := t.requireAdmin(ctx, companyID, by); err != nil {
			return err
		}
		if !entry.Eligible() {
			return ErrNotEligible
		}
		p, err := t.knowAgain(ctx, companyID, entry)
		if err != nil {
			return err
		}
		outcomes, err := t.invite(ctx, companyID, by, []string{p.ID}, InviteOptions{As: as, Override: true})
		if err == nil && len(outcomes) == 0 {
			err = ErrNotFound
		}
		if err == nil {
			outcome = outcomes[0]
		}
		return err
	})
	if err != nil {
		return InviteOutcome{}, fmt.Errorf("invite somebody again: %w", err)
	}
	return outcome, nil
}
