package main

import (
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
	})
}
