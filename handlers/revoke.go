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
	// Whose returns the network's id of the account that a token is for; "" if the network does not take the token, and an error if it is
	// worth trying again. The error holds no token.
	Whose(ctx context.Context, network, token string) (subject string, err error)
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
	if err == nil && r.Subject == "" {
		r, err = h.ownerOf(ctx, r)
	}
	if err != nil {
		return fmt.Errorf("load the revocation: %w", err)
	}
	outcome := store.Standing
	if r.Subject != "" {
		if outcome, err = h.revoker.Revoke(ctx, r.Network, r.Token); err != nil {
			return h.revokeLater(ctx, r, err)
		}
	}
	if err := h.store.SettleRevocation(ctx, r.CompanyID, r.ID, outcome); err != nil {
		return fmt.Errorf("settle the revocation: %w", err)
	}
	return nil
}

// ownerOf finds out which account a token is for that was given by an exchange that broke off: it may be connected, and then keeps its
// access. Where the network does not take the token, the revocation comes back as it is.
func (h *Handlers) ownerOf(ctx context.Context, r store.Revocation) (store.Revocation, error) {
	subject, err := h.revoker.Whose(ctx, r.Network, r.Token)
	if err != nil {
		return r, h.revokeLater(ctx, r, err)
	}
	if subject == "" {
		return r, nil
	}
	if err := h.store.NameRevocation(ctx, r.CompanyID, r.ID, subject); err != nil {
		return r, err
	}
	return h.store.TakeRevocation(ctx, r.CompanyID, r.ID, h.revoker.EndsAll)
}

// revokeLater puts a revocation off.
func (h *Handlers) revokeLater(ctx context.Context, r store.Revocation, cause error) error {
	pause := revokePause(h.now().Sub(r.CreatedAt))
	h.log.LogAttrs(ctx, slog.LevelWarn, "the access at a network could not be ended and will be tried again",
		slog.String("network", r.Network), slog.Duration("in", pause), slog.String("error", cause.Error()))
	return &delivery.LaterError{Wait: pause}
}
