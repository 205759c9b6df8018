package view

import (
	"strings"
	"time"

	"github.com/slack-go/slack"

	"herald/store"
)

// Controls of registrations that wait. Value: the signup's id.
const (
	ActionConfirmYes    = "signup_yes"
	ActionConfirmNo     = "signup_no"
	ActionSignupApprove = "signup_approve"
	ActionSignupDecline = "signup_decline"

	// ActionSignupPerson is who it is in Slack, if an admin chooses somebody; Approve reads it.
	ActionSignupPerson = "signup_person"
)

// ConfirmSignup asks the Slack user whose email address was entered whether it was they who signed up.
func ConfirmSignup(c store.Company, offered Offered, s store.Signup) Message {
	who := escape(clip(s.Name, nameShown))
	email := s.Email
	if s.AskedAt != "" && !strings.EqualFold(s.AskedAt, s.Email) { // the network told it, not who signed up
		email = s.AskedAt
	}
	return Message{
		Text: "Was this you? Somebody signed up to share " + escape(clip(c.Name, nameShown)) + "'s jobs with your email address.",
		Blocks: []slack.Block{
			section("*Was this you?*\nSomebody signed up to share " + escape(clip(c.Name, nameShown)) + "'s jobs with your email address " + code(email) +
				", and with the " + offered.title(s.Network) + " account of *" + who + "*."),
			slack.NewActionBlock("",
				button(ActionConfirmYes, s.ID, "Yes, it was me").WithStyle(slack.StylePrimary),
				button(ActionConfirmNo, s.ID, "No, it was not")),
			quiet("Until you say yes, there is no account. No erases what they entered."),
		},
	}
}

// SignupConfirmed takes the place of the question after Yes.
func SignupConfirmed() Message {
	return Sentence("You said that it was you who signed up. You're in.")
}

// SignupErased takes the place of the question after No.
func SignupErased() Message {
	return Sentence("Thanks for telling. What they entered is erased, and no account was made. Nobody got into any account of yours.")
}

// SignupOver says that a question or a card was answered before, or waited too long.
const SignupOver = "This sign-up was answered already, or it waited too long and was erased. There is nothing left to do."

// Welcome is the DM that confirms a registration.
func Welcome(c store.Company, offered Offered, m store.Member) Message {
	connected := ""
	if len(m.Connections) > 0 {
		connected = "Connected: " + list(offered.connectedAt(m.Connections)) + ". "
	}
	title := "You're in, " + escape(clip(m.Name, nameShown)) + "."
	return Message{
		Text: title + " Nothing is posted without your click. Type /social to see your account, or to leave.",
		Blocks: []slack.Block{
			section("*" + title + "*\nFrom now on you can share " + escape(clip(c.Name, nameShown)) + "'s open jobs with your network, whenever you feel like it. " +
				"You get each post here first, and nothing is ever posted without your click."),
			quiet(connected + "Type `/social me` to see what is stored about you, or to leave: everything about you is erased then."),
		},
	}
}

// ApprovalCard asks an admin about somebody who signed up with an address of nobody who could be asked.
func ApprovalCard(c store.Company, offered Offered, s store.Signup) Message {
	who := escape(clip(s.Name, nameShown))
	email := "no email address"
	if s.Email != "" {
		email = code(s.Email)
	}
	text, came := "Somebody signed up through the company URL", " signed up through the company URL"
	if s.Invited != "" {
		text, came = "Somebody who was invited by email signed up", " was invited"+byWhom(s.InvitedBy)+" by email, and signed up"
	}
	return Message{
		Text: text + " and waits for a company admin's approval.",
		Blocks: []slack.Block{
			section("*" + who + "*" + came + "\n" + email + " · " + offered.title(s.Network) + " · " + date(s.CreatedAt, "{date_short_pretty} {time}")),
			section(addressOf(s) + ", so you decide whether they belong to " + escape(clip(c.Name, nameShown)) + "."),
			slack.NewActionBlock("",
				button(ActionSignupApprove, s.ID, "Approve").WithStyle(slack.StylePrimary),
				slack.NewOptionsSelectBlockElement(slack.OptTypeUser, plain("Who is it in Slack? (optional)"), ActionSignupPerson),
				button(ActionSignupDecline, s.ID, "Decline").WithConfirm(slack.NewConfirmationBlockObject(
					plain("Decline this sign-up?"), plain("Everything they entered is erased. They can sign up again."),
					plain("Decline"), plain("Cancel")).WithStyle(slack.StyleDanger))),
			quiet("If nobody answers by " + date(s.CreatedAt.Add(store.SignupLife), "{date_short}") + ", it is erased. The first answer counts."),
		},
	}
}

// addressOf says whose the address of a sign-up is.
func addressOf(s store.Signup) string {
	switch {
	case s.Owner != nil && s.OwnerMember:
		return "Their address belongs to " + owner(*s.Owner) + ", who is registered already"
	case s.Owner != nil && s.Owner.Eligible():
		return "Their address belongs to " + owner(*s.Owner)
	case s.Owner != nil:
		return "Their address belongs to " + owner(*s.Owner) + ", who cannot take part (a guest, a bot, or deactivated)"
	case s.Email == "":
		return "Without an address nobody in Slack could be asked"
	case s.Invited != "": // else the invitation would have let them in
		return "Nobody in this workspace has that address, and the invitation is not a company admin's"
	}
	return "Herald knows nobody in this workspace with that address"
}

// byWhom says who did something, "" if they were removed since.
func byWhom(slackID string) string {
	if slackID == "" {
		return ""
	}
	return " by " + mention(slackID)
}

// owner names a person: Slack shows the current name of a Slack user.
func owner(p store.Person) string {
	if p.SlackID != "" {
		return mention(p.SlackID)
	}
	return "*" + escape(clip(p.Name, nameShown)) + "*"
}

// A SignupEnd is how a sign-up that waited for an approval ended.
type SignupEnd string

// The ends.
const (
	SignupApproved SignupEnd = "approved"
	SignupDeclined SignupEnd = "declined"
)

// SignupDecided takes the place of an approval card. It names nobody who signed up: what a declined person entered is erased.
// By is the Slack id of the admin who decided, "" if they are not known any more; end may be "", too, as for a sign-up that ran out, of
// which nothing else is known.
func SignupDecided(end SignupEnd, s store.Signup, by string, at time.Time) Message {
	var did string
	switch end {
	case SignupApproved:
		did = "Approved"
	case SignupDeclined:
		did = "Declined"
	default: // nobody knows any more which of them it was
		return Sentence("This sign-up is over: it was answered, nobody answered in time, or the account was removed. There is nothing left to do.")
	}
	through := "the company URL"
	if s.Invited != "" {
		through = "an invitation" + byWhom(s.InvitedBy) + " by email"
	}
	text := "A sign-up through " + through + ": *" + did + byWhom(by) + "*"
	if !at.IsZero() {
		text += ", " + date(at, "{date_short_pretty} {time}")
	}
	return Sentence(text + ".")
}
