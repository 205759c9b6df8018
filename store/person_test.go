package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

func TestTheDirectoryIsMirrored(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		started := env.Clock.Now()
		entries := []store.Person{
			{SlackID: "U1", Name: "Olga Owner", Handle: "olga", Email: "Olga@acme.example", TimeZone: "Europe/Riga", PrimaryOwner: true},
			{SlackID: "U2", Name: "Ed Lee", Handle: "ed"},
			{SlackID: "U3", Name: "Bob Bot", Bot: true},
			{SlackID: "U4", Name: "Gus Guest", Guest: true},
			{SlackID: "U2", Name: "Ed Lee", Handle: "ed"}, // a page of the directory may repeat somebody
		}
		if err := s.MirrorPeople(ctx, acme.ID, entries); err != nil {
			t.Fatal(err)
		}
		owner, err := s.PrimaryOwner(ctx, acme.ID)
		if err != nil || owner.SlackID != "U1" || owner.TimeZone != "Europe/Riga" {
			t.Errorf("primary owner %+v, %v", owner, err)
		}
		people, err := s.PeopleBySlackIDs(ctx, acme.ID, []string{"U4", "U9", "U1", "U4"})
		if err != nil || len(people) != 2 || people[0].SlackID != "U4" || people[1].SlackID != "U1" {
			t.Errorf("people %+v, %v; want U4 and U1 in this order", people, err)
		}
		wantCounts(t, s, acme.ID, map[store.Group]int{store.Unregistered: 2})

		// The next sync: Ed has another name, Gus is gone, Olga is as before.
		env.Clock.Advance(time.Hour)
		next := env.Clock.Now()
		entries[1].Name = "Eddie Lee"
		storetest.Sync(t, s, acme.ID, entries[:3])
		ed, err := s.PersonBySlackID(ctx, acme.ID, "U2")
		if err != nil || ed.Name != "Eddie Lee" || ed.ID != personID(t, s, acme.ID, "U2") {
			t.Errorf("renamed: %+v, %v", ed, err)
		}
		gus, err := s.PersonBySlackID(ctx, acme.ID, "U4")
		if err != nil || !gus.Deactivated || gus.Eligible() {
			t.Errorf("who left: %+v, %v; want deactivated", gus, err)
		}
		got, err := s.Company(ctx, acme.ID)
		if err != nil || !got.SyncedAt.Equal(next) || !acme.SyncedAt.IsZero() || !started.Before(next) {
			t.Errorf("synced at %v, %v; want %v", got.SyncedAt, err, next)
		}
		if _, err := s.PersonBySlackID(ctx, acme.ID, "U9"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a stranger: %v, want ErrNotFound", err)
		}
		wantCounts(t, s, acme.ID, map[store.Group]int{store.Unregistered: 2})
	})
}

func TestTheDirectoryMayHoldAnything(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		if err := s.MirrorPeople(ctx, acme.ID, []store.Person{
			{SlackID: "U1", Name: "zero\x00byte"},
			{SlackID: "U2", Name: "not \xff UTF-8"},
			{SlackID: "U3"},
			{SlackID: ""},
			{SlackID: "U5", Name: "'; DROP TABLE people; --"},
		}); err != nil {
			t.Fatal(err)
		}
		got := names(t, s, acme.ID, store.RosterQuery{Group: store.Unregistered, Limit: 10})
		want := []string{"", "'; DROP TABLE people; --", "not \ufffd UTF-8", "zerobyte"}
		wantNames(t, got, want)
		if err := s.MirrorPeople(ctx, acme.ID, make([]store.Person, 1001)); !errors.Is(err, store.ErrTooMany) {
			t.Errorf("1,001 entries: %v, want ErrTooMany", err)
		}
	})
}

