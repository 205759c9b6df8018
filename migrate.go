package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"

	"herald/store"
)

// migrateCommand changes the tables of the database. `herald serve` migrates up by itself when it starts.
type migrateCommand struct {
	Up     migrateUp     `cmd:"" help:"Apply all migrations that are missing (herald serve does this by itself)."`
	Down   migrateDown   `cmd:"" help:"Take the newest migration back. Its data is gone."`
	Status migrateStatus `cmd:"" help:"List the migrations and when each was applied."`
}

type (
	migrateUp     struct{ databaseSettings }
	migrateDown   struct{ databaseSettings }
	migrateStatus struct{ databaseSettings }
)

// Run migrates to the newest version.
func (m migrateUp) Run(p *process) error {
	return m.with(p, func(db *store.Store) error { return errors.Join(db.Migrate(p.ctx), status(p, db)) })
}

// Run takes one migration back.
func (m migrateDown) Run(p *process) error {
	return m.with(p, func(db *store.Store) error { return errors.Join(db.MigrateDown(p.ctx), status(p, db)) })
}

// Run lists the migrations.
func (m migrateStatus) Run(p *process) error {
	return m.with(p, func(db *store.Store) error { return status(p, db) })
}

func status(p *process, db *store.Store) error {
	list, err := db.MigrationStatus(p.ctx)
	if err != nil {
		return fmt.Errorf("list the migrations: %w", err)
	}
	for _, m := range list {
		applied := "not applied"
		if !m.AppliedAt.IsZero() {
			applied = "applied " + m.AppliedAt.Format("2006-01-02 15:04 MST")
		}
		if _, err := fmt.Fprintf(p.stdout, "%-40s %s\n", m.Name, applied); err != nil {
			return err
		}
	}
	return nil
}

// with opens the database for a command that seals and opens nothing, so that it needs no key of the installation's.
func (d databaseSettings) with(p *process, do func(*store.Store) error) error {
	if err := checkSettings(d.settings()); err != nil {
		return err
	}
	d.EncryptionKey = base64.StdEncoding.EncodeToString([]byte(rand.Text() + rand.Text())[:32])
	db, err := d.open(p.ctx, store.Options{Now: p.now})
	if err != nil {
		return err
	}
	return errors.Join(do(db), db.Close())
}

// open opens the database that the settings name; o says everything else.
func (d databaseSettings) open(ctx context.Context, o store.Options) (*store.Store, error) {
	keys, err := d.keys()
	if err != nil {
		return nil, err
	}
	o.DSN, o.Keys = d.dsn(), keys
	db, err := store.Open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return db, nil
}
