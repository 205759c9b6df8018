package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

const code = "QWERTYUIOPASDFGHJKLZXCVBNM"

// onFacebook is somebody's account there.
func onFacebook(name string) store.Account {
	return store.Account{
		Network: "facebook", Subject: "fb-" + name, Name: name + " at Facebook", Email: strings.ToLower(name) + "@facebook.example", Token: "facebook-token-of-" + name,
	}
}

// joins registers a colleague through their own link; email is what they enter, or "".
func joins(t *testing.T, s *store.Store, companyID, name, email string, acc store.Account) store.Member {
	t.Helper()
	p := store.Person{SlackID: storetest.SlackID(name), Name: name, Email: strings.ToLower(name) + "@acme.example"}
	token, err := s.SignupToken(t.Context(), companyID, p.SlackID)
	if err != nil {
		t.Fatal(err)
	}
	signup, err := s.Register(t.Context(), store.Authorization{CompanyID: companyID, Token: token, Email: email}, acc, &p)
	if err != nil {
		t.Fatal(err)
	}
	return *signup.Member
}

// removals runs the removals that are left.
func removals(t *testing.T, s *store.Store, env *storetest.Env) (ran int, err error) {
	t.Helper()
	jobs := storetest.TakeJobs(t, env, store.JobRemoval)
	for _, j := range jobs {
		_, executed := s.ExecuteRemoval(t.Context(), j.CompanyID, j.Ref)
		err = errors.Join(err, executed)
	}
	return len(jobs), err
}

func wantDeletion(t *testing.T, s *store.Store, code string, connections, accounts int, pending bool) {
	t.Helper()
	d, err := s.Deletion(t.Context(), code)
	if err != nil || d.Network != "facebook" || d.Connections != connections || d.Accounts != accounts || d.Pending != pending {
		t.Errorf("got %+v, %v; want %d connections, %d accounts, pending %v", d, err, connections, accounts, pending)
	}
}

func TestDeauthorizeDisconnects(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		ann := joins(t, s, acme.ID, "Ann", "ann@home.example", onFacebook("Ann"))
		bo := joins(t, s, acme.ID, "Bo", "", onFacebook("Bo"))
		_, err := s.Register(ctx, store.Authorization{CompanyID: acme.ID, Email: "cy@else.example"}, onFacebook("Cy"), nil)
		if err != nil {
			t.Fatal(err)
		}
		kinds(t, env)
		env.Clock.Advance(time.Hour)
		said := env.Clock.Now()
		for range 2 { // a repetition is harmless
			for _, name := range []string{"Ann", "Cy", "Nobody"} {
				if err := s.Deauthorize(ctx, store.Withdrawal{Network: "facebook", Subject: "fb-" + name, At: said}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if m, err := s.Member(ctx, acme.ID, ann.ID); err != nil || len(m.Connections) != 0 || m.Email != "ann@home.example" {
			t.Errorf("Ann is %+v, %v", m, err)
		}
		if m, err := s.Member(ctx, acme.ID, bo.ID); err != nil || len(m.Connections) != 1 {
			t.Errorf("Bo is %+v, %v", m, err)
		}
		wantCounts(t, s, acme.ID, map[store.Group]int{store.OnNetwork("facebook"): 1, store.Disconnected: 1})
		if got := kinds(t, env); len(got) != 1 || got[0] != store.JobSignupDecided {
			t.Errorf("left %v, want Cy's card to be closed and nothing to be revoked", got)
		}

		// She connects again. The old message comes once more, late.
		env.Clock.Advance(time.Hour)
		if err := s.Connect(ctx, acme.ID, ann.ID, onFacebook("Ann")); err != nil {
			t.Fatal(err)
		}
		if err := s.Deauthorize(ctx, store.Withdrawal{Network: "facebook", Subject: "fb-Ann", At: said}); err != nil {
			t.Fatal(err)
		}
		if m, err := s.Member(ctx, acme.ID, ann.ID); err != nil || len(m.Connections) != 1 {
			t.Errorf("the replay disconnected her: %+v, %v", m, err)
		}
	})
}

func TestDeletionOfSomebodyWithOneNetwork(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		ann := joins(t, s, acme.ID, "Ann", "", onFacebook("Ann"))
		env.Clock.Advance(time.Hour)
		w := store.Withdrawal{Network: "facebook", Subject: "fb-Ann", At: env.Clock.Now()}
		for range 2 {
			if err := s.RequestDeletion(ctx, w, code); err != nil {
				t.Fatal(err)
			}
		}
		wantDeletion(t, s, code, 1, 0, true)
		if dump := storetest.Dump(t, env); strings.Contains(dump, "fb-Ann") || strings.Contains(dump, code) {
			t.Error("the account's id, or the code, is still there")
		}
		env.Clock.Advance(time.Second)
		if ran, err := removals(t, s, env); ran != 1 || err != nil {
			t.Fatalf("%d removals, %v", ran, err)
		}
		if _, err := s.Member(ctx, acme.ID, ann.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Ann is still a member: %v", err)
		}
		wantDeletion(t, s, code, 1, 1, false)
		events, _, err := s.Audit(ctx, acme.ID, "", 10)
		left := slices.IndexFunc(events, func(e store.AuditEvent) bool { return e.Action == store.AuditLeft }) // at the time of its receipt
		if err != nil || left < 0 || left > 1 || events[left].Subject != nil {
			t.Errorf("the log says %+v, %v", events, err)
		}
		dump := storetest.Dump(t, env)
		for what, trace := range map[string]string{
			"name": "Ann at", "address": "ann@facebook.example", "id": "fb-Ann", "Slack id": ann.SlackID, "person": ann.ID,
		} {
			if strings.Contains(dump, trace) {
				t.Errorf("her %s is still there", what)
			}
		}

		// She comes back, and the message is repeated: it is about what she had then.
		env.Clock.Advance(time.Hour)
		again := joins(t, s, acme.ID, "Ann", "", onFacebook("Ann"))
		if err := s.RequestDeletion(ctx, w, code); err != nil {
			t.Fatal(err)
		}
		if m, err := s.Member(ctx, acme.ID, again.ID); err != nil || len(m.Connections) != 1 {
			t.Errorf("the replay reached her new account: %+v, %v", m, err)
		}
		wantDeletion(t, s, code, 1, 1, false)

		env.Clock.Advance(store.DeletionLife)
		if err := s.Tidy(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Deletion(ctx, code); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("after a year: %v", err)
		}
	})
}

