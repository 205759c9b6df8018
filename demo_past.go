package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"herald/sandbox"
	"herald/sandbox/acme"
	"herald/sandbox/linkedin"
	"herald/store"
	"herald/web"
)

// seed gives Acme a past: who registered when and with what, and who was invited by whom. It goes through the store's own methods, only
// with another clock. A database that knows a company is left as it is.
func (s serveCommand) seed(p *process, box *sandbox.Sandbox) (err error) {
	clock := p.now()
	db, err := s.open(p.ctx, store.Options{Now: func() time.Time { return clock }})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Migrate(p.ctx); err != nil {
		return err
	}
	known, err := db.Companies(p.ctx)
	if err != nil || len(known) > 0 {
		return err
	}
	company, err := db.InstallCompany(p.ctx, store.Workspace{TeamID: acme.TeamID, Name: acme.Name, Domain: acme.Domain})
	if err != nil {
		return err
	}
	people := box.Company.People
	now := directoryOf(people)
	before := slices.Clone(now) // who left since took part then
	for i := range before {
		before[i].Deactivated = before[i].Deactivated && people[i].Membership.Standing == acme.Outside
	}
	if err := db.MirrorPeople(p.ctx, company.ID, before); err != nil {
		return err
	}
	then := past{s: s, db: db, company: company, box: box, now: p.now, clock: &clock}
	for _, person := range people {
		if err := then.of(p.ctx, person); err != nil {
			return fmt.Errorf("%s: %w", person.Handle, err)
		}
	}
	clock = p.now()
	if err := db.MirrorPeople(p.ctx, company.ID, now); err != nil {
		return err
	}
	if _, err := db.ExpireConnections(p.ctx, len(people)); err != nil {
		return err
	}
	if err := db.Tidy(p.ctx); err != nil { // the invitations that ran out
		return err
	}
	return db.DropJobs(p.ctx) // all of it happened long ago, and nobody gets a message about it today
}

// directoryOf is Acme's directory as the mirror holds it.
func directoryOf(people []acme.Person) []store.Person {
	entries := make([]store.Person, len(people))
	for i, p := range people {
		entries[i] = store.Person{
			SlackID: p.ID, Name: p.RealName, Handle: p.Handle, Email: p.Email, TimeZone: p.TZ,
			Bot: p.Bot, Guest: p.Guest || p.TeamID != acme.TeamID, Deactivated: p.Deactivated, PrimaryOwner: p.PrimaryOwner,
		}
	}
	return entries
}

// A past is what happened at Acme before the demo.
type past struct {
	s       serveCommand
	db      *store.Store
	company store.Company
	box     *sandbox.Sandbox
	now     func() time.Time
	clock   *time.Time // of the database
}

// invitedBefore is how long before they registered people were invited.
const invitedBefore = 2 * 24 * time.Hour

// of is how one person came to stand where they stand.
func (t past) of(ctx context.Context, p acme.Person) error {
	m := p.Membership
	*t.clock = t.now().AddDate(0, 0, -m.DaysAgo)
	switch m.Standing {
	case acme.Outside:
		return nil
	case acme.Invited, acme.Lapsed:
		return t.invite(ctx, p, "")
	case acme.Unreached:
		return t.invite(ctx, p, "cannot_dm_bot")
	case acme.Declined:
		if err := t.invite(ctx, p, ""); err != nil {
			return err
		}
		return t.db.DeclineInvite(ctx, t.company.ID, p.ID, store.DeclineReason(m.Why))
	case acme.Registered:
	}
	return t.register(ctx, p)
}

// invite invites the person; failure is Slack's reason for not delivering it, or "".
func (t past) invite(ctx context.Context, p acme.Person, failure string) error {
	known, err := t.db.PersonBySlackID(ctx, t.company.ID, p.ID)
	if err != nil {
		return err
	}
	invited, err := t.db.Invite(ctx, t.company.ID, store.Actor{SlackID: p.Membership.InvitedBy}, []string{known.ID}, store.InviteOptions{})
	if err != nil {
		return err
	}
	for _, i := range invited {
		if err := t.db.InviteDelivered(ctx, t.company.ID, i.Invite.ID, failure); err != nil {
			return err
		}
	}
	return nil
}

