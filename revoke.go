package main

import (
	"context"
	"errors"

	"herald/networks"
	"herald/store"
)

// revoker lets handlers end Herald's access at the networks.
type revoker []networks.Network

// Revoke asks the network. One that is not set up any more, or does not take the token, leaves it to the person.
func (r revoker) Revoke(ctx context.Context, network, token string) (store.RevocationOutcome, error) {
	for _, n := range r {
		if n.Name() != network {
			continue
		}
		outcome, err := n.Revoke(ctx, token)
		switch {
		case errors.Is(err, networks.ErrRejected):
			return store.Standing, nil
		case err != nil:
			return "", err
		case outcome == networks.Revoked:
			return store.Revoked, nil
		}
		return store.Standing, nil
	}
	return store.Standing, nil
}
