package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// networkClientLife is how long an unused client is kept. Without it, Herald makes itself known to the server again.
const networkClientLife = 90 * 24 * time.Hour

// clientKeyID is the only row of network_client_keys.
const clientKeyID = "name"

// NetworkClient returns what SaveNetworkClient saved under the name, or "" if there is nothing.
func (s *Store) NetworkClient(ctx context.Context, name string) (string, error) {
	hash, err := s.clientHash(ctx, name)
	if err != nil {
		return "", fmt.Errorf("load network client: %w", err)
	}
	var sealed []byte
	err = found(s.read.GetContext(ctx, &sealed, `
		SELECT client_sealed
		FROM network_clients
		WHERE name_hash = $1`, hash))
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("load network client: %w", err)
	}
	client, err := s.keys.open(sealed, "network client", hex.EncodeToString(hash))
	if err != nil {
		return "", fmt.Errorf("load network client: %w", err)
	}
	return string(client), nil
}

// SaveNetworkClient keeps as what a network's server knows Herald. Neither the name nor the client can be read from the database.
func (s *Store) SaveNetworkClient(ctx context.Context, name, client string) error {
	hash, err := s.clientHash(ctx, name)
	if err != nil {
		return fmt.Errorf("save network client: %w", err)
	}
	err = s.update(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, `
			INSERT INTO network_clients (name_hash, client_sealed, saved_at)
			VALUES ($1, $2, $3)
			ON CONFLICT (name_hash) DO UPDATE
			SET client_sealed = excluded.client_sealed, saved_at = excluded.saved_at`,
			hash, s.keys.seal([]byte(client), "network client", hex.EncodeToString(hash)), stamp(t.now))
		return err
	})
	if err != nil {
		return fmt.Errorf("save network client: %w", err)
	}
	return nil
}

// clientHash names a client. It is keyed, since names of servers can be guessed and a server may have a single account: the row outlives
// that. The key is random and sealed, so a change of the encryption key changes no name.
func (s *Store) clientHash(ctx context.Context, name string) ([]byte, error) {
	key, err := s.clientKey(ctx)
	if errors.Is(err, ErrNotFound) {
		err = s.update(ctx, func(t *tx) error {
			_, err := t.ExecContext(ctx, `
				INSERT INTO network_client_keys (id, key_sealed)
				VALUES ($1, $2)
				ON CONFLICT DO NOTHING`, clientKeyID, s.keys.seal(newSecret(), "network client key", clientKeyID))
			return err
		})
		if err == nil {
			key, err = s.clientKey(ctx) // another process may have been faster
		}
	}
	if err != nil {
		return nil, fmt.Errorf("name a network client: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(name))
	return mac.Sum(nil), nil
}

// clientKey is the key of clientHash, or ErrNotFound before the first client.
func (s *Store) clientKey(ctx context.Context) ([]byte, error) {
	var sealed []byte
	err := s.read.GetContext(ctx, &sealed, `
		SELECT key_sealed
		FROM network_client_keys
		WHERE id = $1`, clientKeyID)
	if err != nil {
		return nil, found(err)
	}
	return s.keys.open(sealed, "network client key", clientKeyID)
}
