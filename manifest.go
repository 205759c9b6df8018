package main

import (
	_ "embed"
	"fmt"

	"go.yaml.in/yaml/v3"

	"herald/sandbox/slackd"
)

// manifestYAML describes the Slack app: people create theirs from the same file that the demo's Slack enforces.
//
//go:embed manifest.yml
var manifestYAML []byte

// manifest is what Herald reads of it; see https://docs.slack.dev/reference/app-manifest.
type manifest struct {
	DisplayInformation struct {
		Name string `yaml:"name"`
	} `yaml:"display_information"`
	Features struct {
		AppHome struct {
			HomeTab          bool `yaml:"home_tab_enabled"`
			MessagesTab      bool `yaml:"messages_tab_enabled"`
			MessagesReadOnly bool `yaml:"messages_tab_read_only_enabled"`
		} `yaml:"app_home"`
		SlashCommands []struct {
			Command      string `yaml:"command"`
			Description  string `yaml:"description"`
			UsageHint    string `yaml:"usage_hint"`
			ShouldEscape bool   `yaml:"should_escape"`
		} `yaml:"slash_commands"`
	} `yaml:"features"`
	OAuth struct {
		Scopes struct {
			Bot []string `yaml:"bot"`
		} `yaml:"scopes"`
	} `yaml:"oauth_config"`
	Settings struct {
		Events struct {
			Bot []string `yaml:"bot_events"`
		} `yaml:"event_subscriptions"`
	} `yaml:"settings"`
}

func readManifest() (manifest, error) {
	var m manifest
	if err := yaml.Unmarshal(manifestYAML, &m); err != nil {
		return m, fmt.Errorf("read manifest.yml: %w", err)
	}
	return m, nil
}

// slackApp is the manifest as the demo's Slack takes it.
func (m manifest) slackApp() slackd.App {
	app := slackd.App{
		Name: m.DisplayInformation.Name, Scopes: m.OAuth.Scopes.Bot, Events: m.Settings.Events.Bot,
		HomeTab: m.Features.AppHome.HomeTab, MessagesTab: m.Features.AppHome.MessagesTab, MessagesReadOnly: m.Features.AppHome.MessagesReadOnly,
	}
	for _, c := range m.Features.SlashCommands {
		app.Commands = append(app.Commands, slackd.Command{Name: c.Command, Description: c.Description, UsageHint: c.UsageHint, ShouldEscape: c.ShouldEscape})
	}
	return app
}
