package blockkit

import (
	"slices"
	"strconv"
	"unicode/utf8"
)

// blocks checks an array of blocks.
func (c *checker) blocks(list []any, at string) {
	most := maxMessageBlocks
	if c.surface == Modal || c.surface == Home {
		most = maxViewBlocks
	}
	if c.blockIDs == nil {
		c.blockIDs = make(map[string]bool, len(list))
	}
	tables := 0
	found, places := c.items(list, at, 0, most)
	for i, b := range found {
		c.block(b, places[i])
		if b["type"] == "table" {
			if tables++; tables > 1 {
				c.add(places[i], "only_one_table_allowed")
			}
		}
	}
}

// block checks one block: https://docs.slack.dev/reference/block-kit/blocks.
func (c *checker) block(b object, at string) {
	if id := c.str(b, "block_id", at, 0, maxID, false); id != "" {
		if c.blockIDs[id] {
			c.add(at+"/block_id", "`block_id` %q already exists", id)
		}
		c.blockIDs[id] = true
	}
	inMessage := c.surface == Message || c.surface == Attachment
	switch kind, _ := b["type"].(string); {
	case kind == "section":
		c.section(b, at)
	case kind == "divider":
		c.only(b, at, "type", "block_id")
	case kind == "header":
		c.only(b, at, "type", "block_id", "text", "level")
		c.text(b, "text", at, maxHeader, plain, true)
	case kind == "context":
		c.context(b, at)
	case kind == "actions":
		c.actions(b, at)
	case kind == "input":
		c.input(b, at)
	case kind == "image":
		c.only(b, at, "type", "block_id", "image_url", "slack_file", "alt_text", "title")
		c.image(b, at)
		c.text(b, "title", at, maxLabel, plain, false)
	case kind == "rich_text":
		c.richText(b, at)
	case kind == "video":
		c.video(b, at)
	case kind == "alert" && c.surface == Modal: // Slack shows alerts in modals only
		c.only(b, at, "type", "block_id", "text", "level")
		c.text(b, "text", at, maxText, either, true)
		c.oneOf(b, "level", at, "default", "info", "warning", "error", "success")
	case kind == "markdown" && inMessage:
		c.only(b, at, "type", "block_id", "text")
		c.markdown += utf8.RuneCountInString(c.str(b, "text", at, 1, maxMarkdown, true))
		if c.markdown > maxMarkdown {
			c.add(at+"/text", "must be less than %d characters in all markdown blocks", maxMarkdown+1)
		}
	case kind == "table" && inMessage:
		c.table(b, at)
	default:
		c.badType(b, at)
	}
}

// section checks a section block.
func (c *checker) section(b object, at string) {
	c.only(b, at, "type", "block_id", "text", "fields", "accessory", "expand")
	if !given(b, "text") && !given(b, "fields") {
		c.add(at, "must define either `text` or `fields`")
	}
	c.text(b, "text", at, maxText, either, false)
	fields, places := c.list(b, "fields", at, 1, maxFields, false)
	for i, f := range fields {
		c.textObject(f, places[i], maxFieldText, either)
	}
	if e := c.child(b, "accessory", at, false); e != nil {
		c.element(e, at+"/accessory", inSection)
	}
	c.boolean(b, "expand", at)
}

// context checks a context block.
func (c *checker) context(b object, at string) {
	c.only(b, at, "type", "block_id", "elements")
	elements, places := c.list(b, "elements", at, 1, maxContextElements, true)
	for i, e := range elements {
		if e["type"] == "image" {
			c.element(e, places[i], inContext)
		} else {
			c.textObject(e, places[i], maxText, either)
		}
	}
}

// actions checks an actions block.
func (c *checker) actions(b object, at string) {
	c.only(b, at, "type", "block_id", "elements")
	elements, places := c.list(b, "elements", at, 1, maxActions, true)
	seen := make([]string, 0, len(elements))
	for i, e := range elements {
		c.element(e, places[i], inActions)
		id, _ := e["action_id"].(string)
		if id != "" && slices.Contains(seen, id) {
			c.add(places[i]+"/action_id", "`action_id` %q already exists", id)
		}
		seen = append(seen, id)
	}
}

// input checks an input block.
func (c *checker) input(b object, at string) {
	c.only(b, at, "type", "block_id", "label", "element", "dispatch_action", "hint", "optional")
	c.text(b, "label", at, maxLabel, plain, true)
	c.text(b, "hint", at, maxLabel, plain, false)
	c.boolean(b, "dispatch_action", at)
	c.boolean(b, "optional", at)
	if e := c.child(b, "element", at, true); e != nil {
		c.element(e, at+"/element", inInput)
	}
	if c.surface == Modal && !c.submit {
		c.add(at+"/input", "must define `submit` to use an `input` block in modals")
	}
}

// image checks what image blocks and elements share.
func (c *checker) image(o object, at string) {
	if given(o, "image_url") == given(o, "slack_file") {
		c.add(at, "must define either `image_url` or `slack_file`")
	}
	c.url(o, "image_url", at, false, "http", "https")
	c.child(o, "slack_file", at, false)
	c.str(o, "alt_text", at, 1, maxLabel, true)
}

// richText checks the outline of a rich text block.
func (c *checker) richText(b object, at string) {
	c.only(b, at, "type", "block_id", "elements")
	elements, places := c.list(b, "elements", at, 1, maxViewBlocks, true)
	for i, e := range elements {
		switch e["type"] {
		case "rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote":
			c.list(e, "elements", places[i], 0, maxText, true)
		default:
			c.badType(e, places[i])
		}
	}
}

// video checks a video block.
func (c *checker) video(b object, at string) {
	c.only(b, at, "type", "block_id", "alt_text", "title", "thumbnail_url", "video_url", "author_name", "description",
		"provider_icon_url", "provider_name", "title_url")
	c.str(b, "alt_text", at, 1, maxLabel, true)
	c.text(b, "title", at, 200, plain, true)
	c.text(b, "description", at, 200, plain, false)
	c.str(b, "author_name", at, 0, 49, false)
	c.url(b, "thumbnail_url", at, true, "http", "https")
	c.url(b, "video_url", at, true, "https")
	c.url(b, "title_url", at, false, "https")
}

// table checks a table block: https://docs.slack.dev/reference/block-kit/blocks/table-block.
func (c *checker) table(b object, at string) {
	c.only(b, at, "type", "block_id", "rows", "column_settings")
	rows, ok := b["rows"].([]any)
	if !ok {
		c.add(at, "missing required field: rows")
		return
	}
	if len(rows) < 1 {
		c.add(at+"/rows", "must provide at least 1 items")
	}
	if len(rows) > maxTableRows {
		c.add(at+"/rows", "no more than %d items allowed", maxTableRows)
	}
	for i, r := range rows {
		cells, ok := r.([]any)
		place := at + "/rows/" + strconv.Itoa(i)
		if !ok {
			c.add(place, "must provide an array")
			continue
		}
		found, places := c.items(cells, place, 1, maxTableCells)
		for j, cell := range found {
			switch cell["type"] {
			case "raw_text":
				c.str(cell, "text", places[j], 1, maxText, true)
			case "rich_text":
				c.richText(cell, places[j])
			default:
				c.badType(cell, places[j])
			}
		}
	}
}
