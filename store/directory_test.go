package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

func TestASyncGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		people := storetest.Mirror(t, s, acme.ID, "Ann Lee", "Bo Ek", "Cy Wu", "Di Ma")
		env.Clock.Advance(time.Hour)

		first, err := s.BeginSync(ctx, acme.ID)
		check := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		check(err)
		if first.Cursor != "" || first.Complete() {
			t.Errorf("a new sync begins at %+v", first)
		}
		_, err = s.MirrorPage(ctx, first, people[:2], "dXNlcjpVMENZ")
		check(err)
		if strings.Contains(storetest.Dump(t, env), "dXNlcjpVMENZ") {
			t.Error("Slack's cursor, which is made of somebody's id, can be read in the database")
		}

		// The process died, and another one goes on; a third was about to read the same page.
		again, err := s.BeginSync(ctx, acme.ID)
		check(err)
		third := again
		if again.Cursor != "dXNlcjpVMENZ" || again.People != 2 || again.Colleagues != 2 || !again.StartedAt.Equal(first.StartedAt) {
			t.Errorf("it goes on with %+v", again)
		}
		again, err = s.MirrorPage(ctx, again, people[2:3], "")
		check(err)
		if !again.Complete() || again.People != 3 {
			t.Errorf("after the last page: %+v", again)
		}
		if _, err := s.MirrorPage(ctx, third, people[2:3], ""); !errors.Is(err, store.ErrChanged) {
			t.Errorf("the same page a second time: %v, want ErrChanged", err)
		}
		check(s.FinishSync(ctx, again))
		if err := s.FinishSync(ctx, again); !errors.Is(err, store.ErrChanged) {
			t.Errorf("finished a second time: %v, want ErrChanged", err)
		}
		check(s.DropSync(ctx, again)) // no error, and nothing to drop
		for i, gone := range []bool{false, false, false, true} {
			p, err := s.Person(ctx, acme.ID, people[i].ID)
			if err != nil || p.Deactivated != gone {
				t.Errorf("%s is deactivated: %v, %v", people[i].Name, p.Deactivated, err)
			}
		}

		// One that nobody went on with for half a day starts over.
		old, err := s.BeginSync(ctx, acme.ID)
		check(err)
		_, err = s.MirrorPage(ctx, old, people[:2], "more")
		check(err)
		env.Clock.Advance(13 * time.Hour)
		if fresh, err := s.BeginSync(ctx, acme.ID); err != nil || fresh.Cursor != "" || !fresh.StartedAt.After(old.StartedAt) {
			t.Errorf("after half a day: %+v, %v", fresh, err)
		}
	})
}

func TestADirectoryIsDueOnceEventsWereMissed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		acme := storetest.Company(t, s)
		people := storetest.Mirror(t, s, acme.ID, "Ann Lee")
		hears := func(after time.Duration, missed bool) {
			t.Helper()
			env.Clock.Advance(after)
			if got, err := s.Heard(t.Context()); err != nil || got != missed {
				t.Errorf("after %s: missed something: %v, %v", after, got, err)
			}
		}
		due := func(want bool) {
			t.Helper()
			c, err := s.Company(t.Context(), acme.ID)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Due(env.Clock.Now().Add(-6 * time.Hour)); got != want {
				t.Errorf("at %s, synced at %s, missed until %s: due %v", env.Clock.Now(), c.SyncedAt, c.MissedAt, got)
			}
		}
		due(true)
		hears(time.Minute, false) // the first start
		storetest.Sync(t, s, acme.ID, people)
		due(false)
		hears(3*time.Minute, false) // a restart: Slack repeats what happened
		due(false)
		hears(50*time.Minute, true)
		due(true)
		hears(0, false) // another process connected, too
		due(true)

		// A sync that was interrupted and goes on later is as fresh as its beginning.
		sync, err := s.BeginSync(t.Context(), acme.ID)
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			hears(time.Minute, false)
		}
		hears(10*time.Minute, true)
		if sync, err = s.MirrorPage(t.Context(), sync, people, ""); err == nil {
			err = s.FinishSync(t.Context(), sync)
		}
		if err != nil {
			t.Fatal(err)
		}
		due(true)
		storetest.Sync(t, s, acme.ID, people)
		due(false)
		env.Clock.Advance(7 * time.Hour)
		due(true)
	})
}

