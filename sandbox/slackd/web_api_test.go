package slackd_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"herald/sandbox/slackd"
)

// clock is a clock that tests wind.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.at.Store(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *clock) now() time.Time          { return time.Unix(0, c.at.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.at.Add(int64(d)) }

// answer is what the Web API says to a form.
type answer struct {
	OK       bool   `json:"ok"`
	Error    string `json:"error"`
	Needed   string `json:"needed"`
	Provided string `json:"provided"`
	Metadata struct {
		Messages []string `json:"messages"`
		Next     string   `json:"next_cursor"`
	} `json:"response_metadata"`
	Members []struct {
		ID      string `json:"id"`
		Profile struct {
			Email string `json:"email"`
		} `json:"profile"`
	} `json:"members"`

	status int
	header http.Header
}

// ask posts a form to a method.
func ask(t *testing.T, s *slackd.Server, method, token string, form url.Values) answer {
	t.Helper()
	return post(t, s.APIURL()+method, token, "application/x-www-form-urlencoded", form.Encode())
}

// post posts a body.
func post(t *testing.T, to, token, kind, body string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header}
	if err := json.Unmarshal(got, &a); err != nil {
		t.Fatalf("%s answered %q: %v", to, got, err)
	}
	return a
}

func TestTokensAndScopesAreChecked(t *testing.T) {
	t.Parallel()
	st := tell(t, func(o *slackd.Options) { o.App.Scopes = []string{"users:read"} }, nil)
	for _, tt := range []struct{ method, token, want string }{
		{"auth.test", "", "not_authed"},
		{"auth.test", "xoxb-wrong", "invalid_auth"},
		{"auth.test", st.AppToken(), "not_allowed_token_type"},
		{"auth.test", st.BotToken(), ""},
		{"apps.connections.open", st.BotToken(), "not_allowed_token_type"},
		{"apps.connections.open", st.AppToken(), ""},
		{"chat.postMessage", st.BotToken(), "missing_scope"},
		{"users.lookupByEmail", st.BotToken(), "missing_scope"},
		{"users.list", st.BotToken(), ""},
		{"users.delete", st.BotToken(), "unknown_method"},
	} {
		got := ask(t, st.Server, tt.method, tt.token, nil)
		if got.Error != tt.want || got.OK != (tt.want == "") {
			t.Errorf("%s with %.6s…: got %q, want %q", tt.method, tt.token, got.Error, tt.want)
		}
		if tt.want == "missing_scope" && (got.Needed == "" || got.Provided != "users:read") {
			t.Errorf("%s: needed %q, provided %q", tt.method, got.Needed, got.Provided)
		}
	}
	if got := ask(t, st.Server, "users.list", "", url.Values{"token": {st.BotToken()}}); !got.OK || got.Members[2].Profile.Email != "" {
		t.Errorf("a token in the form, without users:read.email: %+v", got)
	}
	st.Uninstall()
	if got := ask(t, st.Server, "auth.test", st.BotToken(), nil); got.Error != "account_inactive" {
		t.Errorf("after uninstalling: %q", got.Error)
	}
}

func TestArgumentsComeAsFormsOrJSON(t *testing.T) {
	t.Parallel()
	st := tell(t, nil, nil)
	blocks := `[{"type":"section","text":{"type":"mrkdwn","text":"Hi"}}]`
	for name, tt := range map[string]struct{ kind, body, want string }{
		"form":           {"application/x-www-form-urlencoded", url.Values{"channel": {"C1"}, "blocks": {blocks}}.Encode(), ""},
		"json":           {"application/json; charset=utf-8", `{"channel":"C1","blocks":` + blocks + `}`, ""},
		"blocks as text": {"application/json", fmt.Sprintf(`{"channel":"C1","blocks":%q}`, blocks), ""},
		"broken json":    {"application/json", `{"channel"`, "invalid_json"},
		"no array":       {"application/json", `{"channel":"C1","blocks":"x"}`, "invalid_blocks_format"},
		"nothing":        {"application/json", `{"channel":"C1"}`, "no_text"},
	} {
		if got := post(t, st.APIURL()+"chat.postMessage", st.BotToken(), tt.kind, tt.body); got.Error != tt.want {
			t.Errorf("%s: got %q, want %q", name, got.Error, tt.want)
		}
	}
	if got := post(t, st.APIURL()+"users.info", st.BotToken(), "application/json", `{"user":"U1"}`); got.Error != "user_not_found" {
		t.Errorf("a method that reads took JSON: %q", got.Error)
	}
	got := ask(t, st.Server, "chat.postMessage", st.BotToken(), url.Values{"channel": {"C1"}, "blocks": {
		`[{"type":"section","text":{"type":"mrkdwn","text":"` + strings.Repeat("x", 3001) + `"}}]`,
	}})
	want := []string{"[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"}
	if got.Error != "invalid_blocks" || !slices.Equal(got.Metadata.Messages, want) {
		t.Errorf("got %q %q, want invalid_blocks %q", got.Error, got.Metadata.Messages, want)
	}
}

