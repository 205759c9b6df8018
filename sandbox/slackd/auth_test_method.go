package slackd

// authTest tells the app who it is: https://docs.slack.dev/reference/methods/auth.test.
func (s *Server) authTest(*call) (object, error) {
	answer := object{
		"url":                   "https://" + s.team.Domain + ".slack.com/",
		"team":                  s.team.Name,
		"team_id":               s.team.ID,
		"user":                  s.app.Name,
		"user_id":               s.app.BotUserID,
		"bot_id":                s.app.BotID,
		"is_enterprise_install": false,
	}
	if s.team.EnterpriseID != "" {
		answer["enterprise_id"] = s.team.EnterpriseID
	}
	return answer, nil
}
