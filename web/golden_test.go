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

	"herald/networks"
	"herald/sandbox/linkedin"
	"herald/store"
	"herald/web"
)

var update = flag.Bool("update", false, "write the golden files anew")

// varying is what differs from run to run: reference ids, and versions of static files.
var varying = regexp.MustCompile(`<code>[A-Z2-7]{8}</code>|\?v=[0-9a-f]{12}`)

// misconfigured is LinkedIn with a wrong secret.
type misconfigured struct{ networks.Network }

func (misconfigured) Exchange(context.Context, string, string, string) (networks.Account, error) {
	return networks.Account{}, networks.ErrMisconfigured
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
		{name: "register_forgotten", memory: func(m *memory) { m.person = nil }, visit: personal, status: 200},
		{name: "register_awkward", memory: func(m *memory) {
			m.company.Name = `Ac"me & <b>Söhne</b>`
			m.person = &store.Person{Name: "مريم *stars* <!channel> 🌟", Email: `a"b@<x>.example`}
		}, visit: personal, status: 200},
		{name: "register_problem", visit: func(v *visitor, s *site) page { return register(v, s, "", `ann "at" home`) }, status: 422},
		{name: "link_unknown", visit: open("/register/acme-7qf2k9xw3m/NOSUCHTOKEN"), status: 404},
		{name: "link_expired", memory: func(m *memory) { m.inviteErr = store.ErrExpired }, visit: personal, status: 410},
		{name: "link_replaced", memory: func(m *memory) { m.inviteErr = store.ErrReplaced }, visit: personal, status: 410},
		{name: "link_used", memory: func(m *memory) { m.inviteErr = store.ErrUsed }, visit: personal, status: 409},
		{name: "key_rotated", memory: func(m *memory) { m.companyErr = store.ErrReplaced }, visit: company, status: 410},

		{name: "welcome", visit: finish(annToken), status: 200},
		{name: "register_member", memory: func(m *memory) { m.member = &store.Member{Name: "Ann Lee"} }, visit: personal, status: 200},
		{name: "reconnected", memory: func(m *memory) { m.member, m.signup.Connected, m.signup.Again = m.signup.Member, true, true }, visit: finish(annToken), status: 200},
		{name: "connected", memory: func(m *memory) { m.member, m.signup.Connected = m.signup.Member, true }, visit: finish(annToken), status: 200},
		{name: "all_connected", memory: func(m *memory) {
			m.member = &store.Member{Name: "Ann Lee", Connections: []store.Connection{{Network: "linkedin", State: store.Connected}}}
		}, visit: personal, status: 409},
		{name: "pending", memory: func(m *memory) { m.signup = store.Signup{Status: store.SignupConfirm} }, visit: finish(""), status: 200},
		{name: "refused", visit: func(v *visitor, s *site) page {
			register(v, s, annToken, "")
			return v.submit(url.Values{"decision": {"cancel"}})
		}, status: 200},
		{name: "taken", memory: func(m *memory) { m.signupErr = store.ErrTaken }, visit: finish(annToken), status: 409},
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
			s.linkedin.SetFault(linkedin.Down, linkedin.Always)
			return v.open(v.page.header.Get("Location"))
		}, status: 503},
		{name: "slack_down", memory: func(m *memory) { m.person = nil }, visit: finish(annToken), status: 503},
		{name: "broken", memory: func(m *memory) { m.signupErr = broken }, visit: finish(annToken), status: 500},
		{name: "broken_link", memory: func(m *memory) { m.companyErr = broken }, visit: company, status: 500},
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
