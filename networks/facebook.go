package networks

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// Facebook's two addresses, and the version of its Graph API that Herald was written for. A version lives for about two
// years. https://developers.facebook.com/docs/graph-api/changelog
const (
	FacebookURL          = "https://www.facebook.com"
	FacebookGraphURL     = "https://graph.facebook.com"
	FacebookGraphVersion = "v26.0"
)

// facebookNotAuthorized is the subcode of a token whose owner does not let the app in any more.
// https://developers.facebook.com/docs/graph-api/guides/error-handling
const facebookNotAuthorized = 458

// FacebookApp is Herald's app at Facebook, with the product "Facebook Login".
type FacebookApp struct {
	AppID        string
	AppSecret    string
	URL          string // "": FacebookURL; a trailing slash does not matter
	GraphURL     string // "": FacebookGraphURL
	GraphVersion string // "": FacebookGraphVersion
	Now          func() time.Time
}

// Facebook is the network of that name.
// https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow
type Facebook struct {
	app    oauth2.Config // without a redirect, which belongs to the transaction
	issuer string
	graph  string // base of the Graph API, version included
	now    func() time.Time
	client *http.Client
}

// NewFacebook returns the network for one app.
func NewFacebook(a FacebookApp) *Facebook {
	base := strings.TrimRight(orElse(a.URL, FacebookURL), "/")
	version := strings.Trim(orElse(a.GraphVersion, FacebookGraphVersion), "/")
	graph := strings.TrimRight(orElse(a.GraphURL, FacebookGraphURL), "/") + "/" + version
	return &Facebook{
		app: oauth2.Config{
			ClientID:     a.AppID,
			ClientSecret: a.AppSecret,
			// The endpoints that come with x/oauth2 name versions which have died or soon will.
			Endpoint: oauth2.Endpoint{
				AuthURL:   base + "/" + version + "/dialog/oauth",
				TokenURL:  graph + "/oauth/access_token",
				AuthStyle: oauth2.AuthStyleInParams,
			},
			// One text, because Facebook separates them by commas.
			Scopes: []string{"public_profile,email"},
		},
		issuer: base,
		graph:  graph,
		now:    a.Now,
		client: newClient(),
	}
}

// Name is "facebook".
func (f *Facebook) Name() string { return "facebook" }

// Title is "Facebook".
func (f *Facebook) Title() string { return "Facebook" }

// Issuer is the address of Facebook's consent pages.
func (f *Facebook) Issuer() string { return f.issuer }

// Asks explains the two permissions.
func (f *Facebook) Asks() []Ask {
	return []Ask{
		{"Your name and profile picture", "so that the account is surely yours, and whoever has to confirm your sign-up recognises it. Herald never keeps the picture, and the name only if it does not know you from Slack."},
		{"Your email address", "so that Herald can reach you if you give no other address here. You can untick it."},
	}
}

// Look is how Facebook shows a post.
func (f *Facebook) Look() Look {
	return Look{Byline: "Just now · Friends", Source: true, Buttons: []string{"Like", "Comment", "Share"}}
}

// AppSettings is where Facebook lists the apps that a person let in.
func (f *Facebook) AppSettings() string { return "Settings › Apps and websites" }

// EndsAll is true: Revoke removes the app from the account.
func (f *Facebook) EndsAll() bool { return true }

// At is Facebook itself: there is only one.
func (f *Facebook) At(context.Context, string, string) (Server, error) { return f, nil }

// Callback is the same for everybody.
func (f *Facebook) Callback(callback string) string { return callback }

// NewVerifier is always "": Facebook has PKCE for OpenID Connect only, and calls that a test.
func (f *Facebook) NewVerifier() string { return "" }

// AuthURL is Facebook's consent page. It does not ask again for an email address that was declined before
// (auth_type=rerequest), because Herald can do without one.
func (f *Facebook) AuthURL(state, redirect, _ string) string {
	app := f.app
	app.RedirectURL = redirect
	return app.AuthCodeURL(state)
}

// Denied knows Facebook's codes. Beside access_denied stand error_reason=user_denied and error_code=200, which say no more.
func (f *Facebook) Denied(code string) error {
	switch code {
	case "access_denied":
		return ErrRefused
	case "invalid_scope", "unauthorized_client", "unsupported_response_type":
		return fmt.Errorf("%w: a permission or Facebook Login is missing from it", ErrMisconfigured)
	case "server_error", "temporarily_unavailable":
		return ErrUnavailable
	}
	return ErrRejected
}

