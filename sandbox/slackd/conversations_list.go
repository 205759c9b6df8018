package slackd

import (
	"slices"
	"strings"
)

// scopeOf is the scope that reads (or, with "history", follows) this kind of conversation.
func (c *channel) scopeOf(verb string) string {
	switch {
	case c.IsIM:
		return "im:" + verb
	case c.IsPrivate:
		return "groups:" + verb
	}
	return "channels:" + verb
}

// appConversation returns a conversation the app may see, with the scope its kind needs. Callers hold mu.
func (s *Server) appConversation(id, verb string) (*channel, error) {
	c := s.conversation(id)
	if c == nil || !c.visibleTo(s.app.BotUserID) {
		return nil, refuse("channel_not_found")
	}
	if scope := c.scopeOf(verb); !s.granted(scope) {
		return nil, s.missingScope(scope)
	}
	return c, nil
}

// conversationsList pages through public channels and the private ones the app is in, as "types" asks:
// https://docs.slack.dev/reference/methods/conversations.list. DMs are not listed.
func (s *Server) conversationsList(c *call) (object, error) {
	limit, err := c.limit(100, maxPage)
	if err != nil {
		return nil, err
	}
	types := strings.Split(c.arg("types"), ",")
	if c.arg("types") == "" {
		types = []string{"public_channel"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for kind, scope := range map[string]string{"public_channel": "channels:read", "private_channel": "groups:read"} {
		if slices.Contains(types, kind) && !s.granted(scope) {
			return nil, s.missingScope(scope)
		}
	}
	after := ""
	if cursor := c.arg("cursor"); cursor != "" {
		if after, err = cursorID("channel", cursor); err != nil {
			return nil, err
		}
	}
	list, next := []object{}, ""
	for _, ch := range s.channels.order {
		kind := "public_channel"
		if ch.IsPrivate {
			kind = "private_channel"
		}
		if after != "" && ch.ID != after || !slices.Contains(types, kind) || !ch.visibleTo(s.app.BotUserID) {
			continue
		}
		after = ""
		if len(list) == limit {
			next = cursorTo("channel", ch.ID)
			break
		}
		list = append(list, s.channelObject(ch))
	}
	return object{"channels": list, "response_metadata": object{"next_cursor": next}}, nil
}
