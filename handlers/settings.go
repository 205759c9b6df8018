package handlers

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"

	"github.com/slack-go/slack"

	"herald/handlers/view"
	"herald/store"
)

// settingsForm is the Settings button of the menu.
func (h *Handlers) settingsForm(ctx context.Context, r *request, _ *slack.BlockAction) (reply, error) {
	now, err := h.store.Settings(ctx, r.company.ID)
	if err != nil {
		return reply{}, err
	}
	return reply{}, h.open(ctx, r, view.Settings(now))
}

// saveSettings changes what the form says, and shows how things are now.
func (h *Handlers) saveSettings(ctx context.Context, r *request, form slack.View) (*slack.ViewSubmissionResponse, func(context.Context) (reply, error), error) {
	to := store.Settings{Inviters: store.InviterPolicy(input(form, view.BlockInviters).SelectedOption.Value)}
	missing := map[string]string{}
	for _, days := range []struct {
		block   string
		choices []int
		to      *int
	}{
		{view.BlockLinkDays, store.LinkDays(), &to.LinkDays},
		{view.BlockJoinerDays, store.JoinerDays(), &to.JoinerDays},
		{view.BlockRemovalDays, store.RemovalDays(), &to.RemovalDays},
	} {
		n, err := strconv.Atoi(input(form, days.block).SelectedOption.Value)
		if err != nil || !slices.Contains(days.choices, n) {
			missing[days.block] = "Choose how long."
		}
		*days.to = n
	}
	if !slices.Contains(store.InviterPolicies(), to.Inviters) {
		missing[view.BlockInviters] = "Choose who."
	}
	if len(missing) > 0 {
		return slack.NewErrorsViewSubmissionResponse(missing), nil, nil
	}
	if err := h.store.SaveSettings(ctx, r.company.ID, r.actor(), to); err != nil {
		return nil, nil, fmt.Errorf("save the settings: %w", err)
	}
	saved := view.SettingsSaved(to)
	return slack.NewUpdateViewSubmissionResponse(&saved), nil, nil
}

// askAnInviter is what somebody reads who tried to invite and may not.
func (h *Handlers) askAnInviter(ctx context.Context, r *request) string {
	now, err := h.store.Settings(ctx, r.company.ID)
	if err != nil {
		h.log.LogAttrs(ctx, slog.LevelWarn, "load the settings", slog.String("error", err.Error()))
		return h.askAnAdmin(ctx, r)
	}
	admins, err := h.store.Admins(ctx, r.company.ID, view.AdminsShown)
	if err != nil {
		h.log.LogAttrs(ctx, slog.LevelWarn, "list the admins", slog.String("error", err.Error()))
	}
	return view.AskAnInviter(now.Inviters, admins)
}
