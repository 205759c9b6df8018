package store_test

import (
	"context"
	"errors"
	"regexp"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

func TestAWorkspaceInstallsHeraldOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		env.Clock.Advance(time.Hour)
		renamed, err := s.InstallCompany(ctx, store.Workspace{TeamID: "T0ACME", Name: "Acme Ltd.", Domain: "acme"})
		if err != nil {
			t.Fatal(err)
		}
		if renamed.ID != acme.ID || renamed.Key != acme.Key || renamed.Name != "Acme Ltd." {
			t.Errorf("installed again: %+v, want the company %+v with the new name", renamed, acme)
		}
		if !regexp.MustCompile(`^acme-[a-z2-7]{10}$`).MatchString(acme.Key) {
			t.Errorf("key %q, want acme- and ten characters", acme.Key)
		}
		other, err := s.InstallCompany(ctx, store.Workspace{EnterpriseID: "E1", TeamID: "T0ACME", Name: "名前 Ünï"})
		if err != nil {
			t.Fatal(err)
		}
		all, err := s.Companies(ctx)
		if err != nil || len(all) != 2 || all[0].ID != acme.ID || all[1].ID != other.ID {
			t.Errorf("companies %v, %v; want Acme and the other one", all, err)
		}
		got, err := s.CompanyByTeam(ctx, "E1", "T0ACME")
		if err != nil || got.ID != other.ID {
			t.Errorf("by team: %v, %v; want the one of the enterprise", got, err)
		}
		if got, err := s.CompanyByTeam(ctx, "", "T0ACME"); err != nil || got.ID != acme.ID {
			t.Errorf("by team: %v, %v; want the one without an enterprise", got, err)
		}
		if got, err := s.Company(ctx, acme.ID); err != nil || got.Name != "Acme Ltd." {
			t.Errorf("by id: %v, %v", got, err)
		}
		if _, err := s.CompanyByTeam(ctx, "", "T0NOBODY"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("unknown team: %v, want ErrNotFound", err)
		}
	})
}

func TestTheEnterpriseMattersWhereBothSidesNameOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		grid, err := s.InstallCompany(ctx, store.Workspace{EnterpriseID: "E1", TeamID: "T0GRID", Name: "Grid"})
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct{ enterprise, team, want string }{
			{"", "T0ACME", acme.ID},
			{"E1", "T0ACME", acme.ID},
			{"", "T0GRID", grid.ID},
			{"E1", "T0GRID", grid.ID},
			{"E2", "T0GRID", ""},
			{"E1", "T0OTHER", ""},
			{"", "", ""},
		} {
			got, err := s.CompanyByTeam(ctx, test.enterprise, test.team)
			if got.ID != test.want || (test.want == "") != errors.Is(err, store.ErrNotFound) {
				t.Errorf("team %q of enterprise %q: %+v, %v", test.team, test.enterprise, got, err)
			}
		}
	})
}

func TestARotatedKeyIsDeadAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		storetest.Register(t, s, acme.ID, "Ed Lee")
		if _, err := s.RotateKey(ctx, acme.ID, store.Actor{SlackID: storetest.SlackID("Ed Lee")}); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("an employee rotates the key: %v, want ErrForbidden", err)
		}
		rotated, err := s.RotateKey(ctx, acme.ID, ana)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.CompanyByKey(ctx, rotated.Key); err != nil || got.ID != acme.ID {
			t.Errorf("by the new key: %v, %v", got, err)
		}
		if _, err := s.CompanyByKey(ctx, acme.Key); !errors.Is(err, store.ErrReplaced) {
			t.Errorf("by the old key: %v, want ErrReplaced", err)
		}
		if _, err := s.CompanyByKey(ctx, "acme-aaaaaaaaaa"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("by an unknown key: %v, want ErrNotFound", err)
		}
		if again, err := s.RotateKey(ctx, acme.ID, ana); err != nil || !regexp.MustCompile(`^acme-[a-z2-7]{10}$`).MatchString(again.Key) {
			t.Errorf("rotated twice: %q, %v", again.Key, err)
		}
	})
}

func TestTheWrongEncryptionKeyIsNoticed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		storetest.Company(t, s)
		wrong, err := store.ParseKeys("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
		if err != nil {
			t.Fatal(err)
		}
		other, err := store.Open(t.Context(), store.Options{DSN: env.DSN, Keys: wrong, Now: env.Clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := other.Close(); err != nil {
				t.Error(err)
			}
		}()
		_, err = other.InstallCompany(t.Context(), store.Workspace{TeamID: "T0ACME", Name: "Acme"})
		if !errors.Is(err, store.ErrKey) {
			t.Errorf("installed with the wrong key: %v, want ErrKey", err)
		}
	})
}

func TestAClosedStoreSaysSo(t *testing.T) {
	t.Parallel()
	s, env := storetest.Open(t)
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	other, err := store.Open(context.Background(), store.Options{DSN: env.DSN, Keys: env.Keys, Now: env.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if err := other.Ping(t.Context()); err == nil {
		t.Error("a closed store answers")
	}
}
