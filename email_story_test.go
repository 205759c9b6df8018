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
	return w.mailsTo(address, 1)
}

// mailsTo waits for the nth mail to the address.
func (w *world) mailsTo(address string, n int) mailbox.Mail {
	w.t.Helper()
	m, err := w.box.Mailbox.Await(w.t.Context(), address, n)
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
		signsUp(t, link, acme.Ray, "cy.doe@elsewhere.example").reads("You’re in", "To leave, tell any company admin")
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

// TestAnAdminInsistsOnAnAddress: Cy says no under the mail and why, Eve is removed. Ana insists on each of them, one at a time.
func TestAnAdminInsistsOnAnAddress(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db databaseSettings) {
		w := newWorld(t, db)
		ana, eve := w.colleague(acme.Ana, acme.Jobs), w.colleague(acme.Eve, acme.Random)
		w.command("admin", "grant", acme.Ana)
		work, ok := w.box.Slack.User(acme.Eve)
		if !ok {
			t.Fatal("there is no Eve")
		}
		const cy, dee = "cy@elsewhere.example", "dee@elsewhere.example"
		invites := func(addresses string, words ...string) screen {
			t.Helper()
			invitesByEmail(ana)
			ana.submits(ana.modal("Email addresses"), map[string][]string{"Email addresses": {addresses}})
			return ana.modal(words...)
		}
		ana.submits(invites("Cy Doe <"+cy+">", "1 person gets an invitation"), nil)

		// Cy looks at the page, and says no for a reason that nobody is told.
		b := newBrowser(t)
		b.open(declineURL.FindString(w.mailTo(cy).Text)).reads("Not for you?", "Would you say why?", "I worry about my privacy", "I don’t use social networks")
		b.presses("No more invitations", map[string]string{"reason": "privacy"}).reads("That’s fine", "company admins would see", "reasons are only counted")
		ana.types("/social invitations declined", "Said no", "Somebody without a Slack account")
		if strings.Contains(w.dump(), "reason=privacy") {
			t.Error("the database says who worries about their privacy")
		}

		// Eve signs up and is removed.
		signsUp(t, eve.types("/social", "Help Acme hire").registrationLink(t), acme.Eve, "eve@home.example").reads("You’re in")
		ana.clicks(ana.types("/social members eve", "Select all 1 matching"), "Remove", "@eve")
		ana.submits(ana.modal("Confirm Remove Users"), nil)
		w.until("Eve is removed", func() bool { return !strings.Contains(w.dump(), work.Email) })

		// The list itself sends to Dee alone. Ana insists on Cy and on Eve, each with a question of its own.
		confirm := invites(cy+", "+work.Email+", "+dee, "1 person gets an invitation", "2 do not want to be asked again")
		ana.clicks(confirm, "Invite anyway", cy)
		confirm = ana.modal(cy+"* gets an invitation now, since you insist", "1 is invited already", "1 does not want to be asked again")
		if again := w.mailsTo(cy, 2); !strings.Contains(again.Text, "Hello Cy Doe") && !strings.Contains(again.Text, "Hello,") {
			t.Errorf("the second mail says:\n%s", again.Raw)
		}
		if mails := w.box.Mailbox.Mails(); len(mails) != 2 {
			t.Errorf("%d mails went out, want Cy's two", len(mails))
		}
		ana.clicks(confirm, "Invite anyway", work.Email)
		confirm = ana.modal(work.Email+"* gets an invitation now, since you insist", "2 are invited already")
		ana.submits(confirm, nil)
		ana.gets("1 invitation is on its way by email.")
		w.mailTo(dee)

		// Eve is the colleague whom Slack knows, not a stranger with her address.
		signsUp(t, signUpURL.FindString(w.mailTo(work.Email).Text), acme.Eve, "").reads("You’re in")
		eve.gets("You're in")
		ana.types("/social members eve", "@eve")
	})
}

