package delivery

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"herald/store"
	"herald/store/storetest"
)

// opened is a store whose clock is that of the test's own time.
func opened(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{DSN: storetest.SQLite(t), Keys: storetest.Keys(t), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// pacing runs a test in its own time, in which a message can be sent and waited for.
func pacing(t *testing.T, test func(t *testing.T, p *Pacer, sends func(companyID, channel string, u Urgency) time.Duration)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(opened(t), 0, time.Now)
		began := time.Now()
		test(t, p, func(companyID, channel string, u Urgency) time.Duration {
			t.Helper()
			if err := p.Wait(t.Context(), companyID, channel, u); err != nil {
				t.Error(err)
			}
			return time.Since(began).Round(time.Millisecond)
		})
	})
}

// hold holds a company's messages.
func hold(t *testing.T, p *Pacer, d time.Duration) {
	t.Helper()
	if err := p.Hold(t.Context(), "acme", Posting, d); err != nil {
		t.Fatal(err)
	}
}

func TestSeveralRefusalsHoldACompanyOnce(t *testing.T) {
	t.Parallel()
	pacing(t, func(t *testing.T, p *Pacer, sends func(string, string, Urgency) time.Duration) {
		for range 4 { // workers
			hold(t, p, 30*time.Second)
		}
		if at := sends("rival", "U1", Prompt); at != 0 {
			t.Errorf("the other company waited %s", at)
		}
		if err := p.WaitToCall(t.Context(), "acme", Changing, Prompt); err != nil {
			t.Error(err)
		}
		if at := sends("rival", "U1", Prompt); at != 0 {
			t.Errorf("a change waited until %s, though only messages were refused", at)
		}
		if at := sends("acme", "U1", Prompt); at != 30*time.Second {
			t.Errorf("sent after %s, want 30 s", at)
		}
		var last time.Duration
		for i := range promptLead + 5 {
			last = sends("acme", fmt.Sprint("U", i+2), Prompt)
		}
		if last != 35*time.Second {
			t.Errorf("thirteen messages took %s, want a burst of eight and five seconds after the 30", last)
		}
	})
}

func TestAHoldThatOutlastsAJobIsKnownAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(opened(t), 0, time.Now)
		began := time.Now()
		hold(t, p, time.Hour)
		later, ok := errors.AsType[*LaterError](p.Wait(t.Context(), "acme", "U1", Prompt))
		if !ok || later.Wait.Round(time.Second) != time.Hour || time.Since(began) != 0 {
			t.Errorf("after %s: %v", time.Since(began), later)
		}
	})
}

func TestWhatSlackSaysToOneProcessHoldsAllOfThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := opened(t)
		one, other := NewPacer(db, 0, time.Now), NewPacer(db, 0, time.Now)
		began := time.Now()
		hold(t, one, 20*time.Second)
		if err := other.Wait(t.Context(), "acme", "U1", Bulk); err != nil || time.Since(began).Round(time.Millisecond) != 20*time.Second {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
}

func TestAnAnswerDoesNotWaitForAThousandInvitations(t *testing.T) {
	t.Parallel()
	pacing(t, func(t *testing.T, p *Pacer, sends func(string, string, Urgency) time.Duration) {
		for i := range 50 { // the first two at once: nothing was sent in the second before
			if at := sends("acme", fmt.Sprint("U", i), Bulk); at != time.Duration(max(0, i-1))*time.Second {
				t.Errorf("invitation %d after %s", i, at)
			}
		}
		var rest sync.WaitGroup
		for w := range 4 { // workers
			rest.Go(func() {
				for i := range 10 {
					if err := p.Wait(t.Context(), "acme", fmt.Sprint("V", w, i), Bulk); err != nil {
						t.Error(err)
					}
				}
			})
		}
		synctest.Wait()
		if at := sends("acme", "U1", Prompt); at != 48*time.Second {
			t.Errorf("the answer came after %s", at)
		}
		rest.Wait()
	})
}

