package handlers

import (
	"context"
	"strings"
	"unicode"

	"github.com/slack-go/slack"

	"herald/handlers/view"
)

// A command is a subcommand of /social.
type command struct {
	name  string
	usage string // its arguments
	help  string // what it does, a few words
	who   audience
	run   func(*Handlers, context.Context, *request) (reply, error)
}

// commands lists every subcommand in help order. Help text, usage errors and the unknown-command hint all come from here.
// To add one, write its method in its own file and add a line.
func commands() []command {
	return []command{
		{"menu", "", "what you can do (also plain `/social`)", everyone, (*Handlers).menu},
		{"help", "", "show this list", everyone, (*Handlers).help},
		{"me", "", "your networks, what Herald stores about you, and how to leave", everyone, (*Handlers).me},
		{"members", "[group] [search words]", "User Management: everybody, or `admins`, `invited`, `not registered` …", admins, (*Handlers).members},
		{"role", "@ann recruiter", "change a user type to `employee`, `recruiter` or `admin`", admins, (*Handlers).role},
		{"remove", "@ann @bob …", "remove members, after a confirmation", admins, (*Handlers).remove},
		{"link", "", "the company URL, to post in a channel or send to people", admins, (*Handlers).link},
		{"invite", "@ann @bob …", "send people their own registration link; company admins may add `as recruiter`. `invite email` invites addresses", inviters, (*Handlers).invite},
		{"invitations", "[pending, declined …]", "what became of the invitations, to resend or cancel them", admins, (*Handlers).invitations},
		{"reminders", "", "when people are reminded to sign up, and what came of it", admins, (*Handlers).reminders},
		{"why", "@ann", "why somebody gets a reminder, or none", admins, (*Handlers).why},
		{"audit", "", "who did what", admins, (*Handlers).audit},
	}
}

// parse splits a command's text into the subcommand and its arguments. No text is the menu; an unknown word is a command that says so.
func parse(text string) (command, string) {
	text = strings.TrimSpace(text)
	word, args := text, ""
	if i := strings.IndexFunc(text, unicode.IsSpace); i >= 0 {
		word, args = text[:i], text[i:]
	}
	if word == "" {
		word = "menu"
	}
	for _, c := range commands() {
		if strings.EqualFold(c.name, word) {
			return c, strings.TrimSpace(args)
		}
	}
	return command{name: "unknown", who: everyone, run: (*Handlers).unknown}, text
}

// unescape gives back what somebody typed: Slack sends the characters &, < and > of a command as entities, and keeps < and > for its
// own marks (https://docs.slack.dev/interactivity/implementing-slash-commands#escaping). It must be done once, after the marks were read.
func unescape(text string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
}

// An action is a control of a message or of the Home tab, by its action id.
type action struct {
	id  string
	who audience
	run func(*Handlers, context.Context, *request, *slack.BlockAction) (reply, error)
}

