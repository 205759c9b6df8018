package linkedin

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"
)

const keyID = "d929668a-bab1-4c69-9598-4373149723ff"

// issuer is derived from how the server was reached, so that it needs no setting of its own.
func issuer(r *http.Request) string { return "http://" + r.Host + "/oauth" }

// discovery leaves out what LinkedIn leaves out: revocation_endpoint and code_challenge_methods_supported.
func (s *Server) discovery(w http.ResponseWriter, r *http.Request) {
	base := "http://" + r.Host
	s.json(w, http.StatusOK, map[string]any{
		"issuer":                                issuer(r),
		"authorization_endpoint":                base + "/oauth/v2/authorization",
		"token_endpoint":                        base + "/oauth/v2/accessToken",
		"userinfo_endpoint":                     base + "/v2/userinfo",
		"jwks_uri":                              base + "/oauth/openid/jwks",
		"response_types_supported":              []string{"code"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported":                      []string{"openid", "profile", "email"},
		"claims_supported": []string{
			"iss", "aud", "iat", "exp", "sub", "name", "given_name", "family_name", "picture", "email", "email_verified", "locale",
		},
	})
}

// jwks publishes the key without "use", as LinkedIn does.
func (s *Server) jwks(w http.ResponseWriter, _ *http.Request) {
	s.json(w, http.StatusOK, map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "kid": keyID, "alg": "RS256",
		"n": base64.RawURLEncoding.EncodeToString(s.key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(s.key.E)).Bytes()),
	}}})
}

// idToken signs who the member is. It has no nonce, whatever the app sent: LinkedIn never echoes it.
func (s *Server) idToken(r *http.Request, t Token, a Account) (string, error) {
	claims := s.claims(t, a)
	claims["iss"], claims["aud"] = issuer(r), t.ClientID
	claims["iat"], claims["exp"] = t.Issued.Unix(), t.Issued.Add(time.Hour).Unix()
	header, err := json.Marshal(map[string]string{"alg": "RS256", "typ": "JWT", "kid": keyID})
	if err != nil {
		return "", fmt.Errorf("encode header: %w", err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode claims: %w", err)
	}
	signed := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(payload)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, digest[:])
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	if s.Failing(BadSignature) {
		signature[0] ^= 1
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// claims are what the token's scopes reveal. The email is optional, even with its scope.
func (s *Server) claims(t Token, a Account) map[string]any {
	c := map[string]any{"sub": t.Sub}
	if slices.Contains(t.Scopes, "profile") {
		c["name"], c["given_name"], c["family_name"] = a.Name, a.GivenName, a.FamilyName
		c["locale"] = map[string]string{"country": "US", "language": "en"}
	}
	if slices.Contains(t.Scopes, "email") && a.Email != "" && !s.Failing(NoEmail) {
		c["email"], c["email_verified"] = a.Email, true
	}
	return c
}

func (s *Server) userinfo(w http.ResponseWriter, r *http.Request) {
	secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case !ok || secret == "":
		s.apiError(w, http.StatusUnauthorized, 65604, "EMPTY_ACCESS_TOKEN", "Empty oauth2 access token")
		return
	case s.Failing(RevokedToken):
		s.revoked(w)
		return
	case s.Failing(ExpiredToken):
		s.expired(w)
		return
	}
	s.mu.Lock()
	i := slices.IndexFunc(s.tokens, func(t Token) bool { return t.AccessToken == secret })
	var t Token
	var a Account
	if i >= 0 {
		t = s.tokens[i]
		a, _ = s.account(t.AccountID)
	}
	s.mu.Unlock()
	switch {
	case i < 0:
		s.apiError(w, http.StatusUnauthorized, 65600, "INVALID_ACCESS_TOKEN", "Invalid access token")
	case t.Revoked:
		s.revoked(w)
	case !s.valid(t):
		s.expired(w)
	case !slices.Contains(t.Scopes, "openid"):
		s.apiError(w, http.StatusForbidden, 100, "ACCESS_DENIED", "Not enough permissions to access: userinfo.GET.NO_VERSION")
	default:
		s.json(w, http.StatusOK, s.claims(t, a))
	}
}

func (s *Server) revoked(w http.ResponseWriter) {
	s.apiError(w, http.StatusUnauthorized, 65601, "REVOKED_ACCESS_TOKEN", "The token used in the request has been revoked by the user")
}

func (s *Server) expired(w http.ResponseWriter) {
	s.apiError(w, http.StatusUnauthorized, 65602, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired")
}

func (s *Server) apiError(w http.ResponseWriter, status, number int, code, message string) {
	s.json(w, status, map[string]any{"status": status, "serviceErrorCode": number, "code": code, "message": message})
}
