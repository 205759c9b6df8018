// Package store remembers: companies, the people of their Slack workspaces, registered members, invitations,
// requests, and what follows from them. It runs on SQLite and on PostgreSQL with one SQL text.
package store

import (
	"context"
	"errors"
	"time"
)

// Errors that callers tell apart. Everything else is a fault of the database or of Herald.
var (
	ErrNotFound      = errors.New("not found")
	ErrExists        = errors.New("already exists")
	ErrLastAdmin     = errors.New("the last company admin cannot be removed or demoted")
	ErrNeedsApproval = errors.New("a change to or from company admin needs an operator")
	ErrChanged       = errors.New("changed meanwhile")
	ErrExpired       = errors.New("expired")
	ErrUsed          = errors.New("already used")
	ErrReplaced      = errors.New("replaced by a newer one")
	ErrNotEligible   = errors.New("not somebody who can be a member") // bots, guests, deactivated people
	ErrTaken         = errors.New("the network account is connected to another member")
	ErrTooMany       = errors.New("more than one action may cover")
	ErrClosed        = errors.New("already decided")
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
type Store struct{}

// Open connects; it does not migrate.
func Open(ctx context.Context, o Options) (*Store, error) { return nil, errors.ErrUnsupported }

// Close waits for running statements and closes the database.
func (s *Store) Close() error { return errors.ErrUnsupported }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return errors.ErrUnsupported }

// Keys seal secrets at rest with AES-256-GCM. The zero value is invalid.
// The first key seals, all of them open; every sealed value names its key.
type Keys struct{}

// ParseKeys reads comma separated base64 keys of 32 bytes, the sealing one first.
func ParseKeys(s string) (Keys, error) { return Keys{}, errors.ErrUnsupported }

// KeysFile reads the key file at path, and makes it with a fresh key and mode 0600 where there is none.
func KeysFile(path string) (Keys, error) { return Keys{}, errors.ErrUnsupported }
