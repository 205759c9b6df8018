package web_test

import (
	"context"
	"html"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"herald/networks"
	"herald/sandbox/facebook"
	"herald/sandbox/linkedin"
	"herald/sandbox/mastodon"
	"herald/store"
	"herald/web"
)

// start is when every test begins.
func start() time.Time { return time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC) }

// directory is Slack's, for people whom Herald does not know, by Slack id.
type directory map[string]store.Person

func (d directory) Person(_ context.Context, _ store.Company, slackID string) (store.Person, error) {
	p, ok := d[slackID]
	if !ok {
		return store.Person{}, store.ErrNotFound
	}
	return p, nil
}

// site is Herald's web server with the local LinkedIn and Facebook behind it.
type site struct {
	url      string
	linkedin *linkedin.Server
	facebook *facebook.Server
	mastodon *mastodon.Server
	instance string // where mastodon is
	forms    string // the origins of their consent pages
	log      *logBook
	slackOK  bool
}

// logBook keeps what was logged.
type logBook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// later is a handler that is known after its server has an address.
type later struct{ http.Handler }

func (l *later) ServeHTTP(w http.ResponseWriter, r *http.Request) { l.Handler.ServeHTTP(w, r) }

// accounts are LinkedIn's members.
func accounts() []linkedin.Account {
	return []linkedin.Account{
		{ID: "ann", Name: "Ann Lee", GivenName: "Ann", FamilyName: "Lee", Email: "ann@home.example"},
		{ID: "bo", Name: "Bo García", GivenName: "Bo", FamilyName: "García", Email: "bo@home.example"},
		{ID: "cy", Name: "Cy Wu", GivenName: "Cy", FamilyName: "Wu"},
	}
}

// facebookAccounts are the people on Facebook. Ann manages Acme's Page there, Bo none. Cy signed up there by phone.
func facebookAccounts() []facebook.Account {
	return []facebook.Account{
		{ID: "ann", Name: "Ann Lee", FirstName: "Ann", LastName: "Lee", Email: "ann@home.example", Pages: []facebook.Page{
			{ID: "701", Name: "Ann’s <Bakery>"}, {ID: "702", Name: "Acme Jobs"},
		}},
		{ID: "bo", Name: "Bo García", FirstName: "Bo", LastName: "García", Email: "bo@home.example"},
		{ID: "cy", Name: "Cy Wu", FirstName: "Cy", LastName: "Wu"},
	}
}

// everywhere gives somebody an account with this id at every network. They manage two Pages.
func (s *site) everywhere(id, name string) {
	s.linkedin.AddAccount(linkedin.Account{ID: id, Name: name})
	s.facebook.AddAccount(facebook.Account{ID: id, Name: name, Pages: []facebook.Page{{ID: "701", Name: "Ann’s <Bakery>"}, {ID: "702", Name: "Acme Jobs"}}})
	s.mastodon.AddAccount(mastodon.Account{ID: id, Username: name})
}