// Exchange fetches a token, has it replaced by one that lives for about 60 days, and makes sure that this one was made
// for Herald's app and for the person it then asks about. The email is missing where the person declined it or has none.
func (f *Facebook) Exchange(ctx context.Context, code, redirect, _ string) (Account, error) {
	app := f.app
	app.RedirectURL = redirect
	short, err := app.Exchange(context.WithValue(ctx, oauth2.HTTPClient, f.client), code)
	if err != nil {
		return Account{}, fmt.Errorf("exchange the code: %w", facebookTokenError(err))
	}

	token, err := f.lengthen(ctx, short.AccessToken)
	if err != nil {
		return Account{Token: short.AccessToken}, fmt.Errorf("exchange for a long-lived token: %w", err)
	}
	seen, err := f.inspect(ctx, token.AccessToken)
	if err != nil {
		return Account{Token: token.AccessToken}, fmt.Errorf("inspect the token: %w", err)
	}
	if !seen.IsValid || seen.AppID != f.app.ClientID {
		return Account{}, fmt.Errorf("inspect the token: %w: it is not valid for this app", ErrRejected)
	}
	who, err := f.me(ctx, token.AccessToken)
	if err != nil {
		return Account{Token: token.AccessToken}, fmt.Errorf("ask who consented: %w", err)
	}
	if who.ID != seen.UserID {
		return Account{Token: token.AccessToken}, fmt.Errorf("ask who consented: %w: the token is somebody else's", ErrRejected)
	}

	account := Account{
		Subject: who.ID, Name: who.Name, Email: who.Email,
		Token: token.AccessToken, Scopes: strings.Join(seen.Scopes, " "),
	}
	switch {
	case seen.ExpiresAt > 0:
		account.ExpiresAt = time.Unix(seen.ExpiresAt, 0).UTC()
	case token.ExpiresIn > 0:
		account.ExpiresAt = f.now().Add(time.Duration(token.ExpiresIn) * time.Second)
	}
	return account, nil
}

// facebookToken is what Facebook's token endpoint answers.
type facebookToken struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int64  `json:"expires_in"` // in seconds; not always there
}

// lengthen replaces a token of an hour or two by a long-lived one. There are no refresh tokens.
// https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived
func (f *Facebook) lengthen(ctx context.Context, short string) (facebookToken, error) {
	var token facebookToken
	err := f.send(ctx, http.MethodGet, "/oauth/access_token", url.Values{
		"grant_type": {"fb_exchange_token"}, "client_id": {f.app.ClientID}, "client_secret": {f.app.ClientSecret},
		"fb_exchange_token": {short},
	}, &token)
	if err == nil && token.AccessToken == "" {
		err = fmt.Errorf("%w: its answer is no token", ErrUnavailable)
	}
	return token, err
}

// facebookInspection is what debug_token tells about a token.
type facebookInspection struct {
	AppID     string   `json:"app_id"`
	UserID    string   `json:"user_id"` // of an expired token, too
	IsValid   bool     `json:"is_valid"`
	ExpiresAt int64    `json:"expires_at"` // unix seconds; 0: never
	Scopes    []string `json:"scopes"`     // as granted: what the person declined is not there
	Error     struct {
		Subcode int `json:"subcode"`
	} `json:"error"` // why it is not valid
}

// inspect asks what a token is. A token that is not valid is no error.
// https://developers.facebook.com/docs/graph-api/reference/debug_token
func (f *Facebook) inspect(ctx context.Context, token string) (facebookInspection, error) {
	var answer struct {
		Data facebookInspection `json:"data"`
	}
	err := f.call(ctx, http.MethodGet, "/debug_token", f.appToken(), url.Values{"input_token": {token}}, &answer)
	return answer.Data, err
}

// facebookUser is what Facebook tells about a person.
type facebookUser struct {
	ID    string `json:"id"` // app-scoped: another app sees another one
	Name  string `json:"name"`
	Email string `json:"email"`
}

// me asks who the token belongs to.
func (f *Facebook) me(ctx context.Context, token string) (facebookUser, error) {
	var who facebookUser
	err := f.call(ctx, http.MethodGet, "/me", token, url.Values{"fields": {"id,name,email"}}, &who)
	if err == nil && who.ID == "" {
		err = fmt.Errorf("%w: it does not say who the person is", ErrUnavailable)
	}
	return who, err
}

// Whose inspects the token.
func (f *Facebook) Whose(ctx context.Context, token string) (string, error) {
	seen, err := f.inspect(ctx, token)
	if err == nil && (seen.UserID == "" || seen.AppID != f.app.ClientID) {
		err = ErrRejected
	}
	if err != nil {
		return "", fmt.Errorf("ask whose a token is: %w", err)
	}
	return seen.UserID, nil
}

