package store_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

// endsAll is how the networks end access: at Mastodon, tokens stand for themselves.
func endsAll(network string) bool { return network != "mastodon" }

// revocations takes the jobs that are left and loads what they are about; those that became pointless are missing.
func revocations(t *testing.T, s *store.Store, env *storetest.Env) []store.Revocation {
	t.Helper()
	var list []store.Revocation
	for _, j := range storetest.TakeJobs(t, env, store.JobRevocation) {
		r, err := s.TakeRevocation(t.Context(), j.CompanyID, j.Ref, endsAll)
		if err == nil {
			list = append(list, r)
		} else if !errors.Is(err, store.ErrNotFound) {
			t.Fatal(err)
		}
	}
	slices.SortFunc(list, func(a, b store.Revocation) int { return cmp.Compare(a.Subject, b.Subject) })
	return list
}

func wantRevocations(t *testing.T, s *store.Store, companyID, removalID string, want ...store.RevocationCount) {
	t.Helper()
	got, err := s.RevocationCounts(t.Context(), companyID, removalID)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("revocations %+v, %v; want %+v", got, err, want)
	}
}

func TestWhoDisconnectsTheLastNetworkStaysAMember(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		m := storetest.Register(t, s, acme.ID, "Ann Lee", "Bo Ek")
		ann := m[0].ID
		facebook := store.Account{Network: "facebook", Subject: "fb-ann", Token: "facebook-token"}
		if err := s.Connect(ctx, acme.ID, ann, facebook); err != nil {
			t.Fatal(err)
		}
		kinds(t, env)
		want := []store.Owner{{CompanyID: acme.ID, MemberID: ann}}
		if got, err := s.ConnectionsOf(ctx, "facebook", "fb-ann"); err != nil || !slices.Equal(got, want) {
			t.Errorf("owners %+v, %v; want %+v", got, err, want)
		}

		if err := s.Disconnect(ctx, acme.ID, ann, "facebook"); err != nil {
			t.Fatal(err)
		}
		wantCounts(t, s, acme.ID, map[store.Group]int{store.OnNetwork("facebook"): 0, store.OnNetwork("linkedin"): 2, store.Disconnected: 0})
		if got, err := s.ConnectionsOf(ctx, "facebook", "fb-ann"); err != nil || len(got) != 0 {
			t.Errorf("owners afterwards %+v, %v", got, err)
		}
		for name, err := range map[string]error{
			"again":            s.Disconnect(ctx, acme.ID, ann, "facebook"),
			"nobody":           s.Disconnect(ctx, acme.ID, "gone", "linkedin"),
			"no such network":  s.Disconnect(ctx, acme.ID, ann, "myspace"),
			"another company":  s.Disconnect(ctx, "other", ann, "linkedin"),
			"a revoked nobody": second(s.TakeRevocation(ctx, acme.ID, "gone", endsAll)),
		} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", name, err)
			}
		}
		env.Clock.Advance(time.Second)
		if err := s.Disconnect(ctx, acme.ID, ann, "linkedin"); err != nil {
			t.Fatal(err)
		}
		wantCounts(t, s, acme.ID, map[store.Group]int{store.All: 2, store.OnNetwork("linkedin"): 1, store.Disconnected: 1})
		if events, _, err := s.Audit(ctx, acme.ID, "", 1); err != nil || events[0].Action != store.AuditDisconnected || events[0].Subject == nil || events[0].Subject.ID != ann {
			t.Errorf("audit %+v, %v", events, err)
		}

		list := revocations(t, s, env)
		if len(list) != 2 || list[0].Network != "facebook" || list[0].Subject != "fb-ann" || list[0].Token != "facebook-token" ||
			list[1].Token != storetest.LinkedIn("Ann Lee").Token || !list[1].CreatedAt.Equal(env.Clock.Now()) {
			t.Fatalf("to revoke: %+v", list)
		}
		for range 2 {
			if err := s.SettleRevocation(ctx, acme.ID, list[0].ID, store.Revoked); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.SettleRevocation(ctx, acme.ID, list[1].ID, store.Standing); err != nil {
			t.Fatal(err)
		}
		wantRevocations(t, s, acme.ID, "", store.RevocationCount{Network: "facebook", Outcome: store.Revoked, N: 1}, store.RevocationCount{Network: "linkedin", Outcome: store.Standing, N: 1})
	})
}

