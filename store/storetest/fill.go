package storetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"herald/store"
)

// fillBatch is how many people one Load takes.
const fillBatch = 20_000

// Fill adds n synthetic people to the company, who registered over the last three years: 85 % employees, 14 % recruiters, ten admins,
// nine in ten connected to LinkedIn, some to Facebook too, some expired. Each hundredth is in the directory but not registered.
// The same n always gives the same people.
func Fill(tb testing.TB, s *store.Store, env *Env, companyID string, n int) {
	tb.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	names := newNames(random)
	for from := 0; from < n; from += fillBatch {
		entries := make([]store.Entry, min(fillBatch, n-from))
		for i := range entries {
			entries[i] = synthetic(random, names, from+i, env.Clock.Now())
		}
		if err := s.Load(tb.Context(), companyID, entries); err != nil {
			tb.Fatal(err)
		}
	}
	if err := s.Analyze(tb.Context()); err != nil {
		tb.Fatal(err)
	}
}

func synthetic(random *rand.Rand, names names, i int, now time.Time) store.Entry {
	given, family := names.given[names.zipf(random, len(names.given))], names.family[names.zipf(random, len(names.family))]
	handle := fmt.Sprintf("%s%d", strings.ToLower(given), i)
	e := store.Entry{
		Person: store.Person{
			SlackID: fmt.Sprintf("U%09d", i), Name: given + " " + family, Handle: handle,
			Email: handle + "." + strings.ToLower(family) + "@acme.example", TimeZone: "Europe/Lisbon",
		},
	}
	if i%100 == 99 {
		return e
	}
	e.Type, e.Email, e.RegisteredAt = store.Employee, e.Person.Email, now.Add(-time.Duration(random.Int64N(int64(3*365*24*time.Hour))))
	switch {
	case i < 10:
		e.Type = store.Admin
	case i%7 == 0:
		e.Type = store.Recruiter
	}
	if i%10 != 5 {
		account := LinkedIn(e.Person.Name)
		account.Subject = fmt.Sprintf("li-%d", i)
		if i%20 == 3 {
			account.ExpiresAt = now.Add(-time.Hour)
		}
		e.Accounts = append(e.Accounts, account)
	}
	if i%50 == 11 {
		e.Accounts = append(e.Accounts, store.Account{Network: "facebook", Subject: fmt.Sprintf("fb-%d", i), Name: e.Person.Name, Token: "t"})
	}
	if i%50 == 21 {
		e.Accounts = append(e.Accounts, store.Account{Network: "mastodon", Subject: fmt.Sprintf("ma-%d", i), Name: e.Person.Name, Token: "t"})
	}
	return e
}

// names are given and family names, common ones first.
type names struct{ given, family []string }

// newNames invents pronounceable names: what matters is how often they and their beginnings are shared.
func newNames(random *rand.Rand) names {
	n := names{
		given:  []string{"Maria", "Ann", "José", "Wei", "Ana", "John", "Fatima", "Olga", "Łukasz", "Søren"},
		family: []string{"García", "Smith", "Wang", "Silva", "Müller", "Nguyen", "Łódzki", "Ström", "O'Brien", "Smith-Jones"},
	}
	invent := func(syllables int) string {
		var b strings.Builder
		for range syllables {
			b.WriteByte("bcdfghjklmnprstvwz"[random.IntN(18)])
			b.WriteByte("aeiou"[random.IntN(5)])
		}
		name := b.String()
		return strings.ToUpper(name[:1]) + name[1:]
	}
	for len(n.given) < 2_000 {
		n.given = append(n.given, invent(2+random.IntN(2)))
	}
	for len(n.family) < 20_000 {
		n.family = append(n.family, invent(2+random.IntN(3)))
	}
	return n
}

// zipf draws an index below n; a low one is far more likely, as with real names.
func (names) zipf(random *rand.Rand, n int) int {
	u := random.Float64()
	return int(float64(n) * u * u * u)
}
