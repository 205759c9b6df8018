// Package networks meets the social networks: it sends people to their consent pages, learns who consented, and ends
// the access again. It knows nothing of Herald, so a network can be understood, tested and replaced on its own.
package networks

import (
	"context"
	"errors"
	"net/url"
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
	// ErrWhichServer: what the person wrote names no server that Herald may talk to.
	ErrWhichServer = errors.New("there can be no such server")
	// ErrUnavailable: the network did not answer, or not sensibly. Try again later.
	ErrUnavailable = errors.New("the network is not available")
)

// A Network is a social network that people connect. Implementations are safe for concurrent use. To add one, write its
// file and add it to the list in main; everything else follows from what it says here.
type Network interface {
	// Name is its id in URLs and in the database, such as "linkedin": lower-case letters and digits. It never changes.
	Name() string
	// Title is what people call it, such as "LinkedIn".
	Title() string
	// Asks lists what the consent page will ask for, and why Herald needs it, in the words of the registration page.
	Asks() []Ask
	// AppSettings is where on its pages people end Herald's access themselves, such as "Settings › Apps and websites".
	AppSettings() string
	// At returns the server that people consent at. Most networks have one, are that Server, and return themselves. Of a network with many,
	// server is which one: as a person writes it or, later, its Issuer; callback is Herald's address for the network. Those
	// return ErrWhichServer if there can be no such server, ErrUnavailable if it does not answer, and ErrRejected if it is
	// none of this network.
	At(ctx context.Context, server, callback string) (Server, error)
	// EndsAll tells whether Revoke ends, or may end, all of Herald's access to the account, not only what the token gives: then never
	// call it with an old token of an account that is connected again.
	EndsAll() bool
	// Whose returns the Subject of the account that a token of Exchange is for. It returns ErrRejected if the token is nobody's (any more),
	// ErrMisconfigured, or ErrUnavailable if it is worth trying again.
	Whose(ctx context.Context, token string) (subject string, err error)
	// Revoke ends Herald's access. It returns ErrRejected if the token is none (any more), ErrMisconfigured, or
	// ErrUnavailable if it is worth trying again.
	Revoke(ctx context.Context, token string) (Revocation, error)
}

// A Server is an authorization server of a network, where people consent.
type Server interface {
	// Issuer is its base URL. A transaction that began with one issuer must not end with another (RFC 9700 §4.4).
	Issuer() string
	// Callback is the redirect of this server: Herald's address for the network or, where that has many servers, a path of
	// its own below it, so that none of them can pass off another one's codes as its own (RFC 9700 §4.4.2.2).
	Callback(callback string) string
	// NewVerifier returns a fresh PKCE verifier for one transaction, or "" where the server has no PKCE.
	NewVerifier() string
	// AuthURL is the consent page for one transaction. Its verifier is the one given to Exchange later.
	AuthURL(state, redirect, verifier string) string
	// Denied says what an error code that came back from the consent page means: ErrRefused, ErrMisconfigured,
	// ErrUnavailable or ErrRejected. The code is untrusted and not part of the error.
	Denied(code string) error
	// Exchange turns the code that came back into the account of whoever consented. It returns ErrRejected,
	// ErrMisconfigured or ErrUnavailable; and with it, where the server had given a token by then, an Account that holds the Token and
	// nothing else. Its access has to be ended (Network.Whose, Network.Revoke).
	Exchange(ctx context.Context, code, redirect, verifier string) (Account, error)
}

// A Federation is a Network of many servers that speak alike. The person says on which one their account is.
type Federation interface {
	Network
	// Servers are those that the operator vouches for, by base URL: to be offered first. There may be none.
	Servers() []string
}

// A Previewer is a Network whose posts people can imagine before they connect it.
type Previewer interface {
	Network
	// Look is how the network dresses a post.
	Look() Look
}

// A Look is what a network adds to a post. The words of the post, and who wrote it, are the same everywhere.
type Look struct {
	Byline  string   // under the author's name, such as "Just now · Friends"; "": where the author works, and how long ago it was
	Source  bool     // the card of a link begins with the name of the site; otherwise the title comes first
	Buttons []string // under the post
}

// A Publisher is a Network on which Herald can post for somebody. Nothing posts yet: sharing a job will call it, once the
// person has said yes to that very post. LinkedIn and Mastodon will implement it. Facebook never will, because it lets no
// app post to people's timelines: there, people share in Facebook's own window.
type Publisher interface {
	Network
	// Publish posts with the token of the account, and returns where the post is. It returns ErrRejected if the token or the
	// post is not accepted, or ErrUnavailable, after which nobody knows whether the post is there.
	Publish(ctx context.Context, token string, post Post) (url string, err error)
}

// A Post is what somebody shares.
type Post struct {
	Text        string // theirs, as plain text
	URL         string // of the job
	Title       string // of the job
	Description string // of the job, may be ""
}

// A Caller is a Network that calls Herald when people take back on its pages what they had allowed.
type Caller interface {
	Network
	// Call reads what the network posted to one of Herald's callbacks. It returns ErrForged unless the network did.
	Call(form url.Values) (Call, error)
}

// A Call is about the account of somebody who took back what they had allowed, or wants their data deleted: which of both, the callback
// tells.
type Call struct {
	Subject string    // the account
	At      time.Time // when the network made the call
	Code    string    // 26 characters that nobody can guess, the same whenever the call is repeated
}

// An Ask is one thing a network's consent page asks for.
type Ask struct {
	What string // "Your name and photo"
	Why  string // "so that …"
}

// An Account is what a network tells about the person who consented.
type Account struct {
	Subject   string    // the network's id of the person: the only key. A Federation's names the server, too
	Name      string    // may be ""
	Email     string    // may be ""; never an identity
	Token     string    // for Revoke; only the network knows what is in it
	Scopes    string    // as granted, space separated
	ExpiresAt time.Time // when the token does; zero: never
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
