package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"herald/delivery"
	"herald/handlers/view"
	"herald/nudge"
	"herald/store"
)

const (
	// planningPatience is how long one job plans a run before it lets others have their turn.
	planningPatience = time.Minute
	// feedPause is between two looks at a run that sends, feedPauseMost where nobody's moment comes for a while.
	feedPause     = 3 * time.Second
	feedPauseMost = time.Minute
	// snoozeDays is for how long “Remind me in a week” puts reminders off.
	snoozeDays = 7
)

// StartReminders starts the runs that are due, and lets company admins be told of those that are next. The clock calls it several times a
// minute, in every process.
func (h *Handlers) StartReminders(ctx context.Context) error {
	return errors.Join(h.store.StartReminders(ctx), h.store.LeavePreviews(ctx))
}

// policy is how a company's reminders are judged, and their settings.
func (h *Handlers) policy(ctx context.Context, companyID string) (*nudge.Policy, store.Reminders, error) {
	settings, err := h.store.Reminders(ctx, companyID)
	if err != nil {
		return nil, settings, err
	}
	policy, err := settings.Policy()
	if err != nil {
		return nil, settings, fmt.Errorf("read the settings of reminders: %w", err)
	}
	return policy, settings, nil
}

// advanceReminders judges everybody for a run, hands on those whose moment has come, and comes back until the run is over.
func (h *Handlers) advanceReminders(ctx context.Context, job store.Job) error {
	policy, _, err := h.policy(ctx, job.CompanyID)
	if err != nil {
		return err
	}
	began := h.now()
	for {
		run, err := h.store.PlanReminders(ctx, job.CompanyID, job.Ref, policy.Judge)
		if err != nil {
			return err
		}
		if run.Status != store.RemindersPlanning {
			break
		}
		if h.now().Sub(began) > planningPatience {
			return &delivery.LaterError{}
		}
	}
	run, next, err := h.store.FeedReminders(ctx, job.CompanyID, job.Ref)
	if err != nil || !run.Busy() {
		return err
	}
	wait := feedPause
	if !next.IsZero() {
		wait = min(max(next.Sub(h.now()), feedPause), feedPauseMost)
	}
	return &delivery.LaterError{Wait: wait}
}

// A heldError says that a reminder must not be sent now.
type heldError struct{ verdict nudge.Verdict }

func (e *heldError) Error() string { return "not now: " + string(e.verdict.Reason) }

// sendNudge sends a reminder, if it is still right when its turn has come: people snooze, sign up and go on holiday in the meantime.
func (h *Handlers) sendNudge(ctx context.Context, job store.Job) error {
	company, err := h.store.Company(ctx, job.CompanyID)
	if err != nil {
		return fmt.Errorf("load the company: %w", err)
	}
	n, err := h.store.Nudge(ctx, company.ID, job.Ref)
	if err != nil {
		return err
	}
	_, err = h.deliverWhen(ctx, company, job, n.Person.SlackID, delivery.Bulk,
		func() error { return h.nudgeReady(ctx, company, job.Ref) },
		func() (view.Message, error) { return h.drawNudge(ctx, company, job.Ref) })
	if held, ok := errors.AsType[*heldError](err); ok {
		v := held.verdict
		if v.Kind == nudge.SendLater && !v.At.After(n.EndsAt) {
			return h.store.PutNudgeOff(ctx, company.ID, n.ID, v.At)
		}
		return h.store.HoldNudge(ctx, company.ID, n.ID, v.Reason)
	}
	return err
}

// nudgeReady asks Slack who must not be disturbed, once the message could go: what Slack says is good for a minute. A *heldError says that it
// is not their time. Then the message needs no place in the line. The reminder is loaded here and not before: until an earlier attempt of it is
// known to have failed, it counts as one that they have got.
func (h *Handlers) nudgeReady(ctx context.Context, company store.Company, nudgeID string) error {
	n, err := h.store.Nudge(ctx, company.ID, nudgeID)
	if err != nil {
		return err
	}
	policy, _, err := h.policy(ctx, company.ID)
	if err != nil {
		return err
	}
	if err := h.judgeNudge(policy, n); err != nil {
		return err
	}
	if err := h.pacer.Soon(ctx, company.ID, delivery.Posting, delivery.Bulk); err != nil {
		return fmt.Errorf("wait for a turn to send: %w", err)
	}
	if err := h.findQuiet(ctx, company, n); err != nil {
		return err
	}
	return h.judgeNudge(policy, n)
}

