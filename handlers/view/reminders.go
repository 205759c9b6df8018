package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"herald/nudge"
	"herald/store"
)

// Controls of the reminders.
const (
	ActionReminders         = "reminders_open"
	ActionRemindersEdit     = "reminders_edit"     // opens the settings
	ActionRemindersHolidays = "reminders_holidays" // opens the days without reminders
	ActionRemindersPause    = "reminders_pause"    // value: RemindersPause or RemindersResume
	ActionRemindersRun      = "reminders_run"      // Run now
	ActionRemindersNext     = "reminders_next"     // the dry run
	ActionRemindersReport   = "reminders_report"   // Details of the last runs
	FormReminders           = "reminders"
	FormRemindersSave       = "reminders_save" // private metadata: the settings
	FormHolidays            = "holidays"

	RemindersPause  = "pause"
	RemindersResume = "resume"

	// RemindersAtHome is the private metadata of a form that was opened from the Home tab.
	RemindersAtHome = "home"
)

// Inputs of the forms.
const (
	BlockPreset     = "preset"
	BlockSchedule   = "schedule"
	BlockZone       = "zone"
	BlockWhom       = "whom"
	BlockCap        = "cap"
	BlockSpacing    = "spacing"
	BlockFirstAfter = "first_after"
	BlockFrom       = "hours_from"
	BlockTo         = "hours_to"
	BlockWeekend    = "weekend"
	BlockWords      = "words"
	BlockHolidays   = "holidays"

	// PresetOwn is the choice of an expression of one's own.
	PresetOwn = "own"
	// WhomEveryone and WhomInvited are the choices of BlockWhom.
	WhomEveryone = "everyone"
	WhomInvited  = "invited"
)

// Reminders is the screen of the reminders.
type Reminders struct {
	Settings    store.Reminders
	Next        []time.Time         // the next runs
	Skipped     []store.ReminderRun // those to come that will not take place
	Runs        []store.ReminderRun // the latest, newest first
	Attempts    []nudge.Attempt     // what each reminder achieves
	Advice      *nudge.Suggestion   // to send fewer, or nil
	Unpreviewed bool                // whoever looks does not want to be told before each run
	Now         time.Time
}

// RemindersOff is the screen before anybody set reminders up.
func RemindersOff() Message {
	return Message{
		Text: "Reminders are off. Set up when colleagues who have not signed up are reminded.",
		Blocks: []slack.Block{
			section("*Reminders* are off\nMost people sign up after the second or third friendly word. Herald reminds those who have not signed up, " +
				"at a decent hour of theirs, a few times at most, and never again once they say so."),
			slack.NewActionBlock("", button(ActionRemindersEdit, "", "Set up").WithStyle(slack.StylePrimary)),
		},
	}
}

// Message draws the screen.
func (s Reminders) Message() Message {
	state, pause := "on", button(ActionRemindersPause, RemindersPause, "Pause")
	next := "next: " + strings.Join(dates(s.Next, s.Settings.Zone), ", ")
	if s.Settings.Paused {
		state, pause, next = "paused", button(ActionRemindersPause, RemindersResume, "Resume"), "Nobody is reminded until you resume."
	}
	lines := []string{"*Reminders*  " + state + " · " + escape(scheduleWords(s.Settings)) + " (" + escape(s.Settings.Zone) + ")", next}
	for _, r := range s.Skipped {
		lines = append(lines, runWords(r, s.Now))
	}
	lines = append(lines, rules(s.Settings))
	buttons := []slack.BlockElement{
		button(ActionRemindersEdit, "", "Edit"),
		button(ActionRemindersHolidays, "", "Holidays"+counted(len(s.Settings.Days))),
		pause,
	}
	if !s.Settings.Paused {
		buttons = append(buttons, button(ActionRemindersRun, "", "Run now"), button(ActionRemindersNext, "", "Who is next?"))
	}
	blocks := []slack.Block{section(strings.Join(lines, "\n")), slack.NewActionBlock("", buttons...)}
	if len(s.Runs) > 0 {
		text := runWords(s.Runs[0], s.Now) + attempts(s.Attempts)
		blocks = append(blocks, slack.NewSectionBlock(mrkdwn(text), nil, slack.NewAccessory(button(ActionRemindersReport, "", "Details"))))
	}
	if s.Advice != nil {
		blocks = append(blocks, section(advice(*s.Advice)))
	}
	if !s.Settings.Paused {
		blocks = append(blocks, tellPreviews(s.Unpreviewed))
	}
	return Message{Text: "Reminders are " + state + ": " + escape(scheduleWords(s.Settings)) + ".", Blocks: blocks}
}

