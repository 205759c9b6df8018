package store_test

import (
	"errors"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

// Ana invites dee@acme.example by email, whom nobody knows. Then Dee gets a Slack account: she is not invited a second time.
func TestWhoeverWasInvitedByEmailIsNotInvitedAgainOnceTheyAreInSlack(t *testing.T) {
	t.Parallel()
	dee := store.Person{SlackID: "UDEE", Name: "Dee", Email: "Dee@Acme.example"}
	for _, story := range []struct {
		name    string
		appears func(t *testing.T, w mailWorld)
	}{
		{"she joins", func(*testing.T, mailWorld) {}},
		{"Slack tells her address later", func(t *testing.T, w mailWorld) {
			unknown := dee
			unknown.Email = ""
			w.check(t, w.s.MirrorPeople(t.Context(), w.companyID, []store.Person{unknown}))
		}},
		{"she was a guest", func(t *testing.T, w mailWorld) {
			guest := dee
			guest.Guest = true
			w.check(t, w.s.MirrorPeople(t.Context(), w.companyID, []store.Person{guest}))
		}},
	} {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
				ctx := t.Context()
				w := newMailWorld(t, s, env)
				to := store.DefaultSettings()
				to.JoinerDays = 1
				w.check(t, s.SaveSettings(ctx, w.companyID, w.ana, to))
				id := w.invite(t, w.ana, store.Recruiter, "dee@acme.example")[0]
				token := w.token(t, id)
				w.check(t, s.InviteDelivered(ctx, w.companyID, id, ""))
				story.appears(t, w)
				w.check(t, s.MirrorJoiner(ctx, w.companyID, dee))
				p, err := s.PersonBySlackID(ctx, w.companyID, dee.SlackID)
				w.check(t, err)
				wantCounts(t, s, w.companyID, map[store.Group]int{store.Invited: 1, store.Unregistered: 2}) // Bo is not invited
				storetest.TakeJobs(t, env)

				out, err := s.Invite(ctx, w.companyID, w.ana, []string{p.ID}, store.InviteOptions{})
				if err != nil || len(out) != 1 || out[0].Result != store.InviteAgain || out[0].Invite.ID != id {
					t.Errorf("invited by DM: %+v, %v", out, err)
				}
				w.check(t, s.InviteJoiner(ctx, w.companyID, p.ID))
				for _, a := range []store.Audience{{Everyone: true}, {SlackIDs: []string{dee.SlackID, w.bo.SlackID}}} {
					plan, err := s.ProposeRun(ctx, w.companyID, w.ana, a, "")
					if err != nil || plan.Total != 1 || plan.Invited != 1 {
						t.Errorf("a run for %+v is for %+v, %v; want Bo alone", a, plan, err)
					}
				}
				if got := w.results(t, "dee@acme.example"); got != "invited" {
					t.Errorf("by email again: %s", got)
				}
				if jobs := storetest.TakeJobs(t, env, store.JobInviteDM, store.JobInviteEmail); len(jobs) != 0 {
					t.Errorf("messages go out: %v", jobs)
				}
				env.Clock.Advance(8 * 24 * time.Hour)
				if n, err := s.OldInvites(ctx, w.companyID, 7); err != nil || n != 1 {
					t.Errorf("%d old invitations, %v", n, err)
				}
				page, err := s.Invitations(ctx, w.companyID, store.InvitationsQuery{Limit: 10})
				if err != nil || len(page.Rows) != 1 || page.Rows[0].Person == nil || page.Rows[0].Person.ID != p.ID {
					t.Errorf("listed: %+v, %v", page.Rows, err)
				}
				if c, err := s.Candidate(ctx, w.companyID, dee.SlackID); err != nil || c.Nudged.Invited.IsZero() {
					t.Errorf("whom reminders take for never invited: %+v, %v", c, err)
				}

				// The link that she has is hers, and does what it did.
				if again := w.token(t, id); again != token {
					t.Error("a mail that is written now has another link")
				}
				i, err := s.InviteByToken(ctx, w.companyID, token)
				if err != nil || i.SlackID != dee.SlackID || i.PersonID != p.ID {
					t.Errorf("the link is bound to %+v, %v", i, err)
				}
				signup, err := w.register(t, token, "Dee")
				if err != nil || signup.Member == nil || signup.Member.ID != p.ID || signup.Member.Type != store.Recruiter {
					t.Fatalf("registered: %+v, %v", signup, err)
				}
				if counts, err := s.InviteCounts(ctx, w.companyID); err != nil || counts[store.StateAccepted] != 1 {
					t.Errorf("listed as %v, %v", counts, err)
				}
				if sealed, hashed, err := store.KeptAddresses(ctx, s); err != nil || sealed+hashed != 0 {
					t.Errorf("%d addresses and %d hashes are kept, %v", sealed, hashed, err)
				}
				wantInviteCounts(t, s, w.companyID)
				storetest.Remove(t, s, w.companyID, w.ana, p.ID)
				if _, err := s.InviteByToken(ctx, w.companyID, token); !errors.Is(err, store.ErrExpired) {
					t.Errorf("the link after a removal: %v", err)
				}
				wantInviteCounts(t, s, w.companyID)
			})
		})
	}
}

