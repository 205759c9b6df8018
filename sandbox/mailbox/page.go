package mailbox

import (
	"bytes"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
)

// Handler answers the page's requests: /mail and what is below it.
func (s *Server) Handler() http.Handler { return s.handler }

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /mail", s.list)
	mux.HandleFunc("GET /mail/style.css", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, pages, "pages/mailbox.css") })
	mux.HandleFunc("POST /mail/faults", s.changeFaults)
	mux.HandleFunc("GET /mail/{id}", s.one)
	mux.HandleFunc("GET /mail/{id}/html", s.html)
	return http.NewCrossOriginProtection().Handler(secured(mux))
}

// secured sets the headers that keep a mail from doing more than being read.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
		next.ServeHTTP(w, r)
	})
}

// list shows what arrived, latest first, and the faults.
func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	data := struct {
		Mails   []Mail
		Refused []string
		Down    bool
	}{slices.Clone(s.mails), slices.Clone(s.refused), s.down}
	s.mu.Unlock()
	slices.Reverse(data.Mails)
	s.write(w, r, "list.html", data)
}

// field is one line of a header.
type field struct{ Name, Value string }

// one shows a mail.
func (s *Server) one(w http.ResponseWriter, r *http.Request) {
	m, ok := s.mail(r.PathValue("id"))
	if !ok {
		http.Error(w, "There is no such mail.", http.StatusNotFound)
		return
	}
	data := struct {
		Mail
		Fields []field
	}{Mail: m}
	for name, values := range m.Header {
		for _, value := range values {
			data.Fields = append(data.Fields, field{textproto.CanonicalMIMEHeaderKey(name), value})
		}
	}
	slices.SortFunc(data.Fields, func(a, b field) int { return strings.Compare(a.Name, b.Name) })
	s.write(w, r, "one.html", data)
}

// html is the HTML part for the frame that shows it. It may not load anything, run scripts or send forms; its links open in a tab of
// their own, since the frame is no place for another site.
func (s *Server) html(w http.ResponseWriter, r *http.Request) {
	m, ok := s.mail(r.PathValue("id"))
	if !ok || m.HTML == "" {
		http.Error(w, "There is no such mail.", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err := w.Write([]byte(strings.Replace(m.HTML, "<head>", `<head><base target="_blank">`, 1)))
	if err != nil {
		s.log.DebugContext(r.Context(), "write answer", "error", err)
	}
}

// changeFaults does what one of the page's forms asks for.
func (s *Server) changeFaults(w http.ResponseWriter, r *http.Request) {
	switch r.FormValue("do") {
	case "refuse":
		s.Refuse(r.FormValue("address"), true)
	case "accept":
		s.Refuse(r.FormValue("address"), false)
	case "down":
		s.SetDown(true)
	case "up":
		s.SetDown(false)
	}
	http.Redirect(w, r, "/mail", http.StatusSeeOther)
}

func (s *Server) write(w http.ResponseWriter, r *http.Request, name string, data any) {
	var b bytes.Buffer
	if err := s.pages.ExecuteTemplate(&b, name, data); err != nil {
		s.log.ErrorContext(r.Context(), "render", "template", name, "error", err)
		http.Error(w, "This page could not be drawn.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if _, err := w.Write(b.Bytes()); err != nil {
		s.log.DebugContext(r.Context(), "write answer", "error", err)
	}
}
