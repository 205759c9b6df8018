package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/sync/errgroup"

	"herald/bot"
	"herald/handlers"
	"herald/networks"
	"herald/store"
	"herald/web"
)

// Everything that waits for somebody else has an end.
const (
	slackTimeout  = 30 * time.Second // a Web API call
	headerTimeout = 10 * time.Second // a browser's request header
	pageTimeout   = 60 * time.Second // a page, a network's answers to it included
	drainTimeout  = 25 * time.Second // what is under way at shutdown
	syncEvery     = "@every 6h"      // the whole directory; single changes arrive as events
	staleAfter    = time.Hour        // a start-up syncs the directory unless it was just done
)

type serveCommand struct {
	databaseSettings
	slackSettings
	webSettings
	linkedInSettings
	logSettings
}

// Run serves until it is told to stop.
func (s serveCommand) Run(p *process) error {
	err := checkSettings(s.slackSettings.settings(), s.webSettings.settings(), s.linkedInSettings.settings(), s.databaseSettings.settings(), s.logSettings.settings())
	if err != nil {
		return err
	}
	return s.serve(p.ctx, p.now, s.logger(), func(string) {})
}

// serve wires everything together and runs it until ctx ends. It calls ready with the web server's address once people can be served.
func (s serveCommand) serve(ctx context.Context, now func() time.Time, log *slog.Logger, ready func(addr string)) error {
	listener, err := net.Listen("tcp", s.listen())
	if err != nil {
		return fmt.Errorf("listen for browsers: %w", err)
	}
	defer listener.Close() //nolint:errcheck // the HTTP server closes it first, this is for the errors in between

	// The store tells the handlers about new jobs, and the handlers need the store.
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
	if err := db.Migrate(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}

	client := &http.Client{Timeout: slackTimeout}
	api := slack.New(s.SlackBotToken, slack.OptionAPIURL(s.apiURL()), slack.OptionAppLevelToken(s.SlackAppToken), slack.OptionHTTPClient(client))
	links := web.Links{PublicURL: s.publicURL()}
	h := handlers.New(handlers.Config{
		Store: db, HTTP: client, Operators: s.operators(), Now: now, Log: log,
		API:         func(store.Company) *slack.Client { return api },
		CompanyURL:  links.Company,
		PersonalURL: links.Personal,
	})
	wake = h.Wake
	company, err := h.Start(ctx)
	if err != nil {
		return fmt.Errorf("meet the workspace: %w", err)
	}

	hearing := bot.New(bot.Config{API: api, Handler: h, Seen: db, Log: log, Now: now})
	pages := web.New(web.Config{
		Store: db, Directory: h, PublicURL: s.publicURL(), TrustedProxies: s.trustedProxies(), Now: now, Log: log,
		Networks: []networks.Network{networks.LinkedIn(networks.LinkedInConfig{
			ClientID: s.LinkedInClientID, ClientSecret: s.LinkedInClientSecret, URL: s.LinkedInURL, APIURL: s.LinkedInAPIURL,
		})},
		Health: func() any { return hearing.Health() },
	})
	clock := bot.NewClock(time.UTC, log)
	for name, job := range map[string]struct {
		spec string
		run  func(context.Context) error
	}{
		"sync the directory":  {syncEvery, func(ctx context.Context) error { return h.SyncDirectory(ctx, company) }},
		"expire connections":  {"@every 1m", h.ExpireConnections},
		"delete what is over": {"@every 15m", db.Tidy},
	} {
		if err := clock.Add(name, job.spec, job.run); err != nil {
			return err
		}
	}

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return hearing.Run(ctx) })
	group.Go(func() error { return h.Run(ctx) })
	group.Go(func() error { return clock.Run(ctx) })
	group.Go(func() error { return serveHTTP(ctx, listener, pages) })
	if now().Sub(company.SyncedAt) > staleAfter {
		group.Go(func() error {
			if err := h.SyncDirectory(ctx, company); err != nil && ctx.Err() == nil {
				log.LogAttrs(ctx, slog.LevelError, "the first directory sync failed; the next one follows", slog.String("error", err.Error()))
			}
			return nil
		})
	}
	log.LogAttrs(ctx, slog.LevelInfo, "Herald serves", slog.String("address", listener.Addr().String()), slog.String("public_url", s.publicURL()))
	ready(listener.Addr().String())
	return group.Wait()
}

// serveHTTP serves until ctx ends, then lets requests under way finish.
func serveHTTP(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: pageTimeout, WriteTimeout: pageTimeout, IdleTimeout: 2 * pageTimeout}
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
