package web_test

import (
	"context"
	"errors"
	"flag"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"herald/networks"
	"herald/sandbox/fault"
	"herald/sandbox/linkedin"
	"herald/store"
	"herald/web"
)

var update = flag.Bool("update", false, "write the golden files anew")

// varying is what differs from run to run: reference ids, states, and versions of static files.
var varying = regexp.MustCompile(`<code>[A-Z2-7]{8}</code>|name="state" value="[A-Z2-7]+"|\?v=[0-9a-f]{12}`)

// misconfigured is LinkedIn with a wrong secret.
type misconfigured struct{ networks.Network }

func (m misconfigured) At(ctx context.Context, server, callback string) (networks.Server, error) {
	s, err := m.Network.At(ctx, server, callback)
	return misconfiguredServer{s}, err
}

type misconfiguredServer struct{ networks.Server }

func (misconfiguredServer) Exchange(context.Context, string, string, string) (networks.Account, error) {
	return networks.Account{}, networks.ErrMisconfigured
}

// mailed makes the personal link one that came by email to somebody from outside.
func mailed(m *memory) {
	m.mailed = &store.Invite{Email: "cy@elsewhere.example", Name: "Cy Doe"}
	m.signup = store.Signup{Status: store.SignupActive, Member: &store.Member{Name: "Cy Doe"}}
}

