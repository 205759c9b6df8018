package view

import (
	"strings"

	"github.com/slack-go/slack"

	"herald/store"
)

// Controls of the messages before an access ends.
const (
	ActionUntold      = "untold"       // Don't tell me again, on such a message
	ActionTellEndings = "tell_endings" // in /social me; value: TellOn or "off"
	TellOn            = "on"
)

// Ending tells somebody that their access at a network, or at several, ends soon; url is their own link.
func Ending(c store.Company, offered Offered, of []store.Connection, url string) Message {
	names, ends := offered.connectedAt(of), make([]string, len(of))
	for i, n := range of {
		ends[i] = names[i] + " on " + date(n.ExpiresAt, "{date_long}")
	}
	title := "Your " + names[0] + " access ends on " + date(of[0].ExpiresAt, "{date_long}")
	spoken := "Your " + names[0] + " access ends on " + day(of[0].ExpiresAt) + "."
	if len(of) > 1 {
		title = "Your access ends soon: " + strings.Join(ends, ", ")
		spoken = "Your access at " + strings.Join(names, " and ") + " ends soon."
	}
	return Message{
		Text: spoken + " Reconnect to go on sharing " + escape(clip(c.Name, nameShown)) + "'s jobs there.",
		Blocks: []slack.Block{
			section("*" + title + "*\nNetworks give access for a while only. Say yes there once more, and you can go on sharing " + escape(clip(c.Name, nameShown)) + "'s jobs."),
			slack.NewActionBlock("",
				button(actionConnect, "", "Reconnect").WithURL(url).WithStyle(slack.StylePrimary),
				button(ActionUntold, "", "Don't tell me again")),
			quiet("If you do nothing, the access ends by itself, and you stay registered."),
		},
	}
}

// Untold takes the place of the message after Don't tell me again.
func Untold() Message {
	return Sentence("OK — no more messages before an access ends. `/social me` if you change your mind.")
}

// tellEndings is the switch in /social me.
func tellEndings(m store.Member) slack.Block {
	text, change := "*A message before an access ends*: on", button(ActionTellEndings, "off", "Turn off")
	if m.Untold {
		text, change = "*A message before an access ends*: off", button(ActionTellEndings, TellOn, "Turn on")
	}
	return slack.NewSectionBlock(mrkdwn(text), nil, slack.NewAccessory(change))
}
