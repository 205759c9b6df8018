package handlers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"herald/handlers/view"
	"herald/sandbox/slackd"
	"herald/store"
)

// crowd is n more people, whose names sort behind everybody else's.
func crowd(n int) []slackd.User {
	list := make([]slackd.User, n)
	for i := range list {
		list[i] = slackd.User{ID: fmt.Sprintf("U9%03d", i), Name: fmt.Sprintf("zed%03d", i), RealName: fmt.Sprintf("Zed %03d", i), Email: fmt.Sprintf("zed%03d@acme.example", i)}
	}
	return list
}

// ticked returns the members whose boxes are ticked in what somebody sees.
func ticked(list []slackd.Element) []string {
	var ids []string
	for _, e := range list {
		if e.ActionID == view.ActionSelect {
			ids = append(ids, e.Selected...)
		}
	}
	return ids
}

func TestAnAdminPagesFiltersSearchesAndSelects(t *testing.T) {
	t.Parallel()
	each(t, options{members: crowd(20)}, func(t *testing.T, w *world) {
		a := w.as(ana)
		list := a.types("/social members")
		for _, want := range []string{"25 members", "Page 1 of 3", "All (25)", "Company admins (2)", "Recruiters (1)", "Not registered (2)", "Ana Alves · @ana", "LinkedIn · since 22 Nov", w.company.Key} {
			if !strings.Contains(says(list), want) {
				t.Errorf("the list does not say %q:\n%s", want, says(list))
			}
		}
		if others := w.as(ben).Messages(general); len(others) != 0 {
			t.Error("Ben sees Ana's list")
		}

		// Tick two, go on, tick one, come back: the ticks are still there.
		list = a.clicks(list, a.in(list, view.ActionSelect, w.member(ann).ID), w.member(ann).ID)
		list = a.clicks(list, a.in(list, view.ActionSelect, w.member(bo).ID), w.member(bo).ID)
		list = a.clicks(list, a.in(list, view.ActionNext))
		if !strings.Contains(says(list), "Page 2 of 3") || !strings.Contains(says(list), "Remove Selected (2)") {
			t.Fatalf("the second page says:\n%s", says(list))
		}
		if got := ticked(a.MessageElements(general, list.TS)); len(got) != 0 {
			t.Errorf("ticked on the second page: %v", got)
		}
		zed := w.member("U9009").ID
		list = a.clicks(list, a.in(list, view.ActionSelect, zed), zed)
		list = a.clicks(list, a.in(list, view.ActionPrev))
		if got, want := ticked(a.MessageElements(general, list.TS)), []string{w.member(ann).ID, w.member(bo).ID}; !strings.Contains(says(list), "Page 1 of 3") || !slices.Equal(got, want) {
			t.Errorf("back on the first page, ticked %v, want %v:\n%s", got, want, says(list))
		}
		list = a.clicks(list, a.in(list, view.ActionSelect, w.member(bo).ID)) // no value: unticked
		if got, want := ticked(a.MessageElements(general, list.TS)), []string{w.member(ann).ID}; !slices.Equal(got, want) {
			t.Errorf("after unticking Bo, ticked %v, want %v", got, want)
		}

		// Filter and search, select all of them, and clear: the selection is of people, not of what is shown.
		list = a.clicks(list, a.in(list, view.ActionFilter), string(store.Admins))
		if !strings.Contains(says(list), "Ben Bloom") || strings.Contains(says(list), "Ann Lee") {
			t.Errorf("the company admins are:\n%s", says(list))
		}
		list = a.clicks(list, a.in(list, view.ActionAll))
		if got := ticked(a.MessageElements(general, list.TS)); len(got) != 2 || !strings.Contains(says(list), "Remove Selected (4)") {
			t.Errorf("after Select all, ticked %v:\n%s", got, says(list))
		}
		list = a.clicks(list, a.in(list, view.ActionFilter), string(store.All))
		list = a.clicks(list, a.in(list, view.ActionSearch), "  LE   an ")
		if !strings.Contains(says(list), "Ann Lee") || strings.Contains(says(list), "Ana Alves · @ana\n") {
			t.Errorf("«le an» finds:\n%s", says(list))
		}
		list = a.clicks(list, a.in(list, view.ActionSearch), "no*body`<!channel>")
		if !strings.Contains(says(list), "Nobody matches `no*bodyˋ&lt;!channel&gt;`") {
			t.Errorf("nobody found, and the list says:\n%s", says(list))
		}
		list = a.clicks(list, a.in(list, view.ActionClear))
		if !strings.Contains(says(list), "Page 1 of 3") || !strings.Contains(says(list), "Remove Selected (4)") {
			t.Errorf("after Clear:\n%s", says(list))
		}
		list = a.clicks(list, a.in(list, view.ActionNone))
		if got := ticked(a.MessageElements(general, list.TS)); len(got) != 0 || has(a.MessageElements(general, list.TS), view.ActionRemoveN) {
			t.Errorf("after Clear selection, ticked %v", got)
		}

		list = a.clicks(list, a.in(list, view.ActionFilter), string(store.Unregistered))
		if !strings.Contains(says(list), "Eve Adams · @eve") || has(a.MessageElements(general, list.TS), view.ActionAll) {
			t.Errorf("not registered:\n%s", says(list))
		}
	})
}

