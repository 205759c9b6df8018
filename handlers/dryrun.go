package handlers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"herald/handlers/view"
	"herald/nudge"
	"herald/store"
)

// nextMoment is when the next run is, by which a dry run judges.
func (h *Handlers) nextMoment(settings store.Reminders) (time.Time, error) {
	next, err := h.nextRuns(settings)
	if err != nil || len(next) == 0 {
		return h.now(), err
	}
	return next[0], nil
}

// dryRun counts whom the next run would remind, and whom not, and why. Counting a large company takes a while, so the modal comes first.
func (h *Handlers) dryRun(ctx context.Context, r *request, _ *slack.BlockAction) (reply, error) {
	policy, settings, err := h.policy(ctx, r.company.ID)
	if errors.Is(err, store.ErrNotFound) {
		return reply{}, errNoReminders
	}
	if err != nil {
		return reply{}, err
	}
	viewID, err := h.opened(ctx, r, view.DryRunCounting())
	if err != nil {
		return reply{}, err
	}
	at, err := h.nextMoment(settings)
	if err != nil {
		return reply{}, err
	}
	var tally nudge.Tally
	err = h.store.WalkCandidates(ctx, r.company.ID, "", func(c store.Candidate) error {
		tally.Add(policy.Judge(c.Nudged, at))
		return nil
	})
	if err != nil {
		return reply{}, fmt.Errorf("count whom to remind: %w", err)
	}
	err = h.updateModal(ctx, r, viewID, view.DryRun(&tally, at, settings.Paused))
	if slackError(err) == "not_found" { // they closed it
		return reply{}, nil
	}
	return reply{}, err
}

// errEnough ends a walk.
var errEnough = errors.New("that is enough")

// dryRunList is a number of the dry run: who these people are, with the reason for each. Nothing the button says is believed but where to
// go on.
func (h *Handlers) dryRunList(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	policy, settings, err := h.policy(ctx, r.company.ID)
	if errors.Is(err, store.ErrNotFound) {
		return reply{}, errNoReminders
	}
	if err != nil {
		return reply{}, err
	}
	at, err := h.nextMoment(settings)
	if err != nil {
		return reply{}, err
	}
	reason, afterID := view.ParseDryRunWho(pressed.Value)
	list := view.DryRunList{Reason: reason, Settings: settings, At: at}
	err = h.store.WalkCandidates(ctx, r.company.ID, afterID, func(c store.Candidate) error {
		v := policy.Judge(c.Nudged, at)
		if sends := v.Kind != nudge.Hold; sends && reason != "" || !sends && v.Reason != reason {
			return nil
		}
		if len(list.People) == view.DryRunShown {
			list.More = list.People[len(list.People)-1].Candidate.Person.ID
			return errEnough
		}
		list.People = append(list.People, view.Judged{Candidate: c, Verdict: v})
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return reply{}, fmt.Errorf("list whom to remind: %w", err)
	}
	if afterID != "" { // the next page takes the place of the one before
		return reply{}, h.updateModal(ctx, r, r.viewID, list.Modal())
	}
	return reply{}, h.open(ctx, r, list.Modal())
}

// why answers "/social why @ann".
func (h *Handlers) why(ctx context.Context, r *request) (reply, error) {
	ids, words := people(r.args)
	found, unknown, err := h.named(ctx, r.company, words)
	if err != nil {
		return reply{}, err
	}
	ids = append(ids, found...)
	if len(ids)+len(unknown) != 1 {
		return reply{}, &UserError{"Whom? Try `/social why @ann`."}
	}
	if len(unknown) > 0 {
		return reply{}, &UserError{view.NobodyCalled(unknown[0])}
	}
	policy, settings, err := h.policy(ctx, r.company.ID)
	if errors.Is(err, store.ErrNotFound) {
		return reply{}, errNoReminders
	}
	if err != nil {
		return reply{}, err
	}
	c, err := h.store.Candidate(ctx, r.company.ID, ids[0])
	if errors.Is(err, store.ErrNotFound) {
		departures, err := h.store.Departures(ctx, r.company.ID, ids)
		if err != nil {
			return reply{}, err
		}
		departure, gone := departures[ids[0]]
		return fresh(view.WhyUnknown(ids[0], departure, gone)), nil
	}
	if err != nil {
		return reply{}, err
	}
	at, err := h.nextMoment(settings)
	if err != nil {
		return reply{}, err
	}
	return fresh(view.Why(view.Judged{Candidate: c, Verdict: policy.Judge(c.Nudged, at)}, settings, at)), nil
}
