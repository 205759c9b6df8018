package web_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"herald/sandbox/browser"
	"herald/sandbox/facebook"
	"herald/store"
	"herald/store/storetest"
	"herald/web"
)

// A walk is one person's way through the pages, in a real browser.
type walk struct {
	*town
	t       *testing.T
	ctx     context.Context
	account string // their Slack id, and their id at every network
	given   string // their given name
}

func (w *walk) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 30*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		body, _ := chromedp.Run(w.ctx, chromedp.Evaluate[string](`document.body.innerText`))
		w.t.Fatalf("%s: %v\nthe page reads:\n%s", what, err, body)
	}
}

func (w *walk) opens(address string) {
	w.t.Helper()
	w.do("open a page", chromedp.Navigate(address))
}

// clicks follows a link or presses a button.
func (w *walk) clicks(css string) {
	w.t.Helper()
	w.do("click "+css, chromedp.WaitVisible(chromedp.CSS(css)), chromedp.Click(chromedp.CSS(css)))
}

// chooses leaves for a network.
func (w *walk) chooses(network string) {
	w.t.Helper()
	w.clicks(`button[formaction$="/` + network + `"]`)
}

// names enters which server it is.
func (w *walk) names(server string) {
	w.t.Helper()
	w.do("name the server", chromedp.WaitVisible(chromedp.CSS("#server")), chromedp.SetValue(chromedp.CSS("#server"), server))
	w.clicks("form button")
}

// answers says who they are on the network's page, and presses a button there.
func (w *walk) answers(account, decision string) {
	w.t.Helper()
	w.do("choose the account", chromedp.WaitVisible(chromedp.CSS("#account")), chromedp.SetValue(chromedp.CSS("#account"), account))
	w.clicks("button[value=" + decision + "]")
}

