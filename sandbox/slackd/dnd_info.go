package slackd

import "strings"

// dndInfo tells one person's do-not-disturb: https://docs.slack.dev/reference/methods/dnd.info.
func (s *Server) dndInfo(c *call) (object, error) {
	u, ok := s.User(c.arg("user"))
	if !ok {
		return nil, refuse("user_not_found")
	}
	return s.dndObject(u), nil
}

// maxDNDUsers is the most people dnd.teamInfo answers for.
const maxDNDUsers = 50

// dndTeamInfo tells the do-not-disturb of up to 50 people: https://docs.slack.dev/reference/methods/dnd.teamInfo.
func (s *Server) dndTeamInfo(c *call) (object, error) {
	ids := strings.Split(c.arg("users"), ",")
	if len(ids) > maxDNDUsers {
		return nil, refuse("too_many_users")
	}
	users := object{}
	for _, id := range ids {
		if u, ok := s.User(strings.TrimSpace(id)); ok {
			users[u.ID] = s.dndObject(u)
		}
	}
	return object{"users": users}, nil
}

// dndObject is one person's do-not-disturb.
func (s *Server) dndObject(u User) object {
	now := s.now()
	if !u.DNDUntil.After(now) {
		return object{"dnd_enabled": false, "next_dnd_start_ts": 1, "next_dnd_end_ts": 1, "snooze_enabled": false}
	}
	return object{
		"dnd_enabled":       true,
		"next_dnd_start_ts": now.Unix(),
		"next_dnd_end_ts":   u.DNDUntil.Unix(),
		"snooze_enabled":    true,
		"snooze_endtime":    u.DNDUntil.Unix(),
	}
}
