package web_test

import (
	"errors"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"herald/networks"
	"herald/sandbox/fault"
	"herald/sandbox/mastodon"
	"herald/store"
	"herald/store/storetest"
	"herald/web"
)

// onMastodon names a server.
func onMastodon(server string) url.Values { return url.Values{"server": {server}} }

// member signs Ann up with LinkedIn, and opens a link of hers to connect more.
func (s *town) annConnects(t *testing.T) *visitor {
	t.Helper()
	v := newVisitor(t)
	v.signUp(s.personal(t, ann()), "", "ann").wants(t, 200, "You’re in, Ann.")
	v.open(s.personal(t, ann())).wants(t, 200, "Connect Facebook or Mastodon to Ann’s account")
	return v
}

func TestConnectingMastodon(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		v := s.annConnects(t)
		v.chooses("mastodon", nil).wants(t, 200, "On which server is your Mastodon account?")
		if got := v.page.header.Get("Content-Security-Policy"); !strings.Contains(got, "form-action 'self'") || !strings.HasSuffix(got, " https: "+s.instance) {
			t.Errorf("the policy is %s", got)
		}
		for _, wrong := range []struct{ entered, says string }{
			{"mastodon", "Enter a server like mastodon.social"},
			{"127.0.0.1:1", "Enter a server like mastodon.social"},
			{"http://169.254.169.254/latest", "Enter a server like mastodon.social"},
			{`"><script>`, "Enter a server like mastodon.social"},
		} {
			v.submit(onMastodon(wrong.entered)).wants(t, 422, "One thing to check", wrong.says)
			if strings.Contains(v.page.body, "<script>") {
				t.Error("what was entered is not escaped")
			}
		}
		v.submit(onMastodon("@ann@"+strings.TrimPrefix(s.instance, "http://"))).wants(t, 200, "Herald would like permission", "Publish posts")
		v.submit(url.Values{"decision": {"cancel"}}).wants(t, 200, "You said no, and that’s fine")

		v.open(s.url + v.page.href(t))
		v.chooses("mastodon", nil)
		v.submit(onMastodon(s.instance))
		v.submit(url.Values{"account": {"109"}, "decision": {"allow"}}).wants(t, 200, "Mastodon is connected to Ann’s account")
		m := s.member(t, ann(), true)
		if c, ok := m.Connection("mastodon"); !ok || c.State != store.Connected || !c.ExpiresAt.IsZero() || len(m.Connections) != 2 {
			t.Errorf("connected as %+v", m.Connections)
		}
		if strings.Contains(s.log.String(), strings.TrimPrefix(s.instance, "http://")) {
			t.Error("the server is in the log")
		}
	})
}

// TestConnectingMastodonAgain: a server gives the same token again as long as it works, and that one must live. Another token takes its
// place, so its access ends: it would work for ever.
func TestConnectingMastodonAgain(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		v := s.annConnects(t)
		for _, tt := range []struct {
			name         string
			before       func()
			tokens, ends int
		}{
			{"the first time", func() {}, 1, 0},
			{"again", func() {}, 1, 0},
			{"after she removed Herald there", func() { s.mastodon.Revoke("109") }, 2, 1},
		} {
			tt.before()
			v.post(s.personal(t, ann())+"/mastodon", onMastodon(s.instance))
			v.submit(url.Values{"account": {"109"}, "decision": {"allow"}}).wants(t, 200, "Mastodon is connected")
			if jobs := storetest.TakeJobs(t, s.env, store.JobRevocation); len(jobs) != tt.ends {
				t.Errorf("%s: %d accesses end, want %d", tt.name, len(jobs), tt.ends)
			}
			if n := len(s.mastodon.Tokens()); n != tt.tokens {
				t.Errorf("%s: the server has %d tokens, want %d", tt.name, n, tt.tokens)
			}
		}
	})
}

// TestAMastodonAccountOfSomebodyElse: the server gives Bo the very token that Ann's connection holds. It is not his, and not to be ended.
func TestAMastodonAccountOfSomebodyElse(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		connect := func(v *visitor, slackID string) page {
			v.open(s.personal(t, slackID))
			v.chooses("mastodon", nil)
			v.submit(onMastodon(s.instance))
			return v.submit(url.Values{"account": {"109"}, "decision": {"allow"}})
		}
		connect(s.annConnects(t), ann()).wants(t, 200, "Mastodon is connected to Ann’s account")
		v := newVisitor(t)
		v.signUp(s.personal(t, bo()), "", "bo").wants(t, 200, "You’re in, Bo.")
		connect(v, bo()).wants(t, 403, "This link is Bo’s", "The Mastodon account you chose belongs to a colleague")
		if m := s.member(t, bo(), true); len(m.Connections) != 1 {
			t.Errorf("Bo is connected as %+v", m.Connections)
		}
		for _, job := range storetest.TakeJobs(t, s.env, store.JobRevocation) {
			if _, err := s.store.TakeRevocation(t.Context(), s.company.ID, job.Ref, func(string) bool { return false }); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("Ann's access would be ended: %v", err)
			}
		}
	})
}

