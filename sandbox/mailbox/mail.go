package mailbox

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"
)

// Mail is a message that arrived.
type Mail struct {
	ID      string
	From    string   // of the SMTP dialogue, which may differ from the header
	To      []string // likewise
	At      time.Time
	Header  mail.Header
	Subject string // decoded
	Text    string // the plain-text part
	HTML    string // the HTML part, "" without one
	Raw     string
}

// read takes a message apart. What cannot be read is left out: the raw text is there, too.
func read(raw []byte) Mail {
	m := Mail{Raw: string(raw), Header: mail.Header{}}
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return m
	}
	m.Header = parsed.Header
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject")); err != nil {
		m.Subject = parsed.Header.Get("Subject")
	}
	m.addPart(parsed.Header.Get, parsed.Body)
	return m
}

// addPart reads a part, and the parts within it.
func (m *Mail) addPart(header func(string) string, body io.Reader) {
	kind, params, err := mime.ParseMediaType(header("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err != nil {
				return
			}
			m.addPart(p.Header.Get, p)
		}
	}
	switch strings.ToLower(header("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	content, err := io.ReadAll(body)
	if err != nil {
		return
	}
	switch kind {
	case "text/plain":
		m.Text += strings.ReplaceAll(string(content), "\r\n", "\n")
	case "text/html":
		m.HTML += string(content)
	}
}
