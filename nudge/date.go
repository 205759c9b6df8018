package nudge

import (
	"cmp"
	"fmt"
	"iter"
	"time"
)

// Date is a calendar day, without a time of day and without a zone: a company
// holiday is the same Date for people in Lisbon and in Tokyo, at different
// moments.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf returns the day that the clocks of t's location show at t.
func DateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date{year, month, day}
}

// The years a Date that somebody wrote may lie in. A holiday of another century
// is a slip of the keyboard.
const (
	firstYear = 1900
	lastYear  = 2199
)

// ParseDate reads a date written as 2026-12-25, of the years 1900 to 2199.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil || t.Year() < firstYear || t.Year() > lastYear {
		return Date{}, fmt.Errorf("%q is not a date like 2026-12-25", clip(text, 40))
	}
	return DateOf(t), nil
}

// String writes the date as 2026-12-25.
func (d Date) String() string {
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// AddDays returns the date n days later, or earlier where n is negative.
func (d Date) AddDays(n int) Date {
	return DateOf(d.midnight().AddDate(0, 0, n))
}

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday {
	return d.midnight().Weekday()
}

// Compare returns -1 if d is before other, +1 if it is after it, 0 if they are the same.
func (d Date) Compare(other Date) int {
	return cmp.Or(cmp.Compare(d.Year, other.Year), cmp.Compare(d.Month, other.Month), cmp.Compare(d.Day, other.Day))
}

// midnight is the start of the day in UTC, the zone to calculate with dates in:
// it has no gaps.
func (d Date) midnight() time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}

// Clock is a time of day as clocks show it, in minutes since midnight: 0 for
// 00:00, 1440 for 24:00, the end of the day.
type Clock int

// EndOfDay is 24:00, the latest Clock.
const EndOfDay Clock = 24 * 60

// clockOf returns the time of day that the clocks of t's location show at t.
func clockOf(t time.Time) Clock {
	return Clock(t.Hour()*60 + t.Minute())
}

// String writes the time of day as 09:00.
func (c Clock) String() string {
	return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60)
}

// regime is a stretch of time in which a zone keeps one offset from UTC. It ends
// when the clocks are changed.
type regime struct {
	from, to time.Time // zero: since ever, for ever
	offset   time.Duration
}

// at returns the moment at which clocks with the regime's offset show what the
// clocks in UTC show at wall. It may lie outside the regime.
func (r regime) at(wall time.Time) time.Time {
	return wall.Add(-r.offset)
}

// begins and ends tell whether t lies after the regime's beginning and before its end.
func (r regime) begins(t time.Time) bool { return r.from.IsZero() || !t.Before(r.from) }
func (r regime) ends(t time.Time) bool   { return !r.to.IsZero() && !t.Before(r.to) }

// farthest is more than any zone is from UTC: they go from -12 to +14 hours.
const farthest = 24 * time.Hour

// regimes yields, in order, those that the clocks of zone live through around
// the day d: nearly always one, two when the clocks are changed.
func regimes(d Date, zone *time.Location) iter.Seq[regime] {
	return func(yield func(regime) bool) {
		last := d.midnight().Add(24*time.Hour + farthest)
		for t := d.midnight().Add(-farthest).In(zone); ; {
			from, to := t.ZoneBounds()
			_, seconds := t.Zone()
			if !yield(regime{from, to, time.Duration(seconds) * time.Second}) {
				return
			}
			if to.IsZero() || to.After(last) {
				return
			}
			t = to
		}
	}
}

// moment returns the first moment at which the clocks of zone show the time c of
// the day d. Where they are put forward across it, that is the moment of the
// change; where they show it twice, it is the first of the two.
func moment(d Date, c Clock, zone *time.Location) time.Time {
	wall := d.midnight().Add(time.Duration(c) * time.Minute)
	var t time.Time
	for r := range regimes(d, zone) {
		t = r.at(wall)
		if !r.begins(t) {
			return r.from.UTC()
		}
		if !r.ends(t) {
			break
		}
	}
	return t.UTC()
}

// exists tells whether the day comes in the zone. Samoa had no 30 December 2011.
func exists(d Date, zone *time.Location) bool {
	return DateOf(moment(d, 0, zone).In(zone)) == d
}

// clip shortens what somebody wrote to n characters before it is repeated to them.
func clip(text string, n int) string {
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	return string(runes[:n-1]) + "…"
}
