package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

const (
	// FailureUnverified is the failure of an invitation whose message may have arrived: Slack did not say, and cannot be asked. It counts
	// as sent, so nobody is invited twice; an admin may resend it.
	FailureUnverified = "unverified"
	// sendLife is how long a Send is remembered after its last change: longer than any job is tried.
	sendLife = 8 * 24 * time.Hour
)

// A Send is a direct message that a job sends to a person, from before the first attempt. Its ID goes into the message's metadata and
// means nothing to anybody else.
type Send struct {
	ID        string
	CompanyID string
	SlackID   string    // of the recipient
	BegunAt   time.Time // when the attempt began of which nobody knows whether it succeeded; zero: there is none
	Channel   string    // where the message is once that is known, else ""
	TS        string    // likewise
}

type sendRow struct {
	ID      string `db:"id"`
	BegunAt int64  `db:"begun_at"`
	Channel string `db:"channel"`
	TS      string `db:"ts"`
}

// sender names a job for good: SQLite gives ids of deleted jobs away again.
func (j Job) sender() string { return j.ID + "@" + strconv.FormatInt(j.LeftAt.UnixMilli(), 10) }

// attemptOpen is the condition that nobody knows yet whether the message about the thing with the id arrived.
func attemptOpen(id string) string {
	return `EXISTS (SELECT 1 FROM sends s WHERE s.ref = ` + id + ` AND s.begun_at > 0)`
}

// Send returns what is known of a job's message to a Slack user; ErrNotFound before the first attempt.
func (s *Store) Send(ctx context.Context, j Job, slackID string) (Send, error) {
	var row sendRow
	err := s.read.GetContext(ctx, &row, `
		SELECT id, begun_at, channel, ts
		FROM sends
		WHERE job = $1 AND slack_id = $2 AND company_id = $3`, j.sender(), slackID, j.CompanyID)
	if err != nil {
		return Send{}, fmt.Errorf("load a send: %w", found(err))
	}
	return Send{ID: row.ID, CompanyID: j.CompanyID, SlackID: slackID, BegunAt: unstamp(row.BegunAt), Channel: row.Channel, TS: row.TS}, nil
}

// OpenSend returns the attempt of a job, which writes to one person, that is open, or ErrNotFound.
func (s *Store) OpenSend(ctx context.Context, j Job) (Send, error) {
	var row struct {
		ID      string `db:"id"`
		SlackID string `db:"slack_id"`
		BegunAt int64  `db:"begun_at"`
	}
	err := s.read.GetContext(ctx, &row, `
		SELECT id, slack_id, begun_at
		FROM sends
		WHERE job = $1 AND company_id = $2 AND begun_at > 0`, j.sender(), j.CompanyID)
	if err != nil {
		return Send{}, fmt.Errorf("load an open send: %w", found(err))
	}
	return Send{ID: row.ID, CompanyID: j.CompanyID, SlackID: row.SlackID, BegunAt: unstamp(row.BegunAt)}, nil
}

// BeginSend marks that a job's message to a Slack user is about to be sent. ErrExists if it was sent, or an attempt is open: then
// nobody may send it before it was looked for.
func (s *Store) BeginSend(ctx context.Context, j Job, slackID string) (Send, error) {
	now := s.time()
	send := Send{CompanyID: j.CompanyID, SlackID: slackID, BegunAt: now}
	err := s.write.GetContext(ctx, &send.ID, `
		INSERT INTO sends (id, company_id, job, ref, slack_id, begun_at, changed_at, channel, ts)
		VALUES ($1, $2, $3, $6, $4, $5, $5, '', '')
		ON CONFLICT (job, slack_id) DO UPDATE
		SET begun_at = excluded.begun_at, changed_at = excluded.changed_at
		WHERE sends.begun_at = 0 AND sends.ts = ''
		RETURNING id`, newID(), j.CompanyID, j.sender(), slackID, stamp(now), j.Ref)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrExists
	}
	if err != nil {
		return Send{}, fmt.Errorf("begin a send: %w", err)
	}
	return send, nil
}

// CancelSend takes BeginSend back: the message of this attempt did certainly not arrive. An attempt that another process began
// meanwhile stays open.
func (s *Store) CancelSend(ctx context.Context, send Send) error {
	_, err := s.write.ExecContext(ctx, `
		UPDATE sends
		SET begun_at = 0
		WHERE id = $1 AND begun_at = $2 AND ts = ''`, send.ID, stamp(send.BegunAt))
	if err != nil {
		return fmt.Errorf("cancel a send: %w", err)
	}
	return nil
}

