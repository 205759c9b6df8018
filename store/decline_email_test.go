package store_test

import (
	"errors"
	"testing"
	"time"

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

func TestANoUnderTheMailEndsTheInvitationInSlackToo(t *testing.T) {
	t.Parallel()
	for _, story := range []struct {
		name string
		ends func(t *testing.T, w mailWorld, dm store.Invite) // what becomes of the invitation in Slack before the no
	}{
		{"it is open", func(*testing.T, mailWorld, store.Invite) {}},
		{"it ran out", func(t *testing.T, w mailWorld, _ store.Invite) {
			w.env.Clock.Advance(store.InviteLife)
			w.check(t, w.s.Tidy(t.Context()))
		}},
		{"it could not be delivered", func(t *testing.T, w mailWorld, dm store.Invite) {
			w.check(t, w.s.InviteDelivered(t.Context(), w.companyID, dm.ID, "user_disabled"))
		}},
	} {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
				ctx := t.Context()
				w := newMailWorld(t, s, env)
				id := w.invite(t, w.ana, store.Employee, w.bo.Email)[0]
				mailed := w.token(t, id)
				w.check(t, s.CancelInvite(ctx, w.companyID, w.ana, id))
				out, err := s.Invite(ctx, w.companyID, w.ana, []string{w.bo.ID}, store.InviteOptions{})
				if err != nil || out[0].Result != store.InviteSent {
					t.Fatalf("invited in Slack: %+v, %v", out, err)
				}
				story.ends(t, w, out[0].Invite)

				w.check(t, s.DeclineEmail(ctx, mailed, ""))
				if _, _, err := s.OpenInvite(ctx, w.companyID, out[0].Invite.ID); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("the invitation in Slack: %v, want ErrNotFound", err)
				}
				if _, err := s.ResendInvite(ctx, w.companyID, w.ana, out[0].Invite.ID); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("resent after the no: %v, want ErrNotFound", err)
				}
				env.Clock.Advance(8 * 24 * time.Hour)
				if n, err := s.OldInvites(ctx, w.companyID, 7); err != nil || n != 0 {
					t.Errorf("%d old invitations are to be resent, %v", n, err)
				}
				if out, err = s.Invite(ctx, w.companyID, w.ana, []string{w.bo.ID}, store.InviteOptions{}); err != nil || out[0].Result != store.InviteDeclined {
					t.Errorf("invited after the no: %+v, %v", out, err)
				}
				wantInviteCounts(t, s, w.companyID)

				// An admin insists, and Bo finds the first mail again.
				if out, err = s.Invite(ctx, w.companyID, w.ana, []string{w.bo.ID}, store.InviteOptions{Override: true}); err != nil || out[0].Result != store.InviteSent {
					t.Fatalf("an admin insists: %+v, %v", out, err)
				}
				w.check(t, s.DeclineEmail(ctx, mailed, ""))
				if _, _, err := s.OpenInvite(ctx, w.companyID, out[0].Invite.ID); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("the invitation that an admin insisted on: %v, want ErrNotFound", err)
				}
				wantInviteCounts(t, s, w.companyID)
			})
		})
	}
}

// Ana sends Bo's invitation of a stranger again: it is Bo's all the same, and asks the admins.
func TestToResendAnInvitationIsNotToApproveIt(t *testing.T) {
	t.Parallel()
	for _, resend := range []struct {
		name string
		do   func(t *testing.T, w mailWorld, id string)
	}{
		{"one", func(t *testing.T, w mailWorld, id string) {
			w.check(t, second(w.s.ResendInvite(t.Context(), w.companyID, w.ana, id)))
		}},
		{"all old ones", func(t *testing.T, w mailWorld, _ string) {
			w.env.Clock.Advance(8 * 24 * time.Hour)
			w.check(t, second(resendsOld(t.Context(), w.s, w.companyID, w.ana, 1)))
		}},
	} {
		t.Run(resend.name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
				ctx := t.Context()
				w := newMailWorld(t, s, env)
				bo := w.everybodyInvites(t)
				id := w.invite(t, bo, store.Employee, "cy@home.example")[0]
				resend.do(t, w, id)
				e, err := s.EmailInvite(ctx, w.companyID, w.mails(t)[0])
				if err != nil || e.Inviter != "Bo" {
					t.Errorf("the mail says that %q entered the address, %v", e.Inviter, err)
				}
				list, err := s.Invitations(ctx, w.companyID, store.InvitationsQuery{State: store.StatePending, Limit: 10})
				if err != nil || len(list.Rows) != 1 || list.Rows[0].InvitedBy != bo.SlackID {
					t.Errorf("listed as %+v, %v", list.Rows, err)
				}
				signup, err := w.register(t, e.Token, "Cy")
				if err != nil || signup.Status != store.SignupApproval {
					t.Errorf("Cy signs up: %+v, %v", signup, err)
				}
			})
		})
	}
}