func TestAnAccountThatIsWantedAgainKeepsItsAccess(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]func(context.Context, *store.Store, store.Company, store.Member) error{
		"connected again": func(ctx context.Context, s *store.Store, c store.Company, m store.Member) error {
			return s.Connect(ctx, c.ID, m.ID, storetest.LinkedIn("Ann Lee"))
		},
		"connected at another company": func(ctx context.Context, s *store.Store, _ store.Company, _ store.Member) error {
			other, err := s.InstallCompany(ctx, store.Workspace{TeamID: "T0OTHER", Name: "Other", Domain: "other"})
			if err != nil {
				return err
			}
			p, err := s.Remember(ctx, other.ID, store.Person{SlackID: "U0ANN", Name: "Ann Lee"})
			if err != nil {
				return err
			}
			if _, err := s.GrantAdmin(ctx, other.ID, store.Actor{CLI: true}, p.SlackID); err != nil {
				return err
			}
			return s.Connect(ctx, other.ID, p.ID, storetest.LinkedIn("Ann Lee"))
		},
		"signing up at another company": func(ctx context.Context, s *store.Store, _ store.Company, _ store.Member) error {
			other, err := s.InstallCompany(ctx, store.Workspace{TeamID: "T0OTHER", Name: "Other", Domain: "other"})
			if err != nil {
				return err
			}
			return second(s.Register(ctx, store.Authorization{CompanyID: other.ID, Email: "ann@home.example"}, storetest.LinkedIn("Ann Lee"), nil))
		},
		"signing up": func(ctx context.Context, s *store.Store, c store.Company, _ store.Member) error {
			return second(s.Register(ctx, store.Authorization{CompanyID: c.ID, Email: "ann@home.example"}, storetest.LinkedIn("Ann Lee"), nil))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
				ctx := t.Context()
				acme := storetest.Company(t, s)
				m := storetest.Register(t, s, acme.ID, "Ann Lee")[0]
				if err := s.Disconnect(ctx, acme.ID, m.ID, "linkedin"); err != nil {
					t.Fatal(err)
				}
				if err := again(ctx, s, acme, m); err != nil {
					t.Fatal(err)
				}
				if list := revocations(t, s, env); len(list) != 0 {
					t.Errorf("would be revoked: %+v", list)
				}
				wantRevocations(t, s, acme.ID, "")
			})
		})
	}
}

func TestATokenThatIsReplacedIsRevokedOnlyIfTheAccountIs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		m := storetest.Register(t, s, acme.ID, "Ann Lee")[0]
		renewed := storetest.LinkedIn("Ann Lee")
		renewed.Token = "renewed"
		if err := s.Connect(ctx, acme.ID, m.ID, renewed); err != nil {
			t.Fatal(err)
		}
		if list := revocations(t, s, env); len(list) != 0 {
			t.Errorf("would be revoked after a renewal: %+v", list)
		}
		if err := s.Connect(ctx, acme.ID, m.ID, storetest.LinkedIn("Ann at work")); err != nil {
			t.Fatal(err)
		}
		if list := revocations(t, s, env); len(list) != 1 || list[0].Token != "renewed" {
			t.Errorf("would be revoked after a change of accounts: %+v", list)
		}
	})
}

// onMastodon is Ann's account there, with a token.
func onMastodon(token string) store.Account {
	return store.Account{Network: "mastodon", Subject: "1@social.example", Name: "Ann Lee", Token: token, OwnToken: true}
}

