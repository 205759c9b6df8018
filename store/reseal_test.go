package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

// reopen opens the database of the test with other keys.
func reopen(t *testing.T, env *storetest.Env, keys string) *store.Store {
	t.Helper()
	return reopenAt(t, env, keys, env.Clock.Now)
}

// reopenAt is reopen with a clock, which is read in every transaction.
func reopenAt(t *testing.T, env *storetest.Env, keys string, now func() time.Time) *store.Store {
	t.Helper()
	parsed, err := store.ParseKeys(keys)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{DSN: env.DSN, Keys: parsed, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// values is how many values each key of the store seals, in the order of the keys.
func values(t *testing.T, s *store.Store) []int {
	t.Helper()
	uses, err := s.KeyUse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var n []int
	for _, u := range uses {
		if !u.Known {
			t.Errorf("the key %s is missing", u.ID)
		}
		n = append(n, u.Values)
	}
	return n
}

// sealEverywhere leaves something in every sealed column.
func sealEverywhere(t *testing.T, s *store.Store, companyID string, names ...string) []store.Member {
	t.Helper()
	ctx := t.Context()
	m := storetest.Register(t, s, companyID, names...)
	if err := s.Disconnect(ctx, companyID, m[0].ID, "linkedin"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Register(ctx, store.Authorization{CompanyID: companyID, Email: "zoe@else.example"}, storetest.LinkedIn("Zoe of "+names[0]), nil); err != nil {
		t.Fatal(err)
	}
	if err := s.BeginAuthorization(ctx, store.Authorization{CompanyID: companyID, Network: "linkedin", Verifier: "verifier"}, "state of "+names[0], "browser"); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveNetworkClient(ctx, "client for "+names[0], "secret"); err != nil {
		t.Fatal(err)
	}
	screen := store.Screen{CompanyID: companyID, Viewer: m[0].SlackID, Surface: store.OnMessage, ResponseURL: "https://slack.example", Group: store.All, Page: 1}
	if _, err := s.OpenScreen(ctx, screen); err != nil {
		t.Fatal(err)
	}
	sealAddresses(t, s, companyID, names[0])
	return m
}

// sealAddresses leaves an invitation to an address and a list that waits.
func sealAddresses(t *testing.T, s *store.Store, companyID, name string) {
	t.Helper()
	shell := store.Actor{CLI: true}
	for _, send := range []bool{true, false} {
		draft, err := s.DraftEmails(t.Context(), companyID, shell, []store.Invitee{{Email: "friend.of." + storetest.LinkedIn(name).Email}}, time.Time{}, "")
		if err != nil {
			t.Fatal(err)
		}
		if !send {
			continue
		}
		if _, err := sendsList(t.Context(), s, companyID, shell, draft.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.PlaceOrder(t.Context(), companyID, shell, store.JobResendOld, store.Order{}); err != nil {
		t.Fatal(err)
	}
}

func TestEverySealedColumnIsSealedAnew(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		want, err := store.ColumnsNamedSealed(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if got := store.SealedColumns(); !slices.Equal(got, want) || len(got) < 7 {
			t.Errorf("sealed anew: %v\nin the schema: %v", got, want)
		}
	})
}

func TestKeysRotateWhileAServerRuns(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, first *store.Store, env *storetest.Env) {
		ctx := t.Context()
		before, after := store.NewKey(), store.NewKey()
		// The company is made with the old key, before anything is rotated.
		old := reopen(t, env, before)
		acme := storetest.Company(t, old)
		names := make([]string, 201) // more than one batch
		for i := range names {
			names[i] = fmt.Sprintf("Member %03d", i)
		}
		sealEverywhere(t, old, acme.ID, names...)
		total := values(t, old)[0]
		if total <= len(names) {
			t.Fatalf("only %d values", total)
		}
		if _, err := first.InstallCompany(ctx, store.Workspace{TeamID: "T0ACME", Name: "Acme", Domain: "acme"}); !errors.Is(err, store.ErrKey) {
			t.Errorf("with another key: %v, want ErrKey", err)
		}

		// A server that was restarted after the first step reads the fresh key, and seals with the old one.
		server := reopen(t, env, before+","+after)
		rotating := reopen(t, env, after+","+before)

		// The first run is killed in the middle.
		killed, kill := context.WithCancel(ctx)
		batches := 0
		dying := reopenAt(t, env, after+","+before, func() time.Time {
			if batches++; batches == 5 {
				kill()
			}
			return env.Clock.Now()
		})
		n, err := dying.Reseal(killed)
		if !errors.Is(err, context.Canceled) || n == 0 || n >= total {
			t.Fatalf("killed after %d of %d values: %v", n, total, err)
		}
		if got := values(t, rotating); got[0] != n || got[1] != total-n {
			t.Errorf("%v values by key after %d", got, n)
		}
		// Meanwhile the server goes on reading and writing.
		more := sealEverywhere(t, server, acme.ID, "Late One", "Late Two")
		if r := revocations(t, server, env); len(r) == 0 || r[0].Token == "" {
			t.Errorf("the server reads %+v", r)
		}

		if n, err = rotating.Reseal(ctx); err != nil || n == 0 {
			t.Fatalf("again: %d, %v", n, err)
		}
		if n, err := rotating.Reseal(ctx); err != nil || n != 0 {
			t.Errorf("once more: %d, %v; want nothing left", n, err)
		}
		if got := values(t, rotating); got[1] != 0 || got[0] <= total {
			t.Errorf("%v values by key, want all by the first", got)
		}

		// Without the old key everything opens, each in its own place.
		fresh := reopen(t, env, after)
		token, err := store.Secret(ctx, fresh, `SELECT token_sealed FROM connections WHERE member_id = '`+more[1].ID+`'`, "access token", acme.ID, more[1].ID, "linkedin")
		if err != nil || token != storetest.LinkedIn("Late Two").Token {
			t.Errorf("the token opens as %q, %v", token, err)
		}
		if a, err := fresh.TakeAuthorization(ctx, "linkedin", "state of Late One", "browser"); err != nil || a.Verifier != "verifier" {
			t.Errorf("the trip opens as %+v, %v", a, err)
		}
		if link, err := fresh.SignupToken(ctx, acme.ID, more[0].SlackID); err != nil || link == "" {
			t.Errorf("the company's secret: %v", err)
		}
		if got := values(t, server); got[0] != 0 {
			t.Errorf("%v values by key for the server", got)
		}
	})
}

func TestValuesOfAMissingKeyStayAsTheyAre(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		storetest.Register(t, s, acme.ID, "Ann Lee")
		other := reopen(t, env, store.NewKey())
		if n, err := other.Reseal(ctx); !errors.Is(err, store.ErrKey) || n != 0 {
			t.Errorf("sealed %d anew, %v; want ErrKey", n, err)
		}
		uses, err := other.KeyUse(ctx)
		if err != nil || len(uses) != 2 || uses[0].Values != 0 || uses[1].Known || uses[1].ID != env.Keys.IDs()[0] || uses[1].Values != 2 {
			t.Errorf("uses %+v, %v", uses, err)
		}
		if got := values(t, s); !slices.Equal(got, []int{2}) {
			t.Errorf("values %v", got)
		}
	})
}

func TestTheKeyFileRotatesInStepsAndLosesNoKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "herald.key")
	ids := func() []string {
		t.Helper()
		keys, err := store.KeysFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return keys.IDs()
	}
	rotate := func(want store.KeyStep) {
		t.Helper()
		if step, err := store.RotateKeysFile(path); err != nil || step != want {
			t.Fatalf("step %q, %v; want %q", step, err, want)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
		}
	}
	if _, err := store.RotateKeysFile(path); err == nil {
		t.Error("a file that is not there was rotated")
	}
	first := ids()
	rotate(store.KeyAdded)
	added := ids()
	if len(added) != 2 || added[0] != first[0] {
		t.Fatalf("the keys are %v after %v", added, first)
	}
	rotate(store.KeyPromoted)
	if promoted := ids(); !slices.Equal(promoted, []string{added[1], added[0]}) {
		t.Errorf("the keys are %v after %v", promoted, added)
	}
	rotate(store.KeyKept)
	if kept := ids(); !slices.Equal(kept, []string{added[1], added[0]}) {
		t.Errorf("the keys are %v after %v", kept, added)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if err := os.WriteFile(path, []byte(line+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	rotate(store.KeyAdded) // the next rotation
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("files left behind: %v, %v", left, err)
	}
}