func TestTheDirectoryIsReadInPages(t *testing.T) {
	t.Parallel()
	st := tell(t, func(o *slackd.Options) {
		for i := range 1200 {
			o.Users = append(o.Users, slackd.User{ID: fmt.Sprintf("UX%04d", i), Name: fmt.Sprintf("x%04d", i)})
		}
	}, nil)
	if got := ask(t, st.Server, "users.list", st.BotToken(), nil); got.Error != "limit_required" {
		t.Errorf("1,208 users without a limit: %q", got.Error)
	}
	if got := ask(t, st.Server, "users.list", st.BotToken(), url.Values{"limit": {"1001"}}); got.Error != "invalid_limit" {
		t.Errorf("a page of 1,001: %q", got.Error)
	}
	if got := ask(t, st.Server, "users.list", st.BotToken(), url.Values{"cursor": {"x"}, "limit": {"9"}}); got.Error != "invalid_cursor" {
		t.Errorf("a made-up cursor: %q", got.Error)
	}
	all, err := st.api.GetUsers()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1208 || all[0].ID != "USLACKBOT" || all[2].TZ != "Europe/Lisbon" || !all[2].IsPrimaryOwner || !all[4].IsRestricted ||
		!all[5].IsStranger || all[5].TeamID != "T2" || !all[6].Deleted || !all[7].IsBot {
		t.Errorf("got %d users, beginning %+v", len(all), all[:8])
	}
	u, err := st.api.GetUserByEmail("ana@ACME.example")
	if err != nil || u.ID != "U1" {
		t.Errorf("got %+v, %v", u, err)
	}
	if _, err := st.api.GetUserByEmail("dee@acme.example"); code(err) != "users_not_found" {
		t.Errorf("a deactivated account was found by email: %v", err)
	}
	if groups, err := st.api.GetUserGroups(slack.GetUserGroupsOptionIncludeUsers(true)); err != nil || len(groups) != 1 || len(groups[0].Users) != 2 {
		t.Errorf("got %+v, %v", groups, err)
	}
	if ids, err := st.api.GetUserGroupMembers("S1"); err != nil || len(ids) != 2 {
		t.Errorf("got %v, %v", ids, err)
	}
	if team, err := st.api.GetTeamInfo(); err != nil || team.Domain != "acme" {
		t.Errorf("got %+v, %v", team, err)
	}
	if chs, _, err := st.api.GetConversations(&slack.GetConversationsParameters{Limit: 1}); err != nil || len(chs) != 1 || chs[0].ID != "C1" {
		t.Errorf("got %+v, %v", chs, err)
	}
	if ids, next, err := st.api.GetUsersInConversation(&slack.GetUsersInConversationParameters{ChannelID: "C1", Limit: 3}); err != nil || len(ids) != 3 || next == "" {
		t.Errorf("got %v, %q, %v", ids, next, err)
	}
}

