package view

import (
	"strings"

	"github.com/slack-go/slack"

	"herald/store"
)

// ActionRunPeople opens who signed up because of a run and whom it did not reach; value: the run's id.
const ActionRunPeople = "reminders_people"

// RunPeopleShown is how many people of each group are named.
const RunPeopleShown = 40

// RunPeople names who signed up because of a run, and whom it did not reach.
func RunPeople(run store.ReminderRun, signedUp, failed []store.ReminderOutcome) slack.ModalViewRequest {
	modal := slack.ModalViewRequest{Type: slack.VTModal, Title: plain("People of this run"), Close: plain("Back")}
	add := func(title string, of []store.ReminderOutcome, total int, words func(store.ReminderOutcome) string) {
		if len(of) == 0 {
			return
		}
		const moreRoom = 30 // for the last line
		lines := []string{"*" + title + "*"}
		size := len(lines[0]) + moreRoom
		for _, o := range of {
			line := "• " + escape(clip(o.Person.Name, nameShown)) + words(o)
			if size += len([]rune(line)) + 1; size > maxSection {
				modal.Blocks.BlockSet = append(modal.Blocks.BlockSet, section(strings.Join(lines, "\n")))
				lines, size = nil, len([]rune(line))+1+moreRoom
			}
			lines = append(lines, line)
		}
		if more := total - len(of); more > 0 {
			lines = append(lines, "… and "+number(more)+" more")
		}
		modal.Blocks.BlockSet = append(modal.Blocks.BlockSet, section(strings.Join(lines, "\n")))
	}
	add("Signed up because of it", signedUp, run.SignedUp, func(store.ReminderOutcome) string { return "" })
	add("Not reached", failed, run.Failed, func(o store.ReminderOutcome) string { return ": " + reminderFailure(o.Failure) })
	if len(modal.Blocks.BlockSet) == 0 {
		modal.Blocks.BlockSet = []slack.Block{section("Nobody any more.")}
	}
	return modal
}

// reminderFailure says why a reminder did not reach somebody. Unlike an invitation, nobody resends it.
func reminderFailure(code string) string {
	if code == store.FailureUnverified {
		return "unverified – Slack did not say whether it arrived. It counts, and is not sent twice"
	}
	return undelivered(code)
}

// lastReminder says what became of somebody's latest reminder.
func lastReminder(o store.ReminderOutcome) string {
	switch {
	case o.Sent:
		return "last reminded " + date(o.SentAt, "{date_short}")
	case o.Failure != "":
		return "the last reminder did not reach them: " + reminderFailure(o.Failure)
	case o.Held != "":
		return "not reminded in the last run: " + reasonWord(o.Held)
	}
	return "the next reminder is on its way"
}
