package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Usable tells whether Herald may act at the network with it.
func (c Connection) Usable(now time.Time) bool {
	return c.State == Connected && (c.ExpiresAt.IsZero() || c.ExpiresAt.After(now))
}

// RenewBefore is how long before its end an access can be renewed, and is worth mentioning.
const RenewBefore = 14 * 24 * time.Hour

// Renewable tells whether it is time to connect the account again: the access ended, or ends soon.
func (c Connection) Renewable(now time.Time) bool {
	return !c.Usable(now) || !c.ExpiresAt.IsZero() && !c.ExpiresAt.After(now.Add(RenewBefore))
}

// Connection returns the member's account at the network, and false if there is none.
func (m Member) Connection(network string) (Connection, bool) {
	for _, c := range m.Connections {
		if c.Network == network {
			return c, true
		}
	}
	return Connection{}, false
}

// Connect gives a member an account at a network, or renews it: a member has at most one at each. ErrNotFound if the member is gone,
// ErrTaken if the account is another member's.
func (s *Store) Connect(ctx context.Context, companyID, memberID string, acc Account) error {
	err := s.change(ctx, companyID, func(t *tx) error {
		m, err := s.member(ctx, t, `p.company_id = $1 AND p.id = $2`, companyID, memberID)
		if err != nil {
			return err
		}
		p, err := person(ctx, t, `p.company_id = $1 AND p.id = $2`, companyID, m.ID)
		if err != nil {
			return err
		}
		return t.reconnect(ctx, p, acc)
	})
	if err != nil {
		return fmt.Errorf("connect a network: %w", err)
	}
	return nil
}

// reconnect puts the account in the place of the member's former one at the network, if there is one. The same account keeps its Page.
func (t *tx) reconnect(ctx context.Context, p Person, acc Account) error {
	var err error
	if acc.CompanyPage == "" {
		if acc.CompanyPage, err = t.pageOf(ctx, p, acc); err != nil {
			return err
		}
	}
	former, err := t.takeConnection(ctx, p, acc.Network)
	if err != nil {
		return err
	}
	former = slices.DeleteFunc(former, acc.keeps)
	if err := t.endAccess(ctx, p.CompanyID, "", former); err != nil {
		return err
	}
	if err := t.requireFree(ctx, p.CompanyID, acc); err != nil {
		return err
	}
	return t.connect(ctx, p, acc)
}

// takeConnection deletes the person's connection to the network, and returns it; nothing if there is none. derive must follow.
func (t *tx) takeConnection(ctx context.Context, p Person, network string) ([]access, error) {
	former, err := t.accesses(ctx, `member_id = $1 AND network = $2`, p.ID, network)
	if err != nil {
		return nil, err
	}
	if err := t.rememberFormer(ctx, p, former); err != nil {
		return nil, err
	}
	_, err = t.ExecContext(ctx, `
		DELETE FROM connections
		WHERE member_id = $1 AND network = $2`, p.ID, network)
	if err != nil {
		return nil, fmt.Errorf("delete connection: %w", err)
	}
	return former, nil
}

// Disconnect takes a member's account at a network out of Herald, and leaves JobRevocation, which ends the access there. A member without
// any network stays one, in the group Disconnected. ErrNotFound if the member is gone or not connected.
func (s *Store) Disconnect(ctx context.Context, companyID, memberID, network string) error {
	err := s.change(ctx, companyID, func(t *tx) error {
		p, err := person(ctx, t, `p.company_id = $1 AND p.id = $2`, companyID, memberID)
		if err != nil {
			return err
		}
		former, err := t.takeConnection(ctx, p, network)
		if err != nil {
			return err
		}
		if len(former) == 0 {
			return ErrNotFound
		}
		if err := t.endAccess(ctx, companyID, "", former); err != nil {
			return err
		}
		if err := t.audit(ctx, companyID, Actor{SlackID: p.SlackID}, AuditEvent{Action: AuditDisconnected, Subject: &p}); err != nil {
			return err
		}
		return t.derive(ctx, companyID, []string{p.ID})
	})
	if err != nil {
		return fmt.Errorf("disconnect a network: %w", err)
	}
	return nil
}

