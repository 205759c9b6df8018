package handlers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"herald/delivery"
	"herald/nudge"
	"herald/store"
)

// untilBack is how long an invitation that nobody asked for waits before it looks again whether somebody is back of whom nobody knows when.
const untilBack = 24 * time.Hour

// inviteJoiner invites somebody who joined the workspace some days ago, in their working hours: those that reminders keep to, too.
func (h *Handlers) inviteJoiner(ctx context.Context, job store.Job) error {
	p, err := h.store.Person(ctx, job.CompanyID, job.Ref)
	if errors.Is(err, store.ErrNotFound) { // removed meanwhile
		return nil
	}
	if err != nil {
		return fmt.Errorf("load who joined: %w", err)
	}
	policy, err := h.workingHours(ctx, job.CompanyID)
	if err != nil {
		return err
	}
	who, err := h.store.Candidate(ctx, job.CompanyID, p.SlackID)
	if err != nil {
		return err
	}
	now := h.now()
	switch at, known := policy.Free(who.Nudged, now); {
	case !known:
		return &delivery.LaterError{Wait: untilBack}
	case at.After(now):
		return &delivery.LaterError{Wait: at.Sub(now)}
	}
	err = h.store.InviteJoiner(ctx, job.CompanyID, p.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("invite who joined: %w", err)
	}
	return nil
}

// workingHours judges when people may be disturbed, also in a company that never set reminders up.
func (h *Handlers) workingHours(ctx context.Context, companyID string) (*nudge.Policy, error) {
	policy, _, err := h.policy(ctx, companyID)
	if errors.Is(err, store.ErrNotFound) {
		policy, err = nudge.New(nudge.DefaultSettings("UTC"))
	}
	return policy, err
}
