package handlers

import (
	"context"
	"fmt"

	"github.com/slack-go/slack"

	"herald/handlers/view"
)

// audit answers "/social audit".
func (h *Handlers) audit(ctx context.Context, r *request) (reply, error) {
	m, err := h.drawAudit(ctx, r, "")
	if err != nil {
		return reply{}, err
	}
	return fresh(m), nil
}

// drawAudit draws a page of the audit log: events before the cursor, "" for the newest.
func (h *Handlers) drawAudit(ctx context.Context, r *request, before string) (view.Message, error) {
	events, next, err := h.store.Audit(ctx, r.company.ID, before, view.AuditPage)
	if err != nil {
		return view.Message{}, fmt.Errorf("read the audit log: %w", err)
	}
	return view.Audit(events, h.networks, before == "", next), nil
}

// openAudit is the Audit button of the menu: the log takes its place in the Home tab, or comes as a new message.
func (h *Handlers) openAudit(ctx context.Context, r *request, _ *slack.BlockAction) (reply, error) {
	if r.home {
		return h.goTo(ctx, r, placeAudit)
	}
	return h.audit(ctx, r)
}

// turnAudit shows older events, or the newest again, in the same place.
func (h *Handlers) turnAudit(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	m, err := h.drawAudit(ctx, r, pressed.Value)
	if err != nil {
		return reply{}, err
	}
	if !r.home {
		return reply{message: &m, replace: true}, nil
	}
	menu, err := h.drawMenu(ctx, r, true)
	if err != nil {
		return reply{}, err
	}
	m = view.HomeAt(menu, m)
	return reply{home: &m}, nil
}
