package view

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"herald/sandbox/slackd/blockkit"
	"herald/store"
)

func TestInvitationScreens(t *testing.T) {
	t.Parallel()
	url := acmeURL + "/token"
	expires := noon.Add(store.InviteLife)
	golden(t, "invite_unwilling", blockkit.Message, InviteeUnwilling(store.Invite{ID: "invite1", SlackID: "U0EVE"}).Message())
	golden(t, "invite_dm", blockkit.Message, Invitation(acme, "U0ANA", url, expires))
	golden(t, "invite_dm_inviter_removed", blockkit.Message, Invitation(acme, "", url, expires))
	golden(t, "invite_dm_longest", blockkit.Message, Invitation(store.Company{Name: longName()}, "U0ANA", url, expires.Add(400*24*time.Hour)))
	golden(t, "invite_declined", blockkit.Message, InviteDeclined())
	golden(t, "invite_over", blockkit.Message, InviteOver())
	golden(t, "preview", blockkit.Modal, Preview(offers(), "Acme", "Ann Lee"))
	golden(t, "preview_longest", blockkit.Modal, Preview(offers(), longName(), longName()))
}

func TestARowTellsWhyAnInvitationDidNotArrive(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"user_not_found":        "does not find them",
		"messages_tab_disabled": "Messages tab is off",
		"cannot_dm_bot":         "does not let Herald write",
		"unreachable":           "could not be reached",
		"*brand* <new>":         "refused it (∗brand∗ &lt;new&gt;)",
	} {
		page := Members{Company: acme, Offered: offers(), Screen: store.Screen{ID: "screen1", Group: store.Invited, Page: 1}, Now: noon, Roster: store.Roster{
			Matching: 1, Rows: []store.RosterRow{{
				Person: store.Person{ID: "person1", SlackID: "U0EVE", Name: "Eve", Handle: "eve"},
				Invite: &store.RowInvite{ID: "invite1", InvitedBy: "U0ANA", InvitedAt: noon, Failure: code},
			}},
		}}
		if drawn := drawn(t, blockkit.Message, page.Message()); !strings.Contains(string(drawn), want) {
			t.Errorf("%s: want %q in\n%s", code, want, drawn)
		}
	}
}

func TestWhatBecameOfAnInvitation(t *testing.T) {
	t.Parallel()
	outcome := func(id string, r store.InviteResult) store.InviteOutcome {
		return store.InviteOutcome{Person: store.Person{SlackID: id}, Result: r}
	}
	became := Invited{Outcomes: []store.InviteOutcome{
		outcome("U1", store.InviteSent), outcome("U2", store.InviteSent), outcome("U3", store.InviteAgain),
		outcome("U4", store.InviteRegistered), outcome("U5", store.InviteRefused),
	}, Refused: []string{"U6"}, Unknown: []string{"@nobody", "*stars* <!channel>"}, As: store.Recruiter, Admin: true}
	golden(t, "invite_result", blockkit.Message, became.Notice().Message())
	became.Outcomes = append(became.Outcomes, store.InviteOutcome{
		Person: store.Person{ID: "person7", SlackID: "U7", Name: "Bo *García*"}, Result: store.InviteDeclined, DeclinedAt: noon.Add(-19 * 24 * time.Hour),
	})
	for i, reason := range []store.DepartureReason{store.DepartedRemoved, store.DepartedLeft, store.DepartedNever} {
		became.Outcomes = append(became.Outcomes, store.InviteOutcome{
			Person: store.Person{SlackID: fmt.Sprintf("U8%d", i), Name: "Cy Wu"}, Result: store.InviteDeparted,
			Departure: store.Departure{Reason: reason, Day: noon.Add(-240 * 24 * time.Hour)},
		})
	}
	golden(t, "invite_result_declined", blockkit.Message, Message{Text: "User Management", Blocks: []slack.Block{section("The list")}, Notice: new(became.Notice())})
	drawn(t, blockkit.Home, Message{Text: "User Management", Notice: new(became.Notice())})
	became.As, became.Admin = store.Employee, false
	golden(t, "invite_result_no_admin", blockkit.Message, became.Notice().Message())

	var many []store.InviteOutcome
	var strangers, words []string
	for i := range InviteAtOnce {
		many = append(many, outcome(fmt.Sprintf("U0000000%03d", i), store.InviteSent), outcome(fmt.Sprintf("U0000001%03d", i), store.InviteAgain),
			outcome(fmt.Sprintf("U0000002%03d", i), store.InviteRegistered),
			store.InviteOutcome{Person: store.Person{ID: fmt.Sprintf("P%d", i), SlackID: fmt.Sprintf("U0000004%03d", i), Name: longName()}, Result: store.InviteDeclined, DeclinedAt: noon})
		strangers = append(strangers, fmt.Sprintf("U0000003%03d", i))
		words = append(words, longName())
	}
	longest := Invited{Outcomes: many, Refused: strangers, Unknown: words, As: store.Recruiter, Admin: true}
	golden(t, "invite_result_longest", blockkit.Message, longest.Notice().Message())

	if n := (Invited{Outcomes: []store.InviteOutcome{outcome("U3", store.InviteAgain)}}).Notice(); n.Good {
		t.Errorf("nobody was invited, yet the bar is green: %q", n.Text)
	}
}
