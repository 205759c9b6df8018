package slackd

import (
	"context"
	"encoding/json"
)

// Person acts as one user of the workspace: everything their Slack client could do and see.
// Acting as an unknown user returns errors from every method.
type Person struct {
	s  *Server
	id string
}

// Person returns the hands and eyes of the user with this id.
func (s *Server) Person(id string) *Person { return &Person{s, id} }

// ID is the person's user id.
func (p *Person) ID() string { return p.id }

// User returns the person's account; it is zero for an unknown id.
func (p *Person) User() User { u, _ := p.s.User(p.id); return u }

// Target names one interactive element: in a message (Channel and TS), or in a view (ViewID).
type Target struct {
	Channel  string
	TS       string
	ViewID   string
	BlockID  string
	ActionID string
}

// Option is one choice of a select, checkbox group, radio group or overflow menu.
type Option struct {
	Text        string
	Value       string
	Description string
	URL         string
	Group       string // label of its option group, if any
}

// Element is an interactive element a person can see, ready to be clicked or filled.
type Element struct {
	Target
	Type        string // Slack's element type: "button", "static_select", "checkboxes", …
	Label       string // a button's text, an input block's label, else the text of its section
	Placeholder string
	Value       string // a button's value
	URL         string // a button's URL
	Style       string
	Options     []Option
	Selected    []string        // current values: option values, user ids, text, date …
	Optional    bool            // the input may stay empty
	Dispatch    bool            // an input block that sends block_actions
	Confirm     json.RawMessage // the confirm dialog, or nil
	Raw         json.RawMessage
}

// Refusal is what Slack tells a person when an action failed, such as a command nobody acknowledged.
type Refusal struct {
	Code string // "dispatch_failed", "operation_timeout", "not_in_channel" …
	Text string // the sentence Slack shows
}

// Error returns the sentence Slack shows.
func (r *Refusal) Error() string { return r.Text }

// Submission is what became of a modal's submit button.
type Submission struct {
	Ack    Ack
	Action string            // "" (closed), "errors", "update", "push" or "clear"
	Errors map[string]string // block id → message, for Action "errors"
}

// Command types a slash command, such as "/social members", into a channel and returns the app's acknowledgement.
// The error is a *Refusal, also shown as Slackbot's ephemeral message, if the app did not acknowledge in time.
func (p *Person) Command(ctx context.Context, channel, text string) (Ack, error) {
	return p.command(ctx, channel, text)
}

// Say writes a message as the person and returns it.
func (p *Person) Say(ctx context.Context, channel, text string) (Message, error) {
	return p.say(ctx, channel, text)
}

// Shortcut runs the app's global shortcut with this callback id.
func (p *Person) Shortcut(ctx context.Context, callbackID string) (Ack, error) {
	return p.shortcut(ctx, callbackID)
}

// OpenHome opens the app's Home tab, which sends app_home_opened. It does not wait for the app to publish.
func (p *Person) OpenHome(ctx context.Context) error { return p.openHome(ctx) }

// OpenMessages opens the app's Messages tab, which sends app_home_opened with the tab "messages".
func (p *Person) OpenMessages(ctx context.Context) error { return p.openMessages(ctx) }

// Home returns the Home tab as last published to the person; ok is false if it never was.
func (p *Person) Home() (View, bool) { return p.home() }

// Modals returns the person's open modals, the visible one last.
func (p *Person) Modals() []View { return p.modals() }

// Modal returns the visible modal; ok is false if none is open.
func (p *Person) Modal() (View, bool) {
	m := p.modals()
	if len(m) == 0 {
		return View{}, false
	}
	return m[len(m)-1], true
}

// DM is the id of the person's conversation with the app. It exists from the first call on.
func (p *Person) DM() string { return p.dm() }

// Channels returns the channels the person can see: public ones, private ones they are in, and their DM with the app.
func (p *Person) Channels() []Channel { return p.channels() }

// Messages returns what the person sees in a channel, oldest first, their ephemeral messages included.
func (p *Person) Messages(channel string) []Message { return p.messages(channel) }

// LastMessage returns the newest message the person sees in a channel.
func (p *Person) LastMessage(channel string) (Message, bool) {
	m := p.messages(channel)
	if len(m) == 0 {
		return Message{}, false
	}
	return m[len(m)-1], true
}

// Dismiss hides an ephemeral message, as "Dismiss message" does.
func (p *Person) Dismiss(channel, ts string) { p.dismiss(channel, ts) }

// MessageElements lists the interactive elements of a message in reading order, with the person's current inputs.
func (p *Person) MessageElements(channel, ts string) []Element { return p.messageElements(channel, ts) }

// ViewElements lists the interactive elements of a Home tab or modal in reading order, with the current inputs.
func (p *Person) ViewElements(viewID string) []Element { return p.viewElements(viewID) }

// Click uses an element and sends block_actions; URL buttons do too. Values are what was chosen: option values, user,
// channel or conversation ids, a date, a time, or a text. Checkboxes and multi selects take all values that are now
// chosen. It returns when the app acknowledged; the error is a *Refusal if it did not.
func (p *Person) Click(ctx context.Context, t Target, values ...string) (Ack, error) {
	return p.click(ctx, t, values)
}

// Fill sets an input without telling the app, as typing does. Values are as for Click.
func (p *Person) Fill(t Target, values ...string) error { return p.fill(t, values) }

// State returns the current inputs of a message (Channel and TS) or a view (ViewID).
func (p *Person) State(t Target) Values { return p.state(t) }

// Suggest types into an external select and returns the options the app offers (block_suggestion).
func (p *Person) Suggest(ctx context.Context, t Target, typed string) ([]Option, error) {
	return p.suggest(ctx, t, typed)
}

// Submit fills a modal's inputs, block id → values, and presses its submit button. Inputs left out keep what they show.
// The error is a *Refusal if a required input is empty, the app did not acknowledge, or its answer is invalid.
func (p *Person) Submit(ctx context.Context, viewID string, values map[string][]string) (Submission, error) {
	return p.submit(ctx, viewID, values)
}

// CloseModal presses the close button of the visible modal; all closes the whole stack, as the × does.
// The app hears view_closed if the view asked for it.
func (p *Person) CloseModal(ctx context.Context, viewID string, all bool) error {
	return p.closeModal(ctx, viewID, all)
}

// Await waits until what holds, looking again after each visible change, and returns ctx's error if it never does.
func (p *Person) Await(ctx context.Context, what func() bool) error { return p.await(ctx, what) }

// AwaitMessage waits for a message in a channel that matches.
func (p *Person) AwaitMessage(ctx context.Context, channel string, match func(Message) bool) (Message, error) {
	return p.awaitMessage(ctx, channel, match)
}

// AwaitModal waits until the visible modal matches.
func (p *Person) AwaitModal(ctx context.Context, match func(View) bool) (View, error) {
	return p.awaitModal(ctx, match)
}

// AwaitHome waits until the Home tab matches.
func (p *Person) AwaitHome(ctx context.Context, match func(View) bool) (View, error) {
	return p.awaitHome(ctx, match)
}
