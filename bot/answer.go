package bot

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"
)

// submission is what Handler.Submit returned.
type submission struct {
	response *slack.ViewSubmissionResponse
	after    func(context.Context) error
	err      error
}

// submit accepts a view_submission, whose acknowledgement tells Slack what becomes of the modal. It takes its turn
// among the person's other work; when an earlier piece is slow it goes ahead, because Slack gives three seconds.
func (b *Bot) submit(ctx context.Context, env envelope, cb slack.InteractionCallback) {
	env = b.heard(env)
	var taken atomic.Bool
	once := func() {
		if taken.CompareAndSwap(false, true) {
			defer b.busy.done()
			b.answerSubmit(ctx, env, cb)
		}
	}
	b.busy.add()
	b.owed.add()
	if !b.accept(env, once) {
		b.busy.done()
		b.owed.done()
		b.refuseSubmit(env, cb)
		return
	}
	time.AfterFunc(b.patience(), once)
}

// patience is how long a submission waits for its turn: what claiming and computing leave of the time to acknowledge,
// half of it kept in reserve.
func (b *Bot) patience() time.Duration {
	return max(0, b.c.AckBudget-b.c.SubmitBudget-b.c.ClaimBudget) / 2
}

// answerSubmit computes the acknowledgement of a submission and does what follows from it.
func (b *Bot) answerSubmit(ctx context.Context, env envelope, cb slack.InteractionCallback) {
	if c, err := b.claim(ctx, env, b.c.Lease); c != mine && err == nil {
		b.repeatAnswer(env)
		b.owed.done()
		return
	}

	done := make(chan submission, 1)
	go func() {
		var s submission
		s.err = b.attempt(ctx, env, b.c.SubmitBudget, func(ctx context.Context) (err error) {
			s.response, s.after, err = b.c.Handler.Submit(ctx, cb)
			return err
		})
		done <- s
	}()
	s, inTime := await(done, b.c.SubmitBudget)

	ref := newRef()
	var payload any
	if inTime {
		payload = b.submitPayload(env, cb, s, ref)
	} else {
		b.c.Log.Warn("submission too slow", "ref", ref, "team", env.from.team)
		payload = sorry(cb, slowText(ref))
	}
	b.recent.answer(env.key, payload)
	b.acks.add(ack{id: env.id, payload: payload, heard: env.heard})
	b.owed.done()

	if !inTime { // what it did is done, so what belongs after it follows
		select {
		case s = <-done:
		case <-ctx.Done():
			return
		}
		if _, logged := errors.AsType[*panicked](s.err); s.err != nil && !logged {
			b.handlerFailed(env, ref, s.err)
		}
	}
	if s.err != nil || s.after == nil {
		b.finish(ctx, env)
		return
	}
	b.do(ctx, env, s.after)
}

// repeatAnswer acknowledges a repeated submission like the first time, should that have got lost. While the first
// is still being computed, here or elsewhere, there is nothing to repeat: its acknowledgement is good for both.
func (b *Bot) repeatAnswer(env envelope) {
	payload, known := b.recent.answered(env.key)
	if known {
		b.acks.add(ack{id: env.id, payload: payload, heard: env.heard})
	}
}

// submitPayload returns the acknowledgement of a submission: the Handler's, or an apology.
func (b *Bot) submitPayload(env envelope, cb slack.InteractionCallback, s submission, ref string) any {
	if broke, ok := errors.AsType[*panicked](s.err); ok {
		return sorry(cb, brokenText(broke.ref))
	}
	if s.err != nil {
		b.handlerFailed(env, ref, s.err)
		if errors.Is(s.err, context.DeadlineExceeded) {
			return sorry(cb, slowText(ref))
		}
		return sorry(cb, brokenText(ref))
	}
	if s.response == nil {
		return nil
	}
	payload, err := encode(s.response)
	if err != nil {
		b.handlerFailed(env, ref, err)
		return sorry(cb, brokenText(ref))
	}
	return payload
}

// suggest answers a block_suggestion, whose acknowledgement holds the options of a select menu. Suggestions follow
// each keystroke and change nothing, so they stand in no queue and may be answered twice.
func (b *Bot) suggest(ctx context.Context, env envelope, cb slack.InteractionCallback) {
	env = b.heard(env)
	if b.draining {
		b.refuse(ctx, env)
		return
	}
	select {
	case b.suggesting <- struct{}{}:
	default:
		b.refuse(ctx, env)
		return
	}
	b.busy.add()
	b.owed.add()
	done := make(chan []*slack.OptionBlockObject, 1)
	go func() {
		defer b.busy.done()
		defer func() { <-b.suggesting }()
		var options []*slack.OptionBlockObject
		err := b.attempt(ctx, env, b.c.SubmitBudget, func(ctx context.Context) (err error) {
			options, err = b.c.Handler.Suggest(ctx, cb)
			return err
		})
		if _, logged := errors.AsType[*panicked](err); err != nil && !logged {
			b.handlerFailed(env, newRef(), err)
		}
		done <- options
	}()
	go func() {
		defer b.owed.done()
		options, _ := await(done, b.c.SubmitBudget) // none if it takes too long: the person types on
		b.acks.add(ack{id: env.id, payload: optionsPayload(options), heard: env.heard})
	}()
}

// optionsPayload returns the acknowledgement of a suggestion, with as many options as fit. slack.OptionsResponse
// would leave out an empty list, and Slack then shows an error in place of "no results".
func optionsPayload(options []*slack.OptionBlockObject) json.RawMessage {
	for {
		payload, err := encode(map[string]any{"options": append([]*slack.OptionBlockObject{}, options...)})
		if err == nil {
			return payload
		}
		options = options[:len(options)/2]
	}
}

// await returns what comes over done within the time, and whether it came.
func await[T any](done <-chan T, within time.Duration) (value T, inTime bool) {
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case value = <-done:
		return value, true
	case <-timer.C:
		return value, false
	}
}
