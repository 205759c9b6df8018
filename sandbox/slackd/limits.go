package slackd

import (
	"maps"
	"math"
	"time"
)

// Limits are Slack's rates and deadlines. The zero value enforces no rates and keeps Slack's own deadlines;
// see DefaultLimits for Slack's rates.
type Limits struct {
	RatePerMinute    map[string]int  // Web API calls a minute for each method; methods left out are free
	ChannelPerSecond float64         // messages a second to one channel; 0: free
	ChannelBurst     int             // messages one channel accepts at once; 0: 4
	TeamPerMinute    int             // messages a minute to the whole workspace; 0: free
	TeamBurst        int             // messages the workspace accepts at once; 0: those of a minute
	Ack              time.Duration   // time to acknowledge an envelope; 0: 3 s
	Trigger          time.Duration   // life of a trigger id; 0: 3 s
	ResponseURL      time.Duration   // life of a response_url; 0: 30 min
	Retry            []time.Duration // waits before an event that nobody heard or acknowledged is sent again; nil: at once, 1 min, 5 min
	Ping             time.Duration   // time between pings to each socket; 0: 10 s
	KeepMessages     int             // messages remembered in each conversation; 0: 500
	KeepRecords      int             // acknowledgements and calls remembered; 0: 10,000
}

// DefaultLimits returns what Slack enforces.
// See https://docs.slack.dev/apis/web-api/rate-limits; "several hundred" messages a minute are taken as 300.
func DefaultLimits() Limits {
	return Limits{RatePerMinute: MethodRates(), ChannelPerSecond: 1, TeamPerMinute: 300}
}

// Calls a minute of Slack's rate limit tiers.
const (
	tier1 = 1
	tier2 = 20
	tier3 = 50
	tier4 = 100
)

// MethodRates returns the calls a minute that Slack allows for each method, by its tier.
// Methods with a special limit have the figure their page names, or one Slack tolerates.
func MethodRates() map[string]int {
	return map[string]int{
		"apps.connections.open":        tier3,
		"auth.test":                    600,
		"chat.delete":                  tier3,
		"chat.getPermalink":            600,
		"chat.postEphemeral":           tier4,
		"chat.update":                  tier3,
		"conversations.history":        tier3,
		"conversations.info":           tier3,
		"conversations.join":           tier3,
		"conversations.list":           tier2,
		"conversations.members":        tier4,
		"conversations.open":           tier3,
		"dnd.info":                     tier3,
		"dnd.teamInfo":                 tier2,
		"files.completeUploadExternal": tier4,
		"files.delete":                 tier3,
		"files.getUploadURLExternal":   tier4,
		"files.info":                   tier4,
		"team.info":                    tier3,
		"usergroups.list":              tier2,
		"usergroups.users.list":        tier2,
		"users.getPresence":            tier3,
		"users.info":                   tier4,
		"users.list":                   tier2,
		"users.lookupByEmail":          tier3,
		"users.profile.get":            tier4,
		"views.open":                   tier4,
		"views.publish":                tier4,
		"views.push":                   tier4,
		"views.update":                 tier4,
	}
}

// historyRateUnlisted is the rate of conversations.history for apps that are commercially distributed outside the
// Marketplace: see https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps.
const historyRateUnlisted = tier1

// withDefaults fills the deadlines and counts left at zero.
func (l Limits) withDefaults(app App) Limits {
	l.RatePerMinute = maps.Clone(l.RatePerMinute)
	if _, limited := l.RatePerMinute["conversations.history"]; limited && app.Distributed {
		l.RatePerMinute["conversations.history"] = historyRateUnlisted
	}
	for _, d := range []struct {
		have *time.Duration
		want time.Duration
	}{{&l.Ack, 3 * time.Second}, {&l.Trigger, 3 * time.Second}, {&l.ResponseURL, 30 * time.Minute}, {&l.Ping, 10 * time.Second}} {
		if *d.have == 0 {
			*d.have = d.want
		}
	}
	for _, n := range []struct {
		have *int
		want int
	}{{&l.ChannelBurst, 4}, {&l.KeepMessages, 500}, {&l.KeepRecords, 10_000}} {
		if *n.have == 0 {
			*n.have = n.want
		}
	}
	if l.Retry == nil {
		l.Retry = []time.Duration{0, time.Minute, 5 * time.Minute}
	}
	return l
}

// bucket is a token bucket. It starts full.
type bucket struct {
	spent float64 // tokens taken and not yet refilled
	at    time.Time
}

// take takes one token of a bucket that refills by rate a second up to burst. With none left it takes nothing and
// returns how long until there is one.
func (b *bucket) take(now time.Time, rate float64, burst int) (wait time.Duration, ok bool) {
	if !b.at.IsZero() {
		b.spent = max(0, b.spent-rate*now.Sub(b.at).Seconds())
	}
	b.at = now
	if over := b.spent + 1 - float64(burst); over > 1e-9 {
		return time.Duration(math.Ceil(over / rate * float64(time.Second))), false
	}
	b.spent++
	return 0, true
}
