package slackd

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxBody is the largest request the server reads; a view of 250 KB escaped as a form fits.
const maxBody = 2 << 20

// method is one method of the Web API.
type method struct {
	run      func(*Server, *call) (object, error)
	scopes   []string // any of them suffices; none: no scope needed
	appToken bool     // wants the xapp token instead of the xoxb one
	json     bool     // takes JSON bodies; those that read take forms only
}

// methods lists the Web API. Each method has a file named after it.
// See https://docs.slack.dev/reference/methods.
func methods() map[string]method {
	read := func(run func(*Server, *call) (object, error), scopes ...string) method {
		return method{run: run, scopes: scopes}
	}
	write := func(run func(*Server, *call) (object, error), scopes ...string) method {
		return method{run: run, scopes: scopes, json: true}
	}
	return map[string]method{
		"apps.connections.open":        {run: (*Server).appsConnectionsOpen, appToken: true, json: true},
		"auth.test":                    write((*Server).authTest),
		"chat.delete":                  write((*Server).chatDelete, "chat:write"),
		"chat.getPermalink":            read((*Server).chatGetPermalink),
		"chat.postEphemeral":           write((*Server).chatPostEphemeral, "chat:write"),
		"chat.postMessage":             write((*Server).chatPostMessage, "chat:write"),
		"chat.update":                  write((*Server).chatUpdate, "chat:write"),
		"conversations.history":        read((*Server).conversationsHistory, "channels:history", "groups:history", "im:history", "mpim:history"),
		"conversations.info":           read((*Server).conversationsInfo, "channels:read", "groups:read", "im:read", "mpim:read"),
		"conversations.join":           write((*Server).conversationsJoin, "channels:join"),
		"conversations.list":           read((*Server).conversationsList, "channels:read", "groups:read", "im:read", "mpim:read"),
		"conversations.members":        read((*Server).conversationsMembers, "channels:read", "groups:read", "im:read", "mpim:read"),
		"conversations.open":           write((*Server).conversationsOpen, "im:write", "mpim:write"),
		"dnd.info":                     read((*Server).dndInfo, "dnd:read"),
		"dnd.teamInfo":                 read((*Server).dndTeamInfo, "dnd:read"),
		"files.completeUploadExternal": write((*Server).filesCompleteUploadExternal, "files:write"),
		"files.delete":                 write((*Server).filesDelete, "files:write"),
		"files.getUploadURLExternal":   read((*Server).filesGetUploadURLExternal, "files:write"),
		"files.info":                   read((*Server).filesInfo, "files:read"),
		"team.info":                    read((*Server).teamInfo, "team:read"),
		"usergroups.list":              read((*Server).usergroupsList, "usergroups:read"),
		"usergroups.users.list":        read((*Server).usergroupsUsersList, "usergroups:read"),
		"users.getPresence":            read((*Server).usersGetPresence, "users:read"),
		"users.info":                   read((*Server).usersInfo, "users:read"),
		"users.list":                   read((*Server).usersList, "users:read"),
		"users.lookupByEmail":          read((*Server).usersLookupByEmail, "users:read.email"),
		"users.profile.get":            read((*Server).usersProfileGet, "users.profile:read"),
		"views.open":                   write((*Server).viewsOpen),
		"views.publish":                write((*Server).viewsPublish),
		"views.push":                   write((*Server).viewsPush),
		"views.update":                 write((*Server).viewsUpdate),
	}
}

// Methods lists the Web API methods the server knows, in alphabetical order.
func (s *Server) Methods() []string { return slices.Sorted(maps.Keys(s.methods)) }

// refusal is an answer with ok:false.
type refusal struct {
	code     string
	messages []string // response_metadata.messages
	extra    object
	wait     time.Duration // for "ratelimited": Retry-After
}

// Error returns Slack's error code.
func (r *refusal) Error() string { return r.code }

// refuse returns a refusal with this code and these response_metadata.messages.
func refuse(code string, messages ...string) *refusal {
	return &refusal{code: code, messages: messages}
}