// Slack's limit is a bucket of a second's worth of messages: what finds it empty is answered 429.
func TestManyProcessesUseWhatSlackAllowsAndNoMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const perSecond, workers, processes = 20, 4, 3
		db := opened(t)
		allowed := rate.NewLimiter(perSecond, perSecond+promptLead+1)
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		var mu sync.Mutex
		sent, refused := 0, 0
		send := func(p *Pacer, channel string, u Urgency) bool {
			if p.Wait(ctx, "acme", channel, u) != nil {
				return false
			}
			mu.Lock()
			defer mu.Unlock()
			if sent++; !allowed.Allow() {
				refused++
			}
			return true
		}
		var all sync.WaitGroup
		for process := range processes {
			p := NewPacer(db, perSecond, time.Now)
			for w := range workers {
				all.Go(func() {
					for i := 0; send(p, fmt.Sprint("U", process, w, i), Bulk); i++ {
						time.Sleep(time.Duration(50+10*w) * time.Millisecond) // Slack's answer
					}
				})
			}
			all.Go(func() { // and what people wait for
				for i := 0; send(p, fmt.Sprint("P", process, i), Prompt); i++ {
					time.Sleep(3 * time.Second)
				}
			})
		}
		all.Wait()
		if sent < perSecond*60*95/100 || refused*100 >= sent {
			t.Errorf("%d messages of %d that are allowed, %d refused", sent, perSecond*60, refused)
		}
	})
}

// TestAThousandInvitationsLetOthersIn: whoever cannot go soon is sent away, and finds its turn when it comes back.
func TestAThousandInvitationsLetOthersIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const jobs = 1000
		p := NewPacer(opened(t), 0, time.Now)
		began := time.Now()
		var mu sync.Mutex
		var sent []time.Duration
		away := 0
		try := func(companyID, channel string) time.Duration {
			err := p.Wait(ofJob(t.Context()), companyID, channel, Bulk)
			mu.Lock()
			defer mu.Unlock()
			if later, ok := errors.AsType[*LaterError](err); ok {
				away++
				return later.Wait
			}
			if err != nil {
				t.Error(err)
			}
			if companyID == "acme" {
				sent = append(sent, time.Since(began))
			}
			return 0
		}
		for i := range jobs {
			go func() {
				for {
					wait := try("acme", fmt.Sprint("U", i))
					if wait == 0 {
						return
					}
					time.Sleep(wait)
				}
			}()
		}
		synctest.Wait()
		if away < jobs-5 || away >= jobs { // the others are sent at once, or are about to be
			t.Errorf("%d were sent away", away)
		}
		if try("rival", "U1"); time.Since(began) != 0 {
			t.Errorf("the other company waited %s", time.Since(began))
		}
		time.Sleep(2 * jobs * time.Second)
		synctest.Wait()
		if len(sent) != jobs || away > jobs+jobs/20 {
			t.Errorf("%d of %d were sent, and %d sent away", len(sent), jobs, away)
		}
		for i, at := range sent {
			if early, late := time.Duration(i-2)*time.Second, time.Duration(i+jobs/20)*time.Second; at < early || at > late {
				t.Fatalf("number %d was sent after %s", i, at)
			}
		}
	})
}

func TestAJobDoesNotWaitForSlacksPatience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(opened(t), 0, time.Now)
		began := time.Now()
		hold(t, p, 10*time.Second)
		for i := range 3 {
			later, ok := errors.AsType[*LaterError](p.Wait(ofJob(t.Context()), "acme", "U1", Prompt))
			if want := time.Duration(10+i) * time.Second; !ok || later.Wait.Round(time.Millisecond) != want || time.Since(began) != 0 {
				t.Errorf("after %s: %v, want %s", time.Since(began), later, want)
			}
		}
		if err := p.Wait(t.Context(), "acme", "U1", Prompt); err != nil || time.Since(began) != 10*time.Second {
			t.Errorf("somebody who waits for the answer: after %s %v", time.Since(began), err)
		}
	})
}

func TestTheLettersOfOneCompanyDelayNoOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(opened(t), 0, time.Now)
		var under []func()
		for range lettersAtOnce {
			done, err := p.Letter("acme")
			if err != nil {
				t.Fatal(err)
			}
			under = append(under, done)
		}
		for i := range 3 {
			_, err := p.Letter("acme")
			if later, ok := errors.AsType[*LaterError](err); !ok || later.Wait != jobPatience+time.Duration(i)*time.Second/lettersPerSecond {
				t.Errorf("letter %d too many: %v", i, err)
			}
		}
		rival, err := p.Letter("rival")
		if err != nil {
			t.Fatal(err)
		}
		rival()
		under[0]()
		if done, err := p.Letter("acme"); err != nil {
			t.Error(err)
		} else {
			done()
		}
	})
}

