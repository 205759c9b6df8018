package nudge

import (
	"container/heap"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// year is a company whose reminders are lived through, a quarter of an hour at a
// time. It does what the program around the policy does: it looks at the
// schedule, judges everybody when a run begins, keeps those that are to be sent
// later, and judges again before it sends.
type year struct {
	t        *testing.T
	r        *rand.Rand
	now      time.Time
	settings Settings
	policy   *Policy
	schedule Schedule
	progress Progress
	people   []*colleague
	waiting  later
	runs     int
	skipped  map[SkipReason]int
	tally    Tally
}

// colleague is a person with their past.
type colleague struct {
	Person

	past History
}

// planned is a reminder that is to be sent later in its run.
type planned struct {
	at, until time.Time
	who       *colleague
}

// later is a heap of planned reminders, the soonest first.
type later []planned

func (l later) Len() int           { return len(l) }
func (l later) Less(i, j int) bool { return l[i].at.Before(l[j].at) }
func (l later) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }
func (l *later) Push(p any)        { *l = append(*l, p.(planned)) }
func (l *later) Pop() any {
	last := (*l)[len(*l)-1]
	*l = (*l)[:len(*l)-1]
	return last
}

// TestYear lives through a year of a company with colleagues all over the world
// who sign up, snooze, refuse, travel and go on holiday, with a schedule that is
// paused now and then and a process that is down for hours or days.
func TestYear(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{"0 10 * * TUE", "0 10 * * MON#1", "0 16 * * FRI every 2 weeks from 2026-01-02", "30 9 * * *"} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			y := newYear(t, expression)
			y.live()
			y.review()
		})
	}
}

// newYear begins a year with 150 colleagues.
func newYear(t *testing.T, expression string) *year {
	t.Helper()
	y := &year{t: t, r: random(t), now: at(t, "2026-01-01 00:00 UTC"), skipped: map[SkipReason]int{}}
	y.settings = DefaultSettings("Europe/Lisbon")
	y.settings.Everyone = chance(y.r, 50)
	for range 12 {
		y.settings.Holidays = append(y.settings.Holidays, Date{2026, time.Month(1 + y.r.IntN(12)), 1 + y.r.IntN(28)})
	}
	y.policy = lisbon(t, func(s *Settings) { *s = y.settings })
	y.schedule = schedule(t, expression, "Europe/Lisbon")
	y.progress.Seen = y.now
	for range 150 {
		who := &colleague{Person: Person{Zone: pick(y.r, zones()), Bot: chance(y.r, 2), Guest: chance(y.r, 3), Unreachable: chance(y.r, 2)}}
		if chance(y.r, 70) {
			who.Invited = y.now.AddDate(0, 0, y.r.IntN(300))
		}
		y.people = append(y.people, who)
	}
	return y
}

// live goes through the year.
func (y *year) live() {
	y.t.Helper()
	down := time.Time{}
	for end := y.now.AddDate(1, 0, 0); y.now.Before(end); y.now = y.now.Add(15 * time.Minute) {
		for range len(y.people) / 50 {
			y.happen(pick(y.r, y.people))
		}
		if y.r.IntN(3000) == 0 {
			down = y.now.Add(time.Duration(y.r.IntN(40)) * time.Hour)
		}
		if y.r.IntN(3000) == 0 {
			y.progress.Paused = true
		} else if y.r.IntN(500) == 0 {
			y.progress.Paused = false
		}
		if y.now.Before(down) {
			continue
		}
		y.run()
		y.send()
	}
}

