package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"herald/networks"
)

const (
	// requestTimeout bounds the work for one request. A trip to a network's API may need most of it.
	requestTimeout = 30 * time.Second
	// maxBody bounds a request's body in bytes: the largest form has one email address.
	maxBody = 16 << 10
	// maxHeader bounds a request's line and headers in bytes; an authorization code can have a thousand.
	maxHeader = 32 << 10
	// maxPathValue bounds a key, a token or a state in bytes; the store makes none that long.
	maxPathValue = 512
)

// HTTPServer returns a server whose timeouts and limits fit these pages. The caller gives it a listener.
func (s *Server) HTTPServer() *http.Server {
	return &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      requestTimeout + 5*time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          connectionLog(s.log),
	}
}

// ServeHTTP guards every route in the same way: limits, headers, protection of forms, recovery, and one log line that
// names nobody.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := s.now()
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	// One copy for all: the router writes the pattern into it, which is all the log learns about the request.
	r = s.withoutBase(r.WithContext(ctx))
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	answer := &answer{ResponseWriter: w}

	defer func() {
		if broken := recover(); broken != nil {
			s.recovered(answer, r, broken)
		}
		s.logRequest(r, answer.status, s.now().Sub(started))
	}()
	s.setHeaders(answer.Header())
	if !exempt(r.URL.Path) {
		if wait, ok := s.clients.allow(r, started); !ok {
			s.tooMany(answer, r, wait)
			return
		}
	}
	if err := s.checkOrigin(r); err != nil {
		s.notice(answer, r, forgedForm())
		return
	}
	s.route(answer, r)
}

// withoutBase cuts the path of the public URL off, where a proxy has not done so already.
func (s *Server) withoutBase(r *http.Request) *http.Request {
	if s.base == "" || !strings.HasPrefix(r.URL.EscapedPath(), s.base+"/") {
		return r
	}
	var stripped *http.Request
	http.StripPrefix(s.base, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { stripped = r })).ServeHTTP(nil, r)
	return stripped
}

// route finds the handler. Where the router has none, the person gets a page instead of its plain text.
func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	handler, pattern := s.mux.Handler(r)
	if pattern != "" {
		s.mux.ServeHTTP(w, r)
		return
	}
	verdict := &answer{ResponseWriter: discarded{http.Header{}}}
	handler.ServeHTTP(verdict, r)
	if verdict.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", verdict.Header().Get("Allow"))
		s.notice(w, r, wrongMethod())
		return
	}
	s.notice(w, r, noSuchPage())
}

// setHeaders makes every answer as safe as it can be.
func (s *Server) setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", s.policy)
	h.Set("Referrer-Policy", "no-referrer") // links hold tokens
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Cache-Control", "no-store")
	if s.https {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// contentPolicy allows our own style sheet and icon, and nothing else. Chromium applies form-action to the redirects
// that follow a form, so the networks' consent pages are in it: with all their neighbours where they are at www, because
// networks send phones on to another host, such as m.facebook.com.
func contentPolicy(public *url.URL, all []networks.Network) (string, error) {
	forms := []string{"'self'", origin(public)}
	for _, n := range all {
		server, ok := n.(networks.Server)
		if !ok {
			continue // it has many: the page that asks for one has a policy of its own
		}
		consent, err := url.Parse(server.AuthURL("", "", ""))
		if err != nil || consent.Host == "" {
			return "", fmt.Errorf("%s: no usable consent page, check its URL setting", n.Name())
		}
		forms = append(forms, origin(consent))
		if domain, ok := strings.CutPrefix(consent.Host, "www."); ok {
			forms = append(forms, consent.Scheme+"://*."+domain)
		}
	}
	return "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action " +
		strings.Join(forms, " "), nil
}

// origin is a URL's scheme, host and port.
func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// checkOrigin refuses forms that another site sent. Since our pages send no referrer, browsers say "Origin: null" with
// our own forms, too; what tells them apart is Sec-Fetch-Site, which browsers leave out where there is neither https nor
// localhost. There, on somebody's test machine, "null" has to do.
func (s *Server) checkOrigin(r *http.Request) error {
	if !s.https && r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "null" {
		return nil
	}
	return s.origins.Check(r)
}

// recovered answers for a handler that panicked.
func (s *Server) recovered(w *answer, r *http.Request, broken any) {
	if err, ok := broken.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(broken)
	}
	ref := newRef()
	s.log.ErrorContext(r.Context(), "request panicked",
		"ref", ref, "route", routeOf(r), "panic", fmt.Sprintf("%T", broken), "stack", string(debug.Stack()))
	if w.status == 0 {
		s.notice(w, r, broke(ref))
	}
}

// logRequest writes the access log: no path, query or address, since those hold tokens and people.
func (s *Server) logRequest(r *http.Request, status int, took time.Duration) {
	log := s.log.InfoContext
	if exempt(r.URL.Path) {
		log = s.log.DebugContext
	}
	log(r.Context(), "request", "route", routeOf(r), "status", status, "duration", took)
	if s.answered != nil {
		s.answered(routeOf(r), status, took)
	}
}

// routeOf is the pattern that matched.
func routeOf(r *http.Request) string {
	if r.Pattern == "" {
		return "none"
	}
	return r.Pattern
}

// exempt tells the paths that monitors and browsers ask for of their own accord; they cost next to nothing.
func exempt(path string) bool {
	return path == "/healthz" || path == "/livez" || strings.HasPrefix(path, "/static/")
}

// newRef makes a reference id, which the person sees and the log has.
func newRef() string { return rand.Text()[:8] }

// answer remembers the status.
type answer struct {
	http.ResponseWriter
	status int // 0: nothing was written
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(b)
}

// Unwrap serves http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// discarded is written to for its status alone.
type discarded struct{ header http.Header }

func (d discarded) Header() http.Header         { return d.header }
func (d discarded) Write(b []byte) (int, error) { return len(b), nil }
func (d discarded) WriteHeader(int)             {}
