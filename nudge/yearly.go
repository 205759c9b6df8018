package nudge

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// yearly is a recurrence rule that comes every year or every few (RFC 5545,
// section 3.3.10): on a date, on the nth weekday of a month, or on a weekday
// among certain dates, as in "the Tuesday from 2 to 8 November".
type yearly struct {
	interval  int  // years from one to the next
	count     int  // how often in all; 0: for ever
	until     Date // the last day it may come on; zero: for ever
	months    []int
	monthDays []int // negative: from the end of the month
	weekdays  []nthWeekday
}

// nthWeekday is a weekday within a month.
type nthWeekday struct {
	day time.Weekday
	nth int // negative: from the end of the month; 0: each
}

// parseYearly reads the value of an RRULE, or returns why it cannot be followed.
func parseYearly(value string) (yearly, string) {
	const unknown = "it repeats by a rule that is not understood; write its days as events of their own"
	r := yearly{interval: 1}
	freq := ""
	for part := range strings.SplitSeq(strings.ToUpper(strings.TrimSuffix(value, ";")), ";") {
		key, v, _ := strings.Cut(part, "=")
		ok := true
		switch key {
		case "FREQ":
			freq = v
		case "INTERVAL":
			r.interval, ok = number(v, 1, 100)
		case "COUNT":
			r.count, ok = number(v, 1, 10_000)
		case "UNTIL":
			var err error
			r.until, _, err = parseICSDate(v)
			ok = err == nil
		case "BYMONTH":
			r.months, ok = numbers(v, 1, 12)
		case "BYMONTHDAY":
			r.monthDays, ok = numbers(v, -31, 31)
		case "BYDAY":
			r.weekdays, ok = parseWeekdays(v)
		case "WKST": // matters to weekly rules only
		default:
			ok = false
		}
		if !ok {
			return yearly{}, unknown
		}
	}
	if freq != "YEARLY" {
		return yearly{}, "it repeats, but not yearly"
	}
	if len(r.weekdays) > 0 && len(r.months) == 0 {
		return yearly{}, unknown
	}
	return r, ""
}

// number reads a number from least to most.
func number(text string, least, most int) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= least && n <= most
}

// numbers reads a list of numbers from least to most, none of them zero.
func numbers(text string, least, most int) ([]int, bool) {
	var list []int
	for word := range strings.SplitSeq(text, ",") {
		n, ok := number(word, least, most)
		if !ok || n == 0 {
			return nil, false
		}
		list = append(list, n)
	}
	return list, true
}

// parseWeekdays reads a list such as "4TH,-1MO,SU".
func parseWeekdays(text string) ([]nthWeekday, bool) {
	var list []nthWeekday
	for word := range strings.SplitSeq(text, ",") {
		if len(word) < 2 {
			return nil, false
		}
		nth, day := word[:len(word)-2], word[len(word)-2:]
		w := nthWeekday{day: time.Weekday(strings.Index("SUMOTUWETHFRSA", day) / 2)}
		if i := strings.Index("SUMOTUWETHFRSA", day); i < 0 || i%2 != 0 {
			return nil, false
		}
		if nth != "" {
			var ok bool
			if w.nth, ok = number(nth, -5, 5); !ok || w.nth == 0 {
				return nil, false
			}
		}
		list = append(list, w)
	}
	return list, true
}

// starts returns the days on which the event begins, from its first to the last
// one not after until.
func (r yearly) starts(first, until Date) []Date {
	if r.until != (Date{}) && r.until.Compare(until) < 0 {
		until = r.until
	}
	// The first day belongs to the series even where the rule does not lead to it.
	days := []Date{first}
	for year := first.Year; year <= until.Year; year += r.interval {
		for month := time.January; month <= time.December; month++ {
			if !r.comesIn(month, first) {
				continue
			}
			length := daysIn(year, month)
			for day := 1; day <= length; day++ {
				d := Date{year, month, day}
				if r.count > 0 && len(days) >= r.count || d.Compare(until) > 0 {
					return days
				}
				if d.Compare(first) > 0 && r.matches(d, length, first) {
					days = append(days, d)
				}
			}
		}
	}
	return days
}

// comesIn tells whether the rule of an event that began on first leads into the month.
func (r yearly) comesIn(month time.Month, first Date) bool {
	if len(r.months) > 0 {
		return slices.Contains(r.months, int(month))
	}
	return len(r.monthDays) > 0 || month == first.Month
}

// matches tells whether the rule of an event that began on first leads to the
// day of a month with that many days.
func (r yearly) matches(d Date, length int, first Date) bool {
	if len(r.monthDays) == 0 && len(r.weekdays) == 0 {
		return d.Day == first.Day
	}
	fromEnd := d.Day - length - 1
	if len(r.monthDays) > 0 && !slices.Contains(r.monthDays, d.Day) && !slices.Contains(r.monthDays, fromEnd) {
		return false
	}
	return len(r.weekdays) == 0 || slices.ContainsFunc(r.weekdays, func(w nthWeekday) bool {
		return w.day == d.Weekday() && (w.nth == 0 || w.nth == (d.Day+6)/7 || w.nth == (fromEnd-6)/7)
	})
}

// daysIn returns how many days the month has.
func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
