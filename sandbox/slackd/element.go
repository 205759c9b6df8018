package slackd

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Option is one choice of a select, checkbox group, radio group or overflow menu.
type Option struct {
	Text        string
	Value       string
	Description string
	URL         string
	Group       string // label of its option group, if any

	raw object
}

// Element is an interactive element a person can see, ready to be clicked or filled.
type Element struct {
	Target
	Type        string // Slack's element type: "button", "static_select", "checkboxes", …
	Block       string // the type of its block: "section", "actions", "input", …
	Label       string // a button's text, an input block's label, or the text of the section it stands in
	Placeholder string
	Value       string // a button's value
	URL         string // a button's URL
	Style       string
	Options     []Option
	Selected    []string        // current values: option values, user ids, text, date …
	Optional    bool            // the input may stay empty
	Dispatch    bool            // using it sends block_actions; inputs do so only with dispatch_action
	Confirm     json.RawMessage // the confirm dialog, or nil
	Raw         json.RawMessage // as the app sent it
}

// elementsOf returns the interactive elements of a block, in reading order.
func elementsOf(block object) []object {
	var found []object
	switch str(block, "type") {
	case "section":
		found = []object{child(block, "accessory")}
	case "input":
		found = []object{child(block, "element")}
	case "actions", "context_actions":
		found = children(block, "elements")
	case "card":
		found = children(block, "actions")
	}
	return slices.DeleteFunc(found, func(e object) bool { return e == nil || str(e, "type") == "image" })
}

// field returns which fields of an element's state and action carry what was chosen, and whether it holds many.
func field(kind string) (name string, many bool) {
	switch kind {
	case "static_select", "external_select", "radio_buttons", "overflow":
		return "selected_option", false
	case "multi_static_select", "multi_external_select", "checkboxes":
		return "selected_options", true
	case "users_select":
		return "selected_user", false
	case "multi_users_select":
		return "selected_users", true
	case "conversations_select":
		return "selected_conversation", false
	case "multi_conversations_select":
		return "selected_conversations", true
	case "channels_select":
		return "selected_channel", false
	case "multi_channels_select":
		return "selected_channels", true
	case "datepicker":
		return "selected_date", false
	case "timepicker":
		return "selected_time", false
	case "datetimepicker":
		return "selected_date_time", false
	case "plain_text_input", "email_text_input", "url_text_input", "number_input":
		return "value", false
	case "file_input":
		return "files", true
	}
	return "", false // buttons and what the sandbox cannot fill
}

// initialFields names the field of an element that says what is chosen at first, by the field that says what is chosen.
func initialField(name string) string {
	switch name {
	case "selected_option":
		return "initial_option"
	case "selected_options":
		return "initial_options"
	case "value":
		return "initial_value"
	case "files":
		return "" // a file is the person's to choose
	}
	return "initial" + name[len("selected"):]
}

// usesOptions tells whether the field holds option objects.
func usesOptions(name string) bool { return name == "selected_option" || name == "selected_options" }

// isStateful tells whether an element shows up in state.values.
func isStateful(kind string) bool {
	name, _ := field(kind)
	return name != "" && kind != "overflow"
}

// untouched is an element's state as the app drew it.
func untouched(e object, origin string) object {
	name, many := field(str(e, "type"))
	state := object{"type": e["type"], name: e[initialField(name)]}
	current := origin != "" && flag(e, "default_to_current_conversation")
	switch {
	case state[name] != nil:
	case many && current:
		state[name] = []any{origin}
	case many:
		state[name] = []any{}
	case current:
		state[name] = origin
	}
	return state
}

// options lists an element's options, those of groups too.
func options(e object) []Option {
	found := optionsOf(children(e, "options"), "")
	for _, g := range children(e, "option_groups") {
		found = append(found, optionsOf(children(g, "options"), text(g, "label"))...)
	}
	return found
}