// What ran out or never arrived is not sent again to somebody who is a member by then, and says nothing of where they were invited.
func TestRegisteringLeavesNothingOfTheAddressesOfInvitations(t *testing.T) {
	t.Parallel()
	const home = "bo@home.example"
	through := func(t *testing.T, w mailWorld) { // the mailbox that Bo was invited at is where the network writes, too
		t.Helper()
		acc := storetest.LinkedIn("Bo")
		acc.Email = home
		w.check(t, second(w.s.Register(t.Context(), store.Authorization{CompanyID: w.companyID, Network: "linkedin", Token: storeToken(t, w)}, acc, nil)))
	}
	for _, story := range []struct {
		name, address string
		happens       func(t *testing.T, w mailWorld, id string)
		ends          func(t *testing.T, w mailWorld)
		no            error // under the first mail, after that
	}{
		{"a stranger's invitation ran out", home, func(t *testing.T, w mailWorld, _ string) {
			w.env.Clock.Advance(store.InviteLife)
			w.check(t, w.s.Tidy(t.Context()))
		}, through, store.ErrUsed},
		{"a stranger's invitation could not be delivered", home, func(t *testing.T, w mailWorld, id string) {
			w.check(t, w.s.InviteDelivered(t.Context(), w.companyID, id, "address_refused"))
		}, through, store.ErrUsed},
		{"a stranger's invitation was cancelled", home, func(t *testing.T, w mailWorld, id string) {
			w.check(t, w.s.CancelInvite(t.Context(), w.companyID, w.ana, id))
		}, through, store.ErrUsed},
		{"a stranger's invitation was resent", home, func(t *testing.T, w mailWorld, id string) {
			w.check(t, second(w.s.ResendInvite(t.Context(), w.companyID, w.ana, id)))
		}, through, store.ErrUsed},
		{"a colleague's invitation was resent", "bo@acme.example", func(t *testing.T, w mailWorld, id string) {
			w.check(t, second(w.s.ResendInvite(t.Context(), w.companyID, w.ana, id)))
		}, through, store.ErrUsed},
		{"a colleague's invitation was resent, and they say no in Slack", "bo@acme.example", func(t *testing.T, w mailWorld, id string) {
			w.check(t, second(w.s.ResendInvite(t.Context(), w.companyID, w.ana, id)))
		}, func(t *testing.T, w mailWorld) {
			w.check(t, w.s.DeclineInvite(t.Context(), w.companyID, w.bo.SlackID, store.DeclinedOther))
		}, nil},
		{"a stranger's invitation was resent, and they follow it", "cy@home.example", func(t *testing.T, w mailWorld, id string) {
			w.check(t, second(w.s.ResendInvite(t.Context(), w.companyID, w.ana, id)))
		}, func(t *testing.T, w mailWorld) {
			ids := w.mails(t)
			w.check(t, second(w.register(t, w.token(t, ids[len(ids)-1]), "Cy")))
		}, store.ErrUsed},
	} {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
				ctx := t.Context()
				w := newMailWorld(t, s, env)
				id := w.invite(t, w.ana, store.Employee, story.address)[0]
				mailed := w.token(t, id)
				story.happens(t, w, id)
				story.ends(t, w)
				if sealed, hashed, err := store.KeptAddresses(ctx, s); err != nil || sealed+hashed != 0 {
					t.Errorf("%d addresses and %d hashes are kept, %v", sealed, hashed, err)
				}
				if _, err := s.ResendInvite(ctx, w.companyID, w.ana, id); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("resent after that: %v, want ErrNotFound", err)
				}
				if err := s.DeclineEmail(ctx, mailed, ""); !errors.Is(err, story.no) {
					t.Errorf("a no under the first mail: %v, want %v", err, story.no)
				}
				wantInviteCounts(t, s, w.companyID)
			})
		})
	}
}