// newSite starts all servers. change may alter the configuration.
func newSite(t *testing.T, now func() time.Time, s web.Store, change ...func(*web.Config)) *site {
	t.Helper()
	front := &later{}
	server := httptest.NewServer(front)
	t.Cleanup(server.Close)
	links := web.Links{PublicURL: server.URL}

	li, err := linkedin.New(linkedin.Options{
		Apps: []linkedin.App{{
			ClientID: "herald", ClientSecret: "s3cret", Name: "Herald", RedirectURIs: []string{links.Callback("linkedin")},
		}},
		Accounts: accounts(), Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	fb, err := facebook.New(facebook.Options{
		Apps: []facebook.App{{
			ClientID: "1001", ClientSecret: "fb-s3cret", Name: "Herald", RedirectURIs: []string{links.Callback("facebook")},
			Permissions:    []string{"public_profile", "email", "pages_show_list"},
			DeauthorizeURL: links.Deauthorize("facebook"), DeletionURL: links.Delete("facebook"),
		}},
		Accounts: facebookAccounts(), Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	serve := func(handler http.Handler) string {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		return server.URL
	}
	masto, err := mastodon.New(mastodon.Options{
		Accounts: []mastodon.Account{{ID: "109", Username: "ann", DisplayName: "Ann Lee"}, {ID: "110", Username: "bo"}}, Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	linkedinURL, facebookURL, mastodonURL := serve(li.Handler()), serve(fb.Handler()), serve(masto.Handler())

	book := &logBook{}
	st := &site{url: server.URL, linkedin: li, facebook: fb, mastodon: masto, instance: mastodonURL, forms: linkedinURL + " " + facebookURL, log: book, slackOK: true}
	config := web.Config{
		Store: s, Directory: directory{}, PublicURL: server.URL,
		Networks: []networks.Network{
			networks.NewLinkedIn(networks.LinkedInApp{
				ClientID: "herald", ClientSecret: "s3cret", URL: linkedinURL + "/", APIURL: linkedinURL, Now: now,
			}),
			networks.NewFacebook(networks.FacebookApp{
				AppID: "1001", AppSecret: "fb-s3cret", URL: facebookURL, GraphURL: facebookURL + "/", Now: now,
			}),
		},
		Slack: func() (string, bool) {
			if st.slackOK {
				return "connected", true
			}
			return "reconnecting", false
		},
		Now: now, Log: slog.New(slog.NewTextHandler(io.MultiWriter(book, t.Output()), &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if clients, ok := s.(networks.Clients); ok {
		config.More = []networks.Network{
			networks.NewMastodon(networks.MastodonApp{Name: "Herald", Clients: clients, Allowed: []string{mastodonURL}, Now: now}),
		}
	}
	for _, f := range change {
		f(&config)
	}
	front.Handler, err = web.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// A visitor has a browser, which keeps cookies and shows one page at a time.
type visitor struct {
	t      *testing.T
	client *http.Client
	page   page
}

// page is an answer, read.
type page struct {
	status int
	url    *url.URL
	header http.Header
	body   string
}

func newVisitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, client: &http.Client{Jar: jar, Timeout: 30 * time.Second}}
}

// stay makes it show redirects instead of following them.
func (b *visitor) stay() *visitor {
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return b
}

func (b *visitor) do(req *http.Request) page {
	b.t.Helper()
	resp, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.page = page{resp.StatusCode, resp.Request.URL, resp.Header, string(body)}
	return b.page
}

func (b *visitor) open(address string) page {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(req)
}

// post sends a form as a browser would from a page of the same site.
func (b *visitor) post(address string, form url.Values) page {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("Origin", "null")
	return b.do(req)
}

var (
	formAction  = regexp.MustCompile(`<form method="post"(?: action="([^"]*)")?`)
	hiddenInput = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
	anyTag      = regexp.MustCompile(`<[^>]*>`)
)

// submit sends the page's form, with its hidden fields and the given ones.
func (b *visitor) submit(fields url.Values) page {
	b.t.Helper()
	return b.send(formAction, fields)
}

// chooses is submit by the button of a network.
func (b *visitor) chooses(network string, fields url.Values) page {
	b.t.Helper()
	return b.send(regexp.MustCompile(`formaction="([^"]*/`+network+`)"`), fields)
}

func (b *visitor) send(where *regexp.Regexp, fields url.Values) page {
	b.t.Helper()
	action := where.FindStringSubmatch(b.page.body)
	if action == nil {
		b.t.Fatalf("no such form on %d %s:\n%s", b.page.status, b.page.url.Path, b.page.text())
	}
	form := url.Values{}
	for _, field := range hiddenInput.FindAllStringSubmatch(b.page.body, -1) {
		form.Set(html.UnescapeString(field[1]), html.UnescapeString(field[2]))
	}
	maps.Copy(form, fields)
	target, err := b.page.url.Parse(html.UnescapeString(action[1]))
	if err != nil {
		b.t.Fatal(err)
	}
	return b.post(target.String(), form)
}

// text is what a person reads.
func (p page) text() string {
	return strings.Join(strings.Fields(html.UnescapeString(anyTag.ReplaceAllString(p.body, ""))), " ")
}

// wants fails the test unless the page has the status and all the words.
func (p page) wants(t *testing.T, status int, words ...string) {
	t.Helper()
	if p.status != status {
		t.Errorf("%s: status %d, want %d", p.url.Path, p.status, status)
	}
	for _, w := range words {
		if !strings.Contains(p.text(), w) {
			t.Errorf("%s: no %q in:\n%s", p.url.Path, w, p.text())
		}
	}
}

// allow is the consent of somebody: the pages of all networks here take the same form.
func allow(account string) url.Values {
	return url.Values{"account": {account}, "decision": {"allow"}}
}

var button = regexp.MustCompile(`<a class="button" href="([^"]*)"`)

// href is where the page's button leads.
func (p page) href(t *testing.T) string {
	t.Helper()
	found := button.FindStringSubmatch(p.body)
	if found == nil {
		t.Fatalf("no button on:\n%s", p.text())
	}
	return html.UnescapeString(found[1])
}
