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
	// quietPatience is how long one job waits for what another one asks, quietRetry for how long Slack is left alone after it failed.
	quietPatience = 2 * time.Second
	quietRetry    = 30 * time.Second
	// quietKnown is about how many people Slack tells this in a second, at its twenty answers a minute.
	quietKnown = 20 * quietAtOnce / 60
	// forecastCalls is how many such questions a dry run asks. Slack answers twenty a minute, and reminders that are being sent need them, too.
	forecastCalls = 5
	// forecastQuiet is how long they may take together: somebody looks at a form meanwhile.
	forecastQuiet = 10 * time.Second
)

// quietHours remembers for a minute who must not be disturbed. Slack answers twenty questions a minute about fifty people each, so those
// whose turn is next are asked about together.
type quietHours struct {
	mu     sync.Mutex
	known  map[quietKey]quietAnswer
	asking map[string]chan struct{} // by company id: closed when the question that is under way is over
	full   map[string]time.Time     // by company id: until when Slack takes no more questions
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
	if !answer.until.After(now) {
		return nil, false
	}
	return answer.times, ok
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

// begin lets one ask about people of a company. Others get what is closed when the question is over.
func (q *quietHours) begin(companyID string) (over <-chan struct{}, mine bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if under, ok := q.asking[companyID]; ok {
		return under, false
	}
	if q.asking == nil {
		q.asking = map[string]chan struct{}{}
	}
	q.asking[companyID] = make(chan struct{})
	return nil, true
}

// fill notes that Slack takes no more questions about a company until the moment.
func (q *quietHours) fill(companyID string, until time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.full == nil {
		q.full = map[string]time.Time{}
	}
	q.full[companyID] = until
}

// isFull tells whether Slack takes no questions about a company at the moment.
func (q *quietHours) isFull(companyID string, now time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.full[companyID].After(now)
}

// end ends the question that begin allowed.
func (q *quietHours) end(companyID string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	close(q.asking[companyID])
	delete(q.asking, companyID)
}

// findQuiet sees to it that it is known when whoever gets a reminder must not be disturbed, and those who are next after them. Companies do
// not wait for each other. A *delivery.LaterError says that Slack cannot be asked now.
func (h *Handlers) findQuiet(ctx context.Context, c store.Company, n store.Nudge) error {
	key := quietKey{c.ID, n.Person.SlackID}
	patience := time.NewTimer(quietPatience)
	defer patience.Stop()
	for {
		if _, known := h.quiet.times(key, h.now()); known || h.quiet.isFull(c.ID, h.now()) {
			return nil
		}
		over, mine := h.quiet.begin(c.ID)
		if mine {
			defer h.quiet.end(c.ID)
			break
		}
		select {
		case <-over:
		case <-patience.C:
			return fmt.Errorf("wait for who must not be disturbed: %w", &delivery.LaterError{Wait: quietPatience})
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	next, err := h.store.NextNudged(ctx, c.ID, n.ID, quietAtOnce)
	if err != nil {
		return err
	}
	ids := append([]string{key.slackID}, slices.DeleteFunc(next, func(id string) bool { return id == key.slackID })...)
	return h.askQuiet(ctx, c, ids[:min(len(ids), quietAtOnce)])
}

// askQuiet asks Slack when people, quietAtOnce at most, must not be disturbed, and remembers it. Where Slack does not tell at all, nobody knows of such a time, and
// Slack itself keeps a message quiet; so it does for those who are too many to be asked about, at an operator's faster pace. If it may tell
// later, that is a *delivery.LaterError.
func (h *Handlers) askQuiet(ctx context.Context, c store.Company, ids []string) error {
	err := h.pacer.CallNow(ctx, c.ID, delivery.Asking)
	if full, ok := errors.AsType[*delivery.LaterError](err); ok && h.pacer.PerSecond() > quietKnown {
		h.quiet.fill(c.ID, h.now().Add(full.Wait)) // without a question to the database for each message until then
		return nil
	}
	if err != nil {
		return fmt.Errorf("wait for a turn to ask who must not be disturbed: %w", err)
	}
	told, err := h.api(c).GetDNDTeamInfoContext(ctx, ids)
	switch {
	case err == nil:
	case delivery.Transient(err) && slackError(err) != "missing_scope":
		wait := quietRetry
		if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
			wait = limited.RetryAfter
		}
		// The others do not ask meanwhile.
		return errors.Join(fmt.Errorf("ask who must not be disturbed: %w", &delivery.LaterError{Wait: wait}), h.pacer.Hold(ctx, c.ID, delivery.Asking, wait))
	default:
		h.untoldQuiet(ctx, c, err)
	}
	h.quiet.keep(c.ID, ids, told, h.now())
	return nil
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
