package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"herald/sandbox"
	"herald/sandbox/acme"
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
	return dropJobs(p.ctx, db)
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
		_, err = db.Invite(ctx, company.ID, store.Actor{SlackID: m.InvitedBy}, []string{known.ID})
		return err
	case acme.Registered:
	}

	token, err := db.SignupToken(ctx, company.ID, p.ID)
	if err != nil {
		return err
	}
	accounts := accountsOf(box, p, then, now)
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
func accountsOf(box *sandbox.Sandbox, p acme.Person, then, now time.Time) []store.Account {
	const access = 60 * 24 * time.Hour // as both networks grant it
	account := store.Account{
		Network: "linkedin", Subject: box.LinkedIn.Sub(sandbox.ClientID, sandbox.LinkedInAccount(p.ID)), Name: p.RealName,
		Token: "demo", Scopes: "openid profile email w_member_social", ExpiresAt: then.Add(access),
	}
	m := p.Membership
	if m.LinkedIn && !m.LinkedInExpired && account.ExpiresAt.Before(now) {
		account.ExpiresAt = now.Add(access) // they reconnected
	}
	if m.LinkedInExpired || !m.LinkedIn {
		account.ExpiresAt = now.Add(-time.Hour)
	}
	facebook := store.Account{
		Network: "facebook", Subject: "demo-" + p.ID, Name: p.RealName, Token: "demo", Scopes: "public_profile email",
		ExpiresAt: now.Add(access), CompanyPage: m.FacebookPage,
	}
	switch {
	case m.Facebook && (m.LinkedIn || m.LinkedInExpired):
		return []store.Account{account, facebook}
	case m.Facebook:
		return []store.Account{facebook}
	}
	return []store.Account{account}
}

// dropJobs forgets what would follow: all of it happened long ago, and nobody gets a message about it today.
func dropJobs(ctx context.Context, db *store.Store) error {
	for {
		jobs, err := db.ClaimJobs(ctx, 1000, time.Minute, store.JobInviteDM, store.JobWelcomeDM)
		if err != nil || len(jobs) == 0 {
			return err
		}
		for _, job := range jobs {
			if err := db.FinishJob(ctx, job.ID); err != nil {
				return err
			}
		}
	}
}
