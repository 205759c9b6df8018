package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

func TestTheLifeOfALink(t *testing.T) {
	t.Parallel()
	// Each story begins with Ann, who was invited by Ana and whose own link stands in her menu.
	for _, story := range []struct {
		name     string
		happens  func(t *testing.T, w linkWorld)
		dm, self error // what becomes of the two links; nil: they still work
	}{
		{name: "nothing happens", happens: func(*testing.T, linkWorld) {}},
		{
			name: "the menu is opened again and again",
			happens: func(t *testing.T, w linkWorld) {
				for range 3 {
					if again := w.signupToken(t); again != w.self {
						t.Error("another link for the menu")
					}
				}
			},
		},
		{
			name: "invited once more: the first invitation stands",
			happens: func(t *testing.T, w linkWorld) {
				out, err := w.s.Invite(t.Context(), w.companyID, w.ana, []string{w.ann.ID}, store.InviteOptions{})
				if err != nil || out[0].Result != store.InviteAgain || out[0].Invite.ID != w.invite.ID {
					t.Errorf("invited again: %+v, %v", out, err)
				}
			},
		},
		{
			name: "resent",
			happens: func(t *testing.T, w linkWorld) {
				resent, err := w.s.ResendInvite(t.Context(), w.companyID, w.ana, w.invite.ID)
				if err != nil {
					t.Fatal(err)
				}
				_, token, err := w.s.OpenInvite(t.Context(), w.companyID, resent.ID)
				if err != nil || token == w.dm {
					t.Fatalf("the new link: %v", err)
				}
				w.wantWorks(t, token, nil)
				if _, _, err := w.s.OpenInvite(t.Context(), w.companyID, w.invite.ID); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("open the old invitation: %v, want ErrNotFound", err)
				}
			},
			dm: store.ErrReplaced, self: store.ErrReplaced,
		},
		{
			name: "cancelled",
			happens: func(t *testing.T, w linkWorld) {
				if err := w.s.CancelInvite(t.Context(), w.companyID, w.ana, w.invite.ID); err != nil {
					t.Fatal(err)
				}
				if err := w.s.CancelInvite(t.Context(), w.companyID, w.ana, w.invite.ID); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("cancelled twice: %v, want ErrNotFound", err)
				}
				if _, err := w.s.ResendInvite(t.Context(), w.companyID, w.ana, w.invite.ID); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("resent after that: %v, want ErrNotFound", err)
				}
				if again := w.signupToken(t); again == w.self {
					t.Error("the menu still has the dead link")
				}
			},
			dm: store.ErrReplaced, self: store.ErrReplaced,
		},
		{
			name:    "registered with the invitation",
			happens: func(t *testing.T, w linkWorld) { w.register(t, w.dm) },
			dm:      store.ErrUsed, self: store.ErrUsed,
		},
		{
			name:    "registered with the own link",
			happens: func(t *testing.T, w linkWorld) { w.register(t, w.self) },
			dm:      store.ErrUsed, self: store.ErrUsed,
		},
		{
			name: "registered and removed",
			happens: func(t *testing.T, w linkWorld) {
				m := w.register(t, w.dm)
				storetest.Remove(t, w.s, w.companyID, w.ana, m.ID)
			},
			dm: store.ErrRemoved, self: store.ErrRemoved,
		},
		{
			name: "so long passes that Herald does not know it any more",
			happens: func(t *testing.T, w linkWorld) {
				for range 2 {
					w.env.Clock.Advance(100 * 24 * time.Hour)
					if err := w.s.Tidy(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
			},
			dm: store.ErrExpired, self: store.ErrExpired,
		},
		{
			name:    "thirty days pass",
			happens: func(_ *testing.T, w linkWorld) { w.env.Clock.Advance(store.InviteLife) },
			dm:      store.ErrExpired, self: store.ErrExpired,
		},
		{
			name: "thirty days pass and Herald tidies up",
			happens: func(t *testing.T, w linkWorld) {
				w.env.Clock.Advance(store.InviteLife)
				if err := w.s.Tidy(t.Context()); err != nil {
					t.Fatal(err)
				}
				wantCounts(t, w.s, w.companyID, map[store.Group]int{store.Invited: 0, store.Unregistered: 1})
			},
			dm: store.ErrExpired, self: store.ErrExpired,
		},
		{
			name: "a second before that",
			happens: func(_ *testing.T, w linkWorld) {
				w.env.Clock.Advance(store.InviteLife - time.Second)
			},
		},
		{
			name: "the own link is about to expire: the menu gets a new one, the old one works on",
			happens: func(t *testing.T, w linkWorld) {
				w.env.Clock.Advance(store.InviteLife - 6*24*time.Hour)
				fresh := w.signupToken(t)
				if fresh == w.self {
					t.Error("the menu still has the link that is about to expire")
				}
				w.wantWorks(t, fresh, nil)
			},
		},
		{
			name: "ran out and invited again",
			happens: func(t *testing.T, w linkWorld) {
				w.env.Clock.Advance(store.InviteLife)
				out, err := w.s.Invite(t.Context(), w.companyID, w.ana, []string{w.ann.ID}, store.InviteOptions{})
				if err != nil || out[0].Result != store.InviteSent {
					t.Errorf("invited again: %+v, %v", out, err)
				}
			},
			dm: store.ErrExpired, self: store.ErrExpired,
		},
	} {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
				w := newLinkWorld(t, s, env)
				story.happens(t, w)
				w.wantWorks(t, w.dm, story.dm)
				w.wantWorks(t, w.self, story.self)
				wantCounts(t, s, w.companyID, nil)
			})
		})
	}
}