// judgeNudge judges once more, with what is known of do-not-disturb. A *heldError says that it is not their time.
func (h *Handlers) judgeNudge(policy *nudge.Policy, n store.Nudge) error {
	now := h.now()
	switch {
	case !n.Due: // reminders were paused
		return &heldError{nudge.Verdict{Kind: nudge.Hold, Reason: store.HeldPaused}}
	case now.After(n.EndsAt):
		return &heldError{nudge.Verdict{Kind: nudge.Hold, Reason: store.HeldTooLate}}
	}
	quiet, _ := h.quiet.times(quietKey{n.CompanyID, n.Person.SlackID}, now)
	n.Nudged.Away = slices.Concat(n.Nudged.Away, quiet)
	if verdict := policy.Judge(n.Nudged, now); verdict.Kind != nudge.SendNow {
		return &heldError{verdict}
	}
	return nil
}

// drawNudge judges once more, because things change, and draws the reminder. A *heldError says that it is not their time.
func (h *Handlers) drawNudge(ctx context.Context, company store.Company, nudgeID string) (view.Message, error) {
	n, err := h.store.Nudge(ctx, company.ID, nudgeID)
	if err != nil {
		return view.Message{}, err
	}
	policy, settings, err := h.policy(ctx, company.ID)
	if err == nil {
		err = h.judgeNudge(policy, n)
	}
	if err != nil {
		return view.Message{}, err
	}
	token, err := h.store.SignupToken(ctx, company.ID, n.Person.SlackID)
	if err != nil {
		return view.Message{}, fmt.Errorf("make a registration link: %w", err)
	}
	inviter, err := h.inviterName(ctx, company, n.InvitedBy)
	if err != nil {
		return view.Message{}, err
	}
	return view.Nudge(view.Reminder{
		Company: company, InvitedBy: inviter, N: n.Nudged.Reminders + 1, Most: settings.Cap, URL: h.personalURL(company, token), Words: settings.Message,
	}), nil
}

// inviterName is how a reminder names who invited: by name, since it mentions nobody. "" if nobody did, or they are gone.
func (h *Handlers) inviterName(ctx context.Context, company store.Company, slackID string) (string, error) {
	if slackID == "" {
		return "", nil
	}
	p, err := h.store.PersonBySlackID(ctx, company.ID, slackID)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return p.Name, err
}

// nudgeFailed records why a reminder could not be delivered, or that nobody knows whether it was.
func (h *Handlers) nudgeFailed(ctx context.Context, job store.Job, cause error) error {
	n, err := h.store.Nudge(ctx, job.CompanyID, job.Ref)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	uncertain, err := h.mayHaveArrived(ctx, job, n.Person.SlackID)
	if err != nil {
		return err
	}
	code := cmp.Or(slackError(cause), "unreachable")
	if uncertain {
		code = store.FailureUnverified
	}
	return h.store.NudgeFailed(ctx, job.CompanyID, job.Ref, code, slackError(cause) != "" && !uncertain && !delivery.Transient(cause))
}

// snoozeReminders is Remind me in a week on a reminder.
func (h *Handlers) snoozeReminders(ctx context.Context, r *request, _ *slack.BlockAction) (reply, error) {
	until := h.now().AddDate(0, 0, snoozeDays)
	err := h.store.Snooze(ctx, r.company.ID, r.slackID, until)
	if errors.Is(err, store.ErrNotFound) { // who was removed is not reminded anyway
		return h.answerNudge(ctx, r, view.NudgeStopped())
	}
	if err != nil {
		return reply{}, err
	}
	return h.answerNudge(ctx, r, view.NudgeSnoozed(until))
}

// stopReminders is Don't remind me. Whoever presses it means themselves, whatever became of the message.
func (h *Handlers) stopReminders(ctx context.Context, r *request, _ *slack.BlockAction) (reply, error) {
	if err := h.store.OptOut(ctx, r.company.ID, r.slackID); err != nil {
		return reply{}, err
	}
	return h.answerNudge(ctx, r, view.NudgeStopped())
}

// answerNudge turns the reminder into what was chosen. The response URL is the quickest way; it works for half an hour.
func (h *Handlers) answerNudge(ctx context.Context, r *request, m view.Message) (reply, error) {
	if r.messageTS == "" || r.responseURL != "" {
		return reply{message: &m, replace: true}, nil
	}
	return reply{}, h.redraw(ctx, r.company, store.Card{SlackID: r.slackID, Channel: r.channelID, TS: r.messageTS}, m)
}

// whyMe tells somebody why they get reminders, and what they can do about it.
func (h *Handlers) whyMe(ctx context.Context, r *request, _ *slack.BlockAction) (reply, error) {
	settings, err := h.store.Reminders(ctx, r.company.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return reply{}, err
	}
	c, err := h.store.Candidate(ctx, r.company.ID, r.slackID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return reply{}, err
	}
	inviter := ""
	if !c.Nudged.Invited.IsZero() {
		by, err := h.store.LastInviter(ctx, r.company.ID, c.Person.ID)
		if err != nil {
			return reply{}, err
		}
		if inviter, err = h.inviterName(ctx, r.company, by); err != nil {
			return reply{}, err
		}
	}
	return reply{}, h.open(ctx, r, view.WhyMe(r.company, settings, c.Nudged, inviter))
}
