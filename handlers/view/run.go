package view

import (
	"strings"

	"github.com/slack-go/slack"

	"herald/store"
)

// Controls of invitations of many people at once.
const (
	ActionRunStop = "run_stop" // value: run id
	FormRun       = "run"      // the confirmation; private metadata: the run's id

	BlockMembersOf = "members_of" // everybody in a channel
	BlockGroup     = "group"      // everybody in a user group
	BlockEveryone  = "everyone"   // everybody who is not registered

	// OptionEveryone is the only option of BlockEveryone.
	OptionEveryone = "everyone"
)

// A UserGroup is an @group of the workspace.
type UserGroup struct {
	ID, Handle, Name string
}

// MessagesPerMinute is how fast messages to many people leave: delivery.MessagesPerSecond.
const MessagesPerMinute = 60

// groupsShown is how many options a select takes (https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element).
const groupsShown = 100

// audience asks for everybody in a channel, in a user group, or at the company, beside single people.
func audience(groups []UserGroup) []slack.Block {
	channel := &slack.SelectBlockElement{
		Type: slack.OptTypeConversations, ActionID: InputValue, Placeholder: plain("Choose a channel"),
		Filter: &slack.SelectBlockElementFilter{Include: []string{"public", "private"}},
	}
	blocks := []slack.Block{
		slack.NewInputBlock(BlockMembersOf, plain("Everybody in a channel"), plain("A private channel needs Herald as a member: type /invite @Herald there first."), channel).WithOptional(true),
	}
	if len(groups) > 0 {
		var options []*slack.OptionBlockObject
		for _, g := range groups[:min(len(groups), groupsShown)] {
			const optionText = 75 // characters
			options = append(options, slack.NewOptionBlockObject(g.ID, plain(clip(tidy("@"+g.Handle+" · "+g.Name), optionText)), nil))
		}
		group := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain("Choose a user group"), InputValue, options...)
		blocks = append(blocks, slack.NewInputBlock(BlockGroup, plain("Everybody in a user group"), nil, group).WithOptional(true))
	}
	everyone := slack.NewCheckboxGroupsBlockElement(InputValue,
		slack.NewOptionBlockObject(OptionEveryone, plain("Everybody who is not registered"), nil))
	return append(blocks, slack.NewInputBlock(BlockEveryone, plain("The whole company"), nil, everyone).WithOptional(true))
}

// RunCounting stands where RunConfirm will be, while Slack is asked who they are.
func RunCounting() slack.ModalViewRequest {
	return SentenceModal("Counting… Nothing is sent before you confirm it.")
}

// RunConfirm asks whether so many people are meant.
func RunConfirm(p store.RunPlan) slack.ModalViewRequest {
	modal := slack.ModalViewRequest{Type: slack.VTModal, Title: plain("Nobody to invite"), Close: plain("Close")}
	said := "There is nobody to invite."
	if p.Total > 0 {
		people := count(p.Total, "person", "people")
		modal.CallbackID, modal.PrivateMetadata = FormRun, p.ID
		modal.Title, modal.Submit, modal.Close = plain("Invite "+people+"?"), plain("Send invitations"), plain("Cancel")
		get := "get"
		if p.Total == 1 {
			get = "gets"
		}
		said = "*" + people + "* " + get + " a direct message with a link of their own. It says that *you* invite them"
		if p.As == store.Recruiter {
			said += ", as recruiters"
		}
		said += ".\nThat takes " + atPace(p.Total) + ", and you can stop it while it runs. Who is off work gets it in their next working hours."
	}
	modal.Blocks.BlockSet = []slack.Block{section(said)}
	var left []string
	if p.Registered > 0 {
		left = append(left, "• "+number(p.Registered)+" registered already")
	}
	if p.Invited > 0 {
		left = append(left, "• "+number(p.Invited)+" invited already; to send it again, use *Resend*")
	}
	if p.Declined > 0 {
		left = append(left, "• "+number(p.Declined)+" said no")
	}
	if p.Snoozed > 0 {
		left = append(left, "• "+number(p.Snoozed)+" asked to be reminded later")
	}
	if p.TooSoon > 0 {
		left = append(left, "• "+number(p.TooSoon)+" had a reminder only recently")
	}
	if p.AtCap > 0 {
		left = append(left, "• "+number(p.AtCap)+" got as many reminders as anybody gets")
	}
	if p.Departed > 0 {
		left = append(left, "• "+number(p.Departed)+" left or "+was(p.Departed)+" removed")
	}
	if p.Ineligible > 0 {
		left = append(left, "• "+number(p.Ineligible)+" cannot take part: guests, bots, deactivated accounts, people of other workspaces")
	}
	if len(left) > 0 {
		modal.Blocks.BlockSet = append(modal.Blocks.BlockSet, section("Left out:\n"+strings.Join(left, "\n")))
	}
	return modal
}

