package handlers_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"herald/handlers/view"
	"herald/nudge"
	"herald/sandbox/slackd"
	"herald/store"
)

// mondayAfternoon is when company admins are told of the run on Tuesday morning.
var mondayAfternoon = time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)

// beforeTuesday is how the message begins that tells of it.
const beforeTuesday = "*Tomorrow 10:00* (Europe/Lisbon) reminders go to *2 people*."

func TestAdminsAreToldBeforeARunAndSkipIt(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.remindsEverybody()
		w.travels(mondayAfternoon.Add(-time.Minute))
		w.travels(mondayAfternoon)
		w.must(w.h.StartReminders(w.ctx()))
		a, b := w.as(ana), w.as(ben)
		dm, other := a.gets(beforeTuesday), b.gets(beforeTuesday)
		w.wants(dm, "If you do nothing, they are sent.")
		for _, id := range []string{ray, ann, eve, olga} {
			if n := w.as(id).got("reminders go to"); n != 0 {
				t.Errorf("%s, who is no company admin, was told of the run", id)
			}
		}

		// Ana looks who it is, and skips it. Ben's message says so, too.
		a.presses(a.in(dm, view.ActionRemindersNext))
		counts := a.seesModal("would remind *2 people*")
		a.presses(a.at(counts, view.ActionRemindersWho))
		a.seesModal("*Eve Adams*: gets reminder 1 of at most 3")
		a.presses(a.in(dm, view.ActionRemindersSkip))
		a.becomes(dm, "The run of Tue 24 Nov 10:00 is skipped")
		other = b.becomes(other, "The run of Tue 24 Nov 10:00 is skipped")
		b.presses(b.in(other, view.ActionReminders))
		w.eventually("the screen says so", func() bool {
			for _, m := range b.Messages(other.Channel) {
				if strings.Contains(says(m), "The run of 24 Nov will be left out: <@"+ana+"> skipped it.") {
					return strings.Contains(says(m), "next: Tue 1 Dec 10:00")
				}
			}
			return false
		})
		w.wants(a.types("/social"), "next reminder Tue 1 Dec 10:00")
		w.travels(tuesday)
		if run := w.lastRun(); run.Status != store.RemindersSkipped || run.Reason != store.SkippedOnRequest {
			t.Errorf("on Tuesday: %+v", run)
		}
		report := a.types("/social reminders")
		w.wants(report, "The run of 24 Nov was left out: <@"+ana+"> skipped it.")
		w.wants(a.types("/social audit"), "skipped a run of the reminders")

		// A week later Ben does not want to be told any more, and Ana pauses.
		w.travels(mondayAfternoon.AddDate(0, 0, 7))
		dm, other = a.gets(beforeTuesday), b.gets(beforeTuesday)
		b.presses(b.in(other, view.ActionPreviewsStop))
		b.becomes(other, "no more messages before reminders go out")
		a.presses(a.in(dm, view.ActionRemindersHalt))
		dm = a.becomes(dm, "Reminders are paused.")
		if has(a.MessageElements(dm.Channel, dm.TS), view.ActionRemindersSkip) {
			t.Error("the buttons are still there")
		}
		screen := a.types("/social reminders")
		screen = a.clicks(screen, a.in(screen, view.ActionRemindersPause))
		w.wants(screen, "*A message to you before each run*: on")

		w.travels(mondayAfternoon.AddDate(0, 0, 14))
		dm = a.gets(beforeTuesday)
		if n := b.got("reminders go to"); n != 0 {
			t.Error("Ben is told all the same")
		}
		own := b.types("/social reminders")
		w.wants(own, "*A message to you before each run*: off")
		own = b.clicks(own, b.in(own, view.ActionPreviewsTell))
		w.wants(own, "*A message to you before each run*: on", "You get a message before each run.")
		w.travels(tuesday.AddDate(0, 0, 14))
		w.as(eve).gets("Reminder 1 " + reminder)
		a.becomes(dm, "The run of Tue 8 Dec 10:00 has begun")

		// Ben's hand was slow.
		var last string
		w.must(w.db.QueryRowContext(w.ctx(), `SELECT id FROM reminder_previews ORDER BY due_at DESC LIMIT 1`).Scan(&last))
		for value, want := range map[string]string{last: "so it cannot be skipped any more", "no.such.preview": "That run is long over."} {
			w.must(w.h.Action(w.ctx(), slack.InteractionCallback{
				Type: slack.InteractionTypeBlockActions, User: slack.User{ID: ben, TeamID: teamID},
				ActionCallback: slack.ActionCallbacks{BlockActions: []*slack.BlockAction{{ActionID: view.ActionRemindersSkip, Value: value}}},
			}))
			b.gets(want)
		}
	})
}

