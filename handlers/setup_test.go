package handlers_test

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"herald/bot"
	"herald/delivery"
	"herald/handlers"
	"herald/handlers/view"
	"herald/sandbox/slackd"
	"herald/store"
	"herald/store/storetest"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// The people of the tests.
const (
	ana  = "U0ANA"  // company admin
	ben  = "U0BEN"  // company admin
	ray  = "U0RAY"  // recruiter
	ann  = "U0ANN"  // employee
	bo   = "U0BO"   // employee
	eve  = "U0EVE"  // not registered
	olga = "U0OLGA" // the primary owner, who operates Herald; not registered
	gus  = "U0GUS"  // guest
	dan  = "U0DAN"  // deactivated
	robo = "U0ROBO" // another app's bot
	pat  = "U0PAT"  // of another workspace, in a shared channel
)

const (
	teamID  = "T0ACME"
	general = "C0GENERAL"
)

// noon is when every test begins.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// world is a workspace with Herald in it: the local Slack, the bot, the handlers, and a database.
type world struct {
	t       testing.TB
	slack   *slackd.Server
	api     *slack.Client
	h       *handlers.Handlers
	jobs    *delivery.Runner
	store   *store.Store
	db      *sql.DB // the same database, for looking into it
	company store.Company
	log     *journal
	ends    *endings
	passed  atomic.Int64 // nanoseconds since noon
}

// options change a world before it begins.
type options struct {
	people   []slackd.User // more people
	members  []slackd.User // more people, who registered long ago
	noBot    bool          // nobody hears Slack: the test calls the handlers itself
	noJobs   bool          // jobs are left undone
	noOps    bool          // the settings name no operators, so the primary owner decides
	pace     float64       // messages a second; 0: as many as come
	silently bool          // errors are expected, so the test looks at the log itself
}

// each runs a test in a new world on SQLite and on PostgreSQL.
func each(t *testing.T, o options, test func(*testing.T, *world)) {
	t.Helper()
	for name, dsn := range map[string]func(*testing.T) string{
		"sqlite": func(t *testing.T) string { t.Helper(); return storetest.SQLite(t) },
		"postgres": func(t *testing.T) string {
			t.Helper()
			return storetest.PostgresTemplate(t, "handlers", func(dsn string) error {
				db, err := store.Open(context.Background(), store.Options{DSN: dsn, Keys: keys(t), Now: func() time.Time { return noon }})
				if err != nil {
					return err
				}
				defer db.Close() //nolint:errcheck // Migrate's error is the one that matters
				return db.Migrate(context.Background())
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, begin(t, dsn(t), o))
		})
	}
}

