package nudge

import (
	"fmt"
	"testing"
	"time"
)

// TestDue looks at a schedule for Tuesdays, 10:00 in Lisbon.
func TestDue(t *testing.T) {
	t.Parallel()
	const tuesday = "2026-11-24 10:00 UTC"
	tests := []struct {
		name          string
		seen, now     string
		paused, busy  bool
		run, waiting  string
		skipped, next string
	}{
		{name: "a new schedule starts with the next run", now: tuesday},
		{name: "nothing is due", seen: "2026-11-23 10:00 UTC", now: "2026-11-24 09:59 UTC"},
		{name: "on time", seen: "2026-11-24 09:59 UTC", now: tuesday, run: tuesday},
		{name: "already seen", seen: tuesday, now: "2026-11-24 10:01 UTC"},
		{name: "late, within grace", seen: "2026-11-24 09:59 UTC", now: "2026-11-24 12:00 UTC", run: tuesday},
		{name: "too late", seen: "2026-11-24 09:59 UTC", now: "2026-11-24 12:01 UTC", skipped: "missed 24"},
		{name: "late, while paused", seen: "2026-11-24 09:59 UTC", now: "2026-11-24 10:01 UTC", paused: true, skipped: "paused 24"},
		{name: "the run of last week still sends", seen: "2026-11-24 09:59 UTC", now: "2026-11-24 10:01 UTC", busy: true, waiting: tuesday},
		{name: "it still does when grace is over", seen: "2026-11-24 09:59 UTC", now: "2026-11-24 12:01 UTC", busy: true, skipped: "overlap 24"},
		{name: "down for two weeks, back within grace", seen: "2026-11-09 10:00 UTC", now: "2026-11-24 10:30 UTC", run: tuesday, skipped: "missed 10, missed 17"},
		{name: "down for two weeks, back too late", seen: "2026-11-09 10:00 UTC", now: "2026-11-25 03:00 UTC", skipped: "missed 10, missed 17, missed 24"},
		{name: "down for two weeks in the middle of a run", seen: "2026-11-09 10:00 UTC", now: "2026-11-24 10:30 UTC", busy: true, waiting: tuesday, skipped: "missed 10, missed 17"},
		{name: "paused for two weeks", seen: "2026-11-09 10:00 UTC", now: "2026-11-24 10:30 UTC", paused: true, skipped: "paused 10, paused 17, paused 24"},
		{name: "the clock of the machine was put back", seen: "2026-11-24 11:00 UTC", now: "2026-11-24 09:00 UTC"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := schedule(t, "0 10 * * TUE", "Europe/Lisbon")
			p := Progress{Paused: tt.paused, Busy: tt.busy}
			if tt.seen != "" {
				p.Seen = at(t, tt.seen)
			}
			moment := func(text string) (m time.Time) {
				if text != "" {
					m = at(t, text)
				}
				return m
			}
			due := s.Due(p, at(t, tt.now), DefaultGrace)
			if !due.Run.Equal(moment(tt.run)) || !due.Waiting.Equal(moment(tt.waiting)) {
				t.Errorf("got run %s, waiting %s", due.Run, due.Waiting)
			}
			skipped := ""
			for _, skip := range due.Skipped {
				if skipped != "" {
					skipped += ", "
				}
				skipped += fmt.Sprintf("%s %d", skip.Reason, skip.At.Day())
			}
			if skipped != tt.skipped {
				t.Errorf("skipped %q, want %q", skipped, tt.skipped)
			}

			// The next look finds nothing new, but what waits.
			again := s.Due(Progress{Seen: due.Seen}, at(t, tt.now), DefaultGrace)
			if !again.Run.Equal(due.Waiting) || len(again.Skipped) > 0 {
				t.Errorf("a second look finds %+v", again)
			}
		})
	}
}

func TestDueListsTheLatestSkips(t *testing.T) {
	t.Parallel()
	s := schedule(t, "0 10 * * *", "Europe/Lisbon")
	now := at(t, "2026-11-24 23:00 UTC")
	due := s.Due(Progress{Seen: now.AddDate(0, 0, -100)}, now, DefaultGrace)
	if len(due.Skipped) != 20 || due.Omitted != 80 || !due.Skipped[19].At.Equal(at(t, "2026-11-24 10:00 UTC")) {
		t.Errorf("got %d and %d more", len(due.Skipped), due.Omitted)
	}
}

// TestDueSurvivesRounding has a database that rounds up to whole seconds.
func TestDueSurvivesRounding(t *testing.T) {
	t.Parallel()
	s := schedule(t, "0 10 * * TUE", "Europe/Lisbon")
	tuesday := at(t, "2026-11-24 10:00 UTC")
	due := s.Due(Progress{Seen: tuesday.Add(-time.Minute)}, tuesday.Add(-time.Nanosecond), DefaultGrace)
	due = s.Due(Progress{Seen: due.Seen.Add(time.Second - time.Nanosecond).Truncate(time.Second)}, tuesday, DefaultGrace)
	if !due.Run.Equal(tuesday) {
		t.Errorf("got %+v", due)
	}
}

// TestEveryRunIsAccountedForOnce looks at random moments for years, with stops,
// pauses and long runs in between.
func TestEveryRunIsAccountedForOnce(t *testing.T) {
	t.Parallel()
	r := random(t)
	for range 20 {
		s := schedule(t, pick(r, []string{"0 10 * * *", "30 1 * * *", "0 10 * * MON#1", "0 0 * * TUE,THU"}), pick(r, []string{"Europe/Lisbon", "America/New_York", "Africa/Cairo"}))
		now := quarters(r)
		first := now
		progress := Progress{Seen: now}
		accounted := map[time.Time]int{}
		for range 500 {
			start := progress.Seen
			progress.Paused, progress.Busy = chance(r, 10), chance(r, 20)
			now = now.Add(time.Duration(r.Int64N(int64(3 * time.Hour))))
			if chance(r, 3) {
				now = now.AddDate(0, 0, r.IntN(15))
			}
			due := s.Due(progress, now, DefaultGrace)
			if due.Seen.Before(start) {
				t.Fatal("time runs backwards")
			}
			if !due.Run.IsZero() {
				accounted[due.Run]++
				if now.Sub(due.Run) > DefaultGrace+time.Second || progress.Paused || progress.Busy {
					t.Fatalf("%s started at %s", due.Run, now)
				}
			}
			for _, skip := range due.Skipped {
				accounted[skip.At]++
			}
			progress.Seen = due.Seen
		}
		for run := s.Next(first); !run.After(progress.Seen); run = s.Next(run) {
			if accounted[run] != 1 {
				t.Fatalf("%s in %s: %s came %d times", s, s.zone, run, accounted[run])
			}
			delete(accounted, run)
		}
		if len(accounted) > 0 {
			t.Fatalf("these are no runs: %v", accounted)
		}
	}
}
