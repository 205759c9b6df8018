package store

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// InviteState says what became of an invitation.
type InviteState string

// The states.
const (
	StatePending  InviteState = "pending"  // sent, or on its way
	StateAccepted InviteState = "accepted" // whom it was for is a member, through this link or another one
	StateDeclined InviteState = "declined" // they said no
	StateExpired  InviteState = "expired"
	StateFailed   InviteState = "failed" // it could not be delivered; its link works all the same
)

// InviteStates lists all, in the order of the filter menu.
func InviteStates() []InviteState {
	return []InviteState{StatePending, StateAccepted, StateDeclined, StateExpired, StateFailed}
}

// counted is the prefix under which the table counts keeps how many invitations are in a state.
const counted = "invites "

func (s InviteState) counter() counter { return counter{grp: counted + string(s)} }

// An Invitation is what became of the latest invitation of somebody.
type Invitation struct {
	ID     string
	State  InviteState
	Person *Person // nil: from outside of the workspace
	// Email is the address of somebody from outside, and Name who that is, if the inviter told; "" for others, and once nobody needs them.
	Email, Name string
	Member      *Member // nil unless they are registered
	As          MemberType
	InvitedBy   string // Slack id, "" if they were removed
	InvitedAt   time.Time
	EndedAt     time.Time // when it was accepted, declined or ran out; zero while it is open
	SendAt      time.Time // when an email, or the DM of many, is to be sent; zero: at once
	SentAt      time.Time // zero: not delivered yet
	Reminded    int
	NoReminders bool   // they asked not to be reminded: it is not sent again unless a company admin insists
	Failure     string // why it could not be delivered (Slack's error code, or the mail server's refusal), or ""
}

// InvitationsQuery asks for one page.
type InvitationsQuery struct {
	State  InviteState // "" for all
	After  string      // cursor from Invitations.Next, or "" for the first page
	Before string      // cursor from Invitations.Prev; at most one of the two
	Limit  int         // 1 to 100
}

// Invitations is one page, newest first.
type Invitations struct {
	Rows   []Invitation
	Next   string // "" on the last page
	Prev   string // "" on the first page
	Counts map[InviteState]int
}

// Total counts the invitations in the state, or all for "".
func (i Invitations) Total(s InviteState) int {
	if s != "" {
		return i.Counts[s]
	}
	n := 0
	for _, of := range i.Counts {
		n += of
	}
	return n
}

// listing returns how to list the invitations in the state, spelt as the indexes are.
func (s InviteState) listing() listing {
	l := listing{table: "invites l", id: "l.id", key: "l.list_key", condition: `l.company_id = $1 AND l.state <> ''`}
	for _, known := range InviteStates() {
		if s == known {
			l.condition = `l.company_id = $1 AND l.state = '` + string(known) + `'`
		}
	}
	return l
}

// Invitations returns one page by keyset pagination: its cost does not grow with their number. Cursors behave as in Roster, and a state
// that is none of InviteStates is all of them.
func (s *Store) Invitations(ctx context.Context, companyID string, q InvitationsQuery) (Invitations, error) {
	counts, err := s.InviteCounts(ctx, companyID)
	if err != nil {
		return Invitations{}, err
	}
	leaf, err := turn(ctx, s.placesOf(companyID, q.State.listing()), q.After, q.Before, min(max(q.Limit, 1), maxPage))
	if err != nil {
		return Invitations{}, fmt.Errorf("list invitations: %w", err)
	}
	ids := make([]string, len(leaf.places))
	for i, p := range leaf.places {
		ids[i] = p.ID
	}
	rows, err := s.invitationsByID(ctx, ids)
	if err != nil {
		return Invitations{}, fmt.Errorf("list invitations: %w", err)
	}
	return Invitations{Rows: rows, Next: leaf.next, Prev: leaf.prev, Counts: counts}, nil
}

