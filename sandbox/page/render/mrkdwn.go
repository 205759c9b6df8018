package render

import (
	"fmt"
	"html"
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// pieces keeps HTML that was already made out of the way while the text around it is formatted: a private-use rune, which
// people cannot type here because text drops them first, stands for each piece.
type pieces struct {
	html []string
	next rune // how many there are, counted as a rune
}

// firstPiece is the first rune of supplementary private use area A, which has room for mostPieces.
const (
	firstPiece rune = 0xF0000
	mostPieces rune = 0xFFFE
)

func (p *pieces) keep(safe string) string {
	if p.next >= mostPieces {
		return ""
	}
	p.html = append(p.html, safe)
	p.next++
	return string(firstPiece + p.next - 1)
}

// put escapes text and puts the pieces back in.
func (p *pieces) put(text string) string {
	var out strings.Builder
	for _, r := range text {
		if i := int(r - firstPiece); i >= 0 && i < len(p.html) {
			out.WriteString(p.html[i])
			continue
		}
		out.WriteString(html.EscapeString(string(r)))
	}
	return out.String()
}

func dropPrivateUse(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= firstPiece && r <= unicode.MaxRune {
			return -1
		}
		return r
	}, s)
}

// unescape undoes the three escapes Slack asks for, and no others.
func unescape(s string) string {
	return strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">").Replace(s)
}

// Mrkdwn turns Slack's mrkdwn into HTML. Whatever is not markup is escaped.
// See https://docs.slack.dev/messaging/formatting-message-text.
func (s Surface) Mrkdwn(text string) template.HTML {
	p := &pieces{}
	text = s.tokens(p, dropPrivateUse(text))
	return template.HTML(quotes(text, func(lines string) string { //nolint:gosec // put escapes all that is not ours
		return strings.ReplaceAll(p.put(unescape(inline(p, lines))), "\n", "<br>")
	}))
}

// tokens replaces code, <…> and :emoji: by pieces.
func (s Surface) tokens(p *pieces, text string) string {
	var out strings.Builder
	for text != "" {
		if fenced, rest, ok := between(text, "```", "```"); ok && strings.TrimSpace(fenced) != "" {
			out.WriteString(p.keep("<pre>" + html.EscapeString(unescape(plainTokens(strings.Trim(fenced, "\n")))) + "</pre>"))
			text = strings.TrimPrefix(rest, "\n")
			continue
		}
		if code, rest, ok := between(text, "`", "`"); ok && code != "" && !strings.Contains(code, "\n") {
			out.WriteString(p.keep("<code>" + html.EscapeString(unescape(plainTokens(code))) + "</code>"))
			text = rest
			continue
		}
		if token, rest, ok := between(text, "<", ">"); ok && token != "" && !strings.ContainsAny(token, "<\n") {
			out.WriteString(p.keep(s.angle(token)))
			text = rest
			continue
		}
		if name, rest, ok := emojiAt(text); ok {
			out.WriteString(p.keep(name))
			text = rest
			continue
		}
		if address, rest, ok := bareLink(text, out.String()); ok {
			out.WriteString(p.keep(link(unescape(address), unescape(address), unescape(address))))
			text = rest
			continue
		}
		_, size := utf8.DecodeRuneInString(text)
		out.WriteString(text[:size])
		text = text[size:]
	}
	return out.String()
}

// bareLink reads an address at the start of text, which Slack links wherever a word may begin. What ends a sentence or a
// bracket does not belong to it.
func bareLink(text, before string) (address, rest string, ok bool) {
	if !strings.HasPrefix(text, "https://") && !strings.HasPrefix(text, "http://") {
		return "", "", false
	}
	if last, _ := utf8.DecodeLastRuneInString(before); before != "" && wordRune(last) {
		return "", "", false
	}
	end := strings.IndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("<>|*~`\"", r) })
	if end < 0 {
		end = len(text)
	}
	address = strings.TrimRight(text[:end], ".,;:!?)'_")
	return address, text[len(address):], len(address) > len("https://")
}

