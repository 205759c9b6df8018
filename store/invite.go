package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// InviteLife is how long a personal registration link works.
const InviteLife = 30 * 24 * time.Hour

// An Invite is a personal registration link. Kind "self" is the person's own (menu, Home tab), "dm" came from an admin.
type Invite struct {
	ID        string
	CompanyID string
	PersonID  string // "" for the own link of somebody who is not in the mirror
	SlackID   string // whom it is bound to; filled by InviteByToken and Invite only
	// Member is the registered account of whom it is bound to, nil if they are not registered: the link connects them to a network.
	// Filled by InviteByToken only.
	Member    *Member
	ByAdmin   bool
	InvitedBy string // Slack id of the inviter, "" if own or removed
	CreatedAt time.Time
	ExpiresAt time.Time
	SentAt    time.Time // zero: not delivered yet
	Failure   string    // why the DM could not be delivered (Slack's error code), or ""
}

// selfInviteMargin is how long an own link must still work to be handed out again.
const selfInviteMargin = 7 * 24 * time.Hour

// inviteLimit is the most people of one Invite.
const inviteLimit = 1000

// The kinds of an invite.
const (
	inviteSelf = "self"
	inviteDM   = "dm"
)

// A closure says why a link does not work any more.
type closure string

const (
	closedUsed     closure = "used"
	closedReplaced closure = "replaced" // resent or cancelled
	closedExpired  closure = "expired"
)

type inviteRow struct {
	ID          string  `db:"id"`
	CompanyID   string  `db:"company_id"`
	Kind        string  `db:"kind"`
	SubjectHash string  `db:"subject_hash"`
	PersonID    *string `db:"person_id"`
	Seed        []byte  `db:"seed"`
	InvitedBy   string  `db:"invited_by"`
	CreatedAt   int64   `db:"created_at"`
	ExpiresAt   int64   `db:"expires_at"`
	SentAt      int64   `db:"sent_at"`
	Failure     string  `db:"failure"`
	Reminded    int     `db:"reminded"`
	Closed      closure `db:"closed"`
}

const inviteColumns = `id, company_id, kind, subject_hash, person_id, seed, invited_by, created_at, expires_at, sent_at, failure, reminded, closed`

func (r inviteRow) invite() Invite {
	i := Invite{
		ID: r.ID, CompanyID: r.CompanyID, ByAdmin: r.Kind == inviteDM, InvitedBy: r.InvitedBy, CreatedAt: unstamp(r.CreatedAt),
		ExpiresAt: unstamp(r.ExpiresAt), SentAt: unstamp(r.SentAt), Failure: r.Failure,
	}
	if r.PersonID != nil {
		i.PersonID = *r.PersonID
	}
	return i
}

// SignupToken returns the token of a Slack user's own registration link: the same one until it is used, killed or about to expire,
// so opening the menu again kills nothing. It stores no readable trace of the person: the Slack id is sealed inside the token.
func (s *Store) SignupToken(ctx context.Context, companyID, slackID string) (token string, err error) {
	keys, err := s.secret(ctx, companyID)
	if err != nil {
		return "", fmt.Errorf("make signup link: %w", err)
	}
	seed, err := s.selfSeed(ctx, s.read, companyID, keys.slackHash(slackID))
	if errors.Is(err, ErrNotFound) {
		err = s.change(ctx, companyID, func(t *tx) error {
			seed, err = s.selfSeed(ctx, t, companyID, keys.slackHash(slackID))
			if !errors.Is(err, ErrNotFound) {
				return err // another call was faster
			}
			row, err := t.newInvite(keys, companyID, inviteSelf, slackID)
			if err != nil {
				return err
			}
			seed = row.Seed
			return t.insertInvites(ctx, keys, []newInviteRow{row})
		})
	}
	if err != nil {
		return "", fmt.Errorf("make signup link: %w", err)
	}
	return keys.token(companyID, seed, slackID)
}

// selfSeed returns the seed of the own link that works longest, or ErrNotFound.
func (s *Store) selfSeed(ctx context.Context, q querier, companyID, subjectHash string) ([]byte, error) {
	var seed []byte
	err := q.GetContext(ctx, &seed, `
		SELECT seed
		FROM invites
		WHERE company_id = $1 AND subject_hash = $2 AND kind = 'self' AND closed = '' AND expires_at > $3
		ORDER BY expires_at DESC, id
		LIMIT 1`, companyID, subjectHash, stamp(s.time().Add(selfInviteMargin)))
	return seed, found(err)
}

