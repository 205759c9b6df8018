package nudge

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// The reader below knows of iCalendar what calendars of holidays consist of:
// events of whole days, one by one or yearly. There are libraries that read all
// of it (github.com/emersion/go-ical, github.com/arran4/golang-ical), but they
// tell no line numbers, set no limits to what a stranger uploads, and leave
// repeating events to another library (github.com/teambition/rrule-go) whose
// last release is of 2023. What a company wants to know of its calendar fits
// into two files without them.

// property is one content line of an iCalendar file: NAME;PARAM=VALUE:value.
type property struct {
	line  int // where it begins
	name  string
	value string
}

// event is a VEVENT.
type event struct {
	line  int // of its BEGIN
	props []property
}

// maxRules is how many repeating events are followed. A country has some thirty.
const maxRules = 500

// maxEventProperties is how many properties of one event are looked at.
const maxEventProperties = 200

// readICS reads an iCalendar file.
func (c *calendar) readICS(text string) {
	var open []property // the components that have begun
	var current event
	calendars := 0
	for p := range c.contentLines(text) {
		within := ""
		if len(open) > 0 {
			within = strings.ToUpper(open[len(open)-1].value)
		}
		switch {
		case p.name == "BEGIN":
			if len(open) == 0 {
				calendars++
				if !strings.EqualFold(p.value, "VCALENDAR") {
					c.fail(p.line, "the file does not begin with BEGIN:VCALENDAR")
					return
				}
			}
			if len(open) > 8 {
				c.fail(p.line, "too many BEGINs without END")
				return
			}
			open = append(open, p)
			if strings.EqualFold(p.value, "VEVENT") {
				current = event{line: p.line}
			}
		case p.name == "END":
			if !strings.EqualFold(p.value, within) || within == "" {
				c.fail(p.line, "END:%s does not match the BEGIN before it", clip(p.value, 40))
				return
			}
			open = open[:len(open)-1]
			if within == "VEVENT" {
				c.addEvent(current)
			}
		case within == "":
			c.fail(p.line, "this stands outside the calendar")
			return
		case within == "VEVENT" && len(current.props) < maxEventProperties:
			current.props = append(current.props, p)
		}
	}
	if len(open) > 0 {
		p := open[len(open)-1]
		c.fail(p.line, "END:%s is missing: the file is cut short", clip(p.value, 40))
	}
}

// contentLines yields the content lines of the file, put together again where
// they are folded (RFC 5545, section 3.1).
func (c *calendar) contentLines(text string) func(yield func(property) bool) {
	return func(yield func(property) bool) {
		var unfolded strings.Builder
		begin, n := 0, 0
		flush := func() bool {
			if unfolded.Len() == 0 {
				return true
			}
			p, ok := parseProperty(unfolded.String())
			unfolded.Reset()
			p.line = begin
			if !ok {
				c.fail(begin, "this is no line of a calendar, such as DTSTART;VALUE=DATE:20261225")
				return true
			}
			return yield(p)
		}
		for line := range strings.Lines(text) {
			n++
			line = strings.TrimRight(line, "\r\n")
			if line != "" && (line[0] == ' ' || line[0] == '\t') && unfolded.Len() > 0 {
				unfolded.WriteString(line[1:])
				continue
			}
			if !flush() {
				return
			}
			begin = n
			if strings.TrimSpace(line) != "" {
				unfolded.WriteString(line)
			}
		}
		flush()
	}
}

// parseProperty splits a content line. Of the parameters nothing is needed: a
// value of eight digits is a date whatever they say.
func parseProperty(line string) (property, bool) {
	quoted := false
	colon := strings.IndexFunc(line, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ':' && !quoted
	})
	if colon < 1 {
		return property{}, false
	}
	name, _, _ := strings.Cut(line[:colon], ";")
	for _, r := range name {
		if (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return property{}, false
		}
	}
	return property{name: strings.ToUpper(name), value: strings.TrimSpace(line[colon+1:])}, name != ""
}

// get returns the event's first property of that name.
func (e event) get(name string) (property, bool) {
	i := slices.IndexFunc(e.props, func(p property) bool { return p.name == name })
	if i < 0 {
		return property{}, false
	}
	return e.props[i], true
}

