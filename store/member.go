package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// MemberType is a member's user type.
type MemberType string

// The user types.
const (
	Employee  MemberType = "employee"
	Recruiter MemberType = "recruiter"
	Admin     MemberType = "admin" // company admin
)

// A Member is a registered account.
type Member struct {
	ID           string
	CompanyID    string
	PersonID     string
	SlackID      string // "" for a member without a Slack account, approved by an admin
	Handle       string // Slack handle without @, "" without a Slack account
	Name         string
	Email        string // the address they gave for messages about the programme
	Type         MemberType
	RegisteredAt time.Time
	Connections  []Connection // without tokens; by network name
	Untold       bool         // does not want to be told before an access ends
	Unpreviewed  bool         // does not want to be told before a run of reminders
}

// ConnectionState says whether an account at a network can be used.
type ConnectionState string

// The states.
const (
	Connected ConnectionState = "connected"
	Expired   ConnectionState = "expired" // the network's access ran out or was withdrawn: reconnect
)

// A Connection is a member's account at a network.
type Connection struct {
	Network     string // "linkedin", "facebook"
	State       ConnectionState
	ExpiresAt   time.Time // zero: never
	ConnectedAt time.Time
	CompanyPage string // name of a company Facebook Page this account is connected to, or ""
}

// Actor is who does something, for the audit log and for checks. An empty SlackID with CLI set is the command line.
type Actor struct {
	SlackID string
	CLI     bool // herald admin …
	// Operator: they decide cases, as the caller checked. Where no company admin can act, they decide sign-ups, too.
	Operator bool
	Herald   bool // nobody: Herald by itself. It has no rights
}

// Member returns ErrNotFound for somebody who was removed, and for a member of another company.
func (s *Store) Member(ctx context.Context, companyID, memberID string) (Member, error) {
	return s.member(ctx, s.read, `p.company_id = $1 AND p.id = $2`, companyID, memberID)
}

// MemberBySlackID returns ErrNotFound unless the Slack user is registered.
func (s *Store) MemberBySlackID(ctx context.Context, companyID, slackID string) (Member, error) {
	return s.member(ctx, s.read, `p.company_id = $1 AND p.slack_id = $2`, companyID, slackID)
}

func (s *Store) member(ctx context.Context, q querier, condition string, args ...any) (Member, error) {
	people, err := s.roll(ctx, q, condition, args...)
	if err != nil {
		return Member{}, fmt.Errorf("load member: %w", err)
	}
	if len(people) != 1 || people[0].Member == nil {
		return Member{}, ErrNotFound
	}
	return *people[0].Member, nil
}

// eligible tells of members m and their people p whether they can use Slack here, and so can act.
const eligible = `p.slack_id IS NOT NULL AND NOT p.bot AND NOT p.guest AND NOT p.deactivated`

// Admins returns the company admins who can use Slack here, by name, at most limit.
func (s *Store) Admins(ctx context.Context, companyID string, limit int) ([]Member, error) {
	var ids []string
	err := s.read.SelectContext(ctx, &ids, `
		SELECT m.id
		FROM members m
		JOIN people p ON p.id = m.id
		WHERE m.company_id = $1 AND m.type = 'admin' AND `+eligible+`
		ORDER BY m.sort_key
		LIMIT $2`, companyID, limit)
	if err != nil {
		return nil, fmt.Errorf("list admins: %w", err)
	}
	people, err := s.rollByID(ctx, s.read, ids)
	if err != nil {
		return nil, fmt.Errorf("list admins: %w", err)
	}
	var admins []Member
	for _, p := range people {
		if p.Member != nil {
			admins = append(admins, *p.Member)
		}
	}
	return admins, nil
}

// requireAdmin returns ErrForbidden unless the actor is a company admin at this moment, or the command line.
func (t *tx) requireAdmin(ctx context.Context, companyID string, by Actor) error {
	if by.CLI {
		return nil
	}
	var admin bool
	err := t.GetContext(ctx, &admin, `
		SELECT EXISTS (
			SELECT 1
			FROM people p
			JOIN members m ON m.id = p.id
			WHERE p.company_id = $1 AND p.slack_id = $2 AND m.type = 'admin' AND `+eligible+`)`,
		companyID, by.SlackID)
	if err != nil {
		return fmt.Errorf("check admin: %w", err)
	}
	if !admin {
		return ErrForbidden
	}
	return nil
}