// call is one request to a method.
type call struct {
	request *http.Request
	form    url.Values
	json    map[string]json.RawMessage
}

// arg returns an argument as text.
func (c *call) arg(name string) string {
	if raw, ok := c.json[name]; ok {
		var s string
		if json.Unmarshal(raw, &s) == nil {
			return s
		}
		if string(raw) == "null" {
			return ""
		}
		return string(raw) // a number, a boolean or a nested object
	}
	return c.form.Get(name)
}

// raw returns an argument that holds JSON, nested or as text; nil if it is missing.
func (c *call) raw(name string) json.RawMessage {
	if a := c.arg(name); a != "" {
		return json.RawMessage(a)
	}
	return nil
}

// on tells whether a flag is set; it is fallback if the argument is missing.
func (c *call) on(name string, fallback bool) bool {
	switch c.arg(name) {
	case "":
		return fallback
	case "true", "1":
		return true
	}
	return false
}

// limit returns the "limit" argument.
func (c *call) limit(fallback, most int) (int, error) {
	a := c.arg("limit")
	if a == "" || a == "0" {
		return fallback, nil
	}
	n, err := strconv.Atoi(a)
	if err != nil || n < 1 || n > most {
		return 0, refuse("invalid_limit")
	}
	return n, nil
}

// parseCall reads a request's arguments, whichever way Slack takes them, and its token.
// See https://docs.slack.dev/apis/web-api.
func parseCall(r *http.Request, takesJSON bool) (c *call, token string, err error) {
	c = &call{request: r, form: r.URL.Query()}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/json":
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, "", refuse("request_timeout")
		}
		if takesJSON && len(body) > 0 && json.Unmarshal(body, &c.json) != nil {
			return nil, "", refuse("invalid_json")
		}
	case "multipart/form-data":
		if r.ParseMultipartForm(maxBody) != nil { //nolint:gosec // serveAPI bounds the body
			return nil, "", refuse("invalid_form_data")
		}
		c.form = r.Form
	default:
		if r.ParseForm() != nil {
			return nil, "", refuse("invalid_form_data")
		}
		c.form = r.Form
	}
	token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !found {
		token = c.form.Get("token")
	}
	return c, token, nil
}

// serveAPI answers one Web API call.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	start := s.now()
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	fault, proceed := s.breakHTTP(w, r, name)
	if !proceed {
		s.record(Call{Method: name, At: start, Took: s.now().Sub(start), Error: string(fault.Kind)})
		return
	}
	var answer object
	var err error
	if fault.Kind == APIError {
		err = refuse(fault.Error)
	} else {
		answer, err = s.answer(name, w, r)
	}
	done := Call{Method: name, At: start, Took: s.now().Sub(start), Status: http.StatusOK}
	if err != nil {
		refused, ok := errors.AsType[*refusal](err)
		if !ok {
			s.log.Error("web api method broke", "method", name, "err", err)
			refused = refuse("internal_error")
		}
		answer = refused.object()
		done.Error, done.Details = refused.code, refused.messages
		if refused.wait > 0 {
			w.Header().Set("Retry-After", retryAfter(refused.wait))
			done.Status = http.StatusTooManyRequests
		}
	}
	if s.breakAnswer(w, r, fault, &done) {
		return
	}
	writeJSON(w, done.Status, answer)
}

// object is the body of a refusal.
func (r *refusal) object() object {
	o := object{}
	maps.Copy(o, r.extra)
	o["ok"], o["error"] = false, r.code
	if len(r.messages) > 0 {
		bare := make([]string, len(r.messages))
		for i, m := range r.messages {
			bare[i] = strings.TrimPrefix(m, "[ERROR] ")
		}
		o["errors"] = bare
		o["response_metadata"] = object{"messages": r.messages}
	}
	return o
}

// retryAfter is the header's whole seconds, rounded up.
func retryAfter(wait time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(wait.Seconds()))))
}

