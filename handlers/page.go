package handlers

import (
	"context"
	"errors"
	"fmt"

	"github.com/slack-go/slack"

	"herald/handlers/view"
	"herald/store"
)

// dropPage is Disconnect Page in the menu, in a message or in the Home tab; Slack asked whether that is meant.
func (h *Handlers) dropPage(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	if err := h.endPage(ctx, r, pressed.Value); err != nil {
		return reply{}, err
	}
	return h.redrawMenu(ctx, r, view.PageDropped())
}

// dropMyPage is Disconnect Page in /social me, in a message or on top of the Home tab.
func (h *Handlers) dropMyPage(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	if err := h.endPage(ctx, r, pressed.Value); err != nil {
		return reply{}, err
	}
	return h.redrawMe(ctx, r, new(view.PageDropped()))
}

// endPage takes the company Page off the person's account at a network, and looks them up again.
func (h *Handlers) endPage(ctx context.Context, r *request, network string) error {
	err := h.store.DisconnectPage(ctx, r.company.ID, r.access.Member.ID, network)
	if errors.Is(err, store.ErrNotFound) {
		return &UserError{"No Page is connected any more. Type `/social me` to see how things are now."}
	}
	if err != nil {
		return fmt.Errorf("disconnect a page: %w", err)
	}
	if r.access, err = h.store.Access(ctx, r.company.ID, r.slackID); err != nil {
		return fmt.Errorf("look the person up again: %w", err)
	}
	return nil
}