// requireAdminOrOperator is requireAdmin, and lets operators act as long as no company admin can.
func (t *tx) requireAdminOrOperator(ctx context.Context, companyID string, by Actor) error {
	err := t.requireAdmin(ctx, companyID, by)
	if !errors.Is(err, ErrForbidden) || !by.Operator {
		return err
	}
	switch noOther := t.requireOtherAdmins(ctx, companyID, nil); {
	case noOther == nil:
		return ErrForbidden
	case errors.Is(noOther, ErrLastAdmin):
		return nil
	default:
		return noOther
	}
}

// requireOtherAdmins returns ErrLastAdmin if nobody could act as company admin once the given members are gone or demoted. People who
// cannot use Slack do not count, nor does who is about to be removed by a confirmed removal.
func (t *tx) requireOtherAdmins(ctx context.Context, companyID string, memberIDs []string) error {
	var admins []string
	err := t.SelectContext(ctx, &admins, `
		SELECT m.id
		FROM members m
		JOIN people p ON p.id = m.id
		WHERE m.company_id = $1 AND m.type = 'admin' AND `+eligible+`
			AND NOT EXISTS (
				SELECT 1
				FROM removal_members rm
				JOIN removals r ON r.id = rm.removal_id
				WHERE rm.member_id = m.id AND r.status = 'confirmed')`, companyID)
	if err != nil {
		return fmt.Errorf("count admins: %w", err)
	}
	going := make(map[string]bool, len(memberIDs))
	for _, id := range memberIDs {
		going[id] = true
	}
	for _, id := range admins {
		if !going[id] {
			return nil
		}
	}
	return ErrLastAdmin
}

// SetType changes Employee to Recruiter and back. A change to or from Admin returns ErrNeedsApproval,
// a member who is gone ErrNotFound. Setting the type a member has is no change and no error.
// The actor must be a company admin in the same transaction, else ErrForbidden.
func (s *Store) SetType(ctx context.Context, companyID string, by Actor, memberID string, to MemberType) (Member, error) {
	var m Member
	err := s.change(ctx, companyID, func(t *tx) error {
		if err := t.requireAdmin(ctx, companyID, by); err != nil {
			return err
		}
		var err error
		if m, err = s.member(ctx, t, `p.company_id = $1 AND p.id = $2`, companyID, memberID); err != nil {
			return err
		}
		switch {
		case m.Type == to:
			return nil
		case m.Type == Admin || to == Admin:
			return ErrNeedsApproval
		case to != Employee && to != Recruiter:
			return fmt.Errorf("%q is no user type", to)
		}
		from := m.Type
		m.Type = to
		if err := t.setType(ctx, m); err != nil {
			return err
		}
		return t.audit(ctx, companyID, by, AuditEvent{Action: AuditTypeChanged, Subject: &Person{ID: m.ID, SlackID: m.SlackID}, From: from, To: to})
	})
	if err != nil {
		return Member{}, fmt.Errorf("set user type: %w", err)
	}
	return m, nil
}

// setType writes m.Type.
func (t *tx) setType(ctx context.Context, m Member) error {
	_, err := t.ExecContext(ctx, `
		UPDATE members
		SET type = $2
		WHERE id = $1`, m.ID, m.Type)
	if err != nil {
		return err
	}
	return t.derive(ctx, m.CompanyID, []string{m.ID})
}

