package web_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"herald/networks"
	"herald/store"
	"herald/store/storetest"
	"herald/web"
)

// movable is a network whose issuer can change, as if the operator had changed a setting.
type movable struct {
	networks.Network
	moved *atomic.Bool
}

func (m movable) At(ctx context.Context, server, callback string) (networks.Server, error) {
	s, err := m.Network.At(ctx, server, callback)
	if err != nil {
		return nil, err
	}
	return movableServer{s, m.moved}, nil
}

// movableFederation is movable for a network of many servers.
type movableFederation struct {
	networks.Federation
	moved *atomic.Bool
}

func (m movableFederation) At(ctx context.Context, server, callback string) (networks.Server, error) {
	return movable{m.Federation, m.moved}.At(ctx, server, callback)
}

func makeMovable(list []networks.Network, moved *atomic.Bool) {
	for i, n := range list {
		if f, ok := n.(networks.Federation); ok {
			list[i] = movableFederation{f, moved}
		} else {
			list[i] = movable{n, moved}
		}
	}
}

type movableServer struct {
	networks.Server
	moved *atomic.Bool
}

func (m movableServer) Issuer() string {
	if m.moved.Load() {
		return "https://elsewhere.example"
	}
	return m.Server.Issuer()
}

// A trip is one that has come as far as the network's answer.
type trip struct {
	*town
	t        *testing.T
	network  networks.Network
	entry    string   // a network to register with first, where the trip's one is only for members; or ""
	other    string   // a network that Herald knows, too, and that nobody is connected to yet
	account  string   // whose trip it is: their Slack id, and their id at every network
	victim   *visitor // their browser
	callback *url.URL // where the network sends them
	moved    *atomic.Bool
}

// begin makes a newcomer with a name, who has an account everywhere, and brings them as far as the network's answer.
func (p *trip) begin(name string) (account string, v *visitor, callback *url.URL) {
	p.t.Helper()
	account, v = p.newcomer(p.t, name), newVisitor(p.t)
	if p.entry != "" {
		v.open(p.toCallback(v, p.entry, account).String()).wants(p.t, 200, "You’re in")
	}
	return account, v, p.toCallback(v, p.network.Name(), account)
}

// toCallback goes from a link of the person's to the network's answer, and stops there.
func (p *trip) toCallback(v *visitor, network, account string) *url.URL {
	p.t.Helper()
	return p.site.toCallback(p.t, v, network, p.personal(p.t, account), account)
}

// arrives fails the test unless the page says that the network is connected.
func (p *trip) arrives(got page, name string) {
	p.t.Helper()
	if p.entry == "" {
		got.wants(p.t, 200, "You’re in, "+name)
	} else {
		got.wants(p.t, 200, p.network.Title()+" is connected to "+name)
	}
}

// connected tells whether the person is connected to the network.
func (p *trip) connected(account string) bool {
	p.t.Helper()
	m, err := p.store.MemberBySlackID(p.t.Context(), p.company.ID, account)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		p.t.Fatal(err)
	}
	_, has := m.Connection(p.network.Name())
	return has
}

