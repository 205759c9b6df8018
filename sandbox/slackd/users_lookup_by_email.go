package slackd

import "strings"

// usersLookupByEmail finds an active account: https://docs.slack.dev/reference/methods/users.lookupByEmail.
func (s *Server) usersLookupByEmail(c *call) (object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.directory.byEmail[strings.ToLower(c.arg("email"))]
	if a == nil {
		return nil, refuse("users_not_found")
	}
	return object{"user": s.userObject(a)}, nil
}
