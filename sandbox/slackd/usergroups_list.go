package slackd

// usergroupsList lists the workspace's groups: https://docs.slack.dev/reference/methods/usergroups.list.
func (s *Server) usergroupsList(c *call) (object, error) {
	groups := s.UserGroups()
	list := make([]object, len(groups))
	for i, g := range groups {
		list[i] = object{
			"id": g.ID, "team_id": s.team.ID, "is_usergroup": true, "is_external": false,
			"name": g.Name, "handle": g.Handle, "description": "", "user_count": len(g.Users),
		}
		if c.on("include_users", false) {
			list[i]["users"] = append([]string{}, g.Users...)
		}
	}
	return object{"usergroups": list}, nil
}

// usergroupsUsersList lists a group's members: https://docs.slack.dev/reference/methods/usergroups.users.list.
func (s *Server) usergroupsUsersList(c *call) (object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.directory.group(c.arg("usergroup"))
	if !ok {
		return nil, refuse("no_such_subteam")
	}
	return object{"users": append([]string{}, g.Users...)}, nil
}
