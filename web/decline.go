package web

import (
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"herald/store"
)

// declinePage is what decline.html shows.
type declinePage struct {
	frame
	Action string
}

// showDecline answers the link under an invitation by email. It changes nothing: mail servers open the links they see.
func (s *Server) showDecline(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	company, err := s.inviterOf(r, token)
	if err != nil {
		s.failDecline(w, r, err)
		return
	}
	s.page(w, r, http.StatusOK, "decline.html", declinePage{
		frame: frame{Title: "No more invitations", Company: company.Name}, Action: s.base + declinePath(token),
	})
}

// decline answers the page's button, and mail programs that decline with one click (RFC 8058 §3.1). What they post is of no interest, and
// they follow no redirect.
func (s *Server) decline(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	company, err := s.inviterOf(r, token)
	if err == nil {
		err = s.store.DeclineEmail(r.Context(), token)
	}
	if err != nil {
		s.failDecline(w, r, err)
		return
	}
	s.notice(w, r, notice{
		status: http.StatusOK, kind: good, title: "That’s fine", company: company.Name,
		body: []string{
			"The invitation is gone, and so is your address: Herald keeps only a fingerprint of it, to know that it must not be written to again.",
			"There is nothing more to do. If you change your mind, ask whoever invited you.",
		},
	})
}

// inviterOf is the company that an invitation by email came from.
func (s *Server) inviterOf(r *http.Request, token string) (store.Company, error) {
	if len(token) > maxPathValue || !utf8.ValidString(token) || strings.ContainsRune(token, 0) {
		return store.Company{}, store.ErrNotFound
	}
	return s.store.InvitationToDecline(r.Context(), token)
}

func (s *Server) failDecline(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, store.ErrNotFound) {
		s.notice(w, r, notice{
			status: http.StatusNotFound, kind: quiet, title: "There is no such invitation",
			body: []string{"It may have ended long ago, or a part of the link was lost on the way. Nobody writes to you because of it."},
		})
		return
	}
	s.fail(w, r, err, store.Company{}, "")
}
