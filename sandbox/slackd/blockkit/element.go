package blockkit

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strconv"
)

// place is where an element stands.
type place int

const (
	inSection place = iota
	inContext
	inActions
	inInput
)

// Patterns of dates and times.
var (
	date  = regexp.MustCompile(`^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$`)
	clock = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)
)

// element checks an element: https://docs.slack.dev/reference/block-kit/block-elements.
func (c *checker) element(e object, at string, where place) {
	kind, _ := e["type"].(string)
	if kind == "image" && (where == inSection || where == inContext) {
		c.only(e, at, "type", "image_url", "slack_file", "alt_text")
		c.image(e, at)
		return
	}
	if where == inContext {
		c.badType(e, at)
		return
	}
	c.str(e, "action_id", at, 0, maxID, false)
	if c.boolean(e, "focus_on_load", at) {
		if c.focused {
			c.add(at+"/focus_on_load", "only one element can have `focus_on_load`")
		}
		c.focused = true
	}
	if confirm := c.child(e, "confirm", at, false); confirm != nil {
		c.confirm(confirm, at+"/confirm")
	}
	switch kind {
	case "static_select", "multi_static_select", "external_select", "multi_external_select",
		"users_select", "multi_users_select", "conversations_select", "multi_conversations_select",
		"channels_select", "multi_channels_select":
		c.selectMenu(e, kind, at)
	case "checkboxes":
		c.only(e, at, "type", "action_id", "options", "initial_options", "confirm", "focus_on_load")
		c.options(e, at, maxChecks, either)
		c.initialOptions(e, at)
	case "radio_buttons":
		c.only(e, at, "type", "action_id", "options", "initial_option", "confirm", "focus_on_load")
		c.options(e, at, maxChecks, either)
		c.initialOption(e, at)
	case "datepicker":
		c.only(e, at, "type", "action_id", "initial_date", "confirm", "focus_on_load", "placeholder")
		c.matches(e, "initial_date", at, date, "a date as YYYY-MM-DD")
		c.text(e, "placeholder", at, maxPlaceholder, plain, false)
	case "timepicker":
		c.only(e, at, "type", "action_id", "initial_time", "confirm", "focus_on_load", "placeholder", "timezone")
		c.matches(e, "initial_time", at, clock, "a time as HH:mm")
		c.text(e, "placeholder", at, maxPlaceholder, plain, false)
	case "datetimepicker":
		c.only(e, at, "type", "action_id", "initial_date_time", "confirm", "focus_on_load")
		c.integer(e, "initial_date_time", at, 1_000_000_000, 9_999_999_999)
	default:
		c.placedElement(e, kind, at, where)
	}
}

// placedElement checks the elements that do not stand everywhere.
func (c *checker) placedElement(e object, kind, at string, where place) {
	switch {
	case kind == "button" && where != inInput:
		c.button(e, at)
	case kind == "overflow" && where != inInput:
		c.only(e, at, "type", "action_id", "options", "confirm")
		c.options(e, at, maxOverflow, plain)
	case kind == "plain_text_input" && where == inInput:
		c.plainTextInput(e, at)
	case (kind == "email_text_input" || kind == "url_text_input") && where == inInput:
		c.only(e, at, "type", "action_id", "initial_value", "dispatch_action_config", "focus_on_load", "placeholder")
		c.str(e, "initial_value", at, 0, maxInput, false)
		c.typed(e, at)
	case kind == "number_input" && where == inInput:
		c.numberInput(e, at)
	case kind == "rich_text_input" && where != inSection:
		c.only(e, at, "type", "action_id", "initial_value", "dispatch_action_config", "focus_on_load", "placeholder", "min_lines", "max_lines")
		c.typed(e, at)
	case kind == "file_input" && where == inInput && c.surface == Modal:
		c.only(e, at, "type", "action_id", "filetypes", "max_files")
		c.integer(e, "max_files", at, 1, 10)
	default:
		c.badType(e, at)
	}
}

// button checks a button.
func (c *checker) button(e object, at string) {
	c.only(e, at, "type", "text", "action_id", "url", "value", "style", "confirm", "accessibility_label")
	c.text(e, "text", at, maxButtonText, plain, true)
	c.url(e, "url", at, false)
	c.str(e, "value", at, 0, maxButtonValue, false)
	c.oneOf(e, "style", at, "primary", "danger")
	c.str(e, "accessibility_label", at, 0, maxButtonText, false)
}

