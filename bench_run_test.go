package main

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"herald/sandbox/slackd"
)

// The load of BenchmarkRun.
const (
	runPerSecond = 200 // messages, both what Slack takes and Herald's pace
	// runBurst is what Slack takes at once: what it had not to take in the second before, and a few that people wait for.
	runBurst = runPerSecond + 50
	runTyped = 100 * time.Millisecond // from one command to the next
)

// BenchmarkRun invites 10,000 people at once while Slack takes 200 messages a second, and an admin types /social members ten times a second
// meanwhile. An iteration is one such run, in a company and with a Herald of its own. It counts from the first message to the last.
func BenchmarkRun(b *testing.B) {
	benchRun(b, invites, func(b *testing.B, db databaseSettings, company string, people int) {
		b.Helper()
		invitesAll(b, db, company, people)
	})
}

// BenchmarkReminders is BenchmarkRun with reminders that a schedule sends.
func BenchmarkReminders(b *testing.B) {
	benchRun(b, reminds, func(b *testing.B, db databaseSettings, company string, _ int) {
		b.Helper()
		remindsNow(b, db, company)
	})
}

// benchRun measures what begin lets begin, which sends everybody a message that begins so.
func benchRun(b *testing.B, message string, begin func(b *testing.B, db databaseSettings, company string, people int)) {
	b.Helper()
	program := buildHerald(b)
	benchDatabases(b, func(b *testing.B, empty func() databaseSettings) {
		b.Helper()
		colleagues := benchUsers("C", benchPeople(b, 10_000))
		var took time.Duration
		var acks []time.Duration
		var refused, missed int
		var early, most float64
		for b.Loop() {
			db := empty()
			slack := startBenchSlack(b, colleagues, slackd.Limits{
				KeepMessages: 5, TeamPerMinute: 60 * runPerSecond, TeamBurst: runBurst, ChannelPerSecond: 1, KeepRecords: 4 * len(colleagues),
			})
			company := crashFill(b, db, colleagues)
			begin(b, db, company, len(colleagues))
			herald := startHerald(b, program, db, slack, "SLACK_MESSAGES_PER_SECOND="+strconv.Itoa(runPerSecond), "SLACK_HASTE="+strconv.Itoa(runPerSecond))
			herald.ready()

			stop := make(chan struct{})
			var typing sync.WaitGroup
			var mu sync.Mutex
			tick := time.NewTicker(runTyped)
			typing.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					case <-tick.C:
					}
					typing.Go(func() {
						ack, err := slack.Person(benchUser("A", i%benchAdmins).ID).Command(b.Context(), benchGeneral, "/social members")
						mu.Lock()
						defer mu.Unlock()
						switch {
						case ack.Missed:
							missed++
						case err != nil:
							b.Error(err)
						default:
							acks = append(acks, ack.Latency)
						}
					})
				}
			})
			posts := func() (sent int, first, last time.Time) {
				for _, c := range slack.Calls("chat.postMessage") {
					if c.Status != 200 || c.Error != "" {
						continue
					}
					if sent++; sent == 1 {
						first = c.At
					}
					last = c.At
				}
				return sent, first, last
			}
			herald.until("has sent a tenth", func() bool {
				time.Sleep(100 * time.Millisecond)
				sent, _, _ := posts()
				return sent > len(colleagues)/10
			})
			early = max(early, herald.megabytes("VmRSS"))
			var first, last time.Time
			herald.until("has written to everybody", func() bool {
				time.Sleep(100 * time.Millisecond)
				sent := 0
				sent, first, last = posts()
				return sent >= len(colleagues)
			})
			took += last.Sub(first)
			most = max(most, herald.megabytes("VmHWM"))
			tick.Stop()
			close(stop)
			typing.Wait()
			for _, c := range slack.Calls("chat.postMessage") {
				if c.Status == 429 {
					refused++
				}
			}
			herald.stop()
			if invited := haveOne(slack, colleagues, message); invited != len(colleagues) {
				b.Errorf("%d of %d people have it once", invited, len(colleagues))
			}
		}
		bound := time.Duration(len(colleagues)) * time.Second / runPerSecond
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(took.Seconds()/float64(b.N), "s/run")
		b.ReportMetric(took.Seconds()/float64(b.N)/bound.Seconds(), "x-bound")
		b.ReportMetric(float64(refused)*100/float64(b.N*len(colleagues)), "refused-%")
		b.ReportMetric(early, "MiB-after-a-tenth")
		b.ReportMetric(most, "MiB-at-most")
		b.ReportMetric(float64(missed), "missed-acks")
		reportPercentiles(b, "ack", acks)
	})
}
