package store

import (
	"context"
	"fmt"
)

// A Receipt tells what a removal erased and where, in numbers. What happens in the background counts as it is done.
type Receipt struct {
	Accounts     int
	Connections  int
	Invitations  int
	Files        int // in Slack: FilesDeleted and FilesKept of them, the rest is still to be done
	FilesDeleted int
	FilesKept    int // Slack did not allow it
	Messages     int // in Slack: Deleted, Blanked and Kept of them, the rest is still to be done
	Deleted      int
	Blanked      int // their words were taken off
	Kept         int // Slack allowed neither
	// Access is what became of Herald's access to the accounts at the networks, pending ones included.
	Access []RevocationCount
}

// writeReceipt counts what the purge is about to erase. The event in the audit log has the receipt's id, and no actor: it names nobody.
func (t *tx) writeReceipt(ctx context.Context, r removalRow, accounts, files int) error {
	_, err := t.ExecContext(ctx, `
		INSERT INTO receipts (id, company_id, connections, invitations, files, messages, deleted, blanked, kept)
		SELECT $1, $2, (
				SELECT count(*)
				FROM connections
				WHERE member_id IN `+theirIDs+`), (
				SELECT count(*)
				FROM invites
				WHERE company_id = $2 AND kind <> 'self' AND subject_hash IN `+theirHashes+`), $3, (
				SELECT count(*)
				FROM messages
				WHERE company_id = $2 AND file_id = '' AND slack_id IN `+theirSlackIDs+`), 0, 0, 0`, r.ID, r.CompanyID, files)
	if err != nil {
		return fmt.Errorf("write receipt: %w", err)
	}
	return t.audit(ctx, r.CompanyID, Actor{}, AuditEvent{ID: r.ID, Action: AuditErased, Count: accounts})
}

// receipts returns the receipts among the events, by their id.
func (s *Store) receipts(ctx context.Context, companyID string, ids []string) (map[string]*Receipt, error) {
	receipts := map[string]*Receipt{}
	for part := range chunks(ids) {
		list, args := in([]any{companyID}, part)
		var rows []struct {
			ID           string `db:"id"`
			Connections  int    `db:"connections"`
			Invitations  int    `db:"invitations"`
			Files        int    `db:"files"`
			FilesDeleted int    `db:"files_deleted"`
			FilesKept    int    `db:"files_kept"`
			Messages     int    `db:"messages"`
			Deleted      int    `db:"deleted"`
			Blanked      int    `db:"blanked"`
			Kept         int    `db:"kept"`
		}
		err := s.read.SelectContext(ctx, &rows, `
			SELECT id, connections, invitations, files, files_deleted, files_kept, messages, deleted, blanked, kept
			FROM receipts
			WHERE company_id = $1 AND id IN `+list, args...)
		if err != nil {
			return nil, fmt.Errorf("load receipts: %w", err)
		}
		for _, r := range rows {
			receipts[r.ID] = &Receipt{
				Connections: r.Connections, Invitations: r.Invitations, Files: r.Files, FilesDeleted: r.FilesDeleted,
				FilesKept: r.FilesKept, Messages: r.Messages, Deleted: r.Deleted, Blanked: r.Blanked, Kept: r.Kept,
			}
		}

		var access []struct {
			ID string `db:"removal_id"`
			RevocationCount
		}
		err = s.read.SelectContext(ctx, &access, `
			SELECT removal_id, network, outcome, n
			FROM revocation_counts
			WHERE company_id = $1 AND removal_id IN `+list+`
			UNION ALL
			SELECT removal_id, network, 'pending' AS outcome, count(*) AS n
			FROM revocations
			WHERE company_id = $1 AND removal_id IN `+list+`
			GROUP BY removal_id, network
			ORDER BY network, outcome`, args...)
		if err != nil {
			return nil, fmt.Errorf("load outcomes of revocations: %w", err)
		}
		for _, a := range access {
			if r := receipts[a.ID]; r != nil {
				r.Access = append(r.Access, a.RevocationCount)
			}
		}
	}
	return receipts, nil
}
