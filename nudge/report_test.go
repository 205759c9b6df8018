package nudge

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"
)

func TestTally(t *testing.T) {
	t.Parallel()
	verdicts := map[Verdict]int{
		{Kind: SendNow}:                            30,
		{Kind: SendLater, Reason: OutsideHours}:    4,
		{Kind: Hold, Reason: Away}:                 5,
		{Kind: Hold, Reason: Snoozed}:              12,
		{Kind: Hold, Reason: AtCap}:                5,
		{Kind: Hold, Reason: OptedOut}:             5,
		{Kind: Hold, Reason: Unreachable}:          2,
		{Kind: Hold, Reason: Reason("from later")}: 0,
	}
	var whole Tally
	for v, people := range verdicts {
		for range people {
			whole.Add(v)
		}
	}
	want := []ReasonCount{{Snoozed, 12}, {OptedOut, 5}, {AtCap, 5}, {Away, 5}, {Unreachable, 2}}
	if whole.Now != 30 || whole.Later != 4 || whole.Sending() != 34 || whole.Held != 29 {
		t.Errorf("got %+v", whole)
	}
	if got := whole.Reasons(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := new(Tally).Reasons(); len(got) > 0 {
		t.Errorf("nobody is held back for %v", got)
	}
}

func TestSignUpsAreCredited(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 11, n, 10, 0, 0, 0, time.UTC) }
	tests := []struct {
		name string
		h    History
		want int
		ok   bool
	}{
		{"never signed up", History{Reminders: []time.Time{day(3)}}, 0, false},
		{"signed up on their own", History{SignedUp: day(3)}, 0, false},
		{"at once", History{[]time.Time{day(3)}, day(3)}, 0, true},
		{"after the second", History{[]time.Time{day(3), day(10)}, day(12)}, 1, true},
		{"after the second, long after", History{[]time.Time{day(3), day(10)}, day(17)}, 1, false},
		{"before the second could reach them", History{[]time.Time{day(3), day(10)}, day(9)}, 0, true},
		{"before the first", History{[]time.Time{day(3), day(10)}, day(2)}, 0, false},
	}
	for _, tt := range tests {
		if got, ok := tt.h.Credited(DefaultCredit); ok != tt.ok || ok && got != tt.want {
			t.Errorf("%s: got %d, %v", tt.name, got, ok)
		}
	}
}

// efficacy has the given numbers of reminders and sign-ups, attempt by attempt.
func efficacy(attempts ...[2]int) *Efficacy {
	e := &Efficacy{Credit: DefaultCredit}
	for i, a := range attempts {
		e.attempts[i] = Attempt{Sent: a[0], SignedUp: a[1]}
	}
	return e
}

