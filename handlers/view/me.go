package view

import (
	"strings"
	"time"

	"github.com/slack-go/slack"

	"herald/store"
)

// Me shows somebody everything that Herald stores about them. Person may be nil, and so may networks: then they are not registered.
func Me(c store.Company, person *store.Person, networks *Networks, now time.Time) Message {
	var facts []string
	fact := func(name, value string) {
		if value != "" {
			facts = append(facts, "• "+name+": "+value)
		}
	}
	var member *store.Member
	if networks != nil {
		member = &networks.Member
		fact("Name", escape(member.Name))
		fact("Email for messages about the programme", escape(member.Email))
		fact("User type", TypeName(member.Type))
		fact("Signed up", since(member.RegisteredAt, now))
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
		blocks = append(blocks, quiet("You are not registered. If somebody invited you, Herald also stores who and when: it is in the file. Type `/social` to see what the programme is."),
			slack.NewActionBlock("", button(ActionDownload, "", "Download my data")))
		return Message{Text: "What Herald stores about you: what Slack shows to everybody at " + escape(c.Name) + ".", Blocks: blocks}
	}
	blocks = append(blocks, networks.rows(ActionMeDisconnect, func(c store.Connection) string {
		return "\nSince " + since(c.ConnectedAt, now) + ". Stored are your id there and an encrypted key."
	})...)
	if connect := networks.buttons(ActionMeDropPage); len(connect) > 0 {
		blocks = append(blocks, slack.NewActionBlock("", connect...))
	}
	blocks = append(blocks,
		tellEndings(*member),
		quiet("The audit log keeps what happened, such as a change of your user type. When you leave, it keeps no trace of who it was."),
		slack.NewActionBlock("", button(ActionDownload, "", "Download my data"), button(ActionLeave, "", "Leave").WithStyle(slack.StyleDanger)))
	return Message{Text: "What Herald stores about you. You are " + article(member.Type) + " " + TypeName(member.Type) + ".", Blocks: blocks}
}

// MeModal is Me on top of the Home tab; its Leave opens the confirmation on top of it.
func MeModal(m Message) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: plain("My data"), Close: plain("Close"), Blocks: m.Home().Blocks, // a modal has no attachments either
	}
}

// DownloadHours is how long the file with somebody's data stays in Slack.
const DownloadHours = 24

// What somebody reads about the file with their data.
const (
	DataComment = "Everything that Herald stores about you. Herald deletes this file after 24 hours, or when you leave."
	DataSent    = "Your data is in your messages with Herald, as a file. Herald deletes it after 24 hours."
	DataComing  = "Your data is on its way to your messages with Herald, as a file…"
	DataNone    = "Herald stores nothing about you any more, but for a code that keeps it from learning about you again. The code leads back to nobody."
)

// DataDownloaded says that the file with somebody's data was sent.
func DataDownloaded() Notice { return Notice{Good: true, Text: DataSent} }
