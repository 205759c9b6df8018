package web_test

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"herald/networks"
	"herald/sandbox/browser"
	"herald/store"
)

// TestInABrowser signs up with a real one, on a phone: only a browser applies our Content-Security-Policy, the cookie's
// rules and Sec-Fetch-Site. What it complains about fails the test.
func TestInABrowser(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := newSite(t, start, m)
	ctx := browser.New(t, "status of 422")
	click := func(selector string) chromedp.Action[chromedp.Void] { return chromedp.Click(chromedp.CSS(selector)) }
	see := func(selector string) chromedp.Action[chromedp.Void] {
		return chromedp.WaitVisible(chromedp.CSS(selector))
	}
	do := func(screen string, steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			t.Fatalf("%s: %v", screen, err)
		}
		wide, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
		if err != nil || wide > 0 {
			t.Errorf("%s: %d pixels too wide, %v", screen, wide, err)
		}
		browser.Screenshot(t, ctx, screen)
	}

	do("register", chromedp.EmulateViewport(390, 844), chromedp.Navigate(s.url+"/register/"+m.company.Key+"/"+annToken), see("form"))
	do("facebook", click("label[for=look-facebook]"), see("#post-facebook"), chromedp.WaitNotVisible(chromedp.CSS("#post-linkedin")))
	do("asked", click("summary"), see("details[open] dl"))
	do("problem",
		chromedp.SetAttributeValue(chromedp.CSS("form"), "novalidate", ""),
		chromedp.SetValue(chromedp.CSS("#email"), "ann at home"), click("form button"), see(".summary"))
	do("linkedin", chromedp.SetValue(chromedp.CSS("#email"), "ann@home.example"), click("form button"), see("button[value=allow]"))
	do("welcome", chromedp.SetValue(chromedp.CSS("#account"), "ann"), click("button[value=allow]"), see(".notice.good"))
	if len(m.registered) != 1 || m.registered[0].auth.Email != "ann@home.example" {
		t.Errorf("registered %+v", m.registered)
	}

	dark := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, dark); err != nil {
		t.Fatal(err)
	}
	do("dark", chromedp.EmulateViewport(1280, 860), chromedp.Navigate(s.url+"/register/"+m.company.Key), see("form"))
	do("privacy", chromedp.Navigate(s.url+"/privacy"), see("h2"))
}

// TestWhatWentWrongInABrowser looks at the pages for those who cannot go on, on a phone and on a desk.
func TestWhatWentWrongInABrowser(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := newSite(t, start, m)
	ctx := browser.New(t, "status of 4", "status of 5")
	link := s.url + "/register/" + m.company.Key + "/" + annToken
	for _, size := range []struct {
		name          string
		width, height int64
	}{{"phone", 390, 844}, {"desk", 1280, 860}} {
		if err := chromedp.Do(ctx, chromedp.EmulateViewport(size.width, size.height)); err != nil {
			t.Fatal(err)
		}
		for _, wrong := range []struct {
			name    string
			err     error // of the link
			company error // of the company URL
			signup  error // after the consent
			press   string
		}{
			{name: "expired", err: store.ErrExpired},
			{name: "replaced", err: store.ErrReplaced},
			{name: "used", err: store.ErrUsed},
			{name: "declined", err: store.ErrDeclined},
			{name: "removed", err: store.ErrRemoved},
			{name: "unknown", err: store.ErrNotFound},
			{name: "rotated", company: store.ErrReplaced},
			{name: "refused", press: "cancel"},
			{name: "taken", signup: store.ErrTaken, press: "allow"},
			{name: "wrong-person", signup: store.ErrWrongPerson, press: "allow"},
			{name: "not-eligible", signup: store.ErrNotEligible, press: "allow"},
			{name: "network-down", signup: networks.ErrUnavailable, press: "allow"},
		} {
			m.inviteErr, m.companyErr, m.signupErr = wrong.err, wrong.company, wrong.signup
			steps := []chromedp.Action[chromedp.Void]{chromedp.Navigate(link)}
			if wrong.press != "" {
				steps = append(steps, chromedp.Click(chromedp.CSS("form button")), chromedp.WaitVisible(chromedp.CSS("#account")),
					chromedp.SetValue(chromedp.CSS("#account"), "ann"), chromedp.Click(chromedp.CSS("button[value="+wrong.press+"]")))
			}
			screen := wrong.name + "-" + size.name
			if err := chromedp.Do(ctx, append(steps, chromedp.WaitVisible(chromedp.CSS(".notice .button")))...); err != nil {
				t.Fatalf("%s: %v", screen, err)
			}
			wide, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
			if err != nil || wide > 0 {
				t.Errorf("%s: %d pixels too wide, %v", screen, wide, err)
			}
			browser.Screenshot(t, ctx, screen)
		}
	}
}

// TestDecliningForAReasonInABrowser is the page under a mail, without JavaScript, on a phone and on a desk, in the light and in the dark.
func TestDecliningForAReasonInABrowser(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := newSite(t, start, m)
	ctx := browser.New(t)
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	for i, size := range []struct {
		name, scheme  string
		width, height int64
	}{{"phone", "light", 390, 844}, {"desk", "dark", 1280, 860}} {
		scheme := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: size.scheme}}}
		if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, scheme); err != nil {
			t.Fatal(err)
		}
		err := chromedp.Do(ctx, chromedp.EmulateViewport(size.width, size.height), chromedp.Navigate(s.url+"/decline/"+annToken),
			chromedp.WaitVisible(chromedp.CSS("form button")), chromedp.Click(chromedp.CSS("input[value=privacy]")))
		if err != nil {
			t.Fatal(err)
		}
		browser.Screenshot(t, ctx, "decline-"+size.name)
		if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS("form button")), chromedp.WaitVisible(chromedp.CSS(".notice.good"))); err != nil {
			t.Fatal(err)
		}
		browser.Screenshot(t, ctx, "declined-privacy-"+size.name)
		if m.declined != i+1 || m.reason != store.DeclinedPrivacy {
			t.Errorf("declined %d times with %q", m.declined, m.reason)
		}
	}
}

// TestDecliningInABrowser follows the link under an invitation by email.
func TestDecliningInABrowser(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := newSite(t, start, m)
	ctx := browser.New(t)
	err := chromedp.Do(ctx, chromedp.EmulateViewport(390, 844), chromedp.Navigate(s.url+"/decline/"+annToken), chromedp.WaitVisible(chromedp.CSS("form button")))
	if err != nil {
		t.Fatal(err)
	}
	browser.Screenshot(t, ctx, "decline")
	if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS("form button")), chromedp.WaitVisible(chromedp.CSS(".notice"))); err != nil {
		t.Fatal(err)
	}
	browser.Screenshot(t, ctx, "declined")
	if m.declined != 1 {
		t.Errorf("declined %d times", m.declined)
	}
}
