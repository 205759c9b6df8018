package render

import (
	"encoding/json"
	"html/template"
	"slices"
	"strings"
	"time"
)

// manyOptions is from how many options on a select gets a search box.
const manyOptions = 20

// option is https://docs.slack.dev/reference/block-kit/composition-objects/option-object.
type option struct {
	Text        *textObject `json:"text"`
	Value       string      `json:"value"`
	Description *textObject `json:"description"`
	URL         string      `json:"url"`
}

type optionGroup struct {
	Label   *textObject `json:"label"`
	Options []option    `json:"options"`
}

type confirm struct {
	Title   *textObject `json:"title"`
	Text    *textObject `json:"text"`
	Confirm *textObject `json:"confirm"`
	Deny    *textObject `json:"deny"`
	Style   string      `json:"style"`
}

// element is any block element; each type uses some of the fields.
// See https://docs.slack.dev/reference/block-kit/block-elements.
type element struct {
	Type                 string        `json:"type"`
	ActionID             string        `json:"action_id"`
	Text                 *textObject   `json:"text"`
	Value                string        `json:"value"`
	URL                  string        `json:"url"`
	Style                string        `json:"style"`
	AccessibilityLabel   string        `json:"accessibility_label"`
	Confirm              *confirm      `json:"confirm"`
	Placeholder          *textObject   `json:"placeholder"`
	Options              []option      `json:"options"`
	OptionGroups         []optionGroup `json:"option_groups"`
	FocusOnLoad          bool          `json:"focus_on_load"`
	Multiline            bool          `json:"multiline"`
	MinLength            int           `json:"min_length"`
	MaxLength            int           `json:"max_length"`
	InitialValue         string        `json:"initial_value"`
	InitialOption        *option       `json:"initial_option"`
	InitialOptions       []option      `json:"initial_options"`
	InitialUser          string        `json:"initial_user"`
	InitialUsers         []string      `json:"initial_users"`
	InitialChannel       string        `json:"initial_channel"`
	InitialChannels      []string      `json:"initial_channels"`
	InitialConversation  string        `json:"initial_conversation"`
	InitialConversations []string      `json:"initial_conversations"`
	InitialDate          string        `json:"initial_date"`
	InitialTime          string        `json:"initial_time"`
	InitialDateTime      int64         `json:"initial_date_time"`
	FileTypes            []string      `json:"filetypes"`
	IsDecimalAllowed     bool          `json:"is_decimal_allowed"`
	MinValue             string        `json:"min_value"`
	MaxValue             string        `json:"max_value"`
	ImageURL             string        `json:"image_url"`
	AltText              string        `json:"alt_text"`
	DispatchActionConfig *struct {
		TriggerActionsOn []string `json:"trigger_actions_on"`
	} `json:"dispatch_action_config"`
}

// chosen is one value of an element, with what people read.
type chosen struct {
	Value, Text string
}

// control is what the templates need to know about an element.
type control struct {
	element
	ID, Block, Field, Label, Prompt string
	Act, Search                     string
	Vals                            string // JSON for hx-vals: block and action
	Sends                           bool   // using it tells the app; else it waits for the modal's submission
	Chosen                          []chosen
	ConfirmID, ConfirmTitle         string
	ConfirmText                     template.HTML
	ConfirmYes, ConfirmNo           string
	ConfirmDanger                   bool
	Choices                         []choice
	Groups                          []choiceGroup
	Input, Step                     string // HTML input type, and step for numbers
	OnEnter, OnType                 bool   // a text input that dispatches
	Multi                           bool
	Invalid                         bool
	ErrorID                         string
}

type choice struct {
	ID, Value, Text   string
	Label             template.HTML // Text with its marks
	Description       template.HTML
	Checked, Linked   bool
	URL, Vals, TextID string
}

type choiceGroup struct {
	Label   string
	Choices []choice
}

func (r *Renderer) element(s Surface, b block, e element, label string) template.HTML {
	c := s.control(b, e, label)
	switch e.Type {
	case "button", "overflow", "checkboxes", "radio_buttons":
		return r.fill(e.Type, c)
	case "image":
		return r.fill("image-element", e)
	case "static_select":
		if len(c.Choices) <= manyOptions && len(c.Groups) == 0 {
			return r.fill("static_select", c)
		}
		return r.fill("picker", c)
	case "external_select", "users_select", "channels_select", "conversations_select",
		"multi_static_select", "multi_external_select", "multi_users_select", "multi_channels_select", "multi_conversations_select":
		return r.fill("picker", c)
	case "plain_text_input", "email_text_input", "url_text_input", "number_input", "datepicker", "timepicker", "datetimepicker":
		return r.fill("text-input", c)
	case "file_input":
		return r.fill("file-input", c)
	}
	return r.unknown(e.Type + " element")
}

