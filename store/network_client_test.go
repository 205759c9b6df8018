package store_test

import (
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

func TestNetworkClients(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		const name = "mastodon https://ann-lee.example"
		want := func(name, want string) {
			t.Helper()
			if got, err := s.NetworkClient(ctx, name); err != nil || got != want {
				t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
			}
		}
		want(name, "")
		for _, client := range []string{"first-secret", "second-secret"} {
			if err := s.SaveNetworkClient(ctx, name, client); err != nil {
				t.Fatal(err)
			}
			want(name, client)
		}
		want("mastodon https://else.example", "")
		if dump := storetest.Dump(t, env); strings.Contains(dump, "ann-lee") || strings.Contains(dump, "-secret") {
			t.Error("the server or its secret can be read")
		}
		if hash := sha256.Sum256([]byte(name)); strings.Contains(storetest.Dump(t, env), string(hash[:])) {
			t.Error("whoever has the database can try names of servers")
		}
		env.Clock.Advance(91 * 24 * time.Hour)
		if err := s.Tidy(ctx); err != nil {
			t.Fatal(err)
		}
		want(name, "")
	})
}
