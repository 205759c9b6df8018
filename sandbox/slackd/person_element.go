package slackd

import (
	"context"
	"encoding/json"
	"fmt"

	"herald/sandbox/slackd/blockkit"
)

// Target names one interactive element: in a message (Channel and TS), or in a view (ViewID).
type Target struct {
	Channel  string
	TS       string
	ViewID   string
	BlockID  string
	ActionID string
}

// sighted is an element as a person sees it, with all around it.
type sighted struct {
	element object
	block   object
	inputs  inputs
	view    *view    // either this
	message *Message // or this

	attachment int // the attachment of the message it stands in, from 1; 0: none
}

// sight finds an element the person can see. Callers hold mu.
func (p *Person) sight(t Target) (*sighted, error) {
	found := &sighted{}
	var blocks []any
	if t.ViewID != "" {
		v := p.s.views[t.ViewID]
		if v == nil || v.User != p.id {
			return nil, fmt.Errorf("%s sees no view %s", p.id, t.ViewID)
		}
		found.view, found.inputs, blocks = v, v.inputs, v.blocks
	} else {
		m := p.s.lookup(t.Channel, t.TS, p.id)
		if m == nil {
			return nil, fmt.Errorf("%s sees no message %s in %s", p.id, t.TS, t.Channel)
		}
		found.message, found.inputs, blocks = m, p.s.messageInputs(p.id, m), decodeArray(m.Blocks)
	}
	if found.in(blocks, t) {
		return found, nil
	}
	if found.message != nil {
		for i, a := range objects(decodeArray(found.message.Attachments)) {
			if list, _ := a["blocks"].([]any); found.in(list, t) {
				found.attachment = i + 1
				return found, nil
			}
		}
	}
	return nil, fmt.Errorf("%s sees no element %q in block %q", p.id, t.ActionID, t.BlockID)
}

// in looks for the element among blocks.
func (f *sighted) in(blocks []any, t Target) bool {
	for _, b := range objects(blocks) {
		if str(b, "block_id") != t.BlockID {
			continue
		}
		for _, e := range elementsOf(b) {
			if str(e, "action_id") == t.ActionID {
				f.element, f.block = e, b
				return true
			}
		}
	}
	return false
}

// set fills an element. Callers hold mu.
func (p *Person) set(found *sighted, t Target, values []string) (object, error) {
	d := p.s.desk(p.id)
	var state object
	var err error
	if str(found.element, "type") == "file_input" {
		state, err = p.chooseFiles(found.element, values)
	} else {
		state, err = choose(found.element, values, d.suggestions[t])
	}
	if err != nil {
		return nil, err
	}
	if !isStateful(str(found.element, "type")) {
		return state, nil
	}
	found.inputs[t.BlockID][t.ActionID] = state
	if found.view != nil {
		p.s.changed(Change{Kind: found.view.Type}, p.id)
	} else {
		d.keepInputs(found.message, found.inputs)
		p.s.changed(Change{Kind: "message", Channel: t.Channel}, p.id)
	}
	return state, nil
}

// Fill sets an input without telling the app, as typing does. Values are as for Click.
func (p *Person) Fill(t Target, values ...string) error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	found, err := p.sight(t)
	if err != nil {
		return err
	}
	_, err = p.set(found, t, values)
	return err
}

// State returns the current inputs of a message (Channel and TS) or a view (ViewID). Like Slack, it keeps them across
// updates while block id and action id stay the same, even if the app's initial values change.
func (p *Person) State(t Target) Values {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if v := p.s.views[t.ViewID]; v != nil && v.User == p.id {
		return v.inputs.export()
	}
	if m := p.s.lookup(t.Channel, t.TS, p.id); m != nil {
		return p.s.messageInputs(p.id, m).export()
	}
	return nil
}

// Click uses an element and sends block_actions; URL buttons do too. A confirm dialog counts as confirmed. Values are
// what was chosen: option values, user, channel or conversation ids, a date, a time, or a text. Checkboxes and multi
// selects take all values that are now chosen. It returns when the app acknowledged; the error is a *Refusal if it
// did not, or if no such value can be chosen.
func (p *Person) Click(ctx context.Context, t Target, values ...string) (Ack, error) {
	p.s.mu.Lock()
	payload, err := p.clickPayload(t, values)
	p.s.mu.Unlock()
	if err != nil {
		return Ack{}, err
	}
	ack, err := p.send(ctx, "interactive", "block_actions", true, payload)
	return ack, explain(err, "This didn't work. Try again?")
}