// TestAPreviewIsJudgedAgainWhenItIsSent lets something happen after the message was left, and before it is sent.
func TestAPreviewIsJudgedAgainWhenItIsSent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		meanwhile func(*world)
		putOff    bool
	}{
		"paused": {func(w *world) {
			w.must(w.store.PauseReminders(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, true))
		}, false},
		"rescheduled": {func(w *world) {
			w.must(w.store.SaveReminders(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, store.Reminders{
				Settings: nudge.DefaultSettings("Europe/Lisbon"), Schedule: "0 11 * * TUE",
			}))
		}, false},
		"begun": {func(w *world) { w.passed.Store(int64(tuesday.Sub(noon))); w.must(w.store.StartReminders(w.ctx())) }, false},
		"nobody is due": {func(w *world) {
			for _, id := range []string{eve, olga} {
				w.must(w.store.OptOut(w.ctx(), w.company.ID, id))
			}
		}, false},
		"at night": {func(w *world) { w.passed.Add(int64(7 * time.Hour)) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, options{noJobs: true, noBot: true}, func(t *testing.T, w *world) {
				w.remindsEverybody()
				w.must(w.store.DropJobs(w.ctx()))
				w.travels(mondayAfternoon)
				c.meanwhile(w)
				w.runsJobs()
				w.eventually("the job is done or put off", func() bool {
					var state string
					w.must(w.db.QueryRowContext(w.ctx(), `SELECT state FROM river_job WHERE kind = 'preview'`).Scan(&state))
					if c.putOff {
						return state == "scheduled"
					}
					return state == "completed"
				})
				if n := w.as(ana).got("reminders go to"); n != 0 {
					t.Error("Ana is told of a run that does not take place, or in the night")
				}
			})
		})
	}
}

func TestADryRunAsksWhoMustNotBeDisturbed(t *testing.T) {
	t.Parallel()
	person := func(id string, until time.Time) slackd.User {
		return slackd.User{ID: id, Name: strings.ToLower(id), RealName: id + " Doe", TZ: "Europe/Lisbon", DNDUntil: until}
	}
	people := []slackd.User{person("U5LATER", tuesday.Add(90*time.Minute)), person("U5AWAY", tuesday.AddDate(0, 0, 7))}
	each(t, options{people: people, noJobs: true}, func(t *testing.T, w *world) {
		w.remindsEverybody()
		a := w.as(ana)
		screen := a.types("/social reminders")
		a.presses(a.in(screen, view.ActionRemindersNext))
		counts := a.seesModal("would remind *3 people*, 1 of them later")
		w.says(words(counts.Blocks), "1 away", "is asked again when they are reminded")
		a.presses(a.at(counts, view.ActionRemindersWho))
		list := a.seesModal("*U5LATER Doe*: gets reminder 1 of at most 3 at")
		w.says(words(list.Blocks), "*Eve Adams*: gets reminder 1", "they are not to be disturbed in Slack")
		if strings.Contains(words(list.Blocks), "U5AWAY") {
			t.Error("somebody who is away is among those who are reminded")
		}
		w.must(a.CloseModal(w.ctx(), list.ID, false))
		for _, e := range a.ViewElements(counts.ID) {
			if e.ActionID == view.ActionRemindersWho && e.Value == string(nudge.Away)+":" {
				a.presses(e)
			}
		}
		a.seesModal("*U5AWAY Doe*: they are not to be disturbed in Slack")
		if n := len(w.slack.Calls("dnd.teamInfo")); n != 1 {
			t.Errorf("Slack was asked %d times within a minute", n)
		}
		w.wants(a.types("/social why U5AWAY"), "they are not to be disturbed in Slack")
	})
}

func TestADryRunIsOfUseWhereSlackDoesNotTellOfEverybody(t *testing.T) {
	t.Parallel()
	var people []slackd.User
	for i := range 254 { // beside Eve and Olga
		people = append(people, slackd.User{ID: fmt.Sprintf("U6X%03d", i), Name: fmt.Sprintf("x%03d", i), RealName: fmt.Sprintf("Xen %03d", i), TZ: "Europe/Lisbon"})
	}
	each(t, options{people: people, noJobs: true}, func(t *testing.T, w *world) {
		w.remindsEverybody()
		a := w.as(ana)
		screen := a.types("/social reminders")
		w.slack.Inject(slackd.Fault{Kind: slackd.APIError, Method: "dnd.teamInfo", Error: "missing_scope", Count: 1})
		a.presses(a.in(screen, view.ActionRemindersNext))
		counts := a.seesModal("would remind *256 people*")
		w.says(words(counts.Blocks), "Slack was not asked for everybody", "for 256 of these")
		w.must(a.CloseModal(w.ctx(), counts.ID, true))

		a.presses(a.in(screen, view.ActionRemindersNext))
		counts = a.seesModal("would remind *256 people*")
		w.says(words(counts.Blocks), "Slack was not asked for everybody", "for 6 of these")
		if n := len(w.slack.Calls("dnd.teamInfo")); n != 1+5 {
			t.Errorf("Slack was asked %d times, want once in vain and five times", n)
		}
	})
}
