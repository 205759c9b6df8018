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

// placeLink marks the screen of /social link; others show User Management.
const placeLink = "link"

// link answers "/social link" with the company URL and what can be done with it.
func (h *Handlers) link(ctx context.Context, r *request) (reply, error) {
	sc, err := h.store.OpenScreen(ctx, store.Screen{
		CompanyID: r.company.ID, Viewer: r.slackID, Surface: store.OnMessage, ResponseURL: r.responseURL, Place: placeLink, Group: store.All, Page: 1,
	})
	if err != nil {
		return reply{}, fmt.Errorf("open a screen: %w", err)
	}
	return fresh(view.Link(r.company, h.companyURL(r.company), sc.ID, sc.Revision)), nil
}

// redrawScreen shows the screen that something was started from again, with what came of it: User Management, or the company URL.
// Without a screen, or with one that is too old, the person gets a direct message.
func (h *Handlers) redrawScreen(ctx context.Context, r *request, screenID string, notice view.Notice) (reply, error) {
	if screenID == "" || !r.admin() { // the screens are company admins' to see, whoever's they are
		return fresh(notice.Message()), nil
	}
	sc, err := h.store.Screen(ctx, r.company.ID, r.slackID, screenID)
	if errors.Is(err, store.ErrNotFound) {
		return fresh(notice.Message()), nil
	}
	if err != nil {
		return reply{}, fmt.Errorf("load a screen: %w", err)
	}
	if sc.Place != placeLink {
		return h.redrawMembers(ctx, r, screenID, &notice)
	}
	if r.responseURL != "" {
		sc.ResponseURL = r.responseURL
	}
	if sc, err = h.store.SaveScreen(ctx, sc); err != nil {
		return reply{}, fmt.Errorf("save a screen: %w", err)
	}
	m := view.Link(r.company, h.companyURL(r.company), sc.ID, sc.Revision)
	m.Notice = &notice
	if r.responseURL != "" {
		return reply{message: &m, replace: true}, nil
	}
	// A form has no response URL; that of the message it was opened from may be too old.
	if err := h.respond(ctx, sc.ResponseURL, m, true); err != nil {
		return fresh(notice.Message()), nil //nolint:nilerr // the direct message says it as well
	}
	return reply{}, nil
}

// screenOf is the screen that a control belongs to, "" if it names none. It is only a claim: the store checks whose it is.
func screenOf(pressed *slack.BlockAction) string {
	screenID, _, _, _, _ := view.ParseBlockID(pressed.BlockID)
	return screenID
}

// postURLForm opens the form that posts the company URL to a channel.
func (h *Handlers) postURLForm(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	screenID := screenOf(pressed)
	return reply{}, h.openOver(ctx, r, screenID, view.PostURL(r.company, h.companyURL(r.company), screenID))
}

// openOver opens a form over a screen. It remembers first where the screen is: the form has no response URL, and what comes of it is
// shown there.
func (h *Handlers) openOver(ctx context.Context, r *request, screenID string, form slack.ModalViewRequest) error {
	sc, err := h.store.Screen(ctx, r.company.ID, r.slackID, screenID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("load a screen: %w", err)
	}
	if err == nil && r.responseURL != "" {
		sc.ResponseURL = r.responseURL
		if _, err := h.store.SaveScreen(ctx, sc); err != nil {
			return fmt.Errorf("remember where a screen is: %w", err)
		}
	}
	return h.open(ctx, r, form)
}

// postURL posts the company URL to a channel once the form is closed: Slack may take longer than a form can wait.
func (h *Handlers) postURL(_ context.Context, r *request, form slack.View) (*slack.ViewSubmissionResponse, func(context.Context) (reply, error), error) {
	channel := input(form, view.BlockChannel).SelectedConversation
	words := input(form, view.BlockText).Value
	if channel == "" {
		return slack.NewErrorsViewSubmissionResponse(map[string]string{view.BlockChannel: "Choose a channel."}), nil, nil
	}
	return nil, func(ctx context.Context) (reply, error) {
		_, _, err := h.api(r.company).PostMessageContext(ctx, channel, view.URLPost(words, h.companyURL(r.company), r.slackID).Options()...)
		if code := slackError(err); code != "" {
			return h.redrawScreen(ctx, r, form.PrivateMetadata, view.URLNotPosted(channel, code))
		}
		if err != nil {
			return reply{}, fmt.Errorf("post the company URL: %w", clean(err))
		}
		if err := h.store.Record(ctx, r.company.ID, r.actor(), store.AuditURLPosted, 1); err != nil {
			h.log.LogAttrs(ctx, slog.LevelError, "record that the company URL was posted", slog.String("error", err.Error()))
		}
		return h.redrawScreen(ctx, r, form.PrivateMetadata, view.URLPosted(channel))
	}, nil
}

// input is what a form's block holds; the zero value if nothing.
func input(form slack.View, block string) slack.BlockAction {
	if form.State == nil {
		return slack.BlockAction{}
	}
	return form.State.Values[block][view.InputValue]
}

// urlMenu makes a new company URL; Slack asked whether that is meant.
func (h *Handlers) urlMenu(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	if pressed.SelectedOption.Value != view.OptionRotate {
		return reply{}, nil
	}
	company, err := h.store.RotateKey(ctx, r.company.ID, r.actor())
	if err != nil {
		return reply{}, fmt.Errorf("rotate the company key: %w", err)
	}
	r.company = company
	return h.redrawScreen(ctx, r, screenOf(pressed), view.URLRotated())
}
