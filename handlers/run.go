package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/slack-go/slack"

	"herald/delivery"
	"herald/handlers/view"
	"herald/store"
)

const (
	// runPause is between two looks at a run, and so between two changes of its message: Slack takes some 50 a minute
	// (https://docs.slack.dev/reference/methods/chat.update).
	runPause = 3 * time.Second
	// runPauseMost is between two looks while nobody's time has come: what becomes of those who wait otherwise is shown so late.
	runPauseMost = time.Hour
	// leastUnderWay is how many people of a run are invited before anybody of them was written to, at the least.
	leastUnderWay = 10
	// groupsPatience is how long a form waits for the user groups: it must open within three seconds of the click.
	groupsPatience = time.Second
	// membersAtOnce is a page of conversations.members (https://docs.slack.dev/reference/methods/conversations.members).
	membersAtOnce = 1000
	// ackSettles is how long Slack gets to draw what a form was acknowledged with: a change that overtakes it would be lost.
	ackSettles = 500 * time.Millisecond
	// planTries is after how many failures the count is given up: somebody looks at the form, for some ten seconds then.
	planTries = 4
)

// many is whom the form for inviting means beside single people. All of it is only a claim of the client.
type many struct {
	channelID string
	groupID   string
	everyone  bool
}

func audienceOf(form slack.View) many {
	return many{
		channelID: input(form, view.BlockMembersOf).SelectedConversation, groupID: input(form, view.BlockGroup).SelectedOption.Value,
		everyone: len(input(form, view.BlockEveryone).SelectedOptions) > 0,
	}
}

// chosen tells whether it is more than single people.
func (m many) chosen() bool { return m.channelID != "" || m.groupID != "" || m.everyone }

// userGroups are the workspace's user groups to choose from; none if Slack does not tell in time.
func (h *Handlers) userGroups(ctx context.Context, r *request) []view.UserGroup {
	ctx, cancel := context.WithTimeout(ctx, groupsPatience)
	defer cancel()
	list, err := h.api(r.company).GetUserGroupsContext(ctx)
	if err != nil {
		h.log.LogAttrs(ctx, slog.LevelWarn, "list the user groups", slog.String("team", r.teamID), slog.String("error", clean(err).Error()))
		return nil
	}
	groups := make([]view.UserGroup, len(list))
	for i, g := range list {
		groups[i] = view.UserGroup{ID: g.ID, Handle: g.Handle, Name: g.Name}
	}
	return groups
}

// orderPlan promises to count who is meant, which may take Slack a while; the form says so meanwhile.
func (h *Handlers) orderPlan(ctx context.Context, r *request, viewID string, m many, order store.Order) (*slack.ViewSubmissionResponse, func(context.Context) (reply, error), error) {
	if order.As != store.Employee && order.As != store.Recruiter {
		return nil, nil, &UserError{view.CannotInviteAs}
	}
	order.ViewID, order.ChannelID, order.GroupID, order.Everyone = viewID, m.channelID, m.groupID, m.everyone
	if _, err := h.store.PlaceOrder(ctx, r.company.ID, r.actor(), store.JobPlanRun, order); err != nil {
		return nil, nil, fmt.Errorf("promise to count: %w", err)
	}
	counting := view.RunCounting()
	return slack.NewUpdateViewSubmissionResponse(&counting), nil, nil
}

