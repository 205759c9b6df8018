package networks

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"herald/sandbox/fault"
	"herald/sandbox/mastodon"
)

const mastodonCallback = "https://jobs.acme.example/oauth/mastodon/callback"

// clients remembers in memory.
type clients struct {
	mu    sync.Mutex
	saved map[string]string
}

func (c *clients) NetworkClient(_ context.Context, name string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.saved[name], nil
}

func (c *clients) SaveNetworkClient(_ context.Context, name, client string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.saved[name] = client
	return nil
}

// openMastodon starts a local server, and the network that may talk to it.
func openMastodon(t *testing.T, old bool) (*Mastodon, *mastodon.Server, string) {
	t.Helper()
	stand, err := mastodon.New(mastodon.Options{
		Accounts: []mastodon.Account{{ID: "109", Username: "ann", DisplayName: "Ann Lee"}, {ID: "110", Username: "cy"}}, Old: old, Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	m, address := toMastodon(t, stand.Handler())
	return m, stand, address
}

// toMastodon is the network with a server of the test's own.
func toMastodon(t *testing.T, h http.Handler) (m *Mastodon, address string) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return NewMastodon(MastodonApp{Name: "Herald", Clients: &clients{saved: map[string]string{}}, Allowed: []string{server.URL}, Now: now}), server.URL
}

// consentAtMastodon says yes, and returns what comes back.
func consentAtMastodon(t *testing.T, s Server, account, decision, verifier string) url.Values {
	t.Helper()
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := browser.PostForm(s.AuthURL("state", s.Callback(mastodonCallback), verifier), url.Values{"account": {account}, "decision": {decision}}) //nolint:noctx // a test on this machine
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	back, err := resp.Location()
	if err != nil {
		body, _ := io.ReadAll(resp.Body)
		t.Fatalf("%v\n%s", err, body)
	}
	if got := back.Scheme + "://" + back.Host + back.Path; got != s.Callback(mastodonCallback) || back.Query().Get("state") != "state" {
		t.Errorf("came back to %s", back)
	}
	return back.Query()
}

func TestExchangeAtMastodon(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		old     bool
		account string
		want    string
		scopes  string
	}{
		{"of today", false, "109", "Ann Lee", "profile write:statuses"},
		{"before 4.3", true, "109", "Ann Lee", "read:accounts write:statuses"},
		{"without a display name", false, "110", "cy", "profile write:statuses"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m, stand, address := openMastodon(t, tt.old)
			s, err := m.At(t.Context(), address+"/@ann", mastodonCallback)
			if err != nil {
				t.Fatal(err)
			}
			verifier := s.NewVerifier()
			if (verifier == "") != tt.old || s.Issuer() != address {
				t.Errorf("verifier %q at %s", verifier, s.Issuer())
			}
			code := consentAtMastodon(t, s, tt.account, "allow", verifier).Get("code")
			if s, err = m.At(t.Context(), s.Issuer(), mastodonCallback); err != nil { // as after the trip
				t.Fatal(err)
			}
			a, err := s.Exchange(t.Context(), code, s.Callback(mastodonCallback), verifier)
			if err != nil {
				t.Fatal(err)
			}
			if want := tt.account + "@" + strings.TrimPrefix(address, "http://"); a.Subject != want || a.Name != tt.want || a.Scopes != tt.scopes || a.Email != "" || !a.ExpiresAt.IsZero() {
				t.Errorf("got %+v, want %s", a, want)
			}
			if n := len(stand.Apps()); n != 1 {
				t.Errorf("Herald registered %d times", n)
			}
			if _, err := s.Exchange(t.Context(), code, s.Callback(mastodonCallback), verifier); !errors.Is(err, ErrRejected) {
				t.Errorf("the code worked twice: %v", err)
			}
			if got, err := m.Revoke(t.Context(), a.Token); got != Revoked || err != nil || !stand.Tokens()[0].Revoked {
				t.Errorf("revoked: %q, %v", got, err)
			}
		})
	}
}

