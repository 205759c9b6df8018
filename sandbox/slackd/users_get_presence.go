package slackd

// usersGetPresence says whether somebody is there: https://docs.slack.dev/reference/methods/users.getPresence.
// Everybody active in the sandbox is.
func (s *Server) usersGetPresence(c *call) (object, error) {
	u, ok := s.User(c.arg("user"))
	switch {
	case !ok:
		return nil, refuse("user_not_found")
	case u.Deleted:
		return object{"presence": "away"}, nil
	}
	return object{"presence": "active"}, nil
}
