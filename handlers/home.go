package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/slack-go/slack"

	"herald/handlers/view"
	"herald/store"
)

// The places of the Home tab below the menu.
const (
	placeMenu      = "" // the menu alone
	placeMembers   = "members"
	placeAudit     = "audit"
	placeReminders = "reminders"
)

// homeOpened draws the Home tab of whoever opened it. Those who cannot take part read why there.
func (h *Handlers) homeOpened(ctx context.Context, r *request) error {
	err := h.authorise(ctx, r)
	if r.company.ID == "" { // without a company there is no token to answer with
		return unlessRefused(err)
	}
	var m view.Message
	if err == nil {
		m, err = h.home(ctx, r, nil)
	}
	if err != nil {
		m = view.Sentence(h.explain(ctx, r, err))
	}
	return h.publishHome(ctx, r.company, r.slackID, m)
}

// home draws the whole Home tab: the menu, and for a company admin the place where they are.
func (h *Handlers) home(ctx context.Context, r *request, notice *view.Notice) (view.Message, error) {
	menu, err := h.drawMenu(ctx, r, !r.unasked)
	if err != nil {
		return view.Message{}, err
	}
	menu.Notice = notice
	if !r.admin() {
		return menu, nil
	}
	sc, err := h.homeScreen(ctx, r)
	if err != nil {
		return view.Message{}, err
	}
	return h.homeAt(ctx, r, sc, menu)
}

// homeAt puts the place of the Home tab's screen below the menu.
func (h *Handlers) homeAt(ctx context.Context, r *request, sc store.Screen, menu view.Message) (view.Message, error) {
	var place view.Message
	var err error
	switch sc.Place {
	case placeMembers, placeInvitations:
		_, place, err = h.redrawList(ctx, r, sc)
	case placeAudit:
		place, err = h.drawAudit(ctx, r, "")
	case placeReminders:
		place, err = h.drawReminders(ctx, r, nil)
	default:
		return menu, nil
	}
	if err != nil {
		return view.Message{}, err
	}
	return view.HomeAt(menu, place), nil
}

// homeScreen returns the admin's screen of the Home tab, made on the first visit.
func (h *Handlers) homeScreen(ctx context.Context, r *request) (store.Screen, error) {
	sc, err := h.store.HomeScreen(ctx, r.company.ID, r.slackID)
	if errors.Is(err, store.ErrNotFound) {
		sc, err = h.store.OpenScreen(ctx, store.Screen{
			CompanyID: r.company.ID, Viewer: r.slackID, Surface: store.OnHome, Group: store.All, Page: 1,
		})
	}
	if err != nil {
		return store.Screen{}, fmt.Errorf("find the screen of the home tab: %w", err)
	}
	return sc, nil
}

// goTo shows a place of the Home tab.
func (h *Handlers) goTo(ctx context.Context, r *request, place string) (reply, error) {
	sc, err := h.homeScreen(ctx, r)
	if err != nil {
		return reply{}, err
	}
	if sc.Place != place {
		firstPage(&sc) // its cursor belongs to the list that was shown
	}
	sc.Place = place
	if _, err := h.store.SaveScreen(ctx, sc); err != nil {
		return reply{}, fmt.Errorf("remember the place of the home tab: %w", err)
	}
	return h.redrawHome(ctx, r, nil)
}

// redrawHome answers with the whole Home tab.
func (h *Handlers) redrawHome(ctx context.Context, r *request, notice *view.Notice) (reply, error) {
	m, err := h.home(ctx, r, notice)
	if err != nil {
		return reply{}, err
	}
	return reply{home: &m}, nil
}

// backToMenu leaves the menu alone in the Home tab.
func (h *Handlers) backToMenu(ctx context.Context, r *request, _ *slack.BlockAction) (reply, error) {
	return h.goTo(ctx, r, placeMenu)
}

// signOut turns somebody's Home tab into the sign-up screen after their account was erased. It is best effort: what they see when they
// open the tab again, and all that they may do, follows from the database.
func (h *Handlers) signOut(ctx context.Context, c store.Company, slackID string, notice *view.Notice) {
	// Nothing may name them until they act, so this does not look them up.
	r := &request{company: c, teamID: c.TeamID, enterpriseID: c.EnterpriseID, slackID: slackID, unasked: true, what: "sign out"}
	m, err := h.home(ctx, r, notice)
	if err == nil {
		err = h.publishHome(ctx, c, slackID, m)
	}
	if err != nil {
		h.log.LogAttrs(ctx, slog.LevelWarn, "home tab of a removed person not redrawn", slog.String("team", c.TeamID), slog.String("error", err.Error()))
	}
}
