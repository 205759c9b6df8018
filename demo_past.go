package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"herald/sandbox"
	"herald/sandbox/acme"
	"herald/sandbox/linkedin"
	"herald/store"
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
	if err := db.MirrorPeople(p.ctx, company.ID, directoryOf(people)); err != nil {
		return err
	}
	for _, person := range people {
		clock = p.now().AddDate(0, 0, -person.Membership.DaysAgo)
		if err := pastOf(p.ctx, db, company, box, person, clock, p.now()); err != nil {
			return fmt.Errorf("%s: %w", person.Handle, err)
		}
	}
	clock = p.now()
	if _, err := db.ExpireConnections(p.ctx, len(people)); err != nil {
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

// pastOf is how one person came to stand where they stand; then is when.
func pastOf(ctx context.Context, db *store.Store, company store.Company, box *sandbox.Sandbox, p acme.Person, then, now time.Time) error {
	m := p.Membership
	switch m.Standing {
	case acme.Outside:
		return nil
	case acme.Invited:
		known, err := db.PersonBySlackID(ctx, company.ID, p.ID)
		if err != nil {
			return err
		}
		_, err = db.Invite(ctx, company.ID, store.Actor{SlackID: m.InvitedBy}, []string{known.ID}, store.InviteOptions{})
		return err
	case acme.Registered:
	}

	token, err := db.SignupToken(ctx, company.ID, p.ID)
	if err != nil {
		return err
	}
	accounts, err := accountsOf(box, p, then, now)
	if err != nil {
		return err
	}
	signup, err := db.Register(ctx, store.Authorization{CompanyID: company.ID, Network: accounts[0].Network, Token: token, Email: m.Email}, accounts[0], nil)
	if err != nil {
		return err
	}
	for _, more := range accounts[1:] {
		if err := db.Connect(ctx, company.ID, signup.Member.ID, more); err != nil {
			return err
		}
	}
	switch m.Role {
	case acme.Recruiter:
		_, err = db.SetType(ctx, company.ID, store.Actor{CLI: true}, signup.Member.ID, store.Recruiter)
	case acme.Admin:
		_, err = db.GrantAdmin(ctx, company.ID, store.Actor{CLI: true}, p.ID)
	case acme.Employee:
	}
	return err
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
