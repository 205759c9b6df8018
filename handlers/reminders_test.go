package handlers_test

import (
	"strings"
	"testing"
	"time"

	"herald/handlers/view"
	"herald/nudge"
	"herald/sandbox/slackd"
	"herald/store"
)

// tuesday is the first run of reminders that are set up at noon: ten o'clock in Lisbon, where most people are.
var tuesday = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

// travels lets time pass until the moment, and starts what is due then.
func (w *world) travels(to time.Time) {
	w.t.Helper()
	w.passed.Store(int64(to.Sub(noon)))
	w.must(w.h.StartReminders(w.ctx()))
}

// remindsEverybody sets reminders up: every Tuesday, to all who are not registered.
func (w *world) remindsEverybody() {
	w.t.Helper()
	settings := nudge.DefaultSettings("Europe/Lisbon")
	settings.Everyone = true
	w.must(w.store.SaveReminders(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, store.Reminders{Settings: settings, Schedule: "0 10 * * TUE"}))
}

// lastRun waits until the latest run is over.
func (w *world) lastRun() store.ReminderRun {
	w.t.Helper()
	var last store.ReminderRun
	w.passes("the run is over", func() bool {
		runs, err := w.store.ReminderRuns(w.ctx(), w.company.ID, 1)
		w.must(err)
		if len(runs) == 0 {
			w.t.Fatal("nothing ran")
		}
		last = runs[0]
		return !last.Busy()
	})
	return last
}

// reminder is how every reminder begins.
const reminder = "of at most 3: Acme invites you"

func TestAnAdminSetsRemindersUpAndPeopleAreRemindedUntilTheySayNo(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		a := w.as(ana)
		home := a.opensHome()
		a.presses(a.at(home, view.ActionReminders))
		home = a.seesHome("that they are off", func(v slackd.View) bool { return strings.Contains(words(v.Blocks), "*Reminders* are off") })
		a.presses(a.at(home, view.ActionRemindersEdit))
		form := a.seesModal("What a reminder says")
		if refused := a.submits(form, map[string][]string{
			view.BlockPreset: {view.PresetOwn}, view.BlockSchedule: {"* * * * *"}, view.BlockZone: {"Mars/Phobos"},
		}); refused.Errors[view.BlockZone] == "" {
			t.Errorf("nonsense was taken: %+v", refused)
		}
		if refused := a.submits(form, map[string][]string{
			view.BlockPreset: {view.PresetOwn}, view.BlockSchedule: {"* * * * *"}, view.BlockZone: {"Europe/Lisbon"},
		}); !strings.Contains(refused.Errors[view.BlockSchedule], "more than once a day") {
			t.Errorf("every minute was taken: %+v", refused)
		}
		a.submits(form, map[string][]string{
			view.BlockPreset: {"0 10 * * TUE"}, view.BlockSchedule: {""}, view.BlockWhom: {view.WhomEveryone}, view.BlockWords: {"Come and help us choose our colleagues."},
		})
		confirm := a.seesModal("The next runs:")
		w.says(words(confirm.Blocks), "Tue 24 Nov 10:00", "Tue 22 Dec 10:00", "Come and help us")
		if _, err := w.store.Reminders(w.ctx(), w.company.ID); err == nil {
			t.Error("it was saved before that was confirmed")
		}
		a.submits(confirm, nil)
		a.seesModal("Saved. Reminders run every Tuesday 10:00 (Europe/Lisbon).")
		a.seesHome("when they run", func(v slackd.View) bool { return strings.Contains(words(v.Blocks), "every Tuesday 10:00") })

		w.wants(a.types("/social"), "next reminder Tue 24 Nov 10:00")
		w.travels(tuesday.Add(-time.Minute))
		w.travels(tuesday.Add(30 * time.Second))
		w.must(w.h.StartReminders(w.ctx()))
		e, o := w.as(eve), w.as(olga)
		first, other := e.gets("Reminder 1 "+reminder), o.gets("Reminder 1 "+reminder)
		w.wants(first, "Come and help us choose our colleagues.", "You get it as a colleague at Acme.")
		if link := e.in(first, view.ActionSignupLink).URL; !strings.HasPrefix(link, "https://jobs.acme.example/register/"+w.company.Key+"/") {
			t.Errorf("Sign up leads to %q", link)
		}
		e.presses(e.in(first, view.ActionNudgeWhy))
		e.seesModal("reminds everybody who works there and has not signed up")
		e.presses(e.in(first, view.ActionNudgeSnooze))
		first = e.becomes(first, "OK – no reminder before")
		o.presses(o.in(other, view.ActionNudgeStop))
		if c, err := w.store.Candidate(w.ctx(), w.company.ID, olga); err != nil || !c.Nudged.OptedOut {
			t.Errorf("Slack was told that Olga was heard, and her wish is not stored: %+v, %v", c.Nudged, err)
		}
		o.becomes(other, "OK – no more reminders.")
		if len(e.MessageElements(first.Channel, first.TS)) != 0 {
			t.Error("the buttons are still there")
		}
		if run := w.lastRun(); run.Sent != 2 || run.Status != store.RemindersDone {
			t.Errorf("the run: %+v", run)
		}

		// A week later Eve is reminded again, some seconds after ten, as she asked; it does not count twice. Olga never is.
		w.travels(tuesday.AddDate(0, 0, 7))
		w.travels(tuesday.AddDate(0, 0, 7).Add(5 * time.Minute))
		w.passes("Eve is reminded again", func() bool { return e.got("Reminder 1 "+reminder) == 1 })
		if run := w.lastRun(); run.Sent != 1 {
			t.Errorf("the second run: %+v", run)
		}
		if n := o.got(reminder); n != 0 {
			t.Errorf("Olga has %d reminders", n)
		}
		w.register(eve)
		report := a.types("/social reminders")
		w.wants(report, "1 sent, 0 failed, *1 signed up*")
		a.presses(a.in(report, view.ActionRemindersReport))
		w.says(words(a.seesModal("Held back").Blocks), "1 asked for no reminders", "too early to tell")
		w.wants(a.types("/social why @olga"), "*Olga Orlova* gets no reminder", "they asked for no reminders, which is final")
		w.wants(a.types("/social why @eve"), "they are registered")
		w.wants(a.types("/social why @gus"), "guests do not take part")
		w.wants(a.types("/social why @nobody"), "Nobody here is called")
		w.wants(a.types("/social why"), "Whom?")
		w.wants(a.types("/social audit"), "changed the reminders")
	})
}

func TestTwoAdminsWhoEditRemindersDoNotUndoEachOther(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.remindsEverybody()
		edits := func(p person) slackd.View {
			p.presses(p.in(p.types("/social reminders"), view.ActionRemindersEdit))
			return p.seesModal("What a reminder says")
		}
		ofAna, ofBen := edits(w.as(ana)), edits(w.as(ben))
		if refused := w.as(ben).submits(ofBen, map[string][]string{view.BlockPreset: {"0 10 * * TUE"}, view.BlockSchedule: {"0 9 * * WED"}}); !strings.Contains(refused.Errors[view.BlockSchedule], "As written below") {
			t.Errorf("an expression that nobody chose: %+v", refused)
		}
		w.as(ben).submits(ofBen, map[string][]string{view.BlockSchedule: {""}, view.BlockCap: {"1"}})
		w.as(ben).submits(w.as(ben).seesModal("The next runs:"), nil)
		w.as(ben).seesModal("Saved.")

		w.as(ana).submits(ofAna, map[string][]string{view.BlockWords: {"Whom do you know?"}})
		w.as(ana).submits(w.as(ana).seesModal("The next runs:"), nil)
		w.as(ana).seesModal("Somebody changed the reminders meanwhile.")
		now, err := w.store.Reminders(w.ctx(), w.company.ID)
		w.must(err)
		if now.Cap != 1 || now.Message != "" {
			t.Errorf("saved: %+v", now)
		}
	})
}

