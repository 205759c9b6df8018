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
	// forecastCalls is how many such questions a dry run asks. Slack answers twenty a minute, and reminders that are being sent need them, too.
	forecastCalls = 5
	// forecastQuiet is how long they may take together: somebody looks at a form meanwhile.
	forecastQuiet = 10 * time.Second
)

// quietHours remembers for a minute who must not be disturbed. Slack answers twenty questions a minute about fifty people each, so those
// whose turn is next are asked about together.
type quietHours struct {
	asking sync.Mutex // one question at a time of those who send
	mu     sync.Mutex
	known  map[quietKey]quietAnswer
}

type quietKey struct{ companyID, slackID string }

type quietAnswer struct {
	until time.Time // when it is not good any more
	times []nudge.Absence
}

// times are when somebody must not be disturbed, if that was asked within the last minute.
func (q *quietHours) times(key quietKey, now time.Time) ([]nudge.Absence, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	answer, ok := q.known[key]
	return answer.times, ok && answer.until.After(now)
}

// keep remembers what Slack told about people; of whom it told nothing, nothing is known.
func (q *quietHours) keep(companyID string, ids []string, told map[string]slack.DNDStatus, now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	kept := map[quietKey]quietAnswer{}
	for k, answer := range q.known {
		if answer.until.After(now) {
			kept[k] = answer
		}
	}
	for _, id := range ids {
		kept[quietKey{companyID, id}] = quietAnswer{now.Add(quietLife), quietTimes(told[id])}
	}
	q.known = kept
}

// doNotDisturb asks Slack when somebody must not be disturbed. Where Slack does not tell, nobody knows of such a time, and Slack itself
// keeps the message quiet; only if it wants to be asked later is that an error.
func (h *Handlers) doNotDisturb(ctx context.Context, c store.Company, slackID string) ([]nudge.Absence, error) {
	h.quiet.asking.Lock()
	defer h.quiet.asking.Unlock()
	now := h.now()
	if times, ok := h.quiet.times(quietKey{c.ID, slackID}, now); ok {
		return times, nil
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
		h.untoldQuiet(ctx, c, err)
	}
	h.quiet.keep(c.ID, ids, told, now)
	return quietTimes(told[slackID]), nil
}

func (h *Handlers) untoldQuiet(ctx context.Context, c store.Company, err error) {
	h.log.LogAttrs(ctx, slog.LevelWarn, "slack does not tell who must not be disturbed; the app may lack the scope dnd:read",
		slog.String("team", c.TeamID), slog.String("error", clean(err).Error()))
}

// quietOf is when these people, forecastCalls times quietAtOnce at most, must not be disturbed, by Slack id. Whom Slack could not be asked
// about is not in it: a dry run is of use all the same.
func (h *Handlers) quietOf(ctx context.Context, c store.Company, ids []string) map[string][]nudge.Absence {
	ctx, cancel := context.WithTimeout(ctx, forecastQuiet)
	defer cancel()
	now, quiet := h.now(), map[string][]nudge.Absence{}
	var unknown []string
	for _, id := range ids {
		times, ok := h.quiet.times(quietKey{c.ID, id}, now)
		if !ok {
			unknown = append(unknown, id)
			continue
		}
		quiet[id] = times
	}
	for part := range slices.Chunk(unknown, quietAtOnce) {
		told, err := h.api(c).GetDNDTeamInfoContext(ctx, part)
		if _, limited := errors.AsType[*slack.RateLimitedError](err); limited {
			return quiet
		}
		if err != nil {
			h.untoldQuiet(ctx, c, err)
			return quiet
		}
		h.quiet.keep(c.ID, part, told, now)
		for _, id := range part {
			quiet[id] = quietTimes(told[id])
		}
	}
	return quiet
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
