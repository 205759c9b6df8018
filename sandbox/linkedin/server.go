// Package linkedin is a stand-in for LinkedIn's sign-in that runs on one machine: consent pages people click through,
// tokens, identity, revocation. It is strict where LinkedIn is strict (exact redirect, credentials in the body, no PKCE,
// codes that work once) and leaves out what LinkedIn leaves out (no nonce, no revocation endpoint in its discovery),
// because Herald's tests run against it. What it imitates is documented at
// https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow.
package linkedin

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"herald/sandbox/fault"
)

//go:embed pages
var pages embed.FS

// The lives of what the server issues.
// https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow
const (
	CodeLife  = 30 * time.Minute
	TokenLife = 5184000 * time.Second // 60 days
)

// App is a developer application that members can let in.
type App struct {
	ClientID     string
	ClientSecret string
	Name         string   // what the consent page calls it
	RedirectURIs []string // exact, absolute; a query is ignored
	Scopes       []string // what its products allow; default openid, profile, email, w_member_social
}

// Account is a LinkedIn member.
type Account struct {
	ID         string // never leaves the server: apps see a different sub each
	Name       string
	GivenName  string
	FamilyName string
	Email      string // empty: the member shares none
	Headline   string // what the consent page shows under the name
}

// Token is an access token that was issued.
type Token struct {
	AccessToken string
	ClientID    string
	AccountID   string
	Sub         string // the account as this app knows it
	Scopes      []string
	Issued      time.Time
	Expires     time.Time
	Revoked     bool
}

// Options describe who is there. Apps and Now are needed.
type Options struct {
	Apps     []App
	Accounts []Account // in the order the consent page lists them
	Now      func() time.Time
	Delay    time.Duration // how long the Slow fault takes; default 5 s
	Logger   *slog.Logger  // default: discards
}

// Server is the network. All methods are safe for concurrent use.
type Server struct {
	*fault.Switches
	handler http.Handler
	now     func() time.Time
	log     *slog.Logger
	pages   *template.Template
	key     *rsa.PrivateKey // signs id tokens
	delay   time.Duration
	apps    map[string]App

	mu       sync.Mutex
	accounts []Account
	codes    map[string]grant
	tokens   []Token
}

// grant is what a member allowed, waiting to be exchanged for a token.
type grant struct {
	clientID, accountID, redirectURI string
	scopes                           []string
	expires                          time.Time
	used                             bool
}

// New builds the network. It fails if an app lacks its credentials, or lists a redirect URI LinkedIn would not accept.
func New(o Options) (*Server, error) {
	templates, err := template.ParseFS(pages, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("read the pages: %w", err)
	}
	if o.Now == nil {
		return nil, errors.New("linkedin: Options.Now is needed")
	}
	key, err := signingKey()
	if err != nil {
		return nil, fmt.Errorf("make the signing key: %w", err)
	}
	s := &Server{
		Switches: newSwitches(), now: o.Now, log: o.Logger, pages: templates, key: key, delay: o.Delay,
		apps: map[string]App{}, accounts: slices.Clone(o.Accounts), codes: map[string]grant{},
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.delay == 0 {
		s.delay = 5 * time.Second
	}
	for _, app := range o.Apps {
		if err := s.addApp(app); err != nil {
			return nil, err
		}
	}
	s.handler = s.routes()
	return s, nil
}

// signingKey is the key of every network in this process. Making one takes a tenth of a second, and too long for a request where a busy
// machine starts many networks at once.
//
//nolint:gochecknoglobals // made once for a process, and never changed
var signingKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func (s *Server) addApp(app App) error {
	if app.ClientID == "" || app.ClientSecret == "" {
		return fmt.Errorf("app %q: client id and secret are needed", app.Name)
	}
	redirects := make([]string, 0, len(app.RedirectURIs))
	for _, raw := range app.RedirectURIs {
		u, err := withoutQuery(raw)
		if err != nil {
			return fmt.Errorf("app %q: %w", app.Name, err)
		}
		redirects = append(redirects, u)
	}
	app.RedirectURIs = redirects
	if len(app.Scopes) == 0 {
		app.Scopes = []string{"openid", "profile", "email", "w_member_social"}
	}
	s.apps[app.ClientID] = app
	return nil
}

// withoutQuery returns a redirect URI as LinkedIn compares it: absolute, arguments ignored, no fragment.
func withoutQuery(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || !u.IsAbs() || u.Host == "" || strings.Contains(raw, "#") {
		return "", fmt.Errorf("redirect URI %q: must be absolute and without #", raw)
	}
	u.RawQuery, u.ForceQuery = "", false
	return u.String(), nil
}

// Handler answers what www.linkedin.com and api.linkedin.com would.
func (s *Server) Handler() http.Handler { return s.handler }

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.permittedServices)
	mux.HandleFunc("GET /psettings/permitted-services", s.permittedServices)
	mux.HandleFunc("POST /psettings/permitted-services", s.removeService)
	mux.HandleFunc("GET /oauth/v2/authorization", s.askConsent)
	mux.HandleFunc("POST /oauth/v2/authorization", s.takeConsent)
	mux.HandleFunc("POST /oauth/v2/accessToken", s.accessToken)
	mux.HandleFunc("POST /oauth/v2/introspectToken", s.introspectToken)
	mux.HandleFunc("POST /oauth/v2/revoke", s.revokeToken)
	mux.HandleFunc("GET /oauth/.well-known/openid-configuration", s.discovery)
	mux.HandleFunc("GET /oauth/openid/jwks", s.jwks)
	mux.HandleFunc("GET /v2/userinfo", s.userinfo)
	mux.Handle("GET /pages/", http.FileServerFS(pages))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		s.json(w, http.StatusNotFound, map[string]any{"status": 404, "code": "NOT_FOUND", "message": "No virtual resource found"})
	})
	// A form on another site must not be able to press Allow.
	return http.NewCrossOriginProtection().Handler(s.Breaking(s.delay, s.logged(mux)))
}

