package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

func TestARemovalIsShownConfirmedAndExecuted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		admin, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		storetest.Admin(t, s, acme.ID, "Zoë Ek")
		members := storetest.Register(t, s, acme.ID, "Cy Wu", "Bo García")
		if err := s.Connect(ctx, acme.ID, members[1].ID, store.Account{Network: "facebook", Subject: "fb", CompanyPage: "Acme Jobs"}); err != nil {
			t.Fatal(err)
		}
		kinds(t, env)

		ids := []string{members[0].ID, admin.ID, members[1].ID, members[0].ID, "gone"}
		r, err := s.ProposeRemoval(ctx, acme.ID, ana, "screen", ids)
		if err != nil {
			t.Fatal(err)
		}
		want := []store.RemovalMember{
			{MemberID: admin.ID, SlackID: ana.SlackID, Name: "Ana Lima", Email: "ana-lima@home.example", Type: store.Admin, Self: true},
			{MemberID: members[1].ID, SlackID: members[1].SlackID, Name: "Bo García", Email: "bo-garcía@home.example", Type: store.Employee, CompanyPage: "Acme Jobs"},
			{MemberID: members[0].ID, SlackID: members[0].SlackID, Name: "Cy Wu", Email: "cy-wu@home.example", Type: store.Employee},
		}
		if !slices.Equal(r.Members, want) || r.Status != store.RemovalProposed || r.By != ana || r.ScreenID != "screen" || r.Shown != 3 {
			t.Errorf("proposed %+v, want %+v", r, want)
		}
		if err := s.SetRemovalFile(ctx, acme.ID, r.ID, "F1"); err != nil {
			t.Fatal(err)
		}
		got, err := s.Removal(ctx, acme.ID, ana, r.ID)
		if err != nil || !slices.Equal(got.Members, want) || got.FileID != "F1" {
			t.Errorf("loaded %+v, %v", got, err)
		}
		zoe := store.Actor{SlackID: storetest.SlackID("Zoë Ek")}
		for name, err := range map[string]error{
			"seen by Zoë":      second(s.Removal(ctx, acme.ID, zoe, r.ID)),
			"confirmed by Zoë": second(s.ConfirmRemoval(ctx, acme.ID, zoe, r.ID)),
			"dropped by Zoë":   second(s.DropRemoval(ctx, acme.ID, zoe, r.ID)),
			"executed early":   second(s.ExecuteRemoval(ctx, acme.ID, r.ID)),
		} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", name, err)
			}
		}
		wantJobs(t, env)

		if confirmed, err := s.ConfirmRemoval(ctx, acme.ID, ana, r.ID); err != nil || confirmed.Status != store.RemovalConfirmed {
			t.Fatalf("confirmed %+v, %v", confirmed, err)
		}
		if _, err := s.ConfirmRemoval(ctx, acme.ID, ana, r.ID); !errors.Is(err, store.ErrUsed) {
			t.Errorf("confirmed twice: %v, want ErrUsed", err)
		}
		if _, err := s.DropRemoval(ctx, acme.ID, ana, r.ID); !errors.Is(err, store.ErrUsed) {
			t.Errorf("dropped after that: %v, want ErrUsed", err)
		}
		wantJobs(t, env, store.JobRemoval)
		done, err := s.ExecuteRemoval(ctx, acme.ID, r.ID)
		if err != nil || done.Removed != 3 || !slices.Equal(done.Members, want) || done.FileID != "F1" {
			t.Errorf("executed %+v, %v", done, err)
		}
		again, err := s.ExecuteRemoval(ctx, acme.ID, r.ID)
		if err != nil || again.Removed != 3 || len(again.Members) != 0 || again.Status != store.RemovalDone {
			t.Errorf("executed again %+v, %v", again, err)
		}
		wantCounts(t, s, acme.ID, map[store.Group]int{store.All: 1, store.Admins: 1, store.OnNetwork("facebook"): 0})
		wantNames(t, names(t, s, acme.ID, store.RosterQuery{Group: store.All, Limit: 10}), []string{"Zoë Ek"})
		if _, err := s.SetType(ctx, acme.ID, ana, members[0].ID, store.Recruiter); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("the admin who removed herself still acts: %v, want ErrForbidden", err)
		}
	})
}

