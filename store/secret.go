package store

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// A secret holds the keys that derive from a company's 32 random bytes.
type secret struct {
	subject []byte // names people in the audit log
	account []byte // finds accounts and addresses that are stored sealed
	invite  []byte // seals the Slack id in personal links
	nonce   []byte // derives the nonces of that
}

func newSecret() []byte {
	raw := make([]byte, keySize)
	rand.Read(raw)
	return raw
}

// secret returns the company's keys. It returns ErrNotFound for an unknown company and ErrKey if the encryption key is the wrong one.
func (s *Store) secret(ctx context.Context, companyID string) (secret, error) {
	if known, ok := s.secrets.Load(companyID); ok {
		return known.(secret), nil
	}
	var sealed []byte
	err := s.read.GetContext(ctx, &sealed, `
		SELECT secret_sealed
		FROM companies
		WHERE id = $1`, companyID)
	if err != nil {
		return secret{}, fmt.Errorf("load company secret: %w", found(err))
	}
	raw, err := s.keys.open(sealed, "company secret", companyID)
	if err != nil {
		return secret{}, err
	}
	var keys secret
	purposes := map[string]*[]byte{
		"subject": &keys.subject, "account": &keys.account, "invite": &keys.invite, "invite nonce": &keys.nonce,
	}
	for purpose, key := range purposes {
		if *key, err = hkdf.Key(sha256.New, raw, nil, "herald "+purpose, keySize); err != nil {
			return secret{}, fmt.Errorf("derive company key: %w", err)
		}
	}
	s.secrets.Store(companyID, keys)
	return keys, nil
}

// slackHash names a Slack user.
func (k secret) slackHash(slackID string) string { return keyedHash(k.subject, "slack", slackID) }

// personHash names a person: by the Slack id, so that they are known again, or else by their id.
func (k secret) personHash(p Person) string {
	if p.SlackID != "" {
		return k.slackHash(p.SlackID)
	}
	return keyedHash(k.subject, "person", p.ID)
}

// accountHash names an account at a network.
func (k secret) accountHash(network, subject string) string {
	return keyedHash(k.account, "account", network, subject)
}

// emailHash names an address; "" gives "".
func (k secret) emailHash(email string) string {
	if email == "" {
		return ""
	}
	return keyedHash(k.account, "email", foldEmail(email))
}

func keyedHash(key []byte, parts ...string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(mac.Sum(nil))
}

// foldEmail makes addresses comparable. Mail systems may tell case apart before the @, none of note does.
func foldEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }
