package web

import (
	"net/http"

	"herald/networks"
)

// home says what this server is to those who cut a link short.
func (s *Server) home(w http.ResponseWriter, r *http.Request) {
	s.page(w, r, http.StatusOK, "home.html", frame{Title: "Help your company hire"})
}

func (s *Server) privacy(w http.ResponseWriter, r *http.Request) {
	s.page(w, r, http.StatusOK, "privacy.html", struct {
		frame
		Networks []networks.Network
	}{frame{Title: "Privacy"}, s.networks})
}

func (s *Server) terms(w http.ResponseWriter, r *http.Request) {
	s.page(w, r, http.StatusOK, "terms.html", frame{Title: "Terms"})
}
