package store_test

import (
	"errors"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

// draft keeps a list of the actor's.
func (w mailWorld) draft(t *testing.T, by store.Actor, sendAt time.Time, addresses ...string) store.EmailDraft {
	t.Helper()
	var list []store.Invitee
	for _, a := range addresses {
		list = append(list, store.Invitee{Email: a})
	}
	draft, err := w.s.DraftEmails(t.Context(), w.companyID, by, list, sendAt, "")
	w.check(t, err)
	return draft
}

func TestAnAdminInsistsOnOneAddress(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		w := newMailWorld(t, s, env)
		const cy, dee = "cy@home.example", "dee@home.example"
		for _, address := range []string{cy, dee} {
			w.check(t, s.DeclineEmail(ctx, w.token(t, w.invite(t, w.ana, store.Employee, address)[0]), ""))
		}

		// A list never overrides.
		draft := w.draft(t, w.ana, time.Time{}, cy, dee, "eve@home.example")
		at := draft.ID
		if sent, err := sendsList(ctx, s, w.companyID, w.ana, at); err != nil || sent.Outcomes[0].Result != store.InviteNever || len(w.mails(t)) != 1 {
			t.Fatalf("a list with two who said no: %+v, %v", sent, err)
		}

		draft = w.draft(t, w.ana, time.Time{}, cy, dee)
		if _, err := s.DraftInvitee(ctx, w.companyID, w.ana, draft.ID, 2); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an address that is not in the list: %v", err)
		}
		if _, _, err := s.InviteEmailAnyway(ctx, w.companyID, store.Actor{SlackID: w.bo.SlackID}, draft.ID, 0, nil); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("by Bo: %v", err)
		}
		rest, became, err := s.InviteEmailAnyway(ctx, w.companyID, w.ana, draft.ID, 0, nil)
		if err != nil || became.Result != store.InviteSent || became.Invitee.Email != cy {
			t.Fatalf("Ana insists: %+v, %v", became, err)
		}
		if rest.Outcomes[0].Result != store.InviteAgain || rest.Outcomes[1].Result != store.InviteNever {
			t.Errorf("the list after that: %+v", rest.Outcomes)
		}
		ids := w.mails(t)
		if len(ids) != 1 {
			t.Fatalf("%d mails go out", len(ids))
		}
		// A second click finds the invitation, and sends nothing.
		if _, became, err := s.InviteEmailAnyway(ctx, w.companyID, w.ana, draft.ID, 0, nil); err != nil || became.Result != store.InviteAgain || len(w.mails(t)) != 0 {
			t.Errorf("a second click: %+v, %v", became, err)
		}

		// Cancelled, Cy is left alone as before.
		w.check(t, s.CancelInvite(ctx, w.companyID, w.ana, ids[0]))
		if got := w.results(t, cy, dee); got != "never never" {
			t.Errorf("after it was cancelled: %s", got)
		}

		// Dee is asked again, signs up, and is free to be asked once more after that.
		draft = w.draft(t, w.ana, time.Time{}, dee)
		if _, _, err := s.InviteEmailAnyway(ctx, w.companyID, w.ana, draft.ID, 0, nil); err != nil {
			t.Fatal(err)
		}
		if signup, err := w.register(t, w.token(t, w.mails(t)[0]), "Dee"); err != nil || signup.Status != store.SignupActive {
			t.Fatalf("Dee registers: %+v, %v", signup, err)
		}
		wantInviteCounts(t, s, w.companyID)
	})
}