// nobodyToday waits until a run that just began has judged everybody, fails if somebody's moment is within twenty hours, and stops it.
func (w *world) nobodyToday(when string) {
	w.t.Helper()
	var run store.ReminderRun
	w.eventually(when+" everybody is judged", func() bool {
		runs, err := w.store.ReminderRuns(w.ctx(), w.company.ID, 1)
		w.must(err)
		run = runs[0]
		return run.Status == store.RemindersSending && run.Planned > 0
	})
	var early int
	w.must(w.db.QueryRowContext(w.ctx(), `SELECT count(*) FROM nudges WHERE run_id = $1 AND send_at < $2`,
		run.ID, w.now().Add(20*time.Hour).UnixMicro()).Scan(&early))
	if early > 0 || run.Sent > 0 {
		w.t.Errorf("%s %d people would be written to: %+v", when, early, run)
	}
	for _, pause := range []bool{true, false} {
		w.must(w.store.PauseReminders(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, pause))
	}
}

// TestWishesHoursAndHolidaysWin puts every wish and rule against the schedule, Run now, and a bulk invitation.
func TestWishesHoursAndHolidaysWin(t *testing.T) {
	t.Parallel()
	person := func(id, zone string) slackd.User {
		return slackd.User{ID: id, Name: strings.ToLower(id), RealName: id + " Doe", Email: strings.ToLower(id) + "@acme.example", TZ: zone}
	}
	away, quiet := person("U5AWAY", "Europe/Lisbon"), person("U5QUIET", "Europe/Lisbon")
	away.StatusEmoji, away.StatusText = ":palm_tree:", "Vacationing"
	quiet.DNDUntil = tuesday.Add(90 * time.Minute)
	people := []slackd.User{away, quiet, person("U5TOKYO", "Asia/Tokyo"), person("U5OUT", "Europe/Lisbon"), person("U5CAP", "Europe/Lisbon")}
	each(t, options{people: people}, func(t *testing.T, w *world) {
		w.remindsEverybody()
		w.must(w.store.OptOut(w.ctx(), w.company.ID, "U5OUT"))
		w.must(w.store.OptOut(w.ctx(), w.company.ID, olga))
		count := func(id string) int { return w.as(id).got(reminder) }

		// Ana presses Run now on a Sunday before a holiday: nobody is written to.
		w.must(w.store.SaveHolidays(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, []nudge.Holiday{{Date: nudge.Date{Year: 2026, Month: 11, Day: 23}}}))
		a := w.as(ana)
		screen := a.types("/social reminders")
		screen = a.clicks(screen, a.in(screen, view.ActionRemindersRun))
		w.wants(screen, "The run has begun")
		w.nobodyToday("on Sunday at noon")

		// So it is with a bulk invitation, which she stops then.
		a.chooses(everyone())
		a.submits(a.seesModal("*5 people* get"), nil)
		w.passes("Ana reads who waits", func() bool { return a.got("5 wait for a decent hour where they are") == 1 })
		m := a.gets("Inviting 5 people")
		var early int
		w.must(w.db.QueryRowContext(w.ctx(), `SELECT count(*) FROM invites WHERE kind = 'dm' AND closed = '' AND send_at < $1`,
			w.now().Add(20*time.Hour).UnixMicro()).Scan(&early))
		if early > 0 {
			t.Errorf("%d people would be invited on a Sunday, or on the holiday after it", early)
		}
		a.presses(a.in(m, view.ActionRunStop))
		a.becomes(m, "Stopped: 0 of 5 people were invited.")

		// On Tuesday: Eve at once, whoever must not be disturbed in Lisbon after that, and in Tokyo the next morning, all in one run.
		w.travels(tuesday)
		w.as(eve).gets("Reminder 1 " + reminder)
		w.as("U5CAP").gets("Reminder 1 " + reminder)
		if n := count("U5QUIET") + count("U5TOKYO") + count("U5AWAY") + count("U5OUT") + count(olga); n != 0 {
			t.Errorf("%d reminders to people whose time it is not", n)
		}
		w.eventually("who must not be disturbed waits", func() bool {
			var n int
			w.must(w.db.QueryRowContext(w.ctx(), `SELECT count(*) FROM nudges WHERE status = 'waiting'`).Scan(&n))
			return n == 2
		})
		w.travels(tuesday.Add(92 * time.Minute))
		w.passes("the quiet one is reminded afterwards", func() bool { return count("U5QUIET") == 1 })
		w.travels(tuesday.Add(14*time.Hour + time.Minute)) // 9:01 in Tokyo
		w.passes("Tokyo is reminded in the morning", func() bool { return count("U5TOKYO") == 1 })
		if run := w.lastRun(); run.Sent != 4 {
			t.Errorf("the run: %+v", run)
		}

		// Too soon for Run now; snooze, opt-out and cap stand against the schedule.
		w.travels(tuesday.AddDate(0, 0, 1).Add(5 * time.Hour))
		_, err := w.store.RunReminders(w.ctx(), w.company.ID, store.Actor{SlackID: ana})
		w.must(err)
		if run := w.lastRun(); run.Sent != 0 {
			t.Errorf("a day later: %+v", run)
		}
		w.must(w.store.Snooze(w.ctx(), w.company.ID, eve, tuesday.AddDate(0, 0, 10)))
		bulk := func() store.RunPlan {
			plan, err := w.store.ProposeRun(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, store.Audience{Everyone: true}, store.Employee)
			w.must(err)
			return plan
		}
		// So they do against a bulk invitation, which is only for who is away.
		if plan := bulk(); plan.Total != 1 || plan.Declined != 2 || plan.Spared != (store.Spared{Snoozed: 1, TooSoon: 3}) {
			t.Errorf("the bulk invitation a day later: %+v", plan)
		}
		w.must(w.store.SaveHolidays(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, []nudge.Holiday{
			{Date: nudge.Date{Year: 2026, Month: 12, Day: 8}, Name: "Immaculate Conception"}, {Date: nudge.Date{Year: 2026, Month: 12, Day: 9}},
		}))
		for week := 1; week <= 5; week++ {
			run := tuesday.AddDate(0, 0, 7*week)
			w.travels(run)
			if week == 2 {
				w.nobodyToday("on a holiday")
				continue
			}
			w.eventually("who is due at once is reminded", func() bool {
				var due int
				w.must(w.db.QueryRowContext(w.ctx(), `
					SELECT (SELECT count(*) FROM nudges WHERE status = 'queued') + (SELECT count(*) FROM reminder_runs WHERE status = 'planning')`).Scan(&due))
				return due == 0
			})
			w.travels(run.AddDate(0, 0, 1).Add(-time.Minute)) // and Tokyo the next morning
			w.lastRun()
		}
		if n := count("U5CAP"); n != 3 {
			t.Errorf("%d reminders in five weeks, at most 3", n)
		}
		if n := count(eve); n < 2 {
			t.Errorf("Eve has %d reminders: the snooze is over", n)
		}
		if n := count("U5OUT") + count(olga) + count("U5AWAY"); n != 0 {
			t.Errorf("%d reminders against a wish", n)
		}
		for _, id := range []string{eve, "U5AWAY", "U5QUIET", "U5TOKYO", "U5CAP"} {
			if n := w.as(id).got("Acme invites you"); n != count(id) {
				t.Errorf("%s has %d invitations and reminders, %d of them reminders: the invitation was stopped", id, n, count(id))
			}
		}

		// A bulk invitation leaves out who opted out, and who got all reminders.
		if plan := bulk(); plan.Declined != 2 || plan.AtCap == 0 { // among them U5CAP, see above
			t.Errorf("the bulk invitation: %+v", plan)
		}
	})
}

func TestTheDryRunOpensListsWithTheReasons(t *testing.T) {
	t.Parallel()
	var people []slackd.User
	for _, u := range newcomers() {
		people = append(people, slackd.User{ID: u.ID, Name: u.Name, RealName: "Many " + u.Name, TZ: "Europe/Lisbon"})
	}
	for i := range 30 {
		id := "U6X" + string(rune('A'+i%26)) + string(rune('A'+i/26))
		people = append(people, slackd.User{ID: id, Name: strings.ToLower(id), RealName: "Xen " + id, TZ: "Europe/Lisbon"})
	}
	each(t, options{people: people, noJobs: true}, func(t *testing.T, w *world) {
		a := w.as(ana)
		w.wants(a.types("/social why @eve"), "Nobody has set up reminders yet")
		w.remindsEverybody()
		w.must(w.store.OptOut(w.ctx(), w.company.ID, eve))
		screen := a.types("/social reminders")
		a.presses(a.in(screen, view.ActionRemindersNext))
		counts := a.seesModal("would remind *55 people*")
		w.says(words(counts.Blocks), "1 asked for no reminders")
		a.presses(a.at(counts, view.ActionRemindersWho))
		list := a.seesModal("*Many many00*: gets reminder 1 of at most 3")
		a.presses(a.at(list, view.ActionRemindersWho))
		next := a.seesModal("*Xen U6XZA*")
		if strings.Contains(words(next.Blocks), "many00") {
			t.Error("the next page shows the first one again")
		}
	})
}

