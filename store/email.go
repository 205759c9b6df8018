package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// EmailLimit is the most addresses of one list.
const EmailLimit = 1000

// EmailHorizon is how far in the future invitations may be sent.
const EmailHorizon = 60 * 24 * time.Hour

// emailDraftLife is how long a list may wait for its confirmation.
const emailDraftLife = time.Hour

// An Invitee is somebody to be invited by email.
type Invitee struct {
	Email string     // as CheckAddress takes it
	Name  string     // may be ""
	As    MemberType // Employee or Recruiter
}

// EmailOutcome is what became of one address of a list, or would.
type EmailOutcome struct {
	Invitee Invitee
	Result  InviteResult
}

// An EmailDraft is a list of addresses that somebody is about to invite.
type EmailDraft struct {
	ID       string
	SendAt   time.Time // zero: at once
	File     string    // where Slack shows the file that it came from, "" for a pasted one
	Outcomes []EmailOutcome
	By       Actor  // who confirmed it; filled by SendEmails only
	ScreenID string // the screen that it was confirmed from, or ""; filled by SendEmails only
}

// emailDraftPayload is what is sealed at rest.
type emailDraftPayload struct {
	Invitees []Invitee
	SendAt   time.Time
	File     string
}

// draft is the draft as things are now.
func (p emailDraftPayload) draft(id string, now time.Time, judged []judgement) EmailDraft {
	d := EmailDraft{ID: id, File: p.File, Outcomes: outcomesOf(judged)}
	if p.SendAt.After(now) {
		d.SendAt = p.SendAt
	}
	return d
}

// addressPayload is what is sealed at rest of an invitation to an address.
type addressPayload struct{ Email, Name string }

// DraftEmails keeps a list for ConfirmEmails, for an hour, and tells what will become of each address; nothing is sent yet. file is where Slack
// shows the file that it came from, or "". A list of the same person that waits is replaced. ErrTooMany for more than EmailLimit, ErrNoAddress or ErrAddressTooLong for what is no address,
// ErrTooLate for a time after EmailHorizon; a time that has passed is at once. ErrForbidden as for Invite.
func (s *Store) DraftEmails(ctx context.Context, companyID string, by Actor, invitees []Invitee, sendAt time.Time, file string) (EmailDraft, error) {
	payload, err := s.checkInvitees(invitees, sendAt)
	if err != nil {
		return EmailDraft{}, fmt.Errorf("draft emails: %w", err)
	}
	payload.File = file
	var draft EmailDraft
	err = s.change(ctx, companyID, func(t *tx) error {
		if err := t.requireEmailInviter(ctx, companyID, by, payload.Invitees); err != nil {
			return err
		}
		_, err := t.ExecContext(ctx, `
			DELETE FROM email_drafts
			WHERE company_id = $1 AND by_slack = $2 AND NOT confirmed`, companyID, by.SlackID)
		if err != nil {
			return err
		}
		id := newID()
		sealed, err := s.sealDraft(companyID, id, payload)
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `
			INSERT INTO email_drafts (id, company_id, by_slack, payload_sealed, created_at)
			VALUES ($1, $2, $3, $4, $5)`,
			id, companyID, by.SlackID, sealed, stamp(t.now))
		if err != nil {
			return err
		}
		judged, err := t.judge(ctx, companyID, payload.Invitees, false)
		draft = payload.draft(id, t.now, judged)
		return err
	})
	if err != nil {
		return EmailDraft{}, fmt.Errorf("draft emails: %w", err)
	}
	return draft, nil
}

func (s *Store) checkInvitees(invitees []Invitee, sendAt time.Time) (emailDraftPayload, error) {
	if len(invitees) > EmailLimit {
		return emailDraftPayload{}, ErrTooMany
	}
	if sendAt.After(s.time().Add(EmailHorizon)) {
		return emailDraftPayload{}, ErrTooLate
	}
	clean := make([]Invitee, len(invitees))
	for i, v := range invitees {
		if err := CheckAddress(v.Email); err != nil {
			return emailDraftPayload{}, err
		}
		clean[i] = Invitee{Email: v.Email, Name: storable(v.Name), As: cmp.Or(v.As, Employee)}
		if clean[i].As != Employee && clean[i].As != Recruiter {
			return emailDraftPayload{}, fmt.Errorf("nobody is invited as %q", v.As)
		}
	}
	return emailDraftPayload{Invitees: clean, SendAt: sendAt}, nil
}

// requireEmailInviter returns ErrForbidden unless the actor may invite all of them.
func (t *tx) requireEmailInviter(ctx context.Context, companyID string, by Actor, invitees []Invitee) error {
	if slices.ContainsFunc(invitees, func(v Invitee) bool { return v.As != Employee }) {
		return t.requireAdmin(ctx, companyID, by)
	}
	return t.requireInviter(ctx, companyID, by)
}

// ConfirmEmails promises that a draft is sent, and leaves its JobEmails, both or neither. screenID is the screen that it was confirmed from,
// or "". ErrUsed if it was confirmed before and waits to be sent, ErrNotFound unless this actor's draft waits, ErrForbidden as for Invite.
func (s *Store) ConfirmEmails(ctx context.Context, companyID string, by Actor, draftID, screenID string) error {
	err := s.change(ctx, companyID, func(t *tx) error {
		var row draftRow
		err := t.GetContext(ctx, &row, `
			SELECT payload_sealed, by_slack, screen_id, confirmed
			FROM email_drafts
			WHERE company_id = $1 AND id = $2 AND by_slack = $3 AND (confirmed OR created_at > $4)`,
			companyID, draftID, by.SlackID, stamp(t.now.Add(-emailDraftLife)))
		switch {
		case err != nil:
			return found(err)
		case row.Confirmed:
			return ErrUsed
		}
		payload, err := s.openDraft(companyID, draftID, row.Sealed)
		if err != nil {
			return err
		}
		if err := t.requireEmailInviter(ctx, companyID, by, payload.Invitees); err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `
			UPDATE email_drafts
			SET confirmed = TRUE, screen_id = $2
			WHERE id = $1`, draftID, screenID)
		if err != nil {
			return err
		}
		return t.leave(ctx, companyID, Job{Kind: JobEmails, Ref: draftID})
	})
	if err != nil {
		return fmt.Errorf("confirm emails: %w", err)
	}
	return nil
}

