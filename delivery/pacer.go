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

	// turnPatience is the longest wait for a turn, and jobPatience that of a job, whose worker has others to serve: whoever would wait
	// longer comes back later.
	turnPatience = time.Minute
	jobPatience  = 2 * time.Second

	// lettersAtOnce is how many emails of a company are handed over at a time: a mail server that is slow is slow for all companies, but
	// the many letters of one do not keep those of another waiting. The others come back at a pace.
	lettersAtOnce    = 2
	lettersPerSecond = 5
	// channelsKept is how many channels a Pacer remembers before it forgets the quiet ones.
	channelsKept = 1000
)

// Urgency says who goes first.
type Urgency int

// The urgencies. Each has a share of a workspace's limit of its own, so that however much of one waits, the others do not.
const (
	Prompt  Urgency = iota // somebody waits for it
	Bulk                   // it goes to many people
	Erasing                // it takes messages back, for which Slack has a limit of its own
	letter                 // it goes by email, of which Slack knows nothing
)

// A Pacer keeps Herald's messages within Slack's limits, for each workspace alone. It is safe for concurrent use.
type Pacer struct {
	limit rate.Limit
	now   func() time.Time

	mu       sync.Mutex
	shares   map[share]*rate.Limiter
	channels map[place]*rate.Limiter
	lines    map[share]*rate.Limiter // when the next job that was sent away is to come back
	letters  map[string]int          // by company id: emails that are being handed over
	held     map[string]time.Time    // by company id: until when Slack wants nothing
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
		shares: map[share]*rate.Limiter{}, channels: map[place]*rate.Limiter{},
		lines: map[share]*rate.Limiter{}, letters: map[string]int{}, held: map[string]time.Time{},
	}
}

// Wait returns when it is the turn of a message to a channel of the company's workspace; a Slack user stands for their direct messages.
// A *LaterError says that the turn comes too late to wait for it; then none is taken. A job waits for two seconds at most, so that its
// worker serves another company: of thousands that a company leaves at once, all but the first few are sent away, one after the other,
// with times to come back at which it can be their turn. So they are not tried again and again, and the jobs of others, which
// are due before then, come between.
func (p *Pacer) Wait(ctx context.Context, companyID, channel string, u Urgency) error {
	if held := p.heldFor(companyID); held > 0 {
		if err := p.tooLong(ctx, held, share{companyID, u}); err != nil {
			return err
		}
		if err := sleep(ctx, held); err != nil {
			return err
		}
	}
	turn, wait, err := p.reserve(ctx, companyID, channel, u)
	if err != nil {
		return err
	}
	if err := sleep(ctx, wait); err != nil {
		turn.cancel()
		return err
	}
	return nil
}

// Letter lets an email of a company be handed over; done must be called afterwards. A *LaterError says that others of it are under way.
func (p *Pacer) Letter(companyID string) (done func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.letters[companyID] >= lettersAtOnce {
		return nil, &LaterError{Wait: jobPatience + p.lineUp(share{companyID, letter}, lettersPerSecond)}
	}
	p.letters[companyID]++
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.letters[companyID]--; p.letters[companyID] == 0 {
			delete(p.letters, companyID)
		}
	}, nil
}

// lineUp is how long one more that is sent away has to wait after the one before.
func (p *Pacer) lineUp(s share, pace rate.Limit) time.Duration {
	if p.lines[s] == nil {
		p.lines[s] = rate.NewLimiter(pace, 1)
	}
	return p.lines[s].Reserve().Delay()
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

// A turn is one in a workspace and in a channel.
type turn struct{ ofWorkspace, ofChannel *rate.Reservation }

func (t turn) cancel() {
	t.ofWorkspace.Cancel()
	t.ofChannel.Cancel()
}

// reserve takes the next turn of the workspace and of the channel, and returns how long it is until then. One that is too late is given
// back at once: a reservation that others follow cannot be given back entirely.
func (p *Pacer) reserve(ctx context.Context, companyID, channel string, u Urgency) (turn, time.Duration, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, at := share{companyID, u}, place{companyID, channel}
	if p.shares[s] == nil {
		atOnce := promptAtOnce
		if u != Prompt {
			atOnce = bulkAtOnce
		}
		p.shares[s] = rate.NewLimiter(p.limit, atOnce)
	}
	if p.channels[at] == nil {
		p.forgetQuiet()
		p.channels[at] = rate.NewLimiter(p.limit, channelAtOnce)
	}
	next := turn{p.shares[s].Reserve(), p.channels[at].Reserve()}
	wait := max(next.ofWorkspace.Delay(), next.ofChannel.Delay())
	err := p.tooLongLocked(ctx, wait, s)
	if err != nil {
		next.cancel()
	}
	return next, wait, err
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

// inJob marks the context of a job.
type inJob struct{}

// ofJob is the context in which a job runs.
func ofJob(ctx context.Context) context.Context { return context.WithValue(ctx, inJob{}, true) }

// tooLong returns a *LaterError if patience is too short for the wait.
func (p *Pacer) tooLong(ctx context.Context, wait time.Duration, s share) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tooLongLocked(ctx, wait, s)
}

func (p *Pacer) tooLongLocked(ctx context.Context, wait time.Duration, s share) error {
	switch {
	case ctx.Value(inJob{}) != nil && wait > jobPatience:
		return &LaterError{Wait: wait + p.lineUp(s, p.limit)}
	case wait > turnPatience:
		return &LaterError{Wait: wait}
	}
	return nil
}

// sleep returns a *LaterError if the time of ctx is too short for it.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
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
