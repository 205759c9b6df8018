package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
)

// RemovalStatus is how far a removal is.
type RemovalStatus string

// The statuses.
const (
	RemovalProposed  RemovalStatus = "proposed"  // shown, not confirmed
	RemovalConfirmed RemovalStatus = "confirmed" // to be executed: a job exists
	RemovalDone      RemovalStatus = "done"
)

// A Removal is one pending or executed removal of members, which its confirmation names by id.
type Removal struct {
	ID        string
	CompanyID string
	By        Actor
	ScreenID  string // the User Management screen it came from, or ""
	Status    RemovalStatus
	Members   []RemovalMember // by name; empty once done
	Shown     int             // how many members the confirmation showed: more than Members if somebody is gone since
	FileID    string          // Slack file with the full list, or ""; a JobDeleteFile follows when the list is no longer of use
	Removed   int             // how many accounts were purged, once done
	Never     bool            // who leaves does not want to be invited again
}

// RemovalMember is a member as the confirmation showed them.
type RemovalMember struct {
	MemberID    string
	SlackID     string
	Name        string
	Email       string
	Type        MemberType
	Self        bool
	CompanyPage string // name of the company Facebook Page the account is connected to, or ""
}

type removalRow struct {
	ID        string        `db:"id"`
	CompanyID string        `db:"company_id"`
	BySlack   string        `db:"by_slack"`
	ByCLI     bool          `db:"by_cli"`
	ScreenID  string        `db:"screen_id"`
	Status    RemovalStatus `db:"status"`
	FileID    string        `db:"file_id"`
	Proposed  int           `db:"proposed"`
	Removed   int           `db:"removed"`
	Never     bool          `db:"never"`
}

const removalColumns = `id, company_id, by_slack, by_cli, screen_id, status, file_id, proposed, removed, never`

// by is who proposed it. Herald's own have a word in the column that is no Slack id.
func (r removalRow) by() Actor {
	if r.BySlack == actorHerald {
		return Actor{Herald: true}
	}
	return Actor{SlackID: r.BySlack, CLI: r.ByCLI}
}

func (r removalRow) removal() Removal {
	return Removal{
		ID: r.ID, CompanyID: r.CompanyID, By: r.by(), ScreenID: r.ScreenID, Status: r.Status,
		Shown: r.Proposed, FileID: r.FileID, Removed: r.Removed, Never: r.Never,
	}
}

// ProposeRemoval takes a snapshot of the members for a confirmation. Members who are gone are left out, and on a screen that lists who is
// deactivated in Slack also those who came back; ErrNotFound if nobody is left,
// ErrTooMany above SelectionLimit, ErrLastAdmin if no company admin would remain. The actor is an admin, or removes only their own account
// (Leave); anybody else is ErrForbidden.
func (s *Store) ProposeRemoval(ctx context.Context, companyID string, by Actor, screenID string, memberIDs []string) (Removal, error) {
	if len(memberIDs) > SelectionLimit {
		return Removal{}, fmt.Errorf("propose removal: %w", ErrTooMany)
	}
	var removal Removal
	err := s.change(ctx, companyID, func(t *tx) error {
		members, err := t.snapshot(ctx, companyID, by, memberIDs)
		if err != nil {
			return err
		}
		if members, err = t.withoutReturned(ctx, companyID, screenID, members); err != nil {
			return err
		}
		if err := t.allowRemoval(ctx, companyID, by, members); err != nil {
			return err
		}
		row := removalRow{
			ID: newID(), CompanyID: companyID, BySlack: by.SlackID, ByCLI: by.CLI, ScreenID: screenID, Status: RemovalProposed,
			Proposed: len(members),
		}
		removal = row.removal()
		removal.Members = members
		return t.insertRemoval(ctx, row, members)
	})
	if err != nil {
		return Removal{}, fmt.Errorf("propose removal: %w", err)
	}
	return removal, nil
}

// allowRemoval decides whether the actor may remove these members at this moment.
func (t *tx) allowRemoval(ctx context.Context, companyID string, by Actor, members []RemovalMember) error {
	if len(members) != 1 || !members[0].Self {
		if err := t.requireAdmin(ctx, companyID, by); err != nil {
			return err
		}
	}
	if len(members) == 0 {
		return ErrNotFound
	}
	ids := make([]string, len(members))
	admins := false
	for i, m := range members {
		ids[i] = m.MemberID
		admins = admins || m.Type == Admin
	}
	if !admins {
		return nil
	}
	return t.requireOtherAdmins(ctx, companyID, ids)
}

