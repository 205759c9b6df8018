package store

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// chunk is how many ids one statement holds. PostgreSQL takes 65,535 arguments, SQLite 32,766
// (https://sqlite.org/limits.html#max_variable_number), but SQLite looks every $n up in a list of those before it: twice as many take four
// times as long.
const chunk = 200

// The arguments of one INSERT of many rows.
const (
	argumentsSQLite   = 128
	argumentsPostgres = 8_000
)

// chunks cuts a list into parts of at most chunk.
func chunks[T any](list []T) iter.Seq[[]T] { return slices.Chunk(list, chunk) }

// insert inserts rows, as many at a time as suits the engine.
func (t *tx) insert(ctx context.Context, table string, columns []string, rows [][]any) error {
	arguments := argumentsSQLite
	if t.s.postgres {
		arguments = argumentsPostgres
	}
	for part := range slices.Chunk(rows, max(1, arguments/len(columns))) {
		query := fmt.Sprintf(`INSERT INTO %s (%s) VALUES %s`, table, strings.Join(columns, ", "), tuples(len(part), len(columns)))
		if _, err := t.ExecContext(ctx, query, slices.Concat(part...)...); err != nil {
			return fmt.Errorf("insert into %s: %w", table, err)
		}
	}
	return nil
}

// storable returns text as both engines can store it: PostgreSQL takes neither zero bytes nor what is not UTF-8.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "")
}

// in returns "($2, $3, …)" for the values and appends them to args, whose length gives the first number.
func in[T any](args []any, values []T) (string, []any) {
	var b strings.Builder
	b.WriteByte('(')
	for i, v := range values {
		if i > 0 {
			b.WriteString(", ")
		}
		args = append(args, v)
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(len(args)))
	}
	b.WriteByte(')')
	return b.String(), args
}

// tuples returns "($1, $2), ($3, $4), …" for rows of the given width.
func tuples(rows, width int) string {
	var b strings.Builder
	n := 0
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for j := range width {
			if j > 0 {
				b.WriteString(", ")
			}
			n++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
		}
		b.WriteByte(')')
	}
	return b.String()
}
