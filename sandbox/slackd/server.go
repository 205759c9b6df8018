// Package slackd is a small Slack workspace that runs on one machine: the Web API and Socket Mode over the real
// protocols, a workspace's state, and a Go API to act as a person in it. It is strict where Slack is strict, because
// Herald's tests run against it, and it breaks on request, because Slack breaks without one.
package slackd

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// Options describe the workspace and the one app installed in it. The zero value of everything but Now is usable.
type Options struct {
	Team       Team        // default: T0SANDBOX "Sandbox"
	Users      []User      // ids must be unique; the app's bot user is added by New
	Channels   []Channel   // public and private channels; DMs open by themselves
	UserGroups []UserGroup // the workspace's @groups
	App        App         // the installed app: what its manifest would say
	BotToken   string      // xoxb-…; made up when empty
	AppToken   string      // xapp-…; made up when empty
	Limits     Limits      // what Slack would enforce; see DefaultLimits
	Now        func() time.Time
	Logger     *slog.Logger // default: discards
}

// Limits are Slack's rates and deadlines. A zero rate or count means "do not enforce"; zero durations mean Slack's own.
type Limits struct {
	RatePerMinute    map[string]int  // Web API calls a minute for each method, see MethodRates; nil: no rate limits
	RateBurst        int             // calls a method accepts at once before the rate counts; 0: a minute's worth
	ChannelPerSecond float64         // chat.postMessage to one channel; Slack: 1
	ChannelBurst     int             // messages one channel accepts at once; 0: 4
	TeamPerMinute    int             // chat.postMessage to the whole workspace; Slack: "several hundred"
	Ack              time.Duration   // time to acknowledge an envelope; Slack: 3 s
	Trigger          time.Duration   // life of a trigger id; Slack: 3 s
	ResponseURL      time.Duration   // life of a response_url; Slack: 30 min
	Retry            []time.Duration // waits before an unacknowledged event is sent again; Slack: at once, 1 min, 5 min
	Ping             time.Duration   // time between pings to each socket; Slack: about 10 s
	KeepMessages     int             // messages remembered in each conversation; default 500
	KeepRecords      int             // acknowledgements and calls remembered; default 10,000
}

// Server is the workspace. All methods are safe for concurrent use.
type Server struct {
	mux                *http.ServeMux
	botToken, appToken string
	team               Team
	app                App
}

// New builds a workspace. It fails if two users, channels or groups share an id or a handle.
func New(o Options) (*Server, error) {
	return newServer(o)
}

// Handler answers everything Slack would: /api/*, /socket, /response/*, /upload/* and /files/*.
func (s *Server) Handler() http.Handler { return s.mux }

// SetBaseURL tells the server under which URL, without a trailing slash, Handler is reachable.
func (s *Server) SetBaseURL(url string) { s.setBaseURL(url) }

// Start listens on a free port of 127.0.0.1 and sets the base URL. Close ends it.
func (s *Server) Start(ctx context.Context) error { return s.start(ctx) }

// Close drops the sockets, ends redelivery and, after Start, the listener. Waiting calls return.
func (s *Server) Close() error { return s.close() }

// BaseURL is where the server is reachable, without a trailing slash.
func (s *Server) BaseURL() string { return s.getBaseURL() }

// APIURL is the base of the Web API, with the trailing slash slack-go wants.
func (s *Server) APIURL() string { return s.getBaseURL() + "/api/" }

// BotToken is the app's xoxb token.
func (s *Server) BotToken() string { return s.botToken }

// AppToken is the app's xapp token.
func (s *Server) AppToken() string { return s.appToken }
