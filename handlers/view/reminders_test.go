package view

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"herald/nudge"
	"herald/sandbox/slackd/blockkit"
	"herald/store"
)

// someReminders are every Tuesday at ten in Lisbon, for people who were invited.
func someReminders() store.Reminders {
	return store.Reminders{
		Settings: nudge.DefaultSettings("Europe/Lisbon"), Schedule: "0 10 * * TUE",
		Days:     []nudge.Holiday{{Date: nudge.Date{Year: 2026, Month: 12, Day: 25}, Name: "Christmas"}},
		Replaces: "0123456789abcdef",
	}
}

func nextTuesdays(t *testing.T, n int) []time.Time {
	t.Helper()
	schedule, err := nudge.ParseSchedule("0 10 * * TUE", "Europe/Lisbon")
	if err != nil {
		t.Fatal(err)
	}
	return schedule.Upcoming(noon, n)
}

// hostile has the longest words that an admin may write, all of which grow when escaped.
func hostile() store.Reminders {
	r := someReminders()
	r.Schedule, r.Message = "0 10 * * MON,TUE,WED every 2 weeks from 2026-11-24", strings.Repeat("*<!channel>\n\"", 38)
	r.Paused = true
	return r
}

func TestNudge(t *testing.T) {
	t.Parallel()
	golden(t, "nudge", blockkit.Message, Nudge(Reminder{Company: acme, InvitedBy: "Ana Alves", N: 2, Most: 3, URL: acmeURL + "/token"}))
	c := acme
	c.Name = longName()
	golden(t, "nudge_hostile", blockkit.Message, Nudge(Reminder{Company: c, InvitedBy: longName(), N: 1, Most: 3, URL: acmeURL + "/token", Words: hostile().Message}))
	golden(t, "nudge_programme", blockkit.Message, Nudge(Reminder{Company: acme, N: 1, Most: 3, URL: acmeURL + "/token"}))
	golden(t, "nudge_snoozed", blockkit.Message, NudgeSnoozed(noon.AddDate(0, 0, 7)))
	golden(t, "nudge_stopped", blockkit.Message, NudgeStopped())
	golden(t, "nudge_why", blockkit.Modal, WhyMe(acme, someReminders(), nudge.Person{Invited: noon.AddDate(0, 0, -9), Reminders: 2}, "Ana Alves"))
	everyone := someReminders()
	everyone.Everyone = true
	golden(t, "nudge_why_everyone", blockkit.Modal, WhyMe(acme, everyone, nudge.Person{}, ""))
	golden(t, "nudge_why_over", blockkit.Modal, WhyMe(acme, store.Reminders{}, nudge.Person{}, ""))
}

