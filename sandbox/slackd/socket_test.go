package slackd_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"herald/sandbox/slackd"
)

// dial opens a bare socket and returns it after hello.
func dial(t *testing.T, st *story) (*websocket.Conn, map[string]any) {
	t.Helper()
	_, to, err := st.api.StartSocketModeContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn, resp, err := websocket.DefaultDialer.DialContext(t.Context(), to, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	t.Cleanup(func() { _ = conn.Close() })
	var hello map[string]any
	if err := conn.ReadJSON(&hello); err != nil {
		t.Fatal(err)
	}
	return conn, hello
}

// frame is an envelope as it arrives.
type frame struct {
	ID      string          `json:"envelope_id"`
	Type    string          `json:"type"`
	Reason  string          `json:"reason"`
	Accepts bool            `json:"accepts_response_payload"`
	Attempt int             `json:"retry_attempt"`
	Retry   string          `json:"retry_reason"`
	Payload json.RawMessage `json:"payload"`
}

// read reads one frame.
func read(t *testing.T, conn *websocket.Conn) frame {
	t.Helper()
	var f frame
	if err := conn.ReadJSON(&f); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestTenSocketsAreGreetedAndOneMoreIsNot(t *testing.T) {
	t.Parallel()
	st := tell(t, nil, nil)
	_, to, err := st.api.StartSocketModeContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false} {
		conn, resp, err := websocket.DefaultDialer.DialContext(t.Context(), to, nil)
		if (err == nil) != want {
			t.Errorf("use %d of a ticket: %v", i+1, err)
		}
		if err == nil {
			read(t, conn) // hello
			if err := st.AwaitConnections(st.ctx(), 1); err != nil {
				t.Fatal(err)
			}
			_ = conn.Close()
		}
		_ = resp.Body.Close()
	}
	if err := st.AwaitConnections(st.ctx(), 0); err != nil {
		t.Fatal(err)
	}
	conns := make([]*websocket.Conn, 10)
	for i := range conns {
		conn, hello := dial(t, st)
		if hello["type"] != "hello" || hello["num_connections"] != float64(i+1) {
			t.Errorf("socket %d was greeted with %v", i+1, hello)
		}
		conns[i] = conn
	}
	if err := st.AwaitConnections(st.ctx(), 10); err != nil {
		t.Fatal(err)
	}
	if _, refused := dial(t, st); refused["reason"] != "too_many_websockets" {
		t.Errorf("socket 11 heard %v", refused)
	}
	for i := range 20 {
		if err := st.SendEvent(map[string]any{"type": "app_home_opened", "user": "U1", "n": i}); err != nil {
			t.Fatal(err)
		}
	}
	for i, conn := range conns {
		for range 2 {
			f := read(t, conn)
			if f.Type != "events_api" || f.Accepts {
				t.Errorf("socket %d got %+v", i, f)
			}
			if err := conn.WriteJSON(map[string]string{"envelope_id": f.ID}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := st.Await(st.ctx(), func() bool { return true }); err != nil {
		t.Fatal(err)
	}
	st.Disconnect("warning")
	if f := read(t, conns[0]); f.Type != "disconnect" || f.Reason != "warning" || st.Connections() != 10 {
		t.Errorf("got %+v with %d sockets left", f, st.Connections())
	}
	st.Disconnect("refresh_requested")
	if f := read(t, conns[0]); f.Reason != "refresh_requested" || st.Connections() != 0 {
		t.Errorf("got %+v with %d sockets left", f, st.Connections())
	}
	if _, _, err := conns[0].ReadMessage(); err == nil {
		t.Error("the socket is still open")
	}
}

func TestAnEventThatHappensWhileNobodyListensIsHeardLater(t *testing.T) {
	t.Parallel()
	st := tell(t, func(o *slackd.Options) { o.Limits.Retry = slices.Repeat([]time.Duration{10 * time.Millisecond}, 1000) }, nil)
	if err := st.AddUser(slackd.User{ID: "U7", Name: "newt"}); err != nil {
		t.Fatal(err)
	}
	conn, _ := dial(t, st)
	if f := read(t, conn); f.Attempt == 0 || f.Retry != "connection_failed" || !strings.Contains(string(f.Payload), "U7") {
		t.Errorf("got %+v", f)
	}
}

func TestAnEventIsSentAgainUntilItIsAcknowledged(t *testing.T) {
	t.Parallel()
	st := tell(t, func(o *slackd.Options) {
		o.Limits.Ack = 400 * time.Millisecond
		o.Limits.Retry = []time.Duration{0, time.Millisecond, time.Millisecond}
	}, nil)
	conn, _ := dial(t, st)
	if err := st.AwaitConnections(st.ctx(), 1); err != nil {
		t.Fatal(err)
	}
	if err := st.AddUser(slackd.User{ID: "U7", Name: "newt"}); err != nil {
		t.Fatal(err)
	}
	first, second := read(t, conn), read(t, conn)
	if first.Attempt != 0 || second.Attempt != 1 || second.Retry != "timeout" || second.ID == first.ID {
		t.Errorf("got %+v, then %+v", first, second)
	}
	var one, two struct {
		EventID string `json:"event_id"`
	}
	if errors.Join(json.Unmarshal(first.Payload, &one), json.Unmarshal(second.Payload, &two)) != nil || one != two || one.EventID == "" {
		t.Errorf("the event ids are %q and %q", one.EventID, two.EventID)
	}
	st.Inject(slackd.Fault{Kind: slackd.SameEnvelope, Count: 1})
	if third := read(t, conn); third.ID != second.ID || third.Attempt != 0 {
		t.Errorf("got %+v, then %+v", second, third)
	}
	last := read(t, conn)
	if err := conn.WriteJSON(map[string]string{"envelope_id": last.ID}); err != nil {
		t.Fatal(err)
	}
	if err := st.Await(st.ctx(), func() bool { return slices.ContainsFunc(st.Acks(), func(a slackd.Ack) bool { return !a.Missed }) }); err != nil {
		t.Fatal(err)
	}
	acks := st.Acks()
	if len(acks) != 4 || !acks[0].Missed || acks[3].Missed || acks[3].Subtype != "team_join" || acks[3].Attempt != 3 {
		t.Errorf("the acknowledgements are %+v", acks)
	}
}

func TestAnUnansweredCommandFailsAsInSlack(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", 20<<10)
	st := tell(t, func(o *slackd.Options) { o.Limits.Ack = 700 * time.Millisecond }, nil)
	ana := st.Person("U1")
	if _, err := ana.Command(st.ctx(), "C1", "/social"); err == nil || err.Error() != `/social failed with the error "dispatch_failed"` {
		t.Errorf("without a socket: %v", err)
	}
	if m, _ := ana.LastMessage("C1"); m.User != "USLACKBOT" || !m.Ephemeral || !strings.Contains(m.Text, "dispatch_failed") {
		t.Errorf("Ana sees %+v", m)
	}
	conn, _ := dial(t, st)
	if err := st.AwaitConnections(st.ctx(), 1); err != nil {
		t.Fatal(err)
	}
	if _, err := ana.Command(st.ctx(), "C1", "/social"); err == nil || !strings.Contains(err.Error(), "operation_timeout") {
		t.Errorf("without an acknowledgement: %v", err)
	}
	late := read(t, conn)
	if err := conn.WriteJSON(map[string]string{"envelope_id": late.ID}); err != nil {
		t.Fatal(err)
	}
	if err := st.Await(st.ctx(), func() bool { return len(st.Acks()) == 2 }); err != nil {
		t.Fatal("the late acknowledgement was not heard:", err)
	}
	answer := func(payload any) {
		f := read(t, conn)
		if err := conn.WriteJSON(map[string]any{"envelope_id": f.ID, "payload": payload}); err != nil {
			t.Error(err)
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() { answer(map[string]string{"text": big}) })
	if _, err := ana.Command(st.ctx(), "C1", "/social"); err == nil || !strings.Contains(err.Error(), "operation_timeout") {
		t.Errorf("with an acknowledgement of over 20 KB: %v", err)
	}
	wg.Wait()
	wg.Go(func() { answer(map[string]any{"blocks": []any{map[string]any{"type": "section"}}}) })
	if _, err := ana.Command(st.ctx(), "C1", "/social"); err == nil || !strings.Contains(err.Error(), "invalid_blocks") {
		t.Errorf("with invalid blocks: %v", err)
	}
	wg.Wait()
	var kinds []string
	for _, a := range st.Acks() {
		kinds = append(kinds, fmt.Sprintf("missed=%v repeated=%v oversized=%v", a.Missed, a.Repeated, a.Oversized))
	}
	want := []string{
		"missed=true repeated=false oversized=false",  // nobody answered
		"missed=false repeated=true oversized=false",  // too late
		"missed=false repeated=false oversized=true",  // ignored
		"missed=true repeated=false oversized=false",  // and so missed
		"missed=false repeated=false oversized=false", // invalid, but in time
	}
	if !slices.Equal(kinds, want) {
		t.Errorf("got %q, want %q", kinds, want)
	}
	if _, err := ana.Command(st.ctx(), "C1", "/nothing"); err == nil || !strings.Contains(err.Error(), "not a valid command") {
		t.Errorf("an unknown command: %v", err)
	}
}

func TestEnvelopesCanBeForgedDoubledDroppedAndReordered(t *testing.T) {
	t.Parallel()
	st := tell(t, func(o *slackd.Options) { o.Limits.Retry = []time.Duration{0, 0} }, nil)
	conn, _ := dial(t, st)
	if err := st.AwaitConnections(st.ctx(), 1); err != nil {
		t.Fatal(err)
	}
	event := func(n int) {
		t.Helper()
		if err := st.SendEvent(map[string]any{"type": "app_home_opened", "user": "U1", "n": n}); err != nil {
			t.Fatal(err)
		}
	}
	heard := func() (n int, id string) {
		t.Helper()
		f := read(t, conn)
		var p struct {
			Event struct {
				N int `json:"n"`
			} `json:"event"`
		}
		if err := json.Unmarshal(f.Payload, &p); err != nil {
			t.Fatal(err)
		}
		if err := conn.WriteJSON(map[string]string{"envelope_id": f.ID}); err != nil {
			t.Fatal(err)
		}
		return p.Event.N, f.ID
	}
	st.Inject(slackd.Fault{Kind: slackd.Duplicate, Count: 1})
	event(1)
	n, id := heard()
	if m, again := heard(); n != 1 || m != 1 || id != again {
		t.Errorf("heard %d %s, then %d %s", n, id, m, again)
	}
	st.Inject(slackd.Fault{Kind: slackd.Reorder, Count: 1, Delay: patience})
	event(2)
	event(3)
	if first, _ := heard(); first != 3 {
		t.Errorf("heard %d first", first)
	}
	if second, _ := heard(); second != 2 {
		t.Errorf("heard %d second", second)
	}
	st.Inject(slackd.Fault{Kind: slackd.Late, Count: 1, Delay: time.Millisecond})
	event(4)
	if late, _ := heard(); late != 4 {
		t.Errorf("heard %d late", late)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		f := read(t, conn)
		if f.Type != "hologram" || string(f.Payload) != `[1]` {
			t.Errorf("got %+v", f)
		}
		if err := conn.WriteJSON(map[string]string{"envelope_id": f.ID}); err != nil {
			t.Error(err)
		}
	})
	if got, err := st.Deliver(st.ctx(), slackd.Envelope{Type: "hologram", Payload: json.RawMessage(`[1]`)}); err != nil || got.Missed {
		t.Errorf("got %+v, %v", got, err)
	}
	wg.Wait()
	if err := st.DeliverRaw([]byte(`{"type":"hello"}`)); err != nil {
		t.Fatal(err)
	}
	if f := read(t, conn); f.Type != "hello" {
		t.Errorf("got %+v", f)
	}
	st.Inject(slackd.Fault{Kind: slackd.DropSocket, Count: 1})
	event(5)
	if _, _, err := conn.ReadMessage(); err == nil {
		t.Error("the socket was not dropped")
	}
	if err := st.AwaitConnections(st.ctx(), 0); err != nil {
		t.Error(err)
	}
}

func TestTheAppHearsOfTheDirectoryAndOfMessages(t *testing.T) {
	t.Parallel()
	events := make(chan slackevents.EventsAPIInnerEvent, 1)
	st := tell(t, nil, func(st *story, e socketmode.Event) {
		ack(st, e)
		events <- e.Data.(slackevents.EventsAPIEvent).InnerEvent
	})
	if err := st.AddUser(slackd.User{ID: "U1", Name: "twin"}); err == nil {
		t.Error("an id was taken twice")
	}
	if err := st.AddUser(slackd.User{ID: "U7", Name: "newt", Email: "newt@acme.example"}); err != nil {
		t.Fatal(err)
	}
	if e, ok := (<-events).Data.(*slackevents.TeamJoinEvent); !ok || e.User.ID != "U7" {
		t.Errorf("got %+v", e)
	}
	newt, _ := st.User("U7")
	newt.Name, newt.IsRestricted = "newton", true
	if err := st.UpdateUser(newt); err != nil {
		t.Fatal(err)
	}
	if e, ok := (<-events).Data.(*slackevents.UserChangeEvent); !ok || !e.User.IsRestricted || e.User.Name != "newton" {
		t.Errorf("got %+v", e)
	}
	if _, taken := st.UserByName("newt"); taken {
		t.Error("the old handle still works")
	}
	if err := st.Deactivate("U7"); err != nil {
		t.Fatal(err)
	}
	if e, ok := (<-events).Data.(*slackevents.UserChangeEvent); !ok || !e.User.Deleted {
		t.Errorf("got %+v", e)
	}
	ana := st.Person("U1")
	if _, err := ana.Say(st.ctx(), ana.DM(), "hello"); err != nil {
		t.Fatal(err)
	}
	if e, ok := (<-events).Data.(*slackevents.MessageEvent); !ok || e.Text != "hello" || e.ChannelType != "im" {
		t.Errorf("got %+v", e)
	}
	if err := ana.OpenMessages(st.ctx()); err != nil {
		t.Fatal(err)
	}
	if e, ok := (<-events).Data.(*slackevents.AppHomeOpenedEvent); !ok || e.Tab != "messages" || e.Channel != ana.DM() {
		t.Errorf("got %+v", e)
	}
	if _, err := st.Person("U404").Command(st.ctx(), "C1", "/social"); err == nil {
		t.Error("nobody acted")
	}
	if _, err := ana.Shortcut(st.ctx(), "nothing"); err == nil {
		t.Error("an unknown shortcut ran")
	}
}

func TestAGlobalShortcutOpensAModal(t *testing.T) {
	t.Parallel()
	st := tell(t, nil, func(st *story, e socketmode.Event) {
		ack(st, e)
		data := e.Data.(slack.InteractionCallback)
		if data.Type == slack.InteractionTypeShortcut && !e.Request.AcceptsResponsePayload {
			if _, err := st.api.OpenView(data.TriggerID, modal(data.CallbackID, "m")); err != nil {
				st.t.Error(err)
			}
		}
	})
	ana := st.Person("U1")
	if _, err := ana.Shortcut(st.ctx(), "invite"); err != nil {
		t.Fatal(err)
	}
	if _, err := ana.AwaitModal(st.ctx(), func(v slackd.View) bool { return v.Title == "invite" }); err != nil {
		t.Error(err)
	}
}

func TestManyPeopleActAtOnceOverSeveralSockets(t *testing.T) {
	t.Parallel()
	button := slack.NewActionBlock("b", slack.NewButtonBlockElement("a", "1", slack.NewTextBlockObject("plain_text", "Press", false, false)))
	var posts sync.WaitGroup
	hear := func(st *story, e socketmode.Event) {
		ack(st, e)
		cmd, ok := e.Data.(slack.SlashCommand)
		if !ok {
			return
		}
		posts.Go(func() {
			if _, _, err := st.api.PostMessage(cmd.UserID, slack.MsgOptionText(cmd.Text, false), slack.MsgOptionBlocks(button)); err != nil {
				st.t.Error(err)
			}
		})
	}
	st := tell(t, func(o *slackd.Options) {
		o.Limits.Ack = patience // a slow machine is not what this is about
		for i := range 40 {
			o.Users = append(o.Users, slackd.User{ID: fmt.Sprintf("UM%02d", i), Name: fmt.Sprintf("m%02d", i)})
		}
	}, hear)
	first := st.sock
	st.connect(hear)
	if first == st.sock {
		t.Fatal("there is one socket only")
	}
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			p := st.Person(fmt.Sprintf("UM%02d", i))
			for round := range 3 {
				text := fmt.Sprint("round ", round)
				if _, err := p.Command(st.ctx(), "C1", "/social "+text); err != nil {
					t.Error(err)
					return
				}
				m, err := p.AwaitMessage(st.ctx(), p.DM(), func(m slackd.Message) bool { return m.Text == text })
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := p.Click(st.ctx(), slackd.Target{Channel: m.Channel, TS: m.TS, BlockID: "b", ActionID: "a"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	posts.Wait()
	if n := len(st.Acks()); n != 240 {
		t.Errorf("%d acknowledgements, want 240", n)
	}
}
