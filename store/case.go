package store

import (
	"context"
	"errors"
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

// OpenCase files a request and leaves a JobCaseCard. The actor must be a company admin. ErrExists (with the open case) if one is open
// for the member, ErrLastAdmin if it would demote the last one, ErrNotFound if the member is gone, ErrChanged if no change to or from Admin.
func (s *Store) OpenCase(ctx context.Context, companyID string, by Actor, memberID string, to MemberType, reason string) (Case, error) {
	return Case{}, errors.ErrUnsupported
}

func (s *Store) Case(ctx context.Context, companyID, caseID string) (Case, error) {
	return Case{}, errors.ErrUnsupported
}

// DecideCase approves (and changes the type in the same transaction) or declines an open case and leaves a JobCaseDecided.
// ErrClosed (with the case) if somebody decided before, ErrLastAdmin, ErrChanged if the member's type is no longer Case.From.
func (s *Store) DecideCase(ctx context.Context, companyID string, by Actor, caseID string, approve bool, reason string) (Case, error) {
	return Case{}, errors.ErrUnsupported
}
