package view

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/slack-go/slack"
)

// Lengths that Slack allows (https://docs.slack.dev/reference/block-kit).
const (
	maxSection = 3000 // characters of a section's text
	maxOption  = 75   // characters of an option's text and of its description
	maxField   = 2000 // characters of a section's field
)

// mrkdwn is our own text with formatting; what people wrote goes through escape first. It is verbatim: Slack makes no links of names.
func mrkdwn(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, s, false, true)
}

// plain is our own text without formatting; :emoji: work.
func plain(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, s, true, false)
}

// literal is text that people wrote, shown as they typed it.
func literal(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
}

func section(text string) slack.Block { return slack.NewSectionBlock(mrkdwn(text), nil, nil) }

func quiet(text string) slack.Block { return slack.NewContextBlock("", mrkdwn(text)) }

func button(actionID, value, text string) *slack.ButtonBlockElement {
	return slack.NewButtonBlockElement(actionID, value, plain(text))
}

// tidy is user text on one line, without the characters that would turn around what follows it: a name may hold line breaks,
// controls and unclosed changes of direction. Text that runs from right to left is isolated, so that it does not reorder its neighbours.
func tidy(s string) string {
	rightToLeft := false
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError, unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		rightToLeft = rightToLeft || unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko)
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if rightToLeft {
		return "\u2068" + s + "\u2069" // first strong isolate … pop directional isolate
	}
	return s
}

// escape makes user text safe inside mrkdwn: it stays on its line, and neither mentions nor links nor formatting come of it
// (https://docs.slack.dev/messaging/formatting-message-text#escaping). Slack has no way to escape the marks of formatting, so a
// character that looks the same stands for a mark that could format something.
func escape(s string) string {
	in := []rune(tidy(s))
	at := func(i int) rune {
		if i < 0 || i >= len(in) {
			return ' '
		}
		return in[i]
	}
	word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	var out strings.Builder
	for i, r := range in {
		switch {
		case r == '&':
			out.WriteString("&amp;")
		case r == '<':
			out.WriteString("&lt;")
		case r == '>' && i == 0: // it would quote the line
			out.WriteString("\u2060&gt;")
		case r == '>':
			out.WriteString("&gt;")
		case r == '`':
			out.WriteRune('\u02cb') // modifier letter grave accent
		case r == '*':
			out.WriteRune('\u2217') // asterisk operator
		case r == '~':
			out.WriteRune('\u223c') // tilde operator
		case r == '_' && (!word(at(i-1)) || !word(at(i+1))): // within a word it formats nothing, and emails stay right
			out.WriteRune('\u02cd') // modifier letter low macron
		case r == ':' && shortcode(in[i+1:]):
			out.WriteRune('\ua789') // modifier letter colon
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// shortcode tells whether what follows a colon would make a picture of it, as :tada: does.
func shortcode(rest []rune) bool {
	for i, r := range rest {
		switch {
		case r == ':':
			return i > 0
		case !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-+'", r):
			return false
		}
	}
	return false
}

// code is user text between backticks: nothing in it formats.
func code(s string) string {
	s = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "`", "\u02cb").Replace(tidy(s))
	if s == "" {
		s = " "
	}
	return "`" + s + "`"
}

// mention names a Slack user as a link to them; Slack shows the name.
func mention(slackID string) string { return "<@" + slackID + ">" }

// clip cuts s to at most n characters, with an ellipsis for what is missing. It does not cut between a character and the marks
// and joiners that belong to it.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	if n <= 1 {
		return strings.Repeat("…", max(n, 0))
	}
	runes := []rune(s)
	isolated := runes[0] == '\u2068'
	if isolated {
		n-- // for the closing mark
	}
	end := n - 1
	for end > 1 && (joins(runes[end]) || runes[end-1] == joiner) {
		end--
	}
	cut := strings.TrimRight(string(runes[:end]), " ") + "…"
	if isolated {
		cut += "\u2069"
	}
	return cut
}

// joiner makes one picture of the two around it.
const joiner = '\u200d'

// joins tells whether a character belongs to the one before it: an accent, a joiner, a variation, the colour of a skin.
func joins(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me) || r == joiner || r >= 0x1f3fb && r <= 0x1f3ff
}

// since is day without the year, if it is this year.
func since(t, now time.Time) string {
	if t.UTC().Year() == now.UTC().Year() {
		return t.UTC().Format("2 Jan")
	}
	return day(t)
}

// count is "1 member", "3 members", "12,400 members".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// number writes n with commas between the thousands.
func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// nameShown is how much of a name a sentence shows: Slack allows 80 characters (https://docs.slack.dev/reference/objects/user-object).
const nameShown = 80

// day is a date as people say it, in UTC.
func day(t time.Time) string { return t.UTC().Format("2 Jan 2006") }
