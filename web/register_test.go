package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
	"herald/web"
)

// town is a site with a real store: Acme, where Ann Lee and Bo García work.
type town struct {
	*site
	store   *store.Store
	env     *storetest.Env
	company store.Company
}

// inTown runs the story on each engine.
func inTown(t *testing.T, story func(t *testing.T, s *town), change ...func(*web.Config)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		story(t, newTown(t, s, env, change...))
	})
}

func newTown(t *testing.T, s *store.Store, env *storetest.Env, change ...func(*web.Config)) *town {
	t.Helper()
	c := storetest.Company(t, s)
	storetest.Mirror(t, s, c.ID, "Ann Lee", "Bo García")
	return &town{newSite(t, env.Clock.Now, s, change...), s, env, c}
}

// ann and bo are their Slack ids.
func ann() string { return storetest.SlackID("Ann Lee") }
func bo() string  { return storetest.SlackID("Bo García") }

// personal is the Slack user's own link.
func (s *town) personal(t *testing.T, slackID string) string {
	t.Helper()
	token, err := s.store.SignupToken(t.Context(), s.company.ID, slackID)
	if err != nil {
		t.Fatal(err)
	}
	return web.Links{PublicURL: s.url}.Personal(s.company.Key, token)
}

// public is the company URL.
func (s *town) public() string { return web.Links{PublicURL: s.url}.Company(s.company.Key) }

// member fails the test unless the Slack user is a member, or is not one.
func (s *town) member(t *testing.T, slackID string, want bool) store.Member {
	t.Helper()
	m, err := s.store.MemberBySlackID(t.Context(), s.company.ID, slackID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		t.Fatal(err)
	}
	if is := err == nil; is != want {
		t.Fatalf("%s is a member: %v, want %v", slackID, is, want)
	}
	return m
}

// signUp goes from a registration link to the last page.
func (v *visitor) signUp(link, email, account string) page {
	v.t.Helper()
	v.open(link).wants(v.t, 200)
	v.submit(url.Values{"email": {email}}).wants(v.t, 200, "Herald would like to")
	return v.submit(allow(account))
}

func TestSignUpWithAPersonalLink(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		v, link := newVisitor(t), s.personal(t, ann())
		v.open(link).wants(t, 200, "Hello Ann,", "Sign up to share Acme’s jobs", "Nothing is posted without your permission")
		if !strings.Contains(v.page.body, `value="ann.lee@acme.example"`) {
			t.Error("the email is not filled in")
		}
		v.signUp(link, "ann@home.example", "ann").wants(t, 200, "You’re in, Ann.", "Back to Slack")

		m := s.member(t, ann(), true)
		if m.Email != "ann@home.example" || m.Type != store.Employee || len(m.Connections) != 1 || m.Connections[0].State != store.Connected {
			t.Errorf("registered as %+v", m)
		}
		if want := s.env.Clock.Now().Add(60 * 24 * time.Hour); !m.Connections[0].ExpiresAt.Equal(want) {
			t.Errorf("the connection expires %v, want %v", m.Connections[0].ExpiresAt, want)
		}
		if s.env.Woken() == 0 {
			t.Error("no message was left to be sent")
		}
		newVisitor(t).open(link).wants(t, 409, "You are signed up already")
	})
}

func TestLookingAtALinkDoesNotUseItUp(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		link := s.personal(t, ann())
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodGet} {
			req, err := http.NewRequestWithContext(t.Context(), method, link, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("User-Agent", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)")
			got := newVisitor(t).do(req)
			if got.status != 200 || got.header.Get("Set-Cookie") != "" {
				t.Errorf("%s: status %d, cookie %q", method, got.status, got.header.Get("Set-Cookie"))
			}
		}
		newVisitor(t).signUp(link, "", "ann").wants(t, 200, "You’re in")
		if m := s.member(t, ann(), true); m.Email != "ann@home.example" {
			t.Errorf("without an address of their own the member has %q, want LinkedIn’s", m.Email)
		}
	})
}

// TestTheCompanyURLTellsStrangersNothing signs up with a colleague's address, an unknown one and a member's.
func TestTheCompanyURLTellsStrangersNothing(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		newVisitor(t).signUp(s.personal(t, bo()), "", "bo").wants(t, 200, "You’re in, Bo.")
		var pages []string
		for _, email := range []string{"ann.lee@acme.example", "stranger@evil.example", "bo.garcía@acme.example"} {
			v := newVisitor(t)
			v.signUp(s.public(), email, "cy").wants(t, 200, "Almost there", email)
			pages = append(pages, strings.ReplaceAll(v.page.body, email, "EMAIL"))
		}
		if pages[0] != pages[1] || pages[0] != pages[2] {
			t.Errorf("the pages differ:\n%s\n%s\n%s", pages[0], pages[1], pages[2])
		}
		s.member(t, ann(), false)
	})
}

