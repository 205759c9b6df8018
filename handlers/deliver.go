package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/slack-go/slack"

	"herald/delivery"
	"herald/handlers/view"
	"herald/store"
)

// post sends a direct message.
func (h *Handlers) post(ctx context.Context, c store.Company, slackID string, m view.Message) (store.Card, error) {
	channel, ts, err := h.api(c).PostMessageContext(ctx, slackID, m.Options()...)
	return store.Card{SlackID: slackID, Channel: channel, TS: ts}, err
}

// whisper answers somebody in a direct message, because there is no other place to. It is out of turn, as they wait for it. Somebody who
// was removed keeps it: they asked after that.
func (h *Handlers) whisper(ctx context.Context, r *request, m view.Message) error {
	card, err := h.post(ctx, r.company, r.slackID, m)
	if err != nil {
		return clean(err)
	}
	if err := h.store.SaveMessage(ctx, r.company.ID, card); err != nil && !errors.Is(err, store.ErrRemoved) {
		h.unremembered(ctx, r.company, err)
	}
	return nil
}

// unremembered tells that a message, or a file, will outlive the account of whoever got it.
func (h *Handlers) unremembered(ctx context.Context, c store.Company, err error) {
	h.log.LogAttrs(ctx, slog.LevelWarn, "a message was sent and could not be remembered: a removal will not delete it",
		slog.String("team", c.TeamID), slog.String("error", err.Error()))
}

// redraw changes a message that deliver sent. A message that is gone is no error: whoever deleted it does not miss the change. A card
// without a message, which stands for one that Slack did not take, is left alone.
func (h *Handlers) redraw(ctx context.Context, c store.Company, card store.Card, m view.Message) error {
	if card.TS == "" {
		return nil
	}
	if err := h.pacer.WaitToCall(ctx, c.ID, delivery.Changing, delivery.Prompt); err != nil {
		return fmt.Errorf("wait for a turn to change a message: %w", err)
	}
	_, _, _, err := h.api(c).UpdateMessageContext(ctx, card.Channel, card.TS, m.Options()...)
	if err != nil && !delivery.Transient(err) {
		h.log.LogAttrs(ctx, slog.LevelInfo, "a message could not be changed", slog.String("error", slackError(err)))
		return nil
	}
	if err != nil {
		h.slowDown(ctx, c, delivery.Changing, err)
		return fmt.Errorf("change a message: %w", clean(err))
	}
	return nil
}

// slowDown keeps the company's other calls of the kind from being refused, too.
func (h *Handlers) slowDown(ctx context.Context, c store.Company, call delivery.Call, err error) {
	limited, ok := errors.AsType[*slack.RateLimitedError](err)
	if !ok {
		return
	}
	if err := h.pacer.Hold(ctx, c.ID, call, limited.RetryAfter); err != nil { // others will be refused, and wait then
		h.log.LogAttrs(ctx, slog.LevelWarn, "let others know that Slack wants to hear nothing", slog.String("error", err.Error()))
	}
}

// sendCards sends a message to each of the Slack users that has not got it yet, and remembers where it is. It returns how many have it;
// people whom Slack does not let through, or of whom nobody can find out, are left out, which the audit log says, and only a passing
// trouble is an error. The message is drawn for each, since things change while it is being sent; store.ErrNotFound ends it.
func (h *Handlers) sendCards(ctx context.Context, c store.Company, job store.Job, to []string, draw func() (view.Message, error)) (int, error) {
	sent, err := h.store.Cards(ctx, c.ID, job.Kind, job.Ref)
	if err != nil {
		return 0, fmt.Errorf("look for cards sent before: %w", err)
	}
	asked := make(map[string]bool, len(sent))
	reached := 0
	for _, card := range sent {
		asked[card.SlackID] = true
		if card.TS != "" {
			reached++
		}
	}
	for _, slackID := range to {
		if asked[slackID] {
			continue
		}
		asked[slackID] = true
		card, err := h.deliver(ctx, c, job, slackID, delivery.Prompt, draw)
		if err != nil && !delivery.Transient(err) {
			h.log.LogAttrs(ctx, slog.LevelWarn, "slack did not accept a message", slog.String("kind", string(job.Kind)), slog.String("job", job.ID), slog.String("error", slackError(err)))
			if err := h.refuseCard(ctx, job, slackID); err != nil {
				return reached, err
			}
			continue
		}
		if err != nil {
			return reached, err
		}
		if err := h.store.SaveCard(ctx, c.ID, job.Kind, job.Ref, card); err != nil {
			return reached, fmt.Errorf("remember a card: %w", err)
		}
		reached++
	}
	return reached, nil
}

// refuseCard remembers, and records, that Slack lets nobody write to a person.
func (h *Handlers) refuseCard(ctx context.Context, job store.Job, slackID string) error {
	uncertain, err := h.mayHaveArrived(ctx, job, slackID)
	if err != nil {
		return err
	}
	if err := h.store.RefuseCard(ctx, job, slackID, uncertain); err != nil {
		return fmt.Errorf("remember that a card was refused: %w", err)
	}
	return nil
}

// blankCards takes the words and the buttons off all cards of a thing that is gone with an account, and forgets them.
func (h *Handlers) blankCards(ctx context.Context, job store.Job) error {
	company, err := h.store.Company(ctx, job.CompanyID)
	if err != nil {
		return fmt.Errorf("load the company: %w", err)
	}
	signupOver := view.SignupDecided("", store.Signup{}, "", time.Time{})
	for _, gone := range []struct {
		kind store.JobKind
		card view.Message
	}{
		{store.JobCaseCard, view.CaseVanished()},
		{store.JobApprovalCard, signupOver},
		{store.JobConfirmDM, signupOver},
	} {
		if err := h.closeCards(ctx, company, gone.kind, job.Ref, gone.card); err != nil {
			return err
		}
	}
	return nil
}

// closeCards changes the cards that were sent for a thing that is over, and forgets each of them then. One that is saved meanwhile stays
// for whoever sent it to close.
func (h *Handlers) closeCards(ctx context.Context, c store.Company, kind store.JobKind, ref string, m view.Message) error {
	cards, err := h.store.Cards(ctx, c.ID, kind, ref)
	if err != nil {
		return fmt.Errorf("look for cards: %w", err)
	}
	for _, card := range cards {
		if err := h.redraw(ctx, c, card, m); err != nil {
			return err
		}
		if err := h.store.DropCard(ctx, c.ID, kind, ref, card); err != nil {
			return fmt.Errorf("forget a card: %w", err)
		}
	}
	return nil
}
