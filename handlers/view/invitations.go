package view

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"herald/store"
)

// Controls of the Invitations screen.
const (
	ActionInvitations       = "invitations_open"
	ActionInvitationsFilter = "invitations_filter"
	ActionInvitationsPrev   = "invitations_prev" // value: the page wanted
	ActionInvitationsNext   = "invitations_next" // value: the page wanted
	ActionInvitationsExport = "invitations_export"
	ActionInvitationsOld    = "invitations_old" // opens FormOldInvitations
	FormOldInvitations      = "invitations_old" // how old; private metadata: an OldInvitations
	FormResendOld           = "invitations_old_confirm"

	BlockDays = "days"

	// StateAll is the value of the filter that shows all invitations.
	StateAll = "all"
)

// Invitations is a page of the Invitations screen, ready to be drawn.
type Invitations struct {
	Screen  store.Screen
	Page    store.Invitations
	Reasons map[store.DeclineReason]int // as store.ReasonCounts returns them
	Now     time.Time
}

// Message draws the page. It is the same in an ephemeral message and in the Home tab.
func (v Invitations) Message() Message {
	blocks := []slack.Block{
		slack.NewHeaderBlock(plain("Invitations")),
		quiet(v.numbers()),
		v.filter(),
	}
	if v.Page.Counts[store.StatePending] > 0 {
		blocks = append(blocks, slack.NewActionBlock(v.id("old", ""), button(ActionInvitationsOld, "", "Resend old ones…")))
	}
	if why := v.reasons(); why != "" {
		blocks = append(blocks, quiet(why))
	}
	blocks = append(blocks, slack.NewDividerBlock())
	for _, row := range v.Page.Rows {
		blocks = append(blocks, v.row(row)...)
	}
	if len(v.Page.Rows) == 0 {
		blocks = append(blocks, section(v.none()))
	}
	return Message{Text: "Invitations: " + v.numbers() + ". " + v.spoken(), Blocks: append(blocks, v.pages()...)}
}

// id is the id of a block of this page.
func (v Invitations) id(part, rowID string) string {
	return BlockID(v.Screen.ID, v.Screen.Revision, part, rowID)
}

// numbers is what became of all invitations, in one line.
func (v Invitations) numbers() string {
	parts := make([]string, 0, len(store.InviteStates()))
	for _, s := range store.InviteStates() {
		parts = append(parts, number(v.Page.Counts[s])+" "+strings.ToLower(stateName(s)))
	}
	return strings.Join(parts, " · ")
}

func (v Invitations) filter() slack.Block {
	all := slack.NewOptionBlockObject(StateAll, plain(fmt.Sprintf("All (%s)", number(v.Page.Total("")))), nil)
	options, chosen := []*slack.OptionBlockObject{all}, all
	for _, s := range store.InviteStates() {
		o := slack.NewOptionBlockObject(string(s), plain(fmt.Sprintf("%s (%s)", stateName(s), number(v.Page.Counts[s]))), nil)
		if options = append(options, o); s == v.Screen.State {
			chosen = o
		}
	}
	menu := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain("Filter invitations"), ActionInvitationsFilter, options...)
	menu.InitialOption = chosen
	return slack.NewSectionBlock(mrkdwn("*Filter invitations*"), nil, slack.NewAccessory(menu), slack.SectionBlockOptionBlockID(v.id("filter", "")))
}

// reasons is why people said no, in numbers that lead back to nobody; "" where there are none, or nothing to do with what is shown.
func (v Invitations) reasons() string {
	if v.Reasons == nil || v.Screen.State != "" && v.Screen.State != store.StateDeclined {
		return ""
	}
	parts := make([]string, 0, len(store.DeclineReasons()))
	for _, r := range store.DeclineReasons() {
		n := "fewer than 5"
		if v.Reasons[r] > 0 {
			n = number(v.Reasons[r]) + " or more"
		}
		parts = append(parts, "*"+reasonName(r)+"* "+n)
	}
	return "Why people said no: " + strings.Join(parts, " · ") + ". _Counted in fives, five people at a time, so that nobody can tell who gave which reason._"
}

