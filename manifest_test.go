package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"herald/sandbox/acme"
)

// source is the code of a folder, without its tests.
func source(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(text)
	}
	return code.String()
}

// TestTheManifestAsksForWhatTheCodeUses fails for a scope or an event that nothing needs, and for a need without a scope or an event.
func TestTheManifestAsksForWhatTheCodeUses(t *testing.T) {
	t.Parallel()
	m, err := readManifest()
	if err != nil {
		t.Fatal(err)
	}
	handlers := source(t, "handlers")
	for what, c := range map[string]struct {
		asked []string
		needs map[string]string // what the code has if it needs it
	}{
		"scope": {m.OAuth.Scopes.Bot, map[string]string{
			"commands":          "func (h *Handlers) Command(",
			"chat:write":        ".PostMessageContext(",
			"chat:write.public": "FormPostURL",
			"im:write":          ".OpenConversationContext(",
			"im:history":        ".GetConversationHistoryContext(",
			"users:read":        ".GetUsersPaginated(",
			"users:read.email":  "Profile.Email",
			"team:read":         ".GetTeamInfoContext(",
			"files:write":       ".CompleteUploadExternalContext(",
			"files:read":        ".GetFileInfoContext(",
			"channels:read":     ".GetUsersInConversationContext(",
			"groups:read":       ".GetUsersInConversationContext(",
			"usergroups:read":   ".GetUserGroupMembersContext(",
			"dnd:read":          ".GetDNDTeamInfoContext(",
		}},
		"event": {m.Settings.Events.Bot, map[string]string{
			"app_home_opened": "slackevents.AppHomeOpenedEvent",
			"app_uninstalled": "slackevents.AppUninstalledEvent",
			"tokens_revoked":  "slackevents.TokensRevokedEvent",
			"team_join":       "slackevents.TeamJoinEvent",
			"user_change":     "slackevents.UserChangeEvent",
		}},
	} {
		for _, name := range slices.Sorted(maps.Keys(c.needs)) {
			asked, used := slices.Contains(c.asked, name), strings.Contains(handlers, c.needs[name])
			if asked != used {
				t.Errorf("%s %s: asked for %t, used %t", what, name, asked, used)
			}
		}
		for _, name := range c.asked {
			if c.needs[name] == "" {
				t.Errorf("%s %s: nobody says what for", what, name)
			}
		}
	}
}

// TestTheManifestIsEnough: the local Slack enforces the manifest's scopes, and nothing of a day's work was refused.
func TestTheManifestIsEnough(t *testing.T) {
	t.Parallel()
	w := newWorld(t, databaseSettings{DatabaseFile: filepath.Join(t.TempDir(), "herald.db")})
	w.command("admin", "grant", acme.Ana)
	ana := w.colleague(acme.Ana, acme.Jobs)
	ana.clicks(ana.types("/social members", "User Management"), "Export CSV", "")
	ana.gets("The list you exported")
	for _, call := range w.box.Slack.Calls("") {
		if call.Error != "" {
			t.Errorf("%s: %s %v", call.Method, call.Error, call.Details)
		}
	}
}
