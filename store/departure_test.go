package store_test

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

func TestHeraldKnowsWhoLeftAndNothingElse(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		m := storetest.Register(t, s, acme.ID, "Bo Ek", "Cy Wu", "Di Fox")
		bo, cy, di := m[0], m[1], m[2]
		leave := func(who store.Member, never bool) {
			t.Helper()
			by := store.Actor{SlackID: who.SlackID}
			r, err := s.ProposeRemoval(ctx, acme.ID, by, "", []string{who.ID})
			if err == nil {
				err = s.SetNever(ctx, acme.ID, by, r.ID, never)
			}
			if err == nil {
				_, err = s.ConfirmRemoval(ctx, acme.ID, by, r.ID)
			}
			if err == nil {
				_, err = s.ExecuteRemoval(ctx, acme.ID, r.ID)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		env.Clock.Advance(time.Hour)
		day := env.Clock.Now().Truncate(24 * time.Hour)
		storetest.Remove(t, s, acme.ID, ana, bo.ID)
		leave(cy, false)
		leave(di, true)

		got, err := s.Departures(ctx, acme.ID, []string{bo.SlackID, cy.SlackID, di.SlackID, ana.SlackID, "U0NOBODY"})
		want := map[string]store.Departure{
			bo.SlackID: {Reason: store.DepartedRemoved, Day: day}, cy.SlackID: {Reason: store.DepartedLeft, Day: day},
			di.SlackID: {Reason: store.DepartedNever, Day: day},
		}
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("departures %+v, %v; want %+v", got, err, want)
		}
		addresses := func() int { return strings.Count(storetest.Dump(t, env), "\nforgotten_emails: ") }
		if n := addresses(); n != 6 {
			t.Errorf("%d addresses are kept from being invited, want two of each", n)
		}

		// Nobody else may decide that, and nobody for somebody else.
		r, err := s.ProposeRemoval(ctx, acme.ID, ana, "", []string{storetest.Register(t, s, acme.ID, "Ed Gil")[0].ID})
		if err != nil {
			t.Fatal(err)
		}
		for who, by := range map[string]store.Actor{"the admin": ana, "somebody else": {SlackID: "U0NOBODY"}} {
			if err := s.SetNever(ctx, acme.ID, by, r.ID, true); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s says never for Ed: %v, want ErrNotFound", who, err)
			}
		}

		// An admin insists, and Di comes back.
		entry := store.Person{SlackID: di.SlackID, Name: "Di Fox", Email: "di.fox@acme.example"}
		for who, err := range map[string]error{
			"an employee": second(s.InviteAgain(ctx, acme.ID, store.Actor{SlackID: storetest.SlackID("Ed Gil")}, entry, store.Employee)),
			"a removed":   second(s.InviteAgain(ctx, acme.ID, store.Actor{SlackID: bo.SlackID}, entry, store.Employee)),
		} {
			if !errors.Is(err, store.ErrForbidden) {
				t.Errorf("%s invites again: %v, want ErrForbidden", who, err)
			}
		}
		if _, err := s.PersonBySlackID(ctx, acme.ID, di.SlackID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("after the refusals Herald knows her again: %v", err)
		}
		guest := entry
		guest.Guest = true
		if _, err := s.InviteAgain(ctx, acme.ID, ana, guest, store.Employee); !errors.Is(err, store.ErrNotEligible) {
			t.Errorf("a guest by now: %v, want ErrNotEligible", err)
		}
		outcome, err := s.InviteAgain(ctx, acme.ID, ana, entry, store.Recruiter)
		if err != nil || outcome.Result != store.InviteSent || outcome.Person.SlackID != di.SlackID || outcome.Invite.As != store.Recruiter {
			t.Errorf("invited again: %+v, %v", outcome, err)
		}
		// That says nothing about the next time, until she registers.
		if got, err := s.Departures(ctx, acme.ID, []string{di.SlackID}); err != nil || got[di.SlackID] != want[di.SlackID] {
			t.Errorf("she is invited, and departed as %+v, %v", got, err)
		}
		joins(t, s, acme.ID, "Di Fox", "", storetest.LinkedIn("Di"))
		if got, err := s.Departures(ctx, acme.ID, []string{di.SlackID}); err != nil || len(got) != 0 {
			t.Errorf("she is registered, and departed as %+v, %v", got, err)
		}
		if n := addresses(); n != 4 {
			t.Errorf("%d addresses are kept from being invited, want those of the two others", n)
		}
	})
}
