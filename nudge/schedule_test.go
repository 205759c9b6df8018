package nudge

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// schedule parses an expression that makes sense.
func schedule(tb testing.TB, expression, zone string) Schedule {
	tb.Helper()
	s, err := ParseSchedule(expression, zone)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func TestUpcoming(t *testing.T) {
	t.Parallel()
	const zone = "Europe/Lisbon"
	tests := []struct {
		expression, words, after string
		want                     []string
	}{
		{
			"0 10 * * TUE", "every Tuesday 10:00", "2026-11-22 19:00 " + zone,
			[]string{"2026-11-24 10:00", "2026-12-01 10:00", "2026-12-08 10:00"},
		},
		{
			"0 10 * * tue", "every Tuesday 10:00", "2026-11-24 10:00 " + zone, // strictly after
			[]string{"2026-12-01 10:00", "2026-12-08 10:00"},
		},
		{
			"30 14 * * 1,4", "every Monday and Thursday 14:30", "2026-11-22 19:00 " + zone,
			[]string{"2026-11-23 14:30", "2026-11-26 14:30", "2026-11-30 14:30"},
		},
		{
			"0 10 * * MON-WED", "every Monday, Tuesday and Wednesday 10:00", "2026-11-22 19:00 " + zone,
			[]string{"2026-11-23 10:00", "2026-11-24 10:00", "2026-11-25 10:00", "2026-11-30 10:00"},
		},
		{
			"0 10 * * MON#1", "the first Monday of every month 10:00", "2026-11-22 19:00 " + zone,
			[]string{"2026-12-07 10:00", "2027-01-04 10:00", "2027-02-01 10:00", "2027-03-01 10:00"},
		},
		{
			"0 10 * * 0#4", "the fourth Sunday of every month 10:00", "2026-11-22 19:00 " + zone,
			[]string{"2026-12-27 10:00", "2027-01-24 10:00", "2027-02-28 10:00"},
		},
		{
			"0 10 * * TUE#L", "the last Tuesday of every month 10:00", "2026-11-22 19:00 " + zone,
			[]string{"2026-11-24 10:00", "2026-12-29 10:00", "2027-01-26 10:00", "2027-02-23 10:00"},
		},
		{
			"0 10 * * TUE every 2 weeks from 2026-11-27", "Tuesday 10:00, every 2 weeks", "2026-11-22 19:00 " + zone,
			[]string{"2026-11-24 10:00", "2026-12-08 10:00", "2026-12-22 10:00", "2027-01-05 10:00"},
		},
		{
			"0 10 * * SUN,MON EVERY 3 WEEKS FROM 2026-12-01", "Sunday and Monday 10:00, every 3 weeks", "2026-11-01 00:00 " + zone, // counts backwards as well
			[]string{"2026-11-09 10:00", "2026-11-15 10:00", "2026-11-30 10:00", "2026-12-06 10:00"},
		},
		{
			"0 10 1 * *", "the 1st of every month 10:00", "2026-11-22 19:00 " + zone,
			[]string{"2026-12-01 10:00", "2027-01-01 10:00"},
		},
		{
			"0 10 23 * ?", "the 23rd of every month 10:00", "2026-11-22 19:00 " + zone,
			[]string{"2026-11-23 10:00", "2026-12-23 10:00"},
		},
		{
			"5 9 * * *", "every day 09:05", "2026-11-22 19:00 " + zone,
			[]string{"2026-11-23 09:05", "2026-11-24 09:05"},
		},
		{
			"0 10 1 JAN,JUL *", "0 10 1 JAN,JUL *", "2026-11-22 19:00 " + zone,
			[]string{"2027-01-01 10:00", "2027-07-01 10:00"},
		},
		{
			"0 10 29 2 *", "0 10 29 2 *", "2026-11-22 19:00 " + zone,
			[]string{"2028-02-29 10:00", "2032-02-29 10:00"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.expression, func(t *testing.T) {
			t.Parallel()
			s := schedule(t, tt.expression, zone)
			if got := s.Words(); got != tt.words {
				t.Errorf("in words: got %q, want %q", got, tt.words)
			}
			var got []string
			for _, run := range s.Upcoming(at(t, tt.after), len(tt.want)) {
				got = append(got, run.In(s.zone).Format("2006-01-02 15:04"))
			}
			if strings.Join(got, ", ") != strings.Join(tt.want, ", ") {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// TestRunsWhenClocksChange has runs at times that are skipped, or come twice.
func TestRunsWhenClocksChange(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, expression, zone, after string
		want                          []string // in UTC
	}{
		{"a skipped hour", "30 2 * * *", "America/New_York", "2026-03-07 12:00 UTC", []string{"2026-03-08 07:00", "2026-03-09 06:30"}},
		{"a repeated hour", "30 1 * * *", "America/New_York", "2026-10-31 12:00 UTC", []string{"2026-11-01 05:30", "2026-11-02 06:30"}},
		{"asked between its two appearances", "30 1 * * *", "America/New_York", "2026-11-01 05:40 UTC", []string{"2026-11-02 06:30"}},
		{"half an hour of summer time", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03 00:00 UTC", []string{"2026-10-03 15:30", "2026-10-04 15:15"}},
		{"a midnight that is skipped", "0 0 * * FRI", "Africa/Cairo", "2026-04-20 00:00 UTC", []string{"2026-04-23 22:00", "2026-04-30 21:00"}},
		{"the day after such a midnight", "0 10 * * FRI", "Africa/Cairo", "2026-04-20 00:00 UTC", []string{"2026-04-24 07:00"}},
		{"summer and winter", "0 10 * * SUN", "Europe/Lisbon", "2026-10-18 12:00 UTC", []string{"2026-10-25 10:00", "2026-11-01 10:00"}},
		{"a day that was left out", "0 10 30 * *", "Pacific/Apia", "2011-12-01 00:00 UTC", []string{"2012-01-29 20:00"}},
		{"every day around a day that was left out", "0 10 * * *", "Pacific/Apia", "2011-12-29 00:00 UTC", []string{"2011-12-29 20:00", "2011-12-30 20:00"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, run := range schedule(t, tt.expression, tt.zone).Upcoming(at(t, tt.after), len(tt.want)) {
				got = append(got, run.Format("2006-01-02 15:04"))
			}
			if strings.Join(got, ", ") != strings.Join(tt.want, ", ") {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestNonsenseIsRefused(t *testing.T) {
	t.Parallel()
	tests := []struct{ expression, reason string }{
		{"", "Write five fields"},
		{"10 * * TUE", "there are 4"},
		{"every tuesday at ten", "there are 4"},
		{"every tuesday at ten please", "“EVERY” is no minute"},
		{"0 0 10 * * TUE", "After the five fields"},
		{"@weekly", "mean midnight"},
		{"@every 1h", "mean midnight"},
		{"TZ=Asia/Tokyo 0 10 * * TUE", "the time zone is the company's"},
		{"TZ=", "the time zone is the company's"}, // cron panics over this one
		{"* * * * *", "more than once a day"},
		{"0 * * * *", "more than once a day"},
		{"*/30 10 * * TUE", "more than once a day"},
		{"0 10,14 * * TUE", "more than once a day"},
		{"0 9-17 * * TUE", "more than once a day"},
		{"0 10 1-7 * MON", "cron runs on both"},
		{"0 10 */2 * MON", "cron runs on both"},
		{"0 10 30 2 *", "never comes"},
		{"0 10 31 4,6,9,11 *", "never comes"},
		{"60 10 * * TUE", "“60” is no minute: they go from 0 to 59."},
		{"0 25 * * TUE", "“25” is no hour: they go from 0 to 23."},
		{"0 10 32 * *", "“32” is no day of the month"},
		{"0 10 * 13 TUE", "“13” is no month: they go from 1 to 12, or from JAN to DEC."},
		{"0 10 * * 7", "“7” is no weekday: they go from 0 to 6, or from SUN to SAT."},
		{"0 10 * * DIE", "“DIE” is no weekday"},
		{"0 10 * * UNM", "“UNM” is no weekday"},
		{"0 10 * * TUESDAY", "“TUESDAY” is no weekday"},
		{"0 10 * * FRI-MON", "makes no sense: beginning of range"},
		{"0 10 */0 * *", "makes no sense: step of range"},
		{"0 10 * * *-x", "is no weekday"},
		{"0 10 , * *", "is no day of the month"},
		{"0 10 +5 * *", "is no day of the month"},
		{"0 10 * * MON#5", "not every month has a fifth"},
		{"0 10 * * MON#", "After # write"},
		{"0 10 * * MON,TUE#1", "one weekday before #"},
		{"0 10 * * *#1", "one weekday before #"},
		{"0 10 5 * MON#1", "cron runs on both"},
		{"0 10 * * TUE every 2 weeks", "After the five fields"},
		{"0 10 * * TUE every 1 weeks from 2026-11-24", "every 2 to 8 weeks"},
		{"0 10 * * TUE every 9 weeks from 2026-11-24", "every 2 to 8 weeks"},
		{"0 10 * * TUE every two weeks from 2026-11-24", "every 2 to 8 weeks"},
		{"0 10 * * TUE every 2 weeks from tuesday", "count the weeks from"},
		{"0 10 * * * every 2 weeks from 2026-11-24", "weekdays only"},
		{"0 10 1 * * every 2 weeks from 2026-11-24", "weekdays only"},
		{"0 10 * * TUE#1 every 2 weeks from 2026-11-24", "weekdays only"},
		{strings.Repeat("0", 201) + " 10 * * TUE", "at most 200"},
		{"0 10 * * \xff", "at most 200"},
	}
	for _, tt := range tests {
		s, err := ParseSchedule(tt.expression, "Europe/Lisbon")
		wrong, ok := errors.AsType[*FieldError](err)
		if !ok || wrong.Field != "Schedule" || !strings.Contains(wrong.Reason, tt.reason) {
			t.Errorf("%q: got %q, %v; want %q", tt.expression, s.text, err, tt.reason)
		}
	}
	if _, err := ParseSchedule("0 10 * * TUE", "Mars/Olympus_Mons"); err == nil {
		t.Error("a schedule on Mars was accepted")
	}
}

func TestPresets(t *testing.T) {
	t.Parallel()
	var words []string
	for _, expression := range Presets(Date{2026, 11, 22}) {
		s := schedule(t, expression, "Europe/Lisbon")
		words = append(words, s.Words())
		if s.String() != schedule(t, s.String(), "Europe/Lisbon").String() {
			t.Errorf("%q changes when it is read again", s)
		}
	}
	want := "every Tuesday 10:00 · every Thursday 14:00 · Tuesday 10:00, every 2 weeks · the first Monday of every month 10:00 · the last Tuesday of every month 10:00 · the 1st of every month 10:00"
	if got := strings.Join(words, " · "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestRunsAreApart checks for a decade in every zone that no day of the calendar
// has two runs, none is left out, and each takes place at its time if that exists.
func TestRunsAreApart(t *testing.T) {
	t.Parallel()
	r := random(t)
	for range 60 {
		name := pick(r, zones()[:25])
		if _, ok := location(name); !ok {
			continue
		}
		clock := Clock(r.IntN(24 * 60))
		if chance(r, 50) {
			clock %= 4 * 60 // when clocks change
		}
		s := schedule(t, strings.Join([]string{clock.String()[3:], clock.String()[:2], "* * *"}, " "), name)
		run := s.Next(quarters(r))
		for range 800 {
			next := s.Next(run)
			if gap := next.Sub(run); gap < 21*time.Hour || gap > 49*time.Hour {
				t.Fatalf("%s in %s: %s is %s after %s", s, name, next, gap, run)
			}
			if got := clockOf(next.In(s.zone)); got != clock {
				// Then the clocks were put forward across it, to this very minute.
				if from, _ := next.In(s.zone).ZoneBounds(); !from.Equal(next) {
					t.Fatalf("%s in %s runs at %s", s, name, next.In(s.zone))
				}
			}
			if earlier := s.Next(next.Add(-time.Second)); !earlier.Equal(next) {
				t.Fatalf("%s in %s: a second before %s the next run is %s", s, name, next, earlier)
			}
			run = next
		}
	}
}

// FuzzParseSchedule looks for expressions that break cron, or that say one thing
// and do another.
func FuzzParseSchedule(f *testing.F) {
	for _, expression := range append(Presets(Date{2026, 11, 24}), "TZ=", "@every 1s", "*/30 10 * * TUE", "0 10 29 2 *", "0 10 */0 * *-x", "0 10 1-7 * MON") {
		f.Add(expression)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		s, err := ParseSchedule(expression, "Europe/Lisbon")
		if err != nil {
			if _, ok := errors.AsType[*FieldError](err); !ok {
				t.Fatal(err)
			}
			return
		}
		again, err := ParseSchedule(s.String(), "Europe/Lisbon")
		if err != nil || again.String() != s.String() || again.Words() != s.Words() {
			t.Fatalf("%q reads as %q, which reads as %q: %v", expression, s, again, err)
		}
		start := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
		run := s.Next(start)
		if run.IsZero() {
			t.Fatalf("%q never runs", expression)
		}
		for range 10 {
			next := s.Next(run)
			if next.Sub(run) < 21*time.Hour {
				t.Fatalf("%q runs at %s and %s", expression, run, next)
			}
			run = next
		}
	})
}
