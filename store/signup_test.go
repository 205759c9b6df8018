package store_test

import (
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

// kinds takes all jobs and returns their kinds, sorted.
func kinds(t *testing.T, env *storetest.Env) []store.JobKind {
	t.Helper()
	var list []store.JobKind
	for _, j := range storetest.TakeJobs(t, env) {
		list = append(list, j.Kind)
	}
	slices.Sort(list)
	return list
}

func wantJobs(t *testing.T, env *storetest.Env, want ...store.JobKind) {
	t.Helper()
	slices.Sort(want)
	if got := kinds(t, env); !slices.Equal(got, want) {
		t.Errorf("jobs %v, want %v", got, want)
	}
}

func TestRegisteringWithAPersonalLink(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		people := storetest.Mirror(t, s, acme.ID, "Ann Lee", "Bo Ek")
		token := func(slackID string) string {
			t.Helper()
			token, err := s.SignupToken(ctx, acme.ID, slackID)
			if err != nil {
				t.Fatal(err)
			}
			return token
		}
		account := storetest.LinkedIn("Annie Smith")
		account.ExpiresAt = env.Clock.Now().Add(60 * 24 * time.Hour)
		a := store.Authorization{CompanyID: acme.ID, Token: token(people[0].SlackID), Email: "annie@home.example"}
		signup, err := s.Register(ctx, a, account, nil)
		if err != nil {
			t.Fatal(err)
		}
		m := signup.Member
		if signup.Status != store.SignupActive || m == nil || m.Name != "Ann Lee" || m.Email != "annie@home.example" ||
			m.Type != store.Employee || m.SlackID != people[0].SlackID || !m.RegisteredAt.Equal(env.Clock.Now()) {
			t.Fatalf("registered %+v as %+v", signup, m)
		}
		if c := m.Connections; len(c) != 1 || c[0].Network != "linkedin" || c[0].State != store.Connected || !c[0].ExpiresAt.Equal(account.ExpiresAt) {
			t.Errorf("connections %+v", c)
		}
		wantJobs(t, env, store.JobWelcomeDM)
		wantCounts(t, s, acme.ID, map[store.Group]int{store.All: 1, store.OnNetwork("linkedin"): 1, store.Recent: 1, store.Unregistered: 1})
		secret, err := store.Secret(ctx, s, `SELECT token_sealed FROM connections`, "access token", acme.ID, m.ID, "linkedin")
		if err != nil || secret != account.Token {
			t.Errorf("the token opens as %q, %v", secret, err)
		}
		if _, err := store.Secret(ctx, s, `SELECT token_sealed FROM connections`, "access token", acme.ID, "another", "linkedin"); err == nil {
			t.Error("the token opens as another member's")
		}

		// The same LinkedIn account for another person.
		if _, err := s.Register(ctx, store.Authorization{CompanyID: acme.ID, Token: token(people[1].SlackID)}, account, nil); !errors.Is(err, store.ErrTaken) {
			t.Errorf("a taken account: %v, want ErrTaken", err)
		}
		// Another account for the same person.
		again := store.Authorization{CompanyID: acme.ID, Token: token(people[0].SlackID)}
		if _, err := s.Register(ctx, again, storetest.LinkedIn("Second"), nil); !errors.Is(err, store.ErrExists) {
			t.Errorf("registered twice: %v, want ErrExists", err)
		}
		// Somebody who may not.
		if err := s.MirrorPeople(ctx, acme.ID, []store.Person{{SlackID: "UGUEST", Name: "Gus", Guest: true}}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Register(ctx, store.Authorization{CompanyID: acme.ID, Token: token("UGUEST")}, storetest.LinkedIn("Gus"), nil); !errors.Is(err, store.ErrNotEligible) {
			t.Errorf("a guest: %v, want ErrNotEligible", err)
		}
		// Somebody who is not in the mirror yet: the entry comes from Slack.
		stranger := store.Authorization{CompanyID: acme.ID, Token: token("U0NEW")}
		if _, err := s.Register(ctx, stranger, storetest.LinkedIn("Nia"), nil); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("without an entry: %v, want ErrNotFound", err)
		}
		if _, err := s.Register(ctx, stranger, storetest.LinkedIn("Nia"), &people[1]); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("with another's entry: %v, want ErrNotFound", err)
		}
		signup, err = s.Register(ctx, stranger, storetest.LinkedIn("Nia"), &store.Person{SlackID: "U0NEW", Name: "Nia New"})
		if err != nil || signup.Member.Name != "Nia New" || signup.Member.Email != "nia@home.example" {
			t.Errorf("with the entry: %+v, %v", signup, err)
		}
		wantCounts(t, s, acme.ID, map[store.Group]int{store.All: 2})
	})
}

