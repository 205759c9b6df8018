package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"
)

// JobKind names what a job does.
type JobKind string

// The kinds; Ref is the id of the thing.
const (
	JobInviteDM      JobKind = "invite_dm"      // an Invite
	JobInviteEmail   JobKind = "invite_email"   // an Invite to an address
	JobEmails        JobKind = "emails"         // an EmailDraft that was confirmed: invite its addresses
	JobInvitePeople  JobKind = "invite_people"  // an Order: invite these people
	JobPlanRun       JobKind = "plan_run"       // an Order: count whom a Run would invite, and ask
	JobResendOld     JobKind = "resend_old"     // an Order: send old invitations again
	JobWelcomeDM     JobKind = "welcome_dm"     // a Member
	JobConnectedDM   JobKind = "connected_dm"   // a consent that connected another account: see Consented
	JobConfirmDM     JobKind = "confirm_dm"     // a Signup
	JobApprovalCard  JobKind = "approval_card"  // a Signup
	JobSignupDecided JobKind = "signup_decided" // a Signup: close its cards
	JobCaseCard      JobKind = "case_card"      // a Case
	JobCaseDecided   JobKind = "case_decided"   // a Case
	JobCardsGone     JobKind = "cards_gone"     // a Case or Signup that went with an account: blank its cards
	JobRemoval       JobKind = "removal"        // a Removal
	JobRevocation    JobKind = "revocation"     // a Revocation: end Herald's access at the network
	JobErase         JobKind = "erase"          // a Removal: delete Herald's messages to its people
	JobFarewellDM    JobKind = "farewell_dm"    // a Farewell
	JobEndingDM      JobKind = "ending_dm"      // a Member whose access at a network ends soon
	JobRun           JobKind = "run"            // a Run: invite its next people and show how far it is
	JobJoiner        JobKind = "joiner"         // a Person who joined the workspace: invite them
	JobDeactivatedDM JobKind = "deactivated_dm" // tell company admins of members who are deactivated in Slack; Ref is of no thing
	JobReminders     JobKind = "reminders"      // a ReminderRun: judge everybody, and hand the nudges on
	JobNudge         JobKind = "nudge"          // a Nudge
	JobPreview       JobKind = "preview"        // a ReminderPreview: tell company admins of a run
	JobPreviewOver   JobKind = "preview_over"   // a ReminderPreview: close its messages, if its run is not ahead any more
	JobDeleteFile    JobKind = "delete_file"    // a Slack file that showed a Removal that ended, or was sent to somebody
)

// A Lane is a kind of traffic with workers of its own, so that a thousand invitations, which take a quarter of an hour at Slack's
// pace, delay no removal and no request. River calls it a queue.
type Lane string

// The lanes.
const (
	LaneRemovals Lane = "removals"
	LaneErasures Lane = "erasures" // what Slack holds of people who were removed
	LaneNetworks Lane = "networks"
	LaneMessages Lane = "messages" // what somebody waits for
	LaneBulk     Lane = "bulk"     // what goes to many people
	LanePlans    Lane = "plans"    // of whom to write to: a large company takes a minute
	LaneMail     Lane = "mail"     // emails: a mail server that is slow or down delays nothing in Slack
)

// Lane returns where jobs of the kind run. A kind that is not named here runs among the messages.
func (k JobKind) Lane() Lane {
	switch k {
	case JobRemoval:
		return LaneRemovals
	case JobDeleteFile, JobErase:
		return LaneErasures
	case JobRevocation:
		return LaneNetworks
	case JobReminders, JobPreview:
		return LanePlans
	case JobInviteDM, JobEndingDM, JobFarewellDM, JobNudge:
		return LaneBulk
	case JobInviteEmail:
		return LaneMail
	default:
		return LaneMessages
	}
}

// A Job follows from a state change and was committed with it. It holds ids, never personal data.
type Job struct {
	ID        string
	CompanyID string
	Kind      JobKind
	Ref       string
	At        time.Time // when it is due, to within some seconds; zero: at once
	LeftAt    time.Time // when it was left; filled by whoever runs it
	Attempt   int       // 1 on the first; those that ended with their process do not count
}

// JobArgs are a Job as River stores it.
type JobArgs struct {
	CompanyID string  `json:"company"`
	Ref       string  `json:"ref"`
	JobKind   JobKind `json:"-"` // has a column of its own; empty when a job is read
}

// Kind implements river.JobArgs.
func (a JobArgs) Kind() string { return string(a.JobKind) }

// jobTries is how often River would try a job. Who runs it gives it up earlier, or never: with ten minutes between two tries this is
// more than half a year. The column holds no more.
const jobTries = math.MaxInt16

