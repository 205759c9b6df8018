package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A subject is somebody who is being purged.
type subject struct {
	ID           string     `db:"id"`
	SlackID      string     `db:"slack_id"`
	Hash         string     `db:"subject_hash"`
	Email        string     `db:"email"`
	MemberEmail  string     `db:"member_email"`
	ToldBy       string     `db:"told_by"`
	Type         MemberType `db:"type"`
	Facets       string     `db:"facets"`
	RegisteredAt int64      `db:"registered_at"`
}

// addresses are those that are known to be theirs, "" among them. The one that a member entered may be a stranger's.
func (s subject) addresses() []string {
	if s.ToldBy == "" {
		return []string{s.Email}
	}
	return []string{s.Email, s.MemberEmail}
}

// purge erases the members of a confirmed removal and everything that names them, and returns how many they were.
// What stays are keyed hashes in forgotten and forgotten_emails, which keep them out of the mirror and from being invited by accident, with
// the day and the reason, and for some days what is sealed: tokens to be revoked, and whom to tell so. The audit log knows them by a random value.
func (t *tx) purge(ctx context.Context, r removalRow) (int, error) {
	subjects, err := t.subjects(ctx, r)
	if err != nil {
		return 0, err
	}
	if err := t.guardAdmins(ctx, r.CompanyID, subjects); err != nil {
		return 0, err
	}
	signups, err := t.dropSignupsOf(ctx, r, subjects)
	if err != nil {
		return 0, err
	}
	if err := t.dropEmailInvitesOf(ctx, r.CompanyID, subjects); err != nil {
		return 0, err
	}
	if err := t.dropOrdersOf(ctx, r.CompanyID, subjects); err != nil {
		return 0, err
	}
	if err := t.leaveFarewells(ctx, r); err != nil {
		return 0, err
	}
	if err := t.endAccessOf(ctx, r); err != nil {
		return 0, err
	}
	cases, err := t.caseCardsOf(ctx, r)
	if err != nil {
		return 0, err
	}
	files, err := t.endFilesOf(ctx, r)
	if err != nil {
		return 0, err
	}
	if err := t.eraseOpenSends(ctx, r); err != nil {
		return 0, fmt.Errorf("look for messages on their way: %w", err)
	}
	if err := t.writeReceipt(ctx, r, len(subjects), files); err != nil {
		return 0, err
	}
	if err := t.forgetPeople(ctx, r, subjects); err != nil {
		return 0, err
	}
	hashes := make([]string, len(subjects))
	for i, s := range subjects {
		hashes[i] = s.Hash
	}
	if err := t.uncountInvites(ctx, r.CompanyID, hashes); err != nil {
		return 0, err
	}
	for _, statement := range purgeStatements() {
		query, args := statement.sql, []any{r.ID}
		if strings.Contains(query, "$2") {
			args = append(args, r.CompanyID)
		}
		if strings.Contains(query, "$3") {
			args = append(args, stamp(t.now))
		}
		if _, err := t.ExecContext(ctx, query, args...); err != nil {
			return 0, fmt.Errorf("purge %s: %w", statement.what, err)
		}
	}
	if err := t.leave(ctx, r.CompanyID, append(cardsGone(append(signups, cases...)), Job{Kind: JobErase, Ref: r.ID})...); err != nil {
		return 0, err
	}
	_, err = t.ExecContext(ctx, `
		UPDATE removals
		SET status = 'done', removed = $2
		WHERE id = $1`, r.ID, len(subjects))
	if err != nil {
		return 0, fmt.Errorf("finish removal: %w", err)
	}
	asked, err := t.settleDeletion(ctx, r.ID, len(subjects))
	if err != nil {
		return 0, fmt.Errorf("finish deletion: %w", err)
	}

	changes := tally{}
	events := make([]AuditEvent, len(subjects))
	for i, s := range subjects {
		changes.add(s.Facets, s.RegisteredAt, -1)
		events[i] = AuditEvent{Action: AuditRemoved, SubjectHash: s.Hash, From: s.Type}
		if asked || s.SlackID != "" && s.SlackID == r.BySlack {
			events[i].Action = AuditLeft
		}
	}
	if err := t.count(ctx, r.CompanyID, changes); err != nil {
		return 0, err
	}
	if err := t.auditAll(ctx, r.CompanyID, r.by(), events); err != nil {
		return 0, err
	}
	return len(subjects), t.forget(ctx, r.CompanyID, hashes)
}

