package linkedin

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// request is a checked authorization request.
type request struct {
	app         App
	redirectURI string
	state       string
	scopes      []string
	params      url.Values // as the app sent them, to come back with the form
}

// refusal is a request that must not be answered by a redirect, because where it leads cannot be trusted.
type refusal struct {
	Title, Reason string
}

// scopeText says what a scope lets an app do.
func scopeText(scope string) string {
	switch scope {
	case "openid":
		return "Know that it is you when you come back"
	case "profile":
		return "Use your name and photo"
	case "email":
		return "Use the primary email address of your account"
	case "w_member_social":
		return "Create, modify and delete posts, comments and reactions on your behalf"
	}
	return scope
}

// check reads an authorization request. A *refusal is for the person's eyes; an error code goes back to the app.
func (s *Server) check(q url.Values) (req request, code, description string, refused *refusal) {
	app, known := s.apps[q.Get("client_id")]
	if !known {
		return request{}, "", "", &refusal{"Unknown app", "The passed in client_id is invalid."}
	}
	redirect, err := withoutQuery(q.Get("redirect_uri"))
	if err != nil || !slices.Contains(app.RedirectURIs, redirect) {
		return request{}, "", "", &refusal{"Wrong way back", "The redirect_uri does not match the registered value."}
	}
	if q.Has("code_challenge") || q.Has("code_challenge_method") {
		return request{}, "", "", &refusal{"Not for this app", "PKCE is enabled for native apps only; this app uses the web flow."}
	}
	req = request{app: app, redirectURI: redirect, state: q.Get("state"), scopes: strings.Fields(q.Get("scope")), params: q}
	if q.Get("response_type") != "code" {
		return req, "unsupported_response_type", "The response_type must be code", nil
	}
	if len(req.scopes) == 0 {
		return req, "invalid_scope_error", "The scope is missing", nil
	}
	for _, scope := range req.scopes {
		if !slices.Contains(app.Scopes, scope) {
			return req, "unauthorized_scope_error", fmt.Sprintf("Scope %q is not authorized for your application", scope), nil
		}
	}
	return req, "", "", nil
}

func (s *Server) askConsent(w http.ResponseWriter, r *http.Request) {
	req, code, description, refused := s.check(r.URL.Query())
	switch {
	case refused != nil:
		s.refuse(w, r, *refused)
	case code != "":
		req.redirect(w, r, url.Values{"error": {code}, "error_description": {description}})
	default:
		s.showConsent(w, r, req, "")
	}
}

func (s *Server) showConsent(w http.ResponseWriter, r *http.Request, req request, problem string) {
	type scope struct{ Name, Text string }
	type hidden struct{ Name, Value string }
	var scopes []scope
	for _, name := range req.scopes {
		scopes = append(scopes, scope{name, scopeText(name)})
	}
	var fields []hidden
	for name, values := range req.params {
		if name != "account" && name != "decision" {
			fields = append(fields, hidden{name, values[0]})
		}
	}
	slices.SortFunc(fields, func(a, b hidden) int { return strings.Compare(a.Name, b.Name) })
	status := http.StatusOK
	if problem != "" {
		status = http.StatusUnprocessableEntity
	}
	back, err := url.Parse(req.redirectURI)
	if err != nil {
		s.refuse(w, r, refusal{"Wrong way back", "The redirect_uri does not match the registered value."})
		return
	}
	// Browsers apply form-action to the redirect that follows the form, too.
	s.page(w, r, status, "consent.html", "'self' "+back.Scheme+"://"+back.Host, map[string]any{
		"App": req.app.Name, "Scopes": scopes, "Fields": fields, "Accounts": s.Accounts(), "Problem": problem, "Host": back.Host,
	})
}

func (s *Server) takeConsent(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		s.refuse(w, r, refusal{"Something is missing", "The form could not be read."})
		return
	}
	req, code, description, refused := s.check(r.PostForm)
	if refused != nil {
		s.refuse(w, r, *refused)
		return
	}
	if code != "" {
		req.redirect(w, r, url.Values{"error": {code}, "error_description": {description}})
		return
	}
	switch r.PostForm.Get("decision") {
	case "cancel":
		req.redirect(w, r, url.Values{"error": {"user_cancelled_authorize"}, "error_description": {"The user cancelled the authorization"}})
	case "cancel_login":
		req.redirect(w, r, url.Values{"error": {"user_cancelled_login"}, "error_description": {"The user cancelled LinkedIn login"}})
	case "allow":
		code, ok := s.allow(req, r.PostForm.Get("account"))
		if !ok {
			s.showConsent(w, r, req, "Choose who you are first.")
			return
		}
		req.redirect(w, r, url.Values{"code": {code}})
	default:
		s.showConsent(w, r, req, "Press Allow or Cancel.")
	}
}

// allow issues a code; ok is false if there is no such account.
func (s *Server) allow(req request, accountID string) (code string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.account(accountID); !ok {
		return "", false
	}
	// Real codes are long and begin so.
	code = "AQ" + rand.Text() + rand.Text() + rand.Text() + rand.Text()
	s.codes[code] = grant{
		clientID: req.app.ClientID, accountID: accountID, redirectURI: req.redirectURI,
		scopes: req.scopes, expires: s.now().Add(CodeLife),
	}
	return code, true
}

// redirect sends the browser back to the app with the answer and the app's state.
func (req request) redirect(w http.ResponseWriter, r *http.Request, answer url.Values) {
	if req.state != "" {
		answer.Set("state", req.state)
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, req.redirectURI+"?"+answer.Encode(), http.StatusSeeOther)
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, why refusal) {
	s.page(w, r, http.StatusBadRequest, "refused.html", "'none'", why)
}

func (s *Server) page(w http.ResponseWriter, r *http.Request, status int, name, formAction string, data any) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action "+formAction)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := s.pages.ExecuteTemplate(w, name, data); err != nil {
		s.log.WarnContext(r.Context(), "write page", "page", name, "error", err)
	}
}
