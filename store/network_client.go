package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// networkClientLife is how long an unused client is kept. Without it, Herald makes itself known to the server again.
const networkClientLife = 90 * 24 * time.Hour

// NetworkClient returns what SaveNetworkClient saved under the name, or "" if there is nothing.
func (s *Store) NetworkClient(ctx context.Context, name string) (string, error) {
	hash := sha256.Sum256([]byte(name))
	var sealed []byte
	err := found(s.read.GetContext(ctx, &sealed, `
		SELECT client_sealed
		FROM network_clients
		WHERE name_hash = $1`, hash[:]))
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("load network client: %w", err)
	}
	client, err := s.keys.open(sealed, "network client", hex.EncodeToString(hash[:]))
	if err != nil {
		return "", fmt.Errorf("load network client: %w", err)
	}
	return string(client), nil
}

// SaveNetworkClient keeps as what a network's server knows Herald. Neither the name nor the client can be read from the database.
func (s *Store) SaveNetworkClient(ctx context.Context, name, client string) error {
	hash := sha256.Sum256([]byte(name))
	err := s.update(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, `
			INSERT INTO network_clients (name_hash, client_sealed, saved_at)
			VALUES ($1, $2, $3)
			ON CONFLICT (name_hash) DO UPDATE
			SET client_sealed = excluded.client_sealed, saved_at = excluded.saved_at`,
			hash[:], s.keys.seal([]byte(client), "network client", hex.EncodeToString(hash[:])), stamp(t.now))
		return err
	})
	if err != nil {
		return fmt.Errorf("save network client: %w", err)
	}
	return nil
}
