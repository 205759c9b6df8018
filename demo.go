package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"herald/mail"
	"herald/sandbox"
	"herald/web"
)

type demoCommand struct {
	Port     int    `help:"Port of the demo's page on this machine. 0: any that is free." env:"DEMO_PORT" default:"0"`
	Folder   string `help:"Folder that keeps the demo's database between runs. Empty: a new one, deleted at the end." env:"DEMO_FOLDER" placeholder:"FOLDER"`
	LogLevel string `help:"debug, info, warn or error." env:"LOG_LEVEL" default:"warn" placeholder:"LEVEL"`
}

// welcome is what the demo says once everything runs.
const welcome = `
Herald's demo runs on this machine alone. Open:

    %s

You are Ana, a company admin of Acme. Type /social in a channel, or open the app's Home tab.
Act as somebody else at the top left. Mail ends in the mailbox at the bottom left. Press Ctrl-C to stop.

`

// Run starts a Slack, a LinkedIn, a Facebook, a Mastodon server and Herald on this machine. Herald is the same as with `serve`, only its settings point at the stand-ins.
func (d demoCommand) Run(p *process) (err error) {
	log := logSettings{LogLevel: d.LogLevel, LogFormat: "text"}
	if err := checkSettings(log.settings()); err != nil {
		return err
	}
	folder := d.Folder
	if folder == "" {
		if folder, err = os.MkdirTemp("", "herald-demo-"); err != nil {
			return fmt.Errorf("make a folder for the demo: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	} else if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make the demo's folder: %w", err)
	}

	listener, err := (&net.ListenConfig{}).Listen(p.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for browsers: %w", err)
	}
	public := "http://" + listener.Addr().String()
	box, err := startSandbox(p, d.Port, public, log.logger())
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, box.Close()) }()

	s := demoSettings(box, public, databaseSettings{DatabaseFile: filepath.Join(folder, "herald.db")})
	if err := s.seed(p, box); err != nil {
		if stopped := p.ctx.Err(); stopped != nil { // by Ctrl-C, which is no fault of the database
			return errors.Join(stopped, listener.Close())
		}
		return errors.Join(fmt.Errorf("fill the demo's database: %w", err), listener.Close())
	}
	group, ctx := errgroup.WithContext(p.ctx)
	group.Go(func() error { return s.serve(ctx, p.now, log.logger(), listener) })
	group.Go(func() error {
		// Before that, nobody would hear what people do.
		if err := box.Slack.AwaitConnections(ctx, 1); err != nil {
			return err
		}
		_, err := fmt.Fprintf(p.stdout, welcome, box.PageURL)
		return err
	})
	return group.Wait()
}

// startSandbox starts the stand-ins for a Herald at the public URL.
func startSandbox(p *process, port int, public string, log *slog.Logger) (*sandbox.Sandbox, error) {
	m, err := readManifest()
	if err != nil {
		return nil, err
	}
	links := web.Links{PublicURL: public}
	return sandbox.Start(p.ctx, sandbox.Options{
		SlackPort: port, App: m.slackApp(), Now: p.now, Logger: log,
		LinkedIn: sandbox.Callbacks{Redirect: links.Callback("linkedin")},
		Facebook: sandbox.Callbacks{
			Redirect: links.Callback("facebook"), Deauthorize: links.Deauthorize("facebook"), Deletion: links.Delete("facebook"),
		},
	})
}

// demoSettings point Herald at the stand-ins.
func demoSettings(box *sandbox.Sandbox, public string, db databaseSettings) serveCommand {
	return serveCommand{
		databaseSettings: db,
		slackSettings: slackSettings{
			slackAPISettings: slackAPISettings{SlackBotToken: box.BotToken, SlackAPIURL: box.SlackAPIURL},
			SlackAppToken:    box.AppToken,
			SlackClientURL:   box.PageURL + "/client",
		},
		webSettings: webSettings{PublicURL: public},
		linkedInSettings: linkedInSettings{
			LinkedInClientID: sandbox.ClientID, LinkedInClientSecret: sandbox.ClientSecret,
			LinkedInURL: box.LinkedInURL, LinkedInAPIURL: box.LinkedInAPIURL,
		},
		smtpSettings: smtpSettings{SMTPHost: box.SMTPHost, SMTPPort: box.SMTPPort, SMTPFrom: "Acme <jobs@acme.example>", SMTPTLS: string(mail.NoTLS)},
		facebookSettings: facebookSettings{
			FacebookAppID: sandbox.FacebookAppID, FacebookAppSecret: sandbox.FacebookAppSecret,
			FacebookURL: box.FacebookURL, FacebookGraphURL: box.FacebookGraphURL,
		},
		mastodonSettings: mastodonSettings{MastodonAllowedHosts: box.MastodonURL},
	}
}
