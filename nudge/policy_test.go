package nudge

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata" // the tests run on machines without a database of zones
)

// lisbon is a company that reminds as companies do that have changed nothing.
func lisbon(tb testing.TB, change ...func(*Settings)) *Policy {
	tb.Helper()
	s := DefaultSettings("Europe/Lisbon")
	for _, c := range change {
		c(&s)
	}
	p, err := New(s)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// at reads a moment as "2026-11-24 10:00 Europe/Lisbon".
func at(tb testing.TB, text string) time.Time {
	tb.Helper()
	clock, zone, _ := strings.Cut(text[len("2026-11-24 "):], " ")
	loc, err := time.LoadLocation(zone)
	if err != nil {
		tb.Fatal(err)
	}
	m, err := time.ParseInLocation("2006-01-02 15:04", text[:len("2026-11-24 ")]+clock, loc)
	if err != nil {
		tb.Fatal(err)
	}
	return m.UTC()
}

// TestReasons has one person for each reason, on a Tuesday at 10:00 in Lisbon.
func TestReasons(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-11-24 10:00 Europe/Lisbon")
	invited := at(t, "2026-11-02 10:00 Europe/Lisbon")
	tests := []struct {
		name   string
		who    Person
		change func(*Settings)
		kind   Kind
		reason Reason
		next   string
	}{
		{name: "was invited three weeks ago", who: Person{Invited: invited}, kind: SendNow},
		{name: "registered", who: Person{Invited: invited, Registered: true}, kind: Hold, reason: Registered},
		{name: "waits for approval", who: Person{Invited: invited, Pending: true}, kind: Hold, reason: Pending},
		{name: "said don't remind me", who: Person{Invited: invited, OptedOut: true}, kind: Hold, reason: OptedOut},
		{name: "said not for me", who: Person{Invited: invited, Declined: true}, kind: Hold, reason: Declined},
		{name: "was removed", who: Person{Invited: invited, Removed: true}, kind: Hold, reason: Removed},
		{name: "is a bot", who: Person{Invited: invited, Bot: true}, kind: Hold, reason: Bot},
		{name: "is a guest", who: Person{Invited: invited, Guest: true}, kind: Hold, reason: Guest},
		{name: "left Slack", who: Person{Invited: invited, Deactivated: true}, kind: Hold, reason: Deactivated},
		{name: "takes no messages", who: Person{Invited: invited, Unreachable: true}, kind: Hold, reason: Unreachable},
		{name: "was never invited", who: Person{}, kind: Hold, reason: NotInvited},
		{name: "was never invited, but everyone is reminded", who: Person{}, change: func(s *Settings) { s.Everyone = true }, kind: SendNow},
		{name: "got three", who: Person{Invited: invited, Reminders: 3}, kind: Hold, reason: AtCap},
		{name: "got three of four", who: Person{Invited: invited, Reminders: 3}, change: func(s *Settings) { s.Cap = 4 }, kind: SendNow},

		{name: "snoozes for another week", who: Person{Invited: invited, Snoozed: at(t, "2026-12-01 15:30 Europe/Lisbon")}, kind: Hold, reason: Snoozed, next: "2026-12-01 15:30 Europe/Lisbon"},
		{name: "snoozes into an evening", who: Person{Invited: invited, Snoozed: at(t, "2026-12-01 22:00 Europe/Lisbon")}, kind: Hold, reason: Snoozed, next: "2026-12-02 09:00 Europe/Lisbon"},
		{name: "snoozes until the afternoon", who: Person{Invited: invited, Snoozed: at(t, "2026-11-24 15:30 Europe/Lisbon")}, kind: SendLater, reason: Snoozed, next: "2026-11-24 15:30 Europe/Lisbon"},
		{name: "snoozed until now", who: Person{Invited: invited, Snoozed: now}, kind: SendNow},

		{name: "was reminded yesterday", who: Person{Invited: invited, Reminders: 1, Reminded: at(t, "2026-11-23 10:00 Europe/Lisbon")}, kind: Hold, reason: TooSoon, next: "2026-11-30 09:00 Europe/Lisbon"},
		{name: "was reminded by last week's run, which took a while", who: Person{Invited: invited, Reminders: 1, Reminded: at(t, "2026-11-17 10:07 Europe/Lisbon")}, kind: SendNow},
		{name: "was reminded six days ago", who: Person{Invited: invited, Reminders: 1, Reminded: at(t, "2026-11-18 09:00 Europe/Lisbon")}, kind: SendLater, reason: TooSoon, next: "2026-11-25 09:00 Europe/Lisbon"},
		{name: "was invited this morning", who: Person{Invited: at(t, "2026-11-24 09:00 Europe/Lisbon")}, kind: Hold, reason: TooSoon, next: "2026-11-26 09:00 Europe/Lisbon"},
		{name: "was invited again yesterday, after a reminder long ago", who: Person{Invited: at(t, "2026-11-23 09:00 Europe/Lisbon"), Reminders: 1, Reminded: invited}, kind: SendLater, reason: TooSoon, next: "2026-11-25 09:00 Europe/Lisbon"},

		{name: "is not to be disturbed until 11", who: Person{Invited: invited, Away: []Absence{{Until: at(t, "2026-11-24 11:00 Europe/Lisbon")}}}, kind: SendLater, reason: Away, next: "2026-11-24 11:00 Europe/Lisbon"},
		{name: "is out of office, no end known", who: Person{Invited: invited, Away: []Absence{{}}}, kind: Hold, reason: Away},
		{name: "is on holiday, and disturbs nobody at night", who: Person{Invited: invited, Away: []Absence{
			{From: at(t, "2026-12-07 08:00 Europe/Lisbon"), Until: at(t, "2026-12-07 12:00 Europe/Lisbon")},
			{From: at(t, "2026-11-20 00:00 Europe/Lisbon"), Until: at(t, "2026-12-07 09:00 Europe/Lisbon")},
		}}, kind: Hold, reason: Away, next: "2026-12-07 12:00 Europe/Lisbon"},
		{name: "will be away later", who: Person{Invited: invited, Away: []Absence{{From: at(t, "2026-11-24 10:01 Europe/Lisbon")}}}, kind: SendNow},

		{name: "sleeps in San Francisco", who: Person{Invited: invited, Zone: "America/Los_Angeles"}, kind: SendLater, reason: OutsideHours, next: "2026-11-24 09:00 America/Los_Angeles"},
		{name: "is at home in Tokyo", who: Person{Invited: invited, Zone: "Asia/Tokyo"}, kind: SendLater, reason: OutsideHours, next: "2026-11-25 09:00 Asia/Tokyo"},
		{name: "is at work in Kathmandu, 5:45 ahead", who: Person{Invited: invited, Zone: "Asia/Kathmandu"}, kind: SendNow},
		{name: "sleeps with do-not-disturb on until 8", who: Person{Invited: invited, Zone: "America/New_York", Away: []Absence{{Until: at(t, "2026-11-24 08:00 America/New_York")}}}, kind: SendLater, reason: OutsideHours, next: "2026-11-24 09:00 America/New_York"},
		{name: "sleeps with do-not-disturb on until 10", who: Person{Invited: invited, Zone: "America/New_York", Away: []Absence{{Until: at(t, "2026-11-24 10:00 America/New_York")}}}, kind: SendLater, reason: Away, next: "2026-11-24 10:00 America/New_York"},
		{name: "lives nowhere Slack knows of", who: Person{Invited: invited, Zone: ""}, kind: SendNow},
		{name: "lives on Mars", who: Person{Invited: invited, Zone: "Mars/Olympus_Mons"}, kind: SendNow},
		{name: "lives where the server is", who: Person{Invited: invited, Zone: "Local"}, kind: SendNow},

		{name: "has a holiday", who: Person{Invited: invited}, change: func(s *Settings) { s.Holidays = []Date{{2026, 11, 24}} }, kind: SendLater, reason: DayOff, next: "2026-11-25 09:00 Europe/Lisbon"},
		{name: "has the weekend before them in Apia", who: Person{Invited: invited, Zone: "Pacific/Apia"}, change: func(s *Settings) { s.Weekend = []time.Weekday{time.Wednesday, time.Thursday} }, kind: SendLater, reason: OutsideHours, next: "2026-11-27 09:00 Pacific/Apia"},
		{name: "has a week of holidays", who: Person{Invited: invited}, change: func(s *Settings) {
			for d := (Date{2026, 11, 24}); d.Compare(Date{2026, 12, 1}) < 0; d = d.AddDays(1) {
				s.Holidays = append(s.Holidays, d)
			}
		}, kind: SendLater, reason: DayOff, next: "2026-12-01 09:00 Europe/Lisbon"},
		{name: "has more than a week of holidays", who: Person{Invited: invited}, change: func(s *Settings) {
			for d := (Date{2026, 11, 24}); d.Compare(Date{2026, 12, 2}) < 0; d = d.AddDays(1) {
				s.Holidays = append(s.Holidays, d)
			}
		}, kind: Hold, reason: DayOff, next: "2026-12-02 09:00 Europe/Lisbon"},
		{name: "has holidays without end", who: Person{Invited: invited}, change: func(s *Settings) {
			for d := (Date{2026, 11, 24}); len(s.Holidays) < MaxHolidays; d = d.AddDays(1) {
				s.Holidays = append(s.Holidays, d)
			}
		}, kind: Hold, reason: DayOff},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := lisbon(t)
			if tt.change != nil {
				p = lisbon(t, tt.change)
			}
			want := Verdict{Kind: tt.kind, Reason: tt.reason}
			switch {
			case tt.kind == SendNow:
				want.At = now
			case tt.next != "":
				want.At = at(t, tt.next)
			}
			if got := p.Judge(tt.who, now); got != want {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// TestClocksChange asks on the nights when they do.
func TestClocksChange(t *testing.T) {
	t.Parallel()
	invited := at(t, "2010-01-01 10:00 UTC")
	early := func(s *Settings) { s.From, s.To, s.Weekend = 2*60, 4*60, nil } // 2:00 to 4:00
	tests := []struct {
		name, zone, asked, next string
		change                  func(*Settings)
	}{
		{"the last hour of a long night", "Europe/Lisbon", "2026-10-25 00:30 UTC", "2026-10-26 09:00 Europe/Lisbon", nil},
		{"over a spring weekend", "Europe/Lisbon", "2026-03-27 17:00 Europe/Lisbon", "2026-03-30 08:00 UTC", nil},
		{"hours that begin in the skipped hour", "America/New_York", "2026-03-08 01:00 America/New_York", "2026-03-08 03:00 America/New_York", early},
		{"hours that begin in the half hour Lord Howe skips", "Australia/Lord_Howe", "2026-10-03 12:00 UTC", "2026-10-04 02:30 Australia/Lord_Howe", early},
		{
			"hours that come twice, asked between them", "America/New_York", "2026-11-01 05:50 UTC", "2026-11-01 06:00 UTC",
			func(s *Settings) { s.From, s.To, s.Weekend = 30, 105, nil },
		}, // 0:30 to 1:45, at 1:50 the first time
		{
			"the Friday that Samoa left out", "Pacific/Apia", "2011-12-29 17:00 Pacific/Apia", "2011-12-31 09:00 Pacific/Apia",
			func(s *Settings) { s.Weekend = []time.Weekday{time.Thursday} },
		},
		{
			"midnight that Cairo skips", "Africa/Cairo", "2026-04-23 23:59 Africa/Cairo", "2026-04-24 01:00 Africa/Cairo",
			func(s *Settings) { s.From, s.To, s.Weekend = 0, 23*60, nil },
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := lisbon(t)
			if tt.change != nil {
				p = lisbon(t, tt.change)
			}
			got := p.Judge(Person{Zone: tt.zone, Invited: invited}, at(t, tt.asked))
			if want := at(t, tt.next); !got.At.Equal(want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// TestLastingReasonsComeFirst piles one reason on the other, from the last to the first.
func TestLastingReasonsComeFirst(t *testing.T) {
	t.Parallel()
	sunday := at(t, "2026-11-22 03:00 Europe/Lisbon")
	p := lisbon(t)
	who := Person{Invited: at(t, "2026-11-01 10:00 Europe/Lisbon")}
	pile := []struct {
		add  func()
		want Reason
	}{
		{func() {}, DayOff}, // 3:00 is outside working hours as well, but that ends sooner
		{func() { who.Away = []Absence{{Until: at(t, "2026-11-23 10:00 Europe/Lisbon")}} }, Away},
		{func() { who.Reminded = at(t, "2026-11-20 10:00 Europe/Lisbon") }, TooSoon},
		{func() { who.Snoozed = at(t, "2026-11-29 10:00 Europe/Lisbon") }, Snoozed},
		{func() { who.Unreachable = true }, Unreachable},
		{func() { who.Reminders = 3 }, AtCap},
		{func() { who.Invited = time.Time{} }, NotInvited},
		{func() { who.Pending = true }, Pending},
		{func() { who.Guest = true }, Guest},
		{func() { who.Declined = true }, Declined},
		{func() { who.Removed = true }, Removed},
		{func() { who.OptedOut = true }, OptedOut},
		{func() { who.Deactivated = true }, Deactivated},
		{func() { who.Bot = true }, Bot},
		{func() { who.Registered = true }, Registered},
	}
	for i, step := range pile {
		step.add()
		if got := p.Judge(who, sunday); got.Reason != step.want || got.Kind != Hold && i > 2 {
			t.Errorf("step %d: got %v, want %q", i, got, step.want)
		}
	}
}

// TestTiesGoToTheUpperReason has a snooze that ends with the spacing.
func TestTiesGoToTheUpperReason(t *testing.T) {
	t.Parallel()
	got := lisbon(t).Judge(Person{
		Invited:   at(t, "2026-11-01 10:00 Europe/Lisbon"),
		Reminded:  at(t, "2026-11-20 10:00 Europe/Lisbon"),
		Reminders: 1,
		Snoozed:   at(t, "2026-11-27 00:00 Europe/Lisbon"),
	}, at(t, "2026-11-24 10:00 Europe/Lisbon"))
	if got.Reason != Snoozed {
		t.Errorf("got %q, want %q", got.Reason, Snoozed)
	}
}

// TestMoving follows somebody who flies west with a reminder in the morning.
func TestMoving(t *testing.T) {
	t.Parallel()
	p := lisbon(t)
	who := Person{
		Zone: "Asia/Tokyo", Invited: at(t, "2026-11-01 10:00 UTC"),
		Reminders: 1, Reminded: at(t, "2026-11-17 10:00 Asia/Tokyo"),
	}
	run := at(t, "2026-11-24 01:00 Asia/Tokyo")
	if got, want := p.Judge(who, run), (Verdict{SendLater, at(t, "2026-11-24 09:00 Asia/Tokyo"), OutsideHours}); got != want {
		t.Errorf("in Tokyo: got %v, want %v", got, want)
	}
	who.Zone = "America/Los_Angeles" // where the reminder came on the 16th, and it is now the 23rd, 8:00
	if got, want := p.Judge(who, run), (Verdict{SendLater, at(t, "2026-11-23 09:00 America/Los_Angeles"), OutsideHours}); got != want {
		t.Errorf("in Los Angeles: got %v, want %v", got, want)
	}
}

// TestPolicyIsShared has several goroutines judge at once, for the race detector.
func TestPolicyIsShared(t *testing.T) {
	t.Parallel()
	p := lisbon(t)
	now := at(t, "2026-11-24 10:00 Europe/Lisbon")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, zone := range zones() {
				p.Judge(Person{Zone: zone, Invited: now.AddDate(0, -1, 0)}, now)
			}
		})
	}
	wg.Wait()
}

// TestStrangeZonesTakeNoRoom has more names than there are zones.
func TestStrangeZonesTakeNoRoom(t *testing.T) {
	t.Parallel()
	p := lisbon(t)
	now := at(t, "2026-11-24 10:00 Europe/Lisbon")
	for n := range maxZones + 50 {
		if v := p.Judge(Person{Zone: "Mars/" + strconv.Itoa(n), Invited: now.AddDate(0, -1, 0)}, now); v.Kind != SendNow {
			t.Fatalf("got %v", v)
		}
	}
	if len(p.zones) > maxZones {
		t.Errorf("%d zones are remembered", len(p.zones))
	}
}

func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	tests := []struct {
		field  string
		change func(*Settings)
	}{
		{"Zone", func(s *Settings) { s.Zone = "" }},
		{"Zone", func(s *Settings) { s.Zone = "Local" }},
		{"Zone", func(s *Settings) { s.Zone = "../../etc/passwd" }},
		{"Cap", func(s *Settings) { s.Cap = 0 }},
		{"Cap", func(s *Settings) { s.Cap = MaxCap + 1 }},
		{"Spacing", func(s *Settings) { s.Spacing = 0 }},
		{"Spacing", func(s *Settings) { s.Spacing = MaxDays + 1 }},
		{"FirstAfter", func(s *Settings) { s.FirstAfter = -1 }},
		{"To", func(s *Settings) { s.To = s.From }},
		{"To", func(s *Settings) { s.From, s.To = 22*60, 6*60 }},
		{"To", func(s *Settings) { s.To = EndOfDay + 1 }},
		{"To", func(s *Settings) { s.From = -1 }},
		{"Weekend", func(s *Settings) { s.Weekend = week() }},
		{"Holidays", func(s *Settings) { s.Holidays = make([]Date, MaxHolidays+1) }},
	}
	for _, tt := range tests {
		s := DefaultSettings("Europe/Lisbon")
		tt.change(&s)
		wrong := s.Check()
		if len(wrong) != 1 || wrong[0].Field != tt.field {
			t.Errorf("%s: got %v", tt.field, wrong)
		}
		if _, err := New(s); err == nil || !strings.Contains(err.Error(), tt.field) {
			t.Errorf("%s: New returned %v", tt.field, err)
		}
	}
}

func TestReasonsAreAllNamedOnce(t *testing.T) {
	t.Parallel()
	seen := map[Reason]bool{}
	for _, r := range Reasons() {
		if r == "" || seen[r] {
			t.Errorf("%q is empty or there twice", r)
		}
		seen[r] = true
	}
	if len(seen) != 16 {
		t.Errorf("got %d reasons", len(seen))
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	for want, clock := range map[string]Clock{"09:00": 540, "09:05": 545, "00:00": 0, "23:59": 1439, "24:00": EndOfDay} {
		if got := clock.String(); got != want {
			t.Errorf("%d minutes are %s, want %s", int(clock), got, want)
		}
	}
}

// BenchmarkJudge judges people of every kind of zone; a million take some seconds.
func BenchmarkJudge(b *testing.B) {
	p := lisbon(b)
	now := at(b, "2026-11-24 10:00 Europe/Lisbon")
	people := make([]Person, len(zones()))
	for i, zone := range zones() {
		people[i] = Person{Zone: zone, Invited: now.AddDate(0, -1, 0), Reminders: 1, Reminded: now.AddDate(0, 0, -7)}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.Judge(people[i%len(people)], now)
	}
}
