package store

import (
	"errors"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxAddress is the longest email address that can be delivered to, in bytes (RFC 5321 §4.5.3.1.3, without the brackets).
const maxAddress = 254

// Why a text is no email address.
var (
	ErrAddressTooLong = errors.New("the address is longer than 254 characters")
	ErrNoAddress      = errors.New("not an email address")
)

// CheckAddress returns ErrAddressTooLong or ErrNoAddress unless the text is an email address, and nothing but one, such as people write
// it: no display name, no comment, no quoted name, a domain with a dot in it.
func CheckAddress(address string) error {
	if len(address) > maxAddress {
		return ErrAddressTooLong
	}
	if !utf8.ValidString(address) || strings.ContainsFunc(address, invisible) {
		return ErrNoAddress
	}
	// Comparing leaves out display names, comments, quoted names and folded lines, which net/mail would accept.
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address {
		return ErrNoAddress
	}
	name, domain, _ := strings.Cut(address, "@")
	if strings.ContainsRune(name, '"') || strings.ContainsAny(domain, "@[]") || !strings.Contains(strings.Trim(domain, "."), ".") {
		return ErrNoAddress
	}
	return nil
}

// invisible tells characters that nobody means in an address: blanks, control characters, and those that hide or turn the text around
// them.
func invisible(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }
