package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/sync/errgroup"

	"herald/bot"
	"herald/delivery"
	"herald/handlers"
	"herald/handlers/view"
	"herald/mail"
	"herald/metrics"
	"herald/networks"
	"herald/store"
	"herald/web"
)

// Everything that waits for somebody else has an end.
const (
	slackTimeout = 30 * time.Second // a Web API call
	firstPause   = time.Second      // before Slack is asked again at start-up; doubled each time
	longestPause = 30 * time.Second
	drainTimeout = 25 * time.Second // what is under way at shutdown
	expireEvery  = time.Minute
	expireAtOnce = 10_000
	tellEvery    = 20 * time.Minute
	remindEvery  = 20 * time.Second // looks whether a company's reminders are due
	reviewEvery  = time.Hour
	tidyEvery    = 15 * time.Minute
)

type serveCommand struct {
	databaseSettings
	slackSettings
	webSettings
	linkedInSettings
	facebookSettings
	smtpSettings
	mastodonSettings
	logSettings
}

// Run serves until it is told to stop.
func (s serveCommand) Run(p *process) error {
	err := checkSettings(s.slackSettings.settings(), s.webSettings.settings(), s.linkedInSettings.settings(), s.facebookSettings.settings(), s.mastodonSettings.settings(), s.smtpSettings.settings(), s.databaseSettings.settings(), s.logSettings.settings())
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(p.ctx, "tcp", s.listen())
	if err != nil {
		return fmt.Errorf("listen for browsers: %w", err)
	}
	return s.serve(p.ctx, p.now, s.logger(), listener)
}

// serve wires everything together and runs it until ctx ends. It closes the listener, which is for people's browsers.
func (s serveCommand) serve(ctx context.Context, now func() time.Time, log *slog.Logger, listener net.Listener) error {
	defer listener.Close() //nolint:errcheck // the HTTP server closes it first, this is for the errors in between

	// The store tells the runner about new jobs, and the runner needs the store.
	var wake func()
	db, err := s.open(ctx, store.Options{Now: now, Wake: func() {
		if wake != nil {
			wake()
		}
	}})
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // at exit nobody is left to tell
	unlock, err := db.ServeAlone(ctx)
	if err != nil {
		return err
	}
	defer unlock() //nolint:errcheck // likewise
	if err := db.Migrate(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}

	numbers := metrics.New(db)
	client := &http.Client{Timeout: slackTimeout, Transport: numbers.SlackCalls(http.DefaultTransport, s.apiURL())}
	api := slack.New(s.SlackBotToken, slack.OptionAPIURL(s.apiURL()), slack.OptionAppLevelToken(s.SlackAppToken), slack.OptionHTTPClient(client))
	links := web.Links{PublicURL: s.publicURL()}
	entries, more := s.networks(now), s.moreNetworks(db, now)
	all := slices.Concat(entries, more)
	post, err := s.sender(now)
	if err != nil {
		return fmt.Errorf("read the settings of the mail server: %w", err)
	}
	if post != nil && s.tls() == mail.NoTLS && !loopback(s.SMTPHost) {
		log.LogAttrs(ctx, slog.LevelWarn, "SMTP_TLS is none, so invitations by email can be read on their way to the mail server")
	}
	h := handlers.New(handlers.Config{
		Store: db, HTTP: client, Operators: s.operators(), Networks: offered(all), Revoker: revoker(all), Now: now, Log: log,
		API:         func(store.Company) *slack.Client { return api },
		CompanyURL:  func(c store.Company) string { return links.Company(c.Key) },
		PersonalURL: func(c store.Company, token string) string { return links.Personal(c.Key, token) },
		DeclineURL:  links.Decline,
		Mail:        mailer(post),
		Pace:        s.pace(),
		Haste:       s.haste(),
		PageURL:     func(c store.Company, network, token string) string { return links.Page(network, c.Key, token) },
	})
	replica := rand.Text()
	runner := delivery.NewRunner(delivery.Config{
		Store: db, Tasks: observed(h.Tasks(), numbers), Replica: replica, Alone: s.DatabaseURL == "", Pace: s.pace(), Now: now, Log: log,
	})
	wake = runner.Wake
	if s.DatabaseURL != "" && s.EncryptionKey == "" {
		log.LogAttrs(ctx, slog.LevelWarn, "ENCRYPTION_KEY is empty, so a key file seals what is in PostgreSQL: keep it, and give the same one to every process", slog.String("file", s.keyFile()))
	}

	hearing := bot.New(bot.Config{API: api, Handler: h, Seen: db, Log: log, Now: now})
	pages, err := web.New(web.Config{
		Store: observedStore{db, numbers}, Directory: directory{h}, PublicURL: s.publicURL(), SlackURL: s.SlackClientURL, TrustedProxies: s.trustedProxies(), Now: now, Log: log,
		Networks: entries, More: more,
		Slack:    func() (string, bool) { return slackState(hearing.Health()) },
		Answered: numbers.Request,
	})
	if err != nil {
		return err
	}
	turn := turns{db, replica, now}
	mirror := &directories{
		db: db, handlers: h, turns: turn, now: now, log: log,
		connected: func() bool { return hearing.Health().Connected }, missed: make(chan struct{}, 1),
	}
	clock := bot.NewClock(time.UTC, now, log)
	for _, periodic := range []struct {
		what  string
		every time.Duration
		work  func(context.Context) error
	}{
		{"expire connections", expireEvery, func(ctx context.Context) error {
			_, err := db.ExpireConnections(ctx, expireAtOnce)
			return err
		}},
		{"tell people whose access ends soon", tellEvery, h.TellEndings},
		{"start reminders that are due", remindEvery, h.StartReminders},
		{"review who is deactivated", reviewEvery, db.ReviewDeactivated},
		{"delete what is over", tidyEvery, db.Tidy},
	} {
		clock.Every(periodic.what, periodic.every, turn.once(periodic.what, periodic.every, periodic.work))
	}
	err = clock.Add("note that Slack is heard", "@every "+heardEvery.String(), mirror.heard)
	if err != nil {
		return err
	}

	var counting net.Listener
	if s.MetricsListen != "" {
		if counting, err = (&net.ListenConfig{}).Listen(ctx, "tcp", s.MetricsListen); err != nil {
			return fmt.Errorf("listen for Prometheus: %w", err)
		}
	}

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return serveHTTP(ctx, listener, pages.HTTPServer()) })
	if counting != nil {
		group.Go(func() error { return serveHTTP(ctx, counting, metricsServer(numbers)) })
		log.LogAttrs(ctx, slog.LevelInfo, "metrics are served", slog.String("address", counting.Addr().String()))
	}
	group.Go(func() error { return runner.Run(ctx) })
	group.Go(func() error { return clock.Run(ctx, drainTimeout) })
	log.LogAttrs(ctx, slog.LevelInfo, "Herald serves", slog.String("address", listener.Addr().String()), slog.String("public_url", s.publicURL()))
	group.Go(func() error {
		if err := meet(ctx, h, log); err != nil {
			return err
		}
		group.Go(func() error {
			mirror.run(ctx)
			return nil
		})
		return hearing.Run(ctx)
	})
	return group.Wait()
}