// confirm checks a confirm dialog: https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object.
func (c *checker) confirm(o object, at string) {
	c.only(o, at, "title", "text", "confirm", "deny", "style")
	c.text(o, "title", at, maxConfirmTitle, plain, true)
	c.text(o, "text", at, maxConfirmText, either, true)
	c.text(o, "confirm", at, maxConfirmButton, plain, true)
	c.text(o, "deny", at, maxConfirmButton, plain, true)
	c.oneOf(o, "style", at, "primary", "danger")
}

// selectMenu checks select menus of all kinds.
func (c *checker) selectMenu(e object, kind, at string) {
	keys := []string{"type", "action_id", "placeholder", "confirm", "focus_on_load"}
	many := kind[:min(6, len(kind))] == "multi_"
	if many {
		keys = append(keys, "max_selected_items")
		c.integer(e, "max_selected_items", at, 1, maxOptions)
	}
	c.text(e, "placeholder", at, maxPlaceholder, plain, false)
	initial := "initial_option"
	switch kind {
	case "static_select", "multi_static_select":
		keys = append(keys, "options", "option_groups")
		if given(e, "options") == given(e, "option_groups") {
			c.add(at, "must define either `options` or `option_groups`")
		}
		c.choices(e, at)
	case "external_select", "multi_external_select":
		keys = append(keys, "min_query_length")
		c.integer(e, "min_query_length", at, 0, maxOptions)
	case "users_select", "multi_users_select":
		initial = "initial_user"
	case "conversations_select", "multi_conversations_select":
		keys = append(keys, "default_to_current_conversation", "response_url_enabled", "filter")
		initial = "initial_conversation"
		c.boolean(e, "default_to_current_conversation", at)
		c.boolean(e, "response_url_enabled", at)
		c.filter(e, at)
	case "channels_select", "multi_channels_select":
		keys = append(keys, "response_url_enabled")
		initial = "initial_channel"
		c.boolean(e, "response_url_enabled", at)
	}
	if many {
		initial += "s"
	}
	c.only(e, at, append(keys, initial)...)
	switch initial {
	case "initial_option":
		c.initialOption(e, at)
	case "initial_options":
		c.initialOptions(e, at)
	default:
		c.initialIDs(e, initial, at, many)
	}
}

// initialIDs checks the ids chosen at first.
func (c *checker) initialIDs(e object, key, at string, many bool) {
	if !many {
		c.str(e, key, at, 1, maxID, false)
		return
	}
	if !given(e, key) {
		return
	}
	ids, ok := e[key].([]any)
	if !ok || len(ids) == 0 {
		c.add(at+"/"+key, "must provide at least 1 items")
	}
	for i, id := range ids {
		if s, ok := id.(string); !ok || s == "" {
			c.add(at+"/"+key+"/"+strconv.Itoa(i), "must provide a string")
		}
	}
}

// filter checks which conversations a menu offers.
func (c *checker) filter(e object, at string) {
	f := c.child(e, "filter", at, false)
	if f == nil {
		return
	}
	c.only(f, at+"/filter", "include", "exclude_external_shared_channels", "exclude_bot_users")
	if len(f) == 0 {
		c.add(at+"/filter", "must define at least one filter")
	}
}

// choices checks options or groups of them.
func (c *checker) choices(e object, at string) {
	if given(e, "options") {
		c.options(e, at, maxOptions, plain)
	}
	groups, places := c.list(e, "option_groups", at, 1, maxOptions, false)
	for i, g := range groups {
		c.only(g, places[i], "label", "options")
		c.text(g, "label", places[i], maxGroupLabel, plain, true)
		c.options(g, places[i], maxOptions, plain)
	}
}

// options checks the options of an element.
func (c *checker) options(e object, at string, most int, mrkdwn bool) {
	list, places := c.list(e, "options", at, 1, most, true)
	for i, o := range list {
		c.option(o, places[i], mrkdwn, e["type"] == "overflow")
	}
}

// option checks an option: https://docs.slack.dev/reference/block-kit/composition-objects/option-object.
func (c *checker) option(o object, at string, mrkdwn, withURL bool) {
	keys := []string{"text", "value", "description"}
	if withURL {
		keys = append(keys, "url")
		c.url(o, "url", at, false)
	}
	c.only(o, at, keys...)
	c.text(o, "text", at, maxOptionText, mrkdwn, true)
	c.str(o, "value", at, 1, maxOptionValue, true)
	c.text(o, "description", at, maxOptionText, mrkdwn, false)
}