func TestThePageKeepsWhatWasEntered(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		v := newVisitor(t)
		v.open(s.public())
		v.submit(url.Values{"email": {`ann "at" home`}}).wants(t, 422, "One thing to check", "Enter an email address like ann@home.example.")
		if !strings.Contains(v.page.body, `value="ann &#34;at&#34; home"`) {
			t.Error("the entered text is gone")
		}
		v.submit(nil).wants(t, 422, "Enter your email address")
		v.submit(url.Values{"email": {"ann@home.example"}}).wants(t, 200, "Herald would like to")
	})
}

func TestSayingNoAtLinkedInAndTryingAgain(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		v, link := newVisitor(t), s.personal(t, ann())
		for _, decision := range []string{"cancel", "cancel_login"} {
			v.open(link)
			v.submit(nil)
			v.submit(url.Values{"decision": {decision}}).wants(t, 200, "You said no, and that’s fine", "Try again")
			if !strings.Contains(s.url+v.page.href(t), link) {
				t.Errorf("the button leads to %s, not back to the link", v.page.href(t))
			}
		}
		s.member(t, ann(), false)
		v.signUp(s.url+v.page.href(t), "", "ann").wants(t, 200, "You’re in, Ann.")
	})
}

func TestDeadLinks(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		_, ana := storetest.Admin(t, s.store, s.company.ID, "Ana Cruz")
		ann := storetest.Mirror(t, s.store, s.company.ID, "Ann Lee")[0]
		out, err := s.store.Invite(t.Context(), s.company.ID, ana, []string{ann.ID}, store.InviteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		_, token, err := s.store.OpenInvite(t.Context(), s.company.ID, out[0].Invite.ID)
		if err != nil {
			t.Fatal(err)
		}
		invited := web.Links{PublicURL: s.url}.Personal(s.company.Key, token)
		v := newVisitor(t)
		v.open(invited).wants(t, 200, "Hello Ann")
		v.open(invited+"X").wants(t, 404, "This link does not work")

		if _, err := s.store.ResendInvite(t.Context(), s.company.ID, ana, out[0].Invite.ID); err != nil {
			t.Fatal(err)
		}
		v.open(invited).wants(t, 410, "This link does not work any more")

		old := s.personal(t, ann.SlackID)
		s.env.Clock.Advance(store.InviteLife)
		v.open(old).wants(t, 410, "This link has expired")

		if _, err := s.store.RotateKey(t.Context(), s.company.ID, ana); err != nil {
			t.Fatal(err)
		}
		v.open(s.public()).wants(t, 410, "This link was replaced")
		v.open(old).wants(t, 410, "This link was replaced")
		v.open(s.url+"/register/acme").wants(t, 404, "This link does not work")
	})
}

func TestALinkedInAccountBelongsToOneMember(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		newVisitor(t).signUp(s.personal(t, ann()), "", "ann").wants(t, 200, "You’re in")
		v := newVisitor(t)
		v.signUp(s.public(), "bo@home.example", "ann").wants(t, 409, "This LinkedIn account is signed up already", "Try again")
		v.signUp(s.personal(t, bo()), "", "ann").wants(t, 403, "This link is Bo’s", "belongs to a colleague", "Try again")
		s.member(t, bo(), false)
		v.signUp(s.url+v.page.href(t), "", "bo").wants(t, 200, "You’re in, Bo.")
	})
}

// TestAColleagueFollowsALinkThatIsNotTheirs: LinkedIn tells that it is Bo by the address he has in Slack.
func TestAColleagueFollowsALinkThatIsNotTheirs(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		entry := store.Person{SlackID: bo(), Name: "Bo García", Email: "Bo@home.example"}
		if err := s.store.MirrorPeople(t.Context(), s.company.ID, []store.Person{entry}); err != nil {
			t.Fatal(err)
		}
		v := newVisitor(t)
		v.open(s.personal(t, ann())).wants(t, 200, "Not Ann? Then this link is not for you")
		v.signUp(s.personal(t, ann()), "", "bo").wants(t, 403, "This link is Ann’s", "type /social")
		s.member(t, ann(), false)
		s.member(t, bo(), false)
		v.signUp(s.url+v.page.href(t), "", "ann").wants(t, 200, "You’re in, Ann.")
		v.signUp(s.personal(t, bo()), "", "bo").wants(t, 200, "You’re in, Bo.")
	})
}

func TestTwoTabsDoNotTakeEachOthersCookie(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		v, link := newVisitor(t), s.personal(t, ann())
		v.open(link)
		v.submit(nil)
		first := v.page
		v.open(link)
		v.submit(nil)
		v.page = first
		v.submit(allow("ann")).wants(t, 200, "You’re in, Ann.")
	})
}