// writeJSON sends a JSON answer.
func writeJSON(w http.ResponseWriter, status int, answer object) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(encode(answer)) //nolint:gosec // it is JSON, and nobody is left to tell if the client is gone
}

// answer checks token, scope and rate, and runs the method.
func (s *Server) answer(name string, w http.ResponseWriter, r *http.Request) (object, error) {
	m, known := s.methods[name]
	if !known {
		return nil, &refusal{code: "unknown_method", extra: object{"req_method": name}}
	}
	c, token, err := parseCall(r, m.json)
	if err != nil {
		return nil, err
	}
	if err := s.authorize(m, token); err != nil {
		return nil, err
	}
	if !m.appToken {
		w.Header().Set("X-Oauth-Scopes", strings.Join(s.app.Scopes, ","))
	}
	if err := s.spend(name); err != nil {
		return nil, err
	}
	answer, err := m.run(s, c)
	if err != nil {
		return nil, err
	}
	if answer == nil {
		answer = object{}
	}
	answer["ok"] = true
	return answer, nil
}

// authorize checks the kind of token and its scopes.
func (s *Server) authorize(m method, token string) error {
	s.mu.Lock()
	revoked := s.revoked
	s.mu.Unlock()
	switch token {
	case "":
		return refuse("not_authed")
	case s.appToken:
		if !m.appToken {
			return refuse("not_allowed_token_type")
		}
		return nil // app-level tokens of the sandbox have connections:write
	case s.botToken:
	default:
		return refuse("invalid_auth")
	}
	if revoked {
		return refuse("account_inactive")
	}
	if m.appToken {
		return refuse("not_allowed_token_type")
	}
	if len(m.scopes) > 0 && !slices.ContainsFunc(m.scopes, s.granted) {
		return s.missingScope(m.scopes...)
	}
	return nil
}

// granted tells whether the bot token has a scope.
func (s *Server) granted(scope string) bool { return slices.Contains(s.app.Scopes, scope) }

// missingScope is the refusal of a call that needs one of scopes.
func (s *Server) missingScope(scopes ...string) error {
	return &refusal{code: "missing_scope", extra: object{
		"needed":   strings.Join(scopes, ","),
		"provided": strings.Join(s.app.Scopes, ","),
	}}
}

// spend takes one call of the method's rate.
func (s *Server) spend(name string) error {
	perMinute := s.limits.RatePerMinute[name]
	if perMinute == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.rates[name]
	if b == nil {
		b = &bucket{}
		s.rates[name] = b
	}
	return rateLimited(b.take(s.now(), float64(perMinute)/60, perMinute))
}

// rateLimited turns the outcome of bucket.take into a refusal.
func rateLimited(wait time.Duration, ok bool) error {
	if ok {
		return nil
	}
	return &refusal{code: "ratelimited", wait: wait}
}

// record remembers a call.
func (s *Server) record(c Call) {
	s.mu.Lock()
	s.calls.add(c)
	s.tell("", Change{Kind: "calls"})
	s.mu.Unlock()
	s.log.Debug("web api", "method", c.Method, "status", c.Status, "error", c.Error, "details", c.Details)
}

// Call is one Web API call the server answered.
type Call struct {
	Method  string
	At      time.Time
	Took    time.Duration
	Status  int      // HTTP status; 0: the answer was cut, or broken by a fault
	Error   string   // Slack's error, or the fault's kind; empty for ok
	Details []string // response_metadata.messages
}

// Calls returns the latest Web API calls, oldest first; an empty method means all.
func (s *Server) Calls(method string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.calls.list()
	if method == "" {
		return list
	}
	return slices.DeleteFunc(list, func(c Call) bool { return c.Method != method })
}

// base is the URL the server is reachable at, as far as a request tells.
func (s *Server) base(r *http.Request) string {
	if base := s.BaseURL(); base != "" {
		return base
	}
	return "http://" + r.Host
}
