package web

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"herald/networks"
	"herald/store"
)

var (
	// errConnectFirst: no account at the network that a company Page could be connected to.
	errConnectFirst = errors.New("the network is not connected")
	// errNoPages: the account manages no Page.
	errNoPages = errors.New("the account manages no page")
)

// pageEntrance resolves a personal link for a member whose account at the network can be used.
func (s *Server) pageEntrance(ctx context.Context, key, token string, n networks.Network) (entrance, error) {
	in, err := s.resolve(ctx, key, token)
	if err != nil {
		return in, err
	}
	if in.member == nil {
		return in, errConnectFirst
	}
	if c, ok := in.member.Connection(n.Name()); !ok || !c.Usable(s.now()) {
		return in, errConnectFirst
	}
	return in, nil
}

// pager returns the network of the request, if it has Pages. Otherwise it answers, and reports false.
func (s *Server) pager(w http.ResponseWriter, r *http.Request) (networks.Pager, bool) {
	n, _ := s.network(r.PathValue("network"))
	p, ok := n.(networks.Pager)
	if !ok {
		s.notice(w, r, noSuchPage())
	}
	return p, ok
}

// arrivePage resolves the link of a page of a Pager. Where that fails it answers, and reports false.
func (s *Server) arrivePage(w http.ResponseWriter, r *http.Request) (networks.Pager, entrance, bool) {
	n, ok := s.pager(w, r)
	if !ok {
		return nil, entrance{}, false
	}
	in, err := s.pageEntrance(r.Context(), r.PathValue("key"), r.PathValue("token"), n)
	if err != nil {
		s.failPage(w, r, err, in, "", n)
		return nil, entrance{}, false
	}
	return n, in, true
}

// connectPage is what page.html shows.
type connectPage struct {
	frame
	Action  string
	Network string // its title
	Now     string // the Page that is connected, or ""
}

// showConnectPage explains what follows, and changes nothing.
func (s *Server) showConnectPage(w http.ResponseWriter, r *http.Request) {
	n, in, ok := s.arrivePage(w, r)
	if !ok {
		return
	}
	account, _ := in.member.Connection(n.Name())
	s.page(w, r, http.StatusOK, "page.html", connectPage{
		frame:  frame{Title: "Connect a company Page to " + accountOf(in.person), Company: in.company.Name},
		Action: s.base + pagePath(n.Name(), in.company.Key, in.token), Network: n.Title(), Now: account.CompanyPage,
	})
}

// beginConnectPage sends the person to the consent page that asks for their Pages.
func (s *Server) beginConnectPage(w http.ResponseWriter, r *http.Request) {
	n, in, ok := s.arrivePage(w, r)
	if !ok {
		return
	}
	state, trail := rand.Text(), newPageTrail(in.company.Key, in.token)
	auth := store.Authorization{
		CompanyID: in.company.ID, Network: n.Name(), Issuer: n.Issuer(), Token: in.token, Verifier: n.NewVerifier(), Purpose: store.PurposePage,
	}
	if err := s.store.BeginAuthorization(r.Context(), auth, state, trail.cookie); err != nil {
		s.fail(w, r, err, in.company, s.base+trail.back(n))
		return
	}
	s.layTrail(w, state, trail)
	http.Redirect(w, r, n.PagesURL(state, s.links.Callback(n.Name()), auth.Verifier), http.StatusSeeOther) //nolint:gosec // G710: always the network's consent page
}

// choicePage is what choice.html shows.
type choicePage struct {
	frame
	Action string
	State  string
	Back   string
	Pages  []store.Page
}

// offerPages follows a consent: it shows which Pages the person manages. Nothing is stored yet but what there is to choose from.
func (s *Server) offerPages(ctx context.Context, w http.ResponseWriter, r *http.Request, network networks.Network, came string, auth store.Authorization, t trail, query url.Values) {
	back := s.base + t.back(network)
	choice, in, err := s.findPages(ctx, network, came, auth, t, query)
	if err != nil {
		s.failPage(w, r, err, in, back, network)
		return
	}
	state, trail := rand.Text(), newPageTrail(in.company.Key, in.token)
	if err := s.store.BeginAuthorization(ctx, choice, state, trail.cookie); err != nil {
		s.failPage(w, r, err, in, back, network)
		return
	}
	s.layTrail(w, state, trail)
	company := strings.ToLower(in.company.Name)
	slices.SortStableFunc(choice.Pages, func(a, b store.Page) int { // what is the company's, by its name, comes first
		names := func(p store.Page) int {
			if strings.Contains(strings.ToLower(p.Name), company) {
				return 0
			}
			return 1
		}
		return names(a) - names(b)
	})
	s.page(w, r, http.StatusOK, "choice.html", choicePage{
		frame:  frame{Title: "Which Page is " + in.company.Name + "’s?", Company: in.company.Name},
		Action: s.base + "/oauth/" + url.PathEscape(network.Name()) + "/page", State: state, Back: s.backToSlack(in.company).href, Pages: choice.Pages,
	})
}

