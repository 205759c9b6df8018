package view

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"herald/sandbox/slackd/blockkit"
	"herald/store"
)

// invitation is somebody's, in a state.
func invitation(name string, state store.InviteState, as store.MemberType) store.Invitation {
	i := store.Invitation{
		ID: "invite-" + name, State: state, As: as, InvitedBy: "U0ANA", InvitedAt: noon.Add(-40 * 24 * time.Hour),
		Person: &store.Person{ID: "person-" + name, SlackID: "U0" + strings.ToUpper(name), Name: name, Handle: name, Email: name + "@acme.example"},
	}
	if state != store.StatePending && state != store.StateFailed {
		i.EndedAt = noon.Add(-10 * 24 * time.Hour)
	}
	return i
}

func TestInvitationsScreens(t *testing.T) {
	t.Parallel()
	counts := map[store.InviteState]int{
		store.StatePending: 12, store.StateAccepted: 1312, store.StateDeclined: 13, store.StateExpired: 5, store.StateFailed: 1,
	}
	reminded := invitation("eve", store.StatePending, store.Recruiter)
	reminded.Reminded, reminded.NoReminders = 2, true
	failed := invitation("flo", store.StateFailed, store.Employee)
	failed.Failure, failed.InvitedBy = "user_not_found", ""
	accepted := invitation("ann", store.StateAccepted, store.Employee)
	ann := member("ann", store.Employee)
	accepted.Member = &ann
	outside := invitation("out", store.StateDeclined, store.Employee)
	outside.Person = nil
	page := Invitations{
		Screen: store.Screen{ID: "screen1", Revision: 3, Page: 2}, Now: noon,
		Page: store.Invitations{Counts: counts, Next: "next", Prev: "prev", Rows: []store.Invitation{
			reminded, failed, accepted, invitation("bo", store.StateDeclined, store.Employee), outside, invitation("cy", store.StateExpired, store.Employee),
		}},
		Reasons: map[store.DeclineReason]int{store.DeclinedNotInterested: 5, store.DeclinedPrivacy: 0},
	}
	everywhere(t, "invitations", page.Message())

	none := Invitations{Screen: store.Screen{ID: "screen1", Page: 1}, Now: noon}
	everywhere(t, "invitations_none", none.Message())
	for _, state := range store.InviteStates() {
		none.Screen.State = state
		everywhere(t, "invitations_none_"+string(state), none.Message())
	}

	fullest := page
	fullest.Page.Rows = nil
	for i := range PageSize {
		row := invitation(longName(), store.StateFailed, store.Recruiter)
		row.ID, row.Failure, row.Reminded = strconv.Itoa(i), longName(), 3
		fullest.Page.Rows = append(fullest.Page.Rows, row)
	}
	everywhere(t, "invitations_fullest", fullest.Message())
	ana := member("ana", store.Admin)
	menu := Menu{Company: acme, Member: &ana, Inviter: true, Now: noon}.Message()
	drawn(t, blockkit.Home, HomeAt(menu, fullest.Message()))

	old := OldInvitations{Screen: "screen1"}
	golden(t, "invitations_old", blockkit.Modal, old.Ask())
	old.Days, old.N = 7, 23
	golden(t, "invitations_old_confirm", blockkit.Modal, old.Confirm())
	old.N, old.Changed = store.ResendLimit, true
	golden(t, "invitations_old_changed", blockkit.Modal, old.Confirm())
	if again := ParseOldInvitations(old.Confirm().PrivateMetadata); again.Days != 7 || again.N != store.ResendLimit || again.Screen != "screen1" {
		t.Errorf("the form remembers %+v", again)
	}
	if junk := ParseOldInvitations(`{"days":"x`); junk != (OldInvitations{}) {
		t.Errorf("junk is read as %+v", junk)
	}
}

func TestTheExportOfInvitationsRunsNoFormulas(t *testing.T) {
	t.Parallel()
	file := NewInvitationsCSV()
	row := invitation("bo", store.StateFailed, store.Recruiter)
	row.Person.Name, row.Failure, row.Reminded = `=HYPERLINK("http://evil")`, "user_not_found", 1
	file.Add(row, "+Ana")
	outside := invitation("x", store.StateAccepted, store.Employee)
	outside.Person = nil
	file.Add(outside, "")
	want := "\ufeffName,Handle,Email,State,Invited as,Invited,Invited by,Reminded,Ended,Not delivered because\n" +
		`"'=HYPERLINK(""http://evil"")",bo,bo@acme.example,not delivered,recruiter,2026-10-13,'+Ana,1,,Slack does not find them any more` + "\n" +
		",,,accepted,employee,2026-10-13,,0,2026-11-12,\n"
	if got := file.String(); got != want || file.Rows() != 2 {
		t.Errorf("%d rows:\n%s\nwant\n%s", file.Rows(), got, want)
	}
}
