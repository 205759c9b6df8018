package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

func TestEverybodyIsListedOnceWithWhatBecameOfTheirInvitation(t *testing.T) {
	t.Parallel()
	for _, story := range []struct {
		name    string
		happens func(t *testing.T, w linkWorld)
		want    store.InviteState // "": not listed any more
	}{
		{"nothing happens", func(*testing.T, linkWorld) {}, store.StatePending},
		{"it is delivered", func(t *testing.T, w linkWorld) { w.delivered(t, "") }, store.StatePending},
		{"it is not", func(t *testing.T, w linkWorld) { w.delivered(t, "user_not_found") }, store.StateFailed},
		{"it is not, and then it is", func(t *testing.T, w linkWorld) { w.delivered(t, "user_not_found"); w.delivered(t, "") }, store.StatePending},
		{"it is resent", func(t *testing.T, w linkWorld) { w.resend(t) }, store.StatePending},
		{"it is cancelled", func(t *testing.T, w linkWorld) { w.cancel(t) }, ""},
		{"it is cancelled, and delivered too late", func(t *testing.T, w linkWorld) { w.cancel(t); w.delivered(t, "") }, ""},
		{"Ann signs up", func(t *testing.T, w linkWorld) { w.register(t, w.dm) }, store.StateAccepted},
		{"Ann signs up with her own link", func(t *testing.T, w linkWorld) { w.register(t, w.self) }, store.StateAccepted},
		{"Ann signs up and is removed", func(t *testing.T, w linkWorld) {
			storetest.Remove(t, w.s, w.companyID, w.ana, w.register(t, w.dm).ID)
		}, ""},
		{"it runs out", func(t *testing.T, w linkWorld) { w.runsOut(t) }, store.StateExpired},
		{"it was not delivered and runs out", func(t *testing.T, w linkWorld) { w.delivered(t, "x"); w.runsOut(t) }, store.StateFailed},
		{"it runs out and is resent", func(t *testing.T, w linkWorld) { w.runsOut(t); w.resend(t) }, store.StatePending},
		{"it runs out and Ann is invited again", func(t *testing.T, w linkWorld) {
			w.runsOut(t)
			w.invites(t, store.InviteOptions{}, store.InviteSent)
		}, store.StatePending},
		{"it was not delivered and Ann is invited again", func(t *testing.T, w linkWorld) {
			w.delivered(t, "user_not_found")
			w.invites(t, store.InviteOptions{}, store.InviteSent)
		}, store.StatePending},
		{"it runs out and Ann signs up after all", func(t *testing.T, w linkWorld) { w.runsOut(t); w.register(t, w.signupToken(t)) }, store.StateAccepted},
		{"it runs out, and half a year later", func(t *testing.T, w linkWorld) {
			for range 3 {
				w.env.Clock.Advance(60 * 24 * time.Hour)
				w.runsOut(t)
			}
		}, ""},
		{"Ann says no", func(t *testing.T, w linkWorld) { w.declines(t) }, store.StateDeclined},
		{"Ann says no, and years later", func(t *testing.T, w linkWorld) {
			w.declines(t)
			for range 3 {
				w.env.Clock.Advance(400 * 24 * time.Hour)
				w.runsOut(t)
			}
			w.invites(t, store.InviteOptions{}, store.InviteDeclined)
		}, store.StateDeclined},
		{"Ann says no twice", func(t *testing.T, w linkWorld) { w.declines(t); w.declines(t) }, store.StateDeclined},
		{"Ann says no, then yes", func(t *testing.T, w linkWorld) { w.declines(t); w.register(t, w.signupToken(t)) }, store.StateAccepted},
		{"Ann says no to what ran out", func(t *testing.T, w linkWorld) { w.runsOut(t); w.declines(t) }, store.StateDeclined},
		{"Ann says no, and somebody insists", func(t *testing.T, w linkWorld) {
			w.declines(t)
			w.invites(t, store.InviteOptions{}, store.InviteDeclined)
			w.invites(t, store.InviteOptions{Override: true}, store.InviteSent)
		}, store.StatePending},
		{"Ann says no, somebody insists, and thinks better of it", func(t *testing.T, w linkWorld) {
			w.declines(t)
			w.cancelNew(t, w.invites(t, store.InviteOptions{Override: true}, store.InviteSent))
			w.invites(t, store.InviteOptions{}, store.InviteDeclined)
		}, store.StateDeclined},
		{"Ann says no, somebody insists, and she says no again", func(t *testing.T, w linkWorld) {
			w.declines(t)
			w.invites(t, store.InviteOptions{Override: true}, store.InviteSent)
			w.declines(t)
			w.invites(t, store.InviteOptions{}, store.InviteDeclined)
		}, store.StateDeclined},
	} {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
				w := newLinkWorld(t, s, env)
				story.happens(t, w)
				page, err := s.Invitations(t.Context(), w.companyID, store.InvitationsQuery{Limit: 10})
				if err != nil {
					t.Fatal(err)
				}
				var got []store.InviteState
				for _, row := range page.Rows {
					got = append(got, row.State)
					if row.Person == nil || row.Person.ID != w.ann.ID || row.InvitedBy != w.ana.SlackID || row.As != store.Employee {
						t.Errorf("listed as %+v", row)
					}
				}
				var want []store.InviteState
				if story.want != "" {
					want = []store.InviteState{story.want}
				}
				if !slices.Equal(got, want) {
					t.Errorf("listed as %q, want %q", got, want)
				}
				wantCounts(t, s, w.companyID, nil)
			})
		})
	}
}

