package slackd

// viewsOpen opens a modal: https://docs.slack.dev/reference/methods/views.open.
func (s *Server) viewsOpen(c *call) (object, error) {
	raw, err := s.parseView(c.raw("view"), "modal")
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.exchange(c.arg("trigger_id"))
	if err != nil {
		return nil, err
	}
	v, err := s.openModal(t, raw)
	if err != nil {
		return nil, err
	}
	return object{"view": s.viewObject(v)}, nil
}
