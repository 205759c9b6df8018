package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"herald/handlers/view"
	"herald/store"
)

// onBehalf is a request of somebody whom a job works for: nobody clicks, and they are who they are now.
func (h *Handlers) onBehalf(ctx context.Context, c store.Company, slackID, what string) (*request, error) {
	access, err := h.store.Access(ctx, c.ID, slackID)
	if err != nil {
		return nil, fmt.Errorf("look up who asked: %w", err)
	}
	return &request{
		company: c, teamID: c.TeamID, enterpriseID: c.EnterpriseID, slackID: slackID, access: access, unasked: true, what: what,
	}, nil
}

// tellOn shows what became of what somebody asked for, on the screen that they asked from, or in a direct message. What goes wrong with
// that is not repeated: it is done by then.
func (h *Handlers) tellOn(ctx context.Context, r *request, screenID string, notice view.Notice) {
	rep, err := h.redrawScreen(ctx, r, screenID, notice)
	if err == nil {
		err = h.show(ctx, r, rep)
	}
	if err != nil {
		h.log.LogAttrs(ctx, slog.LevelWarn, "what became of a request was not shown",
			slog.String("what", r.what), slog.String("team", r.teamID), slog.String("error", err.Error()))
	}
}

// ordered loads what a job is about, and a request of whoever placed it.
func (h *Handlers) ordered(ctx context.Context, job store.Job) (*request, store.Order, error) {
	company, err := h.store.Company(ctx, job.CompanyID)
	if err != nil {
		return nil, store.Order{}, fmt.Errorf("load the company: %w", err)
	}
	order, err := h.store.Order(ctx, company.ID, job.Ref)
	if err != nil {
		return nil, store.Order{}, fmt.Errorf("load the order: %w", err)
	}
	r, err := h.onBehalf(ctx, company, order.By.SlackID, "job "+string(job.Kind))
	return r, order, err
}

// orderFailed gives up on an order, and tells whoever placed it.
func (h *Handlers) orderFailed(ctx context.Context, job store.Job, cause error) error {
	r, order, err := h.ordered(ctx, job)
	if errors.Is(err, store.ErrNotFound) { // it was done, or whoever placed it was removed
		return nil
	}
	if err != nil {
		return err
	}
	if err := h.store.DropOrder(ctx, r.company.ID, order.ID); err != nil {
		return fmt.Errorf("forget the order: %w", err)
	}
	said := h.explain(ctx, r, cause)
	if order.ViewID != "" && h.updateModal(ctx, r, order.ViewID, view.SentenceModal(said)) == nil {
		return nil
	}
	h.tellOn(ctx, r, order.ScreenID, view.Notice{Text: said})
	return nil
}