func TestOfManyClicksOneRegisters(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		acme := storetest.Company(t, s)
		ann := storetest.Mirror(t, s, acme.ID, "Ann Lee")[0]
		token, err := s.SignupToken(t.Context(), acme.ID, ann.SlackID)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		errs := make([]error, 6)
		for i := range errs {
			wg.Go(func() {
				_, errs[i] = s.Register(t.Context(), store.Authorization{CompanyID: acme.ID, Token: token}, storetest.LinkedIn("Ann Lee"), nil)
			})
		}
		wg.Wait()
		registered := 0
		for _, err := range errs {
			if err == nil {
				registered++
			} else if !errors.Is(err, store.ErrUsed) {
				t.Errorf("a late click: %v, want ErrUsed", err)
			}
		}
		if registered != 1 {
			t.Errorf("registered %d times, want once", registered)
		}
		wantCounts(t, s, acme.ID, map[store.Group]int{store.All: 1})
		wantJobs(t, env, store.JobWelcomeDM)
	})
}

func TestRegisteringThroughTheCompanyURL(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		ann := storetest.Mirror(t, s, acme.ID, "Ann Lee", "Bo Ek")[0]
		kinds(t, env)
		register := func(name, email string) store.Signup {
			t.Helper()
			signup, err := s.Register(ctx, store.Authorization{CompanyID: acme.ID, Email: email}, storetest.LinkedIn(name), nil)
			if err != nil {
				t.Fatal(err)
			}
			return signup
		}

		// The address of a colleague: she is asked.
		signup := register("Ann L.", "ANN.LEE@acme.example")
		if signup.Status != store.SignupConfirm || signup.SlackID != ann.SlackID || signup.Member != nil {
			t.Fatalf("signup %+v, want it to wait for Ann", signup)
		}
		wantJobs(t, env, store.JobConfirmDM)
		if got, err := s.Signup(ctx, acme.ID, signup.ID); err != nil || got.Name != "Ann L." || got.Email != "ANN.LEE@acme.example" || got.PersonID != ann.ID {
			t.Errorf("waiting %+v, %v", got, err)
		}
		if _, err := s.ConfirmSignup(ctx, acme.ID, storetest.SlackID("Bo Ek"), signup.ID, true); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("confirmed by Bo: %v, want ErrNotFound", err)
		}
		if _, err := s.DecideSignup(ctx, acme.ID, ana, signup.ID, true); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("approved by an admin: %v, want ErrNotFound", err)
		}
		wantCounts(t, s, acme.ID, map[store.Group]int{store.All: 1})

		// Again with the same account: the first one is replaced.
		second := register("Ann L.", "ann.lee@acme.example")
		if _, err := s.Signup(ctx, acme.ID, signup.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the first one: %v, want ErrNotFound", err)
		}
		wantJobs(t, env, store.JobConfirmDM, store.JobSignupDecided)
		done, err := s.ConfirmSignup(ctx, acme.ID, ann.SlackID, second.ID, true)
		if err != nil || done.Status != store.SignupActive || done.Member.PersonID != ann.ID || done.Member.Name != "Ann Lee" {
			t.Errorf("confirmed: %+v, %v", done, err)
		}
		wantJobs(t, env, store.JobWelcomeDM)
		if _, err := s.ConfirmSignup(ctx, acme.ID, ann.SlackID, second.ID, true); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("confirmed twice: %v, want ErrNotFound", err)
		}

		// «That was not me»: nothing is left of it.
		refused := register("Eve", "bo.ek@acme.example")
		if _, err := s.ConfirmSignup(ctx, acme.ID, storetest.SlackID("Bo Ek"), refused.ID, false); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Signup(ctx, acme.ID, refused.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("refused: %v, want ErrNotFound", err)
		}

		// A member's address, an unknown one and none look alike: admins decide.
		member, unknown, none := register("A", "ann.lee@acme.example"), register("B", "b@out.example"), register("C", "")
		for _, waiting := range []store.Signup{member, unknown, none} {
			if waiting.Status != store.SignupApproval || waiting.PersonID != "" || waiting.SlackID != "" {
				t.Errorf("signup %+v, want it to wait for an admin", waiting)
			}
		}
		if none.Email != "c@home.example" {
			t.Errorf("email %q, want LinkedIn's", none.Email)
		}
		wantJobs(t, env, store.JobRevocation, store.JobConfirmDM, store.JobApprovalCard, store.JobApprovalCard, store.JobApprovalCard)
		if _, err := s.DecideSignup(ctx, acme.ID, store.Actor{SlackID: ann.SlackID}, unknown.ID, true); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("approved by an employee: %v, want ErrForbidden", err)
		}
		approved, err := s.DecideSignup(ctx, acme.ID, ana, unknown.ID, true)
		if err != nil || approved.Member == nil || approved.Member.SlackID != "" || approved.Member.Name != "B" || approved.Member.Email != "b@out.example" {
			t.Errorf("approved: %+v, %v", approved, err)
		}
		if _, err := s.DecideSignup(ctx, acme.ID, ana, member.ID, false); err != nil {
			t.Fatal(err)
		}
		wantJobs(t, env, store.JobRevocation, store.JobSignupDecided, store.JobSignupDecided)
		if _, err := s.DecideSignup(ctx, acme.ID, ana, member.ID, true); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("decided twice: %v, want ErrNotFound", err)
		}
		if _, err := s.Register(ctx, store.Authorization{CompanyID: acme.ID}, storetest.LinkedIn("B"), nil); !errors.Is(err, store.ErrTaken) {
			t.Errorf("the account of a member: %v, want ErrTaken", err)
		}
		// The third is forgotten after two weeks.
		env.Clock.Advance(store.SignupLife)
		if _, err := s.DecideSignup(ctx, acme.ID, ana, none.ID, true); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("two weeks later: %v, want ErrNotFound", err)
		}
		wantCounts(t, s, acme.ID, map[store.Group]int{store.All: 3, store.OnNetwork("linkedin"): 3})
		wantNames(t, names(t, s, acme.ID, store.RosterQuery{Group: store.All, Limit: 10}), []string{"Ana Lima", "Ann Lee", "B"})
	})
}

