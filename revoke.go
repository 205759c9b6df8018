package main

import (
	"context"
	"errors"
	"slices"

	"herald/networks"
	"herald/store"
)

// revoker lets handlers end Herald's access at the networks.
type revoker []networks.Network

// EndsAll asks the network. One that is not set up any more cannot be told from one where it is so.
func (r revoker) EndsAll(network string) bool {
	return !slices.ContainsFunc(r, func(n networks.Network) bool { return n.Name() == network && !n.EndsAll() })
}

// Whose asks the network. Of one that is not set up any more, or that does not take the token, nobody knows.
func (r revoker) Whose(ctx context.Context, network, token string) (string, error) {
	for _, n := range r {
		if n.Name() != network {
			continue
		}
		subject, err := n.Whose(ctx, token)
		if errors.Is(err, networks.ErrRejected) {
			return "", nil
		}
		return subject, err
	}
	return "", nil
}

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