// second returns the second of two values.
func second[T any](_ T, err error) error { return err }

func TestAConfirmationHoldsOnlyForWhatItShowed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		m := storetest.Register(t, s, acme.ID, "Bo Ek", "Cy Wu", "Di Fox")
		propose := func(ids ...string) store.Removal {
			t.Helper()
			r, err := s.ProposeRemoval(ctx, acme.ID, ana, "", ids)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		both, one := propose(m[0].ID, m[1].ID), propose(m[0].ID)

		// Somebody became a recruiter.
		if _, err := s.SetType(ctx, acme.ID, ana, m[1].ID, store.Recruiter); err != nil {
			t.Fatal(err)
		}
		shown, err := s.ConfirmRemoval(ctx, acme.ID, ana, both.ID)
		if !errors.Is(err, store.ErrChanged) || len(shown.Members) != 2 || shown.Members[1].Type != store.Recruiter {
			t.Errorf("another type: %+v, %v; want ErrChanged and the new list", shown, err)
		}
		// Somebody is gone, by another removal.
		storetest.Remove(t, s, acme.ID, ana, m[0].ID)
		shown, err = s.ConfirmRemoval(ctx, acme.ID, ana, both.ID)
		if !errors.Is(err, store.ErrChanged) || len(shown.Members) != 1 || shown.Members[0].Name != "Cy Wu" {
			t.Errorf("one gone: %+v, %v; want ErrChanged and the new list", shown, err)
		}
		if _, err := s.ConfirmRemoval(ctx, acme.ID, ana, one.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("all gone: %v, want ErrNotFound", err)
		}
		// A profile on a company page.
		if err := s.Connect(ctx, acme.ID, m[1].ID, store.Account{Network: "facebook", Subject: "fb", CompanyPage: "Acme Jobs"}); err != nil {
			t.Fatal(err)
		}
		shown, err = s.ConfirmRemoval(ctx, acme.ID, ana, both.ID)
		if !errors.Is(err, store.ErrChanged) || shown.Members[0].CompanyPage != "Acme Jobs" {
			t.Errorf("a company page: %+v, %v; want ErrChanged and the new list", shown, err)
		}
		wantCounts(t, s, acme.ID, map[store.Group]int{store.All: 3})
		if _, err := s.ConfirmRemoval(ctx, acme.ID, ana, both.ID); err != nil {
			t.Errorf("what was shown last: %v", err)
		}
		dropped := propose(m[2].ID)
		if got, err := s.DropRemoval(ctx, acme.ID, ana, dropped.ID); err != nil || len(got.Members) != 1 {
			t.Errorf("dropped %+v, %v", got, err)
		}
		if _, err := s.ConfirmRemoval(ctx, acme.ID, ana, dropped.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("confirmed after that: %v, want ErrNotFound", err)
		}
	})
}