// A newInviteRow is an invite that is about to be inserted, and the Slack user it is for.
type newInviteRow struct {
	inviteRow
	slackID string
}

func (t *tx) newInvite(keys secret, companyID, kind, slackID string) (newInviteRow, error) {
	if slackID == "" {
		return newInviteRow{}, ErrNotFound
	}
	return newInviteRow{
		inviteRow: inviteRow{
			ID: newID(), CompanyID: companyID, Kind: kind, SubjectHash: keys.slackHash(slackID), Seed: newSeed(),
			CreatedAt: stamp(t.now), ExpiresAt: stamp(t.now.Add(InviteLife)),
		},
		slackID: slackID,
	}, nil
}

func (t *tx) insertInvites(ctx context.Context, keys secret, rows []newInviteRow) error {
	columns := []string{
		"id", "company_id", "kind", "subject_hash", "person_id", "seed", "token_hash", "invited_by", "created_at", "expires_at",
		"sent_at", "failure", "reminded", "closed", "closed_at",
	}
	values := make([][]any, len(rows))
	for i, r := range rows {
		token, err := keys.token(r.CompanyID, r.Seed, r.slackID)
		if err != nil {
			return err
		}
		values[i] = []any{
			r.ID, r.CompanyID, r.Kind, r.SubjectHash, r.PersonID, r.Seed, tokenHash(token), r.InvitedBy, r.CreatedAt, r.ExpiresAt,
			0, "", r.Reminded, "", 0,
		}
	}
	return t.insert(ctx, "invites", columns, values)
}

// closeInvites closes all open links of the subject; derive must follow.
func (t *tx) closeInvites(ctx context.Context, companyID, subjectHash string, why closure) error {
	_, err := t.ExecContext(ctx, `
		UPDATE invites
		SET closed = $3, closed_at = $4
		WHERE company_id = $1 AND subject_hash = $2 AND closed = ''`, companyID, subjectHash, why, stamp(t.now))
	if err != nil {
		return fmt.Errorf("close invites: %w", err)
	}
	return nil
}

// InviteOutcome is what became of one person of an invitation.
type InviteOutcome struct {
	Person Person
	Invite Invite
	Result InviteResult
}

// InviteResult is the reason code of an InviteOutcome.
type InviteResult string

// The results.
const (
	InviteSent       InviteResult = "sent"       // a JobInviteDM was left
	InviteAgain      InviteResult = "invited"    // an open invitation exists: not invited twice
	InviteRegistered InviteResult = "registered" // is a member
	InviteRefused    InviteResult = "refused"    // bot, guest or deactivated
)

