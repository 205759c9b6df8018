package mail_test

import (
	"context"
	"errors"
	"net"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"herald/mail"
	"herald/sandbox/mailbox"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// post is a mail server and a sender that uses it.
func post(t *testing.T) (*mailbox.Server, *mail.Sender) {
	t.Helper()
	server, err := mailbox.New(mailbox.Options{Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
	sender, err := mail.New(mail.Config{
		Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, TLS: mail.NoTLS, From: "Acme Jobs <jobs@acme.example>",
		Now: func() time.Time { return noon },
	})
	if err != nil {
		t.Fatal(err)
	}
	return server, sender
}

func invitation() mail.Invitation {
	return mail.Invitation{
		ID: "INVITE1", To: "ann@home.example", Name: "Ann Lee", Company: "Acme", Inviter: "Ana Lopes",
		URL: "https://jobs.acme.example/register/acme-1/TOKEN?a=1&b=2", DeclineURL: "https://jobs.acme.example/decline/TOKEN",
		Expires: noon.AddDate(0, 0, 30),
	}
}

func TestAnnGetsAnInvitationThatEveryMailProgramUnderstands(t *testing.T) {
	t.Parallel()
	server, sender := post(t)
	if err := sender.Invite(t.Context(), invitation()); err != nil {
		t.Fatal(err)
	}
	m, err := server.Await(t.Context(), "ann@home.example", 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"From": `"Acme Jobs" <jobs@acme.example>`, "To": `"Ann Lee" <ann@home.example>`,
		"Message-Id": "<INVITE1.invitation@acme.example>", "Auto-Submitted": "auto-generated", "Precedence": "bulk",
		"List-Unsubscribe": "<https://jobs.acme.example/decline/TOKEN>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
		"Date": "Sun, 22 Nov 2026 12:00:00 +0000",
	} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if want := "Ana Lopes invites you to share Acme’s jobs with your network"; m.Subject != want {
		t.Errorf("the subject is %q, want %q", m.Subject, want)
	}
	for part, text := range map[string]string{"plain text": m.Text, "HTML": strings.ReplaceAll(m.HTML, "&amp;", "&")} {
		for _, want := range []string{"Ann Lee", "Ana Lopes", invitation().URL, invitation().DeclineURL, "22 December 2026"} {
			if !strings.Contains(text, want) {
				t.Errorf("the %s part lacks %q:\n%s", part, want, text)
			}
		}
	}
	for _, tracking := range []string{"<img", "src=", "url("} {
		if strings.Contains(m.HTML, tracking) {
			t.Errorf("the HTML part loads something: %s", tracking)
		}
	}
}

// Names come from Slack, from pasted lists and from files: whoever wrote them may be up to no good.
func TestNamesCannotAddHeadersOrMarkup(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"Ann\r\nBcc: eve@evil.example", "Ann\nBcc: eve@evil.example\n\nHello", "Ann\r\n\r\n<script>alert(1)</script>",
		`Ann" <eve@evil.example>, "`, "Ann\u2028Bcc: eve@evil.example", "Ann\x00Bcc: eve@evil.example", "=?utf-8?q?Ann=0D=0ABcc:_eve@evil.example?=",
		strings.Repeat("Ann ", 1000), "\xff\xfeAnn", "\u202eAnn",
	} {
		t.Run(name[:3], func(t *testing.T) {
			t.Parallel()
			server, sender := post(t)
			i := invitation()
			i.Name, i.Inviter, i.Company = name, name, name
			if err := sender.Invite(t.Context(), i); err != nil {
				t.Fatal(err)
			}
			m, err := server.Await(t.Context(), "ann@home.example", 1)
			if err != nil {
				t.Fatal(err)
			}
			if len(m.To) != 1 || m.Header.Get("Bcc") != "" {
				t.Errorf("the mail went to %v, with Bcc %q", m.To, m.Header.Get("Bcc"))
			}
			if to, err := netmail.ParseAddressList(m.Header.Get("To")); err != nil || len(to) != 1 || to[0].Address != "ann@home.example" {
				t.Errorf("To is %q (%v)", m.Header.Get("To"), err)
			}
			if strings.ContainsAny(m.Subject, "\r\n\x00") || len(m.Subject) > 600 {
				t.Errorf("the subject is %q", m.Subject)
			}
			if strings.Contains(m.HTML, "<script>") {
				t.Errorf("the name is markup:\n%s", m.HTML)
			}
		})
	}
}

func TestAnAddressThatIsNoneIsNeverSentTo(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "ann", "ann@home.example\r\nRCPT TO:<eve@evil.example>", "ann@home.example, eve@evil.example", "Ann <ann@home.example", "ann@home.example>"} {
		server, sender := post(t)
		i := invitation()
		i.To = address
		err := sender.Invite(t.Context(), i)
		refused, ok := errors.AsType[*mail.RefusedError](err)
		if !ok || refused.Why != mail.AddressInvalid {
			t.Errorf("%q: got %v", address, err)
		}
		if mails := server.Mails(); len(mails) > 0 {
			t.Errorf("%q: a mail went to %v", address, mails[0].To)
		}
	}
}

func TestWhatTheMailServerSaysDecidesWhetherToTryAgain(t *testing.T) {
	t.Parallel()
	server, sender := post(t)
	server.Refuse("ann@home.example", true)
	err := sender.Invite(t.Context(), invitation())
	refused, ok := errors.AsType[*mail.RefusedError](err)
	if !ok || refused.Why != mail.AddressRefused || refused.Code != 550 {
		t.Errorf("an address that does not exist: got %v", err)
	}
	namesNobody(t, err)

	server.Refuse("ann@home.example", false)
	server.SetDown(true)
	err = sender.Invite(t.Context(), invitation())
	if _, final := errors.AsType[*mail.RefusedError](err); err == nil || final {
		t.Errorf("a server that is down: got %v", err)
	}
	namesNobody(t, err)

	server.SetDown(false)
	if err := sender.Invite(t.Context(), invitation()); err != nil {
		t.Errorf("the server works again, but: %v", err)
	}
}

func TestAServerThatCannotBeReachedIsTriedAgain(t *testing.T) {
	t.Parallel()
	server, sender := post(t)
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	err := sender.Invite(t.Context(), invitation())
	if _, final := errors.AsType[*mail.RefusedError](err); err == nil || final {
		t.Errorf("got %v", err)
	}
	namesNobody(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	namesNobody(t, sender.Invite(ctx, invitation()))
}

// A server that offers no TLS gets nothing, unless the settings say so.
func TestNoMailGoesOutInTheClear(t *testing.T) {
	t.Parallel()
	server, _ := post(t)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }() // until the server is closed
	sender, err := mail.New(mail.Config{
		Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, From: "jobs@acme.example", Now: func() time.Time { return noon },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := sender.Invite(t.Context(), invitation()); err == nil || len(server.Mails()) > 0 {
		t.Errorf("got %v and %d mails", err, len(server.Mails()))
	}
}

func TestSettingsThatCannotWork(t *testing.T) {
	t.Parallel()
	for _, c := range []mail.Config{
		{Host: "mail.acme.example", From: "nobody"},
		{Host: "", From: "jobs@acme.example"},
		{Host: "mail.acme.example", From: "jobs@acme.example", TLS: "tls"},
		{Host: "mail.acme.example", From: "jobs@acme.example", Port: 70000},
	} {
		if _, err := mail.New(c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}

func namesNobody(t *testing.T, err error) {
	t.Helper()
	if err == nil || strings.Contains(err.Error(), "ann") || strings.Contains(err.Error(), "home.example") {
		t.Errorf("the error is %v", err)
	}
}
