package main

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"herald/sandbox/slackd"
	"herald/store"
)

// The load of BenchmarkCommand.
const (
	commandsPerSecond = 200
	warmUp            = 5 * commandsPerSecond
	replyPatience     = 10 * time.Second // an answer that comes later than this does not count
)

// BenchmarkCommand has 50 admins type /social members 200 times a second in a company of 100,000 members. An iteration is one
// command. Each is typed when the schedule says so, whatever became of those before, and all times count from the schedule:
// a Herald that stalls makes all the commands late that came meanwhile.
func BenchmarkCommand(b *testing.B) {
	program := buildHerald(b)
	benchDatabases(b, func(b *testing.B, empty func() databaseSettings) {
		b.Helper()
		db := empty()
		benchFill(b, db, benchPeople(b, 100_000))
		slack := startBenchSlack(b, nil, slackd.Limits{KeepMessages: 5})
		herald := startHerald(b, program, db, slack)
		herald.ready()

		var before load
		before.begin(slack)
		for range warmUp {
			before.next(b)
		}
		before.end()
		var l load
		l.begin(slack)
		for b.Loop() {
			l.next(b)
		}
		l.end()

		cpu := herald.stop()
		b.ReportMetric(0, "ns/op") // nothing but the schedule
		reportPercentiles(b, "ack", l.acks)
		reportPercentiles(b, "reply", slack.replies)
		reportPercentiles(b, "typed-late", l.typedLate)
		b.ReportMetric(float64(l.missed), "missed-acks")
		b.ReportMetric(float64(l.unanswered), "unanswered")
		b.ReportMetric(float64(slack.partial), "partial")
		b.ReportMetric(float64(cpu.Microseconds())/1000/float64(warmUp+l.typed), "cpu-ms/command")
		if b.Failed() {
			b.Logf("Herald's log:\n%s", herald.log)
		}
	})
}

// A load types commands on a schedule.
type load struct {
	slack *benchSlack
	start time.Time
	typed int
	all   sync.WaitGroup

	mu         sync.Mutex
	acks       []time.Duration // from the schedule to the acknowledgement
	typedLate  []time.Duration // how far the generator itself was behind the schedule
	missed     int             // acknowledgements that did not come within Slack's three seconds
	unanswered int
}

// begin forgets what was measured before.
func (l *load) begin(slack *benchSlack) {
	l.slack, l.start = slack, time.Now()
	slack.mu.Lock()
	defer slack.mu.Unlock()
	clear(slack.due)
	slack.replies, slack.partial = nil, 0
}

// next types a command when it is due.
func (l *load) next(b *testing.B) {
	b.Helper()
	due := l.start.Add(time.Duration(l.typed) * time.Second / commandsPerSecond)
	admin := benchUser("A", l.typed%benchAdmins).ID
	l.typed++
	time.Sleep(time.Until(due))
	l.all.Go(func() {
		person := l.slack.Person(admin).Tampering(func(payload map[string]any) {
			if url, ok := payload["response_url"].(string); ok {
				l.slack.awaits(url, due)
			}
		})
		ack, err := person.Command(b.Context(), benchGeneral, "/social members")
		l.mu.Lock()
		defer l.mu.Unlock()
		switch {
		case ack.Missed:
			l.missed++
		case err != nil:
			b.Error(err)
		default:
			l.acks = append(l.acks, ack.Sent.Add(ack.Latency).Sub(due))
			l.typedLate = append(l.typedLate, ack.Sent.Sub(due))
		}
	})
}

// end waits for the answers that are still due.
func (l *load) end() {
	l.all.Wait()
	for deadline := time.Now().Add(replyPatience); l.slack.waiting() > 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	l.unanswered = l.slack.waiting()
}

