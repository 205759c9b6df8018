package slackd

// desk is what only one person sees: ephemeral messages, modals, the Home tab, and inputs not sent yet.
type desk struct {
	ephemerals  map[string][]*Message // by channel, by ascending TS
	home        *view
	modals      []*view             // the visible one last
	inputs      map[string]inputs   // of messages, by channel and TS
	inputOrder  ring[string]        // keys of inputs, to forget the oldest
	suggestions map[Target][]Option // what external selects offered last, by element
}

// keptInputs is for how many messages a person's half-made choices are remembered.
const keptInputs = 200

// desk returns a person's desk. Callers hold mu.
func (s *Server) desk(userID string) *desk {
	d := s.desks[userID]
	if d == nil {
		d = &desk{
			ephemerals:  map[string][]*Message{},
			inputs:      map[string]inputs{},
			inputOrder:  newRing[string](keptInputs),
			suggestions: map[Target][]Option{},
		}
		s.desks[userID] = d
	}
	return d
}

// top returns the visible modal, or nil.
func (d *desk) top() *view {
	if len(d.modals) == 0 {
		return nil
	}
	return d.modals[len(d.modals)-1]
}
