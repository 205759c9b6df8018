package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// seedSize is the size of an invite's random seed, in bytes.
const seedSize = 16

func newSeed() []byte {
	seed := make([]byte, seedSize)
	rand.Read(seed)
	return seed
}

// token returns the token of a personal link: the seed and the sealed Slack id, so that the database need not keep either the token or
// the id, and the same row always gives the same token.
func (k secret) token(companyID string, seed []byte, slackID string) (string, error) {
	aead, err := k.tokenAEAD()
	if err != nil {
		return "", err
	}
	sealed := aead.Seal(nil, k.tokenNonce(aead, seed), []byte(slackID), []byte(companyID))
	return base64.RawURLEncoding.EncodeToString(append(seed[:seedSize:seedSize], sealed...)), nil
}

// openToken returns the Slack id that the token is bound to. It returns ErrNotFound for anything that token did not make.
func (k secret) openToken(companyID, token string) (string, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) <= seedSize {
		return "", ErrNotFound
	}
	aead, err := k.tokenAEAD()
	if err != nil {
		return "", err
	}
	slackID, err := aead.Open(nil, k.tokenNonce(aead, raw[:seedSize]), raw[seedSize:], []byte(companyID))
	if err != nil {
		return "", ErrNotFound
	}
	return string(slackID), nil
}

func (k secret) tokenAEAD() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k.invite)
	if err != nil {
		return nil, fmt.Errorf("seal link: %w", err)
	}
	return cipher.NewGCM(block)
}

// tokenNonce derives the nonce from the seed. A seed seals one Slack id only, so no nonce seals two texts.
func (k secret) tokenNonce(aead cipher.AEAD, seed []byte) []byte {
	mac := hmac.New(sha256.New, k.nonce)
	mac.Write(seed)
	return mac.Sum(nil)[:aead.NonceSize()]
}

func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