// TestWhatAServerTellsOfAnAccount is not believed as it comes: anybody may run one.
func TestWhatAServerTellsOfAnAccount(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		what, id, display string
		want              string // the name
		err               error
	}{
		{what: "a long id that is none", id: strings.Repeat("9", idLimit+1), err: ErrUnavailable},
		{what: "no id", err: ErrUnavailable},
		{what: "an id with a line break", id: "10\n9", err: ErrUnavailable},
		{what: "an id with a space", id: "10 9", err: ErrUnavailable},
		{what: "an id that is not ASCII", id: "１０９", err: ErrUnavailable},
		{what: "the longest id", id: strings.Repeat("9", idLimit), display: "Ann Lee", want: "Ann Lee"},
		{what: "an id of a relative of Mastodon", id: "9xVZ-pQ_1", display: "Ann Lee", want: "Ann Lee"},
		{what: "a name that never ends", id: "109", display: strings.Repeat("é", 100_000), want: strings.Repeat("é", nameLimit)},
		{what: "a name with control characters", id: "109", display: " Ann\u0000\r\n\u001b Lee\u0085 ", want: "Ann Lee"},
		{what: "a name of nothing else", id: "109", display: "\u0000\n ", want: "ann"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			m, _ := toMastodon(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var answer any
				switch r.URL.Path {
				case "/api/v1/apps":
					answer = map[string]string{"client_id": "id", "client_secret": "secret"}
				case "/oauth/token":
					answer = map[string]string{"access_token": "token", "token_type": "Bearer"}
				case "/api/v1/accounts/verify_credentials":
					answer = map[string]string{"id": tt.id, "username": "ann", "display_name": tt.display}
				default:
					w.WriteHeader(http.StatusNotFound)
					return
				}
				w.Header().Set("Content-Type", "application/json")
				_ = json.NewEncoder(w).Encode(answer)
			}))
			s, err := m.At(t.Context(), m.Servers()[0], mastodonCallback)
			if err != nil {
				t.Fatal(err)
			}
			a, err := s.Exchange(t.Context(), "code", s.Callback(mastodonCallback), "")
			if !errors.Is(err, tt.err) || a.Name != tt.want || err == nil && !strings.HasPrefix(a.Subject, tt.id+"@") {
				t.Errorf("got %+v, %v; want %q, %v", a, err, tt.want, tt.err)
			}
		})
	}
}

func TestPKCEAtMastodon(t *testing.T) {
	t.Parallel()
	m, _, address := openMastodon(t, false)
	s, err := m.At(t.Context(), address, mastodonCallback)
	if err != nil {
		t.Fatal(err)
	}
	code := consentAtMastodon(t, s, "109", "allow", s.NewVerifier()).Get("code")
	if _, err := s.Exchange(t.Context(), code, s.Callback(mastodonCallback), s.NewVerifier()); !errors.Is(err, ErrRejected) {
		t.Errorf("the verifier of another trip: %v, want ErrRejected", err)
	}
}

func TestDeniedByMastodon(t *testing.T) {
	t.Parallel()
	m, _, address := openMastodon(t, false)
	s, err := m.At(t.Context(), address, mastodonCallback)
	if err != nil {
		t.Fatal(err)
	}
	for code, want := range map[string]error{
		consentAtMastodon(t, s, "109", "cancel", "").Get("error"): ErrRefused,
		"temporarily_unavailable":                                 ErrUnavailable,
		"invalid_scope":                                           ErrRejected,
		"":                                                        ErrRejected,
	} {
		if err := s.Denied(code); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", code, err, want)
		}
	}
}

// TestAServerThatForgotHerald gets to know it anew, once the last look was a while ago.
func TestAServerThatForgotHerald(t *testing.T) {
	t.Parallel()
	m, stand, address := openMastodon(t, false)
	at := now()
	m.app.Now = func() time.Time { return at }
	for i, tt := range []struct {
		forgets bool
		apps    int
	}{{false, 1}, {false, 1}, {true, 2}} {
		if tt.forgets {
			stand.SetFault(mastodon.Forgetful, 1)
		}
		if _, err := m.At(t.Context(), address, mastodonCallback); err != nil {
			t.Fatal(err)
		}
		if n := len(stand.Apps()); n != tt.apps {
			t.Errorf("step %d: registered %d times, want %d", i, n, tt.apps)
		}
		at = at.Add(2 * clientLife)
	}
	// Another address of Herald is another client.
	if _, err := m.At(t.Context(), address, "https://else.acme.example/callback"); err != nil || len(stand.Apps()) != 3 {
		t.Errorf("registered %d times, %v", len(stand.Apps()), err)
	}
}

