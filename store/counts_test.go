package store_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

// wantCounts checks the counters that are named, and all of them against a recount.
func wantCounts(t *testing.T, s *store.Store, companyID string, want map[store.Group]int) {
	t.Helper()
	got, err := s.Counts(t.Context(), companyID)
	if err != nil {
		t.Fatal(err)
	}
	for g, n := range want {
		if got[g] != n {
			t.Errorf("%s: %d people, want %d", g, got[g], n)
		}
	}
	recount, err := s.Recount(t.Context(), companyID)
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(got, recount) {
		t.Errorf("counted %v, there are %v", got, recount)
	}
	wantInviteCounts(t, s, companyID)
}

// wantInviteCounts checks the counters of invitations against a recount, and that everybody is listed once.
func wantInviteCounts(t *testing.T, s *store.Store, companyID string) {
	t.Helper()
	got, err := s.InviteCounts(t.Context(), companyID)
	if err != nil {
		t.Fatal(err)
	}
	recount, err := s.RecountInvites(t.Context(), companyID)
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(got, recount) {
		t.Errorf("invitations: counted %v, there are %v", got, recount)
	}
	if _, _, err := store.KeptAddresses(t.Context(), s); err != nil {
		t.Error(err)
	}
	listed := map[string]bool{}
	err = s.WalkInvitations(t.Context(), companyID, "", func(i store.Invitation) error {
		got[i.State]--
		if i.Person != nil && listed[i.Person.ID] {
			t.Errorf("%s is listed twice", i.Person.Name)
		}
		if i.Person != nil {
			listed[i.Person.ID] = true
		}
		if (i.Member != nil) != (i.State == store.StateAccepted) {
			t.Errorf("%s, and registered: %v", i.State, i.Member != nil)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for state, n := range got {
		if n != 0 {
			t.Errorf("%s: %d more were counted than the list has", state, n)
		}
	}
}

func wantNames(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhateverHappensTheCountersAreRight(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		const seed = 7
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		a := &accidents{s: s, env: env, companyID: acme.ID, ana: ana, random: rand.New(rand.NewPCG(seed, seed))}
		for i := range 60 {
			entry := store.Person{SlackID: fmt.Sprintf("U%02d", i), Name: fmt.Sprintf("Person %02d", i), Bot: i%10 == 3}
			a.directory = append(a.directory, entry)
		}
		for range 250 {
			name := a.happen(t)
			if t.Failed() {
				t.Fatalf("after %s", name)
			}
			counted, err := s.Counts(t.Context(), acme.ID)
			if err != nil {
				t.Fatal(err)
			}
			recounted, err := s.Recount(t.Context(), acme.ID)
			if err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(counted, recounted) {
				t.Fatalf("after %s: counted %v, there are %v", name, counted, recounted)
			}
			if wantInviteCounts(t, s, acme.ID); t.Failed() {
				t.Fatalf("after %s", name)
			}
		}
		// The list agrees with the counters, group by group.
		counted, err := s.Counts(t.Context(), acme.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range store.Groups("linkedin", "facebook", "mastodon") {
			n := 0
			if err := s.WalkRoster(t.Context(), acme.ID, store.RosterQuery{Group: g}, func(store.RosterRow) error { n++; return nil }); err != nil {
				t.Fatal(err)
			}
			if n != counted[g] {
				t.Errorf("%s: the list has %d rows, the counter says %d", g, n, counted[g])
			}
		}
		invited, err := s.InviteCounts(t.Context(), acme.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, state := range store.InviteStates() {
			if invited[state] == 0 {
				t.Errorf("too little happened: no invitation is %s", state)
			}
		}
		if counted[store.All] < 5 || counted[store.Invited] == 0 || counted[store.Disconnected] == 0 {
			t.Errorf("too little happened: %v", counted)
		}
	})
}

// accidents are things that happen to a company, in any order.
type accidents struct {
	s         *store.Store
	env       *storetest.Env
	companyID string
	ana       store.Actor
	random    *rand.Rand
	directory []store.Person
}

// happen makes something happen and returns what.
func (a *accidents) happen(t *testing.T) string {
	t.Helper()
	things := []struct {
		name string
		do   func(*testing.T) error
	}{
		{"sync", a.sync},
		{"register", a.register},
		{"register", a.register},
		{"register", a.register},
		{"invite", a.invite},
		{"invite", a.invite},
		{"cancel", a.cancel},
		{"say no", a.decline},
		{"insist", a.insist},
		{"deliver", a.deliver},
		{"resend old ones", a.resendOld},
		{"set type", a.setType},
		{"remove", a.remove},
		{"time passes", a.wait},
		{"approve an outsider", a.approve},
	}
	thing := things[a.random.IntN(len(things))]
	err := thing.do(t)
	for _, expected := range []error{
		nil, store.ErrNotFound, store.ErrExists, store.ErrNotEligible, store.ErrTaken, store.ErrNeedsApproval, store.ErrUsed,
	} {
		if errors.Is(err, expected) {
			return thing.name
		}
	}
	t.Errorf("%s: %v", thing.name, err)
	return thing.name
}

func (a *accidents) someone() *store.Person { return &a.directory[a.random.IntN(len(a.directory))] }

func (a *accidents) sync(t *testing.T) error {
	p := a.someone()
	switch a.random.IntN(3) {
	case 0:
		p.Name += "x"
	case 1:
		p.Deactivated = !p.Deactivated
	case 2:
		p.Guest = !p.Guest
	}
	a.env.Clock.Advance(time.Second)
	if a.random.IntN(4) > 0 {
		return a.s.MirrorPeople(t.Context(), a.companyID, a.directory)
	}
	storetest.Sync(t, a.s, a.companyID, a.directory, []store.Person{{SlackID: a.ana.SlackID, Name: "Ana Lima"}})
	return nil
}

func (a *accidents) register(t *testing.T) error {
	p := a.someone()
	token, err := a.s.SignupToken(t.Context(), a.companyID, p.SlackID)
	if err != nil {
		return err
	}
	account := storetest.LinkedIn(p.SlackID)
	switch a.random.IntN(3) {
	case 0:
		account.Network = "facebook"
	case 1:
		account.Network = "mastodon"
	}
	if a.random.IntN(2) == 0 {
		account.ExpiresAt = a.env.Clock.Now().Add(time.Duration(a.random.IntN(60)-5) * 24 * time.Hour)
	}
	_, err = a.s.Register(t.Context(), store.Authorization{CompanyID: a.companyID, Token: token}, account, p)
	return err
}

func (a *accidents) invite(t *testing.T) error {
	people, err := a.s.PeopleBySlackIDs(t.Context(), a.companyID, []string{a.someone().SlackID, a.someone().SlackID})
	if err != nil {
		return err
	}
	var ids []string
	for _, p := range people {
		ids = append(ids, p.ID)
	}
	_, err = a.s.Invite(t.Context(), a.companyID, a.ana, ids, store.InviteOptions{})
	return err
}

func (a *accidents) cancel(t *testing.T) error {
	r, err := a.s.Roster(t.Context(), a.companyID, store.RosterQuery{Group: store.Invited, Limit: 5})
	if err != nil || len(r.Rows) == 0 {
		return err
	}
	if a.random.IntN(2) == 0 {
		_, err := a.s.ResendInvite(t.Context(), a.companyID, a.ana, r.Rows[0].Invite.ID)
		return err
	}
	return a.s.CancelInvite(t.Context(), a.companyID, a.ana, r.Rows[0].Invite.ID)
}

func (a *accidents) decline(t *testing.T) error {
	reasons := store.DeclineReasons()
	return a.s.DeclineInvite(t.Context(), a.companyID, a.someone().SlackID, reasons[a.random.IntN(len(reasons))])
}

func (a *accidents) insist(t *testing.T) error {
	p, err := a.s.PersonBySlackID(t.Context(), a.companyID, a.someone().SlackID)
	if err != nil {
		return err
	}
	_, err = a.s.Invite(t.Context(), a.companyID, a.ana, []string{p.ID}, store.InviteOptions{Override: true})
	return err
}

func (a *accidents) deliver(t *testing.T) error {
	page, err := a.s.Invitations(t.Context(), a.companyID, store.InvitationsQuery{Limit: 10})
	if err != nil || len(page.Rows) == 0 {
		return err
	}
	failure := []string{"", "user_not_found"}[a.random.IntN(2)]
	return a.s.InviteDelivered(t.Context(), a.companyID, page.Rows[a.random.IntN(len(page.Rows))].ID, failure)
}

func (a *accidents) resendOld(t *testing.T) error {
	n, err := a.s.OldInvites(t.Context(), a.companyID, 7)
	if err != nil {
		return err
	}
	_, err = resendsOld(t.Context(), a.s, a.companyID, a.ana, n)
	return err
}

func (a *accidents) setType(t *testing.T) error {
	m, err := a.s.MemberBySlackID(t.Context(), a.companyID, a.someone().SlackID)
	if err != nil {
		return err
	}
	to := []store.MemberType{store.Employee, store.Recruiter}[a.random.IntN(2)]
	_, err = a.s.SetType(t.Context(), a.companyID, a.ana, m.ID, to)
	return err
}

func (a *accidents) remove(t *testing.T) error {
	m, err := a.s.MemberBySlackID(t.Context(), a.companyID, a.someone().SlackID)
	if err != nil {
		return err
	}
	storetest.Remove(t, a.s, a.companyID, a.ana, m.ID)
	return nil
}

func (a *accidents) wait(t *testing.T) error {
	a.env.Clock.Advance(time.Duration(a.random.IntN(4*24)) * time.Hour)
	if _, err := a.s.ExpireConnections(t.Context(), 100); err != nil {
		return err
	}
	return a.s.Tidy(t.Context())
}

func (a *accidents) approve(t *testing.T) error {
	n := a.random.IntN(20)
	account := storetest.LinkedIn(fmt.Sprintf("Outsider %d", n))
	signup, err := a.s.Register(t.Context(), store.Authorization{CompanyID: a.companyID, Email: fmt.Sprintf("o%d@out.example", n)}, account, nil)
	if err != nil {
		return err
	}
	_, err = a.s.DecideSignup(t.Context(), a.companyID, a.ana, signup.ID, a.random.IntN(3) > 0)
	return err
}
