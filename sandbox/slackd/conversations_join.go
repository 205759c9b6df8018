package slackd

// conversationsJoin lets the app join a public channel: https://docs.slack.dev/reference/methods/conversations.join.
func (s *Server) conversationsJoin(c *call) (object, error) {
	s.mu.Lock()
	ch := s.conversation(c.arg("channel"))
	if ch == nil || !ch.visibleTo(s.app.BotUserID) {
		s.mu.Unlock()
		return nil, refuse("channel_not_found")
	}
	if ch.IsPrivate {
		s.mu.Unlock()
		return nil, refuse("method_not_supported_for_channel_type")
	}
	joined := !ch.members[s.app.BotUserID]
	ch.admit(s.app.BotUserID)
	answer := object{"channel": s.channelObject(ch)}
	s.channelChanged(ch)
	s.mu.Unlock()
	if !joined {
		answer["warning"] = "already_in_channel"
		return answer, nil
	}
	s.publish("member_joined_channel", object{"user": s.app.BotUserID, "channel": ch.ID, "channel_type": "C", "team": s.team.ID})
	return answer, nil
}
