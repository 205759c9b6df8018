package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"herald/networks"
	"herald/store"
)

// finishTimeout bounds what follows a consent. It does not end when the browser hangs up: half a registration helps
// nobody.
const finishTimeout = 25 * time.Second

// dropTimeout bounds what is written when a consent came to nothing.
const dropTimeout = 5 * time.Second

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
	auth, trail, ok := s.takeTrip(ctx, w, r, network, state, tripEnded(""))
	if !ok {
		return
	}
	back := s.base + trail.back(network)
	came := s.links.Callback(network.Name())
	if server := r.PathValue("server"); server != "" {
		came += "/" + server
	}
	switch auth.Purpose {
	case store.PurposePage:
		s.offerPages(ctx, w, r, network, came, auth, trail, query)
		return
	case store.PurposeChoice: // no network sends anybody back with this state
		s.notice(w, r, pageTripEnded(back))
		return
	case store.PurposeRegister:
	}

	signup, in, err := s.finish(ctx, network, came, auth, trail, query)
	switch {
	case err == nil && signup.Connected:
		s.connected(w, r, in, network, signup)
	case err == nil && signup.Status == store.SignupActive && signup.Member != nil && signup.Member.SlackID == "" && in.mailed != nil:
		s.welcomeOutsider(w, r, in.company, network, signup)
	case err == nil && signup.Status == store.SignupActive:
		s.welcome(w, r, in.company, network, signup)
	case err == nil && signup.Status == store.SignupApproval && in.mailed != nil:
		s.waiting(w, r, in.company)
	case err == nil:
		s.pending(w, r, in.company, auth.Email)
	default:
		s.failAt(w, r, err, in, back, network)
	}
}

// finish turns a consent into a registration. It looks at the link again, which may have died during the trip. The person came back to
// the address came, which must be that of the server they were sent to.
func (s *Server) finish(ctx context.Context, network networks.Network, came string, auth store.Authorization, t trail, query url.Values) (store.Signup, entrance, error) {
	left := entrance{company: s.companyOf(ctx, auth, t)}
	callback := s.links.Callback(network.Name())
	server, err := network.At(ctx, auth.Issuer, callback)
	if errors.Is(err, networks.ErrWhichServer) { // the operator allows it no more
		err = networks.ErrRejected
	}
	if err != nil {
		return store.Signup{}, left, err
	}
	code, err := consented(server, came == server.Callback(callback), auth, query)
	if err != nil {
		return store.Signup{}, left, err
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

	account, err := server.Exchange(ctx, code, came, auth.Verifier)
	if err != nil {
		s.dropToken(ctx, auth.CompanyID, network.Name(), account.Token)
		return store.Signup{}, in, err
	}
	acc := store.Account{
		Network: network.Name(), Subject: account.Subject, Name: account.Name, Email: account.Email,
		Token: account.Token, Scopes: account.Scopes, ExpiresAt: account.ExpiresAt,
		OwnToken: !network.EndsAll(),
	}
	signup, err := s.store.Register(ctx, auth, acc, person)
	if err != nil {
		s.dropAccess(ctx, auth.CompanyID, acc)
	}
	return signup, in, err
}

// companyOf is whose page the person left from, for the head of the page that says what went wrong; nothing where its URL is another one
// now.
func (s *Server) companyOf(ctx context.Context, auth store.Authorization, t trail) store.Company {
	company, err := s.store.CompanyByKey(ctx, t.key)
	if err != nil || company.ID != auth.CompanyID {
		return store.Company{}
	}
	return company
}

// dropAccess ends what a consent gave that came to nothing, in the background. It is done although the time for the rest may be over.
func (s *Server) dropAccess(ctx context.Context, companyID string, acc store.Account) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dropTimeout)
	defer cancel()
	if err := s.store.DropAccess(ctx, companyID, acc); err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "the access of a consent that came to nothing is not ended",
			slog.String("network", acc.Network), slog.String("error", err.Error()))
	}
}

// dropToken is dropAccess for an exchange that broke off: whose the token is, if there is one, has to be found out.
func (s *Server) dropToken(ctx context.Context, companyID, network, token string) {
	if token != "" {
		s.dropAccess(ctx, companyID, store.Account{Network: network, Token: token})
	}
}

// takeTrip ends the trip of a state, which must be this browser's. Where there is none it answers, with unknown if
// the browser remembers none, and reports false.
func (s *Server) takeTrip(ctx context.Context, w http.ResponseWriter, r *http.Request, network networks.Network, state string, unknown notice) (store.Authorization, trail, bool) {
	trail, ok := s.takeTrail(w, r, state)
	if !ok {
		s.notice(w, r, unknown)
		return store.Authorization{}, trail, false
	}
	back := s.base + trail.back(network)
	auth, err := s.store.TakeAuthorization(ctx, network.Name(), state, trail.cookie)
	switch {
	case err == nil:
		return auth, trail, true
	case !errors.Is(err, store.ErrNotFound):
		s.fail(w, r, err, store.Company{}, back)
	case trail.page:
		s.notice(w, r, pageTripEnded(back))
	default:
		s.notice(w, r, tripEnded(back))
	}
	return store.Authorization{}, trail, false
}

// consented returns the code with which the person came back: from the server they were sent to, and to its address (here).
func consented(server networks.Server, here bool, auth store.Authorization, query url.Values) (string, error) {
	if auth.Issuer != server.Issuer() || !here {
		return "", networks.ErrRejected
	}
	if query.Has("error") {
		return "", server.Denied(only(query, "error"))
	}
	code := only(query, "code")
	if code == "" {
		return "", networks.ErrRejected
	}
	return code, nil
}

// stranger asks Slack about the person of a personal link whom Herald does not know (any more). It is nil where that is
// not needed.
func (s *Server) stranger(ctx context.Context, in entrance) (*store.Person, error) {
	if in.token == "" || in.person != nil || in.mailed != nil {
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
