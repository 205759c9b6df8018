package nudge

import (
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

// zones are some that have it in them: offsets of halves and quarters of an
// hour, half an hour or two hours of summer time, a midnight that is skipped, a
// day that was, and names that are none.
func zones() []string {
	return []string{
		"Europe/Lisbon", "America/New_York", "America/Los_Angeles", "Asia/Tokyo", "UTC",
		"Asia/Kathmandu", "Asia/Kolkata", "America/St_Johns", "Pacific/Chatham", "Pacific/Marquesas",
		"Australia/Lord_Howe", "Antarctica/Troll", "Africa/Casablanca", "Africa/Cairo", "Asia/Beirut",
		"America/Santiago", "America/Havana", "America/Sao_Paulo", "America/Asuncion", "Atlantic/Azores", "America/Scoresbysund",
		"Pacific/Apia", "Pacific/Kiritimati", "Etc/GMT+12", "Asia/Pyongyang",
		"", "Local", "Mars/Olympus_Mons", "EST5EDT", "../UTC",
	}
}

// random returns a source of chance, and prints its seed for a test that fails.
// NUDGE_SEED plays one again.
func random(tb testing.TB) *rand.Rand {
	tb.Helper()
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("NUDGE_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			tb.Fatal(err)
		}
	}
	tb.Logf("NUDGE_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// quarters returns a moment from 2010 to 2035, on a quarter of an hour: there
// clocks change and hours begin.
func quarters(r *rand.Rand) time.Time {
	return time.Unix(1262304000+900*r.Int64N(25*365*96), 0).UTC()
}

// near returns a moment some days around t, on a quarter of an hour.
func near(r *rand.Rand, t time.Time, days int) time.Time {
	return t.Add(time.Duration(r.IntN(days*2*96)-days*96) * 15 * time.Minute)
}

func pick[T any](r *rand.Rand, from []T) T {
	return from[r.IntN(len(from))]
}

func chance(r *rand.Rand, percent int) bool {
	return r.IntN(100) < percent
}

// anySettings are sound ones.
func anySettings(r *rand.Rand, now time.Time) Settings {
	s := Settings{
		Zone:       pick(r, []string{"Europe/Lisbon", "Asia/Kathmandu", "America/Santiago", "UTC"}),
		Cap:        1 + r.IntN(4),
		Spacing:    1 + r.IntN(10),
		FirstAfter: r.IntN(5),
		Everyone:   chance(r, 50),
		From:       Clock(r.IntN(92) * 15),
	}
	s.To = min(s.From+Clock(4+r.IntN(40))*15, EndOfDay)
	if chance(r, 30) {
		s.From, s.To = 9*60, 17*60
	}
	for _, d := range week() {
		if chance(r, 25) && len(s.Weekend) < 6 {
			s.Weekend = append(s.Weekend, d)
		}
	}
	for range r.IntN(5) {
		s.Holidays = append(s.Holidays, DateOf(near(r, now, 4)))
	}
	return s
}

// anybody is a person about whom nothing lasting can be said, most of the time.
func anybody(r *rand.Rand, now time.Time) Person {
	rarely := func() bool { return chance(r, 2) }
	who := Person{
		Zone:       pick(r, zones()),
		Registered: rarely(), Pending: rarely(), OptedOut: rarely(), Declined: rarely(), Removed: rarely(),
		Bot: rarely(), Guest: rarely(), Deactivated: rarely(), Unreachable: rarely(),
	}
	if chance(r, 90) {
		who.Invited = near(r, now.AddDate(0, 0, -9), 10)
	}
	if chance(r, 50) {
		who.Reminders = 1 + r.IntN(3)
		who.Reminded = near(r, now.AddDate(0, 0, -9), 10)
	}
	if chance(r, 20) {
		who.Snoozed = near(r, now, 10)
	}
	for range r.IntN(3) {
		a := Absence{From: near(r, now, 5)}
		if chance(r, 30) {
			a.From = time.Time{}
		}
		if !chance(r, 5) {
			a.Until = now.Add(time.Duration(r.IntN(5*96)) * 15 * time.Minute)
		}
		who.Away = append(who.Away, a)
	}
	return who
}

// zoneOf returns the zone whose clocks count for the person.
func zoneOf(tb testing.TB, s Settings, who Person) *time.Location {
	tb.Helper()
	zone, err := time.LoadLocation(who.Zone)
	if err != nil || who.Zone == "" || who.Zone == "Local" {
		if zone, err = time.LoadLocation(s.Zone); err != nil {
			tb.Fatal(err)
		}
	}
	return zone
}

// blocks says, in the plainest way there is, which reasons hold at t for a
// person in the zone.
func blocks(s Settings, who Person, zone *time.Location, t time.Time) []Reason {
	local := t.In(zone)
	today := DateOf(local)
	early := func(since time.Time, days int) bool {
		return !since.IsZero() && days > 0 && today.Compare(DateOf(since.In(zone)).AddDays(days)) < 0
	}
	minute := Clock(local.Hour()*60 + local.Minute())
	holds := map[Reason]bool{
		Registered: who.Registered, Bot: who.Bot, Deactivated: who.Deactivated, OptedOut: who.OptedOut, Removed: who.Removed,
		Declined: who.Declined, Guest: who.Guest, Pending: who.Pending, Unreachable: who.Unreachable,
		NotInvited:   who.Invited.IsZero() && !s.Everyone,
		AtCap:        who.Reminders >= s.Cap,
		Snoozed:      t.Before(who.Snoozed),
		TooSoon:      early(who.Invited, s.FirstAfter) || early(who.Reminded, s.Spacing),
		Away:         slices.ContainsFunc(who.Away, func(a Absence) bool { return a.covers(t) }),
		DayOff:       slices.Contains(s.Weekend, today.Weekday()) || slices.Contains(s.Holidays, today),
		OutsideHours: minute < s.From || minute >= s.To,
	}
	return slices.DeleteFunc(Reasons(), func(r Reason) bool { return !holds[r] })
}

// TestVerdictsHold asks about all kinds of people under all kinds of settings
// and checks each answer against the plain rules, now and at the moment promised.
func TestVerdictsHold(t *testing.T) {
	t.Parallel()
	r := random(t)
	kinds := map[Kind]int{}
	for n := range 1000 {
		now := quarters(r)
		s := anySettings(r, now)
		p, err := New(s)
		if err != nil {
			t.Fatal(err)
		}
		who := anybody(r, now)
		zone := zoneOf(t, s, who)
		got := p.Judge(who, now)
		kinds[got.Kind]++
		fail := func(what string) {
			t.Helper()
			t.Fatalf("case %d: %s\nverdict  %v\nnow      %s\nholds    %v\nsettings %+v\nperson   %+v", n, what, got, now, blocks(s, who, zone, now), s, who)
		}

		holds := blocks(s, who, zone, now)
		if (got.Kind == SendNow) != (len(holds) == 0) {
			fail("now, or not now, against the rules")
		}
		if (got.Reason == "") != (got.Kind == SendNow) {
			fail("a reason without need, or none")
		}
		if got.Reason != "" && !slices.Contains(holds, got.Reason) {
			fail("the reason does not hold")
		}
		if len(holds) > 0 && slices.Index(Reasons(), holds[0]) <= slices.Index(Reasons(), Unreachable) {
			if got != (Verdict{Kind: Hold, Reason: holds[0]}) {
				fail("the first lasting reason was not given")
			}
			continue
		}
		switch {
		case got.Kind == SendNow && !got.At.Equal(now):
			fail("now is another time")
		case got.Kind == SendLater && (!got.At.After(now) || got.At.After(p.Ends(now))):
			fail("later is after the end of the run")
		case got.Kind == Hold && !got.At.IsZero() && !got.At.After(p.Ends(now)):
			fail("held back, although there is a moment in the run")
		}
		if got.Kind == SendNow {
			continue
		}
		if got.At.IsZero() {
			if !slices.ContainsFunc(who.Away, func(a Absence) bool { return a.Until.IsZero() }) {
				fail("no moment is known, although everything ends")
			}
			continue
		}
		if then := p.Judge(who, got.At); then != (Verdict{Kind: SendNow, At: got.At}) {
			fail("at the moment promised it is " + string(then.Reason))
		}
		// Nothing earlier would have done. Clocks change on quarters of an hour.
		for e := got.At.Add(-15 * time.Minute); e.After(now) && e.After(got.At.AddDate(0, 0, -3)); e = e.Add(-15 * time.Minute) {
			if len(blocks(s, who, zone, e)) == 0 {
				fail("already possible at " + e.String())
			}
		}
		for range 50 {
			if e := now.Add(time.Duration(r.Int64N(int64(got.At.Sub(now))))); len(blocks(s, who, zone, e)) == 0 {
				fail("already possible at " + e.String())
			}
		}
	}
	for _, kind := range []Kind{SendNow, SendLater, Hold} {
		if kinds[kind] < 10 {
			t.Errorf("only %d verdicts are %q: the cases are too tame", kinds[kind], kind)
		}
	}
}

// TestMoments compares with looking at the clock every minute.
func TestMoments(t *testing.T) {
	t.Parallel()
	r := random(t)
	for range 300 {
		zone, err := time.LoadLocation(pick(r, zones()[:25]))
		if err != nil {
			t.Fatal(err)
		}
		around := quarters(r).In(zone)
		if _, change := around.ZoneBounds(); chance(r, 70) && !change.IsZero() {
			around = change.Add(time.Duration(r.IntN(120)-60) * time.Minute)
		}
		d, c := DateOf(around), Clock(r.IntN(24*60))
		if chance(r, 50) {
			c = clockOf(around)
		}
		look := d.midnight().Add(-26 * time.Hour).In(zone)
		for {
			shown := DateOf(look)
			if cmp := shown.Compare(d); cmp > 0 || cmp == 0 && clockOf(look) >= c {
				break
			}
			look = look.Add(time.Minute)
		}
		if got := moment(d, c, zone); !got.Equal(look) {
			t.Fatalf("%s %s %s: got %s, want %s", zone, d, c, got.In(zone), look)
		}
	}
}

// FuzzJudge looks for questions that make the policy break its promises, or hang.
func FuzzJudge(f *testing.F) {
	f.Add(uint64(1), "Europe/Lisbon")
	f.Add(uint64(2), "")
	f.Fuzz(func(t *testing.T, seed uint64, zone string) {
		r := rand.New(rand.NewPCG(seed, 1))
		now := quarters(r)
		s := anySettings(r, now)
		p, err := New(s)
		if err != nil {
			t.Fatal(err)
		}
		who := anybody(r, now)
		who.Zone = zone
		got := p.Judge(who, now)
		if got.Kind != SendNow && !got.At.IsZero() {
			if then := p.Judge(who, got.At); then.Kind != SendNow {
				t.Errorf("%v became %v", got, then)
			}
		}
	})
}

// TestARunReachesEveryZone asks in every zone of the world about somebody whom
// nothing but the clock and the calendar keeps from being reminded.
func TestARunReachesEveryZone(t *testing.T) {
	t.Parallel()
	r := random(t)
	for range 40 {
		run := quarters(r)
		s := anySettings(r, run)
		s.Everyone, s.Holidays = true, nil
		p, err := New(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, zone := range zones() {
			if v := p.Judge(Person{Zone: zone}, run); v.Kind == Hold {
				t.Errorf("the run of %s does not reach %s: %v\nsettings %+v", run, zone, v, s)
			}
		}
		if lasts := p.Ends(run).Sub(run); lasts < runLeast || lasts > runMost {
			t.Errorf("the run of %s takes %s", run, lasts)
		}
	}
}
