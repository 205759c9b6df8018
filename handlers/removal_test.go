package handlers_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"herald/handlers/view"
	"herald/sandbox/slackd"
	"herald/store"
)

// wanderers is n more people whose names and addresses are as long as can be.
func wanderers(n int) []slackd.User {
	list := make([]slackd.User, n)
	for i := range list {
		handle := fmt.Sprintf("w%03d", i)
		list[i] = slackd.User{
			ID: "U8" + strings.ToUpper(handle), Name: handle, RealName: handle + strings.Repeat("🦊", 70),
			Email: handle + "." + strings.Repeat("x", 200) + "@acme.example",
		}
	}
	return list
}

func TestAnAdminRemovesThoseWhoAreSelected(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		a := w.as(ana)
		w.as(ann).opensHome()
		annID, boID := w.member(ann).ID, w.member(bo).ID
		list := a.types("/social members")
		list = a.clicks(list, a.in(list, view.ActionSelect, annID), annID)
		list = a.clicks(list, a.in(list, view.ActionSelect, boID), boID)
		a.presses(a.in(list, view.ActionRemoveN))
		modal := a.seesModal("Confirm Remove Users")
		for _, want := range []string{"These 2 accounts", "• Ann Lee — Employee — ann@acme.example", "• Bo García — Employee — bo@acme.example"} {
			if !strings.Contains(words(modal.Blocks), want) {
				t.Errorf("the confirmation does not say %q:\n%s", want, words(modal.Blocks))
			}
		}

		// Cancel changes nothing.
		w.must(a.CloseModal(w.ctx(), modal.ID, false))
		if !w.registered(ann) {
			t.Fatal("Ann was removed by Cancel")
		}
		a.presses(a.in(list, view.ActionRemoveN))
		modal = a.seesModal("Confirm Remove Users")
		if done := a.submits(modal, nil); done.Action != "clear" {
			t.Errorf("the confirmation was answered with %q %v", done.Action, done.Errors)
		}
		after := a.hears("Confirm", func(m slackd.Message) bool {
			return m.TS == list.TS && strings.Contains(says(m), "2 users were removed.")
		})
		if w.registered(ann) || w.registered(bo) {
			t.Error("somebody who was removed is still a member")
		}
		if said := says(after); strings.Contains(said, "Ann Lee") || !strings.Contains(said, "All (3)") || strings.Contains(said, "Remove Selected") {
			t.Errorf("the list afterwards:\n%s", said)
		}

		// Ann's Home tab becomes the sign-up screen. It names no link of hers until she asks.
		home := w.as(ann).seesHome("the sign-up screen", func(v slackd.View) bool { return strings.Contains(words(v.Blocks), "Sign up once") })
		sign := w.as(ann).at(home, view.ActionSignup)
		if sign.URL != "" {
			t.Errorf("the sign-up button of somebody just removed leads to %s", sign.URL)
		}
		w.as(ann).presses(sign)
		home = w.as(ann).homeAfter(home)
		if link := w.as(ann).at(home, view.ActionSignupLink); !strings.HasPrefix(link.URL, "https://jobs.acme.example/register/"+w.company.Key+"/") {
			t.Errorf("the sign-up button leads to %q", link.URL)
		}
	})
}

func TestAnAdminRemovesOneInTheHomeTab(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		a := w.as(ana)
		home := a.opensHome()
		a.presses(a.at(home, view.ActionMembers))
		home = a.homeAfter(home)
		a.presses(a.at(home, view.ActionRemove, w.member(ray).ID))
		a.submits(a.seesModal("This account and everything"), nil)
		home = a.seesHome("that it worked", func(v slackd.View) bool { return strings.Contains(words(v.Blocks), "1 user was removed.") })
		if w.registered(ray) || strings.Contains(words(home.Blocks), "Ray Rios") {
			t.Errorf("Ray is still there:\n%s", words(home.Blocks))
		}
	})
}

func TestAnAdminWhoRemovesThemselvesIsSignedOut(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		a := w.as(ana)
		old := a.types("/social members")
		a.opensHome()
		a.commands("/social remove @bo @ana")
		modal := a.seesModal("You are removing your own account.")
		a.submits(modal, nil)
		a.seesHome("the sign-up screen", func(v slackd.View) bool {
			return strings.Contains(words(v.Blocks), "Sign up once") && strings.Contains(words(v.Blocks), "2 users were removed. You are one of them")
		})
		a.hears("Confirm", func(m slackd.Message) bool { return strings.Contains(says(m), "You are one of them") })
		if w.registered(ana) || w.registered(bo) {
			t.Error("somebody who was removed is still a member")
		}

		// The old screen is dead, and the menu is for people who are not registered.
		a.presses(a.in(old, view.ActionSelect, w.member(ann).ID), w.member(ann).ID)
		a.hears("a dead screen", func(m slackd.Message) bool { return strings.Contains(says(m), "Only company admins can do that") })
		if got := says(a.types("/social")); !strings.Contains(got, "Sign up once") {
			t.Errorf("the menu says %q", got)
		}
	})
}

