package linkedin_test

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"herald/sandbox/fault"
	"herald/sandbox/linkedin"
)

const callback = "http://127.0.0.1:9/oauth/linkedin/callback"

// clock is a time that only moves when told.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) advance(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

// world is a network with two apps, and a browser that follows no redirect to the app.
type world struct {
	*linkedin.Server
	t       *testing.T
	url     string
	clock   *clock
	browser *http.Client
	config  oauth2.Config
}

func newWorld(t *testing.T) *world {
	t.Helper()
	c := &clock{at: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	s, err := linkedin.New(linkedin.Options{
		Apps: []linkedin.App{
			{ClientID: "herald", ClientSecret: "s3cret", Name: "Herald", RedirectURIs: []string{callback}},
			{ClientID: "other", ClientSecret: "0ther", Name: "Other <App>", RedirectURIs: []string{callback}, Scopes: []string{"openid"}},
		},
		Accounts: []linkedin.Account{
			{ID: "li-ann", Name: "Ann Lee", GivenName: "Ann", FamilyName: "Lee", Email: "ann@home.example"},
			{ID: "li-bob", Name: `<script>alert("hi")</script>`, GivenName: "Bobby"},
		},
		Now:   c.now,
		Delay: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(srv.Close)
	browser := srv.Client()
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &world{Server: s, t: t, url: srv.URL, clock: c, browser: browser, config: oauth2.Config{
		ClientID: "herald", ClientSecret: "s3cret", RedirectURL: callback,
		Scopes: []string{"openid", "profile", "email", "w_member_social"},
		Endpoint: oauth2.Endpoint{
			AuthURL: srv.URL + "/oauth/v2/authorization", TokenURL: srv.URL + "/oauth/v2/accessToken", AuthStyle: oauth2.AuthStyleInParams,
		},
	}}
}

// get opens a page, and returns its status, text, and where it redirects.
func (w *world) get(u string) (status int, body string, to *url.URL) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, u, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.do(req)
}

func (w *world) post(u string, form url.Values) (status int, body string, to *url.URL) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, u, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.do(req)
}

func (w *world) do(req *http.Request) (status int, body string, to *url.URL) {
	w.t.Helper()
	resp, err := w.browser.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	to, err = resp.Location()
	if err != nil && !errors.Is(err, http.ErrNoLocation) {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(b), to
}

// decide answers the consent page the way its form does, and returns the query the app gets.
func (w *world) decide(authURL, account, decision string) url.Values {
	w.t.Helper()
	u, err := url.Parse(authURL)
	if err != nil {
		w.t.Fatal(err)
	}
	form := u.Query()
	form.Set("account", account)
	form.Set("decision", decision)
	status, body, to := w.post(w.url+u.Path, form)
	if status != http.StatusSeeOther || !strings.HasPrefix(to.String(), callback+"?") {
		w.t.Fatalf("the consent form answered %d to %v: %s", status, to, body)
	}
	return to.Query()
}

func (w *world) token(account string) *oauth2.Token {
	w.t.Helper()
	answer := w.decide(w.config.AuthCodeURL("xyz"), account, "allow")
	tok, err := w.config.Exchange(w.t.Context(), answer.Get("code"))
	if err != nil {
		w.t.Fatal(err)
	}
	return tok
}

func (w *world) userinfo(accessToken string) (status int, claims map[string]any) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.url+"/v2/userinfo", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+accessToken)
	status, body, _ := w.do(req)
	if err := json.Unmarshal([]byte(body), &claims); err != nil {
		w.t.Fatalf("userinfo is %q: %v", body, err)
	}
	return status, claims
}

