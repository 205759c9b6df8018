package view

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"herald/store"
)

// Controls of invitations by email.
const (
	ActionEmail       = "email_form"
	ActionEmailAnyway = "email_anyway" // value: an EmailAnyway
	FormEmail         = "email_form"
	FormEmailConfirm  = "email_confirm"
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
		columns = "With a first line that says email, role. A role is employee or recruiter, or empty: then it is what you chose above. At most " + number(store.EmailLimit) + " lines."
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

// FileProblems says what is wrong with a file; where says where Slack shows it.
func FileProblems(problems []ListProblem, where string) slack.ModalViewRequest {
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
			quiet(fileStays(where)),
		}},
	}
}

// fileStays says that an uploaded file is still in Slack, which lets nobody delete it but its owner
// (https://docs.slack.dev/reference/methods/files.delete, cant_delete_file).
func fileStays(where string) string {
	file := "Your file"
	if where != "" {
		file = "<" + strings.NewReplacer("&", "&amp;", "<", "%3C", ">", "%3E", "|", "%7C").Replace(where) + "|Your file>"
	}
	return file + " with the addresses is still in Slack, among your files, and Slack lets nobody but you delete it: open it, choose ⋮ and then *Delete file*."
}

// ConfirmEmails is the question whether a list shall be sent. anyway is the address of the list that was invited a moment ago because an
// admin insisted, and what became of it, or nil. Whoever is no company admin learns only how many get no invitation: why is about people
// whom they may not look up.
func ConfirmEmails(d store.EmailDraft, screenID string, admin bool, anyway *store.EmailOutcome) slack.ModalViewRequest {
	by := map[store.InviteResult][]string{}
	recruiters := 0
	for _, o := range d.Outcomes {
		result := o.Result
		if !admin && result != store.InviteSent && result != store.InviteDuplicate {
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
	case invited == 0 && anyway != nil:
		summary = "*Nobody else gets an invitation.*"
	case invited == 0:
		summary = "*Nobody gets an invitation.*"
	case d.SendAt.IsZero():
		summary += ", now."
	default:
		summary += ", " + date(d.SendAt, "{date_short_pretty} at {time}") + "."
	}
	modal := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: FormEmailConfirm, PrivateMetadata: d.ID + " " + screenID, NotifyOnClose: true,
		Title: plain("Confirm invitations"), Close: plain("Cancel"),
	}
	var blocks []slack.Block
	if anyway != nil {
		blocks = emailedAnyway(*anyway, d.SendAt).blocks()
	}
	blocks = append(blocks, section(summary))
	if lines := leftOut(by, admin); lines != nil {
		blocks = append(blocks, slack.NewSectionBlock(literal(strings.Join(lines, "\n")), nil, nil))
	}
	if admin {
		blocks = append(blocks, emailAnyway(d, screenID)...)
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
		nothing := "Nothing"
		if admin && len(by[store.InviteNever]) > 0 || anyway != nil {
			nothing = "Nothing else"
		}
		blocks = append(blocks, quiet(nothing+" is sent before you press the green button. You can cancel each invitation later."))
	}
	if d.File != "" {
		blocks = append(blocks, quiet(fileStays(d.File)))
	}
	modal.Blocks.BlockSet = blocks
	return modal
}

// leftOut says of the addresses of a list why they get no invitation of their own, as plain text.
func leftOut(by map[store.InviteResult][]string, admin bool) []string {
	refused, areRefused := "cannot be invited", "cannot be invited"
	if !admin {
		refused, areRefused = "gets no invitation", "get no invitation"
	}
	var lines []string
	for _, group := range []struct {
		result    store.InviteResult
		one, many string
	}{
		{store.InviteDuplicate, "is in the list twice, and gets one email", "are in the list twice, and get one email each"},
		{store.InviteRegistered, "is registered already", "are registered already"},
		{store.InviteAgain, "is invited already", "are invited already"},
		{store.InviteRefused, refused, areRefused},
	} {
		if addresses := by[group.result]; len(addresses) > 0 {
			lines = append(lines, "• "+count(len(addresses), group.one, group.many)+" ("+addressList(addresses)+")")
		}
	}
	if n := len(by[store.InviteNever]); n > 0 { // emailAnyway names them
		lines = append(lines, "• "+count(n, "does not want to be asked again: they said so, or were removed", "do not want to be asked again: they said so, or were removed"))
	}
	if !admin && len(by[store.InviteRefused]) > 0 {
		lines = append(lines, "Whoever is registered, was invited before or does not want to be asked is not invited again. Your admins can tell you more.")
	}
	return lines
}

