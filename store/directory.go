package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// syncLife is how long a sync may be gone on with: a workspace of a million people takes four hours at Slack's pace, and what was read
// before then may be wrong by now.
const syncLife = 12 * time.Hour

// A DirectorySync is one reading of a whole workspace directory, page by page. What is read is kept, so that whoever goes on with it after
// a crash begins where it stopped.
type DirectorySync struct {
	StartedAt  time.Time
	Cursor     string // Slack's, of the next page; "" for the first one
	People     int    // who were read so far; of these
	Colleagues int    // who work here

	companyID string
	pages     int
}

// Complete tells whether all pages were read.
func (d DirectorySync) Complete() bool { return d.pages > 0 && d.Cursor == "" }

type syncRow struct {
	StartedAt    int64  `db:"started_at"`
	Pages        int    `db:"pages"`
	CursorSealed []byte `db:"cursor_sealed"`
	People       int    `db:"people"`
	Colleagues   int    `db:"colleagues"`
}

// BeginSync returns the sync of the company's directory that is under way, or begins one. Several callers may go on with the same sync:
// for each page, one of them is told to.
func (s *Store) BeginSync(ctx context.Context, companyID string) (DirectorySync, error) {
	var row syncRow
	err := s.update(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, `
			DELETE FROM directory_syncs
			WHERE company_id = $1 AND started_at < $2`, companyID, stamp(t.now.Add(-syncLife)))
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `
			INSERT INTO directory_syncs (company_id, started_at, pages, cursor_sealed, people, colleagues)
			VALUES ($1, $2, 0, $3, 0, 0)
			ON CONFLICT (company_id) DO NOTHING`, companyID, stamp(t.now), s.sealCursor(companyID, ""))
		if err != nil {
			return err
		}
		return t.GetContext(ctx, &row, `
			SELECT started_at, pages, cursor_sealed, people, colleagues
			FROM directory_syncs
			WHERE company_id = $1`, companyID)
	})
	if err != nil {
		return DirectorySync{}, fmt.Errorf("begin a directory sync: %w", err)
	}
	cursor, err := s.keys.open(row.CursorSealed, "directory cursor", companyID)
	if err != nil {
		return DirectorySync{}, fmt.Errorf("begin a directory sync: %w", err)
	}
	return DirectorySync{
		StartedAt: unstamp(row.StartedAt), Cursor: string(cursor), People: row.People, Colleagues: row.Colleagues,
		companyID: companyID, pages: row.Pages,
	}, nil
}

// sealCursor hides a cursor, which leads to the person on whom its page begins.
func (s *Store) sealCursor(companyID, cursor string) []byte {
	return s.keys.seal([]byte(cursor), "directory cursor", companyID)
}

// MirrorPage writes a page of a sync as MirrorPeople does, and remembers where the next one begins. ErrChanged if somebody else has read this page: they go on. After
// the last page, whose next is "", the sync is Complete, and must be ended by FinishSync or DropSync.
func (s *Store) MirrorPage(ctx context.Context, sync DirectorySync, entries []Person, next string) (DirectorySync, error) {
	if len(entries) > mirrorLimit {
		return sync, fmt.Errorf("mirror a page: %w", ErrTooMany)
	}
	after := sync
	after.Cursor, after.pages, after.People = next, sync.pages+1, sync.People+len(entries)
	for _, e := range entries {
		if e.Eligible() {
			after.Colleagues++
		}
	}
	err := s.change(ctx, sync.companyID, func(t *tx) error {
		turned, err := t.exec(ctx, `
			UPDATE directory_syncs
			SET pages = $4, cursor_sealed = $5, people = $6, colleagues = $7
			WHERE company_id = $1 AND started_at = $2 AND pages = $3`,
			sync.companyID, stamp(sync.StartedAt), sync.pages, after.pages, s.sealCursor(sync.companyID, next), after.People, after.Colleagues)
		if err != nil {
			return err
		}
		if turned == 0 {
			return ErrChanged
		}
		return t.mirrorNews(ctx, sync.companyID, entries)
	})
	if err != nil {
		return sync, fmt.Errorf("mirror a page: %w", err)
	}
	return after, nil
}

// FinishSync ends a sync after its last page: people whom it did not find are deactivated from now on. The directory is as fresh as when the
// sync began, which may be long ago. ErrChanged if somebody else ended it.
func (s *Store) FinishSync(ctx context.Context, sync DirectorySync) error {
	err := s.change(ctx, sync.companyID, func(t *tx) error {
		if err := t.endSync(ctx, sync); err != nil {
			return err
		}
		var gone []string
		err := t.SelectContext(ctx, &gone, `
			UPDATE people
			SET deactivated = TRUE, deactivated_at = $3
			WHERE company_id = $1 AND slack_id IS NOT NULL AND NOT deactivated AND mirrored_at < $2
			RETURNING id`, sync.companyID, stamp(sync.StartedAt), stamp(t.now))
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `
			UPDATE companies
			SET synced_at = $2
			WHERE id = $1`, sync.companyID, stamp(sync.StartedAt))
		if err != nil {
			return err
		}
		return t.derive(ctx, sync.companyID, gone)
	})
	if err != nil {
		return fmt.Errorf("finish a directory sync: %w", err)
	}
	return nil
}

// DropSync ends a sync that cannot be gone on with, or is not to be believed. The next one starts over. It is no error if somebody else
// ended it.
func (s *Store) DropSync(ctx context.Context, sync DirectorySync) error {
	err := s.update(ctx, func(t *tx) error {
		err := t.endSync(ctx, sync)
		if errors.Is(err, ErrChanged) {
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("drop a directory sync: %w", err)
	}
	return nil
}

func (t *tx) endSync(ctx context.Context, sync DirectorySync) error {
	ended, err := t.exec(ctx, `
		DELETE FROM directory_syncs
		WHERE company_id = $1 AND started_at = $2 AND pages = $3`, sync.companyID, stamp(sync.StartedAt), sync.pages)
	if err != nil {
		return err
	}
	if ended == 0 {
		return ErrChanged
	}
	return nil
}
