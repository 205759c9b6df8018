package blockkit_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"herald/sandbox/slackd/blockkit"
)

// long is a text of n characters that take several bytes each.
func long(n int) string { return strings.Repeat("é", n) }

// plain and mrkdwn are text objects.
func plain(s string) string  { return fmt.Sprintf(`{"type":"plain_text","text":%q}`, s) }
func mrkdwn(s string) string { return fmt.Sprintf(`{"type":"mrkdwn","text":%q}`, s) }

// times joins n things that each returns.
func times(n int, each func(i int) string) string {
	return strings.Join(repeat(n, each), ",")
}

// repeat lists n things that each returns.
func repeat(n int, each func(i int) string) []string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = each(i)
	}
	return parts
}

// button is a button with more fields.
func button(id, more string) string {
	return fmt.Sprintf(`{"type":"button","action_id":%q,"text":%s%s}`, id, plain("Go"), more)
}

// option is an option.
func option(text, value string) string {
	return fmt.Sprintf(`{"text":%s,"value":%q}`, plain(text), value)
}

// optionList is n options.
func optionList(n int) string {
	return "[" + times(n, func(i int) string { return option("o", fmt.Sprint("v", i)) }) + "]"
}

// actions, section and input are blocks around elements.
func actions(elements ...string) string {
	return `{"type":"actions","elements":[` + strings.Join(elements, ",") + `]}`
}

func section(text, more string) string { return `{"type":"section","text":` + text + more + `}` }

func input(element string) string {
	return `{"type":"input","block_id":"i","label":` + plain("L") + `,"element":` + element + `}`
}

