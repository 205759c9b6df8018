package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"

	"herald/bot"
	"herald/sandbox/slackd"
)

func TestAcknowledgesBeforeTheWorkIsDone(t *testing.T) {
	t.Parallel()
	s := play(t, nil)
	finish := make(chan struct{})
	s.handler.command = func(context.Context, slack.SlashCommand) error { <-finish; return nil }
	s.handler.action = func(context.Context, slack.InteractionCallback) error { <-finish; return nil }

	for _, e := range []slackd.Envelope{command("U1", "members"), click("U2", "1.1")} {
		if ack := s.deliver(e); ack.Payload != nil {
			t.Errorf("%s is acknowledged with %s", e.Type, ack.Payload)
		}
	}
	s.deliver(interaction("U1", "view_closed", map[string]any{"view": map[string]any{"id": "V1", "callback_id": "confirm"}}))
	for range 2 {
		s.next()
	}
	s.expectNothing() // the closed modal stands behind the command of the same person
	close(finish)
	s.expect("closed confirm")
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	if n := s.seen.finished(); n != 3 {
		t.Errorf("%d envelopes are finished, want 3", n)
	}
}

func TestARepeatedEnvelopeIsAcknowledgedAndNotDoneAgain(t *testing.T) {
	t.Parallel()
	s := play(t, nil)
	s.slack.Inject(slackd.Fault{Kind: slackd.Duplicate, Count: 2})
	s.deliver(command("U1", "first"))
	s.deliver(click("U1", "1.1"))
	s.deliver(command("U1", "last"))
	s.expect("command first")
	s.expect("action 1.1")
	s.expect("command last")
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	s.expectNothing()
	if h := s.bot.Health(); h.Envelopes != 5 || h.Duplicates != 2 {
		t.Errorf("%d envelopes, %d duplicates; want 5 and 2", h.Envelopes, h.Duplicates)
	}
	if acks := s.slack.Acks(); len(acks) != 5 {
		t.Errorf("%d acknowledgements, want 5: %+v", len(acks), acks)
	}
}

func TestARedeliveredEventIsDoneOnceEvenAfterARestart(t *testing.T) {
	t.Parallel()
	s := play(t, nil)
	s.deliver(event("Ev1", "team_join", "U1"))
	s.deliver(event("Ev1", "team_join", "U1")) // Slack's redelivery has an envelope id of its own
	s.expect("event team_join")
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	s.expectNothing()

	again := enter(t, s.slack, s.seen, nil)
	again.connected()
	again.deliver(event("Ev1", "team_join", "U1"))
	again.deliver(event("Ev2", "user_change", "U1"))
	again.expect("event user_change")
	if err := again.stop(); err != nil {
		t.Error(err)
	}
	again.expectNothing()
}

func TestAnEventNobodyAcknowledgedIsHeardWhenItComesAgain(t *testing.T) {
	t.Parallel()
	server := newSlack(t, slackd.Limits{Ack: 200 * time.Millisecond, Retry: []time.Duration{time.Second, time.Second, time.Second}})
	s := enter(t, server, newMemory(), nil)
	s.connected()
	s.slack.Inject(slackd.Fault{Kind: slackd.DropSocket, Method: "events_api", Count: 1})
	if err := s.slack.SendEvent(map[string]any{"type": "team_join", "user": map[string]any{"id": "U1"}}); err != nil {
		t.Fatal(err)
	}
	s.expect("event team_join")
	if h := s.bot.Health(); h.Reconnects != 1 {
		t.Errorf("%d reconnects, want 1", h.Reconnects)
	}
}

