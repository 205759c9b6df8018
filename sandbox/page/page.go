// Package page is the web page of the local Slack: it shows the workspace as one person sees it, and lets the browser act
// as that person. Pages are rendered on the server; htmx fetches the parts that changed.
package page

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"herald/sandbox/fault"
	"herald/sandbox/page/render"
	"herald/sandbox/slackd"
)

//go:embed templates static
var files embed.FS

// Options say whose page it is. Slack and Now are needed.
type Options struct {
	Slack    *slackd.Server
	Networks []Network // those that can be broken, in the order of the drawer
	First    []string  // user ids listed first where people are picked; the page opens as the first of them
	Now      func() time.Time
	Logger   *slog.Logger // default: discards
	// MailboxURL is where the mail of this machine is shown; "": nowhere.
	MailboxURL string
}

// A Network is a stand-in that can be broken from the page.
type Network struct {
	Name     string // in forms, such as "linkedin"
	Title    string // such as "LinkedIn"
	Switches *fault.Switches
	Page     string // what the page below is called there, such as "Permitted services"
	URL      string // where people throw apps out again
}

// Server is the page. It is safe for concurrent use.
type Server struct {
	slack     *slackd.Server
	networks  []Network
	first     []string
	mailbox   string
	now       func() time.Time
	log       *slog.Logger
	blocks    *render.Renderer
	templates *template.Template
	handler   http.Handler

	mu   sync.Mutex
	read map[conversation]string // ts up to which a person has read
}

type conversation struct{ user, channel string }

// New builds the page.
func New(o Options) (*Server, error) {
	if o.Slack == nil || o.Now == nil {
		return nil, errors.New("page: Options.Slack and Options.Now are needed")
	}
	blocks, err := render.New()
	if err != nil {
		return nil, err
	}
	s := &Server{
		slack: o.Slack, networks: o.Networks, first: o.First, mailbox: o.MailboxURL, now: o.Now, log: o.Logger,
		blocks: blocks, read: map[conversation]string{},
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.templates, err = template.ParseFS(files, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("read the page templates: %w", err)
	}
	s.handler = s.routes()
	return s, nil
}

// Handler answers the page's requests: /, /as/*, /faults and /static/*. It shares its address with the local Slack's API.
func (s *Server) Handler() http.Handler { return s.handler }

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.front)
	mux.HandleFunc("GET /client/{team}", s.front) // as in https://app.slack.com/client/T…
	mux.Handle("GET /static/", http.FileServerFS(files))
	mux.HandleFunc("GET /as/{who}", s.as(s.enter))
	mux.HandleFunc("GET /as/{who}/home", s.as(s.homePage))
	mux.HandleFunc("GET /as/{who}/home/view", s.as(s.homeView))
	mux.HandleFunc("GET /as/{who}/messages", s.as(s.messagesPage))
	mux.HandleFunc("GET /as/{who}/c/{channel}", s.as(s.channelPage))
	mux.HandleFunc("GET /as/{who}/c/{channel}/stream", s.as(s.stream))
	mux.HandleFunc("POST /as/{who}/c/{channel}/send", s.as(s.send))
	mux.HandleFunc("POST /as/{who}/c/{channel}/dismiss", s.as(s.dismiss))
	mux.HandleFunc("GET /as/{who}/nav", s.as(s.navFragment))
	mux.HandleFunc("GET /as/{who}/people", s.as(s.peopleFragment))
	mux.HandleFunc("GET /as/{who}/modals", s.as(s.modalsFragment))
	mux.HandleFunc("POST /as/{who}/submit", s.as(s.submit))
	mux.HandleFunc("POST /as/{who}/close", s.as(s.closeModal))
	mux.HandleFunc("POST /as/{who}/act", s.as(s.act))
	mux.HandleFunc("GET /as/{who}/choices", s.as(s.choices))
	mux.HandleFunc("GET /as/{who}/complete", s.as(s.complete))
	mux.HandleFunc("POST /as/{who}/shortcut", s.as(s.shortcut))
	mux.HandleFunc("GET /as/{who}/files/{file}", s.as(s.download))
	mux.HandleFunc("GET /as/{who}/events", s.as(s.events))
	mux.HandleFunc("GET /faults", s.faults)
	mux.HandleFunc("POST /faults", s.changeFaults)
	return http.NewCrossOriginProtection().Handler(secured(mux))
}

