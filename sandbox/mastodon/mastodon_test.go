package mastodon_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"herald/sandbox/mastodon"
)

const redirect = "http://127.0.0.1:9/oauth/mastodon/callback/1"

// world is a server, and a browser that follows no redirect to the app.
type world struct {
	*mastodon.Server
	t       *testing.T
	url     string
	now     time.Time
	browser *http.Client
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)}
	s, err := mastodon.New(mastodon.Options{
		Accounts: []mastodon.Account{{ID: "1", Username: "ann"}}, Now: func() time.Time { return w.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	w.Server, w.url = s, server.URL
	w.browser = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return w
}

// post sends a form, and reads the answer where it is JSON.
func (w *world) post(address string, form url.Values) (status int, answer map[string]any, location *url.URL) {
	w.t.Helper()
	resp, err := w.browser.PostForm(w.url+address, form) //nolint:noctx // a test on this machine
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	_ = json.NewDecoder(resp.Body).Decode(&answer) // pages are none
	location, _ = resp.Location()
	return resp.StatusCode, answer, location
}

// register makes an app.
func (w *world) register(scopes string) (form url.Values) {
	w.t.Helper()
	status, answer, _ := w.post("/api/v1/apps", url.Values{"client_name": {"Herald"}, "redirect_uris": {redirect}, "scopes": {scopes}})
	if status != http.StatusOK {
		w.t.Fatalf("status %d", status)
	}
	return url.Values{
		"client_id": {answer["client_id"].(string)}, "client_secret": {answer["client_secret"].(string)}, "redirect_uri": {redirect},
		"grant_type": {"authorization_code"},
	}
}

// consent allows the app something, and returns the code.
func (w *world) consent(app url.Values, scopes string) string {
	w.t.Helper()
	q := url.Values{"client_id": app["client_id"], "redirect_uri": {redirect}, "response_type": {"code"}, "scope": {scopes}}
	_, _, back := w.post("/oauth/authorize?"+q.Encode(), url.Values{"account": {"1"}, "decision": {"allow"}})
	if back == nil {
		w.t.Fatal("nobody was sent back")
	}
	return back.Query().Get("code")
}

func TestWhatMastodonRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app := w.register("profile write:statuses")
	authorize := func(name, value string) string {
		q := url.Values{"client_id": app["client_id"], "redirect_uri": {redirect}, "response_type": {"code"}, "scope": {"profile"}}
		q.Set(name, value)
		return "/oauth/authorize?" + q.Encode()
	}
	for _, address := range []string{
		authorize("client_id", "other"), authorize("redirect_uri", redirect+"2"), authorize("response_type", "token"),
		authorize("scope", "write"), authorize("scope", ""), authorize("code_challenge", "plain"),
	} {
		if status, _, back := w.post(address, url.Values{"account": {"1"}, "decision": {"allow"}}); status != http.StatusBadRequest || back != nil {
			t.Errorf("%s: status %d, sent to %v", address, status, back)
		}
	}
	for _, form := range []url.Values{
		{"account": {"2"}, "decision": {"allow"}}, {"account": {"1"}},
	} {
		if status, _, _ := w.post(authorize("scope", "profile"), form); status != http.StatusUnprocessableEntity {
			t.Errorf("%v: status %d", form, status)
		}
	}
	if status, _, _ := w.post("/api/v1/apps", url.Values{"client_name": {"Herald"}, "redirect_uris": {redirect}, "scopes": {"admin"}}); status != http.StatusUnprocessableEntity {
		t.Errorf("an unknown scope: status %d", status)
	}
}

func TestACodeWorksOnceForItsAppAndNotForLong(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*world, url.Values){
		"used":             func(w *world, form url.Values) { w.post("/oauth/token", form) },
		"expired":          func(w *world, _ url.Values) { w.now = w.now.Add(mastodon.CodeLife) },
		"another redirect": func(_ *world, form url.Values) { form.Set("redirect_uri", redirect+"2") },
		"another app": func(w *world, form url.Values) {
			other := w.register("profile")
			form["client_id"], form["client_secret"] = other["client_id"], other["client_secret"]
		},
		"a verifier without a challenge": func(_ *world, form url.Values) { form.Set("code_verifier", "x") },
		"another secret":                 func(_ *world, form url.Values) { form.Set("client_secret", "x") },
		"another grant":                  func(_ *world, form url.Values) { form.Set("grant_type", "password") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			form := w.register("profile")
			form.Set("code", w.consent(form, "profile"))
			spoil(w, form)
			if status, answer, _ := w.post("/oauth/token", form); status == http.StatusOK || answer["error"] == nil {
				t.Errorf("status %d, %v", status, answer)
			}
		})
	}
}

// TestTheSameTokenIsGivenAgain as long as it works.
func TestTheSameTokenIsGivenAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := func(app url.Values, scopes string) string {
		form := url.Values{"code": {w.consent(app, scopes)}}
		for _, name := range []string{"client_id", "client_secret", "redirect_uri", "grant_type"} {
			form[name] = app[name]
		}
		_, answer, _ := w.post("/oauth/token", form)
		token, ok := answer["access_token"].(string)
		if !ok {
			t.Fatalf("no token: %v", answer)
		}
		return token
	}
	app := w.register("profile write:statuses")
	first := token(app, "profile")
	if token(app, "profile") != first {
		t.Error("another one for the same app and scopes")
	}
	if token(app, "profile write:statuses") == first || token(w.register("profile"), "profile") == first {
		t.Error("the same one for other scopes, or for another app")
	}
	w.Revoke("1")
	if token(app, "profile") == first {
		t.Error("a revoked one")
	}
}
