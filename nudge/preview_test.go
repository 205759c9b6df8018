package nudge

import (
	"testing"
	"time"
)

func TestARunIsToldOfWhileThereIsSomebodyToReact(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		run, now string
		change   func(*Settings)
		want     string // "": not at all
	}{
		"in the afternoon, two hours before":                {run: "2026-11-26 14:00 Europe/Lisbon", now: "2026-11-25 18:00 Europe/Lisbon", want: "2026-11-26 12:00 Europe/Lisbon"},
		"in the morning, the afternoon before":              {run: "2026-11-24 10:00 Europe/Lisbon", now: "2026-11-23 09:00 Europe/Lisbon", want: "2026-11-23 15:00 Europe/Lisbon"},
		"on Monday morning, on Friday":                      {run: "2026-11-23 10:00 Europe/Lisbon", now: "2026-11-19 09:00 Europe/Lisbon", want: "2026-11-20 15:00 Europe/Lisbon"},
		"on a Saturday, on Friday":                          {run: "2026-11-21 14:00 Europe/Lisbon", now: "2026-11-19 09:00 Europe/Lisbon", want: "2026-11-20 15:00 Europe/Lisbon"},
		"in the evening, in the same afternoon":             {run: "2026-11-24 22:00 Europe/Lisbon", now: "2026-11-24 09:00 Europe/Lisbon", want: "2026-11-24 15:00 Europe/Lisbon"},
		"after a holiday, before it":                        {run: "2026-11-24 10:00 Europe/Lisbon", now: "2026-11-20 09:00 Europe/Lisbon", change: holiday, want: "2026-11-20 15:00 Europe/Lisbon"},
		"where a working day has an hour, when that begins": {run: "2026-11-24 10:00 Europe/Lisbon", now: "2026-11-20 09:00 Europe/Lisbon", change: shortDays, want: "2026-11-23 09:00 Europe/Lisbon"},
		"late, at once":                                     {run: "2026-11-26 14:00 Europe/Lisbon", now: "2026-11-26 13:20 Europe/Lisbon", want: "2026-11-26 13:20 Europe/Lisbon"},
		"late at night, in the morning":                     {run: "2026-11-24 10:00 Europe/Lisbon", now: "2026-11-23 23:00 Europe/Lisbon", want: "2026-11-24 09:00 Europe/Lisbon"},
		"too late":                                          {run: "2026-11-26 14:00 Europe/Lisbon", now: "2026-11-26 13:31 Europe/Lisbon"},
		"late at night, and it runs as work begins":         {run: "2026-11-24 09:00 Europe/Lisbon", now: "2026-11-23 23:00 Europe/Lisbon"},
		"by clocks that are changed in between":             {run: "2026-03-29 10:00 Europe/Lisbon", now: "2026-03-27 09:00 Europe/Lisbon", change: everyDay, want: "2026-03-28 15:00 Europe/Lisbon"},
	} {
		if c.change == nil {
			c.change = func(*Settings) {}
		}
		p := lisbon(t, c.change)
		got, ok := p.PreviewAt(at(t, c.run), at(t, c.now))
		if ok != (c.want != "") || ok && !got.Equal(at(t, c.want)) {
			t.Errorf("%s: %v %v, want %q", name, got, ok, c.want)
		}
	}
}

func holiday(s *Settings)   { s.Holidays = []Date{{2026, time.November, 23}} }
func shortDays(s *Settings) { s.From, s.To = 9*60, 10*60 }
func everyDay(s *Settings)  { s.Weekend = nil }

func TestACompanyThatNeverWorksIsNotToldOfRuns(t *testing.T) {
	t.Parallel()
	p := lisbon(t, func(s *Settings) {
		day := Date{2025, time.November, 1}
		for range MaxHolidays {
			s.Holidays = append(s.Holidays, day)
			day = day.AddDays(1)
		}
	})
	run := at(t, "2026-02-24 10:00 Europe/Lisbon")
	if got, ok := p.PreviewAt(run, run.AddDate(0, 0, -14)); ok {
		t.Errorf("it is told at %v", got)
	}
}
