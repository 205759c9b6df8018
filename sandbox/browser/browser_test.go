package browser

import (
	"bytes"
	"errors"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const page = `<!doctype html><title>Greeting</title><link rel="icon" href="data:,">
<h1>Hello</h1>
<button onclick="document.querySelector('h1').textContent = 'Clicked'">Click me</button>
<a target="_blank" href="/other">Elsewhere</a>`

// serve answers / with html and /other with a page of its own.
func serve(t *testing.T, html string) string {
	t.Helper()
	mux := http.NewServeMux()
	answer := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			if _, err := w.Write([]byte(body)); err != nil {
				t.Error(err)
			}
		}
	}
	mux.Handle("GET /{$}", answer(html))
	mux.Handle("GET /other", answer(`<!doctype html><link rel="icon" href="data:,"><h1>Another tab</h1>`))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func TestClickAndSee(t *testing.T) {
	t.Parallel()
	url := serve(t, page)
	ctx := New(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(url), chromedp.Click(chromedp.CSS("button"))); err != nil {
		t.Fatal(err)
	}
	text, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS("h1")))
	if err != nil {
		t.Fatal(err)
	}
	if text != "Clicked" {
		t.Errorf("the heading says %q after the click", text)
	}
}

func TestALinkThatOpensATab(t *testing.T) {
	t.Parallel()
	url := serve(t, page)
	ctx := New(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	tab := NewTab(t, ctx, chromedp.Click(chromedp.CSS("a")))
	text, err := chromedp.Run(tab, chromedp.Text(chromedp.CSS("h1")))
	if err != nil {
		t.Fatal(err)
	}
	if text != "Another tab" {
		t.Errorf("the new tab says %q", text)
	}
}

func TestScreenshotsAreKept(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(envArtifacts, dir)
	url := serve(t, page)
	ctx := New(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	Screenshot(t, ctx, "greeting")
	file, err := os.ReadFile(filepath.Join(dir, t.Name(), "greeting.png"))
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if picture.Width != width {
		t.Errorf("the picture is %d pixels wide, want %d", picture.Width, width)
	}
}

// TestComplaintsFailTheTest runs TestBadPage in a process of its own, where it
// may fail.
func TestComplaintsFailTheTest(t *testing.T) {
	t.Parallel()
	New(t) // skips where there is none
	for _, tt := range []struct {
		name, html string
		want       []string // in the output of a failing test; it passes if there is none
	}{
		{"a silent page", page, nil},
		{"an expected error", `<script>console.error("an expected error")</script>`, nil},
		{"an error", `<script>console.error("the cat is out")</script>`, []string{"the cat is out", "FAIL"}},
		{"an exception", `<script>throw new Error("dropped the milk")</script>`, []string{"dropped the milk", "FAIL"}},
		{"a missing picture", `<img src="/missing.png">`, []string{"404", "FAIL"}},
		{"a page that reaches out", `<img src="http://example.com/pixel.png">`, []string{"ERR_NAME_NOT_RESOLVED", "FAIL"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBadPage$")
			artifacts := t.TempDir()
			cmd.Env = append(os.Environ(), envBadPage+"="+tt.html, envArtifacts+"="+artifacts)
			out, err := cmd.CombinedOutput()
			if failed := err != nil; failed != (tt.want != nil) {
				t.Errorf("failed: %v", failed)
			}
			for _, want := range tt.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("the output says nothing of %q", want)
				}
			}
			if t.Failed() {
				t.Logf("%s", out)
			}
		})
	}
}

// envBadPage makes TestBadPage look at a page.
const envBadPage = "HERALD_BROWSER_PAGE"

func TestBadPage(t *testing.T) {
	html := os.Getenv(envBadPage)
	if html == "" {
		t.Skip("only TestComplaintsFailTheTest calls it")
	}
	ctx := New(t, "expected error")
	if err := chromedp.Do(ctx, chromedp.Navigate(serve(t, `<link rel="icon" href="data:,">`+html))); err != nil {
		t.Fatal(err)
	}
}

func TestABrowserMayBeMissingUnlessRequired(t *testing.T) {
	missing := &exec.Error{Name: "google-chrome", Err: exec.ErrNotFound}
	for _, tt := range []struct {
		name    string
		require string
		err     error
		want    string
	}{
		{"not installed", "", missing, "skipped"},
		{"not installed, another thing required", "postgres", missing, "skipped"},
		{"not installed but required", "postgres,browser", missing, "failed"},
		{"does not start", "", errors.New("disk full"), "failed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(envRequire, tt.require)
			asked := &recorder{TB: t}
			done := make(chan struct{})
			go func() {
				defer close(done)
				giveUp(asked, tt.err)
			}()
			<-done
			if asked.outcome != tt.want {
				t.Errorf("%s, want %s", asked.outcome, tt.want)
			}
		})
	}
}

// recorder is a test that notes how it ended.
type recorder struct {
	testing.TB
	outcome string
}

func (r *recorder) Skipf(string, ...any) {
	r.outcome = "skipped"
	runtime.Goexit()
}

func (r *recorder) Fatalf(string, ...any) {
	r.outcome = "failed"
	runtime.Goexit()
}