// counted is " (3)", nothing for none.
func counted(n int) string {
	if n == 0 {
		return ""
	}
	return " (" + number(n) + ")"
}

// scheduleWords says when reminders run.
func scheduleWords(s store.Reminders) string {
	schedule, err := nudge.ParseSchedule(s.Schedule, s.Zone)
	if err != nil {
		return s.Schedule
	}
	return schedule.Words()
}

// dates are days and times of the company's clock.
func dates(list []time.Time, zone string) []string {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	texts := make([]string, len(list))
	for i, t := range list {
		texts[i] = t.In(loc).Format("Mon 2 Jan 15:04")
	}
	return texts
}

// rules says in one line whom reminders reach, and when.
func rules(s store.Reminders) string {
	whom := "People who were invited"
	if s.Everyone {
		whom = "Everybody who has not signed up"
	}
	text := fmt.Sprintf("%s: at most %s each, %s apart, between %s and %s of their own day", whom, count(s.Cap, "reminder", "reminders"),
		count(s.Spacing, "day", "days"), s.From, s.To)
	if len(s.Weekend) > 0 {
		names := make([]string, len(s.Weekend))
		for i, d := range s.Weekend {
			names[i] = d.String()
		}
		text += ", never on " + list(names)
	}
	return text + "."
}

// runWords says what became of a run.
func runWords(r store.ReminderRun, now time.Time) string {
	when := since(r.DueAt, now)
	switch r.Status {
	case store.RemindersSkipped:
		verb := "was"
		if r.DueAt.After(now) {
			verb = "will be"
		}
		return "The run of " + when + " " + verb + " left out: " + skipWords(r) + "."
	case store.RemindersPlanning:
		return "A run is being prepared."
	case store.RemindersSending:
		return "Sending: " + number(r.Sent) + " of " + count(r.Planned, "reminder", "reminders") + "."
	case store.RemindersStopped:
		when += ", stopped"
	case store.RemindersDone:
	}
	text := "Last run " + when + ": " + number(r.Sent) + " sent, " + number(r.Failed) + " failed, *" + number(r.SignedUp) + " signed up*"
	if late := r.Late(); !r.Manual && late >= time.Minute {
		text += " · started " + number(int(late.Minutes())) + " minutes late"
	}
	return text
}

func skipWords(r store.ReminderRun) string {
	switch r.Reason {
	case store.SkippedOnRequest:
		return whoever(r.AskedBy) + " skipped it"
	case nudge.SkippedMissed:
		return "Herald was not running at that time, and later would have been too late"
	case nudge.SkippedOverlap:
		return "the run before was still sending"
	case nudge.SkippedPaused:
		return "reminders were paused"
	}
	return escape(string(r.Reason))
}

// whoever mentions somebody, or says that it was an admin who is gone.
func whoever(slackID string) string {
	if slackID == "" {
		return "an admin"
	}
	return mention(slackID)
}

// attempts is " (1st 18 %, 2nd 4 %)" for what each reminder achieves.
func attempts(list []nudge.Attempt) string {
	var said []string
	for _, a := range list {
		if a.Sent > 0 {
			said = append(said, nth(a.N)+" "+percent(a.Rate()))
		}
	}
	if len(said) == 0 {
		return ""
	}
	return "\nOf those reminded, signed up after it: " + strings.Join(said, ", ")
}

func percent(rate float64) string { return strconv.Itoa(int(rate*100+0.5)) + " %" }

// nth is 1st, 2nd, 3rd … for the few that there are.
func nth(n int) string {
	switch n {
	case 1:
		return "1st"
	case 2:
		return "2nd"
	case 3:
		return "3rd"
	}
	return strconv.Itoa(n) + "th"
}

// advice suggests to send fewer.
func advice(s nudge.Suggestion) string {
	text := ":bulb: The " + nth(s.Attempt.N) + " reminder brings next to nobody: " + number(s.Attempt.SignedUp) + " of " + count(s.Attempt.Sent, "person", "people") + " signed up. "
	if s.Cap == 0 {
		return text + "Consider pausing reminders, or saying something else in them."
	}
	return text + "Consider at most *" + count(s.Cap, "reminder", "reminders") + "* each: choose *Edit*."
}

