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

// dataSections lists everything that Herald stores about a person, but for what is sealed: see addressesOf, signupsAsking, screensOf. A column that is not here is not about them, or
// follows from what is; the test that walks all columns asks for a decision about each new one.
func dataSections() []dataSection {
	return []dataSection{
		{name: "directory", table: "people", key: byPerson, of: "id", single: true, columns: []string{
			"id", "slack_id", "name", "handle", "email", "time_zone", "bot", "guest", "deactivated", "deactivated_at", "primary_owner", "mirrored_at", "updated_at", "away", "away_ends_at",
		}},
		{name: "account", table: "members", key: byPerson, of: "id", single: true, columns: []string{"registered_at", "email", "type", "told_by", "untold", "unpreviewed"}},
		{name: "connections", table: "connections", key: byPerson, of: "member_id", columns: []string{
			"connected_at", "network", "subject", "state", "scopes", "expires_at", "ending", "company_page",
		}},
		{name: "former_accounts", table: "former_accounts", key: byPerson, of: "member_id", columns: []string{"connected_at", "network", "ended_at"}},
		{name: "invitations", table: "invites", key: byHash, of: "subject_hash", columns: []string{
			"created_at", "kind", "invited_by", "as_type", "expires_at", "send_at", "sent_at", "failure", "reminded", "closed", "closed_at", "state", "reason",
		}},
		{name: "invitations_by_you", table: "invites", key: bySlack, of: "invited_by", columns: []string{"created_at"}}, // what became of it is the other person's
		{name: "sign_ups_under_way", table: "authorizations", key: byHash, of: "subject_hash", columns: []string{"expires_at", "network"}},
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
		{name: "log_about_you", table: "audit", key: byHash, of: "subject_hash", columns: []string{"at", "action", "cli", "from_type", "to_type", "n", "message"}},
		{name: "log_by_you", table: "audit", key: byHash, of: "actor_hash", columns: []string{"at", "action", "from_type", "to_type", "n", "message"}},
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
	if data["addresses_you_were_invited_at"], err = s.addressesOf(ctx, p, keys); err != nil {
		return nil, err
	}
	if data["sign_ups_that_ask_you"], err = s.signupsAsking(ctx, p); err != nil {
		return nil, err
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

// addressesOf are the addresses and names that inviters typed for somebody, while those invitations can be sent again. They include the
// invitations of the time before Slack knew the address as theirs.
func (s *Store) addressesOf(ctx context.Context, p Person, keys secret) ([]map[string]any, error) {
	var rows []inviteRow
	err := s.read.SelectContext(ctx, &rows, `
		SELECT `+inviteColumns+`
		FROM invites
		WHERE company_id = $1 AND email_sealed IS NOT NULL AND (subject_hash = $2 OR email_hash <> '' AND email_hash = $3)
		ORDER BY created_at, id`, p.CompanyID, keys.personHash(p), keys.emailHash(p.Email))
	if err != nil {
		return nil, fmt.Errorf("load invited addresses: %w", err)
	}
	list := make([]map[string]any, len(rows))
	for i, r := range rows {
		to, err := s.addressOf(r)
		if err != nil {
			return nil, fmt.Errorf("open an invited address: %w", err)
		}
		list[i] = map[string]any{"created_at": unstamp(r.CreatedAt).Format(time.RFC3339), "email": to.Email, "name": to.Name}
	}
	return list, nil
}

// signupsAsking are the sign-ups that ask somebody whether it was them, with the address that was entered and the network's name.
func (s *Store) signupsAsking(ctx context.Context, p Person) ([]map[string]any, error) {
	var rows []signupRow
	err := s.read.SelectContext(ctx, &rows, `
		SELECT `+signupColumns+`
		FROM signups
		WHERE company_id = $1 AND person_id = $2
		ORDER BY created_at, id`, p.CompanyID, p.ID)
	if err != nil {
		return nil, fmt.Errorf("load sign-ups: %w", err)
	}
	list := make([]map[string]any, len(rows))
	for i, r := range rows {
		payload, err := s.openSignup(r)
		if err != nil {
			return nil, fmt.Errorf("open a sign-up: %w", err)
		}
		list[i] = map[string]any{
			"created_at": unstamp(r.CreatedAt).Format(time.RFC3339), "status": r.Status, "network": r.Network, "email": payload.Email,
			"name": payload.Account.Name,
		}
	}
	return list, nil
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