// secured sets the headers that keep an escaping mistake from becoming a script.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "+
			"img-src 'self' data: https: http:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		next.ServeHTTP(w, r)
	})
}

// visit is a request by the person whom the browser acts as.
type visit struct {
	w http.ResponseWriter
	*http.Request
	person *slackd.Person
	user   slackd.User
}

// base is the start of the person's addresses.
func (v visit) base() string { return "/as/" + v.user.Name }

// as finds the person in the path, by handle or id.
func (s *Server) as(handle func(visit)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who := r.PathValue("who")
		user, ok := s.slack.User(who)
		if !ok {
			user, ok = s.slack.UserByName(who)
		}
		if !ok {
			http.Error(w, "There is nobody of that name in this workspace.", http.StatusNotFound)
			return
		}
		handle(visit{w, r, s.slack.Person(user.ID), user})
	}
}

func (s *Server) front(w http.ResponseWriter, r *http.Request) {
	for _, id := range s.first {
		if user, ok := s.slack.User(id); ok {
			http.Redirect(w, r, "/as/"+user.Name+"/home", http.StatusSeeOther)
			return
		}
	}
	for _, user := range s.slack.Users(0, 0) {
		if !user.IsBot && !user.Deleted {
			http.Redirect(w, r, "/as/"+user.Name+"/home", http.StatusSeeOther)
			return
		}
	}
	http.Error(w, "Nobody is in this workspace.", http.StatusNotFound)
}

func (s *Server) enter(v visit) {
	http.Redirect(v.w, v.Request, v.base()+"/home", http.StatusSeeOther)
}

// show writes a page or a part of one.
func (s *Server) show(v visit, name string, data any) {
	s.write(v.w, v.Request, name, data)
}

func (s *Server) write(w http.ResponseWriter, r *http.Request, name string, data any) {
	var b bytes.Buffer
	if err := s.templates.ExecuteTemplate(&b, name, data); err != nil {
		s.log.ErrorContext(r.Context(), "render", "template", name, "error", err)
		http.Error(w, "This part of the page could not be drawn.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if _, err := w.Write(b.Bytes()); err != nil {
		s.log.DebugContext(r.Context(), "write answer", "error", err)
	}
}

// done answers an interaction: the page looks at its parts again, and shows what went wrong, if anything.
func (s *Server) done(v visit, err error) {
	v.w.Header().Set("HX-Trigger", "modal-changed, home-changed, stream-changed, nav-changed")
	s.notice(v, err)
}

// notice shows what Slack tells people when an action failed, or clears what it told them before.
func (s *Server) notice(v visit, err error) {
	text := ""
	if err != nil {
		text = err.Error()
		if refusal, ok := errors.AsType[*slackd.Refusal](err); ok {
			text = refusal.Text
		}
	}
	s.show(v, "notice", text)
}

// zone is the person's time zone, by its offset, because not every machine knows the names.
func zone(u slackd.User) *time.Location { return time.FixedZone(u.TZLabel, u.TZOffset) }

// surface is where blocks are shown to the person.
func (s *Server) surface(v visit, id string, state slackd.Values, problems map[string]string) render.Surface {
	return render.Surface{
		ID: id, Reader: v.user.ID, Names: names{s.slack}, Zone: zone(v.user), Now: s.now(), State: state, Errors: problems,
		Act: v.base() + "/act", Search: v.base() + "/choices",
	}
}

// names lets the renderer look up what mentions are called.
type names struct{ slack *slackd.Server }

// UserName is the display name, as Slack's mentions show it.
func (n names) UserName(id string) (string, bool) {
	u, ok := n.slack.User(id)
	return called(u), ok
}

// ChannelName is the name without the #.
func (n names) ChannelName(id string) (string, bool) {
	c, ok := n.slack.Channel(id)
	return c.Name, ok && c.Name != ""
}

// GroupName is the handle without the @.
func (n names) GroupName(id string) (string, bool) {
	for _, g := range n.slack.UserGroups() {
		if g.ID == id {
			return g.Handle, true
		}
	}
	return "", false
}

// called is what Slack calls a person: their display name, else their real name.
func called(u slackd.User) string {
	if u.DisplayName != "" {
		return u.DisplayName
	}
	return u.RealName
}