func TestRegisteringDropsWhatWaited(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		ann := storetest.Mirror(t, s, acme.ID, "Ann Lee")[0]
		waiting, err := s.Register(ctx, store.Authorization{CompanyID: acme.ID, Email: ann.Email}, storetest.LinkedIn("Other"), nil)
		if err != nil {
			t.Fatal(err)
		}
		storetest.Register(t, s, acme.ID, "Ann Lee")
		if _, err := s.Signup(ctx, acme.ID, waiting.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Ann is a member and is still asked: %v", err)
		}
		wantJobs(t, env, store.JobRevocation, store.JobConfirmDM, store.JobSignupDecided, store.JobWelcomeDM)
	})
}

func TestAnAuthorizationIsTakenOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		token, err := s.SignupToken(ctx, acme.ID, "U1")
		if err != nil {
			t.Fatal(err)
		}
		a := store.Authorization{
			CompanyID: acme.ID, Network: "linkedin", Issuer: "https://www.linkedin.com", Token: token, Email: "ann@home.example", Verifier: "v",
			Purpose: store.PurposeChoice, Subject: "an id", Pages: []store.Page{{ID: "1", Name: "Acme Jobs"}},
		}
		begin := func(state string) {
			t.Helper()
			if err := s.BeginAuthorization(ctx, a, state, "browser"); err != nil {
				t.Fatal(err)
			}
		}
		for _, state := range []string{"good", "other browser", "other network", "late"} {
			begin(state)
		}
		if err := s.BeginAuthorization(ctx, a, "good", "browser"); !errors.Is(err, store.ErrExists) {
			t.Errorf("a state in use: %v, want ErrExists", err)
		}
		if got, err := s.TakeAuthorization(ctx, "linkedin", "good", "browser"); err != nil || !reflect.DeepEqual(got, a) {
			t.Errorf("taken %+v, %v; want %+v", got, err, a)
		}
		refused := func(what, network, state, browser string) {
			t.Helper()
			if _, err := s.TakeAuthorization(ctx, network, state, browser); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", what, err)
			}
		}
		refused("twice", "linkedin", "good", "browser")
		refused("an unknown state", "linkedin", "unknown", "browser")
		refused("no state", "linkedin", "", "")
		refused("another browser", "linkedin", "other browser", "thief")
		refused("the right browser after that", "linkedin", "other browser", "browser")
		refused("another network", "facebook", "other network", "browser")
		env.Clock.Advance(store.AuthLife)
		refused("too late", "linkedin", "late", "browser")

		if err := s.BeginAuthorization(ctx, store.Authorization{CompanyID: acme.ID, Token: "forged"}, "x", "y"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("begun with a forged link: %v, want ErrNotFound", err)
		}
	})
}