// with is the callback with other parameters: pairs of names and values, "" to leave one out.
func (p *trip) with(pairs ...string) string {
	u := *p.callback
	q := u.Query()
	for i := 0; i < len(pairs); i += 2 {
		q.Del(pairs[i])
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// at is the callback of another path.
func (p *trip) at(path string) string {
	u := *p.callback
	u.Path = path
	return u.String()
}

// cookies are the victim's.
func (p *trip) cookies() []*http.Cookie { return p.victim.client.Jar.Cookies(p.callback) }

// steal puts cookies into a browser.
func (p *trip) steal(v *visitor, cookies ...*http.Cookie) {
	v.client.Jar.SetCookies(p.callback, cookies)
}

// another makes Bo, and starts a trip of his.
func (p *trip) another() (account string, v *visitor, callback *url.URL) {
	p.t.Helper()
	return p.begin("Bo of " + p.account)
}

// remove removes a member.
func (p *trip) remove(account string) {
	p.t.Helper()
	_, ana := storetest.Admin(p.t, p.store, p.company.ID, "Ana Cruz")
	storetest.Remove(p.t, p.store, p.company.ID, ana, p.member(p.t, account, true).ID)
}

// toCallback goes from a link to the network's answer, and stops there.
func (s *site) toCallback(t *testing.T, v *visitor, network, link, account string) *url.URL {
	t.Helper()
	v.open(link).wants(t, 200)
	v.chooses(network, nil).wants(t, 200)
	if strings.Contains(v.page.body, `name="server"`) { // a network of many servers
		v.submit(onMastodon(s.instance)).wants(t, 200)
	}
	v.stay()
	v.submit(allow(account)).wants(t, 303)
	v.client.CheckRedirect = nil
	back, err := url.Parse(v.page.header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	back.Fragment = "" // browsers keep it to themselves
	return back
}

// TestAttacks lets people come back from each configured network in ways that are not theirs. None of them may connect anybody.
func TestAttacks(t *testing.T) {
	t.Parallel()
	const ended = "This sign-up has ended"
	attacks := []struct {
		name   string
		attack func(*trip) page
		status int
		words  string
		// spoilt: the attack came with the right state and a cookie for it, so the trip is over.
		spoilt bool
	}{
		{"forged state", func(p *trip) page { return p.victim.open(p.with("state", "FORGED")) }, 400, ended, false},
		{"no state", func(p *trip) page { return p.victim.open(p.with("state", "")) }, 400, ended, false},
		{"state twice", func(p *trip) page {
			return p.victim.open(p.callback.String() + "&state=" + p.callback.Query().Get("state"))
		}, 400, ended, false},
		{"endless state", func(p *trip) page { return p.victim.open(p.with("state", strings.Repeat("x", 8000))) }, 400, ended, false},
		{"another browser", func(p *trip) page { return newVisitor(p.t).open(p.callback.String()) }, 400, ended, false},
		{"another browser on a trip of its own", func(p *trip) page {
			_, v, _ := p.another()
			return v.open(p.callback.String())
		}, 400, ended, false},
		{"the cookie of another trip", func(p *trip) page {
			_, v, theirs := p.another()
			for _, c := range v.client.Jar.Cookies(theirs) { // under the name of the victim's
				p.steal(v, &http.Cookie{Name: p.cookies()[0].Name, Value: c.Value, Path: "/"})
			}
			return v.open(p.callback.String())
		}, 400, ended, true}, // the state was right, and it is used up whatever comes of it
		{"a changed cookie", func(p *trip) page {
			c := p.cookies()[0]
			secret, _, _ := strings.Cut(c.Value, ".")
			p.steal(p.victim, &http.Cookie{Name: c.Name, Value: secret + ".ZWxzZXdoZXJl.", Path: "/"})
			return p.victim.open(p.callback.String())
		}, 400, ended, true},
		{"a cookie of nonsense", func(p *trip) page {
			p.steal(p.victim, &http.Cookie{Name: p.cookies()[0].Name, Value: "..", Path: "/"})
			return p.victim.open(p.callback.String())
		}, 400, ended, true},
		{"too late", func(p *trip) page {
			p.env.Clock.Advance(store.AuthLife + time.Second)
			return p.victim.open(p.callback.String())
		}, 400, ended, true},
		{"the path of another network", func(p *trip) page { return p.victim.open(p.at("/oauth/" + p.other + "/callback")) }, 400, ended, true},
		{"the path of no network", func(p *trip) page { return p.victim.open(p.at("/oauth/evil/callback")) }, 404, "There is no such page", false},
		{"an injected code", func(p *trip) page { return p.victim.open(p.with("code", "AQinjected")) }, 400, "did not let us finish", true},
		{"a code of another network", func(p *trip) page {
			theirs := p.toCallback(newVisitor(p.t), p.other, p.account)
			return p.victim.open(p.with("code", theirs.Query().Get("code")))
		}, 400, "did not let us finish", true},
		{"a code that was used", func(p *trip) page {
			bo, v, theirs := p.another()
			p.arrives(v.open(theirs.String()), "Bo")
			p.remove(bo)
			return p.victim.open(p.with("code", theirs.Query().Get("code")))
		}, 400, "did not let us finish", true},
		{"the state of another network", func(p *trip) page {
			theirs := p.toCallback(p.victim, p.other, p.account)
			return p.victim.open(p.with("state", theirs.Query().Get("state")))
		}, 400, ended, false},
		{"no code", func(p *trip) page { return p.victim.open(p.with("code", "")) }, 400, "did not let us finish", true},
		{"code twice", func(p *trip) page { return p.victim.open(p.callback.String() + "&code=AQother") }, 400, "did not let us finish", true},
		{"a code and an error", func(p *trip) page { return p.victim.open(p.with("error", "access_denied")) }, 200, "You said no", true},
		{"an error with a forged state", func(p *trip) page {
			return p.victim.open(p.with("code", "", "error", "access_denied", "state", "FORGED"))
		}, 400, ended, false},
		{"an unknown error", func(p *trip) page {
			return p.victim.open(p.with("code", "", "error", "<script>", "error_description", "<script>"))
		}, 400, "did not let us finish", true},
		{"an error of the app", func(p *trip) page {
			got := p.victim.open(p.with("code", "", "error", "invalid_scope"))
			if _, ok := p.network.(networks.Federation); !ok { // there, it is nothing that an operator could mend
				got.wants(p.t, 500, "does not work right now")
				got.status, got.body = 400, "did not let us finish"
			}
			return got
		}, 400, "did not let us finish", true},
		{"another issuer", func(p *trip) page {
			p.moved.Store(true)
			return p.victim.open(p.callback.String())
		}, 400, "did not let us finish", true},
		{"a form instead of a link", func(p *trip) page { return p.victim.post(p.callback.String(), nil) }, 405, "This page cannot do that", false},
		{"a new line in the state", func(p *trip) page {
			return p.victim.open(p.with("state", "x\r\nSet-Cookie: evil=1"))
		}, 400, ended, false},
		{"a nil byte in the state", func(p *trip) page { return p.victim.open(p.with("state", "\x00\xff")) }, 400, ended, false},
		{"somewhere else to go", func(p *trip) page {
			return p.victim.open(p.with("state", "FORGED", "redirect_uri", "https://evil.example", "next", "//evil.example", "return_to", "https://evil.example"))
		}, 400, ended, false},
		{"a link that was used on the way", func(p *trip) page {
			v := newVisitor(p.t)
			v.open(p.toCallback(v, p.other, p.account).String()).wants(p.t, 200)
			p.remove(p.account)
			return p.victim.open(p.callback.String())
		}, 400, ended, true},
		{"a link that was replaced on the way", func(p *trip) page {
			_, ana := storetest.Admin(p.t, p.store, p.company.ID, "Ana Cruz")
			rotated, err := p.store.RotateKey(p.t.Context(), p.company.ID, ana)
			if err != nil {
				p.t.Fatal(err)
			}
			p.company = rotated
			return p.victim.open(p.callback.String())
		}, 410, "This link was replaced", true},
		{"the account of somebody else", func(p *trip) page {
			bo, v, theirs := p.another()
			p.arrives(v.open(theirs.String()), "Bo")
			thief := newVisitor(p.t)
			return thief.open(p.site.toCallback(p.t, thief, p.network.Name(), p.personal(p.t, p.account), bo).String())
		}, 403, "The " + accountOf + " account you chose belongs to a colleague", false},
		{"a stolen link that was used", func(p *trip) page {
			bo, v, theirs := p.another()
			link := p.personal(p.t, bo)
			p.arrives(v.open(theirs.String()), "Bo")
			return newVisitor(p.t).post(link+"/"+p.network.Name(), nil)
		}, 409, "You are signed up already", false},
		{"the link of somebody who was removed", func(p *trip) page {
			bo, v, theirs := p.another()
			link := p.personal(p.t, bo)
			p.arrives(v.open(theirs.String()), "Bo")
			p.remove(bo)
			return newVisitor(p.t).post(link+"/"+p.network.Name(), nil)
		}, 410, "This account was removed", false},
	}
	for name, n := range configured(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, db *store.Store, env *storetest.Env) {
				moved := &atomic.Bool{}
				s := newTown(t, db, env, func(c *web.Config) {
					makeMovable(c.Networks, moved)
					makeMovable(c.More, moved)
				})
				for i, tt := range attacks {
					t.Run(tt.name, func(t *testing.T) {
						s.env.Clock.Advance(time.Minute) // enough for the rate limit
						p := &trip{town: s, t: t, network: n.network, entry: n.entry, other: n.other, moved: moved}
						p.account, p.victim, p.callback = p.begin(fmt.Sprintf("Ann No%d", i))

						got := tt.attack(p)
						got.wants(t, tt.status, strings.ReplaceAll(tt.words, accountOf, n.network.Title()))
						for _, bad := range []string{"evil", "<script>"} {
							if strings.Contains(got.body, bad) || strings.Contains(fmt.Sprint(got.header), bad) {
								t.Errorf("%q is in the answer", bad)
							}
						}
						if got.header.Get("Location") != "" {
							t.Errorf("sent to %s", got.header.Get("Location"))
						}
						if p.connected(p.account) {
							t.Error("the attack connected the account")
						}

						moved.Store(false)
						after := p.victim.open(p.callback.String())
						if tt.spoilt {
							after.wants(t, 400, ended)
						} else {
							p.arrives(after, "Ann")
						}
						if p.connected(p.account) == tt.spoilt {
							t.Errorf("afterwards the account is connected: %v", !tt.spoilt)
						}
					})
				}
			})
		})
	}
}

