package store_test

import (
	"errors"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

func TestMembersAreToldOnceBeforeTheirAccessEnds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		m := storetest.Register(t, s, acme.ID, "Ann Lee", "Bo Ek", "Cy Wu", "Di Fu", "Ed Oh")
		ann, bo, cy, di, ed := m[0], m[1], m[2], m[3], m[4]
		const days = 24 * time.Hour
		connect := func(m store.Member, network string, left time.Duration) {
			t.Helper()
			account := store.Account{Network: network, Subject: network + m.ID, Token: "t", ExpiresAt: env.Clock.Now().Add(left)}
			if err := s.Connect(ctx, acme.ID, m.ID, account); err != nil {
				t.Fatal(err)
			}
		}
		connect(ann, "linkedin", 7*days)
		connect(ann, "facebook", 2*days)
		connect(bo, "linkedin", 8*days)
		connect(cy, "linkedin", 7*days)
		connect(di, "myspace", 7*days) // not set up any more
		connect(ed, "linkedin", 7*days)
		if err := s.TellEndings(ctx, acme.ID, cy.ID, false); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Member(ctx, acme.ID, cy.ID); err != nil || !got.Untold {
			t.Errorf("Cy %+v, %v; want no messages", got, err)
		}
		if err := s.MirrorPeople(ctx, acme.ID, []store.Person{{SlackID: ed.SlackID, Name: "Ed Oh", Deactivated: true}}); err != nil {
			t.Fatal(err)
		}
		kinds(t, env) // what follows from all that

		leave := func(awake bool) {
			t.Helper()
			err := s.LeaveEndings(ctx, []string{"linkedin", "facebook"}, func(zone string) bool {
				if zone != "Europe/Lisbon" {
					t.Errorf("asked about the time zone %q", zone)
				}
				return awake
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		leave(false) // at night
		wantJobs(t, env)
		leave(true) // one for Ann
		wantJobs(t, env, store.JobEndingDM)
		leave(true) // another one for Ann: the first was lost
		wantJobs(t, env, store.JobEndingDM)
		of, err := s.Endings(ctx, acme.ID, ann.ID)
		if err != nil || len(of) != 2 || of[0].Network != "facebook" || of[1].Network != "linkedin" || !of[1].ExpiresAt.Equal(env.Clock.Now().Add(7*days)) {
			t.Fatalf("ends %+v, %v", of, err)
		}
		if of, err := s.Endings(ctx, acme.ID, bo.ID); err != nil || len(of) != 0 {
			t.Errorf("Bo's %+v, %v", of, err)
		}
		// A new token while the message is on its way: its own end is told in its time.
		connect(ann, "facebook", 3*days)
		if err := s.EndingTold(ctx, acme.ID, ann.ID, of); err != nil {
			t.Fatal(err)
		}
		if of, err := s.Endings(ctx, acme.ID, ann.ID); err != nil || len(of) != 0 {
			t.Errorf("still to tell: %+v, %v", of, err)
		}
		leave(true) // one about the new token
		wantJobs(t, env, store.JobEndingDM)
		if of, err := s.Endings(ctx, acme.ID, ann.ID); err != nil || len(of) != 1 || of[0].Network != "facebook" {
			t.Errorf("ends %+v, %v; want the new token alone", of, err)
		}

		// Who does not want to hear of it is not told, even if the message was about to be sent.
		if err := s.TellEndings(ctx, acme.ID, ann.ID, false); err != nil {
			t.Fatal(err)
		}
		if of, err := s.Endings(ctx, acme.ID, ann.ID); err != nil || len(of) != 0 {
			t.Errorf("to tell her against her wish: %+v, %v", of, err)
		}
		if err := s.TellEndings(ctx, acme.ID, "gone", true); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("somebody who is gone: %v, want ErrNotFound", err)
		}
		if err := s.TellEndings(ctx, "other", cy.ID, true); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("at another company: %v, want ErrNotFound", err)
		}
		if err := s.TellEndings(ctx, acme.ID, cy.ID, true); err != nil {
			t.Fatal(err)
		}
		leave(true) // one for Cy, who changed her mind
		wantJobs(t, env, store.JobEndingDM)
		of, err = s.Endings(ctx, acme.ID, cy.ID)
		if err != nil || len(of) != 1 {
			t.Fatalf("Cy's %+v, %v", of, err)
		}
		if err := s.EndingTold(ctx, acme.ID, cy.ID, of); err != nil {
			t.Fatal(err)
		}
		env.Clock.Advance(5 * days)
		leave(true) // one for Bo, who had eight days
		wantJobs(t, env, store.JobEndingDM)
	})
}
