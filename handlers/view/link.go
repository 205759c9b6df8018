package view

import (
	"github.com/slack-go/slack"

	"herald/store"
)

// Controls of the company URL.
const (
	ActionPostURL  = "url_post"
	ActionDMPeople = "url_dm"
	ActionInvite   = "url_invite"
	ActionURLMenu  = "url_menu"
	FormPostURL    = "url_post"
	FormDMPeople   = "url_dm"

	// OptionRotate is the menu's only option.
	OptionRotate = "rotate"
)

// Inputs of the forms.
const (
	BlockChannel = "channel"
	BlockText    = "text"
	BlockPeople  = "people"
	BlockAs      = "as"

	// InputValue is the action id of every form's only input in a block.
	InputValue = "value"
)

// Limits of the forms.
const (
	// PostLimit is how long the words of a post may be: a section holds 3,000 characters
	// (https://docs.slack.dev/reference/block-kit/blocks/section-block), and the post should stay readable.
	PostLimit = 2000
	// InviteAtOnce is how many people one form or command invites: those who are not in the mirror are looked up one by one.
	InviteAtOnce = 50
)

// CompanyURL shows the company URL and what can be done with it.
func CompanyURL(c store.Company, url, screenID string, rev int) []slack.Block {
	menu := slack.NewOverflowBlockElement(ActionURLMenu,
		slack.NewOptionBlockObject(OptionRotate, plain("Rotate: make a new URL…"), nil)).
		WithConfirm(slack.NewConfirmationBlockObject(
			plain("Make a new company URL?"),
			plain("The old URL stops working at once, and so do the links of invitations that were sent with it. "+
				"Post the new one where people look for it, and resend open invitations."),
			plain("Make a new URL"), plain("Keep it")).WithStyle(slack.StyleDanger))
	return []slack.Block{
		slack.NewSectionBlock(mrkdwn("Company URL  "+code(url)), nil, nil,
			slack.SectionBlockOptionBlockID(BlockID(screenID, rev, "url", ""))),
		slack.NewActionBlock(BlockID(screenID, rev, "urlactions", ""),
			button(ActionPostURL, c.ID, "Post to a channel…"),
			button(ActionDMPeople, c.ID, "DM to people…"),
			button(ActionEmail, c.ID, "Email invitations…"),
			button(ActionInvite, "", "Invite"),
			menu),
	}
}

// Link answers /social link.
func Link(c store.Company, url, screenID string, rev int) Message {
	blocks := []slack.Block{
		section("*" + escape(clip(c.Name, nameShown)) + "'s registration page*\n" +
			"Safe to paste in a channel or an email: people sign up there themselves, and nobody from outside becomes a member without your approval."),
	}
	return Message{
		Text:   "Company URL: " + url,
		Blocks: append(blocks, CompanyURL(c, url, screenID, rev)...),
	}
}

// PostURL is the form that posts the company URL to a channel; screenID is where the result is shown.
func PostURL(c store.Company, url, screenID string) slack.ModalViewRequest {
	channel := &slack.SelectBlockElement{
		Type: slack.OptTypeConversations, ActionID: InputValue, Placeholder: plain("Choose a channel"), DefaultToCurrentConversation: true,
		// People of other workspaces read along in shared channels, and cannot sign up.
		Filter: &slack.SelectBlockElementFilter{Include: []string{"public", "private"}, ExcludeExternalSharedChannels: true},
	}
	text := slack.NewPlainTextInputBlockElement(nil, InputValue).WithInitialValue(postText(c)).WithMultiline(true).WithMaxLength(PostLimit)
	blocks := []slack.Block{
		slack.NewInputBlock(BlockChannel, plain("Channel"), plain("A private channel needs Herald as a member: type /invite @Herald there first."), channel),
		slack.NewInputBlock(BlockText, plain("Your message"), nil, text),
		slack.NewDividerBlock(),
		quiet("*Preview* · Herald adds this under your message:"),
		postFooter(url),
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: FormPostURL, PrivateMetadata: screenID,
		Title: plain("Post company URL"), Submit: plain("Post"), Close: plain("Cancel"),
		Blocks: slack.Blocks{BlockSet: blocks},
	}
}

func postText(c store.Company) string {
	return "Help " + clip(tidy(c.Name), nameShown) + " hire people you would like to work with.\n" +
		"Sign up once, and share open jobs with your network whenever you feel like it. Nothing is ever posted without your click."
}

func postFooter(url string) slack.Block {
	return slack.NewSectionBlock(mrkdwn(code(url)), nil,
		slack.NewAccessory(button(ActionSignupLink, "", "Sign up").WithURL(url).WithStyle(slack.StylePrimary)))
}

// URLPost is the message in the channel: an admin's words as they typed them, and the company URL.
func URLPost(words, url, adminID string) Message {
	return Message{
		Text: escape(words) + " " + url,
		Blocks: []slack.Block{
			slack.NewSectionBlock(literal(words), nil, nil),
			postFooter(url),
			quiet("Posted by " + mention(adminID)),
		},
	}
}

// URLPosted says where the company URL was posted.
func URLPosted(channelID string) Notice {
	return Notice{Good: true, Text: "Posted in <#" + channelID + ">."}
}

// URLNotPosted explains why a channel could not be posted to, from Slack's error code
// (https://docs.slack.dev/reference/methods/chat.postMessage#errors).
func URLNotPosted(channelID, code string) Notice {
	var why string
	switch code {
	case "not_in_channel", "channel_not_found":
		why = "Herald is not a member of <#" + channelID + ">. Type `/invite @Herald` there, then post again."
	case "is_archived":
		why = "<#" + channelID + "> is archived. Choose another channel."
	case "restricted_action", "restricted_action_read_only_channel", "restricted_action_non_threadable_channel":
		why = "Only certain people may post in <#" + channelID + ">. Choose another channel, or paste the URL yourself."
	case "msg_too_long":
		why = "The message is too long. Shorten it, then post again."
	default:
		why = "Slack did not accept the message for <#" + channelID + "> (" + code + "). Choose another channel, or paste the URL yourself."
	}
	return Notice{Text: "Not posted. " + why}
}

// URLRotated says what a new company URL means.
func URLRotated() Notice {
	return Notice{Good: true, Text: "The company URL is new, and the old one stopped working. Post it again where people look for it, and resend open invitations."}
}

// DMPeople is the form that invites people by DM; screenID is where the result is shown, and admin whether a company admin invites, who
// chooses the user type and may invite everybody in a channel, in one of the user groups, or at the company.
func DMPeople(c store.Company, screenID string, admin bool, groups []UserGroup) slack.ModalViewRequest {
	people := &slack.MultiSelectBlockElement{
		Type: slack.MultiOptTypeUser, ActionID: InputValue, Placeholder: plain("Choose people"), MaxSelectedItems: new(InviteAtOnce),
	}
	blocks := []slack.Block{slack.NewInputBlock(BlockPeople, plain("Who?"), nil, people).WithOptional(admin)}
	if admin {
		blocks = append(blocks, audience(groups)...)
		blocks = append(blocks, asWhat())
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: FormDMPeople, PrivateMetadata: screenID,
		Title: plain("Invite people"), Submit: plain("Send invitations"), Close: plain("Cancel"),
		Blocks: slack.Blocks{BlockSet: append(blocks,
			quiet("Herald sends each of them a direct message with a link that only they can use, and says that *you* invite them to share "+
				escape(clip(c.Name, nameShown))+"'s jobs."))},
	}
}