// Somebody was in Slack all the time, and was written to at an address that turns out to be theirs.
func TestOfTwoInvitationsOfOnePersonOneIsLeft(t *testing.T) {
	t.Parallel()
	const pending, declined, accepted = store.StatePending, store.StateDeclined, store.StateAccepted
	invited := func(t *testing.T, w mailWorld, p store.Person) {
		out, err := w.s.Invite(t.Context(), w.companyID, w.ana, []string{p.ID}, store.InviteOptions{})
		w.check(t, err)
		w.check(t, w.s.InviteDelivered(t.Context(), w.companyID, out[0].Invite.ID, ""))
	}
	for _, story := range []struct {
		name   string
		before func(t *testing.T, w mailWorld, p store.Person)
		sent   bool              // the mail, by the time Slack tells the address; else it is for tomorrow
		goes   bool              // it goes out, or its link works
		listed store.InviteState // "": nothing is
	}{
		{"nobody invited them in Slack, and the mail is for tomorrow", func(*testing.T, mailWorld, store.Person) {}, false, true, pending},
		{"they were invited in Slack, and the mail is for tomorrow", invited, false, false, pending},
		{"they were invited in Slack, and in the mail", invited, true, true, pending},
		{"their invitation in Slack did not arrive", func(t *testing.T, w mailWorld, p store.Person) {
			out, err := w.s.Invite(t.Context(), w.companyID, w.ana, []string{p.ID}, store.InviteOptions{})
			w.check(t, err)
			w.check(t, w.s.InviteDelivered(t.Context(), w.companyID, out[0].Invite.ID, "restricted_action"))
		}, true, true, pending},
		{"they said no in Slack", func(t *testing.T, w mailWorld, p store.Person) {
			invited(t, w, p)
			w.check(t, w.s.DeclineInvite(t.Context(), w.companyID, p.SlackID, store.DeclinedOther))
		}, true, false, declined},
		{"they want no reminders, and the mail is for tomorrow", func(t *testing.T, w mailWorld, p store.Person) {
			w.check(t, w.s.OptOut(t.Context(), w.companyID, p.SlackID))
		}, false, false, ""},
		{"they are a member", func(t *testing.T, w mailWorld, p store.Person) {
			invited(t, w, p)
			token, err := w.s.SignupToken(t.Context(), w.companyID, p.SlackID)
			w.check(t, err)
			w.check(t, second(w.register(t, token, "Dee")))
		}, true, false, accepted},
	} {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
				ctx := t.Context()
				w := newMailWorld(t, s, env)
				dee := store.Person{SlackID: "UDEE", Name: "Dee", Email: "dee.old@acme.example"}
				w.check(t, s.MirrorPeople(ctx, w.companyID, []store.Person{dee}))
				p, err := s.PersonBySlackID(ctx, w.companyID, dee.SlackID)
				w.check(t, err)
				env.Clock.Advance(time.Minute)
				story.before(t, w, p)
				env.Clock.Advance(time.Minute)
				storetest.TakeJobs(t, env)
				var at time.Time
				if !story.sent {
					at = env.Clock.Now().Add(24 * time.Hour)
				}
				w.check(t, second(sendsList(ctx, s, w.companyID, w.ana, w.draft(t, w.ana, at, "dee@acme.example").ID)))
				id := w.mails(t)[0]
				token := w.token(t, id)
				if story.sent {
					w.check(t, s.InviteDelivered(ctx, w.companyID, id, ""))
				}
				dee.Email = "dee@acme.example"
				for range 2 { // the sync finds her again
					w.check(t, s.MirrorPeople(ctx, w.companyID, []store.Person{dee}))
				}

				if _, err := s.EmailInvite(ctx, w.companyID, id); (err == nil) != story.goes {
					t.Errorf("the mail is written, or its link works: %v", err)
				}
				want := map[store.InviteState]int{}
				if story.listed != "" {
					want[story.listed] = 1
				}
				counts, err := s.InviteCounts(ctx, w.companyID)
				for _, state := range store.InviteStates() {
					if err != nil || counts[state] != want[state] {
						t.Errorf("%s: %d, want %d, %v", state, counts[state], want[state], err)
					}
				}
				wantInviteCounts(t, s, w.companyID)

				// A no under the mail is the person's, and nothing of the address is left, unless they are a member.
				err = s.DeclineEmail(ctx, token, "")
				if story.listed == accepted {
					if !errors.Is(err, store.ErrUsed) {
						t.Errorf("a member says no under the mail: %v, want ErrUsed", err)
					}
					return
				}
				w.check(t, err)
				if sealed, hashed, err := store.KeptAddresses(ctx, s); err != nil || sealed+hashed != 0 {
					t.Errorf("%d addresses and %d hashes are kept, %v", sealed, hashed, err)
				}
				out, err := s.Invite(ctx, w.companyID, w.ana, []string{p.ID}, store.InviteOptions{})
				if err != nil || out[0].Result != store.InviteDeclined {
					t.Errorf("invited after the no: %+v, %v", out, err)
				}
				wantCounts(t, s, w.companyID, map[store.Group]int{store.Invited: 0})
				wantInviteCounts(t, s, w.companyID)
			})
		})
	}
}

// Herald did not always see that an invitation was somebody's whom Slack knows by now.
func TestAnInvitationToAnAddressFromLongAgoIsThatPersons(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		w := newMailWorld(t, s, env)
		id := w.invite(t, w.ana, store.Employee, w.bo.Email)[0]
		if _, err := storetest.DB(t, env.Engine, env.DSN).ExecContext(ctx, `UPDATE invites SET person_id = NULL, subject_hash = 'a mailbox'`); err != nil {
			t.Fatal(err)
		}
		out, err := s.Invite(ctx, w.companyID, w.ana, []string{w.bo.ID}, store.InviteOptions{})
		if err != nil || out[0].Result != store.InviteAgain || out[0].Invite.ID != id {
			t.Errorf("invited by DM: %+v, %v", out, err)
		}
		if jobs := storetest.TakeJobs(t, env, store.JobInviteDM); len(jobs) != 0 {
			t.Errorf("messages go out: %v", jobs)
		}
		wantCounts(t, s, w.companyID, map[store.Group]int{store.Invited: 1})
		wantInviteCounts(t, s, w.companyID)
	})
}
