package render

import (
	"fmt"
	"html"
	"strings"
	"time"
)

// date renders <!date^seconds^format^link|fallback>, given without what precedes seconds and follows link.
// See https://docs.slack.dev/messaging/formatting-message-text#date-formatting.
func (s Surface) date(token, fallback string) string {
	seconds, format, _ := strings.Cut(token, "^")
	format, address, _ := strings.Cut(format, "^")
	unix, ok := unixTime(seconds)
	if !ok || format == "" {
		return html.EscapeString(fallback)
	}
	shown := s.dateText(time.Unix(unix, 0), unescape(format))
	if address != "" {
		return link(unescape(address), shown, shown)
	}
	at := time.Unix(unix, 0).UTC().Format(time.RFC3339)
	return `<time datetime="` + at + `" title="` + html.EscapeString(fallback) + `">` + html.EscapeString(shown) + `</time>`
}

// dateText fills a date format in the reader's time zone.
func (s Surface) dateText(at time.Time, format string) string {
	zone := s.Zone
	if zone == nil {
		zone = time.UTC
	}
	at = at.In(zone)
	long, short := at.Format("January 2, 2006"), at.Format("Jan 2, 2006")
	pretty := func(other string) string {
		switch days := dayNumber(at) - dayNumber(s.Now.In(zone)); days {
		case 0:
			return "today"
		case -1:
			return "yesterday"
		case 1:
			return "tomorrow"
		}
		return other
	}
	return strings.NewReplacer(
		"{date_num}", at.Format("2006-01-02"),
		"{date_slash}", at.Format("01/02/2006"),
		"{date_long_full}", long,
		"{date_long_pretty}", pretty(at.Format("Monday, January 2, 2006")),
		"{date_long}", at.Format("Monday, January 2, 2006"),
		"{date_short_pretty}", pretty(short),
		"{date_short}", short,
		"{date_pretty}", pretty(long),
		"{date}", long,
		"{time_secs}", at.Format("15:04:05"),
		"{time}", at.Format("15:04"),
		"{day_divider_pretty}", pretty(at.Format("Monday, January 2")),
		"{ago}", ago(s.Now.Sub(at)),
	).Replace(format)
}

// dayNumber counts the days of a time's own calendar.
func dayNumber(t time.Time) int64 {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC).Unix() / 86400
}

// ago says how long a time lies back, or ahead, in its largest unit.
func ago(d time.Duration) string {
	wording := "%d %s ago"
	if d < 0 {
		d, wording = -d, "in %d %s"
	}
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		if n := int(d / unit.size); n > 0 {
			if n > 1 {
				unit.name += "s"
			}
			return fmt.Sprintf(wording, n, unit.name)
		}
	}
	return "just now"
}
