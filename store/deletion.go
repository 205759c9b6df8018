package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"
)

const (
	// clockSkew is how much the clocks of a network and of Herald may differ.
	clockSkew = time.Minute
	// DeletionLife is how long people can look up what became of their request.
	DeletionLife = 365 * 24 * time.Hour
	// FormerLife is how long after a member disconnected an account a request of its network still finds whose it was. Facebook lets people
	// ask for the deletion of their data after they removed an app, on the page where it lists those, and names no end
	// (https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback). Until a year after, who asks
	// there is served there; later they leave in Slack, which erases the same.
	FormerLife = 365 * 24 * time.Hour
)

// A Withdrawal is what somebody took back on a network's own pages. It concerns what they had allowed until At: a message of the network
// that arrives late, or twice, does nothing to an account that they connected again since.
type Withdrawal struct {
	Network string
	Subject string // the network's id of the person
	At      time.Time
}

// until is the latest time of what the withdrawal concerns, in the database's words.
func (w Withdrawal) until() int64 { return stamp(w.At.Add(clockSkew)) }

// Deauthorize disconnects the account wherever it is connected, and drops the registrations that wait with it, because the network has
// ended Herald's access to it. A member whose only network it was stays one, in the group Disconnected. It is harmless to repeat.
func (s *Store) Deauthorize(ctx context.Context, w Withdrawal) error {
	err := s.inEachCompany(ctx, func(t *tx, companyID string) error {
		if _, err := t.dropWithdrawnSignups(ctx, companyID, w); err != nil {
			return err
		}
		_, _, err := t.dropWithdrawn(ctx, companyID, w)
		return err
	})
	if err == nil {
		err = s.scrubSoon(ctx)
	}
	if err != nil {
		return fmt.Errorf("deauthorize: %w", err)
	}
	return nil
}

// inEachCompany does it in each company, in a transaction of its own.
func (s *Store) inEachCompany(ctx context.Context, do func(t *tx, companyID string) error) error {
	companies, err := s.Companies(ctx)
	if err != nil {
		return err
	}
	for _, c := range companies {
		if err := s.change(ctx, c.ID, func(t *tx) error { return do(t, c.ID) }); err != nil {
			return err
		}
	}
	return nil
}

// dropWithdrawn deletes the connection, and returns whose it was; false if there is none. Nobody needs to revoke its token: the network
// did.
func (t *tx) dropWithdrawn(ctx context.Context, companyID string, w Withdrawal) (Person, bool, error) {
	p, err := person(ctx, t, `p.company_id = $1 AND p.id IN (
		SELECT member_id
		FROM connections
		WHERE company_id = $1 AND network = $2 AND subject = $3 AND connected_at <= $4)`, companyID, w.Network, w.Subject, w.until())
	if errors.Is(err, ErrNotFound) {
		return Person{}, false, nil
	}
	if err != nil {
		return Person{}, false, err
	}
	if _, err := t.takeConnection(ctx, p, w.Network); err != nil {
		return Person{}, false, err
	}
	if err := t.audit(ctx, companyID, Actor{SlackID: p.SlackID}, AuditEvent{Action: AuditDisconnected, Subject: &p}); err != nil {
		return Person{}, false, err
	}
	return p, true, t.derive(ctx, companyID, []string{p.ID})
}

// formerOwner is the member who had the account connected, and has it no more; false if nobody had.
func (t *tx) formerOwner(ctx context.Context, companyID string, w Withdrawal) (Person, bool, error) {
	keys, err := t.s.secret(ctx, companyID)
	if err != nil {
		return Person{}, false, err
	}
	p, err := person(ctx, t, `p.company_id = $1 AND p.id IN (
		SELECT member_id
		FROM former_accounts
		WHERE company_id = $1 AND network = $2 AND account_hash = $3 AND connected_at <= $4)`,
		companyID, w.Network, keys.accountHash(w.Network, w.Subject), w.until())
	if errors.Is(err, ErrNotFound) {
		return Person{}, false, nil
	}
	return p, err == nil, err
}

// rememberFormer keeps whose the connections were that are about to be deleted: somebody may take back at the network first what they
// had allowed, and ask later that their data is deleted. Tidy forgets it after FormerLife.
func (t *tx) rememberFormer(ctx context.Context, p Person, connections []access) error {
	keys, err := t.s.secret(ctx, p.CompanyID)
	if err != nil {
		return err
	}
	for _, c := range connections {
		_, err := t.ExecContext(ctx, `
			INSERT INTO former_accounts (company_id, network, account_hash, member_id, connected_at, ended_at)
			SELECT company_id, network, $3, member_id, connected_at, $4
			FROM connections
			WHERE member_id = $1 AND network = $2
			ON CONFLICT (company_id, network, account_hash) DO UPDATE
			SET member_id = excluded.member_id, connected_at = excluded.connected_at, ended_at = excluded.ended_at`,
			p.ID, c.network, keys.accountHash(c.network, c.subject), stamp(t.now))
		if err != nil {
			return fmt.Errorf("remember former account: %w", err)
		}
	}
	return nil
}