// snapshot loads those of the members who exist, by name.
func (t *tx) snapshot(ctx context.Context, companyID string, by Actor, memberIDs []string) ([]RemovalMember, error) {
	var rows []snapshotRow
	for part := range chunks(memberIDs) {
		list, args := in([]any{companyID}, part)
		var found []snapshotRow
		err := t.SelectContext(ctx, &found, `
			SELECT m.id AS member_id, coalesce(p.slack_id, '') AS slack_id, p.name, m.email, m.type, m.sort_key, coalesce((
				SELECT max(c.company_page)
				FROM connections c
				WHERE c.member_id = m.id), '') AS company_page
			FROM members m
			JOIN people p ON p.id = m.id
			WHERE m.company_id = $1 AND m.id IN `+list, args...)
		if err != nil {
			return nil, fmt.Errorf("take snapshot: %w", err)
		}
		rows = append(rows, found...)
	}
	slices.SortFunc(rows, func(a, b snapshotRow) int { return slices.Compare(a.SortKey, b.SortKey) })
	rows = slices.CompactFunc(rows, func(a, b snapshotRow) bool { return a.MemberID == b.MemberID })
	members := make([]RemovalMember, len(rows))
	for i, r := range rows {
		members[i] = r.member(by)
	}
	return members, nil
}

type snapshotRow struct {
	MemberID    string     `db:"member_id"`
	SlackID     string     `db:"slack_id"`
	Name        string     `db:"name"`
	Email       string     `db:"email"`
	Type        MemberType `db:"type"`
	CompanyPage string     `db:"company_page"`
	SortKey     []byte     `db:"sort_key"`
}

func (r snapshotRow) member(by Actor) RemovalMember {
	return RemovalMember{
		MemberID: r.MemberID, SlackID: r.SlackID, Name: r.Name, Email: r.Email, Type: r.Type, CompanyPage: r.CompanyPage,
		Self: r.SlackID != "" && r.SlackID == by.SlackID,
	}
}

// insertRemoval writes a new removal with its snapshot.
func (t *tx) insertRemoval(ctx context.Context, r removalRow, members []RemovalMember) error {
	_, err := t.ExecContext(ctx, `
		INSERT INTO removals (id, company_id, by_slack, by_cli, screen_id, status, file_id, proposed, removed, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, '', $7, 0, $8)`,
		r.ID, r.CompanyID, r.BySlack, r.ByCLI, r.ScreenID, r.Status, len(members), stamp(t.now))
	if err != nil {
		return err
	}
	return t.insertSnapshot(ctx, r.ID, members)
}

func (t *tx) insertSnapshot(ctx context.Context, removalID string, members []RemovalMember) error {
	columns := []string{"removal_id", "position", "member_id", "slack_id", "name", "email", "type", "company_page"}
	rows := make([][]any, len(members))
	for i, m := range members {
		rows[i] = []any{removalID, i, m.MemberID, m.SlackID, m.Name, m.Email, m.Type, m.CompanyPage}
	}
	return t.insert(ctx, "removal_members", columns, rows)
}

// Removal returns the actor's own removal, or ErrNotFound.
func (s *Store) Removal(ctx context.Context, companyID string, by Actor, removalID string) (Removal, error) {
	row, members, err := loadRemoval(ctx, s.read, companyID, removalID)
	if err == nil && row.by() != by {
		err = ErrNotFound
	}
	if err != nil {
		return Removal{}, fmt.Errorf("load removal: %w", err)
	}
	removal := row.removal()
	removal.Members = members
	return removal, nil
}

// loadRemoval returns a removal and its snapshot.
func loadRemoval(ctx context.Context, q querier, companyID, removalID string) (removalRow, []RemovalMember, error) {
	var row removalRow
	err := q.GetContext(ctx, &row, `
		SELECT `+removalColumns+`
		FROM removals
		WHERE company_id = $1 AND id = $2`, companyID, removalID)
	if err != nil {
		return removalRow{}, nil, found(err)
	}
	var rows []snapshotRow
	err = q.SelectContext(ctx, &rows, `
		SELECT member_id, slack_id, name, email, type, company_page
		FROM removal_members
		WHERE removal_id = $1
		ORDER BY position`, removalID)
	if err != nil {
		return removalRow{}, nil, err
	}
	var members []RemovalMember
	for _, r := range rows {
		members = append(members, r.member(row.removal().By))
	}
	return row, members, nil
}

