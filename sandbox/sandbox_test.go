package sandbox_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"herald/sandbox"
	"herald/sandbox/acme"
	"herald/sandbox/slackd"
)

func TestTheWholeWorldStartsAndStops(t *testing.T) {
	t.Parallel()
	s, err := sandbox.Start(t.Context(), sandbox.Options{
		App:      slackd.App{Name: "Herald", Scopes: []string{"users:read", "users:read.email", "team:read"}},
		LinkedIn: sandbox.Callbacks{Redirect: "http://127.0.0.1:9/oauth/linkedin/callback"},
		Facebook: sandbox.Callbacks{Redirect: "http://127.0.0.1:9/oauth/facebook/callback"},
		Limits:   &slackd.Limits{},
		Now:      time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		s.PageURL + "/":                   "Ana Pereira",
		s.LinkedInURL + "/":               "Permitted services",
		s.LinkedInAPIURL + "/v2/userinfo": "EMPTY_ACCESS_TOKEN",
		s.FacebookURL + "/":               "Apps and websites",
		s.MastodonURL + "/":               "Authorized apps",
		s.FacebookGraphURL + "/v26.0/me":  "An active access token must be used",
	} {
		resp, err := http.Get(address) //nolint:noctx // a test against a server of its own
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if !strings.Contains(string(body), want) {
			t.Errorf("%s lacks %q", address, want)
		}
	}

	api := slack.New(s.BotToken, slack.OptionAPIURL(s.SlackAPIURL))
	users, err := api.GetUsersContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]slack.User{}
	for _, u := range users {
		byID[u.ID] = u
	}
	for _, p := range s.Company.People {
		u, ok := byID[p.ID]
		// Slack says little about people who left.
		if !ok || u.Profile.RealName != p.RealName || u.Deleted != p.Deactivated || !u.Deleted && (u.IsBot != p.Bot || u.IsRestricted != p.Guest) {
			t.Errorf("%s is %q in users.list: deleted %t, bot %t, guest %t", p.ID, u.Profile.RealName, u.Deleted, u.IsBot, u.IsRestricted)
		}
	}
	if !byID[acme.Olga].IsPrimaryOwner {
		t.Error("Olga does not own the workspace")
	}
	account := sandbox.LinkedInAccount(acme.Eve)
	if _, err := s.LinkedIn.Grant(sandbox.ClientID, account, []string{"openid"}, time.Now()); err != nil {
		t.Errorf("Eve has no LinkedIn account: %v", err)
	}
	account = sandbox.FacebookAccount(acme.Eve)
	if _, err := s.Facebook.Grant(sandbox.FacebookAppID, account, []string{"public_profile"}, time.Now()); err != nil {
		t.Errorf("Eve has no Facebook account: %v", err)
	}

	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := http.Get(s.PageURL); err == nil { //nolint:noctx,bodyclose // nobody answers
		t.Error("the page still answers")
	}
}

func TestAWorldThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	if _, err := sandbox.Start(t.Context(), sandbox.Options{}); err == nil {
		t.Error("started without a clock")
	}
	_, err := sandbox.Start(t.Context(), sandbox.Options{Now: time.Now, LinkedIn: sandbox.Callbacks{Redirect: "/relative"}})
	if err == nil || !strings.Contains(err.Error(), "must be absolute") {
		t.Errorf("a relative redirect URI: %v", err)
	}
}
