package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"herald/nudge"
	"herald/store"
	"herald/store/storetest"
)

// TestAYearOfReminders lives through a year of a company whose people are all over the world, sign up, put off and say no, and asks of
// every single reminder whether it was right.
func TestAYearOfReminders(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		zones := []string{"Europe/Lisbon", "Asia/Kathmandu", "America/Los_Angeles", "Pacific/Auckland", "Africa/Cairo", "", "Mars/Phobos"}
		type life struct {
			zone      *time.Location
			reminders []time.Time
			snoozed   time.Time // until then
			gone      time.Time // said no, or signed up
			given     int       // reminders that were put off and do not count
		}
		lives := map[string]*life{}
		var entries []store.Person
		for i := range 14 {
			p := store.Person{SlackID: fmt.Sprintf("U1YEAR%02d", i), Name: fmt.Sprintf("Year %02d", i), Handle: fmt.Sprintf("year%02d", i), TimeZone: zones[i%len(zones)]}
			entries = append(entries, p)
			zone, err := time.LoadLocation(p.TimeZone)
			if err != nil || p.TimeZone == "" {
				zone, err = time.LoadLocation("Europe/Berlin")
			}
			must(err)
			lives[p.SlackID] = &life{zone: zone}
		}
		must(s.MirrorPeople(ctx, acme.ID, entries))
		settings := nudge.DefaultSettings("Europe/Berlin")
		settings.Everyone, settings.Cap, settings.Spacing = true, 5, 14
		must(s.SaveReminders(ctx, acme.ID, ana, store.Reminders{Settings: settings, Schedule: "0 10 * * TUE"}))
		var holidays []nudge.Holiday
		for day := nudge.DateOf(env.Clock.Now()); len(holidays) < 36; day = day.AddDays(10) {
			holidays = append(holidays, nudge.Holiday{Date: day.AddDays(4)}) // a Tuesday now and then
		}
		must(s.SaveHolidays(ctx, acme.ID, ana, holidays))
		schedule, err := nudge.ParseSchedule("0 10 * * TUE", "Europe/Berlin")
		must(err)
		judge := judging(t, s, acme.ID)
		random := rand.New(rand.NewPCG(4, 2026))

		reminded := func(id string) {
			l, now := lives[id], env.Clock.Now()
			local := now.In(l.zone)
			switch day := nudge.DateOf(local); {
			case local.Hour() < 9 || local.Hour() >= 17:
				t.Errorf("%s is reminded at %s", id, local)
			case local.Weekday() == time.Saturday || local.Weekday() == time.Sunday:
				t.Errorf("%s is reminded on a %s", id, local.Weekday())
			case slices.ContainsFunc(holidays, func(h nudge.Holiday) bool { return h.Date == day }):
				t.Errorf("%s is reminded on a holiday, %s", id, day)
			case now.Before(l.snoozed):
				t.Errorf("%s is reminded at %s, snoozing until %s", id, now, l.snoozed)
			case !l.gone.IsZero():
				t.Errorf("%s is reminded at %s, and gone since %s", id, now, l.gone)
			case len(l.reminders)-l.given >= settings.Cap:
				t.Errorf("%s is reminded once too often", id)
			}
			if n := len(l.reminders); n > 0 && nudge.DateOf(l.reminders[n-1].In(l.zone)).AddDays(settings.Spacing).Compare(nudge.DateOf(local)) > 0 {
				t.Errorf("%s is reminded at %s, and was at %s", id, now, l.reminders[n-1])
			}
			l.reminders = append(l.reminders, now)
			switch choice := random.IntN(20); {
			case choice < 4:
				l.snoozed = now.Add(24 * 24 * time.Hour)
				must(s.Snooze(ctx, acme.ID, id, l.snoozed))
				l.given++
			case choice == 4:
				l.gone = now
				must(s.OptOut(ctx, acme.ID, id))
			case choice == 5:
				l.gone = now
				token, err := s.SignupToken(ctx, acme.ID, id)
				must(err)
				_, err = s.Register(ctx, store.Authorization{CompanyID: acme.ID, Token: token}, storetest.LinkedIn(id), nil)
				must(err)
			}
		}
		sent := 0
		for _, at := range schedule.Upcoming(env.Clock.Now(), 52) {
			env.Clock.Advance(at.Sub(env.Clock.Now()))
			must(s.StartReminders(ctx))
			runs, err := s.ReminderRuns(ctx, acme.ID, 1)
			must(err)
			if len(runs) != 1 || !runs[0].DueAt.Equal(at) || !runs[0].Busy() {
				t.Fatalf("at %s: %+v", at, runs)
			}
			run := plans(t, s, acme.ID, runs[0].ID)
			for run.Busy() {
				var next time.Time
				run, next, err = s.FeedReminders(ctx, acme.ID, run.ID)
				must(err)
				queued, err := store.QueuedNudges(ctx, s, run.ID)
				must(err)
				for _, id := range queued {
					n, err := s.Nudge(ctx, acme.ID, id)
					must(err)
					if v := judge(n.Nudged, env.Clock.Now()); v.Kind != nudge.SendNow {
						must(s.HoldNudge(ctx, acme.ID, id, v.Reason))
						continue
					}
					must(s.NudgeSent(ctx, acme.ID, id))
					reminded(n.Person.SlackID)
					sent++
				}
				if !next.IsZero() {
					env.Clock.Advance(max(0, next.Sub(env.Clock.Now())))
				}
			}
		}
		all, err := s.ReminderRuns(ctx, acme.ID, 100)
		must(err)
		total := 0
		for _, r := range all {
			total += r.Sent
		}
		if len(all) != 52 || total != sent || sent < 40 {
			t.Errorf("%d runs sent %d reminders, %d arrived", len(all), total, sent)
		}
	})
}