func (v Invitations) row(row store.Invitation) []slack.Block {
	fields := []*slack.TextBlockObject{literal(v.name(row, maxField)), mrkdwn(v.became(row))}
	switch row.State {
	case store.StatePending, store.StateFailed:
		var sendAt time.Time
		if row.SentAt.IsZero() {
			sendAt = row.SendAt
		}
		return []slack.Block{
			slack.NewSectionBlock(nil, fields, nil),
			slack.NewActionBlock(v.id("invitation", row.ID), resend(row.ID, sendAt, v.Now), button(ActionInviteCancel, row.ID, "Cancel")),
		}
	case store.StateExpired:
		return []slack.Block{slack.NewSectionBlock(nil, fields, slack.NewAccessory(button(ActionInviteResend, row.ID, "Resend")),
			slack.SectionBlockOptionBlockID(v.id("invitation", row.ID)))}
	case store.StateDeclined:
		if row.Person != nil {
			return []slack.Block{slack.NewSectionBlock(nil, fields,
				slack.NewAccessory(inviteAnyway(*row.Person, row.As, "Invite anyway").WithConfirm(slack.NewConfirmationBlockObject(
					plain("Invite them anyway?"), plain("They said no. They get one more message with a new link, and can say no again."),
					plain("Invite"), plain("Leave them alone")))),
				slack.SectionBlockOptionBlockID(v.id("invitation", row.ID)))}
		}
	case store.StateAccepted:
	}
	return []slack.Block{slack.NewSectionBlock(nil, fields, nil)}
}

// name names whom an invitation is for, in at most n characters.
func (v Invitations) name(row store.Invitation, n int) string {
	switch {
	case row.Member != nil:
		return label(row.Member.Name, row.Member.Handle, row.Member.Email, n)
	case row.Person != nil:
		return label(row.Person.Name, row.Person.Handle, row.Person.Email, n)
	case row.Email != "":
		return label(row.Name, "", row.Email, n)
	}
	return "Somebody without a Slack account"
}

// became says what became of an invitation, mrkdwn.
func (v Invitations) became(row store.Invitation) string {
	invited := invitedBy(row.InvitedAt, row.InvitedBy, row.Reminded, v.Now)
	if row.NoReminders && row.State != store.StateAccepted && row.State != store.StateDeclined {
		invited += noReminders
	}
	if row.As == store.Recruiter && row.State != store.StateAccepted {
		invited += " · as " + article(row.As) + " " + TypeName(row.As)
	}
	switch row.State {
	case store.StateFailed:
		if row.Failure == store.FailureUnverified {
			return ":grey_question: *Unverified*: " + undelivered(row.Failure) + "\n" + invited
		}
		return ":warning: *Not delivered*: " + undelivered(row.Failure) + "\n" + invited
	case store.StateAccepted:
		return "*Accepted* " + since(row.EndedAt, v.Now) + "\n" + invited
	case store.StateDeclined:
		return "*Said no* on " + since(row.EndedAt, v.Now) + "\n" + invited
	case store.StateExpired:
		return "*Expired* " + since(row.EndedAt, v.Now) + "\n" + invited
	case store.StatePending:
		if row.SentAt.IsZero() && row.SendAt.After(v.Now) {
			return "*Pending* · goes out on " + date(row.SendAt, "{date_short_pretty} at {time}") + "\n" + invited
		}
	}
	return "*Pending*\n" + invited
}

// noReminders says of an invitation that its person does not want it to be sent again.
const noReminders = " · asked for no reminders"

// invitedBy says who invited somebody, when, and how often they were reminded; mrkdwn.
func invitedBy(at time.Time, by string, reminded int, now time.Time) string {
	text := "Invited " + since(at, now)
	if by != "" {
		text += " by " + mention(by)
	}
	switch {
	case reminded == 1:
		text += " · reminded once"
	case reminded > 1:
		text += " · reminded " + strconv.Itoa(reminded) + " times"
	}
	return text
}

func (v Invitations) none() string {
	switch v.Screen.State {
	case store.StatePending:
		return "Nobody has an open invitation. Invite people with `/social invite @ann`."
	case store.StateAccepted:
		return "Nobody has accepted an invitation yet."
	case store.StateDeclined:
		return "Nobody has said no."
	case store.StateExpired:
		return "No invitation has run out."
	case store.StateFailed:
		return "Every invitation was delivered."
	}
	return "Nobody has been invited yet. Invite people with `/social invite @ann`."
}

func (v Invitations) pages() []slack.Block {
	all := max(1, (v.Page.Total(v.Screen.State)+PageSize-1)/PageSize)
	page := min(max(1, v.Screen.Page), all)
	var controls []slack.BlockElement
	if v.Page.Prev != "" {
		controls = append(controls, button(ActionInvitationsPrev, strconv.Itoa(v.Screen.Page-1), "‹ Back"))
	}
	if v.Page.Next != "" {
		controls = append(controls, button(ActionInvitationsNext, strconv.Itoa(v.Screen.Page+1), "Next ›"))
	}
	if len(v.Page.Rows) > 0 {
		controls = append(controls, button(ActionInvitationsExport, "", "Export CSV"))
	}
	blocks := []slack.Block{slack.NewDividerBlock(), quiet(fmt.Sprintf("Page %s of %s", number(page), number(all)))}
	if len(controls) > 0 {
		blocks = append(blocks, slack.NewActionBlock(v.id("pages", ""), controls...))
	}
	return blocks
}

