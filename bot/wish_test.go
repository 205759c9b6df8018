package bot_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"herald/bot"
)

func TestAWishIsDoneBeforeItIsAcknowledged(t *testing.T) {
	t.Parallel()
	s := play(t, func(c *bot.Config) { c.WishBudget = patience })
	finish := make(chan struct{})
	s.handler.action = func(context.Context, slack.InteractionCallback) error { <-finish; return nil }
	heard := make(chan error, 1)
	go func() {
		_, err := s.slack.Deliver(s.ctx, click("U1", "wish"))
		heard <- err
	}()
	s.expect("action wish")
	s.deliver(command("U2", "hello"))
	if n := len(s.slack.Acks()); n != 1 {
		t.Error("a process that died now would have lost it")
	}
	close(finish)
	if err := <-heard; err != nil {
		t.Error(err)
	}
}

func TestAWishOfAProcessThatDiedIsDoneWhenItComesAgain(t *testing.T) {
	t.Parallel()
	s := play(t, nil)
	again := click("U1", "wish")
	again.ID = "E1"
	if mine, _, err := s.seen.BeginEnvelope(s.ctx, "act:E1:wish", time.Minute); !mine || err != nil {
		t.Fatal(mine, err)
	}
	s.deliver(again)
	s.expect("action wish")
}

func TestAWishThatTakesLongIsAcknowledgedAndKeepsItsPlace(t *testing.T) {
	t.Parallel()
	s := play(t, func(c *bot.Config) { c.WishBudget = 50 * time.Millisecond })
	finish := make(chan struct{})
	s.handler.action = func(context.Context, slack.InteractionCallback) error { <-finish; return nil }
	s.deliver(click("U1", "wish 1"))
	s.deliver(click("U1", "2"))
	s.deliver(click("U1", "wish 3"))
	s.expect("action wish 1")
	s.expectNothing()
	close(finish)
	got := []string{s.next(), s.next()}
	if want := []string{"action 2", "action wish 3"}; !slices.Equal(got, want) {
		t.Errorf("done in the order %v, want %v", got, want)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	if n := len(s.slack.Acks()); n != 3 {
		t.Errorf("%d acknowledgements, want one each", n)
	}
}
