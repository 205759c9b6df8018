package web

import (
	"net/url"
	"strings"
)

// Links builds the addresses that people get.
type Links struct {
	PublicURL string // a trailing slash does not matter
}

// Company is the company URL, which is safe to show to anybody.
func (l Links) Company(key string) string {
	return strings.TrimRight(l.PublicURL, "/") + registerPath(key, "")
}

// Personal is the registration link of one person. It is a secret between Herald and them.
func (l Links) Personal(key, token string) string {
	return strings.TrimRight(l.PublicURL, "/") + registerPath(key, token)
}

// Callback is where a network sends people back to: a path of its own for each (RFC 9700 §4.4), to be registered there
// exactly so.
func (l Links) Callback(network string) string {
	return strings.TrimRight(l.PublicURL, "/") + "/oauth/" + url.PathEscape(network) + "/callback"
}

// registerPath is the path of the registration page. Token "" is the company URL's.
func registerPath(key, token string) string {
	path := "/register/" + url.PathEscape(key)
	if token != "" {
		path += "/" + url.PathEscape(token)
	}
	return path
}