// planRun asks Slack who is meant, and then, in the form that waits for it, whether so many are meant.
func (h *Handlers) planRun(ctx context.Context, job store.Job) error {
	r, order, err := h.ordered(ctx, job)
	if err != nil {
		return err
	}
	settled := time.NewTimer(ackSettles) // the acknowledgement followed the order at once
	defer settled.Stop()
	modal, err := h.plannedRun(ctx, r, order)
	_, wrong := errors.AsType[*UserError](err)
	switch {
	case wrong, errors.Is(err, store.ErrForbidden):
		modal = view.SentenceModal(h.explain(ctx, r, err))
	case err != nil:
		return err
	}
	select {
	case <-settled.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := h.updateModal(ctx, r, order.ViewID, modal); err != nil && slackError(err) != "not_found" { // they closed it
		return err
	}
	if err := h.store.DropOrder(ctx, r.company.ID, order.ID); err != nil {
		return fmt.Errorf("forget the order: %w", err)
	}
	return nil
}

// plannedRun is the question whether so many people are meant.
func (h *Handlers) plannedRun(ctx context.Context, r *request, order store.Order) (slack.ModalViewRequest, error) {
	running, err := h.store.RunningRun(ctx, r.company.ID)
	if err == nil {
		return view.RunUnderWay(running), nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return slack.ModalViewRequest{}, fmt.Errorf("look for a run: %w", err)
	}
	ids := order.SlackIDs
	if order.ChannelID != "" {
		in, err := h.channelMembers(ctx, r, order.ChannelID)
		if err != nil {
			return slack.ModalViewRequest{}, err
		}
		ids = append(ids, in...)
	}
	if order.GroupID != "" {
		in, err := h.groupMembers(ctx, r, order.GroupID)
		if err != nil {
			return slack.ModalViewRequest{}, err
		}
		ids = append(ids, in...)
	}
	plan, err := h.store.ProposeRun(ctx, r.company.ID, r.actor(), store.Audience{SlackIDs: ids, Everyone: order.Everyone}, order.As)
	if errors.Is(err, store.ErrTooMany) {
		return slack.ModalViewRequest{}, tooManyAtOnce()
	}
	if err != nil {
		return slack.ModalViewRequest{}, fmt.Errorf("propose a run: %w", err)
	}
	return view.RunConfirm(plan), nil
}

func tooManyAtOnce() error {
	return &UserError{fmt.Sprintf("That is more than %d people. Please invite fewer at a time.", store.RunLimit)}
}

// channelMembers lists the Slack users in a channel. A UserError if Herald does not see it.
func (h *Handlers) channelMembers(ctx context.Context, r *request, channelID string) ([]string, error) {
	var all []string
	for cursor := ""; ; {
		page, next, err := h.api(r.company).GetUsersInConversationContext(ctx, &slack.GetUsersInConversationParameters{
			ChannelID: channelID, Cursor: cursor, Limit: membersAtOnce,
		})
		if code := slackError(err); code == "channel_not_found" || code == "not_in_channel" || code == "fetch_members_failed" {
			return nil, &UserError{"Herald does not see that channel. Type `/invite @Herald` there, then try again."}
		}
		if err != nil {
			return nil, fmt.Errorf("list the members of a channel: %w", clean(err))
		}
		all = append(all, page...)
		if cursor = next; cursor == "" {
			return all, nil
		}
		if len(all) > store.RunLimit*2 { // most of them may be left out, but there is an end
			return nil, tooManyAtOnce()
		}
	}
}

// groupMembers lists the Slack users of a user group.
func (h *Handlers) groupMembers(ctx context.Context, r *request, groupID string) ([]string, error) {
	members, err := h.api(r.company).GetUserGroupMembersContext(ctx, groupID)
	if slackError(err) == "no_such_subteam" {
		return nil, &UserError{"That user group is not there any more. Choose another one."}
	}
	if err != nil {
		return nil, fmt.Errorf("list the members of a user group: %w", clean(err))
	}
	return members, nil
}

// confirmRun starts what was counted.
func (h *Handlers) confirmRun(ctx context.Context, r *request, form slack.View) (*slack.ViewSubmissionResponse, func(context.Context) (reply, error), error) {
	err := h.store.ConfirmRun(ctx, r.company.ID, r.actor(), form.PrivateMetadata)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, &UserError{view.RunGone}
	}
	if errors.Is(err, store.ErrExists) {
		running, err := h.store.RunningRun(ctx, r.company.ID)
		if err != nil {
			return nil, nil, fmt.Errorf("look for a run: %w", err)
		}
		modal := view.RunUnderWay(running)
		return slack.NewUpdateViewSubmissionResponse(&modal), nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("start a run: %w", err)
	}
	return nil, nil, nil // its message follows
}

// stopRun is the Stop button, in the run's message or where a second run was refused.
func (h *Handlers) stopRun(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	run, err := h.store.StopRun(ctx, r.company.ID, r.actor(), pressed.Value)
	if err != nil {
		return reply{}, fmt.Errorf("stop a run: %w", err)
	}
	// Its next look would show it some seconds later.
	if err := h.showRun(ctx, r.company, run); err != nil {
		h.log.LogAttrs(ctx, slog.LevelWarn, "show that a run was stopped", slog.String("error", err.Error()))
	}
	if r.modal {
		return reply{}, h.updateModal(ctx, r, r.viewID, view.RunStopped())
	}
	return reply{}, nil
}

// advanceRun invites the next people of a run, shows its starter how far it is, and comes back until it ended.
func (h *Handlers) advanceRun(ctx context.Context, job store.Job) error {
	company, err := h.store.Company(ctx, job.CompanyID)
	if err != nil {
		return fmt.Errorf("load the company: %w", err)
	}
	cards, err := h.store.Cards(ctx, company.ID, store.JobRun, job.Ref)
	if err != nil {
		return fmt.Errorf("look for a run's message: %w", err)
	}
	if len(cards) == 0 {
		if err := h.announceRun(ctx, company, job); err != nil {
			return err
		}
	}
	run, err := h.store.AdvanceRun(ctx, company.ID, job.Ref, h.underWay())
	if err != nil {
		return fmt.Errorf("advance a run: %w", err)
	}
	if run.Status == store.RunRunning && len(cards) > 0 {
		err = h.showRun(ctx, company, run)
	}
	if err != nil {
		return err
	}
	if run.Status != store.RunRunning {
		return h.closeCards(ctx, company, store.JobRun, run.ID, view.Run(run))
	}
	wait := runPause
	if len(cards) > 0 && run.Settled+run.Waiting == run.Total {
		wait = min(max(run.Next.Sub(h.now()), runPause), runPauseMost)
	}
	return &delivery.LaterError{Wait: wait}
}

// announceRun sends a run's message, before anybody is invited.
func (h *Handlers) announceRun(ctx context.Context, c store.Company, job store.Job) error {
	run, err := h.store.AdvanceRun(ctx, c.ID, job.Ref, 0)
	if err != nil {
		return fmt.Errorf("look at a run: %w", err)
	}
	if run.StartedBy == "" {
		return nil
	}
	_, err = h.sendCards(ctx, c, job, []string{run.StartedBy}, func() (view.Message, error) { return view.Run(run), nil })
	return err
}

// underWay is how many people of a run may be invited and not written to yet: as many as get their message until the look after next.
func (h *Handlers) underWay() int {
	return max(leastUnderWay, int(math.Ceil(2*runPause.Seconds()*h.pacer.PerSecond())))
}

// showRun changes a run's message.
func (h *Handlers) showRun(ctx context.Context, c store.Company, run store.Run) error {
	cards, err := h.store.Cards(ctx, c.ID, store.JobRun, run.ID)
	if err != nil {
		return fmt.Errorf("look for a run's message: %w", err)
	}
	for _, card := range cards {
		if err := h.redraw(ctx, c, card, view.Run(run)); err != nil {
			return err
		}
	}
	return nil
}
