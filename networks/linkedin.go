package networks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// LinkedIn's two addresses.
const (
	LinkedInURL    = "https://www.linkedin.com"
	LinkedInAPIURL = "https://api.linkedin.com"
)

// linkedInRevoked is the service error of a token that was revoked. It also appears, wrongly, in the first seconds of a
// token's life.
const linkedInRevoked = 65601

// LinkedInApp is Herald's app at LinkedIn, with the products "Sign In with LinkedIn using OpenID Connect" and "Share on
// LinkedIn".
type LinkedInApp struct {
	ClientID     string
	ClientSecret string
	URL          string // "": LinkedInURL; a trailing slash does not matter
	APIURL       string // "": LinkedInAPIURL
	Now          func() time.Time
}

// LinkedIn is the network of that name.
// https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow
type LinkedIn struct {
	app    oauth2.Config // without a redirect, which belongs to the transaction
	issuer string
	api    string
	now    func() time.Time
	client *http.Client
	pause  time.Duration // before a fresh token is tried again
}

// NewLinkedIn returns the network for one app.
func NewLinkedIn(a LinkedInApp) *LinkedIn {
	base := strings.TrimRight(orElse(a.URL, LinkedInURL), "/")
	return &LinkedIn{
		app: oauth2.Config{
			ClientID:     a.ClientID,
			ClientSecret: a.ClientSecret,
			Endpoint: oauth2.Endpoint{
				AuthURL:  base + "/oauth/v2/authorization",
				TokenURL: base + "/oauth/v2/accessToken",
				// LinkedIn takes the credentials in the body only; probing for it would burn the code.
				AuthStyle: oauth2.AuthStyleInParams,
			},
			// All at once: asking for other scopes later invalidates every token issued before.
			Scopes: []string{"openid", "profile", "email", "w_member_social"},
		},
		issuer: base,
		api:    strings.TrimRight(orElse(a.APIURL, LinkedInAPIURL), "/"),
		now:    a.Now,
		client: newClient(),
		pause:  time.Second,
	}
}

func orElse(value, standard string) string {
	if value == "" {
		return standard
	}
	return value
}

// Name is "linkedin".
func (l *LinkedIn) Name() string { return "linkedin" }

// Title is "LinkedIn".
func (l *LinkedIn) Title() string { return "LinkedIn" }

// Issuer is the address of LinkedIn's authorization server.
func (l *LinkedIn) Issuer() string { return l.issuer }

// Asks explains the four scopes.
func (l *LinkedIn) Asks() []Ask {
	return []Ask{
		{"To know that it is you", "so that the account you sign up with is yours and nobody else’s."},
		{"Your name and photo", "so that whoever has to confirm your sign-up recognises the account. Herald never keeps the photo, and the name only if it does not know you from Slack."},
		{"Your email address", "so that Herald can reach you if you give no other address here."},
		{"To create posts for you", "so that a job you choose to share can appear on your profile, after you said yes to that very post."},
	}
}

// Look is how LinkedIn shows a post.
func (l *LinkedIn) Look() Look { return Look{Buttons: []string{"Like", "Comment", "Repost", "Send"}} }

// AppSettings is where LinkedIn lists the apps that a member let in.
func (l *LinkedIn) AppSettings() string { return "Settings › Data privacy › Permitted services" }

// EndsAll is true: LinkedIn documents nothing about it, and its members allow the app as a whole.
func (l *LinkedIn) EndsAll() bool { return true }

// At is LinkedIn itself: there is only one.
func (l *LinkedIn) At(context.Context, string, string) (Server, error) { return l, nil }

// Callback is the same for everybody.
func (l *LinkedIn) Callback(callback string) string { return callback }

// NewVerifier is always "": LinkedIn's web flow fails with invalid_client where it meets PKCE.
func (l *LinkedIn) NewVerifier() string { return "" }

