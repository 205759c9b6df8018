package view

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"herald/store"
)

// Controls of invitations.
const (
	ActionInviteCoworker = "invite_coworker"
	ActionInvitePerson   = "invite_person"        // value: person id
	ActionInviteResend   = "invite_resend"        // value: invite id
	ActionInviteNow      = "invite_now"           // value: invite id
	ActionInviteCancel   = "invite_cancel"        // value: invite id
	ActionResendAnyway   = "invite_resend_anyway" // value: invite id

	// ActionSignupLink is a link button to the registration page: Slack opens it, and there is nothing to do.
	ActionSignupLink = "signup_link"
)

// Invitation is the DM that invites somebody with their own link; inviter is a Slack id, "" if they were removed meanwhile.
func Invitation(c store.Company, inviter, url string, expires time.Time) Message {
	title := escape(clip(c.Name, nameShown)) + " invites you to share jobs with your network"
	from, why := "", "A colleague at "+escape(clip(c.Name, nameShown))+" invited you."
	if inviter != "" {
		from, why = "  (from "+mention(inviter)+")", mention(inviter)+" invited you, a colleague at "+escape(clip(c.Name, nameShown))+"."
	}
	return Message{
		Text: title + ". It takes a minute, and nothing is ever posted without your click. Press Sign up in this message.",
		Blocks: []slack.Block{
			section("*" + title + "*" + from + "\nIt takes a minute: choose your network, say yes there, done. Nothing is ever posted without your click."),
			slack.NewActionBlock("",
				button(ActionSignupLink, "", "Sign up").WithURL(url).WithStyle(slack.StylePrimary),
				button(ActionPreview, "", "See how a post would look"),
				notForMe()),
			slack.NewContextBlock("", mrkdwn("_Only you can use this link. It works until "+date(expires, "{date_short}")+"._"),
				mrkdwn("_Why am I getting this? "+why+" Choose *Not for me*, and you are left alone._")),
		},
	}
}

// Invited is what became of an invitation.
type Invited struct {
	Outcomes []store.InviteOutcome
	Refused  []string         // Slack ids that belong to nobody or to somebody who cannot take part
	Unknown  []string         // words that name nobody
	As       store.MemberType // what they were invited as
	Admin    bool             // a company admin invited; others do not learn who is registered
}

// Notice sums it up. Whom it mentions it mentions as Slack does, so it stays short and needs no escaping.
func (i Invited) Notice() Notice {
	by := map[store.InviteResult][]string{}
	for _, o := range i.Outcomes {
		by[o.Result] = append(by[o.Result], o.Person.SlackID)
	}
	refused := append(by[store.InviteRefused], i.Refused...)
	var said []string
	if ids := by[store.InviteSent]; len(ids) > 0 {
		as := ""
		if i.As == store.Recruiter {
			as = " as " + article(i.As) + " " + TypeName(i.As)
			if len(ids) > 1 {
				as = " as " + TypeName(i.As) + "s"
			}
		}
		said = append(said, "Invited "+mentions(ids)+as+". Each gets a direct message with their own link.")
	}
	var anyway []slack.BlockElement
	if i.Admin {
		var no []string
		no, anyway = saidNo(i.Outcomes, i.As)
		said = append(append(said, notInvited(by)...), no...)
	} else if ids := slices.Concat(by[store.InviteAgain], by[store.InviteRegistered], by[store.InviteDeclined], by[store.InviteDeparted]); len(ids) > 0 {
		said = append(said, "Nothing was sent to "+mentions(ids)+": whoever is registered or was invited before is not invited again. Your admins can tell you more.")
	}
	if len(refused) > 0 {
		said = append(said, mentions(refused)+" cannot take part: guests, bots, deactivated accounts and people of other workspaces are left out.")
	}
	if len(i.Unknown) > 0 {
		said = append(said, "Nobody here is called "+quoted(i.Unknown)+". Type @ and choose the person from Slack's list.")
	}
	return Notice{Good: len(by[store.InviteSent]) > 0, Text: strings.Join(said, "\n"), Buttons: anyway}
}

// notInvited says of colleagues why they were not invited, for company admins.
func notInvited(by map[store.InviteResult][]string) []string {
	var said []string
	if ids := by[store.InviteAgain]; len(ids) > 0 {
		said = append(said, mentions(ids)+" "+has(ids)+" an open invitation already. To send it again, use *Resend* in `/social invitations pending`.")
	}
	if ids := by[store.InviteRegistered]; len(ids) > 0 {
		said = append(said, mentions(ids)+" "+is(ids)+" registered already.")
	}
	return said
}

