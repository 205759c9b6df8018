package handlers

import (
	"testing"
	"time"

	"herald/store"
)

func TestEveryKindOfJobIsDone(t *testing.T) {
	t.Parallel()
	done := map[store.JobKind]bool{}
	for _, task := range new(Handlers).Tasks() {
		if done[task.Kind] {
			t.Errorf("%s is there twice", task.Kind)
		}
		done[task.Kind] = true
	}
	for _, kind := range []store.JobKind{
		store.JobInviteDM, store.JobWelcomeDM, store.JobConfirmDM, store.JobApprovalCard,
		store.JobSignupDecided, store.JobCaseCard, store.JobCaseDecided, store.JobCardsGone, store.JobRemoval, store.JobDeleteFile,
		store.JobErase, store.JobRevocation, store.JobEndingDM, store.JobFarewellDM, store.JobRun, store.JobInviteEmail, store.JobReminders, store.JobNudge,
		store.JobJoiner, store.JobDeactivatedDM, store.JobEmails, store.JobInvitePeople, store.JobPlanRun, store.JobResendOld,
		store.JobPreview, store.JobPreviewOver, store.JobConnectedDM,
	} {
		if !done[kind] {
			t.Errorf("nobody does %s", kind)
		}
	}
	if store.JobInviteDM.Lane() == store.JobRemoval.Lane() {
		t.Error("a thousand invitations would delay a removal by a quarter of an hour")
	}
}

func TestASilentNetworkIsAskedLessAndLessOften(t *testing.T) {
	t.Parallel()
	attempts := 0
	for age := time.Duration(0); age < store.RevocationLife; age += revokePause(age) {
		attempts++
	}
	if attempts < 20 || attempts > 60 {
		t.Errorf("%d attempts, want about forty", attempts)
	}
}