// An Owner is a member whom a network account belongs to.
type Owner struct {
	CompanyID string `db:"company_id"`
	MemberID  string `db:"member_id"`
}

// ConnectionsOf returns whom an account at a network belongs to: at most one member of each company.
func (s *Store) ConnectionsOf(ctx context.Context, network, subject string) ([]Owner, error) {
	var owners []Owner
	err := s.read.SelectContext(ctx, &owners, `
		SELECT company_id, member_id
		FROM connections
		WHERE network = $1 AND subject = $2
		ORDER BY company_id`, network, subject)
	if err != nil {
		return nil, fmt.Errorf("find the owners of an account: %w", err)
	}
	return owners, nil
}

// connectBound connects a member through a link of theirs, which is used up. An account that can be used gives way to no other one:
// then the link has done its work, and it is ErrExists. Of an account that is new it leaves JobConnectedDM: somebody else may have had the
// link.
func (t *tx) connectBound(ctx context.Context, keys secret, p Person, m Member, acc Account) (Signup, error) {
	before, again := m.Connection(acc.Network)
	consentID, same, err := t.consentOf(ctx, p, acc)
	if err != nil {
		return Signup{}, err
	}
	if again && before.Usable(t.now) && !same {
		return Signup{}, ErrExists
	}
	if err := t.closeInvites(ctx, p.CompanyID, closedUsed, keys.personHash(p)); err != nil {
		return Signup{}, err
	}
	if err := t.reconnect(ctx, p, acc); err != nil {
		return Signup{}, err
	}
	if !same {
		consentID = newID()
		if err := t.leave(ctx, p.CompanyID, Job{Kind: JobConnectedDM, Ref: consentID}); err != nil {
			return Signup{}, err
		}
	}
	if err := t.keepConsent(ctx, p, acc, consentID); err != nil {
		return Signup{}, err
	}
	if err := t.dropSignups(ctx, p, acc); err != nil {
		return Signup{}, err
	}
	if err := t.audit(ctx, p.CompanyID, Actor{SlackID: p.SlackID}, AuditEvent{Action: AuditConnected, Subject: &p}); err != nil {
		return Signup{}, err
	}
	m, err = t.s.member(ctx, t, `p.company_id = $1 AND p.id = $2`, p.CompanyID, p.ID)
	signup := active(m, acc)
	signup.Connected, signup.Again = true, again
	return signup, err
}

// consentOf tells whether exactly this account is the person's, and of which consent (see Consented).
func (t *tx) consentOf(ctx context.Context, p Person, acc Account) (consentID string, same bool, err error) {
	err = t.GetContext(ctx, &consentID, `
		SELECT consent_id
		FROM connections
		WHERE member_id = $1 AND network = $2 AND subject = $3`, p.ID, acc.Network, acc.Subject)
	switch err = found(err); {
	case errors.Is(err, ErrNotFound):
		return "", false, nil
	case err != nil:
		return "", false, fmt.Errorf("look for account: %w", err)
	}
	return consentID, true, nil
}

// keepConsent remembers of which consent an account is. One that is renewed stays of the first, or its member would not be told of it if
// that happens before their message is sent.
func (t *tx) keepConsent(ctx context.Context, p Person, acc Account, consentID string) error {
	_, err := t.ExecContext(ctx, `
		UPDATE connections
		SET consent_id = $3
		WHERE member_id = $1 AND network = $2`, p.ID, acc.Network, consentID)
	if err != nil {
		return fmt.Errorf("remember a consent: %w", err)
	}
	return nil
}

// Consented returns the member whom a consent connected through a link of theirs, and to which network. ErrNotFound if that account is
// not connected any more.
func (s *Store) Consented(ctx context.Context, companyID, consentID string) (m Member, network string, err error) {
	var c struct {
		MemberID string `db:"member_id"`
		Network  string `db:"network"`
	}
	err = s.read.GetContext(ctx, &c, `
		SELECT member_id, network
		FROM connections
		WHERE company_id = $1 AND consent_id = $2 AND consent_id <> ''`, companyID, consentID)
	if err != nil {
		return Member{}, "", fmt.Errorf("look for what a consent connected: %w", found(err))
	}
	m, err = s.Member(ctx, companyID, c.MemberID)
	return m, c.Network, err
}