// invitationsByID loads at most a page of invitations, in the order of their ids.
func (s *Store) invitationsByID(ctx context.Context, ids []string) ([]Invitation, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, args := in(nil, ids)
	var found []inviteRow
	err := s.read.SelectContext(ctx, &found, `
		SELECT `+inviteColumns+`
		FROM invites
		WHERE id IN `+list, args...)
	if err != nil {
		return nil, fmt.Errorf("load invitations: %w", err)
	}
	byID := make(map[string]inviteRow, len(found))
	var personIDs []string
	for _, r := range found {
		byID[r.ID] = r
		if r.PersonID != nil {
			personIDs = append(personIDs, *r.PersonID)
		}
	}
	people, err := s.rollByID(ctx, s.read, personIDs)
	if err != nil {
		return nil, err
	}
	byPerson := make(map[string]RosterRow, len(people))
	for _, p := range people {
		byPerson[p.Person.ID] = p
	}
	unwilling, err := optedOut(ctx, s.read, ids)
	if err != nil {
		return nil, err
	}
	rows := make([]Invitation, 0, len(found))
	for _, id := range ids {
		r, ok := byID[id]
		if !ok { // removed meanwhile
			continue
		}
		i := Invitation{
			ID: r.ID, State: r.State, As: r.As, InvitedBy: r.InvitedBy, InvitedAt: unstamp(r.CreatedAt), EndedAt: unstamp(r.ClosedAt),
			SendAt: unstamp(r.SendAt), SentAt: unstamp(r.SentAt), Reminded: r.Reminded, NoReminders: unwilling[r.ID], Failure: r.Failure,
		}
		if r.PersonID == nil {
			to, err := s.addressOf(r)
			if err != nil {
				return nil, err
			}
			i.Email, i.Name = to.Email, to.Name
		}
		if r.PersonID != nil {
			if p, ok := byPerson[*r.PersonID]; ok {
				i.Person, i.Member = &p.Person, p.Member
			}
		}
		rows = append(rows, i)
	}
	return rows, nil
}