// Revoke removes the app from the person's account: every token they ever gave this app ends. It works with an expired
// token, too, because the app itself asks for it. If Facebook does not say whose the token is, or refuses, the outcome is
// Standing: the person has to remove Herald under "Apps and websites".
// https://developers.facebook.com/docs/facebook-login/guides/permissions/request-revoke
func (f *Facebook) Revoke(ctx context.Context, token string) (Revocation, error) {
	seen, err := f.inspect(ctx, token)
	if errors.Is(err, ErrRejected) {
		return Standing, nil // made for another app
	}
	if err != nil {
		return "", fmt.Errorf("inspect the token: %w", err)
	}
	if seen.Error.Subcode == facebookNotAuthorized {
		return Revoked, nil // by the person, before
	}
	if seen.UserID == "" || seen.AppID != f.app.ClientID {
		return Standing, nil
	}

	var answer struct {
		Success bool `json:"success"`
	}
	err = f.call(ctx, http.MethodDelete, "/"+url.PathEscape(seen.UserID)+"/permissions", f.appToken(), url.Values{}, &answer)
	if errors.Is(err, ErrRejected) {
		return Standing, nil
	}
	if err != nil {
		return "", fmt.Errorf("revoke: %w", err)
	}
	if !answer.Success {
		return Standing, nil
	}
	return Revoked, nil
}

// Call reads the signed_request with which Facebook calls the Deauthorize and Data Deletion callbacks.
func (f *Facebook) Call(form url.Values) (Call, error) {
	messages := form["signed_request"]
	if len(messages) != 1 {
		return Call{}, fmt.Errorf("%w: there is no signed_request", ErrForged)
	}
	subject, at, err := ParseSignedRequest(f.app.ClientSecret, messages[0])
	if err != nil {
		return Call{}, err
	}
	if at.IsZero() {
		return Call{}, fmt.Errorf("%w: it does not say when", ErrForged)
	}
	// The words in front are nothing that Facebook signs, so the code gives away no signature.
	code := hmac.New(sha256.New, []byte(f.app.ClientSecret))
	fmt.Fprintf(code, "code of %s at %d", subject, at.Unix())
	return Call{Subject: subject, At: at, Code: base32.StdEncoding.EncodeToString(code.Sum(nil))[:26]}, nil
}

// appToken lets the app speak for itself.
func (f *Facebook) appToken() string { return f.app.ClientID + "|" + f.app.ClientSecret }

// call asks the Graph API something with a token, and with the proof that whoever has the token has the app's secret, too.
// https://developers.facebook.com/docs/graph-api/guides/secure-requests
func (f *Facebook) call(ctx context.Context, method, path, token string, query url.Values, into any) error {
	mac := hmac.New(sha256.New, []byte(f.app.ClientSecret))
	mac.Write([]byte(token))
	query.Set("access_token", token)
	query.Set("appsecret_proof", hex.EncodeToString(mac.Sum(nil)))
	return f.send(ctx, method, path, query, into)
}

// send asks the Graph API something. Facebook wants tokens and secrets in the query, so the URL must not get into any error.
func (f *Facebook) send(ctx context.Context, method, path string, query url.Values, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, f.graph+path+"?"+query.Encode(), nil)
	if err != nil {
		return unavailable(err)
	}
	status, body, err := do(f.client, req)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return graphError(status, body)
	}
	return decode(body, into)
}

// facebookTokenError says what went wrong at the token endpoint, whose errors look like all of Graph's.
func facebookTokenError(err error) error {
	if answer, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return graphError(answer.Response.StatusCode, answer.Body)
	}
	return tokenError(err)
}

// graphError says what an unexpected answer of the Graph API means. Its words decide only where one code has two
// meanings, and are not passed on.
// https://developers.facebook.com/docs/graph-api/guides/error-handling
func graphError(status int, body []byte) error {
	var answer struct {
		Error struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return statusError(status)
	}
	code := answer.Error.Code
	kind := errors.Unwrap(statusError(status))
	switch {
	case code == 1 && strings.Contains(answer.Error.Message, "client secret"),
		code == 100 && strings.Contains(answer.Error.Message, "appsecret_proof"),
		code == 101,  // no such app
		code == 191,  // the redirect is not listed
		code == 2500: // no such path: the version
		kind = ErrMisconfigured
	case code == 1, code == 2, // Facebook is unwell
		code == 4, code == 17, code == 32, code == 341, code == 613: // too many calls
		kind = ErrUnavailable
	}
	return fmt.Errorf("%w: HTTP status %d, Graph error %d", kind, status, code)
}
