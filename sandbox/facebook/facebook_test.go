package facebook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"herald/sandbox/facebook"
	"herald/sandbox/fault"
)

const callback = "http://127.0.0.1:9/oauth/facebook/callback"

// clock is a time that only moves when told.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) advance(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

// herald is what the first app hears at its callbacks.
type herald struct {
	mu    sync.Mutex
	heard []string // path and payload
	reply string   // to requests for deletion
	code  int
}

func (h *herald) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	signature, payload, _ := strings.Cut(r.PostFormValue("signed_request"), ".")
	mac := hmac.New(sha256.New, []byte("s3cret"))
	mac.Write([]byte(payload))
	if signature != base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) {
		http.Error(w, "forged", http.StatusForbidden)
		return
	}
	plain, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		http.Error(w, "malformed", http.StatusBadRequest)
		return
	}
	h.heard = append(h.heard, r.URL.Path+" "+string(plain))
	w.WriteHeader(h.code)
	io.WriteString(w, h.reply) //nolint:errcheck // a test's answer
}

func (h *herald) answer(code int, reply string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.code, h.reply = code, reply
}

func (h *herald) messages() []string { h.mu.Lock(); defer h.mu.Unlock(); return slices.Clone(h.heard) }

// world is a network with two apps, and a browser that follows no redirect to the app.
type world struct {
	*facebook.Server
	t       *testing.T
	url     string
	clock   *clock
	browser *http.Client
	config  oauth2.Config
	herald  *herald
	app     string // where herald listens
}