func TestAMemberAllowsTheAppAndItLearnsWhoTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	authURL := w.config.AuthCodeURL("state with spaces & signs", oauth2.SetAuthURLParam("nonce", "n"))

	status, page, _ := w.get(authURL)
	for _, want := range []string{"Herald would like to", "Ann Lee", "&lt;script&gt;", "primary email address", `value="cancel_login"`} {
		if status != http.StatusOK || !strings.Contains(page, want) {
			t.Errorf("consent page (%d) lacks %q", status, want)
		}
	}
	if strings.Contains(page, "<script") {
		t.Error("a member's name is markup on the consent page")
	}

	answer := w.decide(authURL, "li-ann", "allow")
	if answer.Get("state") != "state with spaces & signs" || answer.Has("error") {
		t.Fatalf("the app got %v", answer)
	}
	tok, err := w.config.Exchange(t.Context(), answer.Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(tok.AccessToken); n < 450 || n > 1000 {
		t.Errorf("the token has %d characters, want about 500", n)
	}
	if tok.ExpiresIn != 5184000 || tok.RefreshToken != "" || tok.Extra("scope") != "openid,profile,email,w_member_social" {
		t.Errorf("token lives %d s, refresh %q, scope %v", tok.ExpiresIn, tok.RefreshToken, tok.Extra("scope"))
	}

	provider, err := oidc.NewProvider(t.Context(), w.url+"/oauth")
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := tok.Extra("id_token").(string)
	id, err := provider.VerifierContext(t.Context(), &oidc.Config{ClientID: "herald", Now: w.clock.now}).Verify(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	if id.Nonce != "" {
		t.Error("the id_token echoes the nonce, which LinkedIn never does")
	}
	status, claims := w.userinfo(tok.AccessToken)
	if status != http.StatusOK || claims["sub"] != id.Subject || claims["name"] != "Ann Lee" || claims["email"] != "ann@home.example" {
		t.Errorf("userinfo %d: %v, id_token sub %q", status, claims, id.Subject)
	}
	if claims["sub"] == "li-ann" || w.Sub("herald", "li-ann") == w.Sub("other", "li-ann") {
		t.Error("subs are not pairwise")
	}
}

func TestAMemberSaysNo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for decision, want := range map[string]string{"cancel": "user_cancelled_authorize", "cancel_login": "user_cancelled_login"} {
		answer := w.decide(w.config.AuthCodeURL("xyz"), "li-ann", decision)
		if answer.Get("error") != want || answer.Get("state") != "xyz" || answer.Get("error_description") == "" || answer.Has("code") {
			t.Errorf("%s: the app got %v", decision, answer)
		}
	}
	form := url.Values{"account": {"nobody"}, "decision": {"allow"}}
	u, err := url.Parse(w.config.AuthCodeURL("xyz"))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(form, u.Query())
	if status, body, _ := w.post(w.url+u.Path, form); status != http.StatusUnprocessableEntity || !strings.Contains(body, "Choose who you are") {
		t.Errorf("an unknown account was answered with %d", status)
	}
}

func TestRequestsThatMustNotLeadBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, change := range map[string]func(url.Values){
		"unknown app":         func(q url.Values) { q.Set("client_id", "nobody") },
		"another path":        func(q url.Values) { q.Set("redirect_uri", callback+"/more") },
		"another host":        func(q url.Values) { q.Set("redirect_uri", "https://evil.example/oauth/linkedin/callback") },
		"a fragment":          func(q url.Values) { q.Set("redirect_uri", callback+"#x") },
		"no redirect":         func(q url.Values) { q.Del("redirect_uri") },
		"PKCE":                func(q url.Values) { q.Set("code_challenge", "abc"); q.Set("code_challenge_method", "S256") },
		"a relative redirect": func(q url.Values) { q.Set("redirect_uri", "/oauth/linkedin/callback") },
	} {
		u, err := url.Parse(w.config.AuthCodeURL("xyz"))
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		change(q)
		u.RawQuery = q.Encode()
		if status, _, to := w.get(u.String()); status != http.StatusBadRequest || to != nil {
			t.Errorf("%s: answered %d and led to %v", name, status, to)
		}
		q.Set("account", "li-ann")
		q.Set("decision", "allow")
		if status, _, to := w.post(w.url+u.Path, q); status != http.StatusBadRequest || to != nil {
			t.Errorf("%s: the form was answered %d and led to %v", name, status, to)
		}
	}
}

func TestScopesTheAppMayNotAskFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.Scopes = []string{"openid", "r_ads"}
	_, _, to := w.get(w.config.AuthCodeURL("xyz"))
	if to == nil || to.Query().Get("error") != "unauthorized_scope_error" || to.Query().Get("state") != "xyz" {
		t.Errorf("the app got %v", to)
	}
}

