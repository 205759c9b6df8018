package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"herald/networks"
)

// trailLife is how long a browser remembers where a trip to a network began. It outlives the authorization, so that
// somebody who took too long still gets a way back.
const trailLife = time.Hour

// A trail binds one trip to the browser that began it. Its cookie holds a secret, which the store keeps as a hash, and
// the page to return to. Whoever presents a state without this cookie is another browser.
type trail struct {
	key, token string // the personal link or the company URL
	page       bool   // it began where a company Page is connected, not at the registration page
	cookie     string // the whole value, as it is given to the store
}

// pageSegment ends the cookie of a trip to connect a company Page.
const pageSegment = "page"

func newTrail(key, token string) trail {
	return trail{key: key, token: token, cookie: rand.Text() + "." + encodeSegment(key) + "." + encodeSegment(token)}
}

func newPageTrail(key, token string) trail {
	t := newTrail(key, token)
	t.page = true
	t.cookie += "." + pageSegment
	return t
}

// back is the path of the page to return to.
func (t trail) back(network networks.Network) string {
	if t.page {
		return pagePath(network.Name(), t.key, t.token)
	}
	return registerPath(t.key, t.token)
}

// parseTrail reports false for what no Server wrote. That it was not made up shows when the store takes it.
func parseTrail(cookie string) (trail, bool) {
	parts := strings.Split(cookie, ".")
	page := len(parts) == 4 && parts[3] == pageSegment
	if len(parts) != 3 && !page || parts[0] == "" {
		return trail{}, false
	}
	key, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || len(key) == 0 {
		return trail{}, false
	}
	token, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return trail{}, false
	}
	return trail{key: string(key), token: string(token), page: page, cookie: cookie}, true
}

func encodeSegment(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// trailName names the cookie after the state, so that two tabs do not take each other's. With https the browser accepts
// the name only from this very host, so no neighbour's subdomain can plant one (__Host-, RFC 6265bis §4.1.3.2), which
// needs the path to be "/".
func (s *Server) trailName(state string) string {
	sum := sha256.Sum256([]byte(state))
	name := "herald-" + hex.EncodeToString(sum[:8])
	if s.https {
		return "__Host-" + name
	}
	return name
}

// layTrail gives the browser its cookie.
func (s *Server) layTrail(w http.ResponseWriter, state string, t trail) {
	s.setCookie(w, s.trailName(state), t.cookie, int(trailLife.Seconds()))
}

// takeTrail reads the cookie of a state and has the browser forget it.
func (s *Server) takeTrail(w http.ResponseWriter, r *http.Request, state string) (trail, bool) {
	cookie, err := r.Cookie(s.trailName(state))
	if err != nil {
		return trail{}, false
	}
	s.setCookie(w, cookie.Name, "", -1)
	return parseTrail(cookie.Value)
}

// setCookie is Lax, because Strict would withhold the cookie on the way back from the network.
func (s *Server) setCookie(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // G124: Secure wherever there is https
		Name: name, Value: value, Path: "/", MaxAge: maxAge,
		Secure: s.https, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