func TestDeletionOfOneNetworkOfSeveral(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		for _, tt := range []struct{ name, entered, email string }{
			{"Ann", "", ""}, // in the end: Slack's
			{"Bo", "bo@home.example", "bo@home.example"},
		} {
			m := joins(t, s, acme.ID, tt.name, tt.entered, onFacebook(tt.name))
			if err := s.Connect(ctx, acme.ID, m.ID, storetest.LinkedIn(tt.name)); err != nil {
				t.Fatal(err)
			}
			w := store.Withdrawal{Network: "facebook", Subject: "fb-" + tt.name, At: env.Clock.Now()}
			if err := s.RequestDeletion(ctx, w, code+tt.name); err != nil {
				t.Fatal(err)
			}
			p, err := s.PersonBySlackID(ctx, acme.ID, m.SlackID)
			if err != nil {
				t.Fatal(err)
			}
			if tt.email == "" {
				tt.email = p.Email
			}
			if m, err = s.Member(ctx, acme.ID, m.ID); err != nil || m.Email != tt.email || len(m.Connections) != 1 {
				t.Errorf("%s is %+v, %v; want the address %s", tt.name, m, err, tt.email)
			}
			wantDeletion(t, s, code+tt.name, 1, 0, false)
		}
		if ran, err := removals(t, s, env); ran != 0 || err != nil {
			t.Errorf("%d removals, %v", ran, err)
		}
		if strings.Contains(storetest.Dump(t, env), "facebook.example") {
			t.Error("an address of Facebook's is still there")
		}
	})
}

// TestDeletionAfterDeauthorization: Facebook tells first that somebody removed Herald, and perhaps days later that they want their data
// deleted.
func TestDeletionAfterDeauthorization(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		ann := joins(t, s, acme.ID, "Ann", "", onFacebook("Ann"))
		bo := joins(t, s, acme.ID, "Bo", "", onFacebook("Bo"))
		for _, name := range []string{"Ann", "Bo"} {
			env.Clock.Advance(time.Hour)
			if err := s.Deauthorize(ctx, store.Withdrawal{Network: "facebook", Subject: "fb-" + name, At: env.Clock.Now()}); err != nil {
				t.Fatal(err)
			}
		}
		if dump := storetest.Dump(t, env); strings.Contains(dump, "fb-Ann") {
			t.Error("her id at Facebook is still there")
		}
		env.Clock.Advance(48 * time.Hour)
		w := store.Withdrawal{Network: "facebook", Subject: "fb-Ann", At: env.Clock.Now()}
		env.Clock.Advance(time.Hour)
		// Bo came back meanwhile, with the same account.
		if err := s.Connect(ctx, acme.ID, bo.ID, onFacebook("Bo")); err != nil {
			t.Fatal(err)
		}
		for _, subject := range []string{"fb-Ann", "fb-Bo"} {
			w.Subject = subject
			if err := s.RequestDeletion(ctx, w, code+subject); err != nil {
				t.Fatal(err)
			}
		}
		if ran, err := removals(t, s, env); ran != 1 || err != nil {
			t.Fatalf("%d removals, %v", ran, err)
		}
		wantDeletion(t, s, code+"fb-Ann", 1, 1, false)
		wantDeletion(t, s, code+"fb-Bo", 0, 0, false)
		if _, err := s.Member(ctx, acme.ID, ann.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Ann is still there: %v", err)
		}
		if m, err := s.Member(ctx, acme.ID, bo.ID); err != nil || len(m.Connections) != 1 {
			t.Errorf("Bo is %+v, %v", m, err)
		}
	})
}

