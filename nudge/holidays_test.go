package nudge

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// lines writes what was read as one line for each day, and one for each entry
// left out.
func (h Holidays) lines() []string {
	var lines []string
	for _, d := range h.Days {
		lines = append(lines, strings.TrimSpace(d.Date.String()+" "+d.Name))
	}
	for _, l := range h.LeftOut {
		lines = append(lines, l.Error())
	}
	return lines
}

func TestReadHolidays(t *testing.T) {
	t.Parallel()
	tests := []struct {
		file string
		want []string
	}{
		{"google.ics", []string{
			"2026-12-08 Feast of the Immaculate Conception, a day off for everybody in the whole of the…",
			"2026-12-24 Natal", "2026-12-25 Natal", "2026-12-26 Natal",
			"line 25: it is cancelled",
			"line 31: it lasts only part of a day",
		}},
		{"outlook.ics", []string{
			"2026-12-25 Christmas Day",
			"2026-12-28 Boxing Day (substitute)",
			"2026-12-29 Closed", "2026-12-30 Closed", "2026-12-31 Closed",
			"line 37: it repeats, but not yearly",
		}},
		{"yearly.ics", []string{
			"2026-01-01 New Year",
			"2026-03-31 Last of the quarter",
			"2026-05-25 Memorial Day",
			"2026-06-30 Last of the quarter",
			"2026-09-10 Jubilee",
			"2026-11-26 Thanksgiving", "2026-11-27 Thanksgiving",
			"2027-01-01 New Year",
			"2027-03-31 Last of the quarter",
			"2027-09-10 Jubilee",
			"2027-11-25 Thanksgiving", "2027-11-26 Thanksgiving",
			"2028-01-01 New Year",
			"2028-02-29 Leap day",
			"2028-05-29 Memorial Day",
			"2028-11-07 Election Day",
			"2028-11-23 Thanksgiving", "2028-11-24 Thanksgiving",
			"line 44: it repeats by a rule that is not understood; write its days as events of their own",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join("testdata", tt.file))
			if err != nil {
				t.Fatal(err)
			}
			unix := strings.ReplaceAll(string(text), "\r\n", "\n")
			for _, text := range []string{unix, strings.ReplaceAll(unix, "\n", "\r\n"), "\ufeff" + unix} {
				h, err := ReadHolidays(strings.NewReader(text), Date{2026, 1, 1}, Date{2028, 12, 31})
				if err != nil {
					t.Fatal(err)
				}
				if got := h.lines(); !slices.Equal(got, tt.want) {
					t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
				}
			}
		})
	}
}

