package facebook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// problem is an error of the Graph API.
// https://developers.facebook.com/docs/graph-api/guides/error-handling
type problem struct {
	kind    string // default OAuthException
	code    int
	subcode int
	message string
}

func unparsable() *problem {
	return &problem{code: 190, message: "Invalid OAuth access token - Cannot parse access token"}
}

func expired() *problem {
	return &problem{code: 190, subcode: 463, message: "Error validating access token: Session has expired."}
}

func notAuthorized() *problem {
	return &problem{code: 190, subcode: 458, message: "Error validating access token: The user has not authorized application."}
}

func badProof(message string) *problem {
	return &problem{kind: "GraphMethodException", code: 100, message: message}
}

// fail answers with the problem, always with status 400.
func (s *Server) fail(w http.ResponseWriter, p problem) {
	if p.kind == "" {
		p.kind = "OAuthException"
	}
	body := map[string]any{"message": p.message, "type": p.kind, "code": p.code, "fbtrace_id": rand.Text()[:11]}
	if p.subcode != 0 {
		body["error_subcode"] = p.subcode
	}
	s.json(w, http.StatusBadRequest, map[string]any{"error": body})
}

func (s *Server) json(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		s.log.Warn("write answer", "error", err)
	}
}

func (s *Server) unknownPath(w http.ResponseWriter, r *http.Request) {
	s.fail(w, problem{code: 2500, message: "Unknown path components: " + r.URL.Path})
}

// caller is who asks: the app itself, or the app for the owner of a token.
type caller struct {
	app   App
	token *Token // nil: the app itself
}

// caller reads the access token and its proof, which this app demands with every token.
// https://developers.facebook.com/docs/graph-api/guides/secure-requests
func (s *Server) caller(w http.ResponseWriter, r *http.Request) (caller, bool) {
	c, p := s.authenticate(r)
	if p == nil && s.Failing(RateLimited) {
		p = &problem{code: 4, message: "(#4) Application request limit reached"}
	}
	if p != nil {
		s.fail(w, *p)
		return caller{}, false
	}
	return c, true
}

func (s *Server) authenticate(r *http.Request) (caller, *problem) {
	secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		secret = r.FormValue("access_token")
	}
	if secret == "" {
		return caller{}, &problem{code: 2500, message: "An active access token must be used to query information about the current user."}
	}
	c := caller{}
	if id, appSecret, isApp := strings.Cut(secret, "|"); isApp {
		app, known := s.apps[id]
		if !known || !same(app.ClientSecret, appSecret) {
			return caller{}, &problem{code: 190, message: "Invalid OAuth access token signature."}
		}
		c.app = app
	} else {
		t, known := s.find(secret)
		if !known {
			return caller{}, unparsable()
		}
		c.app, c.token = s.apps[t.ClientID], &t
	}

	mac := hmac.New(sha256.New, []byte(c.app.ClientSecret))
	mac.Write([]byte(secret))
	switch proof := r.FormValue("appsecret_proof"); {
	case proof == "":
		return caller{}, badProof("API calls from the server require an appsecret_proof argument")
	case !same(hex.EncodeToString(mac.Sum(nil)), proof):
		return caller{}, badProof("Invalid appsecret_proof provided in the API argument")
	}
	if c.token != nil {
		return c, s.ended(*c.token)
	}
	return c, nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// find returns the token with these characters.
func (s *Server) find(accessToken string) (Token, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.tokens, func(t Token) bool { return t.AccessToken == accessToken })
	if i < 0 {
		return Token{}, false
	}
	return s.tokens[i], true
}

// ended says why a token does not work any more, or nil.
func (s *Server) ended(t Token) *problem {
	switch {
	case t.Revoked, s.Failing(RevokedToken):
		return notAuthorized()
	case !s.now().Before(t.Expires), s.Failing(ExpiredToken):
		return expired()
	}
	return nil
}

// granted are the permissions of a token that its owner has not taken back since.
func (s *Server) granted(t Token) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	decided := s.consents[connection{t.ClientID, t.AccountID}]
	kept := []string{}
	for _, scope := range t.Scopes {
		if decided[scope] {
			kept = append(kept, scope)
		}
	}
	return kept
}

// debugToken tells an app about a token. https://developers.facebook.com/docs/graph-api/reference/debug_token
func (s *Server) debugToken(w http.ResponseWriter, r *http.Request) {
	c, ok := s.caller(w, r)
	if !ok {
		return
	}
	if c.token != nil {
		s.fail(w, problem{code: 100, message: "(#100) You must provide an app access token, or a user access token that is an owner or developer of the app"})
		return
	}
	t, known := s.find(r.FormValue("input_token"))
	if !known {
		p := unparsable()
		s.json(w, http.StatusOK, map[string]any{"data": map[string]any{
			"error": map[string]any{"code": p.code, "message": p.message}, "is_valid": false, "scopes": []string{},
		}})
		return
	}
	if t.ClientID != c.app.ClientID {
		s.fail(w, problem{code: 100, message: "(#100) The App_id in the input_token did not match the Viewing App"})
		return
	}
	data := map[string]any{
		"app_id": t.ClientID, "application": c.app.Name, "type": "USER", "user_id": t.UserID, "is_valid": true,
		"expires_at": t.Expires.Unix(), "data_access_expires_at": t.Issued.AddDate(0, 0, 90).Unix(), "scopes": s.granted(t),
	}
	if t.LongLived {
		data["issued_at"] = t.Issued.Unix()
	}
	if p := s.ended(t); p != nil {
		data["is_valid"], data["scopes"] = false, []string{}
		data["error"] = map[string]any{"code": p.code, "subcode": p.subcode, "message": p.message}
	}
	s.json(w, http.StatusOK, map[string]any{"data": data})
}

