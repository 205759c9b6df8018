// Package render turns Block Kit and mrkdwn into HTML that looks and behaves like Slack's. Its functions are pure: what
// they show depends on their arguments alone, and everything an app or a person wrote is escaped.
package render

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"time"
)

//go:embed templates
var files embed.FS

// Names knows what mentions are called.
type Names interface {
	UserName(id string) (string, bool)
	ChannelName(id string) (string, bool)
	GroupName(id string) (string, bool)
}

// Surface is where blocks are shown: one message, Home tab or modal, as one person sees it.
type Surface struct {
	ID     string                                // unique in the page; prefixes every DOM id
	Reader string                                // user id of who looks, whose mentions stand out
	Names  Names                                 // nil: mentions show ids
	Zone   *time.Location                        // the reader's, nil: UTC
	Now    time.Time                             // for "today"
	State  map[string]map[string]json.RawMessage // current inputs, as in Slack's state.values
	Errors map[string]string                     // block id → what is wrong with an input
	Act    string                                // URL that interactions are posted to
	Search string                                // URL that lists the choices of a picker
}

// Renderer holds the templates. It is safe for concurrent use.
type Renderer struct {
	templates *template.Template
}

// New parses the templates.
func New() (*Renderer, error) {
	t, err := template.ParseFS(files, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("read the block templates: %w", err)
	}
	return &Renderer{t}, nil
}

// FieldName is the name of the form field that holds an element's value.
func FieldName(block, action string) string {
	return "v:" + url.QueryEscape(block) + ":" + url.QueryEscape(action)
}

// ParseFieldName undoes FieldName; ok is false for other fields.
func ParseFieldName(name string) (block, action string, ok bool) {
	rest, ok := strings.CutPrefix(name, "v:")
	if !ok {
		return "", "", false
	}
	b, a, ok := strings.Cut(rest, ":")
	if !ok {
		return "", "", false
	}
	block, errBlock := url.QueryUnescape(b)
	action, errAction := url.QueryUnescape(a)
	return block, action, errBlock == nil && errAction == nil
}

// Blocks renders a JSON array of blocks. What it does not know it shows as a box that says so.
func (r *Renderer) Blocks(s Surface, raw json.RawMessage) template.HTML {
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return r.unknown("blocks that are not a list")
	}
	var out strings.Builder
	for i, one := range list {
		out.WriteString(string(r.block(s, i, one)))
	}
	return template.HTML(out.String()) //nolint:gosec // made of templates' output
}

// attachment is a secondary attachment, of which apps today use color and blocks, seldom the older fields.
// See https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments.
type attachment struct {
	Color     string          `json:"color"`
	Fallback  string          `json:"fallback"`
	Pretext   string          `json:"pretext"`
	Title     string          `json:"title"`
	TitleLink string          `json:"title_link"`
	Text      string          `json:"text"`
	Footer    string          `json:"footer"`
	Blocks    json.RawMessage `json:"blocks"`
	Fields    []struct {
		Title string `json:"title"`
		Value string `json:"value"`
	} `json:"fields"`
}

// Attachments renders a JSON array of attachments, each behind its colour bar.
func (r *Renderer) Attachments(s Surface, raw json.RawMessage) template.HTML {
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	var list []attachment
	if err := json.Unmarshal(raw, &list); err != nil {
		return r.unknown("attachments that are not a list")
	}
	type field struct{ Title, Value template.HTML }
	var out strings.Builder
	for i, a := range list {
		part := s
		part.ID = fmt.Sprintf("%s-a%d", s.ID, i)
		var fields []field
		for _, f := range a.Fields {
			fields = append(fields, field{Plain(f.Title, true), s.Mrkdwn(f.Value)})
		}
		out.WriteString(string(r.fill("attachment", map[string]any{
			"Color": color(a.Color), "Pretext": s.Mrkdwn(a.Pretext), "Title": a.Title, "TitleLink": a.TitleLink, "Linked": Safe(a.TitleLink),
			"Text": s.Mrkdwn(a.Text), "Fields": fields, "Footer": s.Mrkdwn(a.Footer), "Blocks": r.Blocks(part, a.Blocks),
		})))
	}
	return template.HTML(out.String()) //nolint:gosec // made of templates' output
}

// color maps Slack's words and hex colours to #rrggbb; the bar is drawn as SVG because the page allows no inline styles.
func color(c string) string {
	switch c {
	case "good":
		return "#2eb67d"
	case "warning":
		return "#ecb22e"
	case "danger":
		return "#e01e5a"
	}
	hex := strings.TrimPrefix(c, "#")
	if len(hex) != 6 || strings.Trim(strings.ToLower(hex), "0123456789abcdef") != "" {
		return "#dddddd"
	}
	return "#" + strings.ToLower(hex)
}

func (r *Renderer) fill(name string, data any) template.HTML {
	var b bytes.Buffer
	if err := r.templates.ExecuteTemplate(&b, name, data); err != nil {
		return template.HTML(`<div class="block unknown">` + template.HTMLEscapeString(err.Error()) + `</div>`) //nolint:gosec // escaped
	}
	return template.HTML(b.String()) //nolint:gosec // the template's own output
}

func (r *Renderer) unknown(what string) template.HTML {
	return r.fill("unknown", what)
}