func keys(tb testing.TB) store.Keys {
	tb.Helper()
	k, err := store.ParseKeys(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

// begin starts a world, with ana and ben as company admins, ray as a recruiter, and ann and bo as employees.
func begin(t *testing.T, dsn string, o options) *world {
	t.Helper()
	w := &world{t: t, log: &journal{}, ends: &endings{}}
	log := slog.New(slog.NewTextHandler(&tee{t.Output(), w.log}, nil))
	ctx := context.Background()

	// The store tells the runner about new jobs, and the runner needs the store.
	var wake atomic.Pointer[func()]
	var err error
	w.store, err = store.Open(ctx, store.Options{DSN: dsn, Keys: keys(t), Now: w.now, Wake: func() {
		if f := wake.Load(); f != nil {
			(*f)()
		}
	}})
	w.must(err)
	t.Cleanup(func() {
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
	})
	w.must(w.store.Migrate(ctx))

	driver := "sqlite"
	if strings.HasPrefix(dsn, "postgres") {
		driver = "postgres"
	}
	w.db = storetest.DB(t, driver, dsn)

	w.slack, err = slackd.New(workspace(slices.Concat(o.people, o.members), w.now))
	w.must(err)
	w.must(w.slack.Start(ctx))
	t.Cleanup(func() {
		if err := w.slack.Close(); err != nil {
			t.Error(err)
		}
	})
	client := &http.Client{Timeout: patience}
	w.api = slack.New(w.slack.BotToken(), slack.OptionAPIURL(w.slack.APIURL()), slack.OptionAppLevelToken(w.slack.AppToken()), slack.OptionHTTPClient(client))
	operators := []string{olga}
	if o.noOps {
		operators = nil
	}
	w.h = handlers.New(handlers.Config{
		Store: w.store, HTTP: client, Operators: operators, Networks: offered(), Revoker: w.ends, Pace: cmp.Or(o.pace, 1000), Haste: 1000, Now: w.now, Log: log,
		API:        func(store.Company) *slack.Client { return w.api },
		CompanyURL: func(c store.Company) string { return "https://jobs.acme.example/register/" + c.Key },
		PersonalURL: func(c store.Company, token string) string {
			return "https://jobs.acme.example/register/" + c.Key + "/" + token
		},
		PageURL: func(c store.Company, network, token string) string {
			return "https://jobs.acme.example/page/" + network + "/" + c.Key + "/" + token
		},
	})
	w.jobs = delivery.NewRunner(delivery.Config{Store: w.store, Tasks: w.h.Tasks(), Now: w.now, Log: log})
	f := w.jobs.Wake
	wake.Store(&f)
	w.company, err = w.h.Start(ctx)
	w.must(err)
	w.must(w.h.SyncDirectory(ctx, w.company))
	for _, u := range o.members {
		w.register(u.ID)
	}
	w.must(w.store.DropJobs(ctx)) // they had their welcome

	running, stop := context.WithCancel(ctx)
	var done sync.WaitGroup
	if !o.noJobs {
		done.Go(func() {
			if err := w.jobs.Run(running); err != nil {
				t.Errorf("run the jobs: %v", err)
			}
		})
	}
	if !o.noBot {
		hearing := bot.New(bot.Config{API: w.api, Handler: w.h, Seen: w.store, Log: log, Now: w.now, HandleTimeout: patience, SubmitBudget: patience, AckBudget: patience, WishBudget: patience, ClaimBudget: patience})
		done.Go(func() {
			if err := hearing.Run(running); err != nil {
				t.Errorf("run the bot: %v", err)
			}
		})
		w.must(w.slack.AwaitConnections(w.ctx(), 1))
	}
	t.Cleanup(func() {
		stop()
		done.Wait()
		if broken := w.log.broken(); len(broken) > 0 && !o.silently {
			t.Errorf("something broke:\n%s", strings.Join(broken, "\n"))
		}
	})

	for _, id := range []string{ana, ben, ray, ann, bo} {
		w.register(id)
	}
	for _, id := range []string{ana, ben} {
		_, err := w.store.GrantAdmin(ctx, w.company.ID, store.Actor{CLI: true}, id)
		w.must(err)
	}
	_, err = w.store.SetType(ctx, w.company.ID, store.Actor{SlackID: ana}, w.member(ray).ID, store.Recruiter)
	w.must(err)
	return w
}

// workspace is what the local Slack holds. Its acknowledgements may take long: a busy machine is no failure.
func workspace(more []slackd.User, now func() time.Time) slackd.Options {
	user := func(id, name, real string) slackd.User {
		return slackd.User{ID: id, Name: name, RealName: real, Email: name + "@acme.example", TZ: "Europe/Lisbon"}
	}
	people := append([]slackd.User{
		user(ana, "ana", "Ana Alves"), user(ben, "ben", "Ben Bloom"), user(ray, "ray", "Ray Rios"), user(ann, "ann", "Ann Lee"),
		user(bo, "bo", "Bo García"), user(eve, "eve", "Eve Adams"), user(olga, "olga", "Olga Orlova"), user(gus, "gus", "Gus Guest"),
		user(dan, "dan", "Dan Gone"), user(pat, "pat", "Pat Partner"),
		{ID: robo, Name: "robo", RealName: "Robo", IsBot: true},
	}, more...)
	var everybody []string
	for i := range people {
		switch p := &people[i]; p.ID {
		case olga:
			p.IsPrimaryOwner = true
		case gus:
			p.IsRestricted = true
		case dan:
			p.Deleted = true
		case pat:
			p.TeamID, p.IsStranger = "T0OTHER", true
		}
		everybody = append(everybody, people[i].ID)
	}
	return slackd.Options{
		Team: slackd.Team{ID: teamID, Name: "Acme", Domain: "acme"}, Users: people, Now: now,
		Channels:   []slackd.Channel{{ID: general, Name: "general", Members: everybody}},
		UserGroups: []slackd.UserGroup{{ID: lisbon, Handle: "lisbon", Name: "Office Lisbon", Users: []string{ann, eve}}},
		Limits:     slackd.Limits{Ack: patience},
		App: slackd.App{
			Commands: []slackd.Command{{Name: "/social", ShouldEscape: true}},
			Scopes: []string{
				"commands", "chat:write", "chat:write.public", "im:write", "im:history", "users:read", "users:read.email", "team:read", "channels:read", "groups:read", "usergroups:read", "dnd:read", "files:read", "files:write",
			},
			Events:  []string{"app_home_opened", "team_join", "user_change", "app_uninstalled", "tokens_revoked"},
			HomeTab: true, MessagesTab: true, MessagesReadOnly: true,
		},
	}
}

// now moves on a little whenever somebody looks, so that what follows is later.
func (w *world) now() time.Time {
	return noon.Add(time.Duration(w.passed.Add(int64(time.Microsecond))))
}

// ctx ends when the test has waited too long.
func (w *world) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	w.t.Cleanup(cancel)
	return ctx
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// register signs somebody up with LinkedIn through their own link.
func (w *world) register(slackID string) {
	w.t.Helper()
	token, err := w.store.SignupToken(w.ctx(), w.company.ID, slackID)
	w.must(err)
	u, ok := w.slack.User(slackID)
	if !ok {
		w.t.Fatalf("there is no %s", slackID)
	}
	entry, err := w.h.DirectoryPerson(w.ctx(), w.company, slackID)
	w.must(err)
	_, err = w.store.Register(w.ctx(), store.Authorization{CompanyID: w.company.ID, Network: "linkedin", Token: token, Email: u.Email},
		store.Account{Network: "linkedin", Subject: "li-" + slackID, Name: u.RealName, Email: u.Email, Token: "token-of-" + slackID, ExpiresAt: w.now().Add(60 * 24 * time.Hour)}, &entry)
	w.must(err)
}

// member returns the member with this Slack id.
func (w *world) member(slackID string) store.Member {
	w.t.Helper()
	m, err := w.store.MemberBySlackID(w.ctx(), w.company.ID, slackID)
	w.must(err)
	return m
}

// registered tells whether a Slack user is a member.
func (w *world) registered(slackID string) bool {
	w.t.Helper()
	access, err := w.store.Access(w.ctx(), w.company.ID, slackID)
	w.must(err)
	return access.Member != nil
}

// person acts as somebody.
type person struct {
	*slackd.Person
	w *world
}

func (w *world) as(slackID string) person { return person{w.slack.Person(slackID), w} }

// forging is the same person with a client that lies about every control they use.
func (p person) forging(key string, value any) person {
	return person{p.Tampering(func(payload map[string]any) {
		if pressed, ok := payload["actions"].([]map[string]any); ok {
			for _, action := range pressed {
				action[key] = value
			}
		}
	}), p.w}
}

// types a command and returns what Herald answers.
func (p person) types(text string) slackd.Message {
	p.w.t.Helper()
	last, _ := p.LastMessage(general)
	_, err := p.Command(p.w.ctx(), general, text)
	p.w.must(err)
	return p.hears(text, func(m slackd.Message) bool { return m.TS > last.TS })
}

// commands types a command that is not answered by a message.
func (p person) commands(text string) {
	p.w.t.Helper()
	_, err := p.Command(p.w.ctx(), general, text)
	p.w.must(err)
}

// hears waits for a message in #general.
func (p person) hears(after string, match func(slackd.Message) bool) slackd.Message {
	p.w.t.Helper()
	m, err := p.AwaitMessage(p.w.ctx(), general, match)
	if err != nil {
		p.w.t.Fatalf("%s hears nothing after %q: %v", p.ID(), after, err)
	}
	return m
}

// clicks a control of a message and returns what the message becomes.
func (p person) clicks(m slackd.Message, e slackd.Element, values ...string) slackd.Message {
	p.w.t.Helper()
	p.presses(e, values...)
	return p.hears(e.Label, func(now slackd.Message) bool { return now.TS == m.TS && !bytes.Equal(now.Blocks, m.Blocks) })
}

// presses a control.
func (p person) presses(e slackd.Element, values ...string) {
	p.w.t.Helper()
	_, err := p.Click(p.w.ctx(), e.Target, values...)
	p.w.must(err)
}

// in finds a control of a message by its action id, in the row with the id if one is given.
func (p person) in(m slackd.Message, actionID string, row ...string) slackd.Element {
	p.w.t.Helper()
	return p.find(p.MessageElements(m.Channel, m.TS), words(m.Blocks), actionID, row...)
}

// at finds a control of a view.
func (p person) at(v slackd.View, actionID string, row ...string) slackd.Element {
	p.w.t.Helper()
	return p.find(p.ViewElements(v.ID), words(v.Blocks), actionID, row...)
}

func (p person) find(list []slackd.Element, around, actionID string, row ...string) slackd.Element {
	p.w.t.Helper()
	for _, e := range list {
		if e.ActionID == actionID && (len(row) == 0 || strings.Contains(e.BlockID, row[0])) {
			return e
		}
	}
	p.w.t.Fatalf("%s sees no %s %v in:\n%s", p.ID(), actionID, row, around)
	return slackd.Element{}
}

// has tells whether a control is there.
func has(list []slackd.Element, actionID string) bool {
	for _, e := range list {
		if e.ActionID == actionID {
			return true
		}
	}
	return false
}

// opensHome opens the Home tab and waits until it is drawn.
func (p person) opensHome() slackd.View {
	p.w.t.Helper()
	before, _ := p.Home()
	p.w.must(p.OpenHome(p.w.ctx()))
	return p.homeAfter(before)
}

// homeAfter waits until the Home tab is drawn anew.
func (p person) homeAfter(before slackd.View) slackd.View {
	p.w.t.Helper()
	return p.seesHome("another Home tab", func(v slackd.View) bool { return v.Hash != before.Hash })
}

// seesHome waits for a Home tab.
func (p person) seesHome(what string, match func(slackd.View) bool) slackd.View {
	p.w.t.Helper()
	v, err := p.AwaitHome(p.w.ctx(), match)
	if err != nil {
		now, _ := p.Home()
		p.w.t.Fatalf("%s does not see %s: %v\n%s", p.ID(), what, err, words(now.Blocks))
	}
	return v
}

// seesModal waits for a modal that says something.
func (p person) seesModal(text string) slackd.View {
	p.w.t.Helper()
	v, err := p.AwaitModal(p.w.ctx(), func(v slackd.View) bool { return strings.Contains(v.Title+"\n"+words(v.Blocks), text) })
	if err != nil {
		now, _ := p.Modal()
		p.w.t.Fatalf("%s sees no modal with %q: %v\n%s\n%.2000s", p.ID(), text, err, now.Title, words(now.Blocks))
	}
	return v
}

// submits a modal.
func (p person) submits(v slackd.View, values map[string][]string) slackd.Submission {
	p.w.t.Helper()
	done, err := p.Submit(p.w.ctx(), v.ID, values)
	p.w.must(err)
	return done
}

// words is all text in blocks or attachments.
func words(raw ...json.RawMessage) string {
	var out strings.Builder
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for _, key := range []string{"text", "title", "label", "description", "initial_value", "placeholder", "hint"} {
				if s, ok := v[key].(string); ok {
					fmt.Fprintln(&out, s)
				}
			}
			for _, key := range []string{"text", "label", "hint", "description", "elements", "element", "accessory", "fields", "options", "blocks"} {
				walk(v[key])
			}
		}
	}
	for _, r := range raw {
		var v any
		if json.Unmarshal(r, &v) == nil {
			walk(v)
		}
	}
	return out.String()
}

// says is all text of a message.
func says(m slackd.Message) string { return m.Text + "\n" + words(m.Blocks, m.Attachments) }

// journal keeps what was logged.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, strings.TrimSpace(string(line)))
	return len(line), nil
}

// broken lists the errors.
func (j *journal) broken() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var list []string
	for _, l := range j.lines {
		if strings.Contains(l, "level=ERROR") {
			list = append(list, l)
		}
	}
	return list
}

// text is all that was logged.
func (j *journal) text() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Join(j.lines, "\n")
}

// tee writes to both.
type tee [2]interface{ Write([]byte) (int, error) }

func (t *tee) Write(line []byte) (int, error) {
	for _, w := range t {
		if n, err := w.Write(line); err != nil {
			return n, err
		}
	}
	return len(line), nil
}

// offered are the networks of these stories.
func offered() view.Offered {
	return view.Offered{
		{Name: "linkedin", Title: "LinkedIn", AppSettings: "Settings › Permitted services", Look: &view.Look{Buttons: []string{"Like"}}},
		{Name: "facebook", Title: "Facebook", AppSettings: "Settings › Apps and websites", Pages: true, Look: &view.Look{Source: true, Buttons: []string{"Like"}}},
	}
}
