// Package sandbox starts a whole small world on one machine: Acme's Slack workspace with its web page, and LinkedIn.
// Whoever connects to it speaks the real protocols, and needs to know nothing but the addresses it returns.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"herald/sandbox/acme"
	"herald/sandbox/facebook"
	"herald/sandbox/linkedin"
	"herald/sandbox/mailbox"
	"herald/sandbox/mastodon"
	"herald/sandbox/page"
	"herald/sandbox/slackd"
)

// The app's credentials at the sandbox's LinkedIn.
const (
	ClientID     = "77heraldsandbox"
	ClientSecret = "WPL_AP1.sandbox-secret" //nolint:gosec // of a LinkedIn that only exists on this machine
)

// The app's credentials at the sandbox's Facebook.
const (
	FacebookAppID     = "770000000000001"
	FacebookAppSecret = "facebook-sandbox-secret"
)

// Options say what the sandbox starts with. App and Now are needed.
type Options struct {
	SlackPort int        // port of the page and the Slack API on 127.0.0.1; 0: any that is free
	App       slackd.App // what the app's manifest says: commands, scopes, events
	LinkedIn  Callbacks
	Facebook  Callbacks
	Limits    *slackd.Limits // nil: slackd.DefaultLimits
	Now       func() time.Time
	Logger    *slog.Logger // default: discards
}

// Callbacks are the app's addresses that a network knows.
type Callbacks struct {
	Redirect    string // where people are led back to; "": nobody can consent
	Deauthorize string // called when somebody removes the app; "", as at LinkedIn: nobody is told
	Deletion    string // called when somebody asks that the app deletes their data; "": they cannot
}

func (c Callbacks) redirects() []string {
	if c.Redirect == "" {
		return nil
	}
	return []string{c.Redirect}
}

// Sandbox is the running world. Close ends it.
type Sandbox struct {
	Slack    *slackd.Server
	LinkedIn *linkedin.Server
	Facebook *facebook.Server
	Mailbox  *mailbox.Server
	Mastodon *mastodon.Server
	Company  acme.Company

	PageURL          string // what people open
	SlackAPIURL      string // with the trailing slash slack-go wants
	LinkedInURL      string
	LinkedInAPIURL   string
	FacebookURL      string
	FacebookGraphURL string
	SMTPHost         string
	SMTPPort         string
	MastodonURL      string
	BotToken         string
	AppToken         string

	servers []*http.Server
	end     context.CancelFunc
}

