package web

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"herald/networks"
	"herald/store"
)

var (
	// errKeyRotated: the company URL was replaced by a new one.
	errKeyRotated = errors.New("the company URL was replaced")
	// errSlackSilent: Slack could not be asked who somebody is.
	errSlackSilent = errors.New("slack did not answer")
)

// A notice is a page with something to say and one thing to do.
type notice struct {
	status  int
	kind    noticeKind
	title   string
	company string // "" where it is not known, or not for everybody
	body    []string
	link    link // zero: to the start page
	more    link // another thing to do, or zero
	ref     string
}

// noticeKind colours a notice.
type noticeKind string

const (
	good  noticeKind = "good"
	bad   noticeKind = "bad"
	quiet noticeKind = "quiet"
)

// A link is a button that leads on.
type link struct{ text, href string }

func tryAgain(back string) link {
	if back == "" {
		return link{}
	}
	return link{"Try again", back}
}

// welcome shows somebody that they are a member now.
func (s *Server) welcome(w http.ResponseWriter, r *http.Request, c store.Company, n networks.Network, signup store.Signup) {
	title := "You’re in."
	if signup.Member != nil && signup.Member.Name != "" {
		title = "You’re in, " + givenName(signup.Member.Name) + "."
	}
	s.notice(w, r, notice{
		status: http.StatusOK, kind: good, title: title, company: c.Name,
		body: []string{
			"Your " + n.Title() + " account is connected, and a message in Slack confirms it.",
			"When there is a job to share, you see it in Slack first. Nothing appears without your click.",
			"Type /social in Slack to see what Herald stores about you, or to leave.",
		},
		link: s.backToSlack(c), more: s.connectMore(r, c, signup.Member),
	})
}

// connectMore leads a member on to the networks that are not connected yet; zero if all are. The link they came by is used up, so it is
// a new one of theirs.
func (s *Server) connectMore(r *http.Request, c store.Company, m *store.Member) link {
	if m == nil || m.SlackID == "" {
		return link{}
	}
	missing := s.missing(m)
	if len(missing) == 0 {
		return link{}
	}
	token, err := s.store.SignupToken(r.Context(), c.ID, m.SlackID)
	if err != nil { // they are connected all the same
		s.log.ErrorContext(r.Context(), "make a link to connect more", "error", err)
		return link{}
	}
	text := "Connect another network"
	if len(missing) == 1 {
		text = "Connect " + missing[0].Title() + ", too"
	}
	return link{text, s.base + registerPath(c.Key, token)}
}

// welcomeOutsider shows somebody without a Slack account that they are a member now.
func (s *Server) welcomeOutsider(w http.ResponseWriter, r *http.Request, c store.Company, n networks.Network, signup store.Signup) {
	s.notice(w, r, notice{
		status: http.StatusOK, kind: good, title: "You’re in, " + givenName(signup.Member.Name) + ".", company: c.Name,
		body: []string{
			"Your " + n.Title() + " account is connected. Nothing appears there without your click.",
			"To leave, tell any company admin of " + c.Name + ": everything about you is erased then.",
			"You can close this page.",
		},
	})
}

// waiting shows somebody from outside that an admin has to approve: who invited them could not do that alone.
func (s *Server) waiting(w http.ResponseWriter, r *http.Request, c store.Company) {
	s.notice(w, r, notice{
		status: http.StatusOK, kind: quiet, title: "Almost there", company: c.Name,
		body: []string{
			"A company admin of " + c.Name + " looks at your sign-up now. You are in as soon as they say yes.",
			"There is nothing more to do on this page. You can close it.",
		},
	})
}

// connected shows a member that a network is connected, or connected again.
func (s *Server) connected(w http.ResponseWriter, r *http.Request, in entrance, n networks.Network, signup store.Signup) {
	c := in.company
	title := n.Title() + " is connected to " + accountOf(in.person)
	if signup.Again {
		title = n.Title() + " is connected again"
	}
	s.notice(w, r, notice{
		status: http.StatusOK, kind: good, title: title, company: c.Name,
		body: []string{
			"You can share " + c.Name + "’s jobs there whenever you feel like it. Nothing appears without your click.",
			"Everything else about your account stays as it was. Type /social in Slack to see it.",
		},
		link: s.backToSlack(c), more: s.connectMore(r, c, signup.Member),
	})
}

// pending shows somebody that a colleague or an admin has to confirm. It reads the same whoever they are: a stranger
// learns nothing about the address they entered.
func (s *Server) pending(w http.ResponseWriter, r *http.Request, c store.Company, email string) {
	uses := email
	if uses == "" { // it was not theirs to know: somebody else wrote it down
		uses = "the address that you were invited at"
	}
	s.notice(w, r, notice{
		status: http.StatusOK, kind: quiet, title: "Almost there", company: c.Name,
		body: []string{
			"We make sure that everybody who signs up belongs to " + c.Name + ".",
			"If somebody in Slack uses " + uses + ", they now get a message there that asks “Was this you?” Otherwise a company admin looks at it.",
			"There is nothing more to do on this page. You can close it.",
		},
		link: s.backToSlack(c),
	})
}

