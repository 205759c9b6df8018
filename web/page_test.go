package web_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"herald/sandbox/facebook"
	"herald/sandbox/fault"
	"herald/store"
	"herald/store/storetest"
	"herald/web"
)

// pageLink is where the Slack user connects a company Page.
func (s *town) pageLink(t *testing.T, slackID string) string {
	t.Helper()
	token, err := s.store.SignupToken(t.Context(), s.company.ID, slackID)
	if err != nil {
		t.Fatal(err)
	}
	return web.Links{PublicURL: s.url}.Page("facebook", s.company.Key, token)
}

// companyPage fails the test unless that Page is connected to Ann's account at Facebook, "" for none.
func (s *town) companyPage(t *testing.T, want string) {
	t.Helper()
	if c, ok := s.member(t, ann(), true).Connection("facebook"); !ok || c.CompanyPage != want {
		t.Errorf("connected %v with the page %q, want %q", ok, c.CompanyPage, want)
	}
}

// manages goes from Ann's link to the answer of a Facebook account.
func (s *town) manages(t *testing.T, v *visitor, account, decision string) page {
	t.Helper()
	v.open(s.pageLink(t, ann())).wants(t, 200, "Connect a company Page to Ann’s account")
	v.submit(nil).wants(t, 200, "The list of the Pages you manage")
	if strings.Contains(v.page.text(), "Your email address") {
		t.Error("Facebook is asked for more than the Pages")
	}
	return v.submit(decide(account, decision))
}

func TestConnectingACompanyPage(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		link := s.pageLink(t, ann())
		v := newVisitor(t)
		v.open(link).wants(t, 409, "Connect Facebook first")
		v.open(s.url+v.page.href(t)).wants(t, 200, "Sign up to share Acme’s jobs")
		s.annJoins(t)
		before := s.member(t, ann(), true).Connections[0]

		s.manages(t, v, "ann", "allow_without_pages").wants(t, 200, "Facebook did not show us your Pages", "Try again")
		s.companyPage(t, "")
		v.open(s.url+v.page.href(t)).wants(t, 200, "Connect a company Page")

		s.manages(t, v, "ann", "allow").wants(t, 200, "Which Page is Acme’s?", "Connect “Acme Jobs”", "Connect “Ann’s <Bakery>”")
		v.submit(url.Values{"page": {"702"}}).wants(t, 200, "“Acme Jobs” is connected", "no key to it")
		s.companyPage(t, "Acme Jobs")
		after := s.member(t, ann(), true).Connections[0]
		after.CompanyPage = ""
		if after != before {
			t.Errorf("the connection became %+v, was %+v", after, before)
		}
		if events, _, err := s.store.Audit(t.Context(), s.company.ID, "", 1); err != nil || events[0].Action != store.AuditPageConnected || events[0].Subject == nil {
			t.Errorf("the audit log has %+v, %v", events, err)
		}

		// Another one takes its place, and a renewed access keeps it.
		s.manages(t, v, "ann", "allow")
		v.submit(url.Values{"page": {"701"}}).wants(t, 200, "“Ann’s <Bakery>” is connected")
		s.companyPage(t, "Ann’s <Bakery>")
		s.env.Clock.Advance(facebook.LongTokenLife)
		v.open(s.pageLink(t, ann())).wants(t, 409, "Connect Facebook first")
		v.open(s.url + v.page.href(t))
		v.chooses("facebook", nil)
		v.submit(decide("ann", "allow")).wants(t, 200, "Facebook is connected again")
		s.companyPage(t, "Ann’s <Bakery>")

		// Whoever takes Herald out at Facebook takes the Page along.
		s.env.Clock.Advance(time.Minute)
		if err := s.facebook.Deauthorize(t.Context(), "1001", "ann", web.Links{PublicURL: s.url}.Deauthorize("facebook")); err != nil {
			t.Fatal(err)
		}
		v.open(s.personal(t, ann()))
		v.chooses("facebook", nil)
		v.submit(decide("ann", "allow")).wants(t, 200, "is connected")
		s.companyPage(t, "")
	})
}

