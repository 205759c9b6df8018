package handlers

import (
	"testing"
	"time"

	"github.com/slack-go/slack"
)

func TestAStatusTellsWhoIsOutOfOffice(t *testing.T) {
	t.Parallel()
	back := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		status slack.UserProfile
		away   bool
		until  time.Time
	}{
		"nothing":             {slack.UserProfile{}, false, time.Time{}},
		"Slack's vacation":    {slack.UserProfile{StatusEmoji: ":palm_tree:", StatusText: "Vacationing"}, true, time.Time{}},
		"Slack's sick leave":  {slack.UserProfile{StatusEmoji: ":face_with_thermometer:"}, true, time.Time{}},
		"until a day":         {slack.UserProfile{StatusText: "OOO until Tuesday", StatusExpiration: int(back.Unix())}, true, back},
		"in words":            {slack.UserProfile{StatusText: "I am out of office!"}, true, time.Time{}},
		"in words with signs": {slack.UserProfile{StatusText: "Out-of-office"}, true, time.Time{}},
		"a holiday":           {slack.UserProfile{StatusText: "Public holiday (PT)"}, true, time.Time{}},
		"a meeting":           {slack.UserProfile{StatusEmoji: ":spiral_calendar_pad:", StatusText: "In a meeting"}, false, time.Time{}},
		"on the way":          {slack.UserProfile{StatusEmoji: ":bus:", StatusText: "Commuting"}, false, time.Time{}},
		"at the office":       {slack.UserProfile{StatusText: "In the office"}, false, time.Time{}},
		"part of a word":      {slack.UserProfile{StatusText: "Cleaved pleasure"}, false, time.Time{}},
	} {
		away, until := outOfOffice(c.status)
		if away != c.away || !until.Equal(c.until) {
			t.Errorf("%s: %v until %v", name, away, until)
		}
	}
}

func TestDoNotDisturbIsAStretchOfTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		told slack.DNDStatus
		n    int
	}{
		"never switched on": {slack.DNDStatus{NextStartTimestamp: 1, NextEndTimestamp: 1}, 0},
		"every night":       {slack.DNDStatus{Enabled: true, NextStartTimestamp: 100, NextEndTimestamp: 200}, 1},
		"off by now":        {slack.DNDStatus{Enabled: false, NextStartTimestamp: 100, NextEndTimestamp: 200}, 0},
		"and paused":        {slack.DNDStatus{Enabled: true, NextStartTimestamp: 100, NextEndTimestamp: 200, SnoozeInfo: slack.SnoozeInfo{SnoozeEnabled: true, SnoozeEndTime: 150}}, 2},
	} {
		if times := quietTimes(c.told); len(times) != c.n {
			t.Errorf("%s: %v", name, times)
		}
	}
}