func newWorld(t *testing.T) *world {
	t.Helper()
	listening := &herald{code: http.StatusOK, reply: `{"url":"https://jobs.acme.example/deletion?code=abc","confirmation_code":"abc"}`}
	app := httptest.NewServer(listening)
	t.Cleanup(app.Close)
	c := &clock{at: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	s, err := facebook.New(facebook.Options{
		Apps: []facebook.App{
			{
				ClientID: "1001", ClientSecret: "s3cret", Name: "Herald", RedirectURIs: []string{callback},
				Permissions:    []string{"public_profile", "email", "pages_show_list"},
				DeauthorizeURL: app.URL + "/deauthorize", DeletionURL: app.URL + "/deletion",
			},
			{ClientID: "2002", ClientSecret: "0ther", Name: "Other <App>", RedirectURIs: []string{callback}, Permissions: []string{"public_profile"}},
		},
		Accounts: []facebook.Account{
			{ID: "fb-ann", Name: "Ann Lee", FirstName: "Ann", LastName: "Lee", Email: "ann@home.example", Pages: []facebook.Page{{ID: "701", Name: "Acme Jobs"}, {ID: "702", Name: "Bakery"}}},
			{ID: "fb-bob", Name: `<script>alert("hi")</script>`},
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
	return &world{Server: s, t: t, url: srv.URL, clock: c, browser: browser, herald: listening, app: app.URL, config: oauth2.Config{
		ClientID: "1001", ClientSecret: "s3cret", RedirectURL: callback, Scopes: []string{"public_profile,email"},
		Endpoint: oauth2.Endpoint{
			AuthURL: srv.URL + "/v26.0/dialog/oauth", TokenURL: srv.URL + "/v26.0/oauth/access_token", AuthStyle: oauth2.AuthStyleInParams,
		},
	}}
}

// request sends something, and returns its status, text, and where it redirects.
func (w *world) request(method, u string, form url.Values, headers ...string) (status int, body string, to *url.URL) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, u, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
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
	status, body, to := w.request(http.MethodPost, authURL, url.Values{"account": {account}, "decision": {decision}})
	if status != http.StatusSeeOther || !strings.HasPrefix(to.String(), callback+"?") || to.Fragment != "_=_" {
		w.t.Fatalf("the consent form answered %d to %v: %s", status, to, body)
	}
	return to.Query()
}

func (w *world) token(account, decision string, options ...oauth2.AuthCodeOption) string {
	w.t.Helper()
	tok, err := w.config.Exchange(w.t.Context(), w.decide(w.config.AuthCodeURL("xyz", options...), account, decision).Get("code"))
	if err != nil {
		w.t.Fatal(err)
	}
	return tok.AccessToken
}

func proof(token, secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(token))
	return hex.EncodeToString(mac.Sum(nil))
}

// failure is an error of the Graph API.
type failure struct {
	Message string
	Type    string
	Code    int
	Subcode int `json:"error_subcode"`
}

// graph asks the Graph API for the first app.
func (w *world) graph(method, path, token string, query url.Values, into any) failure {
	w.t.Helper()
	if query == nil {
		query = url.Values{}
	}
	query.Set("access_token", token)
	if !query.Has("appsecret_proof") {
		query.Set("appsecret_proof", proof(token, "s3cret"))
	}
	return w.answer(method, w.url+"/v26.0"+path+"?"+query.Encode(), into)
}

// answer reads what an address of the Graph API says.
func (w *world) answer(method, address string, into any) failure {
	w.t.Helper()
	status, body, _ := w.request(method, address, nil)
	var failed struct{ Error failure }
	if err := json.Unmarshal([]byte(body), &failed); err != nil {
		w.t.Fatalf("%s answered %d %q: %v", address, status, body, err)
	}
	if (status == http.StatusOK) != (failed.Error.Code == 0) {
		w.t.Errorf("%s answered %d with error %d", address, status, failed.Error.Code)
	}
	if into != nil && status == http.StatusOK {
		if err := json.Unmarshal([]byte(body), into); err != nil {
			w.t.Fatal(err)
		}
	}
	return failed.Error
}

type inspection struct {
	Data struct {
		AppID     string `json:"app_id"`
		UserID    string `json:"user_id"`
		IsValid   bool   `json:"is_valid"`
		ExpiresAt int64  `json:"expires_at"`
		Scopes    []string
		Error     struct{ Code, Subcode int }
	}
}

func (w *world) inspect(token string) inspection {
	w.t.Helper()
	var got inspection
	if failed := w.graph(http.MethodGet, "/debug_token", "1001|s3cret", url.Values{"input_token": {token}}, &got); failed.Code != 0 {
		w.t.Fatalf("debug_token: %+v", failed)
	}
	return got
}

// me asks for the profile, and returns the error's code and subcode.
func (w *world) me(token string) (profile map[string]string, code, subcode int) {
	w.t.Helper()
	failed := w.graph(http.MethodGet, "/me", token, url.Values{"fields": {"id,name,first_name,last_name,email"}}, &profile)
	return profile, failed.Code, failed.Subcode
}

func TestAPersonAllowsTheAppAndItLearnsWhoTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	authURL := w.config.AuthCodeURL("state with spaces & signs")
	status, page, _ := w.request(http.MethodGet, authURL, nil)
	for _, want := range []string{"Herald is requesting access", "Ann Lee", "&lt;script&gt;", "Your email address", `value="allow_without_email"`} {
		if status != http.StatusOK || !strings.Contains(page, want) {
			t.Errorf("consent page (%d) lacks %q", status, want)
		}
	}
	if strings.Contains(page, "<script") {
		t.Error("a person's name is markup on the consent page")
	}

	answer := w.decide(authURL, "fb-ann", "allow")
	if answer.Get("state") != "state with spaces & signs" || answer.Has("error") {
		t.Fatalf("the app got %v", answer)
	}
	tok, err := w.config.Exchange(t.Context(), answer.Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	if tok.ExpiresIn != int64(facebook.ShortTokenLife.Seconds()) || tok.RefreshToken != "" || tok.Extra("scope") != nil {
		t.Errorf("the token lives %d s, refresh %q, scope %v", tok.ExpiresIn, tok.RefreshToken, tok.Extra("scope"))
	}

	profile, code, _ := w.me(tok.AccessToken)
	if code != 0 || profile["name"] != "Ann Lee" || profile["email"] != "ann@home.example" || profile["id"] != w.UserID("1001", "fb-ann") {
		t.Errorf("profile %v, error %d", profile, code)
	}
	if w.UserID("1001", "fb-ann") == w.UserID("2002", "fb-ann") || len(profile["id"]) != 17 || strings.Trim(profile["id"], "0123456789") != "" {
		t.Errorf("user ids are not app-scoped numbers: %q", profile["id"])
	}
	seen := w.inspect(tok.AccessToken).Data
	if !seen.IsValid || seen.AppID != "1001" || seen.UserID != profile["id"] || !slices.Equal(seen.Scopes, []string{"public_profile", "email"}) {
		t.Errorf("debug_token says %+v", seen)
	}
}

func TestAPersonSaysNo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	answer := w.decide(w.config.AuthCodeURL("xyz"), "fb-ann", "cancel")
	want := url.Values{
		"error": {"access_denied"}, "error_code": {"200"}, "error_reason": {"user_denied"}, "error_description": {"Permissions error"}, "state": {"xyz"},
	}
	if answer.Encode() != want.Encode() {
		t.Errorf("the app got %v, want %v", answer, want)
	}
	for _, form := range []url.Values{{"account": {"nobody"}, "decision": {"allow"}}, {"account": {"fb-ann"}}} {
		status, body, _ := w.request(http.MethodPost, w.config.AuthCodeURL("xyz"), form)
		if status != http.StatusUnprocessableEntity || !strings.Contains(body, `role="alert"`) {
			t.Errorf("%v was answered with %d", form, status)
		}
	}
}

func TestADeclinedEmailStaysSoUntilTheAppAsksAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	email := func(token string) string {
		profile, code, _ := w.me(token)
		if code != 0 {
			t.Fatalf("/me: error %d", code)
		}
		return profile["email"]
	}
	status := func(token string) string {
		var list struct {
			Data []struct{ Permission, Status string }
		}
		if failed := w.graph(http.MethodGet, "/me/permissions", token, nil, &list); failed.Code != 0 {
			t.Fatalf("/me/permissions: %+v", failed)
		}
		if len(list.Data) != 2 || list.Data[0].Permission != "email" || list.Data[1].Status != "granted" {
			t.Fatalf("permissions %+v", list.Data)
		}
		return list.Data[0].Status
	}
	first := w.token("fb-ann", "allow_without_email")
	if email(first) != "" || status(first) != "declined" {
		t.Error("declined, and there all the same")
	}
	if second := w.token("fb-ann", "allow"); email(second) != "" {
		t.Error("the dialog asked again for what was declined, unasked")
	}
	third := w.token("fb-ann", "allow", oauth2.SetAuthURLParam("auth_type", "rerequest"))
	if email(third) != "ann@home.example" || status(third) != "granted" {
		t.Error("asked again and granted, but not there")
	}
	if failed := w.graph(http.MethodDelete, "/me/permissions/email", third, nil, nil); failed.Code != 0 {
		t.Errorf("taking the email back: %+v", failed)
	}
	if email(third) != "" || !w.inspect(third).Data.IsValid {
		t.Error("taken back, and there all the same; or the token ended with it")
	}
}

func TestRequestsThatMustNotLeadBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, change := range map[string]func(url.Values){
		"unknown app":        func(q url.Values) { q.Set("client_id", "nobody") },
		"another path":       func(q url.Values) { q.Set("redirect_uri", callback+"/more") },
		"another query":      func(q url.Values) { q.Set("redirect_uri", callback+"?x=1") },
		"another host":       func(q url.Values) { q.Set("redirect_uri", "https://evil.example/oauth/facebook/callback") },
		"a fragment":         func(q url.Values) { q.Set("redirect_uri", callback+"#x") },
		"no redirect":        func(q url.Values) { q.Del("redirect_uri") },
		"PKCE":               func(q url.Values) { q.Set("code_challenge", "abc") },
		"a token instead":    func(q url.Values) { q.Set("response_type", "token") },
		"unknown auth_type":  func(q url.Values) { q.Set("auth_type", "reauthenticate") },
		"unknown permission": func(q url.Values) { q.Set("scope", "public_profile,publish_actions") },
	} {
		u, err := url.Parse(w.config.AuthCodeURL("xyz"))
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		change(q)
		u.RawQuery = q.Encode()
		if status, _, to := w.request(http.MethodGet, u.String(), nil); status != http.StatusBadRequest || to != nil {
			t.Errorf("%s: answered %d and led to %v", name, status, to)
		}
		form := url.Values{"account": {"fb-ann"}, "decision": {"allow"}}
		if status, _, to := w.request(http.MethodPost, u.String(), form); status != http.StatusBadRequest || to != nil {
			t.Errorf("%s: the form was answered %d and led to %v", name, status, to)
		}
	}
	status, _, to := w.request(http.MethodPost, w.config.AuthCodeURL("xyz"), url.Values{"account": {"fb-ann"}, "decision": {"allow"}}, "Sec-Fetch-Site", "cross-site")
	if status != http.StatusForbidden || to != nil {
		t.Errorf("another site's form was answered %d", status)
	}
}

func TestOnlyLivingVersionsAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.token("fb-bob", "allow")
	query := "?" + url.Values{"access_token": {token}, "appsecret_proof": {proof(token, "s3cret")}}.Encode()
	for version, want := range map[string]int{"/v26.0": 0, "/v21.0": 0, "/v3.2": 2500, "/v99.0": 2500, "": 2500} {
		if got := w.answer(http.MethodGet, w.url+version+"/me"+query, nil); got.Code != want {
			t.Errorf("version %q: error %d, want %d", version, got.Code, want)
		}
	}
	if got := w.answer(http.MethodGet, w.url+"/v26.0/me/feed"+query, nil); got.Code != 2500 {
		t.Errorf("an unknown path: error %d", got.Code)
	}
	dead := strings.Replace(w.config.AuthCodeURL("xyz"), "/v26.0/", "/v3.2/", 1)
	if status, page, _ := w.request(http.MethodGet, dead, nil); status != http.StatusBadRequest || !strings.Contains(page, "no such version") {
		t.Errorf("the dialog of a dead version answered %d", status)
	}
}

func TestACodeWorksOnceForTheAppItWasMadeFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := func() string { return w.decide(w.config.AuthCodeURL("xyz"), "fb-ann", "allow").Get("code") }
	exchange := func(clientID, secret, redirect, code string, more ...string) failure {
		q := url.Values{"client_id": {clientID}, "client_secret": {secret}, "redirect_uri": {redirect}, "code": {code}}
		for i := 0; i+1 < len(more); i += 2 {
			q.Set(more[i], more[i+1])
		}
		return w.answer(http.MethodGet, w.config.Endpoint.TokenURL+"?"+q.Encode(), nil)
	}
	used := code()
	if failed := exchange("1001", "s3cret", callback, used); failed.Code != 0 {
		t.Fatalf("the first time: %+v", failed)
	}
	spare, late := code(), code()
	for _, tt := range []struct {
		name          string
		got           failure
		code, subcode int
	}{
		{"replayed", exchange("1001", "s3cret", callback, used), 100, 36009},
		{"made up", exchange("1001", "s3cret", callback, "AQmadeup"), 100, 0},
		{"for another way", exchange("1001", "s3cret", callback+"2", spare), 100, 36008},
		{"from another app", exchange("2002", "0ther", callback, spare), 100, 0},
		{"wrong secret", exchange("1001", "guess", callback, spare), 1, 0},
		{"unknown app", exchange("9", "s3cret", callback, spare), 101, 0},
		{"PKCE", exchange("1001", "s3cret", callback, spare, "code_verifier", "v"), 100, 0},
		{"refresh token", exchange("1001", "s3cret", callback, spare, "grant_type", "refresh_token"), 100, 0},
	} {
		if tt.got.Code != tt.code || tt.got.Subcode != tt.subcode || tt.got.Type != "OAuthException" {
			t.Errorf("%s: %+v, want code %d, subcode %d", tt.name, tt.got, tt.code, tt.subcode)
		}
	}
	if failed := exchange("1001", "s3cret", callback, spare); failed.Code != 0 {
		t.Errorf("a refused client burned the code: %+v", failed)
	}
	w.clock.advance(facebook.CodeLife)
	if failed := exchange("1001", "s3cret", callback, late); failed.Subcode != 36007 {
		t.Errorf("an old code: %+v", failed)
	}
}