// meet asks Slack whose workspace this is, as often as it takes: Slack may be out of reach when Herald starts, and the pages work
// meanwhile. It gives up only when Slack refuses the token.
func meet(ctx context.Context, h *handlers.Handlers, log *slog.Logger) error {
	for pause := firstPause; ctx.Err() == nil; pause = min(2*pause, longestPause) {
		_, err := h.Start(ctx)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, handlers.ErrToken):
			return fmt.Errorf("meet the workspace: %w", err)
		}
		log.LogAttrs(ctx, slog.LevelWarn, "Slack cannot be reached; the next try follows", slog.Duration("in", pause), slog.String("error", err.Error()))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
	return nil // Herald ends
}

// networks are those that people can register with, in the order of their buttons.
func (s serveCommand) networks(now func() time.Time) []networks.Network {
	all := []networks.Network{
		networks.NewLinkedIn(networks.LinkedInApp{
			ClientID: s.LinkedInClientID, ClientSecret: s.LinkedInClientSecret, URL: s.LinkedInURL, APIURL: s.LinkedInAPIURL, Now: now,
		}),
	}
	if s.FacebookAppID != "" {
		all = append(all, networks.NewFacebook(networks.FacebookApp{
			AppID: s.FacebookAppID, AppSecret: s.FacebookAppSecret, URL: s.FacebookURL, GraphURL: s.FacebookGraphURL,
			GraphVersion: s.FacebookGraphVersion, Now: now,
		}))
	}
	return all
}

// moreNetworks are those that members can connect besides.
func (s serveCommand) moreNetworks(db *store.Store, now func() time.Time) []networks.Network {
	return []networks.Network{s.mastodon(db, now)}
}

func (s serveCommand) mastodon(db *store.Store, now func() time.Time) *networks.Mastodon {
	return networks.NewMastodon(networks.MastodonApp{Name: "Herald", Website: s.publicURL(), Clients: db, Allowed: s.allowed(), Now: now})
}

// offered is what Slack's screens show of the networks.
func offered(all []networks.Network) view.Offered {
	shown := make(view.Offered, len(all))
	for i, n := range all {
		_, pages := n.(networks.Pager)
		shown[i] = view.Network{Name: n.Name(), Title: n.Title(), AppSettings: n.AppSettings(), Pages: pages}
		if previewer, ok := n.(networks.Previewer); ok {
			shown[i].Look = new(view.Look(previewer.Look()))
		}
	}
	return shown
}

// slackState is the connection to Slack in a word, for the health page.
func slackState(h bot.Health) (state string, ok bool) {
	switch {
	case h.Connected:
		return "connected", true
	case h.LastHello.IsZero():
		return "connecting", false
	default:
		return "reconnecting", false
	}
}

// mailer lets handlers send invitations by email; nil without a mail server.
func mailer(post *mail.Sender) func(context.Context, handlers.Letter) error {
	if post == nil {
		return nil
	}
	return func(ctx context.Context, l handlers.Letter) error { return post.Invite(ctx, mail.Invitation(l)) }
}

// directory lets web ask Slack who somebody is.
type directory struct{ *handlers.Handlers }

// Person returns the workspace's entry for the Slack user, or store.ErrNotFound.
func (d directory) Person(ctx context.Context, c store.Company, slackID string) (store.Person, error) {
	return d.DirectoryPerson(ctx, c, slackID)
}

// serveHTTP serves until ctx ends, then lets requests under way finish.
func serveHTTP(ctx context.Context, listener net.Listener, server *http.Server) error {
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve pages: %w", err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		return fmt.Errorf("finish serving pages: %w", err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
