package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// An Order is what somebody asked for in a form, and what the job that was left with it has not done yet. Which of the fields matter
// depends on the job's kind.
type Order struct {
	ID       string // filled by the store
	By       Actor  // likewise
	ScreenID string // the screen that it was asked from, or ""
	OrderDetails
}

// OrderDetails are what is sealed at rest of an Order.
type OrderDetails struct {
	As        MemberType // for JobInvitePeople and JobPlanRun: Employee, also for "", or Recruiter
	SlackIDs  []string   // likewise: single people
	ChannelID string     // for JobPlanRun: whose members, or ""
	GroupID   string     // likewise, a user group, or ""
	Everyone  bool       // likewise: everybody who is not registered
	ViewID    string     // likewise: the modal that waits for the answer
	Days      int        // for JobResendOld: for how long the invitations have been pending, at the least
	Expected  int        // likewise: how many they are
}

// PlaceOrder keeps an order, leaves its job of this kind (JobInvitePeople, JobPlanRun or JobResendOld), both or neither, and returns the
// order's id. ErrForbidden unless the actor may do what it asks for.
func (s *Store) PlaceOrder(ctx context.Context, companyID string, by Actor, kind JobKind, o Order) (orderID string, err error) {
	o.As = cmp.Or(o.As, Employee)
	if o.As != Employee && o.As != Recruiter {
		return "", fmt.Errorf("place order: nobody is invited as %q", o.As)
	}
	o.ID = newID()
	sealed, err := s.sealOrder(companyID, o)
	if err != nil {
		return "", fmt.Errorf("place order: %w", err)
	}
	err = s.change(ctx, companyID, func(t *tx) error {
		may := t.requireAdmin
		if kind == JobInvitePeople && o.As == Employee {
			may = t.requireInviter
		}
		if err := may(ctx, companyID, by); err != nil {
			return err
		}
		_, err := t.ExecContext(ctx, `
			INSERT INTO orders (id, company_id, by_slack, screen_id, payload_sealed)
			VALUES ($1, $2, $3, $4, $5)`, o.ID, companyID, by.SlackID, o.ScreenID, sealed)
		if err != nil {
			return err
		}
		return t.leave(ctx, companyID, Job{Kind: kind, Ref: o.ID})
	})
	if err != nil {
		return "", fmt.Errorf("place order: %w", err)
	}
	return o.ID, nil
}

// Order returns ErrNotFound once it was filled or dropped.
func (s *Store) Order(ctx context.Context, companyID, orderID string) (Order, error) {
	o, err := s.loadOrder(ctx, s.read, `
		SELECT id, by_slack, screen_id, payload_sealed
		FROM orders
		WHERE company_id = $1 AND id = $2`, companyID, orderID)
	if err != nil {
		return Order{}, fmt.Errorf("load order: %w", err)
	}
	return o, nil
}

// DropOrder forgets an order. One that is gone already is no error.
func (s *Store) DropOrder(ctx context.Context, companyID, orderID string) error {
	err := s.update(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, `DELETE FROM orders WHERE company_id = $1 AND id = $2`, companyID, orderID)
		return err
	})
	if err != nil {
		return fmt.Errorf("drop order: %w", err)
	}
	return nil
}

