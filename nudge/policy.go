package nudge

import (
	"sync"
	"time"
)

// Person is what the policy looks at to judge about somebody. The zero Person is
// a colleague in the company's zone who was never invited.
type Person struct {
	Zone string // the time zone Slack tells, as "Asia/Kathmandu"; the company's stands in for a missing or unknown one

	Registered  bool // is a member
	Pending     bool // has signed up and waits for an admin's approval
	OptedOut    bool // said "Don't remind me", which is final
	Declined    bool // said "Not for me" to the invitation
	Removed     bool // was removed from the programme, or left it
	Bot         bool // is an app, not a colleague
	Guest       bool // is a guest in the workspace
	Deactivated bool // cannot sign in to Slack any more
	Unreachable bool // Slack refuses to deliver a direct message to them

	Invited   time.Time // when the last invitation was sent; zero: never
	Reminders int       // how many reminders they got that count towards the cap
	Reminded  time.Time // when they got the last one; zero: never
	Snoozed   time.Time // until when they asked not to be reminded; zero: they did not
	Away      []Absence // do-not-disturb and out-of-office, now and to come, in any order
}

// Absence is a stretch of time in which somebody is not to be disturbed.
type Absence struct {
	From  time.Time // zero: already
	Until time.Time // zero: nobody knows
}

// covers tells whether t lies within the absence.
func (a Absence) covers(t time.Time) bool {
	return !t.Before(a.From) && (a.Until.IsZero() || t.Before(a.Until))
}

// Kind is the essence of a Verdict.
type Kind string

// The kinds of verdicts.
const (
	SendNow   Kind = "now"   // at the moment that was asked about
	SendLater Kind = "later" // at a later moment that still belongs to the run
	Hold      Kind = "hold"  // not in this run
)

// Verdict is the answer of a Policy for one person and one moment.
type Verdict struct {
	Kind Kind

	// At is the moment to send at: the one asked about for SendNow, the later one
	// for SendLater. For Hold it is the first moment at which the person could be
	// reminded as things stand, zero if that takes more than time. It is in UTC.
	At time.Time

	// Reason says why not now. It is empty for SendNow.
	Reason Reason
}

// Reason is the code of why somebody is not reminded now. Codes are kept in the
// database and counted in metrics: they never change.
type Reason string

// The reasons, in their order of precedence. The upper ones last until somebody
// does something; the first that applies is given, so that the answer names what
// will not change before what might. The lower ones pass with time; of these the
// one that lasts longest is given, because nothing changes for the person before
// its end, and of two that end together the upper one.
const (
	Registered  Reason = "registered"       // is a member already
	Bot         Reason = "bot"              // is no person
	Deactivated Reason = "deactivated"      // has left Slack
	OptedOut    Reason = "opted_out"        // wants no reminders
	Removed     Reason = "removed"          // is out of the programme
	Declined    Reason = "declined"         // does not want to take part
	Guest       Reason = "guest"            // guests do not take part
	Pending     Reason = "pending_approval" // it is an admin's turn
	NotInvited  Reason = "never_invited"    // and the company reminds only people it has invited
	AtCap       Reason = "at_cap"           // got as many reminders as anybody gets
	Unreachable Reason = "dm_impossible"    // Slack refuses direct messages to them

	Snoozed      Reason = "snoozed"       // asked to be reminded later
	TooSoon      Reason = "too_soon"      // after the last reminder, or after the invitation
	Away         Reason = "away"          // do-not-disturb, or out of office
	DayOff       Reason = "day_off"       // weekend or company holiday where they are
	OutsideHours Reason = "outside_hours" // before or after working hours where they are
)

// Reasons returns every reason in order of precedence.
func Reasons() []Reason {
	return []Reason{
		Registered, Bot, Deactivated, OptedOut, Removed, Declined, Guest, Pending, NotInvited, AtCap, Unreachable,
		Snoozed, TooSoon, Away, DayOff, OutsideHours,
	}
}

// Policy judges by the settings of one company; [New] makes it. It may be used
// by several goroutines at once.
type Policy struct {
	settings Settings
	company  *time.Location
	weekend  [7]bool
	holidays map[Date]bool

	mu    sync.Mutex
	zones map[string]*time.Location // by the name that people have; the company's for unknown names

	lastRun, lastEnds time.Time // what Ends was asked last: a run asks for everybody in it
}

