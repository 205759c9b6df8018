package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/time/rate"

	"herald/handlers/view"
	"herald/store"
)

// MessagesPerSecond is Herald's pace in one workspace. Slack allows one message a second for each channel, and several hundred a minute for a workspace with short bursts
// (https://docs.slack.dev/apis/web-api/rate-limits). One a second is safe for any number of direct messages.
const (
	MessagesPerSecond = 1
	messagesAtOnce    = 8
)

// pace keeps each company's messages to Slack's pace.
type pace struct {
	limit    rate.Limit
	now      func() time.Time
	mu       sync.Mutex
	limiters map[string]*rate.Limiter // by company id
	held     map[string]time.Time     // by company id: until when Slack wants nothing
}

func newPace(messagesPerSecond float64, now func() time.Time) pace {
	return pace{
		limit: rate.Limit(cmp.Or(messagesPerSecond, MessagesPerSecond)), now: now,
		limiters: map[string]*rate.Limiter{}, held: map[string]time.Time{},
	}
}

// A laterError says that a company's turn comes too late for whoever asked.
type laterError struct{ wait time.Duration }

func (e *laterError) Error() string { return fmt.Sprintf("slack takes no messages for %s", e.wait) }

// turnPatience is the longest wait for a turn, much shorter than jobTimeout: whoever would wait longer comes back later.
const turnPatience = time.Minute

// wait returns when it is the company's turn to send a message. A *laterError says that it comes too late.
func (p *pace) wait(ctx context.Context, companyID string) error {
	if held := p.heldFor(companyID); held > 0 {
		if err := waitPatiently(ctx, held); err != nil {
			return err
		}
	}
	turn := p.of(companyID).Reserve()
	err := waitPatiently(ctx, turn.Delay())
	if err != nil {
		turn.Cancel()
	}
	return err
}

// waitPatiently is sleep, but returns a *laterError if patience or the time of ctx is too short for it.
func waitPatiently(ctx context.Context, d time.Duration) error {
	if d > turnPatience {
		return &laterError{d}
	}
	err := sleep(ctx, d)
	if errors.Is(err, context.DeadlineExceeded) {
		return &laterError{d}
	}
	return err
}

func (p *pace) of(companyID string) *rate.Limiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.limiters[companyID]
	if l == nil {
		l = rate.NewLimiter(p.limit, messagesAtOnce)
		p.limiters[companyID] = l
	}
	return l
}

// hold lets a company send nothing for d. Several messages refused at the same time hold it no longer than one.
func (p *pace) hold(companyID string, d time.Duration) {
	until := p.now().Add(d)
	p.mu.Lock()
	defer p.mu.Unlock()
	if until.After(p.held[companyID]) {
		p.held[companyID] = until
	}
}

// heldFor is how long the company may still not send anything.
func (p *pace) heldFor(companyID string) time.Duration {
	now := p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.held[companyID].Sub(now)
}

// deliver sends a direct message when it is this company's turn, and returns where it is.
func (h *Handlers) deliver(ctx context.Context, c store.Company, slackID string, m view.Message) (store.Card, error) {
	if err := h.pace.wait(ctx, c.ID); err != nil {
		return store.Card{}, fmt.Errorf("wait for a turn to send: %w", err)
	}
	channel, ts, err := h.api(c).PostMessageContext(ctx, slackID, m.Options()...)
	if err != nil {
		h.slowDown(c, err)
		return store.Card{}, fmt.Errorf("send a direct message: %w", clean(err))
	}
	return store.Card{SlackID: slackID, Channel: channel, TS: ts}, nil
}

// redraw changes a message that deliver sent. A message that is gone is no error: whoever deleted it does not miss the change.
func (h *Handlers) redraw(ctx context.Context, c store.Company, card store.Card, m view.Message) error {
	if err := h.pace.wait(ctx, c.ID); err != nil {
		return fmt.Errorf("wait for a turn to change a message: %w", err)
	}
	_, _, _, err := h.api(c).UpdateMessageContext(ctx, card.Channel, card.TS, m.Options()...)
	if err != nil && !transient(err) {
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
		h.pace.hold(c.ID, limited.RetryAfter)
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
		if err != nil && !transient(err) {
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
