package main

import (
	"slices"
	"strings"
	"testing"

	"herald/sandbox"
	"herald/sandbox/acme"
)

// TestRegisteringWithFacebook: Eve says no, then yes without her email address; Bob says yes to all of it.
func TestRegisteringWithFacebook(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db databaseSettings) {
		w := newWorld(t, db)
		ana, eve, ray := w.colleague(acme.Ana, acme.Jobs), w.colleague(acme.Eve, acme.Random), w.colleague(acme.Ray, acme.Random)
		w.command("admin", "grant", acme.Ana)
		entered := map[string]string{"email": "eve@home.example"}

		b := newBrowser(t)
		b.open(eve.types("/social", "Help Acme hire").registrationLink(t)).reads("Continue with LinkedIn", "Continue with Facebook")
		b.presses("Continue with Facebook", entered).reads("Herald is requesting access to:", "Your email address")
		b.presses("Cancel", nil).reads("You said no, and that’s fine", "Try again")

		b.open(eve.types("/social", "Help Acme hire").registrationLink(t))
		b.presses("Continue with Facebook", entered)
		b.presses("Allow without email", map[string]string{"account": sandbox.FacebookAccount(acme.Eve)}).reads("You’re in, Eve")
		eve.gets("You're in")
		eve.types("/social me", "employee", "eve@home.example", "Facebook")

		b = newBrowser(t)
		b.open(ray.types("/social", "Help Acme hire").registrationLink(t))
		b.presses("Continue with Facebook", nil)
		b.presses("Allow", map[string]string{"account": sandbox.FacebookAccount(acme.Ray)}).reads("You’re in, Ray")
		ray.gets("You're in")

		ana.types("/social members facebook", "Connected to Facebook (2)", "@eve", "@ray")

		// Eve manages Acme's Page, Ray none.
		b = newBrowser(t)
		b.open(eve.types("/social me", "Connect our company Page").pageLink(t)).reads("Connect a company Page to Eve’s account")
		b.presses("Continue with Facebook", nil).reads("The list of the Pages you manage")
		b.presses("Allow", map[string]string{"account": sandbox.FacebookAccount(acme.Eve)}).reads("Which Page is Acme’s?", "Eve’s Bakery")
		b.presses("Connect “Acme Jobs”", nil).reads("“Acme Jobs” is connected")
		eve.types("/social me", "Page “Acme Jobs”", "Disconnect Page")
		b = newBrowser(t)
		b.open(ray.types("/social me", "Connect our company Page").pageLink(t))
		b.presses("Continue with Facebook", nil)
		b.presses("Allow", map[string]string{"account": sandbox.FacebookAccount(acme.Ray)}).reads("You manage no Page on Facebook")
	})
}

// TestTakingItBackAtFacebook: Eve removes Herald on Facebook's page, and can connect again. Ray has everything deleted there, and nothing
// is left of him.
func TestTakingItBackAtFacebook(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db databaseSettings) {
		w := newWorld(t, db)
		eve, ray := w.colleague(acme.Eve, acme.Random), w.colleague(acme.Ray, acme.Random)
		for _, c := range []*colleague{eve, ray} {
			b := newBrowser(t)
			b.open(c.types("/social", "Help Acme hire").registrationLink(t))
			b.presses("Continue with Facebook", nil)
			b.presses("Allow", map[string]string{"account": sandbox.FacebookAccount(c.ID())}).reads("You’re in")
			c.gets("You're in")
		}
		b := newBrowser(t)
		settings := func(account, button string) {
			t.Helper()
			b.open(w.box.FacebookURL + "/settings").reads("Apps and websites")
			b.pressesLabelled(button+" for "+account, nil)
		}

		person, _ := w.box.Company.Person(acme.Eve)
		settings(person.RealName, "Remove Herald")
		b.reads("Herald was removed, and knows it.")
		eve.types("/social me", "Connect")
		if strings.Contains(w.dump(), w.box.Facebook.UserID(sandbox.FacebookAppID, sandbox.FacebookAccount(acme.Eve))) {
			t.Error("Eve is still connected")
		}

		person, _ = w.box.Company.Person(acme.Ray)
		settings(person.RealName, "Remove Herald")
		b.reads("Herald was removed, and knows it.")
		ray.types("/social me", "Connect")
		deletion, err := w.box.Facebook.RequestDeletion(t.Context(), sandbox.FacebookAppID, sandbox.FacebookAccount(acme.Ray), w.public+"/oauth/facebook/delete")
		if err != nil {
			t.Fatal(err)
		}
		w.until("Ray is erased", func() bool { return strings.Contains(b.open(deletion.URL).text, "Your data was deleted") })
		ray.homeNow("Help Acme hire")
		traces := []string{
			acme.Ray, person.Email, person.RealName, strings.ToLower(person.RealName), person.Handle + "@home.example",
			w.box.Facebook.UserID(sandbox.FacebookAppID, sandbox.FacebookAccount(acme.Ray)), deletion.Code,
		}
		named := func(where string) bool {
			return slices.ContainsFunc(traces, func(trace string) bool { return strings.Contains(where, trace) })
		}
		w.until("nothing in the database names Ray", func() bool { return !named(w.dump()) })
		if named(w.log.String()) {
			t.Error("the log names Ray")
		}
	})
}