// A draftRow is a draft as it is stored.
type draftRow struct {
	Sealed    []byte `db:"payload_sealed"`
	BySlack   string `db:"by_slack"`
	ScreenID  string `db:"screen_id"`
	Confirmed bool   `db:"confirmed"`
}

// SendEmails invites the addresses of a confirmed draft that may be invited as things are now, and leaves a JobInviteEmail for each, in one
// transaction with the end of the draft. ErrNotFound if the draft was sent already, or is not confirmed. With ErrForbidden, because whoever
// confirmed it may not invite any more, the draft comes back without outcomes for the last time: it is forgotten.
func (s *Store) SendEmails(ctx context.Context, companyID, draftID string) (EmailDraft, error) {
	var draft EmailDraft
	var refused bool
	err := s.change(ctx, companyID, func(t *tx) error {
		refused = false
		var row draftRow
		err := t.GetContext(ctx, &row, `
			DELETE FROM email_drafts
			WHERE company_id = $1 AND id = $2 AND confirmed
			RETURNING payload_sealed, by_slack, screen_id, confirmed`, companyID, draftID)
		if err != nil {
			return found(err)
		}
		by := Actor{SlackID: row.BySlack, CLI: row.BySlack == ""}
		draft = EmailDraft{ID: draftID, By: by, ScreenID: row.ScreenID}
		payload, err := s.openDraft(companyID, draftID, row.Sealed)
		if err != nil {
			return err
		}
		err = t.requireEmailInviter(ctx, companyID, by, payload.Invitees)
		if refused = errors.Is(err, ErrForbidden); refused {
			return nil
		}
		if err != nil {
			return err
		}
		judged, err := t.judge(ctx, companyID, payload.Invitees, false)
		if err != nil {
			return err
		}
		draft = payload.draft(draftID, t.now, judged)
		draft.By, draft.ScreenID = by, row.ScreenID
		return t.inviteByEmail(ctx, companyID, by, judged, draft.SendAt)
	})
	if err == nil && refused {
		err = ErrForbidden
	}
	if err != nil {
		return draft, fmt.Errorf("send emails: %w", err)
	}
	return draft, nil
}

func (s *Store) sealDraft(companyID, draftID string, payload emailDraftPayload) ([]byte, error) {
	plain, err := json.Marshal(payload)
	if err != nil {
		return nil, fmt.Errorf("seal a list: %w", err)
	}
	return s.keys.seal(plain, "email draft", companyID, draftID), nil
}

func (s *Store) openDraft(companyID, draftID string, sealed []byte) (emailDraftPayload, error) {
	plain, err := s.keys.open(sealed, "email draft", companyID, draftID)
	if err != nil {
		return emailDraftPayload{}, err
	}
	var payload emailDraftPayload
	return payload, json.Unmarshal(plain, &payload)
}

// draftInvitee reads a draft and one of its addresses. ErrNotFound unless this actor's draft waits and has that many.
func (s *Store) draftInvitee(ctx context.Context, q querier, companyID string, by Actor, draftID string, position int) (emailDraftPayload, Invitee, error) {
	var sealed []byte
	err := q.GetContext(ctx, &sealed, `
		SELECT payload_sealed
		FROM email_drafts
		WHERE company_id = $1 AND id = $2 AND by_slack = $3 AND created_at > $4 AND NOT confirmed`,
		companyID, draftID, by.SlackID, stamp(s.time().Add(-emailDraftLife)))
	if err != nil {
		return emailDraftPayload{}, Invitee{}, found(err)
	}
	payload, err := s.openDraft(companyID, draftID, sealed)
	if err == nil && (position < 0 || position >= len(payload.Invitees)) {
		err = ErrNotFound
	}
	if err != nil {
		return emailDraftPayload{}, Invitee{}, err
	}
	return payload, payload.Invitees[position], nil
}

// DraftInvitee returns the address at the position of a draft, counted from 0. ErrNotFound unless this actor's draft waits and has that many.
func (s *Store) DraftInvitee(ctx context.Context, companyID string, by Actor, draftID string, position int) (Invitee, error) {
	_, invitee, err := s.draftInvitee(ctx, s.read, companyID, by, draftID, position)
	if err != nil {
		return Invitee{}, fmt.Errorf("look into a draft: %w", err)
	}
	return invitee, nil
}