func (w linkWorld) check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w linkWorld) delivered(t *testing.T, failure string) {
	t.Helper()
	w.check(t, w.s.InviteDelivered(t.Context(), w.companyID, w.invite.ID, failure))
}

func (w linkWorld) resend(t *testing.T) {
	t.Helper()
	_, err := w.s.ResendInvite(t.Context(), w.companyID, w.ana, w.invite.ID)
	w.check(t, err)
}

func (w linkWorld) cancel(t *testing.T) {
	t.Helper()
	w.cancelNew(t, w.invite)
}

func (w linkWorld) cancelNew(t *testing.T, i store.Invite) {
	t.Helper()
	w.check(t, w.s.CancelInvite(t.Context(), w.companyID, w.ana, i.ID))
}

func (w linkWorld) runsOut(t *testing.T) {
	t.Helper()
	w.env.Clock.Advance(store.InviteLife)
	w.check(t, w.s.Tidy(t.Context()))
}

func (w linkWorld) declines(t *testing.T) {
	t.Helper()
	w.check(t, w.s.DeclineInvite(t.Context(), w.companyID, w.ann.SlackID, store.DeclinedNotInterested))
}

func (w linkWorld) invites(t *testing.T, o store.InviteOptions, want store.InviteResult) store.Invite {
	t.Helper()
	out, err := w.s.Invite(t.Context(), w.companyID, w.ana, []string{w.ann.ID}, o)
	w.check(t, err)
	if len(out) != 1 || out[0].Result != want || (want == store.InviteDeclined) == out[0].DeclinedAt.IsZero() {
		t.Fatalf("invited with %+v: %+v, want %s", o, out, want)
	}
	return out[0].Invite
}

