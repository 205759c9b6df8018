package view

import (
	"testing"
	"time"

	"herald/nudge"
	"herald/sandbox/slackd/blockkit"
	"herald/store"
)

func TestThePreviewOfARun(t *testing.T) {
	t.Parallel()
	at := nextTuesdays(t, 1)[0]
	p := store.ReminderPreview{ID: "preview1", DueAt: at, State: store.PreviewAhead}
	f := Forecast{At: at}
	for range 34 {
		f.Tally.Add(nudge.Verdict{Kind: nudge.SendNow})
	}
	golden(t, "reminder_preview", blockkit.Message, ReminderPreview(p, f, someReminders(), at.Add(-19*time.Hour)))
	f.Tally.Add(nudge.Verdict{Kind: nudge.SendLater, Reason: nudge.OutsideHours})
	for i, r := range nudge.Reasons() {
		for range i + 1 {
			f.Tally.Add(nudge.Verdict{Kind: nudge.Hold, Reason: r})
		}
	}
	f.Unasked, f.Unfinished = 12_400, true
	golden(t, "reminder_preview_large", blockkit.Message, ReminderPreview(p, f, hostile(), at.Add(-67*time.Hour)))

	for _, p.State = range []store.PreviewState{store.PreviewSkipped, store.PreviewPaused, store.PreviewRescheduled, store.PreviewOver} {
		golden(t, "reminder_preview_"+string(p.State), blockkit.Message, ReminderPreviewClosed(p, "Europe/Lisbon"))
	}
	golden(t, "reminder_previews_stopped", blockkit.Message, PreviewsStopped())
}

func TestARunIsTodayTomorrowOrOnADay(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 0, 30, 0, 0, time.UTC)
	for zone, want := range map[string]string{
		"Europe/Lisbon": "Tomorrow 00:30", "America/New_York": "Today 19:30", "": "Tomorrow 00:30",
	} {
		if got := soon(at, at.Add(-3*time.Hour), zone); got != want {
			t.Errorf("in %q it is %q, want %q", zone, got, want)
		}
	}
	if got := soon(at, at.AddDate(0, 0, -4), "UTC"); got != "On Tue 24 Nov 00:30" {
		t.Errorf("four days before it is %q", got)
	}
}