func TestFaultsOfMastodon(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fault fault.Name
		want  error
	}{
		{mastodon.Down, ErrUnavailable},
		{mastodon.InvalidCode, ErrRejected},
		{mastodon.ExpiredToken, ErrRejected},
		{mastodon.Forgetful, ErrRejected},
	} {
		t.Run(string(tt.fault), func(t *testing.T) {
			t.Parallel()
			m, stand, address := openMastodon(t, false)
			s, err := m.At(t.Context(), address, mastodonCallback)
			if err != nil {
				t.Fatal(err)
			}
			code := consentAtMastodon(t, s, "109", "allow", "").Get("code")
			stand.SetFault(tt.fault, fault.Always)
			_, err = s.Exchange(t.Context(), code, s.Callback(mastodonCallback), "")
			if !errors.Is(err, tt.want) || strings.Contains(err.Error(), code) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestRevokeAtMastodon(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		before func(*Mastodon, *mastodon.Server)
		change func(token string) string
		want   Revocation
		err    error
	}{
		{name: "the server follows", want: Revoked},
		{name: "the person was quicker", before: func(_ *Mastodon, s *mastodon.Server) { s.Revoke("109") }, want: Revoked},
		{name: "the server does not follow", before: func(_ *Mastodon, s *mastodon.Server) { s.SetFault(mastodon.NoRevocation, 1) }, want: Standing},
		{name: "it is down", before: func(_ *Mastodon, s *mastodon.Server) { s.SetFault(mastodon.Down, 1) }, err: ErrUnavailable},
		{name: "it is not allowed any more", before: func(m *Mastodon, _ *mastodon.Server) { m.instances.allowed = nil }, want: Standing},
		{name: "no token", change: func(string) string { return "made-up" }, err: ErrRejected},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m, stand, address := openMastodon(t, false)
			s, err := m.At(t.Context(), address, mastodonCallback)
			if err != nil {
				t.Fatal(err)
			}
			code := consentAtMastodon(t, s, "109", "allow", "").Get("code")
			a, err := s.Exchange(t.Context(), code, s.Callback(mastodonCallback), "")
			if err != nil {
				t.Fatal(err)
			}
			if tt.before != nil {
				tt.before(m, stand)
			}
			if tt.change != nil {
				a.Token = tt.change(a.Token)
			}
			if got, err := m.Revoke(t.Context(), a.Token); got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("got %q, %v, want %q, %v", got, err, tt.want, tt.err)
			}
		})
	}
}

// TestServersThatMakeNoSense also proves that errors repeat nothing of an answer, and that redirects are not followed.
func TestServersThatMakeNoSense(t *testing.T) {
	t.Parallel()
	const leak = "LEAK"
	for _, tt := range []struct {
		name             string
		metadata, client string
		status           int
		want             error
	}{
		{"no Mastodon", "", "<html>" + leak, 200, ErrRejected},
		{"another site", "", leak, 404, ErrRejected},
		{"a redirect", "", leak, 302, ErrRejected},
		{"nothing", "", "{}", 200, ErrRejected},
		{"endless", "", strings.Repeat(leak, maxAnswer), 200, ErrUnavailable},
		{"down", "", leak, 502, ErrUnavailable},
		{"metadata of nonsense", "<html>" + leak, `{"client_id":"1","client_secret":"2"}`, 200, nil},
		{"metadata that lead elsewhere", `{"token_endpoint":"http://127.0.0.1:1/"}`, `{"client_id":"1","client_secret":"2"}`, 200, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			mux := http.NewServeMux()
			mux.HandleFunc("POST /api/v1/apps", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.status)
				io.WriteString(w, tt.client) //nolint:errcheck // the client hangs up on an endless body
			})
			mux.HandleFunc("GET /.well-known/oauth-authorization-server", func(w http.ResponseWriter, _ *http.Request) {
				io.WriteString(w, tt.metadata) //nolint:errcheck // a test's answer
			})
			mux.HandleFunc("/elsewhere", func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") })
			m, address := toMastodon(t, mux)
			s, err := m.At(t.Context(), address, mastodonCallback)
			if !errors.Is(err, tt.want) || err != nil && strings.Contains(err.Error(), leak) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if err == nil && !strings.HasPrefix(s.AuthURL("", "", ""), address+"/oauth/authorize?") {
				t.Errorf("the consent page is %s", s.AuthURL("", "", ""))
			}
		})
	}
}

// TestEachServerHasItsOwnRedirect, so that none can pass off another one's codes as its own.
func TestEachServerHasItsOwnRedirect(t *testing.T) {
	t.Parallel()
	a, b := &mastodonServer{base: "https://a.example"}, &mastodonServer{base: "https://b.example"}
	if a.Callback("/c") == b.Callback("/c") || !strings.HasPrefix(a.Callback("/c"), "/c/") {
		t.Errorf("redirects %s and %s", a.Callback("/c"), b.Callback("/c"))
	}
}
