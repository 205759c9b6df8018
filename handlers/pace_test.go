package handlers

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestSeveralRefusalsHoldACompanyOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), jobTimeout)
		defer stop()
		p := newPace(0, time.Now)
		began := time.Now()
		for range 4 { // workers
			p.hold("acme", 30*time.Second)
		}
		if err := p.wait(ctx, "rival"); err != nil || time.Since(began) != 0 {
			t.Errorf("the other company waited %s: %v", time.Since(began), err)
		}
		if err := p.wait(ctx, "acme"); err != nil || time.Since(began) != 30*time.Second {
			t.Errorf("waited %s: %v", time.Since(began), err)
		}
		for range messagesAtOnce + 4 {
			if err := p.wait(ctx, "acme"); err != nil {
				t.Error(err)
			}
		}
		if waited := time.Since(began); waited != 35*time.Second {
			t.Errorf("thirteen messages took %s, want a burst of eight and five seconds after the 30", waited)
		}
	})
}

func TestAHoldThatOutlastsAJobIsKnownAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), jobTimeout)
		defer stop()
		p := newPace(0, time.Now)
		began := time.Now()
		p.hold("acme", time.Hour)
		later, ok := errors.AsType[*laterError](p.wait(ctx, "acme"))
		if !ok || later.wait != time.Hour || time.Since(began) != 0 {
			t.Errorf("after %s: %v", time.Since(began), later)
		}
	})
}
