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

// Decline is a page that declines an invitation by email, with one click (RFC 8058). The key of the company URL is not in it: declining
// works also after that was rotated.
func (l Links) Decline(token string) string {
	return strings.TrimRight(l.PublicURL, "/") + declinePath(token)
}

func declinePath(token string) string { return "/decline/" + url.PathEscape(token) }

// Page is where the same person connects a company Page to their account at the network: the same secret.
func (l Links) Page(network, key, token string) string {
	return strings.TrimRight(l.PublicURL, "/") + pagePath(network, key, token)
}

// Callback is where a network sends people back to: a path of its own for each (RFC 9700 §4.4), to be registered there
// exactly so.
func (l Links) Callback(network string) string {
	return strings.TrimRight(l.PublicURL, "/") + "/oauth/" + url.PathEscape(network) + "/callback"
}

// Deauthorize is where a network tells Herald that somebody took back what they had allowed.
func (l Links) Deauthorize(network string) string {
	return strings.TrimRight(l.PublicURL, "/") + "/oauth/" + url.PathEscape(network) + "/deauthorize"
}

// Delete is where a network asks Herald to delete somebody's data.
func (l Links) Delete(network string) string {
	return strings.TrimRight(l.PublicURL, "/") + "/oauth/" + url.PathEscape(network) + "/delete"
}

// Deletion is where people see what became of such a request. The code is a secret between Herald, the network and them.
func (l Links) Deletion(code string) string {
	return strings.TrimRight(l.PublicURL, "/") + "/deletion/" + url.PathEscape(code)
}

// registerPath is the path of the registration page. Token "" is the company URL's.
func registerPath(key, token string) string {
	path := "/register/" + url.PathEscape(key)
	if token != "" {
		path += "/" + url.PathEscape(token)
	}
	return path
}

// pagePath is the path of the page that connects a company Page.
func pagePath(network, key, token string) string {
	return "/page/" + url.PathEscape(network) + "/" + url.PathEscape(key) + "/" + url.PathEscape(token)
}
