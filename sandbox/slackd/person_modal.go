package slackd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Submission is what became of a modal's submit button.
type Submission struct {
	Ack    Ack
	Action string            // "" (closed), "errors", "update", "push" or "clear"
	Errors map[string]string // block id → message, for Action "errors"
}

// Modals returns the person's open modals, the visible one last.
func (p *Person) Modals() []View {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	d := p.s.desks[p.id]
	if d == nil {
		return nil
	}
	list := make([]View, len(d.modals))
	for i, v := range d.modals {
		list[i] = v.export()
	}
	return list
}

// Modal returns the visible modal; ok is false if none is open.
func (p *Person) Modal() (v View, ok bool) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	d := p.s.desks[p.id]
	if d == nil || d.top() == nil {
		return View{}, false
	}
	return d.top().export(), true
}

// ViewElements lists the interactive elements of a Home tab or modal in reading order, with the current inputs.
func (p *Person) ViewElements(viewID string) []Element {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	v := p.s.views[viewID]
	if v == nil || v.User != p.id {
		return nil
	}
	return listElements(v.blocks, Target{ViewID: viewID}, v.inputs)
}

// Submit fills a modal's inputs, block id → values, and presses its submit button. Inputs left out keep what they
// show. The error is a *Refusal if a required input is empty or wrong (see View.Errors), the app did not acknowledge
// in time, or its answer is invalid.
func (p *Person) Submit(ctx context.Context, viewID string, values map[string][]string) (Submission, error) {
	p.s.mu.Lock()
	payload, err := p.submitPayload(viewID, values)
	p.s.mu.Unlock()
	if err != nil {
		return Submission{}, err
	}
	ack, err := p.send(ctx, "interactive", "view_submission", true, payload)
	if err != nil {
		return Submission{Ack: ack}, explain(err, troubleText)
	}
	done, err := p.s.respond(viewID, ack)
	if refused, ok := errors.AsType[*refusal](err); ok {
		p.s.log.Warn("answer to a modal is invalid", "error", refused.code, "details", refused.messages)
		err = &Refusal{Code: refused.code, Text: troubleText}
	}
	return done, err
}

// visible returns the person's visible modal if it is the one with this id. Callers hold mu.
func (p *Person) visible(viewID string) (*view, error) {
	v := p.s.desk(p.id).top()
	if v == nil || v.ID != viewID {
		return nil, fmt.Errorf("%s does not see modal %s", p.id, viewID)
	}
	return v, nil
}

// submitPayload fills a modal and builds a view_submission payload. Callers hold mu.
// See https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload.
func (p *Person) submitPayload(viewID string, values map[string][]string) (object, error) {
	s := p.s
	a, err := p.account()
	if err != nil {
		return nil, err
	}
	v, err := p.visible(viewID)
	if err != nil {
		return nil, err
	}
	if v.Submit == "" {
		return nil, &Refusal{Code: "no_submit", Text: "this modal has no submit button"}
	}
	if err := p.fillInputs(v, values); err != nil {
		return nil, err
	}
	v.Errors = map[string]string{}
	for _, b := range objects(v.blocks) {
		if str(b, "type") != "input" {
			continue
		}
		blockID := str(b, "block_id")
		if wrong := complaint(b, v.inputs[blockID][str(child(b, "element"), "action_id")]); wrong != "" {
			v.Errors[blockID] = wrong
		}
	}
	s.changed(Change{Kind: "modal"}, p.id)
	if len(v.Errors) > 0 {
		return nil, &Refusal{Code: "invalid_input", Text: fmt.Sprintf("please mend these inputs: %v", v.Errors)}
	}
	payload := s.interaction("view_submission", a)
	payload["trigger_id"] = s.newTrigger(p.id, v.origin, v.ID)
	payload["view"] = s.viewObject(v)
	payload["response_urls"] = s.replyURLs(v)
	return payload, nil
}

// replyURLs hands out a response_url for each conversation chosen in an input with response_url_enabled.
// Callers hold mu. See https://docs.slack.dev/surfaces/modals#modal_response_url.
func (s *Server) replyURLs(v *view) []object {
	list := []object{}
	for _, b := range objects(v.blocks) {
		e := child(b, "element")
		if !flag(e, "response_url_enabled") {
			continue
		}
		blockID, actionID := str(b, "block_id"), str(e, "action_id")
		for _, channelID := range chosen(v.inputs[blockID][actionID]) {
			if s.conversation(channelID) == nil {
				continue
			}
			list = append(list, object{
				"block_id": blockID, "action_id": actionID, "channel_id": channelID, "response_url": s.newReplyURL(v.User, channelID, nil),
			})
		}
	}
	return list
}

