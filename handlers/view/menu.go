package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"herald/store"
)

// Menu is what /social and the top of the Home tab show.
type Menu struct {
	Company store.Company
	Member  *store.Member // nil: not registered
	// SignupURL is the person's own registration link. "" for somebody not registered: the button asks for it first. A member needs it
	// to connect a network, see Networks.
	SignupURL string
	PageURL   string              // see Networks
	Inviter   bool                // they may invite coworkers
	Offered   Offered             // networks that people can connect
	Admins    []store.Member      // for somebody not registered
	Counts    map[store.Group]int // for a company admin
	// NextReminder is, for a company admin, when reminders run next, on the company's clock; zero: they do not.
	NextReminder time.Time
	Now          time.Time
}

// Message draws the menu.
func (m Menu) Message() Message {
	if m.Member == nil {
		return m.signup()
	}
	var invite []slack.BlockElement
	if m.Inviter {
		invite = append(invite, button(ActionInviteCoworker, "", "Invite a coworker"))
	}
	blocks := []slack.Block{
		section("*" + escape(m.Company.Name) + " social recruiting*\nHello " + escape(m.Member.Name) + ", you are " + article(m.Member.Type) + " *" + TypeName(m.Member.Type) + "*."),
	}
	networks := Networks{Member: *m.Member, Offered: m.Offered, URL: m.SignupURL, PageURL: m.PageURL, Now: m.Now}
	blocks = append(blocks, networks.rows(ActionDisconnect, func(store.Connection) string { return "" })...)
	blocks = append(blocks, slack.NewActionBlock("", slices.Concat(networks.buttons(ActionDropPage), invite, []slack.BlockElement{
		button(ActionMe, "", "My data"),
		button(ActionPreview, "", "See how a post would look"),
		button(ActionLeave, "", "Leave"),
	})...))
	if m.Member.Type == store.Admin {
		blocks = append(blocks,
			slack.NewDividerBlock(),
			section("*Company*\n"+numbers(m.Counts)+nextReminder(m.NextReminder)),
			slack.NewActionBlock("",
				button(ActionMembers, "", "User Management"),
				button(ActionInvitations, "", "Invitations"),
				button(ActionReminders, "", "Reminders"),
				button(ActionAudit, "", "Audit"),
				button(ActionSettings, "", "Settings")))
	}
	return Message{Text: "The menu of " + escape(m.Company.Name) + "'s social recruiting. You are " + article(m.Member.Type) + " " + TypeName(m.Member.Type) + ".", Blocks: blocks}
}

func (m Menu) signup() Message {
	company := escape(m.Company.Name)
	sign := button(ActionSignup, "", "Sign up").WithStyle(slack.StylePrimary)
	if m.SignupURL != "" {
		sign = button(ActionSignupLink, "", "Sign up").WithStyle(slack.StylePrimary).WithURL(m.SignupURL)
	}
	return Message{
		Text: "Help " + company + " hire people you would like to work with: sign up with `/social`.",
		Blocks: []slack.Block{
			section("*Help " + company + " hire people you would like to work with*\n" +
				"Sign up once, and share open jobs with your network whenever you feel like it.\n" + promises),
			slack.NewActionBlock("", sign,
				button(ActionPreview, "", "See how a post would look"),
				button(ActionStored, "", "What is stored?")),
			quiet(yourAdmins(m.Admins)),
		},
	}
}

// promises are the privacy promises, in the words of every surface.
const promises = "• Nothing is ever posted without your click.\n" +
	"• Nobody, not even an admin, can get into your account.\n" +
	"• Leave any time; everything about you is erased."

// numbers is the company in one line.
func numbers(counts map[store.Group]int) string {
	registered := counts[store.All]
	return fmt.Sprintf("%s registered of %s · %s invited",
		number(registered), number(registered+counts[store.Unregistered]), number(counts[store.Invited]))
}

// nextReminder goes after the numbers.
func nextReminder(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " · next reminder " + t.Format("Mon 2 Jan 15:04")
}

// TypeName is a user type in words.
func TypeName(t store.MemberType) string {
	switch t {
	case store.Recruiter:
		return "recruiter"
	case store.Admin:
		return "company admin"
	case store.Employee:
	}
	return "employee"
}

// article goes before TypeName.
func article(t store.MemberType) string {
	if t == store.Employee {
		return "an"
	}
	return "a"
}

// AdminsShown is how many admins a sentence names.
const AdminsShown = 5

// LastAdmin is what somebody reads who would leave the company without an admin.
const LastAdmin = "A company needs at least one company admin, so the last one cannot be removed or changed. " +
	"Make somebody else a company admin first (User Management, then their user type), and try again."

// AskAnAdmin is what somebody reads who tried something for company admins.
func AskAnAdmin(admins []store.Member) string {
	if len(admins) == 0 {
		return "Only company admins can do that, and there is none yet. Ask whoever installed Herald."
	}
	return "Only company admins can do that. " + yourAdmins(admins)
}

func yourAdmins(admins []store.Member) string {
	if len(admins) == 0 {
		return "There is no company admin yet."
	}
	names := make([]string, len(admins))
	for i, a := range admins {
		names[i] = who(a)
	}
	return "Your admins: " + strings.Join(names, ", ")
}

// who names a member: Slack shows the current name of a Slack user.
func who(m store.Member) string {
	if m.SlackID != "" {
		return mention(m.SlackID)
	}
	return escape(m.Name)
}

// StoredModal tells what Herald stores about a member, and who sees it.
func StoredModal(c store.Company) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: plain("What is stored?"), Close: plain("Close"),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			section("*Once you sign up, Herald stores*\n" +
				"• your name and the email address you enter\n" +
				"• your Slack name, handle, email address and time zone, and whether your status says that you are away, as Slack shows them to everybody at " + escape(c.Name) + "\n" +
				"• your user type, the day you signed up, and whether you want to be told before an access ends\n" +
				"• the networks you connect: your id there, what you allowed and until when, and an encrypted key that lets Herald post what you click\n" +
				"• the name of the company Page that you manage, if you connect it"),
			section("*It never stores* your passwords, your contacts or your messages."),
			section("*Who sees it* Company admins see your name and email address, your user type, which networks you connect, and what became of your " +
				"invitation. Your coworkers see none of it. If you say no, admins see that you did, and never why: reasons are only counted."),
			section(promises),
			section("*Already now* it knows what Slack shows to everybody at " + escape(c.Name) + ", whether you were invited, and which reminders you got. If you choose *Don't remind me*, a code that only your Slack account leads to is kept for good, so that it holds."),
			slack.NewActionBlock("", button(ActionDownload, "", "Download my data")),
		}},
	}
}
