package store

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// AuditAction names what happened.
type AuditAction string

// The actions.
const (
	AuditInvited         AuditAction = "invited"
	AuditEmailsInvited   AuditAction = "emails_invited" // so many addresses of people from outside
	AuditInviteResent    AuditAction = "invite_resent"
	AuditInviteCancelled AuditAction = "invite_cancelled"
	AuditRegistered      AuditAction = "registered"
	AuditConnected       AuditAction = "connected" // a member, to a network
	AuditDisconnected    AuditAction = "disconnected"
	AuditPageConnected   AuditAction = "page_connected" // a company Page, to an account of a member
	AuditPageDropped     AuditAction = "page_dropped"
	AuditSignupApproved  AuditAction = "signup_approved"
	AuditSignupDeclined  AuditAction = "signup_declined"
	AuditTypeChanged     AuditAction = "type_changed"
	AuditCaseOpened      AuditAction = "case_opened"
	AuditCaseApproved    AuditAction = "case_approved"
	AuditCaseDeclined    AuditAction = "case_declined"
	AuditRemoved         AuditAction = "removed"
	AuditLeft            AuditAction = "left"
	AuditErased          AuditAction = "erased" // the Receipt of a removal
	AuditKeyRotated      AuditAction = "key_rotated"
	AuditAdminGranted    AuditAction = "admin_granted"
	AuditExported        AuditAction = "exported"
	AuditDownloaded      AuditAction = "downloaded" // somebody, their own data
	AuditURLPosted       AuditAction = "url_posted"
	AuditUndelivered     AuditAction = "undelivered" // a message that Herald gave up on; nobody's doing
	AuditUnverified      AuditAction = "unverified"  // likewise, and it may have arrived
	AuditInvitesExported AuditAction = "invites_exported"
	AuditInvitersChanged AuditAction = "inviters_changed"  // To: the user type with the fewest rights that may invite
	AuditLinkDaysChanged AuditAction = "link_days_changed" // Count: days
	AuditJoinersChanged  AuditAction = "joiners_changed"   // Count: days after which whoever joins is invited, 0: not at all
	// AuditRemovalDaysChanged: Count is the days after which deactivated members are removed, 0: not at all.
	AuditRemovalDaysChanged AuditAction = "removal_days_changed"
	AuditRemindersChanged   AuditAction = "reminders_changed"
	AuditHolidaysChanged    AuditAction = "holidays_changed" // Count: days
	AuditRemindersPaused    AuditAction = "reminders_paused"
	AuditRemindersResumed   AuditAction = "reminders_resumed"
	AuditRemindersRun       AuditAction = "reminders_run"     // Run now
	AuditRemindersSkipped   AuditAction = "reminders_skipped" // one run
)

// An AuditEvent names people by keyed hash only; while they are known the hash finds them. Once they are removed a random value takes
// its place, which finds nobody, also if they come back.
type AuditEvent struct {
	ID          string
	At          time.Time
	Action      AuditAction
	Actor       *Person // nil: removed, or the command line (CLI true), or Herald
	CLI         bool
	Herald      bool    // by itself, because of its rules
	Subject     *Person // nil: none, or removed
	SubjectHash string  // short form to show for somebody removed
	From, To    MemberType
	Count       int
	Receipt     *Receipt // of AuditErased
	Message     JobKind  // of AuditUndelivered and AuditUnverified: whose message it was; "" for events of earlier releases
}

// maxPage bounds the rows of a page.
const maxPage = 100

// subjectHashShown is how many characters of a hash are shown: enough to tell people apart in a log.
const subjectHashShown = 8

// actorHerald stands for a hash, and can be none.
const actorHerald = "herald"

// audit adds an event. Of Subject only ID and SlackID matter.
func (t *tx) audit(ctx context.Context, companyID string, by Actor, e AuditEvent) error {
	return t.auditAll(ctx, companyID, by, []AuditEvent{e})
}

// auditAll adds events. An event without a Subject may bring its SubjectHash in full, and any event an ID.
func (t *tx) auditAll(ctx context.Context, companyID string, by Actor, events []AuditEvent) error {
	keys, err := t.s.secret(ctx, companyID)
	if err != nil {
		return err
	}
	actor := ""
	switch {
	case by.Herald:
		actor = actorHerald
	case by.SlackID != "":
		actor = keys.slackHash(by.SlackID)
	}
	columns := []string{
		"id", "company_id", "at", "sequence_key", "action", "actor_hash", "cli", "subject_hash", "from_type", "to_type", "n", "message",
	}
	rows := make([][]any, len(events))
	for i, e := range events {
		if e.Subject != nil {
			e.SubjectHash = keys.personHash(*e.Subject)
		}
		id := cmp.Or(e.ID, newID())
		rows[i] = []any{
			id, companyID, stamp(t.now), newestFirst(stamp(t.now), id), e.Action, actor, by.CLI, e.SubjectHash, e.From, e.To, e.Count, e.Message,
		}
	}
	return t.insert(ctx, "audit", columns, rows)
}