// proposal returns a removal that the actor proposed and nobody confirmed. ErrNotFound if it is not the actor's, ErrUsed if it was confirmed.
func (t *tx) proposal(ctx context.Context, companyID string, by Actor, removalID string) (removalRow, []RemovalMember, error) {
	row, shown, err := loadRemoval(ctx, t, companyID, removalID)
	switch {
	case err != nil:
		return removalRow{}, nil, err
	case row.BySlack != by.SlackID || row.ByCLI != by.CLI:
		return removalRow{}, nil, ErrNotFound
	case row.Status != RemovalProposed:
		return removalRow{}, nil, ErrUsed
	}
	return row, shown, nil
}

// SetNever remembers whether somebody who is about to leave wants never to be invited again. ErrNotFound if it is not the actor's own
// account, and theirs alone, that waits for the confirmation.
func (s *Store) SetNever(ctx context.Context, companyID string, by Actor, removalID string, never bool) error {
	err := s.update(ctx, func(t *tx) error {
		n, err := t.exec(ctx, `
			UPDATE removals
			SET never = $4
			WHERE company_id = $1 AND id = $2 AND by_slack = $3 AND status = 'proposed' AND proposed = 1 AND EXISTS (
				SELECT 1
				FROM removal_members
				WHERE removal_id = $2 AND slack_id = $3)`, companyID, removalID, by.SlackID, never)
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("remember a wish: %w", err)
	}
	return nil
}

// SetRemovalFile remembers the Slack file that holds the full list, in place of an earlier one. ErrNotFound if the removal waits for no
// confirmation any more; then the file is of no use, and a JobDeleteFile follows.
func (s *Store) SetRemovalFile(ctx context.Context, companyID, removalID, fileID string) error {
	var gone bool
	err := s.change(ctx, companyID, func(t *tx) error {
		var old string
		err := t.GetContext(ctx, &old, `
			SELECT file_id
			FROM removals
			WHERE company_id = $1 AND id = $2 AND status = 'proposed'`, companyID, removalID)
		if gone = errors.Is(err, sql.ErrNoRows); gone {
			return t.leave(ctx, companyID, deleteFiles([]string{fileID})...)
		}
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `
			UPDATE removals
			SET file_id = $2
			WHERE id = $1`, removalID, fileID)
		if err != nil {
			return err
		}
		return t.leave(ctx, companyID, deleteFiles([]string{old})...)
	})
	if err == nil && gone {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("remember file: %w", err)
	}
	return nil
}

// deleteFiles are the jobs that delete the files of removals; "" is none.
func deleteFiles(fileIDs []string) []Job {
	var jobs []Job
	for _, id := range fileIDs {
		if id != "" {
			jobs = append(jobs, Job{Kind: JobDeleteFile, Ref: id})
		}
	}
	return jobs
}

// ConfirmRemoval turns a proposed removal to confirmed and leaves a JobRemoval, both or neither. If the snapshot no longer holds
// (somebody gone, back in Slack, another type or page), it replaces the snapshot, and returns it with ErrChanged; ErrUsed when confirmed before,
// ErrLastAdmin, ErrNotFound and ErrForbidden as ProposeRemoval.
func (s *Store) ConfirmRemoval(ctx context.Context, companyID string, by Actor, removalID string) (Removal, error) {
	var removal Removal
	var changed bool
	err := s.change(ctx, companyID, func(t *tx) error {
		row, shown, err := t.proposal(ctx, companyID, by, removalID)
		if err != nil {
			return err
		}
		ids := make([]string, len(shown))
		for i, m := range shown {
			ids[i] = m.MemberID
		}
		members, err := t.snapshot(ctx, companyID, by, ids)
		if err != nil {
			return err
		}
		if members, err = t.withoutReturned(ctx, companyID, row.ScreenID, members); err != nil {
			return err
		}
		if err := t.allowRemoval(ctx, companyID, by, members); err != nil {
			return err
		}
		// A purge takes its people out of other snapshots, so their size tells too.
		changed = len(shown) != row.Proposed || !slices.Equal(shown, members)
		removal = row.removal()
		removal.Members = members
		if changed {
			removal.Shown, removal.FileID = len(members), ""
			return t.replaceSnapshot(ctx, row, members)
		}
		removal.Status = RemovalConfirmed
		_, err = t.ExecContext(ctx, `
			UPDATE removals
			SET status = 'confirmed'
			WHERE id = $1`, removalID)
		if err != nil {
			return err
		}
		return t.leave(ctx, companyID, Job{Kind: JobRemoval, Ref: removalID})
	})
	if err == nil && changed {
		err = ErrChanged
	}
	if err != nil {
		return removal, fmt.Errorf("confirm removal: %w", err)
	}
	return removal, nil
}

