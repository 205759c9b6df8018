package main

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"herald/sandbox"
	"herald/sandbox/acme"
	"herald/sandbox/browser"
)

// A visitor clicks through the demo with a real browser.
type visitor struct {
	t   *testing.T
	ctx context.Context
	url string // of the demo's page
}

// startDemo runs `herald demo` and opens a browser.
func startDemo(t *testing.T) visitor {
	t.Helper()
	ctx := browser.New(t)
	running, stop := context.WithCancel(context.Background())
	out, problems := &lockedBuffer{}, &lockedBuffer{}
	done := make(chan int, 1)
	go func() {
		done <- runContext(running, []string{"demo", "--log-level", "debug", "--folder", filepath.Join(t.TempDir(), "demo")}, out, problems)
	}()
	t.Cleanup(func() {
		stop()
		if code := <-done; code != 0 {
			t.Errorf("herald demo: exit code %d\n%s", code, problems)
		}
		if t.Failed() {
			t.Logf("the log:\n%s", problems)
		}
	})
	address := regexp.MustCompile(`http://\S+`)
	// Under the race detector it takes a while to give four hundred people a past.
	deadline := time.After(4 * patience)
	for address.FindString(out.String()) == "" {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			t.Fatalf("herald demo prints no address\n%s%s", out, problems)
		}
	}
	return visitor{t, ctx, address.FindString(out.String())}
}

// in is the visitor with another tab.
func (v visitor) in(tab context.Context) visitor { v.ctx = tab; return v }

func (v visitor) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		body, _ := chromedp.Run(v.ctx, chromedp.Evaluate[string](`document.body.innerText`))
		v.t.Fatalf("%s: %v\nthe page reads:\n%s", what, err, body)
	}
}

// shows waits until the page says the words.
func (v visitor) shows(words string) {
	v.t.Helper()
	v.holds("the page shows "+words, fmt.Sprintf("document.body.innerText.includes(%q)", words))
}

// holds waits until a JavaScript expression is true.
func (v visitor) holds(what, expression string) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		// While a page is loading there is nothing to ask.
		if found, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression)); err == nil && found {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			body, _ := chromedp.Run(v.ctx, chromedp.Evaluate[string](`document.body.innerText`))
			v.t.Fatalf("never: %s, but:\n%s", what, body)
		}
	}
}

// as opens a place of the demo as somebody.
func (v visitor) as(handle, place string) {
	v.t.Helper()
	v.do("open "+place+" as "+handle, chromedp.Navigate(v.url+"/as/"+handle+"/"+place), chromedp.WaitVisible(chromedp.CSS("body[data-live=true]")))
}

func (v visitor) clicks(css string) {
	v.t.Helper()
	v.do("click "+css, chromedp.WaitVisible(chromedp.CSS(css)), chromedp.Click(chromedp.CSS(css)))
}

func (v visitor) types(css, text string) {
	v.t.Helper()
	v.do("type into "+css, chromedp.WaitVisible(chromedp.CSS(css)), chromedp.SendKeys(chromedp.CSS(css), text))
}

func (v visitor) keeps(name string) { browser.Screenshot(v.t, v.ctx, name) }

// signsUp presses a Sign up button, which opens the registration page in a new tab, and says yes at the network.
func (v visitor) signsUp(button, network, account, decision, keepAs string) {
	v.t.Helper()
	page := v.in(browser.NewTab(v.t, v.ctx, chromedp.Click(chromedp.CSS(button))))
	defer browser.ToFront(v.t, v.ctx)
	page.shows("Sign up to share Acme’s jobs")
	page.keeps(keepAs + "-register")
	page.clicks(`form button[formaction$="/` + network + `"]`)
	page.do("choose the account", chromedp.WaitVisible(chromedp.CSS("#account")), chromedp.SetValue(chromedp.CSS("#account"), account))
	page.keeps(keepAs + "-" + network)
	page.clicks(`button[value=` + decision + `]`)
	page.shows("You’re in")
	page.keeps(keepAs + "-success")
}

// hasSomebodyIn looks at the counts of a filter menu: the demo is worth looking at only with people everywhere.
func (v visitor) hasSomebodyIn(filter string, groups int) {
	v.t.Helper()
	v.holds("there is a filter", `document.querySelector("[data-action-id=`+filter+`]") !== null`)
	options, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](`document.querySelector("[data-action-id=`+filter+`]").innerText`))
	if err != nil {
		v.t.Fatal(err)
	}
	if n := strings.Count(options, "("); n != groups || strings.Contains(options, "(0)") {
		v.t.Errorf("the menu has %d groups instead of %d, or one that is empty:\n%s", n, groups, options)
	}
}