// BenchmarkStart measures from the start of the process until its health page says that it is connected to Slack and to its database:
// with a new database, whose tables it makes first, and with that of 100,000 people.
func BenchmarkStart(b *testing.B) {
	program := buildHerald(b)
	benchDatabases(b, func(b *testing.B, empty func() databaseSettings) {
		b.Helper()
		slack := startBenchSlack(b, nil, slackd.Limits{KeepMessages: 5})
		start := func(b *testing.B, database func() databaseSettings) {
			b.Helper()
			memory := 0.0
			for b.Loop() {
				b.StopTimer()
				db := database()
				b.StartTimer()
				herald := startHerald(b, program, db, slack)
				herald.ready()
				b.StopTimer()
				memory = max(memory, herald.megabytes("VmRSS"))
				herald.stop()
				b.StartTimer()
			}
			b.ReportMetric(memory, "RSS-MiB")
		}
		b.Run("new", func(b *testing.B) { start(b, empty) })
		b.Run("large", func(b *testing.B) {
			db := empty()
			benchFill(b, db, benchPeople(b, 100_000))
			start(b, func() databaseSettings { return db })
		})
	})
}

// BenchmarkIdle mirrors a directory of 100,000 people into a new database, as fast as both sides can, and then looks at the memory of
// the process, which has nothing to do, once a second. An iteration is a second.
func BenchmarkIdle(b *testing.B) {
	program := buildHerald(b)
	benchDatabases(b, func(b *testing.B, empty func() databaseSettings) {
		b.Helper()
		slack := startBenchSlack(b, benchUsers("P", benchPeople(b, 100_000)), slackd.Limits{KeepMessages: 5})
		began := time.Now()
		herald := startHerald(b, program, empty(), slack, "SLACK_HASTE="+strconv.Itoa(fastest))
		herald.until("syncs the directory", func() bool { return strings.Contains(herald.log.String(), "directory synced") })
		took, synced := time.Since(began), herald.megabytes("VmRSS")
		idle := 0.0
		for b.Loop() {
			time.Sleep(time.Second)
			idle = herald.megabytes("VmRSS")
		}
		b.ReportMetric(0, "ns/op") // nothing but the second
		b.ReportMetric(took.Seconds(), "sync-s")
		b.ReportMetric(synced, "synced-RSS-MiB")
		b.ReportMetric(idle, "idle-RSS-MiB")
		b.ReportMetric(herald.megabytes("VmHWM"), "peak-RSS-MiB")
		herald.stop()
	})
}

// BenchmarkRemoval removes 1,000 selected members of 10,000, measured from the click on Confirm to the green message above the fresh
// list. Each iteration has a company of its own.
func BenchmarkRemoval(b *testing.B) {
	const leaving = 1000
	program := buildHerald(b)
	benchDatabases(b, func(b *testing.B, empty func() databaseSettings) {
		b.Helper()
		for b.Loop() {
			b.StopTimer()
			leavers := benchUsers("LEAVER", leaving)
			entries := make([]store.Entry, leaving)
			for i, u := range leavers {
				entries[i] = benchMember(u, store.Employee, time.Now().Add(-time.Hour))
			}
			db := empty()
			benchFill(b, db, benchPeople(b, 10_000), entries...)
			slack := startBenchSlack(b, leavers, slackd.Limits{KeepMessages: 5})
			herald := startHerald(b, program, db, slack)
			herald.ready()

			ana := &colleague{Person: slack.Person(benchUser("A", 0).ID), w: &world{t: b}, channel: benchGeneral}
			list := ana.types("/social members leaver", "Select all 1,000 matching")
			ana.clicks(list, "Select all 1,000 matching", "")
			list = ana.again(list, "Remove Selected (1,000)")
			ana.clicks(list, "Remove Selected (1,000)", "")
			modal := ana.modal("These 1,000 accounts")
			b.StartTimer()
			ana.submits(modal, nil)
			ana.again(list, "1,000 users were removed.")
			b.StopTimer()
			herald.stop()
			b.StartTimer()
		}
	})
}
