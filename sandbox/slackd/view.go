package slackd

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"herald/sandbox/slackd/blockkit"
)

// maxModals is how many modals can be stacked: https://docs.slack.dev/surfaces/modals.
const maxModals = 3

// maxView is the largest view in bytes.
const maxView = 250_000

// view is an open modal or a Home tab.
type view struct {
	View
	origin string // the conversation it was opened from, if any
	raw    object // as the app sent it, with ids
	blocks []any
	inputs inputs
}

// parseView checks a view the app wants to show.
func (s *Server) parseView(raw json.RawMessage, kind string) (object, error) {
	if len(raw) == 0 {
		return nil, refuse("invalid_arguments", "[ERROR] missing required field: view")
	}
	if len(raw) > maxView {
		return nil, refuse("view_too_large")
	}
	var v object
	if json.Unmarshal(raw, &v) != nil || v == nil {
		return nil, refuse("invalid_arguments", "[ERROR] must provide an object [json-pointer:/view]")
	}
	problems := blockkit.CheckView(v)
	if t, ok := v["type"].(string); ok && t != kind {
		problems = append(problems, blockkit.Problem{Pointer: "/view/type", Text: "must be " + kind})
	}
	if len(problems) > 0 {
		return nil, refuse("invalid_arguments", problemTexts(problems)...)
	}
	list, _ := v["blocks"].([]any)
	s.identify(list)
	return v, nil
}

// newView makes a view of a person. Callers hold mu.
func (s *Server) newView(raw object, user, origin string) (*view, error) {
	v := &view{origin: origin}
	v.ID = s.newID("V")
	v.RootID, v.User = v.ID, user
	if err := s.redraw(v, raw); err != nil {
		return nil, err
	}
	s.views[v.ID] = v
	return v, nil
}

// redraw gives a view new content. Callers hold mu.
func (s *Server) redraw(v *view, raw object) error {
	externalID := str(raw, "external_id")
	if other := s.external[externalID]; externalID != "" && other != nil && other != v {
		return refuse("duplicate_external_id")
	}
	delete(s.external, v.ExternalID)
	v.raw = raw
	v.blocks, _ = raw["blocks"].([]any)
	v.inputs = nextInputs(v.blocks, v.inputs, v.origin)
	v.Type = str(raw, "type")
	v.CallbackID = str(raw, "callback_id")
	v.ExternalID = externalID
	v.PrivateMetadata = str(raw, "private_metadata")
	v.Title, v.Submit, v.Close = text(raw, "title"), text(raw, "submit"), text(raw, "close")
	v.NotifyOnClose, v.ClearOnClose = flag(raw, "notify_on_close"), flag(raw, "clear_on_close")
	v.Blocks = encode(v.blocks)
	v.Errors = nil
	v.Hash = fmt.Sprintf("%d.%08x", s.now().Unix(), rand.Uint32()) //nolint:gosec // a version, not a secret
	if externalID != "" {
		s.external[externalID] = v
	}
	return nil
}

// drop forgets a view. Callers hold mu.
func (s *Server) drop(v *view) {
	delete(s.views, v.ID)
	if s.external[v.ExternalID] == v {
		delete(s.external, v.ExternalID)
	}
}

// closeViews closes the modals of a person's stack from place on and returns them, the visible one first.
// Callers hold mu.
func (s *Server) closeViews(d *desk, place int) []*view {
	closed := slices.Clone(d.modals[place:])
	d.modals = slices.Delete(d.modals, place, len(d.modals))
	slices.Reverse(closed)
	for _, v := range closed {
		s.drop(v)
	}
	return closed
}

// openModal shows a modal in place of all others. Callers hold mu.
func (s *Server) openModal(t *trigger, raw object) (*view, error) {
	v, err := s.newView(raw, t.user, t.channel)
	if err != nil {
		return nil, err
	}
	d := s.desk(t.user)
	s.closeViews(d, 0)
	d.modals = append(d.modals, v)
	s.changed(Change{Kind: "modal"}, t.user)
	return v, nil
}

// pushModal shows a modal over another one. Callers hold mu.
func (s *Server) pushModal(under *view, raw object) (*view, error) {
	d := s.desk(under.User)
	place := slices.Index(d.modals, under)
	if place < 0 {
		return nil, refuse("not_found")
	}
	if place+1 >= maxModals {
		return nil, refuse("push_limit_reached")
	}
	v, err := s.newView(raw, under.User, under.origin)
	if err != nil {
		return nil, err
	}
	s.closeViews(d, place+1)
	v.RootID, v.PreviousID = under.RootID, under.ID
	d.modals = append(d.modals, v)
	s.changed(Change{Kind: "modal"}, under.User)
	return v, nil
}

// export copies the view for callers outside. Callers hold mu.
func (v *view) export() View {
	out := v.View
	out.State = v.inputs.export()
	out.Errors = maps.Clone(v.Errors)
	return out
}

// viewObject is the view as the Web API and interactions show it. Callers hold mu.
// See https://docs.slack.dev/reference/views.
func (s *Server) viewObject(v *view) object {
	o := object{
		"id":                    v.ID,
		"team_id":               s.team.ID,
		"type":                  v.Type,
		"blocks":                v.Blocks,
		"private_metadata":      v.PrivateMetadata,
		"callback_id":           v.CallbackID,
		"state":                 object{"values": v.inputs.export()},
		"hash":                  v.Hash,
		"title":                 v.raw["title"],
		"submit":                v.raw["submit"],
		"close":                 v.raw["close"],
		"clear_on_close":        v.ClearOnClose,
		"notify_on_close":       v.NotifyOnClose,
		"previous_view_id":      nil,
		"root_view_id":          v.RootID,
		"app_id":                s.app.ID,
		"external_id":           v.ExternalID,
		"app_installed_team_id": s.team.ID,
		"bot_id":                s.app.BotID,
	}
	if v.PreviousID != "" {
		o["previous_view_id"] = v.PreviousID
	}
	if v.Type == "home" { // a Home tab has a title in Slack's answers
		o["title"] = object{"type": "plain_text", "text": "View Title", "emoji": true}
	}
	return o
}
