package main

import (
	"strings"
	"testing"

	"herald/sandbox"
	"herald/sandbox/acme"
)

// signsUp follows a personal link: reads the page, goes to LinkedIn, and says yes there.
func signsUp(t *testing.T, link, slackID, email string) *visit {
	t.Helper()
	b := newBrowser(t)
	b.open(link).reads("Sign up to share", "Nothing is posted without your permission")
	b.presses("Continue with LinkedIn", map[string]string{"email": email}).reads("Herald would like to:")
	return b.presses("Allow", map[string]string{"account": sandbox.LinkedInAccount(slackID)})
}

func TestTheRoundTrip(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db databaseSettings) {
		w := newWorld(t, db)
		ana, eve, olga, ray := w.colleague(acme.Ana, acme.Jobs), w.colleague(acme.Eve, acme.Random), w.colleague(acme.Olga, acme.General), w.colleague(acme.Ray, acme.Random)

		// Ana is appointed on the command line, and does not need to be registered for that.
		if out := w.command("admin", "grant", acme.Ana); !strings.Contains(out, "is a company admin of Acme now") {
			t.Errorf("admin grant says: %s", out)
		}
		ana.types("/social", "company admin", "1 registered of")

		// Everybody else is told what the programme is, and who the admins are when they try more.
		eve.types("/social", "Help Acme hire people you would like to work with", "Nothing is ever posted without your click", "<@"+acme.Ana+">")
		eve.types("/social members", "<@"+acme.Ana+">")

		// Ana posts the company URL to a channel.
		ana.clicks(ana.types("/social link", "/register/acme-"), "Post to a channel…", "")
		post := ana.modal("Post")
		ana.submits(post, map[string][]string{"Channel": {acme.Jobs}})
		ana.sees("#jobs", func() []screen {
			var all []screen
			for _, m := range ana.Messages(acme.Jobs) {
				if !m.Ephemeral {
					all = append(all, messageScreen(m))
				}
			}
			return all
		}, "/register/acme-")

		// Ana invites Eve, who gets a link of her own. Looking at the menu does not kill it, and neither does Slack's robot.
		ana.types("/social invite @eve", "Invited <@"+acme.Eve+">")
		invitation := eve.gets("Acme invites you to share jobs with your network").registrationLink(t)
		eve.types("/social", "Help Acme hire")
		for range 2 {
			newBrowser(t).open(invitation).reads("Hello Eve")
		}
		ana.types("/social members invited", "eve", "Invited")

		// Eve changes her mind at LinkedIn, then does it after all.
		b := newBrowser(t)
		b.open(invitation).presses("Continue with LinkedIn", map[string]string{"email": "eve@home.example"})
		b.presses("Cancel", nil).reads("Try again")
		signsUp(t, invitation, acme.Eve, "eve@home.example").reads("You’re in")
		eve.gets("You're in")
		eve.types("/social me", "employee", "eve@home.example", "LinkedIn")
		newBrowser(t).open(invitation).reads("already")

		// Ana finds her, and makes her a recruiter at once.
		list := ana.types("/social members eve", "Employee", "LinkedIn")
		ana.clicks(list, "member_type", "@eve", "employee:recruiter")
		list = ana.again(list, "Recruiter", "Recruiters (1)")

		// A company admin needs an operator: the workspace's primary owner, as nobody else is named.
		ana.clicks(list, "member_type", "@eve", "recruiter:admin")
		ana.submits(ana.modal("company admin"), map[string][]string{"Reason": {"She takes over hiring in Lisbon."}})
		request := olga.gets("Request", "She takes over hiring in Lisbon.")
		olga.clicks(request, "Approve", "")
		olga.again(request, "Approved")
		ana.gets("Your request was decided")
		eve.gets("You are a company admin")
		eve.types("/social members admins", "Company admins (2)")

		// Eve removes Ana, and herself: she is the last admin then, so that is refused with a way out.
		all := eve.types("/social members", "User Management")
		eve.clicks(all, "Remove", "@ana")
		eve.submits(eve.modal("Confirm Remove Users", "Ana", "erased for good"), nil)
		eve.again(all, "1 user was removed.")
		ana.types("/social members", "<@"+acme.Eve+">")
		ana.types("/social", "Help Acme hire")
		eve.types("/social remove @eve", "at least one company admin")

		// Ray registers, becomes an admin by the command line, and Eve removes herself: she is signed out at once.
		own := ray.types("/social", "Help Acme hire").registrationLink(t)
		signsUp(t, own, acme.Ray, "ray@home.example").reads("You’re in")
		w.command("admin", "grant", acme.Ray)
		eve.home("company admin")
		all = eve.types("/social members", "User Management", "2 members")
		eve.clicks(all, "members_select", "@eve", eve.element(all, "members_select", "@eve").Options[0].Value)
		all = eve.again(all, "Remove Selected (1)")
		eve.clicks(all, "Remove Selected (1)", "")
		eve.submits(eve.modal("You are removing your own account"), nil)
		eve.homeNow("Help Acme hire")
		eve.types("/social members", "<@"+acme.Ray+">")

		// The old link is dead; a new one brings her back with a new profile.
		newBrowser(t).open(invitation).reads("link")
		back := eve.types("/social", "Help Acme hire").registrationLink(t)
		if back == invitation {
			t.Error("the new link is the old one")
		}
		signsUp(t, back, acme.Eve, "eve@home.example").reads("You’re in")
		ray.types("/social members eve", "Employee", "LinkedIn")
	})
}