// InviteEmailAnyway invites the one address at the position of a draft although whose it is said no or was removed, because a company admin
// insists, and leaves its JobInviteEmail. The rest of the draft waits on: it is returned as things are now, with what became of the address.
// entry is whom Slack's directory has with the address, or nil: they are known again from now on, and the invitation is theirs. What keeps
// the address from being invited by accident stays until they register. ErrForbidden unless the actor is a company admin now, ErrNotFound
// as for DraftInvitee.
func (s *Store) InviteEmailAnyway(ctx context.Context, companyID string, by Actor, draftID string, position int, entry *Person) (EmailDraft, EmailOutcome, error) {
	var draft EmailDraft
	var outcome EmailOutcome
	err := s.change(ctx, companyID, func(t *tx) error {
		if err := t.requireAdmin(ctx, companyID, by); err != nil {
			return err
		}
		payload, invitee, err := s.draftInvitee(ctx, t, companyID, by, draftID, position)
		if err != nil {
			return err
		}
		if entry != nil && entry.Eligible() && foldEmail(entry.Email) == foldEmail(invitee.Email) {
			if _, err := t.knowAgain(ctx, companyID, *entry); err != nil {
				return err
			}
		}
		judged, err := t.judge(ctx, companyID, []Invitee{invitee}, true)
		if err != nil {
			return err
		}
		outcome = outcomesOf(judged)[0]
		if err := t.inviteByEmail(ctx, companyID, by, judged, payload.draft(draftID, t.now, nil).SendAt); err != nil {
			return err
		}
		judged, err = t.judge(ctx, companyID, payload.Invitees, false)
		draft = payload.draft(draftID, t.now, judged)
		return err
	})
	if err != nil {
		return EmailDraft{}, EmailOutcome{}, fmt.Errorf("invite an address anyway: %w", err)
	}
	return draft, outcome, nil
}

// DropDraft forgets a list that is not to be sent. One that was confirmed stays.
func (s *Store) DropDraft(ctx context.Context, companyID string, by Actor, draftID string) error {
	err := s.update(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, `
			DELETE FROM email_drafts
			WHERE company_id = $1 AND id = $2 AND by_slack = $3 AND NOT confirmed`, companyID, draftID, by.SlackID)
		return err
	})
	if err != nil {
		return fmt.Errorf("drop draft: %w", err)
	}
	return nil
}

// A judgement says what becomes of an address, and whose it is if the directory knows that.
type judgement struct {
	invitee Invitee
	result  InviteResult
	person  *Person
}

func outcomesOf(judged []judgement) []EmailOutcome {
	outcomes := make([]EmailOutcome, len(judged))
	for i, j := range judged {
		outcomes[i] = EmailOutcome{Invitee: j.invitee, Result: j.result}
	}
	return outcomes
}

// judge looks up what speaks against inviting each address. An address of several people is the member's, else that of somebody who may
// become one. With insist, that they do not want to be asked again is no reason.
func (t *tx) judge(ctx context.Context, companyID string, invitees []Invitee, insist bool) ([]judgement, error) {
	keys, err := t.s.secret(ctx, companyID)
	if err != nil {
		return nil, err
	}
	known, err := t.knownAddresses(ctx, keys, companyID, invitees)
	if err != nil {
		return nil, err
	}
	judged := make([]judgement, len(invitees))
	seen := map[string]bool{}
	for i, v := range invitees {
		address := foldEmail(v.Email)
		j := judgement{invitee: v, result: InviteSent}
		owner, owned := known.owners[address]
		switch {
		case seen[address]:
			j.result = InviteDuplicate
		case owned && owner.Member != nil, known.registered[address]:
			j.result = InviteRegistered
		case owned && (!owner.Person.Eligible() || owner.Person.SlackID == ""):
			j.result = InviteRefused
		case known.waiting[keys.emailHash(address)], owned && known.invited[owner.Person.ID]:
			j.result = InviteAgain
		case !insist && (known.forgotten[keys.emailHash(address)] || owned && known.unwilling[owner.Person.ID]):
			j.result = InviteNever
		case owned:
			j.person = &owner.Person
		}
		seen[address] = true
		judged[i] = j
	}
	return judged, nil
}

// knownAddresses is what the database knows about a list of addresses.
type knownAddresses struct {
	owners     map[string]RosterRow // by folded address
	registered map[string]bool      // folded addresses that members gave
	waiting    map[string]bool      // hashes of those with an open invitation, or a sign-up that waits
	forgotten  map[string]bool      // hashes of those who do not want to be asked again
	invited    map[string]bool      // ids of owners with an open invitation
	unwilling  map[string]bool      // ids of owners who said no, were removed or left
}

func (t *tx) knownAddresses(ctx context.Context, keys secret, companyID string, invitees []Invitee) (knownAddresses, error) {
	known := knownAddresses{
		owners: map[string]RosterRow{}, registered: map[string]bool{}, waiting: map[string]bool{}, forgotten: map[string]bool{}, invited: map[string]bool{},
		unwilling: map[string]bool{},
	}
	for part := range chunks(invitees) {
		addresses, hashes := make([]string, len(part)), make([]string, len(part))
		for i, v := range part {
			addresses[i], hashes[i] = foldEmail(v.Email), keys.emailHash(v.Email)
		}
		list, args := in([]any{companyID}, addresses)
		owners, err := t.s.roll(ctx, t, `p.company_id = $1 AND p.email_folded IN `+list, args...)
		if err != nil {
			return knownAddresses{}, err
		}
		ids := make([]string, len(owners))
		for i, o := range owners {
			ids[i] = o.Person.ID
			address := foldEmail(o.Person.Email)
			before, shared := known.owners[address]
			if !shared || o.Member != nil || before.Member == nil && o.Person.Eligible() {
				known.owners[address] = o
			}
		}
		open, err := openInvites(ctx, t, ids)
		if err != nil {
			return knownAddresses{}, err
		}
		for id, invite := range open {
			known.invited[id] = invite.ExpiresAt > stamp(t.now) && invite.invite().mayHaveArrived()
		}
		said, err := t.declined(ctx, ids)
		if err != nil {
			return knownAddresses{}, err
		}
		for id := range said {
			known.unwilling[id] = true
		}
		people := make([]Person, len(owners))
		for i, o := range owners {
			people[i] = o.Person
		}
		gone, err := t.departures(ctx, companyID, keys, people)
		if err != nil {
			return knownAddresses{}, err
		}
		for id := range gone {
			known.unwilling[id] = true
		}
		err = t.mark(ctx, known.registered, `
			SELECT lower(email)
			FROM members
			WHERE company_id = $1 AND lower(email) IN `+list, args...)
		if err != nil {
			return knownAddresses{}, err
		}
		list, args = in([]any{companyID}, hashes)
		err = errors.Join(
			t.mark(ctx, known.waiting, `
				SELECT email_hash
				FROM signups
				WHERE company_id = $1 AND email_hash IN `+list, args...),
			t.mark(ctx, known.forgotten, `
				SELECT email_hash
				FROM forgotten_emails
				WHERE company_id = $1 AND email_hash IN `+list, args...))
		if err != nil {
			return knownAddresses{}, err
		}
		list, args = in([]any{companyID, stamp(t.now)}, hashes)
		err = t.mark(ctx, known.waiting, `
			SELECT email_hash
			FROM invites
			WHERE company_id = $1 AND expires_at > $2 AND failure = '' AND kind = 'email' AND closed = '' AND email_hash IN `+list, args...)
		if err != nil {
			return knownAddresses{}, err
		}
	}
	return known, nil
}

