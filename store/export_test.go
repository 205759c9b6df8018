package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"herald/nudge"
)

// PageQuery is the SQL of one page of a group, after a key in the middle of the list.
func PageQuery(s *Store, companyID string, g Group, backward bool) (string, []any) {
	return g.listing(s.time()).placesQuery(companyID, page{key: []byte("m"), backward: backward, limit: 13})
}

// InvitationsPageQuery is PageQuery for invitations.
func InvitationsPageQuery(companyID string, state InviteState, backward bool) (string, []any) {
	return state.listing().placesQuery(companyID, page{key: newestFirst(1, ""), backward: backward, limit: 13})
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

// UnvacuumedPages counts the pages of PostgreSQL's tables of which VACUUM could not tell that everybody sees all of their rows.
func UnvacuumedPages(ctx context.Context, s *Store) (n int, err error) {
	err = s.read.GetContext(ctx, &n, `
		SELECT coalesce(sum(relpages - relallvisible), 0)
		FROM pg_class
		WHERE relname IN ('people', 'members', 'connections', 'invites') AND relnamespace = 'public'::regnamespace`)
	return n, err
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

// Schema returns every table, index, type and function of the database, as the engine describes it.
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
			UNION ALL
			SELECT 'type ' || t.typname || ' ' || e.enumlabel
			FROM pg_enum e
			JOIN pg_type t ON t.oid = e.enumtypid
			UNION ALL
			SELECT 'function ' || proname || ' ' || prosrc
			FROM pg_proc
			WHERE pronamespace = 'public'::regnamespace
			ORDER BY 1`
	}
	var lines []string
	err := s.read.SelectContext(ctx, &lines, query)
	return lines, err
}

// Leave leaves jobs in a transaction of their own.
func Leave(ctx context.Context, s *Store, companyID string, jobs ...Job) error {
	return s.update(ctx, func(t *tx) error { return t.leave(ctx, companyID, jobs...) })
}

// FinishJobs makes the jobs about a thing look done.
func FinishJobs(ctx context.Context, s *Store, ref string) error {
	_, err := s.write.ExecContext(ctx, `
		UPDATE river_job
		SET state = 'completed', finalized_at = scheduled_at
		WHERE args ->> 'ref' = $1`, ref)
	return err
}

// NamedQuery is the statement of PeopleNamed.
const NamedQuery = peopleNamed

// Recount counts the groups from the rows, to compare with Counts.
func (s *Store) Recount(ctx context.Context, companyID string) (map[Group]int, error) {
	counts := make(map[Group]int, len(Groups()))
	// Deliberately by other means than the counters, which follow from the derived columns.
	for group, query := range map[Group]string{
		All:        `SELECT count(*) FROM members WHERE company_id = $1`,
		Employees:  `SELECT count(*) FROM members WHERE company_id = $1 AND type = 'employee'`,
		Recruiters: `SELECT count(*) FROM members WHERE company_id = $1 AND type = 'recruiter'`,
		Admins:     `SELECT count(*) FROM members WHERE company_id = $1 AND type = 'admin'`,
		Disconnected: `
			SELECT count(*)
			FROM members m
			WHERE m.company_id = $1 AND NOT EXISTS (
				SELECT 1 FROM connections c WHERE c.member_id = m.id AND c.state = 'connected')`,
		Deactivated: `
			SELECT count(*)
			FROM members m
			JOIN people p ON p.id = m.id
			WHERE m.company_id = $1 AND p.deactivated_at > 0`,
		Invited: `
			SELECT count(DISTINCT p.id)
			FROM people p
			JOIN invites i ON i.person_id = p.id
			WHERE p.company_id = $1 AND NOT p.bot AND NOT p.guest AND NOT p.deactivated AND i.kind <> 'self' AND i.closed = ''
				AND NOT EXISTS (SELECT 1 FROM members m WHERE m.id = p.id)`,
		Unregistered: `
			SELECT count(*)
			FROM people p
			WHERE p.company_id = $1 AND NOT p.bot AND NOT p.guest AND NOT p.deactivated
				AND NOT EXISTS (SELECT 1 FROM members m WHERE m.id = p.id)`,
	} {
		var n int
		if err := s.read.GetContext(ctx, &n, query, companyID); err != nil {
			return nil, fmt.Errorf("recount %s: %w", group, err)
		}
		counts[group] = n
	}
	var n int
	err := s.read.GetContext(ctx, &n, `
		SELECT count(*)
		FROM members
		WHERE company_id = $1 AND registered_at >= $2`, companyID, recentSince(s.time()))
	if err != nil {
		return nil, fmt.Errorf("recount %s: %w", Recent, err)
	}
	counts[Recent] = n
	var connected []struct {
		Network string `db:"network"`
		N       int    `db:"n"`
	}
	err = s.read.SelectContext(ctx, &connected, `
		SELECT network, count(*) AS n
		FROM connections
		WHERE company_id = $1 AND state = 'connected'
		GROUP BY network`, companyID)
	if err != nil {
		return nil, fmt.Errorf("recount networks: %w", err)
	}
	for _, c := range connected {
		counts[OnNetwork(c.Network)] = c.N
	}
	return counts, nil
}

// Columns returns every column of Herald's own tables as "table.column".
func Columns(ctx context.Context, s *Store) ([]string, error) {
	query := `
		SELECT m.name || '.' || c.name
		FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'goose%' AND m.name NOT LIKE 'river%' AND m.name NOT LIKE 'sqlite%'
		ORDER BY 1`
	if s.postgres {
		query = `
			SELECT table_name || '.' || column_name
			FROM information_schema.columns
			WHERE table_schema = 'public' AND table_name NOT LIKE 'goose%' AND table_name NOT LIKE 'river%'
			ORDER BY 1`
	}
	var columns []string
	err := s.read.SelectContext(ctx, &columns, query)
	return columns, err
}

// ExportedColumns are those that a person's data show.
func ExportedColumns() []string {
	var columns []string
	for _, d := range dataSections() {
		for _, c := range d.columns {
			columns = append(columns, d.table+"."+c)
		}
	}
	return columns
}

// RecountInvites counts the listed invitations from the rows, to compare with InviteCounts.
func (s *Store) RecountInvites(ctx context.Context, companyID string) (map[InviteState]int, error) {
	counts := make(map[InviteState]int, len(InviteStates()))
	for _, state := range InviteStates() {
		var n int
		err := s.read.GetContext(ctx, &n, `
			SELECT count(*)
			FROM invites
			WHERE company_id = $1 AND state = $2`, companyID, state)
		if err != nil {
			return nil, fmt.Errorf("recount %s: %w", state, err)
		}
		counts[state] = n
	}
	return counts, nil
}

// SealedColumns are the columns that Reseal knows, sorted.
func SealedColumns() []string {
	var list []string
	for _, c := range sealedColumns() {
		list = append(list, c.table+"."+c.column)
	}
	slices.Sort(list)
	return list
}

// ColumnsNamedSealed are the columns of the database whose names say that they hold sealed values, sorted.
func ColumnsNamedSealed(ctx context.Context, s *Store) ([]string, error) {
	query := `
		SELECT m.name || '.' || c.name
		FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND c.name LIKE '%\_sealed' ESCAPE '\'`
	if s.postgres {
		query = `
			SELECT table_name || '.' || column_name
			FROM information_schema.columns
			WHERE table_schema = 'public' AND column_name LIKE '%\_sealed'`
	}
	var list []string
	err := s.read.SelectContext(ctx, &list, query)
	slices.Sort(list)
	return list, err
}

// KeptAddresses returns of how many invitations by email the database keeps the address, and of how many only the hash of it. The error says
// so if there is an address that nobody can send anything to again.
func KeptAddresses(ctx context.Context, s *Store) (sealed, hashed int, err error) {
	var rows []inviteRow
	if err := s.read.SelectContext(ctx, &rows, `SELECT `+inviteColumns+` FROM invites WHERE kind = 'email'`); err != nil {
		return 0, 0, err
	}
	for _, r := range rows {
		switch {
		case r.EmailSealed != nil && !r.State.resendable():
			return 0, 0, fmt.Errorf("the address of an invitation that is %q, closed %q, is kept", r.State, r.Closed)
		case r.EmailSealed != nil:
			sealed++
		case r.EmailHash != "":
			hashed++
		}
	}
	return sealed, hashed, nil
}

// NudgeOf returns the id of the latest reminder that was planned for a person.
func NudgeOf(ctx context.Context, s *Store, personID string) (string, error) {
	var id string
	err := s.read.GetContext(ctx, &id, `
		SELECT id
		FROM nudges
		WHERE person_id = $1
		ORDER BY send_at DESC, id
		LIMIT 1`, personID)
	return id, found(err)
}

// QueuedNudges returns the reminders of a run that have a job.
func QueuedNudges(ctx context.Context, s *Store, runID string) ([]string, error) {
	var ids []string
	err := s.read.SelectContext(ctx, &ids, `
		SELECT id
		FROM nudges
		WHERE run_id = $1 AND status = 'queued'
		ORDER BY id`, runID)
	return ids, err
}

// NudgeSent records that a reminder arrived, as SettleSend does.
func (s *Store) NudgeSent(ctx context.Context, companyID, nudgeID string) error {
	return s.change(ctx, companyID, func(t *tx) error { return t.nudgeSent(ctx, companyID, nudgeID) })
}

// CandidatesQuery is the SQL of a page of people to judge, by id as a run plans, or by name as a list shows them.
func CandidatesQuery(companyID string, byName bool) (string, []any) {
	if byName {
		return candidatesQuery(candidatesByName), []any{companyID, []byte("m"), "m", 40}
	}
	return candidatesQuery(candidatesByID), []any{companyID, "m", 40}
}

// SentNudges returns what became of the reminders of each person, and in which runs they were sent.
func SentNudges(ctx context.Context, s *Store, companyID string) (map[string]nudge.History, map[string][]string, error) {
	var rows []struct {
		PersonID     string `db:"person_id"`
		RunID        string `db:"run_id"`
		SentAt       int64  `db:"sent_at"`
		RegisteredAt int64  `db:"registered_at"`
	}
	err := s.read.SelectContext(ctx, &rows, `
		SELECT n.person_id, n.run_id, n.sent_at, coalesce(m.registered_at, 0) AS registered_at
		FROM nudges n
		LEFT JOIN members m ON m.id = n.person_id
		WHERE n.company_id = $1 AND n.status = 'sent'
		ORDER BY n.person_id, n.sent_at`, companyID)
	histories, runs := map[string]nudge.History{}, map[string][]string{}
	for _, row := range rows {
		h := histories[row.PersonID]
		h.Reminders, h.SignedUp = append(h.Reminders, unstamp(row.SentAt)), unstamp(row.RegisteredAt)
		histories[row.PersonID] = h
		runs[row.PersonID] = append(runs[row.PersonID], row.RunID)
	}
	return histories, runs, err
}

// SendNudges records that all that a run planned was sent: in every hour of the last year, as first, second and third reminders. So there
// are as many counters as there can be.
func SendNudges(ctx context.Context, s *Store, runID string) error {
	return s.update(ctx, func(t *tx) error {
		for _, step := range []struct {
			sql  string
			args []any
		}{
			{`
			UPDATE nudges
			SET status = 'sent', sent_at = $2 - ranked.n % 8760 * 3600000000, position = 1 + ranked.n / 8760 % 3, signed_up = ranked.n % 10 = 0
			FROM (
				SELECT id, row_number() OVER (ORDER BY id) AS n
				FROM nudges
				WHERE run_id = $1
			) AS ranked
			WHERE nudges.id = ranked.id`, []any{runID, stamp(t.now)}},
			{`
			INSERT INTO nudge_effects (run_id, position, hour, company_id, sent, signed_up)
			SELECT run_id, position, ` + sentHour + `, company_id, count(*), sum(CASE WHEN signed_up THEN 1 ELSE 0 END)
			FROM nudges
			WHERE run_id = $1
			GROUP BY run_id, position, ` + sentHour + `, company_id`, []any{runID}},
		} {
			if _, err := t.ExecContext(ctx, step.sql, step.args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// AnyPreview is the id of a preview, the only one there is, say.
func AnyPreview(ctx context.Context, s *Store) (string, error) {
	var id string
	err := s.read.GetContext(ctx, &id, `SELECT id FROM reminder_previews LIMIT 1`)
	return id, err
}
