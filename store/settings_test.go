package store_test

import (
	"errors"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

func TestTheSettingsSayWhoMayInvite(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		members := storetest.Register(t, s, acme.ID, "Ray Rios", "Ed Eck")
		if _, err := s.SetType(ctx, acme.ID, ana, members[0].ID, store.Recruiter); err != nil {
			t.Fatal(err)
		}
		ray, ed := store.Actor{SlackID: members[0].SlackID}, store.Actor{SlackID: members[1].SlackID}
		stranger := store.Actor{SlackID: storetest.Mirror(t, s, acme.ID, "Nia New")[0].SlackID}

		if now, err := s.Settings(ctx, acme.ID); err != nil || now != store.DefaultSettings() {
			t.Errorf("before anybody chose: %+v, %v", now, err)
		}
		guests := storetest.Mirror(t, s, acme.ID, "A A", "B B", "C C", "D D", "E E", "F F", "G G", "H H")
		for policy, may := range map[store.InviterPolicy][]store.Actor{
			store.InvitersAdmins: {ana}, store.InvitersRecruiters: {ana, ray}, store.InvitersEveryone: {ana, ray, ed},
		} {
			if err := s.SaveSettings(ctx, acme.ID, ana, store.Settings{Inviters: policy, LinkDays: 30}); err != nil {
				t.Fatal(err)
			}
			for _, by := range []store.Actor{ana, ray, ed, stranger, {}} {
				want := store.ErrForbidden
				for _, m := range may {
					if m == by {
						want = nil
					}
				}
				if _, err := s.Invite(ctx, acme.ID, by, []string{guests[0].ID}, store.InviteOptions{}); !errors.Is(err, want) {
					t.Errorf("%s: invited by %q: %v, want %v", policy, by.SlackID, err, want)
				}
				access, err := s.Access(ctx, acme.ID, by.SlackID)
				if err != nil || access.Inviter != (want == nil) {
					t.Errorf("%s: %q may invite: %v, %v", policy, by.SlackID, access.Inviter, err)
				}
				// What they invite as, and in spite of what, is for company admins.
				want = store.ErrForbidden
				if by == ana {
					want = nil
				}
				for _, o := range []store.InviteOptions{{As: store.Recruiter}, {Override: true}} {
					if _, err := s.Invite(ctx, acme.ID, by, []string{guests[1].ID}, o); !errors.Is(err, want) {
						t.Errorf("%s: invited by %q with %+v: %v, want %v", policy, by.SlackID, o, err, want)
					}
				}
			}
		}
		if _, err := s.Invite(ctx, acme.ID, ana, []string{guests[2].ID}, store.InviteOptions{As: store.Admin}); err == nil {
			t.Error("somebody was invited as a company admin")
		}
		if _, err := s.Invite(ctx, acme.ID, ana, []string{guests[2].ID, guests[3].ID}, store.InviteOptions{Override: true}); !errors.Is(err, store.ErrTooMany) {
			t.Errorf("two people with Override: %v, want ErrTooMany", err)
		}
		// Whoever cannot use Slack here any more cannot invite, either.
		if err := s.MirrorPeople(ctx, acme.ID, []store.Person{{SlackID: ray.SlackID, Name: "Ray Rios", Deactivated: true}}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Invite(ctx, acme.ID, ray, []string{guests[2].ID}, store.InviteOptions{}); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("invited by a deactivated recruiter: %v, want ErrForbidden", err)
		}
	})
}

func TestOnlyAdminsChangeSettingsAndTheLogSaysWhat(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		ed := storetest.Register(t, s, acme.ID, "Ed Eck")[0]
		to := store.Settings{Inviters: store.InvitersRecruiters, LinkDays: 14}
		if err := s.SaveSettings(ctx, acme.ID, store.Actor{SlackID: ed.SlackID}, to); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("changed by an employee: %v, want ErrForbidden", err)
		}
		for _, wrong := range []store.Settings{{}, {Inviters: "nobody", LinkDays: 30}, {Inviters: store.InvitersAdmins, LinkDays: 31}} {
			if err := s.SaveSettings(ctx, acme.ID, ana, wrong); err == nil {
				t.Errorf("saved %+v", wrong)
			}
		}
		for range 2 { // the second time nothing changes
			if err := s.SaveSettings(ctx, acme.ID, ana, to); err != nil {
				t.Fatal(err)
			}
		}
		if now, err := s.Settings(ctx, acme.ID); err != nil || now != to {
			t.Errorf("the settings are %+v, %v", now, err)
		}
		events, _, err := s.Audit(ctx, acme.ID, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		got := map[store.AuditAction][]store.AuditEvent{}
		for _, e := range events {
			got[e.Action] = append(got[e.Action], e)
		}
		inviters, days := got[store.AuditInvitersChanged], got[store.AuditLinkDaysChanged]
		if len(inviters) != 1 || inviters[0].From != store.Admin || inviters[0].To != store.Recruiter || inviters[0].Actor.SlackID != ana.SlackID {
			t.Errorf("who may invite: %+v", inviters)
		}
		if len(days) != 1 || days[0].Count != 14 {
			t.Errorf("how long links work: %+v", days)
		}
	})
}

