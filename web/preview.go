package web

import (
	"cmp"

	"herald/networks"
)

// A look is how a network dresses a post. The words of the post are the same everywhere.
type look struct {
	Network string // its name
	Title   string
	Byline  string   // under the author's name
	Source  string   // stands on the card of the job, above its title; "": the company stands below
	Buttons []string // under the post
}

// looks are how a post would look at those of the networks that have a look, in the order of their buttons.
func looks(list []networks.Network, company string) []look {
	var all []look
	for _, n := range list {
		previewer, ok := n.(networks.Previewer)
		if !ok {
			continue
		}
		of := previewer.Look()
		l := look{Network: n.Name(), Title: n.Title(), Byline: cmp.Or(of.Byline, company+" · 1m"), Buttons: of.Buttons}
		if of.Source {
			l.Source = company + " Careers"
		}
		all = append(all, l)
	}
	return all
}
