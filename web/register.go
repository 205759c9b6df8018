package web

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"herald/networks"
	"herald/store"
)

// An entrance is a registration link that works.
type entrance struct {
	company store.Company
	token   string        // "" at the company URL
	slackID string        // whom the personal link is bound to, "" at the company URL
	person  *store.Person // the same, where Herald knows them
	member  *store.Member // their account: the link connects a network to it
	// mailed is the invitation of somebody from outside of the workspace: the link came to their mailbox.
	mailed *store.Invite
}

// enter resolves the link of the request to somebody who has something to connect: ErrExists if they have not.
func (s *Server) enter(ctx context.Context, key, token string) (entrance, error) {
	in, err := s.resolve(ctx, key, token)
	if err == nil && in.member != nil && len(s.missing(in.member)) == 0 {
		return entrance{company: in.company}, store.ErrExists
	}
	return in, err
}

// resolve resolves the link of the request; with an error the entrance holds the company alone, where that is known. It changes nothing: Slack's servers open every link they see.
func (s *Server) resolve(ctx context.Context, key, token string) (entrance, error) {
	if len(key) > maxPathValue || len(token) > maxPathValue || !utf8.ValidString(key+token) || strings.ContainsRune(key+token, 0) {
		return entrance{}, store.ErrNotFound
	}
	company, err := s.store.CompanyByKey(ctx, key)
	if errors.Is(err, store.ErrReplaced) {
		return entrance{}, errKeyRotated
	}
	if err != nil {
		return entrance{}, err
	}
	in := entrance{company: company, token: token}
	known := entrance{company: company} // all that a link which does not work opens
	if token == "" {
		return in, nil
	}

	invite, err := s.store.InviteByToken(ctx, company.ID, token)
	if err != nil {
		return known, err
	}
	if invite.SlackID == "" {
		in.mailed = &invite
		return in, nil
	}
	in.slackID, in.member = invite.SlackID, invite.Member
	person, err := s.store.PersonBySlackID(ctx, company.ID, invite.SlackID)
	switch {
	case err == nil:
		in.person = &person
	case !errors.Is(err, store.ErrNotFound): // not found: forgotten, or not mirrored yet
		return known, err
	}
	return in, nil
}

// missing are the networks that a member is not connected to, or not any more, or not for long.
func (s *Server) missing(m *store.Member) []networks.Network {
	var missing []networks.Network
	for _, n := range s.networks {
		if c, ok := m.Connection(n.Name()); !ok || c.Renewable(s.now()) {
			missing = append(missing, n)
		}
	}
	return missing
}

// registerPage is what register.html shows.
type registerPage struct {
	frame
	Action   string
	Name     string // of the person, or ""
	Greeting string // how to address them, or ""
	Email    string
	Problem  string // with the email, or ""
	Required bool   // the email
	Member   bool   // they are one already, and connect a network
	Networks []networks.Network
	Looks    []look // of a post, for somebody who does not know it yet
}

// showRegister answers the company URL and personal links.
func (s *Server) showRegister(w http.ResponseWriter, r *http.Request) {
	key, token := r.PathValue("key"), r.PathValue("token")
	if _, ok := s.network(token); ok {
		s.backToRegister(w, r)
		return
	}
	in, err := s.enter(r.Context(), key, token)
	if err != nil {
		s.fail(w, r, err, in.company, "")
		return
	}

	email := ""
	if in.person != nil {
		email = in.person.Email
	}
	if in.mailed != nil {
		email = in.mailed.Email
	}
	s.registerPage(w, r, http.StatusOK, in, email, "")
}

