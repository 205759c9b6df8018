package slackd_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"herald/sandbox/slackd"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// options describe the workspace of the tests.
func options() slackd.Options {
	return slackd.Options{
		Team: slackd.Team{ID: "T1", Name: "Acme", Domain: "acme"},
		Users: []slackd.User{
			{ID: "U1", Name: "ana", RealName: "Ana Alves", Email: "Ana@acme.example", TZ: "Europe/Lisbon", TZOffset: 0, IsPrimaryOwner: true},
			{ID: "U2", Name: "bo", RealName: "Bo García", Email: "bo@acme.example"},
			{ID: "W3", Name: "gus", RealName: "Gus Guest", IsRestricted: true},
			{ID: "U4", Name: "olga", RealName: "Olga Other", TeamID: "T2", IsStranger: true},
			{ID: "U5", Name: "dee", RealName: "Dee Gone", Email: "dee@acme.example", Deleted: true},
			{ID: "U6", Name: "robo", RealName: "Robo", IsBot: true},
		},
		Channels: []slackd.Channel{
			{ID: "C1", Name: "general", Members: []string{"U1", "U2", "W3", "U0SANDBOXBOT"}},
			{ID: "C2", Name: "random", Members: []string{"U1"}},
			{ID: "G3", Name: "secret", IsPrivate: true, Members: []string{"U1"}},
		},
		UserGroups: []slackd.UserGroup{{ID: "S1", Handle: "recruiters", Name: "Recruiters", Users: []string{"U1", "U2"}}},
		App: slackd.App{
			Commands: []slackd.Command{{Name: "/social", ShouldEscape: true}, {Name: "/plain"}},
			Shortcuts: []slackd.Shortcut{{
				Name: "Invite", CallbackID: "invite",
			}},
			Scopes: []string{
				"commands", "chat:write", "chat:write.public", "im:write", "im:history", "users:read", "users:read.email", "team:read",
				"usergroups:read", "channels:read", "channels:join", "files:write", "files:read", "dnd:read", "im:read",
			},
			Events:      []string{"app_home_opened", "team_join", "user_change", "app_uninstalled", "tokens_revoked", "message.im"},
			HomeTab:     true,
			MessagesTab: true,
		},
		Now:    time.Now,
		Limits: slackd.Limits{Ack: patience}, // a busy machine is no missed deadline
	}
}

// story is a workspace with an app connected to it through slack-go.
type story struct {
	*slackd.Server
	t    *testing.T
	api  *slack.Client
	sock *socketmode.Client
}

// tell starts a story. Change alters the options first; hear gets every event of the app and acknowledges it.
func tell(t *testing.T, change func(*slackd.Options), hear func(*story, socketmode.Event)) *story {
	t.Helper()
	o := options()
	o.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	if change != nil {
		change(&o)
	}
	s, err := slackd.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	st := &story{Server: s, t: t, api: client(s)}
	if hear != nil {
		st.connect(hear)
	}
	return st
}

// client returns a slack-go client of the app.
func client(s *slackd.Server) *slack.Client {
	return slack.New(s.BotToken(), slack.OptionAPIURL(s.APIURL()), slack.OptionAppLevelToken(s.AppToken()),
		slack.OptionHTTPClient(&http.Client{Timeout: patience}))
}

// connect opens one more socket.
func (st *story) connect(hear func(*story, socketmode.Event)) {
	st.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	sock := socketmode.New(client(st.Server))
	st.sock = sock
	before := st.Connections()
	var wg sync.WaitGroup
	wg.Go(func() { _ = sock.RunContext(ctx) })
	wg.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-sock.Events:
				if e.Request != nil && e.Request.EnvelopeID != "" {
					hear(st, e)
				}
			}
		}
	})
	st.t.Cleanup(func() {
		cancel()
		st.DropSockets()
		wg.Wait()
	})
	if err := st.Await(st.ctx(), func() bool { return st.Connections() > before }); err != nil {
		st.t.Fatal("the app did not connect:", err)
	}
}

// ctx ends when a test has waited too long.
func (st *story) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	st.t.Cleanup(cancel)
	return ctx
}

// ack acknowledges everything with nothing.
func ack(st *story, e socketmode.Event) {
	_ = st.sock.Ack(*e.Request)
}

// code is Slack's error code in err.
func code(err error) string {
	if refused, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return refused.Err
	}
	if err != nil {
		return err.Error()
	}
	return ""
}
