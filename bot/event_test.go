package bot_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/slack-go/slack/slackevents"

	"herald/bot"
	"herald/sandbox/slackd"
)

// patient is a local Slack that delivers an event again soon, and often, while nobody acknowledges it.
func patient(t *testing.T) *slackd.Server {
	t.Helper()
	soon := make([]time.Duration, 100)
	for i := range soon {
		soon[i] = 20 * time.Millisecond
	}
	return newSlack(t, slackd.Limits{Ack: 200 * time.Millisecond, Retry: soon})
}

// joined has somebody join the workspace.
func (s *scene) joined() {
	s.t.Helper()
	if err := s.slack.SendEvent(map[string]any{"type": "team_join", "user": map[string]any{"id": "U1"}}); err != nil {
		s.t.Fatal(err)
	}
}

// acknowledged counts the acknowledgements.
func (s *scene) acknowledged() int {
	n := 0
	for _, ack := range s.slack.Acks() {
		if !ack.Missed {
			n++
		}
	}
	return n
}

func TestAnEventOfAProcessThatDiesIsHeardByAnother(t *testing.T) {
	t.Parallel()
	server, seen := patient(t), newMemory()
	dying := enter(t, server, seen, func(c *bot.Config) {
		c.AckBudget, c.ClaimBudget, c.Grace = 10*time.Millisecond, 10*time.Millisecond, time.Millisecond // it is gone soon
	})
	dying.connected()
	dead := make(chan struct{})
	defer close(dead)
	dying.handler.event = func(context.Context, slackevents.EventsAPIEvent) error { <-dead; return nil } // whatever it does comes to nothing
	dying.joined()
	dying.expect("event team_join")
	if n := dying.acknowledged(); n != 0 {
		t.Fatalf("acknowledged %d times before it was done", n)
	}
	dying.cancel()
	if err := dying.ended(); err == nil {
		t.Fatal("the process ended well")
	}

	other := enter(t, server, seen, func(c *bot.Config) { c.EventLease = 2 * time.Second })
	other.expect("event team_join") // once the claim of the dead is void; until then Slack is not told that it was heard
	if err := other.stop(); err != nil {
		t.Error(err)
	}
	other.expectNothing()
	if n := other.acknowledged(); n != 1 {
		t.Errorf("acknowledged %d times, want once", n)
	}
}

func TestAnEventThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := enter(t, patient(t), newMemory(), nil)
	s.connected()
	tries := 0
	s.handler.event = func(context.Context, slackevents.EventsAPIEvent) error {
		if tries++; tries < 3 {
			return errors.New("the database is down")
		}
		return nil
	}
	s.joined()
	for range 3 {
		s.expect("event team_join")
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	s.expectNothing()
	if n := s.acknowledged(); n != 1 || s.seen.finished() != 1 {
		t.Errorf("acknowledged %d times and finished %d, want once each", n, s.seen.finished())
	}
}

func TestAnEventThatTakesLongIsAcknowledgedWhenItComesAgain(t *testing.T) {
	t.Parallel()
	s := enter(t, newSlack(t, slackd.Limits{Ack: time.Second}), newMemory(), func(c *bot.Config) { c.AckBudget = 500 * time.Millisecond })
	s.connected()
	finish := make(chan struct{})
	s.handler.event = func(context.Context, slackevents.EventsAPIEvent) error { <-finish; return nil }
	if _, err := s.slack.Deliver(s.ctx, event("Ev1", "team_join", "U1")); err == nil {
		t.Error("acknowledged before it was done")
	}
	s.expect("event team_join")
	close(finish)
	s.deliver(event("Ev1", "team_join", "U1"))
	s.expectNothing()
}
