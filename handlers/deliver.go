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

// deliver sends a direct message that somebody waits for, and returns where it is.
func (h *Handlers) deliver(ctx context.Context, c store.Company, slackID string, m view.Message) (store.Card, error) {
	return h.deliverInTurn(ctx, c, slackID, m, delivery.Prompt)
}

// deliverInTurn sends a direct message when it is its turn, and returns where it is.
func (h *Handlers) deliverInTurn(ctx context.Context, c store.Company, slackID string, m view.Message, u delivery.Urgency) (store.Card, error) {
	return h.deliverDrawn(ctx, c, slackID, u, func() (view.Message, error) { return m, nil })
}

// deliverDrawn is deliverInTurn for a message that depends on what happens while it waits: it is drawn when its turn has come, and not
// sent if that fails.
func (h *Handlers) deliverDrawn(ctx context.Context, c store.Company, slackID string, u delivery.Urgency, draw func() (view.Message, error)) (store.Card, error) {
	if err := h.pacer.Wait(ctx, c.ID, slackID, u); err != nil {
		return store.Card{}, fmt.Errorf("wait for a turn to send: %w", err)
	}
	m, err := draw()
	if err != nil {
		return store.Card{}, err
	}
	before, err := h.store.Access(ctx, c.ID, slackID)
	if err != nil {
		return store.Card{}, fmt.Errorf("look up whom a message is for: %w", err)
	}
	card, err := h.post(ctx, c, slackID, m)
	if err != nil {
		h.slowDown(c, err)
		return store.Card{}, fmt.Errorf("send a direct message: %w", clean(err))
	}
	save := h.store.SaveMessageOrErase
	if before.Forgotten { // an operator, say, decides on after they left: what is sent to them stays
		save = h.store.SaveMessage
	}
	if err := save(ctx, c.ID, card); err != nil && !errors.Is(err, store.ErrRemoved) { // it was sent, and sending it again would be worse
		h.unremembered(ctx, c, err)
	}
	return card, nil
}

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
	if err := h.pacer.Wait(ctx, c.ID, card.Channel, delivery.Prompt); err != nil {
		return fmt.Errorf("wait for a turn to change a message: %w", err)
	}
	_, _, _, err := h.api(c).UpdateMessageContext(ctx, card.Channel, card.TS, m.Options()...)
	if err != nil && !delivery.Transient(err) {
		h.log.LogAttrs(ctx, slog.LevelInfo, "a message could not be changed", slog.String("error", slackError(err)))
		return nil
	}
	if err != nil {
		h.slowDown(c, err)
		return fmt.Errorf("change a message: %w", clean(err))
	}
	return nil
}

// slowDown keeps the company's other messages from being refused, too.
func (h *Handlers) slowDown(c store.Company, err error) {
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		h.pacer.Hold(c.ID, limited.RetryAfter)
	}
}

// sendCards sends a message to each of the Slack users that has not got it yet, and remembers where it is. What was sent stays sent if
// the process dies: a retry skips those whose card was saved, so at most one person, whose card was sent and not saved, gets it twice.
// It returns how many have it; people whom Slack does not let through are left out, and only a passing trouble is an error.
// The message is drawn for each, since things change while it is being sent; store.ErrNotFound ends it.
func (h *Handlers) sendCards(ctx context.Context, c store.Company, job store.Job, to []string, draw func() (view.Message, error)) (int, error) {
	sent, err := h.store.Cards(ctx, c.ID, job.Kind, job.Ref)
	if err != nil {
		return 0, fmt.Errorf("look for cards sent before: %w", err)
	}
	has := make(map[string]bool, len(sent))
	for _, card := range sent {
		has[card.SlackID] = true
	}
	for _, slackID := range to {
		if has[slackID] {
			continue
		}
		m, err := draw()
		if err != nil {
			return len(has), err
		}
		card, err := h.deliver(ctx, c, slackID, m)
		if err != nil && !delivery.Transient(err) {
			h.log.LogAttrs(ctx, slog.LevelWarn, "slack did not accept a message", slog.String("kind", string(job.Kind)), slog.String("job", job.ID), slog.String("error", slackError(err)))
			continue
		}
		if err != nil {
			return len(has), err
		}
		if err := h.store.SaveCard(ctx, c.ID, job.Kind, job.Ref, card); err != nil {
			return len(has), fmt.Errorf("remember a card: %w", err)
		}
		has[slackID] = true
	}
	return len(has), nil
}

// blankCards takes the words and the buttons off all cards of a thing that is gone with an account, and forgets them.
func (h *Handlers) blankCards(ctx context.Context, job store.Job) error {
	company, err := h.store.Company(ctx, job.CompanyID)
	if err != nil {
		return fmt.Errorf("load the company: %w", err)
	}
	signupOver := view.SignupDecided("", "", time.Time{})
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
