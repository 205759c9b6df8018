package bot

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// runClock runs the clock in the background; stop ends it and returns what Run returned.
func runClock(t *testing.T, c *Clock, grace time.Duration) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- c.Run(ctx, grace) }()
	synctest.Wait()
	return func() error {
		cancel()
		return <-result
	}
}

func TestClockStartsJobsInItsTimeZone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// The bubble begins on Saturday, 1 January 2000, 00:00 UTC.
		lisbonSummer := time.FixedZone("UTC+3", 3*60*60)
		c := NewClock(lisbonSummer, time.Now, slog.New(slog.DiscardHandler))
		var got []string
		err := c.Add("weekly", "0 10 * * TUE", func(context.Context) error {
			got = append(got, time.Now().UTC().Format("2 Jan 15:04"))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		stop := runClock(t, c, time.Minute)
		time.Sleep(14 * 24 * time.Hour)
		synctest.Wait()
		if err := stop(); err != nil {
			t.Error(err)
		}
		if want := []string{"4 Jan 07:00", "11 Jan 07:00"}; !slices.Equal(got, want) {
			t.Errorf("the job started at %v, want %v", got, want)
		}
	})
}

func TestClockSurvivesFailingJobs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var mu sync.Mutex
		c := NewClock(time.UTC, time.Now, slog.New(slog.NewTextHandler(lockedWriter{&mu, &log}, nil)))
		starts := 0
		err := c.Add("clumsy", "@every 1m", func(context.Context) error {
			starts++
			if starts == 1 {
				panic("Ann Lee's secret")
			}
			return errors.New("no luck")
		})
		if err != nil {
			t.Fatal(err)
		}
		stop := runClock(t, c, time.Minute)
		time.Sleep(2*time.Minute + time.Second)
		synctest.Wait()
		if err := stop(); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		if starts != 2 {
			t.Errorf("the job started %d times, want 2", starts)
		}
		for _, want := range []string{"job panicked", "job=clumsy", "ref=", "TestClockSurvivesFailingJobs", "no luck"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log lacks %q:\n%s", want, log.String())
			}
		}
		if strings.Contains(log.String(), "Ann") {
			t.Errorf("the log names a person:\n%s", log.String())
		}
	})
}

func TestClockNeverOverlapsAJobWithItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := NewClock(time.UTC, time.Now, slog.New(slog.DiscardHandler))
		starts := 0
		err := c.Add("slow", "@every 1m", func(context.Context) error {
			starts++
			time.Sleep(150 * time.Second)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		stop := runClock(t, c, 10*time.Minute)
		time.Sleep(5*time.Minute + time.Second) // due at 1, 2, 3, 4 and 5; started at 1 and 4
		synctest.Wait()
		if starts != 2 {
			t.Errorf("the job started %d times in five minutes, want 2", starts)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestClockWaitsForJobs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := NewClock(time.UTC, time.Now, slog.New(slog.DiscardHandler))
		tidied := false
		err := c.Add("tidy", "@every 1m", func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(time.Second)
			tidied = true
			return ctx.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
		stop := runClock(t, c, 10*time.Second)
		time.Sleep(61 * time.Second)
		if err := stop(); err != nil || !tidied {
			t.Errorf("stopped with %v, tidied: %v", err, tidied)
		}
	})
}

func TestClockDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := NewClock(time.UTC, time.Now, slog.New(slog.DiscardHandler))
		err := c.Add("stubborn", "@every 1m", func(context.Context) error {
			time.Sleep(time.Hour)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		stop := runClock(t, c, 10*time.Second)
		time.Sleep(61 * time.Second)
		began := time.Now()
		if err := stop(); err == nil || time.Since(began) != 10*time.Second {
			t.Errorf("stopped with %v after %s", err, time.Since(began))
		}
		time.Sleep(time.Hour) // let the job end with the bubble
	})
}

func TestClockRefusesAScheduleItCannotRead(t *testing.T) {
	t.Parallel()
	c := NewClock(time.UTC, time.Now, slog.New(slog.DiscardHandler))
	err := c.Add("odd", "every other Tuesday", func(context.Context) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "odd") {
		t.Errorf("got %v", err)
	}
}

// lockedWriter lets a test read what others log.
type lockedWriter struct {
	mu *sync.Mutex
	to *bytes.Buffer
}

// Write implements io.Writer.
func (w lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}

func TestClockStartsWhatIsPeriodicAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := NewClock(time.UTC, time.Now, slog.New(slog.DiscardHandler))
		began := time.Now()
		var got []time.Duration
		c.Every("look", time.Minute, func(context.Context) error {
			got = append(got, time.Since(began))
			return nil
		})
		stop := runClock(t, c, time.Minute)
		time.Sleep(150 * time.Second)
		synctest.Wait()
		if err := stop(); err != nil {
			t.Error(err)
		}
		if want := []time.Duration{0, time.Minute, 2 * time.Minute}; !slices.Equal(got, want) {
			t.Errorf("the job started after %v, want %v", got, want)
		}
	})
}
