package view

import (
	"testing"

	"herald/sandbox/slackd/blockkit"
	"herald/store"
)

func TestSettingsScreens(t *testing.T) {
	t.Parallel()
	golden(t, "settings", blockkit.Modal, Settings(store.Settings{Inviters: store.InvitersAdmins, LinkDays: store.DefaultLinkDays}))
	now := store.Settings{Inviters: store.InvitersEveryone, LinkDays: 7}
	golden(t, "settings_changed", blockkit.Modal, Settings(now))
	golden(t, "settings_saved", blockkit.Modal, SettingsSaved(now))
	for _, p := range store.InviterPolicies() {
		golden(t, "ask_an_inviter_"+string(p), blockkit.Message, Sentence(AskAnInviter(p, []store.Member{member("ana", store.Admin)})))
	}
}
