package nudge

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Holiday is a day on which a company reminds nobody.
type Holiday struct {
	Date Date
	Name string // as the company calls it, at most 80 characters; may be empty
}

// Holidays are what [ReadHolidays] found in a file.
type Holidays struct {
	Days    []Holiday    // in order, each date once
	LeftOut []*LineError // entries that are no holidays, such as a meeting, or that follow a rule Herald does not know; in order, at most 100
}

// LineError says what is wrong at a line of a file, in words for the person who
// wrote or uploaded it.
type LineError struct {
	Line   int // from 1
	Reason string
}

// Error names the line and the reason.
func (e *LineError) Error() string {
	return fmt.Sprintf("line %d: %s", e.Line, e.Reason)
}

// Limits of a file of holidays. The calendars that countries and vendors publish
// have fewer than 500 entries and 300 KB.
const (
	MaxHolidays    = 1000    // days in one company's calendar
	MaxHolidayFile = 1 << 20 // bytes

	maxHolidayName = 80  // characters
	maxHolidayDays = 62  // of one entry: the longest company holidays, with room
	maxLineErrors  = 10  // told at once; more are of no help
	maxLeftOut     = 100 // entries told as left out
)

// errTooLarge and its like are shown as they are.
var (
	errTooLarge        = fmt.Errorf("the file has more than %d KB", MaxHolidayFile>>10)
	errNotUTF8         = errors.New("the file is not plain text in UTF-8")
	errTooManyHolidays = fmt.Errorf("there are more than %d days", MaxHolidays)
)

// ReadHolidays reads the days between from and until, both included, out of a
// file of one of two kinds, told apart by how they begin:
//
// An iCalendar file (ICS, RFC 5545, https://www.rfc-editor.org/rfc/rfc5545): its
// events that last whole days, one by one or yearly. Whatever else the calendar
// holds is listed in LeftOut.
//
// A list of dates, a line each, with a name if you like:
//
//	2026-12-25 Christmas
//	2026-12-28..2026-12-31 The office is closed
//	# a remark
//
// The error joins a [LineError] for each line that cannot be read, up to ten;
// other errors are about the file as a whole. What a file says is not to be
// trusted: names need escaping before they are shown.
func ReadHolidays(r io.Reader, from, until Date) (Holidays, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxHolidayFile+1))
	if err != nil {
		return Holidays{}, fmt.Errorf("read holidays: %w", err)
	}
	if len(text) > MaxHolidayFile {
		return Holidays{}, errTooLarge
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return Holidays{}, errNotUTF8
	}
	c := calendar{from: from, until: until, names: map[Date]string{}}
	if begin := strings.TrimSpace(string(text[:min(len(text), 100)])); hasPrefixFold(begin, "BEGIN:") {
		c.readICS(string(text))
	} else {
		c.readList(string(text))
	}
	return c.result()
}

// calendar gathers holidays while a file is read.
type calendar struct {
	from, until Date
	names       map[Date]string // by date, at most one more than MaxHolidays
	rules       int             // repeating events so far
	leftOut     []*LineError
	wrong       []error
}

// fail notes a line that cannot be read.
func (c *calendar) fail(line int, reason string, args ...any) {
	if len(c.wrong) < maxLineErrors {
		c.wrong = append(c.wrong, &LineError{line, fmt.Sprintf(reason, args...)})
	}
}

// leaveOut notes an entry that is no holiday.
func (c *calendar) leaveOut(line int, reason string, args ...any) {
	if len(c.leftOut) < maxLeftOut {
		c.leftOut = append(c.leftOut, &LineError{line, fmt.Sprintf(reason, args...)})
	}
}

// add takes the days from first to last as holidays. The first name for a day is kept.
func (c *calendar) add(first, last Date, name string) {
	for d := latestDate(first, c.from); d.Compare(last) <= 0 && d.Compare(c.until) <= 0; d = d.AddDays(1) {
		if len(c.names) > MaxHolidays {
			return
		}
		if c.names[d] == "" {
			c.names[d] = clip(name, maxHolidayName)
		}
	}
}

// result returns what was read, or what was wrong.
func (c *calendar) result() (Holidays, error) {
	if len(c.wrong) > 0 {
		return Holidays{}, errors.Join(c.wrong...)
	}
	if len(c.names) > MaxHolidays {
		return Holidays{}, errTooManyHolidays
	}
	h := Holidays{LeftOut: c.leftOut}
	for d, name := range c.names {
		h.Days = append(h.Days, Holiday{d, name})
	}
	slices.SortFunc(h.Days, func(a, b Holiday) int { return a.Date.Compare(b.Date) })
	return h, nil
}

// readList reads a list of dates.
func (c *calendar) readList(text string) {
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		days, name := line, ""
		if i := strings.IndexAny(line, " \t,;"); i >= 0 {
			days, name = line[:i], strings.Trim(line[i:], " \t,;")
		}
		begin, end, isRange := strings.Cut(days, "..")
		first, err := ParseDate(begin)
		if err != nil {
			c.fail(n, "%s", err)
			continue
		}
		last := first
		if isRange {
			if last, err = ParseDate(end); err != nil {
				c.fail(n, "%s", err)
				continue
			}
		}
		if reason := checkLength(first, last); reason != "" {
			c.fail(n, "%s", reason)
			continue
		}
		c.add(first, last, name)
	}
}

// checkLength returns why no holiday goes from first to last.
func checkLength(first, last Date) string {
	switch {
	case last.Compare(first) < 0:
		return "it ends before it begins"
	case last.Compare(first.AddDays(maxHolidayDays-1)) > 0:
		return fmt.Sprintf("it lasts longer than %d days", maxHolidayDays)
	}
	return ""
}

// latestDate returns the later of the two.
func latestDate(a, b Date) Date {
	if a.Compare(b) > 0 {
		return a
	}
	return b
}

// hasPrefixFold is strings.HasPrefix without regard to case.
func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