// SettleSend records where the message arrived, remembers it as SaveMessage does, and marks what the job is about as sent, in one
// transaction. If the recipient was removed while the message was on its way, it is not remembered: JobErase deletes it like those before,
// and tries for as long. The receipt of the removal was written before, and does not count it. With left, the recipient had left before it
// was sent: it stays.
func (s *Store) SettleSend(ctx context.Context, j Job, send Send, c Card, left bool) error {
	keys, err := s.secret(ctx, j.CompanyID)
	if err != nil {
		return fmt.Errorf("settle a send: %w", err)
	}
	err = s.change(ctx, j.CompanyID, func(t *tx) error { // one after the other with a removal
		n, err := t.exec(ctx, `
			UPDATE sends
			SET begun_at = 0, changed_at = $2, channel = $3, ts = $4
			WHERE id = $1 AND ts = ''`, send.ID, stamp(t.now), c.Channel, c.TS)
		if err != nil {
			return err
		}
		var kept bool
		if n == 1 {
			kept, err = t.saveMessage(ctx, j.CompanyID, c, "", time.Time{}, keys)
		} else { // it was settled before, or purged
			kept, err = t.remembers(ctx, j.CompanyID, c, keys)
		}
		if err != nil {
			return err
		}
		if !kept && !left {
			if err := t.eraseLate(ctx, j.CompanyID, c); err != nil {
				return err
			}
		}
		switch j.Kind {
		case JobInviteDM:
			return t.inviteSent(ctx, j.CompanyID, j.Ref)
		case JobNudge:
			return t.nudgeSent(ctx, j.CompanyID, j.Ref)
		default:
			return nil
		}
	})
	if err != nil {
		return fmt.Errorf("settle a send: %w", err)
	}
	return nil
}

// openSendPayload is what is sealed at rest of an attempt whose recipient was removed.
type openSendPayload struct {
	SendID, SlackID string
	BegunAt         int64
}

// eraseOpenSends lets the messages be deleted, should they have arrived, of which that is not known as their recipients are removed. Like
// those that arrive later, they are on no receipt.
func (t *tx) eraseOpenSends(ctx context.Context, r removalRow) error {
	var open []struct {
		ID      string `db:"id"`
		SlackID string `db:"slack_id"`
		BegunAt int64  `db:"begun_at"`
	}
	err := t.SelectContext(ctx, &open, `
		SELECT id, slack_id, begun_at
		FROM sends
		WHERE company_id = $2 AND begun_at > 0 AND slack_id IN `+theirSlackIDs, r.ID, r.CompanyID)
	if err != nil || len(open) == 0 {
		return err
	}
	ref := newID()
	rows := make([][]any, len(open))
	for i, o := range open {
		payload, err := json.Marshal(openSendPayload{SendID: o.ID, SlackID: o.SlackID, BegunAt: o.BegunAt})
		if err != nil {
			return fmt.Errorf("seal an open send: %w", err)
		}
		id := newID()
		rows[i] = []any{id, r.CompanyID, ref, "", "", t.s.keys.seal(payload, "open send", r.CompanyID, id), stamp(t.now)}
	}
	if err := t.insert(ctx, "erasures", []string{"id", "company_id", "removal_id", "channel", "ts", "send_sealed", "created_at"}, rows); err != nil {
		return err
	}
	return t.leave(ctx, r.CompanyID, Job{Kind: JobErase, Ref: ref})
}

// openedSend reads what eraseOpenSends sealed.
func (s *Store) openedSend(companyID, erasureID string, sealed []byte) (*Send, error) {
	plain, err := s.keys.open(sealed, "open send", companyID, erasureID)
	if err != nil {
		return nil, err
	}
	var p openSendPayload
	if err := json.Unmarshal(plain, &p); err != nil {
		return nil, fmt.Errorf("read an open send: %w", err)
	}
	return &Send{ID: p.SendID, CompanyID: companyID, SlackID: p.SlackID, BegunAt: unstamp(p.BegunAt)}, nil
}

// remembers tells whether the recipient of a message is not gone.
func (t *tx) remembers(ctx context.Context, companyID string, c Card, keys secret) (bool, error) {
	var forgotten bool
	err := t.GetContext(ctx, &forgotten, `SELECT `+stillGone("$1", "$2", "$3"), companyID, keys.slackHash(c.SlackID), c.SlackID)
	return !forgotten, err
}