type linkWorld struct {
	s         *store.Store
	env       *storetest.Env
	companyID string
	ana       store.Actor
	ann       store.Person
	invite    store.Invite
	dm, self  string // tokens
}

func newLinkWorld(t *testing.T, s *store.Store, env *storetest.Env) linkWorld {
	t.Helper()
	acme := storetest.Company(t, s)
	w := linkWorld{s: s, env: env, companyID: acme.ID}
	_, w.ana = storetest.Admin(t, s, acme.ID, "Ana Lima")
	w.ann = storetest.Mirror(t, s, acme.ID, "Ann Lee")[0]
	w.self = w.signupToken(t)
	out, err := s.Invite(t.Context(), acme.ID, w.ana, []string{w.ann.ID}, store.InviteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w.invite = out[0].Invite
	if _, w.dm, err = s.OpenInvite(t.Context(), acme.ID, w.invite.ID); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w linkWorld) signupToken(t *testing.T) string {
	t.Helper()
	token, err := w.s.SignupToken(t.Context(), w.companyID, w.ann.SlackID)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (w linkWorld) register(t *testing.T, token string) store.Member {
	t.Helper()
	signup, err := w.s.Register(t.Context(), store.Authorization{CompanyID: w.companyID, Token: token}, storetest.LinkedIn("Ann Lee"), nil)
	if err != nil {
		t.Fatal(err)
	}
	return *signup.Member
}

func (w linkWorld) wantWorks(t *testing.T, token string, want error) {
	t.Helper()
	got, err := w.s.InviteByToken(t.Context(), w.companyID, token)
	if !errors.Is(err, want) {
		t.Errorf("the link: %v, want %v", err, want)
	}
	if want == nil && (got.SlackID != w.ann.SlackID || got.PersonID != w.ann.ID || got.CompanyID != w.companyID) {
		t.Errorf("the link leads to %+v, want Ann", got)
	}
	if want == nil {
		return
	}
	_, err = w.s.Register(t.Context(), store.Authorization{CompanyID: w.companyID, Token: token}, storetest.LinkedIn("Ann Lee"), nil)
	if !errors.Is(err, want) {
		t.Errorf("register with the link: %v, want %v", err, want)
	}
}

func TestNoOtherTokenLeadsAnywhere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		w := newLinkWorld(t, s, env)
		for name, token := range map[string]string{
			"empty": "", "short": "AAAA", "garbage": "ü/+$%", "long": strings.Repeat("A", 10_000), "shorter": w.dm[:len(w.dm)-2],
			"changed": flip(w.dm), "longer": w.dm + "AAAA", "padded": w.dm + "==",
		} {
			if _, err := s.InviteByToken(t.Context(), w.companyID, token); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", name, err)
			}
		}
		dump := storetest.Dump(t, env)
		for name, secret := range map[string]string{"invitation": w.dm, "own link": w.self} {
			if strings.Contains(dump, secret) {
				t.Errorf("the token of the %s is in the database", name)
			}
		}
	})
}