func TestCompaniesSeeNothingOfEachOther(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		ed := storetest.Register(t, s, acme.ID, "Ed Lee")[0]
		rival, err := s.InstallCompany(ctx, store.Workspace{TeamID: "T0RIVAL", Name: "Rival"})
		if err != nil {
			t.Fatal(err)
		}
		// The same Slack ids may exist there, as in shared channels.
		_, rita := storetest.Admin(t, s, rival.ID, "Rita Rival")
		storetest.Mirror(t, s, rival.ID, "Ed Lee")

		if _, err := s.Member(ctx, rival.ID, ed.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("member: %v, want ErrNotFound", err)
		}
		if _, err := s.Person(ctx, rival.ID, ed.PersonID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("person: %v, want ErrNotFound", err)
		}
		if _, err := s.SetType(ctx, rival.ID, rita, ed.ID, store.Recruiter); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("set type: %v, want ErrNotFound", err)
		}
		if _, err := s.SetType(ctx, acme.ID, rita, ed.ID, store.Recruiter); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("set type as somebody else's admin: %v, want ErrForbidden", err)
		}
		if _, err := s.ProposeRemoval(ctx, rival.ID, rita, "", []string{ed.ID}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("remove: %v, want ErrNotFound", err)
		}
		if _, err := s.OpenCase(ctx, rival.ID, rita, ed.ID, store.Admin, "x"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("case: %v, want ErrNotFound", err)
		}
		if out, err := s.Invite(ctx, rival.ID, rita, []string{ed.PersonID}, store.InviteOptions{}); err != nil || len(out) != 0 {
			t.Errorf("invite: %v, %v; want no outcome", out, err)
		}
		token, err := s.SignupToken(ctx, acme.ID, "U0NEW")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.InviteByToken(ctx, rival.ID, token); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("link: %v, want ErrNotFound", err)
		}
		screen, err := s.OpenScreen(ctx, store.Screen{CompanyID: acme.ID, Viewer: ana.SlackID, Surface: store.OnMessage})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Screen(ctx, rival.ID, ana.SlackID, screen.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("screen: %v, want ErrNotFound", err)
		}
		if err := s.Select(ctx, rival.ID, screen.ID, []string{ed.ID}, true); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("select: %v, want ErrNotFound", err)
		}
		wantNames(t, names(t, s, rival.ID, store.RosterQuery{Group: store.All, Limit: 10}), []string{"Rita Rival"})
		wantNames(t, names(t, s, rival.ID, store.RosterQuery{Group: store.All, Search: "ed", Limit: 10}), nil)
		wantNames(t, names(t, s, acme.ID, store.RosterQuery{Group: store.All, Limit: 10}), []string{"Ana Lima", "Ed Lee"})
	})
}

func TestAccessTellsWhoSomebodyIs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		ed := storetest.Register(t, s, acme.ID, "Ed Lee")[0]
		storetest.Register(t, s, acme.ID, "Gus Guest")
		storetest.Mirror(t, s, acme.ID, "Nia New")
		if err := s.MirrorPeople(ctx, acme.ID, []store.Person{{SlackID: storetest.SlackID("Gus Guest"), Name: "Gus Guest", Guest: true}}); err != nil {
			t.Fatal(err)
		}
		access := func(slackID string) store.Access {
			t.Helper()
			a, err := s.Access(ctx, acme.ID, slackID)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		if a := access(ana.SlackID); a.Member == nil || a.Member.Type != store.Admin || a.Person.Name != "Ana Lima" {
			t.Errorf("an admin: %+v", a)
		}
		if a := access(ed.SlackID); a.Member == nil || a.Member.ID != ed.ID || len(a.Member.Connections) != 1 {
			t.Errorf("an employee: %+v", a)
		}
		if a := access(storetest.SlackID("Nia New")); a.Member != nil || a.Person == nil || a.Forgotten {
			t.Errorf("not registered: %+v", a)
		}
		if a := access(storetest.SlackID("Gus Guest")); a.Member != nil || a.Person == nil || !a.Person.Guest {
			t.Errorf("a member who became a guest: %+v, want no member", a)
		}
		if a := access("U0STRANGER"); a != (store.Access{}) {
			t.Errorf("a stranger: %+v", a)
		}
		storetest.Remove(t, s, acme.ID, ana, ed.ID)
		if a := access(ed.SlackID); a.Person != nil || a.Member != nil || !a.Forgotten {
			t.Errorf("removed: %+v, want Forgotten", a)
		}
		if _, err := s.Access(ctx, "nowhere", ed.SlackID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an unknown company: %v, want ErrNotFound", err)
		}
	})
}

