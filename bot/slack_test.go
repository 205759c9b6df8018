package bot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"

	"herald/bot"
	"herald/sandbox/slackd"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// script is a Handler that does what a test tells it to. Whatever it was asked to do, it first says so on did.
type script struct {
	did chan string // "command help", "event app_home_opened", "apology U1 <ref>", …

	command func(context.Context, slack.SlashCommand) error
	action  func(context.Context, slack.InteractionCallback) error
	event   func(context.Context, slackevents.EventsAPIEvent) error
	submit  func(context.Context, slack.InteractionCallback) (*slack.ViewSubmissionResponse, func(context.Context) error, error)
	suggest func(context.Context, slack.InteractionCallback) ([]*slack.OptionBlockObject, error)
}

func newScript() *script { return &script{did: make(chan string, 1000)} }

func (s *script) Command(ctx context.Context, cmd slack.SlashCommand) error {
	s.did <- "command " + cmd.Text
	if s.command == nil {
		return nil
	}
	return s.command(ctx, cmd)
}

func (s *script) Action(ctx context.Context, cb slack.InteractionCallback) error {
	s.did <- "action " + cb.TriggerID
	if s.action == nil {
		return nil
	}
	return s.action(ctx, cb)
}

func (s *script) Wish(cb slack.InteractionCallback) bool {
	return strings.HasPrefix(cb.TriggerID, "wish")
}

func (s *script) Closed(_ context.Context, cb slack.InteractionCallback) error {
	s.did <- "closed " + cb.View.CallbackID
	return nil
}

func (s *script) Event(ctx context.Context, ev slackevents.EventsAPIEvent) error {
	s.did <- "event " + ev.InnerEvent.Type
	if s.event == nil {
		return nil
	}
	return s.event(ctx, ev)
}

func (s *script) Submit(ctx context.Context, cb slack.InteractionCallback) (*slack.ViewSubmissionResponse, func(context.Context) error, error) {
	s.did <- "submit " + cb.View.CallbackID
	if s.submit == nil {
		return nil, nil, nil
	}
	return s.submit(ctx, cb)
}

func (s *script) Suggest(ctx context.Context, cb slack.InteractionCallback) ([]*slack.OptionBlockObject, error) {
	s.did <- "suggest " + cb.Value
	if s.suggest == nil {
		return nil, nil
	}
	return s.suggest(ctx, cb)
}

func (s *script) Apologise(_ context.Context, teamID, userID, channelID, responseURL, ref string) {
	s.did <- strings.Join([]string{"apology", teamID, userID, channelID, responseURL, ref}, " ")
}

func (s *script) TurnAway(_ context.Context, teamID, userID, channelID, responseURL, text string) {
	s.did <- strings.Join([]string{"turned away", teamID, userID, channelID, responseURL, text}, " ")
}

// memory is a Seen that lives as long as a test, and keeps leases as the store does. A broken one fails, a slow one takes its time, in vain.
type memory struct {
	mu     sync.Mutex
	claims map[string]claim // by key
	broken bool
	slow   bool
}

// claim is what a memory knows of an envelope.
type claim struct {
	at       time.Time
	finished bool
}

func newMemory() *memory { return &memory{claims: map[string]claim{}} }

func (m *memory) BeginEnvelope(ctx context.Context, key string, lease time.Duration) (mine, finished bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.trouble(ctx); err != nil {
		return false, false, err
	}
	before, claimed := m.claims[key]
	if claimed && (before.finished || time.Since(before.at) < lease) {
		return false, before.finished, nil
	}
	m.claims[key] = claim{at: time.Now()}
	return true, false, nil
}

func (m *memory) FinishEnvelope(ctx context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.trouble(ctx); err != nil {
		return err
	}
	m.claims[key] = claim{finished: true}
	return nil
}

func (m *memory) ReleaseEnvelope(ctx context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.trouble(ctx); err != nil {
		return err
	}
	delete(m.claims, key)
	return nil
}

// trouble is what goes wrong. Callers hold mu.
func (m *memory) trouble(ctx context.Context) error {
	if m.broken {
		return errors.New("the database is down")
	}
	if m.slow {
		m.mu.Unlock()
		<-ctx.Done()
		m.mu.Lock()
		return ctx.Err()
	}
	return nil
}

// set changes what goes wrong.
func (m *memory) set(broken, slow bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken, m.slow = broken, slow
}

