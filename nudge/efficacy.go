package nudge

import (
	"math"
	"slices"
	"time"
)

// History is what became of the reminders of one person.
type History struct {
	Reminders []time.Time // when they were sent, oldest first
	SignedUp  time.Time   // zero: not yet
}

// Attempt is what the nth reminders of all people have achieved.
type Attempt struct {
	N        int // 1 for the first reminder
	Sent     int // reminders that have had their time to work
	SignedUp int // people who signed up because of it
	Open     int // reminders that may still work, not in Sent
}

// Rate returns which part of the reminders led to a sign-up, from 0 to 1.
func (a Attempt) Rate() float64 {
	if a.Sent == 0 {
		return 0
	}
	return float64(a.SignedUp) / float64(a.Sent)
}

// Credited returns the index of the reminder that a sign-up is credited to: the
// last one before it, if the sign-up came within that time of it. It returns
// false for a person who has not signed up, or did so on their own.
func (h History) Credited(within time.Duration) (int, bool) {
	if h.SignedUp.IsZero() {
		return 0, false
	}
	for i, sent := range slices.Backward(h.Reminders) {
		if !sent.After(h.SignedUp) {
			return i, h.SignedUp.Sub(sent) < within
		}
	}
	return 0, false
}

// Efficacy sums up what reminders achieve, attempt by attempt. A reminder younger
// than Credit may still work, and counts only when its time is over, even if it
// has worked already: counting only the quick successes among the newest ones
// would flatter the rate. See [Efficacy.Settled].
type Efficacy struct {
	// Credit is how long a reminder may take to work. Beyond it, people sign up
	// for reasons of their own. See [DefaultCredit].
	Credit time.Duration

	attempts [MaxCap]Attempt
}

// DefaultCredit is how long after a reminder a sign-up is taken for its doing:
// as long as the usual spacing.
const DefaultCredit = 7 * 24 * time.Hour

// Settled returns the moment before which reminders have had their time at now.
// It is a full hour, so that whoever sums up many reminders needs to know the
// hour of each and no more.
func (e *Efficacy) Settled(now time.Time) time.Time {
	return now.Add(-e.Credit).Truncate(time.Hour)
}

// Add counts the reminders of one person as they stand at now. Reminders beyond
// [MaxCap] are not counted.
func (e *Efficacy) Add(h History, now time.Time) {
	credited, ok := h.Credited(e.Credit)
	settled := e.Settled(now)
	for i, sent := range h.Reminders[:min(len(h.Reminders), MaxCap)] {
		a := &e.attempts[i]
		if !sent.Before(settled) {
			a.Open++
			continue
		}
		a.Sent++
		if ok && i == credited {
			a.SignedUp++
		}
	}
}

// AddAttempt counts what somebody else has summed up by the same rules.
func (e *Efficacy) AddAttempt(a Attempt) {
	if a.N < 1 || a.N > MaxCap {
		return
	}
	sum := &e.attempts[a.N-1]
	sum.Sent += a.Sent
	sum.SignedUp += a.SignedUp
	sum.Open += a.Open
}

// Attempts returns what each attempt has achieved, in their order. An attempt that
// was not made is not there; a first one may be forgotten before the second.
func (e *Efficacy) Attempts() []Attempt {
	var attempts []Attempt
	for i, a := range e.attempts {
		if a.Sent+a.Open == 0 {
			continue
		}
		a.N = i + 1
		attempts = append(attempts, a)
	}
	return attempts
}

// StopRule says when reminders no longer pay.
type StopRule struct {
	Floor  float64 // the least rate of sign-ups for an attempt to be worth its nuisance, from 0 to 1
	Sample int     // the least number of reminders of an attempt to judge by
}

// DefaultStopRule asks for one sign-up in twenty reminders, judged by 50 at least.
func DefaultStopRule() StopRule {
	return StopRule{Floor: 0.05, Sample: 50}
}

// Suggestion is the advice to send fewer reminders.
type Suggestion struct {
	Attempt Attempt // the first one that does not pay
	Cap     int     // the cap to choose instead, Attempt.N - 1; 0: pause reminders
}

// Suggest advises to stop before the first attempt that does not pay, and returns
// false if there is none. An attempt does not pay when even a favourable reading
// of its figures is below the floor: the upper end of the 95 % confidence
// interval (Wilson's, one-sided), for the attempt alone and for it and
// all later ones together. So three sign-ups missing by chance stop nothing, nor
// does a weak second reminder before a strong third.
func (e *Efficacy) Suggest(rule StopRule) (Suggestion, bool) {
	attempts := e.Attempts()
	for i, a := range attempts {
		if a.Sent < max(rule.Sample, 1) || upperRate(a.SignedUp, a.Sent) >= rule.Floor {
			continue
		}
		sent, signedUp := 0, 0
		for _, later := range attempts[i:] {
			sent += later.Sent
			signedUp += later.SignedUp
		}
		if upperRate(signedUp, sent) < rule.Floor {
			return Suggestion{Attempt: a, Cap: a.N - 1}, true
		}
	}
	return Suggestion{}, false
}

// upperRate returns the upper end of Wilson's 95 % interval for a rate of which
// hits in n tries were seen
// (https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval).
func upperRate(hits, n int) float64 {
	const z = 1.6449 // 95 % of a normal distribution lie below it
	tries := float64(n)
	p := float64(hits) / tries
	middle := p + z*z/(2*tries)
	margin := z * math.Sqrt(p*(1-p)/tries+z*z/(4*tries*tries))
	return (middle + margin) / (1 + z*z/tries)
}
