package view

import (
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"herald/store"
)

// Controls of the audit log.
const (
	ActionAuditOlder = "audit_older" // value: the cursor
	ActionAuditNewer = "audit_newer" // back to the newest
)

// AuditPage is how many events one page shows.
const AuditPage = 40

// Audit shows a page of the audit log, newest first; next is the cursor of older events, "" on the last page.
func Audit(events []store.AuditEvent, offered Offered, first bool, next string) Message {
	const linesTogether = 3 // within a section's limit even with the longest names, which escaping makes longer
	blocks := []slack.Block{
		slack.NewHeaderBlock(plain("Audit")),
		quiet("Who did what, newest first. Whoever was removed appears as a code: the same code is the same person, and it leads back to nobody. " +
			"The receipt of a removal tells what was erased where, and goes on counting until all is done."),
	}
	if len(events) == 0 {
		blocks = append(blocks, section("Nothing has happened yet. Invitations, registrations, changes and removals will appear here."))
	}
	for len(events) > 0 {
		n := min(linesTogether, len(events))
		lines := make([]string, n)
		for i, e := range events[:n] {
			lines[i] = date(e.At, "{date_short_pretty} {time}") + "  " + auditLine(e, offered)
		}
		blocks = append(blocks, section(strings.Join(lines, "\n")))
		events = events[n:]
	}
	var turn []slack.BlockElement
	if !first {
		turn = append(turn, button(ActionAuditNewer, "", "Newest"))
	}
	if next != "" {
		turn = append(turn, button(ActionAuditOlder, next, "Older ›"))
	}
	if len(turn) > 0 {
		blocks = append(blocks, slack.NewActionBlock("", turn...))
	}
	return Message{Text: "Audit: who did what, newest first.", Blocks: blocks}
}

