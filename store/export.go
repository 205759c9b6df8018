package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A dataSection is what a person's data show of one table.
type dataSection struct {
	name    string // in the JSON
	table   string
	columns []string // those shown, under their names; the first one orders the rows
	key     dataKey
	of      string // the column that holds the key
	single  bool   // there is one row at most
}

// A dataKey is how a table names a person.
type dataKey int

const (
	byPerson dataKey = iota // the person's id
	bySlack                 // their Slack id
	byHash                  // their keyed hash
)

// dataSections lists everything that Herald stores about a person, but for screens. A column that is not here is not about them, or
// follows from what is; the test that walks all columns asks for a decision about each new one.
func dataSections() []dataSection {
	return []dataSection{
		{name: "directory", table: "people", key: byPerson, of: "id", single: true, columns: []string{
			"id", "slack_id", "name", "handle", "email", "time_zone", "bot", "guest", "deactivated", "primary_owner", "mirrored_at", "away", "away_ends_at",
		}},
		{name: "account", table: "members", key: byPerson, of: "id", single: true, columns: []string{"registered_at", "email", "type", "told_by", "untold"}},
		{name: "connections", table: "connections", key: byPerson, of: "member_id", columns: []string{
			"connected_at", "network", "subject", "state", "scopes", "expires_at", "ending", "company_page",
		}},
		{name: "former_accounts", table: "former_accounts", key: byPerson, of: "member_id", columns: []string{"connected_at", "network"}},
		{name: "invitations", table: "invites", key: byHash, of: "subject_hash", columns: []string{
			"created_at", "kind", "invited_by", "as_type", "expires_at", "send_at", "sent_at", "failure", "reminded", "closed", "closed_at", "state", "reason",
		}},
		{name: "invitations_by_you", table: "invites", key: bySlack, of: "invited_by", columns: []string{"created_at"}}, // what became of it is the other person's
		{name: "sign_ups_under_way", table: "authorizations", key: byHash, of: "subject_hash", columns: []string{"expires_at", "network"}},
		{name: "sign_ups_that_ask_you", table: "signups", key: byPerson, of: "person_id", columns: []string{"created_at", "status", "network"}},
		{name: "requests_about_you", table: "cases", key: byPerson, of: "member_id", columns: []string{
			"created_at", "from_type", "to_type", "reason", "status", "decision", "decided_at",
		}},
		{name: "requests_by_you", table: "cases", key: bySlack, of: "requested_by", columns: []string{
			"created_at", "from_type", "to_type", "reason", "status", "decided_at",
		}},
		{name: "requests_decided_by_you", table: "cases", key: bySlack, of: "decided_by", columns: []string{"decided_at", "to_type", "status", "decision"}},
		{name: "bulk_invitations_by_you", table: "runs", key: bySlack, of: "started_by", columns: []string{
			"created_at", "as_type", "status", "total", "sent", "failed", "ended_at",
		}},
		{name: "removals_by_you", table: "removals", key: bySlack, of: "by_slack", columns: []string{
			"created_at", "status", "file_id", "proposed", "removed", "never",
		}},
		{name: "log_about_you", table: "audit", key: byHash, of: "subject_hash", columns: []string{"at", "action", "cli", "from_type", "to_type", "n"}},
		{name: "log_by_you", table: "audit", key: byHash, of: "actor_hash", columns: []string{"at", "action", "from_type", "to_type", "n"}},
		{name: "reminders", table: "nudges", key: byPerson, of: "person_id", columns: []string{"send_at", "sent_at", "status", "reason", "n"}},
		{name: "what_counts_for_reminders", table: "reminded", key: byPerson, of: "person_id", single: true, columns: []string{
			"reminded_at", "reminders", "snooze_ends_at", "unreachable_ends_at",
		}},
		{name: "no_to_reminders", table: "opt_outs", key: byHash, of: "subject_hash", columns: []string{"opted_out_at"}},
		{name: "reminder_runs_by_you", table: "reminder_runs", key: bySlack, of: "asked_by", columns: []string{
			"due_at", "status", "started_at", "ended_at", "planned", "sent", "failed",
		}},
		{name: "messages", table: "messages", key: bySlack, of: "slack_id", columns: []string{"sent_at", "channel", "ts", "file_id", "expires_at"}},
		{name: "messages_that_may_change", table: "cards", key: bySlack, of: "slack_id", columns: []string{"saved_at", "kind", "channel", "ts"}},
	}
}

