package bot

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

func TestAnAcknowledgementThatWasNotWrittenIsSentOnceMore(t *testing.T) {
	t.Parallel()
	b := New(Config{API: slack.New(""), Log: slog.New(slog.DiscardHandler), Now: time.Now})
	failed := socketmode.Event{
		Type: socketmode.EventTypeErrorWriteFailed,
		Data: &socketmode.ErrorWriteFailed{Cause: errors.New("broken pipe"), Response: &socketmode.Response{EnvelopeID: "e", Payload: "p"}},
	}
	hello := socketmode.Event{Type: socketmode.EventTypeHello, Request: &socketmode.Request{}}

	b.hear(t.Context(), failed)
	if len(b.acks.queue) != 0 {
		t.Fatal("sent again over the connection that failed")
	}
	b.hear(t.Context(), hello)
	select {
	case again := <-b.acks.queue:
		if again.id != "e" || again.payload != "p" {
			t.Errorf("sent again: %+v", again)
		}
	default:
		t.Fatal("not sent again over the next connection")
	}

	b.hear(t.Context(), failed)
	b.hear(t.Context(), hello)
	if len(b.acks.queue) != 0 {
		t.Error("sent a third time")
	}
	if h := b.Health(); h.LateAcks != 1 || h.Errors != 2 {
		t.Errorf("%d late acknowledgements and %d errors, want 1 and 2", h.LateAcks, h.Errors)
	}
}

func TestWhatTheBotDoesNotKnowOfItsConnectionIsIgnored(t *testing.T) {
	t.Parallel()
	b := New(Config{API: slack.New(""), Log: slog.New(slog.DiscardHandler), Now: time.Now})
	b.hear(t.Context(), socketmode.Event{Type: "brand_new"})
	b.hear(t.Context(), socketmode.Event{Type: socketmode.EventTypeInvalidAuth, Data: &slack.InvalidAuthEvent{}})
	if h := b.Health(); h.Connected || h.Errors != 0 {
		t.Errorf("health: %+v", h)
	}
}
