package view

import (
	"strings"

	"github.com/slack-go/slack"
)

// A HelpLine is a subcommand in the help.
type HelpLine struct {
	Name  string // "members"
	Usage string // its arguments, may be ""
	Help  string // what it does, mrkdwn
}

// Help lists subcommands: those for everybody, and those for company admins, if the reader is one.
func Help(everybody, admins []HelpLine) Message {
	blocks := []slack.Block{section("*What you can type*\n" + helpLines(everybody))}
	if len(admins) > 0 {
		blocks = append(blocks, section("*As a company admin*\n"+helpLines(admins)))
	}
	return Message{Text: "What you can type: " + helpLines(append(append([]HelpLine{}, everybody...), admins...)), Blocks: blocks}
}

func helpLines(lines []HelpLine) string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = code(strings.TrimSpace("/social "+l.Name+" "+l.Usage)) + " — " + l.Help
	}
	return strings.Join(out, "\n")
}

// Unknown answers a word that is no subcommand; closest is the one that was meant, perhaps, or "".
func Unknown(word, closest string) string {
	text := "There is no " + code("/social "+clip(word, 40)) + ". "
	if closest != "" {
		text += "Did you mean " + code("/social "+closest) + "? "
	}
	return text + "Type `/social help` to see everything you can do."
}