// TestPages keeps every page as a golden file. Look at the difference before you accept it with -update.
func TestPages(t *testing.T) {
	t.Parallel()
	// register opens the company URL (token ""), or a personal link, and enters the email there.
	register := func(v *visitor, s *site, token, email string) page {
		path := "/register/acme-7qf2k9xw3m"
		if token != "" {
			path += "/" + token
		}
		v.open(s.url + path)
		return v.submit(url.Values{"email": {email}})
	}
	// finish goes all the way.
	finish := func(token string) func(*visitor, *site) page {
		return func(v *visitor, s *site) page {
			register(v, s, token, "ann@home.example")
			return v.submit(allow("ann"))
		}
	}
	open := func(path string) func(*visitor, *site) page {
		return func(v *visitor, s *site) page { return v.open(s.url + path) }
	}
	broken := errors.New("the disk is full of cats")
	onFacebook := func(m *memory) {
		m.member = &store.Member{Name: "Ann Lee", Connections: []store.Connection{{Network: "facebook", State: store.Connected}}}
	}
	pagePath := "/page/facebook/acme-7qf2k9xw3m/" + annToken
	// manage goes on from the page that connects a company Page to the answer at Facebook.
	manage := func(account, decision string) func(*visitor, *site) page {
		return func(v *visitor, s *site) page {
			v.open(s.url + pagePath)
			v.submit(nil)
			return v.submit(decide(account, decision))
		}
	}
	// pick goes all the way.
	pick := func(id string) func(*visitor, *site) page {
		return func(v *visitor, s *site) page {
			manage("ann", "allow")(v, s)
			return v.submit(url.Values{"page": {id}})
		}
	}
	company, personal := open("/register/acme-7qf2k9xw3m"), open("/register/acme-7qf2k9xw3m/"+annToken)

	for _, tt := range []struct {
		name   string
		memory func(*memory)
		config func(*web.Config)
		visit  func(*visitor, *site) page
		status int
	}{
		{name: "home", visit: open("/"), status: 200},
		{name: "privacy", visit: open("/privacy"), status: 200},
		{name: "terms", visit: open("/terms"), status: 200},
		{name: "not_found", visit: open("/registr/acme"), status: 404},
		{name: "method", visit: func(v *visitor, s *site) page { return v.post(s.url+"/privacy", nil) }, status: 405},

		{name: "register_company", visit: company, status: 200},
		{name: "register_personal", visit: personal, status: 200},
		{name: "register_one_network", config: func(c *web.Config) { c.Networks = c.Networks[:1] }, visit: personal, status: 200},
		{name: "register_forgotten", memory: func(m *memory) { m.person = nil }, visit: personal, status: 200},
		{name: "register_awkward", memory: func(m *memory) {
			m.company.Name = `Ac"me & <b>Söhne</b>`
			m.person = &store.Person{Name: "مريم *stars* <!channel> 🌟", Email: `a"b@<x>.example`}
		}, visit: personal, status: 200},
		{name: "register_problem", visit: func(v *visitor, s *site) page { return register(v, s, "", `ann "at" home`) }, status: 422},
		{name: "link_unknown", visit: open("/register/acme-7qf2k9xw3m/NOSUCHTOKEN"), status: 404},
		{name: "link_expired", memory: func(m *memory) { m.inviteErr = store.ErrExpired }, visit: personal, status: 410},
		{name: "link_replaced", memory: func(m *memory) { m.inviteErr = store.ErrReplaced }, visit: personal, status: 410},
		{name: "link_declined", memory: func(m *memory) { m.inviteErr = store.ErrDeclined }, visit: personal, status: 410},
		{name: "link_used", memory: func(m *memory) { m.inviteErr = store.ErrUsed }, visit: personal, status: 409},
		{name: "link_removed", memory: func(m *memory) { m.inviteErr = store.ErrRemoved }, visit: personal, status: 410},
		{name: "register_mailed", memory: mailed, visit: personal, status: 200},
		{name: "welcome_mailed", memory: mailed, visit: finish(annToken), status: 200},
		{name: "waiting_mailed", memory: func(m *memory) { mailed(m); m.signup = store.Signup{Status: store.SignupApproval} }, visit: finish(annToken), status: 200},
		{name: "decline", visit: open("/decline/" + annToken), status: 200},
		{name: "declined", visit: func(v *visitor, s *site) page { v.open(s.url + "/decline/" + annToken); return v.submit(nil) }, status: 200},
		{name: "declined_privacy", visit: func(v *visitor, s *site) page {
			v.open(s.url + "/decline/" + annToken)
			return v.submit(url.Values{"reason": {"privacy"}})
		}, status: 200},
		{name: "decline_used", memory: func(m *memory) { m.declineErr = store.ErrUsed }, visit: func(v *visitor, s *site) page {
			v.open(s.url + "/decline/" + annToken)
			return v.submit(nil)
		}, status: 409},
		{name: "decline_unknown", visit: open("/decline/NOSUCHTOKEN"), status: 404},
		{name: "key_rotated", memory: func(m *memory) { m.companyErr = store.ErrReplaced }, visit: company, status: 410},

		{name: "welcome", visit: finish(annToken), status: 200},
		{name: "welcome_more", memory: func(m *memory) {
			m.signup.Member = &store.Member{Name: "Ann Lee", SlackID: annSlack, Connections: []store.Connection{{Network: "linkedin", State: store.Connected}}}
		}, visit: finish(annToken), status: 200},
		{name: "connect_facebook", memory: func(m *memory) {
			m.member = &store.Member{Name: "Ann Lee", Connections: []store.Connection{{Network: "linkedin", State: store.Connected}}}
		}, visit: personal, status: 200},
		{name: "another_account", memory: func(m *memory) {
			m.member, m.signupErr = m.signup.Member, store.ErrExists
		}, visit: finish(annToken), status: 409},
		{name: "register_member", memory: func(m *memory) { m.member = &store.Member{Name: "Ann Lee"} }, visit: personal, status: 200},
		{name: "reconnected", memory: func(m *memory) { m.member, m.signup.Connected, m.signup.Again = m.signup.Member, true, true }, visit: finish(annToken), status: 200},
		{name: "connected", memory: func(m *memory) { m.member, m.signup.Connected = m.signup.Member, true }, visit: finish(annToken), status: 200},
		{name: "all_connected", memory: func(m *memory) {
			m.member = &store.Member{Name: "Ann Lee", Connections: []store.Connection{
				{Network: "linkedin", State: store.Connected}, {Network: "facebook", State: store.Connected},
			}}
		}, visit: personal, status: 409},
		{name: "pending", memory: func(m *memory) { m.signup = store.Signup{Status: store.SignupConfirm} }, visit: finish(""), status: 200},
		{name: "refused", visit: func(v *visitor, s *site) page {
			register(v, s, annToken, "")
			return v.submit(url.Values{"decision": {"cancel"}})
		}, status: 200},
		{name: "taken", memory: func(m *memory) { m.signupErr = store.ErrTaken }, visit: finish(annToken), status: 409},
		{name: "wrong_person", memory: func(m *memory) { m.signupErr = store.ErrWrongPerson }, visit: finish(annToken), status: 403},
		{name: "wrong_person_removed", memory: func(m *memory) { m.signupErr, m.person = store.ErrWrongPerson, nil }, config: func(c *web.Config) {
			c.Directory = directory{annSlack: {SlackID: annSlack, Name: "Ann Lee"}}
		}, visit: finish(annToken), status: 403},
		{name: "exists", memory: func(m *memory) { m.signupErr = store.ErrExists }, visit: finish(annToken), status: 409},
		{name: "not_eligible", memory: func(m *memory) { m.signupErr = store.ErrNotEligible }, visit: finish(annToken), status: 403},
		{name: "trip_ended", visit: open("/oauth/linkedin/callback?code=x&state=y"), status: 400},
		{name: "rejected", visit: func(v *visitor, s *site) page {
			register(v, s, annToken, "")
			s.linkedin.SetFault(linkedin.InvalidCode, 1)
			return v.submit(allow("ann"))
		}, status: 400},
		{name: "misconfigured", config: func(c *web.Config) { c.Networks[0] = misconfigured{c.Networks[0]} }, visit: finish(annToken), status: 500},
		{name: "network_down", visit: func(v *visitor, s *site) page {
			register(v, s, annToken, "")
			v.stay().submit(allow("ann"))
			s.linkedin.SetFault(linkedin.Down, fault.Always)
			return v.open(v.page.header.Get("Location"))
		}, status: 503},
		{name: "slack_down", memory: func(m *memory) { m.person = nil }, visit: finish(annToken), status: 503},
		{name: "page", memory: onFacebook, visit: open(pagePath), status: 200},
		{name: "page_instead", memory: func(m *memory) {
			onFacebook(m)
			m.member.Connections[0].CompanyPage = "Acme <Jobs>"
		}, visit: open(pagePath), status: 200},
		{name: "page_connect_first", memory: func(m *memory) { m.member = &store.Member{Name: "Ann Lee"} }, visit: open(pagePath), status: 409},
		{name: "page_choice", memory: onFacebook, visit: manage("ann", "allow"), status: 200},
		{name: "page_none", memory: onFacebook, visit: manage("bo", "allow"), status: 200},
		{name: "page_not_granted", memory: onFacebook, visit: manage("ann", "allow_without_pages"), status: 200},
		{name: "page_another_account", memory: func(m *memory) {
			onFacebook(m)
			m.stranger = true
		}, visit: manage("bo", "allow"), status: 409},
		{name: "page_connected", memory: onFacebook, visit: pick("702"), status: 200},
		{name: "page_forged", memory: onFacebook, visit: pick("703"), status: 400},
		{name: "page_trip_ended", visit: func(v *visitor, s *site) page {
			return v.post(s.url+"/oauth/facebook/page", url.Values{"state": {"x"}, "page": {"702"}})
		}, status: 400},
		{name: "broken", memory: func(m *memory) { m.signupErr = broken }, visit: finish(annToken), status: 500},
		{name: "broken_link", memory: func(m *memory) { m.companyErr = broken }, visit: company, status: 500},
		{name: "server", memory: func(m *memory) { m.member = &store.Member{Name: "Ann Lee"} }, config: withMastodon, visit: func(v *visitor, s *site) page {
			v.open(s.url + "/register/acme-7qf2k9xw3m/" + annToken)
			return v.chooses("mastodon", nil)
		}, status: 200},
		{name: "server_problem", memory: func(m *memory) { m.member = &store.Member{Name: "Ann Lee"} }, config: withMastodon, visit: func(v *visitor, s *site) page {
			v.open(s.url + "/register/acme-7qf2k9xw3m/" + annToken)
			return v.chooses("mastodon", url.Values{"server": {`lo"cal<b>`}})
		}, status: 422},
		{name: "deletion_pending", memory: deleted(1, 0, true), visit: open("/deletion/CODE"), status: 200},
		{name: "deletion_done", memory: deleted(1, 1, false), visit: open("/deletion/CODE"), status: 200},
		{name: "deletion_of_network", memory: deleted(1, 0, false), visit: open("/deletion/CODE"), status: 200},
		{name: "deletion_of_nothing", memory: deleted(0, 0, false), visit: open("/deletion/CODE"), status: 200},
		{name: "deletion_unknown", memory: func(m *memory) { m.deleteErr = store.ErrNotFound }, visit: open("/deletion/CODE"), status: 404},
		{name: "forged_form", visit: func(v *visitor, s *site) page {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/register/acme-7qf2k9xw3m/linkedin", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Sec-Fetch-Site", "cross-site")
			return v.do(req)
		}, status: 403},
		{name: "too_many", visit: func(v *visitor, s *site) page {
			for range 100 {
				v.open(s.url + "/")
			}
			return v.open(s.url + "/")
		}, status: 429},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := newMemory()
			if tt.memory != nil {
				tt.memory(m)
			}
			change := func(c *web.Config) {
				c.Directory = silent{}
				if tt.config != nil {
					tt.config(c)
				}
			}
			got := tt.visit(newVisitor(t), newSite(t, start, m, change))
			if got.status != tt.status {
				t.Errorf("status %d, want %d", got.status, tt.status)
			}
			if got.status >= 400 && got.status != 422 && got.href(t) == "" {
				t.Error("the button leads nowhere")
			}
			golden(t, tt.name, got.body)
		})
	}
}

// withMastodon offers it, with one server of the company's own.
func withMastodon(c *web.Config) {
	c.More = []networks.Network{networks.NewMastodon(networks.MastodonApp{Name: "Herald", Allowed: []string{"social.acme.example"}, Now: start})}
}

// deleted is what became of a request to delete data.
func deleted(connections, accounts int, pending bool) func(*memory) {
	return func(m *memory) {
		m.deletion = store.Deletion{
			Network: "facebook", Connections: connections, Accounts: accounts, Pending: pending,
			RequestedAt: start(), ChangedAt: start().Add(time.Minute),
		}
	}
}

// silent is a Slack that does not answer.
type silent struct{}

func (silent) Person(context.Context, store.Company, string) (store.Person, error) {
	return store.Person{}, errors.New("slack is down")
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	got = varying.ReplaceAllString(got, "VARIES")
	path := filepath.Join("testdata", name+".golden.html")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got:\n%s", path, got)
	}
}
