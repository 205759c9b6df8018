package nudge

import "time"

const (
	// previewLead is how long before a run the company hears of it, where that is
	// a working hour: time enough to look at the numbers and to stop it.
	previewLead = 2 * time.Hour

	// previewLeast is the least time before a run at which it is still told of.
	// Whoever read it later could not react any more.
	previewLeast = 30 * time.Minute
)

// PreviewAt returns the first moment from now on at which the company is to be
// told of the run, and false if there is none in time: it is always one of the
// company's working hours.
//
// A run is told of two hours before it. Where nobody works then, because the run
// is early in the morning or on a weekend, that is two hours before the end of
// the last working day before it: whoever reads it must be there to react. If the
// moment was missed, the next working hour will do, until half an hour before
// the run.
func (p *Policy) PreviewAt(run, now time.Time) (time.Time, bool) {
	at, ok := p.free(Person{}, p.company, latest(p.previewFrom(run), now))
	return at, ok && !at.After(run.Add(-previewLeast))
}

// previewFrom is the moment from which the run is told of.
func (p *Policy) previewFrom(run time.Time) time.Time {
	lead := run.Add(-previewLead)
	if at, ok := p.free(Person{}, p.company, lead); ok && at.Equal(lead) {
		return lead
	}
	day := DateOf(lead.In(p.company))
	for range MaxDays {
		end := moment(day, p.settings.To, p.company)
		if !p.dayOff(day) && !end.After(lead) {
			return latest(moment(day, p.settings.From, p.company), end.Add(-previewLead))
		}
		day = day.AddDays(-1)
	}
	return lead
}
