package store

import (
	"context"
	"errors"
	"time"
)

// JobKind names what a job does.
type JobKind string

// The kinds; Ref is the id of the thing.
const (
	JobInviteDM      JobKind = "invite_dm"      // an Invite
	JobWelcomeDM     JobKind = "welcome_dm"     // a Member
	JobConfirmDM     JobKind = "confirm_dm"     // a Signup
	JobApprovalCard  JobKind = "approval_card"  // a Signup
	JobSignupDecided JobKind = "signup_decided" // a Signup: close its cards
	JobCaseCard      JobKind = "case_card"      // a Case
	JobCaseDecided   JobKind = "case_decided"   // a Case
	JobRemoval       JobKind = "removal"        // a Removal
)

// A Job follows from a state change and was committed with it. It holds ids, never personal data.
type Job struct {
	ID        string
	CompanyID string
	Kind      JobKind
	Ref       string
	Attempt   int // 1 on the first
}

// ClaimJobs leases due jobs of the given kinds, oldest first, to this caller alone; a lease that runs out makes the job due again.
// No kinds: any.
func (s *Store) ClaimJobs(ctx context.Context, limit int, lease time.Duration, kinds ...JobKind) ([]Job, error) {
	return nil, errors.ErrUnsupported
}

// FinishJob deletes it.
func (s *Store) FinishJob(ctx context.Context, jobID string) error { return errors.ErrUnsupported }

// RetryJob makes it due at the given time.
func (s *Store) RetryJob(ctx context.Context, jobID string, at time.Time) error {
	return errors.ErrUnsupported
}

// A Card is a message that must change later (a case card, an approval card).
type Card struct {
	SlackID string // recipient
	Channel string
	TS      string
}

// SaveCard remembers a sent message for (kind, ref), one for each recipient.
func (s *Store) SaveCard(ctx context.Context, companyID string, kind JobKind, ref string, c Card) error {
	return errors.ErrUnsupported
}

// Cards returns the messages sent for (kind, ref).
func (s *Store) Cards(ctx context.Context, companyID string, kind JobKind, ref string) ([]Card, error) {
	return nil, errors.ErrUnsupported
}

// DropCards forgets them.
func (s *Store) DropCards(ctx context.Context, companyID string, kind JobKind, ref string) error {
	return errors.ErrUnsupported
}