// flip changes one character in the middle of a token.
func flip(token string) string {
	i := len(token) / 2
	c := byte('A')
	if token[i] == c {
		c = 'B'
	}
	return token[:i] + string(c) + token[i+1:]
}

func TestTheOwnLinkLeavesNoReadableTrace(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		acme := storetest.Company(t, s)
		token, err := s.SignupToken(t.Context(), acme.ID, "U0STRANGER")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(storetest.Dump(t, env), "U0STRANGER") {
			t.Error("the Slack id is in the database")
		}
		got, err := s.InviteByToken(t.Context(), acme.ID, token)
		if err != nil || got.SlackID != "U0STRANGER" || got.PersonID != "" || got.ByAdmin {
			t.Errorf("the link leads to %+v, %v", got, err)
		}
	})
}

func TestInvitingManyTellsWhatBecameOfEach(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		member, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		people := storetest.Mirror(t, s, acme.ID, "Ann Lee", "Bo Ek")
		if err := s.MirrorPeople(ctx, acme.ID, []store.Person{{SlackID: "UBOT", Name: "Bot", Bot: true}}); err != nil {
			t.Fatal(err)
		}
		ids := []string{people[1].ID, "nobody", personID(t, s, acme.ID, "UBOT"), people[0].ID, member.PersonID, people[1].ID}
		woken := env.Woken()
		out, err := s.Invite(ctx, acme.ID, ana, ids, store.InviteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var got []store.InviteResult
		for _, o := range out {
			got = append(got, o.Result)
		}
		want := []store.InviteResult{store.InviteSent, store.InviteRefused, store.InviteSent, store.InviteRegistered}
		if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] || got[3] != want[3] {
			t.Errorf("outcomes %v, want %v", got, want)
		}
		if env.Woken() != woken+1 {
			t.Errorf("woken %d times, want once", env.Woken()-woken)
		}
		if jobs := storetest.TakeJobs(t, env, store.JobInviteDM); len(jobs) != 2 {
			t.Errorf("%d jobs to send invitations, want 2: %v", len(jobs), jobs)
		}
		wantCounts(t, s, acme.ID, map[store.Group]int{store.Invited: 2, store.Unregistered: 2})

		r, err := s.Roster(ctx, acme.ID, store.RosterQuery{Group: store.Invited, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		wantNames(t, rowNames(r), []string{"Ann Lee", "Bo Ek"})
		row := r.Rows[0].Invite
		if row == nil || row.InvitedBy != ana.SlackID || !row.InvitedAt.Equal(env.Clock.Now()) || row.ID != out[2].Invite.ID {
			t.Errorf("the row's invitation %+v", row)
		}

		if err := s.InviteDelivered(ctx, acme.ID, row.ID, "user_not_found"); err != nil {
			t.Fatal(err)
		}
		if i, _, err := s.OpenInvite(ctx, acme.ID, row.ID); err != nil || i.Failure != "user_not_found" || !i.SentAt.IsZero() {
			t.Errorf("not delivered: %+v, %v", i, err)
		}
		if err := s.InviteDelivered(ctx, acme.ID, row.ID, ""); err != nil {
			t.Fatal(err)
		}
		if i, _, err := s.OpenInvite(ctx, acme.ID, row.ID); err != nil || i.Failure != "" || !i.SentAt.Equal(env.Clock.Now()) {
			t.Errorf("delivered: %+v, %v", i, err)
		}

		if _, err := s.Invite(ctx, acme.ID, ana, make([]string, 1001), store.InviteOptions{}); !errors.Is(err, store.ErrTooMany) {
			t.Errorf("1,001 people: %v, want ErrTooMany", err)
		}
		nobody := store.Actor{SlackID: people[0].SlackID}
		if _, err := s.Invite(ctx, acme.ID, nobody, ids, store.InviteOptions{}); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("invited by somebody not registered: %v, want ErrForbidden", err)
		}
		if _, err := s.ResendInvite(ctx, acme.ID, nobody, row.ID); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("resent by them: %v, want ErrForbidden", err)
		}
		if err := s.CancelInvite(ctx, acme.ID, nobody, row.ID); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("cancelled by them: %v, want ErrForbidden", err)
		}
	})
}

