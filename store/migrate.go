package store

import (
	"context"
	"fmt"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"herald/migrations"
)

// A Migration is a step of the schema.
type Migration struct {
	Version   int64
	Name      string    // file name
	AppliedAt time.Time // zero: pending
}

// Migrate brings the schema up to date. With PostgreSQL, processes that do so at the same time wait for each other.
func (s *Store) Migrate(ctx context.Context) error {
	provider, err := s.migrations()
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate up: %w", err)
	}
	return nil
}

// MigrateDown takes the latest migration back, and with it the data it made room for. ErrNotFound if there is none to take back.
func (s *Store) MigrateDown(ctx context.Context) error {
	provider, err := s.migrations()
	if err != nil {
		return err
	}
	version, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("migrate down: %w", err)
	}
	if version == 0 {
		return ErrNotFound
	}
	if _, err := provider.Down(ctx); err != nil {
		return fmt.Errorf("migrate down: %w", err)
	}
	return nil
}

// MigrationStatus lists all migrations, oldest first.
func (s *Store) MigrationStatus(ctx context.Context) ([]Migration, error) {
	provider, err := s.migrations()
	if err != nil {
		return nil, err
	}
	status, err := provider.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("migration status: %w", err)
	}
	list := make([]Migration, len(status))
	for i, m := range status {
		list[i] = Migration{Version: m.Source.Version, Name: m.Source.Path, AppliedAt: m.AppliedAt}
	}
	return list, nil
}

func (s *Store) migrations() (*goose.Provider, error) {
	dialect := goose.DialectSQLite3
	var options []goose.ProviderOption
	if s.postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, fmt.Errorf("lock migrations: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(dialect, s.write.DB, migrations.FS, options...)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return provider, nil
}
