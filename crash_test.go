//go:build !race

package main

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
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
	crashPace   = 200 // messages a second
	// crashUnverified is of how many people a run may not know whether they have its message.
	crashUnverified = 20
	// beginPatience is how long a run may take to begin: Herald looks three times a minute whether reminders are due.
	beginPatience = time.Minute
	// killPatience is how long the next kill, or fault, waits for messages.
	killPatience = 3 * time.Second
	// crashPatience only ever passes when the test fails: the jobs of the last process that was killed are done within half a minute.
	crashPatience = 4 * time.Minute
)

// TestEverybodyIsWrittenToOnceWhateverBreaks runs without the race detector, which sees nothing of the processes that it starts. It
// invites everybody in a company of 2,000, and then reminds them by a schedule, while Slack breaks in every way it can and the processes
// are killed again and again. HERALD_CRASH_SEED repeats the choices of a run that failed, though not what the machine made of them.
func TestEverybodyIsWrittenToOnceWhateverBreaks(t *testing.T) {
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
		crashes(t, program, databaseSettings{DatabaseURL: storetest.Postgres(t), EncryptionKey: key}, 3, rand.New(rand.NewPCG(seed, 1)))
	})
	t.Run("one process on SQLite", func(t *testing.T) {
		t.Parallel()
		crashes(t, program, databaseSettings{DatabaseFile: filepath.Join(t.TempDir(), "herald.db"), EncryptionKey: key}, 1, rand.New(rand.NewPCG(seed, 2)))
	})
}

// A crash is a company in trouble.
type crash struct {
	t          *testing.T
	slack      *benchSlack
	colleagues []slackd.User
	company    string
	db         *store.Store
	rows       *sql.DB
	choose     *rand.Rand
	start      func() *daemon
	running    []*daemon
}

// crashes lets so many processes invite everybody, and then remind everybody.
func crashes(t *testing.T, program string, db databaseSettings, processes int, choose *rand.Rand) {
	t.Helper()
	c := &crash{t: t, colleagues: benchUsers("C", crashPeople), choose: choose}
	c.slack = startBenchSlack(t, c.colleagues, slackd.Limits{})
	c.company = crashFill(t, db, c.colleagues)
	invitesAll(t, db, c.company, crashPeople)
	keys, err := db.keys()
	if err != nil {
		t.Fatal(err)
	}
	c.db, err = store.Open(t.Context(), store.Options{DSN: db.dsn(), Keys: keys, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	driver := "sqlite"
	if db.DatabaseURL != "" {
		driver = "postgres"
	}
	c.rows = storetest.DB(t, driver, db.dsn())

	c.start = func() *daemon {
		return startHerald(t, program, db, c.slack, "SLACK_MESSAGES_PER_SECOND="+strconv.Itoa(crashPace), "SLACK_HASTE="+strconv.Itoa(crashPace))
	}
	for range processes {
		c.running = append(c.running, c.start())
	}
	c.everybodyHasOne(invites, `SELECT p.slack_id FROM invites i JOIN people p ON p.id = i.person_id WHERE i.failure = 'unverified'`, func() bool {
		_, err := c.db.RunningRun(t.Context(), c.company)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			t.Fatal(err)
		}
		return err != nil
	})
	remindsNow(t, db, c.company)
	c.everybodyHasOne(reminds, `SELECT p.slack_id FROM nudges n JOIN people p ON p.id = n.person_id WHERE n.status = 'failed' AND n.reason = 'unverified'`, func() bool {
		runs, err := c.db.ReminderRuns(t.Context(), c.company, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(runs) > 1 {
			t.Fatalf("the schedule fired more than once: %+v", runs)
		}
		return len(runs) == 1 && !runs[0].Busy()
	})
	if err := c.db.Close(); err != nil {
		t.Error(err)
	}
	for _, d := range c.running {
		d.stop()
	}
	if t.Failed() {
		for _, d := range c.running {
			t.Logf("the log of a process:\n%s", d.log)
		}
	}
}

// everybodyHasOne breaks Slack and kills processes while a run is under way, waits until it is over, and counts the messages that begin so.
// The query is for those of whom Herald does not know whether they have it.
func (c *crash) everybodyHasOne(message, unverified string, over func() bool) {
	c.t.Helper()
	c.slack.postsMore(1, beginPatience, nil)
	began := time.Now()
	ended := breakSlack(c.t, c.slack, rand.New(rand.NewPCG(c.choose.Uint64(), 0)))
	for range crashKills / 2 { // in the middle of things, however fast the machine is
		c.slack.postsMore(5+c.choose.Int64N(2*crashPeople/crashKills), killPatience, nil)
		i := c.choose.IntN(len(c.running))
		c.running[i].kill()
		c.running[i] = c.start()
	}
	ended()
	killed := time.Now()
	for deadline := killed.Add(crashPatience); !over(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Error("it never ends")
			break
		}
	}
	settled := time.Now()
	ids := c.people(unverified)
	if len(ids) > crashUnverified {
		c.t.Errorf("%d people are unverified, more than %d", len(ids), crashUnverified)
	}
	var never, often int
	for _, u := range c.colleagues {
		switch n := has(c.slack, u.ID, message); {
		case n > 1:
			often++
		case n == 0 && !slices.Contains(ids, u.ID):
			never++
		}
	}
	once := haveOne(c.slack, c.colleagues, message)
	if often > 0 || never > 0 {
		c.t.Errorf("%q: %d people have it more than once, %d never, %d once, %d are unverified; held back %v, failed %v", message, often, never, once, len(ids),
			c.people(`SELECT reason || ': ' || people FROM reminder_holds`), c.people(`SELECT DISTINCT failure FROM invites UNION SELECT reason FROM nudges WHERE status <> 'sent'`))
	}
	c.t.Logf("%q: %d people have it once, %d are unverified; conversations were read %d times; the processes were killed for %s, and %s later all was done",
		message, once, len(ids), len(c.slack.Calls("conversations.history")), killed.Sub(began).Round(time.Second), settled.Sub(killed).Round(time.Second))
}

// people are the Slack ids that a query returns.
func (c *crash) people(query string) (ids []string) {
	c.t.Helper()
	rows, err := c.rows.QueryContext(c.t.Context(), query)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			c.t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		c.t.Fatal(err)
	}
	return ids
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
			methods := []string{"chat.postMessage", "chat.postMessage", "chat.postMessage", "chat.postMessage", "conversations.history", "conversations.open", "chat.update", "dnd.teamInfo"}
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
