package slackd

// conversationsInfo describes a conversation: https://docs.slack.dev/reference/methods/conversations.info.
func (s *Server) conversationsInfo(c *call) (object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.appConversation(c.arg("channel"), "read")
	if err != nil {
		return nil, err
	}
	return object{"channel": s.channelObject(ch)}, nil
}
