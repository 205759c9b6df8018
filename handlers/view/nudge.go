package view

import (
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"herald/nudge"
	"herald/store"
)

// Controls of a reminder. They concern whoever presses them.
const (
	ActionNudgeSnooze = "nudge_snooze" // Remind me in a week
	ActionNudgeStop   = "nudge_stop"   // Don't remind me
	ActionNudgeWhy    = "nudge_why"    // Why me?
)

// A Reminder is what a reminder says.
type Reminder struct {
	Company   store.Company
	InvitedBy string // name, "" if nobody did or they are gone
	N, Most   int    // it is the person's Nth, of at most Most
	URL       string // the person's own link
	Words     string // the company's own, "" for Herald's
}

// Nudge is the DM that reminds somebody to sign up. It mentions nobody, and links to nothing but the registration page.
func Nudge(r Reminder) Message {
	company := escape(clip(r.Company.Name, nameShown))
	title := company + " invites you to share jobs with your network"
	which := "Reminder " + strconv.Itoa(r.N) + " of at most " + strconv.Itoa(max(r.N, r.Most))
	return Message{
		Text: which + ": " + title + ". It takes a minute, and nothing is ever posted without your click. Press Sign up in this message, or choose not to be reminded.",
		Blocks: []slack.Block{
			section("*" + title + "*\n" + reminderWords(r.Words)),
			slack.NewActionBlock("",
				button(ActionSignupLink, "", "Sign up").WithURL(r.URL).WithStyle(slack.StylePrimary),
				button(ActionNudgeSnooze, "", "Remind me in a week"),
				button(ActionNudgeStop, "", "Don't remind me"),
				button(ActionNudgeWhy, "", "Why me?")),
			quiet("_" + which + " · " + fromWhom(r.Company, r.InvitedBy) + " Only you can use this link._"),
		},
	}
}

// reminderWords are the company's own, or Herald's: what the programme gives, and what it takes.
func reminderWords(own string) string {
	if own == "" {
		return "Your colleagues share open jobs with people they know, and help to choose whom they will work with. " +
			"It takes a minute: choose your network, say yes there, done. Nothing is ever posted without your click."
	}
	var lines []string
	for line := range strings.Lines(own) {
		lines = append(lines, escape(line))
	}
	return strings.Join(lines, "\n")
}

func fromWhom(c store.Company, name string) string {
	if name == "" {
		return "You get it as a colleague at " + escape(clip(c.Name, nameShown)) + "."
	}
	return escape(clip(name, nameShown)) + " invited you."
}

// NudgeSnoozed is what a reminder becomes after Remind me in a week.
func NudgeSnoozed(until time.Time) Message {
	const text = "OK – no reminder before "
	return Message{
		Text:   text + day(until) + ". `/social` if you would like to sign up sooner.",
		Blocks: []slack.Block{quiet(text + date(until, "{date_long}") + ". `/social` if you would like to sign up sooner.")},
	}
}

// NudgeStopped is what a reminder becomes after Don't remind me.
func NudgeStopped() Message { return InviteDeclined() }

// WhyMe tells somebody why they get reminders. settings are zero where nobody set reminders up.
func WhyMe(c store.Company, settings store.Reminders, p nudge.Person, inviter string) slack.ModalViewRequest {
	company := escape(clip(c.Name, nameShown))
	why := company + " reminds everybody who works there and has not signed up."
	switch {
	case inviter != "":
		why = escape(clip(inviter, nameShown)) + " invited you to " + company + "'s social recruiting on " + date(p.Invited, "{date_long}") + ", and you have not signed up."
	case !p.Invited.IsZero():
		why = "You were invited to " + company + "'s social recruiting on " + date(p.Invited, "{date_long}") + ", and have not signed up."
	case !settings.Everyone:
		why = "You were invited to " + company + "'s social recruiting, and that invitation is over by now."
	}
	said := []string{"*Why do I get this?*", why}
	if settings.Cap > 0 {
		said = append(said, "You got "+remindedSoFar(p)+". Nobody gets more than "+number(settings.Cap)+
			", or more than one in "+count(settings.Spacing, "day", "days")+".")
	}
	said = append(said, "*Remind me in a week* puts it off, and this one does not count. *Don't remind me* is final: not even an admin's reminder or bulk invitation reaches you after it.")
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: plain("Why me?"), Close: plain("Close"),
		Blocks: slack.Blocks{BlockSet: []slack.Block{section(strings.Join(said, "\n")), section(promises)}},
	}
}
