package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"herald/handlers/view"
	"herald/nudge"
	"herald/sandbox/slackd"
	"herald/store"
	"herald/store/storetest"
)

// benchAdmins is how many company admins type commands.
const benchAdmins = 50

// benchPeople is how large a benchmark's company is: HERALD_BENCH_MEMBERS, or what the benchmark is about.
func benchPeople(b *testing.B, otherwise int) int {
	b.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv("HERALD_BENCH_MEMBERS"), strconv.Itoa(otherwise)))
	if err != nil {
		b.Fatalf("HERALD_BENCH_MEMBERS: %v", err)
	}
	return n
}

// benchDatabases runs fn with a maker of empty databases for each engine, or for the one of HERALD_BENCH_ENGINE.
func benchDatabases(b *testing.B, fn func(b *testing.B, empty func() databaseSettings)) {
	b.Helper()
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32))
	for _, engine := range []string{"sqlite", "postgres"} {
		if only := os.Getenv("HERALD_BENCH_ENGINE"); only != "" && only != engine {
			continue
		}
		b.Run(engine, func(b *testing.B) {
			fn(b, func() databaseSettings {
				if engine == "postgres" {
					return databaseSettings{DatabaseURL: storetest.Postgres(b), EncryptionKey: key}
				}
				return databaseSettings{DatabaseFile: filepath.Join(b.TempDir(), "herald.db"), EncryptionKey: key}
			})
		})
	}
}

// benchUser is somebody who types commands, or whom a directory sync finds.
func benchUser(id string, i int) slackd.User {
	name := fmt.Sprintf("Person %s%d", id, i)
	handle := strings.ToLower(strings.ReplaceAll(name, " ", "."))
	return slackd.User{
		ID: fmt.Sprintf("U%s%06d", id, i), Name: handle, RealName: name, DisplayName: name, Email: handle + "@acme.example",
		Title: "Something at Acme", TZ: "Europe/Lisbon", TZLabel: "Western European Time",
	}
}

// benchUsers are n of them.
func benchUsers(id string, n int) []slackd.User {
	users := make([]slackd.User, n)
	for i := range users {
		users[i] = benchUser(id, i)
	}
	return users
}

// benchMember is the account of such a user.
func benchMember(u slackd.User, as store.MemberType, at time.Time) store.Entry {
	account := storetest.LinkedIn(u.RealName)
	account.Subject = "li-" + u.ID
	return store.Entry{
		Person: store.Person{SlackID: u.ID, Name: u.RealName, Handle: u.Name, Email: u.Email, TimeZone: u.TZ},
		Type:   as, Email: u.Email, RegisteredAt: at, Accounts: []store.Account{account},
	}
}

// benchFill makes Acme in an empty database: the admins, whoever else is named, and synthetic people up to n.
// The directory counts as just synced, so Herald has nothing else to do.
func benchFill(tb testing.TB, db databaseSettings, n int, named ...store.Entry) {
	tb.Helper()
	keys, err := db.keys()
	if err != nil {
		tb.Fatal(err)
	}
	s, err := store.Open(tb.Context(), store.Options{DSN: db.dsn(), Keys: keys, Now: time.Now})
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	acme := storetest.Company(tb, s)
	sync, err := s.BeginSync(tb.Context(), acme.ID)
	if err != nil {
		tb.Fatal(err)
	}
	for _, u := range benchUsers("A", benchAdmins) {
		named = append(named, benchMember(u, store.Admin, time.Now().Add(-time.Hour)))
	}
	if err := s.Load(tb.Context(), acme.ID, named); err != nil {
		tb.Fatal(err)
	}
	storetest.Fill(tb, s, &storetest.Env{Clock: storetest.NewClock(time.Now())}, acme.ID, max(0, n-len(named)))
	if sync, err = s.MirrorPage(tb.Context(), sync, nil, ""); err != nil {
		tb.Fatal(err)
	}
	if err := s.FinishSync(tb.Context(), sync); err != nil {
		tb.Fatal(err)
	}
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
}

// A benchSlack is Acme's Slack in this process, without rate limits, which notes when each command is answered.
type benchSlack struct {
	*slackd.Server

	posts atomic.Int64 // calls of chat.postMessage so far

	mu      sync.Mutex
	due     map[string]time.Time // path of a command's response URL: when the command was to be typed
	replies []time.Duration      // from then until the list was there
	partial int                  // answers that are no full page of the list
}

// benchGeneral is the channel in which everything happens.
const benchGeneral = "C0GENERAL"

// startBenchSlack starts it with the admins and others, and with these limits; the zero value has none.
func startBenchSlack(tb testing.TB, others []slackd.User, limits slackd.Limits) *benchSlack {
	tb.Helper()
	m, err := readManifest()
	if err != nil {
		tb.Fatal(err)
	}
	users := append(benchUsers("A", benchAdmins), others...)
	general := slackd.Channel{ID: benchGeneral, Name: "general"}
	for _, u := range users[:benchAdmins] {
		general.Members = append(general.Members, u.ID)
	}
	s := &benchSlack{due: map[string]time.Time{}}
	s.Server, err = slackd.New(slackd.Options{
		Team: slackd.Team{ID: "T0ACME", Name: "Acme", Domain: "acme"}, Users: users, Channels: []slackd.Channel{general}, App: m.slackApp(),
		Limits: limits, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		tb.Fatal(err)
	}
	server := httptest.NewServer(s)
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
		server.CloseClientConnections()
		server.Close()
	})
	s.SetBaseURL(server.URL)
	return s
}

