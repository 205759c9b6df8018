package facebook

import (
	"crypto/rand"
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
	again       bool // asks again for what was declined before
}

// refusal is a request that must not be answered by a redirect. Facebook shows every mistake of a developer so.
type refusal struct {
	Title, Reason string
}

// scopeText says what a permission lets an app do.
func scopeText(scope string) string {
	switch scope {
	case "public_profile":
		return "Your name and profile picture"
	case "email":
		return "Your email address"
	case pagesScope:
		return "The list of the Pages you manage"
	}
	return scope
}

// check reads an authorization request.
func (s *Server) check(q url.Values) (request, *refusal) {
	app, known := s.apps[q.Get("client_id")]
	if !known {
		return request{}, &refusal{"Invalid App ID", "The provided app ID does not look like a valid app ID."}
	}
	if !slices.Contains(app.RedirectURIs, q.Get("redirect_uri")) {
		return request{}, &refusal{"URL blocked", "This redirect failed because the redirect URI is not white-listed in the app's client OAuth settings."}
	}
	if q.Has("code_challenge") || q.Has("code_challenge_method") {
		return request{}, &refusal{"Not for this app", "PKCE belongs to OpenID Connect, which this app does not use."}
	}
	if kind := q.Get("response_type"); kind != "" && kind != "code" {
		return request{}, &refusal{"Not for this app", "The response_type must be code."}
	}
	if kind := q.Get("auth_type"); kind != "" && kind != "rerequest" {
		return request{}, &refusal{"Not for this app", "The auth_type must be rerequest."}
	}
	req := request{
		app: app, redirectURI: q.Get("redirect_uri"), state: q.Get("state"), again: q.Get("auth_type") == "rerequest",
		scopes: strings.FieldsFunc(q.Get("scope"), func(r rune) bool { return r == ',' || r == ' ' }),
	}
	if !slices.Contains(req.scopes, "public_profile") {
		req.scopes = append([]string{"public_profile"}, req.scopes...) // every app gets it
	}
	for _, scope := range req.scopes {
		if !slices.Contains(app.Permissions, scope) {
			return request{}, &refusal{"Invalid Scopes: " + scope, "This message is only shown to developers. Users of your app will ignore these permissions if present."}
		}
	}
	return req, nil
}

func (s *Server) askConsent(w http.ResponseWriter, r *http.Request) {
	req, refused := s.check(r.URL.Query())
	if refused != nil {
		s.refuse(w, r, *refused)
		return
	}
	s.showConsent(w, r, req, "")
}

func (s *Server) showConsent(w http.ResponseWriter, r *http.Request, req request, problem string) {
	type scope struct{ Name, Text string }
	var scopes []scope
	for _, name := range req.scopes {
		scopes = append(scopes, scope{name, scopeText(name)})
	}
	status := http.StatusOK
	if problem != "" {
		status = http.StatusUnprocessableEntity
	}
	back, err := url.Parse(req.redirectURI)
	if err != nil {
		s.refuse(w, r, refusal{"URL blocked", "The redirect URI could not be read."})
		return
	}
	// Browsers apply form-action to the redirect that follows the form, too.
	s.page(w, r, status, "consent.html", "'self' "+back.Scheme+"://"+back.Host, map[string]any{
		"App": req.app.Name, "Scopes": scopes, "Email": slices.Contains(req.scopes, "email"), "Pages": slices.Contains(req.scopes, pagesScope), "Again": req.again,
		"Accounts": s.Accounts(), "Problem": problem, "Host": back.Host,
	})
}

// takeConsent reads the form, which is sent to the very address of the page, query included.
func (s *Server) takeConsent(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		s.refuse(w, r, refusal{"Something is missing", "The form could not be read."})
		return
	}
	req, refused := s.check(r.Form)
	if refused != nil {
		s.refuse(w, r, *refused)
		return
	}
	switch decision := r.PostForm.Get("decision"); decision {
	case "cancel":
		req.redirect(w, r, url.Values{
			"error": {"access_denied"}, "error_code": {"200"}, "error_reason": {"user_denied"}, "error_description": {"Permissions error"},
		})
	case "allow", "allow_without_email", "allow_without_pages":
		code, ok := s.allow(req, r.PostForm.Get("account"), withheld(decision))
		if !ok {
			s.showConsent(w, r, req, "Choose who you are first.")
			return
		}
		req.redirect(w, r, url.Values{"code": {code}})
	default:
		s.showConsent(w, r, req, "Press Allow or Cancel.")
	}
}

// withheld is the permission that a decision leaves out, or "".
func withheld(decision string) string {
	switch decision {
	case "allow_without_email":
		return "email"
	case "allow_without_pages":
		return pagesScope
	}
	return ""
}

// allow issues a code; ok is false if there is no such account. What was declined before stays so, unless the app asks
// again for it.
func (s *Server) allow(req request, accountID, withheld string) (code string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.account(accountID); !ok {
		return "", false
	}
	c := connection{req.app.ClientID, accountID}
	decided := s.consent(c)
	var granted []string
	for _, scope := range req.scopes {
		before, asked := decided[scope]
		decided[scope] = (!asked || before || req.again) && scope != withheld
		if decided[scope] {
			granted = append(granted, scope)
		}
	}
	// Real codes are long and begin so.
	code = "AQ" + rand.Text() + rand.Text() + rand.Text() + rand.Text()
	s.codes[code] = grant{connection: c, redirectURI: req.redirectURI, scopes: granted, expires: s.now().Add(CodeLife)}
	return code, true
}

// redirect sends the browser back to the app with the answer, the app's state, and the fragment that Facebook is known for.
func (req request) redirect(w http.ResponseWriter, r *http.Request, answer url.Values) {
	if req.state != "" {
		answer.Set("state", req.state)
	}
	separator := "?"
	if strings.Contains(req.redirectURI, "?") {
		separator = "&"
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, req.redirectURI+separator+answer.Encode()+"#_=_", http.StatusSeeOther)
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