func TestLinksWorkAsLongAsTheSettingsSay(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		w := newLinkWorld(t, s, env)
		bo := storetest.Mirror(t, s, w.companyID, "Bo Ek")[0]
		for _, days := range store.LinkDays() {
			if err := s.SaveSettings(t.Context(), w.companyID, w.ana, store.Settings{Inviters: store.InvitersAdmins, LinkDays: days}); err != nil {
				t.Fatal(err)
			}
			self, err := s.SignupToken(t.Context(), w.companyID, bo.SlackID)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := s.SignupToken(t.Context(), w.companyID, bo.SlackID); err != nil || again != self {
				t.Errorf("%d days: opening the menu again makes another link, %v", days, err)
			}
			resent, err := s.ResendInvite(t.Context(), w.companyID, w.ana, w.invite.ID)
			if err != nil {
				t.Fatal(err)
			}
			w.invite = resent
			life := time.Duration(days) * 24 * time.Hour
			if got := resent.ExpiresAt.Sub(env.Clock.Now()); got != life {
				t.Errorf("%d days: the invitation works for %v", days, got)
			}
			env.Clock.Advance(life - time.Second)
			if _, err := s.InviteByToken(t.Context(), w.companyID, self); err != nil {
				t.Errorf("%d days: a second before the end: %v", days, err)
			}
			env.Clock.Advance(time.Second)
			if _, err := s.InviteByToken(t.Context(), w.companyID, self); !errors.Is(err, store.ErrExpired) {
				t.Errorf("%d days: at the end: %v, want ErrExpired", days, err)
			}
		}
	})
}

func TestWhoeverIsInvitedAsARecruiterRegistersAsOne(t *testing.T) {
	t.Parallel()
	for name, story := range map[string]struct {
		happens func(t *testing.T, w linkWorld, recruiting store.Invite) (token string)
		want    store.MemberType
	}{
		"with the invitation": {
			happens: func(t *testing.T, w linkWorld, i store.Invite) string {
				_, token, err := w.s.OpenInvite(t.Context(), w.companyID, i.ID)
				if err != nil {
					t.Fatal(err)
				}
				return token
			},
			want: store.Recruiter,
		},
		"with the own link": {happens: func(*testing.T, linkWorld, store.Invite) string { return "" }, want: store.Recruiter},
		"after it was resent": {
			happens: func(t *testing.T, w linkWorld, i store.Invite) string {
				if _, err := w.s.ResendInvite(t.Context(), w.companyID, w.ana, i.ID); err != nil {
					t.Fatal(err)
				}
				return ""
			},
			want: store.Recruiter,
		},
		"but not after who invited was removed": {
			happens: func(t *testing.T, w linkWorld, _ store.Invite) string {
				_, ben := storetest.Admin(t, w.s, w.companyID, "Ben Bloom")
				m, err := w.s.MemberBySlackID(t.Context(), w.companyID, w.ana.SlackID)
				if err != nil {
					t.Fatal(err)
				}
				storetest.Remove(t, w.s, w.companyID, ben, m.ID)
				return ""
			},
			want: store.Employee,
		},
		"nor after it was cancelled": {
			happens: func(t *testing.T, w linkWorld, i store.Invite) string {
				if err := w.s.CancelInvite(t.Context(), w.companyID, w.ana, i.ID); err != nil {
					t.Fatal(err)
				}
				return ""
			},
			want: store.Employee,
		},
		"nor after it ran out": {
			happens: func(_ *testing.T, w linkWorld, _ store.Invite) string {
				w.env.Clock.Advance(store.InviteLife)
				return ""
			},
			want: store.Employee,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
				w := newLinkWorld(t, s, env)
				if err := s.CancelInvite(t.Context(), w.companyID, w.ana, w.invite.ID); err != nil {
					t.Fatal(err)
				}
				out, err := s.Invite(t.Context(), w.companyID, w.ana, []string{w.ann.ID}, store.InviteOptions{As: store.Recruiter})
				if err != nil || out[0].Result != store.InviteSent || out[0].Invite.As != store.Recruiter {
					t.Fatalf("invited as a recruiter: %+v, %v", out, err)
				}
				token := story.happens(t, w, out[0].Invite)
				if token == "" {
					token = w.signupToken(t)
				}
				if m := w.register(t, token); m.Type != story.want {
					t.Errorf("registered as a %s, want a %s", m.Type, story.want)
				}
				wantCounts(t, s, w.companyID, nil)
			})
		})
	}
}