// accountOf stands for the network's title in the words of an attack.
const accountOf = "NETWORK"

// A target is a configured network, with two others for a trip there.
type target struct {
	network      networks.Network
	entry, other string // as in trip
}

// configured are all networks of a site, by name.
func configured(t *testing.T) map[string]target {
	t.Helper()
	var c web.Config
	db, _ := storetest.Open(t)
	newSite(t, start, db, func(of *web.Config) { c = *of })
	targets := map[string]target{}
	add := func(n networks.Network, entry string) {
		for _, other := range c.Networks {
			if other.Name() != n.Name() && other.Name() != entry {
				targets[n.Name()] = target{n, entry, other.Name()}
			}
		}
	}
	for _, n := range c.Networks {
		add(n, "")
	}
	for _, n := range c.More {
		add(n, c.Networks[0].Name())
	}
	return targets
}

func TestAnAnswerWorksOnce(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		v := newVisitor(t)
		callback := s.toCallback(t, v, "linkedin", s.personal(t, ann()), "ann")
		v.open(callback.String()).wants(t, 200, "You’re in, Ann.")
		issued := len(s.linkedin.Tokens())
		for range 2 {
			v.open(callback.String()).wants(t, 400, "This sign-up has ended", "If you have just signed up, all is well")
		}
		if got := len(s.linkedin.Tokens()); got != issued {
			t.Errorf("LinkedIn issued %d tokens, want %d", got, issued)
		}
	})
}

