package store_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

// BenchmarkReminders judges a company in which nobody is registered and everybody is due: the most there is to note. Then everybody has got
// theirs, and the figures of the Reminders screen are read.
func BenchmarkReminders(b *testing.B) {
	n := benchMembers(b)
	s, env := storetest.OpenPostgres(b)
	acme := storetest.Company(b, s)
	_, ana := storetest.Admin(b, s, acme.ID, "Ana Lima")
	const batch = 20_000
	for from := 0; from < n; from += batch {
		entries := make([]store.Entry, min(batch, n-from))
		for i := range entries {
			entries[i].Person = store.Person{
				SlackID: fmt.Sprintf("U%09d", from+i), Name: fmt.Sprintf("Person %d", from+i), Handle: fmt.Sprintf("p%d", from+i), TimeZone: "Asia/Kathmandu",
			}
		}
		if err := s.Load(b.Context(), acme.ID, entries); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Analyze(b.Context()); err != nil {
		b.Fatal(err)
	}
	if err := s.SaveReminders(b.Context(), acme.ID, ana, tuesdays()); err != nil {
		b.Fatal(err)
	}
	policy, err := tuesdays().Policy()
	if err != nil {
		b.Fatal(err)
	}
	var run store.ReminderRun
	b.Run("plan", func(b *testing.B) {
		var peak uint64
		for b.Loop() {
			b.StopTimer()
			for _, pause := range []bool{true, false} { // ends the run before
				if err := s.PauseReminders(b.Context(), acme.ID, ana, pause); err != nil {
					b.Fatal(err)
				}
			}
			env.Clock.Advance(time.Hour)
			if run, err = s.RunReminders(b.Context(), acme.ID, ana); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			for batches := 0; run.Status == store.RemindersPlanning; batches++ {
				if run, err = s.PlanReminders(b.Context(), acme.ID, run.ID, policy.Judge); err != nil {
					b.Fatal(err)
				}
				if batches%10 == 0 {
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					peak = max(peak, m.HeapInuse)
				}
			}
			if run.Planned != n {
				b.Fatalf("planned %d of %d", run.Planned, n)
			}
		}
		b.ReportMetric(float64(peak)/(1<<20), "heap-MiB")
	})
	b.Run("screen", func(b *testing.B) {
		if err := store.SendNudges(b.Context(), s, run.ID); err != nil {
			b.Fatal(err)
		}
		if err := s.Analyze(b.Context()); err != nil {
			b.Fatal(err)
		}
		var longest time.Duration
		for b.Loop() {
			began := time.Now()
			_, err := s.Reminders(b.Context(), acme.ID)
			runs, problem := s.ReminderRuns(b.Context(), acme.ID, 1)
			e, trouble := s.Efficacy(b.Context(), acme.ID)
			if err := errors.Join(err, problem, trouble); err != nil {
				b.Fatal(err)
			}
			longest = max(longest, time.Since(began))
			sent := 0
			for _, a := range e.Attempts() {
				sent += a.Sent + a.Open
			}
			if sent != n || len(runs) != 1 {
				b.Fatalf("the screen has %d reminders of %d, and %d runs", sent, n, len(runs))
			}
		}
		b.ReportMetric(float64(longest.Microseconds())/1000, "longest-ms")
	})
}