// RemindersPaused says so, or that they go on.
func RemindersPaused(paused bool) Notice {
	if paused {
		return Notice{Good: true, Text: "Reminders are paused. Nobody gets another one until you resume."}
	}
	return Notice{Good: true, Text: "Reminders go on with the next run."}
}

// RemindersRunning says that a run began.
func RemindersRunning() Notice {
	return Notice{Good: true, Text: "The run has begun. Everybody's wishes, hours and holidays hold for it, too."}
}

// RemindersNotRun says why Run now did nothing.
func RemindersNotRun(paused bool) Notice {
	if paused {
		return Notice{Text: "Reminders are paused. Resume them first."}
	}
	return Notice{Text: "A run is under way already. Wait until it is done."}
}

// choices is a select of whole numbers; the present one is among them.
func choices(now int, of []int, word func(int) string) *slack.SelectBlockElement {
	if !slices.Contains(of, now) {
		of = append(slices.Clone(of), now)
		slices.Sort(of)
	}
	s := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, InputValue)
	for _, n := range of {
		o := slack.NewOptionBlockObject(strconv.Itoa(n), plain(word(n)), nil)
		if s.Options = append(s.Options, o); n == now {
			s.InitialOption = o
		}
	}
	return s
}

// remindersEdited is the private metadata of the form.
type remindersEdited struct {
	Home     bool   `json:"home"`
	Replaces string `json:"replaces"` // see store.Reminders
}

// ParseRemindersForm reads the private metadata of the form: whether it was opened from the Home tab, and what it started from. Nothing in
// it can be trusted: it comes from the client.
func ParseRemindersForm(metadata string) (home bool, replaces string, ok bool) {
	var e remindersEdited
	err := json.Unmarshal([]byte(metadata), &e)
	return e.Home, e.Replaces, err == nil && e.Replaces != ""
}

// RemindersForm asks for the settings; now.Replaces says what they replace. Weeks of a preset count from today.
func RemindersForm(now store.Reminders, today nudge.Date, home bool) slack.ModalViewRequest {
	preset := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, InputValue)
	expressions := nudge.Presets(today)
	if now.Schedule == "" {
		now.Schedule = expressions[0]
	}
	for _, e := range expressions {
		words := e
		if schedule, err := nudge.ParseSchedule(e, "UTC"); err == nil {
			words = initial(schedule.Words())
		}
		o := slack.NewOptionBlockObject(e, plain(words), nil)
		if preset.Options = append(preset.Options, o); e == now.Schedule {
			preset.InitialOption = o
		}
	}
	own := slack.NewOptionBlockObject(PresetOwn, plain("As written below"), nil)
	preset.Options = append(preset.Options, own)
	expression := slack.NewPlainTextInputBlockElement(plain("0 10 * * TUE"), InputValue).WithMaxLength(200)
	if preset.InitialOption == nil {
		preset.InitialOption = own
		expression = expression.WithInitialValue(now.Schedule)
	}
	days := func(n int) string { return count(n, "day", "days") }
	whom := slack.NewRadioButtonsBlockElement(InputValue,
		slack.NewOptionBlockObject(WhomInvited, plain("People who were invited"), nil),
		slack.NewOptionBlockObject(WhomEveryone, plain("Everybody who has not signed up"), nil))
	whom.InitialOption = whom.Options[0]
	if now.Everyone {
		whom.InitialOption = whom.Options[1]
	}
	weekend := slack.NewCheckboxGroupsBlockElement(InputValue)
	for i := range 7 { // from Monday on
		d := time.Weekday((i + 1) % 7)
		o := slack.NewOptionBlockObject(strconv.Itoa(int(d)), plain(d.String()), nil)
		if weekend.Options = append(weekend.Options, o); slices.Contains(now.Weekend, d) {
			weekend.InitialOptions = append(weekend.InitialOptions, o)
		}
	}
	var hours []int
	for h := range 25 {
		hours = append(hours, h*60)
	}
	clock := func(minutes int) string { return nudge.Clock(minutes).String() }
	edited, _ := json.Marshal(remindersEdited{home, now.Replaces}) // a bool and a string
	words := slack.NewPlainTextInputBlockElement(plain("It takes a minute, and nothing is ever posted without your click."), InputValue).
		WithMultiline(true).WithMaxLength(store.ReminderTextLimit).WithInitialValue(now.Message)
	zone := slack.NewPlainTextInputBlockElement(plain("Europe/Lisbon"), InputValue).WithInitialValue(now.Zone).WithMaxLength(60)
	modal := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: FormReminders, PrivateMetadata: string(edited), Title: plain("Reminders"), Submit: plain("Continue"), Close: plain("Cancel"),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewInputBlock(BlockPreset, plain("When?"), nil, preset),
			slack.NewInputBlock(BlockSchedule, plain("Or a cron expression"),
				plain("Minute, hour, day of the month, month, weekday. MON#1 is the first Monday, TUE#L the last Tuesday of a month."), expression).WithOptional(true),
			slack.NewInputBlock(BlockZone, plain("Time zone of the company"), plain("For the schedule, and for people whose own is not known."), zone),
			slack.NewInputBlock(BlockWhom, plain("Whom?"), nil, whom),
			slack.NewInputBlock(BlockCap, plain("At most how many reminders each?"), nil,
				choices(now.Cap, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, func(n int) string { return count(n, "reminder", "reminders") })),
			slack.NewInputBlock(BlockSpacing, plain("How far apart?"), nil, choices(now.Spacing, []int{1, 2, 3, 5, 7, 10, 14, 21, 30, 60, 90}, days)),
			slack.NewInputBlock(BlockFirstAfter, plain("How long after the invitation is the first one?"), nil, choices(now.FirstAfter, []int{0, 1, 2, 3, 5, 7, 14, 30}, days)),
			slack.NewInputBlock(BlockFrom, plain("Not before"), plain("On the clock of whom it is for."), choices(int(now.From), hours[:24], clock)),
			slack.NewInputBlock(BlockTo, plain("Not after"), nil, choices(int(now.To), hours[1:], clock)),
			slack.NewInputBlock(BlockWeekend, plain("Never on"), nil, weekend).WithOptional(true),
			slack.NewInputBlock(BlockWords, plain("What a reminder says"), plain("Leave it empty for Herald's words. Who invited, the link and the buttons come by themselves."), words).WithOptional(true),
		}},
	}
	return modal
}