func (s *Server) backToSlack(c store.Company) link {
	return link{"Back to Slack", s.slackURL + "/" + c.TeamID}
}

// toStart leads on where nothing better is known.
func (s *Server) toStart() link { return link{"To the start page", s.base + "/"} }

// fail shows what an error means for the person. The button leads back to the page to try again on, if that may help, else to the
// company's Slack, where the company (or the zero one) is known. back may be "".
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error, c store.Company, back string) {
	s.failAt(w, r, err, entrance{company: c}, back, nil)
}

// failAt is fail for an error that a network, or what followed it, may have caused.
func (s *Server) failAt(w http.ResponseWriter, r *http.Request, err error, in entrance, back string, n networks.Network) {
	c, title, whose := in.company, "The network", ""
	if n != nil {
		title = n.Title()
	}
	if in.person != nil {
		whose = givenName(in.person.Name)
	}
	page, expected := explain(err, back, title, whose)
	if in.member != nil && n != nil && errors.Is(err, store.ErrExists) {
		page = anotherAccount(title)
	}
	if !expected {
		page.ref = newRef()
		s.log.ErrorContext(r.Context(), "request failed", "ref", page.ref, "route", routeOf(r), "error", err)
	}
	page.company = c.Name
	if page.link == (link{}) && c.TeamID != "" {
		page.link = s.backToSlack(c)
	}
	s.notice(w, r, page)
}

// explain finds the words for an error; whose is how the person of the link is called, or "". It reports false for one that the operator should know about.
func explain(err error, back, network, whose string) (page notice, expected bool) {
	switch {
	case errors.Is(err, errKeyRotated):
		return notice{
			status: http.StatusGone, kind: quiet, title: "This link was replaced",
			body: []string{"The company has a new registration link, so this one does not work any more. Open Slack and type /social to get yours, or ask whoever sent you this one."},
		}, true
	case errors.Is(err, networks.ErrRefused):
		return notice{
			status: http.StatusOK, kind: quiet, title: "You said no, and that’s fine",
			body: []string{"Nothing was connected, and nothing was stored. If you change your mind, you can try again any time."},
			link: tryAgain(back),
		}, true
	case errors.Is(err, networks.ErrRejected):
		return notice{
			status: http.StatusBadRequest, kind: bad, title: network + " did not let us finish",
			body: []string{"Nothing was connected. This happens when the page stays open for long, or is opened twice."},
			link: tryAgain(back),
		}, true
	case errors.Is(err, networks.ErrMisconfigured):
		return notice{
			status: http.StatusInternalServerError, kind: bad, title: "Connecting " + network + " does not work right now",
			body: []string{"Something is wrong with how Herald is set up here, not with you. Nothing was connected. Please tell a company admin, and give them the reference below."},
		}, false
	case errors.Is(err, networks.ErrUnavailable):
		return notice{
			status: http.StatusServiceUnavailable, kind: bad, title: network + " does not answer",
			body: []string{"Nothing was connected. Please try again in a few minutes."},
			link: tryAgain(back),
		}, false
	case errors.Is(err, errSlackSilent):
		return notice{
			status: http.StatusServiceUnavailable, kind: bad, title: "Slack does not answer",
			body: []string{"We could not ask Slack who you are, so nothing was connected. Please try again in a few minutes."},
			link: tryAgain(back),
		}, false
	case errors.Is(err, store.ErrWrongPerson):
		return wrongPerson(whose, network, back), true
	case errors.Is(err, store.ErrTaken):
		return notice{
			status: http.StatusConflict, kind: quiet, title: "This " + network + " account is signed up already",
			body: []string{"If it is yours, all is done: type /social in Slack to see it. To sign up with another account, sign out at " + network + " first."},
			link: tryAgain(back),
		}, true
	case errors.Is(err, store.ErrExists), errors.Is(err, store.ErrUsed):
		return notice{
			status: http.StatusConflict, kind: quiet, title: "You are signed up already",
			body: []string{"This link has done its work. Type /social in Slack to see your account."},
		}, true
	case errors.Is(err, store.ErrExpired):
		return notice{
			status: http.StatusGone, kind: quiet, title: "This link has expired",
			body: []string{"Links work for a while only, so that no old one falls into somebody else’s hands. Open Slack and type /social to get a fresh one, or ask whoever invited you."},
		}, true
	case errors.Is(err, store.ErrReplaced):
		return notice{
			status: http.StatusGone, kind: quiet, title: "This link does not work any more",
			body: []string{"A newer one was sent, or it was taken back. Look for the latest message in Slack or in your mailbox, type /social in Slack to get your own, or ask whoever invited you."},
		}, true
	case errors.Is(err, store.ErrDeclined):
		return notice{
			status: http.StatusGone, kind: quiet, title: "You said no to this invitation",
			body: []string{"So its link stopped working, and nobody reminds you. If you change your mind, open Slack and type /social to get your own, or ask whoever invited you."},
		}, true
	case errors.Is(err, store.ErrRemoved):
		return notice{
			status: http.StatusGone, kind: quiet, title: "This account was removed",
			body: []string{
				"Everything that Herald stored about it was erased, and its links went with it.",
				"To come back, ask for a new link: type /social in Slack, or ask a company admin or whoever invited you before.",
			},
		}, true
	case errors.Is(err, store.ErrNotEligible):
		return notice{
			status: http.StatusForbidden, kind: quiet, title: "This account cannot sign up",
			body: []string{"Guests, apps and deactivated accounts cannot take part. If you think that this is a mistake, ask a company admin."},
		}, true
	case errors.Is(err, store.ErrNotFound):
		return notice{
			status: http.StatusNotFound, kind: quiet, title: "This link does not work",
			body: []string{"Perhaps a part of it was lost on the way. Open Slack and type /social to get a fresh one, or ask whoever invited you."},
		}, true
	}
	page = broke("")
	page.link = tryAgain(back)
	return page, false
}

