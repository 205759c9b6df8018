package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// messageLife is how long Herald knows where a direct message is.
	messageLife = 365 * 24 * time.Hour
	// messagesKept is of how many messages to one person it does, the latest.
	messagesKept = 200
	// ErasureLife is how long Herald tries to delete the messages to somebody who was removed, and knows where they are.
	ErasureLife = 7 * 24 * time.Hour
)

// SaveMessage remembers where a direct message is, so that it can be deleted when the account of its recipient is removed: the latest 200
// of each person, for a year. ErrRemoved if the recipient was removed; then nothing is stored, and the message stays.
func (s *Store) SaveMessage(ctx context.Context, companyID string, c Card) error {
	return s.saveMessage(ctx, companyID, c, "", time.Time{}, func(*tx) error { return ErrRemoved })
}

// eraseLate lets a message be deleted that was on its way when its recipient was removed.
func (t *tx) eraseLate(ctx context.Context, companyID string, c Card) error {
	ref := newID() // of its own: the removal's job may be at its end, and would not see one more
	_, err := t.ExecContext(ctx, `
		INSERT INTO erasures (id, company_id, removal_id, channel, ts, created_at)
		VALUES ($1, $2, $3, $4, $5, $6)`, newID(), companyID, ref, c.Channel, c.TS, stamp(t.now))
	if err != nil {
		return err
	}
	return t.leave(ctx, companyID, Job{Kind: JobErase, Ref: ref})
}

// SaveFile remembers a Slack file that is about to be sent to a person: from then on it is deleted with their account, whatever becomes
// of the upload. With expires, it is deleted then in any case. ErrRemoved if they were removed; then it must not be sent. FileSent follows.
func (s *Store) SaveFile(ctx context.Context, companyID, slackID, fileID string, expires time.Time) error {
	return s.saveMessage(ctx, companyID, Card{SlackID: slackID}, fileID, expires, func(*tx) error { return ErrRemoved })
}

// FileSent tells that a file of SaveFile is in Slack now. If its recipient was removed while it was on its way, when Slack knew nothing to
// be deleted, it is deleted at once.
func (s *Store) FileSent(ctx context.Context, companyID, slackID, fileID string) error {
	err := s.change(ctx, companyID, func(t *tx) error { // one after the other with a removal
		var saved bool
		err := t.GetContext(ctx, &saved, `
			SELECT EXISTS (
				SELECT 1
				FROM messages
				WHERE company_id = $1 AND slack_id = $2 AND file_id = $3)`, companyID, slackID, fileID)
		if err != nil || saved {
			return err
		}
		return t.leave(ctx, companyID, deleteFiles([]string{fileID})...)
	})
	if err != nil {
		return fmt.Errorf("remember that a file was sent: %w", err)
	}
	return nil
}

// saveMessage remembers a message or a file; late is for one whose recipient was removed.
func (s *Store) saveMessage(ctx context.Context, companyID string, c Card, fileID string, expires time.Time, late func(*tx) error) error {
	keys, err := s.secret(ctx, companyID)
	if err != nil {
		return fmt.Errorf("remember message: %w", err)
	}
	err = s.change(ctx, companyID, func(t *tx) error { // one after the other with a removal
		kept, err := t.saveMessage(ctx, companyID, c, fileID, expires, keys)
		if err != nil || kept {
			return err
		}
		return late(t)
	})
	if err != nil {
		return fmt.Errorf("remember message: %w", err)
	}
	return nil
}

// saveMessage remembers a message or a file, and the latest ones of its recipient; not if they were removed.
func (t *tx) saveMessage(ctx context.Context, companyID string, c Card, fileID string, expires time.Time, keys secret) (bool, error) {
	n, err := t.exec(ctx, `
		INSERT INTO messages (id, company_id, slack_id, channel, ts, file_id, sent_at, expires_at)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8
		WHERE NOT (`+stillGone("$2", "$9", "$3")+`)`,
		newID(), companyID, c.SlackID, c.Channel, c.TS, fileID, stamp(t.now), stamp(expires), keys.slackHash(c.SlackID))
	if err != nil || n == 0 {
		return false, err
	}
	_, err = t.ExecContext(ctx, `
		DELETE FROM messages
		WHERE company_id = $1 AND slack_id = $2 AND expires_at = 0 AND sent_at < (
			SELECT sent_at
			FROM messages
			WHERE company_id = $1 AND slack_id = $2
			ORDER BY sent_at DESC
			LIMIT 1 OFFSET $3)`, companyID, c.SlackID, messagesKept-1)
	return true, err
}

// expireFiles lets the files be deleted whose time has come.
func (s *Store) expireFiles(ctx context.Context, companyID string) error {
	return s.update(ctx, func(t *tx) error {
		var files []string
		err := t.SelectContext(ctx, &files, `
			DELETE FROM messages
			WHERE company_id = $1 AND expires_at > 0 AND expires_at <= $2
			RETURNING file_id`, companyID, stamp(t.now))
		if err != nil {
			return err
		}
		return t.leave(ctx, companyID, deleteFiles(files)...)
	})
}

