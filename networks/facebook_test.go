package networks

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"herald/sandbox/facebook"
	"herald/sandbox/fault"
)

const facebookRedirect = "https://jobs.acme.example/oauth/facebook/callback"

// openFacebook starts the local Facebook, with a second app beside Herald's, and the network that talks to it.
func openFacebook(t *testing.T) (*Facebook, *facebook.Server) {
	t.Helper()
	stand, err := facebook.New(facebook.Options{
		Apps: []facebook.App{
			{ClientID: "1001", ClientSecret: secret, Name: "Herald", RedirectURIs: []string{facebookRedirect}, Permissions: []string{"public_profile", "email", "pages_show_list"}},
			{ClientID: "2002", ClientSecret: "another-secret", Name: "Other", RedirectURIs: []string{facebookRedirect}},
		},
		Accounts: []facebook.Account{
			{ID: "ann", Name: "Ann Lee", Email: "ann@home.example", Pages: []facebook.Page{{ID: "701", Name: "Acme Jobs"}, {ID: "702", Name: "Bakery"}}},
			{ID: "cy", Name: "Cy Wu"},
		},
		Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return toFacebook(t, stand.Handler()), stand
}

// toFacebook returns the network with a server of the test's own behind it.
func toFacebook(t *testing.T, h http.Handler) *Facebook {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return NewFacebook(FacebookApp{AppID: "1001", AppSecret: secret, URL: server.URL + "/", GraphURL: server.URL + "/", Now: now})
}

// consentAtFacebook lets the person decide about what AuthURL asks for, and returns what comes back to the redirect.
func consentAtFacebook(t *testing.T, f *Facebook, account, decision string) url.Values {
	t.Helper()
	return consentOn(t, f.AuthURL("the-state", facebookRedirect, f.NewVerifier()), account, decision)
}

// consentOn does so on any consent page.
func consentOn(t *testing.T, page, account, decision string) url.Values {
	t.Helper()
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	form := url.Values{"account": {account}, "decision": {decision}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, page, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := browser.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	back, err := resp.Location()
	if err != nil {
		body, _ := io.ReadAll(resp.Body)
		t.Fatalf("no redirect: %v\n%s", err, body)
	}
	if got := back.Scheme + "://" + back.Host + back.Path; got != facebookRedirect {
		t.Fatalf("sent back to %s, want %s", got, facebookRedirect)
	}
	if state := back.Query().Get("state"); state != "the-state" {
		t.Fatalf("state %q came back", state)
	}
	return back.Query()
}

// connectFacebook is the whole way to an account.
func connectFacebook(t *testing.T, f *Facebook, account, decision string) Account {
	t.Helper()
	got, err := f.Exchange(t.Context(), consentAtFacebook(t, f, account, decision).Get("code"), facebookRedirect, "")
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestFacebookConsentBecomesAnAccountWithALongLivedToken(t *testing.T) {
	t.Parallel()
	f, stand := openFacebook(t)
	got := connectFacebook(t, f, "ann", "allow")
	tokens := stand.Tokens()
	if len(tokens) != 2 || tokens[0].LongLived || !tokens[1].LongLived {
		t.Fatalf("tokens %+v, want a short-lived and a long-lived one", tokens)
	}
	want := Account{
		Subject: stand.UserID("1001", "ann"), Name: "Ann Lee", Email: "ann@home.example", Token: tokens[1].AccessToken,
		Scopes: "public_profile email", ExpiresAt: now().Add(facebook.LongTokenLife),
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestFacebookWithoutAnEmail(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, account, decision string
		fault                   fault.Name
		scopes                  string
	}{
		{name: "declined", account: "ann", decision: "allow_without_email", scopes: "public_profile"},
		{name: "signed up by phone", account: "cy", decision: "allow", scopes: "public_profile email"},
		{name: "withheld", account: "ann", decision: "allow", fault: facebook.NoEmail, scopes: "public_profile email"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, stand := openFacebook(t)
			if tt.fault != "" {
				stand.SetFault(tt.fault, fault.Always)
			}
			got := connectFacebook(t, f, tt.account, tt.decision)
			if got.Email != "" || got.Subject != stand.UserID("1001", tt.account) || got.Scopes != tt.scopes {
				t.Errorf("got %+v, want a subject, no email and the scopes %q", got, tt.scopes)
			}
		})
	}
}

func TestFacebookRefusals(t *testing.T) {
	t.Parallel()
	f, _ := openFacebook(t)
	back := consentAtFacebook(t, f, "ann", "cancel")
	if back.Get("error_reason") != "user_denied" || back.Has("code") {
		t.Errorf("came back with %v", back)
	}
	for code, want := range map[string]error{
		back.Get("error"):         ErrRefused,
		"invalid_scope":           ErrMisconfigured,
		"unauthorized_client":     ErrMisconfigured,
		"server_error":            ErrUnavailable,
		"temporarily_unavailable": ErrUnavailable,
		"":                        ErrRejected,
		"access_denied\r\nevil":   ErrRejected,
	} {
		if err := f.Denied(code); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", code, err, want)
		}
	}
}

func TestAFacebookCodeWorksOnceAndOnTheSameWay(t *testing.T) {
	t.Parallel()
	f, stand := openFacebook(t)
	code := consentAtFacebook(t, f, "ann", "allow").Get("code")
	if _, err := f.Exchange(t.Context(), code, facebookRedirect, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Exchange(t.Context(), code, facebookRedirect, ""); !errors.Is(err, ErrRejected) {
		t.Errorf("the second time: %v, want ErrRejected", err)
	}
	other := consentAtFacebook(t, f, "ann", "allow").Get("code")
	if _, err := f.Exchange(t.Context(), other, "https://evil.example/callback", ""); !errors.Is(err, ErrRejected) {
		t.Errorf("with another redirect: %v, want ErrRejected", err)
	}
	if n := len(stand.Tokens()); n != 2 {
		t.Errorf("%d tokens were issued, want the 2 of the first time", n)
	}
}

func TestFaultsOfFacebook(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fault fault.Name
		times int
		want  error
	}{
		{facebook.Down, fault.Always, ErrUnavailable},
		{facebook.InvalidCode, 1, ErrRejected},
		{facebook.ExpiredToken, 1, ErrRejected},
		{facebook.RevokedToken, 1, ErrRejected},
		{facebook.RateLimited, 1, ErrUnavailable},
	} {
		t.Run(string(tt.fault), func(t *testing.T) {
			t.Parallel()
			f, stand := openFacebook(t)
			code := consentAtFacebook(t, f, "ann", "allow").Get("code")
			stand.SetFault(tt.fault, tt.times)
			if _, err := f.Exchange(t.Context(), code, facebookRedirect, ""); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

// changed is an attacker, or a bug, between Herald and Facebook: it changes the query of what goes to one path.
type changed struct {
	path   string
	change func(url.Values)
}

func (c changed) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, c.path) {
		r = r.Clone(r.Context())
		query := r.URL.Query()
		c.change(query)
		r.URL.RawQuery = query.Encode()
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestFacebookDoesNotAcceptTheAppsSettings(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*Facebook)
	}{
		{"wrong secret", func(f *Facebook) { f.app.ClientSecret = "guess" }},
		{"unknown app", func(f *Facebook) { f.app.ClientID = "9" }},
		{"no such version", func(f *Facebook) {
			f.app.Endpoint.TokenURL = strings.Replace(f.app.Endpoint.TokenURL, FacebookGraphVersion, "v99.0", 1)
		}},
		{"no such version for the profile", func(f *Facebook) { f.graph = strings.Replace(f.graph, FacebookGraphVersion, "v99.0", 1) }},
		{"wrong appsecret_proof", func(f *Facebook) {
			f.client.Transport = changed{"/me", func(q url.Values) { q.Set("appsecret_proof", strings.Repeat("0", 64)) }}
		}},
		{"no appsecret_proof", func(f *Facebook) {
			f.client.Transport = changed{"/debug_token", func(q url.Values) { q.Del("appsecret_proof") }}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, _ := openFacebook(t)
			code := consentAtFacebook(t, f, "ann", "allow").Get("code")
			tt.change(f)
			if _, err := f.Exchange(t.Context(), code, facebookRedirect, ""); !errors.Is(err, ErrMisconfigured) {
				t.Errorf("got %v, want ErrMisconfigured", err)
			}
		})
	}
}

func TestFacebookAuthURL(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ base, version, want string }{
		{"", "", "https://www.facebook.com/v26.0/dialog/oauth"},
		{"https://www.facebook.com/", "v27.0", "https://www.facebook.com/v27.0/dialog/oauth"},
		{"http://127.0.0.1:9", "", "http://127.0.0.1:9/v26.0/dialog/oauth"},
	} {
		f := NewFacebook(FacebookApp{AppID: "1001", URL: tt.base, GraphVersion: tt.version, Now: now})
		page, err := url.Parse(f.AuthURL("a b&c", facebookRedirect, "unused"))
		if err != nil {
			t.Fatal(err)
		}
		if got := page.Scheme + "://" + page.Host + page.Path; got != tt.want {
			t.Errorf("consent page %s, want %s", got, tt.want)
		}
		want := url.Values{
			"response_type": {"code"}, "client_id": {"1001"}, "redirect_uri": {facebookRedirect}, "state": {"a b&c"},
			"scope": {"public_profile,email"},
		}
		if got := page.Query(); got.Encode() != want.Encode() {
			t.Errorf("asks %v, want %v", got, want)
		}
	}
}

// TestFacebookAnswersThatMakeNoSense also proves that errors repeat nothing of an answer, of the code, of a token or of
// the secret.
func TestFacebookAnswersThatMakeNoSense(t *testing.T) {
	t.Parallel()
	const leak = "LEAK"
	const token = `{"access_token":"` + leak + `","expires_in":60}`
	const inspection = `{"data":{"app_id":"1001","user_id":"7","is_valid":true,"scopes":["public_profile"]}}`
	const profile = `{"id":"7","name":"` + leak + `"}`
	type answer struct {
		status int
		body   string
	}
	good := map[string]answer{
		"code": {200, token}, "long": {200, token}, "debug": {200, inspection}, "me": {200, profile},
	}
	for _, tt := range []struct {
		name string
		at   string
		answer
		want error
	}{
		{"all is well", "me", answer{200, profile}, nil},
		{"code: a page", "code", answer{200, "<html>" + leak}, ErrUnavailable},
		{"code: empty", "code", answer{200, "{}"}, ErrUnavailable},
		{"code: a redirect", "code", answer{302, leak}, ErrUnavailable},
		{"code: a refusal that is no JSON", "code", answer{400, leak}, ErrRejected},
		{"code: used", "code", answer{400, `{"error":{"message":"` + leak + `","code":100,"error_subcode":36009}}`}, ErrRejected},
		{"code: wrong secret", "code", answer{400, `{"error":{"message":"Error validating client secret. ` + leak + `","code":1}}`}, ErrMisconfigured},
		{"code: unwell", "code", answer{400, `{"error":{"message":"` + leak + `","code":1}}`}, ErrUnavailable},
		{"code: the redirect is not listed", "code", answer{400, `{"error":{"message":"` + leak + `","code":191}}`}, ErrMisconfigured},
		{"code: error with status 200", "code", answer{200, `{"error":"` + leak + `"}`}, ErrUnavailable},
		{"code: endless", "code", answer{200, strings.Repeat(leak, maxAnswer)}, ErrUnavailable},
		{"long: nothing", "long", answer{200, `{}`}, ErrUnavailable},
		{"long: down", "long", answer{503, leak}, ErrUnavailable},
		{"long: too many calls", "long", answer{403, `{"error":{"message":"` + leak + `","code":4}}`}, ErrUnavailable},
		{"debug: another app", "debug", answer{200, strings.Replace(inspection, "1001", "2002", 1)}, ErrRejected},
		{"debug: another person", "debug", answer{200, strings.Replace(inspection, `"7"`, `"8"`, 1)}, ErrRejected},
		{"debug: not valid", "debug", answer{200, strings.Replace(inspection, "true", "false", 1)}, ErrRejected},
		{"debug: nothing", "debug", answer{200, `{}`}, ErrRejected},
		{"debug: a page", "debug", answer{200, "<html>" + leak}, ErrUnavailable},
		{"debug: not for this app", "debug", answer{400, `{"error":{"message":"` + leak + `","code":100}}`}, ErrRejected},
		{"me: nobody", "me", answer{200, `{"name":"` + leak + `"}`}, ErrUnavailable},
		{"me: not the owner", "me", answer{200, `{"id":"8"}`}, ErrRejected},
		{"me: forbidden", "me", answer{403, leak}, ErrMisconfigured},
		{"me: a redirect", "me", answer{307, leak}, ErrUnavailable},
		{"me: endless", "me", answer{200, strings.Repeat(leak, maxAnswer)}, ErrUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			mux := http.NewServeMux()
			say := func(at string) http.HandlerFunc {
				return func(w http.ResponseWriter, _ *http.Request) {
					a := good[at]
					if at == tt.at {
						a = tt.answer
					}
					w.Header().Set("Content-Type", "application/json")
					w.Header().Set("Location", "/elsewhere?"+leak)
					w.WriteHeader(a.status)
					io.WriteString(w, a.body) //nolint:errcheck // the client hangs up on an endless body
				}
			}
			mux.HandleFunc("POST /v26.0/oauth/access_token", say("code"))
			mux.HandleFunc("GET /v26.0/oauth/access_token", say("long"))
			mux.HandleFunc("GET /v26.0/debug_token", say("debug"))
			mux.HandleFunc("GET /v26.0/me", say("me"))
			mux.HandleFunc("/elsewhere", func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") })
			account, err := toFacebook(t, mux).Exchange(t.Context(), leak+"-code", facebookRedirect, "")
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if err != nil && (strings.Contains(err.Error(), leak) || strings.Contains(err.Error(), secret)) {
				t.Errorf("the error tells too much: %v", err)
			}
			if err == nil && !account.ExpiresAt.Equal(now().Add(time.Minute)) {
				t.Errorf("expires %v, want what expires_in says where debug_token says nothing", account.ExpiresAt)
			}
		})
	}
}

func TestNobodyAnswersAtFacebook(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	f := NewFacebook(FacebookApp{AppID: "1001", AppSecret: secret, URL: server.URL, GraphURL: server.URL, Now: now})
	_, exchange := f.Exchange(t.Context(), "LEAK", facebookRedirect, "")
	_, lengthen := f.lengthen(t.Context(), "LEAK")
	_, revoke := f.Revoke(t.Context(), "LEAK")
	for name, err := range map[string]error{"exchange": exchange, "lengthen": lengthen, "revoke": revoke} {
		if !errors.Is(err, ErrUnavailable) || strings.Contains(err.Error(), "LEAK") || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v, want ErrUnavailable without code, token and secret", name, err)
		}
	}
}

func TestGivingUpOnFacebookEndsTheWait(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{})
	f := toFacebook(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	}))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	if _, err := f.Revoke(ctx, "token"); !errors.Is(err, ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want ErrUnavailable and context.Canceled", err)
	}
}

