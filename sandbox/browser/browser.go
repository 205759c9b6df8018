// Package browser drives a headless Chromium in tests, with chromedp, and holds
// pages to a silent console: whatever a page logs as an error fails the test.
package browser

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

const (
	// envArtifacts is the absolute path of the folder that keeps screenshots.
	envArtifacts = "HERALD_ARTIFACTS"
	// envRequire lists, separated by commas, what must not be missing on this
	// machine: a test that lacks it fails instead of being skipped.
	envRequire = "HERALD_TEST_REQUIRE"
)

// lastWords is what is kept of the time that go test allows, to tell which test
// hangs in its browser and what it saw last: half of it for the test, half for
// the browser. A bound on the story itself would only measure how long it is,
// and how busy the machine.
const lastWords = time.Minute

// The window is wide enough for every screen and fits into a README.
const width, height = 1280, 860

// New starts Chromium with an empty profile and returns the chromedp context of
// its first tab, which lives until t ends. Only this machine can be reached.
//
// A console error, an uncaught exception or a resource that does not load fails
// t, unless its text contains one of expected. When t fails, the last screen is
// kept as failed.png, and that of a tab which NewTab opened as failed-tab.png.
//
// Where no Chromium or Chrome is in PATH the test is skipped, unless
// HERALD_TEST_REQUIRE names "browser": then it fails.
func New(t *testing.T, expected ...string) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.DisableGPU,
		chromedp.WindowSize(width, height),
		chromedp.Flag("lang", "en-US"),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("force-prefers-reduced-motion", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"),
	)
	// Not the test's context: that one is cancelled before Cleanup, which still
	// has a screenshot to take.
	ctx := before(context.Background(), t, lastWords/2)
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, closeBrowser := chromedp.NewContext(ctx)
	t.Cleanup(closeBrowser)
	if err := chromedp.Do(ctx); err != nil {
		giveUp(t, err)
	}
	watch(ctx, t, "failed", expected)
	return before(ctx, t, lastWords)
}

// before returns a context that ends so long before go test ends t; where that
// has all the time, never.
func before(ctx context.Context, t *testing.T, end time.Duration) context.Context {
	t.Helper()
	deadline, ok := t.Deadline()
	if !ok {
		return ctx
	}
	ctx, cancel := context.WithDeadline(ctx, deadline.Add(-end))
	t.Cleanup(cancel)
	return ctx
}

// NewTab runs open, which makes the page of ctx open another tab, and returns
// the context of that tab. Its console is watched like that of the first.
func NewTab(t *testing.T, ctx context.Context, open chromedp.Action[chromedp.Void], expected ...string) context.Context {
	t.Helper()
	opened := chromedp.WaitNewTarget(ctx, func(*target.Info) bool { return true })
	if err := chromedp.Do(ctx, open); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	var id target.ID
	select {
	case id = <-opened:
	case <-ctx.Done():
		t.Fatal("no tab was opened")
	}
	tab, closeTab := chromedp.NewContext(ctx, chromedp.WithTargetID(id))
	t.Cleanup(closeTab)
	if err := chromedp.Do(tab); err != nil {
		t.Fatalf("look at the new tab: %v", err)
	}
	watch(tab, t, "failed-tab", expected)
	return tab
}

// ToFront makes the tab the one that is seen. Chromium draws nothing in the
// others, so that a click or a screenshot there waits for a long time.
func ToFront(t *testing.T, ctx context.Context) {
	t.Helper()
	err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, cdppage.BringToFront, cdp.Empty{})
		return err
	}))
	if err != nil {
		t.Fatalf("bring a tab to the front: %v", err)
	}
}

// Screenshot keeps what the tab shows as name.png: in a folder of the test's
// name below HERALD_ARTIFACTS if that is set, else in t.ArtifactDir.
func Screenshot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Errorf("screenshot %s: %v", name, err)
		return
	}
	dir := t.ArtifactDir()
	if artifacts := os.Getenv(envArtifacts); artifacts != "" {
		dir = filepath.Join(artifacts, filepath.FromSlash(t.Name()))
		if err := os.MkdirAll(dir, 0o750); err != nil {
			t.Errorf("screenshot %s: %v", name, err)
			return
		}
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		t.Errorf("screenshot %s: %v", name, err)
	}
}

// watch collects what the tab logs and reports it when t ends. If t failed, the
// screen it ended with is kept under the name lastScreen.
func watch(ctx context.Context, t *testing.T, lastScreen string, expected []string) {
	t.Helper()
	// The last message, so that none is missed that came before it.
	const end = "herald: the test has ended"
	var complaints []string
	done := make(chan struct{})
	messages := chromedp.Console(ctx)
	go func() {
		defer close(done)
		for m, err := range messages {
			if err != nil || m.Text == end {
				return
			}
			bad := m.IsException() || m.Type == chromedp.ConsoleError
			if bad && !slices.ContainsFunc(expected, func(s string) bool { return strings.Contains(m.Text, s) }) {
				complaints = append(complaints, m.URL+": "+m.String())
			}
		}
	}()
	t.Cleanup(func() {
		if t.Failed() {
			Screenshot(t, ctx, lastScreen)
		}
		_, err := chromedp.Run(ctx, chromedp.Evaluate[chromedp.Void](`console.debug("`+end+`")`))
		if err != nil && !errors.Is(err, chromedp.ErrTargetDetached) { // a page may close its own tab
			t.Errorf("browser: %v", err)
			return
		}
		<-done
		for _, c := range complaints {
			t.Errorf("console: %s", c)
		}
	})
}

// giveUp skips tb if the browser is merely missing, and fails it if this machine
// should have it.
func giveUp(tb testing.TB, err error) {
	tb.Helper()
	if errors.Is(err, exec.ErrNotFound) && !slices.Contains(strings.Split(os.Getenv(envRequire), ","), "browser") {
		tb.Skipf("no Chromium or Chrome in PATH (%v); install it (Debian: apt-get install chromium)", err)
	}
	tb.Fatalf("start the browser: %v", err)
}