func TestBlocksWithinTheLimitsAreFineAndBeyondThemAreNot(t *testing.T) {
	t.Parallel()
	divider := `{"type":"divider"}`
	menu := func(options string) string {
		return `{"type":"static_select","action_id":"m","options":` + options + `}`
	}
	confirm := func(title, text, yes, no int) string {
		return fmt.Sprintf(`,"confirm":{"title":%s,"text":%s,"confirm":%s,"deny":%s}`,
			plain(long(title)), mrkdwn(long(text)), plain(long(yes)), plain(long(no)))
	}
	tests := []struct {
		name    string
		surface blockkit.Surface
		fine    string // blocks without a problem; empty: none to show
		bad     string // blocks with the problem
		want    string
	}{
		{
			"section text", blockkit.Message, section(mrkdwn(long(3000)), ""), section(mrkdwn(long(3001)), ""),
			"[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
		},
		{"empty text", blockkit.Message, "", section(mrkdwn(""), ""), "[ERROR] must be more than 0 characters [json-pointer:/blocks/0/text/text]"},
		{"blank text", blockkit.Message, "", section(plain(" \n"), ""), "[ERROR] must be more than 0 characters [json-pointer:/blocks/0/text/text]"},
		{"no text", blockkit.Home, "", `{"type":"section"}`, "[ERROR] must define either `text` or `fields` [json-pointer:/blocks/0]"},
		{"text as string", blockkit.Home, "", `{"type":"section","text":"hi"}`, "[ERROR] must provide an object [json-pointer:/blocks/0/text]"},
		{
			"fields", blockkit.Message,
			`{"type":"section","fields":[` + times(10, func(int) string { return mrkdwn(long(2000)) }) + `]}`,
			`{"type":"section","fields":[` + times(11, func(int) string { return mrkdwn("x") }) + `]}`,
			"[ERROR] no more than 10 items allowed [json-pointer:/blocks/0/fields]",
		},
		{
			"field text", blockkit.Message, "", `{"type":"section","fields":[` + mrkdwn(long(2001)) + `]}`,
			"[ERROR] must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
		},
		{
			"header", blockkit.Message, `{"type":"header","text":` + plain(long(150)) + `}`, `{"type":"header","text":` + plain(long(151)) + `}`,
			"[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]",
		},
		{"mrkdwn header", blockkit.Message, "", `{"type":"header","text":` + mrkdwn("x") + `}`, "[ERROR] unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"},
		{
			"context", blockkit.Message,
			`{"type":"context","elements":[` + times(10, func(int) string { return mrkdwn("x") }) + `]}`,
			`{"type":"context","elements":[` + times(11, func(int) string { return mrkdwn("x") }) + `]}`,
			"[ERROR] no more than 10 items allowed [json-pointer:/blocks/0/elements]",
		},
		{"empty context", blockkit.Message, "", `{"type":"context","elements":[]}`, "[ERROR] must provide at least 1 items [json-pointer:/blocks/0/elements]"},
		{
			"button in context", blockkit.Message, "", `{"type":"context","elements":[{"type":"button"}]}`,
			"[ERROR] unsupported type: button [json-pointer:/blocks/0/elements/0/type]",
		},
		{
			"actions", blockkit.Message,
			actions(repeat(25, func(i int) string { return button(strconv.Itoa(i), "") })...),
			actions(repeat(26, func(i int) string { return button(strconv.Itoa(i), "") })...),
			"[ERROR] no more than 25 items allowed [json-pointer:/blocks/0/elements]",
		},
		{
			"action ids", blockkit.Message, actions(button("a", "")) + "," + actions(button("a", "")), actions(button("a", ""), button("a", "")),
			"[ERROR] `action_id` \"a\" already exists [json-pointer:/blocks/0/elements/1/action_id]",
		},
		{
			"long action id", blockkit.Message, actions(button(long(255), "")), actions(button(long(256), "")),
			"[ERROR] must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]",
		},
		{
			"block ids", blockkit.Message, "", `{"type":"divider","block_id":"d"},{"type":"divider","block_id":"d"}`,
			"[ERROR] `block_id` \"d\" already exists [json-pointer:/blocks/1/block_id]",
		},
		{
			"long block id", blockkit.Message, `{"type":"divider","block_id":"` + long(255) + `"}`, `{"type":"divider","block_id":"` + long(256) + `"}`,
			"[ERROR] must be less than 256 characters [json-pointer:/blocks/0/block_id]",
		},
		{
			"blocks of a message", blockkit.Message, times(50, func(int) string { return divider }), times(51, func(int) string { return divider }),
			"[ERROR] no more than 50 items allowed [json-pointer:/blocks]",
		},
		{
			"blocks of a home tab", blockkit.Home, times(100, func(int) string { return divider }), times(101, func(int) string { return divider }),
			"[ERROR] no more than 100 items allowed [json-pointer:/blocks]",
		},
		{
			"button text", blockkit.Message, "", actions(`{"type":"button","action_id":"a","text":` + plain(long(76)) + `}`),
			"[ERROR] must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
		},
		{
			"button value", blockkit.Message, actions(button("a", `,"value":"`+long(2000)+`"`)), actions(button("a", `,"value":"`+long(2001)+`"`)),
			"[ERROR] must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
		},
		{
			"button style", blockkit.Message, actions(button("a", `,"style":"danger"`)), actions(button("a", `,"style":"green"`)),
			"[ERROR] must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]",
		},
		{
			"button url", blockkit.Message, actions(button("a", `,"url":"https://acme.example/`+strings.Repeat("x", 2979)+`"`)),
			actions(button("a", `,"url":"https://acme.example/`+strings.Repeat("x", 2980)+`"`)),
			"[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/elements/0/url]",
		},
		{"relative url", blockkit.Message, "", actions(button("a", `,"url":"/register"`)), "[ERROR] must be a valid URL [json-pointer:/blocks/0/elements/0/url]"},
		{
			"unknown field", blockkit.Message, "", actions(button("a", `,"colour":"red"`)),
			"[ERROR] invalid additional property: colour [json-pointer:/blocks/0/elements/0]",
		},
		{
			"confirm title", blockkit.Message, actions(button("a", confirm(100, 300, 30, 30))), actions(button("a", confirm(101, 300, 30, 30))),
			"[ERROR] must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]",
		},
		{
			"confirm text", blockkit.Message, "", actions(button("a", confirm(100, 301, 30, 30))),
			"[ERROR] must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]",
		},
		{
			"confirm button", blockkit.Message, "", actions(button("a", confirm(1, 1, 31, 1))),
			"[ERROR] must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/confirm/text]",
		},
		{
			"deny button", blockkit.Message, "", actions(button("a", confirm(1, 1, 1, 31))),
			"[ERROR] must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/deny/text]",
		},
		{
			"options", blockkit.Message, actions(menu(optionList(100))), actions(menu(optionList(101))),
			"[ERROR] no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
		},
		{"no options", blockkit.Message, "", actions(menu("[]")), "[ERROR] must provide at least 1 items [json-pointer:/blocks/0/elements/0/options]"},
		{
			"option text", blockkit.Message, actions(menu("[" + option(long(75), "v") + "]")), actions(menu("[" + option(long(76), "v") + "]")),
			"[ERROR] must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]",
		},
		{
			"option value", blockkit.Message, actions(menu("[" + option("o", long(150)) + "]")), actions(menu("[" + option("o", long(151)) + "]")),
			"[ERROR] must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]",
		},
		{
			"option url", blockkit.Message,
			actions(`{"type":"overflow","action_id":"o","options":[{"text":` + plain("x") + `,"value":"v","url":"https://acme.example"}]}`),
			actions(menu(`[{"text":` + plain("x") + `,"value":"v","url":"https://acme.example"}]`)),
			"[ERROR] invalid additional property: url [json-pointer:/blocks/0/elements/0/options/0]",
		},
		{
			"option groups", blockkit.Message,
			actions(`{"type":"static_select","action_id":"m","option_groups":[{"label":` + plain(long(75)) + `,"options":` + optionList(100) + `}]}`),
			actions(`{"type":"static_select","action_id":"m","option_groups":[{"label":` + plain(long(76)) + `,"options":` + optionList(1) + `}]}`),
			"[ERROR] must be less than 76 characters [json-pointer:/blocks/0/elements/0/option_groups/0/label/text]",
		},
		{
			"placeholder", blockkit.Message,
			actions(`{"type":"users_select","action_id":"m","placeholder":` + plain(long(150)) + `}`),
			actions(`{"type":"users_select","action_id":"m","placeholder":` + plain(long(151)) + `}`),
			"[ERROR] must be less than 151 characters [json-pointer:/blocks/0/elements/0/placeholder/text]",
		},
		{
			"initial option", blockkit.Message,
			actions(`{"type":"static_select","action_id":"m","options":` + optionList(2) + `,"initial_option":{"text":{"type":"plain_text","text":"o","emoji":true},"value":"v1"}}`),
			actions(`{"type":"static_select","action_id":"m","options":` + optionList(2) + `,"initial_option":` + option("other", "v1") + `}`),
			"[ERROR] must match one of the options [json-pointer:/blocks/0/elements/0/initial_option]",
		},
		{
			"checkboxes", blockkit.Message,
			actions(`{"type":"checkboxes","action_id":"c","options":` + optionList(10) + `,"initial_options":` + optionList(2) + `}`),
			actions(`{"type":"checkboxes","action_id":"c","options":` + optionList(11) + `}`),
			"[ERROR] no more than 10 items allowed [json-pointer:/blocks/0/elements/0/options]",
		},
		{
			"no initial options", blockkit.Message, "",
			actions(`{"type":"checkboxes","action_id":"c","options":` + optionList(1) + `,"initial_options":[]}`),
			"[ERROR] must provide at least 1 items [json-pointer:/blocks/0/elements/0/initial_options]",
		},
		{
			"radio buttons", blockkit.Message, actions(`{"type":"radio_buttons","action_id":"c","options":` + optionList(10) + `}`),
			actions(`{"type":"radio_buttons","action_id":"c","options":` + optionList(11) + `}`),
			"[ERROR] no more than 10 items allowed [json-pointer:/blocks/0/elements/0/options]",
		},
		{
			"overflow", blockkit.Message, actions(`{"type":"overflow","action_id":"c","options":` + optionList(5) + `}`),
			actions(`{"type":"overflow","action_id":"c","options":` + optionList(6) + `}`),
			"[ERROR] no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]",
		},
		{
			"date", blockkit.Message, actions(`{"type":"datepicker","action_id":"d","initial_date":"2026-11-22"}`),
			actions(`{"type":"datepicker","action_id":"d","initial_date":"22.11.2026"}`),
			"[ERROR] must be a date as YYYY-MM-DD [json-pointer:/blocks/0/elements/0/initial_date]",
		},
		{
			"time", blockkit.Message, actions(`{"type":"timepicker","action_id":"d","initial_time":"09:30"}`),
			actions(`{"type":"timepicker","action_id":"d","initial_time":"9:30"}`),
			"[ERROR] must be a time as HH:mm [json-pointer:/blocks/0/elements/0/initial_time]",
		},
		{
			"text input", blockkit.Home, input(`{"type":"plain_text_input","action_id":"t","max_length":3000}`),
			input(`{"type":"plain_text_input","action_id":"t","max_length":3001}`),
			"[ERROR] must be between 1 and 3000 [json-pointer:/blocks/0/element/max_length]",
		},
		{
			"initial value", blockkit.Home, "", input(`{"type":"plain_text_input","action_id":"t","max_length":3,"initial_value":"four"}`),
			"[ERROR] must be less than 4 characters [json-pointer:/blocks/0/element/initial_value]",
		},
		{
			"number input", blockkit.Home, input(`{"type":"number_input","action_id":"n","is_decimal_allowed":false,"min_value":"1"}`),
			input(`{"type":"number_input","action_id":"n"}`),
			"[ERROR] missing required field: is_decimal_allowed [json-pointer:/blocks/0/element]",
		},
		{
			"button as input", blockkit.Home, "", input(button("b", "")), "[ERROR] unsupported type: button [json-pointer:/blocks/0/element/type]",
		},
		{
			"text input as accessory", blockkit.Home, "", section(mrkdwn("x"), `,"accessory":{"type":"plain_text_input","action_id":"t"}`),
			"[ERROR] unsupported type: plain_text_input [json-pointer:/blocks/0/accessory/type]",
		},
		{"no label", blockkit.Home, "", `{"type":"input","element":{"type":"users_select","action_id":"u"}}`, "[ERROR] missing required field: label [json-pointer:/blocks/0]"},
		{
			"focus", blockkit.Home, "", actions(`{"type":"users_select","action_id":"u","focus_on_load":true}`, `{"type":"users_select","action_id":"v","focus_on_load":true}`),
			"[ERROR] only one element can have `focus_on_load` [json-pointer:/blocks/0/elements/1/focus_on_load]",
		},
		{
			"image", blockkit.Message, `{"type":"image","image_url":"https://acme.example/a.png","alt_text":"A"}`, `{"type":"image","image_url":"https://acme.example/a.png"}`,
			"[ERROR] missing required field: alt_text [json-pointer:/blocks/0]",
		},
		{
			"markdown", blockkit.Message, `{"type":"markdown","text":"` + long(12_000) + `"}`, `{"type":"markdown","text":"` + long(6001) + `"},{"type":"markdown","text":"` + long(6000) + `"}`,
			"[ERROR] must be less than 12001 characters in all markdown blocks [json-pointer:/blocks/1/text]",
		},
		{"markdown in a home tab", blockkit.Home, "", `{"type":"markdown","text":"x"}`, "[ERROR] unsupported type: markdown [json-pointer:/blocks/0/type]"},
		{
			"alert in a message", blockkit.Message, "", `{"type":"alert","text":` + plain("x") + `}`,
			"[ERROR] unsupported type: alert [json-pointer:/blocks/0/type]",
		},
		{
			"alert level", blockkit.Modal, `{"type":"alert","level":"success","text":` + plain("x") + `}`, `{"type":"alert","level":"green","text":` + plain("x") + `}`,
			"[ERROR] must be one of: default, info, warning, error, success [json-pointer:/blocks/0/level]",
		},
		{
			"table rows", blockkit.Message,
			`{"type":"table","rows":[` + times(100, func(int) string { return `[{"type":"raw_text","text":"x"}]` }) + `]}`,
			`{"type":"table","rows":[` + times(101, func(int) string { return `[{"type":"raw_text","text":"x"}]` }) + `]}`,
			"[ERROR] no more than 100 items allowed [json-pointer:/blocks/0/rows]",
		},
		{
			"table cells", blockkit.Message, "", `{"type":"table","rows":[[` + times(21, func(int) string { return `{"type":"raw_text","text":"x"}` }) + `]]}`,
			"[ERROR] no more than 20 items allowed [json-pointer:/blocks/0/rows/0]",
		},
		{
			"rich text", blockkit.Message,
			`{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"x"}]}]}`,
			`{"type":"rich_text","elements":[{"type":"text","text":"x"}]}`,
			"[ERROR] unsupported type: text [json-pointer:/blocks/0/elements/0/type]",
		},
		{
			"video", blockkit.Home,
			`{"type":"video","title":` + plain("T") + `,"alt_text":"A","video_url":"https://acme.example/v","thumbnail_url":"https://acme.example/t"}`,
			`{"type":"video","title":` + plain("T") + `,"alt_text":"A","video_url":"http://acme.example/v","thumbnail_url":"https://acme.example/t"}`,
			"[ERROR] must be a valid URL [json-pointer:/blocks/0/video_url]",
		},
		{
			"initial users", blockkit.Message, actions(`{"type":"multi_users_select","action_id":"u","initial_users":["U1"]}`),
			actions(`{"type":"multi_users_select","action_id":"u","initial_users":[1]}`),
			"[ERROR] must provide a string [json-pointer:/blocks/0/elements/0/initial_users/0]",
		},
		{
			"filter", blockkit.Message, actions(`{"type":"conversations_select","action_id":"c","filter":{"include":["public"]}}`),
			actions(`{"type":"conversations_select","action_id":"c","filter":{}}`),
			"[ERROR] must define at least one filter [json-pointer:/blocks/0/elements/0/filter]",
		},
		{
			"dispatch config", blockkit.Home,
			input(`{"type":"plain_text_input","action_id":"t","dispatch_action_config":{"trigger_actions_on":["on_enter_pressed"]}}`),
			input(`{"type":"plain_text_input","action_id":"t","dispatch_action_config":{"trigger_actions_on":["on_click"]}}`),
			"[ERROR] must be one of: on_enter_pressed, on_character_entered [json-pointer:/blocks/0/element/dispatch_action_config/trigger_actions_on/0]",
		},
		{
			"options and groups", blockkit.Message, "",
			actions(`{"type":"static_select","action_id":"m","options":` + optionList(1) + `,"option_groups":[]}`),
			"[ERROR] must define either `options` or `option_groups` [json-pointer:/blocks/0/elements/0]",
		},
		{
			"initial option of a group", blockkit.Message,
			actions(`{"type":"static_select","action_id":"m","option_groups":[{"label":` + plain("G") + `,"options":` + optionList(2) + `}],"initial_option":` + option("o", "v1") + `}`),
			actions(`{"type":"static_select","action_id":"m","option_groups":[{"label":` + plain("G") + `,"options":` + optionList(2) + `}],"initial_option":` + option("o", "v2") + `}`),
			"[ERROR] must match one of the options [json-pointer:/blocks/0/elements/0/initial_option]",
		},
		{
			"external query length", blockkit.Message, actions(`{"type":"external_select","action_id":"m","min_query_length":0}`),
			actions(`{"type":"external_select","action_id":"m","min_query_length":"0"}`),
			"[ERROR] must provide an integer [json-pointer:/blocks/0/elements/0/min_query_length]",
		},
		{"file input in a home tab", blockkit.Home, "", input(`{"type":"file_input","action_id":"f"}`), "[ERROR] unsupported type: file_input [json-pointer:/blocks/0/element/type]"},
		{"unknown block", blockkit.Message, "", `{"type":"sect1on"}`, "[ERROR] unsupported type: sect1on [json-pointer:/blocks/0/type]"},
		{"no type", blockkit.Message, "", `{}`, "[ERROR] missing required field: type [json-pointer:/blocks/0]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.fine != "" {
				if got := blockkit.Validate(tt.surface, []byte("["+tt.fine+"]")); got != nil {
					t.Errorf("within the limit: %v", got)
				}
			}
			got := blockkit.Validate(tt.surface, []byte("["+tt.bad+"]"))
			if !slices.ContainsFunc(got, func(p blockkit.Problem) bool { return p.String() == tt.want }) {
				t.Errorf("beyond the limit: got %v, want %s", got, tt.want)
			}
		})
	}
}

