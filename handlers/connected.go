package handlers

import (
	"context"
	"errors"
	"fmt"

	"github.com/slack-go/slack"

	"herald/delivery"
	"herald/handlers/view"
	"herald/store"
)

// tellConnected tells a member that another account was connected through a link of theirs: a link can be passed on, and stolen.
func (h *Handlers) tellConnected(ctx context.Context, job store.Job) error {
	company, err := h.store.Company(ctx, job.CompanyID)
	if err != nil {
		return fmt.Errorf("load the company: %w", err)
	}
	m, _, err := h.store.Consented(ctx, company.ID, job.Ref)
	if err != nil {
		return err
	}
	_, err = h.deliver(ctx, company, job, m.SlackID, delivery.Prompt, func() (view.Message, error) {
		m, network, err := h.store.Consented(ctx, company.ID, job.Ref) // it may have had to wait
		return view.Connected(company, h.networks, m, network, job.Ref), err
	})
	return err
}

// notMe is Disconnect on that message; Slack asked whether that is meant. It ends the account that the message is about, and no other one
// that came in its place.
func (h *Handlers) notMe(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	whose, network, err := h.store.Consented(ctx, r.company.ID, pressed.Value)
	if errors.Is(err, store.ErrNotFound) || err == nil && whose.ID != r.access.Member.ID {
		return reply{}, errNotConnected
	}
	if err != nil {
		return reply{}, err
	}
	notice, err := h.endConnection(ctx, r, network)
	if err != nil {
		return reply{}, err
	}
	m := notice.Message()
	return reply{message: &m, replace: true}, nil
}
