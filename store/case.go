package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// CaseStatus is how far a case is.
type CaseStatus string

// The statuses.
const (
	CaseOpen     CaseStatus = "open"
	CaseApproved CaseStatus = "approved"
	CaseDeclined CaseStatus = "declined"
)

// A Case is a request that needs an operator: a change to or from company admin.
type Case struct {
	ID          string
	CompanyID   string
	Member      Member // as they are now
	From, To    MemberType
	RequestedBy string // Slack id, "" once the requester was removed
	Reason      string
	Status      CaseStatus
	DecidedBy   string // Slack id of the operator
	Decision    string // the operator's reason, for a decline
	CreatedAt   time.Time
	DecidedAt   time.Time
}

type caseRow struct {
	ID          string     `db:"id"`
	CompanyID   string     `db:"company_id"`
	MemberID    string     `db:"member_id"`
	From        MemberType `db:"from_type"`
	To          MemberType `db:"to_type"`
	RequestedBy string     `db:"requested_by"`
	Reason      string     `db:"reason"`
	Status      CaseStatus `db:"status"`
	DecidedBy   string     `db:"decided_by"`
	Decision    string     `db:"decision"`
	CreatedAt   int64      `db:"created_at"`
	DecidedAt   int64      `db:"decided_at"`
}

// OpenCase files a request and leaves a JobCaseCard. The actor must be a company admin, else ErrForbidden. ErrExists (with the open case)
// if one is open for the member, ErrLastAdmin if it would demote the last one, ErrNotFound if the member is gone, ErrChanged if no change
// to or from Admin.
func (s *Store) OpenCase(ctx context.Context, companyID string, by Actor, memberID string, to MemberType, reason string) (Case, error) {
	var c Case
	err := s.change(ctx, companyID, func(t *tx) error {
		if err := t.requireAdmin(ctx, companyID, by); err != nil {
			return err
		}
		m, err := s.member(ctx, t, `p.company_id = $1 AND p.id = $2`, companyID, memberID)
		if err != nil {
			return err
		}
		c, err = s.caseWhere(ctx, t, `company_id = $1 AND member_id = $2 AND status = 'open'`, companyID, memberID)
		if err == nil {
			return ErrExists
		}
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		if m.Type == to || (m.Type != Admin && to != Admin) {
			return ErrChanged
		}
		if m.Type == Admin {
			if err := t.requireOtherAdmins(ctx, companyID, []string{memberID}); err != nil {
				return err
			}
		}
		id := newID()
		_, err = t.ExecContext(ctx, `
			INSERT INTO cases (id, company_id, member_id, from_type, to_type, requested_by, reason, status, decided_by, decision,
				created_at, decided_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', '', '', $8, 0)`,
			id, companyID, memberID, m.Type, to, by.SlackID, reason, stamp(t.now))
		if err != nil {
			return err
		}
		if err := t.leave(ctx, companyID, Job{Kind: JobCaseCard, Ref: id}); err != nil {
			return err
		}
		subject := &Person{ID: m.ID, SlackID: m.SlackID}
		if err := t.audit(ctx, companyID, by, AuditEvent{Action: AuditCaseOpened, Subject: subject, From: m.Type, To: to}); err != nil {
			return err
		}
		c, err = s.caseWhere(ctx, t, `id = $1`, id)
		return err
	})
	if err != nil {
		return c, fmt.Errorf("open case: %w", err)
	}
	return c, nil
}

// Case returns ErrNotFound for an unknown case, and once its member was removed.
func (s *Store) Case(ctx context.Context, companyID, caseID string) (Case, error) {
	c, err := s.caseWhere(ctx, s.read, `company_id = $1 AND id = $2`, companyID, caseID)
	if err != nil {
		return Case{}, fmt.Errorf("load case: %w", err)
	}
	return c, nil
}

func (s *Store) caseWhere(ctx context.Context, q querier, condition string, args ...any) (Case, error) {
	var row caseRow
	err := q.GetContext(ctx, &row, `
		SELECT id, company_id, member_id, from_type, to_type, requested_by, reason, status, decided_by, decision, created_at, decided_at
		FROM cases
		WHERE `+condition, args...)
	if err != nil {
		return Case{}, found(err)
	}
	m, err := s.member(ctx, q, `p.company_id = $1 AND p.id = $2`, row.CompanyID, row.MemberID)
	if err != nil {
		return Case{}, err
	}
	return Case{
		ID: row.ID, CompanyID: row.CompanyID, Member: m, From: row.From, To: row.To, RequestedBy: row.RequestedBy, Reason: row.Reason,
		Status: row.Status, DecidedBy: row.DecidedBy, Decision: row.Decision, CreatedAt: unstamp(row.CreatedAt),
		DecidedAt: unstamp(row.DecidedAt),
	}, nil
}

// DecideCase approves (and changes the type in the same transaction) or declines an open case and leaves a JobCaseDecided.
// ErrClosed (with the case) if somebody decided before, ErrNotFound if the member was removed; on approval ErrLastAdmin, ErrChanged if
// the member's type is no longer Case.From, and ErrNotEligible if they can no longer use Slack. Who may decide is for the caller to check.
func (s *Store) DecideCase(ctx context.Context, companyID string, by Actor, caseID string, approve bool, reason string) (Case, error) {
	var c Case
	err := s.change(ctx, companyID, func(t *tx) error {
		var err error
		if c, err = s.caseWhere(ctx, t, `company_id = $1 AND id = $2`, companyID, caseID); err != nil {
			return err
		}
		if c.Status != CaseOpen {
			return ErrClosed
		}
		status, action := CaseDeclined, AuditCaseDeclined
		if approve {
			status, action = CaseApproved, AuditCaseApproved
			if err := t.approve(ctx, c); err != nil {
				return err
			}
		}
		_, err = t.ExecContext(ctx, `
			UPDATE cases
			SET status = $2, decided_by = $3, decision = $4, decided_at = $5
			WHERE id = $1`, caseID, status, by.SlackID, reason, stamp(t.now))
		if err != nil {
			return err
		}
		if err := t.leave(ctx, companyID, Job{Kind: JobCaseDecided, Ref: caseID}); err != nil {
			return err
		}
		subject := &Person{ID: c.Member.ID, SlackID: c.Member.SlackID}
		if err := t.audit(ctx, companyID, by, AuditEvent{Action: action, Subject: subject, From: c.From, To: c.To}); err != nil {
			return err
		}
		c, err = s.caseWhere(ctx, t, `id = $1`, caseID)
		return err
	})
	if err != nil {
		return c, fmt.Errorf("decide case: %w", err)
	}
	return c, nil
}

// approve makes the change that a case asks for.
func (t *tx) approve(ctx context.Context, c Case) error {
	if c.Member.Type != c.From {
		return ErrChanged
	}
	if c.From == Admin {
		if err := t.requireOtherAdmins(ctx, c.CompanyID, []string{c.Member.ID}); err != nil {
			return err
		}
	} else {
		p, err := person(ctx, t, `p.company_id = $1 AND p.id = $2`, c.CompanyID, c.Member.ID)
		if err != nil {
			return err
		}
		if !p.Eligible() {
			return ErrNotEligible
		}
	}
	m := c.Member
	m.Type = c.To
	return t.setType(ctx, m)
}
