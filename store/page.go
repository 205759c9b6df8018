package store

import (
	"context"
	"errors"
	"fmt"
)

// ConnectPage connects a Page to the member's account that manages it, in the place of the one before. a must be what TakeAuthorization
// returned, for PurposeChoice. ErrNotFound unless the Page was among the choices, errors of the link as InviteByToken, ErrNotEligible, and
// ErrExists unless the member is (still) connected to that very account, and can use it.
func (s *Store) ConnectPage(ctx context.Context, a Authorization, pageID string) (Page, error) {
	var chosen Page
	err := s.change(ctx, a.CompanyID, func(t *tx) error {
		var err error
		if chosen, err = a.page(pageID); err != nil {
			return err
		}
		invite, err := t.s.inviteByToken(ctx, t, a.CompanyID, a.Token)
		if err != nil {
			return err
		}
		if invite.Member == nil {
			return ErrExists
		}
		if c, ok := invite.Member.Connection(a.Network); !ok || !c.Usable(t.now) {
			return ErrExists
		}
		p, err := person(ctx, t, `p.company_id = $1 AND p.id = $2`, a.CompanyID, invite.Member.ID)
		if err != nil {
			return err
		}
		if !p.Eligible() {
			return ErrNotEligible
		}
		n, err := t.exec(ctx, `
			UPDATE connections
			SET company_page = $1
			WHERE company_id = $2 AND member_id = $3 AND network = $4 AND subject = $5`,
			chosen.Name, a.CompanyID, p.ID, a.Network, a.Subject)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrExists
		}
		return t.audit(ctx, a.CompanyID, Actor{SlackID: p.SlackID}, AuditEvent{Action: AuditPageConnected, Subject: &p})
	})
	if err != nil {
		return Page{}, fmt.Errorf("connect a page: %w", err)
	}
	return chosen, nil
}

// page returns the choice with the id, which a client sent.
func (a Authorization) page(id string) (Page, error) {
	if a.Purpose == PurposeChoice {
		for _, p := range a.Pages {
			if p.ID == id {
				return Page{ID: p.ID, Name: storable(p.Name)}, nil
			}
		}
	}
	return Page{}, ErrNotFound
}

// DisconnectPage takes the Page off a member's account at a network, which stays connected. ErrNotFound if there is none.
func (s *Store) DisconnectPage(ctx context.Context, companyID, memberID, network string) error {
	err := s.change(ctx, companyID, func(t *tx) error {
		p, err := person(ctx, t, `p.company_id = $1 AND p.id = $2`, companyID, memberID)
		if err != nil {
			return err
		}
		n, err := t.exec(ctx, `
			UPDATE connections
			SET company_page = ''
			WHERE member_id = $1 AND network = $2 AND company_page <> ''`, p.ID, network)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNotFound
		}
		return t.audit(ctx, companyID, Actor{SlackID: p.SlackID}, AuditEvent{Action: AuditPageDropped, Subject: &p})
	})
	if err != nil {
		return fmt.Errorf("disconnect a page: %w", err)
	}
	return nil
}

// pageOf returns the Page that is connected to the account, if it is the person's; else "".
func (t *tx) pageOf(ctx context.Context, p Person, acc Account) (string, error) {
	var page string
	err := found(t.GetContext(ctx, &page, `
		SELECT company_page
		FROM connections
		WHERE member_id = $1 AND network = $2 AND subject = $3`, p.ID, acc.Network, acc.Subject))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return "", fmt.Errorf("look for a page: %w", err)
	}
	return page, nil
}
