package store

import (
	"context"
	"errors"
	"time"
)

// AuditAction names what happened.
type AuditAction string

// The actions.
const (
	AuditInvited         AuditAction = "invited"
	AuditInviteResent    AuditAction = "invite_resent"
	AuditInviteCancelled AuditAction = "invite_cancelled"
	AuditRegistered      AuditAction = "registered"
	AuditSignupApproved  AuditAction = "signup_approved"
	AuditSignupDeclined  AuditAction = "signup_declined"
	AuditTypeChanged     AuditAction = "type_changed"
	AuditCaseOpened      AuditAction = "case_opened"
	AuditCaseApproved    AuditAction = "case_approved"
	AuditCaseDeclined    AuditAction = "case_declined"
	AuditRemoved         AuditAction = "removed"
	AuditLeft            AuditAction = "left"
	AuditKeyRotated      AuditAction = "key_rotated"
	AuditAdminGranted    AuditAction = "admin_granted"
	AuditExported        AuditAction = "exported"
	AuditURLPosted       AuditAction = "url_posted"
)

// An AuditEvent names people by keyed hash only; while they are known the hash finds them.
type AuditEvent struct {
	ID          string
	At          time.Time
	Action      AuditAction
	Actor       *Person // nil: removed, or the command line (CLI true)
	CLI         bool
	Subject     *Person // nil: none, or removed
	SubjectHash string  // short form to show for somebody removed
	From, To    MemberType
	Count       int
}

// Audit returns a page of events, newest first.
func (s *Store) Audit(ctx context.Context, companyID, before string, limit int) ([]AuditEvent, string, error) {
	return nil, "", errors.ErrUnsupported
}

// Record adds an event that follows no other change (an export, a posted URL).
func (s *Store) Record(ctx context.Context, companyID string, by Actor, action AuditAction, count int) error {
	return errors.ErrUnsupported
}
