package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// An Account is what a network told about the person who consented.
type Account struct {
	Network     string
	Subject     string // the network's id of the person
	Name        string
	Email       string
	Token       string
	Scopes      string
	ExpiresAt   time.Time // zero: never
	CompanyPage string    // name of a company Facebook Page that the account manages, or ""
	// OwnToken: the token stands for itself. To revoke another one of the account leaves it alone; else the network ends all of Herald's
	// access to the account at once.
	OwnToken bool
}

// SignupStatus says what a registration waits for.
type SignupStatus string

// The statuses.
const (
	SignupActive   SignupStatus = "active"   // the member exists
	SignupConfirm  SignupStatus = "confirm"  // the Slack user with that email is asked «Was this you?» (JobConfirmDM)
	SignupApproval SignupStatus = "approval" // company admins decide (JobApprovalCard)
)

// A Signup is the outcome of a registration, or one that waits (for at most SignupLife).
type Signup struct {
	ID        string
	CompanyID string
	Status    SignupStatus
	PersonID  string // whom the email belongs to, while SignupConfirm
	SlackID   string
	Name      string // as the network tells it
	Email     string
	Network   string
	// Invited is the address at which they were invited by email, if they came through that, and InvitedBy the Slack id of who did so; both
	// are "" for others, and the latter also if the inviter was removed.
	Invited, InvitedBy string
	// AskedAt is the address of the person who is asked, while SignupConfirm: it was entered, or the network tells it.
	AskedAt string
	// Owner is who has one of the addresses, while SignupApproval; nil if Herald knows nobody. They are a member already if OwnerMember,
	// else a guest, a bot or deactivated.
	Owner       *Person
	OwnerMember bool
	Member      *Member // once active
	Connected   bool    // active, and a member before: only the account is new or renewed
	Again       bool    // it is, in the place of a former one at the network
	CreatedAt   time.Time
}

// SignupLife is how long a registration waits for a confirmation or an approval.
const SignupLife = 14 * 24 * time.Hour

// signupPayload is what is sealed at rest while a registration waits: nobody agreed yet that Herald knows this person.
type signupPayload struct {
	Email   string
	Account Account
	// Invited is the address of the invitation that it came through, or "". The sign-up has the id of that invitation then, so that a no
	// under the mail finds it.
	Invited string
}

type signupRow struct {
	ID        string       `db:"id"`
	CompanyID string       `db:"company_id"`
	Status    SignupStatus `db:"status"`
	PersonID  *string      `db:"person_id"`
	Network   string       `db:"network"`
	Payload   []byte       `db:"payload_sealed"`
	CreatedAt int64        `db:"created_at"`
}

const signupColumns = `id, company_id, status, person_id, network, payload_sealed, created_at`

// Register finishes a registration in one transaction. With a.Token the member is active at once and JobWelcomeDM is left; the link is
// used up (errors as InviteByToken); for somebody who is a member already, the account is connected instead. Without a.Token the email
// decides, what was entered or else the network's: a directory person's becomes SignupConfirm, any other SignupApproval.
// ErrTaken if the account is connected to another member, ErrWrongPerson if a colleague followed the link, ErrExists if the person is a member with another account at the network that
// can be used, ErrNotEligible.
// person is the directory entry of a bound Slack user that is not in the mirror (forgotten), else nil; without it such a user is
// ErrNotFound. One registration waits for each network account: a second one replaces it.
func (s *Store) Register(ctx context.Context, a Authorization, acc Account, person *Person) (Signup, error) {
	acc.Name, acc.Email, a.Email = storable(acc.Name), storable(acc.Email), storable(a.Email)
	var signup Signup
	err := s.change(ctx, a.CompanyID, func(t *tx) error {
		var err error
		if a.Token != "" {
			signup, err = t.registerBound(ctx, a, acc, person)
		} else {
			signup, err = t.registerUnbound(ctx, a, acc, Invite{})
		}
		return err
	})
	if err != nil {
		return Signup{}, fmt.Errorf("register: %w", err)
	}
	return signup, nil
}