func TestEfficacy(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	day := func(ago int) time.Time { return now.AddDate(0, 0, -ago) }
	e := &Efficacy{Credit: DefaultCredit}
	for _, h := range []History{
		{Reminders: []time.Time{day(21), day(14), day(7).Add(-time.Second)}},
		{Reminders: []time.Time{day(21), day(14)}, SignedUp: day(10)},
		{Reminders: []time.Time{day(21)}, SignedUp: day(20)},
		{Reminders: []time.Time{day(21)}, SignedUp: day(2)}, // on their own
		{Reminders: []time.Time{day(14), day(6)}},           // the second may still work
		{Reminders: []time.Time{day(14), day(7)}},           // the hour of the second is not over
		{Reminders: []time.Time{day(3)}, SignedUp: day(3)},  // worked at once, and counts when its time is over
		{SignedUp: day(3)},
		{Reminders: slices.Repeat([]time.Time{day(300)}, MaxCap+5)}, // from when the cap was higher
	} {
		e.Add(h, now)
	}
	got := e.Attempts()
	want := []Attempt{{N: 1, Sent: 7, SignedUp: 1, Open: 1}, {N: 2, Sent: 3, SignedUp: 1, Open: 2}, {N: 3, Sent: 2}}
	if len(got) != MaxCap || !slices.Equal(got[:3], want) {
		t.Errorf("got %v", got)
	}
	whole := &Efficacy{Credit: DefaultCredit}
	for _, a := range append(got, got[1], Attempt{N: MaxCap + 1, Sent: 1}, Attempt{Sent: 1}) {
		whole.AddAttempt(a)
	}
	want = append(want, got[3:]...)
	want[1] = Attempt{N: 2, Sent: 6, SignedUp: 2, Open: 4}
	if sums := whole.Attempts(); !slices.Equal(sums, want) {
		t.Errorf("added up: %v, want %v", sums, want)
	}
	second := &Efficacy{Credit: DefaultCredit}
	second.AddAttempt(want[1]) // the first is forgotten
	if sums := second.Attempts(); len(sums) != 1 || sums[0] != want[1] {
		t.Errorf("the second alone: %v", sums)
	}
	if r := got[1].Rate(); math.Abs(r-1.0/3) > 1e-9 {
		t.Errorf("got %v", r)
	}
	if r := (Attempt{}).Rate(); r != 0 {
		t.Errorf("got %v", r)
	}
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		attempts [][2]int
		cap      int // -1: no suggestion
	}{
		{"nothing was sent", nil, -1},
		{"all convert", [][2]int{{400, 80}, {300, 54}, {200, 20}}, -1},
		{"the third does not", [][2]int{{400, 80}, {300, 54}, {200, 3}}, 2},
		{"the third does not, but that may be chance", [][2]int{{400, 80}, {300, 54}, {60, 1}}, -1},
		{"nobody of too few", [][2]int{{400, 80}, {300, 54}, {49, 0}}, -1},
		{"nobody of enough", [][2]int{{400, 80}, {300, 54}, {52, 0}}, 2},
		{"a weak second, a strong third", [][2]int{{400, 80}, {300, 5}, {280, 60}}, -1},
		{"from the second on", [][2]int{{400, 80}, {300, 5}, {280, 4}}, 1},
		{"none, so pause", [][2]int{{400, 3}}, 0},
	}
	for _, tt := range tests {
		got, ok := efficacy(tt.attempts...).Suggest(DefaultStopRule())
		if ok != (tt.cap >= 0) || ok && (got.Cap != tt.cap || got.Attempt.N != tt.cap+1) {
			t.Errorf("%s: got %+v, %v", tt.name, got, ok)
		}
	}
}

// TestSuggestIsRarelyWrong lets reminders convert at exactly the floor: advice to
// stop is wrong then, and may come in one case of twenty.
func TestSuggestIsRarelyWrong(t *testing.T) {
	t.Parallel()
	r := random(t)
	const cases = 4000
	wrong := 0
	for range cases {
		hits := 0
		for range 200 {
			if r.Float64() < 0.05 {
				hits++
			}
		}
		if _, ok := efficacy([2]int{200, hits}).Suggest(DefaultStopRule()); ok {
			wrong++
		}
	}
	if share := float64(wrong) / cases; share > 0.1 {
		t.Errorf("wrong in %.1f %% of cases", 100*share)
	}
}

func Example() {
	policy, err := New(DefaultSettings("Europe/Lisbon"))
	if err != nil {
		fmt.Println(err)
		return
	}
	schedule, err := ParseSchedule("0 10 * * TUE", "Europe/Lisbon")
	if err != nil {
		fmt.Println(err)
		return
	}
	run := schedule.Next(time.Date(2026, 11, 22, 19, 0, 0, 0, time.UTC))
	invited := run.AddDate(0, 0, -8)
	var tally Tally
	for _, who := range []Person{
		{Zone: "Europe/Lisbon", Invited: invited},
		{Zone: "America/New_York", Invited: invited},
		{Zone: "Europe/Lisbon", Invited: invited, OptedOut: true},
	} {
		v := policy.Judge(who, run)
		fmt.Printf("%s %s %q\n", v.Kind, v.At.Format(time.DateTime), v.Reason)
		tally.Add(v)
	}
	fmt.Println(schedule.Words(), "would send", tally.Sending(), "and hold back", tally.Reasons())
	// Output:
	// now 2026-11-24 10:00:00 ""
	// later 2026-11-24 14:00:00 "outside_hours"
	// hold 0001-01-01 00:00:00 "opted_out"
	// every Tuesday 10:00 would send 2 and hold back [{opted_out 1}]
}
