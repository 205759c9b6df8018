package view

import (
	"strings"

	"github.com/slack-go/slack"

	"herald/store"
)

// Controls of saying no.
const (
	ActionInviteDecline = "invite_decline" // a menu; value: the reason
	ActionInviteAnyway  = "invite_anyway"  // value: an Anyway
)

// notForMe is the menu with which the invited person says no.
func notForMe() *slack.SelectBlockElement {
	var options []*slack.OptionBlockObject
	for _, r := range store.DeclineReasons() {
		options = append(options, slack.NewOptionBlockObject(string(r), plain(reasonName(r)), nil))
	}
	return slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain("Not for me"), ActionInviteDecline, options...)
}

// reasonName is why somebody said no, in their own words.
func reasonName(r store.DeclineReason) string {
	switch r {
	case store.DeclinedPrivacy:
		return "Privacy worry"
	case store.DeclinedNotInterested:
		return "Not interested"
	case store.DeclinedNoNetworks:
		return "I don't use these"
	case store.DeclinedOther:
	}
	return "Other"
}

// InviteDeclined is what an invitation becomes once the person said no.
func InviteDeclined() Message {
	const text = "OK – no more reminders. `/social` if you change your mind."
	return Message{Text: text, Blocks: []slack.Block{quiet(text)}}
}

// InviteOver is what an invitation becomes that was cancelled before the person said no.
func InviteOver() Message {
	const text = "This invitation is over. `/social` if you would like to take part all the same."
	return Message{Text: text, Blocks: []slack.Block{quiet(text)}}
}

// An Anyway invites somebody who said no.
type Anyway struct {
	PersonID string
	As       store.MemberType
}

// ParseAnyway reads a button's value. Nothing in it can be trusted: it comes from the client.
func ParseAnyway(value string) Anyway {
	as, id, _ := strings.Cut(value, ":")
	return Anyway{PersonID: id, As: store.MemberType(as)}
}

func inviteAnyway(p store.Person, as store.MemberType, text string) *slack.ButtonBlockElement {
	return button(ActionInviteAnyway, string(as)+":"+p.ID, text)
}

// anywayShown is how many people that said no a notice offers to invite all the same, a row for each.
const anywayShown = 5

// saidNo names those who said no, and offers to invite each of them all the same.
func saidNo(outcomes []store.InviteOutcome, as store.MemberType) (said []string, buttons []slack.BlockElement) {
	more := 0
	for _, o := range outcomes {
		if o.Result != store.InviteDeclined {
			continue
		}
		if len(buttons) == anywayShown {
			more++
			continue
		}
		said = append(said, mention(o.Person.SlackID)+" said no on "+date(o.DeclinedAt, "{date_short}")+".")
		buttons = append(buttons, inviteAnyway(o.Person, as, "Invite "+clip(tidy(o.Person.Name), 40)+" anyway"))
	}
	if more > 0 {
		said = append(said, count(more, "more person", "more people")+" said no, too: see `/social invitations declined`.")
	}
	return said, buttons
}
