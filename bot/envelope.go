package bot

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"
)

// The kinds of envelopes, as they stand in the log.
const (
	kindCommand = "command"
	kindAction  = "action"
	kindSubmit  = "submit"
	kindSuggest = "suggest"
	kindClosed  = "closed"
	kindEvent   = "event"
	kindBad     = "bad message"
)

// envelope is what the bot itself knows about something it heard.
type envelope struct {
	id    string // Slack's envelope_id, which the acknowledgement repeats
	kind  string
	key   string // the same for every delivery of the same thing, see below
	from  origin
	heard time.Time

	unwatched bool // nobody waits for an answer, so an apology would come out of the blue
}

// origin is who did something, and where.
type origin struct {
	team, user, channel, responseURL string
}

// person names the queue the envelope stands in. What has no user, such as app_uninstalled, is ordered by workspace.
func (o origin) person() string { return o.team + "/" + o.user }

// The keys by which a second delivery is recognised:
//
// An event is redelivered in a new envelope but keeps its event_id, see
// https://docs.slack.dev/apis/events-api#retries.
//
// Commands and interactions are not documented to be redelivered; Socket Mode has been seen to repeat an envelope
// under the same envelope_id. The trigger_id belongs to the act of the person. Both together never take one act for
// another, which would lose a click; the reverse, doing an act twice, the handlers must bear anyway.
func actKey(envelopeID, triggerID string) string { return "act:" + envelopeID + ":" + triggerID }

// commandEnvelope describes a slash command.
func commandEnvelope(req *socketmode.Request, cmd slack.SlashCommand) envelope {
	return envelope{
		id:   req.EnvelopeID,
		kind: kindCommand,
		key:  actKey(req.EnvelopeID, cmd.TriggerID),
		from: origin{team: cmd.TeamID, user: cmd.UserID, channel: cmd.ChannelID, responseURL: cmd.ResponseURL},
	}
}

// interactionEnvelope describes a click, a submission, a suggestion or a closed modal. It reports false for
// interactions that Herald's surfaces cannot send, such as those of legacy dialogs.
func interactionEnvelope(req *socketmode.Request, cb slack.InteractionCallback) (envelope, bool) {
	env := envelope{
		id:  req.EnvelopeID,
		key: actKey(req.EnvelopeID, cb.TriggerID),
		from: origin{
			team:        cmp.Or(cb.Team.ID, cb.View.AppInstalledTeamID, cb.User.TeamID), // team is null when a whole organisation installed the app
			user:        cb.User.ID,
			channel:     cmp.Or(cb.Channel.ID, cb.Container.ChannelID),
			responseURL: cb.ResponseURL,
		},
	}
	switch cb.Type {
	case slack.InteractionTypeBlockActions, slack.InteractionTypeShortcut, slack.InteractionTypeMessageAction:
		env.kind = kindAction
	case slack.InteractionTypeViewSubmission:
		env.kind = kindSubmit
	case slack.InteractionTypeBlockSuggestion:
		env.kind = kindSuggest
	case slack.InteractionTypeViewClosed:
		env.kind, env.unwatched = kindClosed, true
	default:
		return env, false
	}
	return env, true
}

// eventEnvelope describes an event_callback. It reports false for anything else.
func eventEnvelope(req *socketmode.Request, ev slackevents.EventsAPIEvent) (envelope, bool) {
	callback, ok := ev.Data.(*slackevents.EventsAPICallbackEvent)
	if !ok {
		return envelope{}, false
	}
	env := envelope{id: req.EnvelopeID, kind: kindEvent, key: "event:" + callback.EventID, from: origin{team: ev.TeamID}}
	if callback.EventID == "" {
		env.key = actKey(req.EnvelopeID, "")
	}
	if callback.InnerEvent != nil {
		env.from.user = eventUser(*callback.InnerEvent)
	}
	env.unwatched = ev.InnerEvent.Type != string(slackevents.AppHomeOpened)
	return env, true
}

// eventUser returns the user an event is about: some events hold an id, some the whole user, some none.
func eventUser(inner json.RawMessage) string {
	var event struct {
		User json.RawMessage `json:"user"`
	}
	if err := json.Unmarshal(inner, &event); err != nil || len(event.User) == 0 {
		return ""
	}
	var id string
	if err := json.Unmarshal(event.User, &id); err == nil {
		return id
	}
	var user struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(event.User, &user); err != nil {
		return ""
	}
	return user.ID
}

// badEnvelope reads what it can from a message that slack-go could not understand. Without an envelope_id there is
// nothing to acknowledge.
func badEnvelope(message json.RawMessage) envelope {
	type id struct {
		ID string `json:"id"`
	}
	var outer struct {
		EnvelopeID string          `json:"envelope_id"`
		Payload    json.RawMessage `json:"payload"`
	}
	var payload struct {
		TeamID      string `json:"team_id"`    // of commands
		UserID      string `json:"user_id"`    // of commands
		ChannelID   string `json:"channel_id"` // of commands
		Team        id     `json:"team"`       // of interactions
		User        id     `json:"user"`       // of interactions
		Channel     id     `json:"channel"`    // of interactions
		ResponseURL string `json:"response_url"`
	}
	// Whatever has the expected type is filled in even when something else has not, so errors do not matter here.
	_ = json.Unmarshal(message, &outer)
	_ = json.Unmarshal(outer.Payload, &payload)

	return envelope{
		id:   outer.EnvelopeID,
		kind: kindBad,
		from: origin{
			team:        cmp.Or(payload.TeamID, payload.Team.ID),
			user:        cmp.Or(payload.UserID, payload.User.ID),
			channel:     cmp.Or(payload.ChannelID, payload.Channel.ID),
			responseURL: payload.ResponseURL,
		},
	}
}
