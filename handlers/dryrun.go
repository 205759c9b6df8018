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

// forecastPatience is how long the people of a very large company are counted.
const forecastPatience = time.Minute

// nextMoment is when the next run is, by which a dry run judges.
func (h *Handlers) nextMoment(ctx context.Context, companyID string, settings store.Reminders) (time.Time, error) {
	next, err := h.nextRuns(ctx, companyID, settings)
	if err != nil || len(next) == 0 {
		return h.now(), err
	}
	return next[0], nil
}

// forecast counts whom a run at the moment would remind, and whom not, and why. Slack is asked, as when reminders are sent, which of the first
// of those who would be reminded at once must not be disturbed. Its memory does not grow with the company, nor its time beyond a minute
// or so: then it counts no further, and says so.
func (h *Handlers) forecast(ctx context.Context, c store.Company, policy *nudge.Policy, at time.Time) (view.Forecast, error) {
	f := view.Forecast{At: at}
	counting, cancel := context.WithTimeout(ctx, forecastPatience)
	defer cancel()
	var first []store.Candidate
	err := h.store.WalkCandidates(counting, c.ID, "", func(c store.Candidate) error {
		v := policy.Judge(c.Nudged, at)
		if v.Kind == nudge.SendNow && len(first) < forecastCalls*quietAtOnce {
			first = append(first, c)
			return nil
		}
		if v.Kind == nudge.SendNow {
			f.Unasked++
		}
		f.Tally.Add(v)
		return nil
	})
	switch {
	case err != nil && ctx.Err() == nil && counting.Err() != nil:
		f.Unfinished = true
	case err != nil:
		return f, fmt.Errorf("count whom to remind: %w", err)
	}
	quiet := h.quietOf(ctx, c, slackIDs(first))
	for _, somebody := range first {
		times, asked := quiet[somebody.Person.SlackID]
		if !asked {
			f.Unasked++
		}
		somebody.Nudged.Away = append(somebody.Nudged.Away, times...)
		f.Tally.Add(policy.Judge(somebody.Nudged, at))
	}
	return f, nil
}

// quietInForecast is when those must not be disturbed about whom forecast asks.
func (h *Handlers) quietInForecast(ctx context.Context, c store.Company, policy *nudge.Policy, at time.Time) (map[string][]nudge.Absence, error) {
	var first []store.Candidate
	err := h.store.WalkCandidates(ctx, c.ID, "", func(c store.Candidate) error {
		if policy.Judge(c.Nudged, at).Kind == nudge.SendNow {
			first = append(first, c)
		}
		if len(first) == forecastCalls*quietAtOnce {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, fmt.Errorf("look who is next: %w", err)
	}
	return h.quietOf(ctx, c, slackIDs(first)), nil
}

func slackIDs(people []store.Candidate) []string {
	ids := make([]string, len(people))
	for i, c := range people {
		ids[i] = c.Person.SlackID
	}
	return ids
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
	at, err := h.nextMoment(ctx, r.company.ID, settings)
	if err != nil {
		return reply{}, err
	}
	f, err := h.forecast(ctx, r.company, policy, at)
	if err != nil {
		return reply{}, err
	}
	return reply{}, h.fillModal(ctx, r, viewID, view.DryRun(f, settings.Paused))
}

// fillModal is updateModal, unless they closed it.
func (h *Handlers) fillModal(ctx context.Context, r *request, viewID string, modal slack.ModalViewRequest) error {
	err := h.updateModal(ctx, r, viewID, modal)
	if slackError(err) == "not_found" {
		return nil
	}
	return err
}

// errEnough ends a walk.
var errEnough = errors.New("that is enough")

// dryRunList is a number of the dry run: who these people are, with the reason for each. Nothing the button says is believed but where to
// go on. To find them among many may take a while, too.
func (h *Handlers) dryRunList(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	policy, settings, err := h.policy(ctx, r.company.ID)
	if errors.Is(err, store.ErrNotFound) {
		return reply{}, errNoReminders
	}
	if err != nil {
		return reply{}, err
	}
	at, err := h.nextMoment(ctx, r.company.ID, settings)
	if err != nil {
		return reply{}, err
	}
	reason, afterID := view.ParseDryRunWho(pressed.Value)
	viewID := r.viewID // the next page takes the place of the one before
	if afterID == "" {
		if viewID, err = h.opened(ctx, r, view.DryRunCounting()); err != nil {
			return reply{}, err
		}
	}
	list := view.DryRunList{Reason: reason, Settings: settings, At: at}
	quiet := map[string][]nudge.Absence{}
	if reason == "" || reason == nudge.Away { // do-not-disturb makes these of those
		if quiet, err = h.quietInForecast(ctx, r.company, policy, at); err != nil {
			return reply{}, err
		}
	}
	err = h.store.WalkCandidates(ctx, r.company.ID, afterID, func(c store.Candidate) error {
		c.Nudged.Away = append(c.Nudged.Away, quiet[c.Person.SlackID]...)
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
	return reply{}, h.fillModal(ctx, r, viewID, list.Modal())
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
	at, err := h.nextMoment(ctx, r.company.ID, settings)
	if err != nil {
		return reply{}, err
	}
	if policy.Judge(c.Nudged, at).Kind == nudge.SendNow {
		c.Nudged.Away = append(c.Nudged.Away, h.quietOf(ctx, r.company, ids)[ids[0]]...)
	}
	var last *store.ReminderOutcome
	switch outcome, err := h.store.LastReminder(ctx, r.company.ID, c.Person.ID); {
	case err == nil:
		last = &outcome
	case !errors.Is(err, store.ErrNotFound):
		return reply{}, err
	}
	return fresh(view.Why(view.Judged{Candidate: c, Verdict: policy.Judge(c.Nudged, at)}, settings, at, last)), nil
}