func TestTheRoundTripInABrowser(t *testing.T) {
	t.Parallel()
	v := startDemo(t)
	v.do("see whole lists", chromedp.EmulateViewport(1180, 1400)) // as in the README's picture

	v.as("ana", "c/"+acme.Jobs)
	v.types("#composer-text", "/social invite @eve \n")
	v.shows("Each gets a direct message")
	v.keeps("1-invited")

	v.as("eve", "messages")
	v.shows("Acme invites you to share jobs with your network")
	v.keeps("2-invitation")
	v.signsUp(`[data-action-id=signup_link]`, "linkedin", sandbox.LinkedInAccount(acme.Eve), "allow", "3")
	v.shows("You're in")
	v.keeps("4-welcome")

	v.as("ana", "home")
	v.clicks(`[data-action-id=invitations_open]`)
	v.hasSomebodyIn("invitations_filter", 6)
	v.keeps("5-invitations")
	v.as("ana", "home")
	v.clicks(`[data-action-id=members_open]`)
	v.shows("Filter members")
	v.keeps("5-members")
	v.hasSomebodyIn("members_filter", 12)
	v.types(`[data-action-id=members_search]`, "novák\n")
	v.shows("Page 1 of 1")
	v.shows("@eve")
	row := `[data-block-id*=".member."]`
	v.do("make Eve a recruiter", chromedp.SetValue(chromedp.CSS(row+` [data-action-id=member_type]`), "employee:recruiter"))
	v.holds("the row says Recruiter", `document.querySelector('`+row+` [data-action-id=member_type]')?.value === "recruiter:recruiter"`)
	v.do("ask to make Eve an admin", chromedp.SetValue(chromedp.CSS(row+` [data-action-id=member_type]`), "recruiter:admin"))
	v.types(`[role=dialog] textarea`, "She takes over hiring in Lisbon.")
	v.keeps("6-request")
	v.clicks("#modal-submit")
	v.shows("Asked an operator")

	v.as("olga", "messages")
	v.shows("She takes over hiring in Lisbon.")
	v.keeps("7-case")
	v.clicks(`[data-action-id=case_approve]`)
	v.shows("Approved")

	v.as("ana", "c/"+acme.Jobs)
	v.types("#composer-text", "/social members novák\n")
	v.shows("Remove")
	v.clicks(row + ` input[type=checkbox]`)
	v.clicks(`[data-action-id=members_remove]`)
	v.shows("Confirm Remove Users")
	v.shows("Eve Novák — Company admin")
	v.keeps("8-confirm")
	v.clicks("#modal-submit")
	v.shows("1 user was removed.")
	v.keeps("9-removed")

	v.as("eve", "home")
	v.shows("Help Acme hire people you would like to work with")
	v.keeps("10-signed-out")
	v.signsUp(`[data-action-id=signup_link]`, "facebook", sandbox.FacebookAccount(acme.Eve), "allow_without_email", "11")
	v.as("eve", "home")
	v.shows("you are an employee")
	v.keeps("12-back")
	v.disconnectsAndComesBack()
	v.looksAtSettings()
}

// disconnectsAndComesBack lets Eve look at the example posts, disconnect the only network she has, and connect another one.
func (v visitor) disconnectsAndComesBack() {
	v.t.Helper()
	v.clicks(`[data-action-id=preview]`)
	v.shows("Two examples. Nothing was posted.")
	v.keeps("13-preview")
	v.clicks("#modal-close")
	v.clicks(`[data-action-id=disconnect]`)
	v.shows("Disconnect Facebook?")
	v.keeps("14-disconnect")
	v.clicks("#confirm-yes")
	v.shows("No network is connected.")
	v.keeps("15-not-connected")

	page := v.in(browser.NewTab(v.t, v.ctx, chromedp.Click(chromedp.CSS(`[data-action-id=connect]`))))
	page.shows("Connect LinkedIn, Facebook or Mastodon to Eve’s account")
	page.clicks(`form button[formaction$="/mastodon"]`)
	page.shows("On which server is your Mastodon account?")
	page.clicks("form button") // it is filled in: the operator allowed one server
	page.do("choose the account", chromedp.WaitVisible(chromedp.CSS("#account")), chromedp.SetValue(chromedp.CSS("#account"), sandbox.MastodonAccount(acme.Eve)))
	page.clicks("button[value=allow]")
	page.shows("Mastodon is connected to Eve’s account")
	browser.ToFront(v.t, v.ctx)
	v.as("eve", "home")
	v.shows("Mastodon: connected")
	v.keeps("16-mastodon")
}

// looksAtSettings opens the company's settings as an admin.
func (v visitor) looksAtSettings() {
	v.t.Helper()
	v.as("ana", "home")
	v.clicks(`[data-action-id=settings_open]`)
	v.shows("Who may invite coworkers?")
	v.keeps("17-settings")
	v.clicks("#modal-submit")
	v.shows("Saved.")
	v.keeps("18-saved")
}