// wrongPerson is for a colleague who followed a link that is not theirs, which shows once the network tells who they are.
func wrongPerson(whose, network, back string) notice {
	title, you := "This link is somebody else’s", "If it is yours"
	if whose != "" {
		title, you = "This link is "+whose+"’s", "If you are "+whose
	}
	return notice{
		status: http.StatusForbidden, kind: quiet, title: title,
		body: []string{
			"The " + network + " account you chose belongs to a colleague, so nothing was connected.",
			"To sign up yourself, open Slack and type /social: there is a link of your own.",
			you + ", sign out at " + network + " first, then try again with your own account.",
		},
		link: tryAgain(back),
	}
}

// anotherAccount is for a member who chose another account at a network than the one that is connected, and works.
func anotherAccount(network string) notice {
	return notice{
		status: http.StatusConflict, kind: quiet, title: "Another " + network + " account is connected",
		body: []string{
			"Herald works with one " + network + " account of yours, and the one you chose just now is a different one, so nothing was changed.",
			"To use this one instead, disconnect the other one first: type /social me in Slack.",
		},
	}
}

func broke(ref string) notice {
	return notice{
		status: http.StatusInternalServerError, kind: bad, title: "Something broke on our side", ref: ref,
		body: []string{"It is not your fault. Please try again in a few minutes. If it happens again, tell a company admin, and give them the reference below."},
	}
}

// tripEnded covers a state that is unknown, used, expired, or another browser's. back is where the trip began, or "".
func tripEnded(back string) notice {
	return notice{
		status: http.StatusBadRequest, kind: quiet, title: "This sign-up has ended",
		body: []string{
			"If you have just signed up, all is well, and a message waits for you in Slack.",
			"Otherwise it took longer than 10 minutes, or moved to another browser. Please begin again from your registration link.",
		},
		link: tryAgain(back),
	}
}

func forgedForm() notice {
	return notice{
		status: http.StatusForbidden, kind: bad, title: "That came from another site",
		body: []string{"For your safety, only our own registration page can start this. Open your registration link and continue there."},
	}
}

func unreadableForm(back string) notice {
	return notice{
		status: http.StatusBadRequest, kind: bad, title: "We could not read the form",
		body: []string{"Nothing was stored. Please fill it in again."},
		link: tryAgain(back),
	}
}

func noSuchPage() notice {
	return notice{
		status: http.StatusNotFound, kind: quiet, title: "There is no such page",
		body: []string{"If you followed a registration link, perhaps a part of it was lost on the way. Open Slack and type /social to get a fresh one."},
	}
}

func wrongMethod() notice {
	return notice{
		status: http.StatusMethodNotAllowed, kind: quiet, title: "This page cannot do that",
		body: []string{"Open your registration link again and continue from there."},
	}
}

// tooMany asks a client to slow down.
func (s *Server) tooMany(w http.ResponseWriter, r *http.Request, wait time.Duration) {
	seconds := int(wait/time.Second) + 1
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	s.notice(w, r, notice{
		status: http.StatusTooManyRequests, kind: quiet, title: "One moment, please",
		body: []string{"A lot of requests came from your network at once. Wait a few seconds, then load this page again."},
	})
}