// finished counts the keys that are done.
func (m *memory) finished() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, c := range m.claims {
		if c.finished {
			n++
		}
	}
	return n
}

// scene is a bot connected to a local Slack.
type scene struct {
	t       *testing.T
	ctx     context.Context // ends when the test must have ended
	slack   *slackd.Server
	handler *script
	seen    *memory
	bot     *bot.Bot
	log     *logbook

	cancel context.CancelFunc
	result chan error
}

// limits are Slack's, but for redelivery, which comes three times at once.
func limits() slackd.Limits {
	return slackd.Limits{Retry: []time.Duration{0, 0, 0}}
}

// newSlack starts a local Slack.
func newSlack(tb testing.TB, l slackd.Limits) *slackd.Server {
	tb.Helper()
	server, err := slackd.New(slackd.Options{Now: time.Now, Limits: l})
	if err != nil {
		tb.Fatal(err)
	}
	if err := server.Start(context.WithoutCancel(tb.Context())); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = server.Close() })
	return server
}

// play connects a bot to a local Slack of its own. The end of the test stops both.
func play(t *testing.T, change func(*bot.Config)) *scene {
	t.Helper()
	s := enter(t, newSlack(t, limits()), newMemory(), change)
	s.connected()
	return s
}

// enter runs a bot against the Slack, without waiting for the connection.
func enter(t *testing.T, server *slackd.Server, seen *memory, change func(*bot.Config)) *scene {
	t.Helper()
	ctx, expire := context.WithTimeout(t.Context(), patience)
	t.Cleanup(expire)
	s := &scene{t: t, ctx: ctx, slack: server, handler: newScript(), seen: seen, log: &logbook{}, result: make(chan error, 1)}
	config := bot.Config{
		API:            slack.New("", slack.OptionAppLevelToken(server.AppToken()), slack.OptionAPIURL(server.APIURL())),
		Handler:        s.handler,
		Seen:           seen,
		Log:            slog.New(slog.NewTextHandler(s.log, nil)),
		Now:            time.Now,
		ConnectSpacing: 20 * time.Millisecond,
	}
	if change != nil {
		change(&config)
	}
	s.bot = bot.New(config)
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel = cancel
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.result <- s.bot.Run(running)
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(patience):
			t.Error("the bot does not stop")
		}
	})
	return s
}

// connected waits for the next hello, and until Slack has one socket.
func (s *scene) connected() {
	s.t.Helper()
	s.log.await(s.t, s.ctx, "connected to Slack")
	if err := s.slack.AwaitConnections(s.ctx, 1); err != nil {
		s.t.Fatalf("wait for one connection: %v; the log:\n%s", err, s.log)
	}
}

// stop ends the bot and returns what Run returned.
func (s *scene) stop() error {
	s.t.Helper()
	s.cancel()
	return s.ended()
}

// ended waits for the end of Run.
func (s *scene) ended() error {
	s.t.Helper()
	select {
	case err := <-s.result:
		return err
	case <-s.ctx.Done():
		s.t.Fatalf("Run does not return; the log:\n%s", s.log)
		return nil
	}
}

// next returns what the handler is asked to do next.
func (s *scene) next() string {
	s.t.Helper()
	select {
	case did := <-s.handler.did:
		return did
	case <-s.ctx.Done():
		s.t.Fatalf("the handler is asked for nothing; the log:\n%s", s.log)
		return ""
	}
}

// expect fails the test unless this is what the handler is asked to do next.
func (s *scene) expect(want string) {
	s.t.Helper()
	if got := s.next(); got != want {
		s.t.Fatalf("the handler is asked for %q, want %q", got, want)
	}
}

// expectNothing fails the test if the handler was asked for anything more.
func (s *scene) expectNothing() {
	s.t.Helper()
	select {
	case did := <-s.handler.did:
		s.t.Errorf("the handler was asked for %q", did)
	default:
	}
}

// deliver sends an envelope and fails the test unless it is acknowledged in time.
func (s *scene) deliver(e slackd.Envelope) slackd.Ack {
	s.t.Helper()
	ack, err := s.slack.Deliver(s.ctx, e)
	if err != nil {
		s.t.Fatalf("deliver %s: %v; the log:\n%s", e.Type, err, s.log)
	}
	return ack
}

// ignored sends an envelope and fails the test if it is acknowledged by the time the log says these words.
func (s *scene) ignored(e slackd.Envelope, words string) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	result := make(chan error, 1)
	go func() {
		_, err := s.slack.Deliver(ctx, e)
		result <- err
	}()
	s.log.await(s.t, s.ctx, words)
	cancel()
	if err := <-result; err == nil {
		s.t.Errorf("%s is acknowledged", e.Type)
	}
}

