package bot

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"
)

// settle is how long the connection stays after the last acknowledgement: slack-go writes them in its own time, and
// does not say when.
const settle = 100 * time.Millisecond

// listen keeps a connection and hears what comes over it, until ctx ends and the last acknowledgements were sent, or
// Slack refuses the token. Everything it starts gets the work context.
//
// Nothing here may block: neither the database nor a slow handler may delay the next acknowledgement.
func (b *Bot) listen(ctx, work context.Context) error {
	line, hangUp := context.WithCancel(work)
	defer hangUp()

	ended := make(chan error, 1)
	connect := func() context.CancelFunc {
		one, redial := context.WithCancel(line)
		go func() { ended <- b.socket.RunContext(one) }()
		return redial
	}
	redial := connect()

	var fatal error
	stop := ctx.Done()
	for {
		select {
		case <-stop:
			stop = nil
			b.draining = true
			go func() {
				b.lastAcks(work)
				hangUp()
			}()
		case event := <-b.socket.Events:
			if event.Type != socketmode.EventTypeConnectionError {
				b.hear(work, event)
			} else if fatal = b.connectionError(event); fatal != nil {
				hangUp()
			} else if b.tooPatient(event) {
				redial()
			}
		case err := <-ended:
			redial()
			b.health.disconnected(b.c.Now())
			if line.Err() != nil {
				return fatal
			}
			if fatal = refusal(err); fatal != nil {
				return fatal
			}
			redial = connect() // paced by the connector, whatever the reason
		}
	}
}

// lastAcks waits, within the time Slack gives, until all that is owed was acknowledged.
func (b *Bot) lastAcks(work context.Context) {
	ctx, cancel := context.WithTimeout(work, b.c.AckBudget)
	defer cancel()
	b.owed.wait(ctx)
	b.acks.pending.wait(ctx)

	timer := time.NewTimer(settle)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-work.Done():
	}
}

// connectionError notes a failed attempt to connect. It returns an error if the next one would fail as well.
func (b *Bot) connectionError(event socketmode.Event) error {
	failed, ok := event.Data.(*slack.ConnectionErrorEvent)
	if !ok || errors.Is(failed.ErrorObj, context.Canceled) {
		return nil
	}
	b.health.disconnected(b.c.Now())
	b.failed("connect to Slack", failed.ErrorObj)
	return refusal(failed.ErrorObj)
}

// tooPatient reports whether slack-go is about to wait longer than needed: it backs off up to five minutes, while the
// connector's spacing protects Slack already. A wait that Slack asked for is kept.
func (b *Bot) tooPatient(event socketmode.Event) bool {
	failed, ok := event.Data.(*slack.ConnectionErrorEvent)
	if !ok {
		return false
	}
	_, limited := errors.AsType[*slack.RateLimitedError](failed.ErrorObj)
	return !limited && failed.Backoff > b.c.ConnectSpacingMax
}

// hear takes one event of the socket.
func (b *Bot) hear(ctx context.Context, event socketmode.Event) {
	switch data := event.Data.(type) {
	case slack.SlashCommand:
		env := commandEnvelope(event.Request, data)
		b.take(ctx, env, func(ctx context.Context) error { return b.c.Handler.Command(ctx, data) })
	case slack.InteractionCallback:
		b.interaction(ctx, event.Request, data)
	case slackevents.EventsAPIEvent:
		b.event(ctx, event.Request, data)
	case *socketmode.ErrorBadMessage:
		b.badMessage(ctx, data)
	case *socketmode.ErrorWriteFailed:
		b.writeFailed(data)
	case *slack.IncomingEventError:
		b.failed("read from Slack", data.ErrorObj)
	default:
		b.connection(event)
	}
}

// connection follows the state of the connection.
func (b *Bot) connection(event socketmode.Event) {
	switch event.Type {
	case socketmode.EventTypeConnecting:
		b.health.disconnected(b.c.Now())
	case socketmode.EventTypeHello:
		b.line.connected()
		b.health.connected(b.c.Now())
		b.c.Log.Info("connected to Slack",
			"connections", event.Request.NumConnections,
			"for", time.Duration(event.Request.DebugInfo.ApproximateConnectionTime)*time.Second)
		for _, response := range b.unsent {
			b.acks.add(ack{id: response.EnvelopeID, payload: response.Payload, heard: b.c.Now()})
		}
		b.unsent = nil
	default:
		b.c.Log.Debug("ignored", "event", string(event.Type))
	}
}

