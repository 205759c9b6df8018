package slackd

// usersInfo returns one account: https://docs.slack.dev/reference/methods/users.info.
func (s *Server) usersInfo(c *call) (object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.directory.byID[c.arg("user")]
	if a == nil {
		return nil, refuse("user_not_found")
	}
	return object{"user": s.userObject(a)}, nil
}