func TestTheHomeTabShowsTheSameList(t *testing.T) {
	t.Parallel()
	each(t, options{members: crowd(12)}, func(t *testing.T, w *world) {
		a := w.as(ana)
		home := a.opensHome()
		if !strings.Contains(words(home.Blocks), "17 registered of 19") {
			t.Errorf("the menu says:\n%s", words(home.Blocks))
		}
		a.presses(a.at(home, view.ActionMembers))
		home = a.homeAfter(home)
		a.presses(a.at(home, view.ActionSelect, w.member(ann).ID), w.member(ann).ID)
		home = a.homeAfter(home)
		a.presses(a.at(home, view.ActionNext))
		home = a.homeAfter(home)
		if said := words(home.Blocks); !strings.Contains(said, "Page 2 of 2") || !strings.Contains(said, "Remove Selected (1)") {
			t.Errorf("the second page says:\n%s", said)
		}

		// The place survives closing the tab; the way back leaves the menu alone.
		home = a.opensHome()
		if !strings.Contains(words(home.Blocks), "Page 2 of 2") {
			t.Errorf("opened again, the tab says:\n%s", words(home.Blocks))
		}
		a.presses(a.at(home, view.ActionHomeMenu))
		home = a.homeAfter(home)
		if has(a.ViewElements(home.ID), view.ActionSelect) {
			t.Error("the list is still below the menu")
		}
	})
}

func TestAnAdminChangesUserTypes(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		a := w.as(ana)
		list := a.types("/social members")
		list = a.clicks(list, a.in(list, view.ActionType, w.member(ann).ID), "employee:recruiter")
		if w.member(ann).Type != store.Recruiter || !strings.Contains(says(list), "*Ann Lee* is a recruiter now.") {
			t.Errorf("Ann is a %s, and the list says:\n%s", w.member(ann).Type, says(list))
		}
		if e := a.in(list, view.ActionType, w.member(ann).ID); !slices.Equal(e.Selected, []string{"recruiter:recruiter"}) {
			t.Errorf("Ann's row shows %v", e.Selected)
		}

		// Somebody else changes her back; a choice made before that changes nothing.
		_, err := w.store.SetType(w.ctx(), w.company.ID, store.Actor{SlackID: ben}, w.member(ann).ID, store.Employee)
		w.must(err)
		list = a.clicks(list, a.in(list, view.ActionType, w.member(ann).ID), "recruiter:employee")
		if !strings.Contains(says(list), "Nothing happened: Ann Lee is an employee since") {
			t.Errorf("a choice on old information: %s", says(list))
		}

		// Company admins are made by a request.
		list = a.clicks(list, a.in(list, view.ActionType, w.member(ann).ID), "employee:admin")
		a.seesModal("company admin")
		if w.member(ann).Type != store.Employee {
			t.Errorf("Ann is a %s before anybody approved it", w.member(ann).Type)
		}
		if e := a.in(list, view.ActionType, w.member(ann).ID); !slices.Equal(e.Selected, []string{"employee:employee"}) {
			t.Errorf("Ann's row shows %v while the request is being written", e.Selected)
		}
	})
}

