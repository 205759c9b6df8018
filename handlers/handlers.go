// Package handlers decides: it authorises every command, click and form from the database, does what was asked through store,
// and answers with a screen that handlers/view draws.
package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"

	"herald/delivery"
	"herald/handlers/view"
	"herald/store"
)

// Config is what Handlers need; every field is required unless it says otherwise.
type Config struct {
	Store *store.Store
	// API returns the Web API client of a company's workspace.
	API func(store.Company) *slack.Client
	// HTTP posts to response URLs; it has a timeout.
	HTTP *http.Client
	// Operators are the Slack ids of those who decide cases; empty: the workspace's primary owner.
	Operators []string
	// CompanyURL and PersonalURL build registration links.
	CompanyURL  func(store.Company) string
	PersonalURL func(c store.Company, token string) string
	// PageURL builds the link with which the same person connects a company Page to their account at the network.
	PageURL func(c store.Company, network, token string) string
	// Networks are those that people can connect, in the order of their buttons.
	Networks view.Offered
	// DeclineURL builds the link under an invitation by email.
	DeclineURL func(token string) string
	// Mail sends an email. An error with a method Refusal() string, which says why in a word, is final, any other may pass; none may name
	// the recipient. nil: nobody is invited by email.
	Mail func(context.Context, Letter) error
	// Revoker ends Herald's access where nobody wants it any more.
	Revoker Revoker
	// Pace is how many messages a second may go to one workspace; 0: delivery.MessagesPerSecond.
	Pace float64
	// Haste is how many times faster than Slack's tiers other calls may go; 0: not at all. It is for stand-ins of Slack without tiers.
	Haste float64
	Now   func() time.Time
	Log   *slog.Logger
}

// Handlers answer what bot hears. They are safe for concurrent use.
type Handlers struct {
	store       *store.Store
	api         func(store.Company) *slack.Client
	http        *http.Client
	operators   []string
	companyURL  func(store.Company) string
	personalURL func(store.Company, string) string
	pageURL     func(c store.Company, network, token string) string
	networks    view.Offered
	declineURL  func(string) string
	mail        func(context.Context, Letter) error
	revoker     Revoker
	now         func() time.Time
	log         *slog.Logger
	pacer       *delivery.Pacer
	ends        signupEnds
	owners      owners
	quiet       quietHours
}

// New returns Handlers for the configuration.
func New(c Config) *Handlers {
	pacer := delivery.NewPacer(c.Store, c.Pace, c.Now)
	if c.Haste > 0 {
		pacer.Hurry(c.Haste)
	}
	return &Handlers{
		store:       c.Store,
		api:         c.API,
		http:        c.HTTP,
		operators:   c.Operators,
		companyURL:  c.CompanyURL,
		personalURL: c.PersonalURL,
		pageURL:     c.PageURL,
		networks:    c.Networks,
		declineURL:  c.DeclineURL,
		mail:        c.Mail,
		revoker:     c.Revoker,
		now:         c.Now,
		log:         c.Log,
		pacer:       pacer,
	}
}

// Command answers a slash command.
func (h *Handlers) Command(ctx context.Context, cmd slack.SlashCommand) error {
	r := &request{
		teamID: cmd.TeamID, enterpriseID: cmd.EnterpriseID, slackID: cmd.UserID, channelID: cmd.ChannelID,
		responseURL: cmd.ResponseURL, triggerID: cmd.TriggerID, what: "command",
	}
	return h.answer(ctx, r, func() (reply, error) {
		if err := h.authorise(ctx, r); err != nil {
			return reply{}, err
		}
		c, args := parse(cmd.Text)
		r.what, r.args = "command "+c.name, args
		if err := r.allow(c.who); err != nil {
			return reply{}, err
		}
		return c.run(h, ctx, r)
	})
}

// Action answers a click, a choice, or text typed into a message or the Home tab.
func (h *Handlers) Action(ctx context.Context, cb slack.InteractionCallback) error {
	r := requestOf(cb)
	for _, pressed := range cb.ActionCallback.BlockActions {
		a, ok := actionByID(pressed.ActionID)
		if !ok { // a link button, or a screen from another release: nothing to do, nothing to break
			continue
		}
		r.what = "action " + pressed.ActionID
		err := h.answer(ctx, r, func() (reply, error) {
			if err := h.authorise(ctx, r); err != nil {
				return reply{}, err
			}
			if err := r.allow(a.who); err != nil {
				return reply{}, err
			}
			return a.run(h, ctx, r, pressed)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Wish tells whether a click is one of wishes.
func (h *Handlers) Wish(cb slack.InteractionCallback) bool {
	return slices.ContainsFunc(cb.ActionCallback.BlockActions, func(pressed *slack.BlockAction) bool {
		return slices.Contains(wishes(), pressed.ActionID)
	})
}

// Submit answers a submitted form before Slack's deadline; after runs once the answer was sent.
func (h *Handlers) Submit(ctx context.Context, cb slack.InteractionCallback) (*slack.ViewSubmissionResponse, func(context.Context) error, error) {
	r := requestOf(cb)
	f, ok := formByID(cb.View.CallbackID)
	if !ok {
		return nil, nil, nil
	}
	r.what = "form " + cb.View.CallbackID
	if err := h.authorise(ctx, r); err != nil {
		return h.formError(ctx, r, err), nil, nil
	}
	if err := r.allow(f.who); err != nil {
		return h.formError(ctx, r, err), nil, nil
	}
	response, after, err := f.run(h, ctx, r, cb.View)
	if err != nil {
		return h.formError(ctx, r, err), nil, nil
	}
	if after == nil {
		return response, nil, nil
	}
	return response, func(ctx context.Context) error {
		return h.answer(ctx, r, func() (reply, error) { return after(ctx) })
	}, nil
}

// Event hears what happened in the workspace.
func (h *Handlers) Event(ctx context.Context, ev slackevents.EventsAPIEvent) error {
	r := eventRequest(ev)
	switch e := ev.InnerEvent.Data.(type) {
	case *slackevents.AppHomeOpenedEvent:
		if r.slackID = e.User; e.Tab == "home" {
			return h.homeOpened(ctx, r)
		}
	case *slackevents.TeamJoinEvent, *slackevents.UserChangeEvent:
		return h.personChanged(ctx, ev)
	case *slackevents.AppUninstalledEvent, *slackevents.TokensRevokedEvent:
		return h.uninstalled(ctx, ev)
	}
	return nil
}

// Suggest answers an external select. No screen has one, so whoever asks gets no options.
func (h *Handlers) Suggest(ctx context.Context, cb slack.InteractionCallback) ([]*slack.OptionBlockObject, error) {
	return nil, h.authorise(ctx, requestOf(cb))
}

// Closed hears that somebody dismissed a form.
func (h *Handlers) Closed(ctx context.Context, cb slack.InteractionCallback) error {
	r := requestOf(cb)
	f, ok := formByID(cb.View.CallbackID)
	if !ok || f.closed == nil {
		return nil
	}
	r.what = "closed " + cb.View.CallbackID
	if err := h.authorise(ctx, r); err != nil {
		return unlessRefused(err)
	}
	return h.answer(ctx, r, func() (reply, error) { return reply{}, f.closed(h, ctx, r, cb.View) })
}