func TestMessagesReachOnlyThoseTheyMay(t *testing.T) {
	t.Parallel()
	st := tell(t, nil, nil)
	for _, tt := range []struct{ channel, want string }{
		{"C1", ""},
		{"C2", ""},
		{"general", ""},
		{"G3", "channel_not_found"},
		{"C9", "channel_not_found"},
		{"", "channel_not_found"},
		{"U1", ""},
		{"W3", ""},
		{"U9", "channel_not_found"},
		{"U4", "channel_not_found"},
		{"U5", "user_disabled"},
		{"U6", "cannot_dm_bot"},
	} {
		if _, _, err := st.api.PostMessage(tt.channel, slack.MsgOptionText("Hi", false)); code(err) != tt.want {
			t.Errorf("to %q: got %v, want %q", tt.channel, err, tt.want)
		}
	}
	for _, tt := range []struct{ channel, user, want string }{
		{"C1", "U2", ""}, {"C1", "U4", "user_not_in_channel"}, {"C2", "U1", "not_in_channel"}, {st.Person("U1").DM(), "U1", ""},
	} {
		if _, err := st.api.PostEphemeral(tt.channel, tt.user, slack.MsgOptionText("Psst", false)); code(err) != tt.want {
			t.Errorf("to %s in %q: got %v, want %q", tt.user, tt.channel, err, tt.want)
		}
	}
	if _, _, _, err := st.api.OpenConversation(&slack.OpenConversationParameters{Users: []string{"U9"}}); code(err) != "user_not_found" {
		t.Errorf("opening a DM with nobody: %v", err)
	}
	bo := st.Person("U2")
	last, ok := bo.LastMessage("C1")
	if !ok || last.Text != "Psst" || !last.Ephemeral {
		t.Errorf("Bo sees %+v", last)
	}
	if _, _, _, err := st.api.UpdateMessage("C1", last.TS, slack.MsgOptionText("x", false)); code(err) != "message_not_found" {
		t.Errorf("an ephemeral message was updated: %v", err)
	}
	said, err := bo.Say(st.ctx(), "C1", "Mine")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := st.api.UpdateMessage("C1", said.TS, slack.MsgOptionText("x", false)); code(err) != "cant_update_message" {
		t.Errorf("Bo's message was updated: %v", err)
	}
	if _, _, err := st.api.DeleteMessage("C1", said.TS); code(err) != "cant_delete_message" {
		t.Errorf("Bo's message was deleted: %v", err)
	}

	closed := tell(t, func(o *slackd.Options) {
		o.App.MessagesTab = false
		o.App.Scopes = []string{"chat:write"}
	}, nil)
	if _, _, err := closed.api.PostMessage("U1", slack.MsgOptionText("Hi", false)); code(err) != "messages_tab_disabled" {
		t.Errorf("got %v", err)
	}
	if _, _, err := closed.api.PostMessage("C2", slack.MsgOptionText("Hi", false)); code(err) != "not_in_channel" {
		t.Errorf("without chat:write.public: %v", err)
	}
}

