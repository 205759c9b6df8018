package view

import "herald/store"

// A Network is one that people connect, as screens name it.
type Network struct {
	Name        string // its id, such as "linkedin"
	Title       string // as it writes itself, such as "LinkedIn"
	AppSettings string // where on its pages people end Herald's access themselves, or ""
	Pages       bool   // companies have Pages there, which members can connect
	Look        *Look  // how a post looks there; nil: the preview shows none
}

// A Look is how a network dresses a post.
type Look struct {
	Byline  string   // under the author's name; "": the company and "1m"
	Source  bool     // the card of the job begins with where it is from
	Buttons []string // under the post
}

// Offered are the networks that people can connect, in the order of their buttons.
type Offered []Network

// Names returns the ids.
func (o Offered) Names() []string {
	names := make([]string, len(o))
	for i, n := range o {
		names[i] = n.Name
	}
	return names
}

// find returns the network of that name. One that is not offered any more is called by its name.
func (o Offered) find(name string) Network {
	for _, n := range o {
		if n.Name == name {
			return n
		}
	}
	return Network{Name: name, Title: initial(name)}
}

// title is a network as it writes itself.
func (o Offered) title(name string) string { return o.find(name).Title }

// connectedAt lists the titles of the networks of connections.
func (o Offered) connectedAt(connections []store.Connection) []string {
	titles := make([]string, len(connections))
	for i, c := range connections {
		titles[i] = o.title(c.Network)
	}
	return titles
}
