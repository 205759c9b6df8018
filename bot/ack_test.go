package bot

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"
)

func TestAcknowledgementsNobodyWaitsForAnyMoreAreGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := New(Config{API: slack.New(""), Log: slog.New(slog.DiscardHandler), Now: time.Now, AckBudget: time.Second})
		ctx, cancel := context.WithCancel(t.Context())
		go b.acks.send(ctx)

		// There is no connection: slack-go takes twenty, the rest waits.
		began := time.Now()
		for range 30 {
			gone := make(chan struct{})
			b.acks.add(ack{id: "e", heard: began, gone: gone})
			<-gone
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("gave up after %s, want 1s", took)
		}
		if h := b.Health(); h.LateAcks != 10 {
			t.Errorf("%d late acknowledgements, want 10", h.LateAcks)
		}
		if left := b.acks.pending.count(); left != 0 {
			t.Errorf("%d are still pending", left)
		}
		cancel()
	})
}

func TestAFullQueueOfAcknowledgementsDoesNotBlockTheLoop(t *testing.T) {
	t.Parallel()
	b := New(Config{API: slack.New(""), Log: slog.New(slog.DiscardHandler), Now: time.Now, Workers: 1, Queue: 1})
	for range cap(b.acks.queue) + 3 { // nobody sends
		b.acks.add(ack{id: "e", heard: time.Now()})
	}
	if h := b.Health(); h.LateAcks != 3 {
		t.Errorf("%d late acknowledgements, want 3", h.LateAcks)
	}
}
