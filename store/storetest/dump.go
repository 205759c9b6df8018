package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
)

// Dump returns all that the database of the store holds: every value of every table as text, and for SQLite the bytes of its files too,
// with what deleted rows may have left in them. Tests look in it for what must be gone.
func Dump(tb testing.TB, env *Env) string {
	tb.Helper()
	var b strings.Builder
	if err := dump(tb.Context(), env, &b); err != nil {
		tb.Fatalf("dump database: %v", err)
	}
	return b.String()
}

func dump(ctx context.Context, env *Env, b *strings.Builder) (err error) {
	tables := `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`
	driver := "postgres"
	if env.Engine == "sqlite" {
		driver, tables = "sqlite", `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`
		for _, suffix := range []string{"", "-wal"} {
			file, err := os.ReadFile(env.DSN + suffix)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			b.Write(file)
		}
	}
	db, err := sql.Open(driver, env.DSN)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	names, err := column(ctx, db, tables)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := dumpTable(ctx, db, name, b); err != nil {
			return fmt.Errorf("table %s: %w", name, err)
		}
	}
	return nil
}

func column(ctx context.Context, db *sql.DB, query string) ([]string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var values []string
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, rows.Err()
}

func dumpTable(ctx context.Context, db *sql.DB, name string, b *strings.Builder) error {
	rows, err := db.QueryContext(ctx, `SELECT * FROM `+name)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values := make([]sql.NullString, len(columns))
	targets := make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		fmt.Fprintf(b, "\n%s:", name)
		for i, v := range values {
			fmt.Fprintf(b, " %s=%s", columns[i], v.String)
		}
	}
	return rows.Err()
}