func TestADMKeepsItsHistoryWithMetadata(t *testing.T) {
	t.Parallel()
	st := tell(t, nil, nil)
	ana := st.Person("U1")
	var stamps []string
	for i := range 5 {
		_, ts, err := st.api.PostMessage("U1", slack.MsgOptionText(fmt.Sprint("Nudge ", i), false), slack.MsgOptionDisableLinkUnfurl(),
			slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "nudge", EventPayload: map[string]any{"id": strconv.Itoa(i)}}))
		if err != nil {
			t.Fatal(err)
		}
		stamps = append(stamps, ts)
	}
	history, err := st.api.GetConversationHistory(&slack.GetConversationHistoryParameters{ChannelID: ana.DM(), Limit: 2, IncludeAllMetadata: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(history.Messages) != 2 || !history.HasMore || history.Messages[0].Metadata.EventPayload["id"] != "4" {
		t.Errorf("got %+v", history)
	}
	next, err := st.api.GetConversationHistory(&slack.GetConversationHistoryParameters{ChannelID: ana.DM(), Cursor: history.ResponseMetaData.NextCursor})
	if err != nil || len(next.Messages) != 3 || next.HasMore || next.Messages[0].Metadata.EventType != "" {
		t.Errorf("got %+v, %v", next, err)
	}
	between, err := st.api.GetConversationHistory(&slack.GetConversationHistoryParameters{ChannelID: ana.DM(), Oldest: stamps[1], Latest: stamps[3], Inclusive: true})
	if err != nil || len(between.Messages) != 3 {
		t.Errorf("got %+v, %v", between, err)
	}
	if _, err := st.api.GetConversationHistory(&slack.GetConversationHistoryParameters{ChannelID: "C1"}); code(err) != "missing_scope" {
		t.Errorf("a channel's history without channels:history: %v", err)
	}
	if _, _, _, err := st.api.UpdateMessage(ana.DM(), stamps[4], slack.MsgOptionText("Done", false)); err != nil {
		t.Fatal(err)
	}
	if m, _ := ana.LastMessage(ana.DM()); m.Text != "Done" || !m.Edited || len(m.Metadata) == 0 {
		t.Errorf("after the update Ana sees %+v", m)
	}
	if _, _, err := st.api.DeleteMessage(ana.DM(), stamps[4]); err != nil {
		t.Fatal(err)
	}
	if m, _ := ana.LastMessage(ana.DM()); m.TS != stamps[3] {
		t.Errorf("after the deletion Ana sees %+v", m)
	}
}

func TestAFileIsUploadedSharedAndDeleted(t *testing.T) {
	t.Parallel()
	st := tell(t, nil, nil)
	ana := st.Person("U1")
	uploaded, err := st.api.UploadFileContext(t.Context(), slack.UploadFileParameters{
		Filename: "members.csv", Title: "Members", Content: "name\nAnn\n", FileSize: 9, Channel: ana.DM(), InitialComment: "All of them",
	})
	if err != nil {
		t.Fatal(err)
	}
	m, ok := ana.LastMessage(ana.DM())
	if !ok || m.Text != "All of them" || len(m.Files) != 1 || string(m.Files[0].Content) != "name\nAnn\n" || m.Files[0].Title != "Members" {
		t.Fatalf("Ana sees %+v", m)
	}
	info, _, _, err := st.api.GetFileInfo(uploaded.ID, 0, 0)
	if err != nil || info.Size != 9 {
		t.Errorf("got %+v, %v", info, err)
	}
	var got strings.Builder
	if err := st.api.GetFile(info.URLPrivateDownload, &got); err != nil || got.String() != "name\nAnn\n" {
		t.Errorf("downloaded %q, %v", got.String(), err)
	}
	if err := st.api.DeleteFile(uploaded.ID); err != nil {
		t.Fatal(err)
	}
	if m, _ := ana.LastMessage(ana.DM()); len(m.Files) != 0 {
		t.Errorf("the message still has %d files", len(m.Files))
	}
	if _, err := st.api.UploadFileContext(t.Context(), slack.UploadFileParameters{Filename: "x", Content: "x", FileSize: 1, Channel: "U1"}); err == nil {
		t.Error("a file was shared with a user id")
	}
}

func TestCallsAreRationedAsBySlack(t *testing.T) {
	t.Parallel()
	wound := newClock()
	st := tell(t, func(o *slackd.Options) {
		o.Now = wound.now
		o.Limits = slackd.Limits{RatePerMinute: map[string]int{"users.list": 2}, ChannelPerSecond: 1, ChannelBurst: 2, TeamPerMinute: 5}
	}, nil)
	for range 2 {
		if got := ask(t, st.Server, "users.list", st.BotToken(), nil); !got.OK {
			t.Fatalf("got %+v", got)
		}
	}
	got := ask(t, st.Server, "users.list", st.BotToken(), nil)
	if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != "30" || got.Error != "ratelimited" {
		t.Errorf("the third call of two a minute: %+v", got)
	}
	wound.advance(30 * time.Second)
	if got := ask(t, st.Server, "users.list", st.BotToken(), nil); !got.OK {
		t.Errorf("after waiting: %+v", got)
	}
	send := func(channel string) time.Duration {
		t.Helper()
		_, _, err := st.api.PostMessage(channel, slack.MsgOptionText("Hi", false))
		if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
			return limited.RetryAfter
		}
		if err != nil {
			t.Fatal(err)
		}
		return 0
	}
	if waits := []time.Duration{send("C1"), send("C1"), send("C1")}; !slices.Equal(waits, []time.Duration{0, 0, time.Second}) {
		t.Errorf("three messages at once to a channel wait %v", waits)
	}
	if waits := []time.Duration{send("C2"), send("U1"), send("U2")}; !slices.Equal(waits, []time.Duration{0, 0, 12 * time.Second}) {
		t.Errorf("the workspace's last two messages and one more wait %v", waits)
	}
	if calls := st.Calls("chat.postMessage"); len(calls) != 6 || calls[2].Error != "ratelimited" || calls[2].Status != 429 {
		t.Errorf("the server remembers %+v", calls)
	}
}

