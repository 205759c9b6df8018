package facebook

import (
	"net/http"
	"slices"
	"strconv"
)

// pagesScope is the permission to see which Pages somebody manages.
const pagesScope = "pages_show_list"

// pagesTogether is how many of them one answer lists if the app does not say.
const pagesTogether = 25

// managed lists the Pages that a person manages, with their ids and names.
// https://developers.facebook.com/docs/graph-api/reference/user/accounts
func (s *Server) managed(w http.ResponseWriter, r *http.Request) {
	c, ok := s.caller(w, r)
	if !ok {
		return
	}
	a, ok := s.subject(w, r, c)
	if !ok {
		return
	}
	if c.token == nil || !slices.Contains(s.granted(*c.token), pagesScope) {
		s.fail(w, problem{code: 200, message: "(#200) Missing Permissions"})
		return
	}
	if r.FormValue("fields") != "id,name" {
		s.fail(w, problem{code: 100, message: "(#100) This stand-in tells the fields id,name only"})
		return
	}
	limit, err := strconv.Atoi(r.FormValue("limit"))
	if err != nil || limit < 1 {
		limit = pagesTogether
	}
	type page struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	list := []page{}
	for _, p := range a.Pages[:min(limit, len(a.Pages))] {
		list = append(list, page(p))
	}
	s.json(w, http.StatusOK, map[string]any{"data": list})
}