// RemindersProblems says at the inputs what is wrong.
func RemindersProblems(wrong []*nudge.FieldError) map[string]string {
	blocks := map[string]string{
		"Schedule": BlockSchedule, "Zone": BlockZone, "Cap": BlockCap, "Spacing": BlockSpacing, "FirstAfter": BlockFirstAfter, "To": BlockTo,
		"Weekend": BlockWeekend, "Message": BlockWords,
	}
	problems := map[string]string{}
	for _, w := range wrong {
		if block, ok := blocks[w.Field]; ok {
			problems[block] = w.Reason
		}
	}
	if len(problems) == 0 { // of something that no input holds
		problems[BlockPreset] = wrong[0].Reason
	}
	return problems
}

// remindersDraft are settings that wait for their confirmation.
type remindersDraft struct {
	Home       bool           `json:"home"`
	Schedule   string         `json:"schedule"`
	Zone       string         `json:"zone"`
	Cap        int            `json:"cap"`
	Spacing    int            `json:"spacing"`
	FirstAfter int            `json:"first_after"`
	Everyone   bool           `json:"everyone"`
	From       nudge.Clock    `json:"from"`
	To         nudge.Clock    `json:"to"`
	Weekend    []time.Weekday `json:"weekend"`
	Message    string         `json:"message"`
	Replaces   string         `json:"replaces"`
}

// RemindersConfirm shows what the settings mean before they are saved.
func RemindersConfirm(c store.Company, to store.Reminders, next []time.Time, home bool) slack.ModalViewRequest {
	var draft bytes.Buffer
	e := json.NewEncoder(&draft)
	e.SetEscapeHTML(false) // it must fit into 3,000 characters
	_ = e.Encode(remindersDraft{
		home, to.Schedule, to.Zone, to.Cap, to.Spacing, to.FirstAfter, to.Everyone, to.From, to.To, to.Weekend, to.Message, to.Replaces,
	})
	runs := "_It never runs again._"
	if len(next) > 0 {
		runs = "• " + strings.Join(dates(next, to.Zone), "\n• ")
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: FormRemindersSave, PrivateMetadata: strings.TrimSpace(draft.String()),
		Title: plain("Is this right?"), Submit: plain("Save"), Close: plain("Cancel"),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			section("*" + escape(initial(scheduleWords(to))) + "* (" + escape(to.Zone) + "). The next runs:\n" + runs),
			section(rules(to)),
			slack.NewDividerBlock(),
			quiet("*How it looks*"),
			section("*" + escape(clip(c.Name, nameShown)) + " invites you to share jobs with your network*\n" + reminderWords(to.Message)),
			quiet("[Sign up]  [Remind me in a week]  [Don't remind me]  [Why me?]"),
		}},
	}
}