// clickPayload builds a block_actions payload. Callers hold mu.
// See https://docs.slack.dev/reference/interaction-payloads/block_actions-payload.
func (p *Person) clickPayload(t Target, values []string) (object, error) {
	s := p.s
	a, err := p.account()
	if err != nil {
		return nil, err
	}
	found, err := p.sight(t)
	if err != nil {
		return nil, err
	}
	if !dispatches(found.block) {
		return nil, &Refusal{Code: "not_dispatched", Text: "this input tells the app nothing before it is submitted"}
	}
	kind := str(found.element, "type")
	action := object{"type": kind, "block_id": t.BlockID, "action_id": t.ActionID, "action_ts": s.newTS()}
	if kind == "button" {
		action["text"] = found.element["text"]
		for _, key := range []string{"value", "style", "url"} {
			if v, ok := found.element[key]; ok {
				action[key] = v
			}
		}
	} else {
		state, err := p.set(found, t, values)
		if err != nil {
			return nil, err
		}
		name, _ := field(kind)
		action[name] = state[name]
		if placeholder, ok := found.element["placeholder"]; ok {
			action["placeholder"] = placeholder
		}
	}
	payload := s.interaction("block_actions", a)
	payload["actions"] = []object{action}
	if found.view != nil {
		payload["trigger_id"] = s.newTrigger(p.id, found.view.origin, found.view.ID)
		payload["container"] = object{"type": "view", "view_id": found.view.ID}
		payload["view"] = s.viewObject(found.view)
		return payload, nil
	}
	s.addMessage(payload, found, p.id)
	payload["response_url"] = s.newReplyURL(p.id, t.Channel, found.message)
	payload["trigger_id"] = s.newTrigger(p.id, t.Channel, "")
	return payload, nil
}

// addMessage puts the message an element stands in into a payload. Callers hold mu.
func (s *Server) addMessage(payload object, found *sighted, userID string) {
	m := found.message
	c := s.conversation(m.Channel)
	container := object{"type": "message", "message_ts": m.TS, "channel_id": m.Channel, "is_ephemeral": m.Ephemeral}
	if found.attachment > 0 {
		container["type"], container["attachment_id"], container["is_app_unfurl"] = "message_attachment", found.attachment, false
	}
	payload["container"] = container
	payload["channel"] = object{"id": m.Channel, "name": payloadName(c)}
	payload["state"] = object{"values": s.messageInputs(userID, m).export()}
	if m.Ephemeral { // Slack shows apps nothing of ephemeral messages
		return
	}
	payload["message"] = s.messageObject(m)
}

// Suggest types into an external select and returns the options the app offers (block_suggestion). Those can then be
// chosen. The error is a *Refusal if the app did not answer in time or its options are invalid.
func (p *Person) Suggest(ctx context.Context, t Target, typed string) ([]Option, error) {
	p.s.mu.Lock()
	payload, err := p.suggestPayload(t, typed)
	p.s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	ack, err := p.send(ctx, "interactive", "block_suggestion", true, payload)
	if err != nil {
		return nil, explain(err, "The options could not be loaded.")
	}
	var offer object
	if json.Unmarshal(ack.Payload, &offer) != nil {
		offer = nil
	}
	if problems := blockkit.CheckOptions(offer); len(problems) > 0 {
		p.s.log.Warn("options are invalid", "details", problemTexts(problems))
		return nil, &Refusal{Code: "invalid_options", Text: "The options could not be loaded."}
	}
	list := options(offer)
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.s.desk(p.id).suggest(t, list)
	return list, nil
}

// keptSuggestions is for how many external selects the offered options are remembered.
const keptSuggestions = 50

// suggest remembers what an external select offered.
func (d *desk) suggest(t Target, list []Option) {
	if len(d.suggestions) >= keptSuggestions {
		clear(d.suggestions)
	}
	d.suggestions[t] = list
}

// suggestPayload builds a block_suggestion payload. Callers hold mu.
// See https://docs.slack.dev/reference/interaction-payloads/block_suggestion-payload.
func (p *Person) suggestPayload(t Target, typed string) (object, error) {
	a, err := p.account()
	if err != nil {
		return nil, err
	}
	found, err := p.sight(t)
	if err != nil {
		return nil, err
	}
	switch str(found.element, "type") {
	case "external_select", "multi_external_select":
	default:
		return nil, &Refusal{Code: "not_external", Text: "only external selects ask the app for options"}
	}
	least, ok := number(found.element, "min_query_length")
	if !ok {
		least = 3
	}
	if len([]rune(typed)) < int(least) {
		return nil, &Refusal{Code: "query_too_short", Text: fmt.Sprintf("type at least %v characters", least)}
	}
	payload := p.s.interaction("block_suggestion", a)
	payload["block_id"], payload["action_id"], payload["value"] = t.BlockID, t.ActionID, typed
	if found.view != nil {
		payload["container"] = object{"type": "view", "view_id": found.view.ID}
		payload["view"] = p.s.viewObject(found.view)
	} else {
		p.s.addMessage(payload, found, p.id)
		delete(payload, "state")
	}
	return payload, nil
}
