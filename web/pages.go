package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"unicode"
)

//go:embed pages
var pageFiles embed.FS

// frame is what the layout of every page needs.
type frame struct {
	Title   string
	Company string // shown at the top; "": Herald
}

// noticePage is what notice.html shows.
type noticePage struct {
	frame
	Kind     noticeKind
	Body     []string
	Text     string // of the button, "": none
	Href     string
	More     string // of a second way on, "": none
	MoreHref string
	Ref      string
}

func (s *Server) parsePages() (*template.Template, error) {
	t, err := template.New("").Funcs(template.FuncMap{
		"asset":    s.assetPath,
		"path":     func(path string) string { return s.base + path },
		"initials": initials,
	}).ParseFS(pageFiles, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("read the pages: %w", err)
	}
	return t, nil
}

// page renders a page in full before anything is sent, so that a fault cannot leave half of one.
func (s *Server) page(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	var page bytes.Buffer
	if err := s.pages.ExecuteTemplate(&page, name, data); err != nil {
		s.log.ErrorContext(r.Context(), "render page", "page", name, "error", err)
		http.Error(w, "Something broke on our side. Please try again in a few minutes.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if _, err := w.Write(page.Bytes()); err != nil {
		s.log.DebugContext(r.Context(), "write page", "page", name, "error", err)
	}
}

func (s *Server) notice(w http.ResponseWriter, r *http.Request, n notice) {
	if n.link == (link{}) {
		n.link = s.toStart()
	}
	s.page(w, r, n.status, "notice.html", noticePage{
		frame: frame{Title: n.title, Company: n.company},
		Kind:  n.kind, Body: n.body, Text: n.link.text, Href: n.link.href, More: n.more.text, MoreHref: n.more.href, Ref: n.ref,
	})
}

// initials stand in for a photo: the first letters of the first and last word of a name, or "" where they are no letters.
func initials(name string) string {
	var letters []rune
	for word := range strings.FieldsSeq(name) {
		if r := []rune(word)[0]; unicode.IsLetter(r) {
			letters = append(letters, unicode.ToUpper(r))
		}
	}
	switch len(letters) {
	case 0:
		return ""
	case 1:
		return string(letters)
	}
	return string([]rune{letters[0], letters[len(letters)-1]})
}
