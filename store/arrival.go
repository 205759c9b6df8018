package store

import (
	"context"
	"errors"
	"fmt"
)

// claimMail gives the people the invitations that went to their addresses while these were nobody's in Slack, so that nobody invites them a
// second time, and returns the ids of those who have one now; derive must follow. The links in the mails work on. Nobody who is a member
// is invited any more, so theirs are settled.
func (t *tx) claimMail(ctx context.Context, companyID string, keys secret, people []Person) ([]string, error) {
	owners := map[string]Person{}
	var hashes []string
	for _, p := range people {
		hash := keys.emailHash(p.Email)
		if _, shared := owners[hash]; shared || hash == "" || p.CompanyID != companyID || p.SlackID == "" || !p.Eligible() {
			continue
		}
		owners[hash] = p
		hashes = append(hashes, hash)
	}
	var claimed []string
	for part := range chunks(hashes) {
		list, args := in([]any{companyID}, part)
		var mailed []inviteRow
		err := t.SelectContext(ctx, &mailed, `
			SELECT `+inviteColumns+`
			FROM invites
			WHERE company_id = $1 AND kind = 'email' AND person_id IS NULL AND email_hash <> '' AND email_hash IN `+list+`
			ORDER BY created_at, id`, args...)
		if err != nil {
			return nil, fmt.Errorf("look for invitations by email: %w", err)
		}
		for _, row := range mailed {
			p := owners[row.EmailHash]
			if err := t.claim(ctx, keys, row, p); err != nil {
				return nil, err
			}
			claimed = append(claimed, p.ID)
		}
	}
	return claimed, nil
}

// claim gives an invitation that went to the person's address to them. What they have in Slack counts as much: of two invitations one is
// listed, and none goes out besides one that did.
func (t *tx) claim(ctx context.Context, keys secret, mailed inviteRow, p Person) error {
	registered, err := t.registered(ctx, p.ID)
	if err != nil {
		return err
	}
	if registered {
		return t.settleAddresses(ctx, p.CompanyID, []string{mailed.EmailHash})
	}
	said, err := t.declined(ctx, []string{p.ID})
	if err != nil {
		return err
	}
	var theirs inviteRow // what they are listed with, or the zero row
	err = t.GetContext(ctx, &theirs, `
		SELECT `+inviteColumns+`
		FROM invites
		WHERE company_id = $1 AND subject_hash = $2 AND state <> ''`, p.CompanyID, keys.personHash(p))
	if err = found(err); err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("look for an invitation: %w", err)
	}
	_, no := said[p.ID]
	open := theirs.ID != "" && theirs.Closed == ""
	switch {
	case mailed.State == "": // replaced or cancelled: a no under it is theirs
	case theirs.State == StateDeclined, mailed.SentAt == 0 && (no || open):
		err = t.withdraw(ctx, mailed)
	case theirs.SentAt == 0 && open:
		err = t.withdraw(ctx, theirs)
	default:
		err = t.delist(ctx, p.CompanyID, []string{keys.personHash(p)})
	}
	if err != nil {
		return err
	}
	return t.giveInvite(ctx, keys, mailed.ID, p)
}

// withdraw takes an invitation off the list, and kills its link if that works. It is not sent any more.
func (t *tx) withdraw(ctx context.Context, row inviteRow) error {
	_, err := t.ExecContext(ctx, `
		UPDATE invites
		SET closed = 'replaced', closed_at = $3
		WHERE company_id = $1 AND id = $2 AND closed = ''`, row.CompanyID, row.ID, stamp(t.now))
	if err != nil {
		return fmt.Errorf("withdraw an invitation: %w", err)
	}
	return t.restate(ctx, row.CompanyID, "", `id = $2`, row.ID)
}