// between returns what stands between an opening at the start of text and the next closing.
func between(text, opening, closing string) (inside, rest string, ok bool) {
	after, ok := strings.CutPrefix(text, opening)
	if !ok {
		return "", "", false
	}
	return strings.Cut(after, closing)
}

// plainTokens shows links inside code as their label or address.
func plainTokens(code string) string {
	var out strings.Builder
	for code != "" {
		before, rest, ok := strings.Cut(code, "<")
		out.WriteString(before)
		if !ok {
			break
		}
		token, after, closed := strings.Cut(rest, ">")
		if !closed {
			out.WriteString("<" + rest)
			break
		}
		if target, label, has := strings.Cut(token, "|"); has {
			out.WriteString(label)
		} else {
			out.WriteString(target)
		}
		code = after
	}
	return out.String()
}

// angle renders what stands between < and >: a mention, a date or a link.
func (s Surface) angle(token string) string {
	target, label, labelled := strings.Cut(token, "|")
	switch {
	case strings.HasPrefix(target, "@"):
		return s.mention(target[1:])
	case strings.HasPrefix(target, "#"):
		return s.channelMention(target[1:])
	case strings.HasPrefix(target, "!subteam^"):
		return s.groupMention(strings.TrimPrefix(target, "!subteam^"))
	case strings.HasPrefix(target, "!date^"):
		return s.date(strings.TrimPrefix(target, "!date^"), unescape(label))
	case target == "!here", target == "!channel", target == "!everyone":
		return broadcast(target[1:])
	case strings.HasPrefix(target, "!"):
		if labelled {
			return html.EscapeString(unescape(label))
		}
		return html.EscapeString("<" + unescape(token) + ">")
	}
	address := unescape(target)
	if !labelled {
		label = strings.TrimPrefix(target, "mailto:")
	}
	return link(address, unescape(label), "<"+unescape(token)+">")
}

// link is an anchor if the address is one a browser may safely follow, else the text otherwise.
func link(address, label, otherwise string) string {
	if !Safe(address) {
		return html.EscapeString(otherwise)
	}
	return fmt.Sprintf(`<a href="%s" target="_blank" rel="noopener noreferrer">%s</a>`, html.EscapeString(address), html.EscapeString(label))
}

// Safe reports whether a page may link to the address: http, https, mailto and tel only.
func Safe(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	switch u.Scheme {
	case "http", "https":
		return u.Host != ""
	case "mailto", "tel":
		return true
	}
	return false
}

func (s Surface) mention(id string) string {
	name, me := id, false
	if s.Names != nil {
		if known, ok := s.Names.UserName(id); ok {
			name = known
		}
		me = id == s.Reader
	}
	class := "mention"
	if me {
		class += " me"
	}
	return fmt.Sprintf(`<span class="%s" data-user="%s"><bdi>@%s</bdi></span>`, class, html.EscapeString(id), html.EscapeString(name))
}

func (s Surface) channelMention(id string) string {
	name := "private-channel"
	if s.Names != nil {
		if known, ok := s.Names.ChannelName(id); ok {
			name = known
		}
	}
	return fmt.Sprintf(`<span class="mention" data-channel-ref="%s">#%s</span>`, html.EscapeString(id), html.EscapeString(name))
}

func (s Surface) groupMention(id string) string {
	name := id
	if s.Names != nil {
		if known, ok := s.Names.GroupName(id); ok {
			name = known
		}
	}
	return `<span class="mention">@` + html.EscapeString(name) + `</span>`
}

func broadcast(name string) string {
	return `<span class="mention broadcast">@` + html.EscapeString(name) + `</span>`
}

// emojiAt reads :name: at the start of text.
func emojiAt(text string) (safe, rest string, ok bool) {
	name, rest, ok := between(text, ":", ":")
	if !ok || name == "" || len(name) > 50 {
		return "", "", false
	}
	safe, ok = emoji(name)
	return safe, rest, ok
}