func TestWhoMayRemoveWhom(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		admin, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		m := storetest.Register(t, s, acme.ID, "Bo Ek", "Cy Wu")
		bo, stranger, cli := store.Actor{SlackID: m[0].SlackID}, store.Actor{SlackID: "U0STRANGER"}, store.Actor{CLI: true}
		for _, tt := range []struct {
			name string
			by   store.Actor
			ids  []string
			want error
		}{
			{"an employee leaves", bo, []string{m[0].ID}, nil},
			{"an employee removes another", bo, []string{m[1].ID}, store.ErrForbidden},
			{"an employee removes himself and another", bo, []string{m[0].ID, m[1].ID}, store.ErrForbidden},
			{"an employee guesses ids", bo, []string{"guess"}, store.ErrForbidden},
			{"a stranger", stranger, []string{m[0].ID}, store.ErrForbidden},
			{"nobody", store.Actor{}, []string{m[0].ID}, store.ErrForbidden},
			{"an admin", ana, []string{m[0].ID, m[1].ID}, nil},
			{"an admin, nobody", ana, []string{"gone"}, store.ErrNotFound},
			{"the last admin leaves", ana, []string{admin.ID}, store.ErrLastAdmin},
			{"the last admin and everybody", ana, []string{admin.ID, m[0].ID, m[1].ID}, store.ErrLastAdmin},
			{"the command line, the last admin", cli, []string{admin.ID}, store.ErrLastAdmin},
			{"the command line", cli, []string{m[0].ID}, nil},
			{"too many", ana, make([]string, store.SelectionLimit+1), store.ErrTooMany},
		} {
			r, err := s.ProposeRemoval(ctx, acme.ID, tt.by, "", tt.ids)
			if !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
			}
			if err == nil {
				if _, err := s.DropRemoval(ctx, acme.ID, tt.by, r.ID); err != nil {
					t.Errorf("%s: drop: %v", tt.name, err)
				}
			}
		}
		env.Clock.Advance(time.Second)
		// Bo proposed to leave; meanwhile he could be anything, but the list is still only himself.
		r, err := s.ProposeRemoval(ctx, acme.ID, bo, "", []string{m[0].ID})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.ConfirmRemoval(ctx, acme.ID, bo, r.ID); err != nil {
			t.Fatal(err)
		}
		if done, err := s.ExecuteRemoval(ctx, acme.ID, r.ID); err != nil || done.Removed != 1 || !done.Members[0].Self {
			t.Errorf("left: %+v, %v", done, err)
		}
		events, _, err := s.Audit(ctx, acme.ID, "", 2)
		events = slices.DeleteFunc(events, func(e store.AuditEvent) bool { return e.Action == store.AuditErased })
		if err != nil || events[0].Action != store.AuditLeft || events[0].Subject != nil || events[0].Actor != nil || len(events[0].SubjectHash) != 8 {
			t.Errorf("audit %+v, %v; want that somebody left", events, err)
		}
	})
}

// TestTheLastAdminStays lets admins remove each other, leave and be demoted at the same time, in every order that comes.
func TestTheLastAdminStays(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		ctx := t.Context()
		for round := range 5 {
			c, err := s.InstallCompany(ctx, store.Workspace{TeamID: fmt.Sprintf("T%d", round), Name: "Acme"})
			if err != nil {
				t.Fatal(err)
			}
			admins := map[string]store.Member{}
			for i := range 4 {
				m, _ := storetest.Admin(t, s, c.ID, fmt.Sprintf("Admin %d", i))
				admins[m.ID] = m
			}
			var wg sync.WaitGroup
			refused := 0
			var mu sync.Mutex
			try := func(what string, do func() error) {
				wg.Go(func() {
					err := do()
					mu.Lock()
					defer mu.Unlock()
					if errors.Is(err, store.ErrLastAdmin) {
						refused++
					}
					for _, expected := range []error{
						nil, store.ErrLastAdmin, store.ErrForbidden, store.ErrNotFound, store.ErrChanged, store.ErrClosed, store.ErrExists,
					} {
						if errors.Is(err, expected) {
							return
						}
					}
					t.Errorf("%s: %v", what, err)
				})
			}
			for id, m := range admins {
				by := store.Actor{SlackID: m.SlackID}
				try("leave", func() error { return remove(t, s, c.ID, by, id) })
				for other := range admins {
					if other != id {
						try("remove another", func() error { return remove(t, s, c.ID, by, other) })
					}
				}
				try("be demoted", func() error {
					c0, err := s.OpenCase(ctx, c.ID, by, id, store.Employee, "tired")
					if err != nil {
						return err
					}
					_, err = s.DecideCase(ctx, c.ID, store.Actor{SlackID: "UOPS"}, c0.ID, true, "")
					return err
				})
			}
			wg.Wait()
			left, err := s.Admins(ctx, c.ID, 10)
			if err != nil {
				t.Fatal(err)
			}
			if len(left) == 0 {
				t.Fatalf("round %d: no company admin is left", round)
			}
			if len(left) == 1 && refused == 0 {
				t.Errorf("round %d: one admin is left, and nobody was told why", round)
			}
			wantCounts(t, s, c.ID, map[store.Group]int{store.Admins: len(left)})
		}
	})
}

func remove(t *testing.T, s *store.Store, companyID string, by store.Actor, memberIDs ...string) error {
	t.Helper()
	r, err := s.ProposeRemoval(t.Context(), companyID, by, "", memberIDs)
	if err != nil {
		return err
	}
	if _, err := s.ConfirmRemoval(t.Context(), companyID, by, r.ID); err != nil {
		return err
	}
	_, err = s.ExecuteRemoval(t.Context(), companyID, r.ID)
	return err
}

