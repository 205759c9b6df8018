package main

import (
	"slices"
	"strings"
	"testing"

	"herald/sandbox"
	"herald/sandbox/acme"
)

// TestConnectingMastodon: Eve registers with LinkedIn, connects her Mastodon account besides, and leaves again.
func TestConnectingMastodon(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db databaseSettings) {
		w := newWorld(t, db)
		eve := w.colleague(acme.Eve, acme.Random)
		signsUp(t, eve.types("/social", "Help Acme hire").registrationLink(t), acme.Eve, "").reads("You’re in")
		eve.gets("You're in")

		b := newBrowser(t)
		b.open(eve.types("/social me", "Connect another network").registrationLink(t)).reads("Mastodon")
		b.presses("Continue with Mastodon", nil).reads("On which server is your Mastodon account?")
		b.presses("Continue", map[string]string{"server": "no server"}).reads("Enter a server like mastodon.social")
		b.presses("Continue", map[string]string{"server": w.box.MastodonURL}).reads("Herald would like permission")
		b.presses("Authorize", map[string]string{"account": sandbox.MastodonAccount(acme.Eve)}).reads("Mastodon is connected to Eve’s account")
		me := eve.types("/social me", "LinkedIn", "Mastodon")

		eve.clicks(me, "Leave", "")
		eve.submits(eve.modal("erased for good"), nil)
		w.until("the access at Mastodon has ended", func() bool { return w.box.Mastodon.Tokens()[0].Revoked })
		traces := []string{w.box.Mastodon.Tokens()[0].AccessToken, sandbox.MastodonAccount(acme.Eve), strings.TrimPrefix(w.box.MastodonURL, "http://")}
		named := func(where string) bool {
			return slices.ContainsFunc(traces, func(trace string) bool { return strings.Contains(where, trace) })
		}
		w.until("nothing in the database names the account", func() bool { return !named(w.dump()) })
		if named(w.log.String()) {
			t.Error("the log names the account")
		}
	})
}