func TestNewsOfSomebodyThatIsOlderThanWhatIsKnownChangesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		acme := storetest.Company(t, s)
		others := storetest.Mirror(t, s, acme.ID, "Bo Ek")
		at := func(minute int, name string, gone bool) store.Person {
			p := store.Person{SlackID: storetest.SlackID("Ann Lee"), Name: name, Deactivated: gone}
			if minute > 0 {
				p.UpdatedAt = time.Date(2026, 11, 20, 9, minute, 0, 0, time.UTC)
			}
			return p
		}
		says := func(news ...store.Person) {
			t.Helper()
			if err := s.MirrorPeople(t.Context(), acme.ID, news); err != nil {
				t.Fatal(err)
			}
		}
		is := func(when, name string, gone bool) {
			t.Helper()
			p, err := s.PersonBySlackID(t.Context(), acme.ID, storetest.SlackID("Ann Lee"))
			if err != nil || p.Name != name || p.Deactivated != gone {
				t.Errorf("%s: %q, deactivated %v, %v", when, p.Name, p.Deactivated, err)
			}
		}
		says(at(5, "Ann Lee", false))
		says(at(4, "Ann Old", true))
		is("an older event", "Ann Lee", false)
		env.Clock.Advance(time.Hour)
		storetest.Sync(t, s, acme.ID, []store.Person{at(4, "Ann Old", true), others[0]})
		is("an older page of a sync, which lists her all the same", "Ann Lee", false)
		says(at(5, "Ann Lee-Ek", true))
		is("another event of the same second", "Ann Lee-Ek", true)
		says(at(0, "Ann Ek", false))
		is("an event that does not tell its time", "Ann Ek", false)
		says(at(4, "Ann Old", true))
		is("an older event after that", "Ann Ek", false)
		says(at(6, "Ann Young", false), at(5, "Ann Ek", true))
		is("two events at once", "Ann Young", false)
	})
}