// logbook is a log that can be waited for.
type logbook struct {
	mu      sync.Mutex
	text    bytes.Buffer
	read    int           // up to where await has looked
	written chan struct{} // closed with the next line; nil if nobody waits
}

// Write implements io.Writer.
func (l *logbook) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.written != nil {
		close(l.written)
		l.written = nil
	}
	return l.text.Write(line)
}

// String returns the whole log.
func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// await waits for the next line that holds the words, and returns it.
func (l *logbook) await(t *testing.T, ctx context.Context, words string) string {
	t.Helper()
	for {
		l.mu.Lock()
		for rest := l.text.Bytes()[l.read:]; len(rest) > 0; rest = l.text.Bytes()[l.read:] {
			end := bytes.IndexByte(rest, '\n') + 1
			l.read += end
			if line := string(rest[:end]); strings.Contains(line, words) {
				l.mu.Unlock()
				return line
			}
		}
		if l.written == nil {
			l.written = make(chan struct{})
		}
		written := l.written
		l.mu.Unlock()
		select {
		case <-written:
		case <-ctx.Done():
			t.Fatalf("the log never says %q:\n%s", words, l)
		}
	}
}

// command returns the envelope of a slash command. Whoever types the same words twice does so in two envelopes.
func command(user, text string) slackd.Envelope {
	return envelope("slash_commands", map[string]any{
		"team_id": "T1", "user_id": user, "channel_id": "C1", "command": "/social", "text": text,
		"response_url": "http://slack.invalid/r", "trigger_id": "1." + text,
	})
}

// click returns the envelope of a button click.
func click(user, trigger string) slackd.Envelope {
	return interaction(user, "block_actions", map[string]any{
		"trigger_id": trigger, "response_url": "http://slack.invalid/r", "channel": map[string]any{"id": "C1"},
		"actions": []any{map[string]any{"type": "button", "action_id": "a", "block_id": "b"}},
	})
}

// submission returns the envelope of a submitted modal; blocks may be none.
func submission(user, callback string, blocks ...any) slackd.Envelope {
	return interaction(user, "view_submission", map[string]any{
		"trigger_id": "1." + callback,
		"view":       map[string]any{"id": "V1", "type": "modal", "callback_id": callback, "blocks": append([]any{}, blocks...)},
	})
}

// input is a block of a modal.
func input(blockID string) map[string]any {
	return map[string]any{
		"type": "input", "block_id": blockID,
		"label":   map[string]any{"type": "plain_text", "text": "Reason"},
		"element": map[string]any{"type": "plain_text_input", "action_id": "text"},
	}
}

// suggestion returns the envelope of a person typing into an external select.
func suggestion(user, typed string) slackd.Envelope {
	return interaction(user, "block_suggestion", map[string]any{"action_id": "a", "block_id": "b", "value": typed})
}

// interaction returns the envelope of an interaction.
func interaction(user, kind string, fields map[string]any) slackd.Envelope {
	fields["type"] = kind
	fields["team"] = map[string]any{"id": "T1"}
	fields["user"] = map[string]any{"id": user, "team_id": "T1"}
	return envelope("interactive", fields)
}

// event returns the envelope of an event. The user is an id in app_home_opened and an object in all others.
func event(eventID, kind, userID string) slackd.Envelope {
	var user any = map[string]any{"id": userID}
	if kind == "app_home_opened" {
		user = userID
	}
	return envelope("events_api", map[string]any{
		"type": "event_callback", "team_id": "T1", "event_id": eventID,
		"event": map[string]any{"type": kind, "user": user, "tab": "home", "event_ts": "1.1"},
	})
}

// envelope returns an envelope around a payload.
func envelope(kind string, payload any) slackd.Envelope {
	text, err := json.Marshal(payload)
	if err != nil {
		panic(err) // the payloads above are all encodable
	}
	return slackd.Envelope{Type: kind, Payload: text, AcceptsResponsePayload: kind != "events_api"}
}

// frame renders an envelope for slackd.Server.DeliverRaw, which waits for no acknowledgement.
func frame(e slackd.Envelope) []byte {
	return fmt.Appendf(nil, `{"envelope_id":%q,"type":%q,"payload":%s}`, e.ID, e.Type, e.Payload)
}