// mark adds what the query finds to the set.
func (t *tx) mark(ctx context.Context, set map[string]bool, query string, args ...any) error {
	var values []string
	if err := t.SelectContext(ctx, &values, query, args...); err != nil {
		return fmt.Errorf("look addresses up: %w", err)
	}
	for _, v := range values {
		set[v] = true
	}
	return nil
}

// inviteByEmail makes the invitations of those who may be invited.
func (t *tx) inviteByEmail(ctx context.Context, companyID string, by Actor, judged []judgement, sendAt time.Time) error {
	keys, err := t.s.secret(ctx, companyID)
	if err != nil {
		return err
	}
	now, err := settings(ctx, t, companyID)
	if err != nil {
		return err
	}
	var (
		rows    []newInviteRow
		jobs    []Job
		invited []string
		events  []AuditEvent
		outside int
	)
	for _, j := range judged {
		if j.result != InviteSent {
			continue
		}
		row, err := t.newEmailInvite(keys, companyID, j.person, addressPayload{j.invitee.Email, j.invitee.Name}, sendAt, now.linkLife())
		if err != nil {
			return err
		}
		row.InvitedBy, row.As = by.SlackID, j.invitee.As
		rows = append(rows, row)
		jobs = append(jobs, Job{Kind: JobInviteEmail, Ref: row.ID, At: sendAt})
		if j.person == nil {
			outside++
			continue
		}
		invited = append(invited, j.person.ID)
		events = append(events, AuditEvent{Action: AuditInvited, Subject: j.person})
	}
	if err := t.replaceInvites(ctx, companyID, rows); err != nil {
		return err
	}
	if outside > 0 { // the log names nobody whom Herald does not know
		events = append(events, AuditEvent{Action: AuditEmailsInvited, Count: outside})
	}
	if err := t.insertInvites(ctx, companyID, keys, rows); err != nil {
		return err
	}
	if err := t.leave(ctx, companyID, jobs...); err != nil {
		return err
	}
	if err := t.auditAll(ctx, companyID, by, events); err != nil {
		return err
	}
	return t.derive(ctx, companyID, invited)
}

// replaceInvites closes what the people of new invitations were invited with before, which ran out or never arrived, and takes it off
// the list.
func (t *tx) replaceInvites(ctx context.Context, companyID string, rows []newInviteRow) error {
	for part := range chunks(rows) {
		hashes, subjects := make([]string, len(part)), make([]string, len(part))
		for i, r := range part {
			hashes[i], subjects[i] = r.EmailHash, r.SubjectHash
		}
		list, args := in([]any{companyID}, hashes)
		var former, theirs []string
		err := t.SelectContext(ctx, &former, `
			SELECT subject_hash
			FROM invites
			WHERE company_id = $1 AND email_hash IN `+list, args...)
		if err != nil {
			return fmt.Errorf("look for invitations: %w", err)
		}
		list, args = in([]any{companyID}, subjects)
		err = t.SelectContext(ctx, &theirs, `
			SELECT subject_hash
			FROM invites
			WHERE company_id = $1 AND kind <> 'self' AND state <> '' AND subject_hash IN `+list, args...)
		if err != nil {
			return fmt.Errorf("look for invitations: %w", err)
		}
		if former = append(former, theirs...); len(former) == 0 {
			continue
		}
		if err := t.closeInvites(ctx, companyID, closedReplaced, former...); err != nil {
			return err
		}
	}
	return nil
}

// newEmailInvite is an invitation to an address; p is whose it is in the directory, or nil. The link of somebody from outside is bound to
// the invitation itself: whoever has it can read the mailbox.
func (t *tx) newEmailInvite(keys secret, companyID string, p *Person, to addressPayload, sendAt time.Time, life time.Duration) (newInviteRow, error) {
	id := newID()
	bound := outsider(id)
	var personID *string
	if p != nil {
		bound, personID = p.SlackID, &p.ID
	}
	row, err := t.newInvite(keys, companyID, inviteEmail, bound, life)
	if err != nil {
		return newInviteRow{}, err
	}
	plain, err := json.Marshal(to)
	if err != nil {
		return newInviteRow{}, fmt.Errorf("seal an address: %w", err)
	}
	row.ID, row.PersonID = id, personID
	row.EmailHash, row.EmailSealed = keys.emailHash(to.Email), t.s.keys.seal(plain, "invited address", companyID, id)
	if sendAt.After(t.now) {
		row.SendAt, row.ExpiresAt = stamp(sendAt), stamp(sendAt.Add(life))
	}
	return row, nil
}

