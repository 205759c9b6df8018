package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// InviteLife is how long a personal registration link works, unless the company's settings say otherwise.
const InviteLife = DefaultLinkDays * 24 * time.Hour

// An Invite is a personal registration link. Kind "self" is the person's own (menu, Home tab); "dm" and "email" came from somebody else.
type Invite struct {
	ID        string
	CompanyID string
	PersonID  string // "" for the own link of somebody who is not in the mirror, and for somebody from outside
	SlackID   string // whom it is bound to; filled by InviteByToken and Invite only, "" for somebody from outside
	// Email is the address it was sent to, and Name who that is, if the inviter told; "" unless it went to an address, and once it was
	// used. Filled by InviteByToken, EmailInvite and ResendInvite only.
	Email, Name string
	// Member is the registered account of whom it is bound to, nil if they are not registered: the link connects them to a network.
	// Filled by InviteByToken only.
	Member    *Member
	ByAdmin   bool   // it is no own link: somebody invited them
	InvitedBy string // Slack id of the inviter, "" if own or removed
	// As is the user type that the person gets by registering, while the invitation is open and its inviter may give it; "" for an own link.
	As        MemberType
	CreatedAt time.Time
	ExpiresAt time.Time
	SendAt    time.Time // when an email, or the DM of many, is to be sent; zero: at once
	SentAt    time.Time // zero: not delivered yet
	Failure   string    // why it could not be delivered (Slack's error code, or the mail server's refusal), or ""
}

// selfInviteMargin is how long an own link must still work to be handed out again, of those that work for longer than twice as long.
const selfInviteMargin = 7 * 24 * time.Hour

// inviteLimit is the most people of one Invite.
const inviteLimit = 1000

// The kinds of an invite.
const (
	inviteSelf = "self"
	inviteDM   = "dm"
	// inviteEmail went to an address: bound to the person of the directory whose it is, as inviteDM, or to nobody.
	inviteEmail = "email"
)

// A closure says why a link does not work any more.
type closure string

const (
	closedUsed     closure = "used"
	closedReplaced closure = "replaced" // resent or cancelled
	closedExpired  closure = "expired"
	closedDeclined closure = "declined"
)

type inviteRow struct {
	ID          string      `db:"id"`
	CompanyID   string      `db:"company_id"`
	Kind        string      `db:"kind"`
	SubjectHash string      `db:"subject_hash"`
	PersonID    *string     `db:"person_id"`
	Seed        []byte      `db:"seed"`
	TokenHash   []byte      `db:"token_hash"` // set in rows that were loaded
	InvitedBy   string      `db:"invited_by"`
	CreatedAt   int64       `db:"created_at"`
	ExpiresAt   int64       `db:"expires_at"`
	SentAt      int64       `db:"sent_at"`
	Failure     string      `db:"failure"`
	Reminded    int         `db:"reminded"`
	Closed      closure     `db:"closed"`
	ClosedAt    int64       `db:"closed_at"`
	As          MemberType  `db:"as_type"`
	State       InviteState `db:"state"` // "" for what is not listed
	EmailHash   string      `db:"email_hash"`
	EmailSealed []byte      `db:"email_sealed"`
	SendAt      int64       `db:"send_at"`
}

const inviteColumns = `id, company_id, kind, subject_hash, person_id, seed, token_hash, invited_by, created_at, expires_at, sent_at, failure, reminded, closed,
	closed_at, as_type, state, email_hash, email_sealed, send_at`

