package view

import (
	"github.com/slack-go/slack"
)

// ActionPreview shows how a post would look.
const ActionPreview = "preview"

// Preview shows how a post would look under the person's name, as LinkedIn and as Facebook would show it. Nothing of it exists: it is an
// example, the same that the registration page shows.
func Preview(company, person string) slack.ModalViewRequest {
	company, person = escape(clip(company, nameShown)), escape(clip(person, nameShown))
	post := func(network, byline, job, buttons string) []slack.Block {
		return []slack.Block{
			slack.NewDividerBlock(),
			quiet("*On " + network + "*"),
			section("*" + person + "*\n_" + byline + "_"),
			section("We are looking for a Product Designer at " + company + ". I work here and can tell you what it is really like: just ask me."),
			section(job),
			quiet(buttons),
		}
	}
	blocks := []slack.Block{quiet("Two examples. Nothing was posted.")}
	blocks = append(blocks, post("LinkedIn", company+" · 1m",
		">:frame_with_picture:\n>*Product Designer*\n>"+company+" · Lisbon or remote", "Like   ·   Comment   ·   Repost   ·   Send")...)
	blocks = append(blocks, post("Facebook", "Just now · Friends",
		">:frame_with_picture:\n>"+company+" Careers\n>*Product Designer*\n>Lisbon or remote. See what the team does, and apply.",
		"Like   ·   Comment   ·   Share")...)
	blocks = append(blocks, slack.NewDividerBlock(),
		quiet("You see every post before it goes out, and can change every word of it. Without your click there is no post."))
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: plain("How a post would look"), Close: plain("Close"), Blocks: slack.Blocks{BlockSet: blocks},
	}
}
