package delivery

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Slack takes one message a second in each channel, and several hundred a minute in a workspace, both with short bursts
// (https://docs.slack.dev/apis/web-api/rate-limits, https://docs.slack.dev/reference/methods/chat.postMessage#rate_limiting).
const (
	// MessagesPerSecond is Herald's pace in a channel, and in a workspace for each Urgency: twice that is still safe.
	MessagesPerSecond = 1

	promptAtOnce  = 8 // a request goes to all who decide it
	bulkAtOnce    = 1
	channelAtOnce = 3 // for example a welcome, a receipt and a card

	// turnPatience is the longest wait for a turn, much shorter than a job may take: whoever would wait longer comes back later.
	turnPatience = time.Minute
	// channelsKept is how many channels a Pacer remembers before it forgets the quiet ones.
	channelsKept = 1000
)

// Urgency says who goes first.
type Urgency int

// The urgencies. Each has a share of a workspace's limit of its own, so that however much of the second waits, the first does not.
const (
	Prompt Urgency = iota // somebody waits for it
	Bulk                  // it goes to many people
)

// A Pacer keeps Herald's messages within Slack's limits, for each workspace alone. It is safe for concurrent use.
type Pacer struct {
	limit rate.Limit
	now   func() time.Time

	mu       sync.Mutex
	shares   map[share]*rate.Limiter
	channels map[place]*rate.Limiter
	held     map[string]time.Time // by company id: until when Slack wants nothing
}

type share struct {
	companyID string
	urgency   Urgency
}

type place struct{ companyID, channel string }

// NewPacer returns a Pacer; 0 messages a second: MessagesPerSecond. The clock is for Hold.
func NewPacer(messagesPerSecond float64, now func() time.Time) *Pacer {
	return &Pacer{
		limit: rate.Limit(cmp.Or(messagesPerSecond, MessagesPerSecond)), now: now,
		shares: map[share]*rate.Limiter{}, channels: map[place]*rate.Limiter{}, held: map[string]time.Time{},
	}
}

// Wait returns when it is the turn of a message to a channel of the company's workspace; a Slack user stands for their direct messages.
// A *LaterError says that the turn comes too late to wait for it; then none is taken.
func (p *Pacer) Wait(ctx context.Context, companyID, channel string, u Urgency) error {
	if held := p.heldFor(companyID); held > 0 {
		if err := waitPatiently(ctx, held); err != nil {
			return err
		}
	}
	ofWorkspace, ofChannel := p.reserve(companyID, channel, u)
	err := waitPatiently(ctx, max(ofWorkspace.Delay(), ofChannel.Delay()))
	if err != nil {
		ofWorkspace.Cancel()
		ofChannel.Cancel()
	}
	return err
}

// Hold lets a company send nothing for d, as Slack's Retry-After says. Several messages refused at the same time hold it no longer than
// one.
func (p *Pacer) Hold(companyID string, d time.Duration) {
	until := p.now().Add(d)
	p.mu.Lock()
	defer p.mu.Unlock()
	if until.After(p.held[companyID]) {
		p.held[companyID] = until
	}
}

// heldFor is how long the company may still not send anything.
func (p *Pacer) heldFor(companyID string) time.Duration {
	now := p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.held[companyID].Sub(now)
}

// reserve takes the next turn of the workspace and of the channel.
func (p *Pacer) reserve(companyID, channel string, u Urgency) (ofWorkspace, ofChannel *rate.Reservation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, at := share{companyID, u}, place{companyID, channel}
	if p.shares[s] == nil {
		atOnce := promptAtOnce
		if u == Bulk {
			atOnce = bulkAtOnce
		}
		p.shares[s] = rate.NewLimiter(p.limit, atOnce)
	}
	if p.channels[at] == nil {
		p.forgetQuiet()
		p.channels[at] = rate.NewLimiter(p.limit, channelAtOnce)
	}
	return p.shares[s].Reserve(), p.channels[at].Reserve()
}

// forgetQuiet forgets channels in which nothing was said lately, once they are many.
func (p *Pacer) forgetQuiet() {
	if len(p.channels) < channelsKept {
		return
	}
	for at, l := range p.channels {
		if l.Tokens() >= channelAtOnce {
			delete(p.channels, at)
		}
	}
}

// waitPatiently sleeps, but returns a *LaterError if patience or the time of ctx is too short for it.
func waitPatiently(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	if d > turnPatience {
		return &LaterError{Wait: d}
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return &LaterError{Wait: d}
		}
		return ctx.Err()
	}
}
