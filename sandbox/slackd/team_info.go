package slackd

// teamInfo describes the workspace: https://docs.slack.dev/reference/methods/team.info.
func (s *Server) teamInfo(c *call) (object, error) {
	if id := c.arg("team"); id != "" && id != s.team.ID {
		return nil, refuse("team_not_found")
	}
	team := object{
		"id":           s.team.ID,
		"name":         s.team.Name,
		"domain":       s.team.Domain,
		"email_domain": "",
		"icon":         object{"image_default": true},
	}
	if s.team.EnterpriseID != "" {
		team["enterprise_id"], team["enterprise_name"] = s.team.EnterpriseID, s.team.Name
	}
	return object{"team": team}, nil
}