// registerBound registers whom the token is bound to.
func (t *tx) registerBound(ctx context.Context, a Authorization, acc Account, entry *Person) (Signup, error) {
	invite, err := t.s.inviteByToken(ctx, t, a.CompanyID, a.Token)
	if err != nil {
		return Signup{}, err
	}
	if invite.SlackID == "" {
		return t.registerInvited(ctx, a, acc, invite)
	}
	p, err := person(ctx, t, `p.company_id = $1 AND p.slack_id = $2`, a.CompanyID, invite.SlackID)
	switch {
	case errors.Is(err, ErrNotFound) && entry != nil && entry.SlackID == invite.SlackID:
		if !entry.Eligible() {
			return Signup{}, ErrNotEligible
		}
		p, err = t.remember(ctx, a.CompanyID, *entry)
	case err == nil && !p.Eligible():
		return Signup{}, ErrNotEligible
	}
	if err != nil {
		return Signup{}, err
	}
	if err := t.requireOwn(ctx, p, acc); err != nil {
		return Signup{}, err
	}
	if invite.Member != nil {
		keys, err := t.s.secret(ctx, a.CompanyID)
		if err != nil {
			return Signup{}, err
		}
		return t.connectBound(ctx, keys, p, *invite.Member, acc)
	}
	m, err := t.enrol(ctx, p, a.Email, invite, acc)
	if err != nil {
		return Signup{}, err
	}
	if err := t.leave(ctx, a.CompanyID, Job{Kind: JobWelcomeDM, Ref: m.ID}); err != nil {
		return Signup{}, err
	}
	err = t.audit(ctx, a.CompanyID, Actor{SlackID: p.SlackID}, AuditEvent{Action: AuditRegistered, Subject: &p, To: m.Type})
	return active(m, acc), err
}

// active is the outcome of a registration that made a member.
func active(m Member, acc Account) Signup {
	return Signup{
		CompanyID: m.CompanyID, Status: SignupActive, PersonID: m.PersonID, SlackID: m.SlackID, Name: acc.Name, Email: m.Email,
		Network: acc.Network, Member: &m, CreatedAt: m.RegisteredAt,
	}
}

// requireOwn returns ErrWrongPerson if the account at the network is evidently a colleague's: it is connected to them (that is ErrTaken,
// too), or has the address that they have in Slack. Then the colleague follows a link that is not theirs.
func (t *tx) requireOwn(ctx context.Context, p Person, acc Account) error {
	email := foldEmail(acc.Email)
	if email == foldEmail(p.Email) {
		email = ""
	}
	var whose struct {
		Connected bool `db:"connected"`
		Addressed bool `db:"addressed"`
	}
	err := t.GetContext(ctx, &whose, `
		SELECT EXISTS (
			SELECT 1
			FROM connections c
			JOIN people o ON o.id = c.member_id
			WHERE c.company_id = $1 AND c.network = $2 AND c.subject = $3 AND o.id <> $4 AND o.slack_id IS NOT NULL) AS connected,
		EXISTS (
			SELECT 1
			FROM people o
			WHERE o.company_id = $1 AND o.email_folded = $5 AND o.email_folded <> '' AND o.id <> $4 AND o.slack_id IS NOT NULL
				AND o.standing <> 'out') AS addressed`, p.CompanyID, acc.Network, acc.Subject, p.ID, email)
	switch {
	case err != nil:
		return fmt.Errorf("look whose account it is: %w", err)
	case whose.Connected:
		return fmt.Errorf("%w: %w", ErrWrongPerson, ErrTaken)
	case whose.Addressed:
		return ErrWrongPerson
	}
	return nil
}