// forget gives the events of removed people a random value for each of them instead of their hashes: who comes back has the same hash
// again, and would be named by what was before.
func (t *tx) forget(ctx context.Context, companyID string, hashes []string) error {
	for part := range chunks(hashes) {
		args := make([]any, 0, 2*len(part))
		for _, hash := range part {
			args = append(args, hash, hex.EncodeToString(newSecret()))
		}
		args = append(args, companyID)
		for _, column := range []string{"subject_hash", "actor_hash"} {
			// VALUES calls its columns column1 and column2 on both engines.
			_, err := t.ExecContext(ctx, fmt.Sprintf(`
				UPDATE audit
				SET %[1]s = v.column2
				FROM (VALUES %[2]s) AS v
				WHERE audit.company_id = $%[3]d AND audit.%[1]s = v.column1`, column, tuples(len(part), 2), len(args)), args...)
			if err != nil {
				return fmt.Errorf("forget people in the audit log: %w", err)
			}
		}
	}
	return nil
}

// Audit returns a page of at most limit events (1 to 100), newest first, and the cursor of the next one: before is "" for the first
// page, and the cursor is "" on the last.
func (s *Store) Audit(ctx context.Context, companyID, before string, limit int) ([]AuditEvent, string, error) {
	limit = min(max(limit, 1), maxPage)
	var rows []struct {
		ID          string      `db:"id"`
		At          int64       `db:"at"`
		SequenceKey []byte      `db:"sequence_key"`
		Action      AuditAction `db:"action"`
		ActorHash   string      `db:"actor_hash"`
		CLI         bool        `db:"cli"`
		SubjectHash string      `db:"subject_hash"`
		From        MemberType  `db:"from_type"`
		To          MemberType  `db:"to_type"`
		N           int         `db:"n"`
		Message     JobKind     `db:"message"`
	}
	err := s.read.SelectContext(ctx, &rows, `
		SELECT id, at, sequence_key, action, actor_hash, cli, subject_hash, from_type, to_type, n, message
		FROM audit
		WHERE company_id = $1 AND sequence_key > $2
		ORDER BY sequence_key
		LIMIT $3`, companyID, decodeCursor(before), limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("read audit log: %w", err)
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = encodeCursor(rows[limit-1].SequenceKey)
	}
	var hashes []string
	for _, r := range rows {
		hashes = append(hashes, r.ActorHash, r.SubjectHash)
	}
	people, err := s.peopleByHash(ctx, companyID, hashes)
	if err != nil {
		return nil, "", fmt.Errorf("read audit log: %w", err)
	}
	var erased []string
	for _, r := range rows {
		if r.Action == AuditErased {
			erased = append(erased, r.ID)
		}
	}
	receipts, err := s.receipts(ctx, companyID, erased)
	if err != nil {
		return nil, "", fmt.Errorf("read audit log: %w", err)
	}
	events := make([]AuditEvent, len(rows))
	for i, r := range rows {
		if receipt := receipts[r.ID]; receipt != nil {
			receipt.Accounts = r.N
		}
		events[i] = AuditEvent{
			ID: r.ID, At: unstamp(r.At), Action: r.Action, Actor: people[r.ActorHash], CLI: r.CLI, Herald: r.ActorHash == actorHerald,
			Subject: people[r.SubjectHash], SubjectHash: truncate(r.SubjectHash, subjectHashShown), From: r.From, To: r.To, Count: r.N,
			Receipt: receipts[r.ID], Message: r.Message,
		}
	}
	return events, next, nil
}

// peopleByHash returns those of the people who are still known.
func (s *Store) peopleByHash(ctx context.Context, companyID string, hashes []string) (map[string]*Person, error) {
	people := map[string]*Person{}
	for part := range chunks(hashes) {
		list, args := in([]any{companyID}, part)
		var rows []struct {
			personRow
			Hash string `db:"subject_hash"`
		}
		err := s.read.SelectContext(ctx, &rows, `
			SELECT `+personColumns+`, p.subject_hash
			FROM people p
			WHERE p.company_id = $1 AND p.subject_hash IN `+list, args...)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			people[r.Hash] = new(r.person())
		}
	}
	return people, nil
}

// Record adds an event that follows no other change (an export, a posted URL).
func (s *Store) Record(ctx context.Context, companyID string, by Actor, action AuditAction, count int) error {
	if _, err := s.secret(ctx, companyID); err != nil {
		return fmt.Errorf("record event: %w", err)
	}
	return s.update(ctx, func(t *tx) error {
		return t.audit(ctx, companyID, by, AuditEvent{Action: action, Count: count})
	})
}

// Undelivered records that the message of a job was given up, and to whom it was, while they are a member; slackID may be "". With
// uncertain it may have arrived.
func (s *Store) Undelivered(ctx context.Context, j Job, slackID string, uncertain bool) error {
	err := s.change(ctx, j.CompanyID, func(t *tx) error { return t.undelivered(ctx, j, slackID, uncertain) })
	if err != nil {
		return fmt.Errorf("record a message that was given up: %w", err)
	}
	return nil
}

func (t *tx) undelivered(ctx context.Context, j Job, slackID string, uncertain bool) error {
	e := AuditEvent{Action: AuditUndelivered, Message: j.Kind}
	if uncertain {
		e.Action = AuditUnverified
	}
	m, err := t.s.member(ctx, t, `p.company_id = $1 AND p.slack_id = $2`, j.CompanyID, slackID)
	switch {
	case err == nil:
		e.Subject = &Person{ID: m.ID, SlackID: m.SlackID}
	case !errors.Is(err, ErrNotFound):
		return err
	}
	return t.audit(ctx, j.CompanyID, Actor{}, e)
}