// CannotInviteAs is what somebody reads who tried to invite people as something else.
const CannotInviteAs = "People are invited as employees, or `as recruiter`. To make somebody a company admin, invite them first and change their user type " +
	"in User Management once they are registered."

// resend is the button that sends an invitation again, or one that is to be sent at a later time, now. The zero time is none.
func resend(inviteID string, sendAt, now time.Time) *slack.ButtonBlockElement {
	if sendAt.After(now) {
		return button(ActionInviteNow, inviteID, "Send now")
	}
	return button(ActionInviteResend, inviteID, "Resend")
}

// invitee names whom an invitation is for.
func invitee(i store.Invite) string {
	if i.SlackID == "" {
		return escape(clip(i.Email, nameShown))
	}
	return mention(i.SlackID)
}

// InviteResent says so. What is scheduled was made anew for the same time.
func InviteResent(i store.Invite) Notice {
	if !i.SendAt.IsZero() {
		return Notice{Good: true, Text: "Nothing was sent yet: the invitation of " + invitee(i) + " goes out " + date(i.SendAt, "{date_short_pretty} at {time}") +
			", as planned. To send it at once, use *Send now*."}
	}
	return Notice{Good: true, Text: invitee(i) + " gets a new link. The old one stopped working."}
}

// InviteeUnwilling says that an invitation was not sent again, and offers to send it all the same.
func InviteeUnwilling(i store.Invite) Notice {
	return Notice{
		Text:    invitee(i) + " asked for no reminders, so nothing was sent.",
		Buttons: []slack.BlockElement{button(ActionResendAnyway, i.ID, "Invite anyway")},
	}
}

// InviteSentNow says that a scheduled invitation is on its way.
func InviteSentNow(i store.Invite) Notice {
	return Notice{Good: true, Text: invitee(i) + " gets the invitation now, and not another one later."}
}

// InviteWentOut says that a scheduled invitation did not wait any more.
func InviteWentOut() Notice {
	return Notice{Text: "That invitation went out a moment ago, as planned. The list shows how things are now."}
}

// InviteCancelled says so.
func InviteCancelled() Notice {
	return Notice{Good: true, Text: "The invitation was cancelled, and its link stopped working."}
}

// InviteGone says that an invitation cannot be acted on any more.
func InviteGone() Notice {
	return Notice{Text: "That invitation is not open any more: it was used or cancelled meanwhile. The list shows how things are now."}
}

// InviteeGone says that somebody cannot be invited any more.
func InviteeGone() Notice {
	return Notice{Text: "Nothing was sent: they cannot take part any more, since their Slack account is deactivated or a guest's by now."}
}

// undelivered explains why an invitation did not arrive, from the mail server's refusal or Slack's error code
// (https://docs.slack.dev/reference/methods/chat.postMessage#errors).
func undelivered(code string) string {
	switch code {
	case "user_not_found", "users_not_found", "user_disabled", "channel_not_found":
		return "Slack does not find them any more"
	case "messages_tab_disabled":
		return "Herald's Messages tab is off; whoever manages the Slack app can switch it on"
	case "cannot_dm_bot", "restricted_action", "access_denied", "not_allowed":
		return "Slack does not let Herald write to them"
	case "address_refused":
		return "The mail server refused the address"
	case "message_refused":
		return "The mail server refused the message"
	case "address_invalid":
		return "Nobody can write to the address"
	case MailUnreachable:
		return "The mail server could not be reached"
	case store.FailureUnverified:
		return "Slack did not say whether it arrived. Herald does not send it twice; ask them, then resend it if they have none"
	case "unreachable":
		return "Slack could not be reached"
	}
	return "Slack refused it (" + escape(code) + ")"
}

// mentions lists people: "<@U1>, <@U2> and <@U3>", at most mentionsShown by name.
func mentions(slackIDs []string) string {
	const mentionsShown = 20
	parts := make([]string, 0, mentionsShown+1)
	for i, id := range slackIDs {
		if i == mentionsShown {
			parts = append(parts, strconv.Itoa(len(slackIDs)-i)+" more")
			break
		}
		parts = append(parts, mention(id))
	}
	return list(parts)
}

// quoted lists words as they were typed.
func quoted(words []string) string {
	const wordsShown, wordShown = 5, 40
	parts := make([]string, 0, wordsShown+1)
	for i, w := range words {
		if i == wordsShown {
			parts = append(parts, strconv.Itoa(len(words)-i)+" more")
			break
		}
		parts = append(parts, "“"+escape(clip(w, wordShown))+"”")
	}
	return list(parts)
}

// list joins parts as English does.
func list(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}

func is(them []string) string {
	if len(them) == 1 {
		return "is"
	}
	return "are"
}

func has(them []string) string {
	if len(them) == 1 {
		return "has"
	}
	return "have"
}