func TestADeactivatedAdminIsNoAdmin(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		admin, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		_, zoe := storetest.Admin(t, s, acme.ID, "Zoe Ek")
		if err := s.MirrorPeople(ctx, acme.ID, []store.Person{{SlackID: zoe.SlackID, Name: "Zoe Ek", Deactivated: true}}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ProposeRemoval(ctx, acme.ID, ana, "", []string{admin.ID}); !errors.Is(err, store.ErrLastAdmin) {
			t.Errorf("the only admin who can act leaves: %v, want ErrLastAdmin", err)
		}
		if _, err := s.ProposeRemoval(ctx, acme.ID, zoe, "", []string{admin.ID}); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("a deactivated admin acts: %v, want ErrForbidden", err)
		}
	})
}

func TestARemovalThatCanNoLongerRunIsOver(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		admin, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		zoeID, zoe := storetest.Admin(t, s, acme.ID, "Zoe Ek")
		bo := storetest.Register(t, s, acme.ID, "Bo Ek")[0]
		r, err := s.ProposeRemoval(ctx, acme.ID, ana, "screen", []string{zoeID.ID, bo.ID})
		if err == nil {
			err = s.SetRemovalFile(ctx, acme.ID, r.ID, "F1")
		}
		if err == nil {
			_, err = s.ConfirmRemoval(ctx, acme.ID, ana, r.ID)
		}
		deactivate := func(by store.Actor, name string, gone bool) {
			t.Helper()
			if err := s.MirrorPeople(ctx, acme.ID, []store.Person{{SlackID: by.SlackID, Name: name, Deactivated: gone}}); err != nil {
				t.Fatal(err)
			}
		}
		if err != nil {
			t.Fatal(err)
		}

		// Before it runs, Ana's account in Slack ends: only Zoe could act.
		deactivate(ana, "Ana Lima", true)
		got, err := s.ExecuteRemoval(ctx, acme.ID, r.ID)
		if !errors.Is(err, store.ErrLastAdmin) || got.By != ana || got.ScreenID != "screen" || len(got.Members) != 2 {
			t.Errorf("executed %+v, %v; want ErrLastAdmin and what was not done", got, err)
		}
		wantFilesDeleted(t, env, "it is over", "F1")
		deactivate(ana, "Ana Lima", false)
		if _, err := s.ExecuteRemoval(ctx, acme.ID, r.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("executed some other day: %v, want ErrNotFound", err)
		}
		if got := storetest.Dump(t, env); strings.Contains(got, "removal_members: ") {
			t.Error("its list is stored for ever")
		}
		// Zoe counts as an admin again: she is not about to be removed.
		if err := remove(t, s, acme.ID, ana, admin.ID); err != nil {
			t.Errorf("Ana leaves: %v", err)
		}
		if _, err := s.SetType(ctx, acme.ID, zoe, bo.ID, store.Recruiter); err != nil {
			t.Errorf("Zoe acts: %v", err)
		}
	})
}

// wantFilesDeleted takes the jobs that delete files, and compares which files those are.
func wantFilesDeleted(t *testing.T, env *storetest.Env, when string, want ...string) {
	t.Helper()
	var got []string
	for _, j := range storetest.TakeJobs(t, env, store.JobDeleteFile) {
		got = append(got, j.Ref)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%s: the files %q are deleted, want %q", when, got, want)
	}
}