func TestWhoJoinsTheWorkspaceIsInvitedSomeDaysLater(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		entry := func(name string) store.Person {
			return store.Person{SlackID: storetest.SlackID(name), Name: name, Email: strings.ToLower(name[:2]) + "@acme.example"}
		}
		left := func() map[string]time.Time {
			t.Helper()
			due := map[string]time.Time{}
			for _, j := range storetest.TakeJobs(t, env, store.JobJoiner) {
				p, err := s.Person(t.Context(), acme.ID, j.Ref)
				if err != nil {
					t.Fatal(err)
				}
				due[p.Name] = j.At
			}
			return due
		}
		save := func(days int) {
			t.Helper()
			to := store.DefaultSettings()
			to.JoinerDays = days
			if err := s.SaveSettings(t.Context(), acme.ID, ana, to); err != nil {
				t.Fatal(err)
			}
		}
		join := func(p store.Person) {
			t.Helper()
			if err := s.MirrorJoiner(t.Context(), acme.ID, p); err != nil {
				t.Fatal(err)
			}
		}
		join(entry("Zed Zero"))
		if due := left(); len(due) != 0 {
			t.Errorf("nobody asked for it, and %v are to be invited", due)
		}
		save(3)
		storetest.Sync(t, s, acme.ID, []store.Person{entry("Ana Lima"), entry("Zed Zero"), entry("Ann Lee")})
		if due := left(); len(due) != 0 {
			t.Errorf("by the first sync everybody is new, and %v are to be invited", due)
		}
		guest := entry("Gus Guest")
		guest.Guest = true
		storetest.Sync(t, s, acme.ID, []store.Person{entry("Ana Lima"), entry("Zed Zero"), entry("Ann Lee"), entry("Cy Wu"), guest})
		join(entry("Bo Ek"))
		// Herald missed that Di joined, and the first it hears of her is that she changed her name.
		for _, name := range []string{"Di Ma", "Di Mo"} {
			di := entry("Di Ma")
			di.Name = name
			if err := s.MirrorPeople(t.Context(), acme.ID, []store.Person{di, entry("Ann Lee")}); err != nil {
				t.Fatal(err)
			}
		}
		due := left()
		want := env.Clock.Now().Add(3 * 24 * time.Hour)
		for _, name := range []string{"Cy Wu", "Bo Ek", "Di Mo"} {
			if at := due[name]; at.Sub(want).Abs() > time.Second {
				t.Errorf("%s is to be invited at %s, want %s", name, at, want)
			}
		}
		if !due["Ann Lee"].IsZero() || !due["Zed Zero"].IsZero() {
			t.Errorf("to be invited: %v", due)
		}

		invites := func(slackID string) int {
			t.Helper()
			p, err := s.PersonBySlackID(t.Context(), acme.ID, slackID)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.InviteJoiner(t.Context(), acme.ID, p.ID); err != nil {
				t.Fatal(err)
			}
			return len(storetest.TakeJobs(t, env, store.JobInviteDM))
		}
		save(0)
		if n := invites(entry("Cy Wu").SlackID); n != 0 {
			t.Error("it was turned off meanwhile, and somebody was invited")
		}
		save(7)
		if n := invites(entry("Cy Wu").SlackID); n != 1 {
			t.Errorf("%d invitations, want one", n)
		}
		if n := invites(entry("Cy Wu").SlackID); n != 0 {
			t.Error("a second invitation")
		}
		if n := invites(guest.SlackID); n != 0 {
			t.Error("a guest was invited")
		}
		if n := invites(storetest.Register(t, s, acme.ID, "Reg Istered")[0].SlackID); n != 0 {
			t.Error("a member was invited")
		}
		// Somebody else invited them, and that ran out: that was their invitation.
		p, err := s.PersonBySlackID(t.Context(), acme.ID, entry("Bo Ek").SlackID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Invite(t.Context(), acme.ID, ana, []string{p.ID}, store.InviteOptions{}); err != nil {
			t.Fatal(err)
		}
		storetest.TakeJobs(t, env, store.JobInviteDM)
		env.Clock.Advance(40 * 24 * time.Hour)
		if n := invites(p.SlackID); n != 0 {
			t.Error("somebody who let an invitation run out was invited for joining")
		}
		if err := s.InviteJoiner(t.Context(), acme.ID, "NOBODY"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("somebody who was removed: %v, want ErrNotFound", err)
		}
	})
}