func TestASecondNoChangesNothingAndNobodySaysNoForOthers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		w := newLinkWorld(t, s, env)
		for who, want := range map[string]error{
			"U0STRANGER": store.ErrNotFound, w.ana.SlackID: store.ErrNotFound, storetest.Mirror(t, s, w.companyID, "Bo Ek")[0].SlackID: store.ErrNotFound,
		} {
			if err := s.DeclineInvite(t.Context(), w.companyID, who, store.DeclinedOther); !errors.Is(err, want) {
				t.Errorf("%s declines: %v, want %v", who, err, want)
			}
		}
		if err := s.DeclineInvite(t.Context(), w.companyID, w.ann.SlackID, "because"); err == nil {
			t.Error("declined for no reason of the menu")
		}
		w.wantWorks(t, w.dm, nil)
		w.declines(t)
		w.wantWorks(t, w.dm, store.ErrDeclined)
		w.wantWorks(t, w.self, store.ErrDeclined)
		if _, err := s.ResendInvite(t.Context(), w.companyID, w.ana, w.invite.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("resent after a no: %v, want ErrNotFound", err)
		}
		if !strings.Contains(storetest.Dump(t, env), "reason=not_interested") {
			t.Error("nobody knows why she said no")
		}
		w.register(t, w.signupToken(t))
		if strings.Contains(storetest.Dump(t, env), "reason=not_interested") {
			t.Error("she is a member, and her no is still explained")
		}
		if err := s.DeclineInvite(t.Context(), w.companyID, w.ann.SlackID, store.DeclinedOther); !errors.Is(err, store.ErrExists) {
			t.Errorf("a member declines: %v, want ErrExists", err)
		}
	})
}

// TestReasonsAreNumbersOfFiveAndMore watches what a company admin reads while people say no, one after the other.
func TestReasonsAreNumbersOfFiveAndMore(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		read := func() map[store.DeclineReason]int {
			t.Helper()
			counts, err := s.ReasonCounts(t.Context(), acme.ID)
			if err != nil {
				t.Fatal(err)
			}
			return counts
		}
		n := 0
		decline := func(reason store.DeclineReason) {
			t.Helper()
			n++
			p := storetest.Mirror(t, s, acme.ID, fmt.Sprintf("Person %02d", n))[0]
			if _, err := s.Invite(t.Context(), acme.ID, ana, []string{p.ID}, store.InviteOptions{}); err != nil {
				t.Fatal(err)
			}
			for range 2 { // a redelivered click counts once
				if err := s.DeclineInvite(t.Context(), acme.ID, p.SlackID, reason); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range 4 {
			decline(store.DeclinedNotInterested)
			if got := read(); got != nil {
				t.Fatalf("after %d: %v", n, got)
			}
		}
		decline(store.DeclinedNotInterested)
		want := map[store.DeclineReason]int{store.DeclinedNotInterested: 5, store.DeclinedPrivacy: 0, store.DeclinedNoNetworks: 0, store.DeclinedOther: 0}
		same := func(when string) {
			t.Helper()
			got := read()
			for reason, of := range want {
				if got[reason] != of || len(got) != len(want) {
					t.Fatalf("%s, after %d: %v, want %v", when, n, got, want)
				}
			}
		}
		same("five said the same")
		for range 4 {
			decline(store.DeclinedPrivacy)
			same("four more said something else")
		}
		decline(store.DeclinedNotInterested)
		same("5 of 6 and 4 of 4 are rounded")
		for range 4 {
			decline(store.DeclinedPrivacy)
			same("the next five are not complete")
		}
		decline(store.DeclinedPrivacy)
		want[store.DeclinedPrivacy] = 5
		same("nine worry")

		// Neither signing up nor leaving shows in them.
		m := storetest.Register(t, s, acme.ID, "Person 01")[0]
		same("one changed their mind")
		storetest.Remove(t, s, acme.ID, ana, m.ID)
		same("and left")
	})
}

