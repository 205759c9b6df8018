package web

import "net/http"

// home says what this server is to those who cut a link short.
func (s *Server) home(w http.ResponseWriter, r *http.Request) {
	s.page(w, r, http.StatusOK, "home.html", frame{Title: "Help your company hire"})
}

func (s *Server) privacy(w http.ResponseWriter, r *http.Request) {
	s.page(w, r, http.StatusOK, "privacy.html", struct {
		frame
		Networks []string
	}{frame{Title: "Privacy"}, s.titles()})
}

func (s *Server) terms(w http.ResponseWriter, r *http.Request) {
	s.page(w, r, http.StatusOK, "terms.html", frame{Title: "Terms"})
}

// titles are the networks' names.
func (s *Server) titles() []string {
	titles := make([]string, 0, len(s.networks))
	for _, n := range s.networks {
		titles = append(titles, n.Title())
	}
	return titles
}