func (s *Server) registerPage(w http.ResponseWriter, r *http.Request, status int, in entrance, email, problem string) {
	p := registerPage{
		frame:  frame{Title: "Sign up to share " + in.company.Name + "’s jobs", Company: in.company.Name},
		Action: s.base + registerPath(in.company.Key, in.token), Email: email, Problem: problem,
		Required: in.token == "", Networks: s.entries, Looks: looks(s.entries, in.company.Name),
	}
	if in.person != nil {
		p.Name, p.Greeting = in.person.Name, givenName(in.person.Name)
	}
	if in.mailed != nil {
		p.Name, p.Greeting = in.mailed.Name, givenName(in.mailed.Name)
	}
	if in.member != nil {
		p.Member, p.Networks, p.Looks = true, s.missing(in.member), nil
		p.Title = "Connect " + titles(p.Networks) + " to " + accountOf(in.person)
	}
	if problem != "" {
		p.Title = "Please check: " + p.Title
	}
	s.page(w, r, status, "register.html", p)
}

// titles names networks as a sentence does.
func titles(list []networks.Network) string {
	var names strings.Builder
	for i, n := range list {
		switch i {
		case 0:
		case len(list) - 1:
			names.WriteString(" or ")
		default:
			names.WriteString(", ")
		}
		names.WriteString(n.Title())
	}
	return names.String()
}

// accountOf says whose account at Herald a network is connected to: whoever follows a colleague's link must notice it.
func accountOf(p *store.Person) string {
	if p == nil || p.Name == "" {
		return "your account"
	}
	return givenName(p.Name) + "’s account"
}

// backToRegister serves those who reload or type what only the form can send.
func (s *Server) backToRegister(w http.ResponseWriter, r *http.Request) {
	key, token := r.PathValue("key"), r.PathValue("token")
	if r.PathValue("network") == "" {
		token = "" // what stands there is the network
	}
	http.Redirect(w, r, s.base+registerPath(key, token), http.StatusSeeOther) //nolint:gosec // G710: always a page of this site, and escaped
}

// beginRegister sends the person to the network's consent page.
func (s *Server) beginRegister(w http.ResponseWriter, r *http.Request) {
	network, ok := s.network(r.PathValue("network"))
	if !ok {
		s.notice(w, r, noSuchPage())
		return
	}
	in, err := s.enter(r.Context(), r.PathValue("key"), r.PathValue("token"))
	if err != nil {
		s.fail(w, r, err, in.company, "")
		return
	}
	back := s.base + registerPath(in.company.Key, in.token)
	if in.member == nil && !slices.Contains(s.entries, network) {
		s.notice(w, r, noSuchPage())
		return
	}
	if err := r.ParseForm(); err != nil {
		s.notice(w, r, unreadableForm(back))
		return
	}
	entered := r.PostForm.Get("email")
	email, problem := cleanEmail(entered, in.token == "")
	if problem != "" {
		s.registerPage(w, r, http.StatusUnprocessableEntity, in, strings.ToValidUTF8(entered, "�"), problem)
		return
	}

	callback := s.links.Callback(network.Name())
	server, err := network.At(r.Context(), r.PostForm.Get("server"), callback)
	if federation, ok := network.(networks.Federation); ok && err != nil {
		s.serverPage(w, r, in, federation, r.PostForm.Get("server"), err)
		return
	}
	if err != nil {
		s.failAt(w, r, err, in, back, network)
		return
	}
	state, trail := rand.Text(), newTrail(in.company.Key, in.token)
	auth := store.Authorization{
		CompanyID: in.company.ID, Network: network.Name(), Issuer: server.Issuer(),
		Token: in.token, Email: email, Verifier: server.NewVerifier(),
	}
	if err := s.store.BeginAuthorization(r.Context(), auth, state, trail.cookie); err != nil {
		s.fail(w, r, err, in.company, back)
		return
	}
	s.layTrail(w, state, trail)
	http.Redirect(w, r, server.AuthURL(state, server.Callback(callback), auth.Verifier), http.StatusSeeOther) //nolint:gosec // G710: the network looked at the server that was named
}

// givenName is how to address somebody: the first word of their name where that is surely a name, else all of it.
func givenName(name string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(name), " ")
	letters := 0
	for _, r := range first {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '-' && r != '\'' && r != '’' {
			return name
		}
		letters++
	}
	if letters < 2 {
		return name
	}
	return first
}