func TestTypingIsAsGoodAsClicking(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		a := w.as(ana)
		for text, want := range map[string]string{
			"/social role @ann recruiter":         "*Ann Lee* is a recruiter now.",
			"/social role bo@acme.example admins": "Whose, and to what?",
			"/social role @ann":                   "Whose, and to what?",
			"/social role @eve recruiter":         "<@U0EVE> is not registered",
			"/social role @whoever recruiter":     "Nobody here is called “@whoever”",
			"/social role @ray RECRUITER":         "*Ray Rios* is a recruiter now.",
			"/social membrs":                      "Did you mean `/social members`?",
			"/social help":                        "`/social remove @ann @bob …`",
			"/social me":                          "User type: company admin",
			"/social remove":                      "Try `/social remove @ann @bob`",
			"/social remove @eve":                 "<@U0EVE> is not registered",
			"/social members admins ben":          "Ben Bloom",
		} {
			if got := says(a.types(text)); !strings.Contains(got, want) {
				t.Errorf("%s: got %q, want %q", text, got, want)
			}
		}
		e := w.as(ann)
		if got := says(e.types("/social members")); !strings.Contains(got, "Only company admins can do that. Your admins: <@U0ANA>, <@U0BEN>") {
			t.Errorf("Ann tried an admin's command and reads %q", got)
		}
		if got := says(e.types("/social help")); strings.Contains(got, "remove") {
			t.Errorf("Ann's help names an admin's command: %q", got)
		}
	})
}

func TestScreensOfOthersAndOldScreensActOnNothing(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		a, b := w.as(ana), w.as(ben)
		list := a.types("/social members")
		theirs := b.types("/social members")
		foreign := a.in(list, view.ActionType, w.member(ann).ID).BlockID

		theirs = b.forging("block_id", foreign).clicks(theirs, b.in(theirs, view.ActionType, w.member(ann).ID), "employee:recruiter")
		if w.member(ann).Type != store.Employee || !strings.Contains(says(theirs), view.StaleScreen) {
			t.Errorf("Ben used Ana's screen: Ann is a %s, and he reads:\n%s", w.member(ann).Type, says(theirs))
		}
		w.passed.Add(int64(store.ScreenLife + time.Hour))
		list = a.clicks(list, a.in(list, view.ActionType, w.member(ann).ID), "employee:recruiter")
		if w.member(ann).Type != store.Employee || !strings.Contains(says(list), view.StaleScreen) {
			t.Errorf("Ana used a screen of yesterday: Ann is a %s, and she reads:\n%s", w.member(ann).Type, says(list))
		}
	})
}

func TestAnExportIsAFileForItsAdmin(t *testing.T) {
	t.Parallel()
	each(t, options{people: []slackd.User{{ID: "U9EVIL", Name: "evil", RealName: "=cmd()", Email: "evil@acme.example"}}}, func(t *testing.T, w *world) {
		w.register("U9EVIL")
		a := w.as(ana)
		list := a.types("/social members all")
		list = a.clicks(list, a.in(list, view.ActionExport))
		if !strings.Contains(says(list), "The list of 6 people is in your direct messages with Herald.") {
			t.Errorf("after the export:\n%s", says(list))
		}
		m, ok := a.LastMessage(a.DM())
		if !ok || len(m.Files) != 1 {
			t.Fatalf("Ana's messages end with %+v", m)
		}
		if csv := string(m.Files[0].Content); !strings.Contains(csv, "\n'=cmd(),evil,") || strings.Count(csv, "\n") != 7 {
			t.Errorf("the file is\n%s", csv)
		}
		events, _, err := w.store.Audit(w.ctx(), w.company.ID, "", 10)
		w.must(err)
		if len(events) == 0 || events[0].Action != store.AuditExported || events[0].Count != 6 {
			t.Errorf("the audit log begins with %+v", events)
		}
	})
}

func TestASecondClickOnNextTurnsOnePage(t *testing.T) {
	t.Parallel()
	each(t, options{members: crowd(30)}, func(t *testing.T, w *world) {
		a := w.as(ana)
		list := a.types("/social members")
		next := a.in(list, view.ActionNext)
		second := a.clicks(list, next)
		// The same click again, as it was sent before the list changed.
		third := a.forging("value", "2").clicks(second, a.in(second, view.ActionNext))
		if !strings.Contains(says(third), "Page 2 of 4") {
			t.Errorf("after two clicks on the first page's Next:\n%s", says(third))
		}
	})
}