// blankCards does the jobs for cards that are gone, as whoever redraws messages does, and expects the operator's card of the case.
func blankCards(t *testing.T, s *store.Store, env *storetest.Env, companyID, caseID string) {
	t.Helper()
	jobs := storetest.TakeJobs(t, env, store.JobCardsGone)
	var found []store.Card
	for _, j := range jobs {
		cards, err := s.Cards(t.Context(), companyID, store.JobCaseCard, j.Ref)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, cards...)
		for _, err := range []error{
			s.DropCards(t.Context(), companyID, store.JobCaseCard, j.Ref), s.DropCards(t.Context(), companyID, store.JobConfirmDM, j.Ref),
			s.DropCards(t.Context(), companyID, store.JobApprovalCard, j.Ref),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if !slices.ContainsFunc(jobs, func(j store.Job) bool { return j.Ref == caseID }) {
		t.Errorf("the cards of the case are not blanked: %+v", jobs)
	}
	if !slices.Equal(found, []store.Card{{SlackID: "UOPS", Channel: "D0OPSCARD", TS: "2.2"}}) {
		t.Errorf("the cards %+v are blanked, want the operator's", found)
	}
}

// eraseMessages deletes the messages of a removal, as the job does, and expects the victim's one.
func eraseMessages(t *testing.T, s *store.Store, companyID, removalID string) {
	t.Helper()
	list, err := s.Erasures(t.Context(), companyID, removalID, 100)
	if err != nil || len(list) != 1 || list[0].Channel != "D0VICKY" || list[0].TS != "1.1" {
		t.Fatalf("to be deleted: %+v, %v", list, err)
	}
	for range 2 { // the second time does not count
		if err := s.SettleErasure(t.Context(), companyID, list[0].ID, store.MessageDeleted); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNoFileOfARemovalStaysInSlack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		zoeID, zoe := storetest.Admin(t, s, acme.ID, "Zoe Ek")
		m := storetest.Register(t, s, acme.ID, "Bo Ek", "Cy Wu", "Di Fox", "Ed Gil")
		propose := func(by store.Actor, file string, ids ...string) store.Removal {
			t.Helper()
			r, err := s.ProposeRemoval(ctx, acme.ID, by, "", ids)
			if err == nil {
				err = s.SetRemovalFile(ctx, acme.ID, r.ID, file)
			}
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}

		dropped := propose(ana, "F1", m[0].ID)
		wantFilesDeleted(t, env, "proposed")
		must(second(s.DropRemoval(ctx, acme.ID, ana, dropped.ID)))
		wantFilesDeleted(t, env, "dropped", "F1")
		if err := s.SetRemovalFile(ctx, acme.ID, dropped.ID, "F2"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a file for a removal that was dropped meanwhile: %v, want ErrNotFound", err)
		}
		wantFilesDeleted(t, env, "too late", "F2")

		propose(ana, "F3", m[0].ID)
		env.Clock.Advance(25 * time.Hour)
		must(s.Tidy(ctx))
		wantFilesDeleted(t, env, "forgotten for a day", "F3")

		changed := propose(ana, "F4", m[0].ID)
		must(second(s.SetType(ctx, acme.ID, ana, m[0].ID, store.Recruiter)))
		if again, err := s.ConfirmRemoval(ctx, acme.ID, ana, changed.ID); !errors.Is(err, store.ErrChanged) || again.FileID != "" {
			t.Errorf("another type: %+v, %v; want ErrChanged and no file", again, err)
		}
		wantFilesDeleted(t, env, "the list changed", "F4")
		must(s.SetRemovalFile(ctx, acme.ID, changed.ID, "F5"))
		must(s.SetRemovalFile(ctx, acme.ID, changed.ID, "F6"))
		wantFilesDeleted(t, env, "replaced by another file", "F5")
		must(second(s.ConfirmRemoval(ctx, acme.ID, ana, changed.ID)))
		must(second(s.ExecuteRemoval(ctx, acme.ID, changed.ID)))
		must(second(s.ExecuteRemoval(ctx, acme.ID, changed.ID)))
		wantFilesDeleted(t, env, "executed", "F6")

		// Zoe's own list goes with her, and so does Ana's, which names her. Ana's other list names nobody who is gone.
		propose(zoe, "F7", m[1].ID)
		listed := propose(ana, "F8", zoeID.ID, m[2].ID)
		other := propose(ana, "F9", m[3].ID)
		storetest.Remove(t, s, acme.ID, ana, zoeID.ID)
		wantFilesDeleted(t, env, "purged", "F7", "F8")
		for r, file := range map[string]string{listed.ID: "", other.ID: "F9"} {
			if got, err := s.Removal(ctx, acme.ID, ana, r); err != nil || got.FileID != file {
				t.Errorf("afterwards %+v, %v; want the file %q", got, err, file)
			}
		}

		// What is done is remembered for a day.
		env.Clock.Advance(25 * time.Hour)
		must(s.Tidy(ctx))
		wantFilesDeleted(t, env, "a day later", "F9")
		if got := storetest.Dump(t, env); strings.Contains(got, "\nremovals: ") {
			t.Error("a removal that is done is remembered for ever")
		}
	})
}

