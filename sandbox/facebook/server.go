// Package facebook is a stand-in for Facebook Login and the part of the Graph API that goes with it, on one machine:
// consent pages people click through, short-lived and long-lived tokens, what a token and its owner are, and the messages
// with which Facebook tells an app that somebody has left. It is strict where Facebook is strict or can be told to be
// (exact redirect, a known version in every path, codes that work once, appsecret_proof with every token), because
// Herald's tests run against it. What it imitates is documented at
// https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow.
package facebook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/binary"
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

// The lives of what the server issues. Facebook documents "about an hour or two" and "about 60 days"; the last number is
// what its token endpoint says.
// https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived
const (
	CodeLife       = 10 * time.Minute
	ShortTokenLife = 2 * time.Hour
	LongTokenLife  = 5183944 * time.Second
)

// App is a developer application that people can let in.
type App struct {
	ClientID       string // the App ID
	ClientSecret   string // the app secret
	Name           string // what the consent page calls it
	RedirectURIs   []string
	Permissions    []string // what it may ask for; default public_profile, email
	DeauthorizeURL string   // told when somebody removes the app under "Apps and websites"; empty: nobody is
	DeletionURL    string   // asked to delete somebody's data; empty: the page does not offer it
}

// Account is a person on Facebook.
type Account struct {
	ID        string // never leaves the server: apps see a different user id each
	Name      string
	FirstName string
	LastName  string
	Email     string // empty: signed up by phone
	Pages     []Page // what they manage
}

// Page is a company's.
type Page struct {
	ID   string
	Name string
}

// Token is a user access token that was issued.
type Token struct {
	AccessToken string
	ClientID    string
	AccountID   string
	UserID      string   // the account as this app knows it
	Scopes      []string // as granted when it was issued
	LongLived   bool
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
	client  *http.Client // calls the apps' callbacks
	delay   time.Duration
	apps    map[string]App

	mu       sync.Mutex
	accounts []Account
	codes    map[string]grant
	tokens   []Token
	consents map[connection]map[string]bool // permission → granted; false: declined
}

// connection is an app that an account has let in.
type connection struct{ clientID, accountID string }

// grant is what a person allowed, waiting to be exchanged for a token.
type grant struct {
	connection
	redirectURI string
	scopes      []string
	expires     time.Time
	used        bool
}

// versions are the ones of the Graph API that live at the end of 2026.
// https://developers.facebook.com/docs/graph-api/changelog
func versions() []string { return []string{"v21.0", "v22.0", "v23.0", "v24.0", "v25.0", "v26.0"} }

// New builds the network. It fails if an app lacks its credentials, or has an address Facebook would not accept.
func New(o Options) (*Server, error) {
	templates, err := template.ParseFS(pages, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("read the pages: %w", err)
	}
	if o.Now == nil {
		return nil, errors.New("facebook: Options.Now is needed")
	}
	s := &Server{
		Switches: newSwitches(), now: o.Now, log: o.Logger, pages: templates, client: newClient(), delay: o.Delay,
		apps: map[string]App{}, accounts: slices.Clone(o.Accounts), codes: map[string]grant{},
		consents: map[connection]map[string]bool{},
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

func (s *Server) addApp(app App) error {
	if app.ClientID == "" || app.ClientSecret == "" {
		return fmt.Errorf("app %q: client id and secret are needed", app.Name)
	}
	if strings.Contains(app.ClientID, "|") {
		return fmt.Errorf("app %q: its id must not contain the | of app tokens", app.Name)
	}
	addresses := slices.Clone(app.RedirectURIs)
	for _, optional := range []string{app.DeauthorizeURL, app.DeletionURL} {
		if optional != "" {
			addresses = append(addresses, optional)
		}
	}
	for _, raw := range addresses {
		u, err := url.Parse(raw)
		if err != nil || !u.IsAbs() || u.Host == "" || strings.Contains(raw, "#") {
			return fmt.Errorf("app %q: address %q must be absolute and without #", app.Name, raw)
		}
	}
	if len(app.Permissions) == 0 {
		app.Permissions = []string{"public_profile", "email"}
	}
	s.apps[app.ClientID] = app
	return nil
}

// Handler answers what www.facebook.com and graph.facebook.com would.
func (s *Server) Handler() http.Handler { return s.handler }

func (s *Server) routes() http.Handler {
	graph := http.NewServeMux()
	graph.HandleFunc("GET /dialog/oauth", s.askConsent)
	graph.HandleFunc("POST /dialog/oauth", s.takeConsent)
	graph.HandleFunc("GET /oauth/access_token", s.accessToken)
	graph.HandleFunc("POST /oauth/access_token", s.accessToken)
	graph.HandleFunc("GET /debug_token", s.debugToken)
	graph.HandleFunc("GET /{user}", s.user)
	graph.HandleFunc("GET /{user}/accounts", s.managed)
	graph.HandleFunc("GET /{user}/permissions", s.permissions)
	graph.HandleFunc("DELETE /{user}/permissions", s.deletePermissions)
	graph.HandleFunc("DELETE /{user}/permissions/{permission}", s.deletePermission)
	graph.HandleFunc("/", s.unknownPath)

	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.appsAndWebsites)
	mux.HandleFunc("GET /settings", s.appsAndWebsites)
	mux.HandleFunc("POST /settings", s.removeApp)
	mux.Handle("GET /pages/", http.FileServerFS(pages))
	mux.Handle("/", s.versioned(graph))
	// A form on another site must not be able to press Allow.
	return http.NewCrossOriginProtection().Handler(s.Breaking(s.delay, s.logged(mux)))
}

// versioned takes the version off the path. Facebook would give a path without one the oldest version there is; here it
// is refused, since nobody wants that.
func (s *Server) versioned(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		version, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		switch {
		case slices.Contains(versions(), version):
			http.StripPrefix("/"+version, next).ServeHTTP(w, r)
		case strings.HasPrefix(rest, "dialog/"):
			s.refuse(w, r, refusal{"Unknown version", "There is no such version of the Graph API."})
		default:
			s.unknownPath(w, r)
		}
	})
}

