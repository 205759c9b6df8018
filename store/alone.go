package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrServed says that another process serves an SQLite database.
var ErrServed = errors.New("another herald serves this database file already; stop it first, or give both the same PostgreSQL with DATABASE_URL")

// ServeAlone makes this process the only one that serves an SQLite database, until release is called or the process ends, however it
// does: SQLite is for one process, while any number may serve a PostgreSQL database. The lock is SQLite's own, on an empty database
// beside the file, which may stay behind and locks nothing by itself. ErrServed if another process is there.
func (s *Store) ServeAlone(ctx context.Context) (release func() error, err error) {
	if s.postgres {
		return func() error { return nil }, nil
	}
	path := s.path + ".serve"
	f, err := os.OpenFile(filepath.Clean(path), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the database: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("lock the database: %w", err)
	}
	db, err := sqlx.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=busy_timeout(0)")
	if err != nil {
		return nil, fmt.Errorf("lock the database: %w", err)
	}
	db.SetMaxOpenConns(1)
	db.SetConnMaxLifetime(0)
	// The one connection stays in the pool with its transaction, as nobody else uses it.
	if _, err := db.ExecContext(ctx, `BEGIN EXCLUSIVE`); err != nil {
		if e, ok := errors.AsType[*sqlite.Error](err); ok && e.Code() == sqlite3.SQLITE_BUSY {
			err = ErrServed
		}
		return nil, errors.Join(fmt.Errorf("lock the database: %w", err), db.Close())
	}
	return db.Close, nil
}