func TestOfTwoCallbacksOneTakesTheAuthorization(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		acme := storetest.Company(t, s)
		if err := s.BeginAuthorization(t.Context(), store.Authorization{CompanyID: acme.ID, Network: "linkedin"}, "state", "browser"); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() { _, errs[i] = s.TakeAuthorization(t.Context(), "linkedin", "state", "browser") })
		}
		wg.Wait()
		taken := 0
		for _, err := range errs {
			if err == nil {
				taken++
			} else if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("the other: %v, want ErrNotFound", err)
			}
		}
		if taken != 1 {
			t.Errorf("taken %d times, want once", taken)
		}
	})
}

func TestAMemberReconnectsANetworkWhoseAccessEnded(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		registered := storetest.Register(t, s, acme.ID, "Ann Lee", "Bo Ek")
		ann := registered[0]
		link := func(slackID string) store.Authorization {
			t.Helper()
			token, err := s.SignupToken(ctx, acme.ID, slackID)
			if err != nil {
				t.Fatal(err)
			}
			return store.Authorization{CompanyID: acme.ID, Token: token, Email: "ignored@home.example"}
		}
		expiring := func(name string) store.Account {
			account := storetest.LinkedIn(name)
			account.ExpiresAt = env.Clock.Now().Add(60 * 24 * time.Hour)
			return account
		}
		if err := s.Connect(ctx, acme.ID, ann.ID, expiring("Ann Lee")); err != nil {
			t.Fatal(err)
		}
		kinds(t, env)

		// As long as the account can be used it gives way to no other one; the same one is renewed.
		if _, err := s.Register(ctx, link(ann.SlackID), expiring("Second"), nil); !errors.Is(err, store.ErrExists) {
			t.Errorf("another account: %v, want ErrExists", err)
		}
		env.Clock.Advance(61 * 24 * time.Hour)
		if _, err := s.ExpireConnections(ctx, 10); err != nil {
			t.Fatal(err)
		}
		wantCounts(t, s, acme.ID, map[store.Group]int{store.All: 2, store.Disconnected: 1})
		if _, err := s.Register(ctx, link(ann.SlackID), expiring("Bo Ek"), nil); !errors.Is(err, store.ErrTaken) {
			t.Errorf("Bo's account: %v, want ErrTaken", err)
		}

		auth := link(ann.SlackID)
		if i, err := s.InviteByToken(ctx, acme.ID, auth.Token); err != nil || i.Member == nil || i.Member.ID != ann.ID {
			t.Errorf("her link %+v, %v; want it to know her account", i, err)
		}
		signup, err := s.Register(ctx, auth, expiring("Ann Lee"), nil)
		if err != nil || signup.Status != store.SignupActive || !signup.Connected || !signup.Again || signup.Member == nil {
			t.Fatalf("reconnected %+v, %v", signup, err)
		}
		m := *signup.Member
		if m.ID != ann.ID || m.Email != ann.Email || !m.RegisteredAt.Equal(ann.RegisteredAt) || len(m.Connections) != 1 || !m.Connections[0].Usable(env.Clock.Now()) {
			t.Errorf("the member %+v, before %+v", m, ann)
		}
		wantJobs(t, env) // no second welcome
		wantCounts(t, s, acme.ID, map[store.Group]int{store.All: 2, store.Disconnected: 0, store.OnNetwork("linkedin"): 2})
		if events, _, err := s.Audit(ctx, acme.ID, "", 1); err != nil || events[0].Action != store.AuditConnected || events[0].Subject == nil || events[0].Subject.SlackID != ann.SlackID {
			t.Errorf("audit %+v, %v", events, err)
		}
		if _, err := s.Register(ctx, auth, expiring("Ann Lee"), nil); !errors.Is(err, store.ErrUsed) {
			t.Errorf("the link again: %v, want ErrUsed", err)
		}

		// A new company admin has no network at all.
		if _, err := s.GrantAdmin(ctx, acme.ID, store.Actor{CLI: true}, storetest.Mirror(t, s, acme.ID, "Cy Wu")[0].SlackID); err != nil {
			t.Fatal(err)
		}
		signup, err = s.Register(ctx, link(storetest.SlackID("Cy Wu")), expiring("Cy Wu"), nil)
		if err != nil || !signup.Connected || signup.Again || signup.Member.Type != store.Admin {
			t.Errorf("a new admin connects: %+v, %v", signup, err)
		}
		wantJobs(t, env, store.JobConnectedDM)
	})
}