// ParseRemindersConfirm reads the private metadata of the confirmation. Nothing in it can be trusted: it comes from the client.
func ParseRemindersConfirm(metadata string) (to store.Reminders, home, ok bool) {
	var d remindersDraft
	if err := json.Unmarshal([]byte(metadata), &d); err != nil {
		return store.Reminders{}, false, false
	}
	settings := nudge.DefaultSettings(d.Zone)
	settings.Cap, settings.Spacing, settings.FirstAfter, settings.Everyone = d.Cap, d.Spacing, d.FirstAfter, d.Everyone
	settings.From, settings.To, settings.Weekend = d.From, d.To, nil
	for _, day := range d.Weekend {
		if day >= time.Sunday && day <= time.Saturday {
			settings.Weekend = append(settings.Weekend, day)
		}
	}
	return store.Reminders{Settings: settings, Schedule: d.Schedule, Message: d.Message, Replaces: d.Replaces}, d.Home, d.Replaces != ""
}

// RemindersSaved says how things are now.
func RemindersSaved(now store.Reminders) slack.ModalViewRequest {
	text := ":white_check_mark: Saved. Reminders run " + escape(scheduleWords(now)) + " (" + escape(now.Zone) + ")."
	if now.Paused {
		text = ":white_check_mark: Saved. Reminders are paused: nobody gets one until you choose *Resume*."
	}
	m := SentenceModal(text)
	m.Title = plain("Reminders")
	return m
}

// RemindersChanged says that somebody else was faster.
func RemindersChanged() slack.ModalViewRequest {
	m := SentenceModal("*Somebody changed the reminders meanwhile.* Nothing of yours was saved. Choose *Edit* again to see how they are now.")
	m.Title = plain("Reminders")
	return m
}

// RemindersOwnUnused is said at an expression that the choice of a preset overrules.
func RemindersOwnUnused() map[string]string {
	return map[string]string{BlockSchedule: "Choose “As written below” above to use this, or empty it."}
}

// maxHolidayText is how many characters of a list of days an input takes.
const maxHolidayText = 3000

// HolidaysForm asks for the days without reminders.
func HolidaysForm(now store.Reminders, home bool) slack.ModalViewRequest {
	var lines []string
	size := 0
	for _, d := range now.Days {
		line := strings.TrimSpace(d.Date.String() + " " + tidy(d.Name))
		if size += len([]rune(line)) + 1; size > maxHolidayText {
			lines = nil
			break
		}
		lines = append(lines, line)
	}
	typed := slack.NewPlainTextInputBlockElement(plain("2026-12-25 Christmas"), InputValue).WithMultiline(true).WithMaxLength(maxHolidayText).
		WithInitialValue(strings.Join(lines, "\n"))
	file := slack.NewFileInputBlockElement(InputValue).WithFileTypes("ics", "txt", "csv").WithMaxFiles(1)
	modal := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: FormHolidays, Title: plain("Holidays"), Submit: plain("Save"), Close: plain("Cancel"),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewInputBlock(BlockHolidays, plain("Days without reminders"),
				plain("One in a line, such as 2026-12-25 Christmas, or 2026-12-28..2026-12-31 for several."), typed).WithOptional(true),
			slack.NewInputBlock(BlockFile, plain("Or a calendar"), plain("An ICS file, as calendars export it. It takes the place of the days above."), file).WithOptional(true),
		}},
	}
	if home {
		modal.PrivateMetadata = RemindersAtHome
	}
	if len(now.Days) > 0 && lines == nil {
		modal.Blocks.BlockSet = append(modal.Blocks.BlockSet, quiet("There are "+number(len(now.Days))+" days, too many to show here. What you save takes their place."))
	}
	return modal
}

// ReadingHolidays stands in for the form while a file is fetched from Slack.
func ReadingHolidays() slack.ModalViewRequest {
	return SentenceModal("Reading the calendar… Nothing is saved yet.")
}

// HolidayProblem says at the input what is wrong with the days that were typed. It is plain text.
func HolidayProblem(err error) string {
	return "Please mend: " + strings.Join(holidayLines(err, 3), "; ") + "."
}

