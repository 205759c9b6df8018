package networks

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/oauth2"
)

// clientLife is how long Herald believes that a server still knows it. Servers may forget clients that nobody uses.
const clientLife = time.Hour

// Clients remembers as what the servers of a network know Herald. Which server it is, and its secret, are in the texts.
type Clients interface {
	// NetworkClient returns what was saved under the name, or "".
	NetworkClient(ctx context.Context, name string) (client string, err error)
	// SaveNetworkClient replaces what was saved under the name.
	SaveNetworkClient(ctx context.Context, name, client string) error
}

// MastodonApp is Herald at all servers of Mastodon and of its like. It registers itself with each.
type MastodonApp struct {
	Name    string // what the consent pages call it
	Website string // where people learn more about it
	Clients Clients
	// Allowed are servers that may be in a private network: hosts, or URLs where they have no TLS. Others must be public.
	Allowed []string
	Now     func() time.Time
}

// Mastodon is the network of that name: every server that speaks its protocol.
// https://docs.joinmastodon.org/methods/apps/, https://docs.joinmastodon.org/methods/oauth/
type Mastodon struct {
	app       MastodonApp
	instances instances
}

// NewMastodon returns the network.
func NewMastodon(a MastodonApp) *Mastodon {
	return &Mastodon{app: a, instances: newInstances(a.Allowed)}
}

// Name is "mastodon".
func (m *Mastodon) Name() string { return "mastodon" }

// Title is "Mastodon".
func (m *Mastodon) Title() string { return "Mastodon" }

// Asks explains the two scopes.
func (m *Mastodon) Asks() []Ask {
	return []Ask{
		{"To see your profile", "so that the account is surely yours, and whoever has to confirm your sign-up recognises it. Herald keeps the name only if it does not know you from Slack."},
		{"To create posts for you", "so that a job you choose to share can appear on your profile, after you said yes to that very post."},
	}
}

// AppSettings is where Mastodon lists the apps that a person let in.
func (m *Mastodon) AppSettings() string { return "Preferences › Account › Authorized apps" }

// EndsAll is false: every token stands for itself, and works until it is revoked. A server may give the same one again, though.
func (m *Mastodon) EndsAll() bool { return false }

// Servers are those that the operator allowed.
func (m *Mastodon) Servers() []string { return m.instances.servers() }

// mastodonClient is Herald as one server knows it, for one redirect.
type mastodonClient struct {
	ID        string
	Secret    string
	Scopes    []string
	PKCE      bool
	CheckedAt time.Time
}

// mastodonServer is one server, and Herald there.
type mastodonServer struct {
	client mastodonClient
	base   string
	http   *http.Client
}

// At finds the server, and registers Herald there if that has not been done, or if the server has forgotten it.
func (m *Mastodon) At(ctx context.Context, server, callback string) (Server, error) {
	base, err := m.instances.find(server)
	if err != nil {
		return nil, err
	}
	s := &mastodonServer{base: base.String(), http: m.instances.client(base)}
	name := strings.Join([]string{m.Name(), s.base, s.Callback(callback)}, " ")
	saved, err := m.app.Clients.NetworkClient(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("load Herald's client: %w", err)
	}
	if saved != "" {
		if err := json.Unmarshal([]byte(saved), &s.client); err != nil {
			return nil, errors.New("load Herald's client: it is no JSON of the expected shape")
		}
	}
	if s.client.ID != "" && m.app.Now().Sub(s.client.CheckedAt) < clientLife {
		return s, nil
	}
	if err := s.introduce(ctx, m.app, callback); err != nil {
		return nil, err
	}
	s.client.CheckedAt = m.app.Now()
	client, err := json.Marshal(s.client) //nolint:gosec // G117: it is sealed where it is saved
	if err != nil {
		return nil, fmt.Errorf("save Herald's client: %w", err)
	}
	if err := m.app.Clients.SaveNetworkClient(ctx, name, string(client)); err != nil {
		return nil, fmt.Errorf("save Herald's client: %w", err)
	}
	return s, nil
}

// introduce makes sure that the server knows Herald.
func (s *mastodonServer) introduce(ctx context.Context, app MastodonApp, callback string) error {
	if s.client.ID != "" {
		known, err := s.knows(ctx)
		if known || err != nil {
			return err
		}
	}
	scopes, pkce, err := s.abilities(ctx)
	if err != nil {
		return err
	}
	status, body, err := s.post(ctx, "/api/v1/apps", url.Values{
		"client_name": {app.Name}, "website": {app.Website}, "redirect_uris": {s.Callback(callback)}, "scopes": {strings.Join(scopes, " ")},
	})
	if err != nil {
		return err
	}
	var answer struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	if status != http.StatusOK || json.Unmarshal(body, &answer) != nil || answer.ID == "" || answer.Secret == "" {
		return s.unexpected(status)
	}
	s.client = mastodonClient{ID: answer.ID, Secret: answer.Secret, Scopes: scopes, PKCE: pkce}
	return nil
}

