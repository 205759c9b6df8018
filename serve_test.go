package main

import (
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"

	"herald/handlers"
	"herald/sandbox/acme"
	"herald/sandbox/slackd"
)

func TestHeraldWaitsForASlackThatIsDownWhenItStarts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, databaseSettings{DatabaseFile: filepath.Join(t.TempDir(), "herald.db")},
		slackd.Fault{Kind: slackd.ServerError, Method: "auth.test", Count: 1},
		slackd.Fault{Kind: slackd.ServerError, Method: "team.info"},
		slackd.Fault{Kind: slackd.ServerError, Method: "apps.connections.open", Count: 1})
	w.colleague(acme.Eve, acme.Random).types("/social", "Help Acme hire people")
}

func TestHeraldEndsWhenSlackRefusesTheToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, databaseSettings{DatabaseFile: filepath.Join(t.TempDir(), "herald.db")})
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	wrong := w.herald
	wrong.SlackBotToken = "xoxb-wrong"
	wrong.DatabaseFile = filepath.Join(t.TempDir(), "another.db")
	if err := wrong.serve(t.Context(), time.Now, slog.New(slog.DiscardHandler), listener); !errors.Is(err, handlers.ErrToken) {
		t.Errorf("serve returns %v, want ErrToken", err)
	}
}

// Synced at ten, and away from five past ten until five to eleven: that is too long for Slack to repeat what happened.
func TestHeraldReadsTheDirectoryAgainAfterEventsWereMissed(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db databaseSettings) {
		w, listener := asleep(t, db)
		for _, later := range []time.Duration{0, 50 * time.Minute} {
			t.Run(later.String(), func(t *testing.T) { //nolint:paralleltest // one after the other
				again := *w
				again.t, again.log = t, &lockedBuffer{}
				again.serve(listener, func() time.Time { return time.Now().Add(later) })
			})
			var err error
			if listener, err = (&net.ListenConfig{}).Listen(t.Context(), "tcp", listener.Addr().String()); err != nil {
				t.Fatal(err)
			}
		}
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	})
}
