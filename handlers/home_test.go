package handlers_test

import (
	"strings"
	"testing"
	"time"

	"herald/handlers/view"
	"herald/sandbox/slackd"
	"herald/store"
)

func TestTheHomeTabFitsWhoOpensIt(t *testing.T) {
	t.Parallel()
	each(t, options{noJobs: true}, func(t *testing.T, w *world) {
		for id, want := range map[string]string{
			ana: "5 registered of 7",
			ray: "Hello Ray Rios, you are a *recruiter*.",
			eve: "Help Acme hire people you would like to work with",
			gus: "Guests cannot take part, sorry!",
		} {
			home := w.as(id).opensHome()
			if said := words(home.Blocks); !strings.Contains(said, want) {
				t.Errorf("%s reads:\n%s", id, said)
			}
			if admin := id == ana; has(w.as(id).ViewElements(home.ID), view.ActionMembers) != admin {
				t.Errorf("%s sees User Management: %v", id, !admin)
			}
		}
	})
}

func TestTheMenuFitsWhoTypesIt(t *testing.T) {
	t.Parallel()
	each(t, options{noJobs: true}, func(t *testing.T, w *world) {
		for id, want := range map[string]string{
			ana:  "5 registered of 7 · 0 invited",
			ann:  "*LinkedIn*: connected",
			eve:  "Your admins: <@U0ANA>, <@U0BEN>",
			olga: "Nobody, not even an admin, can get into your account.",
			gus:  "Guests cannot take part, sorry!",
		} {
			if got := says(w.as(id).types("/social")); !strings.Contains(got, want) {
				t.Errorf("%s reads %q, want %q", id, got, want)
			}
		}

		// The link in the menu is Eve's own, and opening the menu again does not kill it.
		e := w.as(eve)
		first := e.in(e.types("/social"), view.ActionSignupLink).URL
		again := e.in(e.types("/social"), view.ActionSignupLink).URL
		if first != again || !strings.HasPrefix(first, "https://jobs.acme.example/register/"+w.company.Key+"/") {
			t.Errorf("the menu leads to %s, then to %s", first, again)
		}
		menu := e.types("/social")
		e.presses(e.in(menu, view.ActionPreview))
		e.seesModal("How a post would look")
		w.must(e.CloseModal(w.ctx(), e.seesModal("How a post would look").ID, true))
		e.presses(e.in(menu, view.ActionStored))
		e.seesModal("Once you sign up, Herald stores")
	})
}

func TestTheHomeTabWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	each(t, options{noJobs: true}, func(t *testing.T, w *world) {
		w.slack.Inject(slackd.Fault{Kind: slackd.RateLimited, Method: "views.publish", Delay: time.Second, Count: 1})
		if said := words(w.as(ana).opensHome().Blocks); !strings.Contains(said, "registered of") {
			t.Errorf("Ana reads:\n%s", said)
		}
	})
}

func TestAMemberWhoseAccessEndedFindsAWayToReconnect(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		for _, screen := range []string{"/social", "/social me"} {
			if m := w.as(ann).types(screen); strings.Contains(says(m), "econnect") {
				t.Errorf("%s asks her to reconnect what is connected: %s", screen, says(m))
			}
		}
		w.must(w.store.Connect(w.ctx(), w.company.ID, w.member(ann).ID, store.Account{
			Network: "linkedin", Subject: "li-" + ann, Name: "Ann Lee", ExpiresAt: noon.Add(-time.Hour),
		}))
		for _, screen := range []string{"/social", "/social me"} {
			w.wants(w.as(ann).types(screen), "Reconnect LinkedIn")
		}
		if v := w.as(ann).opensHome(); !strings.Contains(words(v.Blocks), "Reconnect LinkedIn") {
			t.Errorf("her Home tab shows no way to reconnect: %s", words(v.Blocks))
		}
		_, err := w.store.GrantAdmin(w.ctx(), w.company.ID, store.Actor{CLI: true}, eve)
		w.must(err)
		w.wants(w.as(eve).types("/social"), "Connect a network", "User Management")
	})
}
