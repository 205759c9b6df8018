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
	"herald/sandbox/linkedin"
	"herald/sandbox/page"
	"herald/sandbox/slackd"
)

// The app's credentials at the sandbox's LinkedIn.
const (
	ClientID     = "77heraldsandbox"
	ClientSecret = "WPL_AP1.sandbox-secret" //nolint:gosec // of a LinkedIn that only exists on this machine
)

// Options say what the sandbox starts with. App and Now are needed.
type Options struct {
	SlackPort    int            // port of the page and the Slack API on 127.0.0.1; 0: any that is free
	LinkedInPort int            // port of LinkedIn on 127.0.0.1; 0: any that is free
	App          slackd.App     // what the app's manifest says: commands, scopes, events
	RedirectURIs []string       // the app's callbacks that LinkedIn leads back to
	Limits       *slackd.Limits // nil: slackd.DefaultLimits
	Now          func() time.Time
	Logger       *slog.Logger // default: discards
}

// Sandbox is the running world. Close ends it.
type Sandbox struct {
	Slack    *slackd.Server
	LinkedIn *linkedin.Server
	Company  acme.Company

	PageURL        string // what people open
	SlackAPIURL    string // with the trailing slash slack-go wants
	LinkedInURL    string
	LinkedInAPIURL string
	BotToken       string
	AppToken       string

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
			ClientID: ClientID, ClientSecret: ClientSecret, Name: o.App.Name, RedirectURIs: o.RedirectURIs,
		}},
		Accounts: accounts(s.Company), Now: o.Now, Logger: o.Logger,
	})
	if err != nil {
		return fmt.Errorf("build LinkedIn: %w", err)
	}
	if s.LinkedInURL, err = s.serve(ctx, o.LinkedInPort, s.LinkedIn.Handler()); err != nil {
		return fmt.Errorf("serve LinkedIn: %w", err)
	}
	s.LinkedInAPIURL = s.LinkedInURL

	limits := slackd.DefaultLimits()
	if o.Limits != nil {
		limits = *o.Limits
	}
	s.Slack, err = slackd.New(slackd.Options{
		Team:  slackd.Team{ID: acme.TeamID, Name: acme.Name, Domain: acme.Domain},
		Users: users(s.Company), Channels: channels(s.Company), App: o.App, Limits: limits, Now: o.Now, Logger: o.Logger,
	})
	if err != nil {
		return fmt.Errorf("build Slack: %w", err)
	}
	shown, err := page.New(page.Options{
		Slack: s.Slack, LinkedIn: s.LinkedIn, LinkedInURL: s.LinkedInURL, First: mainCharacters(s.Company), Now: o.Now, Logger: o.Logger,
	})
	if err != nil {
		return fmt.Errorf("build the page: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", shown.Handler())
	for _, path := range []string{"/api/", "/socket", "/response/", "/upload/", "/files/"} {
		mux.Handle(path, s.Slack.Handler())
	}
	if s.PageURL, err = s.serve(ctx, o.SlackPort, mux); err != nil {
		return fmt.Errorf("serve Slack: %w", err)
	}
	s.Slack.SetBaseURL(s.PageURL)
	s.SlackAPIURL, s.BotToken, s.AppToken = s.Slack.APIURL(), s.Slack.BotToken(), s.Slack.AppToken()
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
