package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/rivermigrate"

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
	jobs, err := s.jobTables()
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	options = append(options, goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(jobs, s.oldJobs()))
	provider, err := goose.NewProvider(dialect, s.write.DB, migrations.FS, options...)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return provider, nil
}

// jobTables is the migration that makes River's tables, by River's own migrations: to whatever version the linked River wants. A River
// that wants more needs a further migration that does the same.
func (s *Store) jobTables() (*goose.Migration, error) {
	migrator, err := rivermigrate.New(s.JobDriver(), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	down := &rivermigrate.MigrateOpts{TargetVersion: -1} // all of them
	// The purge looks for the jobs about a thing.
	const index = `CREATE INDEX IF NOT EXISTS river_job_ref ON river_job ((args ->> 'ref'))`
	m := goose.NewGoMigration(4,
		// One of River's steps uses an enum value that another adds, which PostgreSQL forbids in one transaction.
		&goose.GoFunc{RunDB: func(ctx context.Context, db *sql.DB) error {
			if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
				return err
			}
			_, err := db.ExecContext(ctx, index)
			return err
		}},
		&goose.GoFunc{RunDB: func(ctx context.Context, _ *sql.DB) error {
			_, err := migrator.Migrate(ctx, rivermigrate.DirectionDown, down)
			return err
		}},
	)
	if !s.postgres { // SQLite knows no enums, and its one connection is taken by whoever migrates
		m = goose.NewGoMigration(4,
			&goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
				if _, err := migrator.MigrateTx(ctx, tx, rivermigrate.DirectionUp, nil); err != nil { //nolint:staticcheck // see above
					return err
				}
				_, err := tx.ExecContext(ctx, index)
				return err
			}},
			&goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
				_, err := migrator.MigrateTx(ctx, tx, rivermigrate.DirectionDown, down) //nolint:staticcheck // see above
				return err
			}},
		)
	}
	m.Source = "00004_jobs.go" // the name in the list of migrations
	return m, nil
}

// oldJobs is the migration that hands what is left to do over to River, from the table in which it stood before: a removal that somebody
// confirmed must not be lost. The way back makes that table, but not its rows.
func (s *Store) oldJobs() *goose.Migration {
	m := goose.NewGoMigration(11,
		&goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			if err := s.handOver(ctx, tx); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, `DROP TABLE jobs`)
			return err
		}},
		&goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			for _, statement := range []string{
				`CREATE TABLE jobs (
	id          TEXT    NOT NULL PRIMARY KEY,
	company_id  TEXT    NOT NULL,
	kind        TEXT    NOT NULL,
	ref         TEXT    NOT NULL,
	attempt     BIGINT  NOT NULL,
	due_at      BIGINT  NOT NULL,
	created_at  BIGINT  NOT NULL
)`,
				`CREATE INDEX jobs_due ON jobs (due_at)`,
				`CREATE INDEX jobs_ref ON jobs (ref)`,
			} {
				if _, err := tx.ExecContext(ctx, statement); err != nil {
					return err
				}
			}
			return nil
		}},
	)
	m.Source = "00011_old_jobs.go"
	return m
}

// handOver leaves what stands in the table jobs to River.
func (s *Store) handOver(ctx context.Context, sqlTx *sql.Tx) error {
	t := &tx{Tx: &sqlx.Tx{Tx: sqlTx, Mapper: s.write.Mapper}, s: s, now: s.time()}
	var rows []struct {
		CompanyID string  `db:"company_id"`
		Kind      JobKind `db:"kind"`
		Ref       string  `db:"ref"`
		DueAt     int64   `db:"due_at"`
	}
	err := t.SelectContext(ctx, &rows, `
		SELECT company_id, kind, ref, due_at
		FROM jobs
		ORDER BY company_id, created_at, id`)
	if err != nil {
		return err
	}
	left := make(map[string][]Job)
	for _, r := range rows {
		left[r.CompanyID] = append(left[r.CompanyID], Job{Kind: r.Kind, Ref: r.Ref, At: unstamp(r.DueAt)})
	}
	for companyID, jobs := range left {
		for part := range chunks(jobs) {
			if err := t.leave(ctx, companyID, part...); err != nil {
				return err
			}
		}
	}
	return nil
}