// outsider stands in a link where others have the Slack id, which never begins so.
func outsider(inviteID string) string { return "@" + inviteID }

// token is that of the link in the mail of an invitation; slackID is whose it is, "" for somebody from outside. A link that was made while
// nobody in Slack had the address stays the same when somebody has.
func (r inviteRow) token(keys secret, slackID string) (string, error) {
	token, err := keys.token(r.CompanyID, r.Seed, outsider(r.ID))
	if err != nil || bytes.Equal(tokenHash(token), r.TokenHash) {
		return token, err
	}
	return keys.token(r.CompanyID, r.Seed, slackID)
}

// addressOf opens the address of an invitation by email; it is empty for other kinds, and once the invitation cannot be sent again.
func (s *Store) addressOf(r inviteRow) (addressPayload, error) {
	if r.EmailSealed == nil {
		return addressPayload{}, nil
	}
	plain, err := s.keys.open(r.EmailSealed, "invited address", r.CompanyID, r.ID)
	if err != nil {
		return addressPayload{}, err
	}
	var to addressPayload
	return to, json.Unmarshal(plain, &to)
}

// settleAddresses closes the invitations to the addresses with these hashes, of somebody who is a member now, and those that ran out or
// were replaced, too: none can be sent again, and nothing is left of the addresses.
func (t *tx) settleAddresses(ctx context.Context, companyID string, hashes []string) error {
	const theirs = `kind = 'email' AND person_id IS NULL AND email_hash <> '' AND email_hash IN `
	list, args := in([]any{companyID}, hashes)
	if err := t.restate(ctx, companyID, "", theirs+list, args[1:]...); err != nil {
		return err
	}
	list, args = in([]any{companyID, stamp(t.now)}, hashes)
	_, err := t.ExecContext(ctx, `
		UPDATE invites
		SET closed = 'used', closed_at = $2, email_hash = ''
		WHERE company_id = $1 AND `+theirs+list, args...)
	if err != nil {
		return fmt.Errorf("close invites: %w", err)
	}
	return nil
}

// registerInvited registers somebody from outside through the link in their mailbox. If the directory knows the address by now, it is
// that person. Else it is a member without a Slack account, whom the inviter's invitation approves if they are a company admin; otherwise
// an admin is asked, and so is a colleague whose address the network tells.
func (t *tx) registerInvited(ctx context.Context, a Authorization, acc Account, invite Invite) (Signup, error) {
	keys, err := t.s.secret(ctx, a.CompanyID)
	if err != nil {
		return Signup{}, err
	}
	a.Email = cmp.Or(a.Email, invite.Email)
	owner, err := t.s.owner(ctx, t, a.CompanyID, invite.Email)
	if err != nil {
		return Signup{}, err
	}
	if owner != nil && owner.Member != nil {
		theirs, err := t.hasAddress(ctx, owner.Member.ID, invite.Email, acc)
		if err != nil {
			return Signup{}, err
		}
		if theirs {
			return Signup{}, ErrExists
		}
		owner = nil
	}
	switch {
	case owner != nil && (!owner.Person.Eligible() || owner.Person.SlackID == ""):
		return Signup{}, ErrNotEligible
	case owner != nil:
		return t.registerAs(ctx, keys, a, acc, invite, owner.Person)
	}
	_, err = t.personToAsk(ctx, a.CompanyID, a.Email, acc.Email)
	if errors.Is(err, ErrNotFound) {
		err = t.requireAdmin(ctx, a.CompanyID, Actor{SlackID: invite.InvitedBy})
	} else if err == nil {
		err = ErrForbidden // somebody is to be asked first
	}
	if errors.Is(err, ErrForbidden) {
		signup, err := t.registerUnbound(ctx, a, acc, invite)
		if err != nil {
			return Signup{}, err
		}
		return signup, t.useInvite(ctx, keys, invite)
	}
	if err != nil {
		return Signup{}, err
	}
	p, err := t.insertPerson(ctx, keys, Person{CompanyID: a.CompanyID, Name: cmp.Or(acc.Name, invite.Name, invite.Email), Email: invite.Email})
	if err != nil {
		return Signup{}, err
	}
	return t.registerAs(ctx, keys, a, acc, invite, p)
}

// hasAddress tells of a member with the address whether it is known to be theirs, or they registered with the account. Else it may be that
// they entered a stranger's.
func (t *tx) hasAddress(ctx context.Context, memberID, email string, acc Account) (bool, error) {
	var theirs bool
	err := t.GetContext(ctx, &theirs, `
		SELECT EXISTS (
			SELECT 1
			FROM members m
			JOIN people p ON p.id = m.id
			LEFT JOIN connections c ON c.member_id = m.id AND c.network = $3 AND c.subject = $4
			WHERE m.id = $1 AND (m.told_by <> '' OR p.email_folded = $2 OR c.member_id IS NOT NULL))`,
		memberID, foldEmail(email), acc.Network, acc.Subject)
	if err != nil {
		return false, fmt.Errorf("look whose address it is: %w", err)
	}
	return theirs, nil
}

