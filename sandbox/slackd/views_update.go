package slackd

// viewsUpdate changes an open modal: https://docs.slack.dev/reference/methods/views.update.
func (s *Server) viewsUpdate(c *call) (object, error) {
	raw, err := s.parseView(c.raw("view"), "modal")
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.views[c.arg("view_id")]
	if externalID := c.arg("external_id"); v == nil && externalID != "" {
		v = s.external[externalID]
	}
	if v == nil || v.Type != "modal" {
		return nil, refuse("not_found")
	}
	if hash := c.arg("hash"); hash != "" && hash != v.Hash {
		return nil, refuse("hash_conflict")
	}
	if err := s.redraw(v, raw); err != nil {
		return nil, err
	}
	s.changed(Change{Kind: "modal"}, v.User)
	return object{"view": s.viewObject(v)}, nil
}