// spoken is the page for a screen reader.
func (v Invitations) spoken() string {
	if len(v.Page.Rows) == 0 {
		return v.none()
	}
	rows := make([]string, len(v.Page.Rows))
	for i, row := range v.Page.Rows {
		rows[i] = escape(v.name(row, nameShown)) + ", " + strings.ToLower(stateName(row.State))
	}
	return strings.Join(rows, "; ") + "."
}

// stateName is what became of an invitation in a word or two.
func stateName(s store.InviteState) string {
	switch s {
	case store.StateAccepted:
		return "Accepted"
	case store.StateDeclined:
		return "Declined"
	case store.StateExpired:
		return "Expired"
	case store.StateFailed:
		return "Not delivered"
	case store.StatePending:
	}
	return "Pending"
}

// OldInvitations is what the two forms that resend old invitations remember: where the result is shown, how old is old, and how many
// they are.
type OldInvitations struct {
	Screen  string `json:"screen"`
	Days    int    `json:"days,omitempty"`
	N       int    `json:"n,omitempty"`
	Changed bool   `json:"-"` // the number was another one a moment ago
}

// ParseOldInvitations reads a form's private metadata; what makes no sense is the zero value.
func ParseOldInvitations(metadata string) OldInvitations {
	var o OldInvitations
	if err := json.Unmarshal([]byte(metadata), &o); err != nil {
		return OldInvitations{}
	}
	return o
}

func (o OldInvitations) metadata() string {
	text, err := json.Marshal(o)
	if err != nil { // strings and numbers always are JSON
		return ""
	}
	return string(text)
}

// OldDays lists after how many days an invitation may be called old.
func OldDays() []int { return []int{3, 7, 14, 21} }

// Ask is the form that asks how old is old.
func (o OldInvitations) Ask() slack.ModalViewRequest {
	days := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, InputValue)
	for _, n := range OldDays() {
		option := slack.NewOptionBlockObject(strconv.Itoa(n), plain("longer than "+count(n, "day", "days")), nil)
		if days.Options = append(days.Options, option); n == OldDays()[1] {
			days.InitialOption = option
		}
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: FormOldInvitations, PrivateMetadata: o.metadata(),
		Title: plain("Resend old ones"), Submit: plain("Next"), Close: plain("Cancel"),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewInputBlock(BlockDays, plain("Resend invitations that have been pending"), plain("You see how many they are before anything is sent."), days),
		}},
	}
}

// Confirm is the form that names their number.
func (o OldInvitations) Confirm() slack.ModalViewRequest {
	many := count(o.N, "person", "people")
	text := "*" + many + "* will get a new message with a new link.\nTheir invitations have been pending for longer than " + count(o.Days, "day", "days") +
		", and their old links stop working. Whoever snoozed reminders, had one only recently, or got all of them is left out. Who is off work gets it in their next working hours."
	if o.N == store.ResendLimit {
		text += "\nThese are the oldest ones; there may be more, which you can resend after them."
	}
	var blocks []slack.Block
	if o.Changed {
		blocks = append(blocks, section(":warning: Nothing was sent: the number changed meanwhile. This is how things are now."))
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: FormResendOld, PrivateMetadata: o.metadata(),
		Title: plain("Resend old ones"), Submit: plain("Resend to " + number(o.N)), Close: plain("Cancel"),
		Blocks: slack.Blocks{BlockSet: append(blocks, section(text))},
	}
}

// NoneOld says that there is nothing to resend.
func NoneOld(days int) string {
	return "No invitation has been pending for longer than " + count(days, "day", "days") + "."
}

// OldResent says how many were sent.
func OldResent(n int) Notice {
	return Notice{Good: true, Text: count(n, "person gets", "people get") + " a new link. The old ones stopped working."}
}

// OldChanged says that nothing was sent.
func OldChanged() Notice {
	return Notice{Text: "Nothing was sent: the number of old invitations changed meanwhile. Please try again."}
}

// InvitationsExported says where an export is.
func InvitationsExported(rows int) *Notice {
	return &Notice{Good: true, Text: "The list of " + count(rows, "invitation", "invitations") + " is in your direct messages with Herald."}
}