// TestATokenThatStandsForItselfIsRevokedOnceItIsReplaced, since it would work for ever. Servers may give the same one again, which lives on.
func TestATokenThatStandsForItselfIsRevokedOnceItIsReplaced(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		again func(context.Context, *store.Store, store.Company, store.Member) error
		want  []string
	}{
		{"connected again", func(ctx context.Context, s *store.Store, c store.Company, m store.Member) error {
			return s.Connect(ctx, c.ID, m.ID, onMastodon("second"))
		}, []string{"first"}},
		{"connected again with the same token", func(ctx context.Context, s *store.Store, c store.Company, m store.Member) error {
			return s.Connect(ctx, c.ID, m.ID, onMastodon("first"))
		}, nil},
		{"disconnected in between", func(ctx context.Context, s *store.Store, c store.Company, m store.Member) error {
			return errors.Join(s.Disconnect(ctx, c.ID, m.ID, "mastodon"), s.Connect(ctx, c.ID, m.ID, onMastodon("second")))
		}, []string{"first"}},
		{"disconnected in between, with the same token", func(ctx context.Context, s *store.Store, c store.Company, m store.Member) error {
			return errors.Join(s.Disconnect(ctx, c.ID, m.ID, "mastodon"), s.Connect(ctx, c.ID, m.ID, onMastodon("first")))
		}, nil},
		{"signs up twice after leaving the account", func(ctx context.Context, s *store.Store, c store.Company, m store.Member) error {
			auth := store.Authorization{CompanyID: c.ID, Email: "ann@home.example"}
			return errors.Join(s.Disconnect(ctx, c.ID, m.ID, "mastodon"),
				second(s.Register(ctx, auth, onMastodon("second"), nil)), second(s.Register(ctx, auth, onMastodon("third"), nil)))
		}, []string{"first", "second"}},
		{"waits with the same token", func(ctx context.Context, s *store.Store, c store.Company, m store.Member) error {
			return errors.Join(s.Disconnect(ctx, c.ID, m.ID, "mastodon"),
				second(s.Register(ctx, store.Authorization{CompanyID: c.ID, Email: "ann@home.example"}, onMastodon("first"), nil)))
		}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
				ctx := t.Context()
				acme := storetest.Company(t, s)
				m := storetest.Register(t, s, acme.ID, "Ann Lee")[0]
				if err := s.Connect(ctx, acme.ID, m.ID, onMastodon("first")); err != nil {
					t.Fatal(err)
				}
				if err := tt.again(ctx, s, acme, m); err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, r := range revocations(t, s, env) {
					got = append(got, r.Token)
				}
				slices.Sort(got)
				if !slices.Equal(got, tt.want) {
					t.Errorf("would be revoked: %q, want %q", got, tt.want)
				}
			})
		})
	}
}

func TestARemovalEndsTheAccessAtTheNetworks(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		m := storetest.Register(t, s, acme.ID, "Ann Lee", "Bo Ek")
		if err := s.Connect(ctx, acme.ID, m[0].ID, store.Account{Network: "facebook", Subject: "fb-ann", Token: "facebook-token"}); err != nil {
			t.Fatal(err)
		}
		// She also signed up with another account, which waits for somebody.
		waiting := storetest.LinkedIn("Annie")
		waiting.Email = m[0].Email
		if _, err := s.Register(ctx, store.Authorization{CompanyID: acme.ID, Email: m[0].Email}, waiting, nil); err != nil {
			t.Fatal(err)
		}
		r := storetest.Remove(t, s, acme.ID, ana, m[0].ID, m[1].ID)
		wantRevocations(t, s, acme.ID, r.ID, store.RevocationCount{Network: "facebook", Outcome: store.RevocationPending, N: 1}, store.RevocationCount{Network: "linkedin", Outcome: store.RevocationPending, N: 3})
		var subjects []string
		list := revocations(t, s, env)
		for _, r := range list {
			subjects = append(subjects, r.Subject)
		}
		if want := []string{"fb-ann", "li-ann-lee", "li-annie", "li-bo-ek"}; !slices.Equal(subjects, want) {
			t.Errorf("would be revoked: %v, want %v", subjects, want)
		}
		for what, trace := range map[string]string{"an id": m[0].ID, "an account": "fb-ann", "a token": "facebook-token", "another": "li-annie"} {
			if strings.Contains(storetest.Dump(t, env), trace) {
				t.Errorf("%s can still be read", what)
			}
		}

		if err := s.SettleRevocation(ctx, acme.ID, list[0].ID, store.Revoked); err != nil {
			t.Fatal(err)
		}
		env.Clock.Advance(store.RevocationLife - time.Hour)
		if err := s.Tidy(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := s.TakeRevocation(ctx, acme.ID, list[1].ID, endsAll); err != nil {
			t.Errorf("an hour before the end: %v", err)
		}
		env.Clock.Advance(2 * time.Hour)
		if err := s.Tidy(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := s.TakeRevocation(ctx, acme.ID, list[1].ID, endsAll); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an hour after the end: %v, want ErrNotFound", err)
		}
		wantRevocations(t, s, acme.ID, r.ID, store.RevocationCount{Network: "facebook", Outcome: store.Revoked, N: 1}, store.RevocationCount{Network: "linkedin", Outcome: store.GivenUp, N: 3})
	})
}

