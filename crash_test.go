//go:build !race

package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"herald/sandbox/slackd"
	"herald/store"
	"herald/store/storetest"
)

// The crash test.
const (
	crashPeople = 2000
	crashKills  = 30
	crashPace   = 100 // messages a second
	// killPatience is how long the next kill, or fault, waits for messages.
	killPatience = 3 * time.Second
	// crashPatience only ever passes when the test fails: the jobs of the last process that was killed are done within half a minute.
	crashPatience = 4 * time.Minute
)

// TestEverybodyIsInvitedOnceWhateverBreaks runs without the race detector, which sees nothing of the processes that it starts. It invites everybody in a company of 2,000 while Slack breaks in every way it can and the processes
// are killed again and again. HERALD_CRASH_SEED repeats the choices of a run that failed, though not what the machine made of them.
func TestEverybodyIsInvitedOnceWhateverBreaks(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	seed := rand.Uint64()
	if given := os.Getenv("HERALD_CRASH_SEED"); given != "" {
		var err error
		if seed, err = strconv.ParseUint(given, 10, 64); err != nil {
			t.Fatalf("HERALD_CRASH_SEED: %v", err)
		}
	}
	t.Logf("to choose the same again: HERALD_CRASH_SEED=%d", seed)
	program := buildHerald(t)
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32))
	t.Run("three processes on PostgreSQL", func(t *testing.T) {
		t.Parallel()
		crash(t, program, databaseSettings{DatabaseURL: storetest.Postgres(t), EncryptionKey: key}, 3, rand.New(rand.NewPCG(seed, 1)))
	})
	t.Run("one process on SQLite", func(t *testing.T) {
		t.Parallel()
		crash(t, program, databaseSettings{DatabaseFile: filepath.Join(t.TempDir(), "herald.db"), EncryptionKey: key}, 1, rand.New(rand.NewPCG(seed, 2)))
	})
}

// crash runs so many processes, and kills them, until everybody was invited.
func crash(t *testing.T, program string, db databaseSettings, processes int, choose *rand.Rand) {
	t.Helper()
	colleagues := benchUsers("C", crashPeople)
	slack := startBenchSlack(t, colleagues, slackd.Limits{})
	company := crashFill(t, db, colleagues)
	ended := breakSlack(t, slack, rand.New(rand.NewPCG(choose.Uint64(), 0)))

	start := func() *daemon {
		return startHerald(t, program, db, slack, "SLACK_MESSAGES_PER_SECOND="+strconv.Itoa(crashPace), "SLACK_HASTE="+strconv.Itoa(crashPace))
	}
	began := time.Now()
	running := make([]*daemon, processes)
	for i := range running {
		running[i] = start()
	}
	for range crashKills { // in the middle of things, however fast the machine is
		slack.postsMore(5+choose.Int64N(crashPeople/crashKills), killPatience, nil)
		i := choose.IntN(processes)
		running[i].kill()
		running[i] = start()
	}
	ended()
	killed := time.Now()
	keys, err := db.keys()
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{DSN: db.dsn(), Keys: keys, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(crashPatience); ; time.Sleep(100 * time.Millisecond) {
		run, err := s.RunningRun(t.Context(), company)
		if errors.Is(err, store.ErrNotFound) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Errorf("it never ends: %d of %d are settled", run.Settled, run.Total)
			break
		}
	}
	settled := time.Now()
	unverified := map[string]bool{}
	err = s.WalkInvitations(t.Context(), company, store.StateFailed, func(i store.Invitation) error {
		if i.Failure == store.FailureUnverified {
			unverified[i.Person.SlackID] = true
		} else {
			t.Errorf("somebody was not invited: %s", i.Failure)
		}
		return nil
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	for _, d := range running {
		d.stop()
	}
	var never, often int
	for _, u := range colleagues {
		switch n := invitations(slack, u.ID); {
		case n > 1:
			often++
		case n == 0 && !unverified[u.ID]:
			never++
		}
	}
	once := invitedOnce(slack, colleagues)
	if often > 0 || never > 0 {
		t.Errorf("%d people were invited more than once, %d never, %d once, %d are unverified", often, never, once, len(unverified))
	}
	t.Logf("%d people were invited once, %d are unverified; conversations were read %d times; the processes were killed for %s, and %s later all was done",
		once, len(unverified), len(slack.Calls("conversations.history")), killed.Sub(began).Round(time.Second), settled.Sub(killed).Round(time.Second))
	if t.Failed() {
		for _, d := range running {
			t.Logf("the log of a process:\n%s", d.log)
		}
	}
}

// breakSlack lets Slack break in one way after the other until the function it returns is called, or the test ends.
func breakSlack(t *testing.T, slack *benchSlack, choose *rand.Rand) (end func()) {
	t.Helper()
	stop := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		for {
			select {
			case <-stop:
				slack.ClearFaults()
				return
			default:
			}
			slack.postsMore(1+choose.Int64N(20), killPatience, stop)
			kinds := []slackd.Kind{
				slackd.Drop, slackd.ServerError, slackd.CutAnswer, slackd.CutAnswer, slackd.FalseError, slackd.LateAnswer, slackd.LateAnswer,
				slackd.Slow, slackd.APIError, slackd.RateLimited,
			}
			methods := []string{"chat.postMessage", "chat.postMessage", "chat.postMessage", "chat.postMessage", "conversations.history", "conversations.open", "chat.update"}
			f := slackd.Fault{
				Kind: kinds[choose.IntN(len(kinds))], Method: methods[choose.IntN(len(methods))], Delay: time.Duration(choose.Int64N(int64(3 * time.Second))), Count: 1 + choose.IntN(3),
			}
			if f.Kind == slackd.RateLimited {
				f.Delay, f.Count = time.Second, 1 // everybody waits for so long
			}
			slack.Inject(f)
		}
	})
	end = sync.OnceFunc(func() { close(stop); done.Wait() })
	t.Cleanup(end)
	return end
}
