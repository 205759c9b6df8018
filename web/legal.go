package web

import (
	"net/http"
	"slices"

	"herald/networks"
)

// home says what this server is to those who cut a link short.
func (s *Server) home(w http.ResponseWriter, r *http.Request) {
	s.page(w, r, http.StatusOK, "home.html", frame{Title: "Help your company hire"})
}

func (s *Server) privacy(w http.ResponseWriter, r *http.Request) {
	federations := slices.DeleteFunc(slices.Clone(s.networks), func(n networks.Network) bool {
		_, ok := n.(networks.Federation)
		return !ok
	})
	s.page(w, r, http.StatusOK, "privacy.html", struct {
		frame
		Networks    []networks.Network
		Titles      string
		Federations string // the titles of those with many servers
	}{frame{Title: "Privacy"}, s.networks, titles(s.networks), titles(federations)})
}

func (s *Server) terms(w http.ResponseWriter, r *http.Request) {
	s.page(w, r, http.StatusOK, "terms.html", frame{Title: "Terms"})
}