func TestTheForgottenStayOutOfTheMirrorUntilInvited(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		ed := storetest.Register(t, s, acme.ID, "Ed Lee")[0]
		storetest.Remove(t, s, acme.ID, ana, ed.ID)

		env.Clock.Advance(time.Hour)
		entry := store.Person{SlackID: ed.SlackID, Name: "Ed Lee", Email: "ed.lee@acme.example"}
		if err := s.MirrorPeople(ctx, acme.ID, []store.Person{entry}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.PersonBySlackID(ctx, acme.ID, ed.SlackID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("mirrored again: %v, want ErrNotFound", err)
		}
		p, err := s.Remember(ctx, acme.ID, entry)
		if err != nil || p.ID == ed.PersonID || p.Name != "Ed Lee" {
			t.Errorf("remembered: %+v, %v; want a new profile", p, err)
		}
		if a, err := s.Access(ctx, acme.ID, ed.SlackID); err != nil || a.Forgotten || a.Member != nil {
			t.Errorf("access %+v, %v", a, err)
		}
		if out, err := s.Invite(ctx, acme.ID, ana, []string{p.ID}, store.InviteOptions{}); err != nil || out[0].Result != store.InviteSent {
			t.Errorf("invited: %v, %v", out, err)
		}
		if _, err := s.Remember(ctx, acme.ID, store.Person{Name: "No Slack id"}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("nobody: %v, want ErrNotFound", err)
		}
	})
}

// personID returns the id of a Slack user's person.
func personID(t *testing.T, s *store.Store, companyID, slackID string) string {
	t.Helper()
	p, err := s.PersonBySlackID(t.Context(), companyID, slackID)
	if err != nil {
		t.Fatal(err)
	}
	return p.ID
}

// names returns the names on a page.
func names(t *testing.T, s *store.Store, companyID string, q store.RosterQuery) []string {
	t.Helper()
	r, err := s.Roster(t.Context(), companyID, q)
	if err != nil {
		t.Fatal(err)
	}
	return rowNames(r)
}

func rowNames(r store.Roster) []string {
	var list []string
	for _, row := range r.Rows {
		list = append(list, row.Person.Name)
	}
	return list
}

func TestAPersonIsFoundByExactlyTheirHandleOrAddress(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		person := func(slackID, handle string) store.Person {
			return store.Person{SlackID: slackID, Name: "Aaa " + handle, Handle: handle, Email: handle + "@acme.example"}
		}
		people := []store.Person{person("UANN", "ann"), person("UMAN", "Ann.Man"), person("UGUS", "gus"), {SlackID: "UNONE", Name: "Nobody"}}
		people[2].Guest = true
		for i := range 60 { // more than any list shows
			people = append(people, person(fmt.Sprintf("U%d", i), fmt.Sprintf("ann%d", i)))
		}
		if err := s.MirrorPeople(ctx, acme.ID, people); err != nil {
			t.Fatal(err)
		}
		bo := store.Entry{Person: store.Person{SlackID: "UBO", Name: "Bo", Handle: "bo"}, Email: "Bo@Home.example", Type: store.Employee, RegisteredAt: env.Clock.Now()}
		if err := s.Load(ctx, acme.ID, []store.Entry{bo}); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{
			"ann": "UANN", "ANN": "UANN", "ann@acme.example": "UANN", "ann.man": "UMAN", "Ann.Man@ACME.example": "UMAN", "bo@home.example": "UBO",
			"an": "", "gus": "", "": "", "ann%": "", "ann\x00": "UANN",
		} {
			found, err := s.PeopleNamed(ctx, acme.ID, name)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range found {
				got = append(got, p.SlackID)
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%q is %q, want %q", name, got, want)
			}
		}
		if found, err := s.PeopleNamed(ctx, "another", "ann"); err != nil || len(found) != 0 {
			t.Errorf("in another company %+v, %v; want nobody", found, err)
		}
		plan, err := store.Explain(ctx, s, store.NamedQuery, acme.ID, "ann", "ann", 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, index := range []string{"people_handle", "people_email", "members_email"} {
			if env.Engine == "sqlite" && !strings.Contains(plan, index) { // PostgreSQL scans tables this small
				t.Errorf("does not use %s:\n%s", index, plan)
			}
		}
	})
}