// optionsOf converts decoded options.
func optionsOf(list []object, group string) []Option {
	found := make([]Option, len(list))
	for i, o := range list {
		found[i] = Option{
			Text: text(o, "text"), Value: str(o, "value"), Description: text(o, "description"), URL: str(o, "url"), Group: group, raw: o,
		}
	}
	return found
}

// inputs are the current inputs of a message or view, by block and action id.
type inputs map[string]map[string]object

// nextInputs are the inputs of newly drawn blocks. Like Slack, it keeps what an element with the same block id,
// action id and type held before, whatever the app now calls its initial value, unless the choice is gone. Origin is
// the current conversation, for default_to_current_conversation.
func nextInputs(blocks []any, before inputs, origin string) inputs {
	now := inputs{}
	for _, b := range objects(blocks) {
		for _, e := range elementsOf(b) {
			if !isStateful(str(e, "type")) {
				continue
			}
			blockID, actionID := str(b, "block_id"), str(e, "action_id")
			if now[blockID] == nil {
				now[blockID] = map[string]object{}
			}
			now[blockID][actionID] = untouched(e, origin)
			if old := before[blockID][actionID]; old != nil && old["type"] == e["type"] && stillOffered(e, old) {
				now[blockID][actionID] = old
			}
		}
	}
	return now
}

// stillOffered tells whether an element still has the options its state holds.
func stillOffered(e, state object) bool {
	name, _ := field(str(e, "type"))
	if e["options"] == nil && e["option_groups"] == nil || !usesOptions(name) {
		return true
	}
	offered := options(e)
	for _, value := range chosen(state) {
		if !slices.ContainsFunc(offered, func(o Option) bool { return o.Value == value }) {
			return false
		}
	}
	return true
}

// export copies the inputs for callers outside.
func (in inputs) export() Values {
	out := make(Values, len(in))
	for blockID, actions := range in {
		out[blockID] = make(map[string]json.RawMessage, len(actions))
		for actionID, state := range actions {
			out[blockID][actionID] = encode(state)
		}
	}
	return out
}

// chosen returns what an element's state holds, as values a person would give.
func chosen(state object) []string {
	name, _ := field(str(state, "type"))
	var values []string
	list, many := state[name].([]any)
	if !many {
		list = []any{state[name]}
	}
	for _, v := range list {
		switch v := v.(type) {
		case object:
			if name == "files" {
				values = append(values, str(v, "id"))
				continue
			}
			values = append(values, str(v, "value"))
		case string:
			if v != "" {
				values = append(values, v)
			}
		case float64:
			values = append(values, strconv.FormatFloat(v, 'f', -1, 64))
		}
	}
	return values
}

// choose returns the state of an element after a person chose or typed values. Offered are the options an external
// select showed.
func choose(e object, values []string, offered []Option) (object, error) {
	kind := str(e, "type")
	name, many := field(kind)
	if name == "" {
		return nil, &Refusal{Code: "not_fillable", Text: fmt.Sprintf("a %s cannot be filled", kind)}
	}
	if !many && len(values) > 1 {
		return nil, &Refusal{Code: "too_many_values", Text: fmt.Sprintf("a %s takes one value", kind)}
	}
	if most, ok := number(e, "max_selected_items"); ok && len(values) > int(most) {
		return nil, &Refusal{Code: "too_many_values", Text: fmt.Sprintf("at most %v can be chosen", most)}
	}
	offered = append(options(e), offered...)
	picked := make([]any, len(values))
	for i, value := range values {
		v, err := pick(e, name, value, offered)
		if err != nil {
			return nil, err
		}
		picked[i] = v
	}
	state := object{"type": kind, name: nil}
	if many {
		state[name] = picked
	} else if len(picked) == 1 {
		state[name] = picked[0]
	}
	return state, nil
}