// Judge says whether the person is to be reminded at the moment, later in the
// run that begins at it, or not in this run.
//
// Spacing and the days after the invitation count days of the calendar, not
// hours: who was reminded on a Tuesday may be reminded from the first hour of
// the next Tuesday, seven days on. A weekly run that took a few minutes longer to
// reach them last time would pass them over otherwise.
//
// A verdict holds for what is known now. Whoever sends later judges again then,
// because people snooze, sign up and move in the meantime, and gives up where
// the new moment is after the end of the run ([Policy.Ends]).
func (p *Policy) Judge(who Person, at time.Time) Verdict {
	at = at.Round(0).UTC()
	if reason := p.standing(who); reason != "" {
		return Verdict{Kind: Hold, Reason: reason}
	}
	zone := p.zone(who.Zone)
	soonest := p.soonest(who, zone)
	reason := p.passing(who, zone, soonest, at)
	if reason == "" {
		return Verdict{Kind: SendNow, At: at}
	}
	next, ok := p.free(who, zone, latest(at, soonest, who.Snoozed))
	switch {
	case !ok:
		return Verdict{Kind: Hold, Reason: reason}
	case next.Sub(at) > runLeast && next.After(p.Ends(at)):
		return Verdict{Kind: Hold, At: next, Reason: reason}
	default:
		return Verdict{Kind: SendLater, At: next, Reason: reason}
	}
}

// How long after its moment a run may still send what has to wait.
const (
	runLeast = 24 * time.Hour
	runMost  = 7 * 24 * time.Hour
)

// The hours by which zones are ahead of UTC: Baker Island and Kiribati are the extremes.
const (
	westernmost = -12
	easternmost = 14
)

// Ends returns the moment after which a run that began at the given one sends
// nothing more. A run lasts for a day, and for as long as it takes until every
// zone of the world has had a working day: else one of Friday morning in Lisbon
// would never reach Tokyo, and one on the first of the month, which is a Sunday
// now and then, nobody. It ends after seven days in any case, also when the
// company's holidays are longer.
func (p *Policy) Ends(run time.Time) time.Time {
	run = run.Round(0).UTC()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lastEnds.IsZero() || !p.lastRun.Equal(run) {
		p.lastRun, p.lastEnds = run, p.ends(run)
	}
	return p.lastEnds
}

func (p *Policy) ends(run time.Time) time.Time {
	ends := run.Add(runLeast)
	for hours := westernmost; hours <= easternmost; hours++ {
		zone := time.FixedZone("", hours*60*60)
		if opens, ok := p.free(Person{}, zone, run); ok {
			ends = latest(ends, moment(DateOf(opens.In(zone)), p.settings.To, zone))
		}
	}
	if most := run.Add(runMost); ends.After(most) {
		return most
	}
	return ends
}

// Free returns the first moment from at on, in UTC, that lies in the working
// hours of one of the person's working days and outside their absences, whatever
// else there is to say about reminding them. It returns false if nobody knows when
// that is.
func (p *Policy) Free(who Person, at time.Time) (time.Time, bool) {
	return p.free(who, p.zone(who.Zone), at.Round(0).UTC())
}

// Spares returns why somebody is left out at the moment when many people are
// invited at once: [AtCap], [Snoozed] or [TooSoon] after the last reminder. It is
// empty for everybody else, and judges nothing else.
func (p *Policy) Spares(who Person, at time.Time) Reason {
	reminded := p.soonest(Person{Reminded: who.Reminded}, p.zone(who.Zone))
	switch {
	case who.Reminders >= p.settings.Cap:
		return AtCap
	case who.Snoozed.After(at):
		return Snoozed
	case reminded.After(at):
		return TooSoon
	}
	return ""
}

// FreeToInvite returns the first moment from at on, in UTC, at which an invitation
// that many people get may reach the person: they are [Policy.Free], and neither
// [Snoozed] nor [TooSoon] after the last reminder. It returns false if nobody knows
// when that is, or never, because they are [AtCap].
func (p *Policy) FreeToInvite(who Person, at time.Time) (time.Time, bool) {
	if who.Reminders >= p.settings.Cap {
		return time.Time{}, false
	}
	zone := p.zone(who.Zone)
	reminded := p.soonest(Person{Reminded: who.Reminded}, zone)
	return p.free(who, zone, latest(at.Round(0).UTC(), reminded, who.Snoozed))
}

// standing returns the first reason that lasts until somebody does something.
func (p *Policy) standing(who Person) Reason {
	switch {
	case who.Registered:
		return Registered
	case who.Bot:
		return Bot
	case who.Deactivated:
		return Deactivated
	case who.OptedOut:
		return OptedOut
	case who.Removed:
		return Removed
	case who.Declined:
		return Declined
	case who.Guest:
		return Guest
	case who.Pending:
		return Pending
	case who.Invited.IsZero() && !p.settings.Everyone:
		return NotInvited
	case who.Reminders >= p.settings.Cap:
		return AtCap
	case who.Unreachable:
		return Unreachable
	}
	return ""
}