// AuthURL is LinkedIn's consent page. There is no nonce in it, because LinkedIn does not echo one: the state is the only
// guard.
func (l *LinkedIn) AuthURL(state, redirect, _ string) string {
	app := l.app
	app.RedirectURL = redirect
	return app.AuthCodeURL(state)
}

// Denied knows LinkedIn's codes.
func (l *LinkedIn) Denied(code string) error {
	switch code {
	case "user_cancelled_login", "user_cancelled_authorize", "access_denied":
		return ErrRefused
	case "unauthorized_scope_error", "invalid_scope_error", "invalid_scope", "unauthorized_client", "unsupported_response_type":
		return fmt.Errorf("%w: a product is missing from it", ErrMisconfigured)
	case "server_error", "temporarily_unavailable":
		return ErrUnavailable
	}
	return ErrRejected
}

// Exchange fetches the token, and with it who it belongs to: an id token says so, or else userinfo is asked. The email is optional at LinkedIn, even with its scope.
func (l *LinkedIn) Exchange(ctx context.Context, code, redirect, _ string) (Account, error) {
	app := l.app
	app.RedirectURL = redirect
	token, err := app.Exchange(context.WithValue(ctx, oauth2.HTTPClient, l.client), code)
	if err != nil {
		return Account{}, fmt.Errorf("exchange the code: %w", tokenError(err))
	}

	var who linkedInUser
	if idToken, ok := token.Extra("id_token").(string); ok && idToken != "" {
		who, err = l.verify(ctx, idToken)
	} else {
		who, err = l.userinfo(ctx, token.AccessToken)
	}
	if err != nil {
		return Account{Token: token.AccessToken}, fmt.Errorf("ask who consented: %w", err)
	}

	account := Account{
		Subject: who.Sub, Name: who.Name, Email: who.Email,
		Token: token.AccessToken,
	}
	if granted, ok := token.Extra("scope").(string); ok {
		account.Scopes = strings.Join(strings.FieldsFunc(granted, func(r rune) bool { return r == ',' || r == ' ' }), " ")
	}
	if token.ExpiresIn > 0 {
		account.ExpiresAt = l.now().Add(time.Duration(token.ExpiresIn) * time.Second)
	}
	return account, nil
}

// tokenError says what went wrong at the token endpoint. What x/oauth2 returns holds the answer's body or the URL, so
// only its kind is passed on.
func tokenError(err error) error {
	if answer, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		switch answer.ErrorCode {
		case "invalid_client", "unauthorized_client", "invalid_redirect_uri":
			return fmt.Errorf("%w: its id, secret or redirect URL", ErrMisconfigured)
		}
		return statusError(answer.Response.StatusCode)
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return unavailable(err)
	}
	return fmt.Errorf("%w: its answer is no token", ErrUnavailable)
}

// verify reads an id token. It has no nonce, which LinkedIn never echoes. The keys are fetched each time: people sign up once.
func (l *LinkedIn) verify(ctx context.Context, idToken string) (linkedInUser, error) {
	keys := &fetchedKeys{KeySet: oidc.NewRemoteKeySet(oidc.ClientContext(ctx, l.client), l.issuer+"/oauth/openid/jwks")}
	verifier := oidc.NewVerifier(l.issuer+"/oauth", keys, &oidc.Config{
		ClientID: l.app.ClientID, SupportedSigningAlgs: []string{oidc.RS256}, Now: l.now,
	})
	verified, err := verifier.Verify(ctx, idToken)
	switch {
	case keys.missing:
		return linkedInUser{}, fmt.Errorf("%w: it does not tell its keys", ErrUnavailable)
	case err != nil: // it may repeat what the token says
		return linkedInUser{}, fmt.Errorf("%w: its id token is not valid", ErrRejected)
	}
	var who linkedInUser
	if verified.Claims(&who) != nil || who.Sub == "" {
		return linkedInUser{}, fmt.Errorf("%w: it does not say who the person is", ErrUnavailable)
	}
	return who, nil
}

// fetchedKeys notices when keys could not be fetched, which go-oidc does not tell from a wrong signature.
type fetchedKeys struct {
	oidc.KeySet
	missing bool
}

