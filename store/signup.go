package store

import (
	"context"
	"errors"
	"time"
)

// AuthLife is how long a consent at a network may take.
const AuthLife = 10 * time.Minute

// An Authorization is one trip to a network's consent page (an OAuth transaction, RFC 9700 §2.1).
type Authorization struct {
	CompanyID string
	Network   string // "linkedin"
	Issuer    string // base URL of the authorization server it was begun with
	Token     string // of the personal link, "" when it began at the company URL; sealed at rest
	Email     string // what the person entered, may be ""; sealed at rest
	Verifier  string // PKCE, "" where the network has none; sealed at rest
}

// BeginAuthorization stores it under the hashes of state and of the browser's cookie, for AuthLife.
func (s *Store) BeginAuthorization(ctx context.Context, a Authorization, state, browser string) error {
	return errors.ErrUnsupported
}

// TakeAuthorization consumes the transaction, whatever comes of it. ErrNotFound for an unknown, used or expired state,
// for another browser and for another network.
func (s *Store) TakeAuthorization(ctx context.Context, network, state, browser string) (Authorization, error) {
	return Authorization{}, errors.ErrUnsupported
}

// An Account is what a network told about the person who consented.
type Account struct {
	Network      string
	Subject      string // the network's id of the person
	Name         string
	Email        string
	Token        string
	RefreshToken string
	Scopes       string
	ExpiresAt    time.Time // zero: never
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
	Member    *Member // once active
	CreatedAt time.Time
}

// SignupLife is how long a registration waits for a confirmation or an approval.
const SignupLife = 14 * 24 * time.Hour

// Register finishes a registration in one transaction. With a.Token the member is active at once and JobWelcomeDM is left; the link is
// used up (errors as InviteByToken). Without, the email decides: a directory person's becomes SignupConfirm, any other SignupApproval.
// ErrTaken if the account is connected to another member, ErrExists if the person is a member already, ErrNotEligible.
// person is the directory entry of a bound Slack user that is not in the mirror (forgotten), else nil.
func (s *Store) Register(ctx context.Context, a Authorization, acc Account, person *Person) (Signup, error) {
	return Signup{}, errors.ErrUnsupported
}

// Signup returns a waiting one; ErrNotFound when decided or expired.
func (s *Store) Signup(ctx context.Context, companyID, signupID string) (Signup, error) {
	return Signup{}, errors.ErrUnsupported
}

// ConfirmSignup is the Slack user's answer to «Was this you?». yes makes the member, no erases the signup. ErrNotFound unless it waits for exactly this Slack user.
func (s *Store) ConfirmSignup(ctx context.Context, companyID, slackID, signupID string, yes bool) (Signup, error) {
	return Signup{}, errors.ErrUnsupported
}

// DecideSignup is a company admin's answer to the approval card; leaves JobSignupDecided, which updates the cards. Declining erases it.
func (s *Store) DecideSignup(ctx context.Context, companyID string, by Actor, signupID string, approve bool) (Signup, error) {
	return Signup{}, errors.ErrUnsupported
}
