package store_test

import (
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

// Ana invites bo.private@home.example as a recruiter. LinkedIn tells Bo's address in Slack, so Bo is asked.
func TestAnInvitationAsRecruiterHoldsOnceTheSignUpIsConfirmed(t *testing.T) {
	t.Parallel()
	for _, story := range []struct {
		name      string
		meanwhile func(t *testing.T, w mailWorld, ana store.Member)
		want      store.MemberType
	}{
		{"as invited", func(*testing.T, mailWorld, store.Member) {}, store.Recruiter},
		{"the link would have run out", func(_ *testing.T, w mailWorld, _ store.Member) {
			w.env.Clock.Advance(10 * 24 * time.Hour)
		}, store.Recruiter},
		{"Ana is no admin any more", func(t *testing.T, w mailWorld, ana store.Member) {
			_, zoe := storetest.Admin(t, w.s, w.companyID, "Zoe")
			storetest.Remove(t, w.s, w.companyID, zoe, ana.ID)
		}, store.Employee},
	} {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
				ctx := t.Context()
				w := newMailWorld(t, s, env)
				ana, err := s.MemberBySlackID(ctx, w.companyID, w.ana.SlackID)
				w.check(t, err)
				token := w.token(t, w.invite(t, w.ana, store.Recruiter, "bo.private@home.example")[0])
				env.Clock.Advance(store.InviteLife - 24*time.Hour)
				acc := storetest.LinkedIn("Bo")
				acc.Email = w.bo.Email
				signup, err := s.Register(ctx, store.Authorization{CompanyID: w.companyID, Network: "linkedin", Token: token}, acc, nil)
				if err != nil || signup.Status != store.SignupConfirm {
					t.Fatalf("Bo signs up: %+v, %v", signup, err)
				}
				story.meanwhile(t, w, ana)
				signup, err = s.ConfirmSignup(ctx, w.companyID, w.bo.SlackID, signup.ID, true)
				if err != nil || signup.Member == nil || signup.Member.Type != story.want {
					t.Fatalf("Bo says yes: %+v, %v; want a member of type %s", signup, err, story.want)
				}
				w.wantAccepted(t, signup.Member.ID)
			})
		})
	}
}

// Employee Eve invites Cy by email, Cy signs up, and Ana approves.
func TestAnInvitationIsAcceptedOnceTheSignUpIsApproved(t *testing.T) {
	t.Parallel()
	for _, story := range []struct {
		name      string
		colleague string // who Ana says it is, in Slack
		before    func(t *testing.T, w mailWorld, eve store.Actor)
	}{
		{"somebody from outside", "", func(*testing.T, mailWorld, store.Actor) {}},
		{"a colleague", "Dee", func(t *testing.T, w mailWorld, _ store.Actor) { storetest.Mirror(t, w.s, w.companyID, "Dee") }},
		{"a colleague who is invited in Slack, too", "Dee", func(t *testing.T, w mailWorld, _ store.Actor) {
			dee := storetest.Mirror(t, w.s, w.companyID, "Dee")[0]
			w.check(t, second(w.s.Invite(t.Context(), w.companyID, w.ana, []string{dee.ID}, store.InviteOptions{})))
		}},
		{"somebody whose first invitation was cancelled", "", func(t *testing.T, w mailWorld, eve store.Actor) {
			id := w.invite(t, eve, store.Employee, "cy@home.example")[0]
			w.check(t, w.s.CancelInvite(t.Context(), w.companyID, w.ana, id))
		}},
	} {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
				ctx := t.Context()
				w := newMailWorld(t, s, env)
				eve := w.everybodyInvites(t)
				story.before(t, w, eve)
				token := w.token(t, w.invite(t, eve, store.Employee, "cy@home.example")[0])
				acc := storetest.LinkedIn("Cy")
				acc.Email = "cy@elsewhere.example"
				signup, err := s.Register(ctx, store.Authorization{CompanyID: w.companyID, Network: "linkedin", Token: token}, acc, nil)
				if err != nil || signup.Status != store.SignupApproval {
					t.Fatalf("Cy signs up: %+v, %v", signup, err)
				}
				env.Clock.Advance(time.Hour)
				if story.colleague == "" {
					signup, err = s.DecideSignup(ctx, w.companyID, w.ana, signup.ID, true)
				} else {
					dee, of := s.PersonBySlackID(ctx, w.companyID, storetest.SlackID(story.colleague))
					w.check(t, of)
					signup, err = s.ApproveSignupAs(ctx, w.companyID, w.ana, signup.ID, dee)
				}
				if err != nil || signup.Member == nil {
					t.Fatalf("Ana approves: %+v, %v", signup, err)
				}
				w.wantAccepted(t, signup.Member.ID)

				storetest.Remove(t, s, w.companyID, w.ana, signup.Member.ID)
				if counts, err := s.InviteCounts(ctx, w.companyID); err != nil || counts[store.StateAccepted] != 0 {
					t.Errorf("after a removal, counted %v, %v", counts, err)
				}
				wantInviteCounts(t, s, w.companyID)
			})
		})
	}
}

// wantAccepted checks that the member's invitation, and no other one, is listed as accepted.
func (w mailWorld) wantAccepted(t *testing.T, memberID string) {
	t.Helper()
	page, err := w.s.Invitations(t.Context(), w.companyID, store.InvitationsQuery{Limit: 10})
	if err != nil || len(page.Rows) != 1 || page.Rows[0].State != store.StateAccepted || page.Rows[0].Member == nil || page.Rows[0].Member.ID != memberID {
		t.Errorf("listed: %+v, %v", page.Rows, err)
	}
	if sealed, hashed, err := store.KeptAddresses(t.Context(), w.s); err != nil || sealed+hashed != 0 {
		t.Errorf("%d addresses and %d hashes are kept, %v", sealed, hashed, err)
	}
	wantInviteCounts(t, w.s, w.companyID)
}
