package view

import "github.com/slack-go/slack"

// ActionDeactivated opens User Management with the members who are deactivated in Slack.
const ActionDeactivated = "deactivated_show"

// Deactivated tells a company admin how many members are deactivated in Slack; removalDays is after how many days Herald removes them,
// 0: not at all. It names nobody, so that it says nothing of people who were removed since.
func Deactivated(n, removalDays int) Message {
	text := count(n, "member is", "members are") + " deactivated in Slack"
	then := "They stay in the programme until a company admin removes them."
	if removalDays > 0 {
		then = "Herald removes them " + count(removalDays, "day", "days") + " after they were deactivated, as your settings say, unless they come back."
	}
	return Message{
		Text: text + ". " + then,
		Blocks: []slack.Block{
			section("*" + text + "*\n" + then),
			slack.NewActionBlock("", button(ActionDeactivated, "", "Look and remove…")),
		},
	}
}
