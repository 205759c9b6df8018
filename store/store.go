// Package store remembers: companies, the people of their Slack workspaces, registered members, invitations,
// requests, and what follows from them. It runs on SQLite and on PostgreSQL with one SQL text.
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/riverqueue/river"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Errors that callers tell apart. Everything else is a fault of the database or of Herald.
var (
	ErrNotFound      = errors.New("not found")
	ErrExists        = errors.New("already exists")
	ErrForbidden     = errors.New("only a company admin may do this")
	ErrLastAdmin     = errors.New("the last company admin cannot be removed or demoted")
	ErrNeedsApproval = errors.New("a change to or from company admin needs an operator")
	ErrChanged       = errors.New("changed meanwhile")
	ErrExpired       = errors.New("expired")
	ErrUsed          = errors.New("already used")
	ErrReplaced      = errors.New("replaced by a newer one")
	ErrNotEligible   = errors.New("not somebody who can be a member") // bots, guests, deactivated people
	ErrTaken         = errors.New("the network account is connected to another member")
	ErrWrongPerson   = errors.New("the link is somebody else's")
	ErrRemoved       = errors.New("the account was removed")
	ErrDeclined      = errors.New("declined by whom it was for")
	ErrTooMany       = errors.New("more than one action may cover")
	ErrClosed        = errors.New("already decided")
	ErrTooLate       = errors.New("too far in the future")
)

// Options open a Store.
type Options struct {
	// DSN is "postgres://…" for PostgreSQL, or a file path for SQLite.
	DSN  string
	Keys Keys             // seals tokens and company secrets
	Now  func() time.Time // the clock of every row
	// Wake is called after a commit that left jobs to do; it must not block. May be nil.
	Wake func()
}

// Store is safe for concurrent use.
type Store struct {
	write, read *sqlx.DB // one and the same for PostgreSQL
	postgres    bool
	path        string // of the SQLite file
	keys        Keys
	now         func() time.Time
	wake        func()
	queue       *river.Client[*sql.Tx] // inserts jobs; delivery runs them
	secrets     sync.Map               // company id → secret
	lines       sync.Map               // company id → chan struct{}; see change
}

// postgresConns bounds the connections to PostgreSQL: its default limit is 100 for all of its clients
// (https://www.postgresql.org/docs/current/runtime-config-connection.html), and more of them than cores make it no faster.
const postgresConns = 10

// sqliteReaders bounds the connections that read SQLite while another one writes.
const sqliteReaders = 4

// Open connects; it does not migrate. A new SQLite file can be read by nobody else (mode 0600).
func Open(ctx context.Context, o Options) (*Store, error) {
	if !o.Keys.valid() {
		return nil, errors.New("open store: no encryption key")
	}
	s := &Store{keys: o.Keys, now: o.Now, wake: o.Wake}
	var err error
	if strings.HasPrefix(o.DSN, "postgres://") || strings.HasPrefix(o.DSN, "postgresql://") {
		err = s.openPostgres(o.DSN)
	} else {
		err = s.openSQLite(o.DSN)
	}
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if err := errors.Join(s.openQueue(), s.Ping(ctx)); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), s.Close())
	}
	return s, nil
}

