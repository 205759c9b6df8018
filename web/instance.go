package web

import (
	"errors"
	"net/http"
	"strings"

	"herald/networks"
)

// serverPage is what server.html shows.
type serverPage struct {
	frame
	Action  string
	Back    string
	Network string
	Server  string   // as it was entered, or the one that the operator offers
	Offered []string // by the operator
	Problem string   // with the server, or ""
}

// serverPage asks on which server of a network the account is, or what was wrong with the answer.
func (s *Server) serverPage(w http.ResponseWriter, r *http.Request, in entrance, n networks.Federation, entered string, wrong error) {
	problem, status := "", http.StatusUnprocessableEntity
	switch {
	case strings.TrimSpace(entered) == "":
		status = http.StatusOK
	case errors.Is(wrong, networks.ErrWhichServer):
		problem = "Enter a server like mastodon.social, or your whole address like @ann@mastodon.social."
	case errors.Is(wrong, networks.ErrUnavailable):
		problem = "That server does not answer. Check how it is spelled, or try again in a few minutes."
	case errors.Is(wrong, networks.ErrRejected):
		problem = "That server did not understand us. Check how it is spelled: it must be where you sign in to " + n.Title() + "."
	default:
		s.failAt(w, r, wrong, in, s.base+registerPath(in.company.Key, in.token), n)
		return
	}
	p := serverPage{
		frame:  frame{Title: "On which server is your " + n.Title() + " account?", Company: in.company.Name},
		Action: s.base + registerPath(in.company.Key, in.token) + "/" + n.Name(), Back: s.base + registerPath(in.company.Key, in.token), Network: n.Title(),
		Server: strings.ToValidUTF8(entered, "�"), Problem: problem,
	}
	for _, server := range n.Servers() {
		p.Offered = append(p.Offered, strings.TrimPrefix(server, "https://"))
	}
	if p.Server == "" && len(p.Offered) == 1 {
		p.Server = p.Offered[0]
	}
	if problem != "" {
		p.Title = "Please check: " + p.Title
	}
	// The consent page may be on any server: Chromium applies form-action to the redirects that follow a form.
	w.Header().Set("Content-Security-Policy", strings.Join(append([]string{s.policy, "https:"}, n.Servers()...), " "))
	s.page(w, r, status, "server.html", p)
}
