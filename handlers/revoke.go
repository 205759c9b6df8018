package handlers

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"herald/delivery"
	"herald/store"
)

// A Revoker ends Herald's access at the networks.
type Revoker interface {
	// EndsAll tells whether Revoke may end all of Herald's access to the account, not only what the token gives.
	EndsAll(network string) bool
	// Revoke returns store.Revoked or store.Standing, or an error if it is worth trying again. The error holds no token.
	Revoke(ctx context.Context, network, token string) (store.RevocationOutcome, error)
}

// The shortest and the longest pause before a network that did not answer is asked again.
const (
	revokePauseMin = time.Minute
	revokePauseMax = 6 * time.Hour
)

// revokePause is longer, the longer a network has been silent. That makes about forty attempts in store.RevocationLife, after which the
// store gives up.
func revokePause(silent time.Duration) time.Duration {
	return min(max(silent/2, revokePauseMin), revokePauseMax)
}

// revoke ends Herald's access to an account that nobody wants any more.
func (h *Handlers) revoke(ctx context.Context, job store.Job) error {
	r, err := h.store.TakeRevocation(ctx, job.CompanyID, job.Ref, h.revoker.EndsAll)
	if err != nil {
		return fmt.Errorf("load the revocation: %w", err)
	}
	outcome, err := h.revoker.Revoke(ctx, r.Network, r.Token)
	if err != nil {
		pause := revokePause(h.now().Sub(r.CreatedAt))
		h.log.LogAttrs(ctx, slog.LevelWarn, "the access at a network could not be ended and will be tried again",
			slog.String("network", r.Network), slog.Duration("in", pause), slog.String("error", err.Error()))
		return &delivery.LaterError{Wait: pause}
	}
	if err := h.store.SettleRevocation(ctx, r.CompanyID, r.ID, outcome); err != nil {
		return fmt.Errorf("settle the revocation: %w", err)
	}
	return nil
}