// TestComingBackAfterARemoval: Herald has forgotten who Ann is, so it asks Slack.
func TestComingBackAfterARemoval(t *testing.T) {
	t.Parallel()
	slack := directory{ann(): {SlackID: ann(), Name: "Ann Lee", Handle: "ann.lee", Email: "ann.lee@acme.example"}}
	inTown(t, func(t *testing.T, s *town) {
		_, ana := storetest.Admin(t, s.store, s.company.ID, "Ana Cruz")
		newVisitor(t).signUp(s.personal(t, ann()), "", "ann").wants(t, 200, "You’re in")
		dead := s.personal(t, ann())
		storetest.Remove(t, s.store, s.company.ID, ana, s.member(t, ann(), true).ID)

		v := newVisitor(t)
		v.open(dead).wants(t, 410, "This account was removed", "type /social in Slack, or ask a company admin")
		if strings.Contains(v.page.body, "Ann") {
			t.Errorf("the old link still names her:\n%s", v.page.text())
		}
		link := s.personal(t, ann())
		if got := v.open(link); got.status != 200 || strings.Contains(got.body, "Ann") {
			t.Errorf("want the page without a name, got %d:\n%s", got.status, got.text())
		}
		v.signUp(link, "", "ann").wants(t, 200, "You’re in, Ann.")
		s.member(t, ann(), true)
	}, func(c *web.Config) { c.Directory = slack })
}

// turncoat is a directory entry that changed since the link was made.
type turncoat struct{ person *store.Person }

func (d turncoat) Person(context.Context, store.Company, string) (store.Person, error) {
	if d.person == nil {
		return store.Person{}, store.ErrNotFound
	}
	return *d.person, nil
}

func TestWhoMayNotSignUp(t *testing.T) {
	t.Parallel()
	const gus = "U0GUS"
	for name, d := range map[string]turncoat{
		"guest": {&store.Person{SlackID: gus, Name: "Gus", Guest: true}},
		"gone":  {nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inTown(t, func(t *testing.T, s *town) {
				newVisitor(t).signUp(s.personal(t, gus), "", "ann").wants(t, 403, "This account cannot sign up")
				s.member(t, gus, false)
			}, func(c *web.Config) { c.Directory = d })
		})
	}
}

func TestAMemberConnectsAgainWithTheirOwnLink(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		v := newVisitor(t)
		v.signUp(s.personal(t, ann()), "ann@home.example", "ann").wants(t, 200, "You’re in, Ann.")
		link := s.personal(t, ann())
		if got := newVisitor(t).open(link); !strings.Contains(got.body, ">Connect Facebook or Mastodon to Ann’s account<") {
			t.Errorf("she is offered something else than what she lacks:\n%s", got.text())
		}

		s.env.Clock.Advance(61 * 24 * time.Hour)
		link = s.personal(t, ann())
		v.open(link).wants(t, 200, "Hello Ann,", "Connect LinkedIn, Facebook or Mastodon to Ann’s account", "You are signed up already", "Not Ann?")
		v.chooses("linkedin", nil)
		v.submit(allow("ann")).wants(t, 200, "LinkedIn is connected again")
		if m := s.member(t, ann(), true); m.Email != "ann@home.example" {
			t.Errorf("her address became %q", m.Email)
		}
		newVisitor(t).open(link).wants(t, 409, "You are signed up already")
	})
}

func TestAMemberRenewsAnAccessThatEndsSoon(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		v := newVisitor(t)
		v.signUp(s.personal(t, ann()), "ann@home.example", "ann").wants(t, 200, "You’re in, Ann.")
		s.env.Clock.Advance(60*24*time.Hour - store.RenewBefore)
		link := s.personal(t, ann())
		v.open(link).wants(t, 200, "Connect LinkedIn, Facebook or Mastodon to Ann’s account")
		v.chooses("linkedin", nil)
		v.submit(allow("cy")).wants(t, 409, "Another LinkedIn account is connected", "/social me")
		v.open(link)
		v.chooses("linkedin", nil)
		v.submit(allow("ann")).wants(t, 200, "LinkedIn is connected again")
		m := s.member(t, ann(), true)
		if c, ok := m.Connection("linkedin"); !ok || c.Renewable(s.env.Clock.Now()) {
			t.Errorf("connected as %+v", c)
		}
	})
}

func TestSomebodyWhoRegisteredGoesOnToAnotherNetwork(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		v := newVisitor(t)
		v.signUp(s.personal(t, ann()), "ann@home.example", "ann").wants(t, 200, "You’re in, Ann.", "Connect another network")
		more := regexp.MustCompile(`<a href="(/register/[^"]*)">Connect another network`).FindStringSubmatch(v.page.body)
		if more == nil {
			t.Fatalf("no way on:\n%s", v.page.body)
		}
		v.open(s.url+more[1]).wants(t, 200, "Connect Facebook or Mastodon to Ann’s account", "Continue with Facebook")
		if strings.Contains(v.page.text(), "Continue with LinkedIn") {
			t.Error("what is connected is offered again")
		}
	})
}
