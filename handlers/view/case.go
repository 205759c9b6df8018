package view

import (
	"strings"

	"github.com/slack-go/slack"

	"herald/store"
)

// Controls of cases. Value: the case's id.
const (
	ActionCaseApprove = "case_approve"
	ActionCaseDecline = "case_decline"
	FormCaseRequest   = "case_request"
	FormCaseDecline   = "case_decline"
	BlockReason       = "reason"
)

// ReasonLimit is how long the reason of a request or of a decline may be.
const ReasonLimit = 500

// aType is a user type with its article: "an employee".
func aType(t store.MemberType) string { return article(t) + " " + TypeName(t) }

// change says what a case asks for; who is mrkdwn.
func change(who string, to store.MemberType) string {
	if to == store.Admin {
		return "make " + who + " a company admin"
	}
	return "make " + who + " " + aType(to) + ", and no company admin any more"
}

// CaseRequest is the form that asks for a change to or from company admin; metadata comes back with it.
func CaseRequest(m store.Member, to store.MemberType, metadata string) slack.ModalViewRequest {
	name := escape(clip(m.Name, nameShown))
	question := "*Make " + name + " a company admin?*\nCompany admins can see, invite and remove everybody, so an operator approves this."
	if to != store.Admin {
		question = "*Make " + name + " " + aType(to) + "?*\nThey would not be a company admin any more, so an operator approves this."
	}
	reason := slack.NewPlainTextInputBlockElement(plain("Why is this right for the company?"), InputValue).WithMultiline(true).WithMinLength(1).WithMaxLength(ReasonLimit)
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: FormCaseRequest, PrivateMetadata: metadata, NotifyOnClose: true,
		Title: plain("Request a change"), Submit: plain("Send request"), Close: plain("Cancel"),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			section(question),
			slack.NewInputBlock(BlockReason, plain("Reason"), plain("The operator reads it, and it stays with the request."), reason),
		}},
	}
}

// CaseSent says what happens next.
func CaseSent(c store.Case) Notice {
	return Notice{Good: true, Text: "Asked an operator to " + change("*"+escape(clip(c.Member.Name, nameShown))+"*", c.To) + ". You get a message when they decided."}
}

// CaseExists says that somebody asked before.
func CaseExists(c store.Case) Notice {
	by := ""
	if c.RequestedBy != "" {
		by = " by " + mention(c.RequestedBy)
	}
	return Notice{Text: "A request for *" + escape(clip(c.Member.Name, nameShown)) + "* is open already, sent" + by + " on " + date(c.CreatedAt, "{date_short}") + ". An operator decides it."}
}

// NobodyDecides is what an admin reads when there is nobody to ask.
const NobodyDecides = "There is no operator who could approve this, so nothing was sent. Ask whoever runs Herald to name operators in its settings (`OPERATORS`)."

// CaseCard asks an operator.
func CaseCard(c store.Case) Message {
	who := caseMember(c)
	return Message{
		Text: "Request: " + change(who, c.To) + ".",
		Blocks: append(caseAsked(c),
			slack.NewActionBlock("",
				button(ActionCaseApprove, c.ID, "Approve").WithStyle(slack.StylePrimary),
				button(ActionCaseDecline, c.ID, "Decline…")),
			quiet("Sent "+date(c.CreatedAt, "{date_short_pretty} {time}")+". The first answer of any operator counts.")),
	}
}

// CaseClosed takes the place of the card once an operator decided.
func CaseClosed(c store.Case) Message {
	blocks := append(caseAsked(c), section(caseOutcome(c)))
	if c.Decision != "" {
		blocks = append(blocks, section(quote(c.Decision)))
	}
	return Message{Text: caseOutcome(c), Blocks: blocks}
}

// CaseVanished takes the place of a card whose member or request is gone.
func CaseVanished() Message { return Sentence(CaseGone) }

// CaseGone says that there is nothing left to decide.
const CaseGone = "This request is gone: the account it was about was removed. There is nothing left to decide."

// CaseAnswer tells the requester what an operator decided.
func CaseAnswer(c store.Case) Message {
	text := caseOutcome(c) + ": " + change(caseMember(c), c.To) + "."
	m := Message{Text: text, Blocks: []slack.Block{section("Your request was decided.\n" + text)}}
	if c.Decision != "" {
		m.Blocks = append(m.Blocks, section(quote(c.Decision)))
	}
	return m
}

// TypeChanged tells somebody that an approved request changed their user type.
func TypeChanged(company store.Company, c store.Case) Message {
	if c.To == store.Admin {
		return Sentence("You are a company admin of " + escape(clip(company.Name, nameShown)) + "'s social recruiting now. " +
			"Type `/social` to see what you can do: invite people, see the member list, change user types and remove accounts.")
	}
	return Sentence("You are " + aType(c.To) + " in " + escape(clip(company.Name, nameShown)) +
		"'s social recruiting now, and no company admin any more. Type `/social` to see what you can do.")
}

// CaseUndelivered tells the requester that no operator could be reached.
func CaseUndelivered(c store.Case) Message {
	return Sentence("Your request to " + change(caseMember(c), c.To) + " is stored, but Slack could deliver it to no operator. " +
		"Ask whoever runs Herald to check the operators in its settings (`OPERATORS`).")
}

// CaseDecline is the form that asks an operator why.
func CaseDecline(c store.Case) slack.ModalViewRequest {
	reason := slack.NewPlainTextInputBlockElement(plain("What should the requester know?"), InputValue).WithMultiline(true).WithMinLength(1).WithMaxLength(ReasonLimit)
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: FormCaseDecline, PrivateMetadata: c.ID,
		Title: plain("Decline the request"), Submit: plain("Decline"), Close: plain("Cancel"),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			section(caseTitle(c)),
			slack.NewInputBlock(BlockReason, plain("Reason"), plain("The requester reads it."), reason),
		}},
	}
}

// CaseDecided says that somebody was faster.
func CaseDecided(c store.Case) string {
	return "This request was decided before: " + caseOutcome(c) + "."
}

// CaseOutdated says that a request no longer fits.
func CaseOutdated(c store.Case) string {
	return "Nothing was changed: " + caseMember(c) + " is " + aType(c.Member.Type) + " by now, so the request no longer fits. Decline it, or leave it."
}

// caseAsked is what was asked and why; the reason goes with a requester who was removed.
func caseAsked(c store.Case) []slack.Block {
	blocks := []slack.Block{section(caseTitle(c))}
	if c.Reason != "" {
		blocks = append(blocks, section(quote(c.Reason)))
	}
	return blocks
}

func caseTitle(c store.Case) string {
	from := "*Request*"
	if c.RequestedBy != "" {
		from += " from " + mention(c.RequestedBy)
	}
	was := " (was "
	if c.Status == store.CaseOpen {
		was = " (now "
	}
	return from + ": " + change("*"+caseMember(c)+"*", c.To) + was + TypeName(c.From) + ")"
}

func caseMember(c store.Case) string {
	return escape(clip(c.Member.Name, nameShown))
}

func caseOutcome(c store.Case) string {
	did := "Declined"
	if c.Status == store.CaseApproved {
		did = "Approved"
	}
	if c.DecidedBy != "" {
		did += " by " + mention(c.DecidedBy)
	}
	return "*" + did + "*, " + date(c.DecidedAt, "{date_short_pretty} {time}")
}

// quote shows text that people wrote as a quotation, line by line.
func quote(s string) string {
	var out strings.Builder
	for line := range strings.Lines(s) {
		out.WriteString("> " + escape(line) + "\n")
	}
	return strings.TrimRight(out.String(), "\n")
}
