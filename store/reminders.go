package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"herald/nudge"
)

// ReminderTextLimit is how many characters a company's own words in a reminder may have.
const ReminderTextLimit = 500

// Reminders are what company admins decide about reminders.
type Reminders struct {
	nudge.Settings // without Holidays, which are Days

	Schedule string          // see nudge.ParseSchedule
	Message  string          // the company's own words, "" for Herald's
	Paused   bool            // nothing is sent
	Days     []nudge.Holiday // company holidays, in order

	// Replaces is the Fingerprint of the settings that SaveReminders replaces with these; "" for whatever they are.
	Replaces string
}

// Fingerprint tells these settings from others, but for Paused and Days, which are changed by themselves. Those of a company that has
// none are the zero Reminders.
func (r Reminders) Fingerprint() string {
	of := r.Settings
	of.Holidays = nil
	hash := sha256.Sum256(fmt.Appendf(nil, "%v %q %q", of, r.Schedule, r.Message))
	return hex.EncodeToString(hash[:8])
}

// Policy judges by these settings.
func (r Reminders) Policy() (*nudge.Policy, error) {
	settings := r.Settings
	for _, d := range r.Days {
		settings.Holidays = append(settings.Holidays, d.Date)
	}
	return nudge.New(settings)
}

// Check returns what is wrong with the settings, field by field.
func (r Reminders) Check() []*nudge.FieldError {
	wrong := r.Settings.Check()
	if utf8.RuneCountInString(r.Message) > ReminderTextLimit {
		wrong = append(wrong, &nudge.FieldError{Field: "Message", Reason: fmt.Sprintf("Write at most %d characters.", ReminderTextLimit)})
	}
	if _, known := time.LoadLocation(r.Zone); known != nil {
		return wrong // the schedule needs it, and the field has its error
	}
	_, err := nudge.ParseSchedule(r.Schedule, r.Zone)
	if field, ok := errors.AsType[*nudge.FieldError](err); ok {
		wrong = append(wrong, field)
	}
	return wrong
}

type reminderRow struct {
	Schedule   string `db:"schedule"`
	Zone       string `db:"time_zone"`
	Paused     bool   `db:"paused"`
	Cap        int    `db:"cap"`
	Spacing    int    `db:"spacing_days"`
	FirstAfter int    `db:"first_after_days"`
	Everyone   bool   `db:"everyone"`
	From       int    `db:"hours_from"`
	To         int    `db:"hours_to"`
	Weekend    string `db:"weekend"`
	Message    string `db:"message"`
	SeenAt     int64  `db:"seen_at"`
}

// Reminders returns what the company decided, or ErrNotFound while nobody set reminders up.
func (s *Store) Reminders(ctx context.Context, companyID string) (Reminders, error) {
	r, _, err := reminders(ctx, s.read, companyID)
	if err != nil {
		return Reminders{}, fmt.Errorf("load reminders: %w", err)
	}
	return r, nil
}

// reminders returns the settings, and up to when due runs have been dealt with.
func reminders(ctx context.Context, q querier, companyID string) (Reminders, time.Time, error) {
	var row reminderRow
	err := q.GetContext(ctx, &row, `
		SELECT schedule, time_zone, paused, cap, spacing_days, first_after_days, everyone, hours_from, hours_to, weekend, message, seen_at
		FROM reminders
		WHERE company_id = $1`, companyID)
	if err != nil {
		return Reminders{}, time.Time{}, found(err)
	}
	settings := nudge.DefaultSettings(row.Zone)
	settings.Cap, settings.Spacing, settings.FirstAfter, settings.Everyone = row.Cap, row.Spacing, row.FirstAfter, row.Everyone
	settings.From, settings.To, settings.Weekend = nudge.Clock(row.From), nudge.Clock(row.To), nil
	for _, digit := range row.Weekend {
		settings.Weekend = append(settings.Weekend, time.Weekday(digit-'0'))
	}
	r := Reminders{Settings: settings, Schedule: row.Schedule, Message: row.Message, Paused: row.Paused}
	var days []struct {
		Day  string `db:"day"`
		Name string `db:"name"`
	}
	err = q.SelectContext(ctx, &days, `
		SELECT day, name
		FROM reminder_holidays
		WHERE company_id = $1
		ORDER BY day`, companyID)
	if err != nil {
		return Reminders{}, time.Time{}, fmt.Errorf("load holidays: %w", err)
	}
	for _, d := range days {
		date, err := nudge.ParseDate(d.Day)
		if err != nil {
			return Reminders{}, time.Time{}, fmt.Errorf("read a holiday: %w", err)
		}
		r.Days = append(r.Days, nudge.Holiday{Date: date, Name: d.Name})
	}
	return r, unstamp(row.SeenAt), nil
}