// registerAs makes the person a member through an invitation that was for an address.
func (t *tx) registerAs(ctx context.Context, keys secret, a Authorization, acc Account, invite Invite, p Person) (Signup, error) {
	if err := t.requireOwn(ctx, p, acc); err != nil {
		return Signup{}, err
	}
	if err := t.bindInvite(ctx, keys, invite, p); err != nil { // before: it says as what they are invited
		return Signup{}, err
	}
	m, err := t.enrol(ctx, p, a.Email, invite, acc)
	if err != nil {
		return Signup{}, err
	}
	if p.SlackID != "" {
		if err := t.leave(ctx, a.CompanyID, Job{Kind: JobWelcomeDM, Ref: m.ID}); err != nil {
			return Signup{}, err
		}
	}
	by := Actor{SlackID: p.SlackID}
	if p.SlackID == "" {
		by.SlackID = invite.InvitedBy // whose invitation it was to decide
	}
	err = t.audit(ctx, a.CompanyID, by, AuditEvent{Action: AuditRegistered, Subject: &p, To: m.Type})
	return active(m, acc), err
}

// bindInvite makes an invitation to an address the person's, in the place of what else they are listed with.
func (t *tx) bindInvite(ctx context.Context, keys secret, invite Invite, p Person) error {
	if err := t.delist(ctx, invite.CompanyID, []string{keys.personHash(p)}); err != nil {
		return err
	}
	return t.giveInvite(ctx, keys, invite.ID, p)
}

// giveInvite makes an invitation to an address the person's; derive must follow.
func (t *tx) giveInvite(ctx context.Context, keys secret, inviteID string, p Person) error {
	_, err := t.ExecContext(ctx, `
		UPDATE invites
		SET person_id = $3, subject_hash = $4
		WHERE company_id = $1 AND id = $2`, p.CompanyID, inviteID, p.ID, keys.personHash(p))
	if err != nil {
		return fmt.Errorf("bind invite: %w", err)
	}
	return nil
}

// useInvite closes an invitation to an address, and forgets the address. It is off the list: the approval card takes its place. The
// invitations that it replaced become ones of the same subject, so that a no under any of their mails finds the sign-up.
func (t *tx) useInvite(ctx context.Context, keys secret, invite Invite) error {
	if err := t.restate(ctx, invite.CompanyID, "", `id = $2`, invite.ID); err != nil {
		return err
	}
	_, err := t.ExecContext(ctx, `
		UPDATE invites
		SET closed = 'used', closed_at = $3, email_hash = '', subject_hash = $4
		WHERE company_id = $1 AND (id = $2 OR person_id IS NULL AND closed <> '' AND state = '' AND email_hash <> '' AND email_hash = $5)`,
		invite.CompanyID, invite.ID, stamp(t.now), keys.slackHash(outsider(invite.ID)), keys.emailHash(invite.Email))
	if err != nil {
		return fmt.Errorf("use invite: %w", err)
	}
	return nil
}

// acceptInvite gives the person of a decided sign-up the invitation that it came through, in the place of what else they are listed with,
// and those that it replaced. They accepted it when they signed up. They must become a member in the same transaction.
func (t *tx) acceptInvite(ctx context.Context, keys secret, inviteID string, p Person) error {
	if err := t.delist(ctx, p.CompanyID, []string{keys.personHash(p)}); err != nil {
		return err
	}
	_, err := t.ExecContext(ctx, `
		UPDATE invites
		SET person_id = $3, subject_hash = $4
		WHERE company_id = $1 AND subject_hash = $2`, p.CompanyID, keys.slackHash(outsider(inviteID)), p.ID, keys.personHash(p))
	if err != nil {
		return fmt.Errorf("accept invite: %w", err)
	}
	return t.restate(ctx, p.CompanyID, StateAccepted, `id = $2`, inviteID)
}

// An EmailInvite is what a mail is written from.
type EmailInvite struct {
	Invite  Invite
	Inviter string // name, "" if they were removed
	Token   string // of the personal link
}

// EmailInvite returns an open invitation by email; ErrNotFound if it was closed meanwhile, or has run out.
func (s *Store) EmailInvite(ctx context.Context, companyID, inviteID string) (EmailInvite, error) {
	e, err := s.emailInvite(ctx, companyID, inviteID)
	if err != nil {
		return EmailInvite{}, fmt.Errorf("load invitation: %w", err)
	}
	return e, nil
}

func (s *Store) emailInvite(ctx context.Context, companyID, inviteID string) (EmailInvite, error) {
	row, p, err := openInvite(ctx, s.read, companyID, inviteID)
	switch {
	case err != nil:
		return EmailInvite{}, err
	case row.Kind != inviteEmail, row.ExpiresAt <= stamp(s.time()), row.PersonID != nil && !p.Eligible():
		return EmailInvite{}, ErrNotFound
	}
	to, err := s.addressOf(row)
	if err != nil {
		return EmailInvite{}, err
	}
	keys, err := s.secret(ctx, companyID)
	if err != nil {
		return EmailInvite{}, err
	}
	e := EmailInvite{Invite: row.invite()}
	e.Invite.Email, e.Invite.Name = to.Email, cmp.Or(to.Name, p.Name)
	if e.Token, err = row.token(keys, p.SlackID); err != nil {
		return EmailInvite{}, err
	}
	inviter, err := s.PersonBySlackID(ctx, companyID, row.InvitedBy)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return EmailInvite{}, err
	}
	e.Inviter = inviter.Name
	return e, nil
}

// InvitationToDecline tells whose invitation a token of an email belongs to, for the page that declines it. It changes nothing.
// ErrNotFound for a token that is in no email.
func (s *Store) InvitationToDecline(ctx context.Context, token string) (Company, error) {
	row, err := s.emailInviteByToken(ctx, s.read, token)
	if err != nil {
		return Company{}, fmt.Errorf("look for an invitation: %w", err)
	}
	return s.Company(ctx, row.CompanyID)
}