func TestMembersWhoAreDeactivatedInSlackAreProposedAndRemovedOnlyIfTheSettingsSaySo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		acme := storetest.Company(t, s)
		boss, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		members := storetest.Register(t, s, acme.ID, "Bo Ek", "Cy Wu", "Di Ma")
		storetest.Mirror(t, s, acme.ID, "Eve New")
		mirror := func(m store.Member, gone bool) {
			t.Helper()
			if err := s.MirrorPeople(t.Context(), acme.ID, []store.Person{{SlackID: m.SlackID, Name: m.Name, Deactivated: gone}}); err != nil {
				t.Fatal(err)
			}
		}
		review := func() (told int, removed []string) {
			t.Helper()
			if err := s.ReviewDeactivated(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, j := range storetest.TakeJobs(t, env, store.JobRemoval) {
				removal, err := s.Removal(t.Context(), acme.ID, store.Actor{Herald: true}, j.Ref)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range removal.Members {
					removed = append(removed, m.Name)
				}
			}
			return len(storetest.TakeJobs(t, env, store.JobDeactivatedDM)), removed
		}
		syncs := func() {
			t.Helper()
			ids := []string{boss.SlackID, storetest.SlackID("Eve New")}
			for _, m := range members {
				ids = append(ids, m.SlackID)
			}
			everybody, err := s.PeopleBySlackIDs(t.Context(), acme.ID, ids)
			if err != nil {
				t.Fatal(err)
			}
			storetest.Sync(t, s, acme.ID, everybody)
		}
		if told, removed := review(); told != 0 || len(removed) != 0 {
			t.Errorf("nobody left, told %d times, removed %v", told, removed)
		}
		mirror(members[0], true)
		if err := s.MirrorPeople(t.Context(), acme.ID, []store.Person{{SlackID: storetest.SlackID("Eve New"), Name: "Eve New", Deactivated: true}}); err != nil {
			t.Fatal(err)
		}
		if told, removed := review(); told != 1 || len(removed) != 0 {
			t.Errorf("Bo left: told %d times, removed %v", told, removed)
		}
		mirror(members[1], true)
		if told, _ := review(); told != 0 {
			t.Error("the admins are told twice a day")
		}
		env.Clock.Advance(25 * time.Hour)
		if told, _ := review(); told != 1 {
			t.Error("nobody is told that Cy left, too")
		}
		env.Clock.Advance(90 * 24 * time.Hour)
		if told, removed := review(); told != 0 || len(removed) != 0 {
			t.Errorf("nothing new, told %d times, removed %v", told, removed)
		}
		roster, err := s.Roster(t.Context(), acme.ID, store.RosterQuery{Group: store.Deactivated, Limit: 10})
		if err != nil || len(roster.Rows) != 2 || roster.Matching != 2 {
			t.Errorf("listed %+v, %v", roster.Rows, err)
		}

		// Whoever comes back starts anew.
		mirror(members[1], false)
		mirror(members[1], true)
		to := store.DefaultSettings()
		to.RemovalDays = 30
		if err := s.SaveSettings(t.Context(), acme.ID, ana, to); err != nil {
			t.Fatal(err)
		}
		mirror(boss, true) // the last company admin: without one, nobody could look after the rest
		env.Clock.Advance(20 * 24 * time.Hour)
		syncs()
		if _, removed := review(); len(removed) != 0 {
			t.Errorf("20 days after that was chosen %v were removed", removed)
		}
		mirror(members[1], false)
		mirror(members[1], true)
		env.Clock.Advance(11 * 24 * time.Hour)
		if _, removed := review(); len(removed) != 0 {
			t.Errorf("the directory is 11 days old, and by it %v were removed", removed)
		}
		syncs()
		if _, removed := review(); len(removed) != 1 || removed[0] != "Bo Ek" {
			t.Errorf("after 30 days %v were removed, want Bo Ek", removed)
		}
		if _, removed := review(); len(removed) != 0 {
			t.Errorf("%v were removed twice", removed)
		}
		env.Clock.Advance(20 * 24 * time.Hour)
		syncs()
		if err := s.ReviewDeactivated(t.Context()); err != nil {
			t.Fatal(err)
		}
		jobs := storetest.TakeJobs(t, env, store.JobRemoval)
		if len(jobs) != 1 {
			t.Fatalf("30 days later %d removals are confirmed, want that of Cy Wu", len(jobs))
		}
		mirror(members[1], false) // at the last moment
		if removal, err := s.ExecuteRemoval(t.Context(), acme.ID, jobs[0].Ref); err != nil || len(removal.Members) != 0 || removal.Removed != 0 {
			t.Errorf("Cy is back, and %v were removed, %v", removal.Members, err)
		}
		if _, err := s.Member(t.Context(), acme.ID, members[1].ID); err != nil {
			t.Errorf("Cy, who is back: %v", err)
		}
		if _, err := s.ExecuteRemoval(t.Context(), acme.ID, jobs[0].Ref); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the removal of nobody a second time: %v, want ErrNotFound", err)
		}
		wantCounts(t, s, acme.ID, nil)
	})
}
