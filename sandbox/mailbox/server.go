// Package mailbox is a mail server that runs on one machine: it takes mail for every address over SMTP (RFC 5321), keeps it in memory,
// delivers it to nobody, and shows it on a page. Like the servers out there it refuses addresses, and is down at times, if it is told to.
package mailbox

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

//go:embed pages
var pages embed.FS

// Limits of the server.
const (
	maxMessage  = 1 << 20 // bytes
	keptMails   = 500     // the oldest go first
	dialogueEnd = 30 * time.Second
)

// Options describe the server. Now is needed.
type Options struct {
	Now    func() time.Time
	Logger *slog.Logger // default: discards
}

// Server is the mail server and its page. All methods are safe for concurrent use.
type Server struct {
	now     func() time.Time
	log     *slog.Logger
	smtp    *smtp.Server
	pages   *template.Template
	handler http.Handler

	mu      sync.Mutex
	mails   []Mail
	last    int
	refused []string // addresses, folded
	down    bool
	arrived chan struct{} // closed, and made anew, when a mail arrives

	listeners []net.Listener
	closed    bool
}

// New builds the server; Serve starts it.
func New(o Options) (*Server, error) {
	if o.Now == nil {
		return nil, errors.New("mailbox: Options.Now is needed")
	}
	templates, err := template.ParseFS(pages, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("read the pages: %w", err)
	}
	s := &Server{now: o.Now, log: o.Logger, pages: templates, arrived: make(chan struct{})}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.handler = s.routes()
	s.smtp = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{server: s}, nil }))
	s.smtp.Domain, s.smtp.MaxMessageBytes, s.smtp.EnableSMTPUTF8 = "mail.sandbox.example", maxMessage, true
	s.smtp.ReadTimeout, s.smtp.WriteTimeout = dialogueEnd, dialogueEnd
	s.smtp.ErrorLog = log.New(io.Discard, "", 0) // clients that hang up
	return s, nil
}

// Serve takes mail on the listener until Close.
func (s *Server) Serve(listener net.Listener) error {
	// The SMTP server would serve for ever if it was closed a moment before it was served.
	s.mu.Lock()
	closed := s.closed
	s.listeners = append(s.listeners, listener)
	s.mu.Unlock()
	if closed {
		return listener.Close()
	}
	return unlessClosed(s.smtp.Serve(listener))
}

// Close stops taking mail, and drops every connection.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	problems := []error{unlessClosed(s.smtp.Close())}
	for _, l := range s.listeners {
		problems = append(problems, unlessClosed(l.Close()))
	}
	return errors.Join(problems...)
}

func unlessClosed(err error) error {
	if errors.Is(err, smtp.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Mails returns what arrived, oldest first.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Await returns the latest mail to the address, as soon as there are n of them.
func (s *Server) Await(ctx context.Context, to string, n int) (Mail, error) {
	for {
		s.mu.Lock()
		var found []Mail
		for _, m := range s.mails {
			if slices.Contains(m.To, to) {
				found = append(found, m)
			}
		}
		arrived := s.arrived
		s.mu.Unlock()
		if len(found) >= n {
			return found[len(found)-1], nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return Mail{}, fmt.Errorf("%d of %d mails have arrived: %w", len(found), n, ctx.Err())
		}
	}
}

// Refuse makes the server refuse mail to the address for good, as for a mailbox that does not exist, or take it again.
func (s *Server) Refuse(address string, refuse bool) {
	address = strings.ToLower(strings.TrimSpace(address))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = slices.DeleteFunc(s.refused, func(a string) bool { return a == address })
	if refuse && address != "" {
		s.refused = append(s.refused, address)
	}
}

// SetDown makes the server put everybody off until later (451), or work again.
func (s *Server) SetDown(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// keep files a mail.
func (s *Server) keep(from string, to []string, raw []byte) {
	m := read(raw)
	m.From, m.To, m.At = from, to, s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	m.ID = strconv.Itoa(s.last)
	s.mails = append(s.mails, m)
	if len(s.mails) > keptMails {
		s.mails = slices.Delete(s.mails, 0, 1)
	}
	close(s.arrived)
	s.arrived = make(chan struct{})
}

// mail finds one by its id.
func (s *Server) mail(id string) (Mail, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.mails, func(m Mail) bool { return m.ID == id })
	if i < 0 {
		return Mail{}, false
	}
	return s.mails[i], true
}

// session is one dialogue.
type session struct {
	server *Server
	from   string
	to     []string
}

// Mail begins a message.
func (d *session) Mail(from string, _ *smtp.MailOptions) error {
	d.server.mu.Lock()
	defer d.server.mu.Unlock()
	if d.server.down {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Mail system is down for a moment, try again later"}
	}
	d.from = from
	return nil
}

// Rcpt names whom it is for.
func (d *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	d.server.mu.Lock()
	defer d.server.mu.Unlock()
	if slices.Contains(d.server.refused, strings.ToLower(to)) {
		// Servers repeat the address, and so nobody may log what they say.
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "<" + to + ">: no such mailbox here"}
	}
	d.to = append(d.to, to)
	return nil
}

// Data takes the message.
func (d *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	d.server.keep(d.from, d.to, raw)
	return nil
}

// Reset forgets a message that was begun.
func (d *session) Reset() { d.from, d.to = "", nil }

// Logout ends the dialogue.
func (d *session) Logout() error { return nil }
