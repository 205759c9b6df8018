package store

import (
	"context"
	"errors"
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
	ByAdmin   bool
	InvitedBy string // Slack id of the inviter, "" if own or removed
	CreatedAt time.Time
	ExpiresAt time.Time
	SentAt    time.Time // zero: not delivered yet
	Failure   string    // why the DM could not be delivered (Slack's error code), or ""
}

// SignupToken returns the token of a Slack user's own registration link: the same one until it is used, killed or about to expire,
// so opening the menu again kills nothing. It stores no readable trace of the person: the Slack id is sealed inside the token.
func (s *Store) SignupToken(ctx context.Context, companyID, slackID string) (token string, err error) {
	return "", errors.ErrUnsupported
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

// Invite invites directory people and leaves a JobInviteDM for each new invitation, in one transaction; at most 1,000. The actor must be a company admin.
func (s *Store) Invite(ctx context.Context, companyID string, by Actor, personIDs []string) ([]InviteOutcome, error) {
	return nil, errors.ErrUnsupported
}

// ResendInvite kills all links of the invited person and makes and sends a new one. ErrNotFound if the invitation is not open.
func (s *Store) ResendInvite(ctx context.Context, companyID string, by Actor, inviteID string) (Invite, error) {
	return Invite{}, errors.ErrUnsupported
}

// CancelInvite kills all links of the invited person; they are not invited any more.
func (s *Store) CancelInvite(ctx context.Context, companyID string, by Actor, inviteID string) error {
	return errors.ErrUnsupported
}

// OpenInvite returns an open invitation with its SlackID and token, for the DM; ErrNotFound if it was closed meanwhile.
func (s *Store) OpenInvite(ctx context.Context, companyID, inviteID string) (Invite, string, error) {
	return Invite{}, "", errors.ErrUnsupported
}

// InviteDelivered records the outcome of the DM: failure "" or Slack's error code.
func (s *Store) InviteDelivered(ctx context.Context, companyID, inviteID, failure string) error {
	return errors.ErrUnsupported
}

// InviteByToken resolves a personal link. Errors: ErrNotFound (never existed, or its account was removed), ErrExpired, ErrReplaced
// (a newer one was sent, or it was cancelled), ErrUsed (registered).
func (s *Store) InviteByToken(ctx context.Context, companyID, token string) (Invite, error) {
	return Invite{}, errors.ErrUnsupported
}
