package view

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"herald/store"
)

// Controls of invitations by email.
const (
	ActionEmail      = "email_form"
	FormEmail        = "email_form"
	FormEmailConfirm = "email_confirm"
)

// Inputs of the form.
const (
	BlockEmails = "emails"
	BlockFile   = "file"
	BlockWhen   = "when"
)

// NoMailServer is said where nobody can be invited by email.
const NoMailServer = "Herald has no mail server yet, so nobody can be invited by email. Whoever runs Herald sets it up with `SMTP_HOST` and the settings beside it. " +
	"Until then, post the company URL, or send people a direct message."

// FilesNotAllowed is said where Slack does not let Herald read a file.
const FilesNotAllowed = "Slack does not let Herald read files yet. Whoever manages the Slack app adds the scope `files:read` and installs it again. Until then, paste the addresses."

// MailUnreachable is why an email was given up; the other reasons come from the mail server.
const MailUnreachable = "mail_unreachable"

// EmailForm is the form that invites addresses; screenID is where the result is shown. Company admins choose the user type.
func EmailForm(c store.Company, screenID string, admin bool) slack.ModalViewRequest {
	pasted := slack.NewPlainTextInputBlockElement(plain("Ann Lee <ann@home.example>, bo@home.example"), InputValue).WithMultiline(true)
	blocks := []slack.Block{
		slack.NewInputBlock(BlockEmails, plain("Email addresses"), plain("With commas between them, or one in a line. Names are welcome."), pasted).WithOptional(true),
	}
	columns := "With a first line that says email. At most " + number(store.EmailLimit) + " lines."
	if admin {
		blocks = append(blocks, asWhat())
		columns = "With a first line that says email, role. A role is employee or recruiter. At most " + number(store.EmailLimit) + " lines."
	}
	file := slack.NewFileInputBlockElement(InputValue).WithFileTypes("csv").WithMaxFiles(1)
	blocks = append(blocks,
		slack.NewInputBlock(BlockFile, plain("Or a CSV file"), plain(columns), file).WithOptional(true),
		slack.NewInputBlock(BlockWhen, plain("When?"), plain("Leave it empty to send the invitations now. At most 60 days ahead."), slack.NewDateTimePickerBlockElement(InputValue)).WithOptional(true),
		quiet("Each address gets an email with a link that only they can use. It says that *you* invite them to share "+escape(clip(c.Name, nameShown))+"'s jobs. You see the list once more before anything is sent."))
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: FormEmail, PrivateMetadata: screenID,
		Title: plain("Email invitations"), Submit: plain("Continue"), Close: plain("Cancel"),
		Blocks: slack.Blocks{BlockSet: blocks},
	}
}

// asWhat chooses the user type that people get by signing up.
func asWhat() slack.Block {
	employee := slack.NewOptionBlockObject(string(store.Employee), plain("Employees"), nil)
	as := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, InputValue,
		employee, slack.NewOptionBlockObject(string(store.Recruiter), plain("Recruiters"), nil))
	as.InitialOption = employee
	return slack.NewInputBlock(BlockAs, plain("As what?"), plain("The user type that they get by signing up."), as)
}

// ReadingFile stands in for the form while a file is fetched from Slack.
func ReadingFile() slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: plain("Email invitations"), Close: plain("Close"),
		Blocks: slack.Blocks{BlockSet: []slack.Block{section("Reading the file… Nothing is sent yet.")}},
	}
}

// A ListProblem is something in a list of addresses that must be mended first.
type ListProblem struct {
	Line int    // 0: it concerns the list as a whole
	What string // as the end of a sentence
	Text string // what stands there, or ""
}

func (p ListProblem) String() string {
	const textShown = 60
	if p.Line == 0 {
		return p.What
	}
	text := ""
	if p.Text != "" {
		text = ": " + clip(tidy(p.Text), textShown)
	}
	return fmt.Sprintf("line %d: %s%s", p.Line, p.What, text)
}

// PastedProblems is what stands under the input. It is plain text.
func PastedProblems(problems []ListProblem) string {
	const shown = 3
	var said []string
	for i, p := range problems {
		if i == shown {
			said = append(said, fmt.Sprintf("and %d more", len(problems)-i))
			break
		}
		said = append(said, p.String())
	}
	return "Please mend: " + strings.Join(said, "; ") + "."
}