// subjects loads those of the members who are still there.
func (t *tx) subjects(ctx context.Context, r removalRow) ([]subject, error) {
	var subjects []subject
	err := t.SelectContext(ctx, &subjects, `
		SELECT p.id, coalesce(p.slack_id, '') AS slack_id, p.subject_hash, p.email, m.email AS member_email, m.told_by, m.type, p.facets,
			m.registered_at
		FROM removal_members r
		JOIN people p ON p.id = r.member_id
		JOIN members m ON m.id = r.member_id
		WHERE r.removal_id = $1 AND m.company_id = $2
		ORDER BY r.position`, r.ID, r.CompanyID)
	if err != nil {
		return nil, fmt.Errorf("load members: %w", err)
	}
	return subjects, nil
}

// guardAdmins checks once more what the confirmation checked.
func (t *tx) guardAdmins(ctx context.Context, companyID string, subjects []subject) error {
	var ids []string
	admins := false
	for _, s := range subjects {
		ids = append(ids, s.ID)
		admins = admins || s.Type == Admin
	}
	if !admins {
		return nil
	}
	return t.requireOtherAdmins(ctx, companyID, ids)
}

// endFilesOf leaves jobs that delete the files that name the subjects, of this removal, of what others propose with them, and of what
// they proposed themselves, and the files that they were sent. It returns how many those are; SettleFile counts what becomes of them.
func (t *tx) endFilesOf(ctx context.Context, r removalRow) (int, error) {
	var files []string
	err := t.SelectContext(ctx, &files, `
		SELECT file_id
		FROM removals
		WHERE company_id = $2 AND file_id <> '' AND (
			id IN (SELECT removal_id FROM removal_members WHERE member_id IN `+theirIDs+`)
			OR by_slack IN `+theirSlackIDs+`)
		UNION
		SELECT file_id
		FROM messages
		WHERE company_id = $2 AND file_id <> '' AND slack_id IN `+theirSlackIDs+`
		ORDER BY file_id`, r.ID, r.CompanyID)
	if err != nil {
		return 0, fmt.Errorf("look for files: %w", err)
	}
	for part := range chunks(files) {
		list, args := in([]any{r.CompanyID}, part)
		if _, err := t.ExecContext(ctx, `
			UPDATE removals
			SET file_id = ''
			WHERE company_id = $1 AND file_id IN `+list, args...); err != nil {
			return 0, fmt.Errorf("forget files: %w", err)
		}
	}
	rows := make([][]any, len(files))
	for i, file := range files {
		rows[i] = []any{newID(), r.CompanyID, r.ID, "", "", file, stamp(t.now)}
	}
	if err := t.insert(ctx, "erasures", []string{"id", "company_id", "removal_id", "channel", "ts", "file_id", "created_at"}, rows); err != nil {
		return 0, err
	}
	return len(files), t.leave(ctx, r.CompanyID, deleteFiles(files)...)
}

// endAccessOf lets Herald's access to the subjects' accounts be ended at their networks.
func (t *tx) endAccessOf(ctx context.Context, r removalRow) error {
	theirs, err := t.accesses(ctx, `member_id IN (SELECT member_id FROM removal_members WHERE removal_id = $1)`, r.ID)
	if err != nil {
		return err
	}
	return t.endAccess(ctx, r.CompanyID, r.ID, theirs)
}

// caseCardsOf returns the cases about the subjects that somebody else has a card of.
func (t *tx) caseCardsOf(ctx context.Context, r removalRow) ([]string, error) {
	var ids []string
	err := t.SelectContext(ctx, &ids, `
		SELECT DISTINCT c.id
		FROM cases c
		JOIN cards k ON k.ref = c.id AND k.company_id = c.company_id
		WHERE c.company_id = $2 AND k.kind = 'case_card'
			AND c.member_id IN (SELECT member_id FROM removal_members WHERE removal_id = $1)
			AND k.slack_id NOT IN (SELECT slack_id FROM removal_members WHERE removal_id = $1)
		ORDER BY c.id`, r.ID, r.CompanyID)
	if err != nil {
		return nil, fmt.Errorf("look for cards: %w", err)
	}
	return ids, nil
}

// cardsGone are the jobs that blank the cards of cases and signups, whose messages name the subjects, and then forget them.
func cardsGone(ids []string) []Job {
	jobs := make([]Job, len(ids))
	for i, id := range ids {
		jobs[i] = Job{Kind: JobCardsGone, Ref: id}
	}
	return jobs
}