func TestAShortTokenBecomesALongOneWhileItLives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lengthen := func(clientID, secret, token string) (long string, failed failure) {
		q := url.Values{"grant_type": {"fb_exchange_token"}, "client_id": {clientID}, "client_secret": {secret}, "fb_exchange_token": {token}}
		var answer struct {
			AccessToken string `json:"access_token"`
		}
		failed = w.answer(http.MethodGet, w.config.Endpoint.TokenURL+"?"+q.Encode(), &answer)
		return answer.AccessToken, failed
	}
	short := w.token("fb-ann", "allow")
	long, failed := lengthen("1001", "s3cret", short)
	if failed.Code != 0 || long == short {
		t.Fatalf("got %+v", failed)
	}
	if _, failed := lengthen("2002", "0ther", short); failed.Code != 190 {
		t.Errorf("another app's: %+v", failed)
	}
	w.clock.advance(facebook.ShortTokenLife)
	if _, code, subcode := w.me(short); code != 190 || subcode != 463 {
		t.Errorf("the short token: error %d, %d", code, subcode)
	}
	if _, failed := lengthen("1001", "s3cret", short); failed.Code != 190 || failed.Subcode != 463 {
		t.Errorf("an expired token was exchanged: %+v", failed)
	}
	if _, code, _ := w.me(long); code != 0 {
		t.Errorf("the long token: error %d", code)
	}
	w.clock.advance(facebook.LongTokenLife)
	seen := w.inspect(long).Data
	if seen.IsValid || seen.UserID != w.UserID("1001", "fb-ann") || seen.Error.Subcode != 463 {
		t.Errorf("debug_token says %+v", seen)
	}
}

func TestEveryTokenNeedsItsProof(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.token("fb-ann", "allow")
	other, err := w.Grant("2002", "fb-bob", []string{"public_profile"}, w.clock.now())
	if err != nil {
		t.Fatal(err)
	}
	inspect := func(access, input, appSecret string) failure {
		q := url.Values{"input_token": {input}, "appsecret_proof": {proof(access, appSecret)}}
		return w.graph(http.MethodGet, "/debug_token", access, q, nil)
	}
	for _, tt := range []struct {
		name string
		got  failure
		code int
		kind string
	}{
		{"no proof", w.answer(http.MethodGet, w.url+"/v26.0/me?access_token="+token, nil), 100, "GraphMethodException"},
		{"proof of another token", w.graph(http.MethodGet, "/me", token, url.Values{"appsecret_proof": {proof("x", "s3cret")}}, nil), 100, "GraphMethodException"},
		{"proof with another secret", w.graph(http.MethodGet, "/me", token, url.Values{"appsecret_proof": {proof(token, "0ther")}}, nil), 100, "GraphMethodException"},
		{"no token", w.answer(http.MethodGet, w.url+"/v26.0/me", nil), 2500, "OAuthException"},
		{"made-up token", w.graph(http.MethodGet, "/me", "EAAmadeup", nil, nil), 190, "OAuthException"},
		{"app token with a wrong secret", inspect("1001|guess", token, "guess"), 190, "OAuthException"},
		{"app token of nobody", inspect("9|s3cret", token, "s3cret"), 190, "OAuthException"},
		{"an app has no profile", w.graph(http.MethodGet, "/me", "1001|s3cret", nil, nil), 2500, "OAuthException"},
		{"debug_token with a user's token", inspect(token, token, "s3cret"), 100, "OAuthException"},
		{"debug_token of another app's token", inspect("1001|s3cret", other.AccessToken, "s3cret"), 100, "OAuthException"},
		{"somebody else's profile", w.graph(http.MethodGet, "/"+w.UserID("1001", "fb-bob"), token, nil, nil), 100, "GraphMethodException"},
		{"unknown field", w.graph(http.MethodGet, "/me", token, url.Values{"fields": {"id,ssn"}}, nil), 100, "OAuthException"},
	} {
		if tt.got.Code != tt.code || tt.got.Type != tt.kind || tt.got.Message == "" {
			t.Errorf("%s: %+v, want code %d of kind %s", tt.name, tt.got, tt.code, tt.kind)
		}
	}
	if seen := w.inspect("EAAmadeup").Data; seen.IsValid || seen.UserID != "" || seen.Error.Code != 190 {
		t.Errorf("debug_token of a made-up token: %+v", seen)
	}
	address := w.url + "/v26.0/me?appsecret_proof=" + proof(token, "s3cret")
	if status, _, _ := w.request(http.MethodGet, address, nil, "Authorization", "Bearer "+token); status != http.StatusOK {
		t.Errorf("a token in the header was answered %d", status)
	}
}

