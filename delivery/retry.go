package delivery

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/slack-go/slack"
)

const (
	// Tries is after how many failures a message is given up: with backoffMax between them about two hours, longer than most of Slack's
	// incidents that concern messages.
	Tries = 16

	backoffMin = 2 * time.Second
	backoffMax = 10 * time.Minute
)

// A LaterError says that the time for something has not come yet, which is nobody's failure: a company's turn comes too late for whoever
// asked, or a network has to be asked again.
type LaterError struct{ Wait time.Duration }

func (e *LaterError) Error() string { return fmt.Sprintf("not before %s have passed", e.Wait) }

// ErrFinal makes an error that wraps it one that is pointless to repeat.
var ErrFinal = errors.New("it is pointless to try again")

// RetryAfter says how long to wait before trying again, or 0 if that is pointless. Attempt is 1 after the first failure.
func RetryAfter(err error, attempt int) time.Duration {
	if wait := limited(err); wait > 0 {
		return wait
	}
	if !Transient(err) {
		return 0
	}
	return backoff(attempt)
}

// limited is how long Slack wants to hear nothing, or 0 if it did not say so.
func limited(err error) time.Duration {
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return limited.RetryAfter + jitter(time.Second)
	}
	return 0
}

// backoff grows with each attempt.
func backoff(attempt int) time.Duration {
	wait := backoffMax
	if attempt < 10 { // 2 s · 2^9 is more than the most
		wait = min(backoffMax, backoffMin<<max(0, attempt-1))
	}
	return wait/2 + jitter(wait/2)
}

// jitter spreads retries, so that many that failed together do not come back together.
func jitter(most time.Duration) time.Duration {
	return rand.N(most) + 1 //nolint:gosec // nobody gains by guessing it
}

// Transient tells whether the same call may work later: Slack or the network is in trouble, not the request. Errors of the database
// are transient, too.
func Transient(err error) bool {
	if errors.Is(err, ErrFinal) {
		return false
	}
	if refused, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		switch refused.Err {
		case "internal_error", "fatal_error", "service_unavailable", "request_timeout", "ratelimited", "rate_limited", "team_added_to_org",
			// The app was uninstalled or its token replaced: an operator can mend that.
			"invalid_auth", "account_inactive", "token_revoked", "token_expired", "not_authed", "missing_scope":
			return true
		}
		return false
	}
	if status, ok := errors.AsType[slack.StatusCodeError](err); ok {
		return status.Retryable()
	}
	return true
}

// NothingDone tells whether a call that failed has certainly changed nothing in Slack: it was refused, never got there, or was put off
// before it was made. Of any other, such as one that was answered with 500 or whose connection broke, Slack may have done what it asked for.
func NothingDone(err error) bool {
	if _, putOff := errors.AsType[*LaterError](err); putOff {
		return true
	}
	if refused, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		switch refused.Err {
		case "internal_error", "fatal_error", "service_unavailable", "request_timeout": // https://docs.slack.dev/reference/methods/chat.postMessage#errors
			return false
		}
		return true
	}
	if _, limited := errors.AsType[*slack.RateLimitedError](err); limited {
		return true
	}
	if status, ok := errors.AsType[slack.StatusCodeError](err); ok {
		return status.Code < http.StatusInternalServerError
	}
	failed, ok := errors.AsType[*net.OpError](err)
	return ok && failed.Op == "dial"
}
