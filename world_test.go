package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"herald/sandbox"
	"herald/sandbox/slackd"
	"herald/store/storetest"
)

// patience is how long a story waits for what must happen. It only ever passes when the story fails.
const patience = 30 * time.Second

// A world is Acme's Slack, LinkedIn, and a Herald that serves them exactly as `herald serve` does.
type world struct {
	t      testing.TB
	box    *sandbox.Sandbox
	herald serveCommand
	public string
	log    *lockedBuffer
}

// eachDatabase tells a story on SQLite and on PostgreSQL.
func eachDatabase(t *testing.T, story func(t *testing.T, db databaseSettings)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		story(t, databaseSettings{DatabaseFile: filepath.Join(t.TempDir(), "herald.db")})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		story(t, databaseSettings{DatabaseURL: storetest.Postgres(t), KeyFile: filepath.Join(t.TempDir(), "herald.key")})
	})
}

// newWorld starts Acme with nobody registered, with these faults, and a Herald.
func newWorld(t *testing.T, db databaseSettings, faults ...slackd.Fault) *world {
	t.Helper()
	w, listener := asleep(t, db, faults...)
	w.serve(listener, time.Now)
	return w
}

// asleep is the same before Herald is started.
func asleep(t *testing.T, db databaseSettings, faults ...slackd.Fault) (*world, net.Listener) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, public: "http://" + listener.Addr().String(), log: &lockedBuffer{}}
	p := &process{ctx: context.WithoutCancel(t.Context()), now: time.Now}
	if w.box, err = startSandbox(p, 0, w.public, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.box.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, f := range faults {
		w.box.Slack.Inject(f)
	}
	w.herald = demoSettings(w.box, w.public, db)
	w.herald.MetricsListen = "127.0.0.1:0"
	return w, listener
}

// serve runs Herald until the test ends; it must then end well.
func (w *world) serve(listener net.Listener, now func() time.Time) {
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.herald.serve(ctx, now, log, listener) }()
	w.t.Cleanup(func() {
		stop()
		select {
		case err := <-done:
			if err != nil {
				w.t.Errorf("herald ended with: %v", err)
			}
		case <-time.After(patience):
			w.t.Error("herald does not end")
		}
		if w.t.Failed() {
			w.t.Logf("Herald's log:\n%s", w.log)
		}
	})
	w.until("Herald is connected and knows the directory", func() bool {
		return strings.Contains(w.log.String(), "directory synced") && w.healthy()
	})
}

func (w *world) healthy() bool {
	resp, err := http.Get(w.public + "/healthz") //nolint:noctx // a test on this machine
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// until waits for something that no event tells.
func (w *world) until(what string, holds func() bool) {
	w.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			w.t.Fatalf("never: %s", what)
		}
	}
}

// command runs one of Herald's own commands on the world's database.
func (w *world) command(args ...string) string {
	w.t.Helper()
	args = append(args, "--database-file="+w.herald.DatabaseFile, "--database-url="+w.herald.DatabaseURL, "--key-file="+w.herald.KeyFile)
	if args[0] == "admin" {
		args = append(args, "--slack-bot-token="+w.box.BotToken, "--slack-api-url="+w.box.SlackAPIURL)
	}
	var out bytes.Buffer
	if code := runContext(w.t.Context(), args, &out, &out); code != 0 {
		w.t.Fatalf("herald %s: exit code %d\n%s", args[0], code, out.String())
	}
	return out.String()
}

var metricsAddress = regexp.MustCompile(`msg="metrics are served" address=(\S+)`)

// metrics is what Prometheus reads.
func (w *world) metrics() string {
	w.t.Helper()
	address := metricsAddress.FindStringSubmatch(w.log.String())
	if address == nil {
		w.t.Fatal("the log does not say where the metrics are")
	}
	resp, err := http.Get("http://" + address[1] + "/metrics") //nolint:noctx // a test on this machine
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		w.t.Fatalf("the metrics: status %d, %v\n%s", resp.StatusCode, err, text)
	}
	return string(text)
}

// dump is all that the database holds.
func (w *world) dump() string {
	w.t.Helper()
	engine := "sqlite"
	if w.herald.DatabaseURL != "" {
		engine = "postgres"
	}
	return storetest.Dump(w.t, &storetest.Env{Engine: engine, DSN: w.herald.dsn()})
}

// A colleague is somebody of Acme at their Slack.
type colleague struct {
	*slackd.Person
	w       *world
	channel string
}

func (w *world) colleague(id, channel string) *colleague {
	return &colleague{Person: w.box.Slack.Person(id), w: w, channel: channel}
}

func (c *colleague) ctx() context.Context {
	ctx, cancel := context.WithTimeout(c.w.t.Context(), patience)
	c.w.t.Cleanup(cancel)
	return ctx
}