// logged tells what was asked for, without queries, which hold secrets.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.log.DebugContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path)
		next.ServeHTTP(w, r)
	})
}

// AddAccount lets a member join, last in the consent page's list.
func (s *Server) AddAccount(a Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts = append(s.accounts, a)
}

// Accounts returns the members in the order the consent page lists them.
func (s *Server) Accounts() []Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.accounts)
}

// Tokens returns every token issued so far, oldest first.
func (s *Server) Tokens() []Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tokens)
}

// Grant issues a token as if the member had allowed the app to have these scopes at that time, so that a demo can begin
// with people who signed up long ago. It fails if there is no such app or account.
func (s *Server) Grant(clientID, accountID string, scopes []string, at time.Time) (Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.apps[clientID]; !ok {
		return Token{}, fmt.Errorf("there is no app %q", clientID)
	}
	if _, ok := s.account(accountID); !ok {
		return Token{}, fmt.Errorf("there is no account %q", accountID)
	}
	return s.issue(clientID, accountID, scopes, at), nil
}

// issue needs s.mu to be held.
func (s *Server) issue(clientID, accountID string, scopes []string, at time.Time) Token {
	t := Token{
		AccessToken: longToken(), ClientID: clientID, AccountID: accountID, Sub: s.Sub(clientID, accountID),
		Scopes: scopes, Issued: at, Expires: at.Add(TokenLife),
	}
	s.tokens = append(s.tokens, t)
	return t
}

// Revoke does what a member does under "Permitted services": all tokens of the sub stop working. It returns how many
// were valid until then.
func (s *Server) Revoke(sub string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.revokeWhere(func(t Token) bool { return t.Sub == sub })
}

// Sub is how the app knows the account: LinkedIn's subs are pairwise. It is the same in every run.
func (s *Server) Sub(clientID, accountID string) string {
	mac := hmac.New(sha256.New, []byte(s.apps[clientID].ClientSecret))
	fmt.Fprintf(mac, "%s\x00%s", clientID, accountID)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))[:10]
}

// revokeWhere needs s.mu to be held.
func (s *Server) revokeWhere(match func(Token) bool) int {
	n := 0
	for i, t := range s.tokens {
		if match(t) && s.valid(t) {
			s.tokens[i].Revoked = true
			n++
		}
	}
	return n
}

func (s *Server) valid(t Token) bool { return !t.Revoked && s.now().Before(t.Expires) }

// account needs s.mu to be held.
func (s *Server) account(id string) (Account, bool) {
	i := slices.IndexFunc(s.accounts, func(a Account) bool { return a.ID == id })
	if i < 0 {
		return Account{}, false
	}
	return s.accounts[i], true
}
