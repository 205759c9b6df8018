package facebook

import "net/http"

// accessToken exchanges a code for a short-lived token, and that for a long-lived one.
func (s *Server) accessToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		s.fail(w, problem{code: 100, message: "The request could not be read"})
		return
	}
	app, p := s.credentials(r)
	if p != nil {
		s.fail(w, *p)
		return
	}
	var t Token
	switch grantType := r.Form.Get("grant_type"); {
	case r.Form.Has("code_verifier"):
		p = &problem{code: 100, message: "PKCE belongs to OpenID Connect, which this app does not use"}
	case grantType == "" || grantType == "authorization_code":
		t, p = s.exchange(app, r.Form.Get("code"), r.Form.Get("redirect_uri"))
	case grantType == "fb_exchange_token":
		t, p = s.lengthen(app, r.Form.Get("fb_exchange_token"))
	default:
		p = &problem{code: 100, message: "Invalid grant_type: " + grantType}
	}
	if p != nil {
		s.fail(w, *p)
		return
	}
	s.json(w, http.StatusOK, map[string]any{
		"access_token": t.AccessToken, "token_type": "bearer", "expires_in": int(t.Expires.Sub(t.Issued).Seconds()),
	})
}

// credentials tells which app asks, by what stands among the parameters.
func (s *Server) credentials(r *http.Request) (App, *problem) {
	app, known := s.apps[r.Form.Get("client_id")]
	if !known {
		return App{}, &problem{code: 101, message: "Error validating application. Cannot get application info due to a system error."}
	}
	if !same(app.ClientSecret, r.Form.Get("client_secret")) {
		return App{}, &problem{code: 1, message: "Error validating client secret."}
	}
	return app, nil
}

// exchange takes a code, once, and issues the token it stands for.
func (s *Server) exchange(app App, code, redirect string) (Token, *problem) {
	if s.Failing(InvalidCode) {
		return Token{}, &problem{code: 100, message: "Invalid verification code format."}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.codes[code]
	switch {
	case !ok || g.clientID != app.ClientID:
		return Token{}, &problem{code: 100, message: "Invalid verification code format."}
	case g.used:
		return Token{}, &problem{code: 100, subcode: 36009, message: "This authorization code has been used."}
	case !s.now().Before(g.expires):
		return Token{}, &problem{code: 100, subcode: 36007, message: "This authorization code has expired."}
	case g.redirectURI != redirect:
		return Token{}, &problem{
			code: 100, subcode: 36008,
			message: "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request",
		}
	}
	g.used = true
	s.codes[code] = g
	return s.issue(g.connection, g.scopes, false, s.now()), nil
}

// lengthen exchanges a token that still works for a long-lived one.
func (s *Server) lengthen(app App, accessToken string) (Token, *problem) {
	t, known := s.find(accessToken)
	if !known || t.ClientID != app.ClientID {
		return Token{}, unparsable()
	}
	if p := s.ended(t); p != nil {
		return Token{}, p
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issue(connection{t.ClientID, t.AccountID}, t.Scopes, true, s.now()), nil
}
