package delivery

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pacing runs a test in its own time, in which a message can be sent and waited for.
func pacing(t *testing.T, test func(t *testing.T, p *Pacer, sends func(companyID, channel string, u Urgency) time.Duration)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(0, time.Now)
		began := time.Now()
		test(t, p, func(companyID, channel string, u Urgency) time.Duration {
			t.Helper()
			if err := p.Wait(t.Context(), companyID, channel, u); err != nil {
				t.Error(err)
			}
			return time.Since(began)
		})
	})
}

func TestSeveralRefusalsHoldACompanyOnce(t *testing.T) {
	t.Parallel()
	pacing(t, func(t *testing.T, p *Pacer, sends func(string, string, Urgency) time.Duration) {
		for range 4 { // workers
			p.Hold("acme", 30*time.Second)
		}
		if at := sends("rival", "U1", Prompt); at != 0 {
			t.Errorf("the other company waited %s", at)
		}
		if at := sends("acme", "U1", Prompt); at != 30*time.Second {
			t.Errorf("sent after %s, want 30 s", at)
		}
		var last time.Duration
		for i := range promptAtOnce + 4 {
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
		p := NewPacer(0, time.Now)
		began := time.Now()
		p.Hold("acme", time.Hour)
		later, ok := errors.AsType[*LaterError](p.Wait(t.Context(), "acme", "U1", Prompt))
		if !ok || later.Wait != time.Hour || time.Since(began) != 0 {
			t.Errorf("after %s: %v", time.Since(began), later)
		}
	})
}

func TestAnAnswerDoesNotWaitForAThousandInvitations(t *testing.T) {
	t.Parallel()
	pacing(t, func(t *testing.T, p *Pacer, sends func(string, string, Urgency) time.Duration) {
		for i := range 50 {
			if at := sends("acme", fmt.Sprint("U", i), Bulk); at != time.Duration(i)*time.Second {
				t.Errorf("invitation %d after %s", i, at)
			}
		}
		go func() {
			for i := range 50 {
				_ = p.Wait(t.Context(), "acme", fmt.Sprint("V", i), Bulk)
			}
		}()
		synctest.Wait()
		if at := sends("acme", "U1", Prompt); at != 49*time.Second {
			t.Errorf("the answer came after %s", at)
		}
		time.Sleep(time.Minute) // the rest
	})
}

// TestAThousandInvitationsLetOthersIn: whoever cannot go soon is sent away, and finds its turn when it comes back.
func TestAThousandInvitationsLetOthersIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const jobs = 1000
		p := NewPacer(0, time.Now)
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
		if away != jobs-3 { // one is sent at once, two are about to be
			t.Errorf("%d were sent away", away)
		}
		if try("rival", "U1"); time.Since(began) != 0 {
			t.Errorf("the other company waited %s", time.Since(began))
		}
		time.Sleep(2 * jobs * time.Second)
		synctest.Wait()
		if len(sent) != jobs || away != jobs-3 {
			t.Errorf("%d of %d were sent, and %d sent away", len(sent), jobs, away)
		}
		for i, at := range sent {
			if at != time.Duration(i)*time.Second {
				t.Fatalf("number %d was sent after %s", i, at)
			}
		}
	})
}

func TestAJobDoesNotWaitForSlacksPatience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(0, time.Now)
		began := time.Now()
		p.Hold("acme", 10*time.Second)
		for i := range 3 {
			later, ok := errors.AsType[*LaterError](p.Wait(ofJob(t.Context()), "acme", "U1", Prompt))
			if want := time.Duration(10+i) * time.Second; !ok || later.Wait != want || time.Since(began) != 0 {
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
		p := NewPacer(0, time.Now)
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

func TestOneChannelTakesAMessageASecond(t *testing.T) {
	t.Parallel()
	pacing(t, func(t *testing.T, p *Pacer, sends func(string, string, Urgency) time.Duration) {
		for i, want := range []time.Duration{0, 0, 0, time.Second, 2 * time.Second} {
			if at := sends("acme", "U1", Prompt); at != want {
				t.Errorf("message %d after %s, want %s", i, at, want)
			}
		}
		if at := sends("acme", "U2", Prompt); at != 2*time.Second {
			t.Errorf("somebody else's message after %s", at)
		}
	})
}

func TestQuietChannelsAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(1000, time.Now)
		for i := range 3 * channelsKept {
			if err := p.Wait(t.Context(), "acme", fmt.Sprint("U", i), Prompt); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(p.channels); n > channelsKept {
			t.Errorf("%d channels are remembered", n)
		}
	})
}