func TestTheLastAdminCannotGo(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		a := w.as(ana)
		list := a.types("/social members admins")
		list = a.clicks(list, a.in(list, view.ActionAll))
		list = a.clicks(list, a.in(list, view.ActionRemoveN))
		if !strings.Contains(says(list), view.LastAdmin) {
			t.Errorf("removing all admins, the list says:\n%s", says(list))
		}
		a.commands("/social remove @ben")
		a.submits(a.seesModal("Ben Bloom"), nil)
		a.hears("Confirm", func(m slackd.Message) bool { return strings.Contains(says(m), "1 user was removed.") })

		menu := a.types("/social")
		a.presses(a.in(menu, view.ActionLeave))
		a.hears("Leave", func(m slackd.Message) bool { return strings.Contains(says(m), view.LastAdmin) })
		if got := says(a.types("/social remove @ana")); !strings.Contains(got, view.LastAdmin) {
			t.Errorf("/social remove @ana: %q", got)
		}
		if !w.registered(ana) {
			t.Error("the last admin is gone")
		}
	})
}

func TestAnEmployeeLeaves(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		e := w.as(ann)
		menu := e.types("/social me")
		e.presses(e.in(menu, view.ActionLeave))
		modal := e.seesModal("Your account and everything Herald stores about you")
		if modal.Title != "Leave" {
			t.Errorf("the confirmation is called %q", modal.Title)
		}
		e.submits(modal, nil)
		e.hears("Leave", func(m slackd.Message) bool { return m.TS == menu.TS && strings.Contains(says(m), "You left.") })
		e.seesHome("the sign-up screen", func(v slackd.View) bool { return strings.Contains(words(v.Blocks), "Sign up once") })
		if w.registered(ann) {
			t.Error("Ann is still a member")
		}
		if got := says(e.types("/social me")); !strings.Contains(got, "Herald stores nothing about you any more, but for a code") {
			t.Errorf("/social me says %q", got)
		}

		// Coming back needs a new link and makes a new profile.
		link := e.in(e.types("/social"), view.ActionSignupLink)
		if link.URL == "" {
			t.Error("the menu has no link")
		}
		w.register(ann)
		if !w.registered(ann) {
			t.Error("Ann could not come back")
		}
	})
}

func TestWhoLeavesMayAskNotToBeInvitedAgain(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		leave := func(id string, values map[string][]string) {
			p := w.as(id)
			p.presses(p.in(p.types("/social me"), view.ActionLeave))
			p.submits(p.seesModal("Don't invite me again"), values)
			w.eventually("they left", func() bool { return !w.registered(id) })
		}
		leave(ann, map[string][]string{view.BlockNever: {"never"}})
		leave(bo, nil)
		got, err := w.store.Departures(w.ctx(), w.company.ID, []string{ann, bo})
		w.must(err)
		if got[ann].Reason != store.DepartedNever || got[bo].Reason != store.DepartedLeft {
			t.Errorf("departed: %+v", got)
		}
	})
}

func TestAnEmployeeLeavesFromTheHomeTab(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		e := w.as(ann)
		home := e.opensHome()
		e.presses(e.at(home, view.ActionMe))
		data := e.seesModal("What Herald stores about you")
		e.presses(e.at(data, view.ActionLeave))
		e.submits(e.seesModal("Your account and everything"), nil)
		e.seesHome("the goodbye", func(v slackd.View) bool { return strings.Contains(words(v.Blocks), "You left.") })
		if left := e.Modals(); w.registered(ann) || len(left) != 0 {
			t.Errorf("Ann is a member: %v; %d modals are left", w.registered(ann), len(left))
		}
	})
}

