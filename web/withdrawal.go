package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"herald/networks"
	"herald/store"
)

// deauthorize is what a network calls when somebody removed Herald on its pages.
func (s *Server) deauthorize(w http.ResponseWriter, r *http.Request) {
	network, call, ok := s.called(w, r)
	if !ok {
		return
	}
	if err := s.store.Deauthorize(r.Context(), withdrawal(network, call)); err != nil {
		s.failCall(w, r, err)
		return
	}
	s.answerCall(w, r, http.StatusOK, map[string]string{"status": "ok"})
}

// requestDeletion is what a network calls when somebody wants their data deleted. The person gets the address and the code in the answer.
func (s *Server) requestDeletion(w http.ResponseWriter, r *http.Request) {
	network, call, ok := s.called(w, r)
	if !ok {
		return
	}
	if err := s.store.RequestDeletion(r.Context(), withdrawal(network, call), call.Code); err != nil {
		s.failCall(w, r, err)
		return
	}
	s.answerCall(w, r, http.StatusOK, map[string]string{"url": s.links.Deletion(call.Code), "confirmation_code": call.Code})
}

func withdrawal(n networks.Network, c networks.Call) store.Withdrawal {
	return store.Withdrawal{Network: n.Name(), Subject: c.Subject, At: c.At}
}

// called reads a network's call. Where it reports false, the caller was answered.
func (s *Server) called(w http.ResponseWriter, r *http.Request) (networks.Network, networks.Call, bool) {
	network, _ := s.network(r.PathValue("network"))
	caller, ok := network.(networks.Caller)
	if !ok {
		s.answerCall(w, r, http.StatusNotFound, map[string]string{"error": "there is no such callback"})
		return nil, networks.Call{}, false
	}
	if err := r.ParseForm(); err != nil {
		s.answerCall(w, r, http.StatusBadRequest, map[string]string{"error": "the form cannot be read"})
		return nil, networks.Call{}, false
	}
	call, err := caller.Call(r.PostForm)
	if err != nil { // whoever sent it: the person, perhaps, whose network has another secret than Herald
		s.log.WarnContext(r.Context(), "a network's call was refused", "network", network.Name(), "route", routeOf(r), "error", err)
		s.answerCall(w, r, http.StatusForbidden, map[string]string{"error": "the signature is missing or wrong"})
		return nil, networks.Call{}, false
	}
	return network, call, true
}

// failCall tells the network to call again.
func (s *Server) failCall(w http.ResponseWriter, r *http.Request, err error) {
	ref := newRef()
	s.log.ErrorContext(r.Context(), "request failed", "ref", ref, "route", routeOf(r), "error", err)
	s.answerCall(w, r, http.StatusInternalServerError, map[string]string{"error": "try again later", "reference": ref})
}

func (s *Server) answerCall(w http.ResponseWriter, r *http.Request, status int, answer map[string]string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		s.log.DebugContext(r.Context(), "write answer", "error", err)
	}
}

// showDeletion tells a person what became of their request. It names nobody, and nobody else has the code.
func (s *Server) showDeletion(w http.ResponseWriter, r *http.Request) {
	code := r.PathValue("code")
	if len(code) > maxPathValue {
		code = ""
	}
	d, err := s.store.Deletion(r.Context(), code)
	if errors.Is(err, store.ErrNotFound) {
		s.notice(w, r, noSuchDeletion())
		return
	}
	if err != nil {
		s.fail(w, r, err, store.Company{}, "")
		return
	}
	title := d.Network
	if n, ok := s.network(d.Network); ok {
		title = n.Title()
	}
	s.notice(w, r, deletion(d, title))
}

// deletion finds the words for what became of a request.
func deletion(d store.Deletion, network string) notice {
	asked := network + " sent us your request on " + day(d.RequestedAt) + "."
	n := notice{status: http.StatusOK, kind: good}
	switch {
	case d.Pending:
		n.kind, n.title = quiet, "Your data is being deleted"
		n.body = []string{
			asked + " What " + network + " had told us about you, and our access to your account there, are erased already.",
			"Your account in Herald follows, usually within a few minutes. Load this page again to see when it is done.",
		}
	case d.Accounts > 0:
		n.title = "Your data was deleted"
		n.body = []string{
			asked + " On " + day(d.ChangedAt) + " your account in Herald was erased, with everything that belonged to it: what " +
				network + " had told us about you, our access to your account there, and your links.",
			"Nothing is left to do. Messages that stand in Slack belong to your company’s workspace.",
		}
	case d.Connections > 0:
		n.title = "Your data from " + network + " was deleted"
		n.body = []string{
			asked + " On " + day(d.ChangedAt) + " we erased what " + network + " had told us about you, and our access to your account there.",
			"If you still have an account in Herald, it goes on without " + network + ". To have that erased, too, type /social in Slack and choose Leave.",
		}
	default:
		n.kind, n.title = quiet, "There was nothing to delete"
		n.body = []string{asked + " We had stored nothing from " + network + " about you, or it was erased before."}
	}
	return n
}

// day writes a time as people anywhere read it.
func day(t time.Time) string { return t.UTC().Format("2 January 2006 at 15:04 UTC") }

func noSuchDeletion() notice {
	return notice{
		status: http.StatusNotFound, kind: quiet, title: "We do not know this code",
		body: []string{"Perhaps a part of the address was lost on the way: open it from the network’s page once more. Codes of requests that are older than a year are forgotten."},
	}
}