// passing returns, of the reasons that hold at the moment and pass with time,
// the one that lasts longest.
func (p *Policy) passing(who Person, zone *time.Location, soonest, at time.Time) Reason {
	var reason Reason
	var until time.Time
	consider := func(r Reason, end time.Time) {
		if end.After(at) && end.After(until) {
			reason, until = r, end
		}
	}
	consider(Snoozed, who.Snoozed)
	consider(TooSoon, soonest)
	back, ok := who.back(at)
	if !ok {
		return Away
	}
	consider(Away, back)
	today := DateOf(at.In(zone))
	if p.dayOff(today) {
		day := today
		for n := 0; p.dayOff(day) && n < horizon; n++ {
			day = day.AddDays(1)
		}
		consider(DayOff, moment(day, 0, zone))
	}
	for n := range 7 {
		if opens, ok := p.opens(today.AddDays(n), zone, at); ok {
			consider(OutsideHours, opens)
			break
		}
	}
	return reason
}

// soonest returns the moment from which the spacing and the wait after the
// invitation allow a reminder: the first one of a day of the person's calendar.
func (p *Policy) soonest(who Person, zone *time.Location) time.Time {
	var soonest time.Time
	for _, since := range []struct {
		t    time.Time
		days int
	}{{who.Invited, p.settings.FirstAfter}, {who.Reminded, p.settings.Spacing}} {
		if !since.t.IsZero() && since.days > 0 {
			soonest = latest(soonest, moment(DateOf(since.t.In(zone)).AddDays(since.days), 0, zone))
		}
	}
	return soonest
}

// horizon is how many days ahead a free moment is looked for. Beyond it, a
// calendar in which every day is a holiday would be searched for ever.
const horizon = 2 * MaxDays

// free returns the first moment from t on that lies in the working hours of a
// working day and outside the person's absences. It returns false if there is
// none within the horizon, or if nobody knows when the person will be back.
func (p *Policy) free(who Person, zone *time.Location, t time.Time) (time.Time, bool) {
	day := DateOf(t.In(zone))
	for range horizon {
		for !p.dayOff(day) {
			opens, ok := p.opens(day, zone, t)
			if !ok {
				break
			}
			back, ok := who.back(opens)
			if !ok {
				return time.Time{}, false
			}
			if back.Equal(opens) {
				return opens.UTC(), true
			}
			t = back
		}
		day = day.AddDays(1)
		if today := DateOf(t.In(zone)); today.Compare(day) > 0 {
			day = today
		}
	}
	return time.Time{}, false
}

// back returns the first moment from t on at which the person is not away, and
// false if nobody knows it.
func (w Person) back(t time.Time) (time.Time, bool) {
	// Each absence moves t at most once, whatever their order.
	for range w.Away {
		before := t
		for _, a := range w.Away {
			if !a.covers(t) {
				continue
			}
			if a.Until.IsZero() {
				return time.Time{}, false
			}
			t = a.Until
		}
		if t.Equal(before) {
			break
		}
	}
	return t, true
}

// dayOff tells whether the day is a weekend's or a holiday.
func (p *Policy) dayOff(d Date) bool {
	return p.weekend[d.Weekday()] || p.holidays[d]
}

// opens returns the first moment from notBefore on at which the clocks of zone
// show the day d and working hours. It returns false if there is none, because
// the hours are over or the clocks are put forward across them.
func (p *Policy) opens(d Date, zone *time.Location, notBefore time.Time) (time.Time, bool) {
	from := d.midnight().Add(time.Duration(p.settings.From) * time.Minute)
	to := d.midnight().Add(time.Duration(p.settings.To) * time.Minute)
	for r := range regimes(d, zone) {
		opens := latest(r.at(from), r.from, notBefore)
		if opens.Before(r.at(to)) && !r.ends(opens) {
			return opens, true
		}
	}
	return time.Time{}, false
}

// maxZones is how many names of zones a Policy remembers; the database of time
// zones has about 600. Whatever is beyond is looked up each time.
const maxZones = 1000

// zone returns the time zone of that name, the company's if it is missing or unknown.
func (p *Policy) zone(name string) *time.Location {
	p.mu.Lock()
	defer p.mu.Unlock()
	if zone, ok := p.zones[name]; ok {
		return zone
	}
	zone, known := location(name)
	if !known {
		zone = p.company
	}
	if len(p.zones) < maxZones {
		p.zones[name] = zone
	}
	return zone
}

// latest returns the latest of the moments.
func latest(t time.Time, others ...time.Time) time.Time {
	for _, o := range others {
		if o.After(t) {
			t = o
		}
	}
	return t
}
