package mastodon

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
)

// client authenticates the app by the credentials in the body.
func (s *Server) client(w http.ResponseWriter, r *http.Request) (App, bool) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	app, known := s.app(r.PostFormValue("client_id"))
	if !known || subtle.ConstantTimeCompare([]byte(app.ClientSecret), []byte(r.PostFormValue("client_secret"))) != 1 {
		s.oauthError(w, http.StatusUnauthorized, "invalid_client", "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.")
		return App{}, false
	}
	return app, true
}

func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	app, ok := s.client(w, r)
	if !ok {
		return
	}
	switch r.PostFormValue("grant_type") {
	case "client_credentials":
		scopes := strings.Fields(r.PostFormValue("scope"))
		if !within(scopes, app.Scopes) {
			s.oauthError(w, http.StatusBadRequest, "invalid_scope", "The requested scope is invalid, unknown, or malformed.")
			return
		}
		s.issue(w, Token{ClientID: app.ClientID, Scopes: scopes})
	case "authorization_code":
		g, ok := s.takeCode(r.PostFormValue("code"))
		if !ok || g.clientID != app.ClientID || g.redirectURI != r.PostFormValue("redirect_uri") || !s.now().Before(g.expires) ||
			!fits(g.challenge, r.PostFormValue("code_verifier")) || s.Failing(InvalidCode) {
			s.oauthError(w, http.StatusBadRequest, "invalid_grant", "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.")
			return
		}
		s.issue(w, Token{ClientID: app.ClientID, AccountID: g.accountID, Scopes: g.scopes})
	default:
		s.oauthError(w, http.StatusBadRequest, "unsupported_grant_type", "The authorization grant type is not supported by the authorization server.")
	}
}

// takeCode takes a code, once.
func (s *Server) takeCode(code string) (grant, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.codes[code]
	delete(s.codes, code)
	return g, ok
}

// fits tells whether the verifier is the one of the challenge. https://www.rfc-editor.org/rfc/rfc7636#section-4.6
func fits(challenge, verifier string) bool {
	if challenge == "" {
		return verifier == ""
	}
	sum := sha256.Sum256([]byte(verifier))
	return challenge == base64.RawURLEncoding.EncodeToString(sum[:])
}

func within(scopes, all []string) bool {
	return len(scopes) > 0 && !slices.ContainsFunc(scopes, func(scope string) bool { return !slices.Contains(all, scope) })
}

// issue answers with a token: with the one that the app has already for the account and the scopes, as long as that works.
// https://github.com/mastodon/mastodon/blob/main/config/initializers/doorkeeper.rb (reuse_access_token)
func (s *Server) issue(w http.ResponseWriter, t Token) {
	s.mu.Lock()
	i := slices.IndexFunc(s.tokens, func(old Token) bool {
		return old.ClientID == t.ClientID && old.AccountID == t.AccountID && slices.Equal(old.Scopes, t.Scopes) && !old.Revoked
	})
	if i >= 0 {
		t = s.tokens[i]
	} else {
		t.AccessToken = rand.Text() + rand.Text()
		s.tokens = append(s.tokens, t)
	}
	s.mu.Unlock()
	s.json(w, http.StatusOK, map[string]any{
		"access_token": t.AccessToken, "token_type": "Bearer", "scope": strings.Join(t.Scopes, " "), "created_at": s.now().Unix(),
	})
}

// revoke ends a token of the app. https://docs.joinmastodon.org/methods/oauth/#revoke
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) {
	app, known := s.app(r.PostFormValue("client_id"))
	if !known || app.ClientSecret != r.PostFormValue("client_secret") || s.Failing(NoRevocation) {
		s.oauthError(w, http.StatusForbidden, "unauthorized_client", "You are not authorized to revoke this token")
		return
	}
	s.mu.Lock()
	for i, t := range s.tokens {
		if t.ClientID == app.ClientID && t.AccessToken == r.PostFormValue("token") {
			s.tokens[i].Revoked = true
		}
	}
	s.mu.Unlock()
	s.json(w, http.StatusOK, map[string]any{})
}

// verifyCredentials tells who the owner of a token is. https://docs.joinmastodon.org/methods/accounts/#verify_credentials
func (s *Server) verifyCredentials(w http.ResponseWriter, r *http.Request) {
	secret, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	i := slices.IndexFunc(s.tokens, func(t Token) bool { return t.AccessToken == secret })
	var t Token
	var a Account
	var known bool
	if i >= 0 {
		t = s.tokens[i]
		a, known = s.account(t.AccountID)
	}
	s.mu.Unlock()
	switch {
	case i < 0, t.Revoked, s.Failing(ExpiredToken):
		s.json(w, http.StatusUnauthorized, map[string]any{"error": "The access token is invalid"})
	case !known:
		s.json(w, http.StatusUnprocessableEntity, map[string]any{"error": "This method requires an authenticated user"})
	case !slices.ContainsFunc(t.Scopes, func(scope string) bool {
		return scope == "read" || scope == "read:accounts" || scope == "profile"
	}):
		s.json(w, http.StatusForbidden, map[string]any{"error": "This action is outside the authorized scopes"})
	default:
		s.json(w, http.StatusOK, map[string]any{
			"id": a.ID, "username": a.Username, "acct": a.Username, "display_name": a.DisplayName, "url": "http://" + r.Host + "/@" + a.Username,
		})
	}
}

func (s *Server) oauthError(w http.ResponseWriter, status int, code, description string) {
	s.json(w, status, map[string]any{"error": code, "error_description": description})
}