// VerifySignature is for go-oidc. Of the errors of the key set, only that of fetching the keys wraps another one.
func (k *fetchedKeys) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := k.KeySet.VerifySignature(ctx, jwt)
	k.missing = errors.Unwrap(err) != nil
	return payload, err
}

// linkedInUser is what LinkedIn's id token and userinfo tell.
type linkedInUser struct {
	Sub   string `json:"sub"` // pairwise: another app sees another one
	Name  string `json:"name"`
	Email string `json:"email"`
}

// userinfo asks who the token belongs to. A token that counts as revoked gets a second chance, because it was issued a
// moment ago (see linkedInRevoked).
func (l *LinkedIn) userinfo(ctx context.Context, token string) (linkedInUser, error) {
	status, body, err := l.fetchUserinfo(ctx, token)
	if err == nil && status == http.StatusUnauthorized && serviceErrorCode(body) == linkedInRevoked {
		select {
		case <-time.After(l.pause):
			status, body, err = l.fetchUserinfo(ctx, token)
		case <-ctx.Done():
			err = unavailable(ctx.Err())
		}
	}
	if err != nil {
		return linkedInUser{}, err
	}
	if status != http.StatusOK {
		return linkedInUser{}, statusError(status)
	}

	var who linkedInUser
	if err := decode(body, &who); err != nil {
		return linkedInUser{}, err
	}
	if who.Sub == "" {
		return linkedInUser{}, fmt.Errorf("%w: it does not say who the person is", ErrUnavailable)
	}
	return who, nil
}

func (l *LinkedIn) fetchUserinfo(ctx context.Context, token string) (status int, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.api+"/v2/userinfo", nil)
	if err != nil {
		return 0, nil, unavailable(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return do(l.client, req)
}

// serviceErrorCode is LinkedIn's number for what is wrong, or 0.
func serviceErrorCode(body []byte) int {
	var answer struct {
		ServiceErrorCode int `json:"serviceErrorCode"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return 0
	}
	return answer.ServiceErrorCode
}

// Whose asks userinfo.
func (l *LinkedIn) Whose(ctx context.Context, token string) (string, error) {
	who, err := l.userinfo(ctx, token)
	if err != nil {
		return "", fmt.Errorf("ask whose a token is: %w", err)
	}
	return who.Sub, nil
}

// Revoke tries the revocation endpoint, which LinkedIn does not document, and believes only the documented introspection
// that the token has ended. Else the outcome is Standing: the person has to remove Herald under "Permitted services".
// https://learn.microsoft.com/en-us/linkedin/shared/authentication/token-introspection
func (l *LinkedIn) Revoke(ctx context.Context, token string) (Revocation, error) {
	form := url.Values{"client_id": {l.app.ClientID}, "client_secret": {l.app.ClientSecret}, "token": {token}}
	status, _, err := post(ctx, l.client, l.issuer+"/oauth/v2/revoke", form)
	if err != nil {
		return "", fmt.Errorf("revoke: %w", err)
	}
	if status == http.StatusTooManyRequests || status >= http.StatusInternalServerError {
		return "", fmt.Errorf("revoke: %w", statusError(status))
	}

	status, body, err := post(ctx, l.client, l.issuer+"/oauth/v2/introspectToken", form)
	if err != nil {
		return "", fmt.Errorf("introspect: %w", err)
	}
	if status == http.StatusUnauthorized {
		return "", fmt.Errorf("introspect: %w: its id or secret", ErrMisconfigured)
	}
	if status != http.StatusOK {
		return "", fmt.Errorf("introspect: %w", statusError(status))
	}
	var answer struct {
		Active *bool `json:"active"`
	}
	if err := decode(body, &answer); err != nil {
		return "", fmt.Errorf("introspect: %w", err)
	}
	if answer.Active != nil && !*answer.Active {
		return Revoked, nil
	}
	return Standing, nil
}