func TestReadListOfDates(t *testing.T) {
	t.Parallel()
	const text = `# Days off
2026-12-25 Christmas
2026-12-08
2026-12-25 again

2026-12-30..2027-01-02, New Year
2026-12-31;Silvester
1999-01-01 long ago
`
	h, err := ReadHolidays(strings.NewReader(text), Date{2026, 12, 1}, Date{2027, 1, 1})
	want := []string{
		"2026-12-08", "2026-12-25 Christmas", "2026-12-30 New Year", "2026-12-31 New Year", "2027-01-01 New Year",
	}
	if got := h.lines(); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestHolidayMistakesAreToldWithTheirLines(t *testing.T) {
	t.Parallel()
	calendar := func(lines ...string) string {
		return "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + strings.Join(lines, "\n") + "\nEND:VEVENT\nEND:VCALENDAR\n"
	}
	var many strings.Builder
	for d := (Date{2026, 1, 1}); d.Year < 2030; d = d.AddDays(1) {
		fmt.Fprintln(&many, d)
	}
	var first []string
	for n := range maxLineErrors {
		first = append(first, fmt.Sprintf("line %d: \"x\" is not a date like 2026-12-25", n+1))
	}
	tests := []struct{ name, text, want string }{
		{"a date in another order", "2026-12-25\n\n25.12.2026 Christmas\n2026-13-01", "line 3: \"25.12.2026\" is not a date like 2026-12-25\nline 4: \"2026-13-01\" is not a date like 2026-12-25"},
		{"a day that does not exist", "2026-02-29", "line 1: \"2026-02-29\" is not a date like 2026-12-25"},
		{"a slip of the keyboard", "0226-12-25", "line 1: \"0226-12-25\" is not a date like 2026-12-25"},
		{"a range the wrong way round", "2026-12-31..2026-12-24", "line 1: it ends before it begins"},
		{"a range without an end", "2026-12-31..", "line 1: \"\" is not a date like 2026-12-25"},
		{"a range over years", "2026-12-31..2036-12-24", "line 1: it lasts longer than 62 days"},
		{"a list without end", strings.Repeat("x\n", 50), strings.Join(first, "\n")},
		{"too many days", many.String(), "there are more than 1000 days"},
		{"too long", strings.Repeat("# nothing\n", 200_000), "the file has more than 1024 KB"},
		{"a picture", "\x89PNG\r\n\x1a\n", "the file is not plain text in UTF-8"},
		{"UTF-16", "2\x000\x002\x006\x00", "the file is not plain text in UTF-8"},

		{"an event without a day", calendar("SUMMARY:Christmas"), "line 2: this event has no DTSTART"},
		{"an event on no day", calendar("SUMMARY:Christmas", "DTSTART;VALUE=DATE:20261325"), "line 4: \"2026-13-25\" is not a date like 2026-12-25"},
		{"an event that ends on no day", calendar("DTSTART:20261225", "DTEND:soon"), "line 4: \"soon\" is not a date like 2026-12-25"},
		{"an exception on no day", calendar("DTSTART:20261225", "RRULE:FREQ=YEARLY", "EXDATE:20271225,x"), "line 5: \"x\" is not a date like 2026-12-25"},
		{"a line that is none", calendar("DTSTART:20261225", "", "Christmas"), "line 5: this is no line of a calendar, such as DTSTART;VALUE=DATE:20261225"},
		{"a folded line that is none", calendar("DTSTART:20261225", "Christ", " mas", "Day"), "line 4: this is no line of a calendar, such as DTSTART;VALUE=DATE:20261225\nline 6: this is no line of a calendar, such as DTSTART;VALUE=DATE:20261225"},
		{"a file cut short", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\n", "line 2: END:VEVENT is missing: the file is cut short"},
		{"an END too many", "BEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VCALENDAR\n", "line 3: END:VCALENDAR does not match the BEGIN before it"},
		{"an END for another", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VALARM\n", "line 3: END:VALARM does not match the BEGIN before it"},
		{"something after the calendar", "BEGIN:VCALENDAR\nEND:VCALENDAR\nVERSION:2.0\n", "line 3: this stands outside the calendar"},
		{"an address book", "BEGIN:VCARD\nEND:VCARD\n", "line 1: the file does not begin with BEGIN:VCALENDAR"},
		{"a nest", strings.Repeat("BEGIN:VCALENDAR\n", 50), "line 10: too many BEGINs without END"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, err := ReadHolidays(strings.NewReader(tt.text), Date{2026, 1, 1}, Date{2030, 12, 31})
			if err == nil || err.Error() != tt.want {
				t.Errorf("got %v, %v\nwant %s", h.lines(), err, tt.want)
			}
		})
	}
	_, err := ReadHolidays(strings.NewReader("x"), Date{2026, 1, 1}, Date{2030, 12, 31})
	if wrong, ok := errors.AsType[*LineError](err); !ok || wrong.Line != 1 {
		t.Errorf("got %v", err)
	}
}

func TestEntriesLeftOut(t *testing.T) {
	t.Parallel()
	tests := []struct{ lines, want string }{
		{"DTSTART:20261225\nDTEND:20281225", "line 2: it lasts longer than 62 days"},
		{"DTSTART:20261225\nDTEND:20261224", "line 2: it ends before it begins"},
		{"DTSTART:20261225\nDURATION:PT4H", "line 2: it lasts only part of a day"},
		{"DTSTART:20261225\nDURATION:P999999999999W", "line 2: it lasts only part of a day"},
		{"DTSTART:20261225T090000\nDTEND:20261226T000000", "line 2: it lasts only part of a day"},
		{"DTSTART:20261225\nRECURRENCE-ID:20261224", "line 4: it changes single days of another event (RECURRENCE-ID); write those as events of their own"},
		{"DTSTART:20261225\nRDATE:20261224", "line 4: it changes single days of another event (RDATE); write those as events of their own"},
		{"DTSTART:20261225\nRRULE:FREQ=DAILY", "line 4: it repeats, but not yearly"},
	}
	for _, rule := range []string{"INTERVAL=0", "COUNT=-1", "UNTIL=x", "BYMONTH=13", "BYMONTHDAY=0", "BYDAY=1XX", "BYDAY=M", "BYDAY=1MO", "BYDAY=6MO;BYMONTH=1", "BYSETPOS=1", "BYWEEKNO=20"} {
		tests = append(tests, struct{ lines, want string }{
			"DTSTART:20261225\nRRULE:FREQ=YEARLY;" + rule, "line 4: it repeats by a rule that is not understood; write its days as events of their own",
		})
	}
	for _, tt := range tests {
		text := "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + tt.lines + "\nEND:VEVENT\nEND:VCALENDAR\n"
		h, err := ReadHolidays(strings.NewReader(text), Date{2026, 1, 1}, Date{2030, 12, 31})
		if got := h.lines(); err != nil || !slices.Equal(got, []string{tt.want}) {
			t.Errorf("%q: got %q, %v; want %q", tt.lines, got, err, tt.want)
		}
	}
}

// TestHostileCalendarIsReadInTime has as many repeating events as fit, each for
// three hundred years on every day.
func TestHostileCalendarIsReadInTime(t *testing.T) {
	t.Parallel()
	const event = "BEGIN:VEVENT\nDTSTART:19000101\nRRULE:FREQ=YEARLY;BYMONTHDAY=31;BYMONTH=2\nEND:VEVENT\n"
	text := "BEGIN:VCALENDAR\n" + strings.Repeat(event, (MaxHolidayFile-100)/len(event)) + "END:VCALENDAR\n"
	start := time.Now()
	h, err := ReadHolidays(strings.NewReader(text), Date{2026, 1, 1}, Date{2199, 12, 31})
	if err != nil || len(h.Days) != 0 || len(h.LeftOut) != maxLeftOut {
		t.Errorf("got %d days, %d left out, %v", len(h.Days), len(h.LeftOut), err)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
}

// FuzzReadHolidays looks for files that crash the reader, or get past its limits.
func FuzzReadHolidays(f *testing.F) {
	files, err := filepath.Glob("testdata/*.ics")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("2026-12-25 Christmas\n2026-12-28..2026-12-31, Closed\n")
	f.Fuzz(func(t *testing.T, text string) {
		from, until := Date{2026, 1, 1}, Date{2031, 12, 31}
		h, err := ReadHolidays(strings.NewReader(text), from, until)
		if err != nil {
			if len(h.Days)+len(h.LeftOut) > 0 {
				t.Fatal("an error, and holidays too")
			}
			return
		}
		if len(h.Days) > MaxHolidays || len(h.LeftOut) > maxLeftOut {
			t.Fatalf("got %d days, %d left out", len(h.Days), len(h.LeftOut))
		}
		for i, d := range h.Days {
			if d.Date.Compare(from) < 0 || d.Date.Compare(until) > 0 || i > 0 && h.Days[i-1].Date.Compare(d.Date) >= 0 {
				t.Fatalf("%s is out of order", d.Date)
			}
			if again, err := ParseDate(d.Date.String()); err != nil || again != d.Date {
				t.Fatalf("%s reads as %s, %v", d.Date, again, err)
			}
			if len([]rune(d.Name)) > maxHolidayName {
				t.Fatalf("%q is too long", d.Name)
			}
		}
	})
}
