package handlers

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"herald/handlers/view"
	"herald/nudge"
	"herald/store"
)

const (
	// nextShown is how many of the next runs are shown.
	nextShown = 5
	// holidaysAhead is of how many years beside this one a calendar of holidays is read.
	holidaysAhead = 3
)

// errNoReminders is answered where a button is older than the reminders it is about.
var errNoReminders = &UserError{"Nobody has set up reminders yet. Type `/social reminders`, and choose *Set up*."}

// reminders answers "/social reminders".
func (h *Handlers) reminders(ctx context.Context, r *request) (reply, error) {
	m, err := h.drawReminders(ctx, r, nil)
	if err != nil {
		return reply{}, err
	}
	return fresh(m), nil
}

// openReminders is the Reminders button of the menu: the screen takes its place in the Home tab, or comes as a new message.
func (h *Handlers) openReminders(ctx context.Context, r *request, _ *slack.BlockAction) (reply, error) {
	if r.home {
		return h.goTo(ctx, r, placeReminders)
	}
	return h.reminders(ctx, r)
}

// drawReminders draws when reminders run, and what the last ones achieved.
func (h *Handlers) drawReminders(ctx context.Context, r *request, notice *view.Notice) (view.Message, error) {
	settings, err := h.store.Reminders(ctx, r.company.ID)
	if errors.Is(err, store.ErrNotFound) {
		return view.RemindersOff(), nil
	}
	if err != nil {
		return view.Message{}, err
	}
	screen := view.Reminders{Settings: settings, Now: h.now()}
	if screen.Next, err = h.nextRuns(ctx, r.company.ID, settings); err != nil {
		return view.Message{}, err
	}
	if screen.Skipped, err = h.store.SkippedReminders(ctx, r.company.ID); err != nil {
		return view.Message{}, err
	}
	runs, err := h.store.ReminderRuns(ctx, r.company.ID, 1+len(screen.Skipped))
	if err != nil {
		return view.Message{}, err
	}
	screen.Runs = runs[min(len(screen.Skipped), len(runs)):] // those that were skipped are still to come
	screen.Unpreviewed = r.access.Member.Unpreviewed
	efficacy, err := h.store.Efficacy(ctx, r.company.ID)
	if err != nil {
		return view.Message{}, err
	}
	screen.Attempts = efficacy.Attempts()
	if advice, ok := efficacy.Suggest(nudge.DefaultStopRule()); ok && advice.Cap < settings.Cap {
		screen.Advice = &advice
	}
	m := screen.Message()
	m.Notice = notice
	return m, nil
}

// nextRuns are the next moments of the schedule, but for those that company admins skipped.
func (h *Handlers) nextRuns(ctx context.Context, companyID string, settings store.Reminders) ([]time.Time, error) {
	schedule, err := nudge.ParseSchedule(settings.Schedule, settings.Zone)
	if err != nil {
		return nil, fmt.Errorf("read a schedule: %w", err)
	}
	skipped, err := h.store.SkippedReminders(ctx, companyID)
	if err != nil {
		return nil, err
	}
	next := slices.DeleteFunc(schedule.Upcoming(h.now(), nextShown+len(skipped)), func(run time.Time) bool {
		return slices.ContainsFunc(skipped, func(s store.ReminderRun) bool { return s.DueAt.Equal(run) })
	})
	return next[:min(len(next), nextShown)], nil
}