func TestRemindersScreens(t *testing.T) {
	t.Parallel()
	run := store.ReminderRun{
		ID: "run1", DueAt: noon.AddDate(0, 0, -5), StartedAt: noon.AddDate(0, 0, -5).Add(40 * time.Minute), Status: store.RemindersDone, Planned: 42, Sent: 40, SignedUp: 9,
		Held: []nudge.ReasonCount{{Reason: nudge.AtCap, People: 21}, {Reason: nudge.Snoozed, People: 12}, {Reason: store.HeldTooLate, People: 2}},
	}
	list := []nudge.Attempt{{N: 1, Sent: 200, SignedUp: 60}, {N: 2, Sent: 100, SignedUp: 18}, {N: 3, Sent: 75, SignedUp: 1, Open: 4}, {N: 4, Open: 2}}
	golden(t, "reminders_off", blockkit.Home, RemindersOff())
	golden(t, "reminders", blockkit.Message, Reminders{
		Settings: someReminders(), Next: nextTuesdays(t, 5), Runs: []store.ReminderRun{run}, Attempts: list, Now: noon,
		Advice: &nudge.Suggestion{Attempt: list[2], Cap: 2},
	}.Message())
	ahead := store.ReminderRun{DueAt: nextTuesdays(t, 1)[0], Status: store.RemindersSkipped, Reason: store.SkippedOnRequest, AskedBy: "U0ANA"}
	golden(t, "reminders_skipped", blockkit.Message, Reminders{
		Settings: someReminders(), Next: nextTuesdays(t, 5)[1:], Skipped: []store.ReminderRun{ahead}, Unpreviewed: true, Now: noon,
	}.Message())
	told := Reminders{Settings: someReminders(), Next: nextTuesdays(t, 5), Unpreviewed: true, Now: noon}.Message()
	told.Notice = new(PreviewsTold(false))
	golden(t, "reminders_untold", blockkit.Message, told)
	golden(t, "reminders_new", blockkit.Message, Reminders{Settings: someReminders(), Next: nextTuesdays(t, 5), Now: noon}.Message())
	paused := Reminders{Settings: hostile(), Next: nextTuesdays(t, 5), Now: noon, Advice: &nudge.Suggestion{Attempt: list[2]}}.Message()
	paused.Notice = new(RemindersPaused(true))
	golden(t, "reminders_paused", blockkit.Message, paused)

	manual, sending, skipped, stopped := run, run, store.ReminderRun{DueAt: noon, Status: store.RemindersSkipped, Reason: nudge.SkippedMissed}, run
	manual.Manual, manual.AskedBy = true, "U0ANA"
	sending.Status, stopped.Status = store.RemindersSending, store.RemindersStopped
	runs := []store.ReminderRun{sending, manual, skipped, stopped, {DueAt: noon, Status: store.RemindersPlanning, Manual: true}}
	for _, reason := range []nudge.SkipReason{nudge.SkippedOverlap, nudge.SkippedPaused, store.SkippedOnRequest} {
		skipped.Reason = reason
		runs = append(runs, skipped)
	}
	golden(t, "reminders_report", blockkit.Modal, RemindersReport(runs, list, noon))
	golden(t, "reminders_report_empty", blockkit.Modal, RemindersReport(nil, nil, noon))

	today := nudge.DateOf(noon)
	golden(t, "reminders_form_new", blockkit.Modal, RemindersForm(store.Reminders{Settings: nudge.DefaultSettings("Europe/Lisbon")}, today, true))
	golden(t, "reminders_form_hostile", blockkit.Modal, RemindersForm(hostile(), today, false))
	golden(t, "reminders_confirm", blockkit.Modal, RemindersConfirm(acme, someReminders(), nextTuesdays(t, 5), true))
	golden(t, "reminders_confirm_hostile", blockkit.Modal, RemindersConfirm(acme, hostile(), nil, false))
	golden(t, "reminders_saved", blockkit.Modal, RemindersSaved(someReminders()))
	golden(t, "reminders_saved_paused", blockkit.Modal, RemindersSaved(hostile()))
	golden(t, "reminders_changed", blockkit.Modal, RemindersChanged())
	golden(t, "holidays_form", blockkit.Modal, HolidaysForm(someReminders(), true))
	many := someReminders()
	for i := range nudge.MaxHolidays {
		many.Days = append(many.Days, nudge.Holiday{Date: today.AddDays(i), Name: longName()})
	}
	golden(t, "holidays_form_many", blockkit.Modal, HolidaysForm(many, false))
	golden(t, "holidays_reading", blockkit.Modal, ReadingHolidays())
	golden(t, "holidays_saved", blockkit.Modal, HolidaysSaved(nudge.Holidays{Days: many.Days, LeftOut: []*nudge.LineError{
		{Line: 3, Reason: "it lasts only part of a day"}, {Line: 5, Reason: longName()}, {Line: 6}, {Line: 7}, {Line: 8}, {Line: 9},
	}}))
	golden(t, "holidays_none", blockkit.Modal, HolidaysSaved(nudge.Holidays{}))
}

func TestRunPeople(t *testing.T) {
	t.Parallel()
	people := make([]store.ReminderOutcome, RunPeopleShown)
	for i := range people {
		people[i] = store.ReminderOutcome{Person: store.Person{Name: longName()}, Failure: store.FailureUnverified}
	}
	golden(t, "run_people_full", blockkit.Modal, RunPeople(store.ReminderRun{SignedUp: 50, Failed: 41}, people, people))
	golden(t, "run_people", blockkit.Modal, RunPeople(store.ReminderRun{SignedUp: 1, Failed: 2}, []store.ReminderOutcome{{Person: store.Person{Name: "Ann Lee"}}},
		[]store.ReminderOutcome{{Person: store.Person{Name: "Bo García"}, Failure: store.FailureUnverified}, {Person: store.Person{Name: "Cy Wu"}, Failure: "cannot_dm_bot"}}))
	golden(t, "run_people_gone", blockkit.Modal, RunPeople(store.ReminderRun{SignedUp: 1}, nil, nil))
}