// TestAFormerAccountIsForgottenAfterAYear: nobody asks Facebook any more.
func TestAFormerAccountIsForgottenAfterAYear(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		ann := joins(t, s, acme.ID, "Ann", "", onFacebook("Ann"))
		env.Clock.Advance(2 * store.FormerLife) // it counts from the end
		if err := s.Disconnect(ctx, acme.ID, ann.ID, "facebook"); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			after time.Duration
			kept  bool
		}{{store.FormerLife, true}, {time.Second, false}} {
			env.Clock.Advance(step.after)
			if err := s.Tidy(ctx); err != nil {
				t.Fatal(err)
			}
			if kept := strings.Contains(storetest.Dump(t, env), "former_accounts: "); kept != step.kept {
				t.Errorf("kept: %v, want %v", kept, step.kept)
			}
		}
		if m, err := s.Member(ctx, acme.ID, ann.ID); err != nil || m.ID != ann.ID {
			t.Errorf("Ann is %+v, %v", m, err)
		}
	})
}

// TestDeletionOfTheLastCompanyAdmin: the company cannot do without them, so only Facebook goes. One whose colleague leaves before the
// removal runs is as important.
func TestDeletionOfTheLastCompanyAdmin(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		withdraw := func(name string) {
			if err := s.RequestDeletion(ctx, store.Withdrawal{Network: "facebook", Subject: "fb-" + name, At: env.Clock.Now()}, code+name); err != nil {
				t.Fatal(err)
			}
		}
		ann, bo := joins(t, s, acme.ID, "Ann", "", onFacebook("Ann")), joins(t, s, acme.ID, "Bo", "", onFacebook("Bo"))
		for _, slackID := range []string{ann.SlackID, bo.SlackID} {
			if _, err := s.GrantAdmin(ctx, acme.ID, store.Actor{CLI: true}, slackID); err != nil {
				t.Fatal(err)
			}
		}
		withdraw("Ann")
		withdraw("Bo")
		wantDeletion(t, s, code+"Ann", 1, 0, true)
		wantDeletion(t, s, code+"Bo", 1, 0, false)
		if ran, err := removals(t, s, env); ran != 1 || err != nil {
			t.Fatalf("%d removals, %v", ran, err)
		}
		wantDeletion(t, s, code+"Ann", 1, 1, false)
		if _, err := s.Member(ctx, acme.ID, ann.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Ann is still there: %v", err)
		}
		if m, err := s.Member(ctx, acme.ID, bo.ID); err != nil || m.Type != store.Admin || len(m.Connections) != 0 {
			t.Errorf("Bo is %+v, %v", m, err)
		}
		if strings.Contains(storetest.Dump(t, env), "facebook.example") {
			t.Error("an address of Facebook's is still there")
		}
	})
}

// TestDeletionOfSomebodyFromOutside: Facebook told who they are, so nothing is left of them without it, LinkedIn or not.
func TestDeletionOfSomebodyFromOutside(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Cruz")
		signup, err := s.Register(ctx, store.Authorization{CompanyID: acme.ID, Email: "out@else.example"}, onFacebook("Out"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if signup, err = s.DecideSignup(ctx, acme.ID, ana, signup.ID, true); err != nil {
			t.Fatal(err)
		}
		if err := s.Connect(ctx, acme.ID, signup.Member.ID, storetest.LinkedIn("Out")); err != nil {
			t.Fatal(err)
		}
		if err := s.RequestDeletion(ctx, store.Withdrawal{Network: "facebook", Subject: "fb-Out", At: env.Clock.Now()}, code); err != nil {
			t.Fatal(err)
		}
		if ran, err := removals(t, s, env); ran != 1 || err != nil {
			t.Fatalf("%d removals, %v", ran, err)
		}
		wantDeletion(t, s, code, 1, 1, false)
		if dump := storetest.Dump(t, env); strings.Contains(dump, "Out at Facebook") || strings.Contains(dump, "out@") {
			t.Error("they are still there")
		}
	})
}

func TestDeletionFindsWhatWaits(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		// Ann disconnected a moment ago, and Facebook was not told yet. Somebody else waits to be let in.
		ann := joins(t, s, acme.ID, "Ann", "ann@home.example", storetest.LinkedIn("Ann"))
		if err := s.Connect(ctx, acme.ID, ann.ID, onFacebook("Ann")); err != nil {
			t.Fatal(err)
		}
		if err := s.Disconnect(ctx, acme.ID, ann.ID, "facebook"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Register(ctx, store.Authorization{CompanyID: acme.ID, Email: "cy@else.example"}, onFacebook("Cy"), nil); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"Ann", "Cy", "Nobody"} {
			if err := s.RequestDeletion(ctx, store.Withdrawal{Network: "facebook", Subject: "fb-" + name, At: env.Clock.Now()}, code+name); err != nil {
				t.Fatal(err)
			}
		}
		if got := revocations(t, s, env); len(got) != 0 {
			t.Errorf("%d tokens wait to be revoked", len(got))
		}
		wantDeletion(t, s, code+"Ann", 2, 0, false)
		wantDeletion(t, s, code+"Cy", 1, 0, false)
		wantDeletion(t, s, code+"Nobody", 0, 0, false)
		if _, err := s.Deletion(ctx, "guessed"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a code that nobody has: %v", err)
		}
	})
}
