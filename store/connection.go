package store

import (
	"context"
	"fmt"
	"time"
)

// Usable tells whether Herald may act at the network with it.
func (c Connection) Usable(now time.Time) bool {
	return c.State == Connected && (c.ExpiresAt.IsZero() || c.ExpiresAt.After(now))
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

// reconnect puts the account in the place of the member's former one at the network, if there is one.
func (t *tx) reconnect(ctx context.Context, p Person, acc Account) error {
	_, err := t.ExecContext(ctx, `
		DELETE FROM connections
		WHERE member_id = $1 AND network = $2`, p.ID, acc.Network)
	if err != nil {
		return fmt.Errorf("replace connection: %w", err)
	}
	if err := t.requireFree(ctx, p.CompanyID, acc); err != nil {
		return err
	}
	return t.connect(ctx, p, acc)
}

// connectBound connects a member through a link of theirs, which is used up. An account that can be used gives way to no other one:
// then the link has done its work, and it is ErrExists.
func (t *tx) connectBound(ctx context.Context, keys secret, p Person, m Member, acc Account) (Signup, error) {
	before, again := m.Connection(acc.Network)
	if again && before.Usable(t.now) {
		same, err := t.connectedTo(ctx, p, acc)
		if err != nil {
			return Signup{}, err
		}
		if !same {
			return Signup{}, ErrExists
		}
	}
	if err := t.closeInvites(ctx, p.CompanyID, keys.personHash(p), closedUsed); err != nil {
		return Signup{}, err
	}
	if err := t.reconnect(ctx, p, acc); err != nil {
		return Signup{}, err
	}
	if err := t.dropSignups(ctx, p, acc); err != nil {
		return Signup{}, err
	}
	if err := t.audit(ctx, p.CompanyID, Actor{SlackID: p.SlackID}, AuditEvent{Action: AuditConnected, Subject: &p}); err != nil {
		return Signup{}, err
	}
	m, err := t.s.member(ctx, t, `p.company_id = $1 AND p.id = $2`, p.CompanyID, p.ID)
	signup := active(m, acc)
	signup.Connected, signup.Again = true, again
	return signup, err
}

// connectedTo tells whether exactly this account is the person's.
func (t *tx) connectedTo(ctx context.Context, p Person, acc Account) (bool, error) {
	var same bool
	err := t.GetContext(ctx, &same, `
		SELECT EXISTS (
			SELECT 1
			FROM connections
			WHERE member_id = $1 AND network = $2 AND subject = $3)`, p.ID, acc.Network, acc.Subject)
	if err != nil {
		return false, fmt.Errorf("look for account: %w", err)
	}
	return same, nil
}
