package slackd

import "strings"

// appsConnectionsOpen hands out a one-time WebSocket URL:
// https://docs.slack.dev/reference/methods/apps.connections.open.
func (s *Server) appsConnectionsOpen(c *call) (object, error) {
	s.mu.Lock()
	ticket := s.sockets.newTicket(s.now())
	s.mu.Unlock()
	base := strings.Replace(s.base(c.request), "http", "ws", 1)
	return object{"url": base + "/socket?ticket=" + ticket + "&app_id=" + s.app.ID}, nil
}
