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

// An Anyway invites somebody who said no, or who was removed or left: Herald does not know the latter.
type Anyway struct {
	PersonID string
	SlackID  string // in place of the PersonID, of somebody who was removed or left
	As       store.MemberType
}

// ParseAnyway reads a button's value. Nothing in it can be trusted: it comes from the client.
func ParseAnyway(value string) Anyway {
	as, id, _ := strings.Cut(value, ":")
	if slackID, gone := strings.CutPrefix(id, "@"); gone {
		return Anyway{SlackID: slackID, As: store.MemberType(as)}
	}
	return Anyway{PersonID: id, As: store.MemberType(as)}
}

func inviteAnyway(p store.Person, as store.MemberType, text string) *slack.ButtonBlockElement {
	id := p.ID
	if id == "" {
		id = "@" + p.SlackID
	}
	return button(ActionInviteAnyway, string(as)+":"+id, text)
}

// anywayShown is how many people that are better left alone a notice offers to invite all the same, a row for each.
const anywayShown = 5

// saidNo names those who said no, were removed or left, and offers to invite each of them all the same.
func saidNo(outcomes []store.InviteOutcome, as store.MemberType) (said []string, buttons []slack.BlockElement) {
	moreNo, moreGone := 0, 0
	for _, o := range outcomes {
		departed := o.Result == store.InviteDeparted
		switch {
		case o.Result != store.InviteDeclined && !departed:
			continue
		case len(buttons) == anywayShown && departed:
			moreGone++
			continue
		case len(buttons) == anywayShown:
			moreNo++
			continue
		}
		why := " said no on " + date(o.DeclinedAt, "{date_short}") + "."
		if departed {
			why = whyGone(o.Departure)
		}
		said = append(said, mention(o.Person.SlackID)+why)
		buttons = append(buttons, inviteAnyway(o.Person, as, "Invite "+clip(tidy(o.Person.Name), 40)+" anyway"))
	}
	if moreNo > 0 {
		said = append(said, count(moreNo, "more person", "more people")+" said no, too: see `/social invitations declined`.")
	}
	if moreGone > 0 {
		said = append(said, count(moreGone, "more person", "more people")+" left or "+was(moreGone)+" removed, too: name a few at a time.")
	}
	return said, buttons
}

// whyGone says that somebody was removed or left, and when, after their name.
func whyGone(d store.Departure) string {
	month := d.Day.Format("January 2006")
	switch d.Reason {
	case store.DepartedLeft:
		return " left in " + month + ", so nothing was sent."
	case store.DepartedNever:
		return " left in " + month + " and asked not to be invited."
	case store.DepartedRemoved:
	}
	return " was removed in " + month + ", so nothing was sent."
}

func was(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}