func TestViewsKeepToTheirLimits(t *testing.T) {
	t.Parallel()
	text := `{"type":"plain_text_input","action_id":"t"}`
	tests := []struct {
		name, view, want string
	}{
		{"a modal", `{"type":"modal","title":` + plain(long(24)) + `,"submit":` + plain(long(24)) + `,"blocks":[` + input(text) + `]}`, ""},
		{"a home tab", `{"type":"home","private_metadata":"` + long(3000) + `","blocks":[]}`, ""},
		{"title", `{"type":"modal","title":` + plain(long(25)) + `,"blocks":[]}`, "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"},
		{"no title", `{"type":"modal","blocks":[]}`, "[ERROR] missing required field: title [json-pointer:/view]"},
		{"no blocks", `{"type":"home"}`, "[ERROR] missing required field: blocks [json-pointer:/view]"},
		{
			"input without submit", `{"type":"modal","title":` + plain("T") + `,"blocks":[` + input(text) + `]}`,
			"[ERROR] must define `submit` to use an `input` block in modals [json-pointer:/view/blocks/0/input]",
		},
		{"metadata", `{"type":"home","private_metadata":"` + long(3001) + `","blocks":[]}`, "[ERROR] must be less than 3001 characters [json-pointer:/view/private_metadata]"},
		{"callback id", `{"type":"home","callback_id":"` + long(256) + `","blocks":[]}`, "[ERROR] must be less than 256 characters [json-pointer:/view/callback_id]"},
		{"external id", `{"type":"home","external_id":"` + long(256) + `","blocks":[]}`, "[ERROR] must be less than 256 characters [json-pointer:/view/external_id]"},
		{"title of a home tab", `{"type":"home","title":` + plain("T") + `,"blocks":[]}`, "[ERROR] invalid additional property: title [json-pointer:/view]"},
		{"no type", `{"blocks":[]}`, "[ERROR] missing required field: type [json-pointer:/view]"},
		{"no view", `[]`, "[ERROR] must provide an object [json-pointer:/view]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := blockkit.ValidateView([]byte(tt.view))
			if tt.want == "" && got != nil {
				t.Errorf("got %v", got)
			}
			if tt.want != "" && !slices.ContainsFunc(got, func(p blockkit.Problem) bool { return p.String() == tt.want }) {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
}

func TestAttachmentsAndSuggestionsKeepToTheirLimits(t *testing.T) {
	t.Parallel()
	fine := `[{"color":"#2eb886","blocks":[` + section(mrkdwn("Done."), "") + `]}]`
	if got := blockkit.ValidateAttachments([]byte(fine)); got != nil {
		t.Errorf("a green bar: %v", got)
	}
	for _, tt := range []struct{ bad, want string }{
		{`[{"color":"leaf","text":"x"}]`, "/attachments/0/color"},
		{`[{"color":"#fff"}]`, "/attachments/0"},
		{`[{"blocks":[{"type":"x"}]}]`, "/attachments/0/blocks/0/type"},
		{`[` + times(101, func(int) string { return `{"text":"x"}` }) + `]`, "/attachments"},
		{`{}`, "/attachments"},
	} {
		got := blockkit.ValidateAttachments([]byte(tt.bad))
		if len(got) != 1 || got[0].Pointer != tt.want {
			t.Errorf("%.40s: got %v, want one problem at %s", tt.bad, got, tt.want)
		}
	}
	for _, tt := range []struct {
		answer   string
		problems int
	}{
		{`{}`, 1},
		{`{"options":[]}`, 0},
		{`{"options":` + optionList(100) + `}`, 0},
		{`{"options":` + optionList(101) + `}`, 1},
		{`{"option_groups":[{"label":` + plain("L") + `,"options":` + optionList(1) + `}]}`, 0},
		{`{"option_groups":[{"label":` + plain("L") + `,"options":[]}]}`, 1},
	} {
		var decoded map[string]any
		if err := json.Unmarshal([]byte(tt.answer), &decoded); err != nil {
			t.Fatal(err)
		}
		if got := blockkit.CheckOptions(decoded); len(got) != tt.problems {
			t.Errorf("%.60s: got %v, want %d problems", tt.answer, got, tt.problems)
		}
	}
}

func FuzzValidate(f *testing.F) {
	for _, seed := range []string{`[]`, `[{"type":"section","text":{"type":"mrkdwn","text":"x"}}]`, `[{"type":"table","rows":[[1]]}]`, `[1,null]`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, blocks string) {
		for _, surface := range []blockkit.Surface{blockkit.Message, blockkit.Modal, blockkit.Home} {
			for _, p := range blockkit.Validate(surface, []byte(blocks)) {
				if p.Text == "" || !strings.HasPrefix(p.Pointer, "/blocks") {
					t.Errorf("odd problem %+v", p)
				}
			}
		}
		blockkit.ValidateView([]byte(blocks))
		blockkit.ValidateAttachments([]byte(blocks))
	})
}
