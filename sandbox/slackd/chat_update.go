package slackd

import "unicode/utf8"

// chatUpdate changes a message of the app: https://docs.slack.dev/reference/methods/chat.update.
// Blocks and attachments it does not mention stay; ephemeral messages cannot be updated.
func (s *Server) chatUpdate(c *call) (object, error) {
	said, err := s.parseContent(c.arg("text"), c.raw("blocks"), c.raw("attachments"), c.raw("metadata"))
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(said.text) > maxText {
		return nil, refuse("msg_too_long")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, m, err := s.ownMessage(c.arg("channel"), c.arg("ts"), "cant_update_message")
	if err != nil {
		return nil, err
	}
	said.set(m, true)
	s.edited(ch, m)
	return object{"channel": ch.ID, "ts": m.TS, "text": m.Text, "message": s.messageObject(m)}, nil
}

// ownMessage returns a message of the app that is not ephemeral; notOwn is the error for other people's.
// Callers hold mu.
func (s *Server) ownMessage(channelID, ts, notOwn string) (*channel, *Message, error) {
	ch := s.conversation(channelID)
	if ch == nil || !ch.visibleTo(s.app.BotUserID) {
		return nil, nil, refuse("channel_not_found")
	}
	i, ok := find(ch.messages, ts)
	if !ok {
		return nil, nil, refuse("message_not_found")
	}
	if ch.messages[i].BotID != s.app.BotID {
		return nil, nil, refuse(notOwn)
	}
	return ch, ch.messages[i], nil
}