// dropSignupsOf erases registrations that wait with an address or account of the subjects, and returns their ids. Their cards stay until
// they are blanked: a card names only who got it.
func (t *tx) dropSignupsOf(ctx context.Context, r removalRow, subjects []subject) ([]string, error) {
	keys, err := t.s.secret(ctx, r.CompanyID)
	if err != nil {
		return nil, err
	}
	var waiting []struct {
		signupRow
		AccountHash string `db:"account_hash"`
		EmailHash   string `db:"email_hash"`
	}
	err = t.SelectContext(ctx, &waiting, `
		SELECT `+signupColumns+`, account_hash, email_hash
		FROM signups
		WHERE company_id = $1`, r.CompanyID)
	if err != nil || len(waiting) == 0 {
		return nil, err
	}
	theirs := map[string]bool{}
	for _, s := range subjects {
		theirs[s.ID] = true
		theirs[keys.emailHash(s.Email)] = true
		theirs[keys.emailHash(s.MemberEmail)] = true
	}
	delete(theirs, "") // somebody without an address
	var accounts []struct {
		Network string `db:"network"`
		Subject string `db:"subject"`
	}
	err = t.SelectContext(ctx, &accounts, `
		SELECT network, subject
		FROM connections
		WHERE member_id IN (
			SELECT member_id
			FROM removal_members
			WHERE removal_id = $1)`, r.ID)
	if err != nil {
		return nil, fmt.Errorf("load accounts: %w", err)
	}
	for _, a := range accounts {
		theirs[keys.accountHash(a.Network, a.Subject)] = true
	}
	var ids []string
	var dropped []signupRow
	for _, w := range waiting {
		if w.PersonID != nil && theirs[*w.PersonID] || theirs[w.AccountHash] || theirs[w.EmailHash] {
			ids = append(ids, w.ID)
			dropped = append(dropped, w.signupRow)
		}
	}
	if err := t.endAccess(ctx, r.CompanyID, r.ID, t.accessesOf(dropped, Account{})); err != nil {
		return nil, err
	}
	for part := range chunks(ids) {
		list, args := in(nil, part)
		if _, err := t.ExecContext(ctx, `DELETE FROM signups WHERE id IN `+list, args...); err != nil {
			return nil, fmt.Errorf("drop signups: %w", err)
		}
	}
	return ids, t.dropJobs(ctx, ids)
}

type purgeStatement struct {
	what string // the table
	sql  string // $1 is the removal, $2 the company, $3 the time
}

// What belongs to the people of a removal; $1 is the removal, $2 the company.
const (
	theirIDs      = `(SELECT member_id FROM removal_members WHERE removal_id = $1)`
	theirSlackIDs = `(SELECT slack_id FROM removal_members WHERE removal_id = $1 AND slack_id <> '')`
	theirHashes   = `(SELECT p.subject_hash FROM removal_members r JOIN people p ON p.id = r.member_id WHERE r.removal_id = $1)`
	theirInvites  = `(SELECT id FROM invites WHERE company_id = $2 AND subject_hash IN ` + theirHashes + `)`
	theirCases    = `(SELECT id FROM cases WHERE member_id IN ` + theirIDs + `)`
)