// actions lists every control. To add one, write its method beside its feature and add a line.
func actions() []action {
	return []action{
		{view.ActionSignup, everyone, (*Handlers).signup},
		{view.ActionStored, everyone, (*Handlers).stored},
		{view.ActionMe, members, (*Handlers).myData},
		{view.ActionDisconnect, members, (*Handlers).disconnect},
		{view.ActionMeDisconnect, members, (*Handlers).disconnectMine},
		{view.ActionDropPage, members, (*Handlers).dropPage},
		{view.ActionMeDropPage, members, (*Handlers).dropMyPage},
		{view.ActionDownload, everyone, (*Handlers).downloadData},
		{view.ActionNotMe, members, (*Handlers).notMe},
		{view.ActionUntold, members, (*Handlers).untold},
		{view.ActionTellEndings, members, (*Handlers).tellEndings},
		{view.ActionLeave, members, (*Handlers).leave},
		{view.ActionHomeMenu, admins, (*Handlers).backToMenu},
		{view.ActionMembers, admins, (*Handlers).userManagement},
		{view.ActionFilter, admins, onScreen((*Handlers).filterMembers)},
		{view.ActionSearch, admins, onScreen((*Handlers).searchMembers)},
		{view.ActionClear, admins, onScreen((*Handlers).clearFilter)},
		{view.ActionSelect, admins, onScreen((*Handlers).selectMember)},
		{view.ActionAll, admins, onScreen((*Handlers).selectAll)},
		{view.ActionNone, admins, onScreen((*Handlers).selectNone)},
		{view.ActionPrev, admins, onScreen((*Handlers).turnPage)},
		{view.ActionNext, admins, onScreen((*Handlers).turnPage)},
		{view.ActionExport, admins, onScreen((*Handlers).exportMembers)},
		{view.ActionType, admins, onScreen((*Handlers).chooseType)},
		{view.ActionRemove, admins, (*Handlers).removeMember},
		{view.ActionRemoveN, admins, (*Handlers).removeSelected},
		{view.ActionPreview, everyone, (*Handlers).preview},
		{view.ActionPostURL, admins, (*Handlers).postURLForm},
		{view.ActionDMPeople, admins, (*Handlers).dmPeopleForm},
		{view.ActionEmail, inviters, (*Handlers).emailForm},
		{view.ActionEmailAnyway, admins, (*Handlers).emailAnyway},
		{view.ActionInviteCoworker, inviters, (*Handlers).dmPeopleForm},
		{view.ActionInvite, admins, onScreen((*Handlers).toInvite)},
		{view.ActionURLMenu, admins, (*Handlers).urlMenu},
		{view.ActionInvitePerson, admins, (*Handlers).invitePerson},
		{view.ActionInviteResend, admins, (*Handlers).resendInvite},
		{view.ActionInviteNow, admins, (*Handlers).sendInviteNow},
		{view.ActionResendAnyway, admins, (*Handlers).resendAnyway},
		{view.ActionInviteCancel, admins, (*Handlers).cancelInvite},
		{view.ActionInviteDecline, everyone, (*Handlers).declineInvite},
		{view.ActionInviteAnyway, admins, (*Handlers).inviteAnyway},
		{view.ActionInvitations, admins, (*Handlers).invitationsScreen},
		{view.ActionInvitationsFilter, admins, onInvitations((*Handlers).filterInvitations)},
		{view.ActionInvitationsPrev, admins, onInvitations((*Handlers).turnInvitations)},
		{view.ActionInvitationsNext, admins, onInvitations((*Handlers).turnInvitations)},
		{view.ActionInvitationsExport, admins, onInvitations((*Handlers).exportInvitations)},
		{view.ActionInvitationsOld, admins, (*Handlers).oldInvitationsForm},
		{view.ActionRunStop, admins, (*Handlers).stopRun},
		{view.ActionConfirmYes, everyone, (*Handlers).confirmSignup},
		{view.ActionConfirmNo, everyone, (*Handlers).denySignup},
		{view.ActionSignupApprove, admitters, (*Handlers).approveSignup},
		{view.ActionSignupDecline, admitters, (*Handlers).declineSignup},
		{view.ActionCaseApprove, operators, (*Handlers).approveCase},
		{view.ActionCaseDecline, operators, (*Handlers).declineCaseForm},
		{view.ActionDeactivated, admins, (*Handlers).showDeactivated},
		{view.ActionSettings, admins, (*Handlers).settingsForm},
		{view.ActionNudgeSnooze, everyone, (*Handlers).snoozeReminders},
		{view.ActionNudgeStop, everyone, (*Handlers).stopReminders},
		{view.ActionNudgeWhy, everyone, (*Handlers).whyMe},
		{view.ActionReminders, admins, (*Handlers).openReminders},
		{view.ActionRemindersEdit, admins, (*Handlers).remindersForm},
		{view.ActionRemindersHolidays, admins, (*Handlers).holidaysForm},
		{view.ActionRemindersPause, admins, (*Handlers).pauseReminders},
		{view.ActionRemindersRun, admins, (*Handlers).runReminders},
		{view.ActionRemindersNext, admins, (*Handlers).dryRun},
		{view.ActionRemindersWho, admins, (*Handlers).dryRunList},
		{view.ActionRemindersReport, admins, (*Handlers).remindersReport},
		{view.ActionRemindersSkip, admins, (*Handlers).skipReminders},
		{view.ActionRemindersHalt, admins, (*Handlers).pausePreviewed},
		{view.ActionPreviewsStop, members, (*Handlers).stopPreviews},
		{view.ActionPreviewsTell, admins, (*Handlers).tellPreviews},
		{view.ActionRunPeople, admins, (*Handlers).runPeople},
		{view.ActionAudit, admins, (*Handlers).openAudit},
		{view.ActionAuditOlder, admins, (*Handlers).turnAudit},
		{view.ActionAuditNewer, admins, (*Handlers).turnAudit},
	}
}

func actionByID(id string) (action, bool) {
	for _, a := range actions() {
		if a.id == id {
			return a, true
		}
	}
	return action{}, false
}

// wishes lists the actions by which people say no, or later. What they ask for is done before the click is acknowledged, which all
// others are as soon as they are heard: Slack delivers no click again, and a no must not get lost with a process.
func wishes() []string {
	return []string{
		view.ActionNudgeSnooze,
		view.ActionNudgeStop,
		view.ActionInviteDecline,
		view.ActionConfirmNo,
		view.ActionUntold,
		view.ActionTellEndings,
	}
}

// A form is a modal, by its callback id.
type form struct {
	id  string
	who audience
	run func(*Handlers, context.Context, *request, slack.View) (*slack.ViewSubmissionResponse, func(context.Context) (reply, error), error)
	// closed hears that it was dismissed; nil: nothing to do. Needs notify_on_close.
	closed func(*Handlers, context.Context, *request, slack.View) error
}

// forms lists every modal that can be submitted.
func forms() []form {
	return []form{
		// Whoever removes themselves is no member any more when their click is repeated.
		{view.FormRemoval, everyone, (*Handlers).submitRemoval, (*Handlers).removalClosed},
		{view.FormPostURL, admins, (*Handlers).postURL, nil},
		{view.FormEmail, inviters, (*Handlers).draftEmails, nil},
		{view.FormEmailConfirm, inviters, (*Handlers).sendEmails, (*Handlers).dropEmails},
		{view.FormDMPeople, inviters, (*Handlers).dmPeople, nil},
		{view.FormRun, admins, (*Handlers).confirmRun, nil},
		{view.FormSettings, admins, (*Handlers).saveSettings, nil},
		{view.FormReminders, admins, (*Handlers).checkReminders, nil},
		{view.FormRemindersSave, admins, (*Handlers).saveReminders, nil},
		{view.FormHolidays, admins, (*Handlers).saveHolidays, nil},
		{view.FormOldInvitations, admins, (*Handlers).countOld, nil},
		{view.FormResendOld, admins, (*Handlers).resendOld, nil},
		{view.FormCaseRequest, admins, (*Handlers).requestCase, (*Handlers).requestDropped},
		{view.FormCaseDecline, operators, (*Handlers).declineCase, nil},
	}
}

func formByID(id string) (form, bool) {
	for _, f := range forms() {
		if f.id == id {
			return f, true
		}
	}
	return form{}, false
}