func TestWhatChangedMeanwhileIsConfirmedAnew(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		a := w.as(ana)
		a.commands("/social remove @ann @bo")
		modal := a.seesModal("Confirm Remove Users")
		_, err := w.store.SetType(w.ctx(), w.company.ID, store.Actor{SlackID: ben}, w.member(ann).ID, store.Recruiter)
		w.must(err)
		_, err = w.db.ExecContext(w.ctx(), `UPDATE connections SET company_page = 'Acme *Jobs*' WHERE member_id = $1`, w.member(bo).ID)
		w.must(err)
		if done := a.submits(modal, nil); done.Action != "update" {
			t.Errorf("old information was answered with %q", done.Action)
		}
		modal = a.seesModal("Something changed meanwhile")
		for _, want := range []string{"• Ann Lee — Recruiter — ann@acme.example", "*Bo García's account is connected to the company Facebook page “Acme ∗Jobs∗”.*"} {
			if !strings.Contains(words(modal.Blocks), want) || !w.registered(ann) || !w.registered(bo) {
				t.Errorf("the new list does not say %q:\n%s", want, words(modal.Blocks))
			}
		}
		a.submits(modal, nil)
		a.hears("Confirm", func(m slackd.Message) bool { return strings.Contains(says(m), "2 users were removed.") })
	})
}

func TestAListTooLongForAModalIsCompleteInAFile(t *testing.T) {
	t.Parallel()
	many := wanderers(310)
	each(t, options{members: many}, func(t *testing.T, w *world) {
		a := w.as(ana)
		list := a.types("/social members w")
		list = a.clicks(list, a.in(list, view.ActionAll))
		a.presses(a.in(list, view.ActionRemoveN))
		modal := a.seesModal("in the file that Herald just sent you")
		file := func() slackd.File {
			m, ok := a.LastMessage(a.DM())
			if !ok || len(m.Files) != 1 {
				t.Fatalf("Ana's messages end with %+v", m)
			}
			return m.Files[0]
		}
		first := file()
		for _, u := range many {
			if !strings.Contains(string(first.Content), u.Email) {
				t.Fatalf("%s is missing in the file", u.Name)
			}
		}

		// Cancel deletes the file, and nobody is removed.
		noFile := func() bool {
			return !slices.ContainsFunc(a.Messages(a.DM()), func(m slackd.Message) bool { return len(m.Files) > 0 })
		}
		w.must(a.CloseModal(w.ctx(), modal.ID, false))
		w.must(a.Await(w.ctx(), noFile))
		if !w.registered(many[0].ID) {
			t.Fatal("Cancel removed somebody")
		}
		a.presses(a.in(list, view.ActionRemoveN))
		modal = a.seesModal("in the file that Herald just sent you")
		first = file()

		// The number must be typed, and right.
		if done := a.submits(modal, map[string][]string{view.BlockCount: {"309"}}); done.Errors[view.BlockCount] == "" {
			t.Errorf("a wrong number was answered with %+v", done)
		}

		// Somebody leaves; the new list is too big for the acknowledgement, and comes with a new file.
		leaver := many[7]
		removal, err := w.store.ProposeRemoval(w.ctx(), w.company.ID, store.Actor{SlackID: leaver.ID}, "", []string{w.member(leaver.ID).ID})
		w.must(err)
		_, err = w.store.ConfirmRemoval(w.ctx(), w.company.ID, store.Actor{SlackID: leaver.ID}, removal.ID)
		w.must(err)
		w.eventually(leaver.ID+" is gone", func() bool { return !w.registered(leaver.ID) })
		a.submits(modal, map[string][]string{view.BlockCount: {"310"}})
		modal = a.seesModal("Please read the list again")
		if !strings.Contains(words(modal.Blocks), "in the file that Herald just sent you") {
			t.Errorf("the new list is %s", words(modal.Blocks))
		}
		if second := file(); second.ID == first.ID || strings.Contains(string(second.Content), leaver.Email) {
			t.Error("the file is still the old one")
		}
		a.submits(modal, map[string][]string{view.BlockCount: {"309"}})
		a.hears("Confirm", func(m slackd.Message) bool { return strings.Contains(says(m), "309 users were removed.") })
		w.must(a.Await(w.ctx(), noFile))
	})
}

func TestAListThatSlackDoesNotTakeAsAFileCannotBeConfirmed(t *testing.T) {
	t.Parallel()
	many := wanderers(310)
	each(t, options{members: many}, func(t *testing.T, w *world) {
		w.slack.Inject(slackd.Fault{Kind: slackd.APIError, Method: "files.getUploadURLExternal", Error: "missing_scope"})
		a := w.as(ana)
		list := a.types("/social members w")
		list = a.clicks(list, a.in(list, view.ActionAll))
		a.presses(a.in(list, view.ActionRemoveN))
		if modal := a.seesModal("Select fewer members"); modal.Submit != "" {
			t.Errorf("the modal still offers %q", modal.Submit)
		}
		var proposals int
		w.must(w.db.QueryRowContext(w.ctx(), `SELECT count(*) FROM removals`).Scan(&proposals))
		if proposals != 0 {
			t.Errorf("%d proposals are left", proposals)
		}
	})
}