// Invite invites directory people and leaves a JobInviteDM for each new invitation, in one transaction; at most 1,000, else ErrTooMany.
// Outcomes come in the order of the ids; unknown ids have none. The actor must be a company admin, else ErrForbidden.
func (s *Store) Invite(ctx context.Context, companyID string, by Actor, personIDs []string) ([]InviteOutcome, error) {
	if len(personIDs) > inviteLimit {
		return nil, fmt.Errorf("invite: %w", ErrTooMany)
	}
	var outcomes []InviteOutcome
	err := s.change(ctx, companyID, func(t *tx) error {
		if err := t.requireAdmin(ctx, companyID, by); err != nil {
			return err
		}
		var err error
		outcomes, err = t.invite(ctx, companyID, by, personIDs)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("invite: %w", err)
	}
	return outcomes, nil
}

func (t *tx) invite(ctx context.Context, companyID string, by Actor, personIDs []string) ([]InviteOutcome, error) {
	keys, err := t.s.secret(ctx, companyID)
	if err != nil {
		return nil, err
	}
	people, err := t.s.rollByID(ctx, t, personIDs)
	if err != nil {
		return nil, err
	}
	open, err := openInvites(ctx, t, personIDs)
	if err != nil {
		return nil, err
	}
	var (
		outcomes []InviteOutcome
		rows     []newInviteRow
		invited  []string
		jobs     []Job
		events   []AuditEvent
	)
	seen := map[string]bool{}
	for _, p := range people {
		if p.Person.CompanyID != companyID || seen[p.Person.ID] {
			continue
		}
		seen[p.Person.ID] = true
		o := InviteOutcome{Person: p.Person}
		before, again := open[p.Person.ID]
		switch {
		case p.Member != nil:
			o.Result = InviteRegistered
		case !p.Person.Eligible() || p.Person.SlackID == "":
			o.Result = InviteRefused
		case again && before.ExpiresAt > stamp(t.now):
			o.Result, o.Invite = InviteAgain, before.invite()
		default:
			if again {
				if err := t.closeInvites(ctx, companyID, before.SubjectHash, closedExpired); err != nil {
					return nil, err
				}
			}
			row, err := t.newInvite(keys, companyID, inviteDM, p.Person.SlackID)
			if err != nil {
				return nil, err
			}
			row.PersonID, row.InvitedBy = &p.Person.ID, by.SlackID
			rows = append(rows, row)
			invited = append(invited, p.Person.ID)
			jobs = append(jobs, Job{Kind: JobInviteDM, Ref: row.ID})
			events = append(events, AuditEvent{Action: AuditInvited, Subject: &p.Person})
			o.Result, o.Invite = InviteSent, row.invite()
			o.Invite.SlackID = p.Person.SlackID
		}
		outcomes = append(outcomes, o)
	}
	if err := t.insertInvites(ctx, keys, rows); err != nil {
		return nil, err
	}
	if err := t.leave(ctx, companyID, jobs...); err != nil {
		return nil, err
	}
	if err := t.auditAll(ctx, companyID, by, events); err != nil {
		return nil, err
	}
	return outcomes, t.derive(ctx, companyID, invited)
}

// openInvites returns the open invitations by admins, expired or not, by person.
func openInvites(ctx context.Context, q querier, personIDs []string) (map[string]inviteRow, error) {
	open := map[string]inviteRow{}
	for part := range chunks(personIDs) {
		list, args := in(nil, part)
		var rows []inviteRow
		err := q.SelectContext(ctx, &rows, `
			SELECT `+inviteColumns+`
			FROM invites
			WHERE kind = 'dm' AND closed = '' AND person_id IN `+list, args...)
		if err != nil {
			return nil, fmt.Errorf("load invitations: %w", err)
		}
		for _, r := range rows {
			open[*r.PersonID] = r
		}
	}
	return open, nil
}

// openInvite returns the open invitation by an admin with its person.
func openInvite(ctx context.Context, q querier, companyID, inviteID string) (inviteRow, Person, error) {
	var row inviteRow
	err := q.GetContext(ctx, &row, `
		SELECT `+inviteColumns+`
		FROM invites
		WHERE company_id = $1 AND id = $2 AND kind = 'dm' AND closed = ''`, companyID, inviteID)
	if err != nil {
		return inviteRow{}, Person{}, found(err)
	}
	p, err := person(ctx, q, `p.company_id = $1 AND p.id = $2`, companyID, *row.PersonID)
	return row, p, err
}

// ResendInvite kills all links of the invited person and makes and sends a new one. ErrNotFound if the invitation is not open,
// ErrNotEligible if the person was deactivated meanwhile. The actor must be a company admin, else ErrForbidden.
func (s *Store) ResendInvite(ctx context.Context, companyID string, by Actor, inviteID string) (Invite, error) {
	var i Invite
	err := s.change(ctx, companyID, func(t *tx) error {
		if err := t.requireAdmin(ctx, companyID, by); err != nil {
			return err
		}
		old, p, err := openInvite(ctx, t, companyID, inviteID)
		if err != nil {
			return err
		}
		if !p.Eligible() {
			return ErrNotEligible
		}
		if err := t.closeInvites(ctx, companyID, old.SubjectHash, closedReplaced); err != nil {
			return err
		}
		keys, err := s.secret(ctx, companyID)
		if err != nil {
			return err
		}
		row, err := t.newInvite(keys, companyID, inviteDM, p.SlackID)
		if err != nil {
			return err
		}
		row.PersonID, row.InvitedBy, row.Reminded = &p.ID, by.SlackID, old.Reminded
		if err := t.insertInvites(ctx, keys, []newInviteRow{row}); err != nil {
			return err
		}
		i = row.invite()
		i.SlackID = p.SlackID
		if err := t.leave(ctx, companyID, Job{Kind: JobInviteDM, Ref: row.ID}); err != nil {
			return err
		}
		return t.audit(ctx, companyID, by, AuditEvent{Action: AuditInviteResent, Subject: &p})
	})
	if err != nil {
		return Invite{}, fmt.Errorf("resend invitation: %w", err)
	}
	return i, nil
}

// CancelInvite kills all links of the invited person; they are not invited any more. ErrNotFound if the invitation is not open.
// The actor must be a company admin, else ErrForbidden.
func (s *Store) CancelInvite(ctx context.Context, companyID string, by Actor, inviteID string) error {
	err := s.change(ctx, companyID, func(t *tx) error {
		if err := t.requireAdmin(ctx, companyID, by); err != nil {
			return err
		}
		row, p, err := openInvite(ctx, t, companyID, inviteID)
		if err != nil {
			return err
		}
		if err := t.closeInvites(ctx, companyID, row.SubjectHash, closedReplaced); err != nil {
			return err
		}
		if err := t.audit(ctx, companyID, by, AuditEvent{Action: AuditInviteCancelled, Subject: &p}); err != nil {
			return err
		}
		return t.derive(ctx, companyID, []string{p.ID})
	})
	if err != nil {
		return fmt.Errorf("cancel invitation: %w", err)
	}
	return nil
}

// OpenInvite returns an open invitation with its SlackID and token, for the DM; ErrNotFound if it was closed meanwhile.
func (s *Store) OpenInvite(ctx context.Context, companyID, inviteID string) (Invite, string, error) {
	row, p, err := openInvite(ctx, s.read, companyID, inviteID)
	if err == nil && row.ExpiresAt <= stamp(s.time()) {
		err = ErrNotFound
	}
	if err != nil {
		return Invite{}, "", fmt.Errorf("load invitation: %w", err)
	}
	keys, err := s.secret(ctx, companyID)
	if err != nil {
		return Invite{}, "", fmt.Errorf("load invitation: %w", err)
	}
	token, err := keys.token(companyID, row.Seed, p.SlackID)
	if err != nil {
		return Invite{}, "", fmt.Errorf("load invitation: %w", err)
	}
	i := row.invite()
	i.SlackID = p.SlackID
	return i, token, nil
}

// InviteDelivered records the outcome of the DM: failure "" or Slack's error code. It does nothing if the invitation is gone.
func (s *Store) InviteDelivered(ctx context.Context, companyID, inviteID, failure string) error {
	err := s.update(ctx, func(t *tx) error {
		var sent int64
		if failure == "" {
			sent = stamp(t.now)
		}
		_, err := t.ExecContext(ctx, `
			UPDATE invites
			SET sent_at = $3, failure = $4
			WHERE company_id = $1 AND id = $2`, companyID, inviteID, sent, failure)
		return err
	})
	if err != nil {
		return fmt.Errorf("record delivery: %w", err)
	}
	return nil
}

// InviteByToken resolves a personal link. Errors: ErrNotFound (never existed, or its account was removed), ErrExpired, ErrReplaced
// (a newer one was sent, or it was cancelled), ErrUsed (registered). It takes the same steps for any token.
func (s *Store) InviteByToken(ctx context.Context, companyID, token string) (Invite, error) {
	i, err := s.inviteByToken(ctx, s.read, companyID, token)
	if err != nil {
		return Invite{}, fmt.Errorf("resolve link: %w", err)
	}
	return i, nil
}

func (s *Store) inviteByToken(ctx context.Context, q querier, companyID, token string) (Invite, error) {
	keys, err := s.secret(ctx, companyID)
	if err != nil {
		return Invite{}, err
	}
	var row inviteRow
	err = q.GetContext(ctx, &row, `
		SELECT `+inviteColumns+`
		FROM invites
		WHERE company_id = $1 AND token_hash = $2`, companyID, tokenHash(token))
	slackID, openErr := keys.openToken(companyID, token)
	if err != nil {
		return Invite{}, found(err)
	}
	if openErr != nil {
		return Invite{}, openErr
	}
	switch {
	case row.Closed == closedUsed:
		return Invite{}, ErrUsed
	case row.Closed == closedReplaced:
		return Invite{}, ErrReplaced
	case row.Closed == closedExpired, row.ExpiresAt <= stamp(s.time()):
		return Invite{}, ErrExpired
	}
	i := row.invite()
	i.SlackID = slackID
	people, err := s.roll(ctx, q, `p.company_id = $1 AND p.slack_id = $2`, companyID, slackID)
	if err != nil {
		return Invite{}, err
	}
	if len(people) == 1 {
		i.PersonID, i.Member = people[0].Person.ID, people[0].Member
	}
	return i, nil
}