// auditLine says what happened in one sentence, mrkdwn.
func auditLine(e store.AuditEvent, offered Offered) string {
	actor := auditActor(e)
	subject := auditSubject(e)
	switch e.Action {
	case store.AuditInvited:
		if e.Subject == nil && e.SubjectHash == "" {
			return actor + " invited " + count(e.Count, "person", "people")
		}
		return actor + " invited " + subject
	case store.AuditEmailsInvited:
		return actor + " invited " + count(e.Count, "person", "people") + " by email"
	case store.AuditInviteResent:
		if e.Subject == nil && e.SubjectHash == "" && e.Count > 0 {
			return actor + " sent " + count(e.Count, "person", "people") + " a new invitation"
		}
		if e.Subject == nil && e.SubjectHash == "" && e.Count == 0 {
			return actor + " sent a new invitation by email"
		}
		return actor + " sent " + subject + " a new invitation"
	case store.AuditInviteCancelled:
		if e.Subject == nil && e.SubjectHash == "" {
			return actor + " cancelled an invitation by email"
		}
		return actor + " cancelled the invitation of " + subject
	case store.AuditRegistered:
		return initial(subject) + " registered"
	case store.AuditConnected:
		return initial(subject) + " connected a network"
	case store.AuditDisconnected:
		return initial(subject) + " disconnected a network"
	case store.AuditPageConnected:
		return initial(subject) + " connected a company page"
	case store.AuditPageDropped:
		return initial(subject) + " disconnected a company page"
	case store.AuditSignupApproved:
		return actor + " approved the sign-up of " + subject
	case store.AuditSignupDeclined:
		return actor + " declined a sign-up"
	case store.AuditTypeChanged:
		return actor + " changed " + subject + " from " + TypeName(e.From) + " to " + TypeName(e.To)
	case store.AuditCaseOpened:
		return actor + " asked to " + change(subject, e.To)
	case store.AuditCaseApproved:
		return actor + " approved: " + change(subject, e.To)
	case store.AuditCaseDeclined:
		return actor + " declined: " + change(subject, e.To)
	case store.AuditRemoved:
		if e.SubjectHash != "" {
			return actor + " removed " + code(e.SubjectHash)
		}
		return actor + " removed " + count(e.Count, "member", "members")
	case store.AuditLeft:
		return initial(subject) + " left"
	case store.AuditErased:
		if e.Receipt == nil {
			return "Erased: " + count(e.Count, "account", "accounts")
		}
		return receipt(*e.Receipt, offered)
	case store.AuditKeyRotated:
		return actor + " made a new company URL"
	case store.AuditAdminGranted:
		return actor + " made " + subject + " a company admin"
	case store.AuditExported:
		return actor + " exported " + count(e.Count, "row", "rows") + " of the member list"
	case store.AuditDownloaded:
		return actor + " downloaded what Herald stores about them"
	case store.AuditURLPosted:
		return actor + " posted the company URL in a channel"
	case store.AuditUndelivered:
		return undeliveredMessage(e, subject)
	case store.AuditUnverified:
		return "Nobody knows whether " + messageNamed(e.Message) + " reached " + subject
	case store.AuditInvitesExported:
		return actor + " exported " + count(e.Count, "invitation", "invitations")
	case store.AuditInvitersChanged:
		return actor + " changed who may invite: " + auditInviters(e.To)
	case store.AuditRemindersChanged:
		return actor + " changed the reminders"
	case store.AuditHolidaysChanged:
		return actor + " changed the days without reminders: " + count(e.Count, "holiday", "holidays")
	case store.AuditRemindersPaused:
		return actor + " paused the reminders"
	case store.AuditRemindersResumed:
		return actor + " let the reminders go on"
	case store.AuditRemindersSkipped:
		return actor + " skipped a run of the reminders"
	case store.AuditRemindersRun:
		return actor + " ran the reminders"
	case store.AuditLinkDaysChanged:
		return actor + " changed how long registration links work: " + count(e.Count, "day", "days")
	case store.AuditJoinersChanged:
		if e.Count == 0 {
			return actor + " turned off inviting people who join the workspace"
		}
		return actor + " turned on inviting people who join the workspace: after " + count(e.Count, "day", "days")
	case store.AuditRemovalDaysChanged:
		if e.Count == 0 {
			return actor + " turned off removing members who are deactivated in Slack"
		}
		return actor + " turned on removing members who are deactivated in Slack: after " + count(e.Count, "day", "days")
	}
	return actor + ": " + escape(string(e.Action)) // an event of a newer release
}

// undeliveredMessage says which message was given up, and whom it did not reach if that is known.
func undeliveredMessage(e store.AuditEvent, subject string) string {
	switch e.Message {
	case store.JobSignupDecided:
		return "A question about a sign-up that is over could not be taken back; Herald's log says why"
	case store.JobCardsGone:
		return "A card about somebody who was removed could not be blanked; Herald's log says why"
	default:
	}
	said := initial(messageNamed(e.Message)) + " could not be delivered"
	if e.Subject != nil || e.SubjectHash != "" {
		said += " to " + subject
	}
	return said + "; Herald's log says why"
}

// messageNamed is what people call the message of a kind of job.
func messageNamed(kind store.JobKind) string {
	switch kind {
	case store.JobWelcomeDM:
		return "the welcome"
	case store.JobConnectedDM:
		return "the message that another network was connected"
	case store.JobConfirmDM:
		return "the question whether a sign-up was theirs"
	case store.JobApprovalCard:
		return "the question whether to approve a sign-up"
	case store.JobCaseCard:
		return "a request to the operators"
	case store.JobCaseDecided:
		return "the answer to a request"
	case store.JobFarewellDM:
		return "the last message to somebody who was removed"
	case store.JobDeactivatedDM:
		return "the message that members are deactivated in Slack"
	case store.JobEndingDM:
		return "the notice that an access ends"
	case store.JobJoiner:
		return "the invitation of somebody who joined the workspace"
	case store.JobRun:
		return "the message that shows how far an invitation of many is"
	default:
		return "a message of Herald's"
	}
}

