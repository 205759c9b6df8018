package bot

import (
	"encoding/json"
	"testing"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"
)

// parseEvent returns the event as socketmode does.
func parseEvent(t *testing.T, payload string) slackevents.EventsAPIEvent {
	t.Helper()
	ev, err := slackevents.ParseEvent(json.RawMessage(payload), slackevents.OptionNoVerifyToken())
	if err != nil {
		t.Fatal(err)
	}
	return ev
}

func TestEventsAreRecognisedByTheirEventID(t *testing.T) {
	t.Parallel()
	const home = `{"type":"event_callback","team_id":"T1","event_id":"Ev1","event":{"type":"app_home_opened","user":"U1","tab":"home"}}`
	const join = `{"type":"event_callback","team_id":"T1","event_id":"Ev2","event":{"type":"team_join","user":{"id":"U2"}}}`
	const gone = `{"type":"event_callback","team_id":"T1","event_id":"Ev3","event":{"type":"app_uninstalled"}}`
	const anon = `{"type":"event_callback","team_id":"T1","event":{"type":"app_uninstalled"}}`
	for _, test := range []struct {
		name, payload, key, person string
		unwatched                  bool
	}{
		{"a person looks at the Home tab", home, "event:Ev1", "T1/U1", false},
		{"the user comes as an object", join, "event:Ev2", "T1/U2", true},
		{"no user at all", gone, "event:Ev3", "T1/", true},
		{"no event id either", anon, "act:env:", "T1/", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			env, ok := eventEnvelope(&socketmode.Request{EnvelopeID: "env"}, parseEvent(t, test.payload))
			if !ok || env.id != "env" || env.key != test.key || env.from.person() != test.person || env.unwatched != test.unwatched {
				t.Errorf("got %+v, %v", env, ok)
			}
		})
	}
}

func TestAppRateLimitedIsNoEventForTheHandler(t *testing.T) {
	t.Parallel()
	ev := parseEvent(t, `{"type":"app_rate_limited","team_id":"T1","minute_rate_limited":1518467820}`)
	if env, ok := eventEnvelope(&socketmode.Request{}, ev); ok {
		t.Errorf("got %+v", env)
	}
}

func TestActsAreRecognisedByEnvelopeAndTrigger(t *testing.T) {
	t.Parallel()
	first := commandEnvelope(&socketmode.Request{EnvelopeID: "e1"}, slack.SlashCommand{TeamID: "T1", UserID: "U1", TriggerID: "1.1"})
	again := commandEnvelope(&socketmode.Request{EnvelopeID: "e1", RetryAttempt: 1}, slack.SlashCommand{TeamID: "T1", UserID: "U1", TriggerID: "1.1"})
	other := commandEnvelope(&socketmode.Request{EnvelopeID: "e2"}, slack.SlashCommand{TeamID: "T1", UserID: "U1", TriggerID: "1.1"})
	if first.key != again.key {
		t.Error("a repeated envelope is not recognised")
	}
	if first.key == other.key {
		t.Error("another envelope is taken for the first, which would lose what the person did")
	}
}

func TestInteractionsAreSorted(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		interaction slack.InteractionType
		kind        string
		known       bool
	}{
		{slack.InteractionTypeBlockActions, kindAction, true},
		{slack.InteractionTypeShortcut, kindAction, true},
		{slack.InteractionTypeMessageAction, kindAction, true},
		{slack.InteractionTypeViewSubmission, kindSubmit, true},
		{slack.InteractionTypeViewClosed, kindClosed, true},
		{slack.InteractionTypeBlockSuggestion, kindSuggest, true},
		{slack.InteractionTypeDialogSubmission, "", false},
		{"something_new", "", false},
	} {
		cb := slack.InteractionCallback{Type: test.interaction}
		cb.User.ID, cb.User.TeamID, cb.Container.ChannelID = "U1", "T1", "C1"
		env, known := interactionEnvelope(&socketmode.Request{EnvelopeID: "e"}, cb)
		if env.kind != test.kind || known != test.known {
			t.Errorf("%s: kind %q, known %v", test.interaction, env.kind, known)
		}
		if want := (origin{team: "T1", user: "U1", channel: "C1"}); env.from != want {
			t.Errorf("%s: from %+v, want %+v", test.interaction, env.from, want)
		}
	}
}

func TestBadMessagesTellWhatTheyCan(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		message, id, types string
		from               origin
	}{
		{`{"envelope_id":"e","type":"brand_new","payload":{"type":"x"}}`, "e", "brand_new/x/", origin{}},
		{`{"envelope_id":"e","type":"events_api","payload":{"type":"event_callback","event":{"type":"new","user":"U1"}}}`, "e", "events_api/event_callback/new", origin{}},
		{`{"envelope_id":"e","type":"slash_commands","payload":{"team_id":"T1","user_id":"U1","channel_id":"C1","text":5,"response_url":"http://r"}}`, "e", "slash_commands//", origin{"T1", "U1", "C1", "http://r"}},
		{`{"envelope_id":"e","type":"interactive","payload":{"type":"block_actions","team":{"id":"T1"},"user":{"id":"U1"},"channel":{"id":"C1"},"actions":7}}`, "e", "interactive/block_actions/", origin{team: "T1", user: "U1", channel: "C1"}},
		{`{"envelope_id":7,"type":"interactive","payload":"text"}`, "", "interactive//", origin{}},
		{`[]`, "", "//", origin{}},
		{``, "", "//", origin{}},
	} {
		env := badEnvelope(json.RawMessage(test.message))
		if env.id != test.id || env.from != test.from {
			t.Errorf("%s: got %+v", test.message, env)
		}
		if types := messageType(json.RawMessage(test.message)); types != test.types {
			t.Errorf("%s: types %q, want %q", test.message, types, test.types)
		}
	}
}

func FuzzBadMessages(f *testing.F) {
	f.Add([]byte(`{"envelope_id":"e","type":"interactive","payload":{"type":"block_actions","team":{"id":"T1"},"user":null}}`))
	f.Add([]byte(`{"payload":[{}]}`))
	f.Fuzz(func(_ *testing.T, message []byte) {
		badEnvelope(message)
		messageType(message)
		eventUser(message)
	})
}
