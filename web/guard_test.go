package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"herald/networks"
	"herald/store"
	"herald/web"
)

func TestEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := newSite(t, start, m)
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; " +
			"form-action 'self' " + s.url + " " + s.forms,
		"Referrer-Policy":              "no-referrer",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy":           "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
		"X-Robots-Tag":                 "noindex, nofollow",
		"Cache-Control":                "no-store",
		"Strict-Transport-Security":    "", // there is no https here
	}
	key := "/register/" + m.company.Key
	for _, tt := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/", 200},
		{"HEAD", "/", 200},
		{"GET", "/privacy", 200},
		{"GET", "/terms", 200},
		{"GET", key, 200},
		{"HEAD", key, 200},
		{"GET", key + "/" + annToken, 200},
		{"GET", key + "/linkedin", 303},
		{"GET", key + "/" + annToken + "/linkedin", 303},
		{"POST", key + "/linkedin", 422},
		{"POST", key + "/" + annToken + "/linkedin", 303},
		{"POST", key + "/myspace", 404},
		{"POST", key, 405},
		{"GET", "/register/none", 404},
		{"GET", "/register/%00", 404},
		{"GET", "/register/%ff/%2e%2e", 404},
		{"GET", "/register/" + strings.Repeat("x", 3000), 404},
		{"GET", "/oauth/linkedin/callback", 400},
		{"GET", "/oauth/myspace/callback", 404},
		{"POST", "/oauth/linkedin/callback", 405},
		{"POST", "/oauth/facebook/deauthorize", 403},
		{"POST", "/oauth/facebook/delete", 403},
		{"POST", "/oauth/linkedin/deauthorize", 404},
		{"POST", "/oauth/myspace/delete", 404},
		{"GET", "/oauth/facebook/delete", 405},
		{"GET", "/deletion/CODE", 200},
		{"POST", "/deletion/CODE", 405},
		{"GET", "/healthz", 200},
		{"GET", "/livez", 200},
		{"GET", "/static/herald.js", 404},
		{"GET", "/nothing", 404},
		{"GET", "//evil.example/%2f..", 404},
		{"DELETE", "/", 405},
		{"OPTIONS", "/privacy", 405},
	} {
		req, err := http.NewRequestWithContext(t.Context(), tt.method, s.url+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := newVisitor(t).stay().do(req)
		if got.status != tt.status {
			t.Errorf("%s %s: status %d, want %d", tt.method, tt.path, got.status, tt.status)
		}
		for name, value := range want {
			if got.header.Get(name) != value {
				t.Errorf("%s %s: %s is %q, want %q", tt.method, tt.path, name, got.header.Get(name), value)
			}
		}
		if got.status == http.StatusMethodNotAllowed && got.header.Get("Allow") == "" {
			t.Errorf("%s %s: no Allow", tt.method, tt.path)
		}
		if back := got.header.Get("Location"); got.status == http.StatusSeeOther && tt.method == "GET" && !strings.HasPrefix(back, "/register/") {
			t.Errorf("%s %s leads to %s", tt.method, tt.path, back)
		}
	}
}

