package networks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrForged means that a message does not bear the signature of the network it claims to come from. It never carries the
// message, so it can be logged.
var ErrForged = errors.New("the network did not sign this")

// ParseSignedRequest reads the signed_request that Facebook posts to an app's Deauthorize and Data Deletion callbacks. The
// userID is the Subject of the person's account. issuedAt is when Facebook made the message, or zero if it does not say;
// the message has no other protection against being sent twice. The error wraps ErrForged.
// https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback
func ParseSignedRequest(appSecret, signedRequest string) (userID string, issuedAt time.Time, err error) {
	if appSecret == "" {
		return "", time.Time{}, fmt.Errorf("%w: there is no secret to check it with", ErrForged)
	}
	encodedSignature, encodedPayload, found := strings.Cut(signedRequest, ".")
	signature, err := decodeSegment(encodedSignature)
	if !found || err != nil {
		return "", time.Time{}, fmt.Errorf("%w: it is malformed", ErrForged)
	}
	mac := hmac.New(sha256.New, []byte(appSecret))
	mac.Write([]byte(encodedPayload)) // as it was sent, not what it stands for
	if !hmac.Equal(signature, mac.Sum(nil)) {
		return "", time.Time{}, fmt.Errorf("%w: the signature is another one", ErrForged)
	}

	payload, err := decodeSegment(encodedPayload)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("%w: the payload is malformed", ErrForged)
	}
	var message struct {
		Algorithm string `json:"algorithm"`
		IssuedAt  int64  `json:"issued_at"` // unix seconds
		UserID    string `json:"user_id"`
	}
	if json.Unmarshal(payload, &message) != nil {
		return "", time.Time{}, fmt.Errorf("%w: the payload is no JSON of the expected shape", ErrForged)
	}
	if !strings.EqualFold(message.Algorithm, "HMAC-SHA256") {
		return "", time.Time{}, fmt.Errorf("%w: the algorithm is not HMAC-SHA256", ErrForged)
	}
	if message.UserID == "" {
		return "", time.Time{}, fmt.Errorf("%w: it names nobody", ErrForged)
	}
	if message.IssuedAt > 0 {
		issuedAt = time.Unix(message.IssuedAt, 0).UTC()
	}
	return message.UserID, issuedAt, nil
}

// decodeSegment reads base64url, which Facebook sends with padding and without.
func decodeSegment(s string) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
}
