package linkedin

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// exchangeFailed is LinkedIn's one answer to every code it does not take.
const exchangeFailed = "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. " +
	"Or authorization code expired. Or external member binding exists"

func (s *Server) accessToken(w http.ResponseWriter, r *http.Request) {
	app, ok := s.client(w, r)
	if !ok {
		return
	}
	form := r.PostForm
	switch {
	case form.Has("code_verifier"):
		// The web flow knows no PKCE, and takes its parameter for a native app's that was never enabled.
		s.oauthError(w, http.StatusUnauthorized, "invalid_client", "Client authentication failed")
		return
	case form.Get("grant_type") == "refresh_token":
		s.oauthError(w, http.StatusBadRequest, "unauthorized_client", "Refresh tokens are for approved partners only")
		return
	case form.Get("grant_type") != "authorization_code":
		s.oauthError(w, http.StatusBadRequest, "invalid_request", `A required parameter "grant_type" is missing or wrong`)
		return
	case s.Failing(InvalidCode):
		s.oauthError(w, http.StatusBadRequest, "invalid_request", exchangeFailed)
		return
	}
	redirect, err := withoutQuery(form.Get("redirect_uri"))
	if err != nil {
		s.oauthError(w, http.StatusBadRequest, "invalid_request", `A required parameter "redirect_uri" is missing`)
		return
	}
	token, account, ok := s.exchange(app, form.Get("code"), redirect)
	if !ok {
		s.oauthError(w, http.StatusBadRequest, "invalid_request", exchangeFailed)
		return
	}
	answer := map[string]any{
		"access_token": token.AccessToken,
		"expires_in":   int(TokenLife.Seconds()),
		"scope":        strings.Join(token.Scopes, ","),
		"token_type":   "Bearer",
	}
	if slices.Contains(token.Scopes, "openid") && !s.Failing(NoIDToken) {
		idToken, err := s.idToken(r, token, account)
		if err != nil {
			s.log.ErrorContext(r.Context(), "sign id_token", "error", err)
			s.oauthError(w, http.StatusInternalServerError, "server_error", "The id_token could not be signed")
			return
		}
		answer["id_token"] = idToken
	}
	s.json(w, http.StatusOK, answer)
}

// exchange takes a code, once, and issues the token it stands for.
func (s *Server) exchange(app App, code, redirect string) (Token, Account, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.codes[code]
	if !ok || g.used || g.clientID != app.ClientID || g.redirectURI != redirect || !s.now().Before(g.expires) {
		return Token{}, Account{}, false
	}
	account, ok := s.account(g.accountID)
	if !ok {
		return Token{}, Account{}, false
	}
	g.used = true
	s.codes[code] = g

	// "If your application requests different scopes than before, all previous access tokens are invalidated."
	s.revokeWhere(func(t Token) bool {
		return t.ClientID == app.ClientID && t.AccountID == g.accountID && !sameScopes(t.Scopes, g.scopes)
	})
	return s.issue(app.ClientID, account.ID, g.scopes, s.now()), account, true
}

func sameScopes(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

// longToken is about 500 characters, as LinkedIn's are, so that no column or header proves too short.
func longToken() string {
	var b [372]byte
	rand.Read(b[:]) // never fails
	return "AQX" + base64.RawURLEncoding.EncodeToString(b[:])
}

func (s *Server) introspectToken(w http.ResponseWriter, r *http.Request) {
	app, ok := s.client(w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tokens {
		if t.AccessToken != r.PostForm.Get("token") || t.ClientID != app.ClientID {
			continue
		}
		status := "active"
		switch {
		case t.Revoked:
			status = "revoked"
		case !s.valid(t):
			status = "expired"
		}
		s.json(w, http.StatusOK, map[string]any{
			"active": status == "active", "status": status, "client_id": app.ClientID, "auth_type": "3L",
			"authorized_at": t.Issued.Unix(), "created_at": t.Issued.Unix(), "expires_at": t.Expires.Unix(),
			"scope": strings.Join(t.Scopes, ","),
		})
		return
	}
	s.json(w, http.StatusOK, map[string]any{"active": false})
}

// revokeToken is not documented by LinkedIn, yet many apps call it; the NoRevocation fault sides with those who say that
// it does not exist.
func (s *Server) revokeToken(w http.ResponseWriter, r *http.Request) {
	if s.Failing(NoRevocation) {
		http.NotFound(w, r)
		return
	}
	app, ok := s.client(w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revokeWhere(func(t Token) bool {
		return t.ClientID == app.ClientID && t.AccessToken == r.PostForm.Get("token")
	})
	w.WriteHeader(http.StatusOK) // an unknown token is fine, as RFC 7009 §2.2 has it
}

// client authenticates the app by the credentials in the body. LinkedIn accepts them nowhere else, Basic included.
func (s *Server) client(w http.ResponseWriter, r *http.Request) (App, bool) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		s.oauthError(w, http.StatusBadRequest, "invalid_request", "The body could not be read")
		return App{}, false
	}
	app, known := s.apps[r.PostForm.Get("client_id")]
	secret := subtle.ConstantTimeCompare([]byte(app.ClientSecret), []byte(r.PostForm.Get("client_secret"))) == 1
	if !known || !secret || r.Header.Get("Authorization") != "" {
		s.oauthError(w, http.StatusUnauthorized, "invalid_client", "Client authentication failed")
		return App{}, false
	}
	return app, true
}

func (s *Server) oauthError(w http.ResponseWriter, status int, code, description string) {
	s.json(w, status, map[string]any{"error": code, "error_description": description})
}

func (s *Server) json(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		s.log.Warn("write answer", "error", err)
	}
}
