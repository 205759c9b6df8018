package delivery

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"herald/store"
)

const (
	// MessagesPerSecond is Herald's pace in a workspace, unless its operator sets another one. Slack takes one message a second in each
	// channel, and several hundred a minute in a workspace, both with short bursts
	// (https://docs.slack.dev/apis/web-api/rate-limits, https://docs.slack.dev/reference/methods/chat.postMessage#rate_limiting).
	MessagesPerSecond = 1
	// tier3PerSecond is how often a method of tier 3 may be called: 50 times a minute, and more in short bursts.
	tier3PerSecond = 50.0 / 60

	// promptLead is how many places a Prompt goes before its own: a request goes to all who decide it.
	promptLead = 7
	// messageCredit is for how long messages that did not go may be caught up, callCredit likewise for other calls.
	messageCredit = time.Second
	callCredit    = 5 * time.Second
	// Of one channel this process alone takes care: few messages go to the same one.
	channelPerSecond = 1
	channelAtOnce    = 3 // for example a welcome, a receipt and a card

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

// The urgencies. However much of the second waits, the first hardly does.
const (
	Prompt Urgency = iota // somebody waits for it
	Bulk                  // it goes to many people
)

// A Call is a kind of Web API call that Slack limits.
type Call string

// The calls. Each has a limit of its own: what is changed or deleted takes nothing from what is sent.
const (
	Posting  Call = "post"     // chat.postMessage
	Changing Call = "update"   // chat.update
	Deleting Call = "delete"   // chat.delete
	Looking  Call = "look for" // conversations.open and conversations.history
)

// letters is the line of emails, of which Slack knows nothing.
const letters Call = "letter"

// A Pacer keeps Herald's messages within Slack's limits, for each workspace alone. All processes that share a database share the pace:
// each takes its place in a line that stands there. It is safe for concurrent use.
type Pacer struct {
	store *store.Store
	speed float64 // messages a second
	now   func() time.Time

	mu       sync.Mutex
	channels map[place]*rate.Limiter
	held     map[lineOf]time.Time     // until when Slack wants nothing, as far as this process was told
	away     map[lineOf]*rate.Limiter // when the next job that was sent away is to come back
	letters  map[string]int           // by company id: emails that are being handed over
}

type place struct{ companyID, channel string }

type lineOf struct {
	companyID string
	call      Call
}

// NewPacer returns a Pacer; 0 messages a second: MessagesPerSecond. Another pace changes that of all calls in proportion. The processes'
// clocks must agree to within a second.
func NewPacer(s *store.Store, messagesPerSecond float64, now func() time.Time) *Pacer {
	return &Pacer{
		store: s, speed: cmp.Or(messagesPerSecond, MessagesPerSecond), now: now,
		channels: map[place]*rate.Limiter{}, held: map[lineOf]time.Time{},
		away: map[lineOf]*rate.Limiter{}, letters: map[string]int{},
	}
}

// PerSecond is how many messages go to a workspace in a second.
func (p *Pacer) PerSecond() float64 { return p.speed }

// Wait returns when it is the turn of a message to a channel of the company's workspace; a Slack user stands for their direct messages.
// A *LaterError says that the turn comes too late to wait for it; then none is taken. A job waits for two seconds at most, so that its
// worker serves another company: of thousands that a company leaves at once, all but the first few are sent away, one after the other,
// with times to come back at which it can be their turn. So they are not tried again and again, and the jobs of others, which
// are due before then, come between.
func (p *Pacer) Wait(ctx context.Context, companyID, channel string, u Urgency) error {
	ofChannel := p.reserve(companyID, channel)
	// Before a place in the line of all is taken: it would be nobody's.
	if wait := ofChannel.Delay(); wait > patience(ctx) {
		ofChannel.Cancel()
		return &LaterError{Wait: wait}
	}
	if err := p.WaitToCall(ctx, companyID, Posting, u); err != nil {
		ofChannel.Cancel()
		return err
	}
	if err := waitPatiently(ctx, ofChannel.Delay()); err != nil {
		ofChannel.Cancel()
		return err
	}
	return nil
}

// Letter lets an email of a company be handed over; done must be called afterwards. A *LaterError says that others of it are under way.
func (p *Pacer) Letter(companyID string) (done func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.letters[companyID] >= lettersAtOnce {
		return nil, &LaterError{Wait: jobPatience + p.lineUp(lineOf{companyID, letters}, lettersPerSecond)}
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
func (p *Pacer) lineUp(l lineOf, pace rate.Limit) time.Duration {
	if p.away[l] == nil {
		p.away[l] = rate.NewLimiter(pace, 1)
	}
	return p.away[l].Reserve().Delay()
}

// inJob marks the context of a job.
type inJob struct{}

// ofJob is the context in which a job runs.
func ofJob(ctx context.Context) context.Context { return context.WithValue(ctx, inJob{}, true) }

func isJob(ctx context.Context) bool { return ctx.Value(inJob{}) != nil }

// patience is the longest wait of whoever has the context.
func patience(ctx context.Context) time.Duration {
	if isJob(ctx) {
		return jobPatience
	}
	return turnPatience
}

// WaitToCall is Wait for any call, without regard to the channel.
func (p *Pacer) WaitToCall(ctx context.Context, companyID string, c Call, u Urgency) error {
	pace, job := p.pace(companyID, c, u), isJob(ctx)
	pace.Patience = patience(ctx)
	for {
		at, ok, err := p.store.ReserveSlot(ctx, pace)
		if err != nil {
			return err
		}
		wait := at.Sub(p.now())
		if !ok && job {
			p.mu.Lock()
			defer p.mu.Unlock()
			return &LaterError{Wait: wait + p.lineUp(lineOf{companyID, c}, rate.Every(pace.Interval))}
		}
		if !ok {
			return &LaterError{Wait: wait}
		}
		if err := waitPatiently(ctx, wait); err != nil {
			return err
		}
		if !p.heldNow(companyID, c) { // Slack may have said so to somebody else meanwhile
			return nil
		}
	}
}

// pace is how fast a company's calls follow each other.
func (p *Pacer) pace(companyID string, c Call, u Urgency) store.Pace {
	perSecond, credit := p.speed, messageCredit
	if c != Posting {
		perSecond, credit = tier3PerSecond*p.speed/MessagesPerSecond, callCredit
	}
	pace := store.Pace{
		CompanyID: companyID, What: string(c), Interval: time.Duration(float64(time.Second) / perSecond), Credit: credit,
	}
	if u == Prompt {
		pace.Lead = promptLead * pace.Interval
	}
	return pace
}

// Hold lets a company make no such call for d, as Slack's Retry-After says. Several that were refused at the same time hold it no longer
// than one.
func (p *Pacer) Hold(ctx context.Context, companyID string, c Call, d time.Duration) error {
	until := p.now().Add(d)
	p.mu.Lock()
	if line := (lineOf{companyID, c}); until.After(p.held[line]) {
		p.held[line] = until
	}
	p.mu.Unlock()
	return p.store.HoldPace(ctx, companyID, string(c), until)
}

// heldNow tells whether the company may not make such a call.
func (p *Pacer) heldNow(companyID string, c Call) bool {
	now := p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.held[lineOf{companyID, c}].After(now)
}

// reserve takes the next turn of the channel.
func (p *Pacer) reserve(companyID, channel string) *rate.Reservation {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := place{companyID, channel}
	if p.channels[at] == nil {
		p.forgetQuiet()
		p.channels[at] = rate.NewLimiter(rate.Limit(channelPerSecond*p.speed/MessagesPerSecond), channelAtOnce)
	}
	return p.channels[at].Reserve()
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
