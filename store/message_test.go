package store_test

import (
	"errors"
	"reflect"
	"strconv"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

func TestTheReceiptOfARemoval(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		gil := storetest.Mirror(t, s, acme.ID, "Gil Fox")[0]
		if _, err := s.Invite(ctx, acme.ID, ana, []string{gil.ID}, store.InviteOptions{}); err != nil {
			t.Fatal(err)
		}
		m := storetest.Register(t, s, acme.ID, "Gil Fox", "Bo Ek", "Cy Wu")
		save := func(slackID, ts string) error {
			return s.SaveMessage(ctx, acme.ID, store.Card{SlackID: slackID, Channel: "D" + slackID, TS: ts})
		}
		for i, to := range []string{m[0].SlackID, m[0].SlackID, m[1].SlackID, m[2].SlackID} {
			if err := save(to, strconv.Itoa(i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.SaveFile(ctx, acme.ID, m[1].SlackID, "F1", time.Time{}); err != nil {
			t.Fatal(err)
		}
		if err := s.SaveFile(ctx, acme.ID, m[1].SlackID, "F0", time.Time{}); err != nil {
			t.Fatal(err)
		}
		removal := storetest.Remove(t, s, acme.ID, ana, m[0].ID, m[1].ID)
		wantFilesDeleted(t, env, "removed", "F0", "F1")
		receipt := func() store.Receipt {
			t.Helper()
			events, _, err := s.Audit(ctx, acme.ID, "", 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				if e.Action == store.AuditErased {
					if e.Actor != nil || e.Subject != nil || e.SubjectHash != "" {
						t.Errorf("the receipt names somebody: %+v", e)
					}
					return *e.Receipt
				}
			}
			t.Fatal("there is no receipt")
			return store.Receipt{}
		}
		access := func(o store.RevocationOutcome) []store.RevocationCount {
			return []store.RevocationCount{{Network: "linkedin", Outcome: o, N: 2}}
		}
		want := store.Receipt{Accounts: 2, Connections: 2, Invitations: 1, Files: 2, Messages: 3, Access: access(store.RevocationPending)}
		if got := receipt(); !reflect.DeepEqual(got, want) {
			t.Errorf("at first %+v, want %+v", got, want)
		}
		if err := save(m[0].SlackID, "late"); !errors.Is(err, store.ErrRemoved) {
			t.Errorf("a message that arrives late: %v, want ErrRemoved", err)
		}
		onItsWay := store.Card{SlackID: m[0].SlackID, Channel: "D1", TS: "on its way"}
		if err := s.SettleSend(ctx, store.Job{CompanyID: acme.ID, Kind: store.JobWelcomeDM}, store.Send{ID: "purged"}, onItsWay, false); err != nil {
			t.Errorf("a message that was on its way: %v", err)
		}
		var late []store.Erasure
		for _, j := range storetest.TakeJobs(t, env, store.JobErase) {
			if j.Ref != removal.ID {
				var err error
				if late, err = s.Erasures(ctx, acme.ID, j.Ref, 2); err != nil {
					t.Fatal(err)
				}
			}
		}
		if len(late) != 1 || late[0].Channel != "D1" || late[0].TS != "on its way" {
			t.Errorf("to be deleted besides: %+v", late)
		}
		if err := s.SaveFile(ctx, acme.ID, m[0].SlackID, "F2", time.Time{}); !errors.Is(err, store.ErrRemoved) {
			t.Errorf("a file for somebody who was removed: %v, want ErrRemoved", err)
		}
		wantFilesDeleted(t, env, "never sent")
		if err := s.FileSent(ctx, acme.ID, m[1].SlackID, "F1"); err != nil {
			t.Errorf("a file that was on its way: %v", err)
		}
		wantFilesDeleted(t, env, "too late", "F1")
		if err := s.SaveFile(ctx, acme.ID, m[2].SlackID, "F3", time.Time{}); err != nil {
			t.Errorf("a file for somebody who is there: %v", err)
		}
		if err := s.FileSent(ctx, acme.ID, m[2].SlackID, "F3"); err != nil {
			t.Errorf("it is there: %v", err)
		}
		wantFilesDeleted(t, env, "sent")
		if err := save(m[2].SlackID, "another"); err != nil {
			t.Errorf("somebody else gets one more: %v", err)
		}

		list, err := s.Erasures(ctx, acme.ID, removal.ID, 2)
		if err != nil || len(list) != 2 {
			t.Fatalf("to be deleted %+v, %v; want two of the three", list, err)
		}
		for i, outcome := range []store.ErasureOutcome{store.MessageDeleted, store.MessageBlanked} {
			if err := s.SettleErasure(ctx, acme.ID, list[i].ID, outcome); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // a job may run twice
			if err := s.SettleFile(ctx, acme.ID, "F1", store.MessageDeleted); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.SettleFile(ctx, acme.ID, "F2", store.MessageDeleted); err != nil {
			t.Errorf("a file that is on no receipt: %v", err)
		}
		env.Clock.Advance(store.ErasureLife + time.Hour)
		if err := s.Tidy(ctx); err != nil {
			t.Fatal(err)
		}
		want.FilesDeleted, want.FilesKept = 1, 1
		want.Deleted, want.Blanked, want.Kept, want.Access = 1, 1, 1, access(store.GivenUp)
		if got := receipt(); !reflect.DeepEqual(got, want) {
			t.Errorf("after a week %+v, want %+v", got, want)
		}
		if list, err := s.Erasures(ctx, acme.ID, removal.ID, 2); err != nil || len(list) > 0 {
			t.Errorf("after a week there is still %+v, %v", list, err)
		}
	})
}

func TestHeraldRemembersAPersonsLatestMessages(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		m := storetest.Register(t, s, acme.ID, "Bo Ek")[0]
		if err := s.SaveFile(ctx, acme.ID, m.SlackID, "FDATA", env.Clock.Now().Add(24*time.Hour)); err != nil {
			t.Fatal(err)
		}
		for i := range 210 {
			env.Clock.Advance(time.Second)
			if err := s.SaveMessage(ctx, acme.ID, store.Card{SlackID: m.SlackID, Channel: "D1", TS: strconv.Itoa(i)}); err != nil {
				t.Fatal(err)
			}
		}
		wantFilesDeleted(t, env, "at once")
		env.Clock.Advance(25 * time.Hour)
		if err := s.Tidy(ctx); err != nil {
			t.Fatal(err)
		}
		wantFilesDeleted(t, env, "a day later", "FDATA")

		removal := storetest.Remove(t, s, acme.ID, ana, m.ID)
		list, err := s.Erasures(ctx, acme.ID, removal.ID, 1000)
		if err != nil || len(list) != 200 {
			t.Fatalf("%d messages are deleted, %v; want the latest 200", len(list), err)
		}
		for _, e := range list {
			if n, err := strconv.Atoi(e.TS); err != nil || n < 10 {
				t.Errorf("message %s is deleted, one of the oldest", e.TS)
			}
		}
	})
}