// interaction takes a click, a submission, a suggestion or a closed modal.
func (b *Bot) interaction(ctx context.Context, req *socketmode.Request, cb slack.InteractionCallback) {
	env, known := interactionEnvelope(req, cb)
	switch {
	case !known:
		b.ignore(req.EnvelopeID, "interactive/"+string(cb.Type))
	case env.kind == kindSubmit:
		b.submit(ctx, env, cb)
	case env.kind == kindSuggest:
		b.suggest(ctx, env, cb)
	case env.kind == kindClosed:
		b.take(ctx, env, func(ctx context.Context) error { return b.c.Handler.Closed(ctx, cb) })
	default:
		take := b.take
		if b.c.Handler.Wish(cb) {
			take = b.takeWish
		}
		take(ctx, env, func(ctx context.Context) error { return b.c.Handler.Action(ctx, cb) })
	}
}

// event takes an event of the Events API.
func (b *Bot) event(ctx context.Context, req *socketmode.Request, ev slackevents.EventsAPIEvent) {
	env, known := eventEnvelope(req, ev)
	if !known { // app_rate_limited, above all: https://docs.slack.dev/reference/events/app_rate_limited
		b.ignore(req.EnvelopeID, "events_api/"+ev.Type)
		return
	}
	b.takeEvent(ctx, env, func(ctx context.Context) error { return b.c.Handler.Event(ctx, ev) })
}

// ignore acknowledges what the bot has no use for.
func (b *Bot) ignore(envelopeID, kind string) {
	b.health.note(func(h *Health) { h.BadMessages++ })
	b.c.Log.Warn("message not expected", "type", kind)
	b.acks.add(ack{id: envelopeID, heard: b.c.Now()})
}

// badMessage acknowledges what slack-go does not understand, because Slack would send it again and again, and
// apologises if a person did it.
func (b *Bot) badMessage(ctx context.Context, bad *socketmode.ErrorBadMessage) {
	env := badEnvelope(bad.Message)
	b.health.note(func(h *Health) { h.BadMessages++ })
	ref := newRef()
	b.c.Log.Warn("message not understood", "ref", ref, "type", messageType(bad.Message), "at", badField(bad.Cause))
	if env.id == "" {
		return
	}
	b.acks.add(ack{id: env.id, heard: b.c.Now()})
	b.apologise(ctx, env, ref)
}

// badField returns the field that has another type than slack-go expects, or "" if the trouble is of another kind.
// The error itself may quote the message.
func badField(cause error) string {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](cause); ok {
		return wrong.Struct + "." + wrong.Field
	}
	return ""
}

// messageType returns the types of a message and of the event or interaction in it, as far as they can be read.
func messageType(message json.RawMessage) string {
	var outer struct {
		Type    string          `json:"type"`
		Payload json.RawMessage `json:"payload"`
	}
	var payload struct {
		Type  string          `json:"type"`
		Event json.RawMessage `json:"event"`
	}
	var event struct {
		Type string `json:"type"`
	}
	_ = json.Unmarshal(message, &outer)
	_ = json.Unmarshal(outer.Payload, &payload)
	_ = json.Unmarshal(payload.Event, &event)
	return outer.Type + "/" + payload.Type + "/" + event.Type
}

// writeFailed keeps an acknowledgement for the next connection, once: this one cannot be written to any more.
func (b *Bot) writeFailed(failed *socketmode.ErrorWriteFailed) {
	b.failed("write to Slack", failed.Cause)
	id := failed.Response.EnvelopeID
	if b.resent[id] {
		delete(b.resent, id)
		b.health.note(func(h *Health) { h.LateAcks++ })
		return
	}
	if len(b.resent) >= recentKeys {
		clear(b.resent) // they were written long ago
	}
	b.resent[id] = true
	b.unsent = append(b.unsent, failed.Response)
}

// failed counts and logs an error of the bot itself.
func (b *Bot) failed(doing string, err error) {
	err = withoutURL(err)
	b.health.failed(b.c.Now(), doing, err)
	b.c.Log.Warn("bot in trouble", "doing", doing, "err", err)
}

// withoutURL returns the reason of a failed HTTP call without the URL, which may hold a secret.
func withoutURL(err error) error {
	if call, ok := errors.AsType[*url.Error](err); ok {
		return call.Err
	}
	return err
}