// TestACompanyPageOfAnotherAccount: only the account that the member has connected counts, and nobody gets in by this way.
func TestACompanyPageOfAnotherAccount(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		s.annJoins(t)
		v := newVisitor(t)
		s.manages(t, v, "bo", "allow").wants(t, 409, "Another Facebook account is connected", "nothing was changed")
		if jobs := storetest.TakeJobs(t, s.env, store.JobRevocation); len(jobs) != 1 {
			t.Errorf("%d accesses end, want that to Bo's account", len(jobs))
		}
		s.companyPage(t, "")
		s.member(t, bo(), false)

		// Bo, who is no member, follows the link of his own, and Ann's account does not make it his.
		newVisitor(t).open(s.pageLink(t, bo())).wants(t, 409, "Connect Facebook first")
		other := newVisitor(t)
		other.post(s.pageLink(t, bo()), nil).wants(t, 409, "Connect Facebook first")
		s.member(t, bo(), false)

		// Bo joins, and manages nothing.
		other.open(s.personal(t, bo()))
		other.chooses("facebook", nil)
		other.submit(decide("bo", "allow")).wants(t, 200, "You’re in, Bo.")
		other.open(s.pageLink(t, bo())).wants(t, 200, "Connect a company Page to Bo’s account")
		other.submit(nil)
		other.submit(decide("bo", "allow")).wants(t, 200, "You manage no Page on Facebook", "Try again")
		other.open(s.pageLink(t, bo()))
		other.submit(nil)
		other.submit(decide("ann", "allow")).wants(t, 409, "Another Facebook account is connected")
		if c, _ := s.member(t, bo(), true).Connection("facebook"); c.CompanyPage != "" {
			t.Errorf("Bo has the page %q", c.CompanyPage)
		}
	})
}

// TestAttacksOnACompanyPage answers the choice in ways that are not the person's. None of them may connect anything.
func TestAttacksOnACompanyPage(t *testing.T) {
	t.Parallel()
	const ended = "This page has ended"
	choose := func(v *visitor) page { return v.submit(url.Values{"page": {"702"}}) }
	inTown(t, func(t *testing.T, s *town) {
		s.annJoins(t)
		choice := s.url + "/oauth/facebook/page"
		// state is that of the choice which the page shows.
		state := func(v *visitor) string { return hiddenInput.FindStringSubmatch(v.page.body)[2] }
		for _, tt := range []struct {
			name   string
			attack func(*testing.T, *visitor) page
			status int
			words  string
			spoilt bool
		}{
			{"a page of somebody else", func(_ *testing.T, v *visitor) page {
				return v.submit(url.Values{"page": {"703"}})
			}, 400, "That Page is not one of yours", true},
			{"no page", func(_ *testing.T, v *visitor) page { return v.submit(nil) }, 400, "That Page is not one of yours", true},
			{"two pages", func(_ *testing.T, v *visitor) page {
				return v.submit(url.Values{"page": {"701", "702"}})
			}, 400, "That Page is not one of yours", true},
			{"a name instead", func(_ *testing.T, v *visitor) page {
				return v.submit(url.Values{"page": {"Acme Jobs"}})
			}, 400, "That Page is not one of yours", true},
			{"a forged state", func(_ *testing.T, v *visitor) page {
				return v.post(choice, url.Values{"state": {"FORGED"}, "page": {"702"}})
			}, 400, ended, false},
			{"no state", func(_ *testing.T, v *visitor) page { return v.post(choice, url.Values{"page": {"702"}}) }, 400, ended, false},
			{"another browser", func(t *testing.T, v *visitor) page {
				return newVisitor(t).post(choice, url.Values{"state": {state(v)}, "page": {"702"}})
			}, 400, ended, false},
			{"too late", func(_ *testing.T, v *visitor) page {
				s.env.Clock.Advance(store.AuthLife + time.Second)
				return choose(v)
			}, 400, ended, true},
			{"the choice as if Facebook answered", func(t *testing.T, v *visitor) page {
				theirs := s.toCallback(t, newVisitor(t), "facebook", s.personal(t, bo()), "ann")
				return v.open(s.url + "/oauth/facebook/callback?" + url.Values{"state": {state(v)}, "code": {theirs.Query().Get("code")}}.Encode())
			}, 400, ended, true},
			{"another network", func(_ *testing.T, v *visitor) page {
				return v.post(s.url+"/oauth/linkedin/page", url.Values{"state": {state(v)}, "page": {"702"}})
			}, 404, "There is no such page", false},
			{"a link that was replaced on the way", func(t *testing.T, v *visitor) page {
				_, ana := storetest.Admin(t, s.store, s.company.ID, "Ana Cruz")
				rotated, err := s.store.RotateKey(t.Context(), s.company.ID, ana)
				if err != nil {
					t.Fatal(err)
				}
				s.company = rotated
				return choose(v)
			}, 410, "This link was replaced", true},
		} {
			t.Run(tt.name, func(t *testing.T) {
				s.env.Clock.Advance(time.Minute) // enough for the rate limit
				v := newVisitor(t)
				s.manages(t, v, "ann", "allow").wants(t, 200, "Which Page is Acme’s?")
				shown := v.page
				tt.attack(t, v).wants(t, tt.status, tt.words)
				s.companyPage(t, "")
				s.member(t, bo(), false)
				v.page = shown
				if tt.spoilt {
					choose(v).wants(t, 400, ended)
					s.companyPage(t, "")
					return
				}
				choose(v).wants(t, 200, "“Acme Jobs” is connected")
				v.page = shown
				choose(v).wants(t, 400, ended, "If you have just chosen your company’s Page, all is well")
				if err := s.store.DisconnectPage(t.Context(), s.company.ID, s.member(t, ann(), true).ID, "facebook"); err != nil {
					t.Fatal(err)
				}
			})
		}
		m := s.member(t, ann(), true)
		if err := s.store.DisconnectPage(t.Context(), s.company.ID, m.ID, "facebook"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("no page is disconnected: %v, want ErrNotFound", err)
		}
	})
}