// SaveReminders changes the company's settings but for Paused and Days, and turns reminders on where there were none. A schedule that is
// new or another one begins at this moment: nothing from before fires. Settings that Check finds something wrong with are an error.
// The actor must be a company admin, else ErrForbidden. ErrChanged if they are no longer those that to.Replaces says.
func (s *Store) SaveReminders(ctx context.Context, companyID string, by Actor, to Reminders) error {
	if wrong := to.Check(); len(wrong) > 0 {
		return fmt.Errorf("save reminders: %w", wrong[0])
	}
	weekend := slices.Clone(to.Weekend)
	slices.Sort(weekend)
	var days strings.Builder
	for _, d := range slices.Compact(weekend) {
		days.WriteString(strconv.Itoa(int(d)))
	}
	err := s.change(ctx, companyID, func(t *tx) error {
		if err := t.requireAdmin(ctx, companyID, by); err != nil {
			return err
		}
		now, _, err := reminders(ctx, t, companyID)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if to.Replaces != "" && to.Replaces != now.Fingerprint() {
			return ErrChanged
		}
		_, err = t.ExecContext(ctx, `
			INSERT INTO reminders (company_id, schedule, time_zone, paused, cap, spacing_days, first_after_days, everyone, hours_from, hours_to,
				weekend, message, seen_at)
			VALUES ($1, $2, $3, FALSE, $4, $5, $6, $7, $8, $9, $10, $11, $12)
			ON CONFLICT (company_id) DO UPDATE
			SET schedule = excluded.schedule, time_zone = excluded.time_zone, cap = excluded.cap, spacing_days = excluded.spacing_days,
				first_after_days = excluded.first_after_days, everyone = excluded.everyone, hours_from = excluded.hours_from,
				hours_to = excluded.hours_to, weekend = excluded.weekend, message = excluded.message,
				seen_at = CASE WHEN reminders.schedule = excluded.schedule AND reminders.time_zone = excluded.time_zone
					THEN reminders.seen_at ELSE excluded.seen_at END`,
			companyID, to.Schedule, to.Zone, to.Cap, to.Spacing, to.FirstAfter, to.Everyone, int(to.From), int(to.To), days.String(),
			storable(to.Message), stamp(t.now))
		if err != nil {
			return err
		}
		if err := t.closePreviews(ctx, companyID); err != nil {
			return err
		}
		return t.audit(ctx, companyID, by, AuditEvent{Action: AuditRemindersChanged})
	})
	if err != nil {
		return fmt.Errorf("save reminders: %w", err)
	}
	return nil
}

// SaveHolidays replaces the company's holidays; at most nudge.MaxHolidays, else ErrTooMany. Errors: ErrNotFound while nobody set reminders
// up, ErrForbidden unless the actor is a company admin.
func (s *Store) SaveHolidays(ctx context.Context, companyID string, by Actor, days []nudge.Holiday) error {
	if len(days) > nudge.MaxHolidays {
		return fmt.Errorf("save holidays: %w", ErrTooMany)
	}
	err := s.change(ctx, companyID, func(t *tx) error {
		if err := t.requireAdmin(ctx, companyID, by); err != nil {
			return err
		}
		if _, _, err := reminders(ctx, t, companyID); err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, `DELETE FROM reminder_holidays WHERE company_id = $1`, companyID); err != nil {
			return err
		}
		rows := make([][]any, len(days))
		for i, d := range days {
			rows[i] = []any{companyID, d.Date.String(), storable(d.Name)}
		}
		if err := t.insert(ctx, "reminder_holidays", []string{"company_id", "day", "name"}, rows); err != nil {
			return err
		}
		return t.audit(ctx, companyID, by, AuditEvent{Action: AuditHolidaysChanged, Count: len(days)})
	})
	if err != nil {
		return fmt.Errorf("save holidays: %w", err)
	}
	return nil
}

// PauseReminders stops reminders, also those of the run that is under way, but for the one that is being sent at this moment; or lets them
// go on from the next due time. Errors: ErrNotFound while nobody set reminders up, ErrForbidden unless the actor is a company admin.
func (s *Store) PauseReminders(ctx context.Context, companyID string, by Actor, pause bool) error {
	err := s.change(ctx, companyID, func(t *tx) error {
		if err := t.requireAdmin(ctx, companyID, by); err != nil {
			return err
		}
		now, _, err := reminders(ctx, t, companyID)
		if err != nil || now.Paused == pause {
			return err
		}
		_, err = t.ExecContext(ctx, `
			UPDATE reminders
			SET paused = $2, seen_at = $3
			WHERE company_id = $1`, companyID, pause, stamp(t.now))
		if err != nil {
			return err
		}
		action := AuditRemindersResumed
		if pause {
			action = AuditRemindersPaused
			if err := t.stopReminders(ctx, companyID); err != nil {
				return err
			}
			if err := t.closePreviews(ctx, companyID); err != nil {
				return err
			}
		}
		return t.audit(ctx, companyID, by, AuditEvent{Action: action})
	})
	if err != nil {
		return fmt.Errorf("pause reminders: %w", err)
	}
	return nil
}