// ServeHTTP is Slack's Web API. A reply counts once Slack has taken it in, that is when people see it.
func (s *benchSlack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/api/chat.postMessage" {
		s.posts.Add(1)
	}
	if !strings.HasPrefix(r.URL.Path, "/response/") {
		s.Handler().ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	s.Handler().ServeHTTP(answer, r)
	seen := time.Now()

	s.mu.Lock()
	defer s.mu.Unlock()
	due, waiting := s.due[r.URL.Path]
	if !waiting {
		return
	}
	delete(s.due, r.URL.Path)
	if answer.status == http.StatusOK && bytes.Count(body, []byte(`"`+view.ActionRemove+`"`)) == view.PageSize {
		s.replies = append(s.replies, seen.Sub(due))
	} else {
		s.partial++
	}
}

// awaits notes that an answer is due.
func (s *benchSlack) awaits(responseURL string, since time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.due[strings.TrimPrefix(responseURL, s.BaseURL())] = since
}

// waiting is how many commands are not answered yet.
func (s *benchSlack) waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.due)
}

// postsMore waits until so many more messages were sent than before, or so long, or until stop.
func (s *benchSlack) postsMore(n int64, most time.Duration, stop <-chan struct{}) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	over := time.After(most)
	for enough := s.posts.Load() + n; s.posts.Load() < enough; {
		select {
		case <-tick.C:
		case <-over:
			return
		case <-stop:
			return
		}
	}
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// buildHerald compiles Herald: the benchmarks run the program that is shipped, in a process of its own, so that the load generator
// shares nothing with it but the machine.
func buildHerald(tb testing.TB) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "herald")
	if out, err := exec.CommandContext(tb.Context(), "go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		tb.Fatalf("build Herald: %v\n%s", err, out)
	}
	return path
}

// A daemon is a running `herald serve`.
type daemon struct {
	b   testing.TB
	cmd *exec.Cmd
	log *lockedBuffer
	url string
}

// startHerald returns at once; settings, as NAME=value, are added to those it needs. ready waits until people can use it.
func startHerald(tb testing.TB, program string, db databaseSettings, slack *benchSlack, settings ...string) *daemon {
	tb.Helper()
	free, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	d := &daemon{b: tb, log: &lockedBuffer{}, url: "http://" + free.Addr().String()}
	if err := free.Close(); err != nil {
		tb.Fatal(err)
	}
	d.cmd = exec.CommandContext(context.WithoutCancel(tb.Context()), program, "serve")
	d.cmd.Env = []string{
		"DATABASE_URL=" + db.DatabaseURL, "DATABASE_FILE=" + db.DatabaseFile, "ENCRYPTION_KEY=" + db.EncryptionKey,
		"SLACK_API_URL=" + slack.APIURL(), "SLACK_BOT_TOKEN=" + slack.BotToken(), "SLACK_APP_TOKEN=" + slack.AppToken(),
		"LINKEDIN_CLIENT_ID=none", "LINKEDIN_CLIENT_SECRET=none", "PUBLIC_URL=" + d.url,
	}
	d.cmd.Env = append(d.cmd.Env, settings...)
	d.cmd.Stderr = d.log
	if err := d.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	return d
}

// ready waits until Herald says that it is connected to Slack and to its database.
func (d *daemon) ready() {
	d.b.Helper()
	d.until("is ready", func() bool {
		resp, err := http.Get(d.url + "/healthz") //nolint:noctx // a benchmark on this machine
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// until waits for something that Herald does not tell by itself, and looks each millisecond.
func (d *daemon) until(what string, holds func() bool) {
	d.b.Helper()
	for deadline := time.Now().Add(10 * time.Minute); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			d.b.Fatalf("never: Herald %s\n%s", what, d.log)
		}
	}
}

// kill ends Herald as a failing machine does.
func (d *daemon) kill() {
	d.b.Helper()
	if err := d.cmd.Process.Kill(); err != nil {
		d.b.Fatal(err)
	}
	_ = d.cmd.Wait() // with the signal
}

// stop ends Herald as a service manager does, and returns how much processor time it used.
func (d *daemon) stop() time.Duration {
	d.b.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		d.b.Fatal(err)
	}
	if err := d.cmd.Wait(); err != nil {
		d.b.Errorf("Herald ended with: %v\n%s", err, d.log)
	}
	return d.cmd.ProcessState.UserTime() + d.cmd.ProcessState.SystemTime()
}