// requireFree returns ErrTaken if the account is a member's.
func (t *tx) requireFree(ctx context.Context, companyID string, acc Account) error {
	var taken bool
	err := t.GetContext(ctx, &taken, `
		SELECT EXISTS (
			SELECT 1
			FROM connections
			WHERE company_id = $1 AND network = $2 AND subject = $3)`, companyID, acc.Network, acc.Subject)
	if err != nil {
		return fmt.Errorf("look for account: %w", err)
	}
	if taken {
		return ErrTaken
	}
	return nil
}

// enrol makes the person a member, of the type they were invited as, with one connection, and drops what waited for that. The address is
// what they entered, else the network's, else Slack's. through is the invitation that they registered through, if there is one, with the
// address whose mailbox it was in. What they entered may be a stranger's, so nothing is decided about that address.
func (t *tx) enrol(ctx context.Context, p Person, email string, through Invite, acc Account) (Member, error) {
	registered, err := t.registered(ctx, p.ID)
	if err != nil {
		return Member{}, err
	}
	if registered {
		return Member{}, ErrExists
	}
	if err := t.requireFree(ctx, p.CompanyID, acc); err != nil {
		return Member{}, err
	}
	keys, err := t.s.secret(ctx, p.CompanyID)
	if err != nil {
		return Member{}, err
	}
	memberType, err := t.invitedAs(ctx, p.CompanyID, keys.personHash(p), through.ID)
	if err != nil {
		return Member{}, err
	}
	if err := t.insertMember(ctx, p, cmp.Or(email, acc.Email, p.Email), memberType); err != nil {
		return Member{}, err
	}
	if p.SlackID == "" || acc.Email != "" && (email == "" || foldEmail(email) == foldEmail(acc.Email)) {
		if err := t.rememberToldBy(ctx, p, acc.Network); err != nil {
			return Member{}, err
		}
	}
	// Whoever comes back may be invited again.
	hashes := []string{keys.emailHash(p.Email), keys.emailHash(acc.Email), keys.emailHash(through.Email)}
	if err := t.unforgetEmails(ctx, p.CompanyID, hashes); err != nil {
		return Member{}, err
	}
	if err := t.settleAddresses(ctx, p.CompanyID, hashes); err != nil {
		return Member{}, err
	}
	if err := t.connect(ctx, p, acc); err != nil {
		return Member{}, err
	}
	if err := t.dropSignups(ctx, p, acc); err != nil {
		return Member{}, err
	}
	return t.s.member(ctx, t, `p.company_id = $1 AND p.id = $2`, p.CompanyID, p.ID)
}

// registered tells whether a person is a member.
func (t *tx) registered(ctx context.Context, personID string) (bool, error) {
	var registered bool
	err := t.GetContext(ctx, &registered, `
		SELECT EXISTS (
			SELECT 1
			FROM members
			WHERE id = $1)`, personID)
	if err != nil {
		return false, fmt.Errorf("look for member: %w", err)
	}
	return registered, nil
}

