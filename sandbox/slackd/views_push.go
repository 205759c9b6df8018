package slackd

// viewsPush opens a modal over the one the trigger came from: https://docs.slack.dev/reference/methods/views.push.
func (s *Server) viewsPush(c *call) (object, error) {
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
	under := s.views[t.view]
	if under == nil {
		return nil, refuse("not_found")
	}
	if under.Type != "modal" {
		return nil, refuse("invalid_arguments",
			"[ERROR] must match the `type` of the root view whose stack we're pushing onto [json-pointer:/view/type]")
	}
	v, err := s.pushModal(under, raw)
	if err != nil {
		return nil, err
	}
	return object{"view": s.viewObject(v)}, nil
}
