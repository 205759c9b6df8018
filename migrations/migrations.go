// Package migrations holds the database schema: one folder of SQL for SQLite and PostgreSQL.
package migrations

import "embed"

// FS holds the migrations, in the format of goose (https://pressly.github.io/goose/).
//
//go:embed *.sql
var FS embed.FS