// RunUnderWay refuses a second run, and lets the first one be stopped.
func RunUnderWay(r store.Run) slack.ModalViewRequest {
	by := "Somebody"
	if r.StartedBy != "" {
		by = mention(r.StartedBy)
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: plain("One at a time"), Close: plain("Close"),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			section(by + " is inviting people at this moment. Wait until that is done, or stop it, then try again.\n" + progress(r)),
			slack.NewActionBlock("", stop(r)),
		}},
	}
}

// Run is the message that shows how far a run is.
func Run(r store.Run) Message {
	people := count(r.Total, "person", "people")
	if r.Status == store.RunRunning {
		return Message{
			Text: "Inviting " + people + ": " + number(r.Settled) + " done.",
			Blocks: []slack.Block{
				section("*Inviting " + people + "*\n" + progress(r)),
				slack.NewActionBlock("", stop(r)),
			},
		}
	}
	was := "were"
	if r.Sent == 1 {
		was = "was"
	}
	title := number(r.Sent) + " of " + people + " " + was + " invited."
	if r.Status == store.RunStopped {
		title = "Stopped: " + title
	}
	said := []string{"*" + title + "*"}
	if r.Failed > 0 {
		said = append(said, count(r.Failed, "message", "messages")+" could not be delivered: `/social members invited` says why.")
	}
	switch left := r.LeftOut(); {
	case left > 0 && r.Status == store.RunStopped:
		said = append(said, "Nobody else gets a message.")
	case left > 0:
		said = append(said, number(left)+" left out: they signed up, were invited or reminded meanwhile, are away for days, or left.")
	}
	return Message{Text: title, Blocks: []slack.Block{section(strings.Join(said, "\n"))}}
}

// RunStopped says so in place of RunUnderWay.
func RunStopped() slack.ModalViewRequest {
	return SentenceModal("Stopped. Nobody else gets a message.")
}

// RunGone says that a confirmation came too late, or twice.
const RunGone = "These people were chosen too long ago, or were confirmed before. Choose them again to see how many there are now."

func stop(r store.Run) *slack.ButtonBlockElement {
	return button(ActionRunStop, r.ID, "Stop").WithStyle(slack.StyleDanger)
}

// progress is a bar, how long it will take, and for how many that does not hold.
func progress(r store.Run) string {
	const width = 10
	full := 0
	if r.Total > 0 {
		full = r.Settled * width / r.Total
	}
	bar := strings.Repeat("▓", full) + strings.Repeat("░", width-full)
	said := bar + " " + number(r.Settled) + " of " + number(r.Total)
	if ahead := r.Total - r.Settled - r.Waiting; ahead > 0 || r.Waiting == 0 {
		said += " · " + atPace(ahead) + " left"
	}
	if r.Waiting > 0 {
		said += "\n" + waiting(r.Waiting)
	}
	return said
}

// waiting says how many people get their message later.
func waiting(n int) string {
	if n == 1 {
		return "1 waits for a decent hour where they are."
	}
	return number(n) + " wait for a decent hour where they are."
}

// atPace is how long so many messages take.
func atPace(messages int) string {
	minutes := (messages + MessagesPerMinute - 1) / MessagesPerMinute
	switch {
	case minutes <= 1:
		return "about a minute"
	case minutes < 2*60:
		return "about " + number(minutes) + " minutes"
	default:
		return "about " + number((minutes+30)/60) + " hours"
	}
}
