package slackd

import (
	"encoding/base64"
	"strings"
)

// usersUnpaged is how many accounts users.list returns to a call without a limit; more are refused.
// Slack names no figure, only the error limit_required.
const usersUnpaged = 1000

// maxPage is the largest page of the listing methods.
const maxPage = 1000

// usersList pages through the directory: https://docs.slack.dev/reference/methods/users.list.
func (s *Server) usersList(c *call) (object, error) {
	limit, err := c.limit(0, maxPage)
	if err != nil {
		return nil, err
	}
	if s.team.EnterpriseID != "" && c.arg("team_id") != "" && c.arg("team_id") != s.team.ID {
		return nil, refuse("team_not_found")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	start, err := s.userCursor(c.arg("cursor"))
	if err != nil {
		return nil, err
	}
	rest := s.directory.order[start:]
	if limit == 0 {
		if len(rest) > usersUnpaged {
			return nil, refuse("limit_required")
		}
		limit = len(rest)
	}
	next := ""
	if len(rest) > limit {
		next = cursorTo("user", rest[limit].ID)
		rest = rest[:limit]
	}
	members := make([]object, len(rest))
	for i, a := range rest {
		members[i] = s.userObject(a)
	}
	return object{
		"members":           members,
		"cache_ts":          s.now().Unix(),
		"response_metadata": object{"next_cursor": next},
	}, nil
}

// userCursor returns the place in the directory a cursor points to. Callers hold mu.
func (s *Server) userCursor(cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	id, err := cursorID("user", cursor)
	if err != nil {
		return 0, err
	}
	a := s.directory.byID[id]
	if a == nil {
		return 0, refuse("invalid_cursor")
	}
	return a.place, nil
}

// cursorTo makes a cursor that points to an object, in Slack's own way.
func cursorTo(kind, id string) string {
	return base64.StdEncoding.EncodeToString([]byte(kind + ":" + id))
}

// cursorID returns the id a cursor points to.
func cursorID(kind, cursor string) (string, error) {
	b, err := base64.StdEncoding.DecodeString(cursor)
	id, ok := strings.CutPrefix(string(b), kind+":")
	if err != nil || !ok {
		return "", refuse("invalid_cursor")
	}
	return id, nil
}
