package nudge

import (
	"fmt"
	"math/bits"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/robfig/cron/v3"
)

// Schedule says when a company's reminders run: at most once a day, at one time
// of the clocks in the company's zone. [ParseSchedule] makes it; the zero
// Schedule is of no use.
//
// cron's own reckoning skips a run whose hour the clocks are put forward across
// and repeats one whose hour they show twice
// (https://github.com/robfig/cron/pull/541). Here cron only finds the next day
// and time on a calendar without such changes; the zone is applied afterwards.
// So a run in a skipped hour takes place when the clocks are changed, one in a
// repeated hour takes place once, the first time, and one on a day that a country
// leaves out to change sides of the date line does not take place.
type Schedule struct {
	text  string // the five fields as cron understands them
	spec  *cron.SpecSchedule
	zone  *time.Location
	nth   int  // the nth weekday of the month only; -1 for the last; 0 for each
	every int  // weeks from one run's week to the next; 1 for each
	from  Date // a day in a week with runs, where every > 1
}

// maxExpression is how many characters an expression may have. The longest one
// with a meaning, with all months and weekdays listed by name, has about 120.
const maxExpression = 200

// maxEvery is the most weeks between runs.
const maxEvery = 8

// ParseSchedule reads an expression for the zone with this name. It has the five
// fields of cron (minute, hour, day of the month, month, weekday; see
// https://pkg.go.dev/github.com/robfig/cron/v3#hdr-CRON_Expression_Format) and
// two additions that cron cannot express:
//
//	0 10 * * TUE                                   every Tuesday 10:00
//	0 10 * * MON#1                                 the first Monday of the month; #2, #3, #4, #L for the last
//	0 10 * * TUE every 2 weeks from 2026-11-24     every second week, counted from the week of that day
//
// A day of the month together with a weekday is refused: cron would run on
// either, which nobody expects who writes "0 10 1-7 * MON". So is everything that
// runs more than once a day, or never. The error is a [FieldError] of "Schedule".
func ParseSchedule(expression, zone string) (Schedule, error) {
	s := Schedule{every: 1}
	reason := s.parse(expression, zone)
	if reason != "" {
		return Schedule{}, &FieldError{"Schedule", reason}
	}
	return s, nil
}

// parse reads the expression into s, or returns why it cannot.
func (s *Schedule) parse(expression, zone string) string {
	var known bool
	if s.zone, known = location(zone); !known {
		return "Choose a time zone such as Europe/Lisbon."
	}
	if len(expression) > maxExpression || !utf8.ValidString(expression) {
		return fmt.Sprintf("Write at most %d letters, digits and signs.", maxExpression)
	}
	words := strings.Fields(strings.ToUpper(expression))
	if len(words) > 0 && (strings.HasPrefix(words[0], "@") || strings.Contains(words[0], "=")) {
		return "Write five fields, such as “0 10 * * TUE”: names such as @weekly mean midnight, and the time zone is the company's."
	}
	if len(words) < 5 {
		return fmt.Sprintf("Write five fields: minute, hour, day of the month, month, weekday; there are %d. “0 10 * * TUE” is every Tuesday 10:00.", len(words))
	}
	fields, rest := words[:5], words[5:]
	if reason := s.parseNth(fields); reason != "" {
		return reason
	}
	for i, f := range expressionFields() {
		if reason := f.check(fields[i]); reason != "" {
			return reason
		}
	}
	if reason := s.parseEvery(fields, rest); reason != "" {
		return reason
	}
	s.text = strings.Join(fields, " ")
	spec, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(s.text)
	if err != nil {
		return fmt.Sprintf("“%s” makes no sense: %s.", clip(s.text, 60), strings.ToLower(err.Error()))
	}
	s.spec, _ = spec.(*cron.SpecSchedule) // which five fields always give
	s.spec.Location = time.UTC
	return s.checkSense(fields)
}