// abilities asks which scopes the server has, and whether it has PKCE. Servers before 4.3 do not say, and have neither the narrow scope
// for profiles nor PKCE. https://docs.joinmastodon.org/methods/oauth/#authorization-server-metadata
func (s *mastodonServer) abilities(ctx context.Context) (scopes []string, pkce bool, err error) {
	status, body, err := s.get(ctx, "/.well-known/oauth-authorization-server", "")
	if err != nil {
		return nil, false, err
	}
	if status == http.StatusTooManyRequests || status >= http.StatusInternalServerError {
		return nil, false, s.unexpected(status)
	}
	var metadata struct {
		Scopes  []string `json:"scopes_supported"`
		Methods []string `json:"code_challenge_methods_supported"`
	}
	if status == http.StatusOK {
		_ = json.Unmarshal(body, &metadata) // else it is no metadata, as if there were none
	}
	profile := "read:accounts"
	if slices.Contains(metadata.Scopes, "profile") {
		profile = "profile"
	}
	return []string{profile, "write:statuses"}, slices.Contains(metadata.Methods, "S256"), nil
}

// knows asks whether the server still accepts Herald's id and secret.
func (s *mastodonServer) knows(ctx context.Context) (bool, error) {
	status, _, err := s.post(ctx, "/oauth/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {s.client.ID}, "client_secret": {s.client.Secret}, "scope": {s.client.Scopes[0]},
	})
	switch {
	case err != nil:
		return false, err
	case status == http.StatusTooManyRequests, status >= http.StatusInternalServerError:
		return false, s.unexpected(status)
	}
	return status == http.StatusOK, nil
}

// Issuer is the server's address.
func (s *mastodonServer) Issuer() string { return s.base }

// Callback is a path of the server's own.
func (s *mastodonServer) Callback(callback string) string {
	sum := sha256.Sum256([]byte(s.base))
	return callback + "/" + hex.EncodeToString(sum[:8])
}

// NewVerifier is "" where the server has no PKCE.
func (s *mastodonServer) NewVerifier() string {
	if !s.client.PKCE {
		return ""
	}
	return oauth2.GenerateVerifier()
}

func (s *mastodonServer) config(redirect string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: s.client.ID, ClientSecret: s.client.Secret, RedirectURL: redirect, Scopes: s.client.Scopes,
		Endpoint: oauth2.Endpoint{AuthURL: s.base + "/oauth/authorize", TokenURL: s.base + "/oauth/token", AuthStyle: oauth2.AuthStyleInParams},
	}
}

// AuthURL is the server's consent page.
func (s *mastodonServer) AuthURL(state, redirect, verifier string) string {
	var options []oauth2.AuthCodeOption
	if verifier != "" {
		options = append(options, oauth2.S256ChallengeOption(verifier))
	}
	return s.config(redirect).AuthCodeURL(state, options...)
}

// Denied knows the codes of RFC 6749 §4.1.2.1.
func (s *mastodonServer) Denied(code string) error {
	switch code {
	case "access_denied":
		return ErrRefused
	case "server_error", "temporarily_unavailable":
		return ErrUnavailable
	}
	return ErrRejected
}

// mastodonToken is all that it takes to act for the account, or to end the access: the server may be asked long after it was last used
// for a consent.
type mastodonToken struct {
	Server   string
	ClientID string
	Secret   string
	Token    string
}

// Exchange fetches the token, which never expires, and asks who it belongs to. There is never an email.
func (s *mastodonServer) Exchange(ctx context.Context, code, redirect, verifier string) (Account, error) {
	var options []oauth2.AuthCodeOption
	if verifier != "" {
		options = append(options, oauth2.VerifierOption(verifier))
	}
	token, err := s.config(redirect).Exchange(context.WithValue(ctx, oauth2.HTTPClient, s.http), code, options...)
	if err != nil {
		return Account{}, fmt.Errorf("exchange the code: %w", s.tokenError(ctx, err))
	}
	kept, err := json.Marshal(mastodonToken{Server: s.base, ClientID: s.client.ID, Secret: s.client.Secret, Token: token.AccessToken}) //nolint:gosec // G117: sealed like every token
	if err != nil {
		return Account{}, fmt.Errorf("keep the token: %w", err)
	}
	account, err := s.account(ctx, token.AccessToken)
	account.Token = string(kept)
	if err != nil {
		return Account{Token: account.Token}, fmt.Errorf("ask who consented: %w", err)
	}
	if granted, ok := token.Extra("scope").(string); ok {
		account.Scopes = granted
	}
	return account, nil
}

