package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"herald/store"
)

// How jobs are run.
const (
	// jobPoll is how often due jobs are looked for. New ones announce themselves, so it matters for retries, and for jobs that
	// another process left behind.
	jobPoll = time.Second
	// jobTimeout ends a job that hangs. It is shorter than the lease, so no job runs twice at a time.
	jobTimeout = 2 * time.Minute
	jobLease   = 3 * time.Minute
	// jobGrace is how long a shutdown waits for jobs that are running.
	jobGrace = 15 * time.Second
	// jobTries is after how many failures a message is given up: with jobBackoffMax between them about two hours, longer than
	// most of Slack's incidents that concern messages.
	jobTries      = 16
	jobBackoffMin = 2 * time.Second
	jobBackoffMax = 10 * time.Minute
)

// A lane is a kind of traffic with workers of its own, so that a thousand invitations, which take a quarter of an hour at Slack's
// pace, delay no removal and no request.
type lane struct {
	workers int
	jobs    []jobRun
}

// A jobRun says what to do for a kind of job.
type jobRun struct {
	kind store.JobKind
	// run does it. It must be harmless to repeat: a process that dies after the work and before the job is finished
	// leaves it to be done again.
	run func(*Handlers, context.Context, store.Job) error
	// tries is after how many failures the job is given up; 0: never.
	tries int
	// givenUp is called then with what went wrong, or nil.
	givenUp func(*Handlers, context.Context, store.Job, error) error
}

// lanes lists every kind of job. To add one, write its method beside its feature and add a line.
func lanes() []lane {
	return []lane{
		{workers: 1, jobs: []jobRun{
			{store.JobRemoval, (*Handlers).runRemoval, 0, nil}, // promised to the admin who confirmed
		}},
		{workers: 1, jobs: []jobRun{
			{store.JobDeleteFile, (*Handlers).deleteFile, 0, nil}, // it names people who must not be named any more
		}},
		{workers: 4, jobs: []jobRun{
			{store.JobCaseCard, (*Handlers).sendCaseCards, jobTries, nil},
			{store.JobCaseDecided, (*Handlers).closeCase, jobTries, nil},
			{store.JobCardsGone, (*Handlers).blankCards, jobTries, nil},
			{store.JobConfirmDM, (*Handlers).askWasThisYou, jobTries, nil},
			{store.JobApprovalCard, (*Handlers).sendApprovalCards, jobTries, nil},
			{store.JobSignupDecided, (*Handlers).signupDecided, jobTries, nil},
			{store.JobWelcomeDM, (*Handlers).welcome, jobTries, nil},
		}},
		{workers: 1, jobs: []jobRun{
			{store.JobInviteDM, (*Handlers).sendInvite, jobTries, (*Handlers).inviteFailed},
		}},
	}
}

// Wake makes Run look for jobs now. It does not block; it is for store.Options.Wake.
func (h *Handlers) Wake() {
	select {
	case h.wake <- struct{}{}:
	default: // it is about to look anyway
	}
}

// Run does what follows from what people did: it sends messages and executes removals, until ctx ends. Then it starts nothing new
// and waits for what is running; jobs that do not finish in time are left to the next start. It returns nil.
func (h *Handlers) Run(ctx context.Context) error {
	work, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	var running sync.WaitGroup
	free := make(chan struct{}, 1) // a worker became free
	all := lanes()
	slots := make([]chan jobRun, len(all))
	for i, l := range all {
		slots[i] = make(chan jobRun, l.workers)
	}
	poll := time.NewTicker(jobPoll)
	defer poll.Stop()

	for ctx.Err() == nil {
		for i, l := range all {
			for _, job := range h.claim(ctx, l, cap(slots[i])-len(slots[i])) {
				run := l.of(job.Kind)
				slots[i] <- run // never blocks: no more were claimed than are free
				running.Go(func() {
					h.do(work, run, job)
					<-slots[i]
					select {
					case free <- struct{}{}:
					default:
					}
				})
			}
		}
		select {
		case <-ctx.Done():
		case <-h.wake:
		case <-free:
		case <-poll.C:
		}
	}

	stopped := make(chan struct{})
	go func() {
		running.Wait()
		close(stopped)
	}()
	grace := time.NewTimer(jobGrace)
	defer grace.Stop()
	select {
	case <-stopped:
	case <-grace.C:
		abandon()
		<-stopped
	}
	return nil
}

