package bot_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"herald/bot"
	"herald/sandbox/slackd"
)

func TestASlackThatHangsUpAtOnceIsNotStormed(t *testing.T) {
	t.Parallel()
	server := newSlack(t, limits())
	const spacing = 50 * time.Millisecond
	began := time.Now()
	s := enter(t, server, newMemory(), func(c *bot.Config) { c.ConnectSpacing = spacing })
	for _, reason := range []string{"refresh_requested", "link_disabled", "too_many_websockets", "warning"} {
		s.connected()
		server.Disconnect(reason)
	}
	s.connected()
	// Between five connections the spacing is doubled each time: 1 + 2 + 4 + 8.
	if took := time.Since(began); took < 15*spacing {
		t.Errorf("five connections within %s, want at least %s", took, 15*spacing)
	}
	if calls := server.Calls("apps.connections.open"); len(calls) != 5 {
		t.Errorf("%d calls of apps.connections.open, want 5", len(calls))
	}
	if h := s.bot.Health(); !h.Connected || h.Reconnects != 4 {
		t.Errorf("health: %+v", h)
	}
}

func TestConnectingSurvivesWhatSlackDoes(t *testing.T) {
	t.Parallel()
	for _, fault := range []slackd.Fault{
		{Kind: slackd.Stall},
		{Kind: slackd.ServerError},
		{Kind: slackd.CutAnswer},
		{Kind: slackd.RateLimited, Delay: time.Second},
		{Kind: slackd.APIError, Error: "internal_error"},
	} {
		t.Run(string(fault.Kind), func(t *testing.T) {
			t.Parallel()
			server := newSlack(t, limits())
			fault.Method, fault.Count = "apps.connections.open", 2
			server.Inject(fault)
			s := enter(t, server, newMemory(), func(c *bot.Config) { c.ConnectTimeout = 500 * time.Millisecond })
			s.connected()
			s.deliver(command("U1", "hello"))
			s.expect("command hello")
			if h := s.bot.Health(); h.Errors < 2 || h.LastError == "" || h.LastErrorAt.IsZero() || strings.Contains(h.LastError, "http://") {
				t.Errorf("health: %+v", h)
			}
		})
	}
}

func TestALongOutageEndsSoon(t *testing.T) {
	t.Parallel()
	server := newSlack(t, limits())
	// slack-go would wait 100 ms, 200 ms, … 12.8 s after eight failures.
	server.Inject(slackd.Fault{Kind: slackd.ServerError, Method: "apps.connections.open", Count: 8})
	s := enter(t, server, newMemory(), func(c *bot.Config) {
		c.ConnectSpacing, c.ConnectSpacingMax = 10*time.Millisecond, 100*time.Millisecond
	})
	began := time.Now()
	s.connected()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("connected after %s", took)
	}
}

func TestADroppedConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	s := play(t, nil)
	finish := make(chan struct{})
	s.handler.command = func(context.Context, slack.SlashCommand) error { <-finish; return nil }
	s.deliver(command("U1", "before"))
	s.slack.DropSockets()
	s.connected()
	close(finish)
	s.deliver(command("U1", "after"))
	s.expect("command before")
	s.expect("command after")
	h := s.bot.Health()
	if !h.Connected || h.Reconnects != 1 || h.LastHello.IsZero() || h.LastHeard.Before(h.LastHello.Add(-time.Second)) || h.Since.IsZero() {
		t.Errorf("health: %+v", h)
	}
}

func TestASilentConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	server := newSlack(t, slackd.Limits{Ping: time.Hour})
	s := enter(t, server, newMemory(), func(c *bot.Config) { c.PingTimeout = 100 * time.Millisecond })
	s.connected()
	s.log.await(t, s.ctx, "connected to Slack")
	if h := s.bot.Health(); h.Reconnects == 0 || !strings.Contains(s.log.String(), "nothing was heard for too long") {
		t.Errorf("health: %+v; the log:\n%s", h, s.log)
	}
}