// checkSense returns why a schedule that can be read makes no sense all the same.
func (s *Schedule) checkSense(fields []string) string {
	if count(s.spec.Minute) > 1 || count(s.spec.Hour) > 1 {
		return "This runs more than once a day. Give one minute and one hour, as in “0 10 * * TUE”."
	}
	if !anyDay(fields[2]) && !anyDay(fields[4]) {
		return "With a day of the month and a weekday cron runs on both, not where they meet. Leave one as *; the first Monday of the month is MON#1."
	}
	if s.spec.Next(time.Date(firstYear+100, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return "That day never comes."
	}
	return ""
}

// parseNth takes "#1" off the weekday.
func (s *Schedule) parseNth(fields []string) string {
	day, nth, found := strings.Cut(fields[4], "#")
	if !found {
		return ""
	}
	fields[4] = day
	if !oneWeekday.MatchString(day) {
		return "Give one weekday before #, such as MON#1."
	}
	switch nth {
	case "L":
		s.nth = -1
	case "1", "2", "3", "4":
		s.nth = int(nth[0] - '0')
	default:
		return "After # write 1, 2, 3, 4, or L for the last; not every month has a fifth."
	}
	return ""
}

// parseEvery reads "EVERY 2 WEEKS FROM 2026-11-24" after the fields.
func (s *Schedule) parseEvery(fields, words []string) string {
	if len(words) == 0 {
		return ""
	}
	if len(words) != 5 || words[0] != "EVERY" || words[2] != "WEEKS" || words[3] != "FROM" {
		return "After the five fields only “every 2 weeks from 2026-11-24” can follow."
	}
	weeks, err := strconv.Atoi(words[1])
	if err != nil || weeks < 2 || weeks > maxEvery {
		return fmt.Sprintf("Choose every 2 to %d weeks.", maxEvery)
	}
	from, err := ParseDate(words[4])
	if err != nil {
		return "Write the day to count the weeks from as in 2026-11-24."
	}
	if s.nth != 0 || !anyDay(fields[2]) || anyDay(fields[4]) {
		return "Counting weeks goes with weekdays only, as in “0 10 * * TUE every 2 weeks from 2026-11-24”."
	}
	s.every, s.from = weeks, from
	return ""
}

// expressionField is what one of the five fields may hold.
type expressionField struct {
	name     string
	min, max int
	names    string // of the values from min on, three letters each
}

// expressionFields returns the fields in order.
func expressionFields() [5]expressionField {
	return [5]expressionField{
		{"minute", 0, 59, ""},
		{"hour", 0, 23, ""},
		{"day of the month", 1, 31, ""},
		{"month", 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"},
		{"weekday", 0, 6, "SUNMONTUEWEDTHUFRISAT"},
	}
}

var (
	// fieldForm is the form of a field, once for each of the parts between commas.
	fieldForm = regexp.MustCompile(`^(\*|\?|([0-9]{1,2}|[A-Z]{3})(-([0-9]{1,2}|[A-Z]{3}))?)(/[0-9]{1,2})?$`)

	// oneWeekday is what may stand before "#".
	oneWeekday = regexp.MustCompile(`^([0-6]|[A-Z]{3})$`)
)

// check returns what is wrong with the text of the field. cron itself forgives
// too much, reading "*-x" as "*" and "," as never, and says the rest in terms of
// its own insides.
func (f expressionField) check(text string) string {
	for part := range strings.SplitSeq(text, ",") {
		form := fieldForm.FindStringSubmatch(part)
		if form == nil {
			return fmt.Sprintf("“%s” is no %s. Write *, a number, a range such as 1-5, or a list such as 1,3.", clip(text, 20), f.name)
		}
		for _, value := range []string{form[2], form[4]} {
			if value != "" && !f.has(value) {
				return fmt.Sprintf("“%s” is no %s: they go from %d to %d%s.", value, f.name, f.min, f.max, f.orNames())
			}
		}
	}
	return ""
}

// has tells whether the value, a number or a name, is one of the field's.
func (f expressionField) has(value string) bool {
	if n, err := strconv.Atoi(value); err == nil {
		return n >= f.min && n <= f.max
	}
	i := strings.Index(f.names, value)
	return i >= 0 && i%3 == 0
}

// orNames adds the names of the values where they have any.
func (f expressionField) orNames() string {
	if f.names == "" {
		return ""
	}
	return ", or from " + f.names[:3] + " to " + f.names[len(f.names)-3:]
}

// anyDay tells whether the field leaves the day open.
func anyDay(field string) bool {
	return field == "*" || field == "?"
}

// count returns how many values a field of cron allows; its top bit is a mark.
func count(field uint64) int {
	return bits.OnesCount64(field &^ (1 << 63))
}

// String returns an expression that [ParseSchedule] reads as this schedule again.
func (s Schedule) String() string {
	switch {
	case s.nth < 0:
		return s.text + "#L"
	case s.nth > 0:
		return fmt.Sprintf("%s#%d", s.text, s.nth)
	case s.every > 1:
		return fmt.Sprintf("%s every %d weeks from %s", s.text, s.every, s.from)
	}
	return s.text
}

// runsOn tells whether the day is one of the nth weekdays and of the weeks chosen.
func (s Schedule) runsOn(d Date) bool {
	switch {
	case s.nth < 0:
		return d.AddDays(7).Month != d.Month
	case s.nth > 0:
		return (d.Day+6)/7 == s.nth
	case s.every > 1:
		return (monday(d)-monday(s.from))%s.every == 0
	}
	return true
}

// monday counts the weeks from a Monday long ago to the one of d's week.
func monday(d Date) int {
	long := Date{1, time.January, 1} // a Monday
	return int((d.midnight().Unix() - long.midnight().Unix()) / (7 * 24 * 60 * 60))
}

// Next returns the first run after the moment, in UTC. It returns zero if there
// is none in the next five years, which only the 29th of February around the
// year 2100 brings about.
func (s Schedule) Next(after time.Time) time.Time {
	local := after.In(s.zone)
	wall := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), 0, time.UTC)
	for {
		wall = s.spec.Next(wall)
		if wall.IsZero() {
			return time.Time{}
		}
		day := DateOf(wall)
		if !s.runsOn(day) || !exists(day, s.zone) {
			continue
		}
		// Where the clocks show the time twice, the first may be past.
		if run := moment(day, clockOf(wall), s.zone); run.After(after) {
			return run
		}
	}
}

