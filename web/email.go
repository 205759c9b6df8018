package web

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxEmail is the longest address that can be delivered to, in bytes (RFC 5321 §4.5.3.1.3, without the brackets).
const maxEmail = 254

// What the person reads who typed the address.
const (
	emailMissing = "Enter your email address, so that we can find you in Slack."
	emailLong    = "Enter a shorter email address: the longest that work have 254 characters."
	emailShape   = "Enter an email address like ann@home.example."
)

// cleanEmail returns the address somebody entered, without blanks around it, or what is wrong with it.
func cleanEmail(entered string, required bool) (email, problem string) {
	entered = strings.TrimSpace(entered)
	switch {
	case entered == "" && required:
		return "", emailMissing
	case entered == "":
		return "", ""
	case len(entered) > maxEmail:
		return "", emailLong
	case !utf8.ValidString(entered), strings.ContainsFunc(entered, unreadable):
		return "", emailShape
	}
	// Comparing leaves out display names, comments, quoted names and folded lines, which net/mail would accept.
	parsed, err := mail.ParseAddress(entered)
	if err != nil || parsed.Address != entered {
		return "", emailShape
	}
	name, domain, _ := strings.Cut(entered, "@")
	if strings.ContainsRune(name, '"') || strings.ContainsAny(domain, "@[]") || !strings.Contains(strings.Trim(domain, "."), ".") {
		return "", emailShape
	}
	return entered, ""
}

// unreadable tells characters that nobody means in an address: blanks, control characters, and those that hide or turn
// the text around them.
func unreadable(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }
