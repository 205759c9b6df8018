package nudge

import (
	"cmp"
	"slices"
)

// Tally counts verdicts: what a run would do. Its size does not grow with the
// number of people. The zero Tally is empty.
type Tally struct {
	Now   int // reminders that are sent at once
	Later int // reminders that are sent later in the run
	Held  int // people who are not reminded in the run

	held map[Reason]int
}

// ReasonCount is how many people are held back for a reason.
type ReasonCount struct {
	Reason Reason
	People int
}

// Add counts a verdict.
func (t *Tally) Add(v Verdict) {
	switch v.Kind {
	case SendNow:
		t.Now++
	case SendLater:
		t.Later++
	default:
		t.hold(v.Reason, 1)
	}
}

// hold counts people held back for a reason.
func (t *Tally) hold(reason Reason, people int) {
	if t.held == nil {
		t.held = map[Reason]int{}
	}
	t.held[reason] += people
	t.Held += people
}

// Sending returns how many reminders the run would send in all.
func (t *Tally) Sending() int {
	return t.Now + t.Later
}

// Reasons returns why people are held back, the most frequent reason first, and
// equally frequent ones in order of precedence. Reasons that nobody is held back
// for are not there.
func (t *Tally) Reasons() []ReasonCount {
	var counts []ReasonCount
	for _, reason := range Reasons() {
		if people := t.held[reason]; people > 0 {
			counts = append(counts, ReasonCount{reason, people})
		}
	}
	slices.SortStableFunc(counts, func(a, b ReasonCount) int { return cmp.Compare(b.People, a.People) })
	return counts
}