// register registers the person, invited or not, with the networks that they have.
func (t past) register(ctx context.Context, p acme.Person) error {
	m, then := p.Membership, *t.clock
	if m.InvitedBy != "" {
		*t.clock = then.Add(-invitedBefore)
		if err := t.invite(ctx, p, ""); err != nil {
			return err
		}
		*t.clock = then
	}
	token, err := t.db.SignupToken(ctx, t.company.ID, p.ID)
	if err != nil {
		return err
	}
	accounts, err := accountsOf(t.box, p, then, t.now())
	if err != nil {
		return err
	}
	if m.Mastodon {
		account, err := t.mastodon(ctx, p)
		if err != nil {
			return err
		}
		accounts = append(accounts, account)
	}
	signup, err := t.db.Register(ctx, store.Authorization{CompanyID: t.company.ID, Network: accounts[0].Network, Token: token, Email: m.Email}, accounts[0], nil)
	if err != nil {
		return err
	}
	for _, more := range accounts[1:] {
		if err := t.db.Connect(ctx, t.company.ID, signup.Member.ID, more); err != nil {
			return err
		}
	}
	switch m.Role {
	case acme.Recruiter:
		_, err = t.db.SetType(ctx, t.company.ID, store.Actor{CLI: true}, signup.Member.ID, store.Recruiter)
	case acme.Admin:
		_, err = t.db.GrantAdmin(ctx, t.company.ID, store.Actor{CLI: true}, p.ID)
	case acme.Employee:
	}
	return err
}

// mastodon lets Herald into the person's account there, as it happens on the pages.
func (t past) mastodon(ctx context.Context, p acme.Person) (store.Account, error) {
	network := t.s.mastodon(t.db, t.now)
	callback := web.Links{PublicURL: t.s.publicURL()}.Callback(network.Name())
	server, err := network.At(ctx, t.box.MastodonURL, callback)
	if err != nil {
		return store.Account{}, err
	}
	verifier, redirect := server.NewVerifier(), server.Callback(callback)
	code, err := t.box.Mastodon.Allow(server.AuthURL("demo", redirect, verifier), sandbox.MastodonAccount(p.ID))
	if err != nil {
		return store.Account{}, err
	}
	account, err := server.Exchange(ctx, code, redirect, verifier)
	if err != nil {
		return store.Account{}, err
	}
	return store.Account{
		Network: network.Name(), Subject: account.Subject, Name: account.Name, Token: account.Token, Scopes: account.Scopes,
		ExpiresAt: account.ExpiresAt, OwnToken: !network.EndsAll(),
	}, nil
}

// accountsOf are the person's accounts at the networks. Whoever has none has one at LinkedIn whose access ran out.
func accountsOf(box *sandbox.Sandbox, p acme.Person, then, now time.Time) ([]store.Account, error) {
	m := p.Membership
	var accounts []store.Account
	if m.LinkedIn || m.LinkedInExpired || !m.Facebook {
		granted := then
		switch ended := now.Add(-time.Hour - linkedin.TokenLife); {
		case m.LinkedInExpired || !m.LinkedIn:
			granted = ended
		case granted.Before(ended):
			granted = now // they reconnected
		}
		scopes := []string{"openid", "profile", "email", "w_member_social"}
		token, err := box.LinkedIn.Grant(sandbox.ClientID, sandbox.LinkedInAccount(p.ID), scopes, granted)
		if err != nil {
			return nil, err
		}
		accounts = append(accounts, store.Account{
			Network: "linkedin", Subject: token.Sub, Name: p.RealName,
			Token: token.AccessToken, Scopes: strings.Join(token.Scopes, " "), ExpiresAt: token.Expires,
		})
	}
	if m.Facebook {
		token, err := box.Facebook.Grant(sandbox.FacebookAppID, sandbox.FacebookAccount(p.ID), []string{"public_profile", "email"}, now)
		if err != nil {
			return nil, err
		}
		accounts = append(accounts, store.Account{
			Network: "facebook", Subject: token.UserID, Name: p.RealName,
			Token: token.AccessToken, Scopes: strings.Join(token.Scopes, " "), ExpiresAt: token.Expires, CompanyPage: m.FacebookPage,
		})
	}
	return accounts, nil
}
