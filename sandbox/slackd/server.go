// Package slackd is a small Slack workspace that runs on one machine: the Web API and Socket Mode over the real
// protocols, a workspace's state, and a Go API to act as a person in it. It is strict where Slack is strict, because
// Herald's tests run against it, and it breaks on request, because Slack breaks without one.
package slackd

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options describe the workspace and the one app installed in it. The zero value of everything but Now is usable.
type Options struct {
	Team       Team             // default: T0SANDBOX "Sandbox"
	Users      []User           // ids and handles must be unique; New adds Slackbot and the app's bot user
	Channels   []Channel        // public and private channels; DMs open by themselves
	UserGroups []UserGroup      // the workspace's @groups
	App        App              // the installed app: what its manifest would say
	BotToken   string           // xoxb-…; made up when empty
	AppToken   string           // xapp-…; made up when empty
	Limits     Limits           // what the workspace enforces; see DefaultLimits
	Now        func() time.Time // the clock of everything but ack deadlines and redelivery, which take real time
	Logger     *slog.Logger     // default: discards
}

// Server is the workspace. All methods are safe for concurrent use.
type Server struct {
	team     Team
	app      App
	botToken string
	appToken string
	limits   Limits
	now      func() time.Time
	log      *slog.Logger
	mux      *http.ServeMux
	methods  map[string]method

	life context.Context // ends with Close
	end  context.CancelFunc
	wait sync.WaitGroup
	http *http.Server // set by Start

	mu        sync.Mutex // guards everything below; never held while writing to a socket
	baseURL   string
	revoked   bool // the app was uninstalled
	directory directory
	channels  channels
	desks     map[string]*desk // by user id: what only that person sees
	views     map[string]*view // open modals and Home tabs by id
	external  map[string]*view // the same by external id
	triggers  triggers
	replies   replyURLs
	files     files
	faults    []*Fault
	faultID   int
	rates     map[string]*bucket // by method
	teamRate  bucket
	lastTS    int64 // microseconds; message timestamps ascend
	serial    int64
	sockets   sockets
	pending   map[string]*pending // envelopes by id; also those of late and repeated acknowledgements
	acks      ring[Ack]
	ackOrder  ring[string] // envelope ids in the order they leave pending
	calls     ring[Call]
	watchers  map[string]map[chan Change]struct{} // by user id; "" watches everything
}

// New builds a workspace. It fails without a clock, or if two users, channels or groups share an id or a handle.
func New(o Options) (*Server, error) {
	if o.Now == nil {
		return nil, errors.New("set a clock: Options.Now is nil")
	}
	app := o.App
	app.ID = cmp.Or(app.ID, "A0SANDBOX")
	app.Name = cmp.Or(app.Name, "Herald")
	app.BotID = cmp.Or(app.BotID, "B0SANDBOX")
	app.BotUserID = cmp.Or(app.BotUserID, "U0SANDBOXBOT")
	team := o.Team
	team.ID = cmp.Or(team.ID, "T0SANDBOX")
	team.Name = cmp.Or(team.Name, "Sandbox")
	team.Domain = cmp.Or(team.Domain, "sandbox")
	logger := o.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	limits := o.Limits.withDefaults(app)
	life, end := context.WithCancel(context.Background())
	s := &Server{
		team:     team,
		app:      app,
		botToken: cmp.Or(o.BotToken, "xoxb-"+rand.Text()),
		appToken: cmp.Or(o.AppToken, "xapp-1-"+app.ID+"-"+rand.Text()),
		limits:   limits,
		now:      o.Now,
		log:      logger,
		life:     life,
		end:      end,
		desks:    map[string]*desk{},
		views:    map[string]*view{},
		external: map[string]*view{},
		triggers: triggers{byID: map[string]*trigger{}},
		replies:  replyURLs{byID: map[string]*replyURL{}},
		files:    files{byID: map[string]*storedFile{}},
		rates:    map[string]*bucket{},
		pending:  map[string]*pending{},
		acks:     newRing[Ack](limits.KeepRecords),
		ackOrder: newRing[string](limits.KeepRecords),
		calls:    newRing[Call](limits.KeepRecords),
		watchers: map[string]map[chan Change]struct{}{},
		sockets:  newSockets(),
	}
	if err := s.populate(o); err != nil {
		end()
		return nil, err
	}
	s.methods = methods()
	s.mux = http.NewServeMux()
	s.mux.HandleFunc("/api/{method}", s.serveAPI)
	s.mux.HandleFunc("GET /socket", s.serveSocket)
	s.mux.HandleFunc("POST /response/{id}", s.serveReply)
	s.mux.HandleFunc("POST /upload/{id}", s.serveUpload)
	s.mux.HandleFunc("GET /files/{id}/{name}", s.serveFile)
	return s, nil
}

