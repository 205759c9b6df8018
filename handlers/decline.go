package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/slack-go/slack"

	"herald/handlers/view"
	"herald/store"
)

// declineInvite is the menu “Not for me” of an invitation. Who says no is who chose: the message may be an older one of theirs.
func (h *Handlers) declineInvite(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	reason := store.DeclineReason(pressed.SelectedOption.Value)
	if !slices.Contains(store.DeclineReasons(), reason) {
		return reply{}, &UserError{view.StaleScreen}
	}
	after := view.InviteDeclined()
	err := h.store.DeclineInvite(ctx, r.company.ID, r.slackID, reason)
	switch {
	case errors.Is(err, store.ErrExists):
		return reply{}, &UserError{"You are registered, so there is no invitation to decline. To leave, type `/social` and choose *Leave*."}
	case errors.Is(err, store.ErrNotFound):
		after = view.InviteOver()
	case err != nil:
		return reply{}, fmt.Errorf("decline an invitation: %w", err)
	}
	// First of all what must be quick: Slack lets us open a modal for three seconds.
	var shown error
	if reason == store.DeclinedPrivacy {
		shown = h.open(ctx, r, view.StoredModal(r.company))
	}
	if r.messageTS != "" {
		err := h.redraw(ctx, r.company, store.Card{SlackID: r.slackID, Channel: r.channelID, TS: r.messageTS}, after)
		if err != nil {
			return reply{}, err
		}
	}
	if _, late := errors.AsType[*UserError](shown); late {
		return reply{}, nil // they said no, and that worked
	}
	return reply{}, shown
}

// inviteAnyway invites somebody who said no, was removed or left, because a company admin insists.
func (h *Handlers) inviteAnyway(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	who := view.ParseAnyway(pressed.Value)
	if who.As != store.Employee && who.As != store.Recruiter {
		return reply{}, &UserError{view.StaleScreen}
	}
	outcomes, err := h.insist(ctx, r, who)
	if err != nil {
		return reply{}, err
	}
	notice := view.Invited{Outcomes: outcomes, As: who.As, Admin: true}.Notice()
	screenID := screenOf(pressed)
	if screenID == "" && r.home {
		return h.redrawHome(ctx, r, &notice)
	}
	return h.redrawScreen(ctx, r, screenID, notice)
}

func (h *Handlers) insist(ctx context.Context, r *request, who view.Anyway) ([]store.InviteOutcome, error) {
	if who.SlackID == "" {
		outcomes, err := h.store.Invite(ctx, r.company.ID, r.actor(), []string{who.PersonID}, store.InviteOptions{As: who.As, Override: true})
		if err == nil && len(outcomes) == 0 {
			err = store.ErrNotFound
		}
		if err != nil {
			return nil, fmt.Errorf("invite somebody who said no: %w", err)
		}
		return outcomes, nil
	}
	entry, err := h.DirectoryPerson(ctx, r.company, who.SlackID)
	if err != nil {
		return nil, err
	}
	outcome, err := h.store.InviteAgain(ctx, r.company.ID, r.actor(), entry, who.As)
	if errors.Is(err, store.ErrNotEligible) {
		return []store.InviteOutcome{{Person: entry, Result: store.InviteRefused}}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("invite somebody who was removed or left: %w", err)
	}
	return []store.InviteOutcome{outcome}, nil
}
