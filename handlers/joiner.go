package handlers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"herald/delivery"
	"herald/store"
)

// untilMorning is how long an invitation that nobody asked for waits before it looks again whether it is a decent hour.
const untilMorning = time.Hour

// inviteJoiner invites somebody who joined the workspace some days ago, at a decent hour of theirs.
func (h *Handlers) inviteJoiner(ctx context.Context, job store.Job) error {
	p, err := h.store.Person(ctx, job.CompanyID, job.Ref)
	if errors.Is(err, store.ErrNotFound) { // removed meanwhile
		return nil
	}
	if err != nil {
		return fmt.Errorf("load who joined: %w", err)
	}
	if !h.awake(p.TimeZone) {
		return &delivery.LaterError{Wait: untilMorning}
	}
	err = h.store.InviteJoiner(ctx, job.CompanyID, p.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("invite who joined: %w", err)
	}
	return nil
}