func TestRevokeAtFacebook(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		before func(*Facebook, *facebook.Server)
		want   Revocation
		err    error
		works  bool // the token, afterwards
	}{
		{name: "Facebook follows", want: Revoked},
		{
			name:   "the token has expired",
			before: func(_ *Facebook, s *facebook.Server) { s.SetFault(facebook.ExpiredToken, 1) },
			want:   Revoked,
		},
		{
			name:   "the person was quicker",
			before: func(_ *Facebook, s *facebook.Server) { s.Revoke(s.UserID("1001", "ann")) },
			want:   Revoked,
		},
		{
			name:   "Facebook does not follow",
			before: func(_ *Facebook, s *facebook.Server) { s.SetFault(facebook.NoRevocation, 1) },
			want:   Standing, works: true,
		},
		{
			name:   "Facebook is down",
			before: func(_ *Facebook, s *facebook.Server) { s.SetFault(facebook.Down, fault.Always) },
			err:    ErrUnavailable, works: true,
		},
		{
			name:   "too many calls",
			before: func(_ *Facebook, s *facebook.Server) { s.SetFault(facebook.RateLimited, 1) },
			err:    ErrUnavailable, works: true,
		},
		{
			name:   "the operator has another app now",
			before: func(f *Facebook, _ *facebook.Server) { f.app.ClientID, f.app.ClientSecret = "2002", "another-secret" },
			want:   Standing, works: true,
		},
		{
			name: "wrong appsecret_proof",
			before: func(f *Facebook, _ *facebook.Server) {
				f.client.Transport = changed{"/permissions", func(q url.Values) { q.Set("appsecret_proof", "00") }}
			},
			err: ErrMisconfigured, works: true,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, stand := openFacebook(t)
			account := connectFacebook(t, f, "ann", "allow")
			if tt.before != nil {
				tt.before(f, stand)
			}
			got, err := f.Revoke(t.Context(), account.Token)
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("got %q, %v, want %q, %v", got, err, tt.want, tt.err)
			}
			if works := !stand.Tokens()[1].Revoked; works != tt.works {
				t.Errorf("the token works: %v", works)
			}
		})
	}
}

