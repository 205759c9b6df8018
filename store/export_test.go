package store

import (
	"context"
	"strings"
)

// PageQuery is the SQL of one page of a group, after a key in the middle of the list.
func PageQuery(s *Store, companyID string, g Group, backward bool) (string, []any) {
	return g.listing(s.time()).placesQuery(companyID, page{key: []byte("m"), backward: backward, limit: 13})
}

// Explain returns the plan of a query.
func Explain(ctx context.Context, s *Store, query string, args ...any) (string, error) {
	if s.postgres {
		var lines []string
		err := s.read.SelectContext(ctx, &lines, `EXPLAIN `+query, args...)
		return strings.Join(lines, "\n"), err
	}
	var steps []struct {
		ID, Parent, Notused int
		Detail              string
	}
	err := s.read.SelectContext(ctx, &steps, `EXPLAIN QUERY PLAN `+query, args...)
	lines := make([]string, len(steps))
	for i, step := range steps {
		lines[i] = step.Detail
	}
	return strings.Join(lines, "\n"), err
}

// Secret opens the sealed value of the only row of the query.
func Secret(ctx context.Context, s *Store, query string, aad ...string) (string, error) {
	var sealed []byte
	if err := s.read.GetContext(ctx, &sealed, query); err != nil {
		return "", err
	}
	plain, err := s.keys.open(sealed, aad...)
	return string(plain), err
}

// MakeKeysFile is what KeysFile does where there is no file, on a file system with this way to link.
func MakeKeysFile(path string, link func(from, to string) error) error {
	return makeKeysFile(path, link)
}

// Schema returns every table and index of the database, as the engine describes it.
func Schema(ctx context.Context, s *Store) ([]string, error) {
	query := `
		SELECT type || ' ' || name || ' ' || coalesce(sql, '')
		FROM sqlite_master
		WHERE name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%'
		ORDER BY 1`
	if s.postgres {
		query = `
			SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '')
			FROM information_schema.columns
			WHERE table_schema = 'public' AND table_name NOT LIKE 'goose%'
			UNION ALL
			SELECT indexdef
			FROM pg_indexes
			WHERE schemaname = 'public' AND tablename NOT LIKE 'goose%'
			UNION ALL
			SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid)
			FROM pg_constraint
			WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE 'goose%'
			ORDER BY 1`
	}
	var lines []string
	err := s.read.SelectContext(ctx, &lines, query)
	return lines, err
}

// NamedQuery is the statement of PeopleNamed.
const NamedQuery = peopleNamed