func TestEachPersonIsServedInOrder(t *testing.T) {
	t.Parallel()
	s := play(t, nil)
	var mu sync.Mutex
	got := map[string][]string{}
	s.handler.command = func(_ context.Context, cmd slack.SlashCommand) error {
		mu.Lock()
		defer mu.Unlock()
		got[cmd.UserID] = append(got[cmd.UserID], cmd.Text)
		return nil
	}
	var want []string
	for i := range 20 {
		want = append(want, fmt.Sprintf("%02d", i))
		for _, user := range []string{"U1", "U2", "U3"} {
			e := command(user, want[i])
			e.ID = user + want[i]
			if err := s.slack.DeliverRaw(frame(e)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 60 {
		s.next()
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	for user, order := range got {
		if !slices.Equal(order, want) {
			t.Errorf("%s is served in the order %v", user, order)
		}
	}
}

func TestOnePersonsSlownessIsNobodyElsesProblem(t *testing.T) {
	t.Parallel()
	s := play(t, nil)
	finish := make(chan struct{})
	s.handler.command = func(_ context.Context, cmd slack.SlashCommand) error {
		if cmd.UserID == "U1" {
			<-finish
		}
		return nil
	}
	s.deliver(command("U1", "slow"))
	s.expect("command slow")
	s.deliver(command("U1", "waits"))
	s.deliver(command("U2", "quick"))
	s.expect("command quick")
	close(finish)
	s.expect("command waits")
}

func TestEnvelopesOutOfOrderAreAllHeard(t *testing.T) {
	t.Parallel()
	s := play(t, nil)
	s.slack.Inject(slackd.Fault{Kind: slackd.Reorder, Method: "slash_commands", Count: 1})
	var both sync.WaitGroup
	for _, text := range []string{"one", "two"} {
		both.Go(func() {
			if _, err := s.slack.Deliver(s.ctx, command("U1", text)); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if got := []string{s.next(), s.next()}; !slices.Contains(got, "command one") || !slices.Contains(got, "command two") {
		t.Errorf("heard %v", got)
	}
}

func TestWhatSlackGoDoesNotUnderstandIsAcknowledged(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		envelope slackd.Envelope
		apology  string // the beginning; "" for none
	}{
		{"a new type of envelope", envelope("brand_new", map[string]any{"x": 1}), ""},
		{"a new event", envelope("events_api", map[string]any{"type": "event_callback", "event_id": "Ev1", "event": map[string]any{"type": "brand_new", "user": "U1"}}), ""},
		{"an event that is none", envelope("events_api", []int{1}), ""},
		{"an event without an event", envelope("events_api", map[string]any{"type": "event_callback"}), ""},
		{"app_rate_limited", envelope("events_api", map[string]any{"type": "app_rate_limited", "team_id": "T1"}), ""},
		{"a new interaction", interaction("U1", "brand_new", map[string]any{}), ""},
		{"a click in the wrong shape", interaction("U1", "block_actions", map[string]any{"actions": "none"}), "apology T1 U1   "},
		{"a command in the wrong shape", envelope("slash_commands", map[string]any{"team_id": "T1", "user_id": "U1", "text": 5, "response_url": "http://r"}), "apology T1 U1  http://r "},
		{"a command that is text", envelope("slash_commands", "/social"), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := play(t, nil)
			s.deliver(test.envelope)
			if test.apology != "" {
				if got := s.next(); !strings.HasPrefix(got, test.apology) || !strings.Contains(s.log.String(), "ref="+got[len(test.apology):]) {
					t.Errorf("got %q; the log:\n%s", got, s.log)
				}
			}
			s.deliver(command("U1", "still there"))
			s.expect("command still there")
			if h := s.bot.Health(); h.BadMessages != 1 {
				t.Errorf("%d bad messages, want 1", h.BadMessages)
			}
		})
	}
}

func TestBadFramesDoNotEndTheConversation(t *testing.T) {
	t.Parallel()
	s := play(t, nil)
	for _, text := range []string{`{"envelope_id":`, `nonsense`, `[]`, `null`, `{}`, `{"type":"slash_commands"}`, `"text"`, ``} {
		if err := s.slack.DeliverRaw([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	s.deliver(command("U1", "still there"))
	for got := s.next(); got != "command still there"; got = s.next() {
		if got != "command " { // an envelope with nothing in it is a command without words
			t.Errorf("the handler is asked for %q", got)
		}
	}
	if h := s.bot.Health(); !h.Connected || h.Reconnects != 0 {
		t.Errorf("the connection did not survive: %+v", h)
	}
}

func TestAPanicIsAnsweredWithAReference(t *testing.T) {
	t.Parallel()
	s := play(t, nil)
	s.handler.command = func(context.Context, slack.SlashCommand) error { panic("Ann Lee's secret") }
	s.handler.action = func(_ context.Context, cb slack.InteractionCallback) error {
		_ = cb.ActionCallback.BlockActions[7]
		return nil
	}
	s.deliver(command("U0ANNLEE", "go"))
	s.expect("command go")
	apology := s.next()
	ref, ok := strings.CutPrefix(apology, "apology T1 U0ANNLEE C1 http://slack.invalid/r ")
	if !ok || len(ref) != 8 {
		t.Fatalf("got %q", apology)
	}
	s.deliver(click("U0BOGARCIA", "1.2"))
	s.expect("action 1.2")
	if got := s.next(); !strings.HasPrefix(got, "apology T1 U0BOGARCIA C1 http://slack.invalid/r ") {
		t.Errorf("got %q", got)
	}
	log := s.log.String()
	for _, want := range []string{"ref=" + ref, "TestAPanicIsAnsweredWithAReference", "index out of range"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
	for _, secret := range []string{"Ann Lee", "U0ANNLEE", "U0BOGARCIA", "slack.invalid", "xapp-"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q:\n%s", secret, log)
		}
	}
	if h := s.bot.Health(); h.Panics != 2 || !strings.Contains(h.LastError, "panic") {
		t.Errorf("health: %+v", h)
	}
}

func TestNobodyIsAskedToForgiveWhatTheyDidNotDo(t *testing.T) {
	t.Parallel()
	s := play(t, nil)
	s.handler.event = func(context.Context, slackevents.EventsAPIEvent) error { panic("oh") }
	s.deliver(event("Ev1", "user_change", "U1")) // a profile was edited: its owner waits for nothing
	s.expect("event user_change")
	s.deliver(event("Ev2", "app_home_opened", "U1"))
	s.expect("event app_home_opened")
	if got := s.next(); !strings.HasPrefix(got, "apology T1 U1 ") {
		t.Errorf("got %q", got)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	s.expectNothing()
}

func TestAnErrorOfTheHandlerIsOnlyLogged(t *testing.T) {
	t.Parallel()
	s := play(t, nil)
	s.handler.command = func(context.Context, slack.SlashCommand) error { return errors.New("no luck") }
	s.deliver(command("U1", "go"))
	s.expect("command go")
	if line := s.log.await(t, s.ctx, "handler failed"); !strings.Contains(line, "no luck") || !strings.Contains(line, "ref=") {
		t.Errorf("logged %q", line)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	s.expectNothing()
}

func TestWithoutItsDatabaseTheBotStillServesPeople(t *testing.T) {
	t.Parallel()
	for _, trouble := range []string{"down", "slow"} {
		t.Run(trouble, func(t *testing.T) {
			t.Parallel()
			s := play(t, func(c *bot.Config) { c.ClaimBudget = 300 * time.Millisecond })
			s.seen.set(trouble == "down", trouble == "slow")

			s.slack.Inject(slackd.Fault{Kind: slackd.Duplicate, Count: 1})
			s.deliver(command("U1", "one"))
			s.deliver(command("U1", "two"))
			s.expect("command one") // once: quick duplicates are recognised without the database
			s.expect("command two")

			s.log.await(t, s.ctx, "look up an envelope") // of each command
			s.log.await(t, s.ctx, "look up an envelope")
			s.ignored(event("Ev1", "team_join", "U9"), "look up an envelope")
			s.expectNothing()

			s.seen.set(false, false)
			s.deliver(event("Ev1", "team_join", "U9"))
			s.expect("event team_join")
		})
	}
}

func TestASlowDatabaseDelaysNoAcknowledgement(t *testing.T) {
	t.Parallel()
	s := play(t, func(c *bot.Config) { c.ClaimBudget, c.Grace = patience, time.Millisecond })
	s.seen.set(false, true)
	for i := range 100 { // more than there are workers
		s.deliver(command(fmt.Sprintf("U%d", i), "hello"))
	}
	s.expectNothing()
}

func TestAcknowledgesInTimeUnderLoad(t *testing.T) {
	t.Parallel()
	s := play(t, func(c *bot.Config) { c.Workers = 4 })
	slow := make(chan struct{})
	s.handler.command = func(context.Context, slack.SlashCommand) error { <-slow; return nil }

	const commands = 400
	var mu sync.Mutex
	var latency []time.Duration
	var all sync.WaitGroup
	for i := range commands {
		all.Go(func() {
			ack, err := s.slack.Deliver(s.ctx, command(fmt.Sprintf("U%d", i%50), strconv.Itoa(i)))
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			latency = append(latency, ack.Latency)
		})
	}
	all.Wait()
	if h := s.bot.Health(); h.InFlight != 4 || h.Queue != commands-4 {
		t.Errorf("%d in flight and %d waiting, want 4 and %d", h.InFlight, h.Queue, commands-4)
	}
	close(slow)
	for range commands {
		s.next()
	}
	slices.Sort(latency)
	t.Logf("acknowledged %d at once: median %s, last %s", commands, latency[len(latency)/2], latency[len(latency)-1])
}

func TestWhatDoesNotFitIsRefusedKindly(t *testing.T) {
	t.Parallel()
	s := play(t, func(c *bot.Config) { c.Workers, c.Queue = 1, 1 })
	finish := make(chan struct{})
	s.handler.command = func(context.Context, slack.SlashCommand) error { <-finish; return nil }
	s.handler.suggest = func(ctx context.Context, _ slack.InteractionCallback) ([]*slack.OptionBlockObject, error) {
		<-finish
		return nil, ctx.Err()
	}
	s.deliver(command("U1", "runs"))
	s.expect("command runs")
	s.deliver(command("U2", "waits"))

	ack := s.deliver(command("U3", "no room"))
	if !strings.Contains(string(ack.Payload), "try again") || !strings.Contains(string(ack.Payload), "ephemeral") {
		t.Errorf("a command is answered %s", ack.Payload)
	}
	if ack := s.deliver(click("U3", "1.1")); ack.Payload != nil {
		t.Errorf("a click is acknowledged with %s", ack.Payload)
	}
	if got := s.next(); !strings.HasPrefix(got, "turned away T1 U3 C1 ") || !strings.Contains(got, "nothing was changed. Please try again in a minute.") {
		t.Errorf("a click is answered by %q", got)
	}
	if ack := s.deliver(submission("U3", "reason", input("why"))); !strings.Contains(string(ack.Payload), `"errors":{"why":`) {
		t.Errorf("a modal with an input is answered %s", ack.Payload)
	}
	if ack := s.deliver(submission("U3", "confirm")); !strings.Contains(string(ack.Payload), `"response_action":"update"`) {
		t.Errorf("a modal without an input is answered %s", ack.Payload)
	}
	s.ignored(event("Ev1", "team_join", "U3"), "kind=event")
	first := make(chan struct{})
	go func() {
		defer close(first)
		_, _ = s.slack.Deliver(s.ctx, suggestion("U4", "a"))
	}()
	s.expect("suggest a")
	if ack := s.deliver(suggestion("U5", "b")); string(ack.Payload) != `{"options":[]}` {
		t.Errorf("a suggestion is answered %s", ack.Payload)
	}
	if h := s.bot.Health(); h.Refused != 6 {
		t.Errorf("%d refused, want 6", h.Refused)
	}
	close(finish)
	<-first
	s.expect("command waits")
}

func TestSubmissionsAreAnsweredByTheHandler(t *testing.T) {
	t.Parallel()
	s := play(t, nil)
	s.handler.submit = func(_ context.Context, cb slack.InteractionCallback) (*slack.ViewSubmissionResponse, func(context.Context) error, error) {
		after := func(context.Context) error {
			s.handler.did <- "after " + cb.View.CallbackID
			return nil
		}
		if cb.View.CallbackID == "close" {
			return nil, after, nil
		}
		return slack.NewErrorsViewSubmissionResponse(map[string]string{"why": "Please say why."}), nil, nil
	}
	if ack := s.deliver(submission("U1", "close")); ack.Payload != nil {
		t.Errorf("acknowledged with %s", ack.Payload)
	}
	s.expect("submit close")
	s.expect("after close")

	s.slack.Inject(slackd.Fault{Kind: slackd.Duplicate, Count: 1})
	first := s.deliver(submission("U1", "reason", input("why")))
	s.expect("submit reason")
	s.deliver(command("U1", "turn")) // once it has its turn, the second delivery was answered
	s.expect("command turn")
	s.deliver(command("U1", "last")) // acknowledged after that answer
	answers := 0
	for _, ack := range s.slack.Acks() {
		if ack.EnvelopeID != first.EnvelopeID {
			continue
		}
		answers++
		if !strings.Contains(string(ack.Payload), "Please say why.") {
			t.Errorf("the submission is answered %s", ack.Payload)
		}
	}
	if answers != 2 {
		t.Errorf("the submission, delivered twice, is answered %d times", answers)
	}
	if h := s.bot.Health(); h.Duplicates != 1 {
		t.Errorf("%d duplicates, want 1", h.Duplicates)
	}
}

func TestASubmissionThatFailsIsAnsweredKindly(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		submit func(context.Context) (*slack.ViewSubmissionResponse, error)
		want   string
		budget time.Duration
	}{
		{"it panics", func(context.Context) (*slack.ViewSubmissionResponse, error) { panic("oh") }, "Something broke", 0},
		{"it fails", func(context.Context) (*slack.ViewSubmissionResponse, error) { return nil, errors.New("no luck") }, "Something broke", 0},
		{"it gives up in time", func(ctx context.Context) (*slack.ViewSubmissionResponse, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, "takes longer", 100 * time.Millisecond},
		{"its answer is too large", func(context.Context) (*slack.ViewSubmissionResponse, error) {
			return slack.NewErrorsViewSubmissionResponse(map[string]string{"why": strings.Repeat("x", 20<<10)}), nil
		}, "Something broke", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := play(t, func(c *bot.Config) { c.SubmitBudget = test.budget })
			s.handler.submit = func(ctx context.Context, _ slack.InteractionCallback) (*slack.ViewSubmissionResponse, func(context.Context) error, error) {
				response, err := test.submit(ctx)
				return response, nil, err
			}
			ack := s.deliver(submission("U1", "reason", input("why")))
			var answer struct {
				Errors map[string]string `json:"errors"`
			}
			if err := json.Unmarshal(ack.Payload, &answer); err != nil {
				t.Fatal(err)
			}
			text := answer.Errors["why"]
			if !strings.Contains(text, test.want) {
				t.Fatalf("answered %s", ack.Payload)
			}
			for word := range strings.FieldsSeq(strings.Trim(text, ".)")) {
				if len(word) == 8 && strings.ToUpper(word) == word {
					if !strings.Contains(s.log.String(), "ref="+word) {
						t.Errorf("the log lacks the reference %s:\n%s", word, s.log)
					}
					return
				}
			}
			t.Errorf("no reference in %q", text)
		})
	}
}

func TestASubmissionThatIgnoresItsDeadlineStillDoesWhatFollows(t *testing.T) {
	t.Parallel()
	s := play(t, func(c *bot.Config) { c.SubmitBudget = 50 * time.Millisecond })
	finish := make(chan struct{})
	s.handler.submit = func(context.Context, slack.InteractionCallback) (*slack.ViewSubmissionResponse, func(context.Context) error, error) {
		<-finish
		return nil, func(context.Context) error {
			s.handler.did <- "after"
			return nil
		}, nil
	}
	if ack := s.deliver(submission("U1", "confirm")); !strings.Contains(string(ack.Payload), "takes longer") {
		t.Errorf("answered %s", ack.Payload)
	}
	close(finish)
	s.expect("submit confirm")
	s.expect("after")
}

func TestASubmissionDoesNotWaitForAClickForEver(t *testing.T) {
	t.Parallel()
	s := play(t, nil)
	finish := make(chan struct{})
	s.handler.action = func(context.Context, slack.InteractionCallback) error { <-finish; return nil }
	s.deliver(click("U1", "1.1"))
	s.expect("action 1.1")
	s.deliver(submission("U1", "confirm"))
	s.expect("submit confirm")
	close(finish)
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	s.expectNothing()
}

func TestSuggestions(t *testing.T) {
	t.Parallel()
	s := play(t, func(c *bot.Config) { c.SubmitBudget = time.Second })
	s.handler.suggest = func(ctx context.Context, cb slack.InteractionCallback) ([]*slack.OptionBlockObject, error) {
		switch cb.Value {
		case "panic":
			panic("oh")
		case "slow":
			<-ctx.Done()
			return nil, ctx.Err()
		case "ann":
			return []*slack.OptionBlockObject{slack.NewOptionBlockObject("U1", slack.NewTextBlockObject(slack.PlainTextType, "Ann", false, false), nil)}, nil
		}
		return nil, nil
	}
	for typed, want := range map[string]string{
		"nobody": `{"options":[]}`,
		"panic":  `{"options":[]}`,
		"slow":   `{"options":[]}`,
		"ann":    `{"options":[{"text":{"type":"plain_text","text":"Ann","emoji":false},"value":"U1"}]}`,
	} {
		if ack := s.deliver(suggestion("U1", typed)); string(ack.Payload) != want {
			t.Errorf("%s: suggested %s, want %s", typed, ack.Payload, want)
		}
	}
}
