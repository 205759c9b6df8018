package slackd_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/slack-go/slack/socketmode"

	"herald/sandbox/slackd"
)

// o is an option as JSON, with its keys in order.
func o(value string) string {
	return `{"text":{"text":"` + value + `","type":"plain_text"},"value":"` + value + `"}`
}

// TestEveryElementSendsWhatSlackSends fills each kind of element, and checks what the app gets.
func TestEveryElementSendsWhatSlackSends(t *testing.T) {
	t.Parallel()
	two := `"options":[` + o("a") + `,` + o("b") + `]`
	tests := []struct {
		element string // without its action id
		before  string // the state's field, as drawn
		values  []string
		after   string
		bad     []string // values that are refused
	}{
		{`"type":"static_select",` + two, `"selected_option":null`, []string{"b"}, `"selected_option":` + o("b"), []string{"c"}},
		{`"type":"static_select","option_groups":[{"label":{"type":"plain_text","text":"G"},` + two + `}],"initial_option":` + o("a"), `"selected_option":` + o("a"), nil, `"selected_option":null`, []string{"a", "b"}},
		{`"type":"multi_static_select","max_selected_items":1,` + two, `"selected_options":[]`, []string{"a"}, `"selected_options":[` + o("a") + `]`, []string{"a", "b"}},
		{`"type":"checkboxes","initial_options":[` + o("a") + `],` + two, `"selected_options":[` + o("a") + `]`, []string{"a", "b"}, `"selected_options":[` + o("a") + `,` + o("b") + `]`, []string{"c"}},
		{`"type":"radio_buttons",` + two, `"selected_option":null`, []string{"a"}, `"selected_option":` + o("a"), []string{"c"}},
		{`"type":"external_select","initial_option":` + o("x"), `"selected_option":` + o("x"), []string{"x"}, `"selected_option":` + o("x"), []string{"y"}},
		{`"type":"users_select","initial_user":"U1"`, `"selected_user":"U1"`, []string{"U2"}, `"selected_user":"U2"`, []string{"U1", "U2"}},
		{`"type":"multi_users_select"`, `"selected_users":[]`, []string{"U2", "W3"}, `"selected_users":["U2","W3"]`, nil},
		{`"type":"channels_select"`, `"selected_channel":null`, []string{"C1"}, `"selected_channel":"C1"`, nil},
		{`"type":"multi_channels_select","initial_channels":["C2"]`, `"selected_channels":["C2"]`, []string{"C1"}, `"selected_channels":["C1"]`, nil},
		{`"type":"conversations_select"`, `"selected_conversation":null`, []string{"C1"}, `"selected_conversation":"C1"`, nil},
		{`"type":"multi_conversations_select"`, `"selected_conversations":[]`, []string{"C1"}, `"selected_conversations":["C1"]`, nil},
		{`"type":"datepicker","initial_date":"2026-11-22"`, `"selected_date":"2026-11-22"`, []string{"2027-01-01"}, `"selected_date":"2027-01-01"`, []string{"tomorrow"}},
		{`"type":"timepicker"`, `"selected_time":null`, []string{"09:30"}, `"selected_time":"09:30"`, []string{"noon"}},
		{`"type":"datetimepicker"`, `"selected_date_time":null`, []string{"1800000000"}, `"selected_date_time":1800000000`, []string{"noon"}},
	}
	payloads := make(chan json.RawMessage, 1)
	st := tell(t, nil, func(st *story, e socketmode.Event) {
		payloads <- e.Request.Payload
		ack(st, e)
	})
	ana := st.Person("U1")
	for _, tt := range tests {
		blocks := `[{"type":"actions","block_id":"b","elements":[{"action_id":"e",` + tt.element + `}]}]`
		if got := ask(t, st.Server, "chat.postMessage", st.BotToken(), url.Values{"channel": {"U1"}, "blocks": {blocks}}); !got.OK {
			t.Fatalf("%s: %+v", tt.element, got)
		}
		m, _ := ana.LastMessage(ana.DM())
		at := slackd.Target{Channel: m.Channel, TS: m.TS, BlockID: "b", ActionID: "e"}
		if got := string(ana.State(at)["b"]["e"]); !strings.Contains(got, tt.before) {
			t.Errorf("%s\nshows %s\nwant  %s", tt.element, got, tt.before)
		}
		if tt.bad != nil {
			if _, err := ana.Click(st.ctx(), at, tt.bad...); err == nil {
				t.Errorf("%s took %q", tt.element, tt.bad)
			}
		}
		if _, err := ana.Click(st.ctx(), at, tt.values...); err != nil {
			t.Errorf("%s: %v", tt.element, err)
			continue
		}
		var heard struct {
			Actions []json.RawMessage `json:"actions"`
			State   struct {
				Values slackd.Values `json:"values"`
			} `json:"state"`
		}
		if err := json.Unmarshal(<-payloads, &heard); err != nil {
			t.Fatal(err)
		}
		if got := string(heard.Actions[0]); !strings.Contains(got, tt.after) {
			t.Errorf("%s\nsent %s\nwant %s", tt.element, got, tt.after)
		}
		if got := string(heard.State.Values["b"]["e"]); !strings.Contains(got, tt.after) {
			t.Errorf("%s\nholds %s\nwant  %s", tt.element, got, tt.after)
		}
	}
}