// account asks who a token belongs to.
func (s *mastodonServer) account(ctx context.Context, token string) (Account, error) {
	status, body, err := s.get(ctx, "/api/v1/accounts/verify_credentials", token)
	if err != nil {
		return Account{}, err
	}
	if status != http.StatusOK {
		return Account{}, s.unexpected(status)
	}
	var who struct {
		ID          string `json:"id"` // stays when the person renames the account
		Username    string `json:"username"`
		DisplayName string `json:"display_name"` // may be ""
	}
	if err := decode(body, &who); err != nil {
		return Account{}, err
	}
	if !plainID(who.ID) {
		return Account{}, fmt.Errorf("%w: it does not say, or nothing that could be an id", ErrUnavailable)
	}
	_, host, _ := strings.Cut(s.base, "://")
	return Account{Subject: who.ID + "@" + host, Name: cmp.Or(plainName(who.DisplayName), plainName(who.Username))}, nil
}

// What a server may tell: anybody can run one. Ids are short numbers at Mastodon, and short words at its like; they are indexed, and
// PostgreSQL refuses long entries of an index. Display names have 30 characters at Mastodon, and more elsewhere.
const (
	idLimit   = 64  // bytes
	nameLimit = 200 // runes
)

// plainID tells whether it can be the id of an account: printable ASCII without spaces, and short.
func plainID(id string) bool {
	return id != "" && len(id) <= idLimit && strings.IndexFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// plainName is a name without control characters and spaces around it, cut where it is too long.
func plainName(name string) string {
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, name))
	if runes := []rune(name); len(runes) > nameLimit {
		name = string(runes[:nameLimit])
	}
	return name
}

// Whose asks the server that gave the token.
func (m *Mastodon) Whose(ctx context.Context, token string) (string, error) {
	s, kept, err := m.kept(token)
	if errors.Is(err, ErrWhichServer) { // the operator allowed it once, and does not now
		err = ErrRejected
	}
	if err != nil {
		return "", err
	}
	account, err := s.account(ctx, kept.Token)
	if err != nil {
		return "", fmt.Errorf("ask whose a token is: %w", err)
	}
	return account.Subject, nil
}

// kept finds the server of a token that Exchange gave.
func (m *Mastodon) kept(token string) (*mastodonServer, mastodonToken, error) {
	var kept mastodonToken
	if json.Unmarshal([]byte(token), &kept) != nil || kept.Token == "" {
		return nil, kept, fmt.Errorf("read the token: %w", ErrRejected)
	}
	base, err := m.instances.find(kept.Server)
	if err != nil {
		return nil, kept, fmt.Errorf("find the server: %w", err)
	}
	return &mastodonServer{base: base.String(), http: m.instances.client(base)}, kept, nil
}

// Revoke ends one token. https://docs.joinmastodon.org/methods/oauth/#revoke
func (m *Mastodon) Revoke(ctx context.Context, token string) (Revocation, error) {
	s, kept, err := m.kept(token)
	if errors.Is(err, ErrWhichServer) { // the operator allowed it once, and does not now
		return Standing, nil
	}
	if err != nil {
		return "", err
	}
	status, _, err := s.post(ctx, "/oauth/revoke", url.Values{
		"client_id": {kept.ClientID}, "client_secret": {kept.Secret}, "token": {kept.Token},
	})
	switch {
	case err != nil:
		return "", fmt.Errorf("revoke: %w", err)
	case status == http.StatusOK:
		return Revoked, nil
	case status == http.StatusTooManyRequests, status >= http.StatusInternalServerError:
		return "", fmt.Errorf("revoke: %w", s.unexpected(status))
	}
	return Standing, nil
}

func (s *mastodonServer) post(ctx context.Context, path string, form url.Values) (status int, body []byte, err error) {
	status, body, err = post(ctx, s.http, s.base+path, form)
	if err != nil {
		err = s.unreachable(ctx)
	}
	return status, body, err
}

func (s *mastodonServer) get(ctx context.Context, path, token string) (status int, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+path, nil)
	if err != nil {
		return 0, nil, s.unreachable(ctx)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	status, body, err = do(s.http, req)
	if err != nil {
		err = s.unreachable(ctx)
	}
	return status, body, err
}

// unreachable says nothing about the server: its name may be the person's, and why it cannot be reached is nobody's business.
func (s *mastodonServer) unreachable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return fmt.Errorf("%w: it cannot be reached", ErrUnavailable)
}

// unexpected says what an unexpected status means. No operator can mend it, whatever it is.
func (s *mastodonServer) unexpected(status int) error {
	kind := ErrRejected
	if status == http.StatusTooManyRequests || status >= http.StatusInternalServerError {
		kind = ErrUnavailable
	}
	return fmt.Errorf("%w: HTTP status %d", kind, status)
}

// tokenError says what went wrong at the token endpoint, without its words.
func (s *mastodonServer) tokenError(ctx context.Context, err error) error {
	if answer, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return s.unexpected(answer.Response.StatusCode)
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return s.unreachable(ctx)
	}
	return fmt.Errorf("%w: its answer is no token", ErrUnavailable)
}
