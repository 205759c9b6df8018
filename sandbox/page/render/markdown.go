package render

import (
	"html"
	"regexp"
	"strconv"
	"strings"
)

// The marks of a markdown block.
var (
	mdHeading = regexp.MustCompile(`^(#{1,6})\s+(.*)$`)
	mdBullet  = regexp.MustCompile(`^\s*[-*+]\s+(.*)$`)
	mdNumber  = regexp.MustCompile(`^\s*\d+[.)]\s+(.*)$`)
	mdRule    = regexp.MustCompile(`^\s*([-*_])(\s*[-*_]){2,}\s*$`)
	mdLink    = regexp.MustCompile(`\[([^\]\n]+)\]\(([^)\s]+)\)`)
	mdCode    = regexp.MustCompile("`([^`\n]+)`")
	mdBold    = regexp.MustCompile(`\*\*(\S(?:[^*\n]*\S)?)\*\*`)
	mdItalic  = regexp.MustCompile(`(?:\*(\S(?:[^*\n]*\S)?)\*|\b_(\S(?:[^_\n]*\S)?)_\b)`)
	mdStrike  = regexp.MustCompile(`~~(\S(?:[^~\n]*\S)?)~~`)
)

// markdown renders a markdown block: headings, lists, quotes, rules, code and inline marks.
// See https://docs.slack.dev/reference/block-kit/blocks/markdown-block.
func (s Surface) markdown(text string) string {
	var out strings.Builder
	var list string    // the open list's tag
	var para []string  // lines of the open paragraph
	var fence []string // lines of the open code fence
	fenced := false
	closeAll := func() {
		if len(para) > 0 {
			out.WriteString("<p>" + strings.Join(para, "<br>") + "</p>")
			para = nil
		}
		if list != "" {
			out.WriteString("</" + list + ">")
			list = ""
		}
	}
	item := func(tag, body string) {
		if list != tag {
			closeAll()
			out.WriteString("<" + tag + ">")
			list = tag
		}
		out.WriteString("<li>" + s.markdownInline(body) + "</li>")
	}
	for line := range strings.SplitSeq(dropPrivateUse(text), "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			if fenced {
				out.WriteString("<pre>" + html.EscapeString(strings.Join(fence, "\n")) + "</pre>")
				fence = nil
			} else {
				closeAll()
			}
			fenced = !fenced
			continue
		}
		if fenced {
			fence = append(fence, line)
			continue
		}
		switch {
		case strings.TrimSpace(line) == "":
			closeAll()
		case mdHeading.MatchString(line):
			closeAll()
			m := mdHeading.FindStringSubmatch(line)
			out.WriteString(`<div class="md-h md-h` + strconv.Itoa(len(m[1])) + `">` + s.markdownInline(m[2]) + `</div>`)
		case mdRule.MatchString(line):
			closeAll()
			out.WriteString("<hr>")
		case mdBullet.MatchString(line):
			item("ul", mdBullet.FindStringSubmatch(line)[1])
		case mdNumber.MatchString(line):
			item("ol", mdNumber.FindStringSubmatch(line)[1])
		case strings.HasPrefix(line, ">"):
			closeAll()
			out.WriteString("<blockquote>" + s.markdownInline(strings.TrimPrefix(strings.TrimPrefix(line, ">"), " ")) + "</blockquote>")
		default:
			if list != "" {
				closeAll()
			}
			para = append(para, s.markdownInline(line))
		}
	}
	if fenced {
		out.WriteString("<pre>" + html.EscapeString(strings.Join(fence, "\n")) + "</pre>")
	}
	closeAll()
	return out.String()
}

func (s Surface) markdownInline(line string) string {
	p := &pieces{}
	line = mdCode.ReplaceAllStringFunc(line, func(m string) string {
		return p.keep("<code>" + html.EscapeString(m[1:len(m)-1]) + "</code>")
	})
	line = mdLink.ReplaceAllStringFunc(line, func(m string) string {
		parts := mdLink.FindStringSubmatch(m)
		return p.keep(link(parts[2], parts[1], m))
	})
	line = s.tokens(p, line)
	for _, mark := range []struct {
		pattern *regexp.Regexp
		tag     string
	}{{mdBold, "b"}, {mdStrike, "s"}, {mdItalic, "i"}} {
		line = mark.pattern.ReplaceAllStringFunc(line, func(m string) string {
			parts := mark.pattern.FindStringSubmatch(m)
			inside := parts[1]
			if inside == "" {
				inside = parts[len(parts)-1]
			}
			return p.keep("<" + mark.tag + ">" + p.put(unescape(inside)) + "</" + mark.tag + ">")
		})
	}
	return p.put(unescape(line))
}
