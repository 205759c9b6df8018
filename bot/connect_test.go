package bot

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"
)

// pacedConnector returns a connector with the default spacing.
func pacedConnector() *connector {
	return newConnector(Config{Now: time.Now}.withDefaults())
}

func TestConnectionsThatDoNotLastAreSpacedMoreAndMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := pacedConnector()
		if wait := c.turn(); wait != 0 {
			t.Errorf("the first connection waits %s", wait)
		}
		attempts := 0
		for began := time.Now(); time.Since(began) < 10*time.Minute; attempts++ {
			c.connected()
			wait := c.turn()
			if wait < time.Second || wait > 45*time.Second {
				t.Errorf("attempt %d waits %s, want 1 s to 45 s", attempts, wait)
			}
			time.Sleep(wait)
		}
		if attempts > 30 {
			t.Errorf("%d attempts in ten minutes", attempts)
		}
	})
}

func TestAConnectionAfterALongOneIsMadeAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := pacedConnector()
		for range 10 {
			time.Sleep(c.turn())
		}
		c.connected()
		time.Sleep(time.Hour)
		if wait := c.turn(); wait != 0 {
			t.Errorf("the connection waits %s", wait)
		}
		c.connected()
		if wait := c.turn(); wait < time.Second || wait > 3*time.Second {
			t.Errorf("the next one waits %s, want 1 s to 3 s: the long one pays the debt", wait)
		}
	})
}

func TestAShutdownDoesNotWaitForItsTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := pacedConnector()
		c.turn()
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://slack.invalid/api/apps.connections.open", nil)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		resp, err := c.Do(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		if !errors.Is(err, context.Canceled) || time.Since(began) != 0 {
			t.Errorf("got %v after %s", err, time.Since(began))
		}
	})
}

func TestAFailedWriteEndsTheConnection(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	c := pacedConnector()
	w := newWire(near, c)

	go func() { _, _ = far.Write([]byte("hello")) }()
	if _, err := w.Read(make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	if c.lastHeard().IsZero() {
		t.Error("nothing was heard")
	}

	if err := near.SetWriteDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("late")); err == nil {
		t.Fatal("writing after the deadline went well")
	}
	if _, err := w.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is still read from")
	}
}

func TestWhateverIsHeardKeepsAConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		c := pacedConnector()
		c.silence = time.Minute
		w := newWire(near, c)
		began := time.Now()
		go func() {
			for range 5 {
				time.Sleep(c.silence - time.Second)
				_, _ = far.Write([]byte("an event, but no ping"))
			}
		}()
		for range 5 {
			if _, err := w.Read(make([]byte, 100)); err != nil {
				t.Fatalf("after %s: %v", time.Since(began), err)
			}
		}
		heard := time.Now()
		if _, err := w.Read(make([]byte, 100)); !errors.Is(err, errSilent) || time.Since(heard) != c.silence {
			t.Errorf("%s after the last word: %v", time.Since(heard), err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		want string // "" if connecting again may help
	}{
		{slack.SlackErrorResponse{Err: "invalid_auth"}, "make an app-level token"},
		{slack.SlackErrorResponse{Err: "not_allowed_token_type"}, "xapp-"},
		{slack.SlackErrorResponse{Err: "missing_scope"}, "connections:write"},
		{slack.SlackErrorResponse{Err: "account_inactive"}, "install the app again"},
		{slack.StatusCodeError{Code: http.StatusNotFound}, "check that URL"},
		{slack.SlackErrorResponse{Err: "internal_error"}, ""},
		{slack.StatusCodeError{Code: http.StatusBadGateway}, ""},
		{&slack.RateLimitedError{}, ""},
		{context.Canceled, ""},
		{nil, ""},
	} {
		got := refusal(test.err)
		if (got == nil) != (test.want == "") || got != nil && !strings.Contains(got.Error(), test.want) {
			t.Errorf("%v: got %v", test.err, got)
		}
		if got != nil && !strings.HasSuffix(got.Error(), test.err.Error()) {
			t.Errorf("%v is lost in %v", test.err, got)
		}
	}
}