// InviteOrdered is Invite for whoever placed the order and as it says, in one transaction with its end. ErrNotFound if it was filled
// before. It is over with ErrForbidden, too: whoever placed it may not invite any more.
func (s *Store) InviteOrdered(ctx context.Context, companyID, orderID string, personIDs []string) ([]InviteOutcome, error) {
	if len(personIDs) > inviteLimit {
		return nil, fmt.Errorf("invite as ordered: %w", ErrTooMany)
	}
	var outcomes []InviteOutcome
	err := s.fillOrder(ctx, companyID, orderID, func(t *tx, o Order) (err error) {
		may := t.requireInviter
		if o.As != Employee {
			may = t.requireAdmin
		}
		if err := may(ctx, companyID, o.By); err != nil {
			return err
		}
		outcomes, err = t.invite(ctx, companyID, o.By, personIDs, InviteOptions{As: o.As})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("invite as ordered: %w", err)
	}
	return outcomes, nil
}

// ResendOrdered kills the links of the invitations that have been pending for as long as the order says, the oldest ResendLimit of them,
// makes and sends new ones, and returns how many. It is one transaction with the end of the order: ErrNotFound if it was filled before. It is over, and nothing is sent, with ErrChanged (they are not as
// many as were expected) and ErrForbidden (whoever placed it is no company admin any more), too.
func (s *Store) ResendOrdered(ctx context.Context, companyID, orderID string) (int, error) {
	n := 0
	err := s.fillOrder(ctx, companyID, orderID, func(t *tx, o Order) (err error) {
		n, err = t.resendOld(ctx, companyID, o.By, o.Days, o.Expected)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("resend as ordered: %w", err)
	}
	return n, nil
}

// fillOrder ends an order with what fill does. It ends it, too, if fill returns ErrForbidden or ErrChanged, which it may only do before it
// changed anything.
func (s *Store) fillOrder(ctx context.Context, companyID, orderID string, fill func(*tx, Order) error) error {
	var refused error
	err := s.change(ctx, companyID, func(t *tx) error {
		refused = nil
		o, err := s.loadOrder(ctx, t, `
			DELETE FROM orders
			WHERE company_id = $1 AND id = $2
			RETURNING id, by_slack, screen_id, payload_sealed`, companyID, orderID)
		if err != nil {
			return err
		}
		err = fill(t, o)
		if errors.Is(err, ErrForbidden) || errors.Is(err, ErrChanged) {
			refused = err
			return nil
		}
		return err
	})
	return cmp.Or(err, refused)
}

func (s *Store) loadOrder(ctx context.Context, q querier, query, companyID, orderID string) (Order, error) {
	var row struct {
		ID       string `db:"id"`
		BySlack  string `db:"by_slack"`
		ScreenID string `db:"screen_id"`
		Sealed   []byte `db:"payload_sealed"`
	}
	if err := q.GetContext(ctx, &row, query, companyID, orderID); err != nil {
		return Order{}, found(err)
	}
	o := Order{ID: row.ID, By: Actor{SlackID: row.BySlack}, ScreenID: row.ScreenID}
	var err error
	o.OrderDetails, err = s.openOrder(companyID, row.ID, row.Sealed)
	return o, err
}

func (s *Store) sealOrder(companyID string, o Order) ([]byte, error) {
	plain, err := json.Marshal(o.OrderDetails)
	if err != nil {
		return nil, fmt.Errorf("seal an order: %w", err)
	}
	return s.keys.seal(plain, "order", companyID, o.ID), nil
}

func (s *Store) openOrder(companyID, orderID string, sealed []byte) (OrderDetails, error) {
	plain, err := s.keys.open(sealed, "order", companyID, orderID)
	if err != nil {
		return OrderDetails{}, err
	}
	var details OrderDetails
	return details, json.Unmarshal(plain, &details)
}

// dropOrdersOf forgets what the subjects ordered, and takes them out of what others did.
func (t *tx) dropOrdersOf(ctx context.Context, companyID string, subjects []subject) error {
	theirs := map[string]bool{}
	for _, s := range subjects {
		theirs[s.SlackID] = true
	}
	var rows []struct {
		ID      string `db:"id"`
		BySlack string `db:"by_slack"`
		Sealed  []byte `db:"payload_sealed"`
	}
	err := t.SelectContext(ctx, &rows, `
		SELECT id, by_slack, payload_sealed
		FROM orders
		WHERE company_id = $1`, companyID)
	if err != nil {
		return fmt.Errorf("load orders: %w", err)
	}
	for _, row := range rows {
		if theirs[row.BySlack] {
			if _, err := t.ExecContext(ctx, `DELETE FROM orders WHERE id = $1`, row.ID); err != nil {
				return fmt.Errorf("purge an order: %w", err)
			}
			continue
		}
		o := Order{ID: row.ID}
		if o.OrderDetails, err = t.s.openOrder(companyID, row.ID, row.Sealed); err != nil {
			return err
		}
		others := slices.DeleteFunc(slices.Clone(o.SlackIDs), func(id string) bool { return theirs[id] })
		if len(others) == len(o.SlackIDs) {
			continue
		}
		o.SlackIDs = others
		sealed, err := t.s.sealOrder(companyID, o)
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `
			UPDATE orders
			SET payload_sealed = $2
			WHERE id = $1`, row.ID, sealed)
		if err != nil {
			return fmt.Errorf("purge an order: %w", err)
		}
	}
	return nil
}