// forgetFormer is for an account that is connected again, or that nobody shall be found by.
func (t *tx) forgetFormer(ctx context.Context, companyID, network, subject string) error {
	keys, err := t.s.secret(ctx, companyID)
	if err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, `
		DELETE FROM former_accounts
		WHERE company_id = $1 AND network = $2 AND account_hash = $3`, companyID, network, keys.accountHash(network, subject))
	if err != nil {
		return fmt.Errorf("forget former account: %w", err)
	}
	return nil
}

// dropWithdrawnSignups erases the registrations that wait with the account, lets their cards be closed, and returns how many they were.
func (t *tx) dropWithdrawnSignups(ctx context.Context, companyID string, w Withdrawal) (int, error) {
	keys, err := t.s.secret(ctx, companyID)
	if err != nil {
		return 0, err
	}
	var ids []string
	err = t.SelectContext(ctx, &ids, `
		DELETE FROM signups
		WHERE company_id = $1 AND network = $2 AND account_hash = $3 AND created_at <= $4
		RETURNING id`, companyID, w.Network, keys.accountHash(w.Network, w.Subject), w.until())
	if err != nil {
		return 0, fmt.Errorf("drop signups: %w", err)
	}
	return len(ids), t.leave(ctx, companyID, decided(ids)...)
}

// A Deletion is what became of somebody's request to a network that Herald deletes their data. It names nobody.
type Deletion struct {
	Network     string
	Connections int  // accounts at the network that were erased: connected, waiting for a registration, or about to be revoked
	Accounts    int  // members who were purged with them
	Pending     bool // a member is about to be purged
	RequestedAt time.Time
	ChangedAt   time.Time // when something was last erased, or nothing was found
}

// RequestDeletion erases what Herald has from the network about the person: the account, and their address if the network told it. Who
// has no other network, or is known by nothing else, is removed as if they had left (JobRemoval), unless they are the last company admin:
// the company cannot do without one, so they stay without the network. The code, which only the person gets, looks up what became of it.
// Repeating a request, also with the same code, erases only what the first time left.
func (s *Store) RequestDeletion(ctx context.Context, w Withdrawal, code string) error {
	hash := sha256.Sum256([]byte(code))
	err := s.update(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, `
			INSERT INTO deletions (code_hash, network, connections, accounts, requested_at, changed_at)
			VALUES ($1, $2, 0, 0, $3, $3)
			ON CONFLICT DO NOTHING`, hash[:], w.Network, stamp(t.now))
		return err
	})
	if err == nil {
		err = s.inEachCompany(ctx, func(t *tx, companyID string) error { return t.requestDeletion(ctx, companyID, w, hash[:]) })
	}
	if err == nil {
		err = s.scrubSoon(ctx)
	}
	if err != nil {
		return fmt.Errorf("delete somebody's data: %w", err)
	}
	return nil
}

// requestDeletion is the part of one company.
func (t *tx) requestDeletion(ctx context.Context, companyID string, w Withdrawal, code []byte) error {
	erased, err := t.dropWithdrawnSignups(ctx, companyID, w)
	if err != nil {
		return err
	}
	revocations, err := t.forgetRevocations(ctx, companyID, w)
	if err != nil {
		return err
	}
	erased += revocations
	p, known, err := t.dropWithdrawn(ctx, companyID, w)
	if err == nil && !known {
		p, known, err = t.formerOwner(ctx, companyID, w)
	}
	if err != nil {
		return err
	}
	if known {
		erased++
		if err := t.eraseWithdrawn(ctx, p, w, code); err != nil {
			return err
		}
	}
	if erased == 0 {
		return nil
	}
	_, err = t.ExecContext(ctx, `
		UPDATE deletions
		SET connections = connections + $2, changed_at = $3
		WHERE code_hash = $1`, code, erased, stamp(t.now))
	return err
}

// eraseWithdrawn forgets what the network told about a member whose account there is gone, and lets the member be removed where nothing
// else is left of them.
func (t *tx) eraseWithdrawn(ctx context.Context, p Person, w Withdrawal, code []byte) error {
	if err := t.forgetFormer(ctx, p.CompanyID, w.Network, w.Subject); err != nil {
		return err
	}
	m, err := t.s.member(ctx, t, `p.company_id = $1 AND p.id = $2`, p.CompanyID, p.ID)
	if err != nil {
		return err
	}
	var toldBy string
	err = t.GetContext(ctx, &toldBy, `
		SELECT told_by
		FROM members
		WHERE id = $1`, p.ID)
	if err != nil {
		return fmt.Errorf("load who told about the member: %w", err)
	}
	told := toldBy == w.Network
	if len(m.Connections) == 0 || told && p.SlackID == "" {
		err := t.removeWithdrawn(ctx, m, code)
		if !errors.Is(err, ErrLastAdmin) {
			return err
		}
	}
	if !told {
		return nil
	}
	_, err = t.ExecContext(ctx, `
		UPDATE members
		SET email = $2, told_by = ''
		WHERE id = $1`, p.ID, p.Email) // Slack's
	if err != nil {
		return fmt.Errorf("erase address: %w", err)
	}
	return t.derive(ctx, p.CompanyID, []string{p.ID})
}