func (s Surface) control(b block, e element, label string) control {
	c := control{
		element: e, ID: domID(s.ID, b.BlockID, e.ActionID), Block: b.BlockID, Field: FieldName(b.BlockID, e.ActionID),
		Label: label, Prompt: e.Placeholder.symbols(), Act: s.Act, Search: s.Search,
		Vals:  vals(b.BlockID, e.ActionID),
		Sends: b.Type != "input" || b.DispatchAction,
		Multi: strings.HasPrefix(e.Type, "multi_"), Invalid: s.Errors[b.BlockID] != "", ErrorID: domID(s.ID, b.BlockID, "error"),
	}
	if e.AccessibilityLabel != "" {
		c.Label = e.AccessibilityLabel
	}
	if c.Label == "" {
		c.Label = c.Prompt
	}
	if c.Prompt == "" {
		c.Prompt = "Choose…"
	}
	c.Chosen = s.chosen(b.BlockID, e)
	c.Choices = s.choices(c, e.Options)
	for _, g := range e.OptionGroups {
		c.Groups = append(c.Groups, choiceGroup{g.Label.symbols(), s.choices(c, g.Options)})
	}
	c.confirmation(s)
	c.typing()
	return c
}

func vals(block, action string, more ...string) string {
	v := map[string]string{"block": block, "action": action}
	for i := 0; i+1 < len(more); i += 2 {
		v[more[i]] = more[i+1]
	}
	b, err := json.Marshal(v)
	if err != nil { // strings always encode
		return "{}"
	}
	return string(b)
}

func (s Surface) choices(c control, options []option) []choice {
	var all []choice
	for _, o := range options {
		id := domID(c.ID, o.Value)
		all = append(all, choice{
			ID: id, Value: o.Value, Text: o.Text.symbols(), Label: o.Text.html(s), Description: o.Description.html(s),
			Checked: slices.ContainsFunc(c.Chosen, func(v chosen) bool { return v.Value == o.Value }),
			URL:     o.URL, Linked: Safe(o.URL),
			Vals: vals(c.Block, c.ActionID, "chosen", o.Value),
		})
	}
	return all
}

func (c *control) confirmation(s Surface) {
	if c.Confirm == nil {
		return
	}
	c.ConfirmID = c.ID + ".confirm"
	c.ConfirmTitle, c.ConfirmText = c.Confirm.Title.symbols(), c.Confirm.Text.html(s)
	c.ConfirmYes, c.ConfirmNo = c.Confirm.Confirm.symbols(), c.Confirm.Deny.symbols()
	c.ConfirmDanger = c.Confirm.Style == "danger"
	if c.ConfirmTitle == "" {
		c.ConfirmTitle = "Are you sure?"
	}
	if c.ConfirmYes == "" {
		c.ConfirmYes = "Yes"
	}
	if c.ConfirmNo == "" {
		c.ConfirmNo = "Cancel"
	}
}

// typing sets what concerns inputs that are typed into.
func (c *control) typing() {
	switch c.Type {
	case "plain_text_input":
		c.Input = "text"
	case "email_text_input":
		c.Input = "email"
	case "url_text_input":
		c.Input = "url"
	case "number_input":
		c.Input, c.Step = "number", "1"
		if c.IsDecimalAllowed {
			c.Step = "any"
		}
	case "datepicker":
		c.Input = "date"
	case "timepicker":
		c.Input = "time"
	case "datetimepicker":
		c.Input = "datetime-local"
	}
	if !c.Sends || c.Input == "date" || c.Input == "time" || c.Input == "datetime-local" {
		return
	}
	c.OnEnter = c.DispatchActionConfig == nil
	if c.DispatchActionConfig != nil {
		c.OnEnter = slices.Contains(c.DispatchActionConfig.TriggerActionsOn, "on_enter_pressed")
		c.OnType = slices.Contains(c.DispatchActionConfig.TriggerActionsOn, "on_character_entered")
	}
}

// Typed is the first current value, for inputs that have one.
func (c control) Typed() string {
	if len(c.Chosen) == 0 {
		return ""
	}
	return c.Chosen[0].Value
}

// Opens reports whether the button leads somewhere a browser may go.
func (c control) Opens() bool { return Safe(c.URL) }