func emoji(name string) (safe string, ok bool) {
	symbol, ok := emojiSymbol(name)
	if !ok {
		return "", false
	}
	return fmt.Sprintf(`<span class="emoji" role="img" aria-label="%s">%s</span>`, html.EscapeString(strings.ReplaceAll(name, "_", " ")), symbol), true
}

// inline finds *bold*, _italic_ and ~strike~ within lines.
func inline(p *pieces, text string) string {
	runes := []rune(text)
	var out strings.Builder
	for i := 0; i < len(runes); i++ {
		tag := map[rune]string{'*': "b", '_': "i", '~': "s"}[runes[i]]
		if tag == "" || !opens(runes, i) {
			out.WriteRune(runes[i])
			continue
		}
		end := closing(runes, i)
		if end < 0 {
			out.WriteRune(runes[i])
			continue
		}
		inside := p.put(unescape(inline(p, string(runes[i+1:end]))))
		out.WriteString(p.keep("<" + tag + ">" + inside + "</" + tag + ">"))
		i = end
	}
	return out.String()
}

// opens reports whether the delimiter at i may begin formatting: at the start of a word, with something behind it.
func opens(text []rune, i int) bool {
	if i > 0 && wordRune(text[i-1]) {
		return false
	}
	return i+1 < len(text) && !unicode.IsSpace(text[i+1]) && text[i+1] != text[i]
}

// closing returns where the formatting that begins at i ends, in the same line, or -1.
func closing(text []rune, i int) int {
	for j := i + 2; j < len(text); j++ {
		if text[j] == '\n' {
			return -1
		}
		if text[j] == text[i] && !unicode.IsSpace(text[j-1]) && (j+1 == len(text) || !wordRune(text[j+1])) {
			return j
		}
	}
	return -1
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// quotes groups lines that begin with > into block quotes, and renders every group of lines.
func quotes(text string, lines func(string) string) string {
	var out strings.Builder
	var group []string
	quoted := false
	flush := func() {
		if len(group) == 0 {
			return
		}
		body := lines(strings.Join(group, "\n"))
		if quoted {
			body = "<blockquote>" + body + "</blockquote>"
		}
		out.WriteString(body)
		group = nil
	}
	all := strings.Split(text, "\n")
	for i, line := range all {
		rest, isQuote := strings.CutPrefix(line, "&gt;")
		if !isQuote {
			rest, isQuote = strings.CutPrefix(line, ">")
		}
		if isQuote != quoted {
			flush()
			quoted = isQuote
		}
		if isQuote {
			line = strings.TrimPrefix(rest, " ")
		}
		group = append(group, line)
		if i == len(all)-1 {
			flush()
		}
	}
	return out.String()
}

// Plain escapes plain text, keeps its line breaks, and turns :emoji: into symbols if asked.
func Plain(text string, withEmoji bool) template.HTML {
	var out strings.Builder
	for text != "" {
		if withEmoji {
			if symbol, rest, ok := emojiAt(text); ok {
				out.WriteString(symbol)
				text = rest
				continue
			}
		}
		_, size := utf8.DecodeRuneInString(text)
		out.WriteString(html.EscapeString(text[:size]))
		text = text[size:]
	}
	return template.HTML(strings.ReplaceAll(out.String(), "\n", "<br>")) //nolint:gosec // every rune was escaped above
}

// plainSymbols is Plain for places that take no markup, such as <option> and attributes.
func plainSymbols(text string, withEmoji bool) string {
	if !withEmoji {
		return text
	}
	var out strings.Builder
	for text != "" {
		if name, rest, ok := between(text, ":", ":"); ok {
			if symbol, known := emojiSymbol(name); known {
				out.WriteString(symbol)
				text = rest
				continue
			}
		}
		_, size := utf8.DecodeRuneInString(text)
		out.WriteString(text[:size])
		text = text[size:]
	}
	return out.String()
}

// unixTime reads the seconds of a date token.
func unixTime(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}
