package slackd

import (
	"math"
	"slices"
)

// conversationsHistory returns messages, newest first: https://docs.slack.dev/reference/methods/conversations.history.
func (s *Server) conversationsHistory(c *call) (object, error) {
	most := 999
	if s.app.Distributed {
		most = 15
	}
	limit, err := c.limit(min(100, most), 999)
	if err != nil {
		return nil, err
	}
	limit = min(limit, most)
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.appConversation(c.arg("channel"), "history")
	if err != nil {
		return nil, err
	}
	if !ch.members[s.app.BotUserID] {
		return nil, refuse("not_in_channel")
	}
	latest := int64(math.MaxInt64)
	if l := tsTime(c.arg("latest")); l > 0 {
		latest = l
	}
	oldest, inclusive := tsTime(c.arg("oldest")), c.on("inclusive", false)
	before := ""
	if cursor := c.arg("cursor"); cursor != "" {
		if before, err = cursorID("next_ts", cursor); err != nil {
			return nil, err
		}
	}
	list, next := []object{}, ""
	for i, m := range slices.Backward(ch.messages) {
		at := tsTime(m.TS)
		edge := at == latest || at == oldest
		if at > latest || at < oldest || edge && !inclusive || before != "" && m.TS >= before {
			continue
		}
		if len(list) == limit {
			next = cursorTo("next_ts", ch.messages[i+1].TS)
			break
		}
		o := s.messageObject(m)
		if !c.on("include_all_metadata", false) {
			delete(o, "metadata")
		}
		list = append(list, o)
	}
	return object{"messages": list, "has_more": next != "", "pin_count": 0, "response_metadata": object{"next_cursor": next}}, nil
}
