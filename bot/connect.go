package bot

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// lasting is how long a connection must have stood for the next one to be made without delay.
const lasting = time.Minute

// writeBuffer holds the largest acknowledgement in one frame: Slack drops messages split into several, see
// https://github.com/slack-go/slack/blob/v0.35.0/socketmode/socketmode.go.
const writeBuffer = 32 << 10

// connector makes the connections of the socket. It is the HTTP client of apps.connections.open, because that is the
// only place where slack-go's reconnecting can be slowed down: after any disconnect it connects again at once, however
// short the last connection was.
type connector struct {
	http    *http.Client
	timeout time.Duration // of each step of connecting
	silence time.Duration // the longest that a connection may be silent
	least   time.Duration
	most    time.Duration
	now     func() time.Time

	heard atomic.Int64 // when the last byte came, in Unix nanoseconds; 0: never

	mu      sync.Mutex
	tried   time.Time     // start of the last attempt
	hello   time.Time     // when the last attempt led to a hello; zero if it did not
	spacing time.Duration // least time from tried to the next attempt
}

// newConnector returns a connector that has not connected yet.
func newConnector(c Config) *connector {
	return &connector{
		http: &http.Client{
			Timeout: c.ConnectTimeout,
			// Connecting is rare, and often follows a change of network that leaves idle connections dead.
			Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
		},
		timeout: c.ConnectTimeout,
		silence: c.PingTimeout,
		least:   c.ConnectSpacing,
		most:    c.ConnectSpacingMax,
		now:     c.Now,
		spacing: c.ConnectSpacing,
	}
}

// client returns a Socket Mode client that connects through c. The client holds a copy of api, which stays as it is.
func (c *connector) client(api *slack.Client) *socketmode.Client {
	dialer := &websocket.Dialer{
		Proxy:            http.ProxyFromEnvironment,
		NetDialContext:   c.dial,
		HandshakeTimeout: c.timeout,
		WriteBufferSize:  writeBuffer,
	}
	// slack-go counts only pings, which not every server sends: wire counts whatever comes.
	socket := socketmode.New(api, socketmode.OptionDialer(dialer), socketmode.OptionPingInterval(math.MaxInt64))
	slack.OptionHTTPClient(c)(&socket.Client)
	return socket
}

// Do calls apps.connections.open when its turn has come. Only the call itself counts against the timeout.
func (c *connector) Do(req *http.Request) (*http.Response, error) {
	timer := time.NewTimer(c.turn())
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-req.Context().Done():
		return nil, context.Cause(req.Context())
	}
	return c.http.Do(req)
}

// turn returns how long to wait before the next attempt, and takes it as made.
func (c *connector) turn() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()

	now := c.now()
	if !c.hello.IsZero() && now.Sub(c.hello) >= lasting {
		c.spacing = c.least
	}
	// Up to half as much again, so that many bots cut off together do not come back together.
	jitter := rand.N(c.spacing/2 + 1) //nolint:gosec // spreading load needs no secrecy
	wait := max(0, c.tried.Add(c.spacing+jitter).Sub(now))
	c.tried = now.Add(wait)
	c.hello = time.Time{}
	c.spacing = min(2*c.spacing, c.most)
	return wait
}

// connected notes that the last attempt led to a working connection.
func (c *connector) connected() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hello = c.now()
}

// lastHeard returns when Slack last sent anything, pings included.
func (c *connector) lastHeard() time.Time {
	if ns := c.heard.Load(); ns != 0 {
		return time.Unix(0, ns)
	}
	return time.Time{}
}

// alive finds a peer that is gone within half a minute, long before its silence does.
func alive() net.KeepAliveConfig {
	return net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}
}

// dial opens the TCP connection below the WebSocket.
func (c *connector) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: c.timeout, KeepAliveConfig: alive()}).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return newWire(conn, c), nil
}

// errSilent ends a connection that was silent for too long.
var errSilent = errors.New("nothing was heard for too long, not even a ping")

// wire is a connection that notes when something was heard on it, and ends when nothing is. Nor does it survive a
// failed write: gorilla's WebSocket refuses all writes after the first failure, but slack-go keeps reading and would
// never acknowledge again.
type wire struct {
	net.Conn
	of       *connector
	patience *time.Timer
	silent   atomic.Bool // patience ran out
}

// newWire returns the connection with patience for one silence.
func newWire(conn net.Conn, c *connector) *wire {
	w := &wire{Conn: conn, of: c}
	w.patience = time.AfterFunc(c.silence, func() {
		w.silent.Store(true)
		_ = conn.Close()
	})
	return w
}

// Read implements net.Conn.
func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if n > 0 {
		w.of.heard.Store(w.of.now().UnixNano())
		w.patience.Reset(w.of.silence)
	}
	if err != nil && w.silent.Load() {
		err = errSilent
	}
	return n, err
}

// Close implements net.Conn.
func (w *wire) Close() error {
	w.patience.Stop()
	return w.Conn.Close()
}

// Write implements net.Conn.
func (w *wire) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	if err != nil {
		_ = w.Close()
	}
	return n, err
}

// refusal returns an error that says what to do if err means that connecting again is of no use, or nil.
// slack-go gives up on some of these codes and repeats others for ever, see
// https://docs.slack.dev/reference/methods/apps.connections.open#errors for their meaning.
func refusal(err error) error {
	const renew = "make an app-level token with the scope connections:write (your app › Basic Information › App-Level Tokens) and give it to Herald"
	if status, ok := errors.AsType[slack.StatusCodeError](err); ok && status.Code == http.StatusNotFound {
		return fmt.Errorf("connect to Slack: there is no apps.connections.open under the API URL; check that URL: %w", err)
	}
	answer, ok := errors.AsType[slack.SlackErrorResponse](err)
	if !ok {
		return nil
	}
	switch answer.Err {
	case "invalid_auth", "not_authed", "token_revoked", "token_expired":
		return fmt.Errorf("connect to Slack: the app-level token is not valid; %s: %w", renew, err)
	case "not_allowed_token_type":
		return fmt.Errorf("connect to Slack: this is not an app-level token (xapp-…); %s: %w", renew, err)
	case "missing_scope", "no_permission":
		return fmt.Errorf("connect to Slack: the app-level token lacks a scope; %s: %w", renew, err)
	case "account_inactive":
		return fmt.Errorf("connect to Slack: the app or the account that made its token was deactivated; install the app again, then %s: %w", renew, err)
	default:
		return nil
	}
}