func (r inviteRow) invite() Invite {
	i := Invite{
		ID: r.ID, CompanyID: r.CompanyID, ByAdmin: r.Kind != inviteSelf, InvitedBy: r.InvitedBy, As: r.As, CreatedAt: unstamp(r.CreatedAt),
		ExpiresAt: unstamp(r.ExpiresAt), SendAt: unstamp(r.SendAt), SentAt: unstamp(r.SentAt), Failure: r.Failure,
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
	now, err := s.Settings(ctx, companyID)
	if err != nil {
		return "", fmt.Errorf("make signup link: %w", err)
	}
	margin := min(selfInviteMargin, now.linkLife()/2)
	seed, err := s.selfSeed(ctx, s.read, companyID, keys.slackHash(slackID), margin)
	if errors.Is(err, ErrNotFound) {
		err = s.change(ctx, companyID, func(t *tx) error {
			seed, err = s.selfSeed(ctx, t, companyID, keys.slackHash(slackID), margin)
			if !errors.Is(err, ErrNotFound) {
				return err // another call was faster
			}
			row, err := t.newInvite(keys, companyID, inviteSelf, slackID, now.linkLife())
			if err != nil {
				return err
			}
			seed = row.Seed
			return t.insertInvites(ctx, companyID, keys, []newInviteRow{row})
		})
	}
	if err != nil {
		return "", fmt.Errorf("make signup link: %w", err)
	}
	return keys.token(companyID, seed, slackID)
}

// selfSeed returns the seed of the own link that works longest, and for longer than the margin, or ErrNotFound.
func (s *Store) selfSeed(ctx context.Context, q querier, companyID, subjectHash string, margin time.Duration) ([]byte, error) {
	var seed []byte
	err := q.GetContext(ctx, &seed, `
		SELECT seed
		FROM invites
		WHERE company_id = $1 AND subject_hash = $2 AND kind = 'self' AND closed = '' AND expires_at > $3
		ORDER BY expires_at DESC, id
		LIMIT 1`, companyID, subjectHash, stamp(s.time().Add(margin)))
	return seed, found(err)
}

// A newInviteRow is an invite that is about to be inserted, and the Slack user it is for.
type newInviteRow struct {
	inviteRow
	slackID string
}

// newInvite returns an invite of a Slack user, or ErrNotFound without one.
func (t *tx) newInvite(keys secret, companyID, kind, slackID string, life time.Duration) (newInviteRow, error) {
	if slackID == "" {
		return newInviteRow{}, ErrNotFound
	}
	row := newInviteRow{
		inviteRow: inviteRow{
			ID: newID(), CompanyID: companyID, Kind: kind, SubjectHash: keys.slackHash(slackID), Seed: newSeed(),
			CreatedAt: stamp(t.now), ExpiresAt: stamp(t.now.Add(life)),
		},
		slackID: slackID,
	}
	if kind != inviteSelf {
		row.State = StatePending
	}
	return row, nil
}

// insertInvites inserts invites, and counts those that are listed. What was listed of their people must be off the list by then.
func (t *tx) insertInvites(ctx context.Context, companyID string, keys secret, rows []newInviteRow) error {
	columns := []string{
		"id", "company_id", "kind", "subject_hash", "person_id", "seed", "token_hash", "invited_by", "created_at", "expires_at",
		"sent_at", "failure", "reminded", "closed", "closed_at", "as_type", "state",
		"list_key", "email_hash", "email_sealed", "send_at",
	}
	changes := tally{}
	values := make([][]any, len(rows))
	for i, r := range rows {
		token, err := keys.token(r.CompanyID, r.Seed, r.slackID)
		if err != nil {
			return err
		}
		values[i] = []any{
			r.ID, r.CompanyID, r.Kind, r.SubjectHash, r.PersonID, r.Seed, tokenHash(token), r.InvitedBy, r.CreatedAt, r.ExpiresAt,
			0, "", r.Reminded, "", 0, r.As, r.State, newestFirst(r.CreatedAt, r.ID), r.EmailHash, r.EmailSealed, r.SendAt,
		}
		changes.move("", r.State)
	}
	if err := t.insert(ctx, "invites", columns, values); err != nil {
		return err
	}
	return t.count(ctx, companyID, changes)
}

// closeInvites closes all open links of the subjects, and changes what became of their invitations accordingly; derive must follow.
// Once somebody signed up or said no, nothing is kept of the addresses that they were invited at.
func (t *tx) closeInvites(ctx context.Context, companyID string, why closure, subjectHashes ...string) error {
	var to InviteState // closedReplaced: off the list
	listed, alsoClosed, forget := `state <> ''`, "", false
	switch why {
	case closedUsed:
		// Whoever signs up has accepted, also after they said no or the invitation ran out.
		to, alsoClosed, forget = StateAccepted, ` OR state NOT IN ('', 'accepted')`, true
	case closedDeclined:
		to, forget = StateDeclined, true
	case closedExpired:
		to, listed = StateExpired, `state = 'pending'`
	case closedReplaced:
	}
	for part := range chunks(subjectHashes) {
		list, args := in([]any{companyID, why, stamp(t.now)}, part)
		_, err := t.ExecContext(ctx, `
			UPDATE invites
			SET closed = $2, closed_at = $3, reason = ''
			WHERE company_id = $1 AND (closed = ''`+alsoClosed+`) AND subject_hash IN `+list, args...)
		if err != nil {
			return fmt.Errorf("close invites: %w", err)
		}
		list, args = in([]any{companyID}, part)
		if forget { // also of those that were replaced before
			_, err := t.ExecContext(ctx, `
				UPDATE invites
				SET email_hash = ''
				WHERE company_id = $1 AND email_hash <> '' AND subject_hash IN `+list, args...)
			if err != nil {
				return fmt.Errorf("forget addresses: %w", err)
			}
		}
		if err := t.restate(ctx, companyID, to, listed+` AND subject_hash IN `+list, args[1:]...); err != nil {
			return err
		}
	}
	return nil
}

// InviteOutcome is what became of one person of an invitation.
type InviteOutcome struct {
	Person     Person
	Invite     Invite
	Result     InviteResult
	DeclinedAt time.Time // when they said no, for InviteDeclined; only the day if an email was declined that nobody could use any more
	Departure  Departure // for InviteDeparted
}

// InviteResult is the reason code of an InviteOutcome.
type InviteResult string

// The results.
const (
	InviteSent       InviteResult = "sent"       // a JobInviteDM was left
	InviteAgain      InviteResult = "invited"    // an open invitation exists: not invited twice
	InviteRegistered InviteResult = "registered" // is a member
	InviteRefused    InviteResult = "refused"    // bot, guest or deactivated
	InviteDeclined   InviteResult = "declined"   // said no to an invitation: a company admin may override that
	InviteDeparted   InviteResult = "departed"   // was removed or left: a company admin may override that, by InviteAgain if Departures finds them
	InviteDuplicate  InviteResult = "duplicate"  // an address that is in the list before
	InviteNever      InviteResult = "never"      // does not want to be asked again: said so, or was removed
)

// InviteOptions change how people are invited. The zero value invites employees, and nobody who is better left alone.
type InviteOptions struct {
	// As is the user type that they get by registering: Employee, also for "", or Recruiter, for which the actor must be a company admin.
	As MemberType
	// Override invites somebody in spite of what speaks against it. The actor must be a company admin, and it is for one person at a time.
	Override bool
	// at is when each of many gets the DM, by person id; nil: at once.
	at map[string]time.Time
}

// Invite invites directory people and leaves a JobInviteDM for each new invitation, in one transaction; at most 1,000, and one with
// Override, else ErrTooMany. Outcomes come in the order of the ids; unknown ids have none. ErrForbidden unless the company's settings let
// the actor invite, and the options are theirs to choose.
func (s *Store) Invite(ctx context.Context, companyID string, by Actor, personIDs []string, o InviteOptions) ([]InviteOutcome, error) {
	o.As = cmp.Or(o.As, Employee)
	switch {
	case len(personIDs) > inviteLimit, o.Override && len(personIDs) > 1:
		return nil, fmt.Errorf("invite: %w", ErrTooMany)
	case o.As != Employee && o.As != Recruiter:
		return nil, fmt.Errorf("invite: nobody is invited as %q", o.As)
	}
	var outcomes []InviteOutcome
	err := s.change(ctx, companyID, func(t *tx) error {
		if err := t.requireInviter(ctx, companyID, by); err != nil {
			return err
		}
		if o.As != Employee || o.Override {
			if err := t.requireAdmin(ctx, companyID, by); err != nil {
				return err
			}
		}
		var err error
		outcomes, err = t.invite(ctx, companyID, by, personIDs, o)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("invite: %w", err)
	}
	return outcomes, nil
}

func (t *tx) invite(ctx context.Context, companyID string, by Actor, personIDs []string, opts InviteOptions) ([]InviteOutcome, error) {
	keys, err := t.s.secret(ctx, companyID)
	if err != nil {
		return nil, err
	}
	now, err := settings(ctx, t, companyID)
	if err != nil {
		return nil, err
	}
	people, err := t.s.rollByID(ctx, t, personIDs)
	if err != nil {
		return nil, err
	}
	addresses, entries := make([]string, len(people)), make([]Person, len(people))
	for i, p := range people {
		addresses[i], entries[i] = keys.emailHash(p.Person.Email), p.Person
	}
	claimed, err := t.claimMail(ctx, companyID, keys, entries)
	if err != nil {
		return nil, err
	}
	open, err := openInvites(ctx, t, personIDs)
	if err != nil {
		return nil, err
	}
	declined, err := t.declined(ctx, personIDs)
	if err != nil {
		return nil, err
	}
	var (
		outcomes []InviteOutcome
		rows     []newInviteRow
		invited  []string
		subjects []string
		jobs     []Job
		events   []AuditEvent
	)
	gone, err := t.addressDepartures(ctx, companyID, addresses)
	if err != nil {
		return nil, err
	}
	departed, err := t.departures(ctx, companyID, keys, entries)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for i, p := range people {
		if p.Person.CompanyID != companyID || seen[p.Person.ID] {
			continue
		}
		seen[p.Person.ID] = true
		o := InviteOutcome{Person: p.Person}
		before, again := open[p.Person.ID]
		works := again && before.ExpiresAt > stamp(t.now)
		said, no := declined[p.Person.ID]
		themselves, left := departed[p.Person.ID]
		departure, addressLeft := gone[addresses[i]]
		switch {
		case p.Member != nil:
			o.Result = InviteRegistered
		case !p.Person.Eligible() || p.Person.SlackID == "":
			o.Result = InviteRefused
		case works && before.invite().mayHaveArrived():
			o.Result, o.Invite = InviteAgain, before.invite()
		case no && !opts.Override:
			o.Result, o.DeclinedAt = InviteDeclined, said
		case left && !opts.Override:
			o.Result, o.Departure = InviteDeparted, themselves
		case addressLeft && !opts.Override && departure.Reason == DepartedNever:
			o.Result, o.DeclinedAt = InviteDeclined, departure.Day
		case addressLeft && !opts.Override:
			o.Result, o.Departure = InviteDeparted, departure
		default:
			if again {
				why := closedExpired
				if works { // it never arrived
					why = closedReplaced
				}
				if err := t.closeInvites(ctx, companyID, why, before.SubjectHash); err != nil {
					return nil, err
				}
			}
			row, err := t.newInvite(keys, companyID, inviteDM, p.Person.SlackID, now.linkLife())
			if err != nil {
				return nil, err
			}
			row.PersonID, row.InvitedBy, row.As = &p.Person.ID, by.SlackID, opts.As
			jobs = append(jobs, t.sendDM(&row, opts.at[p.Person.ID], now.linkLife()))
			rows = append(rows, row)
			invited = append(invited, p.Person.ID)
			subjects = append(subjects, row.SubjectHash)
			events = append(events, AuditEvent{Action: AuditInvited, Subject: &p.Person})
			o.Result, o.Invite = InviteSent, row.invite()
			o.Invite.SlackID = p.Person.SlackID
		}
		outcomes = append(outcomes, o)
	}
	if err := t.delist(ctx, companyID, subjects); err != nil {
		return nil, err
	}
	if err := t.insertInvites(ctx, companyID, keys, rows); err != nil {
		return nil, err
	}
	if err := t.leave(ctx, companyID, jobs...); err != nil {
		return nil, err
	}
	if err := t.auditAll(ctx, companyID, by, events); err != nil {
		return nil, err
	}
	return outcomes, t.derive(ctx, companyID, slices.Concat(invited, claimed))
}

// sendDM returns the job that sends the DM of an invite that is about to be inserted: at once, for the zero time, or as one of many, when
// the person has time.
func (t *tx) sendDM(row *newInviteRow, at time.Time, life time.Duration) Job {
	job := Job{Kind: JobInviteDM, Ref: row.ID}
	if at.IsZero() {
		return job
	}
	row.SendAt, row.ExpiresAt = stamp(at), stamp(at.Add(life))
	if at.After(t.now) {
		job.At = at
	}
	return job
}

// openInvites returns the open invitations by admins that are listed, expired or not, by person.
func openInvites(ctx context.Context, q querier, personIDs []string) (map[string]inviteRow, error) {
	open := map[string]inviteRow{}
	for part := range chunks(personIDs) {
		list, args := in(nil, part)
		var rows []inviteRow
		err := q.SelectContext(ctx, &rows, `
			SELECT `+inviteColumns+`
			FROM invites
			WHERE kind <> 'self' AND closed = '' AND state <> '' AND person_id IN `+list, args...)
		if err != nil {
			return nil, fmt.Errorf("load invitations: %w", err)
		}
		for _, r := range rows {
			open[*r.PersonID] = r
		}
	}
	return open, nil
}

// openInvite returns the open invitation with its person, who is the zero one for somebody from outside.
func openInvite(ctx context.Context, q querier, companyID, inviteID string) (inviteRow, Person, error) {
	return inviteWhere(ctx, q, companyID, inviteID, `closed = ''`)
}

// inviteWhere is openInvite for an invitation that meets the condition.
func inviteWhere(ctx context.Context, q querier, companyID, inviteID, condition string) (inviteRow, Person, error) {
	var row inviteRow
	err := q.GetContext(ctx, &row, `
		SELECT `+inviteColumns+`
		FROM invites
		WHERE company_id = $1 AND id = $2 AND kind <> 'self' AND `+condition, companyID, inviteID)
	if err != nil || row.PersonID == nil {
		return row, Person{}, found(err)
	}
	p, err := person(ctx, q, `p.company_id = $1 AND p.id = $2`, companyID, *row.PersonID)
	return row, p, err
}

// ResendInvite kills all links of the invited person and makes and sends a new one; one that is to be sent later keeps its time. ErrNotFound
// unless the invitation is the person's latest and is pending, expired or was not delivered; ErrNotEligible if the person was deactivated
// meanwhile; ErrDeclined, and the invitation, if they asked not to be reminded. The actor must be a company admin, else ErrForbidden.
func (s *Store) ResendInvite(ctx context.Context, companyID string, by Actor, inviteID string) (Invite, error) {
	return s.resendInvite(ctx, companyID, by, inviteID, resending{})
}

// SendInviteNow is ResendInvite for one that is to be sent later and shall not wait any longer. ErrChanged if it does not wait.
func (s *Store) SendInviteNow(ctx context.Context, companyID string, by Actor, inviteID string) (Invite, error) {
	return s.resendInvite(ctx, companyID, by, inviteID, resending{now: true})
}

// ResendInviteAnyway is ResendInvite, at once, for somebody who asked not to be reminded, because a company admin insists. Reminders stay
// off.
func (s *Store) ResendInviteAnyway(ctx context.Context, companyID string, by Actor, inviteID string) (Invite, error) {
	return s.resendInvite(ctx, companyID, by, inviteID, resending{anyway: true})
}

// resending is how an invitation is sent again.
type resending struct {
	now    bool // it waits for its time, and shall not any longer
	anyway bool // also to somebody who asked not to be reminded, and at once
}

func (s *Store) resendInvite(ctx context.Context, companyID string, by Actor, inviteID string, how resending) (Invite, error) {
	var i Invite
	err := s.change(ctx, companyID, func(t *tx) error {
		if err := t.requireAdmin(ctx, companyID, by); err != nil {
			return err
		}
		old, p, err := inviteWhere(ctx, t, companyID, inviteID, `state IN ('pending', 'expired', 'failed')`)
		if err != nil {
			return err
		}
		if how.now && !old.scheduled(t.now) {
			return ErrChanged
		}
		if !p.Eligible() {
			return ErrNotEligible
		}
		unwilling, err := optedOut(ctx, t, []string{inviteID})
		if err != nil {
			return err
		}
		if unwilling[inviteID] && !how.anyway {
			i = old.invite()
			i.SlackID = p.SlackID
			return ErrDeclined
		}
		rows, err := t.resend(ctx, companyID, []invitedRow{{inviteRow: old, SlackID: p.SlackID}}, func(r invitedRow) time.Time {
			if r.scheduled(t.now) && !how.now && !how.anyway {
				return unstamp(r.SendAt)
			}
			return time.Time{}
		})
		if err != nil {
			return err
		}
		to, err := s.addressOf(rows[0].inviteRow)
		if err != nil {
			return err
		}
		i = rows[0].invite()
		i.SlackID, i.Email, i.Name = p.SlackID, to.Email, to.Name
		return t.audit(ctx, companyID, by, AuditEvent{Action: AuditInviteResent, Subject: known(p)})
	})
	if err != nil {
		return i, fmt.Errorf("resend invitation: %w", err)
	}
	return i, nil
}

// known is nil for the zero person, who is somebody from outside.
func known(p Person) *Person {
	if p.ID == "" {
		return nil
	}
	return &p
}

// CancelInvite kills all links of the invited person; they are not invited any more. ErrNotFound if the invitation is not open.
// The actor must be a company admin, else ErrForbidden.
func (s *Store) CancelInvite(ctx context.Context, companyID string, by Actor, inviteID string) error {
	err := s.change(ctx, companyID, func(t *tx) error {
		if err := t.requireAdmin(ctx, companyID, by); err != nil {
			return err
		}
		row, p, err := inviteWhere(ctx, t, companyID, inviteID, `(closed = '' OR state = 'failed')`)
		if err != nil {
			return err
		}
		if err := t.closeInvites(ctx, companyID, closedReplaced, row.SubjectHash); err != nil {
			return err
		}
		// They may have said no before somebody insisted: that is what became of them again.
		err = t.restate(ctx, companyID, StateDeclined, `closed = 'declined' AND subject_hash = $2`, row.SubjectHash)
		if err != nil {
			return err
		}
		if err := t.audit(ctx, companyID, by, AuditEvent{Action: AuditInviteCancelled, Subject: known(p)}); err != nil {
			return err
		}
		return t.derive(ctx, companyID, []string{p.ID})
	})
	if err != nil {
		return fmt.Errorf("cancel invitation: %w", err)
	}
	return nil
}

// OpenInvite returns an open invitation with its SlackID and token, for the DM; ErrNotFound if it was closed meanwhile, or goes to an
// address.
func (s *Store) OpenInvite(ctx context.Context, companyID, inviteID string) (Invite, string, error) {
	row, p, err := openInvite(ctx, s.read, companyID, inviteID)
	if err == nil && (row.Kind != inviteDM || row.ExpiresAt <= stamp(s.time())) {
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

// InviteDelivered records the outcome of the message: failure "", FailureUnverified, or Slack's error code. It does nothing if the
// invitation is gone.
func (s *Store) InviteDelivered(ctx context.Context, companyID, inviteID, failure string) error {
	err := s.change(ctx, companyID, func(t *tx) error {
		if failure == "" {
			return t.inviteSent(ctx, companyID, inviteID)
		}
		_, err := t.ExecContext(ctx, `
			UPDATE invites
			SET sent_at = 0, failure = $3
			WHERE company_id = $1 AND id = $2`, companyID, inviteID, failure)
		if err != nil {
			return err
		}
		return t.restate(ctx, companyID, StateFailed, `id = $2 AND state = 'pending'`, inviteID)
	})
	if err != nil {
		return fmt.Errorf("record delivery: %w", err)
	}
	return nil
}

// inviteSent records that an invitation arrived.
func (t *tx) inviteSent(ctx context.Context, companyID, inviteID string) error {
	var failure string
	err := t.GetContext(ctx, &failure, `
		UPDATE invites
		SET sent_at = $3
		WHERE company_id = $1 AND id = $2
		RETURNING failure`, companyID, inviteID, stamp(t.now))
	if errors.Is(err, sql.ErrNoRows) || err == nil && failure == "" { // what never failed is pending as it was
		return nil
	}
	if err != nil {
		return fmt.Errorf("record an invitation as sent: %w", err)
	}
	if _, err := t.ExecContext(ctx, `
		UPDATE invites
		SET failure = ''
		WHERE company_id = $1 AND id = $2`, companyID, inviteID); err != nil {
		return fmt.Errorf("record an invitation as sent: %w", err)
	}
	return t.restate(ctx, companyID, StatePending, `id = $2 AND state = 'failed'`, inviteID)
}

// mayHaveArrived tells whether sending it again might be the second time.
func (i Invite) mayHaveArrived() bool { return i.Failure == "" || i.Failure == FailureUnverified }

// InviteByToken resolves a personal link. Errors: ErrNotFound (never existed), ErrExpired, ErrReplaced (a newer one was sent, or it was
// cancelled), ErrUsed (registered), ErrDeclined (they said no), ErrRemoved (its account was, and the link with it). It takes the same steps for any token that
// nobody was given.
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
	if errors.Is(err, sql.ErrNoRows) && openErr == nil {
		return Invite{}, s.whyGone(ctx, q, companyID, keys, slackID)
	}
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
	case row.Closed == closedDeclined:
		return Invite{}, ErrDeclined
	case row.Closed == closedExpired, row.ExpiresAt <= stamp(s.time()):
		return Invite{}, ErrExpired
	}
	i := row.invite()
	to, err := s.addressOf(row)
	if err != nil {
		return Invite{}, err
	}
	i.Email, i.Name = to.Email, to.Name
	if row.Kind == inviteEmail && row.PersonID == nil {
		return i, nil
	}
	i.SlackID = slackID
	whose, id := `p.slack_id = $2`, slackID
	if row.PersonID != nil { // a mail may have been sent before it was somebody's: then its link names nobody
		whose, id = `p.id = $2`, *row.PersonID
	}
	people, err := s.roll(ctx, q, `p.company_id = $1 AND `+whose, companyID, id)
	if err != nil {
		return Invite{}, err
	}
	if len(people) == 1 {
		i.PersonID, i.SlackID, i.Member = people[0].Person.ID, people[0].Person.SlackID, people[0].Member
	}
	return i, nil
}

// whyGone tells what became of a link that Herald made and does not know any more: it went with the account of whom it was for, or it
// ended long ago.
func (s *Store) whyGone(ctx context.Context, q querier, companyID string, keys secret, slackID string) error {
	var removed bool
	err := q.GetContext(ctx, &removed, `SELECT `+stillGone("$1", "$2", "$3"), companyID, keys.slackHash(slackID), slackID)
	switch {
	case err != nil:
		return fmt.Errorf("look for a removal: %w", err)
	case removed:
		return ErrRemoved
	}
	return ErrExpired
}

// invitedAs is the user type that the subject gets by registering, also through another link than that of the open invitation. Recruiters
// are made only by whoever is a company admin at this moment, and by the command line. through is the id of the invitation that they
// signed up through, or "": it counts also if it was used some days ago.
func (t *tx) invitedAs(ctx context.Context, companyID, subjectHash, through string) (MemberType, error) {
	var invited struct {
		As MemberType `db:"as_type"`
		By string     `db:"invited_by"`
	}
	err := t.GetContext(ctx, &invited, `
		SELECT as_type, invited_by
		FROM invites
		WHERE company_id = $1 AND subject_hash = $2 AND kind <> 'self' AND (closed = '' AND expires_at > $3 OR id = $4)
		ORDER BY created_at DESC, id
		LIMIT 1`, companyID, subjectHash, stamp(t.now), through)
	if errors.Is(err, sql.ErrNoRows) {
		return Employee, nil
	}
	if err != nil {
		return "", fmt.Errorf("look for an invitation: %w", err)
	}
	if invited.As == Recruiter {
		err := t.requireAdmin(ctx, companyID, Actor{SlackID: invited.By, CLI: invited.By == ""})
		if errors.Is(err, ErrForbidden) {
			return Employee, nil
		}
		return Recruiter, err
	}
	return cmp.Or(invited.As, Employee), nil
}
