package handlers_test

import (
	"strings"
	"testing"
	"time"

	"herald/handlers/view"
	"herald/sandbox/slackd"
	"herald/store"
)

// connects gives somebody an account at Facebook.
func (w *world) connects(slackID string) {
	w.t.Helper()
	w.must(w.store.Connect(w.ctx(), w.company.ID, w.member(slackID).ID, store.Account{
		Network: "facebook", Subject: "fb-" + slackID, Token: "facebook-token-of-" + slackID, ExpiresAt: w.now().Add(60 * 24 * time.Hour),
	}))
}

func TestDisconnectingOneNetworkAndThenTheLast(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.connects(ann)
		a := w.as(ann)
		me := a.types("/social me")
		w.wants(me, "*Facebook*: connected", "*LinkedIn*: connected")
		if has(a.MessageElements(me.Channel, me.TS), "connect") {
			t.Error("there is a button to connect, and all is connected")
		}
		me = a.clicks(me, a.valued(me, view.ActionMeDisconnect, "facebook"))
		w.wants(me, "Facebook is disconnected.", "*LinkedIn*: connected", "Connect Facebook")
		if said := says(me); strings.Contains(said, "still registered") {
			t.Errorf("it sounds like the last one:\n%s", said)
		}
		me = a.clicks(me, a.valued(me, view.ActionMeDisconnect, "linkedin"))
		w.wants(me, "LinkedIn is disconnected.", "You are still registered", "Permitted services", "No network is connected", "Connect a network")
		w.eventually("the access at LinkedIn ends", func() bool { return w.ends.ended("token-of-" + ann) })

		w.wants(w.as(ana).types("/social members not connected"), "Ann Lee", "Not connected (1)")
		w.wants(w.as(ana).types("/social audit"), "*Ann Lee* disconnected a network")

		// The way back.
		link := a.in(a.types("/social"), "connect").URL
		token := link[strings.LastIndex(link, "/")+1:]
		_, err := w.store.Register(w.ctx(), store.Authorization{CompanyID: w.company.ID, Network: "linkedin", Token: token},
			store.Account{Network: "linkedin", Subject: "li-" + ann, Token: "again"}, nil)
		w.must(err)
		w.wants(a.types("/social"), "*LinkedIn*: connected")
	})
}

func TestDisconnectingInTheHomeTab(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.connects(ann)
		a := w.as(ann)
		home := a.opensHome()
		a.presses(a.at(home, view.ActionDisconnect))
		a.seesHome("that Facebook is disconnected", func(v slackd.View) bool { return strings.Contains(words(v.Blocks), "Facebook is disconnected.") })

		// On top of it, in My data.
		home = a.opensHome()
		a.presses(a.at(home, view.ActionMe))
		modal := a.seesModal("What Herald stores about you")
		a.presses(a.at(modal, view.ActionMeDisconnect))
		a.seesModal("You are still registered")
		a.seesHome("no network", func(v slackd.View) bool { return strings.Contains(words(v.Blocks), "No network is connected") })
		if got := w.member(ann).Connections; len(got) != 0 {
			t.Errorf("still connected: %+v", got)
		}
	})
}

func TestDisconnectingTwiceOrWhatIsNotThere(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		a := w.as(ann)
		menu := a.types("/social")
		end := a.in(menu, view.ActionDisconnect)
		a.forging("value", "myspace").presses(end)
		a.hears("a network that does not exist", func(m slackd.Message) bool {
			return strings.Contains(says(m), "That network is not connected any more")
		})
		w.must(w.store.Disconnect(w.ctx(), w.company.ID, w.member(ann).ID, "linkedin"))
		a.presses(end)
		a.hears("a network that is gone", func(m slackd.Message) bool {
			return m.TS > menu.TS && strings.Contains(says(m), "That network is not connected any more")
		})
		// Nobody disconnects anybody else: there is no id of a member in what a client sends.
		if c := w.member(bo).Connections; len(c) != 1 {
			t.Errorf("Bo is connected with %+v", c)
		}
	})
}

func TestWhoLeavesIsToldWhereToEndTheAccessThemselves(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		a := w.as(ann)
		me := a.types("/social me")
		a.presses(a.in(me, view.ActionLeave))
		a.submits(a.seesModal("erased for good"), nil)
		a.hears("Leave", func(m slackd.Message) bool {
			return strings.Contains(says(m), "You left.") && strings.Contains(says(m), "at LinkedIn under *Settings › Permitted services*")
		})
		w.eventually("the access at LinkedIn ends", func() bool { return w.ends.ended("token-of-" + ann) })
	})
}

// valued finds a control of a message by its action id and value.
func (p person) valued(m slackd.Message, actionID, value string) slackd.Element {
	p.w.t.Helper()
	for _, e := range p.MessageElements(m.Channel, m.TS) {
		if e.ActionID == actionID && e.Value == value {
			return e
		}
	}
	p.w.t.Fatalf("%s sees no %s of %s in:\n%s", p.ID(), actionID, value, says(m))
	return slackd.Element{}
}