// pick turns one value a person gave into what Slack sends.
func pick(e object, name, value string, offered []Option) (any, error) {
	switch {
	case usesOptions(name):
		for _, o := range offered {
			if o.Value == value {
				return o.raw, nil
			}
		}
		for _, o := range append(children(e, "initial_options"), child(e, "initial_option")) {
			if o != nil && str(o, "value") == value {
				return o, nil
			}
		}
		return nil, &Refusal{Code: "no_such_option", Text: fmt.Sprintf("there is no option %q", value)}
	case name == "selected_date":
		if _, err := time.Parse(time.DateOnly, value); err != nil {
			return nil, &Refusal{Code: "no_date", Text: "a date looks like 2026-11-22"}
		}
	case name == "selected_time":
		if _, err := time.Parse("15:04", value); err != nil {
			return nil, &Refusal{Code: "no_time", Text: "a time looks like 09:30"}
		}
	case name == "selected_date_time":
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return nil, &Refusal{Code: "no_time", Text: "a moment is a number of seconds"}
		}
		return float64(n), nil
	case value == "":
		return nil, nil //nolint:nilnil // an emptied input is null, in Slack's payloads too
	}
	return value, nil
}

// complaint says what Slack's client finds wrong with an input before it submits; "" if nothing.
func complaint(block object, state object) string {
	e := child(block, "element")
	values := chosen(state)
	if len(values) == 0 {
		if flag(block, "optional") {
			return ""
		}
		return "Please complete this required field."
	}
	value := values[0]
	switch str(e, "type") {
	case "plain_text_input":
		length := utf8.RuneCountInString(value)
		if least, ok := number(e, "min_length"); ok && length < int(least) {
			return fmt.Sprintf("Enter at least %v characters.", least)
		}
		if most, ok := number(e, "max_length"); ok && length > int(most) || length > maxTyped {
			return "Too many characters."
		}
	case "email_text_input":
		if a, err := mail.ParseAddress(value); err != nil || a.Address != value {
			return "Enter a valid email address."
		}
	case "url_text_input":
		if u, err := url.Parse(value); err != nil || u.Scheme == "" || u.Host == "" {
			return "Enter a valid URL."
		}
	case "number_input":
		return numberComplaint(e, value)
	}
	return ""
}

// maxTyped is the most characters a text input takes.
const maxTyped = 3000

// numberComplaint says what is wrong with a typed number; "" if nothing.
func numberComplaint(e object, value string) string {
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || !flag(e, "is_decimal_allowed") && n != float64(int64(n)) {
		return "Enter a valid number."
	}
	if least, err := strconv.ParseFloat(str(e, "min_value"), 64); err == nil && n < least {
		return fmt.Sprintf("Enter a number of at least %v.", least)
	}
	if most, err := strconv.ParseFloat(str(e, "max_value"), 64); err == nil && n > most {
		return fmt.Sprintf("Enter a number of at most %v.", most)
	}
	return ""
}

// listElements describes the elements of blocks for a person.
func listElements(blocks []any, at Target, current inputs) []Element {
	var list []Element
	for _, b := range objects(blocks) {
		for _, raw := range elementsOf(b) {
			e := Element{
				Target:      at,
				Type:        str(raw, "type"),
				Block:       str(b, "type"),
				Label:       text(raw, "text"),
				Placeholder: text(raw, "placeholder"),
				Value:       str(raw, "value"),
				URL:         str(raw, "url"),
				Style:       str(raw, "style"),
				Options:     options(raw),
				Optional:    flag(b, "optional"),
				Dispatch:    dispatches(b),
				Raw:         encode(raw),
			}
			e.BlockID, e.ActionID = str(b, "block_id"), str(raw, "action_id")
			if e.Label == "" {
				e.Label = text(b, "label") + text(b, "text")
			}
			if confirm := child(raw, "confirm"); confirm != nil {
				e.Confirm = encode(confirm)
			}
			if state := current[e.BlockID][e.ActionID]; state != nil {
				e.Selected = chosen(state)
			}
			list = append(list, e)
		}
	}
	return list
}

// dispatches tells whether using an element of the block sends block_actions.
func dispatches(block object) bool {
	return str(block, "type") != "input" || flag(block, "dispatch_action")
}