// TestNothingNamesThePurged gives one person everything that Herald can store about somebody, removes them, and looks for it.
func TestNothingNamesThePurged(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"removed by an admin", "left"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
				w := newPurgeWorld(t, s)
				before := storetest.Dump(t, env)
				for what, trace := range w.traces {
					if !strings.Contains(before, trace) && !strings.HasPrefix(what, "secret") {
						t.Errorf("the test stores no %s", what)
					}
				}
				var removal store.Removal
				if way == "left" {
					removal = storetest.Remove(t, s, w.companyID, w.vic, w.victim.ID)
				} else {
					removal = storetest.Remove(t, s, w.companyID, w.ana, w.victim.ID, w.extra.ID)
				}
				if removal.Removed == 0 {
					t.Fatal("nobody was removed")
				}
				wantFilesDeleted(t, env, way, "F0VICKYDATA", "F0VICKYFILE")
				for _, file := range []string{"F0VICKYDATA", "F0VICKYFILE"} {
					if err := s.SettleFile(t.Context(), w.companyID, file, store.MessageDeleted); err != nil {
						t.Fatal(err)
					}
				}
				eraseMessages(t, s, w.companyID, removal.ID)
				blankCards(t, s, env, w.companyID, w.about)
				if err := s.Tidy(t.Context()); err != nil { // the file of SQLite holds what the jobs were
					t.Fatal(err)
				}
				after := storetest.Dump(t, env)
				for what, trace := range w.traces {
					if at := strings.Index(after, trace); at >= 0 {
						t.Errorf("the %s %q is still there: …%q…", what, trace, after[max(0, at-200):min(len(after), at+200)])
					}
				}
				wantCounts(t, s, w.companyID, nil)
				for _, token := range w.tokens {
					if _, err := s.InviteByToken(t.Context(), w.companyID, token); !errors.Is(err, store.ErrRemoved) {
						t.Errorf("an old link: %v, want ErrRemoved", err)
					}
				}
				if _, err := s.TakeAuthorization(t.Context(), "linkedin", "state", "browser"); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("the consent that was under way: %v, want ErrNotFound", err)
				}
				// The others are as they were.
				if _, err := s.Case(t.Context(), w.companyID, w.requested); err != nil {
					t.Errorf("the case they requested: %v", err)
				}
				if _, err := s.MemberBySlackID(t.Context(), w.companyID, w.ana.SlackID); err != nil {
					t.Errorf("the other admin: %v", err)
				}
				// Nor does the directory bring them back.
				if err := s.MirrorPeople(t.Context(), w.companyID, []store.Person{w.entry}); err != nil {
					t.Fatal(err)
				}
				if strings.Contains(storetest.Dump(t, env), w.traces["name"]) {
					t.Error("the directory brought them back")
				}
				// With a new link they register again, as somebody new.
				token, err := s.SignupToken(t.Context(), w.companyID, w.entry.SlackID)
				if err != nil {
					t.Fatal(err)
				}
				signup, err := s.Register(t.Context(), store.Authorization{CompanyID: w.companyID, Token: token}, w.account, &w.entry)
				if err != nil || signup.Member.ID == w.victim.ID || signup.Member.Type != store.Employee {
					t.Errorf("back again: %+v, %v", signup, err)
				}
				if a, err := s.Access(t.Context(), w.companyID, w.entry.SlackID); err != nil || a.Forgotten || a.Member == nil {
					t.Errorf("access: %+v, %v", a, err)
				}
			})
		})
	}
}

type purgeWorld struct {
	companyID     string
	ana, vic      store.Actor
	victim, extra store.Member
	entry         store.Person
	account       store.Account
	requested     string // case
	about         string // case about the victim
	tokens        []string
	traces        map[string]string
}

