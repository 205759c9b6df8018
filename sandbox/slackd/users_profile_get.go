package slackd

// usersProfileGet returns the profile of an account: https://docs.slack.dev/reference/methods/users.profile.get.
func (s *Server) usersProfileGet(c *call) (object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.directory.byID[c.arg("user")]
	if a == nil {
		return nil, refuse("user_not_found")
	}
	return object{"profile": child(s.userObject(a), "profile")}, nil
}