// WalkInvitations calls fn for all invitations in the state ("" for all), newest first, page by page. For CSV exports.
// An error of fn ends it and is returned.
func (s *Store) WalkInvitations(ctx context.Context, companyID string, state InviteState, fn func(Invitation) error) error {
	q := InvitationsQuery{State: state, Limit: maxPage}
	for {
		page, err := s.Invitations(ctx, companyID, q)
		if err != nil {
			return err
		}
		for _, row := range page.Rows {
			if err := fn(row); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		q.After = page.Next
	}
}

// InviteCounts returns the number of invitations in every state, from counters kept with each change.
func (s *Store) InviteCounts(ctx context.Context, companyID string) (map[InviteState]int, error) {
	counts := make(map[InviteState]int, len(InviteStates()))
	for _, state := range InviteStates() {
		counts[state] = 0
	}
	kept, err := countsOf(ctx, s.read, companyID, counted)
	for state, n := range kept {
		counts[InviteState(state)] = n
	}
	return counts, err
}

// countsOf returns the counters whose names begin with the prefix, by what follows it.
func countsOf(ctx context.Context, q querier, companyID, prefix string) (map[string]int, error) {
	var rows []struct {
		Group string `db:"grp"`
		N     int    `db:"n"`
	}
	// Without the days of Recent, a company has two dozen counters.
	err := q.SelectContext(ctx, &rows, `
		SELECT grp, n
		FROM counts
		WHERE company_id = $1 AND day = 0 AND grp <> 'registered'`, companyID)
	if err != nil {
		return nil, fmt.Errorf("load counts: %w", err)
	}
	counts := map[string]int{}
	for _, r := range rows {
		if name, ok := strings.CutPrefix(r.Group, prefix); ok {
			counts[name] = r.N
		}
	}
	return counts, nil
}

// resendable tells whether an invitation in the state can be sent again, and so needs the address that it went to.
func (s InviteState) resendable() bool {
	return s == StatePending || s == StateExpired || s == StateFailed
}

// restate moves the invitations that the condition selects to another state, "" takes them off the list, and keeps the counters right.
// It erases the addresses of those that cannot be sent again from then on; their keyed hashes stay, for whoever declines under a mail that
// is on its way. $1 is the company; the arguments of the condition begin at $2.
func (t *tx) restate(ctx context.Context, companyID string, to InviteState, condition string, args ...any) error {
	var rows []struct {
		ID    string      `db:"id"`
		State InviteState `db:"state"`
	}
	err := t.SelectContext(ctx, &rows, `
		SELECT id, state
		FROM invites
		WHERE company_id = $1 AND kind <> 'self' AND `+condition, append([]any{companyID}, args...)...)
	if err != nil {
		return fmt.Errorf("look for invitations: %w", err)
	}
	changes := tally{}
	var ids []string
	for _, r := range rows {
		if r.State != to {
			ids = append(ids, r.ID)
			changes.move(r.State, to)
		}
	}
	erase := ""
	if !to.resendable() {
		erase = `, email_sealed = NULL`
	}
	for part := range chunks(ids) {
		list, args := in([]any{to}, part)
		if _, err := t.ExecContext(ctx, `
			UPDATE invites
			SET state = $1`+erase+`
			WHERE id IN `+list, args...); err != nil {
			return fmt.Errorf("change the state of invitations: %w", err)
		}
	}
	return t.count(ctx, companyID, changes)
}

// delist takes what is listed of the subjects off the list: another invitation takes its place.
func (t *tx) delist(ctx context.Context, companyID string, subjectHashes []string) error {
	for part := range chunks(subjectHashes) {
		list, args := in([]any{companyID}, part)
		if err := t.restate(ctx, companyID, "", `state <> '' AND subject_hash IN `+list, args[1:]...); err != nil {
			return err
		}
	}
	return nil
}

// move counts that an invitation is in another state; "" is none.
func (t tally) move(from, to InviteState) {
	if from != "" {
		t[from.counter()]--
	}
	if to != "" {
		t[to.counter()]++
	}
}

// uncountInvites takes the invitations of the people of a removal out of the counters, before they are deleted.
func (t *tx) uncountInvites(ctx context.Context, companyID string, subjectHashes []string) error {
	changes := tally{}
	for part := range chunks(subjectHashes) {
		list, args := in([]any{companyID}, part)
		var states []InviteState
		err := t.SelectContext(ctx, &states, `
			SELECT state
			FROM invites
			WHERE company_id = $1 AND state <> '' AND subject_hash IN `+list, args...)
		if err != nil {
			return fmt.Errorf("look for invitations: %w", err)
		}
		for _, state := range states {
			changes.move(state, "")
		}
	}
	return t.count(ctx, companyID, changes)
}

// ResendLimit is the most invitations that ResendOrdered sends at once.
const ResendLimit = inviteLimit

// old selects the pending invitations i of people who may still take part and did not opt out whose link was made, and if it went by email, sent before $2,
// the oldest first.
const old = `
	FROM invites i
	LEFT JOIN people p ON p.id = i.person_id
	WHERE i.company_id = $1 AND i.state = 'pending' AND i.created_at < $2 AND i.send_at < $2
		AND ` + notOptedOut + `
		AND (i.person_id IS NULL AND i.email_sealed IS NOT NULL OR ` + eligible + `)
	ORDER BY i.created_at, i.id
	LIMIT $3 OFFSET $4`

func daysBefore(now time.Time, days int) int64 { return stamp(now.AddDate(0, 0, -days)) }

// OldInvites returns how many invitations have been pending for longer than the given days, at most ResendLimit, without those of people
// who are Spared.
func (s *Store) OldInvites(ctx context.Context, companyID string, days int) (int, error) {
	rows, err := s.oldInvites(ctx, s.read, companyID, days, s.time())
	if err != nil {
		return 0, fmt.Errorf("count old invitations: %w", err)
	}
	return len(rows), nil
}

func (s *Store) oldInvites(ctx context.Context, q querier, companyID string, days int, now time.Time) ([]invitedRow, error) {
	policy, err := bulkPolicy(ctx, q, companyID)
	if err != nil {
		return nil, err
	}
	var willing []invitedRow
	for from := 0; ; from += ResendLimit {
		var page []invitedRow
		err := q.SelectContext(ctx, &page, `SELECT `+inviteColumnsOf("i")+`, coalesce(p.slack_id, '') AS slack_id`+old,
			companyID, daysBefore(now, days), ResendLimit, from)
		if err != nil {
			return nil, err
		}
		var personIDs []string
		for _, r := range page {
			if r.PersonID != nil {
				personIDs = append(personIDs, *r.PersonID)
			}
		}
		nudged, err := s.nudged(ctx, q, companyID, personIDs)
		if err != nil {
			return nil, err
		}
		for _, r := range page {
			if r.PersonID != nil {
				who := nudged[*r.PersonID]
				if policy.Spares(who, now) != "" {
					continue
				}
				r.due = inviteAt(policy, who, now)
			}
			willing = append(willing, r)
		}
		if len(page) < ResendLimit || len(willing) >= ResendLimit {
			return willing[:min(len(willing), ResendLimit)], nil
		}
	}
}

// resendOld is ResendOrdered, and returns ErrForbidden and ErrChanged before it changes anything.
func (t *tx) resendOld(ctx context.Context, companyID string, by Actor, days, expected int) (int, error) {
	if err := t.requireAdmin(ctx, companyID, by); err != nil {
		return 0, err
	}
	rows, err := t.s.oldInvites(ctx, t, companyID, days, t.now)
	if err != nil {
		return 0, fmt.Errorf("list old invitations: %w", err)
	}
	if len(rows) != expected {
		return 0, ErrChanged
	}
	if len(rows) == 0 {
		return 0, nil
	}
	due := func(r invitedRow) time.Time {
		if r.Kind == inviteEmail { // which waits in the mailbox
			return time.Time{}
		}
		return r.due
	}
	if _, err := t.resend(ctx, companyID, rows, due); err != nil {
		return 0, err
	}
	return len(rows), t.audit(ctx, companyID, by, AuditEvent{Action: AuditInviteResent, Count: len(rows)})
}

// An invitedRow is an invitation and the Slack user it is for, "" for somebody from outside.
type invitedRow struct {
	inviteRow
	SlackID string    `db:"slack_id"`
	due     time.Time // when they have time, of old ones in the directory
}

// inviteColumnsOf are the inviteColumns of the table with the alias.
func inviteColumnsOf(alias string) string {
	columns := strings.Split(inviteColumns, ",")
	for i, c := range columns {
		columns[i] = alias + "." + strings.TrimSpace(c)
	}
	return strings.Join(columns, ", ")
}

// scheduled tells whether the invitation is to be sent later.
func (r inviteRow) scheduled(now time.Time) bool {
	return r.SentAt == 0 && r.SendAt > stamp(now)
}

// renewInvite is a new invitation to take the place of another one, the same way, at sendAt or, for the zero time, at once. A DM that has
// a time waits for the person's working hours. ErrNotFound if its address was erased.
func (t *tx) renewInvite(keys secret, r invitedRow, sendAt time.Time, life time.Duration) (newInviteRow, Job, error) {
	if r.Kind != inviteEmail {
		row, err := t.newInvite(keys, r.CompanyID, inviteDM, r.SlackID, life)
		row.PersonID = r.PersonID
		job := t.sendDM(&row, sendAt, life)
		return row, job, err
	}
	to, err := t.s.addressOf(r.inviteRow)
	if err == nil && to.Email == "" {
		err = ErrNotFound
	}
	if err != nil {
		return newInviteRow{}, Job{}, err
	}
	var p *Person
	if r.PersonID != nil {
		p = &Person{ID: *r.PersonID, SlackID: r.SlackID}
	}
	row, err := t.newEmailInvite(keys, r.CompanyID, p, to, sendAt, life)
	return row, Job{Kind: JobInviteEmail, Ref: row.ID, At: sendAt}, err
}

// resend kills all links of the invited people, and makes and sends new ones. What was delivered before and is sent again is a reminder.
// sendAt says when each is to be sent, the zero time being at once. The inviter stays who it was: to send an invitation again is not to
// answer for it.
func (t *tx) resend(ctx context.Context, companyID string, rows []invitedRow, sendAt func(invitedRow) time.Time) ([]newInviteRow, error) {
	keys, err := t.s.secret(ctx, companyID)
	if err != nil {
		return nil, err
	}
	set, err := settings(ctx, t, companyID)
	if err != nil {
		return nil, err
	}
	var (
		fresh               []newInviteRow
		jobs                []Job
		personIDs, subjects []string
	)
	for _, r := range rows {
		row, job, err := t.renewInvite(keys, r, sendAt(r), set.linkLife())
		if err != nil {
			return nil, err
		}
		row.InvitedBy, row.As, row.Reminded = r.InvitedBy, r.As, r.Reminded
		if r.SentAt != 0 {
			row.Reminded++
		}
		fresh = append(fresh, row)
		jobs = append(jobs, job)
		if r.PersonID != nil {
			personIDs = append(personIDs, *r.PersonID)
		}
		subjects = append(subjects, r.SubjectHash)
	}
	if err := t.closeInvites(ctx, companyID, closedReplaced, subjects...); err != nil {
		return nil, err
	}
	if err := t.insertInvites(ctx, companyID, keys, fresh); err != nil {
		return nil, err
	}
	if err := t.leave(ctx, companyID, jobs...); err != nil {
		return nil, err
	}
	return fresh, t.derive(ctx, companyID, personIDs)
}