// An Erasure is a message to somebody who was removed, which JobErase deletes in Slack.
type Erasure struct {
	ID      string
	Channel string
	TS      string
	// Open is the attempt to send it, if that was open when its recipient was removed; then the message has to be looked for, and has
	// neither Channel nor TS. Else it is nil.
	Open *Send
}

// ErasureOutcome is what became of an Erasure, or of a file.
type ErasureOutcome string

// The outcomes.
const (
	MessageDeleted ErasureOutcome = "deleted"
	MessageBlanked ErasureOutcome = "blanked" // its words were taken off
	MessageKept    ErasureOutcome = "kept"    // Slack allows neither
)

// Erasures returns at most limit of the messages that a removal still has to delete.
func (s *Store) Erasures(ctx context.Context, companyID, removalID string, limit int) ([]Erasure, error) {
	var rows []struct {
		ID      string `db:"id"`
		Channel string `db:"channel"`
		TS      string `db:"ts"`
		Send    []byte `db:"send_sealed"`
	}
	err := s.read.SelectContext(ctx, &rows, `
		SELECT id, channel, ts, send_sealed
		FROM erasures
		WHERE company_id = $1 AND removal_id = $2 AND file_id = ''
		ORDER BY id
		LIMIT $3`, companyID, removalID, limit)
	if err != nil {
		return nil, fmt.Errorf("load messages to delete: %w", err)
	}
	list := make([]Erasure, len(rows))
	for i, r := range rows {
		list[i] = Erasure{ID: r.ID, Channel: r.Channel, TS: r.TS}
		if r.Send == nil {
			continue
		}
		if list[i].Open, err = s.openedSend(companyID, r.ID, r.Send); err != nil {
			return nil, fmt.Errorf("load messages to delete: %w", err)
		}
	}
	return list, nil
}

// SettleErasure forgets the message and counts the outcome on the removal's receipt. One that is settled already stays as it is.
func (s *Store) SettleErasure(ctx context.Context, companyID, erasureID string, outcome ErasureOutcome) error {
	if err := s.settle(ctx, outcome, `company_id = $1 AND id = $2`, companyID, erasureID); err != nil {
		return fmt.Errorf("settle a deleted message: %w", err)
	}
	return nil
}

// SettleFile is SettleErasure for a Slack file, which JobDeleteFile deletes. Most files are deleted because they have served their purpose:
// those are on no receipt.
func (s *Store) SettleFile(ctx context.Context, companyID, fileID string, outcome ErasureOutcome) error {
	if err := s.settle(ctx, outcome, `company_id = $1 AND file_id = $2 AND file_id <> ''`, companyID, fileID); err != nil {
		return fmt.Errorf("settle a deleted file: %w", err)
	}
	return nil
}

// settle settles the erasures that the condition selects. With the last one of all, what was deleted is taken out of the database's files.
func (s *Store) settle(ctx context.Context, outcome ErasureOutcome, condition string, args ...any) error {
	var more bool
	err := s.update(ctx, func(t *tx) error {
		if err := t.settleErasures(ctx, outcome, condition, args...); err != nil {
			return err
		}
		return t.GetContext(ctx, &more, `
			SELECT EXISTS (
				SELECT 1
				FROM erasures)`)
	})
	if err == nil && !more {
		err = s.scrubSoon(ctx)
	}
	return err
}

func (t *tx) settleErasures(ctx context.Context, outcome ErasureOutcome, condition string, args ...any) error {
	var rows []struct {
		RemovalID string `db:"removal_id"`
		FileID    string `db:"file_id"`
	}
	err := t.SelectContext(ctx, &rows, `
		DELETE FROM erasures
		WHERE `+condition+`
		RETURNING removal_id, file_id`, args...)
	if err != nil {
		return err
	}
	type place struct {
		removalID string
		file      bool
	}
	n := map[place]int{}
	for _, r := range rows {
		n[place{r.RemovalID, r.FileID != ""}]++
	}
	for of, settled := range n {
		column, ok := receiptColumn(outcome, of.file)
		if !ok {
			return errors.New("no outcome " + string(outcome))
		}
		_, err := t.ExecContext(ctx, `
			UPDATE receipts
			SET `+column+` = `+column+` + $2
			WHERE id = $1`, of.removalID, settled)
		if err != nil {
			return fmt.Errorf("count on the receipt: %w", err)
		}
	}
	return nil
}

// receiptColumn counts the outcome of messages or files; false if they have no such outcome.
func receiptColumn(outcome ErasureOutcome, file bool) (string, bool) {
	switch {
	case file && outcome == MessageDeleted:
		return "files_deleted", true
	case file && outcome == MessageKept:
		return "files_kept", true
	case !file && outcome == MessageDeleted:
		return "deleted", true
	case !file && outcome == MessageBlanked:
		return "blanked", true
	case !file && outcome == MessageKept:
		return "kept", true
	}
	return "", false
}
