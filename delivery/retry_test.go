package delivery

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/slack-go/slack"
)

func TestWhenAJobIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err      error
		attempt  int
		min, max time.Duration // both 0: never
	}{
		"Slack says when":           {fmt.Errorf("send: %w", &slack.RateLimitedError{RetryAfter: 30 * time.Second}), 1, 30 * time.Second, 31 * time.Second},
		"Slack is in trouble":       {fmt.Errorf("send: %w", slack.StatusCodeError{Code: 503}), 1, time.Second, backoffMin},
		"and still is":              {slack.StatusCodeError{Code: 503}, 5, 16 * time.Second, 32 * time.Second},
		"and always will be":        {slack.StatusCodeError{Code: 503}, 1000, backoffMax / 2, backoffMax},
		"Slack says it is":          {slack.SlackErrorResponse{Err: "internal_error"}, 1, time.Second, backoffMin},
		"the app was uninstalled":   {slack.SlackErrorResponse{Err: "account_inactive"}, 1, time.Second, backoffMin},
		"nobody can be written to":  {slack.SlackErrorResponse{Err: "user_not_found"}, 1, 0, 0},
		"the Messages tab is off":   {slack.SlackErrorResponse{Err: "messages_tab_disabled"}, 1, 0, 0},
		"a request that is no good": {slack.StatusCodeError{Code: 404}, 1, 0, 0},
		"the database":              {errors.New("database is locked"), 1, time.Second, backoffMin},
		"a shutdown":                {context.Canceled, 1, time.Second, backoffMin},
	} {
		if got := RetryAfter(c.err, c.attempt); got < c.min || got > c.max+1 {
			t.Errorf("%s: again after %s, want %s to %s", name, got, c.min, c.max)
		}
	}
}