// addEvent takes the days of an event, or leaves it out.
func (c *calendar) addEvent(e event) {
	start, ok := e.get("DTSTART")
	if !ok {
		c.fail(e.line, "this event has no DTSTART")
		return
	}
	first, whole, err := parseICSDate(start.value)
	if err != nil {
		c.fail(start.line, "%s", err)
		return
	}
	if status, _ := e.get("STATUS"); strings.EqualFold(status.value, "CANCELLED") {
		c.leaveOut(e.line, "it is cancelled")
		return
	}
	for _, name := range []string{"RECURRENCE-ID", "RDATE"} {
		if p, ok := e.get(name); ok {
			c.leaveOut(p.line, "it changes single days of another event (%s); write those as events of their own", name)
			return
		}
	}
	days, ok := c.length(e, first, whole)
	if !ok {
		return
	}
	starts := []Date{first}
	if rule, ok := e.get("RRULE"); ok && rule.value != "" {
		c.rules++
		r, reason := parseYearly(rule.value)
		if c.rules > maxRules {
			reason = "there are too many repeating events"
		}
		if reason != "" {
			c.leaveOut(rule.line, "%s", reason)
			return
		}
		starts = r.starts(first, c.until)
	}
	except, ok := c.exceptions(e)
	if !ok {
		return
	}
	summary, _ := e.get("SUMMARY")
	for _, d := range starts {
		if !except[d] {
			c.add(d, d.AddDays(days-1), plainText(summary.value))
		}
	}
}

// length returns how many days the event lasts. It returns false after it has
// left out an event that does not last whole days, or failed for one whose end
// cannot be read.
func (c *calendar) length(e event, first Date, whole bool) (int, bool) {
	last := first
	end, hasEnd := e.get("DTEND")
	duration, hasDuration := e.get("DURATION")
	switch {
	case hasEnd:
		after, wholeEnd, err := parseICSDate(end.value)
		if err != nil {
			c.fail(end.line, "%s", err)
			return 0, false
		}
		whole = whole && wholeEnd
		// The end is the day after the last. Some calendars give the last itself.
		if after.Compare(first) != 0 {
			last = after.AddDays(-1)
		}
	case hasDuration:
		unit := 1
		value, ok := strings.CutPrefix(strings.ToUpper(duration.value), "P")
		if v, weeks := strings.CutSuffix(value, "W"); weeks {
			value, unit = v, 7
		} else if v, days := strings.CutSuffix(value, "D"); days {
			value = v
		} else {
			ok = false
		}
		n, err := strconv.Atoi(value)
		if !ok || err != nil || n < 1 || n > maxHolidayDays {
			whole = false
			break
		}
		last = first.AddDays(n*unit - 1)
	}
	if !whole {
		c.leaveOut(e.line, "it lasts only part of a day")
		return 0, false
	}
	if reason := checkLength(first, last); reason != "" {
		c.leaveOut(e.line, "%s", reason)
		return 0, false
	}
	return int(last.midnight().Sub(first.midnight())/(24*time.Hour)) + 1, true
}

// exceptions returns the days that EXDATE takes out of a yearly event.
func (c *calendar) exceptions(e event) (map[Date]bool, bool) {
	days := map[Date]bool{}
	for _, p := range e.props {
		if p.name != "EXDATE" {
			continue
		}
		for value := range strings.SplitSeq(p.value, ",") {
			d, _, err := parseICSDate(value)
			if err != nil {
				c.fail(p.line, "%s", err)
				return nil, false
			}
			days[d] = true
		}
	}
	return days, true
}

// parseICSDate reads 20261225, or 20261225T000000 as Outlook writes whole days.
// It returns false for a time of day other than midnight on the spot.
func parseICSDate(value string) (d Date, whole bool, err error) {
	date, clock, timed := strings.Cut(value, "T")
	if len(date) == len("20261225") {
		date = date[:4] + "-" + date[4:6] + "-" + date[6:]
	}
	d, err = ParseDate(date)
	return d, !timed || clock == "000000", err
}

// plainText undoes the escapes of a text value (RFC 5545, section 3.3.11), with
// spaces for line breaks.
func plainText(value string) string {
	return strings.TrimSpace(strings.NewReplacer(`\\`, `\`, `\n`, " ", `\N`, " ", `\,`, ",", `\;`, ";").Replace(value))
}
