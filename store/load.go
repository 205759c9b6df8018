package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// An Entry is somebody to Load.
type Entry struct {
	Person       Person // ID and CompanyID are ignored
	Type         MemberType
	Email        string    // of the member
	RegisteredAt time.Time // zero: not registered; the fields beside Person are ignored then
	Accounts     []Account
}

// Load adds many new people at once, without links, audit events and jobs. It is what storetest.Fill and the benchmarks make large
// companies with; nothing that serves people calls it.
// One transaction a call: some 20,000 entries are a good size. ErrExists if one of the Slack users or accounts is there already.
func (s *Store) Load(ctx context.Context, companyID string, entries []Entry) error {
	err := s.change(ctx, companyID, func(t *tx) error {
		keys, err := s.secret(ctx, companyID)
		if err != nil {
			return err
		}
		changes := tally{}
		rows := loadTables()
		for _, e := range entries {
			t.loadEntry(rows, keys, companyID, e, changes)
		}
		for _, table := range rows {
			table.sort()
			if err := t.copyIn(ctx, table); exists(err) {
				return ErrExists
			} else if err != nil {
				return fmt.Errorf("into %s: %w", table.name, err)
			}
		}
		return t.count(ctx, companyID, changes)
	})
	if err != nil {
		return fmt.Errorf("load people: %w", err)
	}
	return nil
}

// A loadTable gathers the rows of one table.
type loadTable struct {
	name    string
	columns []string
	order   string // column of the widest index: rows in its order are inserted side by side
	rows    [][]any
}

func (l *loadTable) sort() {
	i := slices.Index(l.columns, l.order)
	slices.SortFunc(l.rows, func(a, b []any) int { return bytes.Compare(a[i].([]byte), b[i].([]byte)) })
}

// loadTables lists the tables in the order in which their rows refer to each other.
func loadTables() []*loadTable {
	return []*loadTable{
		{name: "people", order: "sort_key", columns: []string{
			"id", "company_id", "slack_id", "name", "handle", "email", "email_folded", "time_zone", "bot", "guest", "deactivated",
			"primary_owner", "mirrored_at", "subject_hash", "standing", "facets", "haystack", "sort_key", "deactivated_at",
		}},
		{name: "members", order: "sort_key", columns: []string{
			"id", "company_id", "email", "type", "registered_at", "disconnected", "sort_key", "recent_key",
		}},
		{name: "connections", order: "sort_key", columns: []string{
			"member_id", "network", "company_id", "subject", "state", "scopes", "token_sealed", "expires_at",
			"connected_at", "company_page", "sort_key",
		}},
		{name: "words", order: "word", columns: wordColumns()},
	}
}

func (t *tx) loadEntry(tables []*loadTable, keys secret, companyID string, e Entry, changes tally) {
	people, members, connections, words := tables[0], tables[1], tables[2], tables[3]
	p := e.Person
	p.ID, p.CompanyID = newID(), companyID
	profile := profile{
		ID: p.ID, Name: p.Name, Handle: p.Handle, Email: p.Email, Bot: p.Bot, Guest: p.Guest, Deactivated: p.Deactivated,
	}
	registeredAt := stamp(e.RegisteredAt)
	if registeredAt != 0 {
		profile.MemberEmail, profile.Type, profile.RegisteredAt = &e.Email, new(string(e.Type)), &registeredAt
		for _, a := range e.Accounts {
			if a.ExpiresAt.IsZero() || a.ExpiresAt.After(t.now) {
				profile.connected = append(profile.connected, a.Network)
			}
		}
	}
	d := profile.derive()
	changes.add(d.facets, registeredAt, 1)
	people.rows = append(people.rows, []any{
		p.ID, companyID, orNull(p.SlackID), p.Name, p.Handle, p.Email, foldEmail(p.Email), p.TimeZone, p.Bot, p.Guest, p.Deactivated,
		p.PrimaryOwner, stamp(t.now), keys.personHash(p), string(d.standing), d.facets, d.haystack, d.sortKey, t.deactivatedAt(p),
	})
	words.rows = append(words.rows, wordRows(companyID, p.ID, d)...)
	if registeredAt == 0 {
		return
	}
	members.rows = append(members.rows, []any{
		p.ID, companyID, e.Email, string(e.Type), registeredAt, d.disconnected, d.sortKey, newestFirst(registeredAt, p.ID),
	})
	for _, a := range e.Accounts {
		connections.rows = append(connections.rows, connectionValues(t.s.keys, p, a, e.RegisteredAt, t.now, d.sortKey))
	}
}

// copyIn inserts the rows: with COPY on PostgreSQL, which is several times faster than INSERT there.
func (t *tx) copyIn(ctx context.Context, table *loadTable) (err error) {
	if !t.s.postgres {
		return t.insert(ctx, table.name, table.columns, table.rows)
	}
	stmt, err := t.PrepareContext(ctx, fmt.Sprintf(`COPY %s (%s) FROM STDIN`, table.name, strings.Join(table.columns, ", ")))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stmt.Close()) }()
	for _, row := range table.rows {
		if _, err := stmt.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	_, err = stmt.ExecContext(ctx) // without arguments: the end of the rows
	return err
}

// Analyze brings the statistics of the query planner up to date, which the engines do by themselves in time: after a Load there is no
// time.
func (s *Store) Analyze(ctx context.Context) error {
	statement := `PRAGMA optimize`
	if s.postgres {
		statement = `VACUUM ANALYZE` // vacuumed pages let an index be read without its table
	}
	if _, err := s.write.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("analyze: %w", err)
	}
	return nil
}