func newPurgeWorld(t *testing.T, s *store.Store) purgeWorld {
	t.Helper()
	ctx := t.Context()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	acme := storetest.Company(t, s)
	w := purgeWorld{companyID: acme.ID}
	_, w.ana = storetest.Admin(t, s, acme.ID, "Ana Lima")
	w.extra = storetest.Register(t, s, acme.ID, "Ed Extra")[0]
	other := storetest.Register(t, s, acme.ID, "Olga Other")[0]
	w.entry = store.Person{
		SlackID: "U0VICTIM77", Name: "Vićtoria Victím", Handle: "vicky.handle", Email: "Vicky@Victims.example", TimeZone: "Arctic/Longyearbyen",
	}
	w.vic = store.Actor{SlackID: w.entry.SlackID}
	w.account = store.Account{
		Network: "linkedin", Subject: "li-subject-4711", Name: "Vicky at LinkedIn", Email: "vicky@home.example",
		Token: "linkedin-access-token", CompanyPage: "Vicky's Page",
	}

	// In the directory, invited, the invitation delivered, then registered through the own link.
	check(s.MirrorPeople(ctx, acme.ID, []store.Person{w.entry}))
	p, err := s.PersonBySlackID(ctx, acme.ID, w.entry.SlackID)
	check(err)
	out, err := s.Invite(ctx, acme.ID, w.ana, []string{p.ID}, store.InviteOptions{})
	check(err)
	_, dm, err := s.OpenInvite(ctx, acme.ID, out[0].Invite.ID)
	check(err)
	remindVictim(t, s, w, p)
	self, err := s.SignupToken(ctx, acme.ID, w.entry.SlackID)
	check(err)
	signup, err := s.Register(ctx, store.Authorization{CompanyID: acme.ID, Token: self, Email: "vicky.entered@mail.example"}, w.account, nil)
	check(err)
	w.victim = *signup.Member

	// Two networks more: one with a Page, through a link, of which she is yet to be told, and one on a server of its own.
	facebook := store.Account{
		Network: "facebook", Subject: "fb-subject-4712", Name: "Vicky at Facebook", Email: "vicky@facebook.example", Token: "facebook-access-token",
		Scopes: "public_profile email", CompanyPage: "Vicky's Bakery",
	}
	mastodon := store.Account{
		Network: "mastodon", Subject: "vicky-4713@toots.example", Name: "Vicky at Mastodon", Token: "mastodon-access-token", OwnToken: true,
	}
	more, err := s.SignupToken(ctx, acme.ID, w.entry.SlackID)
	check(err)
	_, err = s.Register(ctx, store.Authorization{CompanyID: acme.ID, Token: more}, facebook, nil)
	check(err)
	check(s.Connect(ctx, acme.ID, w.victim.ID, mastodon))
	w.tokens = []string{dm, self, more}
	card := store.Card{SlackID: w.entry.SlackID, Channel: "D0VICKY", TS: "1.1"}
	check(s.SaveCard(ctx, acme.ID, store.JobInviteDM, out[0].Invite.ID, card))
	check(s.SaveMessage(ctx, acme.ID, card))
	check(s.SaveFile(ctx, acme.ID, w.entry.SlackID, "F0VICKYDATA", time.Time{}))

	// Made an admin, with a request of her own and one about her; she invited somebody.
	_, err = s.GrantAdmin(ctx, acme.ID, store.Actor{CLI: true}, w.entry.SlackID)
	check(err)
	asked, err := s.OpenCase(ctx, acme.ID, w.vic, other.ID, store.Admin, "because Vicky says so")
	check(err)
	w.requested = asked.ID
	about, err := s.OpenCase(ctx, acme.ID, w.ana, w.victim.ID, store.Employee, "reason about victim")
	check(err)
	w.about = about.ID
	check(s.SaveCard(ctx, acme.ID, store.JobCaseCard, about.ID, store.Card{SlackID: "UOPS", Channel: "D0OPSCARD", TS: "2.2"}))
	decided, err := s.OpenCase(ctx, acme.ID, w.ana, w.extra.ID, store.Admin, "another")
	check(err)
	_, err = s.DecideCase(ctx, acme.ID, w.vic, decided.ID, false, "decision of Vicky")
	check(err)
	newcomer := storetest.Mirror(t, s, acme.ID, "Nia New")[0]
	_, err = s.Invite(ctx, acme.ID, w.vic, []string{newcomer.ID}, store.InviteOptions{})
	check(err)

	// Screens of hers, with selections; others' screens that search for her, stand at her and have her selected.
	for _, viewer := range []string{w.vic.SlackID, w.ana.SlackID} {
		screen, err := s.OpenScreen(ctx, store.Screen{
			CompanyID: acme.ID, Viewer: viewer, Surface: store.OnMessage, ResponseURL: "https://hooks.example/U0VICTIM77", Group: store.All,
			Search: "vicky@victims.example",
		})
		check(err)
		page, err := s.Roster(ctx, acme.ID, store.RosterQuery{Group: store.All, Limit: 1})
		check(err)
		screen.After = page.Next
		_, err = s.SaveScreen(ctx, screen)
		check(err)
		check(s.Select(ctx, acme.ID, screen.ID, []string{w.victim.ID, other.ID}, true))
	}
	// Removals that were proposed: hers, and another one of hers truly.
	_, err = s.ProposeRemoval(ctx, acme.ID, w.ana, "", []string{w.victim.ID, other.ID})
	check(err)
	mine, err := s.ProposeRemoval(ctx, acme.ID, w.vic, "", []string{other.ID})
	check(err)
	check(s.SetRemovalFile(ctx, acme.ID, mine.ID, "F0VICKYFILE"))

	// A consent under way with an own link, and sign-ups that wait with her addresses and her account.
	late, err := s.SignupToken(ctx, acme.ID, w.entry.SlackID)
	check(err)
	w.tokens = append(w.tokens, late)
	check(s.BeginAuthorization(ctx, store.Authorization{CompanyID: acme.ID, Network: "linkedin", Token: late, Email: "vicky@late.example"}, "state", "browser"))
	for i, email := range []string{"vicky@victims.example", "vicky.entered@mail.example"} {
		_, err = s.Register(ctx, store.Authorization{CompanyID: acme.ID, Email: email}, storetest.LinkedIn(fmt.Sprintf("Vicky Again %d", i)), nil)
		check(err)
	}
	_, err = s.RunReminders(ctx, acme.ID, w.vic)
	check(err)
	// She skipped a run that she was told of, and does not want to be told any more.
	preview, err := store.AnyPreview(ctx, s)
	check(err)
	check(s.SaveReminders(ctx, acme.ID, w.ana, todays()))
	skipped, err := s.SkipReminders(ctx, acme.ID, w.vic, preview)
	check(err)
	if skipped.State != store.PreviewSkipped {
		t.Fatalf("the run she skipped: %+v", skipped)
	}
	check(s.SaveCard(ctx, acme.ID, store.JobPreview, preview, store.Card{SlackID: w.entry.SlackID, Channel: "D0VICKY", TS: "3.3"}))
	check(s.TellPreviews(ctx, acme.ID, w.victim.ID, false))
	check(s.Record(ctx, acme.ID, w.vic, store.AuditExported, 3))
	// What was written so far lies in the database file, not only in the log.
	check(s.Tidy(ctx))

	w.traces = map[string]string{
		"name": w.entry.Name, "folded name": "victoria victim", "given name": "Vićtoria", "word": "victim", "handle": w.entry.Handle,
		"email": w.entry.Email, "folded email": "vicky@victims.example", "entered email": "vicky.entered@mail.example",
		"Slack id": w.entry.SlackID, "LinkedIn id": w.account.Subject, "company page": w.account.CompanyPage,
		"time zone": w.entry.TimeZone, "person id": w.victim.ID, "invite": out[0].Invite.ID, "DM": "D0VICKY", "operator's card": "D0OPSCARD",
		"request": "because Vicky says so", "request about her": "reason about victim", "decision": "decision of Vicky", "file": "F0VICKYFILE",
		"file she got": "F0VICKYDATA",
		"Facebook id":  facebook.Subject, "Facebook Page": facebook.CompanyPage, "Mastodon account": mastodon.Subject, "Mastodon server": "toots.example",
		"secret token at Facebook": facebook.Token, "secret name at Facebook": facebook.Name, "secret address at Facebook": facebook.Email,
		"secret token at Mastodon": mastodon.Token, "secret name at Mastodon": mastodon.Name, "secret second link": more,
		"secret token": w.account.Token, "secret link": self, "secret invitation": dm,
		"secret of a late link": late, "secret name at the network": w.account.Name, "secret address at the network": w.account.Email,
	}
	return w
}
