package view

import (
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"herald/store"
)

// Controls of a member's networks. Those that lead to the member's own link need no answer.
const (
	ActionDisconnect   = "disconnect"    // in the menu and the Home tab; value: the network
	ActionMeDisconnect = "me_disconnect" // in /social me; value: the network
	ActionDropPage     = "drop_page"     // in the menu and the Home tab; value: the network
	ActionMeDropPage   = "me_drop_page"  // in /social me; value: the network
	actionConnectPage  = "connect_page"  // a link
	actionConnect      = "connect"       // a link
	actionReconnect    = "reconnect_"    // a link; the network follows
)

// Networks are a member's networks, and what the member can do about them.
type Networks struct {
	Member  store.Member
	Offered Offered // networks that people can connect here
	URL     string  // the member's own link to connect one, "" if there is none
	PageURL string  // where the member connects a company Page, "" if there is nothing to connect one to, or one is
	Now     time.Time
}

// PageNetwork returns the network at which the member can connect a company Page, "" if there is none.
func (n Networks) PageNetwork() string {
	for _, network := range n.Offered {
		c, connected := n.Member.Connection(network.Name)
		if network.Pages && connected && c.CompanyPage == "" && c.Usable(n.Now) {
			return network.Name
		}
	}
	return ""
}

// Connectable tells whether there is something to connect, or to connect again: then the member needs a link.
func (n Networks) Connectable() bool { return len(n.missing())+len(n.ending()) > 0 }

// missing are the networks that the member is not connected to.
func (n Networks) missing() []string {
	return slices.DeleteFunc(n.Offered.Names(), func(network string) bool {
		_, connected := n.Member.Connection(network)
		return connected
	})
}

// ending are those whose access ended or ends soon.
func (n Networks) ending() []string {
	return slices.DeleteFunc(n.Offered.Names(), func(network string) bool {
		c, connected := n.Member.Connection(network)
		return !connected || !c.Renewable(n.Now)
	})
}

// rows show the networks with their state, each with a button that disconnects it. about adds what is to be said of a connection.
func (n Networks) rows(disconnect string, about func(store.Connection) string) []slack.Block {
	if len(n.Member.Connections) == 0 {
		return []slack.Block{section("*No network is connected.* You stay registered; connect one to share jobs.")}
	}
	var rows []slack.Block
	for _, c := range n.Member.Connections {
		text := "*" + n.Offered.title(c.Network) + "*"
		if c.CompanyPage != "" {
			text += " · Page “" + escape(clip(c.CompanyPage, nameShown)) + "”"
		}
		text += ": " + state(c, n.Now)
		end := button(disconnect, c.Network, "Disconnect").WithConfirm(n.confirm(c.Network))
		rows = append(rows, slack.NewSectionBlock(mrkdwn(text+about(c)), nil, slack.NewAccessory(end)))
	}
	return rows
}

// confirm asks before a network is disconnected.
func (n Networks) confirm(network string) *slack.ConfirmationBlockObject {
	name := n.Offered.title(network)
	text := "Herald deletes its key and asks " + name + " to end the access. You can connect it again any time."
	if len(n.Member.Connections) == 1 {
		text += " You stay registered, without a network."
	}
	c := slack.NewConfirmationBlockObject(plain("Disconnect "+name+"?"), plain(text), plain("Disconnect"), plain("Keep"))
	c.Style = slack.StyleDanger
	return c
}

// buttons lead to the pages that connect a network or a company Page; the action dropPage takes a Page off.
func (n Networks) buttons(dropPage string) []slack.BlockElement {
	elements := n.connects()
	if n.PageURL != "" {
		elements = append(elements, button(actionConnectPage, "", "Connect our company Page…").WithURL(n.PageURL))
	}
	for _, c := range n.Member.Connections {
		if c.CompanyPage != "" {
			elements = append(elements, button(dropPage, c.Network, "Disconnect Page").WithConfirm(n.confirmDropPage(c)))
		}
	}
	return elements
}

// confirmDropPage asks before a company Page is taken off an account.
func (n Networks) confirmDropPage(c store.Connection) *slack.ConfirmationBlockObject {
	text := "Herald forgets that you manage “" + clip(tidy(c.CompanyPage), nameShown) + "”. Your own " + n.Offered.title(c.Network) + " account stays connected."
	confirm := slack.NewConfirmationBlockObject(plain("Disconnect the Page?"), plain(text), plain("Disconnect Page"), plain("Keep"))
	confirm.Style = slack.StyleDanger
	return confirm
}

// PageDropped says that a company Page was taken off an account.
func PageDropped() Notice { return Notice{Good: true, Text: "The company Page is disconnected."} }

// connects lead to the page that connects a network. The first one stands out if the member has nothing to share jobs with.
func (n Networks) connects() []slack.BlockElement {
	if n.URL == "" {
		return nil
	}
	var list []*slack.ButtonBlockElement
	for _, network := range n.ending() {
		list = append(list, button(actionReconnect+network, "", "Reconnect "+n.Offered.title(network)))
	}
	switch missing := n.missing(); {
	case len(missing) == 1:
		list = append(list, button(actionConnect, "", "Connect "+n.Offered.title(missing[0])))
	case len(missing) > 1 && len(n.Member.Connections) == 0:
		list = append(list, button(actionConnect, "", "Connect a network"))
	case len(missing) > 1:
		list = append(list, button(actionConnect, "", "Connect another network"))
	}
	elements := make([]slack.BlockElement, len(list))
	for i, b := range list {
		if i == 0 && !n.usable() {
			b = b.WithStyle(slack.StylePrimary)
		}
		elements[i] = b.WithURL(n.URL)
	}
	return elements
}

// usable tells whether the member can share jobs anywhere.
func (n Networks) usable() bool {
	return slices.ContainsFunc(n.Member.Connections, func(c store.Connection) bool { return c.Usable(n.Now) })
}

// Disconnected says that a network was disconnected; last: it was the only one.
func Disconnected(offered Offered, network string, last bool) Notice {
	text := offered.title(network) + " is disconnected." + offered.endItYourself([]string{network})
	if last {
		text += " You are still registered; connect a network whenever you want to share jobs again."
	}
	return Notice{Good: true, Text: text}
}

// endItYourself says where people end the access at the networks themselves; "" if there is none. LinkedIn documents no revocation
// (https://learn.microsoft.com/en-us/linkedin/shared/authentication), and the others may not answer, or not follow.
func (o Offered) endItYourself(networks []string) string {
	if len(networks) == 0 {
		return ""
	}
	names, places := make([]string, len(networks)), make([]string, len(networks))
	for i, network := range networks {
		names[i] = o.title(network)
		places[i] = names[i]
		if where := o.find(network).AppSettings; where != "" {
			places[i] += " under *" + where + "*"
		}
	}
	if len(networks) == 1 {
		return " " + names[0] + " does not always end the access when Herald asks it to. To be sure, remove Herald there, too: at " + places[0] + "."
	}
	return " " + list(names) + " do not always end the access when Herald asks them to. To be sure, remove Herald there, too: at " +
		strings.Join(places, ", at ") + "."
}

// state is how a connection stands, in words.
func state(c store.Connection, now time.Time) string {
	switch left := c.ExpiresAt.Sub(now); {
	case !c.Usable(now):
		return "the access ended, reconnect"
	case !c.Renewable(now):
		return "connected"
	case left < 24*time.Hour:
		return "connected, expires today"
	default:
		return "connected, expires in " + count(int(left/(24*time.Hour)), "day", "days")
	}
}
