package slackd

import "strings"

// conversationsOpen opens a DM with one person: https://docs.slack.dev/reference/methods/conversations.open.
// Group DMs are not part of the sandbox.
func (s *Server) conversationsOpen(c *call) (object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id := c.arg("channel"); id != "" {
		ch := s.conversation(id)
		if ch == nil || !ch.IsIM {
			return nil, refuse("channel_not_found")
		}
		return object{"channel": object{"id": ch.ID}}, nil
	}
	users := strings.Split(c.arg("users"), ",")
	switch {
	case c.arg("users") == "":
		return nil, refuse("users_list_not_supplied")
	case len(users) > 1:
		return nil, refuse("not_enough_users", "[ERROR] the sandbox has no group DMs [json-pointer:/users]")
	}
	ch, err := s.openDM(users[0])
	if err != nil {
		return nil, err
	}
	answer := object{"id": ch.ID}
	if c.on("return_im", false) {
		answer = s.channelObject(ch)
	}
	return object{"channel": answer, "already_open": len(ch.messages) > 0}, nil
}

// openDM returns the app's DM with a person it may write to. Callers hold mu.
func (s *Server) openDM(userID string) (*channel, error) {
	a := s.directory.byID[userID]
	switch {
	case a == nil:
		return nil, refuse("user_not_found")
	case a.IsBot || a.ID == slackbotID:
		return nil, refuse("cannot_dm_bot")
	case a.Deleted:
		return nil, refuse("user_disabled")
	case a.IsStranger:
		return nil, refuse("user_not_visible")
	}
	return s.conversation(dmID(userID)), nil
}
