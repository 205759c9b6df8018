package nudge

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Settings are what a company decides about its reminders.
type Settings struct {
	Zone       string         // the company's time zone, as "Europe/Lisbon"; people whose own is missing or unknown get it
	Cap        int            // most reminders a person gets, 1 to [MaxCap]
	Spacing    int            // days from one reminder to the next, 1 to [MaxDays]
	FirstAfter int            // days from the invitation to the first reminder, 0 to [MaxDays]
	Everyone   bool           // remind also people whom nobody has invited
	From       Clock          // working hours begin, on the person's own clock
	To         Clock          // working hours end: the first minute without reminders
	Weekend    []time.Weekday // days of the week without reminders
	Holidays   []Date         // other days without reminders, see [ReadHolidays]; at most [MaxHolidays]
}

// Limits of Settings.
const (
	MaxCap  = 10
	MaxDays = 365

	// minHours is the least time that working hours leave for reminders in a
	// day. With less, a change of the clocks could swallow a day's hours.
	minHours = 60
)

// DefaultSettings are those of a company in zone that has decided nothing: at
// most 3 reminders, 7 days apart, the first 2 days after the invitation, from
// Monday to Friday, 9:00 to 17:00.
func DefaultSettings(zone string) Settings {
	return Settings{
		Zone:       zone,
		Cap:        3,
		Spacing:    7,
		FirstAfter: 2,
		From:       9 * 60,
		To:         17 * 60,
		Weekend:    []time.Weekday{time.Saturday, time.Sunday},
	}
}

// FieldError says what is wrong with one field of a form, in words for the
// person who filled it in.
type FieldError struct {
	Field  string // the name of the field in Settings, or "Schedule"
	Reason string // a sentence
}

// Error names the field and the reason.
func (e *FieldError) Error() string {
	return e.Field + ": " + e.Reason
}

// Check returns what is wrong with the settings, field by field; nothing when
// they are sound.
func (s Settings) Check() []*FieldError {
	var wrong []*FieldError
	require := func(ok bool, field, reason string, args ...any) {
		if !ok {
			wrong = append(wrong, &FieldError{field, fmt.Sprintf(reason, args...)})
		}
	}
	_, known := location(s.Zone)
	require(known, "Zone", "Choose a time zone such as Europe/Lisbon.")
	require(s.Cap >= 1 && s.Cap <= MaxCap, "Cap", "Choose 1 to %d reminders; to send none, pause them.", MaxCap)
	require(s.Spacing >= 1 && s.Spacing <= MaxDays, "Spacing", "Choose 1 to %d days.", MaxDays)
	require(s.FirstAfter >= 0 && s.FirstAfter <= MaxDays, "FirstAfter", "Choose 0 to %d days.", MaxDays)
	require(s.From >= 0 && s.To <= EndOfDay && s.To-s.From >= minHours, "To",
		"Let working hours end at least an hour after they begin, and by 24:00.")
	require(slices.ContainsFunc(week(), func(d time.Weekday) bool { return !slices.Contains(s.Weekend, d) }), "Weekend",
		"Leave at least one day of the week for reminders.")
	require(len(s.Holidays) <= MaxHolidays, "Holidays", "Choose at most %d days.", MaxHolidays)
	return wrong
}

// New returns the policy of a company with these settings. Its error joins a
// [FieldError] for each field that [Settings.Check] finds wrong.
func New(s Settings) (*Policy, error) {
	var wrong []error
	for _, w := range s.Check() {
		wrong = append(wrong, w)
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	company, _ := location(s.Zone)
	p := &Policy{settings: s, company: company, zones: map[string]*time.Location{}, holidays: map[Date]bool{}}
	for _, d := range s.Weekend {
		p.weekend[d] = true
	}
	for _, d := range s.Holidays {
		p.holidays[d] = true
	}
	return p, nil
}

// week returns the days of the week.
func week() []time.Weekday {
	return []time.Weekday{
		time.Sunday, time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday,
	}
}

// location finds a time zone by name. What time.LoadLocation takes for the zone
// of the machine, or for UTC because nothing was said, is no zone of a person.
func location(name string) (*time.Location, bool) {
	if name == "" || name == "Local" {
		return nil, false
	}
	zone, err := time.LoadLocation(name)
	return zone, err == nil
}
