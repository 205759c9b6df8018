package networks

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"hash"
	"strings"
	"testing"
	"time"
)

// signed is a signed_request with the payload.
func signed(key, payload string, encoding *base64.Encoding, sum func() hash.Hash) string {
	encoded := encoding.EncodeToString([]byte(payload))
	mac := hmac.New(sum, []byte(key))
	mac.Write([]byte(encoded))
	return encoding.EncodeToString(mac.Sum(nil)) + "." + encoded
}

const leaving = `{"algorithm":"HMAC-SHA256","issued_at":1795514400,"user_id":"12345678901234567"}`

func TestParseSignedRequest(t *testing.T) {
	t.Parallel()
	issued := time.Unix(1795514400, 0).UTC()
	good := signed(secret, leaving, base64.RawURLEncoding, sha256.New)
	signature, payload, _ := strings.Cut(good, ".")
	other := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(leaving, "12345", "99999", 1)))
	say := func(payload string) string { return signed(secret, payload, base64.RawURLEncoding, sha256.New) }
	for _, tt := range []struct {
		name     string
		secret   string
		request  string
		userID   string
		issuedAt time.Time
	}{
		{"genuine", secret, good, "12345678901234567", issued},
		{"padded", secret, signed(secret, leaving, base64.URLEncoding, sha256.New), "12345678901234567", issued},
		{"padded signature only", secret, signature + "=." + payload, "12345678901234567", issued},
		{"lower-case algorithm", secret, say(strings.Replace(leaving, "HMAC-SHA256", "hmac-sha256", 1)), "12345678901234567", issued},
		{"more fields", secret, say(`{"algorithm":"HMAC-SHA256","user_id":"7","expires":1,"user":{"country":"pt"}}`), "7", time.Time{}},

		{"empty", secret, "", "", time.Time{}},
		{"a dot", secret, ".", "", time.Time{}},
		{"no signature", secret, "." + payload, "", time.Time{}},
		{"no payload", secret, signature + ".", "", time.Time{}},
		{"no dot", secret, signature + payload, "", time.Time{}},
		{"one part more", secret, good + "." + payload, "", time.Time{}},
		{"forged payload", secret, signature + "." + other, "", time.Time{}},
		{"forged signature", secret, strings.Repeat("A", len(signature)) + "." + payload, "", time.Time{}},
		{"truncated signature", secret, signature[:20] + "." + payload, "", time.Time{}},
		{"truncated payload", secret, good[:len(good)-4], "", time.Time{}},
		{"no base64", secret, "!!!." + payload, "", time.Time{}},
		{"payload is no base64", secret, rawSigned("!!!"), "", time.Time{}},
		{"other secret", "another-secret", good, "", time.Time{}},
		{"no secret", "", signed("", leaving, base64.RawURLEncoding, sha256.New), "", time.Time{}},
		{"other hash", secret, signed(secret, leaving, base64.RawURLEncoding, sha512.New), "", time.Time{}},
		{"wrong algorithm", secret, say(strings.Replace(leaving, "HMAC-SHA256", "none", 1)), "", time.Time{}},
		{"no algorithm", secret, say(`{"user_id":"7"}`), "", time.Time{}},
		{"nobody", secret, say(`{"algorithm":"HMAC-SHA256","issued_at":1}`), "", time.Time{}},
		{"no JSON", secret, say("user_id=7"), "", time.Time{}},
		{"null", secret, say("null"), "", time.Time{}},
		{"user_id of another shape", secret, say(`{"algorithm":"HMAC-SHA256","user_id":["7"]}`), "", time.Time{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			userID, issuedAt, err := ParseSignedRequest(tt.secret, tt.request)
			if userID != tt.userID || !issuedAt.Equal(tt.issuedAt) {
				t.Errorf("got %q, %v, want %q, %v", userID, issuedAt, tt.userID, tt.issuedAt)
			}
			if forged := tt.userID == ""; forged != errors.Is(err, ErrForged) || !forged && err != nil {
				t.Errorf("got error %v", err)
			}
		})
	}
}

// rawSigned signs a payload that is not encoded.
func rawSigned(payload string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(payload))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) + "." + payload
}

func TestTheLocalFacebookSignsLikeTheRealOne(t *testing.T) {
	t.Parallel()
	_, stand := openFacebook(t)
	request, err := stand.SignedRequest("1001", "ann")
	if err != nil {
		t.Fatal(err)
	}
	userID, issuedAt, err := ParseSignedRequest(secret, request)
	if err != nil || userID != stand.UserID("1001", "ann") || !issuedAt.Equal(now()) {
		t.Errorf("got %q, %v, %v", userID, issuedAt, err)
	}
}

// FuzzParseSignedRequest: nothing makes it panic, and nobody gets in without the secret.
func FuzzParseSignedRequest(f *testing.F) {
	good := signed(secret, leaving, base64.RawURLEncoding, sha256.New)
	for _, seed := range []string{"", ".", "a.b", good, good[1:], good + "=", signed(secret, leaving, base64.URLEncoding, sha256.New)} {
		f.Add(seed, leaving)
	}
	f.Fuzz(func(t *testing.T, request, payload string) {
		if userID, issuedAt, err := ParseSignedRequest("a secret nobody signs with", request); err == nil || userID != "" || !issuedAt.IsZero() {
			t.Errorf("%q got in as %q", request, userID)
		}
		userID, _, err := ParseSignedRequest(secret, signed(secret, payload, base64.RawURLEncoding, sha256.New))
		if (err == nil) != (userID != "") || err != nil && !errors.Is(err, ErrForged) {
			t.Errorf("payload %q: %q, %v", payload, userID, err)
		}
	})
}