func TestOnlyAnAdminsInvitationMakesARecruiter(t *testing.T) {
	t.Parallel()
	for _, story := range []struct {
		name    string
		by      func(ed store.Member) store.Actor
		happens func(t *testing.T, w linkWorld, ed store.Member)
		want    store.MemberType
	}{
		{"Ed is still a company admin", actorOf, func(*testing.T, linkWorld, store.Member) {}, store.Recruiter},
		{"Ed is an employee by then", actorOf, demote, store.Employee},
		{"Ed is removed", actorOf, func(t *testing.T, w linkWorld, ed store.Member) {
			storetest.Remove(t, w.s, w.companyID, w.ana, ed.ID)
		}, store.Employee},
		{"Ed's Slack account is deactivated", actorOf, func(t *testing.T, w linkWorld, ed store.Member) {
			w.check(t, w.s.MirrorPeople(t.Context(), w.companyID, []store.Person{{SlackID: ed.SlackID, Name: ed.Name, Deactivated: true}}))
		}, store.Employee},
		{"Ed is an employee by then, and Ana resent it", actorOf, func(t *testing.T, w linkWorld, ed store.Member) {
			demote(t, w, ed)
			w.resend(t) // it stays Ed's
		}, store.Employee},
		{"the command line invited, and Ed is removed", shell, func(t *testing.T, w linkWorld, ed store.Member) {
			storetest.Remove(t, w.s, w.companyID, w.ana, ed.ID)
		}, store.Recruiter},
	} {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
				w := newLinkWorld(t, s, env)
				w.cancel(t)
				ed, _ := storetest.Admin(t, s, w.companyID, "Ed Gil")
				out, err := s.Invite(t.Context(), w.companyID, story.by(ed), []string{w.ann.ID}, store.InviteOptions{As: store.Recruiter})
				w.check(t, err)
				w.invite = out[0].Invite
				story.happens(t, w, ed)
				if m := w.register(t, w.signupToken(t)); m.Type != story.want {
					t.Errorf("Ann is a %s, want %s", m.Type, story.want)
				}
			})
		})
	}
}

func actorOf(m store.Member) store.Actor { return store.Actor{SlackID: m.SlackID} }

func shell(store.Member) store.Actor { return store.Actor{CLI: true} }

// demote makes a company admin an employee.
func demote(t *testing.T, w linkWorld, m store.Member) {
	t.Helper()
	c, err := w.s.OpenCase(t.Context(), w.companyID, w.ana, m.ID, store.Employee, "")
	w.check(t, err)
	_, err = w.s.DecideCase(t.Context(), w.companyID, store.Actor{SlackID: "U0OPS"}, c.ID, true, "")
	w.check(t, err)
}