// fillInputs fills inputs by their block ids. Callers hold mu.
func (p *Person) fillInputs(v *view, values map[string][]string) error {
	for blockID, given := range values {
		i := slices.IndexFunc(v.blocks, func(b any) bool {
			o, _ := b.(object)
			return str(o, "block_id") == blockID && str(o, "type") == "input"
		})
		if i < 0 {
			return fmt.Errorf("modal %q has no input %q", v.Title, blockID)
		}
		block, _ := v.blocks[i].(object)
		element := child(block, "element")
		t := Target{ViewID: v.ID, BlockID: blockID, ActionID: str(element, "action_id")}
		if _, err := p.set(&sighted{element: element, block: block, inputs: v.inputs, view: v}, t, given); err != nil {
			return err
		}
	}
	return nil
}

// respond does what the acknowledgement of a view_submission asks for.
// See https://docs.slack.dev/surfaces/modals#updating_response.
func (s *Server) respond(viewID string, ack Ack) (Submission, error) {
	done := Submission{Ack: ack}
	var answer struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   json.RawMessage   `json:"view"`
	}
	if len(ack.Payload) > 0 && json.Unmarshal(ack.Payload, &answer) != nil {
		return done, refuse("invalid_payload")
	}
	done.Action, done.Errors = answer.Action, answer.Errors
	var next object
	if answer.Action == "update" || answer.Action == "push" {
		var err error
		if next, err = s.parseView(answer.View, "modal"); err != nil {
			return done, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.views[viewID]
	if v == nil { // closed meanwhile
		return done, nil
	}
	d := s.desk(v.User)
	defer s.changed(Change{Kind: "modal"}, v.User)
	switch answer.Action {
	case "":
		s.closeViews(d, slices.Index(d.modals, v))
	case "clear":
		s.closeViews(d, 0)
	case "update":
		return done, s.redraw(v, next)
	case "push":
		_, err := s.pushModal(v, next)
		return done, err
	case "errors":
		return done, showErrors(v, answer.Errors)
	default:
		return done, refuse("invalid_response_action")
	}
	return done, nil
}

// showErrors puts messages at inputs. Slack takes the ids of input blocks only.
func showErrors(v *view, messages map[string]string) error {
	if len(messages) == 0 {
		return refuse("missing_errors")
	}
	for blockID := range messages {
		if !slices.ContainsFunc(objects(v.blocks), func(b object) bool {
			return str(b, "block_id") == blockID && str(b, "type") == "input"
		}) {
			return refuse("invalid_errors", "[ERROR] "+blockID+" is no input block")
		}
	}
	v.Errors = messages
	return nil
}

// CloseModal presses the close button of the visible modal; all closes the whole stack, as the × does, and so does
// the button if the view has clear_on_close. The app hears view_closed for each view that asked for it; the error is
// a *Refusal if it did not acknowledge in time.
func (p *Person) CloseModal(ctx context.Context, viewID string, all bool) error {
	s := p.s
	s.mu.Lock()
	a, err := p.account()
	if err != nil {
		s.mu.Unlock()
		return err
	}
	v, err := p.visible(viewID)
	if err != nil {
		s.mu.Unlock()
		return err
	}
	d := s.desk(p.id)
	place := len(d.modals) - 1
	if all || v.ClearOnClose {
		place = 0
	}
	var payloads []object
	for _, closed := range s.closeViews(d, place) {
		if !closed.NotifyOnClose {
			continue
		}
		payload := s.interaction("view_closed", a)
		payload["view"] = s.viewObject(closed)
		payload["is_cleared"] = all || v.ClearOnClose
		payloads = append(payloads, payload)
	}
	s.changed(Change{Kind: "modal"}, p.id)
	s.mu.Unlock()
	var missed error
	for _, payload := range payloads {
		if _, err := p.send(ctx, "interactive", "view_closed", false, payload); err != nil {
			missed = explain(err, "The app was not told.")
		}
	}
	return missed
}
