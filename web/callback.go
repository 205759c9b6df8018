package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"herald/networks"
	"herald/store"
)

// finishTimeout bounds what follows a consent. It does not end when the browser hangs up: half a registration helps
// nobody.
const finishTimeout = 25 * time.Second

// callback is where a network sends people back to. It is the one GET that changes something, so it believes nothing but
// a state that this browser was given, once.
func (s *Server) callback(w http.ResponseWriter, r *http.Request) {
	network, ok := s.network(r.PathValue("network"))
	if !ok {
		s.notice(w, r, noSuchPage())
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), finishTimeout)
	defer cancel()

	query := r.URL.Query()
	state := only(query, "state")
	if state == "" {
		s.notice(w, r, tripEnded(""))
		return
	}
	trail, ok := s.takeTrail(w, r, state)
	if !ok {
		s.notice(w, r, tripEnded(""))
		return
	}
	back := s.base + registerPath(trail.key, trail.token)
	auth, err := s.store.TakeAuthorization(ctx, network.Name(), state, trail.cookie)
	if errors.Is(err, store.ErrNotFound) {
		s.notice(w, r, tripEnded(back))
		return
	}
	if err != nil {
		s.fail(w, r, err, store.Company{}, back)
		return
	}

	signup, in, err := s.finish(ctx, network, auth, trail, query)
	switch {
	case err == nil && signup.Connected:
		s.connected(w, r, in.company, network, signup.Again)
	case err == nil && signup.Status == store.SignupActive:
		s.welcome(w, r, in.company, network, signup)
	case err == nil:
		s.pending(w, r, in.company, auth.Email)
	default:
		s.failAt(w, r, err, in.company, back, network)
	}
}

// finish turns a consent into a registration. It looks at the link again, which may have died during the trip.
func (s *Server) finish(ctx context.Context, network networks.Network, auth store.Authorization, t trail, query url.Values) (store.Signup, entrance, error) {
	if query.Has("error") {
		return store.Signup{}, entrance{}, network.Denied(only(query, "error"))
	}
	code := only(query, "code")
	if code == "" || auth.Issuer != network.Issuer() {
		return store.Signup{}, entrance{}, networks.ErrRejected
	}
	in, err := s.enter(ctx, t.key, auth.Token)
	if err != nil {
		return store.Signup{}, in, err
	}
	if in.company.ID != auth.CompanyID {
		return store.Signup{}, entrance{}, errKeyRotated
	}
	person, err := s.stranger(ctx, in)
	if err != nil {
		return store.Signup{}, in, err
	}

	account, err := network.Exchange(ctx, code, s.links.Callback(network.Name()), auth.Verifier)
	if err != nil {
		return store.Signup{}, in, err
	}
	signup, err := s.store.Register(ctx, auth, store.Account{
		Network: network.Name(), Subject: account.Subject, Name: account.Name, Email: account.Email,
		Token: account.Token, RefreshToken: account.RefreshToken, Scopes: account.Scopes, ExpiresAt: account.ExpiresAt,
	}, person)
	return signup, in, err
}

// stranger asks Slack about the person of a personal link whom Herald does not know (any more). It is nil where that is
// not needed.
func (s *Server) stranger(ctx context.Context, in entrance) (*store.Person, error) {
	if in.token == "" || in.person != nil {
		return nil, nil //nolint:nilnil // no stranger is the usual case, not a failure
	}
	person, err := s.directory.Person(ctx, in.company, in.slackID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, store.ErrNotEligible
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSlackSilent, err)
	}
	return &person, nil
}

// only returns a parameter that was given exactly once. One that is repeated is somebody's game.
func only(query url.Values, name string) string {
	values := query[name]
	if len(values) != 1 || len(values[0]) > maxParameter {
		return ""
	}
	return values[0]
}

// maxParameter bounds a parameter in bytes; LinkedIn's codes stay below 1,000.
const maxParameter = 4096