// Start listens on 127.0.0.1 until Close is called or ctx ends. It fails if a port is taken or the app's description is
// not one Slack or LinkedIn would accept.
func Start(ctx context.Context, o Options) (*Sandbox, error) {
	if o.Now == nil {
		return nil, errors.New("sandbox: Options.Now is needed")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Sandbox{Company: acme.New()}
	if err := s.start(ctx, o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Sandbox) start(ctx context.Context, o Options) error {
	ctx, s.end = context.WithCancel(ctx)
	var err error
	s.LinkedIn, err = linkedin.New(linkedin.Options{
		Apps: []linkedin.App{{
			ClientID: ClientID, ClientSecret: ClientSecret, Name: o.App.Name, RedirectURIs: o.LinkedIn.redirects(),
		}},
		Accounts: accounts(s.Company), Now: o.Now, Logger: o.Logger,
	})
	if err != nil {
		return fmt.Errorf("build LinkedIn: %w", err)
	}
	if s.LinkedInURL, err = s.serve(ctx, 0, s.LinkedIn.Handler()); err != nil {
		return fmt.Errorf("serve LinkedIn: %w", err)
	}
	s.LinkedInAPIURL = s.LinkedInURL

	s.Facebook, err = facebook.New(facebook.Options{
		Apps: []facebook.App{{
			ClientID: FacebookAppID, ClientSecret: FacebookAppSecret, Name: o.App.Name, RedirectURIs: o.Facebook.redirects(),
			Permissions:    []string{"public_profile", "email", "pages_show_list"},
			DeauthorizeURL: o.Facebook.Deauthorize, DeletionURL: o.Facebook.Deletion,
		}},
		Accounts: facebookAccounts(s.Company), Now: o.Now, Logger: o.Logger,
	})
	if err != nil {
		return fmt.Errorf("build Facebook: %w", err)
	}
	if s.FacebookURL, err = s.serve(ctx, 0, s.Facebook.Handler()); err != nil {
		return fmt.Errorf("serve Facebook: %w", err)
	}
	s.FacebookGraphURL = s.FacebookURL

	if err := s.startMailbox(ctx, o); err != nil {
		return err
	}
	s.Mastodon, err = mastodon.New(mastodon.Options{Accounts: mastodonAccounts(s.Company), Now: o.Now, Logger: o.Logger})
	if err != nil {
		return fmt.Errorf("build Mastodon: %w", err)
	}
	if s.MastodonURL, err = s.serve(ctx, 0, s.Mastodon.Handler()); err != nil {
		return fmt.Errorf("serve Mastodon: %w", err)
	}

	limits := slackd.DefaultLimits()
	if o.Limits != nil {
		limits = *o.Limits
	}
	s.Slack, err = slackd.New(slackd.Options{
		Team:  slackd.Team{ID: acme.TeamID, Name: acme.Name, Domain: acme.Domain},
		Users: users(s.Company), Channels: channels(s.Company), UserGroups: groups(s.Company), App: o.App, Limits: limits, Now: o.Now, Logger: o.Logger,
	})
	if err != nil {
		return fmt.Errorf("build Slack: %w", err)
	}
	shown, err := page.New(page.Options{
		Slack: s.Slack, First: mainCharacters(s.Company), MailboxURL: "/mail", Now: o.Now, Logger: o.Logger,
		Networks: []page.Network{
			{Name: "linkedin", Title: "LinkedIn", Switches: s.LinkedIn.Switches, Page: "permitted services", URL: s.LinkedInURL + "/psettings/permitted-services"},
			{Name: "facebook", Title: "Facebook", Switches: s.Facebook.Switches, Page: "apps and websites", URL: s.FacebookURL + "/settings"},
			{Name: "mastodon", Title: "Mastodon", Switches: s.Mastodon.Switches, Page: "authorized apps", URL: s.MastodonURL + "/oauth/authorized_applications"},
		},
	})
	if err != nil {
		return fmt.Errorf("build the page: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", shown.Handler())
	for _, path := range []string{"/api/", "/socket", "/response/", "/upload/", "/files/"} {
		mux.Handle(path, s.Slack.Handler())
	}
	for _, path := range []string{"/mail", "/mail/"} {
		mux.Handle(path, s.Mailbox.Handler())
	}
	if s.PageURL, err = s.serve(ctx, o.SlackPort, mux); err != nil {
		return fmt.Errorf("serve Slack: %w", err)
	}
	s.Slack.SetBaseURL(s.PageURL)
	s.SlackAPIURL, s.BotToken, s.AppToken = s.Slack.APIURL(), s.Slack.BotToken(), s.Slack.AppToken()
	return nil
}

// startMailbox takes mail on a port of this machine.
func (s *Sandbox) startMailbox(ctx context.Context, o Options) error {
	var err error
	if s.Mailbox, err = mailbox.New(mailbox.Options{Now: o.Now, Logger: o.Logger}); err != nil {
		return fmt.Errorf("build the mailbox: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for mail: %w", err)
	}
	if s.SMTPHost, s.SMTPPort, err = net.SplitHostPort(listener.Addr().String()); err != nil {
		return errors.Join(err, listener.Close())
	}
	go func() {
		if err := s.Mailbox.Serve(listener); err != nil {
			o.Logger.ErrorContext(ctx, "the mailbox ended", "error", err)
		}
	}()
	return nil
}

// serve answers on a port of this machine, and returns the address.
func (s *Sandbox) serve(ctx context.Context, port int, handler http.Handler) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return "", err
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	s.servers = append(s.servers, server)
	go func() { _ = server.Serve(listener) }() // always ends with ErrServerClosed, by Close
	return "http://" + listener.Addr().String(), nil
}

// Close stops both servers and drops every connection.
func (s *Sandbox) Close() error {
	var problems []error
	if s.end != nil {
		s.end()
	}
	if s.Slack != nil {
		problems = append(problems, s.Slack.Close())
	}
	if s.Mailbox != nil {
		problems = append(problems, s.Mailbox.Close())
	}
	for _, server := range s.servers {
		problems = append(problems, server.Close())
	}
	return errors.Join(problems...)
}

// LinkedInAccount is the id of the LinkedIn account that belongs to a person of Acme.
func LinkedInAccount(slackID string) string { return "li-" + slackID }

// accounts gives every human of Acme a LinkedIn account, whose address is not the one they have at work.
func accounts(c acme.Company) []linkedin.Account {
	var all []linkedin.Account
	for _, p := range c.People {
		if p.Email == "" {
			continue
		}
		all = append(all, linkedin.Account{
			ID: LinkedInAccount(p.ID), Name: p.RealName, GivenName: p.FirstName, FamilyName: p.LastName,
			Email: p.Handle + "@home.example", Headline: p.Title,
		})
	}
	return all
}

// FacebookAccount is the id of the Facebook account that belongs to a person of Acme.
func FacebookAccount(slackID string) string { return "fb-" + slackID }

// facebookAccounts gives every human of Acme a Facebook account, with the address they have at home.
func facebookAccounts(c acme.Company) []facebook.Account {
	var all []facebook.Account
	for _, p := range c.People {
		if p.Email == "" {
			continue
		}
		all = append(all, facebook.Account{
			ID: FacebookAccount(p.ID), Name: p.RealName, FirstName: p.FirstName, LastName: p.LastName, Email: p.Handle + "@home.example",
			Pages: facebookPages(p),
		})
	}
	return all
}

// MastodonAccount is the id of the Mastodon account that belongs to a person of Acme.
func MastodonAccount(slackID string) string { return "ma-" + slackID }

// mastodonAccounts gives every human of Acme an account on the sandbox's server.
func mastodonAccounts(c acme.Company) []mastodon.Account {
	var all []mastodon.Account
	for _, p := range c.People {
		if p.Email != "" {
			all = append(all, mastodon.Account{ID: MastodonAccount(p.ID), Username: p.Handle, DisplayName: p.RealName})
		}
	}
	return all
}

// facebookPages are the Pages that somebody manages: Acme's is Ben's, and Eve's beside one of her own.
func facebookPages(p acme.Person) []facebook.Page {
	switch p.ID {
	case acme.Ben:
		return []facebook.Page{{ID: "700001", Name: "Acme Jobs"}}
	case acme.Eve:
		return []facebook.Page{{ID: "700002", Name: "Eve’s Bakery"}, {ID: "700001", Name: "Acme Jobs"}}
	}
	return nil
}

func users(c acme.Company) []slackd.User {
	var all []slackd.User
	for _, p := range c.People {
		all = append(all, slackd.User{
			ID: p.ID, TeamID: p.TeamID, Name: p.Handle, RealName: p.RealName, DisplayName: p.DisplayName, Email: p.Email, Title: p.Title,
			TZ: p.TZ, TZLabel: p.TZLabel, TZOffset: p.TZOffset, IsBot: p.Bot, Deleted: p.Deactivated,
			IsAdmin: p.WorkspaceAdmin, IsOwner: p.Owner, IsPrimaryOwner: p.PrimaryOwner,
			IsRestricted: p.Guest, IsUltraRestricted: p.ChannelGuest, IsStranger: p.TeamID != acme.TeamID,
		})
	}
	return all
}

func channels(c acme.Company) []slackd.Channel {
	var all []slackd.Channel
	for _, ch := range c.Channels {
		all = append(all, slackd.Channel{ID: ch.ID, Name: ch.Name, Topic: ch.Topic, IsPrivate: ch.Private, Members: ch.Members})
	}
	return all
}

func groups(c acme.Company) []slackd.UserGroup {
	var all []slackd.UserGroup
	for _, g := range c.Groups {
		all = append(all, slackd.UserGroup{ID: g.ID, Handle: g.Handle, Name: g.Name, Users: g.Members})
	}
	return all
}

// mainCharacters are listed first where the page lets people be picked.
func mainCharacters(c acme.Company) []string {
	var ids []string
	for _, p := range c.People {
		if p.Main {
			ids = append(ids, p.ID)
		}
	}
	return ids
}