// populate fills the new workspace.
func (s *Server) populate(o Options) error {
	s.directory = newDirectory(len(o.Users) + 2)
	slackbot := User{ID: slackbotID, Name: "slackbot", RealName: "Slackbot", DisplayName: "Slackbot"}
	bot := User{ID: s.app.BotUserID, Name: strings.ToLower(s.app.Name), RealName: s.app.Name, IsBot: true}
	for _, u := range slices.Concat([]User{slackbot, bot}, o.Users) {
		if err := s.directory.add(s.completed(u)); err != nil {
			return err
		}
	}
	s.channels = newChannels()
	for _, c := range o.Channels {
		if err := s.channels.add(c); err != nil {
			return err
		}
	}
	for _, g := range o.UserGroups {
		if err := s.directory.addGroup(g); err != nil {
			return err
		}
	}
	return nil
}

// Handler answers everything Slack would: /api/*, /socket, /response/*, /upload/* and /files/*.
func (s *Server) Handler() http.Handler { return s.mux }

// SetBaseURL tells the server under which URL, without a trailing slash, Handler is reachable.
// Until then it uses the host of each request.
func (s *Server) SetBaseURL(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.baseURL = strings.TrimSuffix(url, "/")
}

// Start listens on a free port of 127.0.0.1 and sets the base URL. Close ends it.
func (s *Server) Start(ctx context.Context) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for the local slack: %w", err)
	}
	s.SetBaseURL("http://" + l.Addr().String())
	s.http = &http.Server{Handler: s.mux, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return s.life }}
	s.wait.Go(func() {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("the local slack stopped", "err", err)
		}
	})
	return nil
}

// Close drops the sockets, ends redelivery and, after Start, the listener. Waiting calls return.
func (s *Server) Close() error {
	s.mu.Lock()
	s.end() // under mu, so that spawn starts nothing afterwards
	s.mu.Unlock()
	s.DropSockets()
	var err error
	if s.http != nil {
		err = s.http.Close()
	}
	s.wait.Wait()
	return err
}

// spawn runs f in a goroutine that Close waits for, unless the server is closed. Callers hold mu.
func (s *Server) spawn(f func()) {
	if s.life.Err() == nil {
		s.wait.Go(f)
	}
}

// BaseURL is where the server is reachable, without a trailing slash; empty before Start or SetBaseURL.
func (s *Server) BaseURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.baseURL
}

// APIURL is the base of the Web API, with the trailing slash slack-go wants.
func (s *Server) APIURL() string { return s.BaseURL() + "/api/" }

// BotToken is the app's xoxb token.
func (s *Server) BotToken() string { return s.botToken }

// AppToken is the app's xapp token.
func (s *Server) AppToken() string { return s.appToken }

// newID makes an id such as "V0000001F" that was never used before. Callers hold mu.
func (s *Server) newID(prefix string) string {
	s.serial++
	return fmt.Sprintf("%s%08X", prefix, s.serial)
}

// newTS returns a message timestamp, "seconds.microseconds", later than all before. Callers hold mu.
func (s *Server) newTS() string {
	s.lastTS = max(s.lastTS+1, s.now().UnixMicro())
	return fmt.Sprintf("%d.%06d", s.lastTS/1e6, s.lastTS%1e6)
}
