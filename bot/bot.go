// Package bot hears: it keeps the Socket Mode connection to Slack, acknowledges every envelope in time, and hands
// what people do to a Handler, one thing at a time for each person. It also keeps the clock that starts recurring
// work. What an envelope means is decided elsewhere.
package bot

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"
)

// Handler decides what to do with what was heard. Its methods are called from many goroutines, but never two at a
// time for the same person, except Suggest, and Submit when the person's turn does not come in time.
// The context ends after Config.HandleTimeout, or when a shutdown has waited for Config.Grace.
type Handler interface {
	// Command runs a slash command. Like Action and Closed it runs after the envelope was acknowledged: an error it
	// returns is only logged, people are answered by the method itself.
	Command(ctx context.Context, cmd slack.SlashCommand) error
	// Action handles block_actions, shortcuts and message shortcuts; cb.Type tells which.
	Action(ctx context.Context, cb slack.InteractionCallback) error
	// Wish tells whether a click is one that must not get lost with this process, because somebody says no: Action has done
	// what it asks for before it is acknowledged, if that takes no longer than Config.WishBudget. Such a click may be done twice.
	Wish(cb slack.InteractionCallback) bool
	// Closed handles a modal that was closed without being submitted.
	Closed(ctx context.Context, cb slack.InteractionCallback) error
	// Event handles an event_callback of the Events API, which is acknowledged afterwards: after an error Slack delivers
	// it again, at most three times. It may run twice, and its context ends after Config.EventTimeout.
	Event(ctx context.Context, ev slackevents.EventsAPIEvent) error
	// Submit computes the acknowledgement of a view_submission before the context's deadline
	// (Config.SubmitBudget); nil closes the modal. A response of 20 KB or more cannot be delivered and is replaced
	// by an apology. A non-nil after runs once the response is on its way, even if it came too late.
	Submit(ctx context.Context, cb slack.InteractionCallback) (response *slack.ViewSubmissionResponse, after func(context.Context) error, err error)
	// Suggest computes the options of a block_suggestion before the context's deadline (Config.SubmitBudget).
	// Options that do not fit into 20 KB are left out.
	Suggest(ctx context.Context, cb slack.InteractionCallback) ([]*slack.OptionBlockObject, error)
	// Apologise tells a person that something broke. The log holds the same ref. Each of teamID, channelID and
	// responseURL may be empty.
	Apologise(ctx context.Context, teamID, userID, channelID, responseURL, ref string)
	// TurnAway tells a person in these words that what they did was not taken, because of overload or a shutdown.
	// Each of teamID, channelID and responseURL may be empty.
	TurnAway(ctx context.Context, teamID, userID, channelID, responseURL, text string)
}

// Seen is the durable memory of envelopes, so that what Slack delivers again is not done again.
type Seen interface {
	// BeginEnvelope claims the key. If it is not mine, finished tells whether it was finished before; otherwise it was claimed
	// less than lease ago, and is in progress, unless its process died.
	BeginEnvelope(ctx context.Context, key string, lease time.Duration) (mine, finished bool, err error)
	// FinishEnvelope marks the claimed key as done for good.
	FinishEnvelope(ctx context.Context, key string) error
	// ReleaseEnvelope gives up the claim of a key that is not finished.
	ReleaseEnvelope(ctx context.Context, key string) error
}

// Config is what a Bot needs. API, Handler, Seen, Log and Now are required, everything else has a default.
type Config struct {
	API     *slack.Client // with slack.OptionAppLevelToken, and slack.OptionAPIURL if it is not Slack's own
	Handler Handler
	Seen    Seen
	Log     *slog.Logger // receives no payloads, names, user ids or tokens
	Now     func() time.Time

	Workers int // pieces of work in progress at once; default 32
	Queue   int // pieces of work that may wait; more are refused with a friendly answer; default 1000

	AckBudget     time.Duration // an acknowledgement older than this is given up; default 2.5 s of Slack's 3 s
	SubmitBudget  time.Duration // time for Submit and Suggest; default 1.5 s
	WishBudget    time.Duration // a click that is a Wish is acknowledged after this time even if it is not done yet; default 1 s
	ClaimBudget   time.Duration // time for one call of Seen; default 500 ms
	HandleTimeout time.Duration // time for each other call of the Handler; default 2 min
	Lease         time.Duration // how long a claim stands that was never finished; default 5 min, more than HandleTimeout
	EventTimeout  time.Duration // time for Event; default 45 s
	EventLease    time.Duration // Lease of events; default 50 s: more than EventTimeout, less than the minute after which Slack delivers them again
	Grace         time.Duration // how long Run waits for work in progress when its context ends; default 20 s
	PingTimeout   time.Duration // a connection on which nothing came for this long, not even a ping, is replaced; default 90 s

	ConnectSpacing    time.Duration // least time between two attempts to connect; doubled while connections do not last; default 1 s
	ConnectSpacingMax time.Duration // the most it grows to; default 30 s
	ConnectTimeout    time.Duration // for apps.connections.open, and again for the WebSocket handshake; default 10 s
}