func (s *Store) openPostgres(dsn string) error {
	u, err := url.Parse(dsn)
	if err != nil {
		return errors.New("the PostgreSQL URL is malformed") // it holds a password: err would repeat it
	}
	q := u.Query()
	if !q.Has("binary_parameters") {
		q.Set("binary_parameters", "yes") // one round trip for a query with arguments, not two
		u.RawQuery = q.Encode()
	}
	db, err := sqlx.Open("postgres", u.String())
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(postgresConns)
	db.SetMaxIdleConns(postgresConns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	s.postgres, s.write, s.read = true, db, db
	return nil
}

func (s *Store) openSQLite(path string) error {
	if path == "" {
		return errors.New("the path of the SQLite file is empty")
	}
	s.path = path
	f, err := os.OpenFile(filepath.Clean(path), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	common := []string{
		"foreign_keys(1)",
		"busy_timeout(5000)",
		"journal_mode(WAL)",
		"synchronous(NORMAL)",
		"secure_delete(1)", // deleted content is overwritten with zeros
		"temp_store(2)",    // no sorting of names in temporary files
	}
	// Caches are given in KiB. A large purge or load touches more pages than a query.
	write := url.Values{"_txlock": {"immediate"}, "_pragma": append(slices.Clone(common), "cache_size(-32000)")}
	// Without query_only a slip would write beside the one writer, and wait for it.
	read := url.Values{"_pragma": append(slices.Clone(common), "cache_size(-8000)", "query_only(1)")}
	file := "file:" + (&url.URL{Path: path}).EscapedPath()
	if s.write, err = sqlx.Open("sqlite", file+"?"+write.Encode()); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	if s.read, err = sqlx.Open("sqlite", file+"?"+read.Encode()); err != nil {
		return errors.Join(err, s.write.Close())
	}
	s.read.SetMaxOpenConns(sqliteReaders)
	s.read.SetMaxIdleConns(sqliteReaders)
	return nil
}

// Close waits for running statements and closes the database.
func (s *Store) Close() error {
	if s.postgres {
		return s.write.Close()
	}
	return errors.Join(s.read.Close(), s.write.Close())
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.write.PingContext(ctx); err != nil {
		return err
	}
	return s.read.PingContext(ctx)
}

// A tx is a transaction; all its rows carry one time.
type tx struct {
	*sqlx.Tx
	s    *Store
	now  time.Time
	jobs bool // it leaves jobs
}

// maxRetries bounds how often a transaction is repeated that PostgreSQL ended because of another one.
const maxRetries = 5

// update runs fn in a transaction, and again if the database undid it because of a concurrent one.
func (s *Store) update(ctx context.Context, fn func(*tx) error) error {
	for attempt := 1; ; attempt++ {
		err := s.updateOnce(ctx, fn)
		if err == nil || attempt == maxRetries || !retryable(err) {
			return err
		}
	}
}

func (s *Store) updateOnce(ctx context.Context, fn func(*tx) error) error {
	sqlTx, err := s.write.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer sqlTx.Rollback()
	t := &tx{Tx: sqlTx, s: s, now: s.time()}
	if err := fn(t); err != nil {
		return err
	}
	if err := sqlTx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if t.jobs && s.wake != nil {
		s.wake()
	}
	return nil
}

// change is update for everything that changes the people, members or invitations of a company. It begins by locking the company, so
// that such changes happen one after the other: the counters stay right, nobody registers twice, and the last admin stays. Those of this
// process wait for each other here, without a connection: else a busy company's would take all there are, and River could not even
// say which jobs are done.
func (s *Store) change(ctx context.Context, companyID string, fn func(*tx) error) error {
	if _, err := s.secret(ctx, companyID); err != nil { // before the lock: it may read with another connection
		return err
	}
	line, _ := s.lines.LoadOrStore(companyID, make(chan struct{}, 1))
	mine := line.(chan struct{}) //nolint:forcetypeassert // there is nothing else in it
	select {
	case mine <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-mine }()
	return s.update(ctx, func(t *tx) error {
		// An UPDATE is the row lock that both engines have.
		n, err := t.exec(ctx, `
			UPDATE companies
			SET changes = changes + 1
			WHERE id = $1`, companyID)
		if err != nil {
			return fmt.Errorf("lock company: %w", err)
		}
		if n == 0 {
			return ErrNotFound
		}
		return fn(t)
	})
}

// A querier is a connection pool or a transaction.
type querier interface {
	GetContext(ctx context.Context, dest any, query string, args ...any) error
	SelectContext(ctx context.Context, dest any, query string, args ...any) error
}

// exec returns how many rows the statement changed.
func (t *tx) exec(ctx context.Context, query string, args ...any) (int, error) {
	result, err := t.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// time returns the clock's time with the precision of the database.
func (s *Store) time() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// stamp turns a time into what the database stores: microseconds, 0 for the zero time.
func stamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// unstamp is the inverse of stamp.
func unstamp(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// newestFirst returns a key that sorts bytewise by time, latest first, and then by id.
func newestFirst(at int64, id string) []byte {
	return append(binary.BigEndian.AppendUint64(nil, math.MaxUint64-uint64(max(at, 0))), id...)
}

// newID returns an id of 80 random bits: among a billion rows of a table no two share one, and it is 10 bytes shorter than rand.Text
// in each of the indexes that repeat it.
func newID() string { return rand.Text()[:16] }

// found turns the absence of a row into ErrNotFound.
func found(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// exists reports whether err says that a row of the same unique key is there.
func exists(err error) bool {
	if e, ok := errors.AsType[*pq.Error](err); ok {
		return e.Code == "23505" // unique_violation
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

// retryable reports whether the transaction may succeed when repeated.
func retryable(err error) bool {
	e, ok := errors.AsType[*pq.Error](err)
	if !ok {
		return false
	}
	switch e.Code {
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return true
	case "23503": // foreign_key_violation: a row was removed after it was read and before it was referred to
		return true
	default:
		return false
	}
}