// A screen is a message, a modal or a Home tab as somebody sees it.
type screen struct {
	channel, ts, viewID string
	raw                 string // all its blocks and attachments as JSON
	text                string // every text on it, in order
}

func messageScreen(m slackd.Message) screen {
	raw := string(m.Blocks) + string(m.Attachments)
	return screen{channel: m.Channel, ts: m.TS, raw: raw, text: m.Text + "\n" + texts(m.Blocks) + texts(m.Attachments)}
}

func viewScreen(v slackd.View) screen {
	return screen{viewID: v.ID, raw: string(v.Blocks), text: v.Title + "\n" + texts(v.Blocks)}
}

// texts collects every "text" of Block Kit JSON.
func texts(raw json.RawMessage) string {
	var out strings.Builder
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			if s, ok := v["text"].(string); ok {
				out.WriteString(s + "\n")
			}
			for _, key := range []string{"title", "label", "text", "fields", "elements", "element", "accessory", "options", "initial_option", "initial_options", "description", "placeholder", "blocks"} {
				if _, isText := v[key].(string); !isText {
					walk(v[key])
				}
			}
		}
	}
	var v any
	if len(raw) > 0 && json.Unmarshal(raw, &v) == nil {
		walk(v)
	}
	return out.String()
}

func (s screen) says(words ...string) bool {
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(s.text, word) })
}

// types types a slash command and waits for the answer that says all the words.
func (c *colleague) types(command string, words ...string) screen {
	c.w.t.Helper()
	before := len(c.Messages(c.channel))
	if _, err := c.Command(c.ctx(), c.channel, command); err != nil {
		c.w.t.Fatalf("%s types %q: %v", c.ID(), command, err)
	}
	return c.sees(fmt.Sprintf("the answer to %q", command), func() []screen {
		var all []screen
		for _, m := range c.Messages(c.channel)[before:] {
			all = append(all, messageScreen(m))
		}
		return all
	}, words...)
}

// sees waits until one of the screens says all the words.
func (c *colleague) sees(what string, screens func() []screen, words ...string) screen {
	c.w.t.Helper()
	var found screen
	err := c.Await(c.ctx(), func() bool {
		for _, s := range slices.Backward(screens()) {
			if s.says(words...) {
				found = s
				return true
			}
		}
		return false
	})
	if err != nil {
		var now []string
		for _, s := range screens() {
			now = append(now, s.text)
		}
		c.w.t.Fatalf("%s never sees in %s: %q\nbut:\n%s", c.ID(), what, words, strings.Join(now, "\n---\n"))
	}
	return found
}

// gets waits for a direct message of Herald.
func (c *colleague) gets(words ...string) screen {
	c.w.t.Helper()
	return c.sees("a direct message", func() []screen {
		var all []screen
		for _, m := range c.Messages(c.DM()) {
			all = append(all, messageScreen(m))
		}
		return all
	}, words...)
}

// modal waits for the open modal to say the words.
func (c *colleague) modal(words ...string) screen {
	c.w.t.Helper()
	return c.sees("a modal", func() []screen {
		if v, ok := c.Modal(); ok {
			return []screen{viewScreen(v)}
		}
		return nil
	}, words...)
}

// home opens the Home tab and waits for it to say the words.
func (c *colleague) home(words ...string) screen {
	c.w.t.Helper()
	if err := c.OpenHome(c.ctx()); err != nil {
		c.w.t.Fatal(err)
	}
	return c.homeNow(words...)
}

// homeNow waits for the Home tab to say the words, without opening it.
func (c *colleague) homeNow(words ...string) screen {
	c.w.t.Helper()
	return c.sees("the Home tab", func() []screen {
		if v, ok := c.Home(); ok {
			return []screen{viewScreen(v)}
		}
		return nil
	}, words...)
}

// again is the message as it is now, when it says the words.
func (c *colleague) again(s screen, words ...string) screen {
	c.w.t.Helper()
	return c.sees("the same message", func() []screen {
		for _, m := range c.Messages(s.channel) {
			if m.TS == s.ts {
				return []screen{messageScreen(m)}
			}
		}
		return nil
	}, words...)
}

func (c *colleague) elements(s screen) []slackd.Element {
	if s.viewID != "" {
		return c.ViewElements(s.viewID)
	}
	return c.MessageElements(s.channel, s.ts)
}

// element finds a control by its label and, if several rows have it, by a text of its row.
func (c *colleague) element(s screen, label, row string) slackd.Element {
	c.w.t.Helper()
	var inRow map[string]bool
	all := c.elements(s)
	if row != "" {
		inRow = map[string]bool{}
		for _, e := range all {
			if strings.Contains(string(e.Raw), row) {
				inRow[e.BlockID] = true
			}
		}
	}
	for _, e := range all {
		if (e.Label == label || e.ActionID == label) && (row == "" || inRow[e.BlockID]) {
			return e
		}
	}
	var labels []string
	for _, e := range all {
		labels = append(labels, fmt.Sprintf("%s (%s)", e.Label, e.ActionID))
	}
	c.w.t.Fatalf("%s finds no %q (row %q) among %s\n%s", c.ID(), label, row, strings.Join(labels, ", "), s.text)
	return slackd.Element{}
}

