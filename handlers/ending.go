package handlers

import (
	"context"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"herald/delivery"
	"herald/handlers/view"
	"herald/store"
)

// Messages that nobody waits for are left between these hours of the person's day.
const (
	morning = 9
	evening = 17
)

// TellEndings lets people know whose access at a network ends soon, at a decent hour of theirs. The clock calls it several times an hour.
func (h *Handlers) TellEndings(ctx context.Context) error {
	return h.store.LeaveEndings(ctx, h.networks.Names(), h.awake)
}

// awake tells whether it is a decent hour in a time zone; one that nobody knows is UTC.
func (h *Handlers) awake(timeZone string) bool {
	zone, err := time.LoadLocation(timeZone)
	if err != nil {
		zone = time.UTC
	}
	hour := h.now().In(zone).Hour()
	return hour >= morning && hour < evening
}

// tellEnding tells a member that their access at a network ends soon, and how to renew it.
func (h *Handlers) tellEnding(ctx context.Context, job store.Job) error {
	company, err := h.store.Company(ctx, job.CompanyID)
	if err != nil {
		return fmt.Errorf("load the company: %w", err)
	}
	m, err := h.store.Member(ctx, company.ID, job.Ref)
	if err != nil {
		return fmt.Errorf("load the member: %w", err)
	}
	of, err := h.store.Endings(ctx, company.ID, m.ID)
	if err != nil {
		return fmt.Errorf("load what ends: %w", err)
	}
	if len(of) == 0 {
		return nil
	}
	token, err := h.store.SignupToken(ctx, company.ID, m.SlackID)
	if err != nil {
		return fmt.Errorf("make a registration link: %w", err)
	}
	if _, err := h.deliver(ctx, company, job, m.SlackID, delivery.Bulk, func() (view.Message, error) {
		return view.Ending(company, h.networks, of, h.personalURL(company, token)), nil
	}); err != nil {
		return err
	}
	if err := h.store.EndingTold(ctx, company.ID, m.ID, of); err != nil {
		return fmt.Errorf("remember that they know: %w", err)
	}
	return nil
}

// endingUntold gives up on somebody whom Slack lets nobody write to.
func (h *Handlers) endingUntold(ctx context.Context, job store.Job, cause error) error {
	of, err := h.store.Endings(ctx, job.CompanyID, job.Ref)
	if err != nil {
		return fmt.Errorf("load what ends: %w", err)
	}
	if err := h.store.EndingTold(ctx, job.CompanyID, job.Ref, of); err != nil {
		return fmt.Errorf("remember that they were not reached: %w", err)
	}
	return h.undelivered(ctx, job, cause)
}

// untold is Don't tell me again on such a message.
func (h *Handlers) untold(ctx context.Context, r *request, _ *slack.BlockAction) (reply, error) {
	if err := h.store.TellEndings(ctx, r.company.ID, r.access.Member.ID, false); err != nil {
		return reply{}, fmt.Errorf("store a wish: %w", err)
	}
	m := view.Untold()
	return reply{message: &m, replace: true}, nil
}

// tellEndings turns such messages on or off in /social me.
func (h *Handlers) tellEndings(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	wanted := pressed.Value == view.TellOn
	if err := h.store.TellEndings(ctx, r.company.ID, r.access.Member.ID, wanted); err != nil {
		return reply{}, fmt.Errorf("store a wish: %w", err)
	}
	r.access.Member.Untold = !wanted
	return h.redrawMe(ctx, r, nil)
}