// Face is the text on a button.
func (c control) Face() template.HTML { return c.Text.html(Surface{}) }

// PlaceholderText is what an empty input says; unlike Prompt it may be empty.
func (c control) PlaceholderText() string { return c.Placeholder.symbols() }

// Shown is what a closed picker says.
func (c control) Shown() string {
	if len(c.Chosen) == 0 {
		return c.Prompt
	}
	texts := make([]string, len(c.Chosen))
	for i, v := range c.Chosen {
		texts[i] = v.Text
	}
	return strings.Join(texts, ", ")
}

// SearchVals tells the server whose choices a picker wants.
func (c control) SearchVals() string { return vals(c.Block, c.ActionID) }

// chosen reads an element's values: what the person did, else what the app set.
func (s Surface) chosen(blockID string, e element) []chosen {
	if raw, ok := s.State[blockID][e.ActionID]; ok {
		var state elementState
		if json.Unmarshal(raw, &state) == nil {
			return state.chosen(s)
		}
	}
	initial := elementState{
		Value: e.InitialValue, SelectedOption: e.InitialOption, SelectedOptions: e.InitialOptions,
		SelectedUser: e.InitialUser, SelectedUsers: e.InitialUsers,
		SelectedChannel: e.InitialChannel, SelectedChannels: e.InitialChannels,
		SelectedConversation: e.InitialConversation, SelectedConversations: e.InitialConversations,
		SelectedDate: e.InitialDate, SelectedTime: e.InitialTime, SelectedDateTime: e.InitialDateTime,
	}
	return initial.chosen(s)
}

// elementState is an element in state.values.
// See https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload.
type elementState struct {
	Value                 string   `json:"value"`
	SelectedOption        *option  `json:"selected_option"`
	SelectedOptions       []option `json:"selected_options"`
	SelectedUser          string   `json:"selected_user"`
	SelectedUsers         []string `json:"selected_users"`
	SelectedChannel       string   `json:"selected_channel"`
	SelectedChannels      []string `json:"selected_channels"`
	SelectedConversation  string   `json:"selected_conversation"`
	SelectedConversations []string `json:"selected_conversations"`
	SelectedDate          string   `json:"selected_date"`
	SelectedTime          string   `json:"selected_time"`
	SelectedDateTime      int64    `json:"selected_date_time"`
	Files                 []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"files"`
}

func (st elementState) chosen(s Surface) []chosen {
	var all []chosen
	if st.SelectedOption != nil {
		st.SelectedOptions = append(st.SelectedOptions, *st.SelectedOption)
	}
	for _, o := range st.SelectedOptions {
		all = append(all, chosen{o.Value, o.Text.symbols()})
	}
	for _, id := range append(slices.Clone(st.SelectedUsers), st.SelectedUser) {
		if id != "" {
			all = append(all, chosen{id, s.conversationName(id)})
		}
	}
	for _, id := range slices.Concat(st.SelectedChannels, st.SelectedConversations, []string{st.SelectedChannel, st.SelectedConversation}) {
		if id != "" {
			all = append(all, chosen{id, s.conversationName(id)})
		}
	}
	if st.SelectedDateTime != 0 {
		moment := s.moment(st.SelectedDateTime)
		all = append(all, chosen{moment, moment})
	}
	for _, f := range st.Files {
		all = append(all, chosen{f.ID, f.Name})
	}
	for _, v := range []string{st.Value, st.SelectedDate, st.SelectedTime} {
		if v != "" {
			all = append(all, chosen{v, v})
		}
	}
	return all
}

// Moment is how a browser writes a date and time into its field, without a zone.
const Moment = "2006-01-02T15:04"

// moment is a time as the person's browser field holds it.
func (s Surface) moment(unix int64) string {
	zone := s.Zone
	if zone == nil {
		zone = time.UTC
	}
	return time.Unix(unix, 0).In(zone).Format(Moment)
}

// Accept lists the kinds of files for the browser's dialog.
func (c control) Accept() string {
	kinds := make([]string, len(c.FileTypes))
	for i, kind := range c.FileTypes {
		kinds[i] = "." + kind
	}
	return strings.Join(kinds, ",")
}

// conversationName is what a picker calls a person, a channel or a DM.
func (s Surface) conversationName(id string) string {
	if s.Names != nil {
		if name, ok := s.Names.UserName(id); ok {
			return name
		}
		if name, ok := s.Names.ChannelName(id); ok {
			return "#" + name
		}
	}
	return id
}