// megabytes reads a figure of the process's memory, such as VmRSS, in MiB. See
// https://docs.kernel.org/filesystems/proc.html. There are no such figures but on Linux.
func (d *daemon) megabytes(figure string) float64 {
	d.b.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		d.b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == figure+":" {
			kib, err := strconv.Atoi(fields[1])
			if err != nil {
				d.b.Fatal(err)
			}
			return float64(kib) / 1024
		}
	}
	d.b.Fatalf("no %s in\n%s", figure, status)
	return 0
}

// What the messages of runs say.
const (
	invites = "Acme invites you"
	reminds = "Reminder 1 of at most 3: "
)

// has is how many messages somebody has that begin so.
func has(slack *benchSlack, slackID, beginning string) int {
	n := 0
	person := slack.Person(slackID)
	for _, m := range person.Messages(person.DM()) {
		if strings.HasPrefix(m.Text, beginning) {
			n++
		}
	}
	return n
}

// haveOne is how many people have one such message.
func haveOne(slack *benchSlack, people []slackd.User, beginning string) int {
	n := 0
	for _, u := range people {
		if has(slack, u.ID, beginning) == 1 {
			n++
		}
	}
	return n
}

// remindsAt sets reminders up for everybody, whatever hour of whatever day it is; the schedule is due at the time of day, UTC, and new at
// the moment since.
func remindsAt(tb testing.TB, db databaseSettings, companyID string, at, since time.Time) {
	tb.Helper()
	keys, err := db.keys()
	if err != nil {
		tb.Fatal(err)
	}
	s, err := store.Open(tb.Context(), store.Options{DSN: db.dsn(), Keys: keys, Now: func() time.Time { return since }})
	if err != nil {
		tb.Fatal(err)
	}
	settings := nudge.DefaultSettings("UTC")
	settings.Everyone, settings.FirstAfter, settings.Weekend, settings.From, settings.To = true, 0, nil, 0, nudge.EndOfDay
	err = s.SaveReminders(tb.Context(), companyID, store.Actor{SlackID: benchUser("A", 0).ID}, store.Reminders{Settings: settings, Schedule: at.UTC().Format("4 15 * * *")})
	if err := errors.Join(err, s.Close()); err != nil {
		tb.Fatal(err)
	}
}

// remindsNow lets a schedule come due that fires at Herald's next look.
func remindsNow(tb testing.TB, db databaseSettings, companyID string) {
	tb.Helper()
	now := time.Now()
	remindsAt(tb, db, companyID, now.Add(-time.Minute), now.Add(-time.Hour))
}

// crashFill makes a company in an empty database whose directory was just synced, where everybody may be written to at any hour. None of
// the colleagues is registered.
func crashFill(tb testing.TB, db databaseSettings, colleagues []slackd.User) (companyID string) {
	tb.Helper()
	benchFill(tb, db, benchAdmins)
	keys, err := db.keys()
	if err != nil {
		tb.Fatal(err)
	}
	s, err := store.Open(tb.Context(), store.Options{DSN: db.dsn(), Keys: keys, Now: time.Now})
	if err != nil {
		tb.Fatal(err)
	}
	companies, err := s.Companies(tb.Context())
	if err != nil || len(companies) != 1 {
		tb.Fatalf("%d companies, %v", len(companies), err)
	}
	companyID = companies[0].ID
	people := make([]store.Person, len(colleagues))
	for i, u := range colleagues {
		people[i] = benchMember(u, store.Employee, time.Time{}).Person
	}
	for page := range slices.Chunk(people, 200) {
		if err := s.MirrorPeople(tb.Context(), companyID, page); err != nil {
			tb.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
	now := time.Now()
	remindsAt(tb, db, companyID, now.Add(-time.Hour), now) // tomorrow
	return companyID
}

// invitesAll confirms an invitation of so many people, which is everybody; it begins at once, or when Herald starts.
func invitesAll(tb testing.TB, db databaseSettings, companyID string, people int) {
	tb.Helper()
	keys, err := db.keys()
	if err != nil {
		tb.Fatal(err)
	}
	s, err := store.Open(tb.Context(), store.Options{DSN: db.dsn(), Keys: keys, Now: time.Now})
	if err != nil {
		tb.Fatal(err)
	}
	ana := store.Actor{SlackID: benchUser("A", 0).ID}
	plan, err := s.ProposeRun(tb.Context(), companyID, ana, store.Audience{Everyone: true}, store.Employee)
	if err != nil || plan.Total != people {
		tb.Fatalf("the run is for %d people, %v", plan.Total, err)
	}
	if err := errors.Join(s.ConfirmRun(tb.Context(), companyID, ana, plan.ID), s.Close()); err != nil {
		tb.Fatal(err)
	}
}

// reportPercentiles reports p50, p95, p99 and the longest in milliseconds.
func reportPercentiles(b *testing.B, name string, took []time.Duration) {
	b.Helper()
	if len(took) == 0 {
		return
	}
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	for _, p := range []int{50, 95, 99} {
		b.ReportMetric(ms(took[(len(took)*p+99)/100-1]), fmt.Sprintf("%s-p%d-ms", name, p))
	}
	b.ReportMetric(ms(took[len(took)-1]), name+"-max-ms")
}
