package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
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
	// tier2PerSecond and tier3PerSecond are how often a method of these tiers may be called: 20 and 50 times a minute, and more in short
	// bursts.
	tier2PerSecond = 20.0 / 60
	tier3PerSecond = 50.0 / 60

	// promptLead is how many places a Prompt goes before its own: a request goes to all who decide it.
	promptLead = 7
	// messageCredit is for how long messages that did not go may be caught up, callCredit likewise for other calls.
	messageCredit = time.Second
	callCredit    = 5 * time.Second
	// channelAtOnce is how many messages one channel takes at once, for example a welcome and two cards.
	channelAtOnce = 3
	// channelLines is how many lines there are for a workspace's channels: so their rows stay few and name nobody. Two busy channels that
	// share one are slower than they would have to be, and no more than that.
	channelLines = 1024

	// turnPatience is the longest wait for a turn, and jobPatience that of a job, whose worker has others to serve: whoever would wait
	// longer comes back later.
	turnPatience = time.Minute
	jobPatience  = 2 * time.Second

	// lettersAtOnce is how many emails of a company are handed over at a time: a mail server that is slow is slow for all companies, but
	// the many letters of one do not keep those of another waiting. The others come back at a pace.
	lettersAtOnce    = 2
	lettersPerSecond = 5
)

// Urgency says who goes first.
type Urgency int

// The urgencies. However much of the second waits, the first hardly does.
const (
	Prompt Urgency = iota // somebody waits for it
	Bulk                  // it goes to many people, to each but one
)

// A Call is a kind of Web API call that Slack limits.
type Call string

// The calls. Each has a limit of its own: what is changed or deleted takes nothing from what is sent.
const (
	Posting  Call = "post"     // chat.postMessage
	Changing Call = "update"   // chat.update
	Deleting Call = "delete"   // chat.delete
	Looking  Call = "look for" // conversations.open and conversations.history
	Listing  Call = "list"     // users.list
	Asking   Call = "ask"      // dnd.teamInfo
)

// letters is the line of emails, of which Slack knows nothing.
const letters Call = "letter"

// A Pacer keeps Herald's messages within Slack's limits, for each workspace alone. All processes that share a database share the pace:
// each takes its place in a line that stands there. It is safe for concurrent use.
type Pacer struct {
	store *store.Store
	speed float64 // messages a second
	haste float64 // by how many times the tiers of other calls are exceeded
	now   func() time.Time

	mu      sync.Mutex
	held    map[lineOf]time.Time     // until when Slack wants nothing, as far as this process was told
	away    map[lineOf]*rate.Limiter // when the next job that was sent away is to come back
	letters map[string]int           // by company id: emails that are being handed over
}

type lineOf struct {
	companyID string
	call      Call
}

// NewPacer returns a Pacer; 0 messages a second: MessagesPerSecond. Other calls keep to the tiers of their methods, whatever the pace of
// messages is. The processes' clocks must agree to within a second.
func NewPacer(s *store.Store, messagesPerSecond float64, now func() time.Time) *Pacer {
	return &Pacer{
		store: s, speed: cmp.Or(messagesPerSecond, MessagesPerSecond), haste: 1, now: now,
		held: map[lineOf]time.Time{}, away: map[lineOf]*rate.Limiter{}, letters: map[string]int{},
	}
}

// Hurry makes calls other than messages so many times faster than their tiers allow, for a stand-in of Slack that has no tiers. It is called
// before the first call.
func (p *Pacer) Hurry(times float64) { p.haste = times }

// PerSecond is how many messages go to a workspace in a second.
func (p *Pacer) PerSecond() float64 { return p.speed }

// Wait returns when it is the turn of a message to a channel of the company's workspace; a Slack user stands for their direct messages.
// A *LaterError says that the turn comes too late to wait for it; then none is taken. A job waits for two seconds at most, so that its
// worker serves another company: of thousands that a company leaves at once, all but the first few are sent away, one after the other,
// with times to come back at which it can be their turn. So they are not tried again and again, and the jobs of others, which
// are due before then, come between.
//
// What is Prompt is kept to the pace of its channel, too: cards of many requests go to the same few people. What is Bulk takes no place
// there, since there is but one for each person.
func (p *Pacer) Wait(ctx context.Context, companyID, channel string, u Urgency) error {
	line := p.pace(ctx, companyID, Posting, u)
	if u == Bulk {
		return p.wait(ctx, Posting, line)
	}
	of := line
	of.What = fmt.Sprintf("channel %d", crc32.ChecksumIEEE([]byte(channel))%channelLines)
	of.Lead, of.Credit = 0, (channelAtOnce-1)*of.Interval
	return p.wait(ctx, Posting, of, line)
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
	return p.wait(ctx, c, p.pace(ctx, companyID, c, u))
}

// CallNow is WaitToCall for a call that is made at once or not at all.
func (p *Pacer) CallNow(ctx context.Context, companyID string, c Call) error {
	line := p.pace(ctx, companyID, c, Bulk)
	line.Patience = 0
	at, full, err := p.store.ReserveSlot(ctx, line)
	if err == nil && full != nil {
		err = &LaterError{Wait: at.Sub(p.now())}
	}
	return err
}

// Soon returns nil if WaitToCall would find a place, and else its error. It takes no place, so another one may come first.
func (p *Pacer) Soon(ctx context.Context, companyID string, c Call, u Urgency) error {
	line := p.pace(ctx, companyID, c, u)
	at, ok, err := p.store.PeekSlot(ctx, line)
	if err != nil || ok {
		return err
	}
	wait := at.Sub(p.now())
	if isJob(ctx) {
		wait += p.sentAway(line)
	}
	return &LaterError{Wait: wait}
}

// wait takes a place in all of the lines or in none, and waits for it; the last one is that of the company's calls.
func (p *Pacer) wait(ctx context.Context, c Call, lines ...store.Pace) error {
	for {
		at, full, err := p.store.ReserveSlot(ctx, lines...)
		if err != nil {
			return err
		}
		wait := at.Sub(p.now())
		if full != nil {
			if isJob(ctx) {
				wait += p.sentAway(*full)
			}
			return &LaterError{Wait: wait}
		}
		if err := waitPatiently(ctx, wait); err != nil {
			return err
		}
		lines = lines[len(lines)-1:]
		if !p.heldNow(lines[0].CompanyID, c) { // Slack may have said so to somebody else meanwhile
			return nil
		}
	}
}

// sentAway is how much longer a job stays away than until the next place in the line.
func (p *Pacer) sentAway(line store.Pace) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lineUp(lineOf{line.CompanyID, Call(line.What)}, rate.Every(line.Interval))
}

// pace is how fast a company's calls follow each other.
func (p *Pacer) pace(ctx context.Context, companyID string, c Call, u Urgency) store.Pace {
	perSecond, credit := p.speed, messageCredit
	switch c {
	case Posting:
	case Listing, Asking:
		perSecond, credit = tier2PerSecond*p.haste, callCredit
	default:
		perSecond, credit = tier3PerSecond*p.haste, callCredit
	}
	pace := store.Pace{
		CompanyID: companyID, What: string(c), Interval: time.Duration(float64(time.Second) / perSecond), Credit: credit,
		Patience: patience(ctx),
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