func TestOneChannelTakesAMessageASecondWhicheverProcessSendsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := opened(t)
		pacers := []*Pacer{NewPacer(db, 0, time.Now), NewPacer(db, 0, time.Now)}
		began := time.Now()
		for i, want := range []time.Duration{0, 0, 0, time.Second, 2 * time.Second, 3 * time.Second} {
			if err := pacers[i%2].Wait(t.Context(), "acme", "U1", Prompt); err != nil || time.Since(began) != want {
				t.Errorf("message %d after %s, want %s: %v", i, time.Since(began), want, err)
			}
		}
		if err := pacers[0].Wait(t.Context(), "acme", "U2", Prompt); err != nil || time.Since(began) != 3*time.Second {
			t.Errorf("somebody else's message after %s: %v", time.Since(began), err)
		}
	})
}

// TestABusyChannelCostsNobodyElseAPlace: whoever comes for one that is busy for long is sent away before they take a place in the line of all.
func TestABusyChannelCostsNobodyElseAPlace(t *testing.T) {
	t.Parallel()
	pacing(t, func(t *testing.T, p *Pacer, sends func(string, string, Urgency) time.Duration) {
		const busy = channelAtOnce + 2 // the last ones wait for a second and for two
		var waiting sync.WaitGroup
		for range busy {
			waiting.Go(func() { sends("acme", "U1", Prompt) })
			synctest.Wait()
		}
		began := time.Now()
		for i := range 3 {
			err := p.Wait(ofJob(t.Context()), "acme", "U1", Prompt)
			if later, ok := errors.AsType[*LaterError](err); !ok || later.Wait.Round(time.Millisecond) != time.Duration(3+i)*time.Second || time.Since(began) != 0 {
				t.Errorf("a job for the busy channel: after %s: %v", time.Since(began), err)
			}
		}
		for i := range promptLead + 1 - busy {
			if at := sends("acme", fmt.Sprint("U", i+2), Prompt); at != 0 {
				t.Errorf("somebody else's message %d after %s", i, at)
			}
		}
		waiting.Wait()
	})
}

// An operator whom Slack allows more messages is not allowed more of anything else.
func TestOtherCallsKeepToTheirTierHoweverManyMessagesGo(t *testing.T) {
	t.Parallel()
	for call, perMinute := range map[Call]int{Changing: 50, Deleting: 50, Looking: 50, Listing: 20} {
		synctest.Test(t, func(t *testing.T) {
			p := NewPacer(opened(t), 5, time.Now)
			calls := 0
			for began := time.Now(); time.Since(began) < 2*time.Minute; calls++ {
				if err := p.WaitToCall(t.Context(), "acme", call, Bulk); err != nil {
					t.Fatal(err)
				}
			}
			if burst := 6; calls < 2*perMinute || calls > 2*perMinute+burst {
				t.Errorf("%s: %d calls in two minutes, want %d a minute", call, calls, perMinute)
			}
		})
	}
}

func TestWhoMustNotBeDisturbedIsAskedTwentyTimesAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(opened(t), 200, time.Now) // messages a second, which Slack may have allowed; dnd.teamInfo stays as slow as ever
		asked, began := 0, time.Now()
		for time.Since(began) < time.Minute {
			err := p.CallNow(t.Context(), "acme", Asking)
			later, full := errors.AsType[*LaterError](err)
			switch {
			case err == nil:
				asked++
			case !full:
				t.Fatal(err)
			case later.Wait <= 0:
				t.Fatalf("come back after %s", later.Wait)
			default:
				time.Sleep(later.Wait)
			}
		}
		if asked < 20 || asked > 22 {
			t.Errorf("asked %d times in a minute", asked)
		}
	})
}

func TestAJobThatIsTooEarlyHearsSoWithoutTakingAPlace(t *testing.T) {
	t.Parallel()
	pacing(t, func(t *testing.T, p *Pacer, sends func(string, string, Urgency) time.Duration) {
		ctx := ofJob(t.Context())
		soon := func() bool {
			t.Helper()
			err := p.Soon(ctx, "acme", Posting, Bulk)
			if _, later := errors.AsType[*LaterError](err); err != nil && !later {
				t.Fatal(err)
			}
			return err == nil
		}
		for range 10 {
			if !soon() {
				t.Fatal("nobody is before it")
			}
		}
		hold(t, p, 30*time.Second)
		if soon() {
			t.Error("Slack wants nothing for half a minute, and it is soon")
		}
		if at := sends("acme", "U1", Bulk); at != 30*time.Second {
			t.Errorf("sent after %s, want 30 s", at)
		}
		if !soon() {
			t.Error("the next place is in a second, and it is not soon")
		}
	})
}
