package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"herald/delivery"
	"herald/handlers/view"
	"herald/store"
)

// Slack has no idempotency key, and its answer may get lost after it took a message. So an attempt is marked in the database before it is
// made, the mark's id goes into the message's metadata, and whoever finds a mark whose attempt they do not know the end of looks for the
// id in the conversation before anything is sent again.
const (
	// sendType is the type of the metadata (https://docs.slack.dev/messaging/message-metadata), sendID its one field.
	sendType = "herald_message"
	sendID   = "id"
	// postTimeout after it was marked an attempt ends. A message that Slack took longer for may still arrive, until settleAfter has passed
	// since the mark; it is not looked for before.
	postTimeout = 10 * time.Second
	settleAfter = 15 * time.Second
	// clocksDiffer is by how much Slack's clock may be behind: messages from before that cannot be the one that is looked for.
	clocksDiffer = 5 * time.Minute
	// historyAtOnce is a page of conversations.history, historyPages how many of them are read: nobody gets as many messages while an
	// attempt is open (https://docs.slack.dev/reference/methods/conversations.history).
	historyAtOnce = 200
	historyPages  = 5
	// cancelTimeout bounds the note that a message was certainly not sent.
	cancelTimeout = 5 * time.Second
)

// errUnverified says that a message may have arrived, and that Slack cannot be asked. It is final: silence is better than saying it twice.
var errUnverified = fmt.Errorf("whether the message arrived is not known: %w", delivery.ErrFinal)

// A recipientError remembers whom a message did not reach. Its words do not say: they are logged, and stored with the job.
type recipientError struct {
	slackID string
	err     error
}

func (e *recipientError) Error() string { return e.err.Error() }
func (e *recipientError) Unwrap() error { return e.err }

// deliver sends a job's direct message to a Slack user once, however often the job runs and whatever happens in between, and returns
// where it is. Each job has one message for each recipient. It is drawn when its turn has come, because things change while it waits,
// and not sent if that fails. With the message's place, what the job is about is marked as sent (store.SettleSend).
func (h *Handlers) deliver(ctx context.Context, c store.Company, job store.Job, slackID string, u delivery.Urgency, draw func() (view.Message, error)) (store.Card, error) {
	return h.deliverWhen(ctx, c, job, slackID, u, func() error { return nil }, draw)
}

// deliverWhen is deliver, and calls ready before it takes a place in the line, for what takes long to find out; an error of it is returned.
func (h *Handlers) deliverWhen(
	ctx context.Context, c store.Company, job store.Job, slackID string, u delivery.Urgency, ready func() error, draw func() (view.Message, error),
) (store.Card, error) {
	card, err := h.deliverOnce(ctx, c, job, slackID, u, ready, draw)
	if err != nil {
		err = &recipientError{slackID, err}
	}
	return card, err
}

func (h *Handlers) deliverOnce(
	ctx context.Context, c store.Company, job store.Job, slackID string, u delivery.Urgency, ready func() error, draw func() (view.Message, error),
) (store.Card, error) {
	before, err := h.store.Send(ctx, job, slackID)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return store.Card{}, fmt.Errorf("look for an earlier attempt: %w", err)
	case before.TS != "":
		return store.Card{SlackID: slackID, Channel: before.Channel, TS: before.TS}, nil
	case !before.BegunAt.IsZero():
		if card, err := h.settleOpen(ctx, c, job, before); err != nil || card.TS != "" {
			return card, err
		}
	}
	if err := ready(); err != nil {
		return store.Card{}, err
	}
	if err := h.pacer.Wait(ctx, c.ID, slackID, u); err != nil {
		return store.Card{}, fmt.Errorf("wait for a turn to send: %w", err)
	}
	m, err := draw()
	if err != nil {
		return store.Card{}, err
	}
	to, err := h.store.Access(ctx, c.ID, slackID)
	if err != nil {
		return store.Card{}, fmt.Errorf("look up whom a message is for: %w", err)
	}
	send, err := h.store.BeginSend(ctx, job, slackID)
	if errors.Is(err, store.ErrExists) { // another process is at it
		return store.Card{}, &delivery.LaterError{Wait: settleAfter}
	}
	if err != nil {
		return store.Card{}, fmt.Errorf("mark an attempt: %w", err)
	}
	card, err := h.attempt(ctx, c, send, m)
	if err != nil {
		h.slowDown(ctx, c, delivery.Posting, err)
		if delivery.NothingDone(err) {
			h.cancelSend(ctx, send)
		}
		return store.Card{}, fmt.Errorf("send a direct message: %w", clean(err))
	}
	return card, h.settle(ctx, job, send, card, to.Forgotten)
}

// settleOpen finds out whether an attempt succeeded, and records that. No card and no error: it did not.
func (h *Handlers) settleOpen(ctx context.Context, c store.Company, job store.Job, open store.Send) (store.Card, error) {
	card, err := h.lookFor(ctx, c, open)
	if err != nil {
		return store.Card{}, err
	}
	if card.TS != "" {
		return card, h.settle(ctx, job, open, card, false)
	}
	if err := h.store.CancelSend(ctx, open); err != nil {
		return store.Card{}, fmt.Errorf("note that a message did not arrive: %w", err)
	}
	return store.Card{}, nil
}