// TestInputsAreCheckedBeforeTheAppHears fills a modal's inputs with what Slack's client refuses.
func TestInputsAreCheckedBeforeTheAppHears(t *testing.T) {
	t.Parallel()
	type trial struct{ element, refused, taken string }
	trials := []trial{
		{`"type":"plain_text_input","min_length":3`, "no", "yes"},
		{`"type":"plain_text_input","max_length":3`, "four", "3"},
		{`"type":"plain_text_input"`, strings.Repeat("x", 3001), strings.Repeat("x", 3000)},
		{`"type":"email_text_input"`, "ann at acme", "ann@acme.example"},
		{`"type":"url_text_input"`, "acme", "https://acme.example"},
		{`"type":"number_input","is_decimal_allowed":false`, "1.5", "2"},
		{`"type":"number_input","is_decimal_allowed":true,"min_value":"1.5"`, "1", "1.5"},
		{`"type":"number_input","is_decimal_allowed":true,"max_value":"9"`, "9.5", "9"},
		{`"type":"number_input","is_decimal_allowed":true`, "many", "1e3"},
		{`"type":"datepicker"`, "", "2026-11-22"},
	}
	views := make(chan string, 1)
	st := tell(t, nil, func(st *story, e socketmode.Event) {
		ack(st, e)
		if e.Type != socketmode.EventTypeSlashCommand {
			return
		}
		var cmd struct {
			TriggerID string `json:"trigger_id"`
		}
		if err := json.Unmarshal(e.Request.Payload, &cmd); err != nil {
			st.t.Error(err)
		}
		if got := ask(st.t, st.Server, "views.open", st.BotToken(), url.Values{"trigger_id": {cmd.TriggerID}, "view": {<-views}}); !got.OK {
			st.t.Errorf("got %+v", got)
		}
	})
	ana := st.Person("U1")
	for _, tt := range trials {
		views <- `{"type":"modal","title":{"type":"plain_text","text":"T"},"submit":{"type":"plain_text","text":"S"},"blocks":[` +
			`{"type":"input","block_id":"i","label":{"type":"plain_text","text":"L"},"element":{"action_id":"e",` + tt.element + `}}]}`
		if _, err := ana.Command(st.ctx(), "C1", "/social"); err != nil {
			t.Fatal(err)
		}
		v, err := ana.AwaitModal(st.ctx(), func(slackd.View) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		input := ana.ViewElements(v.ID)[0]
		if _, err := ana.Click(st.ctx(), input.Target, tt.taken); err == nil {
			t.Errorf("%s told the app before it was submitted", tt.element)
		}
		_, err = ana.Submit(st.ctx(), v.ID, map[string][]string{"i": {tt.refused}})
		if refused, ok := errors.AsType[*slackd.Refusal](err); !ok || refused.Text == "" {
			t.Errorf("%s took %.20q: %v", tt.element, tt.refused, err)
		}
		if err := ana.Fill(input.Target, tt.taken); err != nil {
			t.Errorf("%s: %v", tt.element, err)
		}
		if _, err := ana.Submit(st.ctx(), v.ID, nil); err != nil {
			t.Errorf("%s refused %.20q: %v", tt.element, tt.taken, err)
		}
		if left := ana.Modals(); len(left) != 0 {
			t.Fatalf("%d modals are left", len(left))
		}
	}
}