func TestAConfirmedRemovalIsFinishedByWhoeverStartsNext(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		// The process that heard the confirmation died right after it.
		w.as(ana).opensHome()
		w.as(ann).opensHome()
		actor := store.Actor{SlackID: ana}
		removal, err := w.store.ProposeRemoval(w.ctx(), w.company.ID, actor, "", []string{w.member(ann).ID, w.member(ana).ID})
		w.must(err)
		_, err = w.store.ConfirmRemoval(w.ctx(), w.company.ID, actor, removal.ID)
		w.must(err)
		for _, id := range []string{ana, ann} {
			w.as(id).seesHome("the sign-up screen", func(v slackd.View) bool { return strings.Contains(words(v.Blocks), "Sign up once") })
		}
		if w.registered(ana) || w.registered(ann) {
			t.Error("the removal was not finished")
		}
	})
}

// confirms lets Ana confirm a removal; the process that heard her dies right after it.
func (w *world) confirms(screenID string, slackIDs ...string) {
	w.t.Helper()
	var ids []string
	for _, id := range slackIDs {
		ids = append(ids, w.member(id).ID)
	}
	actor := store.Actor{SlackID: ana}
	removal, err := w.store.ProposeRemoval(w.ctx(), w.company.ID, actor, screenID, ids)
	w.must(err)
	_, err = w.store.ConfirmRemoval(w.ctx(), w.company.ID, actor, removal.ID)
	w.must(err)
}

func TestWhoConfirmedARemovalSeesThatItWasFinishedByWhoeverStartsNext(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		a := w.as(ana)
		list := a.types("/social members")
		list = a.clicks(list, a.in(list, view.ActionSelect, w.member(ann).ID), w.member(ann).ID)
		screenID, _, _, _, ok := view.ParseBlockID(a.in(list, view.ActionSelect, w.member(ann).ID).BlockID)
		if !ok {
			t.Fatal("the list has no screen")
		}
		w.confirms(screenID, ann)
		after := a.becomes(list, "1 user was removed.")
		if strings.Contains(says(after), "Ann Lee") {
			t.Errorf("the list still names Ann:\n%s", says(after))
		}

		// The screen may be too old.
		w.confirms("", bo)
		a.gets("1 user was removed.")
	})
}

func TestARemovalThatFailsAtFirstIsShownOnceItWorked(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.settles()
		// The direct message does not get through either.
		w.slack.Inject(slackd.Fault{Kind: slackd.NoDM, User: ana, Error: "internal_error", Count: 1})
		w.confirms("", bo)
		w.failsOnce()
		w.as(ana).gets("1 user was removed.")
	})
}

func TestWhoConfirmedARemovalThatCanNoLongerRunIsTold(t *testing.T) {
	t.Parallel()
	each(t, options{noJobs: true}, func(t *testing.T, w *world) {
		w.confirms("", ana, bo)
		w.must(w.store.MirrorPeople(w.ctx(), w.company.ID, []store.Person{{SlackID: ben, Name: "Ben Bloom", Deactivated: true}}))
		w.runsJobs()
		w.as(ana).gets(view.LastAdmin)
		if !w.registered(ana) || !w.registered(bo) {
			t.Error("somebody was removed")
		}
	})
}

// runsJobs begins to do what was left undone.
func (w *world) runsJobs() {
	running, stop := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		if err := w.jobs.Run(running); err != nil {
			w.t.Errorf("run the jobs: %v", err)
		}
	})
	w.t.Cleanup(func() {
		stop()
		done.Wait()
	})
}

func TestAConfirmationThatIsRepeatedRemovesNobodyElse(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		a := w.as(ana)
		before, _, err := w.store.Audit(w.ctx(), w.company.ID, "", 100)
		w.must(err)
		w.slack.Inject(slackd.Fault{Kind: slackd.Duplicate, Count: 4})
		a.commands("/social remove @bo @ana")
		modal := a.seesModal("You are removing your own account.")
		a.submits(modal, nil)
		a.seesHome("the sign-up screen", func(v slackd.View) bool { return strings.Contains(words(v.Blocks), "Sign up once") })
		for _, m := range a.Messages(general) {
			if strings.Contains(says(m), "went wrong") || strings.Contains(says(m), "not there any more") {
				t.Errorf("after a success Ana reads %q", says(m))
			}
		}
		after, _, err := w.store.Audit(w.ctx(), w.company.ID, "", 100)
		w.must(err)
		removed := 0
		for _, e := range after[:len(after)-len(before)] {
			if e.Action == store.AuditRemoved || e.Action == store.AuditLeft {
				removed++
			}
		}
		if removed != 2 {
			t.Errorf("the audit log holds %d removals, want 2", removed)
		}
	})
}