func TestTheAppRemovesItself(t *testing.T) {
	t.Parallel()
	for name, access := range map[string]func(*world, string) string{
		"with the person's token": func(_ *world, token string) string { return token },
		"with its own":            func(*world, string) string { return "1001|s3cret" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			token := w.token("fb-ann", "allow")
			var answer struct{ Success bool }
			path := "/" + w.UserID("1001", "fb-ann") + "/permissions"
			if failed := w.graph(http.MethodDelete, path, access(w, token), nil, &answer); failed.Code != 0 || !answer.Success {
				t.Fatalf("%+v, %+v", answer, failed)
			}
			if _, code, subcode := w.me(token); code != 190 || subcode != 458 {
				t.Errorf("the token still works: error %d, %d", code, subcode)
			}
			if seen := w.inspect(token).Data; seen.IsValid || seen.Error.Subcode != 458 {
				t.Errorf("debug_token says %+v", seen)
			}
			if failed := w.graph(http.MethodDelete, path, "1001|s3cret", nil, nil); failed.Code != 100 {
				t.Errorf("a second time: %+v", failed)
			}
			if heard := w.herald.messages(); len(heard) != 0 {
				t.Errorf("the app was told what it did itself: %v", heard)
			}
		})
	}
}

func TestTheAppHearsThatAPersonLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.token("fb-ann", "allow")
	if err := w.Deauthorize(t.Context(), "1001", "fb-ann", w.app+"/deauthorize"); err != nil {
		t.Fatal(err)
	}
	if _, _, subcode := w.me(token); subcode != 458 {
		t.Errorf("the token still works: subcode %d", subcode)
	}
	want := `/deauthorize {"algorithm":"HMAC-SHA256","issued_at":1795338000,"user_id":"` + w.UserID("1001", "fb-ann") + `"}`
	if heard := w.herald.messages(); len(heard) != 1 || heard[0] != want {
		t.Errorf("the app heard %v, want %s", heard, want)
	}

	deletion, err := w.RequestDeletion(t.Context(), "1001", "fb-ann", w.app+"/deletion")
	if err != nil || deletion != (facebook.Deletion{URL: "https://jobs.acme.example/deletion?code=abc", Code: "abc"}) {
		t.Errorf("got %+v, %v", deletion, err)
	}
	for _, reply := range []string{"", "{}", `{"url":"/deletion","confirmation_code":"abc"}`, `{"url":"https://a.example/"}`, `{"url":"javascript:alert(1)","confirmation_code":"abc"}`} {
		w.herald.answer(http.StatusOK, reply)
		if _, err := w.RequestDeletion(t.Context(), "1001", "fb-ann", w.app+"/deletion"); err == nil {
			t.Errorf("the answer %q was accepted", reply)
		}
	}
	w.herald.answer(http.StatusInternalServerError, "")
	if err := w.Deauthorize(t.Context(), "1001", "fb-ann", w.app+"/deauthorize"); err == nil {
		t.Error("a failing callback is no problem")
	}
	if err := w.Deauthorize(t.Context(), "1001", "nobody", w.app+"/deauthorize"); err == nil {
		t.Error("nobody left")
	}
	if err := w.Deauthorize(t.Context(), "9", "fb-ann", w.app+"/deauthorize"); err == nil {
		t.Error("somebody left an app that is not there")
	}
}

