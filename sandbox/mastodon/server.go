// Package mastodon is a stand-in for one Mastodon server: apps that register themselves, consent pages people click
// through, tokens that never expire, who somebody is, revocation. It is strict where Mastodon is strict (exact redirect,
// scopes within those of the app, codes that work once, PKCE that has to fit), because Herald's tests run against it. What
// it imitates is documented at https://docs.joinmastodon.org/methods/oauth/.
package mastodon

import (
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"herald/sandbox/fault"
)

//go:embed pages
var pages embed.FS

// CodeLife is how long a code works.
const CodeLife = 10 * time.Minute

// Account is a person on the server.
type Account struct {
	ID          string
	Username    string
	DisplayName string // may be ""
}

// App is one that registered itself.
type App struct {
	ClientID     string
	ClientSecret string
	Name         string
	RedirectURI  string
	Scopes       []string
}

// Token is an access token that was issued.
type Token struct {
	AccessToken string
	ClientID    string
	AccountID   string // "": the app itself
	Scopes      []string
	Revoked     bool
}

// Options describe who is there. Now is needed.
type Options struct {
	Accounts []Account
	Old      bool // a version before 4.3: no metadata, no PKCE, no scope "profile"
	Now      func() time.Time
	Delay    time.Duration // how long the Slow fault takes; default 5 s
	Logger   *slog.Logger  // default: discards
}

// Server is the Mastodon server. All methods are safe for concurrent use.
type Server struct {
	*fault.Switches
	handler http.Handler
	old     bool
	now     func() time.Time
	log     *slog.Logger
	pages   *template.Template
	delay   time.Duration

	mu       sync.Mutex
	accounts []Account
	apps     []App
	codes    map[string]grant
	tokens   []Token
}

// grant is what a person allowed, waiting to be exchanged for a token.
type grant struct {
	clientID, accountID, redirectURI, challenge string
	scopes                                      []string
	expires                                     time.Time
}

// New builds the server.
func New(o Options) (*Server, error) {
	templates, err := template.ParseFS(pages, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("read the pages: %w", err)
	}
	if o.Now == nil {
		return nil, errors.New("mastodon: Options.Now is needed")
	}
	s := &Server{
		Switches: newSwitches(), old: o.Old, now: o.Now, log: o.Logger, pages: templates, delay: o.Delay,
		accounts: slices.Clone(o.Accounts), codes: map[string]grant{},
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.delay == 0 {
		s.delay = 5 * time.Second
	}
	s.handler = s.routes()
	return s, nil
}

// Handler answers the server's requests.
func (s *Server) Handler() http.Handler { return s.handler }

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.authorizedApps)
	mux.HandleFunc("GET /oauth/authorized_applications", s.authorizedApps)
	mux.HandleFunc("POST /oauth/authorized_applications", s.removeApp)
	mux.HandleFunc("GET /oauth/authorize", s.askConsent)
	mux.HandleFunc("POST /oauth/authorize", s.takeConsent)
	mux.HandleFunc("POST /oauth/token", s.token)
	mux.HandleFunc("POST /oauth/revoke", s.revoke)
	mux.HandleFunc("POST /api/v1/apps", s.register)
	mux.HandleFunc("GET /api/v1/accounts/verify_credentials", s.verifyCredentials)
	mux.Handle("GET /pages/", http.FileServerFS(pages))
	if !s.old {
		mux.HandleFunc("GET /.well-known/oauth-authorization-server", s.metadata)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		s.json(w, http.StatusNotFound, map[string]any{"error": "Not Found"})
	})
	// A form on another site must not be able to press Authorize.
	return http.NewCrossOriginProtection().Handler(s.Breaking(s.delay, mux))
}

// AddAccount opens an account.
func (s *Server) AddAccount(a Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts = append(s.accounts, a)
}

// Tokens returns every token of people issued so far, oldest first.
func (s *Server) Tokens() []Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.tokens), func(t Token) bool { return t.AccountID == "" })
}

// Apps returns every app that registered, oldest first.
func (s *Server) Apps() []App {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.apps)
}

// Revoke does what a person does under "Authorized apps": all tokens for the account stop working.
func (s *Server) Revoke(accountID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.tokens {
		if s.tokens[i].AccountID == accountID {
			s.tokens[i].Revoked = true
		}
	}
}

// scopes are those of the version.
func (s *Server) scopes() []string {
	all := []string{"read", "read:accounts", "write", "write:statuses"}
	if !s.old {
		all = append(all, "profile")
	}
	return all
}

// metadata is of RFC 8414. https://docs.joinmastodon.org/methods/oauth/#authorization-server-metadata
func (s *Server) metadata(w http.ResponseWriter, r *http.Request) {
	base := "http://" + r.Host
	s.json(w, http.StatusOK, map[string]any{
		"issuer": base + "/", "authorization_endpoint": base + "/oauth/authorize", "token_endpoint": base + "/oauth/token",
		"revocation_endpoint": base + "/oauth/revoke", "app_registration_endpoint": base + "/api/v1/apps",
		"scopes_supported": s.scopes(), "response_types_supported": []string{"code"},
		"grant_types_supported":                 []string{"authorization_code", "client_credentials"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
		"code_challenge_methods_supported":      []string{"S256"},
	})
}

// register takes a new app. https://docs.joinmastodon.org/methods/apps/#create
func (s *Server) register(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	app := App{
		ClientID: rand.Text(), ClientSecret: rand.Text(), Name: r.PostFormValue("client_name"), RedirectURI: r.PostFormValue("redirect_uris"),
		Scopes: strings.Fields(r.PostFormValue("scopes")),
	}
	known := !slices.ContainsFunc(app.Scopes, func(scope string) bool { return !slices.Contains(s.scopes(), scope) })
	if app.Name == "" || app.RedirectURI == "" || !known {
		s.json(w, http.StatusUnprocessableEntity, map[string]any{"error": "Validation failed"})
		return
	}
	s.mu.Lock()
	s.apps = append(s.apps, app)
	s.mu.Unlock()
	s.json(w, http.StatusOK, map[string]any{
		"id": "1", "name": app.Name, "redirect_uri": app.RedirectURI, "client_id": app.ClientID, "client_secret": app.ClientSecret,
	})
}

// app returns the app with the id.
func (s *Server) app(clientID string) (App, bool) {
	if s.Failing(Forgetful) {
		return App{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.apps, func(a App) bool { return a.ClientID == clientID })
	if i < 0 {
		return App{}, false
	}
	return s.apps[i], true
}

// account needs s.mu to be held.
func (s *Server) account(id string) (Account, bool) {
	i := slices.IndexFunc(s.accounts, func(a Account) bool { return a.ID == id })
	if i < 0 {
		return Account{}, false
	}
	return s.accounts[i], true
}

func (s *Server) json(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		s.log.Warn("write answer", "error", err)
	}
}