// The address of a colleague who was removed is theirs, and not a stranger's.
func TestAnAdminInsistsOnAColleagueByEmail(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		w := newMailWorld(t, s, env)
		bo := storetest.Register(t, s, w.companyID, "Bo")[0]
		storetest.Remove(t, s, w.companyID, w.ana, bo.ID)
		draft := w.draft(t, w.ana, env.Clock.Now().Add(time.Hour), w.bo.Email)
		if draft.Outcomes[0].Result != store.InviteNever {
			t.Fatalf("Bo was removed: %+v", draft.Outcomes)
		}
		other := store.Person{SlackID: "U0OTHER", Name: "Olga", Email: "olga@acme.example"}
		if _, err := s.DraftInvitee(ctx, w.companyID, store.Actor{SlackID: w.bo.SlackID}, draft.ID, 0); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Bo looks into Ana's list: %v", err)
		}
		_, became, err := s.InviteEmailAnyway(ctx, w.companyID, w.ana, draft.ID, 0, &w.bo)
		if err != nil || became.Result != store.InviteSent {
			t.Fatalf("Ana insists: %+v, %v", became, err)
		}
		p, err := s.PersonBySlackID(ctx, w.companyID, w.bo.SlackID)
		if err != nil {
			t.Fatalf("Herald knows Bo again: %v", err)
		}
		jobs := storetest.TakeJobs(t, env, store.JobInviteEmail)
		if len(jobs) != 1 || !jobs[0].At.Equal(env.Clock.Now().Add(time.Hour)) {
			t.Fatalf("mails: %+v", jobs)
		}
		signup, err := w.register(t, w.token(t, jobs[0].Ref), "Bo")
		if err != nil || signup.Member == nil || signup.Member.ID != p.ID {
			t.Errorf("Bo registers: %+v, %v", signup, err)
		}

		// An entry of somebody else is nobody's who was asked for.
		draft = w.draft(t, w.ana, time.Time{}, "cy@home.example")
		if _, _, err := s.InviteEmailAnyway(ctx, w.companyID, w.ana, draft.ID, 0, &other); err != nil {
			t.Fatal(err)
		}
		if _, err := s.PersonBySlackID(ctx, w.companyID, other.SlackID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Herald knows Olga: %v", err)
		}
	})
}

// An address is kept, sealed, for as long as something can be sent to it again.
func TestAnAddressIsErasedWithTheStepThatEndsItsInvitation(t *testing.T) {
	t.Parallel()
	type world struct {
		mailWorld
		id, token string
	}
	const cy = "cy@home.example"
	for _, story := range []struct {
		name           string
		address        string
		ends           func(t *testing.T, w world)
		sealed, hashed int
	}{
		{"it is open", cy, func(*testing.T, world) {}, 1, 0},
		{"it could not be delivered", cy, func(t *testing.T, w world) {
			w.check(t, w.s.InviteDelivered(t.Context(), w.companyID, w.id, "address_refused"))
		}, 1, 0},
		{"it ran out", cy, func(t *testing.T, w world) {
			w.env.Clock.Advance(store.InviteLife + time.Hour)
			w.check(t, w.s.Tidy(t.Context()))
		}, 1, 0},
		{"it ran out long ago", cy, func(t *testing.T, w world) {
			w.env.Clock.Advance(store.InviteLife + 91*24*time.Hour)
			for range 2 { // it is taken off the list, and deleted
				w.check(t, w.s.Tidy(t.Context()))
			}
		}, 0, 0},
		{"it is cancelled", cy, func(t *testing.T, w world) { w.check(t, w.s.CancelInvite(t.Context(), w.companyID, w.ana, w.id)) }, 0, 1},
		{"it is resent", cy, func(t *testing.T, w world) {
			w.check(t, second(w.s.ResendInvite(t.Context(), w.companyID, w.ana, w.id)))
		}, 1, 1},
		{"it ran out and is resent", cy, func(t *testing.T, w world) {
			w.env.Clock.Advance(store.InviteLife + time.Hour)
			w.check(t, w.s.Tidy(t.Context()))
			w.check(t, second(w.s.ResendInvite(t.Context(), w.companyID, w.ana, w.id)))
		}, 1, 1},
		{"it ran out, and another list has the address", cy, func(t *testing.T, w world) {
			w.env.Clock.Advance(store.InviteLife + time.Hour)
			w.check(t, w.s.Tidy(t.Context()))
			w.invite(t, w.ana, store.Employee, cy)
		}, 1, 1},
		{"it is declined", cy, func(t *testing.T, w world) {
			w.check(t, w.s.DeclineEmail(t.Context(), w.token, store.DeclinedOther))
		}, 0, 0},
		{"it ran out and is declined", cy, func(t *testing.T, w world) {
			w.env.Clock.Advance(store.InviteLife + time.Hour)
			w.check(t, w.s.Tidy(t.Context()))
			w.check(t, w.s.DeclineEmail(t.Context(), w.token, ""))
			if _, err := w.s.ResendInvite(t.Context(), w.companyID, w.ana, w.id); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("resent after a no: %v", err)
			}
		}, 0, 0},
		{"it was cancelled and is declined", cy, func(t *testing.T, w world) {
			w.check(t, w.s.CancelInvite(t.Context(), w.companyID, w.ana, w.id))
			w.check(t, w.s.DeclineEmail(t.Context(), w.token, ""))
			if got := w.results(t, cy); got != "never" {
				t.Errorf("invited after that: %s", got)
			}
		}, 0, 0},
		{"they register", cy, func(t *testing.T, w world) { w.check(t, second(w.register(t, w.token, "Cy"))) }, 0, 0},
		{"a colleague registers", "bo@acme.example", func(t *testing.T, w world) { w.check(t, second(w.register(t, w.token, "Bo"))) }, 0, 0},
		{"a colleague registers another way", "bo@acme.example", func(t *testing.T, w world) {
			w.check(t, second(w.register(t, storeToken(t, w.mailWorld), "Bo")))
		}, 0, 0},
		{"a colleague declines in Slack", "bo@acme.example", func(t *testing.T, w world) {
			w.check(t, w.s.DeclineInvite(t.Context(), w.companyID, w.bo.SlackID, store.DeclinedOther))
		}, 0, 0},
		{"it ran out, and a colleague is invited in Slack", "bo@acme.example", func(t *testing.T, w world) {
			w.env.Clock.Advance(store.InviteLife + time.Hour)
			w.check(t, second(w.s.Invite(t.Context(), w.companyID, w.ana, []string{w.bo.ID}, store.InviteOptions{})))
		}, 0, 1},
	} {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
				w := newMailWorld(t, s, env)
				id := w.invite(t, w.ana, store.Employee, story.address)[0]
				story.ends(t, world{w, id, w.token(t, id)})
				sealed, hashed, err := store.KeptAddresses(t.Context(), s)
				if err != nil || sealed != story.sealed || hashed != story.hashed {
					t.Errorf("%d addresses and %d hashes are kept, %v; want %d and %d", sealed, hashed, err, story.sealed, story.hashed)
				}
				wantInviteCounts(t, s, w.companyID)
			})
		})
	}
}