// auditInviters names who may invite if the user type is the one with the fewest rights that may.
func auditInviters(least store.MemberType) string {
	switch least {
	case store.Employee:
		return Inviters(store.InvitersEveryone)
	case store.Recruiter:
		return Inviters(store.InvitersRecruiters)
	case store.Admin:
	}
	return Inviters(store.InvitersAdmins)
}

// receiptShown is how much of a receipt is shown: with many networks and outcomes it would not fit beside the others.
const receiptShown = 900

// receipt says what a removal erased and where, in numbers.
func receipt(r store.Receipt, offered Offered) string {
	here := []string{count(r.Accounts, "account", "accounts")}
	for _, erased := range []struct {
		n         int
		one, many string
	}{
		{r.Connections, "connection", "connections"}, {r.Invitations, "invitation", "invitations"},
	} {
		if erased.n > 0 {
			here = append(here, count(erased.n, erased.one, erased.many))
		}
	}
	said := []string{"Receipt: erased " + list(here) + " in Herald"}
	if r.Files > 0 {
		slack := "deleted " + number(r.FilesDeleted) + " of " + count(r.Files, "file", "files") + " in Slack"
		if r.FilesKept > 0 {
			slack += ", Slack keeps " + number(r.FilesKept)
		}
		if left := r.Files - r.FilesDeleted - r.FilesKept; left > 0 {
			slack += ", " + number(left) + " to go"
		}
		said = append(said, slack)
	}
	if r.Messages > 0 {
		slack := "deleted " + number(r.Deleted) + " of " + count(r.Messages, "message", "messages") + " in Slack"
		if r.Blanked > 0 {
			slack += ", took the words off " + number(r.Blanked)
		}
		if r.Kept > 0 {
			slack += ", Slack keeps " + number(r.Kept)
		}
		if left := r.Messages - r.Deleted - r.Blanked - r.Kept; left > 0 {
			slack += ", " + number(left) + " to go"
		}
		said = append(said, slack)
	}
	return clip(strings.Join(append(said, accessEnded(r.Access, offered)...), " · "), receiptShown)
}

// accessEnded says what became of Herald's access at the networks.
func accessEnded(counts []store.RevocationCount, offered Offered) []string {
	var said []string
	for _, c := range counts {
		accounts := count(c.N, "account", "accounts") + " at " + offered.title(c.Network)
		switch c.Outcome {
		case store.Revoked:
			said = append(said, "ended the access to "+accounts)
		case store.Standing:
			said = append(said, "the access to "+accounts+" only its owner can end there")
		case store.GivenUp:
			said = append(said, "the access to "+accounts+" could not be ended")
		case store.RevocationPending:
			said = append(said, "the access to "+accounts+" is being ended")
		}
	}
	return said
}

func auditActor(e store.AuditEvent) string {
	switch {
	case e.CLI:
		return "The command line"
	case e.Herald:
		return "Herald"
	case e.Actor != nil:
		return auditPerson(*e.Actor)
	}
	return "Somebody who was removed"
}

func auditSubject(e store.AuditEvent) string {
	switch {
	case e.Subject != nil:
		return auditPerson(*e.Subject)
	case e.SubjectHash != "":
		return "a removed person " + code(e.SubjectHash)
	}
	return "somebody"
}

// auditPerson is a name without a mention: Slack would load 40 profiles, and a mention of somebody who left shows an id.
func auditPerson(p store.Person) string { return "*" + escape(clip(p.Name, nameShown)) + "*" }

// date lets Slack show a moment in the reader's time zone and language; where it cannot, it is shown in UTC
// (https://docs.slack.dev/messaging/formatting-message-text#date-formatting).
func date(t time.Time, format string) string {
	fallback := t.UTC().Format("2 Jan 2006")
	if strings.Contains(format, "{time}") {
		fallback = t.UTC().Format("2 Jan 2006 15:04") + " UTC"
	}
	return "<!date^" + strconv.FormatInt(t.Unix(), 10) + "^" + format + "|" + fallback + ">"
}