func (l lane) kinds() []store.JobKind {
	kinds := make([]store.JobKind, len(l.jobs))
	for i, j := range l.jobs {
		kinds[i] = j.kind
	}
	return kinds
}

func (l lane) of(kind store.JobKind) jobRun {
	return l.jobs[slices.IndexFunc(l.jobs, func(j jobRun) bool { return j.kind == kind })]
}

// claim leases up to n due jobs of the lane.
func (h *Handlers) claim(ctx context.Context, l lane, n int) []store.Job {
	if n == 0 {
		return nil
	}
	jobs, err := h.store.ClaimJobs(ctx, n, jobLease, l.kinds()...)
	if err != nil && ctx.Err() == nil {
		h.log.LogAttrs(ctx, slog.LevelError, "look for jobs", slog.String("error", err.Error()))
	}
	return jobs
}

// do runs a claimed job and settles it: done, due again later, or given up. If the process dies before it is settled, the lease runs
// out and the job runs again, here or in another process.
func (h *Handlers) do(ctx context.Context, run jobRun, job store.Job) {
	started := h.now()
	err := h.attempt(ctx, run, job)
	// Settling must not fail because a shutdown ran out of patience.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	log := h.log.With(slog.String("kind", string(job.Kind)), slog.String("job", job.ID), slog.Int("attempt", job.Attempt), slog.Duration("took", h.now().Sub(started)))
	var settle error
	later, held := errors.AsType[*laterError](err)
	switch delay := retryAfter(err, job.Attempt); {
	case held: // it was not its fault, so it is no failure
		settle = h.store.PostponeJob(ctx, job.ID, h.now().Add(max(later.wait, jobBackoffMin)))
	case err == nil, errors.Is(err, store.ErrNotFound):
		// What it was about is gone: erased, cancelled or answered meanwhile.
		settle = h.store.FinishJob(ctx, job.ID)
	case delay > 0 && (run.tries == 0 || job.Attempt < run.tries), run.tries == 0:
		again := h.now().Add(max(delay, jobBackoffMin))
		log.LogAttrs(ctx, slog.LevelWarn, "a job failed and will be tried again", slog.String("error", err.Error()))
		settle = h.store.RetryJob(ctx, job.ID, again)
	default:
		log.LogAttrs(ctx, slog.LevelError, "a job was given up", slog.String("error", err.Error()))
		if run.givenUp != nil {
			settle = run.givenUp(h, ctx, job, err)
		}
		if settle == nil {
			settle = h.store.FinishJob(ctx, job.ID)
		}
	}
	if settle != nil { // the lease runs out, and it is tried again
		log.LogAttrs(ctx, slog.LevelError, "a job could not be settled", slog.String("error", settle.Error()))
	}
}

// attempt runs a job once; a panic is an error.
func (h *Handlers) attempt(ctx context.Context, run jobRun, job store.Job) (err error) {
	ctx, cancel := context.WithTimeout(ctx, jobTimeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			// The value may hold what people wrote; the stack does not.
			err = fmt.Errorf("panic: %T\n%s", p, debug.Stack())
		}
	}()
	return run.run(h, ctx, job)
}

// retryAfter says how long to wait before trying again, or 0 if that is pointless.
func retryAfter(err error, attempt int) time.Duration {
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return limited.RetryAfter + jitter(time.Second)
	}
	if !transient(err) {
		return 0
	}
	backoff := jobBackoffMax
	if attempt < 10 { // 2 s · 2^9 is more than the most
		backoff = min(jobBackoffMax, jobBackoffMin<<max(0, attempt-1))
	}
	return backoff/2 + jitter(backoff/2)
}

// jitter spreads retries, so that many that failed together do not come back together.
func jitter(most time.Duration) time.Duration {
	return rand.N(most) + 1 //nolint:gosec // nobody gains by guessing it
}

// transient tells whether the same call may work later: Slack or the network is in trouble, not the request. Errors of the database
// are transient, too.
func transient(err error) bool {
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