// nextReminder is when the next run is, on the company's clock; zero without one.
func (h *Handlers) nextReminder(ctx context.Context, companyID string) (time.Time, error) {
	settings, err := h.store.Reminders(ctx, companyID)
	if errors.Is(err, store.ErrNotFound) || err == nil && settings.Paused {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	next, err := h.nextRuns(ctx, companyID, settings)
	zone, unknown := time.LoadLocation(settings.Zone)
	if err = errors.Join(err, unknown); err != nil || len(next) == 0 {
		return time.Time{}, err
	}
	return next[0].In(zone), nil
}

// redrawReminders shows the screen again, with what came of a click.
func (h *Handlers) redrawReminders(ctx context.Context, r *request, notice view.Notice) (reply, error) {
	if r.home {
		return h.redrawHome(ctx, r, &notice)
	}
	m, err := h.drawReminders(ctx, r, &notice)
	if err != nil {
		return reply{}, err
	}
	return reply{message: &m, replace: true}, nil
}

// pauseReminders is Pause, and Resume.
func (h *Handlers) pauseReminders(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	pause := pressed.Value == view.RemindersPause
	if !pause && pressed.Value != view.RemindersResume {
		return reply{}, &UserError{view.StaleScreen}
	}
	err := h.store.PauseReminders(ctx, r.company.ID, r.actor(), pause)
	if errors.Is(err, store.ErrNotFound) {
		return reply{}, errNoReminders
	}
	if err != nil {
		return reply{}, err
	}
	return h.redrawReminders(ctx, r, view.RemindersPaused(pause))
}

// runReminders is Run now.
func (h *Handlers) runReminders(ctx context.Context, r *request, _ *slack.BlockAction) (reply, error) {
	_, err := h.store.RunReminders(ctx, r.company.ID, r.actor())
	switch {
	case errors.Is(err, store.ErrNotFound):
		return reply{}, errNoReminders
	case errors.Is(err, store.ErrClosed), errors.Is(err, store.ErrExists):
		return h.redrawReminders(ctx, r, view.RemindersNotRun(errors.Is(err, store.ErrClosed)))
	case err != nil:
		return reply{}, err
	}
	return h.redrawReminders(ctx, r, view.RemindersRunning())
}

// remindersForm opens the settings. Without any, it proposes what suits most companies, in the admin's own time zone.
func (h *Handlers) remindersForm(ctx context.Context, r *request, _ *slack.BlockAction) (reply, error) {
	settings, err := h.store.Reminders(ctx, r.company.ID)
	replaces := settings.Fingerprint()
	if errors.Is(err, store.ErrNotFound) {
		zone := ""
		if r.access.Person != nil {
			zone = r.access.Person.TimeZone
		}
		settings, err = store.Reminders{Settings: nudge.DefaultSettings(cmp.Or(zone, "UTC"))}, nil
	}
	if err != nil {
		return reply{}, err
	}
	settings.Replaces = replaces
	today := nudge.DateOf(h.now())
	if zone, err := time.LoadLocation(settings.Zone); err == nil {
		today = nudge.DateOf(h.now().In(zone))
	}
	return reply{}, h.open(ctx, r, view.RemindersForm(settings, today, r.home))
}

// checkReminders shows what the form means: when the next runs are, and how a reminder looks. Nothing is saved before that is confirmed.
func (h *Handlers) checkReminders(ctx context.Context, r *request, form slack.View) (*slack.ViewSubmissionResponse, func(context.Context) (reply, error), error) {
	home, replaces, ok := view.ParseRemindersForm(form.PrivateMetadata)
	if !ok {
		return nil, nil, &UserError{view.StaleScreen}
	}
	now, err := h.store.Reminders(ctx, r.company.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, nil, err
	}
	to := remindersOf(form)
	if own := strings.TrimSpace(input(form, view.BlockSchedule).Value); own != "" && own != to.Schedule && own != now.Schedule {
		return slack.NewErrorsViewSubmissionResponse(view.RemindersOwnUnused()), nil, nil
	}
	to.Replaces = replaces
	if wrong := to.Check(); len(wrong) > 0 {
		return slack.NewErrorsViewSubmissionResponse(view.RemindersProblems(wrong)), nil, nil
	}
	next, err := h.nextRuns(ctx, r.company.ID, to)
	if err != nil {
		return nil, nil, err
	}
	confirm := view.RemindersConfirm(r.company, to, next, home)
	return slack.NewUpdateViewSubmissionResponse(&confirm), nil, nil
}

// remindersOf reads the form. All of it is only a claim of the client: Check and the store decide.
func remindersOf(form slack.View) store.Reminders {
	choice := func(block string) string { return input(form, block).SelectedOption.Value }
	whole := func(block string) int {
		n, err := strconv.Atoi(choice(block))
		if err != nil {
			return -1 // which no setting may be
		}
		return n
	}
	zone := strings.TrimSpace(input(form, view.BlockZone).Value)
	settings := nudge.DefaultSettings(zone)
	settings.Cap, settings.Spacing, settings.FirstAfter = whole(view.BlockCap), whole(view.BlockSpacing), whole(view.BlockFirstAfter)
	settings.Everyone = choice(view.BlockWhom) == view.WhomEveryone
	settings.From, settings.To, settings.Weekend = nudge.Clock(whole(view.BlockFrom)), nudge.Clock(whole(view.BlockTo)), nil
	for _, o := range input(form, view.BlockWeekend).SelectedOptions {
		if day, err := strconv.Atoi(o.Value); err == nil && day >= int(time.Sunday) && day <= int(time.Saturday) {
			settings.Weekend = append(settings.Weekend, time.Weekday(day))
		}
	}
	schedule := choice(view.BlockPreset)
	if schedule == view.PresetOwn || schedule == "" {
		schedule = input(form, view.BlockSchedule).Value
	}
	return store.Reminders{Settings: settings, Schedule: strings.TrimSpace(schedule), Message: strings.TrimSpace(input(form, view.BlockWords).Value)}
}

// saveReminders saves what was confirmed.
func (h *Handlers) saveReminders(ctx context.Context, r *request, form slack.View) (*slack.ViewSubmissionResponse, func(context.Context) (reply, error), error) {
	to, home, ok := view.ParseRemindersConfirm(form.PrivateMetadata)
	if !ok || len(to.Check()) > 0 {
		return nil, nil, &UserError{view.StaleScreen}
	}
	err := h.store.SaveReminders(ctx, r.company.ID, r.actor(), to)
	if errors.Is(err, store.ErrChanged) {
		changed := view.RemindersChanged()
		return slack.NewUpdateViewSubmissionResponse(&changed), nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	now, err := h.store.Reminders(ctx, r.company.ID)
	if err != nil {
		return nil, nil, err
	}
	saved := view.RemindersSaved(now)
	return slack.NewUpdateViewSubmissionResponse(&saved), h.thenHome(r, home), nil
}

// thenHome draws the Home tab anew behind a form that was opened there.
func (h *Handlers) thenHome(r *request, home bool) func(context.Context) (reply, error) {
	if !home {
		return nil
	}
	return func(ctx context.Context) (reply, error) { return h.redrawHome(ctx, r, nil) }
}

// holidaysForm opens the list of days without reminders.
func (h *Handlers) holidaysForm(ctx context.Context, r *request, _ *slack.BlockAction) (reply, error) {
	settings, err := h.store.Reminders(ctx, r.company.ID)
	if errors.Is(err, store.ErrNotFound) {
		return reply{}, errNoReminders
	}
	if err != nil {
		return reply{}, err
	}
	return reply{}, h.open(ctx, r, view.HolidaysForm(settings, r.home))
}

// saveHolidays reads the days that were typed, or a calendar that was uploaded, and replaces the ones there were. A file is fetched once the
// form is answered: that may take longer than a form can wait.
func (h *Handlers) saveHolidays(ctx context.Context, r *request, form slack.View) (*slack.ViewSubmissionResponse, func(context.Context) (reply, error), error) {
	home := form.PrivateMetadata == view.RemindersAtHome
	if files := input(form, view.BlockFile).Files; len(files) > 0 {
		reading := view.ReadingHolidays()
		return slack.NewUpdateViewSubmissionResponse(&reading), func(ctx context.Context) (reply, error) {
			return h.holidayFile(ctx, r, form.ID, files[0].ID, home)
		}, nil
	}
	days, err := h.readHolidays([]byte(input(form, view.BlockHolidays).Value))
	if err != nil {
		return slack.NewErrorsViewSubmissionResponse(map[string]string{view.BlockHolidays: view.HolidayProblem(err)}), nil, nil
	}
	if err := h.keepHolidays(ctx, r, days); err != nil {
		return nil, nil, err
	}
	saved := view.HolidaysSaved(days)
	return slack.NewUpdateViewSubmissionResponse(&saved), h.thenHome(r, home), nil
}

// holidayFile reads an uploaded calendar, and shows in the form's place what came of it.
func (h *Handlers) holidayFile(ctx context.Context, r *request, viewID, fileID string, home bool) (reply, error) {
	settled := time.NewTimer(ackSettles)
	defer settled.Stop()
	modal := view.SentenceModal("That file is larger than 1 MB. Choose a smaller one, or type the days.")
	_, content, err := h.download(ctx, r, fileID)
	switch {
	case errors.Is(err, errTooLarge):
	case err != nil:
		modal = view.SentenceModal(h.explain(ctx, r, err))
	default:
		days, err := h.readHolidays(content)
		switch {
		case err != nil:
			modal = view.SentenceModal(view.HolidayFileProblem(err))
		default:
			modal = view.HolidaysSaved(days)
			if err := h.keepHolidays(ctx, r, days); err != nil {
				modal = view.SentenceModal(h.explain(ctx, r, err))
			}
		}
	}
	select {
	case <-settled.C:
	case <-ctx.Done():
	}
	if err := h.updateModal(ctx, r, viewID, modal); err != nil && slackError(err) != "not_found" { // they closed it
		return reply{}, err
	}
	if !home {
		return reply{}, nil
	}
	return h.redrawHome(ctx, r, nil)
}

// readHolidays reads the days from this year on.
func (h *Handlers) readHolidays(content []byte) (nudge.Holidays, error) {
	year := h.now().Year()
	return nudge.ReadHolidays(bytes.NewReader(content),
		nudge.Date{Year: year, Month: time.January, Day: 1}, nudge.Date{Year: year + holidaysAhead, Month: time.December, Day: 31})
}

func (h *Handlers) keepHolidays(ctx context.Context, r *request, days nudge.Holidays) error {
	err := h.store.SaveHolidays(ctx, r.company.ID, r.actor(), days.Days)
	if errors.Is(err, store.ErrNotFound) {
		return errNoReminders
	}
	return err
}

// remindersReport shows the latest runs, and what each attempt achieves.
func (h *Handlers) remindersReport(ctx context.Context, r *request, _ *slack.BlockAction) (reply, error) {
	runs, err := h.store.ReminderRuns(ctx, r.company.ID, view.ReportRuns)
	if err != nil {
		return reply{}, err
	}
	efficacy, err := h.store.Efficacy(ctx, r.company.ID)
	if err != nil {
		return reply{}, err
	}
	return reply{}, h.open(ctx, r, view.RemindersReport(runs, efficacy.Attempts(), h.now()))
}

// runPeople names who signed up because of a run, and whom it did not reach.
func (h *Handlers) runPeople(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	runs, err := h.store.ReminderRuns(ctx, r.company.ID, view.ReportRuns)
	if err != nil {
		return reply{}, err
	}
	i := slices.IndexFunc(runs, func(run store.ReminderRun) bool { return run.ID == pressed.Value })
	if i < 0 {
		return reply{}, &UserError{view.StaleScreen}
	}
	signedUp, failed, err := h.store.RunPeople(ctx, r.company.ID, runs[i].ID, view.RunPeopleShown)
	if err != nil {
		return reply{}, err
	}
	return reply{}, h.open(ctx, r, view.RunPeople(runs[i], signedUp, failed))
}