func TestATriggerWorksOnceAndForThreeSeconds(t *testing.T) {
	t.Parallel()
	wound := newClock()
	triggers := make(chan slack.SlashCommand, 1)
	st := tell(t, func(o *slackd.Options) { o.Now = wound.now }, func(st *story, e socketmode.Event) {
		ack(st, e)
		triggers <- e.Data.(slack.SlashCommand)
	})
	fresh := func() string {
		t.Helper()
		if _, err := st.Person("U1").Command(st.ctx(), "C1", "/social"); err != nil {
			t.Fatal(err)
		}
		return (<-triggers).TriggerID
	}
	open := func(trigger, externalID string) string {
		view := modal("M", "m")
		view.ExternalID = externalID
		_, err := st.api.OpenView(trigger, view)
		return code(err)
	}
	late := fresh()
	wound.advance(3100 * time.Millisecond)
	once := fresh()
	for _, tt := range []struct{ trigger, want string }{
		{late, "expired_trigger_id"}, {once, ""}, {once, "exchanged_trigger_id"}, {"1.2.x", "invalid_trigger_id"},
	} {
		if got := open(tt.trigger, "x1"); got != tt.want {
			t.Errorf("trigger %.12s…: got %q, want %q", tt.trigger, got, tt.want)
		}
	}
	if _, err := st.Person("U2").Command(st.ctx(), "C1", "/social"); err != nil {
		t.Fatal(err)
	}
	if got := open((<-triggers).TriggerID, "x1"); got != "duplicate_external_id" {
		t.Errorf("the same external id twice: %q", got)
	}
	if _, err := st.api.PushView(fresh(), modal("M", "m")); code(err) != "not_found" {
		t.Errorf("pushing over nothing: %v", err)
	}
	view := modal("Changed", "m")
	if _, err := st.api.UpdateView(view, "x1", "1.0", ""); code(err) != "hash_conflict" {
		t.Errorf("updating with an old hash: %v", err)
	}
	v, _ := st.Person("U1").Modal()
	if _, err := st.api.UpdateView(view, "x1", v.Hash, ""); err != nil {
		t.Errorf("updating by external id: %v", err)
	}
	if _, err := st.api.UpdateView(view, "", "", "V404"); code(err) != "not_found" {
		t.Errorf("updating a closed view: %v", err)
	}
	view.PrivateMetadata = strings.Repeat("x", 251_000)
	if _, err := st.api.UpdateView(view, "", "", v.ID); code(err) != "view_too_large" {
		t.Errorf("a view of 251 KB: %v", err)
	}
	if _, err := st.api.PublishView("U9", slack.HomeTabViewRequest{Type: slack.VTHomeTab}, ""); code(err) == "" {
		t.Error("a Home tab was published to nobody")
	}
}

func TestAResponseURLWorksFiveTimesInHalfAnHour(t *testing.T) {
	t.Parallel()
	wound := newClock()
	urls := make(chan string, 1)
	st := tell(t, func(o *slackd.Options) { o.Now = wound.now }, func(st *story, e socketmode.Event) {
		ack(st, e)
		urls <- e.Data.(slack.SlashCommand).ResponseURL
	})
	ana, bo := st.Person("U1"), st.Person("U2")
	fresh := func() string {
		t.Helper()
		if _, err := ana.Command(st.ctx(), "C1", "/social"); err != nil {
			t.Fatal(err)
		}
		return <-urls
	}
	say := func(to, body string) string { return post(t, to, "", "application/json", body).Error }
	first := fresh()
	if got := say(first, `{"blocks":[{"type":"section"}]}`); got != "invalid_blocks" {
		t.Errorf("invalid blocks: %q", got)
	}
	if got := say(first, `{"text":"To all","response_type":"in_channel"}`); got != "" {
		t.Errorf("in the channel: %q", got)
	}
	if m, ok := bo.LastMessage("C1"); !ok || m.Text != "To all" {
		t.Errorf("Bo sees %+v", m)
	}
	for i := range 4 {
		want := ""
		if i == 3 {
			want = "used_url"
		}
		if got := say(first, `{"text":"Only you"}`); got != want {
			t.Errorf("use %d: got %q, want %q", i+3, got, want)
		}
	}
	if m, _ := bo.LastMessage("C1"); m.Text != "To all" {
		t.Errorf("Bo sees Ana's %q", m.Text)
	}
	second := fresh()
	wound.advance(31 * time.Minute)
	if got := say(second, `{"text":"Late"}`); got != "expired_url" {
		t.Errorf("after 31 minutes: %q", got)
	}
	if got := say(st.BaseURL()+"/response/none", `{"text":"x"}`); got != "invalid_url" {
		t.Errorf("a made-up URL: %q", got)
	}
}

