// Package nudge judges who is reminded when, and why somebody is not. It has no
// clock, no database and no Slack: the same question has the same answer today,
// in a dry run and in a test that lives through a year.
//
//   - [Policy] answers for one person and one moment: now, at a later moment, or
//     not, and why ([Reason]).
//   - [Schedule] says when a company's reminders run, and what becomes of a run
//     that is late, missed or overtaken by the next.
//   - [ReadHolidays] reads the days on which nobody is reminded.
//   - [Tally] and [Efficacy] sum up what a run would do and what the runs before
//     have achieved.
//
// Days and hours are those of the person's own clock. Zones come from Go's time
// zone database; a program that runs where none is installed imports time/tzdata.
package nudge