func TestStaticFilesAreKeptByBrowsers(t *testing.T) {
	t.Parallel()
	s := newSite(t, start, newMemory())
	v := newVisitor(t)
	home := v.open(s.url + "/").body
	for _, name := range []string{"herald.css", "herald.svg"} {
		_, rest, ok := strings.Cut(home, `href="/static/`+name)
		if !ok {
			t.Fatalf("the page does not name %s", name)
		}
		version, _, _ := strings.Cut(rest, `"`)
		if got := v.open(s.url + "/static/" + name + version); got.status != 200 || !strings.Contains(got.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: status %d, Cache-Control %q", name, got.status, got.header.Get("Cache-Control"))
		}
		if got := v.open(s.url + "/static/" + name); got.header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s without its version: Cache-Control %q", name, got.header.Get("Cache-Control"))
		}
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := newSite(t, start, m)
	secure := newSite(t, start, m, func(c *web.Config) { c.PublicURL = "https://jobs.acme.example" })
	for _, tt := range []struct {
		name         string
		site         *site
		fetch, orign string
		status       int
	}{
		{"our page", s, "same-origin", "null", 303},
		{"another site", s, "cross-site", "https://evil.example", 403},
		{"a neighbour", s, "same-site", "null", 403},
		{"our page without https", s, "", "null", 303},
		{"another site without https", s, "", "https://evil.example", 403},
		{"no browser", s, "", "", 303},
		{"our page by the public URL", secure, "", "https://jobs.acme.example", 303},
		{"nobody knows who", secure, "", "null", 403},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, tt.site.url+"/register/"+m.company.Key+"/linkedin", strings.NewReader("email=a@b.example"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for name, value := range map[string]string{"Sec-Fetch-Site": tt.fetch, "Origin": tt.orign} {
			if value != "" {
				req.Header.Set(name, value)
			}
		}
		if got := newVisitor(t).stay().do(req); got.status != tt.status {
			t.Errorf("%s: status %d, want %d", tt.name, got.status, tt.status)
		}
	}
}

func TestHTTPSMakesCookiesAndConnectionsStrict(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := newSite(t, start, m, func(c *web.Config) { c.PublicURL = "https://jobs.acme.example/" })
	got := newVisitor(t).stay().post(s.url+"/register/"+m.company.Key+"/"+annToken+"/linkedin", nil)
	got.wants(t, 303)
	cookie := got.header.Get("Set-Cookie")
	for _, part := range []string{"__Host-herald-", "; Path=/;", "; HttpOnly", "; Secure", "; SameSite=Lax", "; Max-Age=3600"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("no %q in the cookie %s", part, cookie)
		}
	}
	if got.header.Get("Strict-Transport-Security") == "" {
		t.Error("no Strict-Transport-Security")
	}
	consent, err := url.Parse(got.header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	if redirect := consent.Query().Get("redirect_uri"); redirect != "https://jobs.acme.example/oauth/linkedin/callback" {
		t.Errorf("redirect_uri %s", redirect)
	}
}

func TestThePublicURLMayHaveAPath(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := newSite(t, start, m, func(c *web.Config) { c.PublicURL += "/herald/" })
	for _, base := range []string{"", "/herald"} { // a proxy may cut the path off, or not
		got := newVisitor(t).open(s.url + base + "/register/" + m.company.Key)
		got.wants(t, 200)
		for _, link := range []string{`action="/herald/register/`, `href="/herald/privacy"`, `href="/herald/static/herald.css`} {
			if !strings.Contains(got.body, link) {
				t.Errorf("%q: no %s", base, link)
			}
		}
	}
}

func TestTheLogNamesNobody(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := newSite(t, start, m)
	v := newVisitor(t)
	v.open(s.url + "/register/" + m.company.Key + "/" + annToken)
	v.submit(url.Values{"email": {"ann@home.example"}})
	v.submit(allow("ann")).wants(t, 200, "You’re in")
	callback := v.page.url.Query()
	v.open(s.url + "/nothing/ann@home.example?email=ann@home.example")
	log := s.log.String()
	for _, private := range []string{annToken, "ann@", "Ann", "127.0.0.1", callback.Get("code"), callback.Get("state"), m.company.Key, m.registered[0].account.Token} {
		if strings.Contains(log, private) {
			t.Errorf("%q is in the log:\n%s", private, log)
		}
	}
	if !strings.Contains(log, `route="GET /oauth/{network}/callback" status=200`) {
		t.Errorf("the callback is not in the log:\n%s", log)
	}
}

// panicky breaks in the middle of a request.
type panicky struct{ *memory }

func (panicky) CompanyByKey(context.Context, string) (store.Company, error) {
	panic("ann@home.example")
}

func TestAPanicIsAnswered(t *testing.T) {
	t.Parallel()
	s := newSite(t, start, panicky{newMemory()})
	got := newVisitor(t).open(s.url + "/register/acme")
	got.wants(t, 500, "Something broke on our side", "Reference:")
	ref := varying.FindString(got.body[strings.Index(got.body, "Reference:"):])
	ref = strings.TrimSuffix(strings.TrimPrefix(ref, "<code>"), "</code>")
	if log := s.log.String(); !strings.Contains(log, "ref="+ref) || strings.Contains(log, "ann@") {
		t.Errorf("want the reference %s and no address in the log:\n%s", ref, log)
	}
}

func TestABodyMustBeShort(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := newSite(t, start, m)
	form := url.Values{"email": {"ann@home.example"}, "more": {strings.Repeat("x", 20<<10)}}
	newVisitor(t).post(s.url+"/register/"+m.company.Key+"/linkedin", form).wants(t, 400, "We could not read the form", "Try again")
}

// TestConsentPagesMayMoveOnPhones: Facebook sends a phone's browser from www. to m., and the policy of forms applies to that, too.
func TestConsentPagesMayMoveOnPhones(t *testing.T) {
	t.Parallel()
	s := newSite(t, start, newMemory(), func(c *web.Config) {
		c.Networks = []networks.Network{networks.NewFacebook(networks.FacebookApp{AppID: "1001", AppSecret: "fb-s3cret", Now: start})}
	})
	policy := newVisitor(t).open(s.url + "/").header.Get("Content-Security-Policy")
	if !strings.HasSuffix(policy, " https://www.facebook.com https://*.facebook.com") {
		t.Errorf("the policy is %s", policy)
	}
}