func TestAPersonRemovesTheAppUnderAppsAndWebsites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other, err := w.Grant("2002", "fb-bob", []string{"public_profile"}, w.clock.now())
	if err != nil {
		t.Fatal(err)
	}
	token := w.token("fb-ann", "allow")
	_, page, _ := w.request(http.MethodGet, w.url+"/settings", nil)
	if !strings.Contains(page, "Ann Lee") || !strings.Contains(page, "email, public_profile") || !strings.Contains(page, "Other &lt;App&gt;") {
		t.Fatalf("the page does not list both apps: %s", page)
	}
	remove := func(app, account, do string, headers ...string) (int, string) {
		form := url.Values{"app": {app}, "account": {account}, "do": {do}}
		status, body, _ := w.request(http.MethodPost, w.url+"/settings", form, headers...)
		return status, body
	}
	if status, _ := remove("1001", "fb-ann", "remove", "Sec-Fetch-Site", "cross-site"); status != http.StatusForbidden {
		t.Errorf("another site's form was answered %d", status)
	}
	if _, body := remove("1001", "fb-ann", "remove"); !strings.Contains(body, "Herald was removed, and knows it.") {
		t.Errorf("after removal: %s", body)
	}
	if _, _, subcode := w.me(token); subcode != 458 {
		t.Error("the token still works")
	}

	w.token("fb-ann", "allow")
	if _, body := remove("1001", "fb-ann", "delete"); !strings.Contains(body, `href="https://jobs.acme.example/deletion?code=abc"`) {
		t.Errorf("after the request for deletion: %s", body)
	}
	if heard := w.herald.messages(); len(heard) != 2 || !strings.HasPrefix(heard[0], "/deauthorize ") || !strings.HasPrefix(heard[1], "/deletion ") {
		t.Errorf("the app heard %v", heard)
	}
	w.herald.answer(http.StatusBadGateway, "")
	for do, want := range map[string]string{"remove": "could not be told", "delete": "did not take the request"} {
		if _, body := remove("1001", "fb-ann", do); !strings.Contains(body, want) {
			t.Errorf("a failing callback at %s: %s", do, body)
		}
	}

	if _, body := remove("2002", "fb-bob", "remove"); !strings.Contains(body, "Other &lt;App&gt; was removed.") {
		t.Errorf("an app without callbacks: %s", body)
	}
	if tokens := w.Tokens(); !tokens[0].Revoked || tokens[0].AccessToken != other.AccessToken {
		t.Error("the other app's token still works")
	}
	if status, _ := remove("9", "fb-bob", "remove"); status != http.StatusBadRequest {
		t.Errorf("an unknown app was answered %d", status)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.token("fb-ann", "allow")
	for _, tt := range []struct {
		fault         fault.Name
		code, subcode int
	}{
		{facebook.ExpiredToken, 190, 463},
		{facebook.RevokedToken, 190, 458},
		{facebook.RateLimited, 4, 0},
	} {
		w.SetFault(tt.fault, 1)
		if _, code, subcode := w.me(token); code != tt.code || subcode != tt.subcode {
			t.Errorf("%s: error %d, %d", tt.fault, code, subcode)
		}
		if _, code, _ := w.me(token); code != 0 {
			t.Errorf("%s: error %d the second time", tt.fault, code)
		}
	}
	w.SetFault(facebook.NoEmail, fault.Always)
	if profile, _, _ := w.me(token); profile["name"] != "Ann Lee" || profile["email"] != "" {
		t.Errorf("no email: %v", profile)
	}
	w.SetFault(facebook.NoRevocation, fault.Always)
	var answer struct{ Success bool }
	if failed := w.graph(http.MethodDelete, "/me/permissions", token, nil, &answer); failed.Code != 0 || answer.Success {
		t.Errorf("no revocation: %+v, %+v", answer, failed)
	}
	w.SetFault(facebook.InvalidCode, 1)
	if _, err := w.config.Exchange(t.Context(), w.decide(w.config.AuthCodeURL("xyz"), "fb-ann", "allow").Get("code")); err == nil {
		t.Error("invalid code: a good code was taken")
	}
	w.SetFault(facebook.Down, 1)
	if status, _, _ := w.request(http.MethodGet, w.config.AuthCodeURL("xyz"), nil); status != http.StatusServiceUnavailable {
		t.Errorf("down answered %d", status)
	}
	w.SetFault(facebook.Slow, 1)
	if _, code, _ := w.me(token); code != 0 {
		t.Errorf("slow: error %d", code)
	}
	w.SetFault(facebook.NoEmail, 0)
	if on := w.FaultsOn(); len(on) != 1 || on[facebook.NoRevocation] != fault.Always || len(w.Faults()) != 8 {
		t.Errorf("still on: %v", on)
	}
}