func TestASignupThatComesToNothingEndsItsAccess(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(context.Context, *store.Store, *storetest.Env, store.Signup, store.Actor) error{
		"declined by an admin": func(ctx context.Context, s *store.Store, env *storetest.Env, signup store.Signup, by store.Actor) error {
			return second(s.DecideSignup(ctx, signup.CompanyID, by, signup.ID, false))
		},
		"nobody answered": func(ctx context.Context, s *store.Store, env *storetest.Env, _ store.Signup, _ store.Actor) error {
			env.Clock.Advance(store.SignupLife + time.Hour)
			return s.Tidy(ctx)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
				ctx := t.Context()
				acme := storetest.Company(t, s)
				_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
				signup, err := s.Register(ctx, store.Authorization{CompanyID: acme.ID, Email: "zoe@else.example"}, storetest.LinkedIn("Zoe"), nil)
				if err != nil {
					t.Fatal(err)
				}
				if err := end(ctx, s, env, signup, ana); err != nil {
					t.Fatal(err)
				}
				if list := revocations(t, s, env); len(list) != 1 || list[0].Token != storetest.LinkedIn("Zoe").Token {
					t.Errorf("would be revoked: %+v", list)
				}
			})
		})
	}
	t.Run("refused by whose address it is", func(t *testing.T) {
		t.Parallel()
		storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
			acme := storetest.Company(t, s)
			bo := storetest.Mirror(t, s, acme.ID, "Bo Ek")[0]
			signup, err := s.Register(t.Context(), store.Authorization{CompanyID: acme.ID, Email: bo.Email}, storetest.LinkedIn("Zoe"), nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.ConfirmSignup(t.Context(), acme.ID, bo.SlackID, signup.ID, false); err != nil {
				t.Fatal(err)
			}
			if list := revocations(t, s, env); len(list) != 1 || list[0].Token != storetest.LinkedIn("Zoe").Token {
				t.Errorf("would be revoked: %+v", list)
			}
		})
	})
	t.Run("its person registers with another account", func(t *testing.T) {
		t.Parallel()
		storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
			acme := storetest.Company(t, s)
			bo := storetest.Mirror(t, s, acme.ID, "Bo Ek")[0]
			if _, err := s.Register(t.Context(), store.Authorization{CompanyID: acme.ID, Email: bo.Email}, storetest.LinkedIn("Zoe"), nil); err != nil {
				t.Fatal(err)
			}
			storetest.Register(t, s, acme.ID, "Bo Ek")
			if list := revocations(t, s, env); len(list) != 1 || list[0].Token != storetest.LinkedIn("Zoe").Token {
				t.Errorf("would be revoked: %+v", list)
			}
		})
	})
}

// TestWhatARefusedConsentGaveEnds, unless that would end what somebody uses: what it was for may have been refused because of them.
func TestWhatARefusedConsentGaveEnds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		ann := storetest.Register(t, s, acme.ID, "Ann Lee")[0]
		for _, network := range []string{"facebook", "mastodon"} {
			if err := s.Connect(ctx, acme.ID, ann.ID, store.Account{Network: network, Subject: "hers", Token: "in use"}); err != nil {
				t.Fatal(err)
			}
		}
		storetest.TakeJobs(t, env)
		var wanted []string
		for _, drop := range []struct {
			acc  store.Account
			ends bool
		}{
			{store.Account{Network: "facebook", Subject: "nobody's", Token: "facebook: nobody's"}, true},
			{store.Account{Network: "facebook", Subject: "hers", Token: "facebook: hers"}, false}, // all of Herald's access would end
			{store.Account{Network: "mastodon", Subject: "hers", Token: "mastodon: hers"}, true},  // a token stands for itself
			{store.Account{Network: "mastodon", Subject: "hers", Token: "in use"}, false},         // but this one has it
		} {
			if err := s.DropAccess(ctx, acme.ID, drop.acc); err != nil {
				t.Fatal(err)
			}
			if drop.ends {
				wanted = append(wanted, drop.acc.Token)
			}
		}
		if strings.Contains(storetest.Dump(t, env), "nobody's") {
			t.Error("a token is not sealed")
		}
		var ended []string
		for _, r := range revocations(t, s, env) {
			ended = append(ended, r.Token)
		}
		slices.Sort(ended)
		if !slices.Equal(ended, wanted) {
			t.Errorf("what ends: %q, want %q", ended, wanted)
		}
	})
}