func TestAnAdminSaysWhoSomebodyWithAPersonalAddressIs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		people := storetest.Mirror(t, s, acme.ID, "Ann Lee", "Bo Ek", "Cy Wu")
		if err := s.MirrorPeople(ctx, acme.ID, []store.Person{{SlackID: "UGUS", Name: "Gus", Email: "gus@else.example", Guest: true}}); err != nil {
			t.Fatal(err)
		}
		register := func(account store.Account, email string) store.Signup {
			t.Helper()
			signup, err := s.Register(ctx, store.Authorization{CompanyID: acme.ID, Email: email}, account, nil)
			if err != nil {
				t.Fatal(err)
			}
			if signup, err = s.Signup(ctx, acme.ID, signup.ID); err != nil {
				t.Fatal(err)
			}
			return signup
		}

		// The network knows her address at work: she is asked, and told which address it is.
		account := storetest.LinkedIn("Ann L.")
		account.Email = "Ann.Lee@acme.example"
		if w := register(account, "ann@home.example"); w.Status != store.SignupConfirm || w.SlackID != people[0].SlackID || w.AskedAt != people[0].Email {
			t.Errorf("with the network's address: %+v", w)
		}

		// The card knows whose an address is.
		if w := register(storetest.LinkedIn("A Member"), "ANA-lima@home.example"); w.Status != store.SignupApproval || w.Owner == nil || w.Owner.SlackID != ana.SlackID || !w.OwnerMember {
			t.Errorf("with a member's address: %+v", w)
		}
		if w := register(storetest.LinkedIn("A Guest"), "gus@else.example"); w.Status != store.SignupApproval || w.Owner == nil || w.Owner.SlackID != "UGUS" || w.OwnerMember {
			t.Errorf("with a guest's address: %+v", w)
		}
		waits := register(storetest.LinkedIn("Bo E."), "bo@home.example")
		if waits.Owner != nil {
			t.Errorf("with nobody's address: %+v", waits)
		}

		// Nobody but a colleague who may become a member, and only an admin says so.
		kinds(t, env)
		bo := people[1]
		for name, test := range map[string]struct {
			by   store.Actor
			who  store.Person
			want error
		}{
			"a member":       {ana, store.Person{SlackID: ana.SlackID, Name: "Ana Lima"}, store.ErrExists},
			"a guest":        {ana, store.Person{SlackID: "UGUS", Name: "Gus"}, store.ErrNotEligible},
			"an unknown bot": {ana, store.Person{SlackID: "UBOT", Name: "Robo", Bot: true}, store.ErrNotEligible},
			"by no admin":    {store.Actor{SlackID: bo.SlackID}, bo, store.ErrForbidden},
		} {
			if _, err := s.ApproveSignupAs(ctx, acme.ID, test.by, waits.ID, test.who); !errors.Is(err, test.want) {
				t.Errorf("%s: %v, want %v", name, err, test.want)
			}
		}
		wantJobs(t, env)
		signup, err := s.ApproveSignupAs(ctx, acme.ID, ana, waits.ID, bo)
		if err != nil || signup.Member == nil || signup.Member.SlackID != bo.SlackID || signup.Member.Name != "Bo Ek" || signup.Member.Email != "bo@home.example" {
			t.Errorf("approved as Bo: %+v, %v", signup, err)
		}
		wantJobs(t, env, store.JobSignupDecided, store.JobWelcomeDM)
		if a, err := s.Access(ctx, acme.ID, bo.SlackID); err != nil || a.Member == nil {
			t.Errorf("Bo's access %+v, %v; want him registered", a, err)
		}
	})
}