// subject is whom a path is about: "me", or the user id of somebody who has let the caller's app in.
func (s *Server) subject(w http.ResponseWriter, r *http.Request, c caller) (Account, bool) {
	id := r.PathValue("user")
	if id == "me" && c.token == nil {
		s.fail(w, problem{code: 2500, message: "An active access token must be used to query information about the current user."})
		return Account{}, false
	}
	if c.token != nil && (id == "me" || id == c.token.UserID) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.account(c.token.AccountID)
	}
	if c.token == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, a := range s.accounts {
			if s.consents[connection{c.app.ClientID, a.ID}] != nil && s.UserID(c.app.ClientID, a.ID) == id {
				return a, true
			}
		}
	}
	s.fail(w, problem{
		kind: "GraphMethodException", code: 100, subcode: 33,
		message: "Unsupported request. Object with ID '" + id + "' does not exist, cannot be loaded due to missing permissions, or does not support this operation.",
	})
	return Account{}, false
}

// user tells about a person what the app asks for and may know.
// https://developers.facebook.com/docs/graph-api/reference/user
func (s *Server) user(w http.ResponseWriter, r *http.Request) {
	c, ok := s.caller(w, r)
	if !ok {
		return
	}
	a, ok := s.subject(w, r, c)
	if !ok {
		return
	}
	var granted []string
	if c.token != nil {
		granted = s.granted(*c.token)
	}
	fields := r.FormValue("fields")
	if fields == "" {
		fields = "name"
	}
	answer := map[string]any{"id": s.UserID(c.app.ClientID, a.ID)}
	for field := range strings.SplitSeq(fields, ",") {
		switch field {
		case "id":
		case "name":
			answer["name"] = a.Name
		case "first_name":
			answer["first_name"] = a.FirstName
		case "last_name":
			answer["last_name"] = a.LastName
		case "email": // missing without a word where it was declined, or there is none
			if slices.Contains(granted, "email") && a.Email != "" && !s.Failing(NoEmail) {
				answer["email"] = a.Email
			}
		default:
			s.fail(w, problem{code: 100, message: "(#100) Tried accessing nonexisting field (" + field + ") on node type (User)"})
			return
		}
	}
	s.json(w, http.StatusOK, answer)
}

// permissions lists what a person granted and declined.
// https://developers.facebook.com/docs/graph-api/reference/user/permissions
func (s *Server) permissions(w http.ResponseWriter, r *http.Request) {
	c, ok := s.caller(w, r)
	if !ok {
		return
	}
	a, ok := s.subject(w, r, c)
	if !ok {
		return
	}
	type permission struct {
		Permission string `json:"permission"`
		Status     string `json:"status"`
	}
	list := []permission{}
	s.mu.Lock()
	for name, granted := range s.consents[connection{c.app.ClientID, a.ID}] {
		status := "declined"
		if granted {
			status = "granted"
		}
		list = append(list, permission{name, status})
	}
	s.mu.Unlock()
	slices.SortFunc(list, func(a, b permission) int { return strings.Compare(a.Permission, b.Permission) })
	s.json(w, http.StatusOK, map[string]any{"data": list})
}

// deletePermissions throws the app out. The app asked for it itself, so its Deauthorize callback hears nothing.
func (s *Server) deletePermissions(w http.ResponseWriter, r *http.Request) {
	s.takeBack(w, r, func(c connection) { s.remove(c) })
}

// deletePermission takes a single permission back.
func (s *Server) deletePermission(w http.ResponseWriter, r *http.Request) {
	s.takeBack(w, r, func(c connection) { s.consent(c)[r.PathValue("permission")] = false })
}

// takeBack applies the change, with s.mu held, to the person whom the path is about.
func (s *Server) takeBack(w http.ResponseWriter, r *http.Request, change func(connection)) {
	c, ok := s.caller(w, r)
	if !ok {
		return
	}
	a, ok := s.subject(w, r, c)
	if !ok {
		return
	}
	if s.Failing(NoRevocation) {
		s.json(w, http.StatusOK, map[string]any{"success": false})
		return
	}
	s.mu.Lock()
	change(connection{c.app.ClientID, a.ID})
	s.mu.Unlock()
	s.json(w, http.StatusOK, map[string]any{"success": true})
}
