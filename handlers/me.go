package handlers

import (
	"context"
	"errors"
	"fmt"

	"github.com/slack-go/slack"

	"herald/handlers/view"
	"herald/store"
)

// me answers "/social me".
func (h *Handlers) me(ctx context.Context, r *request) (reply, error) {
	m, err := h.drawMe(ctx, r)
	if err != nil {
		return reply{}, err
	}
	return fresh(m), nil
}

func (h *Handlers) drawMe(ctx context.Context, r *request) (view.Message, error) {
	if r.access.Person == nil && r.access.Forgotten {
		return view.Sentence(view.DataNone), nil
	}
	if r.access.Member == nil {
		return view.Me(r.company, r.access.Person, nil, h.now()), nil
	}
	networks, err := h.networksOf(ctx, r)
	if err != nil {
		return view.Message{}, err
	}
	return view.Me(r.company, r.access.Person, &networks, h.now()), nil
}

// redrawMe shows /social me again where it was, with what came of a click, if that needs words. Where that is on top of the Home tab, the tab follows.
func (h *Handlers) redrawMe(ctx context.Context, r *request, notice *view.Notice) (reply, error) {
	m, err := h.drawMe(ctx, r)
	if err != nil {
		return reply{}, err
	}
	m.Notice = notice
	if !r.modal {
		return reply{message: &m, replace: true}, nil
	}
	if err := h.updateModal(ctx, r, r.viewID, view.MeModal(m)); err != nil {
		return reply{}, err
	}
	return h.redrawHome(ctx, r, nil)
}

// myData shows the same from the menu: in a message, or on top of the Home tab.
func (h *Handlers) myData(ctx context.Context, r *request, _ *slack.BlockAction) (reply, error) {
	m, err := h.drawMe(ctx, r)
	if err != nil {
		return reply{}, err
	}
	if r.home {
		return reply{}, h.open(ctx, r, view.MeModal(m))
	}
	return fresh(m), nil
}

// leave asks whether the person really wants to go.
func (h *Handlers) leave(ctx context.Context, r *request, _ *slack.BlockAction) (reply, error) {
	screenID, err := h.leaveScreen(ctx, r)
	if err != nil {
		return reply{}, err
	}
	removal, err := h.store.ProposeRemoval(ctx, r.company.ID, r.actor(), screenID, []string{r.access.Member.ID})
	if err != nil {
		return reply{}, err
	}
	return reply{}, h.confirm(ctx, r, view.Removal{Removal: removal, Leaving: !r.admin()})
}

// leaveScreen remembers where the goodbye is said.
func (h *Handlers) leaveScreen(ctx context.Context, r *request) (string, error) {
	var sc store.Screen
	var err error
	switch {
	case r.responseURL != "":
		sc, err = h.store.OpenScreen(ctx, store.Screen{
			CompanyID: r.company.ID, Viewer: r.slackID, Surface: store.OnMessage, ResponseURL: r.responseURL, Group: store.All, Page: 1,
		})
	case r.admin():
		sc, err = h.homeScreen(ctx, r)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", fmt.Errorf("remember where the person left: %w", err)
	}
	return sc.ID, nil
}