// settleOver is settleOpen for a message that is not to be sent any more, if an attempt is open: one that arrived all the same is deleted
// with the account of its recipient like any other.
func (h *Handlers) settleOver(ctx context.Context, c store.Company, job store.Job) error {
	open, err := h.store.OpenSend(ctx, job)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for an open attempt: %w", err)
	}
	_, err = h.settleOpen(ctx, c, job, open)
	return err
}

// attempt posts a message that can be recognised, and does not wait for the answer for ever. Its time counts from the mark, as it does for
// whoever looks for the message: a process may stand still in between, with its machine, say. A *LaterError says that the time was over
// before anything was sent.
func (h *Handlers) attempt(ctx context.Context, c store.Company, send store.Send, m view.Message) (store.Card, error) {
	api := h.api(c)
	options := append(m.Options(), slack.MsgOptionMetadata(slack.SlackMetadata{
		EventType: sendType, EventPayload: map[string]any{sendID: send.ID},
	}))
	left := min(postTimeout, send.BegunAt.Add(postTimeout).Sub(h.now())) // no longer even if the clock was set back
	if left <= 0 {
		return store.Card{}, &delivery.LaterError{}
	}
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	channel, ts, err := api.PostMessageContext(ctx, send.SlackID, options...)
	return store.Card{SlackID: send.SlackID, Channel: channel, TS: ts}, err
}

// cancelSend notes that an attempt did nothing. Without the note, the message would be looked for before the next one.
func (h *Handlers) cancelSend(ctx context.Context, send store.Send) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelTimeout)
	defer cancel()
	if err := h.store.CancelSend(ctx, send); err != nil {
		h.log.LogAttrs(ctx, slog.LevelWarn, "note that a message was not sent", slog.String("error", err.Error()))
	}
}

// settle records where a message arrived. Somebody who had left before, an operator, say, who decides on, keeps it.
func (h *Handlers) settle(ctx context.Context, job store.Job, send store.Send, card store.Card, left bool) error {
	if err := h.store.SettleSend(ctx, job, send, card, left); err != nil {
		return fmt.Errorf("record where a message arrived: %w", err)
	}
	return nil
}

// lookFor looks for a message in the conversation with its recipient. No card and no error: it did not arrive. errUnverified if Slack does
// not let Herald look.
func (h *Handlers) lookFor(ctx context.Context, c store.Company, send store.Send) (store.Card, error) {
	if early := send.BegunAt.Add(settleAfter).Sub(h.now()); early > 0 {
		return store.Card{}, &delivery.LaterError{Wait: early}
	}
	if err := h.pacer.WaitToCall(ctx, c.ID, delivery.Looking, delivery.Bulk); err != nil {
		return store.Card{}, fmt.Errorf("wait for a turn to look for a message: %w", err)
	}
	channel, _, _, err := h.api(c).OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{send.SlackID}})
	if err != nil {
		return store.Card{}, h.notSeen(ctx, c, err)
	}
	oldest := strconv.FormatInt(send.BegunAt.Add(-clocksDiffer).Unix(), 10)
	for cursor, page := "", 0; ; page++ {
		if page == historyPages {
			return store.Card{}, errUnverified
		}
		said, err := h.api(c).GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
			ChannelID: channel.ID, Cursor: cursor, Oldest: oldest, Inclusive: true, Limit: historyAtOnce, IncludeAllMetadata: true,
		})
		if err != nil {
			return store.Card{}, h.notSeen(ctx, c, err)
		}
		for _, m := range said.Messages {
			if m.Metadata.EventType == sendType && m.Metadata.EventPayload[sendID] == send.ID {
				return store.Card{SlackID: send.SlackID, Channel: channel.ID, TS: m.Timestamp}, nil
			}
		}
		if cursor = said.ResponseMetaData.NextCursor; !said.HasMore || cursor == "" {
			return store.Card{}, nil
		}
	}
}

// notSeen says whether it is worth to look again later. Here a missing permission is final: nobody may ever grant it, while the person
// is shown as unverified at once.
func (h *Handlers) notSeen(ctx context.Context, c store.Company, err error) error {
	h.slowDown(ctx, c, delivery.Looking, err)
	if code := slackError(err); code == "missing_scope" || !delivery.Transient(err) {
		h.log.LogAttrs(ctx, slog.LevelWarn, "slack does not let Herald see whether a message arrived", slog.String("team", c.TeamID), slog.String("error", code))
		return errUnverified
	}
	return fmt.Errorf("look for a message: %w", clean(err))
}

// mayHaveArrived tells whether an attempt of a job that is given up is open.
func (h *Handlers) mayHaveArrived(ctx context.Context, job store.Job, slackID string) (bool, error) {
	send, err := h.store.Send(ctx, job, slackID)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for an open attempt: %w", err)
	}
	return !send.BegunAt.IsZero(), nil
}
