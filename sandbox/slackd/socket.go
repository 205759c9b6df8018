package slackd

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// maxSockets is how many connections one app may hold: https://docs.slack.dev/apis/events-api/using-socket-mode.
const maxSockets = 10

// connectionSeconds is the life of a connection that hello announces, as seen with Slack. The sandbox closes none by
// itself: see Server.Disconnect.
const connectionSeconds = 18_060

// ticketLife is how long a WebSocket URL can be used, once.
const ticketLife = 30 * time.Second

// writeTime is how long one frame may take to write.
const writeTime = 10 * time.Second

// sockets are the app's open connections.
type sockets struct {
	tickets map[string]time.Time // by ticket: until when it opens a socket
	open    []*socket
	joining int      // accepted, but not greeted yet
	next    int      // whose turn it is
	held    [][]byte // frames a fault keeps back
}

// socket is one connection.
type socket struct {
	conn  *websocket.Conn
	write sync.Mutex
}

func newSockets() sockets { return sockets{tickets: map[string]time.Time{}} }

// newTicket lets its bearer open one socket.
func (k *sockets) newTicket(now time.Time) string {
	for ticket, until := range k.tickets {
		if until.Before(now) {
			delete(k.tickets, ticket)
		}
	}
	ticket := rand.Text()
	k.tickets[ticket] = now.Add(ticketLife)
	return ticket
}

// redeem uses a ticket up.
func (k *sockets) redeem(ticket string, now time.Time) bool {
	until, ok := k.tickets[ticket]
	delete(k.tickets, ticket)
	return ok && !until.Before(now)
}

// pick returns the socket whose turn it is, or nil.
func (k *sockets) pick() *socket {
	if len(k.open) == 0 {
		return nil
	}
	k.next++
	return k.open[k.next%len(k.open)]
}

// nextSocket is pick for callers that do not hold mu.
func (s *Server) nextSocket() *socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sockets.pick()
}

// send writes a text frame; a socket that takes too long is cut.
func (k *socket) send(frame []byte) error {
	k.write.Lock()
	defer k.write.Unlock()
	slow := time.AfterFunc(writeTime, func() { _ = k.conn.Close() })
	defer slow.Stop()
	return k.conn.WriteMessage(websocket.TextMessage, frame)
}

// serveSocket is one Socket Mode connection, from hello to its end.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	ok := s.sockets.redeem(r.URL.Query().Get("ticket"), s.now())
	s.mu.Unlock()
	if !ok {
		http.Error(w, "unknown ticket", http.StatusForbidden)
		return
	}
	// slack-go sends Slack's own origin, which is not ours.
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		s.log.Info("socket upgrade refused", "err", err)
		return
	}
	k := &socket{conn: conn}
	defer func() { _ = conn.Close() }()
	count := s.join()
	if count == 0 {
		_ = k.send(disconnectFrame("too_many_websockets"))
		return
	}
	hello := encode(object{
		"type":            "hello",
		"num_connections": count,
		"connection_info": object{"app_id": s.app.ID},
		"debug_info":      object{"host": "sandbox", "build_number": 1, "approximate_connection_time": connectionSeconds},
	})
	ctx, stop := context.WithCancel(s.life)
	defer stop()
	if !s.greeted(ctx, k, k.send(hello)) { //nolint:contextcheck // a socket lives as long as the server
		return
	}
	defer s.leave(k)
	for {
		_, frame, err := conn.ReadMessage()
		if err != nil {
			return
		}
		s.acknowledge(frame)
	}
}

// join counts a new socket in and returns how many there are; 0 if there are too many already.
func (s *Server) join() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sockets.joining++; len(s.sockets.open)+s.sockets.joining > maxSockets || s.life.Err() != nil {
		s.sockets.joining--
		return 0
	}
	return len(s.sockets.open) + s.sockets.joining
}

// greeted lets a socket that heard hello have envelopes, and pings until ctx ends.
func (s *Server) greeted(ctx context.Context, k *socket, deaf error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets.joining--
	if deaf != nil || ctx.Err() != nil {
		return false
	}
	s.spawn(func() { s.ping(ctx, k) })
	s.sockets.open = append(s.sockets.open, k)
	s.changed(Change{Kind: "sockets"})
	return true
}

// leave counts a socket out.
func (s *Server) leave(k *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets.open = slices.DeleteFunc(s.sockets.open, func(other *socket) bool { return other == k })
	s.changed(Change{Kind: "sockets"})
}

// ping keeps a socket alive until ctx ends.
func (s *Server) ping(ctx context.Context, k *socket) {
	ticker := time.NewTicker(s.limits.Ping)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if k.conn.WriteControl(websocket.PingMessage, []byte("ping"), time.Time{}) != nil {
				return
			}
		}
	}
}

// Connections is the number of open sockets.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets.open)
}

// AwaitConnections waits until exactly n sockets are open, or returns ctx's error.
func (s *Server) AwaitConnections(ctx context.Context, n int) error {
	return s.Await(ctx, func() bool { return s.Connections() == n })
}

// openSockets copies the list of open sockets.
func (s *Server) openSockets() []*socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sockets.open)
}

// Disconnect sends every socket a disconnect message with this reason ("warning", "refresh_requested",
// "link_disabled", "too_many_websockets") and closes it, except after "warning".
func (s *Server) Disconnect(reason string) {
	for _, k := range s.openSockets() {
		if k.send(disconnectFrame(reason)) != nil || reason == "warning" {
			continue
		}
		s.leave(k)
		goodbye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, reason)
		_ = k.conn.WriteControl(websocket.CloseMessage, goodbye, time.Time{})
	}
}

// disconnectFrame is Slack's announcement that a connection ends.
func disconnectFrame(reason string) []byte {
	return encode(object{"type": "disconnect", "reason": reason, "debug_info": object{"host": "sandbox"}})
}

// DropSockets cuts all sockets without a word.
func (s *Server) DropSockets() {
	for _, k := range s.openSockets() {
		s.leave(k)
		_ = k.conn.Close()
	}
}

// errNoSocket is returned when the app is not connected.
var errNoSocket = errors.New("the app has no socket open")

// DeliverRaw writes any text frame to one socket. It fails if none is open.
func (s *Server) DeliverRaw(frame []byte) error {
	k := s.nextSocket()
	if k == nil {
		return errNoSocket
	}
	return k.send(frame)
}

// acknowledge takes in what the app answered to an envelope.
func (s *Server) acknowledge(frame []byte) {
	var answer struct {
		EnvelopeID string          `json:"envelope_id"`
		Payload    json.RawMessage `json:"payload"`
	}
	if json.Unmarshal(frame, &answer) != nil || answer.EnvelopeID == "" {
		s.log.Warn("socket frame is no acknowledgement", "bytes", len(frame))
		return
	}
	if string(answer.Payload) == "null" {
		answer.Payload = nil
	}
	s.settle(answer.EnvelopeID, answer.Payload, len(frame) >= maxAck)
}
