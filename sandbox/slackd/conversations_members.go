package slackd

import "slices"

// conversationsMembers pages through a conversation's members:
// https://docs.slack.dev/reference/methods/conversations.members.
func (s *Server) conversationsMembers(c *call) (object, error) {
	limit, err := c.limit(100, maxPage)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.appConversation(c.arg("channel"), "read")
	if err != nil {
		return nil, err
	}
	members := ch.memberList()
	if cursor := c.arg("cursor"); cursor != "" {
		id, err := cursorID("user", cursor)
		if err != nil {
			return nil, err
		}
		start, _ := slices.BinarySearch(members, id)
		members = members[start:]
	}
	next := ""
	if len(members) > limit {
		next = cursorTo("user", members[limit])
		members = members[:limit]
	}
	return object{"members": members, "response_metadata": object{"next_cursor": next}}, nil
}
