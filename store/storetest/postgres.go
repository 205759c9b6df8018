package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lib/pq"
)

const (
	// envServer names a PostgreSQL server to use instead of a throw-away one.
	// Its user must be allowed to create databases.
	envServer = "TEST_DATABASE_URL"
	// envRequire lists, separated by commas, what must not be missing on this
	// machine: a test that lacks it fails instead of being skipped.
	envRequire = "HERALD_TEST_REQUIRE"
)

// statementTimeout bounds one CREATE or DROP DATABASE, and the first connection.
const statementTimeout = 30 * time.Second

// Postgres returns the URL of a new, empty PostgreSQL database that no other
// test sees. It is dropped when tb ends, whoever is still connected to it.
//
// The database lives in a throw-away cluster that all tests of one test binary
// share and that disappears with it, or at TEST_DATABASE_URL if that is set.
// Where no PostgreSQL is installed the test is skipped, unless
// HERALD_TEST_REQUIRE names "postgres": then it fails.
func Postgres(tb testing.TB) string {
	tb.Helper()
	return open(tb).create(tb, "template1")
}

// PostgresTemplate is like Postgres, but the database begins as a copy of one
// that prepare filled: copying takes some 40 ms, whatever prepare takes.
//
// In the throw-away cluster prepare runs once for each name, so callers that
// share a name must mean the same contents. At TEST_DATABASE_URL it runs for
// each database: nobody would drop a template there after the last test.
// Prepare must close its connections, as PostgreSQL copies no database that is
// in use.
func PostgresTemplate(tb testing.TB, name string, prepare func(dsn string) error) string {
	tb.Helper()
	s := open(tb)
	if !s.throwaway {
		dsn := s.create(tb, "template1")
		if err := prepare(dsn); err != nil {
			tb.Fatalf("prepare database %q: %v", name, err)
		}
		return dsn
	}
	template, err := s.template(name, prepare)
	if err != nil {
		tb.Fatalf("prepare database %q: %v", name, err)
	}
	return s.create(tb, template)
}

// server is where the databases of this test binary are made.
type server struct {
	url       url.URL // of any database; create puts the name into its path
	throwaway bool    // the server ends with the test binary
	lifeline  io.Closer
	admin     *sql.DB

	mu        sync.Mutex
	templates map[string]func() (string, error) // by the name given to PostgresTemplate
}

//nolint:gochecknoglobals // one server for a test binary is the point: it costs about a second
var shared = sync.OnceValues(connect)

// open returns the server, or ends tb.
func open(tb testing.TB) *server {
	tb.Helper()
	s, err := shared()
	if err != nil {
		giveUp(tb, err)
	}
	return s
}

// giveUp skips tb if PostgreSQL is merely missing, and fails it if this machine
// should have it.
func giveUp(tb testing.TB, err error) {
	tb.Helper()
	if errors.Is(err, errNotInstalled) && !slices.Contains(strings.Split(os.Getenv(envRequire), ","), "postgres") {
		tb.Skipf("%v; install it (Debian: apt-get install postgresql) or set %s", err, envServer)
	}
	tb.Fatal(err)
}

func connect() (*server, error) {
	s := &server{templates: map[string]func() (string, error){}}
	if dsn := os.Getenv(envServer); dsn != "" {
		u, err := url.Parse(dsn)
		if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
			// The URL holds a password: it is not repeated.
			return nil, fmt.Errorf("%s is no postgres:// URL", envServer)
		}
		s.url = *u
	} else {
		socket, lifeline, err := startCluster()
		if err != nil {
			return nil, err
		}
		s.throwaway, s.lifeline = true, lifeline
		s.url = url.URL{
			Scheme: "postgres",
			User:   url.User("herald"),
			Path:   "/postgres",
			RawQuery: url.Values{
				"host": {socket}, "port": {"5432"}, "sslmode": {"disable"},
			}.Encode(),
		}
	}
	var err error
	if s.admin, err = sql.Open("postgres", s.url.String()); err != nil {
		return nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	s.admin.SetMaxOpenConns(4) // the rest is for the tests
	ctx, cancel := context.WithTimeout(context.Background(), statementTimeout)
	defer cancel()
	if err := s.admin.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("connect to PostgreSQL: %w", err), s.admin.Close())
	}
	return s, nil
}

// create makes a database from template and drops it when tb ends.
func (s *server) create(tb testing.TB, template string) string {
	tb.Helper()
	name, err := s.clone(template)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.exec("DROP DATABASE " + pq.QuoteIdentifier(name) + " WITH (FORCE)"); err != nil {
			tb.Errorf("drop database: %v", err)
		}
	})
	return s.dsn(name)
}

// template returns the name of the database that prepare filled, which it
// calls only the first time.
func (s *server) template(name string, prepare func(dsn string) error) (string, error) {
	s.mu.Lock()
	once, ok := s.templates[name]
	if !ok {
		once = sync.OnceValues(func() (string, error) {
			database, err := s.clone("template1")
			if err != nil {
				return "", err
			}
			return database, prepare(s.dsn(database))
		})
		s.templates[name] = once
	}
	s.mu.Unlock()
	return once()
}

func (s *server) clone(template string) (string, error) {
	name := "herald_test_" + strings.ToLower(rand.Text())
	err := s.exec("CREATE DATABASE " + pq.QuoteIdentifier(name) + " TEMPLATE " + pq.QuoteIdentifier(template))
	if err != nil {
		return "", fmt.Errorf("create database: %w", err)
	}
	return name, nil
}

func (s *server) exec(statement string) error {
	// Not the test's context: that one is cancelled before Cleanup.
	ctx, cancel := context.WithTimeout(context.Background(), statementTimeout)
	defer cancel()
	_, err := s.admin.ExecContext(ctx, statement)
	return err
}

func (s *server) dsn(name string) string {
	u := s.url
	u.Path = "/" + name
	return u.String()
}
