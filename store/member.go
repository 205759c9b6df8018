package store

import (
	"context"
	"errors"
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

// Actor is who does something, for the audit log and for checks. SlackID "" with Operator set is the command line.
type Actor struct {
	SlackID string
	CLI     bool // herald admin …
}

func (s *Store) Member(ctx context.Context, companyID, memberID string) (Member, error) {
	return Member{}, errors.ErrUnsupported
}

func (s *Store) MemberBySlackID(ctx context.Context, companyID, slackID string) (Member, error) {
	return Member{}, errors.ErrUnsupported
}

// Admins returns the company admins by name, at most limit.
func (s *Store) Admins(ctx context.Context, companyID string, limit int) ([]Member, error) {
	return nil, errors.ErrUnsupported
}

// SetType changes Employee to Recruiter and back. A change to or from Admin returns ErrNeedsApproval,
// a member who is gone ErrNotFound. Setting the type a member has is no change and no error.
// The actor must be an active company admin in the same transaction, else ErrNotFound… (see RequireAdmin).
func (s *Store) SetType(ctx context.Context, companyID string, by Actor, memberID string, to MemberType) (Member, error) {
	return Member{}, errors.ErrUnsupported
}

// GrantAdmin makes a directory person a company admin, registering them without a network if need be (herald admin grant).
func (s *Store) GrantAdmin(ctx context.Context, companyID string, by Actor, slackID string) (Member, error) {
	return Member{}, errors.ErrUnsupported
}

// ExpireConnections turns connections whose access ran out to Expired, at most limit, and returns how many.
func (s *Store) ExpireConnections(ctx context.Context, limit int) (int, error) {
	return 0, errors.ErrUnsupported
}
