package slackd

// chatDelete deletes a message of the app: https://docs.slack.dev/reference/methods/chat.delete.
func (s *Server) chatDelete(c *call) (object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, m, err := s.ownMessage(c.arg("channel"), c.arg("ts"), "cant_delete_message")
	if err != nil {
		return nil, err
	}
	s.remove(ch, m)
	return object{"channel": ch.ID, "ts": m.TS}, nil
}
