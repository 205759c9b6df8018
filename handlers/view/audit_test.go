package view

import (
	"testing"
	"time"

	"herald/sandbox/slackd/blockkit"
	"herald/store"
)

func TestAuditScreens(t *testing.T) {
	t.Parallel()
	ana, ann := &store.Person{Name: "Ana Pereira", SlackID: "U0ANA"}, &store.Person{Name: "Ann Lee", SlackID: "U0ANN"}
	var events []store.AuditEvent
	happened := func(e store.AuditEvent) {
		e.At = noon.Add(-time.Duration(len(events)) * time.Minute)
		events = append(events, e)
	}
	happened(store.AuditEvent{Action: store.AuditRemoved, Actor: ana, Count: 3})
	happened(store.AuditEvent{Action: store.AuditRemoved, Actor: ana, Count: 1, SubjectHash: "k7f2-9q3x"})
	happened(store.AuditEvent{Action: store.AuditLeft, SubjectHash: "k7f2-9q3x"})
	happened(store.AuditEvent{Action: store.AuditErased, Count: 1, Receipt: &store.Receipt{Accounts: 1}})
	happened(store.AuditEvent{Action: store.AuditErased, Count: 1200, Receipt: &store.Receipt{
		Accounts: 1200, Connections: 1300, Invitations: 900, Files: 4, FilesDeleted: 2, FilesKept: 1, Messages: 2400, Deleted: 2000, Blanked: 3, Kept: 1,
		Access: []store.RevocationCount{
			{Network: "facebook", Outcome: store.Revoked, N: 300},
			{Network: "linkedin", Outcome: store.GivenUp, N: 1},
			{Network: "linkedin", Outcome: store.RevocationPending, N: 9},
			{Network: "linkedin", Outcome: store.Standing, N: 990},
		},
	}})
	happened(store.AuditEvent{Action: store.AuditTypeChanged, Actor: ana, Subject: ann, From: store.Employee, To: store.Recruiter})
	happened(store.AuditEvent{Action: store.AuditCaseOpened, Actor: ana, Subject: ann, From: store.Recruiter, To: store.Admin})
	happened(store.AuditEvent{Action: store.AuditCaseApproved, Actor: ana, Subject: ann, From: store.Recruiter, To: store.Admin})
	happened(store.AuditEvent{Action: store.AuditCaseDeclined, Actor: ana, Subject: ann, From: store.Admin, To: store.Employee})
	happened(store.AuditEvent{Action: store.AuditInvited, Actor: ana, Subject: ann, Count: 1})
	happened(store.AuditEvent{Action: store.AuditInvited, Actor: ana, Count: 12})
	happened(store.AuditEvent{Action: store.AuditInviteResent, Actor: ana, Subject: ann})
	happened(store.AuditEvent{Action: store.AuditInviteResent, Actor: ana, Count: 23})
	happened(store.AuditEvent{Action: store.AuditInvitesExported, Actor: ana, Count: 401})
	happened(store.AuditEvent{Action: store.AuditInviteCancelled, Subject: ann})
	happened(store.AuditEvent{Action: store.AuditInviteCancelled, Herald: true, Subject: ann})
	happened(store.AuditEvent{Action: store.AuditRegistered, Subject: ann})
	happened(store.AuditEvent{Action: store.AuditPageConnected, Actor: ann, Subject: ann})
	happened(store.AuditEvent{Action: store.AuditPageDropped, Actor: ann, Subject: ann})
	happened(store.AuditEvent{Action: store.AuditSignupApproved, Actor: ana, Subject: ann})
	happened(store.AuditEvent{Action: store.AuditSignupDeclined, Actor: ana})
	for _, least := range []store.MemberType{store.Admin, store.Recruiter, store.Employee} {
		happened(store.AuditEvent{Action: store.AuditInvitersChanged, Actor: ana, To: least})
	}
	happened(store.AuditEvent{Action: store.AuditLinkDaysChanged, Actor: ana, Count: 14})
	for _, days := range []int{0, 1, 30} {
		happened(store.AuditEvent{Action: store.AuditJoinersChanged, Actor: ana, Count: days})
		happened(store.AuditEvent{Action: store.AuditRemovalDaysChanged, Actor: ana, Count: days})
	}
	happened(store.AuditEvent{Action: store.AuditRemindersChanged, Actor: ana})
	happened(store.AuditEvent{Action: store.AuditHolidaysChanged, Actor: ana, Count: 12})
	happened(store.AuditEvent{Action: store.AuditRemindersPaused, Actor: ana})
	happened(store.AuditEvent{Action: store.AuditRemindersResumed, Actor: ana})
	happened(store.AuditEvent{Action: store.AuditRemindersRun, Actor: ana})
	happened(store.AuditEvent{Action: store.AuditKeyRotated, Actor: ana})
	happened(store.AuditEvent{Action: store.AuditAdminGranted, CLI: true, Subject: ana})
	happened(store.AuditEvent{Action: store.AuditExported, Actor: ana, Count: 1400})
	happened(store.AuditEvent{Action: store.AuditDownloaded, Actor: ann})
	happened(store.AuditEvent{Action: store.AuditURLPosted, Actor: ana})
	happened(store.AuditEvent{Action: store.AuditUndelivered})
	for _, kind := range []store.JobKind{
		store.JobWelcomeDM, store.JobConfirmDM, store.JobApprovalCard, store.JobSignupDecided, store.JobCaseCard, store.JobCaseDecided,
		store.JobCardsGone, store.JobFarewellDM, store.JobDeactivatedDM, store.JobEndingDM, store.JobJoiner, store.JobRun,
	} {
		happened(store.AuditEvent{Action: store.AuditUndelivered, Message: kind})
	}
	happened(store.AuditEvent{Action: store.AuditUndelivered, Message: store.JobWelcomeDM, Subject: ann})
	happened(store.AuditEvent{Action: store.AuditUndelivered, Message: store.JobEndingDM, SubjectHash: "4a5b6c7d"})
	happened(store.AuditEvent{Action: store.AuditUnverified, Message: store.JobCaseDecided, Subject: ann})
	happened(store.AuditEvent{Action: "from_a_newer_release", Actor: ana})
	golden(t, "audit", blockkit.Message, Audit(events, offers(), true, "cursor"))
	golden(t, "audit_empty", blockkit.Message, Audit(nil, offers(), true, ""))

	var fullest []store.AuditEvent
	loud := &store.Person{Name: longName()}
	for range AuditPage {
		fullest = append(fullest, store.AuditEvent{At: noon, Action: store.AuditTypeChanged, Actor: loud, Subject: loud, From: store.Recruiter, To: store.Admin})
	}
	golden(t, "audit_fullest", blockkit.Message, Audit(fullest, offers(), false, "cursor"))
}
