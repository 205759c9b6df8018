package web

import (
	"errors"
	"strings"

	"herald/store"
)

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
	}
	err := store.CheckAddress(entered)
	switch {
	case errors.Is(err, store.ErrAddressTooLong):
		return "", emailLong
	case err != nil:
		return "", emailShape
	}
	return entered, ""
}
