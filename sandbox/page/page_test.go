package page_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"html"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"herald/sandbox/fault"
	"herald/sandbox/linkedin"
	"herald/sandbox/page"
	"herald/sandbox/slackd"
)

const patience = 20 * time.Second

// world is a small workspace with its page and an app that acknowledges everything.
type world struct {
	t        *testing.T
	slack    *slackd.Server
	linkedIn *linkedin.Server
	api      *slack.Client
	url      string
	heard    chan slack.InteractionCallback
	commands chan slack.SlashCommand
}

func newWorld(t *testing.T) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	now := func() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) }
	li, err := linkedin.New(linkedin.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	s, err := slackd.New(slackd.Options{
		Team: slackd.Team{ID: "T1", Name: "Acme", Domain: "acme"},
		Users: []slackd.User{
			{ID: "U1", Name: "ann", RealName: "Ann Lee", Title: "Designer"},
			{ID: "U2", Name: "bobby", RealName: `<script>alert("hi")</script>`},
			{ID: "U3", Name: "jose", RealName: "José García-López"},
			{ID: "U4", Name: "dan", RealName: "Dan Former", Deleted: true},
		},
		Channels: []slackd.Channel{
			{ID: "C1", Name: "general", Topic: "<b>hello</b>", Members: []string{"U1", "U2", "U3"}},
			{ID: "C2", Name: "far", Members: []string{"U3"}},
			{ID: "G1", Name: "secret", IsPrivate: true, Members: []string{"U3"}},
		},
		App: slackd.App{
			Name: "Herald", HomeTab: true, MessagesTab: true, MessagesReadOnly: true,
			Commands:  []slackd.Command{{Name: "/social", Description: "Share jobs", UsageHint: "[help]", ShouldEscape: true}},
			Shortcuts: []slackd.Shortcut{{Name: "Invite", CallbackID: "invite"}},
			Scopes:    []string{"commands", "chat:write", "chat:write.public", "im:write", "users:read", "files:write"},
			Events:    []string{"app_home_opened"},
		},
		Limits: slackd.Limits{}, Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := page.New(page.Options{
		Slack: s, Networks: []page.Network{
			{Name: "linkedin", Title: "LinkedIn", Switches: li.Switches, Page: "permitted services", URL: "http://127.0.0.1:9/psettings/permitted-services"},
			{Name: "other", Title: "Other", Switches: fault.New(fault.Down)},
		}, First: []string{"U1", "U2"}, Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", p.Handler())
	for _, path := range []string{"/api/", "/socket", "/response/", "/upload/", "/files/"} {
		mux.Handle(path, s.Handler())
	}
	srv := httptest.NewServer(mux)
	s.SetBaseURL(srv.URL)
	w := &world{
		t: t, slack: s, linkedIn: li, url: srv.URL,
		heard: make(chan slack.InteractionCallback, 20), commands: make(chan slack.SlashCommand, 20),
	}
	w.api = slack.New(s.BotToken(), slack.OptionAPIURL(s.APIURL()), slack.OptionAppLevelToken(s.AppToken()))
	connect, disconnect := context.WithCancel(context.Background())
	done := w.listen(connect)
	t.Cleanup(func() {
		disconnect()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		srv.CloseClientConnections()
		srv.Close()
		<-done
	})
	if err := s.AwaitConnections(ctx, 1); err != nil {
		t.Fatalf("the app did not connect: %v", err)
	}
	return w
}

// listen acknowledges whatever comes: external selects get one option, modals close unless their text is "bad".
func (w *world) listen(ctx context.Context) (done chan struct{}) {
	sm := socketmode.New(w.api)
	done = make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-ctx.Done():
				return
			case ev := <-sm.Events:
				w.answer(sm, ev)
			}
		}
	}()
	go func() { _ = sm.RunContext(ctx) }() // ends with ctx
	return done
}

func (w *world) answer(sm *socketmode.Client, ev socketmode.Event) {
	if ev.Request == nil {
		return
	}
	var answer any
	switch data := ev.Data.(type) {
	case slack.InteractionCallback:
		switch {
		case data.Type == slack.InteractionTypeBlockSuggestion:
			answer = map[string]any{"options": []any{map[string]any{"text": map[string]string{"type": "plain_text", "text": "Found " + data.Value}, "value": "found"}}}
		case data.Type == slack.InteractionTypeViewSubmission && strings.Contains(string(ev.Request.Payload), `"value":"bad"`):
			answer = map[string]any{"response_action": "errors", "errors": map[string]string{"reason": "Say <why>."}}
		}
		w.heard <- data
	case slack.SlashCommand:
		w.commands <- data
	}
	var err error
	if answer != nil {
		err = sm.Ack(*ev.Request, answer)
	} else {
		err = sm.Ack(*ev.Request)
	}
	if err != nil {
		w.t.Errorf("acknowledge: %v", err)
	}
}

func (w *world) get(path string) (status int, body string) {
	w.t.Helper()
	return w.do(http.MethodGet, path, nil, nil)
}

func (w *world) post(path string, form url.Values) (status int, body string) {
	w.t.Helper()
	return w.do(http.MethodPost, path, form, nil)
}

func (w *world) do(method, path string, form url.Values, header http.Header) (status int, body string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	maps.Copy(req.Header, header)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// next returns what the app heard next.
func (w *world) next() slack.InteractionCallback {
	w.t.Helper()
	select {
	case cb := <-w.heard:
		return cb
	case <-time.After(patience):
		w.t.Fatal("the app heard nothing")
		return slack.InteractionCallback{}
	}
}

// postMessage lets the app post blocks, and returns the message's timestamp.
func (w *world) postMessage(channel, blocks string) string {
	w.t.Helper()
	var list slack.Blocks
	if err := json.Unmarshal([]byte(blocks), &list); err != nil {
		w.t.Fatal(err)
	}
	_, ts, err := w.api.PostMessageContext(w.t.Context(), channel, slack.MsgOptionText("fallback", false), slack.MsgOptionBlocks(list.BlockSet...))
	if err != nil {
		w.t.Fatal(err)
	}
	return ts
}

func TestThePageOpensAsTheFirstMainCharacter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	status, body := w.get("/")
	for _, want := range []string{"Acting as", "Ann Lee", `href="/as/bobby/home"`, "Herald has not shown anything here yet", `data-base="/as/ann"`} {
		if status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("the front page (%d) lacks %q", status, want)
		}
	}
	if strings.Contains(body, "<script>alert") || strings.Contains(body, "secret") {
		t.Error("the page shows a name as markup, or a channel that Ann cannot see")
	}
	if status, _ := w.get("/as/nobody/home"); status != http.StatusNotFound {
		t.Errorf("acting as nobody answered %d", status)
	}
	if status, _ := w.get("/as/ann/c/G1"); status != http.StatusNotFound {
		t.Errorf("somebody else's private channel answered %d", status)
	}
	if _, body := w.get("/as/dan/c/C1"); !strings.Contains(body, "This account is deactivated") || strings.Contains(body, "composer") {
		t.Error("a deactivated account may still write")
	}
}

func TestPagesCarryASecurityPolicyAndRefuseOtherSites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	resp, err := http.Get(w.url + "/as/ann/c/C1") //nolint:noctx // a test against a server of its own
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	policy := resp.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %q", policy)
	}
	form := url.Values{"text": {"hello"}}
	if status, _ := w.do(http.MethodPost, "/as/ann/c/C1/send", form, http.Header{"Sec-Fetch-Site": {"cross-site"}}); status != http.StatusForbidden {
		t.Errorf("another site's form was answered %d", status)
	}
}

func TestMessagesAreSentAndShownSafely(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("/as/bobby/c/C1/send", url.Values{"text": {"*Hello* <img src=x> @ann"}})
	_, body := w.get("/as/ann/c/C1/stream")
	for _, want := range []string{"<b>Hello</b>", "&lt;img src=x&gt;", `class="mention me"`, "&lt;script&gt;", "Today"} {
		if !strings.Contains(body, want) {
			t.Errorf("the channel lacks %q:\n%s", want, body)
		}
	}
	if status, body := w.post("/as/ann/c/C1/send", url.Values{"text": {"/nonsense"}}); status != http.StatusOK || !strings.Contains(body, "not a valid command") {
		t.Errorf("an unknown command was answered %d %s", status, body)
	}
	if _, body := w.get("/as/ann/c/C2"); !strings.Contains(body, "from outside") {
		t.Error("Ann may write where she is no member")
	}
	if _, body := w.get("/as/ann/messages"); !strings.Contains(body, "has been turned off") {
		t.Error("the app's Messages tab is not read-only")
	}
}

func TestACommandReachesTheAppWithItsMentions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("/as/ann/c/C1/send", url.Values{"text": {"/social role @jose recruiter"}})
	select {
	case cmd := <-w.commands:
		if cmd.Command != "/social" || cmd.Text != "role <@U3|jose> recruiter" || cmd.UserID != "U1" || cmd.ChannelID != "C1" {
			t.Errorf("the app heard %+v", cmd)
		}
	case <-time.After(patience):
		t.Fatal("the app heard nothing")
	}
	w.post("/as/ann/shortcut", url.Values{"callback": {"invite"}})
	if cb := w.next(); cb.Type != slack.InteractionTypeShortcut || cb.CallbackID != "invite" {
		t.Errorf("the app heard %v %q", cb.Type, cb.CallbackID)
	}
}

func TestUnreadMessagesShowUntilTheyAreRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.postMessage("U2", `[{"type":"section","text":{"type":"mrkdwn","text":"You are invited"}}]`)
	_, nav := w.get("/as/bobby/nav?at=home")
	_, people := w.get("/as/ann/people")
	for name, part := range map[string]string{"bobby's sidebar": nav, "ann's list of people": people} {
		if !strings.Contains(part, `aria-label="1 unread"`) {
			t.Errorf("%s shows no badge:\n%s", name, part)
		}
	}
	if _, body := w.get("/as/bobby/messages"); !strings.Contains(body, "You are invited") {
		t.Error("the message is not shown")
	}
	if _, nav := w.get("/as/bobby/nav?at=home"); strings.Contains(nav, "unread") {
		t.Error("the badge stays after reading")
	}
}

func TestPeopleAndWordsAreFoundWithoutAccents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, body := w.get("/as/ann/people?q=garcia"); !strings.Contains(body, "José García-López") || strings.Contains(body, "Ann Lee") {
		t.Errorf("garcia finds\n%s", body)
	}
	for word, want := range map[string]string{"@jos": `data-insert="@jose "`, "/so": `data-insert="/social "`, "#gen": `data-insert="#general "`} {
		if _, body := w.get("/as/ann/complete?word=" + url.QueryEscape(word)); !strings.Contains(body, want) {
			t.Errorf("%s is completed by\n%s", word, body)
		}
	}
	if _, body := w.get("/as/ann/complete?word=%23sec"); strings.Contains(body, "secret") {
		t.Error("a private channel is offered to somebody outside")
	}
}

const controls = `[
	{"type":"actions","block_id":"row","elements":[
		{"type":"checkboxes","action_id":"pick","options":[{"text":{"type":"plain_text","text":"One"},"value":"1"},{"text":{"type":"plain_text","text":"Two"},"value":"2"}]},
		{"type":"static_select","action_id":"role","options":[{"text":{"type":"plain_text","text":"Employee"},"value":"e"},{"text":{"type":"plain_text","text":"Recruiter"},"value":"r"}]},
		{"type":"button","action_id":"remove","value":"ann","text":{"type":"plain_text","text":"Remove"}},
		{"type":"overflow","action_id":"more","options":[{"text":{"type":"plain_text","text":"Rotate"},"value":"rotate"}]},
		{"type":"multi_users_select","action_id":"who","placeholder":{"type":"plain_text","text":"Who"}}]},
	{"type":"section","block_id":"ext","text":{"type":"mrkdwn","text":"*Member*"},"accessory":{"type":"external_select","action_id":"find","min_query_length":0}}]`