// removeWithdrawn leaves a confirmed removal of the member, by themselves. ErrLastAdmin if the company cannot do without them.
func (t *tx) removeWithdrawn(ctx context.Context, m Member, code []byte) error {
	if m.Type == Admin {
		if err := t.requireOtherAdmins(ctx, m.CompanyID, []string{m.ID}); err != nil {
			return err
		}
	}
	members, err := t.snapshot(ctx, m.CompanyID, Actor{SlackID: m.SlackID}, []string{m.ID})
	if err != nil {
		return err
	}
	id := newID()
	_, err = t.ExecContext(ctx, `
		INSERT INTO removals (id, company_id, by_slack, by_cli, screen_id, status, file_id, proposed, removed, created_at)
		VALUES ($1, $2, $3, FALSE, '', 'confirmed', '', 1, 0, $4)`, id, m.CompanyID, m.SlackID, stamp(t.now))
	if err != nil {
		return fmt.Errorf("store removal: %w", err)
	}
	if err := t.insertSnapshot(ctx, id, members); err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, `
		INSERT INTO deletion_removals (removal_id, code_hash)
		VALUES ($1, $2)`, id, code)
	if err != nil {
		return fmt.Errorf("remember what the deletion waits for: %w", err)
	}
	return t.leave(ctx, m.CompanyID, Job{Kind: JobRemoval, Ref: id})
}

// rememberToldBy remembers that a network told the member's address or, of somebody from outside of the workspace, who they are.
func (t *tx) rememberToldBy(ctx context.Context, p Person, network string) error {
	_, err := t.ExecContext(ctx, `
		UPDATE members
		SET told_by = $2
		WHERE id = $1`, p.ID, network)
	if err != nil {
		return fmt.Errorf("remember who told about the member: %w", err)
	}
	return nil
}

// forgetRevocations drops the tokens of the account that wait to be revoked, because the network has ended them, and returns how many
// they were.
func (t *tx) forgetRevocations(ctx context.Context, companyID string, w Withdrawal) (int, error) {
	dropped := 0
	var rows []struct {
		ID      string `db:"id"`
		Payload []byte `db:"payload_sealed"`
	}
	err := t.SelectContext(ctx, &rows, `
		SELECT id, payload_sealed
		FROM revocations
		WHERE company_id = $1 AND network = $2 AND created_at <= $3`, companyID, w.Network, w.until())
	if err != nil {
		return 0, fmt.Errorf("load revocations: %w", err)
	}
	for _, r := range rows {
		payload, err := t.s.openRevocation(companyID, r.ID, r.Payload)
		if err != nil || payload.Subject != w.Subject {
			continue // one that cannot be opened is nobody's any more
		}
		if err := t.settleRevocations(ctx, Revoked, `company_id = $1 AND id = $2`, companyID, r.ID); err != nil {
			return 0, err
		}
		dropped++
	}
	return dropped, nil
}

// settleDeletion tells the request that waited for the removal, if there is one, that it is over and how many members were purged.
func (t *tx) settleDeletion(ctx context.Context, removalID string, purged int) (asked bool, err error) {
	var codes [][]byte
	err = t.SelectContext(ctx, &codes, `
		DELETE FROM deletion_removals
		WHERE removal_id = $1
		RETURNING code_hash`, removalID)
	if err != nil || len(codes) == 0 {
		return false, err
	}
	_, err = t.ExecContext(ctx, `
		UPDATE deletions
		SET accounts = accounts + $2, changed_at = $3
		WHERE code_hash = $1`, codes[0], purged, stamp(t.now))
	return true, err
}

// Deletion returns what became of the request with that code. ErrNotFound if there was none within DeletionLife.
func (s *Store) Deletion(ctx context.Context, code string) (Deletion, error) {
	hash := sha256.Sum256([]byte(code))
	var row struct {
		Network     string `db:"network"`
		Connections int    `db:"connections"`
		Accounts    int    `db:"accounts"`
		Pending     bool   `db:"pending"`
		RequestedAt int64  `db:"requested_at"`
		ChangedAt   int64  `db:"changed_at"`
	}
	err := s.read.GetContext(ctx, &row, `
		SELECT d.network, d.connections, d.accounts, d.requested_at, d.changed_at, EXISTS (
			SELECT 1
			FROM deletion_removals r
			WHERE r.code_hash = d.code_hash) AS pending
		FROM deletions d
		WHERE d.code_hash = $1 AND d.requested_at > $2`, hash[:], stamp(s.time().Add(-DeletionLife)))
	if err != nil {
		return Deletion{}, fmt.Errorf("load deletion: %w", found(err))
	}
	return Deletion{
		Network: row.Network, Connections: row.Connections, Accounts: row.Accounts, Pending: row.Pending,
		RequestedAt: unstamp(row.RequestedAt), ChangedAt: unstamp(row.ChangedAt),
	}, nil
}
