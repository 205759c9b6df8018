package store

import (
	"context"
	"fmt"
)

// Connect gives a member an account at a network, or renews it: a member has at most one at each. ErrNotFound if the member is gone,
// ErrTaken if the account is another member's.
func (s *Store) Connect(ctx context.Context, companyID, memberID string, acc Account) error {
	err := s.change(ctx, companyID, func(t *tx) error {
		m, err := s.member(ctx, t, `p.company_id = $1 AND p.id = $2`, companyID, memberID)
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `
			DELETE FROM connections
			WHERE member_id = $1 AND network = $2`, m.ID, acc.Network)
		if err != nil {
			return fmt.Errorf("replace connection: %w", err)
		}
		if err := t.requireFree(ctx, companyID, acc); err != nil {
			return err
		}
		p, err := person(ctx, t, `p.company_id = $1 AND p.id = $2`, companyID, memberID)
		if err != nil {
			return err
		}
		return t.connect(ctx, p, acc)
	})
	if err != nil {
		return fmt.Errorf("connect a network: %w", err)
	}
	return nil
}
