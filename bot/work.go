package bot

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// Apologies are rare; when they are not, the people who asked first get one.
const (
	apologiesAtOnce = 8
	apologyTimeout  = 10 * time.Second
)

// take accepts a command, a click or a closed modal: it is acknowledged at once, since the acknowledgement says only
// that it was heard, and done when the person's turn comes. Whether it was heard before is looked up just before it
// is done, so a slow database delays no acknowledgement. If the lookup fails it is done: people would rather have
// a click act twice than not at all, and the Handler refuses to repeat what must not be repeated.
func (b *Bot) take(ctx context.Context, env envelope, run func(context.Context) error) {
	env = b.heard(env)
	acked := make(chan struct{})
	accepted := b.accept(env, func() {
		select {
		case <-acked:
		case <-ctx.Done():
			return
		}
		if c, err := b.claim(ctx, env, b.c.Lease); c == mine || err != nil {
			b.do(ctx, env, run)
		}
	})
	if !accepted {
		b.refuse(ctx, env)
		return
	}
	b.acks.add(ack{id: env.id, heard: env.heard, gone: acked})
}

// takeWish accepts a click that is a wish. It is acknowledged when it was done, because Slack does not deliver a click
// again: should this process die before, Slack tells the person, who clicks once more. If the database or the person's
// earlier clicks take long it is acknowledged all the same, lest Slack shows an error for what will be done.
func (b *Bot) takeWish(ctx context.Context, env envelope, run func(context.Context) error) {
	env = b.heard(env)
	b.owed.add()
	acknowledge := sync.OnceFunc(func() {
		b.acks.add(ack{id: env.id, heard: env.heard})
		b.owed.done()
	})
	accepted := b.accept(env, func() {
		defer acknowledge()
		// Whoever else claimed it may have died, and a wish may come true twice.
		if c, _ := b.claim(ctx, env, b.c.Lease); c != finished {
			b.do(ctx, env, func(ctx context.Context) error {
				defer acknowledge()
				return run(ctx)
			})
		}
	})
	if !accepted {
		b.owed.done()
		b.refuse(ctx, env)
		return
	}
	time.AfterFunc(b.c.WishBudget, acknowledge)
}

// takeEvent accepts an event. It is acknowledged once it was done: until then Slack's redelivery (at once, after a minute,
// after five) is the better memory, also if the database is down, or this process dies. A redelivery stands in line behind
// the first delivery, so it is acknowledged as soon as that was done, if Slack still waits; what takes longer is acknowledged when Slack
// delivers it once more. See https://docs.slack.dev/apis/events-api#retries.
func (b *Bot) takeEvent(ctx context.Context, env envelope, run func(context.Context) error) {
	env = b.heard(env)
	b.owed.add()
	accepted := b.accept(env, func() {
		defer b.owed.done()
		switch c, err := b.claim(ctx, env, b.c.EventLease); {
		case err != nil, c == elsewhere:
		case c == finished:
			b.acks.add(ack{id: env.id, heard: env.heard})
		default:
			b.doEvent(ctx, env, run)
		}
	})
	if !accepted {
		b.owed.done()
		b.refuse(ctx, env)
	}
}

// heard counts an envelope and notes the time.
func (b *Bot) heard(env envelope) envelope {
	env.heard = b.c.Now()
	b.health.note(func(h *Health) { h.Envelopes++ })
	return env
}

// accept puts a task into the person's queue. It reports false if there is no room, or a shutdown has begun.
func (b *Bot) accept(env envelope, task func()) bool {
	if b.draining {
		return false
	}
	b.busy.add()
	accepted := b.people.add(env.from.person(), func() {
		defer b.busy.done()
		task()
	})
	if !accepted {
		b.busy.done()
	}
	return accepted
}

// claim is what becomes of the attempt to claim an envelope.
type claim int

const (
	unknown   claim = iota // it could not be found out
	mine                   // it is to be done
	finished               // it was done before, or was begun by this process
	elsewhere              // another process has it, and may have died
)

// claim finds out whether an envelope is to be done. With an error it is unknown.
func (b *Bot) claim(ctx context.Context, env envelope, lease time.Duration) (claim, error) {
	if !b.recent.begin(env.key) {
		b.health.note(func(h *Health) { h.Duplicates++ })
		return finished, nil
	}
	c := elsewhere
	err := b.attempt(ctx, env, b.c.ClaimBudget, func(ctx context.Context) error {
		ours, over, err := b.c.Seen.BeginEnvelope(ctx, env.key, lease)
		switch {
		case ours:
			c = mine
		case over:
			c = finished
		}
		return err
	})
	switch {
	case err != nil:
		if env.kind == kindEvent { // it will not be done, so its redelivery is no duplicate
			b.recent.forget(env.key)
		}
		b.failed("look up an envelope", err)
		return unknown, err
	case c == elsewhere:
		b.recent.forget(env.key) // what becomes of it shows when it is delivered again
	case c == finished: // before this process started; all that is known of its answer is that there was one
		b.recent.answer(env.key, nil)
	}
	if c != mine {
		b.health.note(func(h *Health) { h.Duplicates++ })
	}
	return c, nil
}

