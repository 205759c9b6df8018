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

// A large directory takes longer than the clock's next look at it.
func TestOneDirectorySyncRunsAtATime(t *testing.T) {
	t.Parallel()
	var d directories // without a store: whoever gets past the lock panics
	d.running.Lock()
	if err := d.sync(t.Context(), time.Time{}); err != nil {
		t.Errorf("the second sync returns %v", err)
	}
}