func (t *tx) replaceSnapshot(ctx context.Context, r removalRow, members []RemovalMember) error {
	_, err := t.ExecContext(ctx, `
		DELETE FROM removal_members
		WHERE removal_id = $1`, r.ID)
	if err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, `
		UPDATE removals
		SET proposed = $2, file_id = ''
		WHERE id = $1`, r.ID, len(members))
	if err != nil {
		return err
	}
	if err := t.leave(ctx, r.CompanyID, deleteFiles([]string{r.FileID})...); err != nil {
		return err
	}
	return t.insertSnapshot(ctx, r.ID, members)
}

// endRemoval forgets a removal that purges nobody.
func (t *tx) endRemoval(ctx context.Context, r removalRow) error {
	_, err := t.ExecContext(ctx, `
		DELETE FROM removals
		WHERE id = $1`, r.ID)
	if err != nil {
		return err
	}
	if _, err := t.settleDeletion(ctx, r.ID, 0); err != nil {
		return err
	}
	return t.leave(ctx, r.CompanyID, deleteFiles([]string{r.FileID})...)
}

// DropRemoval forgets a proposed removal (Cancel) and returns it. ErrNotFound if it is not the actor's, ErrUsed if it was confirmed.
func (s *Store) DropRemoval(ctx context.Context, companyID string, by Actor, removalID string) (Removal, error) {
	var removal Removal
	err := s.change(ctx, companyID, func(t *tx) error {
		row, members, err := t.proposal(ctx, companyID, by, removalID)
		if err != nil {
			return err
		}
		removal = row.removal()
		removal.Members = members
		return t.endRemoval(ctx, row)
	})
	if err != nil {
		return Removal{}, fmt.Errorf("drop removal: %w", err)
	}
	return removal, nil
}

// ExecuteRemoval purges the members of a confirmed removal in one transaction, and is harmless to repeat. It returns the removal as it
// was before (with Members), Removed set; a removal that is done already comes back with Members empty. ErrNotFound if it was not
// confirmed. Of those whom Herald removes by itself, whoever came back to Slack stays; if all did, the removal is forgotten. With ErrLastAdmin, because meanwhile nobody else is company admin, the removal comes back for the last time: it is forgotten,
// since it must not happen some other day, when nobody expects it any more.
func (s *Store) ExecuteRemoval(ctx context.Context, companyID, removalID string) (Removal, error) {
	var removal Removal
	var refused bool
	err := s.change(ctx, companyID, func(t *tx) error {
		refused = false
		row, members, err := loadRemoval(ctx, t, companyID, removalID)
		if err != nil {
			return err
		}
		removal = row.removal()
		switch row.Status {
		case RemovalDone:
			return nil
		case RemovalProposed:
			return ErrNotFound
		case RemovalConfirmed:
		}
		if row.by().Herald {
			if members, err = t.dropReturned(ctx, row, members); err != nil {
				return err
			}
			if len(members) == 0 {
				return t.endRemoval(ctx, row)
			}
		}
		removal.Members = members
		removal.Removed, err = t.purge(ctx, row)
		if refused = errors.Is(err, ErrLastAdmin); refused { // nothing was purged yet
			return t.endRemoval(ctx, row)
		}
		return err
	})
	switch {
	case err != nil:
		return Removal{}, fmt.Errorf("execute removal: %w", err)
	case refused:
		return removal, fmt.Errorf("execute removal: %w", ErrLastAdmin)
	}
	if err := s.scrubSoon(ctx); err != nil {
		return removal, fmt.Errorf("execute removal: %w", err)
	}
	return removal, nil
}
