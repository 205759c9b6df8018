// Package networks meets the social networks: it sends people to their consent pages, learns who consented, and ends
// the access again. It knows nothing of Herald, so a network can be understood, tested and replaced on its own.
package networks

import (
	"context"
	"errors"
	"time"
)

// Errors that callers tell apart. They never carry codes, tokens or other words of a network's answer, so they can be
// logged.
var (
	// ErrRefused: the person said no on the network's page.
	ErrRefused = errors.New("the person refused")
	// ErrMisconfigured: the network does not accept Herald's app (its id, secret, products or redirect). Only the
	// operator can mend it.
	ErrMisconfigured = errors.New("the network does not accept the app's settings")
	// ErrRejected: the network does not accept this attempt (a code that was used, expired or belongs elsewhere). A new
	// attempt may succeed.
	ErrRejected = errors.New("the network rejected the attempt")
	// ErrUnavailable: the network did not answer, or not sensibly. Try again later.
	ErrUnavailable = errors.New("the network is not available")
)

// A Network is a social network that people connect. Implementations are safe for concurrent use. To add one, write its
// file and add it to the list that main gives to web.
type Network interface {
	// Name is its id in URLs and in the database, such as "linkedin". It never changes.
	Name() string
	// Title is what people call it, such as "LinkedIn".
	Title() string
	// Issuer is the base URL of its authorization server. A transaction that began with one issuer must not end with
	// another (RFC 9700 §4.4).
	Issuer() string
	// Asks lists what the consent page will ask for, and why Herald needs it, in the words of the registration page.
	Asks() []Ask
	// NewVerifier returns a fresh PKCE verifier for one transaction, or "" where the network has no PKCE.
	NewVerifier() string
	// AuthURL is the consent page for one transaction. Its verifier is the one given to Exchange later.
	AuthURL(state, redirect, verifier string) string
	// Denied says what an error code that came back from the consent page means: ErrRefused, ErrMisconfigured,
	// ErrUnavailable or ErrRejected. The code is untrusted and not part of the error.
	Denied(code string) error
	// Exchange turns the code that came back into the account of whoever consented. It returns ErrRejected,
	// ErrMisconfigured or ErrUnavailable.
	Exchange(ctx context.Context, code, redirect, verifier string) (Account, error)
	// Revoke ends Herald's access. It is for whoever takes an account out of Herald and still holds its token. Removals do not
	// call it yet: they erase the token, and people end the access on the network's own pages. It returns ErrMisconfigured, or
	// ErrUnavailable if it is worth trying again.
	Revoke(ctx context.Context, token string) (Revocation, error)
}

// An Ask is one thing a network's consent page asks for.
type Ask struct {
	What string // "Your name and photo"
	Why  string // "so that …"
}

// An Account is what a network tells about the person who consented.
type Account struct {
	Subject      string // the network's id of the person: the only key
	Name         string // may be ""
	Email        string // may be ""; never an identity
	Token        string
	RefreshToken string    // "" where the network gives none
	Scopes       string    // as granted, space separated
	ExpiresAt    time.Time // when the token does; zero: never
}

// Revocation is what became of an attempt to end Herald's access.
type Revocation string

// The outcomes.
const (
	// Revoked: the network confirms that the token does not work any more.
	Revoked Revocation = "revoked"
	// Standing: the network offers no way, or did not follow it; the person must end the access on its pages.
	Standing Revocation = "standing"
)