func TestADemoBeginsWithPeopleWhoSignedUpLongAgo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	scopes := []string{"public_profile", "email"}
	fresh, err := w.Grant("1001", "fb-ann", scopes, w.clock.now().AddDate(0, 0, -10))
	if err != nil {
		t.Fatal(err)
	}
	old, err := w.Grant("1001", "fb-ann", scopes, w.clock.now().AddDate(0, 0, -61))
	if err != nil {
		t.Fatal(err)
	}
	if profile, code, _ := w.me(fresh.AccessToken); code != 0 || profile["id"] != fresh.UserID || profile["email"] == "" {
		t.Errorf("profile %v, error %d", profile, code)
	}
	if _, code, subcode := w.me(old.AccessToken); code != 190 || subcode != 463 {
		t.Errorf("a token of 61 days ago: error %d, %d", code, subcode)
	}
	if n := w.Revoke(fresh.UserID); n != 1 {
		t.Errorf("%d tokens were valid, want 1", n)
	}
	if _, err := w.Grant("9", "fb-ann", scopes, w.clock.now()); err == nil {
		t.Error("granted to an app that is not there")
	}
	if _, err := w.Grant("1001", "nobody", scopes, w.clock.now()); err == nil {
		t.Error("granted by an account that is not there")
	}
	w.AddAccount(facebook.Account{ID: "fb-cy", Name: "Cy Wu"})
	if all := w.Accounts(); len(all) != 3 || all[2].Name != "Cy Wu" {
		t.Errorf("accounts %v", all)
	}
}

func TestSettingsFacebookWouldNotAccept(t *testing.T) {
	t.Parallel()
	for name, app := range map[string]facebook.App{
		"no secret":            {ClientID: "a", RedirectURIs: []string{callback}},
		"relative redirect":    {ClientID: "a", ClientSecret: "b", RedirectURIs: []string{"/callback"}},
		"fragment":             {ClientID: "a", ClientSecret: "b", RedirectURIs: []string{callback + "#top"}},
		"relative deauthorize": {ClientID: "a", ClientSecret: "b", DeauthorizeURL: "/deauthorize"},
		"an id with a bar":     {ClientID: "a|b", ClientSecret: "b"},
	} {
		if _, err := facebook.New(facebook.Options{Apps: []facebook.App{app}, Now: time.Now}); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if _, err := facebook.New(facebook.Options{}); err == nil {
		t.Error("no clock was accepted")
	}
}