func TestEveryKindOfControlTellsTheApp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ts := w.postMessage("C1", controls)
	act := func(block, action string, more url.Values) *slack.BlockAction {
		t.Helper()
		form := url.Values{"channel": {"C1"}, "ts": {ts}, "block": {block}, "action": {action}}
		maps.Copy(form, more)
		if status, body := w.post("/as/ann/act", form); status != http.StatusOK || strings.Contains(body, "<p>") {
			t.Fatalf("%s was answered %d %s", action, status, body)
		}
		cb := w.next()
		if cb.Type != slack.InteractionTypeBlockActions || cb.User.ID != "U1" || len(cb.ActionCallback.BlockActions) != 1 {
			t.Fatalf("the app heard %+v", cb)
		}
		return cb.ActionCallback.BlockActions[0]
	}
	if a := act("row", "pick", url.Values{"v:row:pick": {"", "1", "2"}}); len(a.SelectedOptions) != 2 {
		t.Errorf("checkboxes sent %+v", a)
	}
	if a := act("row", "pick", url.Values{"v:row:pick": {""}}); len(a.SelectedOptions) != 0 {
		t.Errorf("unticked checkboxes sent %+v", a)
	}
	if a := act("row", "role", url.Values{"v:row:role": {"r"}}); a.SelectedOption.Value != "r" {
		t.Errorf("the select sent %+v", a)
	}
	if a := act("row", "remove", url.Values{"v:row:pick": {"", "2"}}); a.Value != "ann" {
		t.Errorf("the button sent %+v", a)
	}
	if _, body := w.get("/as/ann/c/C1/stream"); !strings.Contains(body, `value="2" checked`) || !strings.Contains(body, `value="r" selected`) {
		t.Error("what was chosen is not shown again")
	}
	if a := act("row", "more", url.Values{"chosen": {"rotate"}}); a.SelectedOption.Value != "rotate" {
		t.Errorf("the menu sent %+v", a)
	}
	act("row", "who", url.Values{"chosen": {"U2"}})
	if a := act("row", "who", url.Values{"chosen": {"U3"}}); len(a.SelectedUsers) != 2 {
		t.Errorf("two choices sent %v", a.SelectedUsers)
	}
	if a := act("row", "who", url.Values{"chosen": {"U2"}}); len(a.SelectedUsers) != 1 || a.SelectedUsers[0] != "U3" {
		t.Errorf("taking one back sent %v", a.SelectedUsers)
	}
	_, choices := w.get("/as/ann/choices?channel=C1&ts=" + ts + "&block=ext&action=find&typed=xy")
	if cb := w.next(); cb.Type != slack.InteractionTypeBlockSuggestion || cb.Value != "xy" || !strings.Contains(choices, "Found xy") {
		t.Errorf("the app was asked for %q and the page offers\n%s", cb.Value, choices)
	}
	if a := act("ext", "find", url.Values{"chosen": {"found"}}); a.SelectedOption.Value != "found" {
		t.Errorf("the external select sent %+v", a)
	}
	var modal bytes.Buffer // what is in a modal comes as its form does
	parts := multipart.NewWriter(&modal)
	for name, value := range map[string]string{"channel": "C1", "ts": ts, "block": "row", "action": "who", "chosen": "U2"} {
		if err := parts.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := parts.Close(); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(w.url+"/as/ann/act", parts.FormDataContentType(), &modal) //nolint:noctx // a test on this machine
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if a := w.next().ActionCallback.BlockActions[0]; len(a.SelectedUsers) != 2 {
		t.Errorf("a choice in a modal sent %v", a.SelectedUsers)
	}
	form := url.Values{"channel": {"C1"}, "ts": {ts}, "block": {"row"}, "action": {"gone"}}
	if _, body := w.post("/as/ann/act", form); !strings.Contains(body, "no longer there") {
		t.Errorf("a button that is gone was answered %s", body)
	}
}

func TestAModalIsFilledRefusedAndClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ts := w.postMessage("C1", controls)
	w.post("/as/ann/act", url.Values{"channel": {"C1"}, "ts": {ts}, "block": {"row"}, "action": {"remove"}})
	var view slack.ModalViewRequest
	const modal = `{"type":"modal","title":{"type":"plain_text","text":"Why <b>?"},"submit":{"type":"plain_text","text":"Send"},"notify_on_close":true,"blocks":[
		{"type":"input","block_id":"reason","label":{"type":"plain_text","text":"Reason"},"element":{"type":"plain_text_input","action_id":"text"}},
		{"type":"input","block_id":"who","optional":true,"label":{"type":"plain_text","text":"Who"},"element":{"type":"users_select","action_id":"user"}}]}`
	if err := json.Unmarshal([]byte(modal), &view); err != nil {
		t.Fatal(err)
	}
	opened, err := w.api.OpenViewContext(t.Context(), w.next().TriggerID, view)
	if err != nil {
		t.Fatal(err)
	}
	id := opened.ID
	_, body := w.get("/as/ann/modals")
	for _, want := range []string{`role="dialog"`, `aria-modal="true"`, "Why &lt;b&gt;?", "Send", "Cancel", `name="v:reason:text"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the modal lacks %q:\n%s", want, body)
		}
	}
	if _, body := w.get("/as/bobby/modals"); strings.Contains(body, "dialog") {
		t.Error("bobby sees ann's modal")
	}

	w.post("/as/ann/submit", url.Values{"view": {id}, "v:reason:text": {""}})
	if _, body := w.get("/as/ann/modals"); !strings.Contains(body, `role="alert"`) {
		t.Error("an empty input is not complained about")
	}
	// Choosing somebody is no action in an input block: the app hears it with the submission.
	w.post("/as/ann/act", url.Values{"view": {id}, "block": {"who"}, "action": {"user"}, "chosen": {"U3"}, "v:reason:text": {"bad"}})
	w.post("/as/ann/submit", url.Values{"view": {id}, "v:reason:text": {"bad"}, "v:who:user": {"", "U3"}})
	cb := w.next()
	values := cb.View.State.Values
	if cb.Type != slack.InteractionTypeViewSubmission || values["reason"]["text"].Value != "bad" || values["who"]["user"].SelectedUser != "U3" {
		t.Fatalf("the app heard %v %+v", cb.Type, values)
	}
	if _, body := w.get("/as/ann/modals"); !strings.Contains(body, "Say &lt;why&gt;.") || !strings.Contains(body, `value="bad"`) || !strings.Contains(body, "José") {
		t.Errorf("the refused modal lost its error or its inputs:\n%s", body)
	}
	w.post("/as/ann/close", url.Values{"view": {id}})
	if cb := w.next(); cb.Type != slack.InteractionTypeViewClosed {
		t.Errorf("the app heard %v", cb.Type)
	}
	if _, body := w.get("/as/ann/modals"); strings.Contains(body, "dialog") {
		t.Error("the modal is still there")
	}
}

func TestTheHomeTabIsShownAndUsed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var blocks slack.Blocks
	if err := json.Unmarshal([]byte(controls), &blocks); err != nil {
		t.Fatal(err)
	}
	_, err := w.api.PublishViewContext(t.Context(), slack.PublishViewContextRequest{
		UserID: "U1", View: slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: blocks},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, body := w.get("/as/ann/home")
	match := regexp.MustCompile(`hx-vals="([^"]*view[^"]*)"`).FindStringSubmatch(body)
	if match == nil {
		t.Fatalf("the Home tab does not say which view it is:\n%s", body)
	}
	var vals map[string]string
	if err := json.Unmarshal([]byte(html.UnescapeString(match[1])), &vals); err != nil {
		t.Fatal(err)
	}
	w.post("/as/ann/act", url.Values{"view": {vals["view"]}, "block": {"row"}, "action": {"remove"}})
	if cb := w.next(); cb.ActionCallback.BlockActions[0].ActionID != "remove" || cb.View.Type != slack.VTHomeTab {
		t.Errorf("the app heard %+v", cb)
	}
}

func TestLiveUpdatesTellWhatChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/as/bobby/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	await := func(want string) {
		t.Helper()
		for lines.Scan() {
			if lines.Text() == want {
				return
			}
		}
		t.Fatalf("never heard %s: %v", want, lines.Err())
	}
	await(`data: {"channel":"","kind":"opened"}`)
	w.postMessage("U2", `[{"type":"divider"}]`)
	await(`data: {"channel":"DU2","kind":"message"}`)
	w.postMessage("U3", `[{"type":"divider"}]`) // not bobby's, but the badges of other people change
	await(`data: {"channel":"","kind":"people"}`)
}

func TestFilesAreDownloadedByThoseWhoSeeThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const list = "name\n=HYPERLINK()\n"
	file, err := w.api.UploadFileContext(t.Context(), slack.UploadFileParameters{
		Channel: "DU1", Filename: "members.csv", Title: "All members", Content: list, FileSize: len(list),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, body := w.get("/as/ann/messages"); !strings.Contains(body, `download="members.csv"`) || !strings.Contains(body, "All members") {
		t.Errorf("the file is not shown:\n%s", body)
	}
	if status, body := w.get("/as/ann/files/" + file.ID); status != http.StatusOK || body != list {
		t.Errorf("the download answered %d %q", status, body)
	}
	if status, _ := w.get("/as/bobby/files/" + file.ID); status != http.StatusNotFound {
		t.Errorf("somebody else's file answered %d", status)
	}
}

func TestFaultsAreSwitchedFromTheDrawer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, body := w.post("/faults", url.Values{"do": {"inject"}, "kind": {"api_error"}, "method": {"chat.postMessage"}, "error": {"fatal_error"}, "count": {"2"}, "seconds": {"x"}})
	if on := w.slack.FaultList(); len(on) != 1 || on[0].Method != "chat.postMessage" || on[0].Count != 2 || !strings.Contains(body, "2× left") {
		t.Errorf("on are %+v", on)
	}
	w.post("/faults", url.Values{"do": {"clear-all"}})
	if on := w.slack.FaultList(); len(on) != 0 {
		t.Errorf("still on are %+v", on)
	}
	w.post("/faults", url.Values{"do": {"network"}, "network": {"linkedin"}, "fault": {"no_email"}, "on": {"true"}})
	if w.linkedIn.FaultsOn()[linkedin.NoEmail] != fault.Always {
		t.Error("LinkedIn's fault is not on")
	}
	_, body = w.post("/faults", url.Values{"do": {"network"}, "network": {"linkedin"}, "fault": {"no_email"}, "on": {"false"}})
	if len(w.linkedIn.FaultsOn()) != 0 || !strings.Contains(body, "Sockets: 1 open") {
		t.Error("LinkedIn's fault is still on, or the sockets are not counted")
	}
}