// PersonalData returns everything that Herald stores about a Slack user of the directory, registered or not, as JSON. It leaves out keys
// (tokens, links), what others are named by, and what follows from the rest. ErrNotFound if the mirror does not know them.
func (s *Store) PersonalData(ctx context.Context, companyID, slackID string) ([]byte, error) {
	data, err := s.personalData(ctx, companyID, slackID)
	if err != nil {
		return nil, fmt.Errorf("export a person's data: %w", err)
	}
	text, err := json.MarshalIndent(data, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("export a person's data: %w", err)
	}
	return append(text, '\n'), nil
}

func (s *Store) personalData(ctx context.Context, companyID, slackID string) (map[string]any, error) {
	p, err := s.PersonBySlackID(ctx, companyID, slackID)
	if err != nil {
		return nil, err
	}
	keys, err := s.secret(ctx, companyID)
	if err != nil {
		return nil, err
	}
	data := map[string]any{
		"about":   "Everything that Herald stores about you. Access tokens and links are left out: they are keys, not facts, and stored encrypted.",
		"made_at": s.time().Format(time.RFC3339),
	}
	is := map[dataKey]string{byPerson: p.ID, bySlack: slackID, byHash: keys.slackHash(slackID)}
	for _, section := range dataSections() {
		rows, err := s.dataRows(ctx, section, companyID, is[section.key])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", section.name, err)
		}
		switch {
		case !section.single:
			data[section.name] = rows
		case len(rows) > 0:
			data[section.name] = rows[0]
		}
	}
	data["screens"], err = s.screensOf(ctx, companyID, slackID)
	return data, err
}

// dataRows reads the rows of a section. Times are written in full, and left out where there is none.
func (s *Store) dataRows(ctx context.Context, d dataSection, companyID, key string) (list []map[string]any, err error) {
	query := `
		SELECT ` + strings.Join(d.columns, ", ") + `
		FROM ` + d.table + `
		WHERE company_id = $1 AND ` + d.of + ` = $2
		ORDER BY ` + d.columns[0]
	rows, err := s.read.QueryxContext(ctx, query, companyID, key)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	list = []map[string]any{} // [] in the JSON where there is nothing
	for rows.Next() {
		row := map[string]any{}
		if err := rows.MapScan(row); err != nil {
			return nil, err
		}
		for _, t := range types {
			column := t.Name()
			switch v := row[column].(type) {
			case []byte: // how lib/pq gives text
				row[column] = string(v)
			case int64:
				switch {
				case t.DatabaseTypeName() == "BOOLEAN": // how SQLite keeps it
					row[column] = v != 0
				case column == "at" || strings.HasSuffix(column, "_at"):
					if delete(row, column); v != 0 {
						row[column] = unstamp(v).Format(time.RFC3339)
					}
				}
			}
		}
		list = append(list, row)
	}
	return list, rows.Err()
}

// screensOf are the screens that somebody used within ScreenLife. What they searched for is sealed.
func (s *Store) screensOf(ctx context.Context, companyID, slackID string) ([]map[string]any, error) {
	var rows []struct {
		screenRow
		UsedAt int64 `db:"used_at"`
	}
	err := s.read.SelectContext(ctx, &rows, `
		SELECT id, company_id, viewer, surface, grp, page, revision, state_sealed, used_at
		FROM screens
		WHERE company_id = $1 AND viewer = $2
		ORDER BY used_at`, companyID, slackID)
	if err != nil {
		return nil, fmt.Errorf("load screens: %w", err)
	}
	list := make([]map[string]any, len(rows))
	for i, r := range rows {
		sc, err := s.openScreen(r.screenRow)
		if err != nil {
			return nil, fmt.Errorf("open a screen: %w", err)
		}
		list[i] = map[string]any{
			"used_at": unstamp(r.UsedAt).Format(time.RFC3339), "surface": sc.Surface, "place": sc.Place, "group": sc.Group, "search": sc.Search,
			"page": sc.Page,
		}
	}
	return list, nil
}