// connect stores a member's account at a network.
func (t *tx) connect(ctx context.Context, p Person, acc Account) error {
	_, err := t.ExecContext(ctx, `
		INSERT INTO connections (member_id, network, company_id, subject, state, scopes, token_sealed, expires_at,
			connected_at, company_page, sort_key)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		connectionValues(t.s.keys, p, acc, t.now, t.now, sortKey(p.Name, p.ID))...)
	if exists(err) {
		return ErrTaken
	}
	if err != nil {
		return fmt.Errorf("store connection: %w", err)
	}
	if err := t.forgetFormer(ctx, p.CompanyID, acc.Network, acc.Subject); err != nil {
		return err
	}
	return t.derive(ctx, p.CompanyID, []string{p.ID})
}

// connectionValues are the columns of a connection, in the order of the INSERT.
func connectionValues(keys Keys, p Person, acc Account, connectedAt, now time.Time, sortKey []byte) []any {
	state := Connected
	if !acc.ExpiresAt.IsZero() && !acc.ExpiresAt.After(now) {
		state = Expired
	}
	return []any{
		p.ID, acc.Network, p.CompanyID, acc.Subject, string(state), acc.Scopes,
		keys.seal([]byte(acc.Token), "access token", p.CompanyID, p.ID, acc.Network), stamp(acc.ExpiresAt), stamp(connectedAt), acc.CompanyPage, sortKey,
	}
}

// dropSignups erases the waiting registrations of a person who is a member now, and of the account, and lets their cards be closed.
func (t *tx) dropSignups(ctx context.Context, p Person, acc Account) error {
	keys, err := t.s.secret(ctx, p.CompanyID)
	if err != nil {
		return err
	}
	var dropped []signupRow
	err = t.SelectContext(ctx, &dropped, `
		DELETE FROM signups
		WHERE company_id = $1 AND (person_id = $2 OR (network = $3 AND account_hash = $4))
		RETURNING `+signupColumns, p.CompanyID, p.ID, acc.Network, keys.accountHash(acc.Network, acc.Subject))
	if err != nil {
		return fmt.Errorf("drop signups: %w", err)
	}
	ids := make([]string, len(dropped))
	for i, row := range dropped {
		ids[i] = row.ID
	}
	if err := t.endAccess(ctx, p.CompanyID, "", t.accessesOf(dropped, acc)); err != nil {
		return err
	}
	return t.leave(ctx, p.CompanyID, decided(ids)...)
}

// keeps tells whether the access must not be ended at the network, so that the account keeps what it gave.
func (acc Account) keeps(a access) bool {
	return a.network == acc.Network && a.subject == acc.Subject && (!acc.OwnToken || a.token == acc.Token)
}

// accessesOf are the accounts of signups, without what the kept one needs. A payload that cannot be opened holds none.
func (t *tx) accessesOf(signups []signupRow, kept Account) []access {
	var list []access
	for _, row := range signups {
		payload, err := t.s.openSignup(row)
		a := access{network: payload.Account.Network, subject: payload.Account.Subject, token: payload.Account.Token}
		if err == nil && !kept.keeps(a) {
			list = append(list, a)
		}
	}
	return list
}

// decided are the jobs that close the cards of signups.
func decided(signupIDs []string) []Job {
	jobs := make([]Job, len(signupIDs))
	for i, id := range signupIDs {
		jobs[i] = Job{Kind: JobSignupDecided, Ref: id}
	}
	return jobs
}

// registerUnbound stores a registration through the company URL, or through the invitation of somebody from outside, which waits for the
// person with that email or for an admin. What the browser is told is the same for an unknown address and for a member's, so that the page
// does not tell who is a member.
func (t *tx) registerUnbound(ctx context.Context, a Authorization, acc Account, through Invite) (Signup, error) {
	keys, err := t.s.secret(ctx, a.CompanyID)
	if err != nil {
		return Signup{}, err
	}
	if err := t.requireFree(ctx, a.CompanyID, acc); err != nil {
		return Signup{}, err
	}
	signup := Signup{
		ID: cmp.Or(through.ID, newID()), CompanyID: a.CompanyID, Status: SignupApproval, Name: acc.Name, Email: cmp.Or(a.Email, acc.Email),
		Network: acc.Network, Invited: through.Email, InvitedBy: through.InvitedBy, CreatedAt: t.now,
	}
	job := Job{Kind: JobApprovalCard, Ref: signup.ID}
	p, err := t.personToAsk(ctx, a.CompanyID, signup.Email, acc.Email)
	switch {
	case err == nil:
		signup.Status, signup.PersonID, signup.SlackID, signup.AskedAt = SignupConfirm, p.ID, p.SlackID, p.Email
		job.Kind = JobConfirmDM
	case !errors.Is(err, ErrNotFound):
		return Signup{}, err
	}

	payload, err := json.Marshal(signupPayload{Email: signup.Email, Account: acc, Invited: signup.Invited})
	if err != nil {
		return Signup{}, fmt.Errorf("seal signup: %w", err)
	}
	accountHash := keys.accountHash(acc.Network, acc.Subject)
	var former []signupRow
	err = t.SelectContext(ctx, &former, `
		DELETE FROM signups
		WHERE company_id = $1 AND network = $2 AND account_hash = $3
		RETURNING `+signupColumns, a.CompanyID, acc.Network, accountHash)
	if err != nil {
		return Signup{}, fmt.Errorf("replace signup: %w", err)
	}
	replaced := make([]string, len(former))
	for i, row := range former {
		replaced[i] = row.ID
	}
	if err := t.endAccess(ctx, a.CompanyID, "", t.accessesOf(former, acc)); err != nil {
		return Signup{}, err
	}
	_, err = t.ExecContext(ctx, `
		INSERT INTO signups (id, company_id, status, person_id, network, account_hash, email_hash, payload_sealed, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		signup.ID, signup.CompanyID, signup.Status, orNull(signup.PersonID), signup.Network, accountHash, keys.emailHash(signup.Email),
		t.s.keys.seal(payload, "signup", signup.CompanyID, signup.ID), stamp(t.now))
	if err != nil {
		return Signup{}, fmt.Errorf("store signup: %w", err)
	}
	return signup, t.leave(ctx, a.CompanyID, append(decided(replaced), job)...)
}

// personToAsk returns the directory person with the first of the addresses that is somebody's who may become a member, or ErrNotFound.
func (t *tx) personToAsk(ctx context.Context, companyID string, emails ...string) (Person, error) {
	for _, email := range emails {
		if email == "" {
			continue
		}
		p, err := person(ctx, t, `
			p.company_id = $1 AND p.email_folded = $2 AND p.slack_id IS NOT NULL AND p.standing IN ('new', 'invited')
			ORDER BY p.id
			LIMIT 1`, companyID, foldEmail(email))
		if !errors.Is(err, ErrNotFound) {
			return p, err
		}
	}
	return Person{}, ErrNotFound
}

// owner returns who has one of the addresses, in Slack or for messages about the programme, members first; nil if nobody does.
func (s *Store) owner(ctx context.Context, q querier, companyID string, emails ...string) (*RosterRow, error) {
	var other *RosterRow
	for _, email := range emails {
		if email == "" {
			continue
		}
		people, err := s.roll(ctx, q, `
			p.company_id = $1 AND p.id IN (
				SELECT id
				FROM people
				WHERE company_id = $1 AND email_folded = $2
				UNION
				SELECT id
				FROM members
				WHERE company_id = $1 AND lower(email) = $2)`, companyID, foldEmail(email))
		if err != nil {
			return nil, err
		}
		for i := range people {
			if people[i].Member != nil {
				return &people[i], nil
			}
			other = &people[i]
		}
	}
	return other, nil
}

// orNull turns "" into NULL.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Signup returns a waiting one; ErrNotFound when decided or expired.
func (s *Store) Signup(ctx context.Context, companyID, signupID string) (Signup, error) {
	signup, _, err := s.signup(ctx, s.read, companyID, signupID)
	if err != nil {
		return Signup{}, fmt.Errorf("load signup: %w", err)
	}
	return signup, nil
}

func (s *Store) signup(ctx context.Context, q querier, companyID, signupID string) (Signup, Account, error) {
	var row signupRow
	err := q.GetContext(ctx, &row, `
		SELECT `+signupColumns+`
		FROM signups
		WHERE company_id = $1 AND id = $2 AND created_at > $3`, companyID, signupID, stamp(s.time().Add(-SignupLife)))
	if err != nil {
		return Signup{}, Account{}, found(err)
	}
	payload, err := s.openSignup(row)
	if err != nil {
		return Signup{}, Account{}, err
	}
	signup := Signup{
		ID: row.ID, CompanyID: row.CompanyID, Status: row.Status, Name: payload.Account.Name, Email: payload.Email,
		Network: row.Network, Invited: payload.Invited, CreatedAt: unstamp(row.CreatedAt),
	}
	if signup.Invited != "" { // the sign-up has the invitation's id
		err := q.GetContext(ctx, &signup.InvitedBy, `
			SELECT invited_by
			FROM invites
			WHERE company_id = $1 AND id = $2`, companyID, signupID)
		if err = found(err); err != nil && !errors.Is(err, ErrNotFound) {
			return Signup{}, Account{}, fmt.Errorf("look who invited: %w", err)
		}
	}
	if row.PersonID != nil {
		p, err := person(ctx, q, `p.company_id = $1 AND p.id = $2`, companyID, *row.PersonID)
		if err != nil {
			return Signup{}, Account{}, err
		}
		signup.PersonID, signup.SlackID, signup.AskedAt = p.ID, p.SlackID, p.Email
	}
	if row.Status == SignupApproval {
		owner, err := s.owner(ctx, q, companyID, payload.Email, payload.Account.Email)
		if err != nil {
			return Signup{}, Account{}, err
		}
		if owner != nil {
			signup.Owner, signup.OwnerMember = &owner.Person, owner.Member != nil
		}
	}
	return signup, payload.Account, nil
}

func (s *Store) openSignup(row signupRow) (signupPayload, error) {
	var payload signupPayload
	plain, err := s.keys.open(row.Payload, "signup", row.CompanyID, row.ID)
	if err != nil {
		return payload, err
	}
	return payload, json.Unmarshal(plain, &payload)
}

// ConfirmSignup is the Slack user's answer to «Was this you?». yes makes the member, no erases the signup. ErrNotFound unless it waits
// for exactly this Slack user; ErrTaken, ErrExists and ErrNotEligible as Register.
func (s *Store) ConfirmSignup(ctx context.Context, companyID, slackID, signupID string, yes bool) (Signup, error) {
	var signup Signup
	err := s.change(ctx, companyID, func(t *tx) error {
		var acc Account
		var err error
		signup, acc, err = s.signup(ctx, t, companyID, signupID)
		if err != nil {
			return err
		}
		if signup.Status != SignupConfirm || signup.SlackID != slackID {
			return ErrNotFound
		}
		if !yes {
			return t.rejectSignup(ctx, signup, acc)
		}
		p, err := person(ctx, t, `p.company_id = $1 AND p.id = $2`, companyID, signup.PersonID)
		if err != nil {
			return err
		}
		if !p.Eligible() {
			return ErrNotEligible
		}
		if err := t.deleteSignup(ctx, signupID); err != nil {
			return err
		}
		if err := t.admit(ctx, &signup, p, acc); err != nil {
			return err
		}
		return t.audit(ctx, companyID, Actor{SlackID: slackID}, AuditEvent{Action: AuditRegistered, Subject: &p, To: signup.Member.Type})
	})
	if err != nil {
		return Signup{}, fmt.Errorf("confirm signup: %w", err)
	}
	return signup, nil
}

// admit makes the person of a decided signup a member.
func (t *tx) admit(ctx context.Context, signup *Signup, p Person, acc Account) error {
	var through Invite
	if signup.Invited != "" {
		through = Invite{ID: signup.ID, Email: signup.Invited}
		keys, err := t.s.secret(ctx, p.CompanyID)
		if err != nil {
			return err
		}
		if err := t.acceptInvite(ctx, keys, through.ID, p); err != nil { // before: it says as what they are invited
			return err
		}
	}
	m, err := t.enrol(ctx, p, signup.Email, through, acc)
	if err != nil {
		return err
	}
	signup.Status, signup.Member, signup.PersonID, signup.SlackID = SignupActive, &m, m.PersonID, m.SlackID
	if m.SlackID == "" {
		return nil
	}
	return t.leave(ctx, m.CompanyID, Job{Kind: JobWelcomeDM, Ref: m.ID})
}

// rejectSignup erases a signup, and lets the access that came with it be ended at the network.
func (t *tx) rejectSignup(ctx context.Context, signup Signup, acc Account) error {
	if err := t.deleteSignup(ctx, signup.ID); err != nil {
		return err
	}
	return t.endAccess(ctx, signup.CompanyID, "", []access{{network: acc.Network, subject: acc.Subject, token: acc.Token}})
}

func (t *tx) deleteSignup(ctx context.Context, signupID string) error {
	_, err := t.ExecContext(ctx, `
		DELETE FROM signups
		WHERE id = $1`, signupID)
	if err != nil {
		return fmt.Errorf("delete signup: %w", err)
	}
	return nil
}

// DecideSignup is a company admin's answer to the approval card; leaves JobSignupDecided, which updates the cards. Declining erases it.
// ErrNotFound unless it waits for an approval, ErrForbidden unless the actor is a company admin, or an operator where
// no company admin can act, ErrTaken as Register.
func (s *Store) DecideSignup(ctx context.Context, companyID string, by Actor, signupID string, approve bool) (Signup, error) {
	return s.decideSignup(ctx, companyID, by, signupID, approve, nil)
}

// ApproveSignupAs approves it for a Slack user whom the admin named; colleague is what Slack's directory tells about them. Errors are
// those of DecideSignup, and ErrNotEligible and ErrExists if the colleague may not become a member, or is one.
func (s *Store) ApproveSignupAs(ctx context.Context, companyID string, by Actor, signupID string, colleague Person) (Signup, error) {
	return s.decideSignup(ctx, companyID, by, signupID, true, &colleague)
}

func (s *Store) decideSignup(ctx context.Context, companyID string, by Actor, signupID string, approve bool, colleague *Person) (Signup, error) {
	var signup Signup
	err := s.change(ctx, companyID, func(t *tx) error {
		if err := t.requireAdminOrOperator(ctx, companyID, by); err != nil {
			return err
		}
		var acc Account
		var err error
		signup, acc, err = s.signup(ctx, t, companyID, signupID)
		if err != nil {
			return err
		}
		if signup.Status != SignupApproval {
			return ErrNotFound
		}
		if err := t.leave(ctx, companyID, decided([]string{signupID})...); err != nil {
			return err
		}
		if !approve {
			if err := t.rejectSignup(ctx, signup, acc); err != nil {
				return err
			}
			return t.audit(ctx, companyID, by, AuditEvent{Action: AuditSignupDeclined})
		}
		if err := t.deleteSignup(ctx, signupID); err != nil {
			return err
		}
		p, err := t.approved(ctx, companyID, signup, acc, colleague)
		if err != nil {
			return err
		}
		if err := t.admit(ctx, &signup, p, acc); err != nil {
			return err
		}
		return t.audit(ctx, companyID, by, AuditEvent{Action: AuditSignupApproved, Subject: &p, To: signup.Member.Type})
	})
	if err != nil {
		return Signup{}, fmt.Errorf("decide signup: %w", err)
	}
	return signup, nil
}

// approved is the person of an approved signup: the colleague, if the admin named one, else somebody from outside of the workspace.
func (t *tx) approved(ctx context.Context, companyID string, signup Signup, acc Account, colleague *Person) (Person, error) {
	if colleague == nil {
		keys, err := t.s.secret(ctx, companyID)
		if err != nil {
			return Person{}, err
		}
		return t.insertPerson(ctx, keys, Person{CompanyID: companyID, Name: signup.Name, Email: acc.Email})
	}
	p, err := person(ctx, t, `p.company_id = $1 AND p.slack_id = $2`, companyID, colleague.SlackID)
	if errors.Is(err, ErrNotFound) && colleague.Eligible() {
		return t.remember(ctx, companyID, *colleague)
	}
	if errors.Is(err, ErrNotFound) || err == nil && !p.Eligible() {
		return Person{}, ErrNotEligible
	}
	return p, err
}