func TestHolidaysAreTypedAndNonsenseIsToldWithItsLine(t *testing.T) {
	t.Parallel()
	each(t, options{noJobs: true}, func(t *testing.T, w *world) {
		w.remindsEverybody()
		a := w.as(ana)
		screen := a.types("/social reminders")
		a.presses(a.in(screen, view.ActionRemindersHolidays))
		form := a.seesModal("Days without reminders")
		refused := a.submits(form, map[string][]string{view.BlockHolidays: {"2026-12-25 Christmas\nsoon"}})
		if !strings.Contains(refused.Errors[view.BlockHolidays], "line 2") {
			t.Errorf("nonsense was taken: %+v", refused)
		}
		a.submits(form, map[string][]string{view.BlockHolidays: {"2026-12-25 Christmas\n2026-12-28..2026-12-31 Closed"}})
		a.seesModal("Nobody is reminded on 5 holidays")
		screen = a.types("/social reminders")
		w.wants(screen, "Holidays (5)")

		screen = a.clicks(screen, a.in(screen, view.ActionRemindersPause))
		w.wants(screen, "*Reminders*  paused")
		w.travels(tuesday)
		screen = a.clicks(screen, a.in(screen, view.ActionRemindersPause))
		w.wants(screen, "*Reminders*  on", "The run of 24 Nov was left out: reminders were paused")
	})
}

func TestWhileSlackDoesNotTellWhoMustNotBeDisturbedRemindersWait(t *testing.T) {
	t.Parallel()
	quiet := slackd.User{ID: "U5QUIET", Name: "quiet", RealName: "Quin Quiet", TZ: "Europe/Lisbon", DNDUntil: tuesday.Add(90 * time.Minute)}
	for name, f := range map[string]slackd.Fault{
		"Slack is in trouble":   {Kind: slackd.ServerError},
		"the answer breaks off": {Kind: slackd.CutAnswer},
		"Slack is busy":         {Kind: slackd.APIError, Error: "internal_error"},
		"too many questions":    {Kind: slackd.RateLimited, Delay: 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, options{people: []slackd.User{quiet}, pace: 1}, func(t *testing.T, w *world) {
				w.remindsEverybody()
				f.Method, f.Count = "dnd.teamInfo", 1
				w.slack.Inject(f)
				w.travels(tuesday)
				w.eventually("Slack is asked", func() bool { return len(w.slack.Calls("dnd.teamInfo")) > 0 })
				if n := w.as(eve).got(reminder) + w.as(olga).got(reminder) + w.as(quiet.ID).got(reminder); n != 0 {
					t.Errorf("%d reminders went out without an answer", n)
				}
				w.travels(tuesday.Add(time.Minute))
				w.passes("the others are reminded", func() bool { return w.as(eve).got(reminder)+w.as(olga).got(reminder) == 2 })
				if n := w.as(quiet.ID).got(reminder); n != 0 {
					t.Error("somebody was disturbed")
				}
			})
		})
	}
}

func TestAReminderThatSlackRefusesIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	each(t, options{silently: true}, func(t *testing.T, w *world) {
		w.remindsEverybody()
		w.slack.Inject(slackd.Fault{Kind: slackd.NoDM, User: eve, Error: "user_not_found"})
		w.travels(tuesday)
		w.as(olga).gets("Reminder 1 " + reminder)
		if run := w.lastRun(); run.Sent != 1 || run.Failed != 1 {
			t.Errorf("the run: %+v", run)
		}
		w.wants(w.as(ana).types("/social why @eve"), "Slack does not let Herald write to them")
	})
}

func TestAReminderOfWhichNobodyKnowsIsNotSaidTwice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		blind bool // Slack does not let Herald look
		want  store.ReminderRun
	}{
		"Slack can be asked":    {false, store.ReminderRun{Sent: 1}},
		"Slack cannot be asked": {true, store.ReminderRun{Failed: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, options{silently: true}, func(t *testing.T, w *world) {
				w.settles()
				w.remindsEverybody()
				w.must(w.store.OptOut(w.ctx(), w.company.ID, olga))
				w.slack.Inject(slackd.Fault{Kind: slackd.CutAnswer, Method: "chat.postMessage", Count: 1})
				if c.blind {
					w.slack.Inject(slackd.Fault{Kind: slackd.APIError, Method: "conversations.history", Error: "missing_scope"})
				}
				w.travels(tuesday)
				w.as(eve).gets("Reminder 1 " + reminder)
				w.isPutOff("a job failed and will be tried again")
				run := w.lastRun()
				if run.Sent != c.want.Sent || run.Failed != c.want.Failed {
					t.Errorf("the run: %+v", run)
				}
				if n := w.as(eve).got(reminder); n != 1 {
					t.Errorf("she was reminded %d times", n)
				}
				// In either case it counts.
				somebody, err := w.store.Candidate(w.ctx(), w.company.ID, eve)
				w.must(err)
				if somebody.Nudged.Reminders != 1 {
					t.Errorf("%d reminders count", somebody.Nudged.Reminders)
				}
				if !c.blind {
					return
				}
				a := w.as(ana)
				w.wants(a.types("/social why @eve"), "the last reminder did not reach them: unverified")
				a.presses(a.in(a.types("/social reminders"), view.ActionRemindersReport))
				report := a.seesModal("1 failed")
				a.presses(a.at(report, view.ActionRunPeople))
				a.seesModal("Eve")
			})
		})
	}
}

func TestHolidaysAreReadFromACalendar(t *testing.T) {
	t.Parallel()
	const calendar = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261225\r\nSUMMARY:Natal\r\nEND:VEVENT\r\n" +
		"BEGIN:VEVENT\r\nDTSTART:20261224T100000Z\r\nDTEND:20261224T110000Z\r\nSUMMARY:A meeting\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	each(t, options{noJobs: true}, func(t *testing.T, w *world) {
		w.remindsEverybody()
		a := w.as(ana)
		for content, want := range map[string]string{calendar: "2026-12-25 Natal", calendar[:60]: "That calendar cannot be read, so nothing was saved."} {
			screen := a.types("/social reminders")
			a.presses(a.in(screen, view.ActionRemindersHolidays))
			id, err := a.Upload("holidays.ics", []byte(content))
			w.must(err)
			form := a.seesModal("Or a calendar")
			a.submits(form, map[string][]string{view.BlockFile: {id}})
			w.must(a.CloseModal(w.ctx(), a.seesModal(want).ID, true))
		}
		now, err := w.store.Reminders(w.ctx(), w.company.ID)
		w.must(err)
		if len(now.Days) != 1 || now.Days[0].Name != "Natal" {
			t.Errorf("the holidays are %v", now.Days)
		}
	})
}
