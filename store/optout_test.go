package store_test

import (
	"errors"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

// TestOptingOutStopsWhatWaitsToBeSent: a DM in the queue, and an email that is scheduled.
func TestOptingOutStopsWhatWaitsToBeSent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		people := storetest.Mirror(t, s, acme.ID, "Gil Fox", "Bo Wu", "Cy Dee")
		queued, mailed, has := people[0], people[1], people[2]
		invites := func(p store.Person, o store.InviteOptions) store.Invite {
			t.Helper()
			out, err := s.Invite(ctx, acme.ID, ana, []string{p.ID}, o)
			if err != nil || len(out) != 1 || out[0].Result != store.InviteSent {
				t.Fatalf("%+v, %v", out, err)
			}
			return out[0].Invite
		}
		dm, arrived := invites(queued, store.InviteOptions{}), invites(has, store.InviteOptions{})
		if err := s.InviteDelivered(ctx, acme.ID, arrived.ID, ""); err != nil {
			t.Fatal(err)
		}
		draft, err := s.DraftEmails(ctx, acme.ID, ana, []store.Invitee{{Email: mailed.Email}}, env.Clock.Now().Add(24*time.Hour), "")
		if err == nil {
			_, err = sendsList(ctx, s, acme.ID, ana, draft.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		mail := storetest.TakeJobs(t, env, store.JobInviteEmail)[0]
		if _, err := s.EmailInvite(ctx, acme.ID, mail.Ref); err != nil {
			t.Fatal(err)
		}
		for _, p := range people {
			if err := s.OptOut(ctx, acme.ID, p.SlackID); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := s.OpenInvite(ctx, acme.ID, dm.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the DM in the queue: %v", err)
		}
		if _, err := s.EmailInvite(ctx, acme.ID, mail.Ref); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the email that is scheduled: %v", err)
		}
		if _, _, err := s.OpenInvite(ctx, acme.ID, arrived.ID); err != nil {
			t.Errorf("the invitation that is there: %v", err)
		}
		counts, err := s.InviteCounts(ctx, acme.ID)
		if err != nil || counts[store.StateDeclined] != 2 || counts[store.StatePending] != 1 {
			t.Errorf("admins see %v, %v", counts, err)
		}
		if out, err := s.Invite(ctx, acme.ID, ana, []string{queued.ID}, store.InviteOptions{}); err != nil || out[0].Result != store.InviteDeclined {
			t.Errorf("inviting again: %+v, %v", out, err)
		}
		insisted := invites(queued, store.InviteOptions{Override: true})
		if _, _, err := s.OpenInvite(ctx, acme.ID, insisted.ID); err != nil {
			t.Errorf("what an admin insists on: %v", err)
		}
	})
}
