package view

import (
	"strings"
	"time"

	"github.com/slack-go/slack"

	"herald/store"
)

// Me shows somebody everything that Herald stores about them. Person and member may each be nil; link is the member's own link if they
// should connect a network, else "".
func Me(c store.Company, person *store.Person, member *store.Member, link string, now time.Time) Message {
	var facts []string
	fact := func(name, value string) {
		if value != "" {
			facts = append(facts, "• "+name+": "+value)
		}
	}
	if member != nil {
		fact("Name", escape(member.Name))
		fact("Email for messages about the programme", escape(member.Email))
		fact("User type", TypeName(member.Type))
		fact("Signed up", since(member.RegisteredAt, now))
		for _, n := range member.Connections {
			value := state(n, now) + ", since " + since(n.ConnectedAt, now) + "; your id there and an encrypted key"
			if n.CompanyPage != "" {
				value += "; the company page “" + escape(n.CompanyPage) + "”"
			}
			fact(networkName(n.Network), value)
		}
	}
	if person != nil {
		from := []string{escape(person.Name), "@" + escape(person.Handle)}
		for _, more := range []string{person.Email, person.TimeZone} {
			if more != "" {
				from = append(from, escape(more))
			}
		}
		fact("From "+escape(c.Name)+"'s Slack directory", strings.Join(from, ", "))
	}
	if len(facts) == 0 {
		return Sentence("Herald stores nothing about you. Type `/social` to see what the programme is and to sign up.")
	}
	blocks := []slack.Block{section("*What Herald stores about you*\n" + clip(strings.Join(facts, "\n"), maxSection-100))}
	if member == nil {
		blocks = append(blocks, quiet("You are not registered, so this is all. Type `/social` to see what the programme is."))
		return Message{Text: "What Herald stores about you: what Slack shows to everybody at " + escape(c.Name) + ".", Blocks: blocks}
	}
	if network := connect(*member, link, now); network != nil {
		blocks = append(blocks, slack.NewActionBlock("", network...))
	}
	blocks = append(blocks,
		quiet("The audit log keeps what happened, such as a change of your user type. When you leave, it keeps no trace of who it was."),
		slack.NewActionBlock("", button(ActionLeave, "", "Leave").WithStyle(slack.StyleDanger)))
	return Message{Text: "What Herald stores about you. You are " + article(member.Type) + " " + TypeName(member.Type) + ".", Blocks: blocks}
}

// MeModal is Me on top of the Home tab; its Leave opens the confirmation on top of it.
func MeModal(m Message) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: plain("My data"), Close: plain("Close"), Blocks: slack.Blocks{BlockSet: m.Blocks},
	}
}
