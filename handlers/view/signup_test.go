package view

import (
	"strings"
	"testing"

	"herald/sandbox/slackd/blockkit"
	"herald/store"
)

func TestSignupScreens(t *testing.T) {
	t.Parallel()
	s := store.Signup{ID: "signup1", Name: "Eve Novák", Email: "eve@acme.example", Network: "linkedin", CreatedAt: noon}
	golden(t, "signup_question", blockkit.Message, ConfirmSignup(acme, offers(), s))
	golden(t, "signup_confirmed", blockkit.Message, SignupConfirmed())
	golden(t, "signup_erased", blockkit.Message, SignupErased())
	golden(t, "signup_welcome", blockkit.Message, Welcome(acme, offers(), member("eve", store.Employee)))
	golden(t, "signup_card", blockkit.Message, ApprovalCard(acme, offers(), s))
	told := s
	told.AskedAt = "eve.novak@acme.example"
	golden(t, "signup_question_network", blockkit.Message, ConfirmSignup(acme, offers(), told))
	known := s
	known.Owner, known.OwnerMember = &store.Person{SlackID: "U0ANN", Name: "Ann Lee"}, true
	golden(t, "signup_card_member", blockkit.Message, ApprovalCard(acme, offers(), known))
	known.Owner, known.OwnerMember = &store.Person{SlackID: "U0GUS", Name: "Gus Guest", Guest: true}, false
	golden(t, "signup_card_guest", blockkit.Message, ApprovalCard(acme, offers(), known))
	s.Email = ""
	golden(t, "signup_card_no_email", blockkit.Message, ApprovalCard(acme, offers(), s))
	golden(t, "signup_approved", blockkit.Message, SignupDecided(SignupApproved, s, "U0ANA", noon))
	golden(t, "signup_declined", blockkit.Message, SignupDecided(SignupDeclined, s, "U0ANA", noon))
	invited := s
	invited.Name, invited.Email, invited.Invited, invited.InvitedBy = "Cy Wu", "cy@home.example", "cy@home.example", "U0EVE"
	golden(t, "signup_card_invited", blockkit.Message, ApprovalCard(acme, offers(), invited))
	golden(t, "signup_approved_invited", blockkit.Message, SignupDecided(SignupApproved, invited, "U0ANA", noon))
	invited.InvitedBy = ""
	golden(t, "signup_card_invited_unknown", blockkit.Message, ApprovalCard(acme, offers(), invited))
	golden(t, "signup_declined_invited_unknown", blockkit.Message, SignupDecided(SignupDeclined, invited, "U0ANA", noon))

	s.Name, s.Email = longName(), strings.Repeat("e", 64)+"@"+strings.Repeat("x", 180)+".example"
	big := store.Company{Name: longName()}
	golden(t, "signup_question_longest", blockkit.Message, ConfirmSignup(big, offers(), s))
	golden(t, "signup_card_longest", blockkit.Message, ApprovalCard(big, offers(), s))
	m := member("eve", store.Employee)
	m.Name = longName()
	golden(t, "signup_welcome_longest", blockkit.Message, Welcome(big, offers(), m))
}
