package slackd

// viewsPublish draws a person's Home tab: https://docs.slack.dev/reference/methods/views.publish.
func (s *Server) viewsPublish(c *call) (object, error) {
	raw, err := s.parseView(c.raw("view"), "home")
	if err != nil {
		return nil, err
	}
	if !s.app.HomeTab {
		return nil, refuse("not_enabled")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	reader := s.directory.byID[c.arg("user_id")]
	if reader == nil || reader.IsBot {
		return nil, refuse("user_not_found")
	}
	d := s.desk(reader.ID)
	if hash := c.arg("hash"); hash != "" && (d.home == nil || hash != d.home.Hash) {
		return nil, refuse("hash_conflict")
	}
	if d.home == nil {
		if d.home, err = s.newView(raw, reader.ID, ""); err != nil {
			return nil, err
		}
	} else if err := s.redraw(d.home, raw); err != nil {
		return nil, err
	}
	s.changed(Change{Kind: "home"}, reader.ID)
	return object{"view": s.viewObject(d.home)}, nil
}
