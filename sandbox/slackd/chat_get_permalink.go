package slackd

import "strings"

// chatGetPermalink links to a message: https://docs.slack.dev/reference/methods/chat.getPermalink.
func (s *Server) chatGetPermalink(c *call) (object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.conversation(c.arg("channel"))
	if ch == nil || !ch.visibleTo(s.app.BotUserID) {
		return nil, refuse("channel_not_found")
	}
	ts := c.arg("message_ts")
	if _, ok := find(ch.messages, ts); !ok {
		return nil, refuse("message_not_found")
	}
	link := "https://" + s.team.Domain + ".slack.com/archives/" + ch.ID + "/p" + strings.ReplaceAll(ts, ".", "")
	return object{"channel": ch.ID, "permalink": link}, nil
}