// happen lets something happen to a person, most of the time nothing.
func (y *year) happen(who *colleague) {
	switch n := y.r.IntN(40_000); {
	case n < 4:
		who.OptedOut = true
	case n < 6:
		who.Declined = true
	case n < 8:
		who.Removed = true
	case n < 9:
		who.Deactivated = true
	case n < 11:
		who.Pending = !who.Pending
	case n < 40:
		who.Snoozed = y.now.AddDate(0, 0, 7)
	case n < 80:
		who.Zone = pick(y.r, zones())
	case n < 130:
		if who.Reminders > 0 && !who.Registered {
			who.Registered, who.past.SignedUp = true, y.now
		}
	case n < 140:
		from := y.now.Add(time.Duration(y.r.IntN(100)) * time.Hour)
		who.Away = []Absence{{from, from.Add(time.Duration(y.r.IntN(300)) * time.Hour)}}
	case n < 145:
		who.Away = []Absence{{}}
	case n < 160:
		who.Away = nil
	}
}

// run begins a run when one is due.
func (y *year) run() {
	y.progress.Busy = len(y.waiting) > 0
	due := y.schedule.Due(y.progress, y.now, DefaultGrace)
	y.progress.Seen = due.Seen
	for _, skip := range due.Skipped {
		y.skipped[skip.Reason]++
	}
	if due.Run.IsZero() {
		return
	}
	if y.now.Sub(due.Run) > DefaultGrace {
		y.t.Fatalf("the run of %s began at %s", due.Run, y.now)
	}
	y.runs++
	for _, who := range y.people {
		v := y.policy.Judge(who.Person, y.now)
		y.tally.Add(v)
		if v.Kind != Hold {
			heap.Push(&y.waiting, planned{v.At, y.policy.Ends(y.now), who})
		}
	}
}

// send sends what is due, if it still may be sent.
func (y *year) send() {
	y.t.Helper()
	for len(y.waiting) > 0 && !y.waiting[0].at.After(y.now) {
		p, _ := heap.Pop(&y.waiting).(planned)
		v := y.policy.Judge(p.who.Person, y.now)
		if v.Kind == SendLater && !v.At.After(p.until) {
			p.at = v.At
			heap.Push(&y.waiting, p)
		}
		if v.Kind != SendNow || y.now.After(p.until) {
			continue
		}
		if holds := blocks(y.settings, p.who.Person, zoneOf(y.t, y.settings, p.who.Person), y.now); len(holds) > 0 {
			y.t.Fatalf("sent at %s in spite of %v: %+v", y.now, holds, p.who.Person)
		}
		p.who.Reminders++
		p.who.Reminded = y.now
		p.who.past.Reminders = append(p.who.past.Reminders, y.now)
	}
}

// review looks back: nobody got too many reminders, or two in a short time,
// wherever they went in between, and most people got some.
func (y *year) review() {
	y.t.Helper()
	sent, reached := 0, 0
	efficacy := Efficacy{Credit: DefaultCredit}
	for _, who := range y.people {
		reminders := who.past.Reminders
		sent += len(reminders)
		reached += min(len(reminders), 1)
		efficacy.Add(who.past, y.now)
		if len(reminders) > y.settings.Cap {
			y.t.Errorf("%d reminders for one person", len(reminders))
		}
		for i := 1; i < len(reminders); i++ {
			// Seven days of the calendar are more than six days, less an hour where the clocks change.
			if gap := reminders[i].Sub(reminders[i-1]); gap <= 6*24*time.Hour-2*time.Hour {
				y.t.Errorf("two reminders within %s: %+v", gap, who)
			}
		}
		if !slices.IsSortedFunc(reminders, time.Time.Compare) {
			y.t.Error("reminders are out of order")
		}
	}
	y.t.Logf("%d runs, %v skipped, %d reminders to %d of %d people, held back: %v, %v", y.runs, y.skipped, sent, reached, len(y.people), y.tally.Reasons(), efficacy.Attempts())
	if reached == 0 {
		y.t.Error("nobody was reminded in a whole year")
	}
	planned := 0
	for run := y.schedule.Next(at(y.t, "2026-01-01 00:00 UTC")); !run.After(y.progress.Seen); run = y.schedule.Next(run) {
		planned++
	}
	for _, n := range y.skipped {
		planned -= n
	}
	if planned != y.runs {
		y.t.Errorf("%d runs took place, but %d were planned and not skipped", y.runs, planned)
	}
}
