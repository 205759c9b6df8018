package handlers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"herald/store"
)

func TestEveryKindOfJobIsDoneInOneLane(t *testing.T) {
	t.Parallel()
	lane := map[store.JobKind]int{}
	for i, l := range lanes() {
		for _, kind := range l.kinds() {
			if before, twice := lane[kind]; twice {
				t.Errorf("%s is done in lanes %d and %d", kind, before, i)
			}
			lane[kind] = i
			if l.of(kind).run == nil {
				t.Errorf("nothing does %s", kind)
			}
		}
	}
	for _, kind := range []store.JobKind{
		store.JobInviteDM, store.JobWelcomeDM, store.JobConfirmDM, store.JobApprovalCard,
		store.JobSignupDecided, store.JobCaseCard, store.JobCaseDecided, store.JobCardsGone, store.JobRemoval, store.JobDeleteFile,
	} {
		if _, ok := lane[kind]; !ok {
			t.Errorf("nobody does %s", kind)
		}
	}
	if lane[store.JobInviteDM] == lane[store.JobRemoval] {
		t.Error("a thousand invitations would delay a removal by a quarter of an hour")
	}
}

func TestWhenAJobIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err      error
		attempt  int
		min, max time.Duration // both 0: never
	}{
		"Slack says when":           {fmt.Errorf("send: %w", &slack.RateLimitedError{RetryAfter: 30 * time.Second}), 1, 30 * time.Second, 31 * time.Second},
		"Slack is in trouble":       {fmt.Errorf("send: %w", slack.StatusCodeError{Code: 503}), 1, time.Second, jobBackoffMin},
		"and still is":              {slack.StatusCodeError{Code: 503}, 5, 16 * time.Second, 32 * time.Second},
		"and always will be":        {slack.StatusCodeError{Code: 503}, 1000, jobBackoffMax / 2, jobBackoffMax},
		"Slack says it is":          {slack.SlackErrorResponse{Err: "internal_error"}, 1, time.Second, jobBackoffMin},
		"the app was uninstalled":   {slack.SlackErrorResponse{Err: "account_inactive"}, 1, time.Second, jobBackoffMin},
		"nobody can be written to":  {slack.SlackErrorResponse{Err: "user_not_found"}, 1, 0, 0},
		"the Messages tab is off":   {slack.SlackErrorResponse{Err: "messages_tab_disabled"}, 1, 0, 0},
		"a request that is no good": {slack.StatusCodeError{Code: 404}, 1, 0, 0},
		"the database":              {errors.New("database is locked"), 1, time.Second, jobBackoffMin},
		"a shutdown":                {context.Canceled, 1, time.Second, jobBackoffMin},
	} {
		if got := retryAfter(c.err, c.attempt); got < c.min || got > c.max+1 {
			t.Errorf("%s: again after %s, want %s to %s", name, got, c.min, c.max)
		}
	}
}

func TestAJobThatPanicsFailsWithoutTellingWhatItHeld(t *testing.T) {
	t.Parallel()
	err := (&Handlers{}).attempt(t.Context(), jobRun{run: func(*Handlers, context.Context, store.Job) error { panic("Ann Lee") }}, store.Job{})
	if err == nil {
		t.Fatal("it seems to have worked")
	}
	if strings.Contains(err.Error(), "Ann Lee") {
		t.Errorf("the log would name her: %v", err)
	}
	if retryAfter(err, 1) == 0 {
		t.Error("it would not be tried again")
	}
}