// findPages asks the network for the Pages of the very account that the member has connected. Its token is forgotten, and not revoked,
// whatever comes of it: the network may end what the connection has, too. The access to another account is ended.
func (s *Server) findPages(ctx context.Context, network networks.Network, came string, auth store.Authorization, t trail, query url.Values) (store.Authorization, entrance, error) {
	pager, ok := network.(networks.Pager)
	if !ok {
		return store.Authorization{}, entrance{}, networks.ErrRejected
	}
	code, err := consented(pager, came == s.links.Callback(network.Name()), auth, query)
	if err != nil {
		return store.Authorization{}, entrance{company: s.companyOf(ctx, auth, t)}, err
	}
	in, err := s.pageEntrance(ctx, t.key, auth.Token, network)
	if err != nil {
		return store.Authorization{}, in, err
	}
	if in.company.ID != auth.CompanyID {
		return store.Authorization{}, entrance{}, errKeyRotated
	}
	account, err := pager.Exchange(ctx, code, came, auth.Verifier)
	if err != nil {
		s.dropToken(ctx, in.company.ID, network.Name(), account.Token)
		return store.Authorization{}, in, err
	}
	owners, err := s.store.ConnectionsOf(ctx, network.Name(), account.Subject)
	if err == nil && !slices.Contains(owners, store.Owner{CompanyID: in.company.ID, MemberID: in.member.ID}) {
		err = store.ErrExists
	}
	if err != nil {
		s.dropAccess(ctx, in.company.ID, store.Account{Network: network.Name(), Subject: account.Subject, Token: account.Token})
		return store.Authorization{}, in, err
	}
	pages, err := pager.Pages(ctx, account)
	if err != nil {
		return store.Authorization{}, in, err
	}
	if len(pages) == 0 {
		return store.Authorization{}, in, errNoPages
	}
	choice := store.Authorization{
		CompanyID: in.company.ID, Network: network.Name(), Issuer: auth.Issuer, Token: auth.Token,
		Purpose: store.PurposeChoice, Subject: account.Subject,
	}
	for _, p := range pages {
		choice.Pages = append(choice.Pages, store.Page(p))
	}
	return choice, in, nil
}

// choosePage connects the Page that was chosen from those that offerPages showed to this browser.
func (s *Server) choosePage(w http.ResponseWriter, r *http.Request) {
	network, ok := s.pager(w, r)
	if !ok {
		return
	}
	if err := r.ParseForm(); err != nil {
		s.notice(w, r, unreadableForm(""))
		return
	}
	state := only(r.PostForm, "state")
	if state == "" {
		s.notice(w, r, pageTripEnded(""))
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), finishTimeout)
	defer cancel()
	auth, trail, ok := s.takeTrip(ctx, w, r, network, state, pageTripEnded(""))
	if !ok {
		return
	}
	back := s.base + trail.back(network)
	if auth.Purpose != store.PurposeChoice {
		s.notice(w, r, pageTripEnded(back))
		return
	}
	in, err := s.pageEntrance(ctx, trail.key, auth.Token, network)
	if err == nil && in.company.ID != auth.CompanyID {
		in, err = entrance{}, errKeyRotated
	}
	if err != nil {
		s.failPage(w, r, err, in, back, network)
		return
	}
	chosen, err := s.store.ConnectPage(ctx, auth, only(r.PostForm, "page"))
	switch {
	case errors.Is(err, store.ErrNotFound):
		s.notice(w, r, noSuchChoice(back))
	case err != nil:
		s.failPage(w, r, err, in, back, network)
	default:
		s.notice(w, r, notice{
			status: http.StatusOK, kind: good, title: "“" + chosen.Name + "” is connected", company: in.company.Name,
			body: []string{
				"Herald keeps the name of the Page, and no key to it. Nothing appears there.",
				"Type /social me in Slack to see it, or to disconnect it.",
			},
			link: s.backToSlack(in.company),
		})
	}
}

// failPage is failAt for what goes wrong on the way to a company Page.
func (s *Server) failPage(w http.ResponseWriter, r *http.Request, err error, in entrance, back string, n networks.Network) {
	var page notice
	switch {
	case errors.Is(err, errConnectFirst):
		page = notice{
			status: http.StatusConflict, kind: quiet, title: "Connect " + n.Title() + " first",
			body: []string{"A company Page is connected to your own " + n.Title() + " account, and Herald has no access to that one (any more)."},
			link: link{"Connect " + n.Title(), s.base + registerPath(in.company.Key, in.token)},
		}
	case errors.Is(err, errNoPages):
		page = notice{
			status: http.StatusOK, kind: quiet, title: "You manage no Page on " + n.Title(),
			body: []string{
				"Nothing was connected, and nothing was stored.",
				"If you should manage " + in.company.Name + "’s Page, ask whoever does to give you access there. If you left it out of the list that " + n.Title() + " showed you, try again.",
			},
			link: tryAgain(back),
		}
	case errors.Is(err, networks.ErrNotGranted):
		page = notice{
			status: http.StatusOK, kind: quiet, title: n.Title() + " did not show us your Pages",
			body: []string{"Without that permission there is nothing to choose from. Nothing was connected, and your own account stays as it was. You can try again any time."},
			link: tryAgain(back),
		}
	default:
		s.failAt(w, r, err, in, back, n)
		return
	}
	page.company = in.company.Name
	s.notice(w, r, page)
}

// pageTripEnded is tripEnded for a trip to connect a company Page.
func pageTripEnded(back string) notice {
	return notice{
		status: http.StatusBadRequest, kind: quiet, title: "This page has ended",
		body: []string{
			"If you have just chosen your company’s Page, all is well: type /social me in Slack to see it.",
			"Otherwise it took longer than 10 minutes, or moved to another browser. Please begin again.",
		},
		link: tryAgain(back),
	}
}

// noSuchChoice is for a Page that was not among the choices.
func noSuchChoice(back string) notice {
	return notice{
		status: http.StatusBadRequest, kind: bad, title: "That Page is not one of yours",
		body: []string{"Nothing was connected. Please begin again, and choose one of those that are shown."},
		link: tryAgain(back),
	}
}