func (s *Store) emailInviteByToken(ctx context.Context, q querier, token string) (inviteRow, error) {
	var row inviteRow
	err := q.GetContext(ctx, &row, `
		SELECT `+inviteColumns+`
		FROM invites
		WHERE kind = 'email' AND token_hash = $1`, tokenHash(token))
	return row, found(err)
}

// DeclineEmail closes the invitation that a token of an email belongs to, and keeps the hash of the address, which is not written to any
// more. A sign-up through it that still waits is rejected. The reason is counted and shown with no person; "" is none, as from mail
// programs. It may be called again, which changes nothing, and also for an invitation that was replaced, cancelled or has run out.
// ErrNotFound for a token that is in no email, ErrUsed once whose invitation it was signed up and nothing waits: members leave instead.
func (s *Store) DeclineEmail(ctx context.Context, token string, reason DeclineReason) error {
	if reason != "" && !slices.Contains(DeclineReasons(), reason) {
		return fmt.Errorf("decline an invitation: %q is no reason", reason)
	}
	row, err := s.emailInviteByToken(ctx, s.read, token)
	if err != nil {
		return fmt.Errorf("decline an invitation: %w", err)
	}
	err = s.change(ctx, row.CompanyID, func(t *tx) error {
		if row, err = s.emailInviteByToken(ctx, t, token); err != nil {
			return err
		}
		if err := t.requireNoMember(ctx, row); err != nil {
			return err
		}
		if row.Closed == closedUsed {
			if row.EmailHash, err = t.withdrawSignup(ctx, row); err != nil {
				return err
			}
		}
		said := row.EmailHash == ""
		if said && row.PersonID == nil {
			return nil
		}
		// Whoever said no before may have been invited anyway since.
		if err := t.leaveAddressAlone(ctx, row); err != nil {
			return err
		}
		if reason != "" && !said {
			if err := t.countReason(ctx, row.CompanyID, reason); err != nil {
				return err
			}
		}
		if row.PersonID == nil {
			return nil
		}
		return t.derive(ctx, row.CompanyID, []string{*row.PersonID})
	})
	if err != nil {
		return fmt.Errorf("decline an invitation: %w", err)
	}
	return nil
}

// requireNoMember returns ErrUsed if the invitation is a member's.
func (t *tx) requireNoMember(ctx context.Context, row inviteRow) error {
	if row.PersonID == nil {
		return nil
	}
	registered, err := t.registered(ctx, *row.PersonID)
	if err == nil && registered {
		err = ErrUsed
	}
	return err
}

// withdrawSignup rejects the sign-up that came through a used invitation and still waits, lists the invitation as declined, and returns the
// hash of its address; it is "" if that happened before. ErrUsed if nothing waits.
func (t *tx) withdrawSignup(ctx context.Context, row inviteRow) (emailHash string, err error) {
	keys, err := t.s.secret(ctx, row.CompanyID)
	if err != nil {
		return "", err
	}
	var waiting signupRow
	err = t.GetContext(ctx, &waiting, `
		SELECT `+signupColumns+`
		FROM signups
		WHERE company_id = $1 AND id IN (
			SELECT id
			FROM invites
			WHERE company_id = $1 AND subject_hash = $2 AND closed = 'used')`, row.CompanyID, row.SubjectHash)
	if errors.Is(err, sql.ErrNoRows) {
		return "", t.requireDeclined(ctx, row)
	}
	if err != nil {
		return "", fmt.Errorf("look for a signup: %w", err)
	}
	payload, err := t.s.openSignup(waiting)
	if err != nil {
		return "", err
	}
	if err := t.rejectSignup(ctx, Signup{ID: waiting.ID, CompanyID: row.CompanyID}, payload.Account); err != nil {
		return "", err
	}
	if err := t.leave(ctx, row.CompanyID, decided([]string{waiting.ID})...); err != nil {
		return "", err
	}
	_, err = t.ExecContext(ctx, `
		UPDATE invites
		SET closed = 'declined', closed_at = $3
		WHERE company_id = $1 AND id = $2`, row.CompanyID, waiting.ID, stamp(t.now))
	if err != nil {
		return "", fmt.Errorf("close invites: %w", err)
	}
	return keys.emailHash(payload.Invited), t.restate(ctx, row.CompanyID, StateDeclined, `id = $2`, waiting.ID)
}

// requireDeclined returns ErrUsed unless a sign-up through an invitation of the subject was withdrawn.
func (t *tx) requireDeclined(ctx context.Context, row inviteRow) error {
	var said bool
	err := t.GetContext(ctx, &said, `
		SELECT EXISTS (
			SELECT 1
			FROM invites
			WHERE company_id = $1 AND subject_hash = $2 AND closed = 'declined')`, row.CompanyID, row.SubjectHash)
	switch {
	case err != nil:
		return fmt.Errorf("look who declined: %w", err)
	case !said:
		return ErrUsed
	}
	return nil
}

