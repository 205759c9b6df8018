package store_test

import (
	"errors"
	"testing"

	"herald/store"
	"herald/store/storetest"
)

// everybodyInvites lets Bo invite, who is registered and no admin.
func (w mailWorld) everybodyInvites(t *testing.T) store.Actor {
	t.Helper()
	storetest.Register(t, w.s, w.companyID, "Bo")
	w.check(t, w.s.SaveSettings(t.Context(), w.companyID, w.ana, store.Settings{Inviters: store.InvitersEveryone, LinkDays: 30}))
	return store.Actor{SlackID: w.bo.SlackID}
}

func TestANoUnderTheMailTakesASignUpBackThatWaits(t *testing.T) {
	t.Parallel()
	const cy = "cy@home.example"
	for _, story := range []struct {
		name   string
		before bool   // Cy was invited before, too, and says no under that mail
		typed  string // another address that Cy entered
	}{
		{"as invited", false, ""},
		{"with another address", false, "cy@work.example"},
		{"under an earlier mail", true, "cy@work.example"},
	} {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
				ctx := t.Context()
				w := newMailWorld(t, s, env)
				bo := w.everybodyInvites(t)
				id := w.invite(t, bo, store.Employee, cy)[0]
				clicked := w.token(t, id)
				token := clicked
				if story.before {
					w.check(t, s.CancelInvite(ctx, w.companyID, w.ana, id))
					token = w.token(t, w.invite(t, bo, store.Employee, cy)[0])
				}
				acc := storetest.LinkedIn("Cy")
				signup, err := s.Register(ctx, store.Authorization{CompanyID: w.companyID, Network: "linkedin", Token: token, Email: story.typed}, acc, nil)
				if err != nil || signup.Status != store.SignupApproval {
					t.Fatalf("Cy signs up: %+v, %v", signup, err)
				}
				storetest.TakeJobs(t, env, store.JobSignupDecided)
				storetest.TakeJobs(t, env, store.JobRevocation)
				for range 2 { // mail programs may post twice
					w.check(t, s.DeclineEmail(ctx, clicked, ""))
				}
				w.check(t, s.DeclineEmail(ctx, token, ""))
				if _, err := s.DecideSignup(ctx, w.companyID, w.ana, signup.ID, true); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("an admin approves after the no: %v, want ErrNotFound", err)
				}
				if jobs := storetest.TakeJobs(t, env, store.JobSignupDecided); len(jobs) != 1 || jobs[0].Ref != signup.ID {
					t.Errorf("cards to close: %+v", jobs)
				}
				if jobs := storetest.TakeJobs(t, env, store.JobRevocation); len(jobs) != 1 {
					t.Errorf("accesses to end: %+v", jobs)
				}
				if got := w.results(t, cy); got != "never" {
					t.Errorf("invited after the no: %s", got)
				}
				if sealed, hashed, err := store.KeptAddresses(ctx, s); err != nil || sealed+hashed != 0 {
					t.Errorf("%d addresses and %d hashes are kept, %v", sealed, hashed, err)
				}
				if counts, err := s.InviteCounts(ctx, w.companyID); err != nil || counts[store.StateDeclined] != 1 {
					t.Errorf("listed as %v, %v", counts, err)
				}
				wantInviteCounts(t, s, w.companyID)
			})
		})
	}
}

func TestMembersDoNotLeaveThroughAnOldMail(t *testing.T) {
	t.Parallel()
	for _, story := range []struct {
		name, address string
		inviter       func(w mailWorld, bo store.Actor) store.Actor
	}{
		{"Cy, whom an admin invited", "cy@home.example", func(w mailWorld, _ store.Actor) store.Actor { return w.ana }},
		{"Cy, whom an admin approved", "cy@home.example", func(_ mailWorld, bo store.Actor) store.Actor { return bo }},
		{"Dee, a colleague", "dee@acme.example", func(w mailWorld, _ store.Actor) store.Actor { return w.ana }},
	} {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
				ctx := t.Context()
				w := newMailWorld(t, s, env)
				storetest.Mirror(t, s, w.companyID, "Dee")
				token := w.token(t, w.invite(t, story.inviter(w, w.everybodyInvites(t)), store.Employee, story.address)[0])
				signup, err := w.register(t, token, "Cy")
				w.check(t, err)
				if signup.Status == store.SignupApproval {
					w.check(t, second(s.DecideSignup(ctx, w.companyID, w.ana, signup.ID, true)))
				}
				if err := s.DeclineEmail(ctx, token, store.DeclinedOther); !errors.Is(err, store.ErrUsed) {
					t.Errorf("a member says no: %v, want ErrUsed", err)
				}
			})
		})
	}
}