// TestAnInviterWhoIsNoAdminLearnsNothingOfOthers: Ray may invite, and everybody who gets no invitation is the same to him.
func TestAnInviterWhoIsNoAdminLearnsNothingOfOthers(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db databaseSettings) {
		w := newWorld(t, db)
		ana, eve, ray := w.colleague(acme.Ana, acme.Jobs), w.colleague(acme.Eve, acme.Random), w.colleague(acme.Ray, acme.Random)
		w.command("admin", "grant", acme.Ana)
		ana.clicks(ana.home("Settings"), "Settings", "")
		ana.submits(ana.modal("Who may invite coworkers?"), map[string][]string{"Who may invite coworkers?": {"everyone"}})
		ana.modal("Saved.")
		closes(ana)
		address := func(id string) string {
			t.Helper()
			user, ok := w.box.Slack.User(id)
			if !ok {
				t.Fatalf("there is no %s", id)
			}
			return user.Email
		}

		// Eve is registered, as Ray is. Cy is invited, and Dee said no.
		for _, c := range []*colleague{eve, ray} {
			signsUp(t, c.types("/social", "Help Acme hire").registrationLink(t), c.ID(), "").reads("You’re in")
		}
		invitesByEmail(ana)
		ana.submits(ana.modal("Email addresses"), map[string][]string{"Email addresses": {"cy@elsewhere.example, dee@elsewhere.example"}})
		ana.submits(ana.modal("2 people get an invitation"), nil)
		newBrowser(t).open(declineURL.FindString(w.mailTo("dee@elsewhere.example").Text)).presses("No more invitations", nil).reads("That’s fine")

		var read []string
		for _, who := range []string{address(acme.Eve), "cy@elsewhere.example", "dee@elsewhere.example"} {
			invitesByEmail(ray)
			ray.submits(ray.modal("Email addresses"), map[string][]string{"Email addresses": {who + ", new@elsewhere.example"}})
			confirm := ray.modal("1 person gets an invitation", "gets no invitation", "Your admins can tell you more")
			if strings.Contains(confirm.raw, "email_anyway") {
				t.Error("Ray is offered to insist")
			}
			read = append(read, strings.ReplaceAll(confirm.text, who, "somebody"))
			closes(ray)
		}
		for _, text := range read[1:] {
			if text != read[0] {
				t.Errorf("Ray can tell people apart:\n%s\n---\n%s", read[0], text)
			}
		}
	})
}

// TestAScheduledInvitationIsSentNow: a row that waits says Send now, and means it.
func TestAScheduledInvitationIsSentNow(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db databaseSettings) {
		w := newWorld(t, db)
		ana := w.colleague(acme.Ana, acme.Jobs)
		w.command("admin", "grant", acme.Ana)
		invitesByEmail(ana)
		ana.submits(ana.modal("Email addresses"), map[string][]string{
			"Email addresses": {"dee@elsewhere.example"},
			"When?":           {strconv.FormatInt(time.Now().Add(48*time.Hour).Unix(), 10)},
		})
		ana.submits(ana.modal("1 person gets an invitation"), nil)
		ana.gets("1 invitation goes out by email")
		list := ana.types("/social invitations", "dee@elsewhere.example", "goes out on", "Send now")
		if strings.Contains(list.text, "Resend\n") {
			t.Error("what was not sent yet can be resent")
		}
		ana.clicks(list, "Send now", "")
		ana.again(list, "dee@elsewhere.example gets the invitation now, and not another one later.", "Resend")
		w.mailTo("dee@elsewhere.example")
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
		ana.modal("Nothing was sent", "line 3: this is no email address: fay,employee", "is still in Slack, among your files")
		closes(ana)

		// The mended one goes out in two seconds. What the form says holds for Dee, as the file says nothing.
		invitesByEmail(ana)
		soon := time.Now().Add(2 * time.Second).Truncate(time.Second)
		ana.submits(ana.modal("Email invitations"), map[string][]string{
			"As what?":      {"recruiter"},
			"Or a CSV file": {upload("people.csv", "\ufeffEmail;Role\r\ndee@elsewhere.example;\r\nfay@elsewhere.example;employee\r\n")},
			"When?":         {strconv.FormatInt(soon.Unix(), 10)},
		})
		ana.submits(ana.modal("2 people get an invitation", "1 of them as a recruiter", "Slack lets nobody but you delete it"), nil)
		ana.gets("2 invitations go out by email", "|Your file> with the addresses is still in Slack", "*Delete file*")
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
