package view

import (
	"github.com/slack-go/slack"
)

// ActionPreview shows how a post would look.
const ActionPreview = "preview"

// Preview shows how a post would look on LinkedIn under the person's name. Nothing of it exists: it is an example.
func Preview(company, person string) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: plain("How a post would look"), Close: plain("Close"),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			quiet("An example, as LinkedIn would show it. Nothing was posted."),
			slack.NewDividerBlock(),
			section("*" + escape(clip(person, nameShown)) + "*\n_You · now_"),
			section("We are looking for a *Product Designer* at " + escape(clip(company, nameShown)) +
				". I work here and can tell you what it is really like: just ask me."),
			section(">*Product Designer*\n>" + escape(clip(company, nameShown)) + " · Lisbon or remote\n>:link: _the job's page_"),
			slack.NewDividerBlock(),
			quiet("You see every post before it goes out, and can change every word of it. Without your click there is no post."),
		}},
	}
}