// logged tells what was asked for, without queries, which hold secrets.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.log.DebugContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path)
		next.ServeHTTP(w, r)
	})
}

// AddAccount lets a person join, last in the consent page's list.
func (s *Server) AddAccount(a Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts = append(s.accounts, a)
}

// Accounts returns the people in the order the consent page lists them.
func (s *Server) Accounts() []Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.accounts)
}

// Tokens returns every user token issued so far, oldest first.
func (s *Server) Tokens() []Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tokens)
}

// Grant issues a long-lived token as if the person had allowed the app these permissions at that time, so that a demo can
// begin with people who signed up long ago. It fails if there is no such app or account.
func (s *Server) Grant(clientID, accountID string, scopes []string, at time.Time) (Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.known(clientID, accountID); err != nil {
		return Token{}, err
	}
	c := connection{clientID, accountID}
	for _, scope := range scopes {
		s.consent(c)[scope] = true
	}
	return s.issue(c, scopes, true, at), nil
}

// known needs s.mu to be held.
func (s *Server) known(clientID, accountID string) error {
	if _, ok := s.apps[clientID]; !ok {
		return fmt.Errorf("there is no app %q", clientID)
	}
	if _, ok := s.account(accountID); !ok {
		return fmt.Errorf("there is no account %q", accountID)
	}
	return nil
}

// consent is what the account has decided about the app's permissions so far. It needs s.mu to be held.
func (s *Server) consent(c connection) map[string]bool {
	if s.consents[c] == nil {
		s.consents[c] = map[string]bool{}
	}
	return s.consents[c]
}

// issue needs s.mu to be held.
func (s *Server) issue(c connection, scopes []string, long bool, at time.Time) Token {
	life := ShortTokenLife
	if long {
		life = LongTokenLife
	}
	t := Token{
		AccessToken: newToken(), ClientID: c.clientID, AccountID: c.accountID, UserID: s.UserID(c.clientID, c.accountID),
		Scopes: scopes, LongLived: long, Issued: at, Expires: at.Add(life),
	}
	s.tokens = append(s.tokens, t)
	return t
}

// newToken is about 200 characters and begins as Facebook's do.
func newToken() string {
	var b [144]byte
	rand.Read(b[:]) // never fails
	return "EAA" + base64.RawURLEncoding.EncodeToString(b[:])
}

// UserID is how the app knows the account: Facebook's user ids are app-scoped. It is the same in every run.
func (s *Server) UserID(clientID, accountID string) string {
	mac := hmac.New(sha256.New, []byte(s.apps[clientID].ClientSecret))
	fmt.Fprintf(mac, "%s\x00%s", clientID, accountID)
	return fmt.Sprintf("1%016d", binary.BigEndian.Uint64(mac.Sum(nil))%1e16)
}

// Revoke does what a person does under "Apps and websites", only that the app is not told: all tokens of the user id stop
// working. It returns how many were valid until then. Deauthorize tells the app, too.
func (s *Server) Revoke(userID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, t := range slices.Clone(s.tokens) {
		if t.UserID == userID {
			n += s.remove(connection{t.ClientID, t.AccountID})
		}
	}
	return n
}

// remove throws the app out of the account, and returns how many tokens were valid until then. It needs s.mu to be held.
func (s *Server) remove(c connection) int {
	delete(s.consents, c)
	for code, g := range s.codes {
		if g.connection == c {
			delete(s.codes, code)
		}
	}
	n := 0
	for i, t := range s.tokens {
		if t.ClientID == c.clientID && t.AccountID == c.accountID && !t.Revoked {
			if s.now().Before(t.Expires) {
				n++
			}
			s.tokens[i].Revoked = true
		}
	}
	return n
}

// account needs s.mu to be held.
func (s *Server) account(id string) (Account, bool) {
	i := slices.IndexFunc(s.accounts, func(a Account) bool { return a.ID == id })
	if i < 0 {
		return Account{}, false
	}
	return s.accounts[i], true
}