// FileProblems says what is wrong with a file.
func FileProblems(problems []ListProblem) slack.ModalViewRequest {
	const shown = 20
	var lines []string
	for i, p := range problems {
		if i == shown {
			lines = append(lines, fmt.Sprintf("• … and %d more", len(problems)-i))
			break
		}
		lines = append(lines, "• "+p.String())
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: plain("Email invitations"), Close: plain("Close"),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			section("*Nothing was sent.* Please mend the file, and choose it again:"),
			slack.NewSectionBlock(literal(strings.Join(lines, "\n")), nil, nil),
		}},
	}
}

// ConfirmEmails shows what will become of a list. Only company admins learn who does not want to be asked again.
func ConfirmEmails(d store.EmailDraft, screenID string, admin bool) slack.ModalViewRequest {
	by := map[store.InviteResult][]string{}
	recruiters := 0
	for _, o := range d.Outcomes {
		result := o.Result
		if result == store.InviteNever && !admin {
			result = store.InviteRefused
		}
		by[result] = append(by[result], o.Invitee.Email)
		if o.Result == store.InviteSent && o.Invitee.As == store.Recruiter {
			recruiters++
		}
	}
	invited := len(by[store.InviteSent])
	summary := "*" + count(invited, "person gets an invitation", "people get an invitation") + "*"
	if recruiters > 0 {
		summary += ", " + number(recruiters) + " of them as a recruiter"
	}
	switch {
	case invited == 0:
		summary = "*Nobody gets an invitation.*"
	case d.SendAt.IsZero():
		summary += ", now."
	default:
		summary += ", " + date(d.SendAt, "{date_short_pretty} at {time}") + "."
	}
	var lines []string
	for _, group := range []struct {
		result    store.InviteResult
		one, many string
	}{
		{store.InviteDuplicate, "is in the list twice, and gets one email", "are in the list twice, and get one email each"},
		{store.InviteRegistered, "is registered already", "are registered already"},
		{store.InviteAgain, "is invited already", "are invited already"},
		{store.InviteNever, "does not want to be asked again: they said so, or were removed", "do not want to be asked again: they said so, or were removed"},
		{store.InviteRefused, "cannot be invited", "cannot be invited"},
	} {
		if addresses := by[group.result]; len(addresses) > 0 {
			lines = append(lines, "• "+count(len(addresses), group.one, group.many)+" ("+addressList(addresses)+")")
		}
	}
	modal := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: FormEmailConfirm, PrivateMetadata: d.ID + " " + screenID, NotifyOnClose: true,
		Title: plain("Confirm invitations"), Close: plain("Cancel"),
		Blocks: slack.Blocks{BlockSet: []slack.Block{section(summary)}},
	}
	if lines != nil {
		modal.Blocks.BlockSet = append(modal.Blocks.BlockSet, slack.NewSectionBlock(literal(strings.Join(lines, "\n")), nil, nil))
	}
	switch {
	case invited == 0:
		modal.Close = plain("Close")
	case d.SendAt.IsZero():
		modal.Submit = plain("Send invitations")
	default:
		modal.Submit = plain("Schedule")
	}
	if modal.Submit != nil {
		modal.Blocks.BlockSet = append(modal.Blocks.BlockSet, quiet("Nothing is sent before you press the green button. You can cancel each invitation later."))
	}
	return modal
}

// ParseDraft reads the metadata of ConfirmEmails.
func ParseDraft(metadata string) (draftID, screenID string) {
	draftID, screenID, _ = strings.Cut(metadata, " ")
	return draftID, screenID
}

// addressList names a few addresses, as plain text.
func addressList(addresses []string) string {
	const shown, addressShown = 5, 60
	parts := make([]string, 0, shown+1)
	for i, a := range addresses {
		if i == shown {
			parts = append(parts, number(len(addresses)-i)+" more")
			break
		}
		parts = append(parts, clip(a, addressShown))
	}
	return list(parts)
}

// EmailsSent says what became of a list.
func EmailsSent(d store.EmailDraft) Notice {
	n := 0
	for _, o := range d.Outcomes {
		if o.Result == store.InviteSent {
			n++
		}
	}
	switch {
	case n == 0:
		return Notice{Text: "Nobody was invited: things changed meanwhile. Please enter the list again to see why."}
	case d.SendAt.IsZero():
		return Notice{Good: true, Text: count(n, "invitation is on its way by email.", "invitations are on their way by email.")}
	}
	return Notice{Good: true, Text: count(n, "invitation goes out", "invitations go out") + " by email " + date(d.SendAt, "{date_short_pretty} at {time}") + "."}
}
