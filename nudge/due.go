package nudge

import "time"

// DefaultGrace is how late a run may start: long enough for a restart or an
// upgrade, short enough that what was meant for the morning does not arrive in
// the evening.
const DefaultGrace = 2 * time.Hour

// Progress is what is remembered of a schedule between two looks at it.
type Progress struct {
	// Seen is the moment up to which runs have been dealt with. Where a schedule
	// is made, changed or resumed, it is set to that moment, so that nothing from
	// before fires. Zero means that the schedule is new.
	Seen time.Time

	Paused bool // no run starts
	Busy   bool // an earlier run is still sending
}

// SkipReason is the code of why a run did not take place.
type SkipReason string

// The reasons to skip a run.
const (
	SkippedMissed  SkipReason = "missed"  // nobody was there to start it until its grace was over, or until the next run was due
	SkippedOverlap SkipReason = "overlap" // the run before was still sending when its grace was over
	SkippedPaused  SkipReason = "paused"  // reminders were paused
)

// Skipped is a run that did not take place.
type Skipped struct {
	At     time.Time // when it should have
	Reason SkipReason
}

// maxSkipped is how many skipped runs are listed; they are for people to read.
const maxSkipped = 20

// Due is what to do with a schedule at a moment.
type Due struct {
	Run     time.Time // the planned moment of the run to start now; zero: none. It is the run's identity: the same for every process that looks
	Waiting time.Time // the planned moment of a run that is due but waits for the one before; zero: none
	Skipped []Skipped // runs that will not take place, oldest first, the latest 20
	Omitted int       // how many more were skipped before those
	Seen    time.Time // to be remembered in Progress
}

// Due says what to do at now. Of several runs that have come due since the last
// look only the latest can start, and only within its grace: reminders are about
// now, two at once help nobody. While an earlier run is still sending, it waits
// for as long as its grace lasts.
//
// Where several processes look at one schedule, the one that first records Run starts it.
func (s Schedule) Due(p Progress, now time.Time, grace time.Duration) Due {
	// Databases round times. A run's moment must not be seen before it comes.
	now = now.Truncate(time.Second)
	due := Due{Seen: latest(p.Seen, now).UTC()}
	if p.Seen.IsZero() {
		return due
	}
	for run := s.Next(p.Seen); !run.IsZero() && !run.After(now); {
		next := s.Next(run)
		superseded := !next.IsZero() && !next.After(now)
		over := superseded || now.Sub(run) > grace
		switch {
		case p.Paused:
			due.skip(run, SkippedPaused)
		case p.Busy && !superseded && over:
			due.skip(run, SkippedOverlap)
		case over:
			due.skip(run, SkippedMissed)
		case p.Busy:
			due.Waiting = run
			// It must come up again at the next look.
			due.Seen = latest(p.Seen, run.Add(-time.Second)).UTC()
		default:
			due.Run = run
		}
		run = next
	}
	return due
}

// skip lists a run as skipped and drops the oldest where there are too many.
func (d *Due) skip(run time.Time, reason SkipReason) {
	d.Skipped = append(d.Skipped, Skipped{run, reason})
	if len(d.Skipped) > maxSkipped {
		d.Skipped = d.Skipped[1:]
		d.Omitted++
	}
}
