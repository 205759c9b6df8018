package view

import (
	"strings"
	"time"

	"github.com/slack-go/slack"

	"herald/store"
)

// Controls of the message before a run of reminders.
const (
	ActionRemindersSkip = "reminders_skip" // Skip this run; value: the preview's id
	ActionRemindersHalt = "reminders_halt" // Pause; value: likewise
	ActionPreviewsStop  = "previews_stop"  // Don't send me this; value: likewise
	ActionPreviewsTell  = "previews_tell"  // on the Reminders screen; value: TellOn or "off"
)

// PreviewGone is what somebody reads who presses a button of a run that was long ago.
const PreviewGone = "That run is long over. `/social reminders` shows the next ones."

// ReminderPreview tells a company admin of a run before it begins. Days and times are of the company's clock.
func ReminderPreview(p store.ReminderPreview, f Forecast, s store.Reminders, now time.Time) Message {
	when := soon(p.DueAt, now, s.Zone)
	people := count(f.Tally.Sending(), "person", "people")
	text := "*" + when + "* (" + escape(s.Zone) + ") reminders go to *" + people + "*" + f.later() + "."
	if f.Tally.Held > 0 {
		text += "\nHeld back: " + heldWords(f.Tally.Reasons()) + "."
	}
	return Message{
		Text: when + " reminders go to " + people + ".",
		Blocks: []slack.Block{
			section(text),
			slack.NewActionBlock("",
				button(ActionRemindersNext, "", "See who"), button(ActionRemindersSkip, p.ID, "Skip this run"), button(ActionRemindersHalt, p.ID, "Pause"),
				button(ActionPreviewsStop, p.ID, "Don't send me this")),
			quiet(f.notes() + " If you do nothing, they are sent."),
		},
	}
}

// ReminderPreviewClosed takes the place of ReminderPreview once the run is not ahead any more. It names nobody, so that it says nothing of
// people who are removed later.
func ReminderPreviewClosed(p store.ReminderPreview, zone string) Message {
	run := "the run of " + strings.Join(dates([]time.Time{p.DueAt}, zone), "")
	text := initial(run) + " has begun, or its time has passed, so it cannot be skipped any more. *Reminders* shows what comes of it, and pauses them."
	switch p.State {
	case store.PreviewAhead, store.PreviewOver:
	case store.PreviewSkipped:
		text = initial(run) + " is skipped: nobody is reminded then. The next one takes place as planned."
	case store.PreviewPaused:
		text = "Reminders are paused. Nobody gets another one until somebody resumes them."
	case store.PreviewRescheduled:
		text = "The schedule was changed, so " + run + " does not take place."
	}
	return Message{
		Text:   text,
		Blocks: []slack.Block{section(text), slack.NewActionBlock("", button(ActionReminders, "", "Reminders"))},
	}
}

// PreviewsStopped takes the place of ReminderPreview after Don't send me this.
func PreviewsStopped() Message {
	return Sentence("OK – no more messages before reminders go out. `/social reminders` if you change your mind.")
}

// PreviewsTold says what was chosen on the Reminders screen.
func PreviewsTold(wanted bool) Notice {
	if wanted {
		return Notice{Good: true, Text: "You get a message before each run."}
	}
	return Notice{Good: true, Text: "You get no more messages before a run."}
}

// tellPreviews is the switch on the Reminders screen.
func tellPreviews(off bool) slack.Block {
	text, change := "*A message to you before each run*: on", button(ActionPreviewsTell, "off", "Turn off")
	if off {
		text, change = "*A message to you before each run*: off", button(ActionPreviewsTell, TellOn, "Turn on")
	}
	return slack.NewSectionBlock(mrkdwn(text), nil, slack.NewAccessory(change))
}

// soon is "Today 14:00", "Tomorrow 10:00", "On Tue 24 Nov 10:00" by the clocks of a zone.
func soon(t, now time.Time, zone string) string {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	t, now = t.In(loc), now.In(loc)
	switch t.Format(time.DateOnly) {
	case now.Format(time.DateOnly):
		return "Today " + t.Format("15:04")
	case now.AddDate(0, 0, 1).Format(time.DateOnly):
		return "Tomorrow " + t.Format("15:04")
	}
	return "On " + t.Format("Mon 2 Jan 15:04")
}