// TestATripHasOnePurpose: who set out for one thing comes back for no other.
func TestATripHasOnePurpose(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		s.annJoins(t)
		// A registration is no choice.
		v := newVisitor(t)
		callback := s.toCallback(t, v, "facebook", s.personal(t, bo()), "bo")
		v.post(s.url+"/oauth/facebook/page", url.Values{"state": {callback.Query().Get("state")}, "page": {"702"}}).wants(t, 400, "This page has ended")
		v.open(callback.String()).wants(t, 400, "This sign-up has ended")
		s.member(t, bo(), false)

		// Nor is the consent to show the Pages, and it is over then.
		v = newVisitor(t)
		v.open(s.pageLink(t, ann()))
		v.submit(nil)
		v.stay().submit(decide("ann", "allow")).wants(t, 303)
		back, err := url.Parse(v.page.header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		v.post(s.url+"/oauth/facebook/page", url.Values{"state": {back.Query().Get("state")}, "page": {"702"}}).wants(t, 400, "This page has ended")
		v.open(back.String()).wants(t, 400, "has ended") // the browser does not know any more what it was
		s.companyPage(t, "")

		// The member disconnected Facebook while the choice was shown.
		v = newVisitor(t)
		s.manages(t, v, "ann", "allow").wants(t, 200, "Which Page is Acme’s?")
		if err := s.store.Disconnect(t.Context(), s.company.ID, s.member(t, ann(), true).ID, "facebook"); err != nil {
			t.Fatal(err)
		}
		v.submit(url.Values{"page": {"702"}}).wants(t, 409, "Connect Facebook first")
		newVisitor(t).open(strings.Replace(s.pageLink(t, ann()), "/page/facebook/", "/page/linkedin/", 1)).wants(t, 404, "There is no such page")
	})
}

func TestFacebookFailsToShowThePages(t *testing.T) {
	t.Parallel()
	for name, words := range map[fault.Name]string{facebook.Down: "Facebook does not answer", facebook.InvalidCode: "Facebook did not let us finish"} {
		t.Run(string(name), func(t *testing.T) {
			t.Parallel()
			m := newMemory()
			m.member = &store.Member{Name: "Ann Lee", Connections: []store.Connection{{Network: "facebook", State: store.Connected}}}
			s, v := newSite(t, start, m), newVisitor(t)
			link := web.Links{PublicURL: s.url}.Page("facebook", m.company.Key, annToken)
			v.open(link)
			v.submit(nil)
			v.stay().submit(decide("ann", "allow"))
			s.facebook.SetFault(name, fault.Always)
			if v.open(v.page.header.Get("Location")); !strings.Contains(v.page.text(), words) || s.url+v.page.href(t) != link {
				t.Errorf("%d leads to %s:\n%s", v.page.status, v.page.href(t), v.page.text())
			}
		})
	}
}
