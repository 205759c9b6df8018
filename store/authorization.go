package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// AuthLife is how long a consent at a network may take.
const AuthLife = 10 * time.Minute

// A Purpose is what an Authorization is good for, and nothing else.
type Purpose string

// The purposes.
const (
	PurposeRegister Purpose = ""       // to register, or to connect a network
	PurposePage     Purpose = "page"   // to see which Pages the member's connected account manages
	PurposeChoice   Purpose = "choice" // to choose among Pages: the trip that follows PurposePage
)

// A Page is a company's place on a network.
type Page struct {
	ID   string
	Name string
}

// An Authorization is one trip to a network's consent page (an OAuth transaction, RFC 9700 §2.1).
type Authorization struct {
	CompanyID string
	Network   string // "linkedin"
	Issuer    string // base URL of the authorization server it was begun with
	Token     string // of the personal link, "" when it began at the company URL; sealed at rest
	Email     string // what the person entered, may be ""; sealed at rest
	Verifier  string // PKCE, "" where the network has none; sealed at rest
	Purpose   Purpose
	Subject   string // for PurposeChoice: the account that manages the Pages; sealed at rest
	Pages     []Page // for PurposeChoice: what there is to choose from; sealed at rest
}

// authorizationPayload is what is sealed at rest.
type authorizationPayload struct {
	Issuer, Token, Email, Verifier string
	Purpose                        Purpose
	Subject                        string
	Pages                          []Page
}

// BeginAuthorization stores it under the hashes of state and of the browser's cookie, for AuthLife. ErrExists if the state is in use.
func (s *Store) BeginAuthorization(ctx context.Context, a Authorization, state, browser string) error {
	keys, err := s.secret(ctx, a.CompanyID)
	if err != nil {
		return fmt.Errorf("begin authorization: %w", err)
	}
	subject := ""
	if a.Token != "" {
		slackID, err := keys.openToken(a.CompanyID, a.Token)
		if err != nil {
			return fmt.Errorf("begin authorization: %w", err)
		}
		subject = keys.slackHash(slackID) // so that a removal finds it
	}
	payload, err := json.Marshal(authorizationPayload{Issuer: a.Issuer, Token: a.Token, Email: a.Email, Verifier: a.Verifier, Purpose: a.Purpose, Subject: a.Subject, Pages: a.Pages})
	if err != nil {
		return fmt.Errorf("begin authorization: %w", err)
	}
	stateHash, browserHash := sha256.Sum256([]byte(state)), sha256.Sum256([]byte(browser))
	sealed := s.keys.seal(payload, "authorization", a.CompanyID, a.Network, hex.EncodeToString(stateHash[:]))
	err = s.update(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, `
			INSERT INTO authorizations (state_hash, browser_hash, company_id, network, subject_hash, payload_sealed, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			stateHash[:], browserHash[:], a.CompanyID, a.Network, subject, sealed, stamp(t.now.Add(AuthLife)))
		if exists(err) {
			return ErrExists
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("begin authorization: %w", err)
	}
	return nil
}

// TakeAuthorization consumes the transaction, whatever comes of it. ErrNotFound for an unknown, used or expired state,
// for another browser and for another network.
func (s *Store) TakeAuthorization(ctx context.Context, network, state, browser string) (Authorization, error) {
	stateHash, browserHash := sha256.Sum256([]byte(state)), sha256.Sum256([]byte(browser))
	var row struct {
		BrowserHash []byte `db:"browser_hash"`
		CompanyID   string `db:"company_id"`
		Network     string `db:"network"`
		Payload     []byte `db:"payload_sealed"`
		ExpiresAt   int64  `db:"expires_at"`
	}
	err := s.update(ctx, func(t *tx) error {
		return found(t.GetContext(ctx, &row, `
			DELETE FROM authorizations
			WHERE state_hash = $1
			RETURNING browser_hash, company_id, network, payload_sealed, expires_at`, stateHash[:]))
	})
	switch {
	case err != nil:
	case !hmac.Equal(row.BrowserHash, browserHash[:]):
		err = errors.Join(ErrNotFound, errors.New("another browser"))
	case row.Network != network:
		err = errors.Join(ErrNotFound, errors.New("another network"))
	case row.ExpiresAt <= stamp(s.time()):
		err = errors.Join(ErrNotFound, ErrExpired)
	}
	if err != nil {
		return Authorization{}, fmt.Errorf("take authorization: %w", err)
	}
	plain, err := s.keys.open(row.Payload, "authorization", row.CompanyID, row.Network, hex.EncodeToString(stateHash[:]))
	if err != nil {
		return Authorization{}, fmt.Errorf("take authorization: %w", err)
	}
	var p authorizationPayload
	if err := json.Unmarshal(plain, &p); err != nil {
		return Authorization{}, fmt.Errorf("take authorization: %w", err)
	}
	return Authorization{
		CompanyID: row.CompanyID, Network: row.Network,
		Issuer: p.Issuer, Token: p.Token, Email: p.Email, Verifier: p.Verifier,
		Purpose: p.Purpose, Subject: p.Subject, Pages: p.Pages,
	}, nil
}