// TestMastodonIsForMembers: people register with LinkedIn or Facebook.
func TestMastodonIsForMembers(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		v := newVisitor(t)
		v.open(s.personal(t, ann()))
		if strings.Contains(v.page.body, "/mastodon") {
			t.Error("Mastodon is offered")
		}
		for _, link := range []string{s.personal(t, ann()), s.public()} {
			v.post(link+"/mastodon", url.Values{"server": {s.instance}, "email": {"ann@home.example"}}).wants(t, 404, "There is no such page")
		}
		if len(s.mastodon.Apps()) != 0 {
			t.Error("the server was asked")
		}
	})
}

func TestMastodonFails(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		v := s.annConnects(t)
		v.chooses("mastodon", nil)
		s.mastodon.SetFault(mastodon.Down, 1)
		v.submit(onMastodon(s.instance)).wants(t, 422, "That server does not answer")
		v.submit(onMastodon(s.instance)).wants(t, 200, "Authorization required")
		v.stay().submit(url.Values{"account": {"109"}, "decision": {"allow"}})
		v.client.CheckRedirect = nil
		s.mastodon.SetFault(mastodon.InvalidCode, fault.Always)
		v.open(v.page.header.Get("Location")).wants(t, 400, "Mastodon did not let us finish", "Try again")
		if m := s.member(t, ann(), true); len(m.Connections) != 1 {
			t.Errorf("connected as %+v", m.Connections)
		}
	})
}

// TestAServerCannotPassOffAnotherOnesCodes (RFC 9700 §4.4): a server that Ann trusts by mistake sends her on to her real one, with
// Herald's own redirect there. The code comes back to that server's address, and not to the one she left for.
func TestAServerCannotPassOffAnotherOnesCodes(t *testing.T) {
	t.Parallel()
	evil, err := mastodon.New(mastodon.Options{Accounts: []mastodon.Account{{ID: "1", Username: "x"}}, Now: start})
	if err != nil {
		t.Fatal(err)
	}
	evilServer := httptest.NewServer(evil.Handler())
	t.Cleanup(evilServer.Close)
	inTown(t, func(t *testing.T, s *town) {
		v := s.annConnects(t)
		trip := func(server, account string) *url.URL {
			t.Helper()
			v.open(s.personal(t, ann()))
			v.chooses("mastodon", nil)
			v.submit(onMastodon(server)).wants(t, 200, "Authorization required")
			v.stay().submit(url.Values{"account": {account}, "decision": {"allow"}}).wants(t, 303)
			v.client.CheckRedirect = nil
			back, err := url.Parse(v.page.header.Get("Location"))
			if err != nil {
				t.Fatal(err)
			}
			return back
		}
		honest, attacked := trip(s.instance, "109"), trip(evilServer.URL, "1")
		if honest.Path == attacked.Path {
			t.Fatal("both servers lead back to the same address")
		}
		mixed := *honest // the honest server's code and address, with the state of the trip to the other one
		q := mixed.Query()
		q.Set("state", attacked.Query().Get("state"))
		mixed.RawQuery = q.Encode()
		v.open(mixed.String()).wants(t, 400, "Mastodon did not let us finish")
		bare := *honest
		bare.Path = "/oauth/mastodon/callback"
		v.open(bare.String()).wants(t, 400, "Mastodon did not let us finish")
		if m := s.member(t, ann(), true); len(m.Connections) != 1 {
			t.Errorf("connected as %+v", m.Connections)
		}
		for _, token := range append(s.mastodon.Tokens(), evil.Tokens()...) {
			t.Errorf("a code was exchanged: %+v", token.Scopes)
		}
	}, func(c *web.Config) {
		c.More[0] = networks.NewMastodon(networks.MastodonApp{
			Name: "Herald", Clients: c.Store.(networks.Clients), Allowed: []string{evilServer.URL, c.More[0].(networks.Federation).Servers()[0]},
			Now: func() time.Time { return start() },
		})
	})
}