// withDefaults fills in what was left zero.
func (c Config) withDefaults() Config {
	count := func(n *int, otherwise int) {
		if *n <= 0 {
			*n = otherwise
		}
	}
	span := func(d *time.Duration, otherwise time.Duration) {
		if *d <= 0 {
			*d = otherwise
		}
	}
	count(&c.Workers, 32)
	count(&c.Queue, 1000)
	span(&c.AckBudget, 2500*time.Millisecond)
	span(&c.SubmitBudget, 1500*time.Millisecond)
	span(&c.WishBudget, time.Second)
	span(&c.ClaimBudget, 500*time.Millisecond)
	span(&c.HandleTimeout, 2*time.Minute)
	span(&c.Lease, 5*time.Minute)
	span(&c.EventTimeout, 45*time.Second)
	span(&c.EventLease, 50*time.Second)
	span(&c.Grace, 20*time.Second)
	span(&c.PingTimeout, 90*time.Second)
	span(&c.ConnectSpacing, time.Second)
	span(&c.ConnectSpacingMax, 30*time.Second)
	span(&c.ConnectTimeout, 10*time.Second)
	return c
}

// Bot hears one Slack app. Make one with New.
type Bot struct {
	c Config // after withDefaults

	socket *socketmode.Client
	line   *connector // of the socket
	people *queue
	acks   *acks
	recent *recent
	health health

	owed       tally         // envelopes whose acknowledgement still has to be computed
	busy       tally         // pieces of work accepted and not finished
	suggesting chan struct{} // one token for each Suggest in progress
	apologies  chan struct{} // one token for each Apologise in progress

	draining bool                   // only the loop uses it
	unsent   []*socketmode.Response // acknowledgements to write again on the next connection; only the loop uses it
	resent   map[string]bool        // envelope ids in unsent, now or before; only the loop uses it
}

// New returns a Bot that is not connected yet.
func New(c Config) *Bot {
	b := &Bot{c: c.withDefaults(), resent: map[string]bool{}}
	b.line = newConnector(b.c)
	b.socket = b.line.client(b.c.API)
	b.people = newQueue(b.c.Queue)
	b.acks = newAcks(b.socket, b.c, &b.health)
	b.recent = newRecent(recentKeys)
	b.suggesting = make(chan struct{}, b.c.Workers)
	b.apologies = make(chan struct{}, apologiesAtOnce)
	b.health.Since = b.c.Now()
	return b
}

// Run connects to Slack and hears until ctx ends, reconnecting as often as needed. It may be called once.
//
// When ctx ends it takes no new work, lets what was accepted finish within Config.Grace, and returns nil; if
// something had to be abandoned, an error says how much. It returns early only if Slack refuses the app-level token
// for good; the error says what to do.
func (b *Bot) Run(ctx context.Context) error {
	// Work in progress outlives ctx: it is what the grace period is for.
	work, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()

	stop := make(chan struct{})
	defer close(stop)
	for range b.c.Workers {
		go b.people.work(stop)
	}
	go b.acks.send(work)

	fatal := b.listen(ctx, work)

	b.health.disconnected(b.c.Now())
	grace, cancel := context.WithTimeout(work, b.c.Grace)
	defer cancel()
	if left := b.busy.wait(grace); left > 0 {
		abandon()
		released, stop := context.WithTimeout(context.WithoutCancel(ctx), b.c.ClaimBudget)
		defer stop()
		b.busy.wait(released) // what heeds its context gives its claim up
		b.c.Log.Warn("stopping with unfinished work", "unfinished", left, "grace", b.c.Grace)
		if fatal == nil {
			return fmt.Errorf("stop the bot: %d pieces of work did not finish within %s", left, b.c.Grace)
		}
	}
	return fatal
}
