package render

import (
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
)

// textObject is https://docs.slack.dev/reference/block-kit/composition-objects/text-object.
type textObject struct {
	Type  string `json:"type"`
	Text  string `json:"text"`
	Emoji *bool  `json:"emoji"`
}

func (t *textObject) html(s Surface) template.HTML {
	switch {
	case t == nil:
		return ""
	case t.Type == "mrkdwn":
		return s.Mrkdwn(t.Text)
	}
	return Plain(t.Text, t.emoji())
}

// symbols is the text for places that take no markup.
func (t *textObject) symbols() string {
	if t == nil {
		return ""
	}
	return plainSymbols(t.Text, t.emoji())
}

func (t *textObject) emoji() bool { return t.Emoji == nil || *t.Emoji }

// block is any layout block; each type uses some of the fields.
// See https://docs.slack.dev/reference/block-kit/blocks.
type block struct {
	Type           string            `json:"type"`
	BlockID        string            `json:"block_id"`
	Text           json.RawMessage   `json:"text"` // an object, but a string in a markdown block
	Level          string            `json:"level"`
	Fields         []textObject      `json:"fields"`
	Accessory      *element          `json:"accessory"`
	Elements       []json.RawMessage `json:"elements"`
	Label          *textObject       `json:"label"`
	Hint           *textObject       `json:"hint"`
	Element        *element          `json:"element"`
	Optional       bool              `json:"optional"`
	DispatchAction bool              `json:"dispatch_action"`
	ImageURL       string            `json:"image_url"`
	AltText        string            `json:"alt_text"`
	Title          *textObject       `json:"title"`
	Rows           [][]tableCell     `json:"rows"`
	ColumnSettings []struct {
		Align string `json:"align"`
	} `json:"column_settings"`
}

type tableCell struct {
	Type     string   `json:"type"`
	Text     string   `json:"text"`
	Value    *float64 `json:"value"`
	Elements []rich   `json:"elements"`
}

func (r *Renderer) block(s Surface, i int, raw json.RawMessage) template.HTML {
	var b block
	if err := json.Unmarshal(raw, &b); err != nil {
		return r.unknown("a block that cannot be read")
	}
	if b.BlockID == "" {
		b.BlockID = fmt.Sprintf("block-%d", i)
	}
	data := map[string]any{"ID": domID(s.ID, b.BlockID), "BlockID": b.BlockID, "Type": b.Type}
	switch b.Type {
	case "section":
		var fields []template.HTML
		for _, f := range b.Fields {
			fields = append(fields, f.html(s))
		}
		data["Text"], data["Fields"] = b.text().html(s), fields
		if b.Accessory != nil {
			data["Accessory"] = r.element(s, b, *b.Accessory, stripMarks(b.text().symbols()))
			data["Wide"] = b.Accessory.Type == "checkboxes" || b.Accessory.Type == "radio_buttons"
		}
	case "header":
		data["Text"] = b.text().html(s)
	case "divider":
	case "context":
		data["Parts"] = r.contextParts(s, b)
	case "actions":
		var parts []template.HTML
		for _, e := range b.elements() {
			parts = append(parts, r.element(s, b, e, ""))
		}
		data["Parts"] = parts
	case "input":
		if b.Element == nil {
			return r.unknown("an input without an element")
		}
		data["Label"], data["Hint"], data["Optional"], data["Error"] = b.Label.html(s), b.Hint.html(s), b.Optional, s.Errors[b.BlockID]
		data["For"] = domID(s.ID, b.BlockID, b.Element.ActionID)
		data["Group"] = b.Element.Type == "checkboxes" || b.Element.Type == "radio_buttons"
		data["Element"] = r.element(s, b, *b.Element, b.Label.symbols())
	case "image":
		data["URL"], data["Alt"], data["Title"] = b.ImageURL, b.AltText, b.Title.html(s)
	case "rich_text":
		data["Body"] = template.HTML(s.richText(decodeAll[rich](b.Elements))) //nolint:gosec // richText escapes
	case "markdown":
		var text string
		if err := json.Unmarshal(b.Text, &text); err != nil {
			return r.unknown("a markdown block without text")
		}
		data["Body"] = template.HTML(s.markdown(text)) //nolint:gosec // markdown escapes
	case "alert":
		data["Text"], data["Level"] = b.text().html(s), b.level()
	case "table":
		data["Rows"] = s.table(b)
	default:
		return r.unknown(b.Type + " block")
	}
	return r.fill("block-"+b.Type, data)
}

func (b block) text() *textObject {
	var t textObject
	if len(b.Text) == 0 || json.Unmarshal(b.Text, &t) != nil {
		return nil
	}
	return &t
}

// elements are the block's interactive elements; one that cannot be read shows as unknown.
func (b block) elements() []element { return decodeAll[element](b.Elements) }

func (b block) level() string {
	switch b.Level {
	case "info", "warning", "error", "success":
		return b.Level
	}
	return "default"
}

func decodeAll[T any](list []json.RawMessage) []T {
	all := make([]T, len(list))
	for i, raw := range list {
		if json.Unmarshal(raw, &all[i]) != nil {
			var zero T
			all[i] = zero
		}
	}
	return all
}

// contextParts are texts and small images.
func (r *Renderer) contextParts(s Surface, b block) []template.HTML {
	var parts []template.HTML
	for _, raw := range b.Elements {
		var image struct {
			Type     string `json:"type"`
			ImageURL string `json:"image_url"`
			AltText  string `json:"alt_text"`
		}
		var text textObject
		switch {
		case json.Unmarshal(raw, &image) == nil && image.Type == "image":
			parts = append(parts, r.fill("small-image", image))
		case json.Unmarshal(raw, &text) == nil:
			parts = append(parts, text.html(s))
		}
	}
	return parts
}

type shownCell struct {
	Align string
	Body  template.HTML
}

func (s Surface) table(b block) [][]shownCell {
	rows := make([][]shownCell, len(b.Rows))
	for i, row := range b.Rows {
		for j, c := range row {
			cell := shownCell{Align: "left", Body: Plain(c.Text, true)}
			switch {
			case c.Type == "rich_text":
				cell.Body = template.HTML(s.richText(c.Elements)) //nolint:gosec // richText escapes
			case c.Text == "" && c.Value != nil:
				cell.Body = Plain(fmt.Sprint(*c.Value), false)
			}
			if j < len(b.ColumnSettings) && (b.ColumnSettings[j].Align == "center" || b.ColumnSettings[j].Align == "right") {
				cell.Align = b.ColumnSettings[j].Align
			}
			rows[i] = append(rows[i], cell)
		}
	}
	return rows
}

// domID joins parts to an id without spaces.
func domID(parts ...string) string {
	return strings.Join(strings.Fields(strings.Join(parts, ".")), "_")
}

// stripMarks drops mrkdwn's delimiters, for labels that are spoken.
func stripMarks(s string) string {
	return strings.NewReplacer("*", "", "_", "", "~", "", "`", "").Replace(s)
}