// leaveAddressAlone closes the invitations to the address of the invitation, and of the person whose it is, and leaves only a hash that
// keeps the address from being invited again. An invitation whose address was erased before is only the person's.
func (t *tx) leaveAddressAlone(ctx context.Context, row inviteRow) error {
	if row.EmailHash != "" {
		_, err := t.ExecContext(ctx, `
			INSERT INTO forgotten_emails (company_id, email_hash, subject_hash, reason, forgotten_at)
			VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (company_id, email_hash) DO UPDATE
			SET reason = excluded.reason, forgotten_at = excluded.forgotten_at`,
			row.CompanyID, row.EmailHash, row.SubjectHash, DepartedNever, stamp(t.now.Truncate(24*time.Hour)))
		if err != nil {
			return fmt.Errorf("keep an address from being invited: %w", err)
		}
	}
	// theirs selects what is listed of the address, and of the person if the directory knows whose it is: also what they got in Slack.
	theirs, args := `email_hash <> '' AND email_hash = $2`, []any{row.EmailHash}
	if row.PersonID != nil {
		theirs, args = `(email_hash <> '' AND email_hash = $2 OR subject_hash = $3)`, []any{row.EmailHash, row.SubjectHash}
	}
	var subjects []string
	err := t.SelectContext(ctx, &subjects, `
		SELECT subject_hash
		FROM invites
		WHERE company_id = $1 AND closed = '' AND `+theirs, append([]any{row.CompanyID}, args...)...)
	if err != nil {
		return fmt.Errorf("look for invitations: %w", err)
	}
	// What ran out ends with their no, too: nobody is to resend it.
	var former []string
	err = t.SelectContext(ctx, &former, `
		SELECT id
		FROM invites
		WHERE company_id = $1 AND state IN ('expired', 'failed') AND `+theirs, append([]any{row.CompanyID}, args...)...)
	if err != nil {
		return fmt.Errorf("look for invitations: %w", err)
	}
	if err := t.closeInvites(ctx, row.CompanyID, closedDeclined, subjects...); err != nil {
		return err
	}
	for part := range chunks(former) {
		list, args := in([]any{row.CompanyID, stamp(t.now)}, part)
		_, err = t.ExecContext(ctx, `
			UPDATE invites
			SET closed = 'declined', closed_at = $2
			WHERE company_id = $1 AND id IN `+list, args...)
		if err != nil {
			return fmt.Errorf("close invites: %w", err)
		}
		list, args = in([]any{row.CompanyID}, part)
		if err := t.restate(ctx, row.CompanyID, StateDeclined, `id IN `+list, args[1:]...); err != nil {
			return err
		}
	}
	_, err = t.ExecContext(ctx, `
		UPDATE invites
		SET email_hash = ''
		WHERE company_id = $1 AND email_hash <> '' AND email_hash = $2`, row.CompanyID, row.EmailHash)
	if err != nil {
		return fmt.Errorf("forget an address: %w", err)
	}
	return nil
}

// dropEmailInvitesOf erases the invitations to the addresses of subjects, and lists that may hold them.
func (t *tx) dropEmailInvitesOf(ctx context.Context, companyID string, subjects []subject) error {
	keys, err := t.s.secret(ctx, companyID)
	if err != nil {
		return err
	}
	theirs := map[string]bool{}
	for _, s := range subjects {
		for _, email := range s.addresses() {
			theirs[keys.emailHash(email)] = true
		}
	}
	delete(theirs, "") // somebody without an address
	for part := range chunks(slices.Sorted(maps.Keys(theirs))) {
		list, args := in([]any{companyID}, part)
		_, err := t.ExecContext(ctx, `
			DELETE FROM authorizations
			WHERE company_id = $1 AND subject_hash IN (
				SELECT subject_hash
				FROM invites
				WHERE company_id = $1 AND email_hash IN `+list+`)`, args...)
		if err != nil {
			return fmt.Errorf("purge authorizations: %w", err)
		}
		if err := t.restate(ctx, companyID, "", `email_hash IN `+list, args[1:]...); err != nil {
			return err
		}
		var ids []string
		err = t.SelectContext(ctx, &ids, `
			DELETE FROM invites
			WHERE company_id = $1 AND email_hash IN `+list+`
			RETURNING id`, args...)
		if err != nil {
			return fmt.Errorf("purge invites: %w", err)
		}
		if err := t.dropJobs(ctx, ids); err != nil {
			return err
		}
	}
	return t.dropDraftsOf(ctx, companyID, keys, subjects, theirs)
}

// dropDraftsOf forgets the subjects' lists, all that wait for a confirmation, since any may have an address of theirs, and their
// addresses, by keyed hash, in those that were confirmed and are about to be sent.
func (t *tx) dropDraftsOf(ctx context.Context, companyID string, keys secret, subjects []subject, theirs map[string]bool) error {
	_, err := t.ExecContext(ctx, `DELETE FROM email_drafts WHERE company_id = $1 AND NOT confirmed`, companyID)
	if err != nil {
		return fmt.Errorf("purge lists: %w", err)
	}
	var slackIDs []string
	for _, s := range subjects {
		if s.SlackID != "" {
			slackIDs = append(slackIDs, s.SlackID)
		}
	}
	for part := range chunks(slackIDs) {
		list, args := in([]any{companyID}, part)
		if _, err := t.ExecContext(ctx, `DELETE FROM email_drafts WHERE company_id = $1 AND by_slack IN `+list, args...); err != nil {
			return fmt.Errorf("purge lists: %w", err)
		}
	}
	var confirmed []struct {
		ID     string `db:"id"`
		Sealed []byte `db:"payload_sealed"`
	}
	err = t.SelectContext(ctx, &confirmed, `
		SELECT id, payload_sealed
		FROM email_drafts
		WHERE company_id = $1`, companyID)
	if err != nil {
		return fmt.Errorf("load confirmed lists: %w", err)
	}
	for _, d := range confirmed {
		payload, err := t.s.openDraft(companyID, d.ID, d.Sealed)
		if err != nil {
			return err
		}
		payload.Invitees = slices.DeleteFunc(payload.Invitees, func(v Invitee) bool { return theirs[keys.emailHash(v.Email)] })
		sealed, err := t.s.sealDraft(companyID, d.ID, payload)
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `
			UPDATE email_drafts
			SET payload_sealed = $2
			WHERE id = $1`, d.ID, sealed)
		if err != nil {
			return fmt.Errorf("purge a confirmed list: %w", err)
		}
	}
	return nil
}