func TestACodeWorksOnceForTheAppItWasMadeFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := func() string { return w.decide(w.config.AuthCodeURL("xyz"), "li-ann", "allow").Get("code") }
	used := code()
	if _, err := w.config.Exchange(t.Context(), used); err != nil {
		t.Fatal(err)
	}
	elsewhere := w.config
	elsewhere.RedirectURL = callback + "2"
	other := w.config
	other.ClientID, other.ClientSecret = "other", "0ther"
	for name, try := range map[string]func() error{
		"replayed":         func() error { _, err := w.config.Exchange(t.Context(), used); return err },
		"made up":          func() error { _, err := w.config.Exchange(t.Context(), "AQmadeup"); return err },
		"for another way":  func() error { _, err := elsewhere.Exchange(t.Context(), code()); return err },
		"from another app": func() error { _, err := other.Exchange(t.Context(), code()); return err },
		"refused by a fault": func() error {
			c := code()
			w.SetFault(linkedin.InvalidCode, 1)
			_, err := w.config.Exchange(t.Context(), c)
			return err
		},
	} {
		failed, ok := errors.AsType[*oauth2.RetrieveError](try())
		if !ok || failed.ErrorCode != "invalid_request" || failed.Response.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %v", name, failed)
		}
	}
	late := code()
	w.clock.advance(linkedin.CodeLife)
	if _, err := w.config.Exchange(t.Context(), late); err == nil {
		t.Error("a code worked after 30 minutes")
	}
}

func TestCredentialsBelongInTheBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	basic, wrong := w.config, w.config
	basic.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	wrong.ClientSecret = "guess"
	code := w.decide(w.config.AuthCodeURL("xyz"), "li-ann", "allow").Get("code")
	for name, try := range map[string]func() error{
		"Basic":         func() error { _, err := basic.Exchange(t.Context(), code); return err },
		"wrong secret":  func() error { _, err := wrong.Exchange(t.Context(), code); return err },
		"code_verifier": func() error { _, err := w.config.Exchange(t.Context(), code, oauth2.VerifierOption("v")); return err },
	} {
		failed, ok := errors.AsType[*oauth2.RetrieveError](try())
		if !ok || failed.ErrorCode != "invalid_client" || failed.Response.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %v", name, failed)
		}
	}
	if _, err := w.config.Exchange(t.Context(), code); err != nil {
		t.Errorf("a refused client burned the code: %v", err)
	}
}

func TestTokensEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	introspect := func(token string) map[string]any {
		_, body, _ := w.post(w.url+"/oauth/v2/introspectToken", url.Values{"client_id": {"herald"}, "client_secret": {"s3cret"}, "token": {token}})
		var answer map[string]any
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			t.Fatal(err)
		}
		return answer
	}
	byApp, byMember := w.token("li-ann").AccessToken, w.token("li-bob").AccessToken
	if a := introspect(byApp); a["active"] != true || a["status"] != "active" || a["scope"] != "openid,profile,email,w_member_social" {
		t.Errorf("introspection of a fresh token: %v", a)
	}

	form := url.Values{"client_id": {"herald"}, "client_secret": {"s3cret"}, "token": {byApp}}
	if status, body, _ := w.post(w.url+"/oauth/v2/revoke", form); status != http.StatusOK {
		t.Fatalf("revoke answered %d: %s", status, body)
	}
	_, claims := w.userinfo(byMember)
	if _, has := claims["email"]; has {
		t.Error("bobby shares no email, yet userinfo has one")
	}
	if n := w.Revoke(w.Sub("herald", "li-bob")); n != 1 {
		t.Errorf("the member revoked %d tokens, want 1", n)
	}
	for _, token := range []string{byApp, byMember} {
		status, claims := w.userinfo(token)
		if status != http.StatusUnauthorized || claims["code"] != "REVOKED_ACCESS_TOKEN" || claims["serviceErrorCode"] != 65601.0 {
			t.Errorf("userinfo with a revoked token: %d %v", status, claims)
		}
		if a := introspect(token); a["active"] != false || a["status"] != "revoked" {
			t.Errorf("introspection of a revoked token: %v", a)
		}
	}

	old := w.token("li-ann").AccessToken
	w.clock.advance(linkedin.TokenLife)
	if _, claims := w.userinfo(old); claims["code"] != "EXPIRED_ACCESS_TOKEN" {
		t.Errorf("userinfo after 60 days: %v", claims)
	}
	if a := introspect(old); a["status"] != "expired" {
		t.Errorf("introspection after 60 days: %v", a)
	}
}

func TestOtherScopesEndEarlierTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.token("li-ann").AccessToken
	w.config.Scopes = []string{"openid", "profile"}
	w.token("li-ann")
	if status, claims := w.userinfo(before); status != http.StatusUnauthorized || claims["code"] != "REVOKED_ACCESS_TOKEN" {
		t.Errorf("the token of earlier scopes still works: %d %v", status, claims)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.token("li-ann").AccessToken

	w.SetFault(linkedin.RevokedToken, 1)
	if status, _ := w.userinfo(token); status != http.StatusUnauthorized {
		t.Errorf("spurious revocation answered %d", status)
	}
	if status, _ := w.userinfo(token); status != http.StatusOK {
		t.Errorf("the second try answered %d", status)
	}
	w.SetFault(linkedin.ExpiredToken, fault.Always)
	for range 2 {
		if _, claims := w.userinfo(token); claims["code"] != "EXPIRED_ACCESS_TOKEN" {
			t.Errorf("expired: %v", claims)
		}
	}
	w.SetFault(linkedin.ExpiredToken, 0)
	w.SetFault(linkedin.NoEmail, fault.Always)
	if _, claims := w.userinfo(token); claims["name"] != "Ann Lee" || claims["email"] != nil {
		t.Errorf("no email: %v", claims)
	}
	w.SetFault(linkedin.NoRevocation, fault.Always)
	form := url.Values{"client_id": {"herald"}, "client_secret": {"s3cret"}, "token": {token}}
	if status, _, _ := w.post(w.url+"/oauth/v2/revoke", form); status != http.StatusNotFound {
		t.Errorf("without revocation the endpoint answered %d", status)
	}
	w.SetFault(linkedin.Down, 1)
	if status, _, _ := w.get(w.url + "/v2/userinfo"); status != http.StatusServiceUnavailable {
		t.Errorf("down answered %d", status)
	}
	w.SetFault(linkedin.Slow, 1)
	if status, _ := w.userinfo(token); status != http.StatusOK {
		t.Errorf("slow answered %d", status)
	}
	if on := w.FaultsOn(); len(on) != 2 || !slices.Contains(w.Faults(), linkedin.NoEmail) {
		t.Errorf("still on: %v", on)
	}
}

func TestAMemberRemovesTheAppUnderPermittedServices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.token("li-ann")
	_, page, _ := w.get(w.url + "/psettings/permitted-services")
	sub := w.Tokens()[0].Sub
	if !strings.Contains(page, "Ann Lee") || !strings.Contains(page, sub) {
		t.Fatal("the page does not list Herald")
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/psettings/permitted-services", strings.NewReader("sub="+sub))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	if status, _, _ := w.do(req); status != http.StatusForbidden {
		t.Errorf("another site's form was answered %d", status)
	}
	w.post(w.url+"/psettings/permitted-services", url.Values{"sub": {sub}})
	if status, _ := w.userinfo(token.AccessToken); status != http.StatusUnauthorized {
		t.Errorf("after removal userinfo answered %d", status)
	}
}

func TestADemoBeginsWithPeopleWhoSignedUpLongAgo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	scopes := []string{"openid", "profile"}
	fresh, err := w.Grant("herald", "li-ann", scopes, w.clock.now().AddDate(0, 0, -10))
	if err != nil {
		t.Fatal(err)
	}
	old, err := w.Grant("herald", "li-ann", scopes, w.clock.now().AddDate(0, 0, -61))
	if err != nil {
		t.Fatal(err)
	}
	if status, claims := w.userinfo(fresh.AccessToken); status != http.StatusOK || claims["sub"] != fresh.Sub {
		t.Errorf("userinfo answered %d %v", status, claims)
	}
	if _, claims := w.userinfo(old.AccessToken); claims["code"] != "EXPIRED_ACCESS_TOKEN" {
		t.Errorf("a token of 61 days ago: %v", claims)
	}
	if _, err := w.Grant("nobody", "li-ann", scopes, w.clock.now()); err == nil {
		t.Error("granted to an app that is not there")
	}
	if _, err := w.Grant("herald", "li-nobody", scopes, w.clock.now()); err == nil {
		t.Error("granted by an account that is not there")
	}
}

func TestSettingsLinkedInWouldNotAccept(t *testing.T) {
	t.Parallel()
	for name, app := range map[string]linkedin.App{
		"no secret":         {ClientID: "a", RedirectURIs: []string{callback}},
		"relative redirect": {ClientID: "a", ClientSecret: "b", RedirectURIs: []string{"/callback"}},
		"fragment":          {ClientID: "a", ClientSecret: "b", RedirectURIs: []string{callback + "#top"}},
	} {
		if _, err := linkedin.New(linkedin.Options{Apps: []linkedin.App{app}, Now: time.Now}); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