// purgeStatements erase, in this order, everything about the people of a removal. A table that will hold personal data gets its line
// here; the test that dumps the database after a purge tells if it was forgotten.
func purgeStatements() []purgeStatement {
	return []purgeStatement{
		{"jobs", `DELETE FROM river_job WHERE args ->> 'ref' IN ` + theirIDs},
		{"jobs", `DELETE FROM river_job WHERE args ->> 'ref' IN ` + theirInvites},
		{"jobs", `DELETE FROM river_job WHERE args ->> 'ref' IN ` + theirCases},
		{"jobs", `DELETE FROM river_job WHERE args ->> 'ref' IN (SELECT consent_id FROM connections WHERE member_id IN ` + theirIDs + `)`},
		{"cards", `DELETE FROM cards WHERE ref IN ` + theirIDs},
		{"cards", `DELETE FROM cards WHERE ref IN ` + theirInvites},
		{"cards", `DELETE FROM cards WHERE kind <> 'case_card' AND ref IN ` + theirCases}, // JobCardsGone needs the others
		{"cards", `DELETE FROM cards WHERE company_id = $2 AND slack_id IN ` + theirSlackIDs},
		{"erasures", `
			INSERT INTO erasures (id, company_id, removal_id, channel, ts, created_at)
			SELECT id, company_id, $1, channel, ts, $3
			FROM messages
			WHERE company_id = $2 AND file_id = '' AND slack_id IN ` + theirSlackIDs},
		{"messages", `DELETE FROM messages WHERE company_id = $2 AND slack_id IN ` + theirSlackIDs},
		{"sends", `DELETE FROM sends WHERE company_id = $2 AND slack_id IN ` + theirSlackIDs},
		{"invites", `DELETE FROM invites WHERE company_id = $2 AND subject_hash IN ` + theirHashes},
		// Once nobody knows who invited somebody as a recruiter, it looks like the command line did.
		{"invites", `
			UPDATE invites
			SET as_type = 'employee'
			WHERE company_id = $2 AND state <> 'accepted' AND as_type = 'recruiter' AND invited_by IN ` + theirSlackIDs},
		{"invites", `UPDATE invites SET invited_by = '' WHERE company_id = $2 AND invited_by IN ` + theirSlackIDs},
		{"authorizations", `DELETE FROM authorizations WHERE company_id = $2 AND subject_hash IN ` + theirHashes},
		{"cases", `DELETE FROM cases WHERE member_id IN ` + theirIDs},
		{"cases", `UPDATE cases SET requested_by = '', reason = '' WHERE company_id = $2 AND requested_by IN ` + theirSlackIDs},
		{"cases", `UPDATE cases SET decided_by = '', decision = '' WHERE company_id = $2 AND decided_by IN ` + theirSlackIDs},
		{"selections", `DELETE FROM selections WHERE member_id IN ` + theirIDs},
		{"selections", `
			DELETE FROM selections
			WHERE screen_id IN (SELECT id FROM screens WHERE company_id = $2 AND viewer IN ` + theirSlackIDs + `)`},
		{"screens", `DELETE FROM screens WHERE company_id = $2 AND viewer IN ` + theirSlackIDs},
		{"run_people", `DELETE FROM run_people WHERE person_id IN ` + theirIDs},
		{"runs", `DELETE FROM runs WHERE company_id = $2 AND status = 'proposed' AND started_by IN ` + theirSlackIDs},
		{"runs", `UPDATE runs SET started_by = '' WHERE company_id = $2 AND started_by IN ` + theirSlackIDs},
		{"jobs", `DELETE FROM river_job WHERE args ->> 'ref' IN (SELECT id FROM nudges WHERE person_id IN ` + theirIDs + `)`},
		{"effects of reminders", uncountEffects},
		{"nudges", `DELETE FROM nudges WHERE person_id IN ` + theirIDs},
		{"reminded", `DELETE FROM reminded WHERE person_id IN ` + theirIDs},
		{"reminder runs", `UPDATE reminder_runs SET asked_by = '' WHERE company_id = $2 AND asked_by IN ` + theirSlackIDs},
		{"words", `DELETE FROM words WHERE person_id IN ` + theirIDs},
		{"former accounts", `DELETE FROM former_accounts WHERE member_id IN ` + theirIDs},
		{"connections", `DELETE FROM connections WHERE member_id IN ` + theirIDs},
		{"members", `DELETE FROM members WHERE company_id = $2 AND id IN ` + theirIDs},
		{"people", `DELETE FROM people WHERE company_id = $2 AND id IN ` + theirIDs},
		// Proposals of theirs, and then their names and ids in the snapshots of others and of this removal.
		{"removals", `
			DELETE FROM removals
			WHERE company_id = $2 AND id <> $1 AND status = 'proposed' AND by_slack IN ` + theirSlackIDs},
		{"removals", `UPDATE removals SET by_slack = '' WHERE company_id = $2 AND by_slack IN ` + theirSlackIDs},
		{"snapshots", `DELETE FROM removal_members WHERE removal_id <> $1 AND member_id IN ` + theirIDs},
		{"snapshots", `DELETE FROM removal_members WHERE removal_id = $1`},
	}
}

// errBusy is returned by scrub if readers did not let go of the database in time.
var errBusy = errors.New("the database is being read")

const (
	scrubAttempts = 100 // two seconds: readers hold a snapshot for milliseconds, on a busy machine for longer
	scrubPause    = 20 * time.Millisecond
)

// scrub takes what was deleted out of SQLite's files: secure_delete put zeros into the pages, but their former content is in the
// write-ahead log until that is truncated. PostgreSQL overwrites deleted rows as it vacuums.
func (s *Store) scrub(ctx context.Context) error {
	if s.postgres {
		return nil
	}
	for range scrubAttempts {
		var busy, frames, moved int
		if err := s.write.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &frames, &moved); err != nil {
			return fmt.Errorf("truncate write-ahead log: %w", err)
		}
		if busy == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(scrubPause):
		}
	}
	return errBusy
}

// scrubSoon scrubs, now or with the next Tidy.
func (s *Store) scrubSoon(ctx context.Context) error {
	if err := s.scrub(ctx); !errors.Is(err, errBusy) {
		return err
	}
	return nil
}