// Upcoming returns the next n runs after the moment, fewer where [Schedule.Next]
// finds no more.
func (s Schedule) Upcoming(after time.Time, n int) []time.Time {
	var runs []time.Time
	for len(runs) < n {
		after = s.Next(after)
		if after.IsZero() {
			break
		}
		runs = append(runs, after)
	}
	return runs
}

// Words says the schedule for people, as "every Tuesday 10:00"; an expression
// for which there are no words stays as it is.
func (s Schedule) Words() string {
	if count(s.spec.Month) < 12 {
		return s.String()
	}
	at := Clock(60*bits.TrailingZeros64(s.spec.Hour) + bits.TrailingZeros64(s.spec.Minute)).String()
	var days []string
	for _, d := range week() {
		if s.spec.Dow&(1<<uint(d)) != 0 {
			days = append(days, d.String())
		}
	}
	if len(days) == 7 {
		switch n := count(s.spec.Dom); {
		case n == 31 && s.every == 1 && s.nth == 0:
			return "every day " + at
		case n == 1:
			return fmt.Sprintf("the %s of every month %s", ordinal(bits.TrailingZeros64(s.spec.Dom)), at)
		default:
			return s.String()
		}
	}
	day := days[0]
	if last := len(days) - 1; last > 0 {
		day = strings.Join(days[:last], ", ") + " and " + days[last]
	}
	switch {
	case s.nth < 0:
		return "the last " + day + " of every month " + at
	case s.nth > 0:
		return [...]string{1: "the first ", 2: "the second ", 3: "the third ", 4: "the fourth "}[s.nth] + day + " of every month " + at
	case s.every > 1:
		return fmt.Sprintf("%s %s, every %d weeks", day, at, s.every)
	}
	return "every " + day + " " + at
}

// ordinal writes 1 as 1st.
func ordinal(n int) string {
	suffix := "th"
	if n < 10 || n > 20 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}

// Presets returns the expressions that are offered to choose from. Weeks count
// from today's.
func Presets(today Date) []string {
	return []string{
		"0 10 * * TUE",
		"0 14 * * THU",
		fmt.Sprintf("0 10 * * TUE every 2 weeks from %s", today),
		"0 10 * * MON#1",
		"0 10 * * TUE#L",
		"0 10 1 * *",
	}
}
