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

	BlockInviters = "inviters"
	BlockLinkDays = "link_days"
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
	days := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, InputValue)
	for _, n := range store.LinkDays() {
		o := slack.NewOptionBlockObject(strconv.Itoa(n), plain(count(n, "day", "days")), nil)
		if days.Options = append(days.Options, o); n == now.LinkDays {
			days.InitialOption = o
		}
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: FormSettings,
		Title: plain("Settings"), Submit: plain("Save"), Close: plain("Cancel"),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewInputBlock(BlockInviters, plain("Who may invite coworkers?"),
				plain("Whoever is no company admin invites employees only, and does not see the member list."), inviters),
			slack.NewInputBlock(BlockLinkDays, plain("How long does a registration link work?"),
				plain("Links that were sent before keep the time they were given."), days),
		}},
	}
}

// SettingsSaved says how things are now.
func SettingsSaved(now store.Settings) slack.ModalViewRequest {
	m := SentenceModal(":white_check_mark: Saved. " + initial(Inviters(now.Inviters)) + " may invite, and new registration links work for " +
		count(now.LinkDays, "day", "days") + ".")
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
