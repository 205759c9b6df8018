package view

import (
	"slices"

	"github.com/slack-go/slack"
)

// HomeAt is the Home tab with a place below the menu, and a way back to the menu alone.
func HomeAt(menu, place Message) Message {
	blocks := slices.Concat(menu.Blocks, []slack.Block{
		slack.NewDividerBlock(),
		slack.NewActionBlock("", button(ActionHomeMenu, "", "‹ Back to the menu")),
	}, place.Blocks)
	return Message{Text: place.Text, Blocks: blocks, Notice: menu.Notice}
}
