package store

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// chunk is how many rows or ids one statement holds: SQLite takes 32,766 arguments (https://sqlite.org/limits.html#max_variable_number),
// PostgreSQL 65,535, and longer statements are no faster.
const chunk = 500

// chunks cuts a list into parts of at most chunk.
func chunks[T any](list []T) iter.Seq[[]T] { return slices.Chunk(list, chunk) }

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

// insertion is the SQL that inserts rows of the columns, one row after the other.
func insertion(table string, columns []string, rows int) string {
	return fmt.Sprintf(`INSERT INTO %s (%s) VALUES %s`, table, strings.Join(columns, ", "), tuples(rows, len(columns)))
}