// do runs a claimed piece of work to its end.
func (b *Bot) do(ctx context.Context, env envelope, run func(context.Context) error) {
	err := b.attempt(ctx, env, b.c.HandleTimeout, run)
	if broke, ok := errors.AsType[*panicked](err); ok {
		b.apologise(ctx, env, broke.ref)
	} else if err != nil {
		b.handlerFailed(env, newRef(), err)
	}
	b.finish(ctx, env)
}

// doEvent runs a claimed event to its end, and acknowledges it. One that failed is left to its redelivery; only a panic
// would come again.
func (b *Bot) doEvent(ctx context.Context, env envelope, run func(context.Context) error) {
	err := b.attempt(ctx, env, b.c.EventTimeout, run)
	if broke, ok := errors.AsType[*panicked](err); ok {
		b.apologise(ctx, env, broke.ref)
	} else if err != nil {
		b.handlerFailed(env, newRef(), err)
		b.release(ctx, env)
		return
	}
	b.acks.add(ack{id: env.id, heard: env.heard})
	b.finish(ctx, env)
}

// release gives the claim of an event up that was not done. Without that, its redelivery waits until the lease is over.
func (b *Bot) release(ctx context.Context, env envelope) {
	b.recent.forget(env.key)
	err := b.attempt(context.WithoutCancel(ctx), env, b.c.ClaimBudget, func(ctx context.Context) error {
		return b.c.Seen.ReleaseEnvelope(ctx, env.key)
	})
	if err != nil {
		b.failed("release an envelope", err)
	}
}

// finish marks the envelope as done, whether it went well or not: doing it again would not go better. Work that was
// abandoned stays unfinished.
func (b *Bot) finish(ctx context.Context, env envelope) {
	if ctx.Err() != nil {
		return
	}
	err := b.attempt(ctx, env, b.c.ClaimBudget, func(ctx context.Context) error {
		return b.c.Seen.FinishEnvelope(ctx, env.key)
	})
	if err != nil {
		b.failed("finish an envelope", err)
	}
}

// handlerFailed counts and logs an error of the Handler.
func (b *Bot) handlerFailed(env envelope, ref string, err error) {
	b.health.failed(b.c.Now(), "handle a "+env.kind, err)
	b.c.Log.Error("handler failed", "ref", ref, "kind", env.kind, "team", env.from.team, "err", err)
}

// panicked is what became of a panic.
type panicked struct {
	ref string // stands in the log, beside the stack
}

// Error implements error.
func (p *panicked) Error() string { return "panic, reference " + p.ref }

// attempt calls run with a context that ends after the timeout, and returns a *panicked if it panics.
func (b *Bot) attempt(ctx context.Context, env envelope, timeout time.Duration, run func(context.Context) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer func() {
		if value := recover(); value != nil {
			ref := newRef()
			err = &panicked{ref: ref}
			b.health.note(func(h *Health) { h.Panics++ })
			b.health.failed(b.c.Now(), "handle a "+env.kind, err)
			b.c.Log.Error("panic", "ref", ref, "kind", env.kind, "team", env.from.team,
				"panic", panicText(value), "stack", string(debug.Stack()))
		}
	}()
	return run(ctx)
}

// panicText describes what was panicked with. Only the runtime's own errors are sure to hold nothing about people.
func panicText(value any) string {
	if err, ok := value.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", value)
}

// apologise has the Handler tell the person that something broke.
func (b *Bot) apologise(ctx context.Context, env envelope, ref string) {
	b.tell(ctx, env, ref, b.c.Handler.Apologise, ref)
}

// tell has the Handler tell the person, if there is one who waits. What is the last argument of the Handler's method.
func (b *Bot) tell(ctx context.Context, env envelope, ref string, say func(ctx context.Context, teamID, userID, channelID, responseURL, what string), what string) {
	if env.unwatched || env.from.user == "" {
		return
	}
	select {
	case b.apologies <- struct{}{}:
	default:
		b.c.Log.Warn("too many apologies, this one is left out", "ref", ref)
		return
	}
	b.busy.add()
	go func() {
		defer b.busy.done()
		defer func() { <-b.apologies }()
		err := b.attempt(ctx, env, apologyTimeout, func(ctx context.Context) error {
			say(ctx, env.from.team, env.from.user, env.from.channel, env.from.responseURL, what)
			return nil
		})
		if err != nil {
			b.c.Log.Error("apology failed", "ref", ref, "err", err)
		}
	}()
}

// newRef returns a short reference that a person can read to somebody who reads the log.
func newRef() string { return rand.Text()[:8] }
