package main

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"herald/sandbox/acme"
	"herald/sandbox/mailbox"
)

// mailTo waits for a mail to the address.
func (w *world) mailTo(address string) mailbox.Mail {
	w.t.Helper()
	m, err := w.box.Mailbox.Await(w.t.Context(), address, 1)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

var (
	signUpURL  = regexp.MustCompile(`https?://\S+/register/\S+`)
	declineURL = regexp.MustCompile(`https?://\S+/decline/\S+`)
)

func TestInvitedByEmail(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db databaseSettings) {
		w := newWorld(t, db)
		ana, eve := w.colleague(acme.Ana, acme.Jobs), w.colleague(acme.Eve, acme.Random)
		w.command("admin", "grant", acme.Ana)
		work, ok := w.box.Slack.User(acme.Eve)
		if !ok {
			t.Fatal("there is no Eve")
		}
		w.box.Mailbox.Refuse("nobody@elsewhere.example", true)

		// Ana pastes three addresses, and sees them once more before anything is sent.
		list := ana.types("/social members", "User Management")
		ana.clicks(list, "Email invitations…", "")
		ana.submits(ana.modal("Email invitations"), map[string][]string{
			"Email addresses": {"Cy Doe <Cy.Doe@elsewhere.example>; " + work.Email + "\nnobody@elsewhere.example, cy.doe@ELSEWHERE.example"},
			"As what?":        {"recruiter"},
		})
		confirm := ana.modal("3 people get an invitation", "3 of them as a recruiter", "1 is in the list twice")
		if mails := w.box.Mailbox.Mails(); len(mails) > 0 {
			t.Fatalf("a mail went out before the confirmation, to %v", mails[0].To)
		}
		ana.submits(confirm, nil)
		ana.again(list, "3 invitations are on their way by email.")

		// Cy has no Slack account, and becomes a recruiter through the link in the mail.
		mail := w.mailTo("Cy.Doe@elsewhere.example")
		if !strings.Contains(mail.Text, "Hello Cy Doe") || mail.Header.Get("List-Unsubscribe") == "" {
			t.Errorf("the mail says:\n%s", mail.Raw)
		}
		link := signUpURL.FindString(mail.Text)
		signsUp(t, link, acme.Ray, "cy.doe@elsewhere.example").reads("You’re in", "To leave, tell whoever invited you")
		newBrowser(t).open(link).reads("already")
		newBrowser(t).open(declineURL.FindString(mail.Text)).reads("Not for you?")

		// Eve is who she is in Slack.
		signsUp(t, signUpURL.FindString(w.mailTo(work.Email).Text), acme.Eve, "").reads("You’re in")
		eve.gets("You're in")
		ana.types("/social members recruiters", "cy.doe@elsewhere.example", "@eve")

		// Once they are removed, nothing knows Cy's address, and nobody writes to it by accident.
		ana.clicks(ana.types("/social members cy.doe", "Select all 1 matching"), "Remove", "cy.doe")
		ana.submits(ana.modal("Confirm Remove Users"), nil)
		w.until("Cy is removed", func() bool { return !strings.Contains(strings.ToLower(w.dump()), "cy.doe") })
		if log := strings.ToLower(w.log.String()); strings.Contains(log, "elsewhere") || strings.Contains(log, "/decline/") && strings.Contains(log, mail.ID+"@") {
			t.Error("the log names an address")
		}
		invitesByEmail(ana)
		ana.submits(ana.modal("Email invitations"), map[string][]string{"Email addresses": {"cy.doe@elsewhere.example"}})
		ana.modal("Nobody gets an invitation", "does not want to be asked again")
	})
}

func TestAFileOfAddressesIsSentLater(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db databaseSettings) {
		w := newWorld(t, db)
		ana := w.colleague(acme.Ana, acme.Jobs)
		w.command("admin", "grant", acme.Ana)
		upload := func(name, content string) string {
			id, err := ana.Upload(name, []byte(content))
			if err != nil {
				t.Fatal(err)
			}
			return id
		}

		// A file with a mistake: nothing is sent, and the line is named.
		invitesByEmail(ana)
		ana.submits(ana.modal("Email invitations"), map[string][]string{
			"Or a CSV file": {upload("people.csv", "email,role\ndee@elsewhere.example,recruiter\nfay,employee\n")},
		})
		ana.modal("Nothing was sent", "line 3: this is no email address: fay,employee")
		closes(ana)

		// The mended one goes out in two seconds.
		invitesByEmail(ana)
		soon := time.Now().Add(2 * time.Second).Truncate(time.Second)
		ana.submits(ana.modal("Email invitations"), map[string][]string{
			"Or a CSV file": {upload("people.csv", "\ufeffEmail;Role\r\ndee@elsewhere.example;recruiter\r\nfay@elsewhere.example;\r\n")},
			"When?":         {strconv.FormatInt(soon.Unix(), 10)},
		})
		ana.submits(ana.modal("2 people get an invitation", "1 of them as a recruiter"), nil)
		ana.gets("2 invitations go out by email")
		dee, fay := w.mailTo("dee@elsewhere.example"), w.mailTo("fay@elsewhere.example")
		if dee.At.Before(soon) {
			t.Errorf("the mail came at %s, not after %s", dee.At, soon)
		}

		// Dee signs up. Fay's mail provider declines with one click, and she is left alone.
		signsUp(t, signUpURL.FindString(dee.Text), acme.Ray, "dee@elsewhere.example").reads("You’re in")
		resp, err := http.Post(declineURL.FindString(fay.Text), "application/x-www-form-urlencoded", strings.NewReader("List-Unsubscribe=One-Click")) //nolint:noctx // a test on this machine
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("status %d, %v", resp.StatusCode, err)
		}
		newBrowser(t).open(signUpURL.FindString(fay.Text)).reads("You said no to this invitation")
		if strings.Contains(w.dump(), "fay@") {
			t.Error("the database knows the address of somebody who declined")
		}
	})
}

// invitesByEmail opens the form.
func invitesByEmail(c *colleague) {
	c.w.t.Helper()
	if _, err := c.Command(c.ctx(), c.channel, "/social invite email"); err != nil {
		c.w.t.Fatal(err)
	}
}

// closes closes what the person sees.
func closes(c *colleague) {
	v, ok := c.Modal()
	if !ok {
		c.w.t.Fatal("no modal is open")
	}
	if err := c.CloseModal(c.ctx(), v.ID, true); err != nil {
		c.w.t.Fatal(err)
	}
}

func TestAMailServerThatIsDownForAMoment(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db databaseSettings) {
		w := newWorld(t, db)
		ana := w.colleague(acme.Ana, acme.Jobs)
		w.command("admin", "grant", acme.Ana)
		w.box.Mailbox.SetDown(true)
		invitesByEmail(ana)
		ana.submits(ana.modal("Email invitations"), map[string][]string{"Email addresses": {"dee@elsewhere.example"}})
		ana.submits(ana.modal("1 person gets an invitation"), nil)
		w.until("the mail was put off", func() bool { return strings.Contains(w.log.String(), "will be tried again") })
		w.box.Mailbox.SetDown(false)
		w.mailTo("dee@elsewhere.example")
		if strings.Contains(w.log.String(), "elsewhere") {
			t.Error("the log names an address")
		}
	})
}