func TestAScheduledInvitationKeepsItsTimeUnlessItIsSentNow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		w := newMailWorld(t, s, env)
		at := env.Clock.Now().Add(48 * time.Hour)
		w.check(t, second(sendsList(ctx, s, w.companyID, w.ana, w.draft(t, w.ana, at, "cy@home.example").ID)))
		job := func() store.Job {
			t.Helper()
			jobs := storetest.TakeJobs(t, env, store.JobInviteEmail)
			if len(jobs) != 1 {
				t.Fatalf("mails: %+v", jobs)
			}
			return jobs[0]
		}
		first := job()
		again, err := s.ResendInvite(ctx, w.companyID, w.ana, first.Ref)
		if err != nil || !again.SendAt.Equal(at) || !again.ExpiresAt.Equal(at.Add(store.InviteLife)) {
			t.Fatalf("resent: %+v, %v", again, err)
		}
		second := job()
		if second.Ref != again.ID || !second.At.Equal(at) {
			t.Errorf("the mail goes out %+v", second)
		}
		if _, err := s.SendInviteNow(ctx, w.companyID, store.Actor{SlackID: w.bo.SlackID}, second.Ref); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("Bo sends it: %v", err)
		}
		now, err := s.SendInviteNow(ctx, w.companyID, w.ana, second.Ref)
		if err != nil || !now.SendAt.IsZero() || now.Email != "cy@home.example" {
			t.Fatalf("sent now: %+v, %v", now, err)
		}
		third := job()
		if third.Ref != now.ID || third.At.After(env.Clock.Now()) {
			t.Errorf("the mail goes out %+v", third)
		}
		if _, err := s.EmailInvite(ctx, w.companyID, second.Ref); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the one that waited: %v", err)
		}
		w.check(t, s.InviteDelivered(ctx, w.companyID, now.ID, ""))
		if _, err := s.SendInviteNow(ctx, w.companyID, w.ana, now.ID); !errors.Is(err, store.ErrChanged) {
			t.Errorf("sent now, and gone already: %v, want ErrChanged", err)
		}
	})
}

func TestReasonsUnderAMailAreCountedOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		w := newMailWorld(t, s, env)
		ids := w.invite(t, w.ana, store.Employee, "a@home.example", "b@home.example", "c@home.example", "d@home.example", "e@home.example", "f@home.example")
		if err := s.DeclineEmail(ctx, w.token(t, ids[0]), "because"); err == nil {
			t.Error("a reason that is none was taken")
		}
		for i, id := range ids {
			token := w.token(t, id)
			for range 2 { // somebody clicks twice
				reason := store.DeclinedPrivacy
				if i == 0 {
					reason = "" // a mail program
				}
				w.check(t, s.DeclineEmail(ctx, token, reason))
			}
			got, err := s.ReasonCounts(ctx, w.companyID)
			if want := 5 * (i / 5); err != nil || got[store.DeclinedPrivacy] != want {
				t.Errorf("after %d: %v, %v; want %d", i+1, got, err, want)
			}
		}
	})
}