// GrantAdmin makes a directory person a company admin, registering them without a network if need be (herald admin grant).
// ErrNotFound for a Slack user who is not in the mirror, ErrNotEligible for bots, guests and deactivated people.
// The actor must be the command line or a company admin, else ErrForbidden.
func (s *Store) GrantAdmin(ctx context.Context, companyID string, by Actor, slackID string) (Member, error) {
	var m Member
	err := s.change(ctx, companyID, func(t *tx) error {
		if err := t.requireAdmin(ctx, companyID, by); err != nil {
			return err
		}
		p, err := person(ctx, t, `p.company_id = $1 AND p.slack_id = $2`, companyID, slackID)
		if err != nil {
			return err
		}
		if !p.Eligible() {
			return ErrNotEligible
		}
		m, err = s.member(ctx, t, `p.company_id = $1 AND p.id = $2`, companyID, p.ID)
		from := m.Type
		switch {
		case errors.Is(err, ErrNotFound):
			err = t.insertMember(ctx, p, p.Email, Admin)
		case err == nil && m.Type == Admin:
			return nil
		case err == nil:
			m.Type = Admin
			err = t.setType(ctx, m)
		}
		if err != nil {
			return err
		}
		if err := t.audit(ctx, companyID, by, AuditEvent{Action: AuditAdminGranted, Subject: &p, From: from, To: Admin}); err != nil {
			return err
		}
		m, err = s.member(ctx, t, `p.company_id = $1 AND p.id = $2`, companyID, p.ID)
		return err
	})
	if err != nil {
		return Member{}, fmt.Errorf("grant admin: %w", err)
	}
	return m, nil
}

// insertMember registers a person, and closes their links.
func (t *tx) insertMember(ctx context.Context, p Person, email string, memberType MemberType) error {
	_, err := t.ExecContext(ctx, `
		INSERT INTO members (id, company_id, email, type, registered_at, disconnected, sort_key, recent_key)
		VALUES ($1, $2, $3, $4, $5, TRUE, $6, $7)`,
		p.ID, p.CompanyID, email, memberType, stamp(t.now), sortKey(p.Name, p.ID), newestFirst(stamp(t.now), p.ID))
	if exists(err) {
		return ErrExists
	}
	if err != nil {
		return fmt.Errorf("insert member: %w", err)
	}
	if err := t.creditSignup(ctx, p.ID); err != nil {
		return err
	}
	keys, err := t.s.secret(ctx, p.CompanyID)
	if err != nil {
		return err
	}
	if err := t.closeInvites(ctx, p.CompanyID, closedUsed, keys.personHash(p)); err != nil {
		return err
	}
	// Somebody may have insisted on inviting them after they were removed or left. Now they are back.
	if err := t.unforget(ctx, p.CompanyID, []string{keys.personHash(p)}); err != nil {
		return err
	}
	return t.derive(ctx, p.CompanyID, []string{p.ID})
}

// ExpireConnections turns connections whose access ran out to Expired, at most limit, and returns how many.
func (s *Store) ExpireConnections(ctx context.Context, limit int) (int, error) {
	var due []struct {
		CompanyID string `db:"company_id"`
		MemberID  string `db:"member_id"`
	}
	err := s.read.SelectContext(ctx, &due, `
		SELECT company_id, member_id
		FROM connections
		WHERE state = 'connected' AND expires_at > 0 AND expires_at <= $1
		ORDER BY expires_at
		LIMIT $2`, stamp(s.time()), limit)
	if err != nil {
		return 0, fmt.Errorf("expire connections: %w", err)
	}
	byCompany := map[string][]string{}
	for _, d := range due {
		byCompany[d.CompanyID] = append(byCompany[d.CompanyID], d.MemberID)
	}
	total := 0
	for companyID, members := range byCompany {
		var expired int
		err := s.change(ctx, companyID, func(t *tx) error {
			expired = 0
			for part := range chunks(members) {
				list, args := in([]any{stamp(t.now)}, part)
				n, err := t.exec(ctx, `
					UPDATE connections
					SET state = 'expired'
					WHERE state = 'connected' AND expires_at > 0 AND expires_at <= $1 AND member_id IN `+list, args...)
				if err != nil {
					return err
				}
				expired += n
			}
			return t.derive(ctx, companyID, members)
		})
		if err != nil {
			return total, fmt.Errorf("expire connections: %w", err)
		}
		total += expired
	}
	return total, nil
}
