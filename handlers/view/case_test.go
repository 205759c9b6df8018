package view

import (
	"strings"
	"testing"
	"time"

	"herald/sandbox/slackd/blockkit"
	"herald/store"
)

func TestCaseScreens(t *testing.T) {
	t.Parallel()
	ann := member("ann", store.Recruiter)
	ann.Name = "Ann Lee"
	c := store.Case{
		ID: "case1", Member: ann, From: store.Recruiter, To: store.Admin, RequestedBy: "U0ANA", Reason: "She takes over hiring in Lisbon.\n*Really* <!here>",
		Status: store.CaseOpen, CreatedAt: noon,
	}
	golden(t, "case_form", blockkit.Modal, CaseRequest(ann, store.Admin, `{"member":"member-ann","to":"admin"}`))
	golden(t, "case_form_demotion", blockkit.Modal, CaseRequest(ann, store.Employee, "{}"))
	golden(t, "case_sent", blockkit.Message, CaseSent(c).Message())
	golden(t, "case_exists", blockkit.Message, CaseExists(c).Message())
	golden(t, "case_card", blockkit.Message, CaseCard(c))
	golden(t, "case_decline_form", blockkit.Modal, CaseDecline(c))
	golden(t, "case_undelivered", blockkit.Message, CaseUndelivered(c))

	orphan := c
	orphan.RequestedBy, orphan.Reason = "", ""
	golden(t, "case_card_requester_removed", blockkit.Message, CaseCard(orphan))

	c.Status, c.DecidedBy, c.DecidedAt = store.CaseApproved, "U0OPS", noon.Add(time.Hour)
	golden(t, "case_approved", blockkit.Message, CaseClosed(c))
	golden(t, "case_answer_approved", blockkit.Message, CaseAnswer(c))
	golden(t, "case_promoted", blockkit.Message, TypeChanged(acme, c))
	c.Status, c.Decision = store.CaseDeclined, "Not before she has met the team."
	golden(t, "case_declined", blockkit.Message, CaseClosed(c))
	golden(t, "case_answer_declined", blockkit.Message, CaseAnswer(c))
	c.From, c.To = store.Admin, store.Employee
	golden(t, "case_demoted", blockkit.Message, TypeChanged(acme, c))

	c.Member.Name, c.Reason, c.Decision = longName(), strings.Repeat("&\n", ReasonLimit/2), strings.Repeat("&", ReasonLimit)
	golden(t, "case_card_longest", blockkit.Message, CaseCard(c))
	golden(t, "case_declined_longest", blockkit.Message, CaseClosed(c))
	golden(t, "case_form_longest", blockkit.Modal, CaseRequest(c.Member, store.Admin, strings.Repeat("x", 200)))
	golden(t, "case_decline_form_longest", blockkit.Modal, CaseDecline(c))
}
