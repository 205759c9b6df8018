package view

import (
	"strings"

	"github.com/slack-go/slack"
)

// ActionPreview shows how a post would look.
const ActionPreview = "preview"

// Preview shows how a post would look under the person's name, as each network that has a look would show it. Nothing of it exists: it is
// an example, the same that the registration page shows.
func Preview(offered Offered, company, person string) slack.ModalViewRequest {
	company, person = escape(clip(company, nameShown)), escape(clip(person, nameShown))
	var posts []slack.Block
	shown := 0
	for _, n := range offered {
		if n.Look == nil {
			continue
		}
		shown++
		byline, job := company+" · 1m", ">*Product Designer*\n>"+company+" · Lisbon or remote"
		if n.Look.Byline != "" {
			byline = n.Look.Byline
		}
		if n.Look.Source {
			job = ">" + company + " Careers\n>*Product Designer*\n>Lisbon or remote. See what the team does, and apply."
		}
		posts = append(posts,
			slack.NewDividerBlock(),
			quiet("*On "+n.Title+"*"),
			section("*"+person+"*\n_"+byline+"_"),
			section("We are looking for a Product Designer at "+company+". I work here and can tell you what it is really like: just ask me."),
			section(">:frame_with_picture:\n"+job),
			quiet(strings.Join(n.Look.Buttons, "   ·   ")),
		)
	}
	blocks := append([]slack.Block{quiet(examples(shown) + " Nothing was posted.")}, posts...)
	blocks = append(blocks, slack.NewDividerBlock(),
		quiet("You see every post before it goes out, and can change every word of it. Without your click there is no post."))
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: plain("How a post would look"), Close: plain("Close"), Blocks: slack.Blocks{BlockSet: blocks},
	}
}

// examples says how many there are.
func examples(n int) string {
	switch n {
	case 1:
		return "An example."
	case 2:
		return "Two examples."
	}
	return "Examples."
}
