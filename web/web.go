// Package web welcomes: the pages on which people register, the trip to a network's consent page and back, and what a
// load balancer wants to know. Every page is rendered on the server and works without JavaScript.
package web

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"herald/networks"
	"herald/store"
)

// SlackURL is where a workspace opens in a browser or, on a phone, in Slack's app; its team id follows.
const SlackURL = "https://app.slack.com/client"

// A Store remembers. *store.Store is one; the errors are those it documents.
type Store interface {
	Ping(ctx context.Context) error
	CompanyByKey(ctx context.Context, key string) (store.Company, error)
	InviteByToken(ctx context.Context, companyID, token string) (store.Invite, error)
	SignupToken(ctx context.Context, companyID, slackID string) (string, error)
	InvitationToDecline(ctx context.Context, token string) (store.Company, error)
	DeclineEmail(ctx context.Context, token string, reason store.DeclineReason) error
	PersonBySlackID(ctx context.Context, companyID, slackID string) (store.Person, error)
	BeginAuthorization(ctx context.Context, a store.Authorization, state, browser string) error
	TakeAuthorization(ctx context.Context, network, state, browser string) (store.Authorization, error)
	Register(ctx context.Context, a store.Authorization, acc store.Account, person *store.Person) (store.Signup, error)
	DropAccess(ctx context.Context, companyID string, acc store.Account) error
	ConnectionsOf(ctx context.Context, network, subject string) ([]store.Owner, error)
	ConnectPage(ctx context.Context, a store.Authorization, pageID string) (store.Page, error)
	Deauthorize(ctx context.Context, w store.Withdrawal) error
	RequestDeletion(ctx context.Context, w store.Withdrawal, code string) error
	Deletion(ctx context.Context, code string) (store.Deletion, error)
}

// A Directory asks Slack itself who somebody is. It is needed when a removed person signs up again: Herald erased what
// it knew about them.
type Directory interface {
	// Person returns store.ErrNotFound if the workspace has no such user. ID and CompanyID of the person are not used.
	Person(ctx context.Context, company store.Company, slackID string) (store.Person, error)
}

// Config is what a Server needs. Everything is required, except where a standard is named.
type Config struct {
	Store     Store
	Directory Directory
	Networks  []networks.Network // that people register with, in the order of their buttons; at least one
	More      []networks.Network // that members can connect besides, in the same way
	PublicURL string             // where people reach this server, e.g. "https://jobs.acme.example"; a path is kept
	SlackURL  string             // "": the constant SlackURL
	// Slack tells the state of the connection to Slack in a word, such as "connected", and whether it is a good one.
	Slack func() (state string, ok bool)
	// TrustedProxies may name the client in X-Forwarded-For. None: the header is ignored.
	TrustedProxies []netip.Prefix
	// Answered hears of every request by the pattern of its route, "none" if there is none. May be nil.
	Answered func(route string, status int, took time.Duration)
	Now      func() time.Time
	Log      *slog.Logger
}

// A Server answers all of Herald's HTTP requests. It is safe for concurrent use.
type Server struct {
	store     Store
	directory Directory
	networks  []networks.Network // all of them
	entries   []networks.Network // those that people register with
	links     Links
	base      string // path of the public URL, "" or "/herald"
	https     bool
	slackURL  string
	slack     func() (state string, ok bool)
	answered  func(route string, status int, took time.Duration)
	now       func() time.Time
	log       *slog.Logger

	mux     *http.ServeMux
	pages   *template.Template
	static  map[string]asset
	origins *http.CrossOriginProtection
	policy  string // Content-Security-Policy
	clients *clients
}

// New checks the configuration and builds the server.
func New(c Config) (*Server, error) {
	public, err := url.Parse(c.PublicURL)
	if err != nil || public.Host == "" || (public.Scheme != "http" && public.Scheme != "https") {
		return nil, fmt.Errorf("public URL %q: want http://… or https://…", c.PublicURL)
	}
	if len(c.Networks) == 0 {
		return nil, errors.New("no network to sign up with")
	}

	s := &Server{
		store: c.Store, directory: c.Directory, networks: slices.Concat(c.Networks, c.More), entries: c.Networks,
		links: Links{PublicURL: c.PublicURL},
		base:  strings.TrimRight(public.EscapedPath(), "/"), https: public.Scheme == "https",
		slackURL: strings.TrimRight(c.SlackURL, "/"), slack: c.Slack, answered: c.Answered, now: c.Now, log: c.Log,
		clients: newClients(c.TrustedProxies),
	}
	if s.slackURL == "" {
		s.slackURL = SlackURL
	}
	if s.static, err = readStatic(); err != nil {
		return nil, err
	}
	if s.pages, err = s.parsePages(); err != nil {
		return nil, err
	}
	s.origins = http.NewCrossOriginProtection()
	if err := s.origins.AddTrustedOrigin(origin(public)); err != nil {
		return nil, fmt.Errorf("trust the public URL: %w", err)
	}
	if s.policy, err = contentPolicy(public, s.networks); err != nil {
		return nil, err
	}
	s.mux = s.routes()
	return s, nil
}

// routes lists everything there is to request.
func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("GET /privacy", s.privacy)
	mux.HandleFunc("GET /terms", s.terms)

	mux.HandleFunc("GET /register/{key}", s.showRegister)
	mux.HandleFunc("GET /register/{key}/{token}", s.showRegister)
	mux.HandleFunc("GET /register/{key}/{token}/{network}", s.backToRegister)
	mux.HandleFunc("POST /register/{key}/{network}", s.beginRegister)
	mux.HandleFunc("POST /register/{key}/{token}/{network}", s.beginRegister)
	mux.HandleFunc("GET /page/{network}/{key}/{token}", s.showConnectPage)
	mux.HandleFunc("POST /page/{network}/{key}/{token}", s.beginConnectPage)
	mux.HandleFunc("GET /oauth/{network}/callback", s.callback)
	mux.HandleFunc("GET /oauth/{network}/callback/{server}", s.callback)
	mux.HandleFunc("POST /oauth/{network}/page", s.choosePage)
	mux.HandleFunc("POST /oauth/{network}/deauthorize", s.deauthorize)
	mux.HandleFunc("POST /oauth/{network}/delete", s.requestDeletion)
	mux.HandleFunc("GET /deletion/{code}", s.showDeletion)
	mux.HandleFunc("GET /decline/{token}", s.showDecline)
	mux.HandleFunc("POST /decline/{token}", s.decline)

	mux.HandleFunc("GET /static/{file}", s.serveStatic)
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("GET /livez", s.live)
	return mux
}

// network returns the network of that name.
func (s *Server) network(name string) (networks.Network, bool) {
	for _, n := range s.networks {
		if n.Name() == name {
			return n, true
		}
	}
	return nil, false
}
