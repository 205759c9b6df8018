package handlers_test

import (
	"strings"
	"testing"

	"herald/handlers/view"
	"herald/sandbox/slackd"
	"herald/store"
)

// managesPage lets Bo come back from Facebook with a Page, by the link that his screen shows.
func (w *world) managesPage(link, name string) {
	w.t.Helper()
	trip := store.Authorization{
		CompanyID: w.company.ID, Network: "facebook", Token: link[strings.LastIndex(link, "/")+1:], Purpose: store.PurposeChoice,
		Subject: "fb-" + bo, Pages: []store.Page{{ID: "702", Name: name}},
	}
	_, err := w.store.ConnectPage(w.ctx(), trip, "702")
	w.must(err)
}

func TestACompanyPageIsShownAndDisconnected(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		const connectPage = "connect_page"
		b := w.as(bo)
		if me := b.types("/social me"); has(b.MessageElements(me.Channel, me.TS), connectPage) {
			t.Error("there is a button for a Page, and no account at Facebook")
		}
		w.connects(bo)
		me := b.types("/social me")
		link := b.in(me, connectPage).URL
		if !strings.Contains(link, "/page/facebook/"+w.company.Key+"/") {
			t.Errorf("it leads to %s", link)
		}
		w.managesPage(link, "Acme *Jobs*")

		me = b.types("/social me")
		w.wants(me, "*Facebook* · Page “Acme ∗Jobs∗”: connected")
		if has(b.MessageElements(me.Channel, me.TS), connectPage) {
			t.Error("there is a button to connect a Page, and one is connected")
		}
		drop := b.in(me, view.ActionMeDropPage)
		if !strings.Contains(string(drop.Confirm), "Your own Facebook account stays connected") {
			t.Errorf("nobody is asked: %s", drop.Confirm)
		}
		me = b.clicks(me, drop)
		w.wants(me, "The company Page is disconnected.", "*Facebook*: connected", "Connect our company Page…")
		w.wants(w.as(ana).types("/social audit"), "*Bo García* connected a company page", "*Bo García* disconnected a company page")

		// Once more, and twice: the button was on two screens. Nobody's id is in what a client sends.
		w.managesPage(link, "Acme Jobs")
		menu, other := b.types("/social"), b.types("/social")
		w.wants(menu, "Page “Acme Jobs”")
		b.clicks(menu, b.in(menu, view.ActionDropPage))
		b.presses(b.in(other, view.ActionDropPage))
		b.hears("that it is gone", func(m slackd.Message) bool { return strings.Contains(says(m), "No Page is connected any more") })

		// In the Home tab.
		w.managesPage(link, "Acme Jobs")
		home := b.opensHome()
		b.presses(b.at(home, view.ActionDropPage))
		b.seesHome("that the Page is gone", func(v slackd.View) bool {
			return strings.Contains(words(v.Blocks), "The company Page is disconnected.")
		})

		// Facebook goes, and the Page with it.
		w.managesPage(link, "Acme Jobs")
		me = b.types("/social me")
		me = b.clicks(me, b.valued(me, view.ActionMeDisconnect, "facebook"))
		w.wants(me, "Facebook is disconnected.", "Connect Facebook")
		w.connects(bo)
		w.wants(b.types("/social me"), "*Facebook*: connected")
	})
}
