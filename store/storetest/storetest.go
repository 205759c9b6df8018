// Package storetest opens stores for tests: migrated, empty, and seen by no other test.
package storetest

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"herald/store"
)

// Start is the time at which the clock of a test begins.
func Start() time.Time { return time.Date(2026, time.November, 20, 9, 30, 0, 0, time.UTC) }

// A Clock stands still unless it is moved. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows the given time.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Now returns the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock forward.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Env is what surrounds a store under test.
type Env struct {
	Clock  *Clock
	Engine string // "sqlite" or "postgres"
	DSN    string // as for store.Options
	Keys   store.Keys
	woken  atomic.Int64
}

// Woken returns how often the store said that it left jobs.
func (e *Env) Woken() int { return int(e.woken.Load()) }

// Open returns a migrated store on SQLite, closed when tb ends.
func Open(tb testing.TB) (*store.Store, *Env) {
	tb.Helper()
	return openStore(tb, "sqlite", SQLite(tb))
}

// OpenPostgres is Open on PostgreSQL, with the rules of Postgres.
func OpenPostgres(tb testing.TB) (*store.Store, *Env) {
	tb.Helper()
	return openStore(tb, "postgres", PostgresTemplate(tb, "herald", migrate))
}

// Each runs fn as a parallel subtest on each engine. A failed expectation of fn concerns the engine it names.
func Each(t *testing.T, fn func(t *testing.T, s *store.Store, env *Env)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		s, env := Open(t)
		fn(t, s, env)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		s, env := OpenPostgres(t)
		fn(t, s, env)
	})
}

// SQLite returns the path of a migrated SQLite file that is removed when tb ends.
func SQLite(tb testing.TB) string {
	tb.Helper()
	template, err := migratedFile()
	if err != nil {
		tb.Fatal(err)
	}
	path := filepath.Join(tb.TempDir(), "herald.db")
	if err := os.WriteFile(path, template, 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

// migratedFile returns the bytes of a migrated, empty SQLite file: copying them is faster than migrating for each test.
//
//nolint:gochecknoglobals // made once for a test binary
var migratedFile = sync.OnceValues(func() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "herald-sqlite-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "herald.db")
	if err := migrate(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path) // the last connection put the write-ahead log into it
})

// migrate brings the database up to date.
func migrate(dsn string) error {
	ctx := context.Background()
	keys, err := newKeys()
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, store.Options{DSN: dsn, Keys: keys, Now: Start})
	if err != nil {
		return err
	}
	return errors.Join(s.Migrate(ctx), s.Close())
}

// Keys returns fresh keys.
func Keys(tb testing.TB) store.Keys {
	tb.Helper()
	keys, err := newKeys()
	if err != nil {
		tb.Fatal(err)
	}
	return keys
}

func newKeys() (store.Keys, error) {
	raw := make([]byte, 32)
	rand.Read(raw)
	return store.ParseKeys(base64.StdEncoding.EncodeToString(raw))
}

func openStore(tb testing.TB, engine, dsn string) (*store.Store, *Env) {
	tb.Helper()
	keys, err := newKeys()
	if err != nil {
		tb.Fatal(err)
	}
	env := &Env{Clock: NewClock(Start()), Engine: engine, DSN: dsn, Keys: keys}
	s, err := store.Open(tb.Context(), store.Options{
		DSN: dsn, Keys: keys, Now: env.Clock.Now,
		Wake: func() { env.woken.Add(1) },
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("close store: %v", err)
		}
	})
	return s, env
}

