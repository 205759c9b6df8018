package slackd

import (
	"encoding/json"
	"time"
)

// Team is the workspace.
type Team struct {
	ID           string // T…
	Name         string // "Acme"
	Domain       string // "acme", as in acme.slack.com
	EnterpriseID string // E… for a workspace of an Enterprise organisation, else empty
}

// User is an account in the workspace, or a person of another one who shares a channel with it.
type User struct {
	ID                string // U… or W…
	TeamID            string // the person's own workspace; empty means this one
	Name              string // handle, without the @
	RealName          string // empty means the handle
	DisplayName       string // may be empty, as in Slack
	Email             string
	Title             string
	TZ                string // IANA name, "Europe/Lisbon"; may be empty
	TZLabel           string // "Western European Time"
	TZOffset          int    // seconds east of UTC
	StatusText        string
	StatusEmoji       string // ":palm_tree:"
	IsBot             bool
	IsAdmin           bool
	IsOwner           bool
	IsPrimaryOwner    bool
	IsRestricted      bool      // guest; all guests are
	IsUltraRestricted bool      // single-channel guest
	IsStranger        bool      // of another workspace
	Deleted           bool      // deactivated
	DNDUntil          time.Time // do not disturb until then
}

// Channel is a public or private channel, or a DM with the app.
type Channel struct {
	ID        string // C…, G… or D…
	Name      string // without the #; empty for a DM
	Topic     string
	IsPrivate bool
	IsIM      bool
	User      string   // the person in a DM
	Members   []string // user ids; owned by the server once read from it: do not change it
}

// UserGroup is an @group of the workspace.
type UserGroup struct {
	ID     string // S…
	Handle string // without the @
	Name   string
	Users  []string // user ids
}

// App is the installed app, as its manifest describes it.
type App struct {
	ID               string // A…; default A0SANDBOX
	Name             string // default "Herald"
	BotID            string // B…; default B0SANDBOX
	BotUserID        string // U…; default U0SANDBOXBOT
	Commands         []Command
	Shortcuts        []Shortcut
	Scopes           []string // bot token scopes
	Events           []string // bot events subscribed to
	HomeTab          bool     // without it views.publish fails with not_enabled
	MessagesTab      bool     // without it DMs fail with messages_tab_disabled
	MessagesReadOnly bool     // people cannot write to the app
	Distributed      bool     // commercially, outside the Marketplace: conversations.history is rationed
}

// Command is a slash command.
type Command struct {
	Name         string // with the slash: "/social"
	Description  string
	UsageHint    string
	ShouldEscape bool // mentions arrive as <@U…|handle> and <#C…|name>
}

// Shortcut is a global shortcut.
type Shortcut struct {
	Name        string
	CallbackID  string
	Description string
}

// Message is one message of a conversation as one reader sees it.
type Message struct {
	Channel     string
	TS          string // unique in the workspace, ascending
	ThreadTS    string
	User        string          // author: a person, the app's bot user, or USLACKBOT
	BotID       string          // set when the app wrote it
	Text        string          // with blocks: what screen readers and notifications say
	Blocks      json.RawMessage // array, or nil
	Attachments json.RawMessage // array, or nil
	Metadata    json.RawMessage // object, or nil
	Files       []File
	Edited      bool
	Ephemeral   bool   // only Reader sees it
	Reader      string // user id, for ephemeral messages
	UnfurlLinks bool   // as the app asked
	UnfurlMedia bool
	At          time.Time
}

// File is an uploaded file.
type File struct {
	ID       string // F…
	Name     string
	Title    string
	User     string   // who uploaded it; "": the app
	Channels []string // where it was shared
	URL      string   // private download; needs the bot token
	Content  []byte   // owned by the server: do not change it
}

// Values are the current inputs of a message or view, block id → action id → Slack's element state, as in state.values.
type Values map[string]map[string]json.RawMessage

// View is a modal or a Home tab as one person sees it.
type View struct {
	ID              string // V…
	RootID          string
	PreviousID      string // the modal under it, if any
	Type            string // "modal" or "home"
	User            string
	CallbackID      string
	ExternalID      string
	PrivateMetadata string
	Hash            string // changes with each update
	Title           string
	Submit          string // label of the submit button; empty: none
	Close           string // label of the close button; empty: "Cancel"
	NotifyOnClose   bool
	ClearOnClose    bool
	Blocks          json.RawMessage
	State           Values
	Errors          map[string]string // block id → message of the last refused submission
}
