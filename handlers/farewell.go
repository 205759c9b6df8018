package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"herald/delivery"
	"herald/handlers/view"
	"herald/store"
)

const (
	// farewellPatience is how long a farewell waits for what the networks answer. Then it is said without.
	farewellPatience = time.Hour
	// farewellPauseMin is the first pause; the next ones are longer.
	farewellPauseMin = 5 * time.Second
)

// sayFarewell tells somebody whom an admin removed where to end Herald's access themselves, unless all networks confirmed that it ended.
func (h *Handlers) sayFarewell(ctx context.Context, job store.Job) error {
	company, err := h.store.Company(ctx, job.CompanyID)
	if err != nil {
		return fmt.Errorf("load the company: %w", err)
	}
	f, err := h.store.Farewell(ctx, company.ID, job.Ref)
	if err != nil {
		return fmt.Errorf("load the farewell: %w", err)
	}
	standing, pending, err := h.stillOpen(ctx, f)
	if err != nil {
		return err
	}
	waited := h.now().Sub(f.CreatedAt)
	if pending && waited < farewellPatience {
		return &delivery.LaterError{Wait: max(waited, farewellPauseMin)}
	}
	access, err := h.store.Access(ctx, company.ID, f.SlackID)
	if err != nil {
		return fmt.Errorf("look up whom a farewell is for: %w", err)
	}
	if len(standing) > 0 && access.Forgotten { // who came back meanwhile knows
		if err := h.postFarewell(ctx, company, f, view.Farewell(company, h.networks, standing)); err != nil {
			return err
		}
	}
	if err := h.store.EndFarewell(ctx, company.ID, f.ID); err != nil {
		return fmt.Errorf("forget the farewell: %w", err)
	}
	return nil
}

// stillOpen are the networks that did not confirm that the access ended, to all accounts of the removal: what became of a single one is
// not kept. pending tells that some of them were not heard yet.
func (h *Handlers) stillOpen(ctx context.Context, f store.Farewell) (networks []string, pending bool, err error) {
	counts, err := h.store.RevocationCounts(ctx, f.CompanyID, f.RemovalID)
	if err != nil {
		return nil, false, fmt.Errorf("look up where access was ended: %w", err)
	}
	for _, c := range counts {
		if c.Outcome != store.Revoked && slices.Contains(f.Networks, c.Network) {
			networks = append(networks, c.Network)
			pending = pending || c.Outcome == store.RevocationPending
		}
	}
	return slices.Compact(networks), pending, nil
}

// postFarewell sends it, at most once: a process that dies here leaves it to nobody. It is not remembered as a message, since it stays, and
// does not go through deliver, whose marks name the recipient.
func (h *Handlers) postFarewell(ctx context.Context, c store.Company, f store.Farewell, m view.Message) error {
	if err := h.pacer.Wait(ctx, c.ID, f.SlackID, delivery.Bulk); err != nil {
		return fmt.Errorf("wait for a turn to send: %w", err)
	}
	err := h.store.BeginFarewell(ctx, c.ID, f.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("begin the farewell: %w", err)
	}
	_, err = h.post(ctx, c, f.SlackID, m)
	if err == nil {
		return nil
	}
	h.slowDown(ctx, c, delivery.Posting, err)
	if !delivery.NothingDone(err) { // it may have arrived, and silence is better than saying it twice
		return nil
	}
	if undo := h.store.RetryFarewell(context.WithoutCancel(ctx), c.ID, f.ID); undo != nil {
		return fmt.Errorf("take back the farewell: %w", undo)
	}
	return fmt.Errorf("send a direct message: %w", clean(err))
}

// farewellUnsaid gives up on somebody whom Slack lets nobody write to.
func (h *Handlers) farewellUnsaid(ctx context.Context, job store.Job, cause error) error {
	if err := h.undelivered(ctx, job, cause); err != nil {
		return err
	}
	if err := h.store.EndFarewell(ctx, job.CompanyID, job.Ref); err != nil {
		return fmt.Errorf("forget the farewell: %w", err)
	}
	return nil
}
