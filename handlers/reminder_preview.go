package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/slack-go/slack"

	"herald/delivery"
	"herald/handlers/view"
	"herald/store"
)

// previewReminders tells the company admins who want to know of a run before it begins, if it is still ahead and would remind anybody.
func (h *Handlers) previewReminders(ctx context.Context, job store.Job) error {
	company, err := h.store.Company(ctx, job.CompanyID)
	if err != nil {
		return fmt.Errorf("load the company: %w", err)
	}
	p, err := h.store.ReminderPreview(ctx, company.ID, job.Ref)
	if err != nil {
		return err
	}
	policy, _, err := h.policy(ctx, company.ID)
	if err != nil {
		return err
	}
	now := h.now()
	at, inTime := policy.PreviewAt(p.DueAt, now)
	if p.State != store.PreviewAhead || !inTime {
		return h.closePreview(ctx, job) // of whom an earlier try told
	}
	if at.After(now) { // Herald was down, and nobody is written to in the night
		return &delivery.LaterError{Wait: at.Sub(now)}
	}
	to, err := h.previewed(ctx, company.ID)
	if err != nil || len(to) == 0 {
		return err
	}
	f, err := h.forecast(ctx, company, policy, p.DueAt)
	if err != nil || f.Tally.Sending() == 0 {
		return err
	}
	for _, slackID := range to {
		_, err := h.sendCards(ctx, company, job, []string{slackID}, func() (view.Message, error) {
			return h.drawPreview(ctx, company, job.Ref, slackID, f)
		})
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return h.closePreview(ctx, job) // if its run was skipped meanwhile, say
}

// drawPreview draws it for a company admin. store.ErrNotFound says that there is nothing to tell them any more.
func (h *Handlers) drawPreview(ctx context.Context, c store.Company, previewID, slackID string, f view.Forecast) (view.Message, error) {
	p, err := h.store.ReminderPreview(ctx, c.ID, previewID)
	if err != nil {
		return view.Message{}, err
	}
	to, err := h.previewed(ctx, c.ID)
	if err != nil {
		return view.Message{}, err
	}
	settings, err := h.store.Reminders(ctx, c.ID)
	if err != nil {
		return view.Message{}, err
	}
	if p.State != store.PreviewAhead || !p.DueAt.After(h.now()) || !slices.Contains(to, slackID) {
		return view.Message{}, store.ErrNotFound
	}
	return view.ReminderPreview(p, f, settings, h.now()), nil
}

// previewed are the company admins who want to be told before each run.
func (h *Handlers) previewed(ctx context.Context, companyID string) ([]string, error) {
	list, err := h.store.Admins(ctx, companyID, adminsAsked)
	if err != nil {
		return nil, fmt.Errorf("list the admins: %w", err)
	}
	var ids []string
	for _, a := range list {
		if !a.Unpreviewed {
			ids = append(ids, a.SlackID)
		}
	}
	return ids, nil
}

// closePreview takes the buttons off a preview's messages, and says why, unless its run is ahead.
func (h *Handlers) closePreview(ctx context.Context, job store.Job) error {
	company, err := h.store.Company(ctx, job.CompanyID)
	if err != nil {
		return fmt.Errorf("load the company: %w", err)
	}
	p, err := h.store.ReminderPreview(ctx, company.ID, job.Ref)
	if err != nil || p.State == store.PreviewAhead {
		return err
	}
	settings, err := h.store.Reminders(ctx, company.ID)
	if err != nil {
		return fmt.Errorf("load when reminders run: %w", err)
	}
	return h.closeCards(ctx, company, store.JobPreview, job.Ref, view.ReminderPreviewClosed(p, settings.Zone))
}

// skipReminders is Skip this run on a preview.
func (h *Handlers) skipReminders(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	p, err := h.store.SkipReminders(ctx, r.company.ID, r.actor(), pressed.Value)
	if err != nil {
		return previewGone(err)
	}
	return h.answerPreview(ctx, r, p)
}

// pausePreviewed is Pause on a preview.
func (h *Handlers) pausePreviewed(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	if _, err := h.store.ReminderPreview(ctx, r.company.ID, pressed.Value); err != nil {
		return previewGone(err)
	}
	if err := h.store.PauseReminders(ctx, r.company.ID, r.actor(), true); err != nil {
		return reply{}, err
	}
	p, err := h.store.ReminderPreview(ctx, r.company.ID, pressed.Value)
	if err != nil {
		return reply{}, err
	}
	p.State = store.PreviewPaused // whatever else became of that run: this is what they did
	return h.answerPreview(ctx, r, p)
}

// answerPreview turns the preview into what became of it.
func (h *Handlers) answerPreview(ctx context.Context, r *request, p store.ReminderPreview) (reply, error) {
	settings, err := h.store.Reminders(ctx, r.company.ID)
	if err != nil {
		return reply{}, err
	}
	m := view.ReminderPreviewClosed(p, settings.Zone)
	return reply{message: &m, replace: true}, nil
}

// previewGone says that a button is older than what Herald remembers.
func previewGone(err error) (reply, error) {
	if errors.Is(err, store.ErrNotFound) {
		return reply{}, &UserError{view.PreviewGone}
	}
	return reply{}, err
}

// stopPreviews is Don't send me this on a preview. Its message stays as it becomes then.
func (h *Handlers) stopPreviews(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	if err := h.store.TellPreviews(ctx, r.company.ID, r.access.Member.ID, false); err != nil {
		return reply{}, err
	}
	card := store.Card{SlackID: r.slackID, Channel: r.channelID, TS: r.messageTS}
	if err := h.store.DropCard(ctx, r.company.ID, store.JobPreview, pressed.Value, card); err != nil {
		return reply{}, err
	}
	m := view.PreviewsStopped()
	return reply{message: &m, replace: true}, nil
}

// tellPreviews turns such messages on or off for whoever presses it on the Reminders screen.
func (h *Handlers) tellPreviews(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	wanted := pressed.Value == view.TellOn
	if err := h.store.TellPreviews(ctx, r.company.ID, r.access.Member.ID, wanted); err != nil {
		return reply{}, err
	}
	r.access.Member.Unpreviewed = !wanted
	return h.redrawReminders(ctx, r, view.PreviewsTold(wanted))
}