// clicks uses a control of the screen.
func (c *colleague) clicks(s screen, label, row string, values ...string) {
	c.w.t.Helper()
	e := c.element(s, label, row)
	if _, err := c.Click(c.ctx(), e.Target, values...); err != nil {
		c.w.t.Fatalf("%s clicks %q: %v", c.ID(), label, err)
	}
}

// submits fills in the modal by its labels and presses its submit button.
func (c *colleague) submits(s screen, answers map[string][]string) slackd.Submission {
	c.w.t.Helper()
	values := map[string][]string{}
	for label, value := range answers {
		values[c.element(s, label, "").BlockID] = value
	}
	done, err := c.Submit(c.ctx(), s.viewID, values)
	if err != nil {
		c.w.t.Fatalf("%s submits: %v", c.ID(), err)
	}
	return done
}

// A visit is somebody's browser: it keeps cookies and fills in forms.
type visit struct {
	t      *testing.T
	client *http.Client
	page   *html.Node
	at     *url.URL
	status int
	text   string
}

func newBrowser(t *testing.T) *visit {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visit{t: t, client: &http.Client{Jar: jar, Timeout: patience}}
}

func (b *visit) do(req *http.Request) *visit {
	b.t.Helper()
	resp, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if b.page, err = html.Parse(bytes.NewReader(body)); err != nil {
		b.t.Fatal(err)
	}
	b.at, b.status = resp.Request.URL, resp.StatusCode
	b.text = strings.Join(strings.Fields(text(b.page)), " ")
	return b
}

func (b *visit) open(address string) *visit {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(req)
}

// reads fails unless the page says all the words.
func (b *visit) reads(words ...string) {
	b.t.Helper()
	for _, word := range words {
		if !strings.Contains(b.text, word) {
			b.t.Fatalf("%s (%d) does not say %q:\n%s", b.at.Path, b.status, word, b.text)
		}
	}
}

// presses presses a button of the page's form after filling in fields by name.
func (b *visit) presses(button string, fields map[string]string) *visit {
	b.t.Helper()
	return b.press(button, func(n *html.Node) string { return text(n) }, fields)
}

// pressesLabelled is presses by what a screen reader says of the button.
func (b *visit) pressesLabelled(button string, fields map[string]string) *visit {
	b.t.Helper()
	return b.press(button, func(n *html.Node) string { return attribute(n, "aria-label") }, fields)
}

func (b *visit) press(button string, label func(*html.Node) string, fields map[string]string) *visit {
	b.t.Helper()
	var form, pressed *html.Node
	for n := range b.page.Descendants() {
		if n.Data == "form" {
			form = n
		}
		if n.Data == "button" && strings.TrimSpace(label(n)) == button {
			pressed = n
			break
		}
	}
	if pressed == nil {
		b.t.Fatalf("%s has no button %q:\n%s", b.at.Path, button, b.text)
	}
	values := url.Values{}
	for n := range form.Descendants() {
		if name := attribute(n, "name"); name != "" && n.Data == "input" && attribute(n, "type") != "radio" {
			values.Set(name, attribute(n, "value"))
		}
	}
	if name := attribute(pressed, "name"); name != "" {
		values.Set(name, attribute(pressed, "value"))
	}
	for name, value := range fields {
		values.Set(name, value)
	}
	action := attribute(pressed, "formaction")
	if action == "" {
		action = attribute(form, "action")
	}
	target, err := b.at.Parse(action)
	if err != nil {
		b.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, target.String(), strings.NewReader(values.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", target.Scheme+"://"+target.Host)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(req)
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var out strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && d.Parent.Data != "style" {
			out.WriteString(d.Data)
		}
	}
	return out.String()
}

var (
	link     = regexp.MustCompile(`https?://[^"\\|>` + "`" + ` ]+/register/[^"\\|>` + "`" + ` ]+`)
	pageLink = regexp.MustCompile(`https?://[^"\\|>` + "`" + ` ]+/page/[^"\\|>` + "`" + ` ]+`)
)

// registrationLink is the link on a screen.
func (s screen) registrationLink(t *testing.T) string {
	t.Helper()
	return s.find(t, link)
}

// pageLink is the link on a screen that connects a company Page.
func (s screen) pageLink(t *testing.T) string {
	t.Helper()
	return s.find(t, pageLink)
}

func (s screen) find(t *testing.T, link *regexp.Regexp) string {
	t.Helper()
	found := link.FindString(s.raw)
	if found == "" {
		t.Fatalf("no such link on the screen:\n%s", s.text)
	}
	return found
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
