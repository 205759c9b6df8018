package view

import (
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"herald/store"
)

// Controls of invitations.
const (
	ActionInvitePerson = "invite_person" // value: person id
	ActionInviteResend = "invite_resend" // value: invite id
	ActionInviteCancel = "invite_cancel" // value: invite id

	// ActionSignupLink is a link button to the registration page: Slack opens it, and there is nothing to do.
	ActionSignupLink = "signup_link"
)

// Invitation is the DM that invites somebody with their own link; inviter is a Slack id, "" if they were removed meanwhile.
func Invitation(c store.Company, inviter, url string, expires time.Time) Message {
	title := escape(clip(c.Name, nameShown)) + " invites you to share jobs with your network"
	from, why := "", "An admin of "+escape(clip(c.Name, nameShown))+" invited you."
	if inviter != "" {
		from, why = "  (from "+mention(inviter)+")", mention(inviter)+" invited you, as a company admin of "+escape(clip(c.Name, nameShown))+"."
	}
	return Message{
		Text: title + ". It takes a minute, and nothing is ever posted without your click. Press Sign up in this message.",
		Blocks: []slack.Block{
			section("*" + title + "*" + from + "\nIt takes a minute: choose LinkedIn, say yes there, done. Nothing is ever posted without your click."),
			slack.NewActionBlock("",
				button(ActionSignupLink, "", "Sign up").WithURL(url).WithStyle(slack.StylePrimary),
				button(ActionPreview, "", "See how a post would look")),
			slack.NewContextBlock("", mrkdwn("_Only you can use this link. It works until "+date(expires, "{date_short}")+"._"),
				mrkdwn("_Why am I getting this? "+why+" Not interested? Just ignore it._")),
		},
	}
}

// Invited sums up what became of an invitation: outcomes of the store, Slack ids that belong to nobody or to somebody who cannot
// take part, and words that name nobody. All that is mentioned is a mention, so it stays short and needs no escaping.
func Invited(outcomes []store.InviteOutcome, refused, unknown []string) Notice {
	by := map[store.InviteResult][]string{}
	for _, o := range outcomes {
		by[o.Result] = append(by[o.Result], o.Person.SlackID)
	}
	refused = append(by[store.InviteRefused], refused...)
	var said []string
	if ids := by[store.InviteSent]; len(ids) > 0 {
		said = append(said, "Invited "+mentions(ids)+". Each gets a direct message with their own link.")
	}
	if ids := by[store.InviteAgain]; len(ids) > 0 {
		said = append(said, mentions(ids)+" "+has(ids)+" an open invitation already. To send it again, use *Resend* in `/social members invited`.")
	}
	if ids := by[store.InviteRegistered]; len(ids) > 0 {
		said = append(said, mentions(ids)+" "+is(ids)+" registered already.")
	}
	if len(refused) > 0 {
		said = append(said, mentions(refused)+" cannot take part: guests, bots, deactivated accounts and people of other workspaces are left out.")
	}
	if len(unknown) > 0 {
		said = append(said, "Nobody here is called "+quoted(unknown)+". Type @ and choose the person from Slack's list.")
	}
	return Notice{Good: len(by[store.InviteSent]) > 0, Text: strings.Join(said, "\n")}
}

// InviteResent says so.
func InviteResent(slackID string) Notice {
	return Notice{Good: true, Text: mention(slackID) + " gets a new link. The old one stopped working."}
}

// InviteCancelled says so.
func InviteCancelled() Notice {
	return Notice{Good: true, Text: "The invitation was cancelled, and its link stopped working."}
}

// InviteGone says that an invitation cannot be acted on any more.
func InviteGone() Notice {
	return Notice{Text: "That invitation is not open any more: it was used or cancelled meanwhile. The list shows how things are now."}
}

// undelivered explains why the DM of an invitation did not arrive, from Slack's error code
// (https://docs.slack.dev/reference/methods/chat.postMessage#errors).
func undelivered(code string) string {
	switch code {
	case "user_not_found", "users_not_found", "user_disabled", "channel_not_found":
		return "Slack does not find them any more"
	case "messages_tab_disabled":
		return "Herald's Messages tab is off; whoever manages the Slack app can switch it on"
	case "cannot_dm_bot", "restricted_action", "access_denied", "not_allowed":
		return "Slack does not let Herald write to them"
	case "unreachable":
		return "Slack could not be reached"
	}
	return "Slack refused it (" + escape(code) + ")"
}

// mentions lists people: "<@U1>, <@U2> and <@U3>", at most mentionsShown by name.
func mentions(slackIDs []string) string {
	const mentionsShown = 25
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