// TestTooLateLeadsBack: consent took longer than ten minutes, and the page still knows where it began.
func TestTooLateLeadsBack(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		v, link := newVisitor(t), s.personal(t, ann())
		callback := s.toCallback(t, v, "linkedin", link, "ann")
		s.env.Clock.Advance(store.AuthLife + time.Second)
		v.open(callback.String()).wants(t, 400, "This sign-up has ended")
		v.signUp(s.url+v.page.href(t), "", "ann").wants(t, 200, "You’re in, Ann.")
	})
}

// TestAForgottenTabRevealsNoNewKey: whoever has only the old company URL must not learn the new one from a way back.
func TestAForgottenTabRevealsNoNewKey(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		v := newVisitor(t)
		v.open(s.public())
		v.submit(url.Values{"email": {"stranger@evil.example"}}).wants(t, 200)
		_, ana := storetest.Admin(t, s.store, s.company.ID, "Ana Cruz")
		rotated, err := s.store.RotateKey(t.Context(), s.company.ID, ana)
		if err != nil {
			t.Fatal(err)
		}
		v.submit(url.Values{"decision": {"cancel"}}).wants(t, 200, "You said no")
		if strings.Contains(v.page.body, rotated.Key) {
			t.Error("the new key is on the page")
		}
		v.open(s.url+v.page.href(t)).wants(t, 410, "This link was replaced")
	})
}

// FuzzCallback comes back from no network with anything in the query and in the cookies.
func FuzzCallback(f *testing.F) {
	f.Add("code=x&state=y", "herald-0123=a.b.c")
	f.Add("error=access_denied&state=y", "")
	f.Add("state=%0d%0aSet-Cookie:+evil=1&code=%00", "__Host-herald-=..")
	f.Add("state=a&state=b;c=d&%zz", ";;=;")
	network := networks.NewLinkedIn(networks.LinkedInApp{ClientID: "herald", URL: "http://127.0.0.1:1", APIURL: "http://127.0.0.1:1", Now: start})
	m := newMemory()
	handler, err := web.New(web.Config{
		Store: m, Directory: directory{}, Networks: []networks.Network{network}, PublicURL: "http://jobs.acme.example",
		Slack: func() (string, bool) { return "connected", true }, Now: func() time.Time { return time.Now() }, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		f.Fatal(err)
	}
	peer := 0
	f.Fuzz(func(t *testing.T, query, cookie string) {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/oauth/linkedin/callback", nil)
		r.URL.RawQuery = query
		r.Header["Cookie"] = []string{cookie}
		peer++
		r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1", peer>>16&255, peer>>8&255, peer&255)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest {
			t.Errorf("status %d", w.Code)
		}
		if w.Header().Get("Location") != "" || len(m.registered) != 0 {
			t.Errorf("it led somewhere: %v", w.Header())
		}
		for name, values := range w.Header() {
			if strings.ContainsAny(strings.Join(values, ""), "\r\n") {
				t.Errorf("header %s: %q", name, values)
			}
		}
	})
}