func TestRevokingWhatFacebookDoesNotKnow(t *testing.T) {
	t.Parallel()
	f, _ := openFacebook(t)
	if got, err := f.Revoke(t.Context(), "made-up"); got != Standing || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, Standing)
	}
}

// TestTheInspectedPersonStaysInThePath: what Facebook answers becomes part of the next path.
func TestTheInspectedPersonStaysInThePath(t *testing.T) {
	t.Parallel()
	var path string
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v26.0/debug_token", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"data":{"app_id":"1001","user_id":"../7?x=/","is_valid":true}}`) //nolint:errcheck // a test's answer
	})
	mux.HandleFunc("DELETE /v26.0/{user}/permissions", func(w http.ResponseWriter, r *http.Request) {
		path = r.PathValue("user")
		io.WriteString(w, `{"success":true}`) //nolint:errcheck // a test's answer
	})
	if got, err := toFacebook(t, mux).Revoke(t.Context(), "token"); got != Revoked || err != nil || path != "../7?x=/" {
		t.Errorf("got %q, %v for %q", got, err, path)
	}
}

func TestFacebookIsANetwork(t *testing.T) {
	t.Parallel()
	var n Network = NewFacebook(FacebookApp{AppID: "1001", Now: now})
	s, err := n.At(t.Context(), "", facebookRedirect)
	if err != nil {
		t.Fatal(err)
	}
	if n.Name() != "facebook" || n.Title() != "Facebook" || s.Issuer() != FacebookURL || s.NewVerifier() != "" || len(n.Asks()) != 2 {
		t.Errorf("got %q, %q, %q, %q, %v", n.Name(), n.Title(), s.Issuer(), s.NewVerifier(), n.Asks())
	}
}

