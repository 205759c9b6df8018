package slackd

import "unicode/utf8"

// chatPostEphemeral shows a message to one member of a channel:
// https://docs.slack.dev/reference/methods/chat.postEphemeral.
func (s *Server) chatPostEphemeral(c *call) (object, error) {
	said, err := s.parseContent(c.arg("text"), c.raw("blocks"), c.raw("attachments"), nil)
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(said.text) > maxText {
		return nil, refuse("msg_too_long")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.postable(c.arg("channel"))
	if err != nil {
		return nil, err
	}
	if !ch.members[s.app.BotUserID] {
		return nil, refuse("not_in_channel")
	}
	reader := s.directory.byID[c.arg("user")]
	if reader == nil || reader.Deleted || !ch.members[reader.ID] {
		return nil, refuse("user_not_in_channel")
	}
	m := &Message{User: s.app.BotUserID, BotID: s.app.BotID, ThreadTS: c.arg("thread_ts")}
	said.set(m, false)
	s.whisper(ch, reader.ID, m)
	return object{"message_ts": m.TS}, nil
}
