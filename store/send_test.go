package store_test

import (
	"errors"
	"testing"

	"herald/store"
	"herald/store/storetest"
)

func TestASendHasOneOpenAttempt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		gil := storetest.Mirror(t, s, acme.ID, "Gil Fox")[0]
		invited, err := s.Invite(ctx, acme.ID, ana, []string{gil.ID}, store.InviteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		job := store.Job{ID: "7", CompanyID: acme.ID, Kind: store.JobInviteDM, Ref: invited[0].Invite.ID, LeftAt: env.Clock.Now()}
		if _, err := s.Send(ctx, job, gil.SlackID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("before the first attempt: %v", err)
		}
		first, err := s.BeginSend(ctx, job, gil.SlackID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.BeginSend(ctx, job, gil.SlackID); !errors.Is(err, store.ErrExists) {
			t.Errorf("a second attempt while the first is open: %v", err)
		}
		if err := s.CancelSend(ctx, first); err != nil {
			t.Fatal(err)
		}
		env.Clock.Advance(1000)
		second, err := s.BeginSend(ctx, job, gil.SlackID)
		if err != nil || second.ID != first.ID {
			t.Errorf("the next attempt is %+v, %v; its message has the same id", second, err)
		}
		if err := s.CancelSend(ctx, first); err != nil { // somebody who believes that the first one is still open
			t.Fatal(err)
		}
		open, err := s.Send(ctx, job, gil.SlackID)
		if err != nil || !open.BegunAt.Equal(second.BegunAt) || open.TS != "" {
			t.Errorf("%+v, %v; want the second attempt open", open, err)
		}
		card := store.Card{SlackID: gil.SlackID, Channel: "D1", TS: "1.1"}
		for range 2 { // settling is harmless to repeat
			if err := s.SettleSend(ctx, job, second, card, false); err != nil {
				t.Fatal(err)
			}
		}
		sent, err := s.Send(ctx, job, gil.SlackID)
		if err != nil || sent.Channel != "D1" || sent.TS != "1.1" || !sent.BegunAt.IsZero() {
			t.Errorf("%+v, %v; want it sent", sent, err)
		}
		if i, _, err := s.OpenInvite(ctx, acme.ID, job.Ref); err != nil || i.SentAt.IsZero() {
			t.Errorf("the invitation is %+v, %v; want it sent", i, err)
		}
		if _, err := s.BeginSend(ctx, job, gil.SlackID); !errors.Is(err, store.ErrExists) {
			t.Errorf("sending it again: %v", err)
		}
		// SQLite gives the number of a job that is gone to another one.
		job.LeftAt = job.LeftAt.Add(1e9)
		if _, err := s.BeginSend(ctx, job, gil.SlackID); err != nil {
			t.Errorf("another job's message: %v", err)
		}
	})
}
