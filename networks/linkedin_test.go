package networks

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"herald/sandbox/fault"
	"herald/sandbox/linkedin"
)

const (
	redirect = "https://jobs.acme.example/oauth/linkedin/callback"
	secret   = "s3cret-of-the-app"
)

func now() time.Time { return time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC) }

// open starts the local LinkedIn, and the network that talks to it.
func open(t *testing.T) (*LinkedIn, *linkedin.Server) {
	t.Helper()
	stand, err := linkedin.New(linkedin.Options{
		Apps: []linkedin.App{{ClientID: "herald", ClientSecret: secret, Name: "Herald", RedirectURIs: []string{redirect}}},
		Accounts: []linkedin.Account{
			{ID: "ann", Name: "Ann Lee", Email: "ann@home.example"},
			{ID: "cy", Name: "Cy Wu"},
		},
		Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return to(t, stand.Handler()), stand
}

// to returns the network with a server of the test's own behind it.
func to(t *testing.T, h http.Handler) *LinkedIn {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	l := NewLinkedIn(LinkedInApp{ClientID: "herald", ClientSecret: secret, URL: server.URL + "/", APIURL: server.URL + "/", Now: now})
	l.pause = 0
	return l
}

// consent lets the member allow what AuthURL asks for, and returns what comes back to the redirect.
func consent(t *testing.T, l *LinkedIn, account, decision string) url.Values {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	page, err := url.Parse(l.AuthURL("the-state", redirect, l.NewVerifier()))
	if err != nil {
		t.Fatal(err)
	}
	form := page.Query()
	form.Set("account", account)
	form.Set("decision", decision)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, page.Scheme+"://"+page.Host+page.Path, strings.NewReader(form.Encode()))
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
	if got := back.Scheme + "://" + back.Host + back.Path; got != redirect {
		t.Fatalf("sent back to %s, want %s", got, redirect)
	}
	if state := back.Query().Get("state"); state != "the-state" {
		t.Fatalf("state %q came back", state)
	}
	return back.Query()
}

func TestConsentBecomesAnAccount(t *testing.T) {
	t.Parallel()
	l, stand := open(t)
	code := consent(t, l, "ann", "allow").Get("code")
	got, err := l.Exchange(t.Context(), code, redirect, "")
	if err != nil {
		t.Fatal(err)
	}
	want := Account{
		Subject: stand.Sub("herald", "ann"), Name: "Ann Lee", Email: "ann@home.example", Token: stand.Tokens()[0].AccessToken,
		Scopes: "openid profile email w_member_social", ExpiresAt: now().Add(60 * 24 * time.Hour),
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAnAccountMayHaveNoEmail(t *testing.T) {
	t.Parallel()
	l, _ := open(t)
	got, err := l.Exchange(t.Context(), consent(t, l, "cy", "allow").Get("code"), redirect, "")
	if err != nil {
		t.Fatal(err)
	}
	if got.Email != "" || got.Subject == "" {
		t.Errorf("got %+v, want a subject and no email", got)
	}
}

func TestACodeWorksOnce(t *testing.T) {
	t.Parallel()
	l, _ := open(t)
	code := consent(t, l, "ann", "allow").Get("code")
	if _, err := l.Exchange(t.Context(), code, redirect, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Exchange(t.Context(), code, redirect, ""); !errors.Is(err, ErrRejected) {
		t.Errorf("the second time: %v, want ErrRejected", err)
	}
}

func TestAFreshTokenThatCountsAsRevokedGetsASecondChance(t *testing.T) {
	t.Parallel()
	l, stand := open(t)
	stand.SetFault(linkedin.NoIDToken, fault.Always) // else userinfo is not asked
	stand.SetFault(linkedin.RevokedToken, 1)
	if _, err := l.Exchange(t.Context(), consent(t, l, "ann", "allow").Get("code"), redirect, ""); err != nil {
		t.Errorf("revoked once: %v", err)
	}
	stand.SetFault(linkedin.RevokedToken, 2)
	if _, err := l.Exchange(t.Context(), consent(t, l, "ann", "allow").Get("code"), redirect, ""); !errors.Is(err, ErrRejected) {
		t.Errorf("revoked twice: %v, want ErrRejected", err)
	}
}

func TestFaultsOfLinkedIn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		faults []fault.Name
		want   error
		email  string
	}{
		{"down", []fault.Name{linkedin.Down}, ErrUnavailable, ""},
		{"invalid code", []fault.Name{linkedin.InvalidCode}, ErrRejected, ""},
		{"bad signature", []fault.Name{linkedin.BadSignature}, ErrRejected, ""},
		{"no id token", []fault.Name{linkedin.NoIDToken}, nil, "ann@home.example"},
		{"no id token, and the token has expired", []fault.Name{linkedin.NoIDToken, linkedin.ExpiredToken}, ErrRejected, ""},
		{"userinfo is not needed", []fault.Name{linkedin.ExpiredToken}, nil, "ann@home.example"},
		{"no email", []fault.Name{linkedin.NoEmail}, nil, ""},
		{"no email in userinfo", []fault.Name{linkedin.NoEmail, linkedin.NoIDToken}, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l, stand := open(t)
			code := consent(t, l, "ann", "allow").Get("code")
			for _, f := range tt.faults {
				stand.SetFault(f, fault.Always)
			}
			got, err := l.Exchange(t.Context(), code, redirect, "")
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if whose, asked := l.Whose(t.Context(), got.Token); err != nil && got != (Account{Token: got.Token}) ||
				asked == nil && whose != stand.Sub("herald", "ann") {
				t.Errorf("with the error comes %+v; the token is %q's, %v", got, whose, asked)
			}
			if err == nil && (got.Email != tt.email || got.Name != "Ann Lee" || got.Subject != stand.Sub("herald", "ann")) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestIDTokensThatProveNothing puts others in the place of the one that LinkedIn issued.
func TestIDTokensThatProveNothing(t *testing.T) {
	t.Parallel()
	encode := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	claims := func(change func(map[string]any)) string {
		c := map[string]any{"iss": "ISSUER", "aud": "herald", "sub": "ann", "iat": now().Unix(), "exp": now().Add(time.Hour).Unix()}
		change(c)
		body, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	signed := func(payload string) string {
		text := encode(`{"alg":"RS256","kid":"1"}`) + "." + encode(payload)
		digest := sha256.Sum256([]byte(text))
		signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
		if err != nil {
			t.Fatal(err)
		}
		return text + "." + encode(string(signature))
	}
	for _, tt := range []struct {
		name  string
		token func(payload string) string
		claim func(map[string]any)
		keys  int // status of the answer
		want  error
	}{
		{"genuine", signed, func(map[string]any) {}, 200, nil},
		{"no algorithm", func(p string) string { return encode(`{"alg":"none"}`) + "." + encode(p) + "." }, func(map[string]any) {}, 200, ErrRejected},
		{"the public key as a secret", func(p string) string {
			return encode(`{"alg":"HS256","kid":"1"}`) + "." + encode(p) + "." + encode("x")
		}, func(map[string]any) {}, 200, ErrRejected},
		{"no token at all", func(string) string { return "LEAK" }, func(map[string]any) {}, 200, ErrRejected},
		{"another issuer", signed, func(c map[string]any) { c["iss"] = "https://evil.example" }, 200, ErrRejected},
		{"for another app", signed, func(c map[string]any) { c["aud"] = "other" }, 200, ErrRejected},
		{"expired", signed, func(c map[string]any) { c["exp"] = now().Add(-time.Second).Unix() }, 200, ErrRejected},
		{"about nobody", signed, func(c map[string]any) { delete(c, "sub") }, 200, ErrUnavailable},
		{"the keys are not there", signed, func(map[string]any) {}, 503, ErrUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			mux := http.NewServeMux()
			server := httptest.NewServer(mux)
			defer server.Close()
			token := tt.token(strings.Replace(claims(tt.claim), "ISSUER", server.URL+"/oauth", 1))
			say := func(status int, answer any) http.HandlerFunc {
				return func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(status)
					json.NewEncoder(w).Encode(answer) //nolint:errcheck // a test's answer
				}
			}
			mux.HandleFunc("POST /oauth/v2/accessToken", say(200, map[string]any{"access_token": "LEAK", "id_token": token}))
			mux.HandleFunc("GET /oauth/openid/jwks", say(tt.keys, map[string]any{"keys": []any{map[string]any{
				"kty": "RSA", "kid": "1", "n": encode(string(key.N.Bytes())), "e": "AQAB",
			}}}))
			mux.HandleFunc("/v2/userinfo", func(http.ResponseWriter, *http.Request) { t.Error("userinfo was asked instead") })
			l := NewLinkedIn(LinkedInApp{ClientID: "herald", ClientSecret: secret, URL: server.URL, APIURL: server.URL, Now: now})
			account, err := l.Exchange(t.Context(), "code", redirect, "")
			if !errors.Is(err, tt.want) || (err == nil) != (account.Subject == "ann") {
				t.Errorf("got %+v, %v, want %v", account, err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "LEAK") {
				t.Errorf("the error tells too much: %v", err)
			}
		})
	}
}

func TestWrongSecret(t *testing.T) {
	t.Parallel()
	l, _ := open(t)
	code := consent(t, l, "ann", "allow").Get("code")
	l.app.ClientSecret = "another"
	if _, err := l.Exchange(t.Context(), code, redirect, ""); !errors.Is(err, ErrMisconfigured) {
		t.Errorf("got %v, want ErrMisconfigured", err)
	}
}

func TestDenied(t *testing.T) {
	t.Parallel()
	l, _ := open(t)
	for code, want := range map[string]error{
		consent(t, l, "ann", "cancel").Get("error"):       ErrRefused,
		consent(t, l, "ann", "cancel_login").Get("error"): ErrRefused,
		"access_denied":                ErrRefused,
		"unauthorized_scope_error":     ErrMisconfigured,
		"temporarily_unavailable":      ErrUnavailable,
		"":                             ErrRejected,
		"user_cancelled_login\r\nevil": ErrRejected,
	} {
		if err := l.Denied(code); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", code, err, want)
		}
	}
}

func TestAuthURLAsksForAllAtOnceAndWithoutPKCE(t *testing.T) {
	t.Parallel()
	for _, given := range []string{"", "https://www.linkedin.com", "https://www.linkedin.com/"} {
		l := NewLinkedIn(LinkedInApp{ClientID: "herald", URL: given, Now: now})
		page, err := url.Parse(l.AuthURL("a b&c", redirect, "unused"))
		if err != nil {
			t.Fatal(err)
		}
		if got := page.Scheme + "://" + page.Host + page.Path; got != "https://www.linkedin.com/oauth/v2/authorization" {
			t.Errorf("URL %q: consent page %s", given, got)
		}
		want := url.Values{
			"response_type": {"code"}, "client_id": {"herald"}, "redirect_uri": {redirect}, "state": {"a b&c"},
			"scope": {"openid profile email w_member_social"},
		}
		if got := page.Query(); got.Encode() != want.Encode() {
			t.Errorf("asks %v, want %v", got, want)
		}
	}
}

// TestAnswersThatMakeNoSense also proves that errors repeat nothing of an answer, of the code or of the token.
func TestAnswersThatMakeNoSense(t *testing.T) {
	t.Parallel()
	const leak = "LEAK"
	token := `{"access_token":"` + leak + `","expires_in":60}`
	for _, tt := range []struct {
		name           string
		tokenStatus    int
		token          string
		userinfoStatus int
		userinfo       string
		want           error
	}{
		{name: "token: a page", tokenStatus: 200, token: "<html>" + leak, want: ErrUnavailable},
		{name: "token: empty", tokenStatus: 200, token: "{}", want: ErrUnavailable},
		{name: "token: a redirect", tokenStatus: 302, token: leak, want: ErrUnavailable},
		{name: "token: unknown error", tokenStatus: 400, token: `{"error":"` + leak + `","error_description":"` + leak + `"}`, want: ErrRejected},
		{name: "token: error with status 200", tokenStatus: 200, token: `{"error":"` + leak + `"}`, want: ErrUnavailable},
		{name: "token: too many requests", tokenStatus: 429, token: leak, want: ErrUnavailable},
		{name: "token: unknown redirect", tokenStatus: 400, token: `{"error":"invalid_redirect_uri"}`, want: ErrMisconfigured},
		{name: "token: endless", tokenStatus: 200, token: strings.Repeat(leak, maxAnswer), want: ErrUnavailable},
		{name: "userinfo: a page", tokenStatus: 200, token: token, userinfoStatus: 200, userinfo: "<html>" + leak, want: ErrUnavailable},
		{name: "userinfo: nobody", tokenStatus: 200, token: token, userinfoStatus: 200, userinfo: `{"name":"` + leak + `"}`, want: ErrUnavailable},
		{name: "userinfo: endless", tokenStatus: 200, token: token, userinfoStatus: 200, userinfo: strings.Repeat(leak, maxAnswer), want: ErrUnavailable},
		{name: "userinfo: forbidden", tokenStatus: 200, token: token, userinfoStatus: 403, userinfo: leak, want: ErrMisconfigured},
		{name: "userinfo: down", tokenStatus: 200, token: token, userinfoStatus: 502, userinfo: leak, want: ErrUnavailable},
		{name: "userinfo: a redirect", tokenStatus: 200, token: token, userinfoStatus: 307, userinfo: leak, want: ErrUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			mux := http.NewServeMux()
			answer := func(status int, body string) http.HandlerFunc {
				return func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/json")
					w.Header().Set("Location", "/elsewhere?"+leak)
					w.WriteHeader(status)
					io.WriteString(w, body) //nolint:errcheck // the client hangs up on an endless body
				}
			}
			mux.HandleFunc("POST /oauth/v2/accessToken", answer(tt.tokenStatus, tt.token))
			mux.HandleFunc("GET /v2/userinfo", answer(tt.userinfoStatus, tt.userinfo))
			mux.HandleFunc("/elsewhere", func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") })
			_, err := to(t, mux).Exchange(t.Context(), leak+"-code", redirect, "")
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if err != nil && (strings.Contains(err.Error(), leak) || strings.Contains(err.Error(), secret)) {
				t.Errorf("the error tells too much: %v", err)
			}
		})
	}
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	l := NewLinkedIn(LinkedInApp{ClientID: "herald", ClientSecret: secret, URL: server.URL, APIURL: server.URL, Now: now})
	if _, err := l.Exchange(t.Context(), "LEAK", redirect, ""); !errors.Is(err, ErrUnavailable) || strings.Contains(err.Error(), "LEAK") {
		t.Errorf("exchange: %v, want ErrUnavailable without the code", err)
	}
	if _, err := l.Revoke(t.Context(), "LEAK"); !errors.Is(err, ErrUnavailable) || strings.Contains(err.Error(), "LEAK") {
		t.Errorf("revoke: %v, want ErrUnavailable without the token", err)
	}
}

func TestGivingUpEndsTheWait(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{})
	l := to(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // else the server does not notice that the client hung up
		close(asked)
		<-r.Context().Done()
	}))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	if _, err := l.Exchange(ctx, "code", redirect, ""); !errors.Is(err, ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want ErrUnavailable and context.Canceled", err)
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		faults map[fault.Name]int
		change func(*LinkedIn)
		want   Revocation
		err    error
	}{
		{name: "LinkedIn follows", want: Revoked},
		{name: "LinkedIn has no such endpoint", faults: map[fault.Name]int{linkedin.NoRevocation: 1}, want: Standing},
		{name: "LinkedIn is down", faults: map[fault.Name]int{linkedin.Down: fault.Always}, err: ErrUnavailable},
		{name: "wrong secret", change: func(l *LinkedIn) { l.app.ClientSecret = "another" }, err: ErrMisconfigured},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l, stand := open(t)
			account, err := l.Exchange(t.Context(), consent(t, l, "ann", "allow").Get("code"), redirect, "")
			if err != nil {
				t.Fatal(err)
			}
			for f, n := range tt.faults {
				stand.SetFault(f, n)
			}
			if tt.change != nil {
				tt.change(l)
			}
			got, err := l.Revoke(t.Context(), account.Token)
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("got %q, %v, want %q, %v", got, err, tt.want, tt.err)
			}
			if works := !stand.Tokens()[0].Revoked; works != (tt.want != Revoked) {
				t.Errorf("the token works: %v", works)
			}
		})
	}
}

func TestRevokingWhatEndedBefore(t *testing.T) {
	t.Parallel()
	l, stand := open(t)
	account, err := l.Exchange(t.Context(), consent(t, l, "ann", "allow").Get("code"), redirect, "")
	if err != nil {
		t.Fatal(err)
	}
	stand.Revoke(account.Subject)
	stand.SetFault(linkedin.NoRevocation, 1)
	if got, err := l.Revoke(t.Context(), account.Token); got != Revoked || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, Revoked)
	}
}
