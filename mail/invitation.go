package mail

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	htmltemplate "html/template"
	netmail "net/mail"
	"strings"
	texttemplate "text/template"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
)

//go:embed invitation.html invitation.txt
var letters embed.FS

// An Invitation asks somebody to sign up.
type Invitation struct {
	ID         string // of the invitation: a second attempt to send it has the same Message-ID
	To         string // the address, without a name
	Name       string // of whom it is for, or ""
	Company    string
	Inviter    string // a name, or ""
	URL        string // the personal registration link
	DeclineURL string // a page that declines, and an address that does so when it is posted to (RFC 8058)
	Expires    time.Time
}

// Invite sends an invitation. A *RefusedError is final, any other error may pass; neither names the recipient.
func (s *Sender) Invite(ctx context.Context, i Invitation) error {
	m, err := s.invitation(i)
	if err != nil {
		return err
	}
	return s.send(ctx, m)
}

// letter is what the templates show.
type letter struct {
	Invitation
	Title string
	Until string
}

func (s *Sender) invitation(i Invitation) (*gomail.Msg, error) {
	i.Name, i.Company, i.Inviter = line(i.Name), line(i.Company), line(i.Inviter)
	l := letter{Invitation: i, Title: i.Company + " invites you to share jobs with your network", Until: i.Expires.UTC().Format("2 January 2006")}
	if i.Inviter != "" {
		l.Title = i.Inviter + " invites you to share " + i.Company + "’s jobs with your network"
	}
	text, html, err := l.parts()
	if err != nil {
		return nil, err
	}

	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(s.from)
	if err := m.To(i.To); err != nil { // validates; its error would repeat the address
		return nil, &RefusedError{Why: AddressInvalid}
	}
	m.ToMailAddress(&netmail.Address{Name: i.Name, Address: i.To})
	m.Subject(l.Title)
	m.SetDateWithValue(s.now())
	m.SetMessageIDWithValue(i.ID + ".invitation@" + s.domain)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834 §5: nobody's holiday notice answers it
	m.SetBulk()
	if err := m.SetListUnsubscribeOneClick(i.DeclineURL); err != nil {
		// One click is for https alone (RFC 8058 §3.1), which a test machine does not have.
		m.SetListUnsubscribe(i.DeclineURL)
	}
	m.SetBodyString(gomail.TypeTextPlain, text)
	m.AddAlternativeString(gomail.TypeTextHTML, html)
	return m, nil
}

func (l letter) parts() (text, html string, err error) {
	plain, err := texttemplate.ParseFS(letters, "invitation.txt")
	if err != nil {
		return "", "", fmt.Errorf("read the letter: %w", err)
	}
	rich, err := htmltemplate.ParseFS(letters, "invitation.html")
	if err != nil {
		return "", "", fmt.Errorf("read the letter: %w", err)
	}
	var t, h bytes.Buffer
	if err := plain.Execute(&t, l); err != nil {
		return "", "", fmt.Errorf("write the letter: %w", err)
	}
	if err := rich.Execute(&h, l); err != nil {
		return "", "", fmt.Errorf("write the letter: %w", err)
	}
	return t.String(), h.String(), nil
}

// nameShown is how much of a name a letter shows, in characters: Slack's names are shorter.
const nameShown = 80

// line makes a name safe for a header and for plain text: one line without characters that hide or turn what is around them. The safety of
// headers rests on it alone, whatever was done to the name where it was entered.
func line(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case !unicode.IsGraphic(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	name = strings.Join(strings.Fields(name), " ")
	if r := []rune(name); len(r) > nameShown {
		name = string(r[:nameShown-1]) + "…"
	}
	return name
}