func TestFaultsBreakCallsAsAsked(t *testing.T) {
	t.Parallel()
	st := tell(t, nil, nil)
	send := func() error {
		_, _, err := st.api.PostMessage("U1", slack.MsgOptionText("Hi", false))
		return err
	}
	count := func() int { return len(st.Person("U1").Messages(st.Person("U1").DM())) }
	st.Inject(slackd.Fault{Kind: slackd.RateLimited, Method: "chat.postMessage", Delay: 7 * time.Second, Count: 1})
	if limited, ok := errors.AsType[*slack.RateLimitedError](send()); !ok || limited.RetryAfter != 7*time.Second {
		t.Errorf("got %v", limited)
	}
	st.Inject(slackd.Fault{Kind: slackd.ServerError, Count: 1})
	if broken, ok := errors.AsType[slack.StatusCodeError](send()); !ok || broken.Code != 500 {
		t.Errorf("got %v", broken)
	}
	st.Inject(slackd.Fault{Kind: slackd.APIError, Error: "fatal_error", Count: 1})
	if got := code(send()); got != "fatal_error" {
		t.Errorf("got %q", got)
	}
	if count() != 0 {
		t.Fatalf("%d messages arrived", count())
	}
	st.Inject(slackd.Fault{Kind: slackd.CutAnswer, Method: "chat.postMessage", Count: 1})
	if err := send(); err == nil || count() != 1 {
		t.Errorf("a cut answer: %v, %d messages", err, count())
	}
	st.Inject(slackd.Fault{Kind: slackd.Drop, Count: 1})
	if err := send(); err == nil || count() != 1 {
		t.Errorf("a dropped connection: %v, %d messages", err, count())
	}
	st.Inject(slackd.Fault{Kind: slackd.FalseError, Count: 1})
	if broken, ok := errors.AsType[slack.StatusCodeError](send()); !ok || broken.Code != 500 || count() != 2 {
		t.Errorf("an answer that is wrong: %v, %d messages", broken, count())
	}
	st.Inject(slackd.Fault{Kind: slackd.LateAnswer, Delay: time.Millisecond, Count: 1})
	if err := send(); err != nil || count() != 3 {
		t.Errorf("a late answer: %v, %d messages", err, count())
	}
	id := st.Inject(slackd.Fault{Kind: slackd.NoDM, User: "U1", Error: "user_disabled"})
	if got := code(send()); got != "user_disabled" {
		t.Errorf("got %q", got)
	}
	if list := st.FaultList(); len(list) != 1 || list[0].ID != id {
		t.Errorf("the faults are %+v", list)
	}
	st.Clear(id)
	st.Inject(slackd.Fault{Kind: slackd.Slow, Delay: time.Millisecond, Count: 1})
	if err := send(); err != nil || count() != 4 || len(st.FaultList()) != 0 {
		t.Errorf("got %v, %d messages, %+v", err, count(), st.FaultList())
	}
	st.Inject(slackd.Fault{Kind: slackd.Stall})
	hasty := slack.New(st.BotToken(), slack.OptionAPIURL(st.APIURL()), slack.OptionHTTPClient(&http.Client{Timeout: 50 * time.Millisecond}))
	if _, err := hasty.AuthTest(); err == nil {
		t.Error("a stalled call was answered")
	}
	st.ClearFaults()
	if err := send(); err != nil {
		t.Error(err)
	}
}