func TestTheDraftOfRemindersComesBackWhole(t *testing.T) {
	t.Parallel()
	for _, r := range []store.Reminders{someReminders(), hostile()} {
		r.Days, r.Paused = nil, false
		got, home, ok := ParseRemindersConfirm(RemindersConfirm(acme, r, nil, true).PrivateMetadata)
		if !ok || !home || fmt.Sprint(got) != fmt.Sprint(r) {
			t.Errorf("got %+v, want %+v", got, r)
		}
	}
	if _, _, ok := ParseRemindersConfirm("no.such.screen"); ok {
		t.Error("nonsense was read")
	}
	if home, replaces, ok := ParseRemindersForm(RemindersForm(someReminders(), nudge.DateOf(noon), true).PrivateMetadata); !ok || !home || replaces != someReminders().Replaces {
		t.Errorf("the form comes back as %t, %q, %t", home, replaces, ok)
	}
	if _, _, ok := ParseRemindersForm(RemindersAtHome); ok {
		t.Error("nonsense was read")
	}
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	var tally nudge.Tally
	at := nextTuesdays(t, 1)[0]
	for i, r := range nudge.Reasons() {
		for range i + 1 {
			tally.Add(nudge.Verdict{Kind: nudge.Hold, Reason: r})
		}
	}
	for range 30 {
		tally.Add(nudge.Verdict{Kind: nudge.SendNow})
	}
	tally.Add(nudge.Verdict{Kind: nudge.SendLater})
	golden(t, "dry_run", blockkit.Modal, DryRun(Forecast{At: at, Tally: tally}, false))
	golden(t, "dry_run_nobody", blockkit.Modal, DryRun(Forecast{At: at}, true))
	golden(t, "dry_run_large", blockkit.Modal, DryRun(Forecast{At: at, Tally: tally, Unasked: 12_400, Unfinished: true}, false))
	golden(t, "dry_run_counting", blockkit.Modal, DryRunCounting())

	list := DryRunList{Settings: someReminders(), At: at}
	somebody := func(name string) store.Candidate {
		return store.Candidate{Person: store.Person{ID: "person-" + name, Name: name}, Nudged: nudge.Person{
			Reminders: 1, Invited: noon.AddDate(0, 0, -9), Reminded: noon.AddDate(0, 0, -2), Snoozed: noon.AddDate(0, 0, 9),
		}}
	}
	list.People = []Judged{
		{somebody("Nia New"), nudge.Verdict{Kind: nudge.SendNow, At: at}},
		{somebody("Nils New"), nudge.Verdict{Kind: nudge.SendLater, At: at.Add(3 * time.Hour), Reason: nudge.OutsideHours}},
	}
	onVacation := somebody("On vacation")
	onVacation.Person.Away = true
	list.People = append(list.People, Judged{onVacation, nudge.Verdict{Kind: nudge.Hold, Reason: nudge.Away}})
	for _, r := range nudge.Reasons() {
		list.People = append(list.People, Judged{somebody(string(r)), nudge.Verdict{Kind: nudge.Hold, Reason: r, At: at.AddDate(0, 0, 3)}})
	}
	golden(t, "dry_run_list", blockkit.Modal, list.Modal())
	full := DryRunList{Reason: nudge.Pending, Settings: someReminders(), At: at, More: "person-last"}
	for range DryRunShown {
		full.People = append(full.People, Judged{somebody(longName()), nudge.Verdict{Kind: nudge.Hold, Reason: nudge.Pending}})
	}
	golden(t, "dry_run_list_full", blockkit.Modal, full.Modal())
	golden(t, "dry_run_list_empty", blockkit.Modal, DryRunList{Settings: someReminders()}.Modal())

	for i, j := range list.People[:3] {
		golden(t, fmt.Sprint("why_", i), blockkit.Message, Why(j, hostile(), at, nil))
	}
	for name, last := range map[string]store.ReminderOutcome{
		"sent": {Sent: true, SentAt: noon}, "unverified": {Failure: store.FailureUnverified}, "held": {Held: nudge.Away}, "waiting": {},
	} {
		golden(t, "why_last_"+name, blockkit.Message, Why(list.People[0], someReminders(), at, &last))
	}
	golden(t, "why_unknown", blockkit.Message, WhyUnknown("U0BO", store.Departure{}, false))
	golden(t, "why_gone", blockkit.Message, WhyUnknown("U0BO", store.Departure{Reason: store.DepartedLeft, Day: noon}, true))
	if reason, after := ParseDryRunWho(dryRunWho(nudge.AtCap, "p1")); reason != nudge.AtCap || after != "p1" {
		t.Errorf("the button says %q, %q", reason, after)
	}
}