// Company installs a workspace named Acme.
func Company(tb testing.TB, s *store.Store) store.Company {
	tb.Helper()
	c, err := s.InstallCompany(tb.Context(), store.Workspace{TeamID: "T0ACME", Name: "Acme", Domain: "acme"})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// Mirror puts people into the company's directory: "Ann Lee" becomes the Slack user U0ANNLEE, @ann.lee, ann.lee@acme.example.
func Mirror(tb testing.TB, s *store.Store, companyID string, names ...string) []store.Person {
	tb.Helper()
	entries := make([]store.Person, len(names))
	ids := make([]string, len(names))
	for i, name := range names {
		handle := strings.ReplaceAll(strings.ToLower(name), " ", ".")
		ids[i] = SlackID(name)
		entries[i] = store.Person{SlackID: ids[i], Name: name, Handle: handle, Email: handle + "@acme.example", TimeZone: "Europe/Lisbon"}
	}
	if err := s.MirrorPeople(tb.Context(), companyID, entries); err != nil {
		tb.Fatal(err)
	}
	people, err := s.PeopleBySlackIDs(tb.Context(), companyID, ids)
	if err != nil {
		tb.Fatal(err)
	}
	if len(people) != len(names) {
		tb.Fatalf("mirrored %d people, found %d", len(names), len(people))
	}
	return people
}

// SlackID returns the id that Mirror gives to somebody of that name.
func SlackID(name string) string {
	return "U0" + strings.ToUpper(strings.ReplaceAll(name, " ", ""))
}

// Register mirrors people as Mirror does and registers them with LinkedIn through their own links.
func Register(tb testing.TB, s *store.Store, companyID string, names ...string) []store.Member {
	tb.Helper()
	members := make([]store.Member, len(names))
	for i, p := range Mirror(tb, s, companyID, names...) {
		token, err := s.SignupToken(tb.Context(), companyID, p.SlackID)
		if err != nil {
			tb.Fatal(err)
		}
		signup, err := s.Register(tb.Context(), store.Authorization{CompanyID: companyID, Network: "linkedin", Token: token}, LinkedIn(p.Name), nil)
		if err != nil {
			tb.Fatalf("register %s: %v", p.Name, err)
		}
		members[i] = *signup.Member
	}
	return members
}

// LinkedIn returns what LinkedIn would tell about somebody of that name.
func LinkedIn(name string) store.Account {
	id := strings.ReplaceAll(strings.ToLower(name), " ", "-")
	return store.Account{
		Network: "linkedin", Subject: "li-" + id, Name: name, Email: id + "@home.example",
		Token: "access-token-of-" + id, Scopes: "openid profile email w_member_social",
	}
}

// Admin registers somebody and makes them a company admin.
func Admin(tb testing.TB, s *store.Store, companyID, name string) (store.Member, store.Actor) {
	tb.Helper()
	Register(tb, s, companyID, name)
	m, err := s.GrantAdmin(tb.Context(), companyID, store.Actor{CLI: true}, SlackID(name))
	if err != nil {
		tb.Fatalf("make %s a company admin: %v", name, err)
	}
	return m, store.Actor{SlackID: m.SlackID}
}

// Remove removes members as the actor, from the proposal to the purge.
func Remove(tb testing.TB, s *store.Store, companyID string, by store.Actor, memberIDs ...string) store.Removal {
	tb.Helper()
	r, err := s.ProposeRemoval(tb.Context(), companyID, by, "", memberIDs)
	if err == nil {
		r, err = s.ConfirmRemoval(tb.Context(), companyID, by, r.ID)
	}
	if err == nil {
		r, err = s.ExecuteRemoval(tb.Context(), companyID, r.ID)
	}
	if err != nil {
		tb.Fatal(fmt.Errorf("remove: %w", err))
	}
	return r
}

// Sync is a complete sync of the directory, which lists these pages. Who is on none of them is deactivated.
func Sync(tb testing.TB, s *store.Store, companyID string, pages ...[]store.Person) {
	tb.Helper()
	sync, err := s.BeginSync(tb.Context(), companyID)
	for i := 0; i < len(pages) && err == nil; i++ {
		next := ""
		if i+1 < len(pages) {
			next = "page " + strconv.Itoa(i+2)
		}
		sync, err = s.MirrorPage(tb.Context(), sync, pages[i], next)
	}
	if err == nil {
		err = s.FinishSync(tb.Context(), sync)
	}
	if err != nil {
		tb.Fatal(err)
	}
}
