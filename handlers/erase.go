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

const (
	// erasedAtOnce is how many messages one run of the job deletes: within the time of a job at Slack's pace.
	erasedAtOnce = 50
	// erasePause is between two runs, so that what people wait for goes first.
	erasePause = 2 * time.Second
)

// eraseMessages deletes Herald's messages to the people of a removal.
func (h *Handlers) eraseMessages(ctx context.Context, job store.Job) error {
	company, err := h.store.Company(ctx, job.CompanyID)
	if err != nil {
		return fmt.Errorf("load the company: %w", err)
	}
	list, err := h.store.Erasures(ctx, company.ID, job.Ref, erasedAtOnce)
	if err != nil {
		return fmt.Errorf("look for messages: %w", err)
	}
	for _, m := range list {
		outcome, err := h.eraseIfThere(ctx, company, m)
		if err != nil {
			return err
		}
		if err := h.store.SettleErasure(ctx, company.ID, m.ID, outcome); err != nil {
			return fmt.Errorf("remember a deleted message: %w", err)
		}
	}
	if len(list) == erasedAtOnce {
		return &delivery.LaterError{Wait: erasePause}
	}
	return nil
}

// eraseIfThere deletes a message; one of which nobody knows whether it arrived is looked for.
func (h *Handlers) eraseIfThere(ctx context.Context, c store.Company, m store.Erasure) (store.ErasureOutcome, error) {
	if m.Open == nil {
		return h.eraseMessage(ctx, c, m.Channel, m.TS)
	}
	card, err := h.lookFor(ctx, c, *m.Open)
	switch {
	case errors.Is(err, errUnverified):
		return store.MessageKept, nil
	case err != nil:
		return "", err
	case card.TS == "":
		return store.MessageDeleted, nil // or never there
	}
	return h.eraseMessage(ctx, c, card.Channel, card.TS)
}

// eraseMessage deletes one of Herald's direct messages. Where a workspace forbids that, for example to keep messages for compliance
// (https://docs.slack.dev/reference/methods/chat.delete#errors), it takes the words off it. Only a passing trouble is an error.
func (h *Handlers) eraseMessage(ctx context.Context, c store.Company, channel, ts string) (store.ErasureOutcome, error) {
	if err := h.pacer.WaitToCall(ctx, c.ID, delivery.Deleting, delivery.Bulk); err != nil {
		return "", fmt.Errorf("wait for a turn to delete a message: %w", err)
	}
	_, _, err := h.api(c).DeleteMessageContext(ctx, channel, ts)
	switch {
	case err == nil, slackError(err) == "message_not_found", slackError(err) == "channel_not_found":
		return store.MessageDeleted, nil
	case delivery.Transient(err):
		h.slowDown(ctx, c, delivery.Deleting, err)
		return "", fmt.Errorf("delete a message: %w", clean(err))
	}
	refused := slackError(err)

	if err := h.pacer.WaitToCall(ctx, c.ID, delivery.Changing, delivery.Bulk); err != nil {
		return "", fmt.Errorf("wait for a turn to blank a message: %w", err)
	}
	// Attachments that are not mentioned would stay (https://docs.slack.dev/reference/methods/chat.update).
	erased := append(view.Erased().Options(), slack.MsgOptionAttachments([]slack.Attachment{}...))
	_, _, _, err = h.api(c).UpdateMessageContext(ctx, channel, ts, erased...)
	switch {
	case err == nil:
		return store.MessageBlanked, nil
	case delivery.Transient(err):
		h.slowDown(ctx, c, delivery.Changing, err)
		return "", fmt.Errorf("blank a message: %w", clean(err))
	}
	h.log.LogAttrs(ctx, slog.LevelWarn, "slack lets a message to somebody who was removed neither be deleted nor changed",
		slog.String("team", c.TeamID), slog.String("delete", refused), slog.String("change", slackError(err)))
	return store.MessageKept, nil
}
