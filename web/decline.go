package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"herald/store"
)

// declinePage is what decline.html shows.
type declinePage struct {
	frame
	Action  string
	Reasons []declineReason
}

// A declineReason is a choice on the page.
type declineReason struct {
	Value store.DeclineReason
	Text  string
}

func declineReasons() []declineReason {
	var choices []declineReason
	for _, r := range store.DeclineReasons() {
		text := "Another reason"
		switch r {
		case store.DeclinedPrivacy:
			text = "I worry about my privacy"
		case store.DeclinedNotInterested:
			text = "I’m not interested"
		case store.DeclinedNoNetworks:
			text = "I don’t use social networks"
		case store.DeclinedOther:
		}
		choices = append(choices, declineReason{r, text})
	}
	return choices
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
		frame: frame{Title: "No more invitations", Company: company.Name}, Action: s.base + declinePath(token), Reasons: declineReasons(),
	})
}

// decline answers the page's button, and mail programs that decline with one click (RFC 8058 §3.1), which give no reason and follow no
// redirect. Nobody has to give one, and what cannot be read or is not one of the page's is taken for none: a no is a no.
func (s *Server) decline(w http.ResponseWriter, r *http.Request) {
	reason := store.DeclineReason(r.PostFormValue("reason"))
	if !slices.Contains(store.DeclineReasons(), reason) {
		reason = ""
	}
	token := r.PathValue("token")
	company, err := s.inviterOf(r, token)
	if err == nil {
		err = s.store.DeclineEmail(r.Context(), token, reason)
	}
	if errors.Is(err, store.ErrUsed) {
		s.notice(w, r, notice{
			status: http.StatusConflict, kind: quiet, title: "You have signed up", company: company.Name,
			body: []string{
				"So there is no invitation left to say no to, and nothing was changed.",
				"To leave, type /social in Slack, or tell any company admin of " + company.Name + ": everything about you is erased then.",
			},
		})
		return
	}
	if err != nil {
		s.failDecline(w, r, err)
		return
	}
	n := notice{
		status: http.StatusOK, kind: good, title: "That’s fine", company: company.Name,
		body: []string{
			"The invitation is gone, and so is the address in this invitation: Herald keeps only a fingerprint of it, to know that it must not be written to again.",
			"If you had signed up and waited for an answer, that is erased, too.",
			"There is nothing more to do. If you change your mind, ask whoever invited you.",
		},
	}
	if reason == store.DeclinedPrivacy {
		n.body = append(n.body,
			"As to your privacy: the invitation knew your address, and your name if whoever invited you entered it. Had you signed up, company admins would "+
				"see your name, email address, user type and the networks you connected. Nobody else would, nobody at all could get into your account, and "+
				"nothing would be posted without your click.",
			"That you said no is known now, but not why: reasons are only counted.")
		n.link = link{"What Herald stores, and who sees it", s.base + "/privacy"}
	}
	s.notice(w, r, n)
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
