package web

import "herald/networks"

// A look is how a network dresses a post. The words of the post are the same everywhere.
type look struct {
	Network string // names the look in the style sheet
	Title   string
	Byline  string   // under the author's name
	Source  string   // stands on the card of the job, above its title; "": the company stands below
	Buttons []string // under the post
}

// looks are how a post would look at those of the networks that have one: in the order of the networks, which is that of their buttons.
func looks(list []networks.Network, company string) []look {
	var all []look
	for _, n := range list {
		l := look{Network: n.Name(), Title: n.Title()}
		switch l.Network {
		case "linkedin":
			l.Byline, l.Buttons = company+" · 1m", []string{"Like", "Comment", "Repost", "Send"}
		case "facebook":
			l.Byline, l.Source, l.Buttons = "Just now · Friends", company+" Careers", []string{"Like", "Comment", "Share"}
		default: // nobody signs up with another one for now
			continue
		}
		all = append(all, l)
	}
	return all
}
