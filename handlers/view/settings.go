package view

import (
	"strconv"

	"github.com/slack-go/slack"

	"herald/store"
)

// Controls of the company's settings.
const (
	ActionSettings = "settings_open"
	FormSettings   = "settings"

	BlockInviters    = "inviters"
	BlockLinkDays    = "link_days"
	BlockJoinerDays  = "joiner_days"
	BlockRemovalDays = "removal_days"
)

// Settings is the form in which a company admin changes the company's settings.
func Settings(now store.Settings) slack.ModalViewRequest {
	var who []*slack.OptionBlockObject
	inviters := slack.NewRadioButtonsBlockElement(InputValue)
	for _, p := range store.InviterPolicies() {
		o := slack.NewOptionBlockObject(string(p), plain(initial(Inviters(p))), nil)
		if who = append(who, o); p == now.Inviters {
			inviters.InitialOption = o
		}
	}
	inviters.Options = who
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: FormSettings,
		Title: plain("Settings"), Submit: plain("Save"), Close: plain("Cancel"),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewInputBlock(BlockInviters, plain("Who may invite coworkers?"),
				plain("Whoever is no company admin invites employees only, and does not see the member list."), inviters),
			slack.NewInputBlock(BlockLinkDays, plain("How long does a registration link work?"),
				plain("Links that were sent before keep the time they were given."), days(store.LinkDays(), now.LinkDays, "")),
			slack.NewInputBlock(BlockJoinerDays, plain("Invite people who join the workspace?"),
				plain("Once, by direct message, unless somebody invited them before. It is for those who join from now on."),
				days(store.JoinerDays(), now.JoinerDays, "No")),
			slack.NewInputBlock(BlockRemovalDays, plain("Remove members who are deactivated in Slack?"),
				plain("Company admins are told about them in any case, and can remove them with a click. For those who are deactivated already, the days count from now."),
				days(store.RemovalDays(), now.RemovalDays, "Only by hand")),
		}},
	}
}

// days is a menu of numbers of days; none is what 0 is called.
func days(choices []int, chosen int, none string) *slack.SelectBlockElement {
	menu := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, InputValue)
	for _, n := range choices {
		text := count(n, "day", "days")
		switch {
		case n == 0:
			text = none
		case none != "":
			text = "After " + text
		}
		o := slack.NewOptionBlockObject(strconv.Itoa(n), plain(text), nil)
		if menu.Options = append(menu.Options, o); n == chosen {
			menu.InitialOption = o
		}
	}
	return menu
}

// SettingsSaved says how things are now.
func SettingsSaved(now store.Settings) slack.ModalViewRequest {
	text := ":white_check_mark: Saved. " + initial(Inviters(now.Inviters)) + " may invite, and new registration links work for " +
		count(now.LinkDays, "day", "days") + "."
	if now.JoinerDays > 0 {
		text += " Whoever joins the workspace is invited after " + count(now.JoinerDays, "day", "days") + "."
	}
	if now.RemovalDays > 0 {
		text += " Members who are deactivated in Slack are removed after " + count(now.RemovalDays, "day", "days") + "."
	}
	m := SentenceModal(text)
	m.Title = plain("Settings")
	return m
}

// Inviters names in words who may invite.
func Inviters(p store.InviterPolicy) string {
	switch p {
	case store.InvitersRecruiters:
		return "company admins and recruiters"
	case store.InvitersEveryone:
		return "everybody who is registered"
	case store.InvitersAdmins:
	}
	return "company admins"
}

// AskAnInviter is what somebody reads who tried to invite and may not.
func AskAnInviter(p store.InviterPolicy, admins []store.Member) string {
	switch p {
	case store.InvitersRecruiters:
		return "Only company admins and recruiters can invite. " + yourAdmins(admins)
	case store.InvitersEveryone:
		return "You can invite coworkers as soon as you are registered yourself: type `/social` to sign up."
	case store.InvitersAdmins:
	}
	return AskAnAdmin(admins)
}