// HolidayFileProblem says what is wrong with an uploaded calendar.
func HolidayFileProblem(err error) string {
	lines := holidayLines(err, 10)
	for i := range lines {
		lines[i] = "• " + escape(lines[i])
	}
	return "*That calendar cannot be read, so nothing was saved.*\n" + strings.Join(lines, "\n")
}

// holidayLines are at most n of the things that are wrong.
func holidayLines(err error, n int) []string {
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	var lines []string
	for i, e := range all {
		if i == n {
			return append(lines, fmt.Sprintf("and %d more", len(all)-n))
		}
		lines = append(lines, clip(tidy(e.Error()), 200))
	}
	return lines
}

// HolidaysSaved says which days are kept, and what of a calendar was left out.
func HolidaysSaved(h nudge.Holidays) slack.ModalViewRequest {
	const shown, leftOutShown, holidayName, leftOutText = 15, 5, 30, 80
	said := []string{":white_check_mark: Saved. Nobody is reminded on " + count(len(h.Days), "holiday", "holidays") + "."}
	if len(h.Days) == 0 {
		said = []string{":white_check_mark: Saved. There are no holidays."}
	}
	for _, d := range h.Days[:min(len(h.Days), shown)] {
		said = append(said, "• "+d.Date.String()+" "+escape(clip(d.Name, holidayName)))
	}
	if more := len(h.Days) - shown; more > 0 {
		said = append(said, "• … and "+number(more)+" more")
	}
	if len(h.LeftOut) > 0 {
		said = append(said, "*Left out:*")
	}
	for _, l := range h.LeftOut[:min(len(h.LeftOut), leftOutShown)] {
		said = append(said, "• "+escape(clip(l.Error(), leftOutText)))
	}
	if more := len(h.LeftOut) - leftOutShown; more > 0 {
		said = append(said, "• … and "+number(more)+" more")
	}
	m := SentenceModal(strings.Join(said, "\n"))
	m.Title = plain("Holidays")
	return m
}

// ReportRuns is how many runs the report shows.
const ReportRuns = 10

// RemindersReport shows the latest runs, and what each attempt achieves.
func RemindersReport(runs []store.ReminderRun, list []nudge.Attempt, now time.Time) slack.ModalViewRequest {
	modal := slack.ModalViewRequest{Type: slack.VTModal, Title: plain("Reminders so far"), Close: plain("Close")}
	for _, a := range list {
		text := "*" + initial(nth(a.N)) + " reminder*: "
		if a.Sent == 0 {
			text += number(a.Open) + " sent in the last week, too early to tell"
		} else {
			text += number(a.SignedUp) + " of " + count(a.Sent, "person", "people") + " signed up within a week (" + percent(a.Rate()) + ")"
			if a.Open > 0 {
				text += " · " + number(a.Open) + " too early to tell"
			}
		}
		modal.Blocks.BlockSet = append(modal.Blocks.BlockSet, section(text))
	}
	if len(list) > 0 {
		modal.Blocks.BlockSet = append(modal.Blocks.BlockSet, slack.NewDividerBlock())
	}
	for _, r := range runs {
		text := "*" + date(r.DueAt, "{date_short} {time}") + "*"
		switch {
		case r.Manual && r.AskedBy != "":
			text += " · run by " + mention(r.AskedBy)
		case r.Manual:
			text += " · run by an admin"
		}
		text += "\n" + runWords(r, now)
		if len(r.Held) > 0 {
			text += "\nHeld back: " + heldWords(r.Held)
		}
		if r.SignedUp+r.Failed == 0 {
			modal.Blocks.BlockSet = append(modal.Blocks.BlockSet, section(text))
			continue
		}
		modal.Blocks.BlockSet = append(modal.Blocks.BlockSet,
			slack.NewSectionBlock(mrkdwn(text), nil, slack.NewAccessory(button(ActionRunPeople, r.ID, "See who"))))
	}
	if len(modal.Blocks.BlockSet) == 0 {
		modal.Blocks.BlockSet = []slack.Block{section("There was no run yet.")}
	}
	return modal
}

// heldWords is "21 at cap · 12 snoozed".
func heldWords(held []nudge.ReasonCount) string {
	said := make([]string, len(held))
	for i, h := range held {
		said[i] = number(h.People) + " " + reasonWord(h.Reason)
	}
	return strings.Join(said, " · ")
}