// TestNothingNamesAPersonWhoWasRemoved looks for every trace in the database and the log.
func TestNothingNamesAPersonWhoWasRemoved(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db databaseSettings) {
		w := newWorld(t, db)
		ana, ivy := w.colleague(acme.Ana, acme.Jobs), w.colleague(acme.Ivy, acme.Random)
		w.command("admin", "grant", acme.Ana)
		ana.types("/social invite @ivy", "Invited")
		invitation := ivy.gets("Acme invites you").registrationLink(t)
		signsUp(t, invitation, acme.Ivy, "ivy.private@home.example").reads("You’re in")
		ivy.gets("You're in")
		ivy.home("you are an *employee*")
		list := ana.types("/social members ivy", "@ivy")
		ana.clicks(list, "member_type", "@ivy", "employee:admin")
		ana.submits(ana.modal("company admin"), map[string][]string{"Reason": {"Ivy knows everybody."}})
		w.colleague(acme.Olga, acme.General).gets("Ivy knows everybody.")

		token := invitation[strings.LastIndex(invitation, "/")+1:]
		person, _ := w.box.Company.Person(acme.Ivy)
		traces := []string{
			acme.Ivy, ivy.DM(), person.Email, strings.ToLower(person.RealName), "ivy.private@home.example", person.RealName, token,
			w.box.LinkedIn.Sub(sandbox.ClientID, sandbox.LinkedInAccount(acme.Ivy)), "Ivy knows everybody.",
		}
		for _, token := range w.box.LinkedIn.Tokens() {
			traces = append(traces, token.AccessToken)
		}
		if dump := w.dump(); !strings.Contains(dump, acme.Ivy) || !strings.Contains(dump, "ivy.private@home.example") {
			t.Fatal("the dump cannot tell anything: it did not even show her while she was a member")
		}

		ana.clicks(ana.again(list, "@ivy"), "Remove", "@ivy")
		ana.submits(ana.modal("Confirm Remove Users", person.RealName), nil)
		ana.again(list, "1 user was removed.")
		w.until("Herald's messages to her are deleted", func() bool { return len(ivy.Messages(ivy.DM())) == 0 })
		w.until("and forgotten", func() bool { return !strings.Contains(w.dump(), ivy.DM()) })
		numbers := w.metrics()
		for _, line := range []string{
			`herald_registrations_total{network="linkedin",outcome="active"} 1`,
			`herald_members{type="admin"} 1`, `herald_deliveries_total{kind="erase",outcome="done"} `,
			`herald_slack_calls_total{method="chat.delete",result="ok"} `, `route="GET /register/{key}/{token}"`,
		} {
			if !strings.Contains(numbers, line) {
				t.Errorf("the metrics lack %s", line)
			}
		}
		for where, text := range map[string]string{"database": w.dump(), "log": w.log.String(), "metrics": numbers} {
			for _, trace := range traces {
				if strings.Contains(text, trace) {
					t.Errorf("the %s still holds %q", where, trace)
				}
			}
		}
		newBrowser(t).open(invitation).reads("link")
	})
}
