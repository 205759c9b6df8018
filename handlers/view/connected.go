package view

import (
	"github.com/slack-go/slack"

	"herald/store"
)

// ActionNotMe is Disconnect on the message that an account was connected; value: the consent.
const ActionNotMe = "not_me"

// Connected tells a member that an account at the network was connected through a link of theirs.
func Connected(c store.Company, offered Offered, m store.Member, network, consentID string) Message {
	title := offered.title(network) + " is connected to your account"
	end := button(ActionNotMe, consentID, "Disconnect").WithConfirm(Networks{Member: m, Offered: offered}.confirm(network))
	return Message{
		Text: title + ". Was it not you? Disconnect it.",
		Blocks: []slack.Block{
			section("*" + title + "*\nYou can share " + escape(clip(c.Name, nameShown)) + "'s jobs there. Nothing appears there without your click.\nWas it not you?"),
			slack.NewActionBlock("", end),
			quiet("Whoever has a link of yours can connect an account, so keep your links to yourself. Each one works once."),
		},
	}
}