func TestARefusedTokenEndsTheBotWithAdvice(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, token, path, want string
		fault                   string
	}{
		{name: "an invalid token", token: "xapp-1-nonsense", want: "make an app-level token"},
		{name: "no token", token: "", want: "make an app-level token"},
		{name: "the wrong URL", path: "elsewhere/", want: "check that URL"},
		{name: "a code slack-go repeats for ever", fault: "missing_scope", want: "connections:write"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := newSlack(t, limits())
			if test.fault != "" {
				server.Inject(slackd.Fault{Kind: slackd.APIError, Method: "apps.connections.open", Error: test.fault})
				test.token = server.AppToken()
			}
			s := enter(t, server, newMemory(), func(c *bot.Config) {
				url := server.APIURL()
				if test.path != "" {
					url = server.BaseURL() + "/" + test.path
				}
				c.API = slack.New("", slack.OptionAppLevelToken(test.token), slack.OptionAPIURL(url))
			})
			err := s.ended()
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want advice: %s", err, test.want)
			}
			if s.bot.Health().Connected {
				t.Error("the bot calls itself connected")
			}
		})
	}
}

func TestAShutdownFinishesWhatWasAccepted(t *testing.T) {
	t.Parallel()
	s := play(t, nil)
	finish := make(chan struct{})
	s.handler.command = func(ctx context.Context, _ slack.SlashCommand) error {
		select {
		case <-finish:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.deliver(command("U1", "runs"))
	s.expect("command runs")
	s.deliver(command("U1", "waits"))
	s.cancel()
	if err := s.slack.AwaitConnections(s.ctx, 0); err != nil { // Slack sends what comes now to other processes
		t.Fatal(err)
	}
	select {
	case err := <-s.result:
		t.Fatalf("Run returned %v with work in progress", err)
	default:
	}
	close(finish)
	s.expect("command waits")
	if err := s.ended(); err != nil {
		t.Error(err)
	}
	if n := s.seen.finished(); n != 2 {
		t.Errorf("%d envelopes are finished, want 2", n)
	}
	if h := s.bot.Health(); h.Connected || h.Queue != 0 || h.InFlight != 0 {
		t.Errorf("health: %+v", h)
	}
}

func TestAShutdownAnswersWhatIsOwed(t *testing.T) {
	t.Parallel()
	s := play(t, nil)
	finish := make(chan struct{})
	s.handler.submit = func(context.Context, slack.InteractionCallback) (*slack.ViewSubmissionResponse, func(context.Context) error, error) {
		<-finish
		return slack.NewClearViewSubmissionResponse(), nil, nil
	}
	answered := make(chan slackd.Ack, 1)
	go func() {
		ack, err := s.slack.Deliver(s.ctx, submission("U1", "confirm"))
		if err != nil {
			t.Error(err)
		}
		answered <- ack
	}()
	s.expect("submit confirm")
	s.cancel()
	for { // refused as soon as the shutdown is noticed; the socket stays for the submission
		if ack := s.deliver(command("U2", "too late")); strings.Contains(string(ack.Payload), "try again") {
			break
		}
		s.expect("command too late")
	}
	close(finish)
	if ack := <-answered; !strings.Contains(string(ack.Payload), "clear") {
		t.Errorf("the submission is answered %s", ack.Payload)
	}
	if err := s.ended(); err != nil {
		t.Error(err)
	}
}

func TestAShutdownDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	s := play(t, func(c *bot.Config) { c.Grace = 50 * time.Millisecond })
	interrupted := make(chan error, 1)
	s.handler.command = func(ctx context.Context, _ slack.SlashCommand) error {
		<-ctx.Done()
		interrupted <- ctx.Err()
		return ctx.Err()
	}
	s.deliver(command("U1", "runs"))
	s.expect("command runs")
	if err := s.stop(); err == nil || !strings.Contains(err.Error(), "1 pieces of work") {
		t.Errorf("Run returned %v", err)
	}
	if err := <-interrupted; !errors.Is(err, context.Canceled) {
		t.Errorf("the work ended with %v", err)
	}
	if n := s.seen.finished(); n != 0 {
		t.Error("abandoned work counts as finished")
	}
}

func TestAShutdownWhileConnecting(t *testing.T) {
	t.Parallel()
	server := newSlack(t, limits())
	server.Inject(slackd.Fault{Kind: slackd.Stall, Method: "apps.connections.open"})
	s := enter(t, server, newMemory(), nil)
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}