// An EmailAnyway invites one address of a list although whose it is does not want to be asked again.
type EmailAnyway struct {
	DraftID  string
	Position int // in the list
	ScreenID string
}

// ParseEmailAnyway reads a button's value. Nothing in it can be trusted: it comes from the client. What makes no sense is the zero value.
func ParseEmailAnyway(value string) EmailAnyway {
	parts := strings.Split(value, " ")
	if len(parts) != 3 {
		return EmailAnyway{}
	}
	position, err := strconv.Atoi(parts[1])
	if err != nil {
		return EmailAnyway{}
	}
	return EmailAnyway{DraftID: parts[0], Position: position, ScreenID: parts[2]}
}

// emailAnyway offers to invite those who do not want to be asked again all the same, each with a question of its own.
func emailAnyway(d store.EmailDraft, screenID string) []slack.Block {
	var blocks []slack.Block
	more := 0
	for i, o := range d.Outcomes {
		switch {
		case o.Result != store.InviteNever:
			continue
		case len(blocks) == anywayShown:
			more++
			continue
		}
		address, when := clip(o.Invitee.Email, addressShown), "now"
		if !d.SendAt.IsZero() {
			when = "at the time you chose"
		}
		anyway := button(ActionEmailAnyway, d.ID+" "+strconv.Itoa(i)+" "+screenID, "Invite anyway").WithConfirm(slack.NewConfirmationBlockObject(
			plain("Invite them anyway?"), literal(address+" said no, or was removed. They get one email with a link "+when+", and can say no again."),
			plain("Invite"), plain("Leave them alone")))
		blocks = append(blocks, slack.NewSectionBlock(literal(address), nil, slack.NewAccessory(anyway),
			slack.SectionBlockOptionBlockID(BlockID(d.ID, 0, "anyway", strconv.Itoa(i)))))
	}
	if more > 0 {
		blocks = append(blocks, quiet("To insist on one of the other "+number(more)+", enter that address in a list of its own."))
	}
	return blocks
}

// emailedAnyway says what became of an address that an admin insisted on.
func emailedAnyway(o store.EmailOutcome, sendAt time.Time) Notice {
	who := "*" + escape(clip(tidy(o.Invitee.Email), addressShown)) + "*"
	switch {
	case o.Result != store.InviteSent:
		return Notice{Text: who + " was not invited: things changed meanwhile."}
	case sendAt.IsZero():
		return Notice{Good: true, Text: who + " gets an invitation now, since you insist."}
	}
	return Notice{Good: true, Text: who + " gets an invitation " + date(sendAt, "{date_short_pretty} at {time}") + ", since you insist."}
}

// ParseDraft reads the metadata of ConfirmEmails.
func ParseDraft(metadata string) (draftID, screenID string) {
	draftID, screenID, _ = strings.Cut(metadata, " ")
	return draftID, screenID
}

// addressShown is how much of an address is shown, in characters.
const addressShown = 60

// addressList names a few addresses, as plain text.
func addressList(addresses []string) string {
	const shown = 5
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
	sent := Notice{Good: true, Text: count(n, "invitation goes out", "invitations go out") + " by email " + date(d.SendAt, "{date_short_pretty} at {time}") + "."}
	switch {
	case n == 0:
		sent = Notice{Text: "Nobody was invited: things changed meanwhile. Please enter the list again to see why."}
	case d.SendAt.IsZero():
		sent.Text = count(n, "invitation is on its way by email.", "invitations are on their way by email.")
	}
	if d.File != "" {
		sent.Text += "\n" + fileStays(d.File)
	}
	return sent
}
