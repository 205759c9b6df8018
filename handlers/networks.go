package handlers

import (
	"context"
	"errors"
	"fmt"

	"github.com/slack-go/slack"

	"herald/handlers/view"
	"herald/store"
)

// networksOf are the member's networks, with a link of the member's own if there is something to connect.
func (h *Handlers) networksOf(ctx context.Context, r *request) (view.Networks, error) {
	n := view.Networks{Member: *r.access.Member, Offered: h.networks, Now: h.now()}
	if !n.Connectable() && n.PageNetwork() == "" {
		return n, nil
	}
	token, err := h.store.SignupToken(ctx, r.company.ID, r.slackID)
	if err != nil {
		return n, fmt.Errorf("make a link: %w", err)
	}
	if n.Connectable() {
		n.URL = h.personalURL(r.company, token)
	}
	if network := n.PageNetwork(); network != "" {
		n.PageURL = h.pageURL(r.company, network, token)
	}
	return n, nil
}

// errNotConnected is said to whoever disconnects what is not connected.
var errNotConnected error = &UserError{"That network is not connected any more. Type `/social me` to see how things are now."}

// ownURL is the person's own registration link.
func (h *Handlers) ownURL(ctx context.Context, r *request) (string, error) {
	token, err := h.store.SignupToken(ctx, r.company.ID, r.slackID)
	if err != nil {
		return "", fmt.Errorf("make a registration link: %w", err)
	}
	return h.personalURL(r.company, token), nil
}

// disconnect is Disconnect in the menu, in a message or in the Home tab; Slack asked whether that is meant.
func (h *Handlers) disconnect(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	notice, err := h.endConnection(ctx, r, pressed.Value)
	if err != nil {
		return reply{}, err
	}
	return h.redrawMenu(ctx, r, notice)
}

// disconnectMine is Disconnect in /social me, in a message or on top of the Home tab, which shows the networks as well.
func (h *Handlers) disconnectMine(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	notice, err := h.endConnection(ctx, r, pressed.Value)
	if err != nil {
		return reply{}, err
	}
	return h.redrawMe(ctx, r, &notice)
}

// endConnection disconnects the person from a network, and looks them up again.
func (h *Handlers) endConnection(ctx context.Context, r *request, network string) (view.Notice, error) {
	err := h.store.Disconnect(ctx, r.company.ID, r.access.Member.ID, network)
	if errors.Is(err, store.ErrNotFound) {
		return view.Notice{}, errNotConnected
	}
	if err != nil {
		return view.Notice{}, fmt.Errorf("disconnect: %w", err)
	}
	if r.access, err = h.store.Access(ctx, r.company.ID, r.slackID); err != nil {
		return view.Notice{}, fmt.Errorf("look the person up again: %w", err)
	}
	last := r.access.Member != nil && len(r.access.Member.Connections) == 0
	return view.Disconnected(h.networks, network, last), nil
}
