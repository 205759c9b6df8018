package handlers

import (
	"context"
	"errors"

	"herald/delivery"
	"herald/store"
)

// A jobRun says what to do for a kind of job.
type jobRun struct {
	kind store.JobKind
	// run does it. It must be harmless to repeat: a process that dies after the work and before the job is finished
	// leaves it to be done again.
	run func(*Handlers, context.Context, store.Job) error
	// tries is after how many failures the job is given up; 0: never.
	tries int
	// givenUp is called then with what went wrong; nil: undelivered.
	givenUp func(*Handlers, context.Context, store.Job, error) error
}

const jobTries = delivery.Tries

// jobs lists every kind of job. To add one, write its method beside its feature and add a line.
func jobs() []jobRun {
	return []jobRun{
		{store.JobRemoval, (*Handlers).runRemoval, 0, nil},         // promised to the admin who confirmed
		{store.JobDeleteFile, (*Handlers).deleteFile, 0, nil},      // it names people who must not be named any more
		{store.JobRevocation, (*Handlers).revoke, 0, nil},          // until the network answers, or the store gives up
		{store.JobErase, (*Handlers).eraseMessages, 0, nil},        // until Slack has done it, or the store gives up
		{store.JobRun, (*Handlers).advanceRun, 0, nil},             // or a company could start no other
		{store.JobReminders, (*Handlers).advanceReminders, 0, nil}, // or a company would send no others
		{store.JobNudge, (*Handlers).sendNudge, jobTries, (*Handlers).nudgeFailed},
		{store.JobPreview, (*Handlers).previewReminders, jobTries, nil},
		{store.JobPreviewOver, (*Handlers).closePreview, jobTries, nil},
		{store.JobEmails, (*Handlers).runEmails, 0, nil}, // promised to whoever confirmed
		{store.JobInvitePeople, (*Handlers).runInvites, jobTries, (*Handlers).orderFailed},
		{store.JobPlanRun, (*Handlers).planRun, planTries, (*Handlers).orderFailed},
		{store.JobResendOld, (*Handlers).runResendOld, jobTries, (*Handlers).orderFailed},
		{store.JobCaseCard, (*Handlers).sendCaseCards, jobTries, nil},
		{store.JobCaseDecided, (*Handlers).closeCase, jobTries, nil},
		{store.JobCardsGone, (*Handlers).blankCards, jobTries, nil},
		{store.JobConfirmDM, (*Handlers).askWasThisYou, jobTries, nil},
		{store.JobApprovalCard, (*Handlers).sendApprovalCards, jobTries, nil},
		{store.JobSignupDecided, (*Handlers).signupDecided, jobTries, nil},
		{store.JobWelcomeDM, (*Handlers).welcome, jobTries, nil},
		{store.JobConnectedDM, (*Handlers).tellConnected, jobTries, nil},
		{store.JobFarewellDM, (*Handlers).sayFarewell, jobTries, (*Handlers).farewellUnsaid},
		{store.JobJoiner, (*Handlers).inviteJoiner, jobTries, nil},
		{store.JobDeactivatedDM, (*Handlers).tellDeactivated, jobTries, nil},
		{store.JobEndingDM, (*Handlers).tellEnding, jobTries, (*Handlers).endingUntold},
		{store.JobInviteDM, (*Handlers).sendInvite, jobTries, (*Handlers).inviteFailed},
		{store.JobInviteEmail, (*Handlers).mailInvite, jobTries, (*Handlers).mailFailed},
	}
}

// Tasks are the jobs that these handlers do, for whoever runs them.
func (h *Handlers) Tasks() []delivery.Task {
	var tasks []delivery.Task
	for _, j := range jobs() {
		task := delivery.Task{Kind: j.kind, Tries: j.tries, Run: func(ctx context.Context, job store.Job) error { return j.run(h, ctx, job) }}
		if j.givenUp == nil {
			j.givenUp = (*Handlers).undelivered
		}
		task.GivenUp = func(ctx context.Context, job store.Job, err error) error { return j.givenUp(h, ctx, job, err) }
		tasks = append(tasks, task)
	}
	return tasks
}

// undelivered lets company admins see in the audit log which message was given up, and whom it did not reach.
func (h *Handlers) undelivered(ctx context.Context, job store.Job, cause error) error {
	var slackID string
	uncertain := false
	if to, ok := errors.AsType[*recipientError](cause); ok {
		slackID = to.slackID
		var err error
		if uncertain, err = h.mayHaveArrived(ctx, job, slackID); err != nil {
			return err
		}
	}
	return h.store.Undelivered(ctx, job, slackID, uncertain)
}