// leave leaves jobs. Of each, Kind, Ref and At matter. A job of the same kind about the same thing that was left before and is not
// finished stands for it, even if it is running: River wants that state among those of UniqueOpts, and two jobs about one thing must
// not run at a time. So a change that comes after a running job read the state would go unseen. It does not happen, for each kind has
// one of these reasons, and a new kind needs one, too:
//   - The thing is made for the job, and leaves it once, when it will not change any more: JobRemoval (a confirmed removal only becomes
//     done), JobEmails (a confirmed list is only sent), JobInvitePeople, JobPlanRun and JobResendOld (an order does not change), JobRevocation, JobFarewellDM, JobWelcomeDM (a member who comes back is another one), JobConnectedDM (each consent is a new one), JobCaseCard, JobConfirmDM and
//     JobApprovalCard (each request and sign-up is a new one), JobInviteDM and JobInviteEmail (to send again is to make another Invite), JobPreview.
//   - What it tells is final: a case, a sign-up or an account that is over stays over, and a file that is to be deleted is so for ever
//     (JobCaseDecided, JobSignupDecided, JobCardsGone, JobDeleteFile). A card that is sent meanwhile is closed by whoever sends it, who
//     looks again afterwards. So is what became of a run that is not ahead any more (JobPreviewOver); where it was left while
//     one looked at a run that still was, it is left again when the run's time has come.
//   - Nothing joins the thing later: the messages of JobErase are there when it is left. One that arrives afterwards gets a ref of its own.
//   - It looks again by itself: JobRun and JobReminders every few seconds until the run is over, and LeaveEndings several times an hour leaves JobEndingDM
//     for every connection of which nobody was told, also one that became due while the job was running. FeedReminders leaves JobNudge again
//     for every reminder that is under way without one: it may be put off while its job is still running.
//   - One is as good as another: JobJoiner looks at the person when their moment comes, and JobDeactivatedDM gets a new ref each time.
func (t *tx) leave(ctx context.Context, companyID string, jobs ...Job) error {
	params := make([]river.InsertManyParams, 0, len(jobs))
	seen := make(map[JobArgs]bool, len(jobs)) // PostgreSQL refuses two rows of one key in a statement
	for _, j := range jobs {
		args := JobArgs{CompanyID: companyID, Ref: j.Ref, JobKind: j.Kind}
		if seen[args] {
			continue
		}
		seen[args] = true
		params = append(params, river.InsertManyParams{Args: args, InsertOpts: &river.InsertOpts{
			Queue: string(j.Kind.Lane()), MaxAttempts: jobTries, ScheduledAt: j.At,
			UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()},
		}})
	}
	if len(params) == 0 {
		return nil
	}
	if _, err := t.s.queue.InsertManyTx(ctx, t.Tx.Tx, params); err != nil {
		return fmt.Errorf("leave jobs: %w", err)
	}
	t.jobs = true
	return nil
}

// unfinished are the states of a job that will run, or does.
func unfinished() []rivertype.JobState {
	return []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}
}

// dropJobs forgets all jobs about the things, the finished ones, too.
func (t *tx) dropJobs(ctx context.Context, refs []string) error {
	for part := range chunks(refs) {
		list, args := in(nil, part)
		if _, err := t.ExecContext(ctx, `
			DELETE FROM river_job
			WHERE args ->> 'ref' IN `+list, args...); err != nil {
			return fmt.Errorf("drop jobs: %w", err)
		}
	}
	return nil
}

// DropJobs forgets all jobs of all companies: nothing follows from what happened so far.
func (s *Store) DropJobs(ctx context.Context) error {
	err := s.update(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, `DELETE FROM river_job`)
		return err
	})
	if err != nil {
		return fmt.Errorf("drop jobs: %w", err)
	}
	return nil
}

// JobDriver is the way to this database for a River client that runs the jobs. It is valid until Close.
func (s *Store) JobDriver() riverdriver.Driver[*sql.Tx] {
	if s.postgres {
		return riverdatabasesql.New(s.write.DB)
	}
	return riversqlite.New(s.write.DB) // with its one connection, as River wants it
}

// openQueue makes the client that inserts jobs.
func (s *Store) openQueue() error {
	client, err := river.NewClient(s.JobDriver(), &river.Config{
		Logger: slog.New(slog.DiscardHandler), // what goes wrong comes as an error
		Test:   river.TestConfig{Time: JobClock{s.now}},
	})
	if err != nil {
		return fmt.Errorf("open job queue: %w", err)
	}
	s.queue = client
	return nil
}

// A JobClock is a clock for River, which else takes the time from the machine and from the database.
type JobClock struct{ Now func() time.Time }

// NowUTC implements rivertype.TimeGenerator.
func (c JobClock) NowUTC() time.Time { return c.Now().UTC() }

// NowUTCOrNil implements rivertype.TimeGenerator. It is never nil: that would mean the database's time.
func (c JobClock) NowUTCOrNil() *time.Time { return new(c.NowUTC()) }
