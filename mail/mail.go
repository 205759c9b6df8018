// Package mail sends email through an SMTP server: invitations.
package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// TLS says how the connection to the mail server is protected.
type TLS string

// The ways; with StartTLS a server that does not offer it gets nothing.
const (
	StartTLS TLS = "starttls"
	Implicit TLS = "implicit" // from the first byte, as on port 465 (RFC 8314 §3.3)
	NoTLS    TLS = "none"
)

// Config says through which server mail goes, and as whom. Everything is required except where a default is named.
type Config struct {
	Host     string
	Port     int    // 0: the usual one, which is 587 for StartTLS, 465 for Implicit, 25 for NoTLS
	Username string // "": the server wants no password
	Password string
	TLS      TLS    // "": StartTLS
	From     string // an address, or "Acme Jobs <jobs@acme.example>"
	Now      func() time.Time
}

// timeout bounds one dialogue with the mail server. Servers may take their time to greet strangers: half a minute is not unusual.
const timeout = time.Minute

// A Sender sends mail. It is safe for concurrent use.
type Sender struct {
	host    string
	from    *netmail.Address
	domain  string // of from
	options []gomail.Option
	now     func() time.Time
}

// New checks the configuration; it does not connect.
func New(c Config) (*Sender, error) {
	from, err := netmail.ParseAddress(c.From)
	if err != nil {
		return nil, errors.New("the sender is no email address")
	}
	s := &Sender{host: c.Host, from: from, domain: from.Address[strings.LastIndexByte(from.Address, '@')+1:], now: c.Now}
	// Servers that look at the name want a full one, which a container's host name is not.
	s.options = append(s.options, gomail.WithTimeout(timeout), gomail.WithHELO(s.domain))
	switch cmp.Or(c.TLS, StartTLS) {
	case Implicit:
		s.options = append(s.options, gomail.WithSSL(), gomail.WithPort(cmp.Or(c.Port, 465)))
	case NoTLS:
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithPort(cmp.Or(c.Port, 25)))
	case StartTLS:
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithPort(cmp.Or(c.Port, 587)))
	default:
		return nil, fmt.Errorf("unknown protection of the connection: %s", c.TLS)
	}
	if c.Username != "" {
		s.options = append(s.options,
			gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(c.Username), gomail.WithPassword(c.Password))
	}
	if _, err := gomail.NewClient(s.host, s.options...); err != nil {
		return nil, fmt.Errorf("prepare to send mail: %w", err)
	}
	return s, nil
}

// A Refusal says in a word why a mail will never arrive.
type Refusal string

// The refusals.
const (
	AddressRefused Refusal = "address_refused" // the mail server does not take mail for the address
	MessageRefused Refusal = "message_refused" // it does, but not this one: it may look like spam to it
	AddressInvalid Refusal = "address_invalid" // the address cannot be written to at all
)

// A RefusedError is a permanent failure: to try again is pointless. Its text names no address.
type RefusedError struct {
	Why  Refusal
	Code int // of the server's answer, 5xx (RFC 5321 §4.2.1); 0 if it was not asked
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("the mail was refused: %s (%d)", e.Why, e.Code)
}

// Refusal is Why, for those who do not know this package.
func (e *RefusedError) Refusal() string { return string(e.Why) }

// send delivers one message to the server. A *RefusedError is final; any other error may pass, and neither names the recipient.
func (s *Sender) send(ctx context.Context, m *gomail.Msg) error {
	client, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return errors.New("prepare to send mail")
	}
	err = client.DialAndSendWithContext(ctx, m)
	if err == nil || m.IsDelivered() { // what went wrong after the server took it does not matter
		return nil
	}
	failed, ok := errors.AsType[*gomail.SendError](err)
	if !ok {
		return fmt.Errorf("reach the mail server: %w", anonymous(err))
	}
	code := failed.ErrorCode()
	switch failed.Reason {
	case gomail.ErrSMTPRcptTo:
		if code >= 500 {
			return &RefusedError{AddressRefused, code}
		}
	case gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
		if code >= 500 {
			return &RefusedError{MessageRefused, code}
		}
	case gomail.ErrNoUnencoded, gomail.ErrGetRcpts:
		return &RefusedError{AddressInvalid, code}
	default:
	}
	// A refused sender or login is the operator's to mend, so it is no fault of the recipient's.
	return fmt.Errorf("send mail: %s (%d)", failed.Reason, code)
}

// anonymous keeps of an error what names nobody: a server's answer may repeat an address or a user name.
func anonymous(err error) error {
	if answer, ok := errors.AsType[*textproto.Error](err); ok {
		return fmt.Errorf("it answered %d", answer.Code)
	}
	if broken, ok := errors.AsType[*net.OpError](err); ok {
		return broken
	}
	if untrusted, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return untrusted
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return context.DeadlineExceeded
	}
	return errors.New("it does not offer what the settings ask for, or hung up")
}
