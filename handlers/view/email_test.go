package view

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"herald/sandbox/slackd/blockkit"
	"herald/store"
)

func TestEmailScreens(t *testing.T) {
	t.Parallel()
	golden(t, "email_form", blockkit.Modal, EmailForm(acme, "screen1", true))
	golden(t, "email_form_no_admin", blockkit.Modal, EmailForm(acme, "", false))
	golden(t, "email_reading", blockkit.Modal, ReadingFile())

	var outcomes []store.EmailOutcome
	add := func(r store.InviteResult, as store.MemberType, addresses ...string) {
		for _, a := range addresses {
			outcomes = append(outcomes, store.EmailOutcome{Invitee: store.Invitee{Email: a, As: as}, Result: r})
		}
	}
	add(store.InviteSent, store.Employee, "ann@home.example", "bo@home.example")
	add(store.InviteSent, store.Recruiter, "cy@home.example")
	add(store.InviteDuplicate, store.Employee, "ANN@home.example")
	add(store.InviteRegistered, store.Employee, "ana@acme.example", "*ben*@acme.example")
	add(store.InviteAgain, store.Employee, "dee@home.example")
	add(store.InviteNever, store.Employee, "eve@home.example")
	add(store.InviteRefused, store.Employee, "gus@guest.example")
	draft := store.EmailDraft{ID: "draft1", Outcomes: outcomes}
	golden(t, "email_confirm", blockkit.Modal, ConfirmEmails(draft, "screen1", true, nil))
	golden(t, "email_confirm_no_admin", blockkit.Modal, ConfirmEmails(draft, "screen1", false, nil))
	golden(t, "email_sent", blockkit.Message, EmailsSent(draft).Message())
	draft.SendAt = noon.Add(48 * time.Hour)
	golden(t, "email_confirm_scheduled", blockkit.Modal, ConfirmEmails(draft, "screen1", true, nil))
	golden(t, "email_scheduled", blockkit.Message, EmailsSent(draft).Message())
	draft.File = "https://acme.slack.com/files/U0ANA/F0LIST/people.csv"
	golden(t, "email_confirm_file", blockkit.Modal, ConfirmEmails(draft, "screen1", true, &store.EmailOutcome{
		Invitee: store.Invitee{Email: "*fay*@home.example"}, Result: store.InviteSent,
	}))
	golden(t, "email_sent_file", blockkit.Message, EmailsSent(draft).Message())
	draft.File = ""
	golden(t, "email_anyway_too_late", blockkit.Modal, ConfirmEmails(store.EmailDraft{ID: "draft1"}, "screen1", true, &store.EmailOutcome{
		Invitee: store.Invitee{Email: "fay@home.example"}, Result: store.InviteRegistered,
	}))
	draft.Outcomes = outcomes[3:]
	golden(t, "email_confirm_nobody", blockkit.Modal, ConfirmEmails(draft, "screen1", true, nil))
	golden(t, "email_sent_nobody", blockkit.Message, EmailsSent(draft).Message())

	outcomes = nil
	long := strings.Repeat("&", 60) + strings.Repeat("a", 182) + "@home.example"
	for _, r := range []store.InviteResult{store.InviteSent, store.InviteDuplicate, store.InviteRegistered, store.InviteAgain, store.InviteNever, store.InviteRefused} {
		for range store.EmailLimit {
			add(r, store.Recruiter, long)
		}
	}
	golden(t, "email_confirm_longest", blockkit.Modal, ConfirmEmails(store.EmailDraft{ID: "draft1", Outcomes: outcomes}, "screen1", true, nil))
}

// What became of invitations by email stands among the others.
func TestInvitationsByEmailAreListed(t *testing.T) {
	t.Parallel()
	row := func(id string, state store.InviteState, change func(*store.Invitation)) store.Invitation {
		i := store.Invitation{ID: id, State: state, Email: id + "@home.example", As: store.Recruiter, InvitedBy: "U0ANA", InvitedAt: noon.Add(-time.Hour), EndedAt: noon}
		change(&i)
		return i
	}
	golden(t, "email_listed", blockkit.Message, Invitations{
		Screen: store.Screen{ID: "screen1", Page: 1}, Now: noon,
		Page: store.Invitations{Counts: map[store.InviteState]int{store.StatePending: 2, store.StateFailed: 1, store.StateDeclined: 1}, Rows: []store.Invitation{
			row("ann", store.StatePending, func(i *store.Invitation) { i.Name, i.SendAt = "Ann Lee", noon.Add(48*time.Hour) }),
			row("bo", store.StatePending, func(i *store.Invitation) { i.SendAt, i.SentAt = noon.Add(-time.Hour), noon }),
			row("*cy*", store.StateFailed, func(i *store.Invitation) { i.Failure = "address_refused" }),
			row("dee", store.StateDeclined, func(i *store.Invitation) { i.Email = "" }),
		}},
	}.Message())
	golden(t, "email_sent_now", blockkit.Message, InviteSentNow(store.Invite{Email: "*ann*@home.example"}).Message())
	golden(t, "email_resent_scheduled", blockkit.Message, InviteResent(store.Invite{SlackID: "U0ANN", SendAt: noon.Add(48 * time.Hour)}).Message())
	golden(t, "email_resent", blockkit.Message, InviteResent(store.Invite{Email: "*ann*@home.example"}).Message())
}

// Whoever is no company admin cannot learn by inviting who is registered, was invited, said no or was removed.
func TestInvitersWhoAreNoAdminsReadTheSameOfEverybodyElse(t *testing.T) {
	t.Parallel()
	read := func(r store.InviteResult) string {
		modal := ConfirmEmails(store.EmailDraft{ID: "draft1", Outcomes: []store.EmailOutcome{
			{Invitee: store.Invitee{Email: "new@home.example"}, Result: store.InviteSent},
			{Invitee: store.Invitee{Email: "who@home.example"}, Result: r},
		}}, "", false, nil)
		text, err := json.Marshal(modal)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	want := read(store.InviteRefused)
	for _, r := range []store.InviteResult{store.InviteRegistered, store.InviteAgain, store.InviteNever} {
		if got := read(r); got != want {
			t.Errorf("%s: got %s, want %s", r, got, want)
		}
	}
}

func TestProblemsOfAList(t *testing.T) {
	t.Parallel()
	problems := []ListProblem{{Line: 2, What: "this is no email address", Text: "*ann* <!channel>"}, {Line: 7, What: "the role is neither employee nor recruiter"}}
	golden(t, "email_problems", blockkit.Modal, FileProblems(problems, "https://acme.slack.com/files/U0ANA/F0LIST/a|people<1>_.csv"))
	if got, want := PastedProblems(problems), "Please mend: line 2: this is no email address: *ann* <!channel>; line 7: the role is neither employee nor recruiter."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	var many []ListProblem
	for i := range store.EmailLimit {
		many = append(many, ListProblem{Line: i + 2, What: "this line has 3 columns, the first line has 2", Text: strings.Repeat("&", 1000)})
	}
	golden(t, "email_problems_longest", blockkit.Modal, FileProblems(many, ""))
	if got := PastedProblems(many); !strings.HasSuffix(got, fmt.Sprintf("and %d more.", store.EmailLimit-3)) || len(got) > 1000 {
		t.Errorf("got %q", got)
	}
}
