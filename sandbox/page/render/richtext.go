package render

import (
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"time"
)

// rich is any node of a rich_text block.
// See https://docs.slack.dev/reference/block-kit/blocks/rich-text-block.
type rich struct {
	Type      string          `json:"type"`
	Elements  []rich          `json:"elements"`
	Style     json.RawMessage `json:"style"` // an object, or a string for a list
	Indent    int             `json:"indent"`
	Offset    int             `json:"offset"`
	Text      string          `json:"text"`
	URL       string          `json:"url"`
	UserID    string          `json:"user_id"`
	ChannelID string          `json:"channel_id"`
	GroupID   string          `json:"usergroup_id"`
	Range     string          `json:"range"`
	Name      string          `json:"name"`
	Unicode   string          `json:"unicode"`
	Value     string          `json:"value"`
	Timestamp int64           `json:"timestamp"`
	Format    string          `json:"format"`
	Fallback  string          `json:"fallback"`
}

// richText renders rich_text elements as HTML.
func (s Surface) richText(nodes []rich) string {
	var out strings.Builder
	for _, n := range nodes {
		switch n.Type {
		case "rich_text_section":
			out.WriteString(`<div class="rich">` + s.richInline(n.Elements) + `</div>`)
		case "rich_text_preformatted":
			out.WriteString(`<pre>` + s.richInline(n.Elements) + `</pre>`)
		case "rich_text_quote":
			out.WriteString(`<blockquote>` + s.richInline(n.Elements) + `</blockquote>`)
		case "rich_text_list":
			out.WriteString(s.richList(n))
		}
	}
	return out.String()
}

func (s Surface) richList(n rich) string {
	var style string
	_ = json.Unmarshal(n.Style, &style) // a list without a readable style is a bullet list
	tag, start := "ul", ""
	if style == "ordered" {
		tag = "ol"
		if n.Offset > 0 {
			start = fmt.Sprintf(` start="%d"`, n.Offset+1)
		}
	}
	var out strings.Builder
	fmt.Fprintf(&out, `<%s class="rich indent-%d"%s>`, tag, min(max(n.Indent, 0), 8), start)
	for _, item := range n.Elements {
		out.WriteString("<li>" + s.richInline(item.Elements) + "</li>")
	}
	out.WriteString("</" + tag + ">")
	return out.String()
}

func (s Surface) richInline(nodes []rich) string {
	var out strings.Builder
	for _, n := range nodes {
		out.WriteString(n.styled(s.richLeaf(n)))
	}
	return out.String()
}

func (s Surface) richLeaf(n rich) string {
	switch n.Type {
	case "text":
		return strings.ReplaceAll(html.EscapeString(n.Text), "\n", "<br>")
	case "link":
		label := n.Text
		if label == "" {
			label = n.URL
		}
		return link(n.URL, label, label)
	case "user":
		return s.mention(n.UserID)
	case "channel":
		return s.channelMention(n.ChannelID)
	case "usergroup":
		return s.groupMention(n.GroupID)
	case "broadcast":
		return broadcast(n.Range)
	case "emoji":
		if safe, ok := emoji(n.Name); ok {
			return safe
		}
		return html.EscapeString(":" + n.Name + ":")
	case "color":
		return "<code>" + html.EscapeString(n.Value) + "</code>"
	case "date":
		shown := s.dateText(time.Unix(n.Timestamp, 0), n.Format)
		return "<time>" + html.EscapeString(shown) + "</time>"
	}
	return html.EscapeString(n.Fallback)
}

// styled wraps what a leaf shows in its style.
func (n rich) styled(safe string) string {
	var style struct{ Bold, Italic, Strike, Code bool }
	if len(n.Style) == 0 || json.Unmarshal(n.Style, &style) != nil {
		return safe
	}
	for _, wrap := range []struct {
		on  bool
		tag string
	}{{style.Code, "code"}, {style.Bold, "b"}, {style.Italic, "i"}, {style.Strike, "s"}} {
		if wrap.on {
			safe = "<" + wrap.tag + ">" + safe + "</" + wrap.tag + ">"
		}
	}
	return safe
}