// offered lists all options of an element.
func offered(e object) []any {
	found, _ := e["options"].([]any)
	groups, _ := e["option_groups"].([]any)
	for _, g := range groups {
		if group, ok := g.(object); ok {
			list, _ := group["options"].([]any)
			found = append(slices.Clip(found), list...)
		}
	}
	return found
}

// initialOption checks the option chosen at first.
func (c *checker) initialOption(e object, at string) {
	if o := c.child(e, "initial_option", at, false); o != nil {
		c.initial(e, o, at+"/initial_option")
	}
}

// initialOptions checks the options chosen at first.
func (c *checker) initialOptions(e object, at string) {
	list, places := c.list(e, "initial_options", at, 1, maxOptions, false)
	for i, o := range list {
		c.initial(e, o, places[i])
	}
	if most, ok := e["max_selected_items"].(float64); ok && len(list) > int(most) {
		c.add(at+"/initial_options", "no more than %v items allowed", most)
	}
}

// initial checks that an option chosen at first exactly matches one that is offered. External selects offer none yet.
func (c *checker) initial(e, chosen object, at string) {
	all := offered(e)
	if all == nil {
		c.option(chosen, at, plain, false)
		return
	}
	for _, o := range all {
		if same(o, chosen) {
			return
		}
	}
	c.add(at, "must match one of the options")
}

// same compares two options.
func same(a any, b object) bool {
	if reflect.DeepEqual(a, b) {
		return true
	}
	o, ok := a.(object)
	if !ok || o["value"] != b["value"] {
		return false
	}
	// Slack fills in "emoji", and so two options that differ only in it are the same.
	return bare(o) == bare(b)
}

// bare renders an option without what Slack fills in.
func bare(o object) string {
	parts := []any{o["value"], o["url"]}
	for _, key := range []string{"text", "description"} {
		if t, ok := o[key].(object); ok {
			parts = append(parts, t["type"], t["text"])
		}
	}
	b, err := json.Marshal(parts)
	if err != nil {
		return ""
	}
	return string(b)
}

// plainTextInput checks a text input.
func (c *checker) plainTextInput(e object, at string) {
	c.only(e, at, "type", "action_id", "initial_value", "multiline", "min_length", "max_length", "dispatch_action_config",
		"focus_on_load", "placeholder")
	c.boolean(e, "multiline", at)
	least, _ := c.integer(e, "min_length", at, 0, maxInput)
	most, bounded := c.integer(e, "max_length", at, 1, maxInput)
	if !bounded {
		most = maxInput
	}
	if least > most {
		c.add(at+"/min_length", "must be less than or equal to `max_length`")
	}
	c.str(e, "initial_value", at, 0, most, false)
	c.typed(e, at)
}

// numberInput checks a number input.
func (c *checker) numberInput(e object, at string) {
	c.only(e, at, "type", "action_id", "is_decimal_allowed", "initial_value", "min_value", "max_value",
		"dispatch_action_config", "focus_on_load", "placeholder")
	if !given(e, "is_decimal_allowed") {
		c.add(at, "missing required field: is_decimal_allowed")
	}
	c.boolean(e, "is_decimal_allowed", at)
	for _, key := range []string{"initial_value", "min_value", "max_value"} {
		if s := c.str(e, key, at, 0, maxID, false); s != "" {
			if _, err := strconv.ParseFloat(s, 64); err != nil {
				c.add(at+"/"+key, "must be a number")
			}
		}
	}
	c.typed(e, at)
}

// typed checks what all text inputs share.
func (c *checker) typed(e object, at string) {
	c.text(e, "placeholder", at, maxPlaceholder, plain, false)
	config := c.child(e, "dispatch_action_config", at, false)
	if config == nil {
		return
	}
	at += "/dispatch_action_config"
	c.only(config, at, "trigger_actions_on")
	on, _ := config["trigger_actions_on"].([]any)
	if len(on) == 0 {
		c.add(at+"/trigger_actions_on", "must provide at least 1 items")
	}
	for i, when := range on {
		if when != "on_enter_pressed" && when != "on_character_entered" {
			c.add(at+"/trigger_actions_on/"+strconv.Itoa(i), "must be one of: on_enter_pressed, on_character_entered")
		}
	}
}
