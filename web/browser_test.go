package web_test

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"herald/sandbox/browser"
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