func TestInvitationsArePagedNewestFirst(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		var want []string
		for i := range 25 {
			name := fmt.Sprintf("Person %02d", i)
			p := storetest.Mirror(t, s, acme.ID, name)[0]
			if _, err := s.Invite(ctx, acme.ID, ana, []string{p.ID}, store.InviteOptions{}); err != nil {
				t.Fatal(err)
			}
			want = append([]string{name}, want...)
			env.Clock.Advance(time.Minute)
		}
		page := func(q store.InvitationsQuery) ([]string, store.Invitations) {
			t.Helper()
			q.Limit = 10
			p, err := s.Invitations(ctx, acme.ID, q)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, row := range p.Rows {
				names = append(names, row.Person.Name)
			}
			return names, p
		}
		for _, state := range []store.InviteState{"", store.StatePending} {
			first, p := page(store.InvitationsQuery{State: state})
			wantNames(t, first, want[:10])
			second, p := page(store.InvitationsQuery{State: state, After: p.Next})
			wantNames(t, second, want[10:20])
			third, last := page(store.InvitationsQuery{State: state, After: p.Next})
			wantNames(t, third, want[20:])
			if last.Next != "" || last.Total(state) != 25 || last.Total(store.StateFailed) != 0 {
				t.Errorf("the last page leads to %q, of %d", last.Next, last.Total(state))
			}
			back, _ := page(store.InvitationsQuery{State: state, Before: last.Prev})
			wantNames(t, back, second)
		}
		if none, _ := page(store.InvitationsQuery{State: store.StateDeclined}); len(none) != 0 {
			t.Errorf("declined: %q", none)
		}
	})
}

func TestOldInvitationsAreResentTogether(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		w := newLinkWorld(t, s, env)
		people := storetest.Mirror(t, s, w.companyID, "Bo Ek", "Cy Wu", "Di Ma")
		invite := func(i int) {
			t.Helper()
			if _, err := s.Invite(ctx, w.companyID, w.ana, []string{people[i].ID}, store.InviteOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		invite(0)
		invite(1)
		w.delivered(t, "")
		env.Clock.Advance(8 * 24 * time.Hour)
		invite(2)
		// Who left Slack meanwhile gets nothing.
		if err := s.MirrorPeople(ctx, w.companyID, []store.Person{{SlackID: people[1].SlackID, Name: "Cy Wu", Deactivated: true}}); err != nil {
			t.Fatal(err)
		}
		if n, err := s.OldInvites(ctx, w.companyID, 7); err != nil || n != 2 {
			t.Fatalf("%d are old, %v; want Ann's and Bo's", n, err)
		}
		if n, err := resendsOld(ctx, s, w.companyID, w.ana, 3); !errors.Is(err, store.ErrChanged) || n != 0 {
			t.Errorf("another number was confirmed: %d, %v, want ErrChanged", n, err)
		}
		if _, err := resendsOld(ctx, s, w.companyID, store.Actor{SlackID: people[2].SlackID}, 2); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("resent by somebody else: %v, want ErrForbidden", err)
		}
		w.wantWorks(t, w.dm, nil)
		env.Clock.Advance(time.Minute)
		if n, err := resendsOld(ctx, s, w.companyID, w.ana, 2); err != nil || n != 2 {
			t.Fatalf("resent %d, %v", n, err)
		}
		w.wantWorks(t, w.dm, store.ErrReplaced)
		if n, err := s.OldInvites(ctx, w.companyID, 7); err != nil || n != 0 {
			t.Errorf("%d are old after that, %v", n, err)
		}
		page, err := s.Invitations(ctx, w.companyID, store.InvitationsQuery{State: store.StatePending, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		reminded := map[string]int{}
		for _, row := range page.Rows {
			reminded[row.Person.Name] = row.Reminded
		}
		if len(reminded) != 4 || reminded["Ann Lee"] != 1 || reminded["Bo Ek"] != 0 {
			t.Errorf("reminded %v: only Ann had got the first one", reminded)
		}
		events, _, err := s.Audit(ctx, w.companyID, "", 1)
		if err != nil || events[0].Action != store.AuditInviteResent || events[0].Count != 2 {
			t.Errorf("the audit log begins with %+v, %v", events, err)
		}
		wantCounts(t, s, w.companyID, nil)
	})
}
