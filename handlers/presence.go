package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"herald/delivery"
	"herald/nudge"
	"herald/store"
)

// outOfOffice tells whether a status says that somebody does not work at present, and until when; zero: it does not say. Meetings,
// commutes and the like do not count: a message can wait for them by itself.
func outOfOffice(p slack.UserProfile) (away bool, until time.Time) {
	// The two that Slack suggests: https://slack.com/help/articles/201864558-Set-your-Slack-status-and-availability.
	away = slices.Contains([]string{":palm_tree:", ":face_with_thermometer:"}, p.StatusEmoji)
	words := strings.FieldsFunc(strings.ToLower(p.StatusText), func(r rune) bool { return strings.ContainsRune(" ,.;:!?()/–—-", r) })
	for i, word := range words {
		away = away || slices.Contains([]string{"vacation", "vacationing", "holiday", "holidays", "ooo", "pto", "sick", "leave", "sabbatical"}, word) ||
			word == "office" && i > 1 && words[i-2] == "out" && words[i-1] == "of"
	}
	if !away {
		return false, time.Time{}
	}
	if p.StatusExpiration > 0 {
		until = time.Unix(int64(p.StatusExpiration), 0).UTC()
	}
	return true, until
}

const (
	// quietLife is how long an answer about do-not-disturb is good for: who switches it on within a minute may still get a message.
	quietLife = time.Minute
	// quietAtOnce is how many people Slack tells it of at once (https://docs.slack.dev/reference/methods/dnd.teamInfo).
	quietAtOnce = 50
)

// quietHours remembers for a minute who must not be disturbed. Slack answers twenty questions a minute about fifty people each, so those
// whose turn is next are asked about together.
type quietHours struct {
	mu    sync.Mutex
	known map[quietKey]quietAnswer
}

type quietKey struct{ companyID, slackID string }

type quietAnswer struct {
	until time.Time // when it is not good any more
	times []nudge.Absence
}

// doNotDisturb asks Slack when somebody must not be disturbed. Where Slack does not tell, nobody knows of such a time, and Slack itself
// keeps the message quiet; only if it wants to be asked later is that an error.
func (h *Handlers) doNotDisturb(ctx context.Context, c store.Company, slackID string) ([]nudge.Absence, error) {
	key, now := quietKey{c.ID, slackID}, h.now()
	h.quiet.mu.Lock()
	defer h.quiet.mu.Unlock() // one question at a time
	if answer, ok := h.quiet.known[key]; ok && answer.until.After(now) {
		return answer.times, nil
	}
	next, err := h.store.NextNudged(ctx, c.ID, quietAtOnce)
	if err != nil {
		return nil, err
	}
	ids := append([]string{slackID}, slices.DeleteFunc(next, func(id string) bool { return id == slackID })...)
	ids = ids[:min(len(ids), quietAtOnce)]
	told, err := h.api(c).GetDNDTeamInfoContext(ctx, ids)
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return nil, fmt.Errorf("ask who must not be disturbed: %w", &delivery.LaterError{Wait: limited.RetryAfter})
	}
	if err != nil {
		h.log.LogAttrs(ctx, slog.LevelWarn, "slack does not tell who must not be disturbed; the app may lack the scope dnd:read",
			slog.String("team", c.TeamID), slog.String("error", clean(err).Error()))
	}
	kept := map[quietKey]quietAnswer{}
	for k, answer := range h.quiet.known {
		if answer.until.After(now) {
			kept[k] = answer
		}
	}
	for _, id := range ids {
		kept[quietKey{c.ID, id}] = quietAnswer{now.Add(quietLife), quietTimes(told[id])}
	}
	h.quiet.known = kept
	return kept[key].times, nil
}

// quietTimes are the stretches of time in which somebody is not to be disturbed.
func quietTimes(d slack.DNDStatus) []nudge.Absence {
	var times []nudge.Absence
	if d.Enabled && d.NextEndTimestamp > d.NextStartTimestamp {
		times = append(times, nudge.Absence{From: time.Unix(int64(d.NextStartTimestamp), 0), Until: time.Unix(int64(d.NextEndTimestamp), 0)})
	}
	if d.SnoozeEnabled && d.SnoozeEndTime > 0 {
		times = append(times, nudge.Absence{Until: time.Unix(int64(d.SnoozeEndTime), 0)})
	}
	return times
}