func TestFacebookCalls(t *testing.T) {
	t.Parallel()
	f, stand := openFacebook(t)
	var caller Caller = f
	message := func(account string) url.Values {
		signed, err := stand.SignedRequest("1001", account)
		if err != nil {
			t.Fatal(err)
		}
		return url.Values{"signed_request": {signed}}
	}
	ann, err := caller.Call(message("ann"))
	if err != nil || ann.Subject != stand.UserID("1001", "ann") || !ann.At.Equal(now()) || len(ann.Code) != 26 {
		t.Errorf("got %+v, %v", ann, err)
	}
	if again, err := caller.Call(message("ann")); err != nil || again != ann {
		t.Errorf("repeated: %+v, %v, want %+v", again, err, ann)
	}
	if bo, err := caller.Call(message("cy")); err != nil || bo.Code == ann.Code {
		t.Errorf("somebody else's: %+v, %v", bo, err)
	}
	timeless := signed(secret, `{"algorithm":"HMAC-SHA256","user_id":"7"}`, base64.RawURLEncoding, sha256.New)
	for name, form := range map[string]url.Values{
		"none": {}, "two": {"signed_request": append(message("ann")["signed_request"], message("cy")["signed_request"]...)}, "no time": {"signed_request": {timeless}},
	} {
		if call, err := caller.Call(form); !errors.Is(err, ErrForged) || call != (Call{}) {
			t.Errorf("%s: %+v, %v", name, call, err)
		}
	}
}
