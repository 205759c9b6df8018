package main

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/slack-go/slack"

	"herald/handlers"
	"herald/store"
)

// adminCommand is for whoever runs the server.
type adminCommand struct {
	Grant adminGrant `cmd:"" help:"Make somebody a company admin, registered or not."`
}

type adminGrant struct {
	databaseSettings
	slackAPISettings
	logSettings

	Team string `help:"Slack team id, such as T024BE7LD. Needed only if the database holds several companies and no Slack token is set." env:"SLACK_TEAM" placeholder:"TEAM"`
	User string `arg:"" name:"slack-user-id" help:"A person's Slack profile › ⋮ › Copy member ID, such as U024BE7LH."`
}

// Run grants. With a bot token it asks Slack who this is, so it works before the first start and for somebody who was removed;
// without, the person must be in the database.
func (a adminGrant) Run(p *process) error {
	settings := [][]setting{
		a.databaseSettings.settings(), a.logSettings.settings(),
		{{"slack-user-id", a.User, true, slackIDs, "whom to make a company admin.", "a person's Slack profile › ⋮ › Copy member ID."}},
	}
	if a.SlackBotToken != "" {
		settings = append(settings, a.slackAPISettings.settings())
	}
	if err := checkSettings(settings...); err != nil {
		return err
	}
	db, err := a.open(p.ctx, store.Options{Now: p.now})
	if err != nil {
		return err
	}
	return errors.Join(a.grant(p, db), db.Close())
}

func (a adminGrant) grant(p *process, db *store.Store) error {
	if err := db.Migrate(p.ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	company, err := a.company(p, db)
	if err != nil {
		return err
	}
	m, err := db.GrantAdmin(p.ctx, company.ID, store.Actor{CLI: true}, a.User)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("nobody with the id %s is known at %s yet: set SLACK_BOT_TOKEN so that Slack can be asked, or let herald serve sync the directory first", a.User, company.Name)
	case errors.Is(err, store.ErrNotEligible):
		return fmt.Errorf("%s is a bot, a guest or deactivated in Slack, and cannot be a company admin", a.User)
	case err != nil:
		return fmt.Errorf("grant: %w", err)
	}
	_, err = fmt.Fprintf(p.stdout, "%s is a company admin of %s now (database: %s). They type /social in Slack to begin.\n", m.Name, company.Name, a.where())
	return err
}

// company finds the workspace, and with a bot token brings the person's entry up to date.
func (a adminGrant) company(p *process, db *store.Store) (store.Company, error) {
	if a.SlackBotToken != "" {
		client := &http.Client{Timeout: slackTimeout}
		api := slack.New(a.SlackBotToken, slack.OptionAPIURL(a.apiURL()), slack.OptionHTTPClient(client))
		h := handlers.New(handlers.Config{Store: db, HTTP: client, Now: p.now, Log: a.logger(), API: func(store.Company) *slack.Client { return api }})
		company, err := h.Start(p.ctx)
		if err != nil {
			return company, fmt.Errorf("meet the workspace: %w", err)
		}
		entry, err := h.DirectoryPerson(p.ctx, company, a.User)
		if err != nil {
			return company, fmt.Errorf("ask Slack who %s is: %w", a.User, err)
		}
		_, err = db.Remember(p.ctx, company.ID, entry)
		return company, err
	}
	companies, err := db.Companies(p.ctx)
	if err != nil {
		return store.Company{}, err
	}
	if len(companies) == 1 && a.Team == "" {
		return companies[0], nil
	}
	for _, c := range companies {
		if c.TeamID == a.Team {
			return c, nil
		}
	}
	if len(companies) == 0 {
		return store.Company{}, errors.New("the database holds no company yet: set SLACK_BOT_TOKEN (see herald serve --help), or start herald serve once")
	}
	return store.Company{}, errors.New("the database holds several companies: say which with --team")
}