// reads waits until the page says the words, keeps it as a picture, and looks whether it fits the window.
func (w *walk) reads(picture string, words ...string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for _, word := range words {
		// While a page is loading there is nothing to ask.
		for found := false; !found; {
			found, _ = chromedp.Run(ctx, chromedp.Evaluate[bool](fmt.Sprintf(`document.querySelector("main").innerText.includes(%q)`, word)))
			select {
			case <-tick.C:
			case <-ctx.Done():
				body, _ := chromedp.Run(w.ctx, chromedp.Evaluate[string](`document.body.innerText`))
				w.t.Fatalf("%s: the page never says %q, but:\n%s", picture, word, body)
			}
		}
	}
	wide, err := chromedp.Run(w.ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
	if err != nil || wide > 0 {
		w.t.Errorf("%s: %d pixels too wide, %v", picture, wide, err)
	}
	browser.Screenshot(w.t, w.ctx, picture)
}

// signsUp signs somebody up without the browser.
func (w *walk) signsUp(account string) {
	w.t.Helper()
	newVisitor(w.t).signUp(w.personal(w.t, account), "", account).wants(w.t, 200, "You’re in")
}

func (w *walk) link() string { return w.personal(w.t, w.account) }

// paths are the ways that lead through a network, and back.
func paths() []struct {
	name string
	walk func(*walk)
} {
	pageLink := func(w *walk) string { return w.pageLink(w.t, w.account) }
	return []struct {
		name string
		walk func(*walk)
	}{
		{"linkedin, and on to the others", func(w *walk) {
			w.opens(w.link())
			w.reads("1-register", "Sign up to share Acme’s jobs", "Continue with LinkedIn", "Continue with Facebook")
			w.do("see the other preview", chromedp.Click(chromedp.CSS("label[for=look-facebook]")), chromedp.WaitVisible(chromedp.CSS("#post-facebook")), chromedp.WaitNotVisible(chromedp.CSS("#post-linkedin")))
			w.chooses("linkedin")
			w.answers(w.account, "allow")
			w.reads("2-in", "You’re in, "+w.given)
			w.clicks(`main a:not(.button)`)
			w.reads("3-more", "Connect Facebook or Mastodon to "+w.given)
			w.chooses("facebook")
			w.answers(w.account, "allow_without_email")
			w.reads("4-facebook", "Facebook is connected to "+w.given)
			w.clicks(`main a:not(.button)`)
			w.reads("5-one-more", "Connect Mastodon to "+w.given)
			w.chooses("mastodon")
			w.reads("6-server", "On which server is your Mastodon account?")
			w.names("mastodon")
			w.reads("7-no-server", "One thing to check")
			w.names(w.instance) // only a browser applies the Content-Security-Policy, which has to let the form lead there
			w.answers(w.account, "allow")
			w.reads("8-mastodon", "Mastodon is connected to "+w.given)
			if n := len(w.member(w.t, w.account, true).Connections); n != 3 {
				w.t.Errorf("connected to %d networks", n)
			}
		}},
		{"facebook", func(w *walk) {
			w.opens(w.link())
			w.chooses("facebook")
			w.answers(w.account, "allow")
			w.reads("in", "You’re in, "+w.given)
		}},
		{"cancel", func(w *walk) {
			for _, network := range []string{"linkedin", "facebook"} {
				w.opens(w.link())
				w.chooses(network)
				w.answers(w.account, "cancel")
				w.reads(network, "You said no, and that’s fine")
				w.clicks(`main a.button`)
				w.reads(network+"-again", "Sign up to share Acme’s jobs")
			}
			w.member(w.t, w.account, false)
		}},
		{"cancel at mastodon", func(w *walk) {
			w.signsUp(w.account)
			w.opens(w.link())
			w.chooses("mastodon")
			w.names(w.instance)
			w.answers(w.account, "cancel")
			w.reads("no", "You said no, and that’s fine")
			w.clicks(`main a.button`)
			w.reads("again", "Connect Facebook or Mastodon to "+w.given)
		}},
		{"not connected, and the way back", func(w *walk) {
			w.signsUp(w.account)
			m := w.member(w.t, w.account, true)
			if err := w.store.Disconnect(w.t.Context(), w.company.ID, m.ID, "linkedin"); err != nil {
				w.t.Fatal(err)
			}
			w.opens(w.link())
			w.reads("nothing", "Connect LinkedIn, Facebook or Mastodon to "+w.given)
			w.chooses("linkedin")
			w.answers(w.account, "allow")
			w.reads("back", "LinkedIn is connected to "+w.given)
		}},
		{"the account of somebody else", func(w *walk) {
			colleague := w.newcomer("Bo of " + w.account)
			w.signsUp(colleague)
			w.opens(w.link())
			w.chooses("linkedin")
			w.answers(colleague, "allow")
			w.reads("taken", "This link is "+w.given, "belongs to a colleague")
			w.member(w.t, w.account, false)
		}},
		{"a code that the network refuses", func(w *walk) {
			w.facebook.SetFault(facebook.InvalidCode, 1)
			w.opens(w.link())
			w.chooses("facebook")
			w.answers(w.account, "allow")
			w.reads("refused", "Facebook did not let us finish")
			w.clicks(`main a.button`)
			w.reads("again", "Sign up to share Acme’s jobs")
		}},
		{"a company page", func(w *walk) {
			w.opens(pageLink(w))
			w.reads("1-connect-first", "Connect Facebook first")
			w.clicks(`main a.button`)
			w.chooses("facebook")
			w.answers(w.account, "allow")
			w.reads("2-in", "You’re in")
			w.opens(pageLink(w))
			w.reads("3-page", "Connect a company Page to "+w.given)
			w.clicks("form button")
			w.answers(w.account, "allow_without_pages")
			w.reads("4-not-shown", "Facebook did not show us your Pages")
			w.clicks(`main a.button`)
			w.clicks("form button")
			w.answers(w.account, "allow")
			w.reads("5-choice", "Which Page is Acme’s?", "Connect “Acme Jobs”")
			w.clicks("button[value='702']")
			w.reads("6-connected", "“Acme Jobs” is connected")
		}},
		{"removed, and what became of it", func(w *walk) {
			v := newVisitor(w.t)
			v.open(w.link())
			link := v.page.url.String()
			v.chooses("facebook", nil)
			v.submit(allow(w.account)).wants(w.t, 200, "You’re in")
			w.opens(link)
			w.reads("1-used", "You are signed up already")
			asked, err := w.facebook.RequestDeletion(w.t.Context(), "1001", w.account, web.Links{PublicURL: w.url}.Delete("facebook"))
			if err != nil {
				w.t.Fatal(err)
			}
			w.opens(asked.URL)
			w.reads("2-pending", "Facebook")
			w.runRemovals(w.t)
			w.opens(asked.URL)
			w.reads("3-done", "Facebook")
			w.opens(link)
			w.reads("4-removed", "This account was removed")
		}},
	}
}

// newcomer is somebody whom Slack knows, with an account at every network.
func (s *town) newcomer(t *testing.T, name string) string {
	t.Helper()
	account := storetest.Mirror(t, s.store, s.company.ID, name)[0].SlackID
	s.everywhere(account, name)
	return account
}

func (w *walk) newcomer(name string) string { return w.town.newcomer(w.t, name) }

// TestPathsInABrowser goes every way through the networks: on a phone with one database, and on a desk with the other one.
func TestPathsInABrowser(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store, env *storetest.Env) {
		s := newTown(t, db, env)
		var walkers []*walk
		for i := range paths() {
			given := fmt.Sprintf("Ann%c", 'a'+i)
			walkers = append(walkers, &walk{town: s, account: s.newcomer(t, given+" Lee"), given: given})
		}
		ctx := browser.New(t, "status of 4", "status of 5")
		width, height := int64(390), int64(844)
		if env.Engine == "postgres" {
			width, height = 1280, 860
		}
		if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, height)); err != nil {
			t.Fatal(err)
		}
		for i, path := range paths() {
			t.Run(strings.ReplaceAll(path.name, ",", ""), func(t *testing.T) {
				s.env.Clock.Advance(time.Minute) // enough for the rate limit
				w := walkers[i]
				w.t, w.ctx = t, ctx
				path.walk(w)
			})
		}
	})
}
