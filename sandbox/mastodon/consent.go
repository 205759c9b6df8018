package mastodon

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// request is a checked authorization request.
type request struct {
	app       App
	state     string
	challenge string
	scopes    []string
}

// refusal is a request that must not be answered by a redirect.
type refusal struct {
	Title, Reason string
}

// scopeText says what a scope lets an app do.
func scopeText(scope string) string {
	switch scope {
	case "profile":
		return "Read only your account's profile information"
	case "read:accounts":
		return "See accounts information"
	case "write:statuses":
		return "Publish posts"
	}
	return scope
}

// check reads an authorization request.
func (s *Server) check(q url.Values) (request, *refusal) {
	app, known := s.app(q.Get("client_id"))
	req := request{app: app, state: q.Get("state"), challenge: q.Get("code_challenge"), scopes: strings.Fields(q.Get("scope"))}
	switch {
	case !known:
		return request{}, &refusal{"An error has occurred", "Client authentication failed due to unknown client."}
	case q.Get("redirect_uri") != app.RedirectURI:
		return request{}, &refusal{"An error has occurred", "The redirect uri included is not valid."}
	case q.Get("response_type") != "code":
		return request{}, &refusal{"An error has occurred", "The authorization server does not support this response type."}
	case !within(req.scopes, app.Scopes):
		return request{}, &refusal{"An error has occurred", "The requested scope is invalid, unknown, or malformed."}
	case req.challenge != "" && q.Get("code_challenge_method") != "S256":
		return request{}, &refusal{"An error has occurred", "The code challenge method must be S256."}
	}
	if s.old {
		req.challenge = "" // it does not know what that is
	}
	return req, nil
}

func (s *Server) askConsent(w http.ResponseWriter, r *http.Request) {
	req, refused := s.check(r.URL.Query())
	if refused != nil {
		s.page(w, r, http.StatusBadRequest, "refused.html", "'none'", *refused)
		return
	}
	s.showConsent(w, r, req, "")
}

func (s *Server) showConsent(w http.ResponseWriter, r *http.Request, req request, problem string) {
	back, err := url.Parse(req.app.RedirectURI)
	if err != nil {
		s.page(w, r, http.StatusBadRequest, "refused.html", "'none'", refusal{"An error has occurred", "The redirect uri included is not valid."})
		return
	}
	texts := make([]string, len(req.scopes))
	for i, scope := range req.scopes {
		texts[i] = scopeText(scope)
	}
	status := http.StatusOK
	if problem != "" {
		status = http.StatusUnprocessableEntity
	}
	s.mu.Lock()
	accounts := slices.Clone(s.accounts)
	s.mu.Unlock()
	// Browsers apply form-action to the redirect that follows the form, too.
	s.page(w, r, status, "consent.html", "'self' "+back.Scheme+"://"+back.Host, map[string]any{
		"App": req.app.Name, "Scopes": texts, "Accounts": accounts, "Problem": problem, "Host": r.Host,
	})
}

// takeConsent reads the form, which is sent to the very address of the page, query included.
func (s *Server) takeConsent(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		s.page(w, r, http.StatusBadRequest, "refused.html", "'none'", refusal{"An error has occurred", "The form could not be read."})
		return
	}
	req, refused := s.check(r.URL.Query())
	if refused != nil {
		s.page(w, r, http.StatusBadRequest, "refused.html", "'none'", *refused)
		return
	}
	switch r.PostForm.Get("decision") {
	case "cancel":
		req.redirect(w, r, url.Values{"error": {"access_denied"}, "error_description": {"The resource owner or authorization server denied the request."}})
	case "allow":
		code, known := s.allow(req, r.PostForm.Get("account"))
		if !known {
			s.showConsent(w, r, req, "Choose who you are first.")
			return
		}
		req.redirect(w, r, url.Values{"code": {code}})
	default:
		s.showConsent(w, r, req, "Press Authorize or Deny.")
	}
}

// Allow does what a person does on the consent page at the address, and returns the code with which the app is led back. It fails if the
// page would refuse, or if there is no such account.
func (s *Server) Allow(address, accountID string) (code string, err error) {
	page, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("read the address of the consent page: %w", err)
	}
	req, refused := s.check(page.Query())
	if refused != nil {
		return "", errors.New(refused.Reason)
	}
	code, known := s.allow(req, accountID)
	if !known {
		return "", fmt.Errorf("there is no account %q", accountID)
	}
	return code, nil
}

// allow notes that the account lets the app in, and returns the code for it; known is false if there is no such account.
func (s *Server) allow(req request, accountID string) (code string, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, known := s.account(accountID)
	if !known {
		return "", false
	}
	code = rand.Text()
	s.codes[code] = grant{
		clientID: req.app.ClientID, accountID: a.ID, redirectURI: req.app.RedirectURI, challenge: req.challenge, scopes: req.scopes,
		expires: s.now().Add(CodeLife),
	}
	return code, true
}

// redirect sends the browser back to the app with the answer and the app's state.
func (req request) redirect(w http.ResponseWriter, r *http.Request, answer url.Values) {
	if req.state != "" {
		answer.Set("state", req.state)
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, req.app.RedirectURI+"?"+answer.Encode(), http.StatusSeeOther)
}

// authorizedApps is where people see which apps they let in, and throw them out again.
func (s *Server) authorizedApps(w http.ResponseWriter, r *http.Request) {
	type connected struct{ AccountID, Account, App, Scopes string }
	var list []connected
	s.mu.Lock()
	for _, t := range s.tokens {
		a, known := s.account(t.AccountID)
		if !known || t.Revoked {
			continue
		}
		i := slices.IndexFunc(s.apps, func(app App) bool { return app.ClientID == t.ClientID })
		list = append(list, connected{a.ID, a.Username, s.apps[i].Name, strings.Join(t.Scopes, ", ")})
	}
	s.mu.Unlock()
	s.page(w, r, http.StatusOK, "apps.html", "'self'", map[string]any{"Apps": list})
}

func (s *Server) removeApp(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	s.Revoke(r.PostFormValue("account"))
	http.Redirect(w, r, "/oauth/authorized_applications", http.StatusSeeOther)
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
