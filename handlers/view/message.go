// Package view draws: pure functions from store's types to Block Kit. User text is escaped here and nowhere else.
package view

import (
	"github.com/slack-go/slack"
)

// A Message is a screen: an ephemeral message, a DM, or the content of the Home tab.
type Message struct {
	Text   string        // what a screen reader speaks and a notification shows
	Blocks []slack.Block // at most 50 in a message, 100 in the Home tab (https://docs.slack.dev/reference/block-kit/blocks)
	Notice *Notice       // what just happened, or nil
}

// A Notice is a coloured bar: green for what worked, red for what did not.
type Notice struct {
	Good    bool
	Text    string               // mrkdwn
	Buttons []slack.BlockElement // what can be done about it
}

// Colours of the bars, as Slack's own clients use for success and danger.
const (
	green = "#2eb67d"
	red   = "#e01e5a"
)

func (n Notice) colour() string {
	if n.Good {
		return green
	}
	return red
}

func (n Notice) blocks() []slack.Block {
	mark := ":white_check_mark: "
	if !n.Good {
		mark = ":warning: "
	}
	blocks := []slack.Block{slack.NewSectionBlock(mrkdwn(mark+n.Text), nil, nil)}
	for _, b := range n.Buttons { // one in each row: two with the same action id do not go together
		blocks = append(blocks, slack.NewActionBlock("", b))
	}
	return blocks
}

func (m Message) attachments() []slack.Attachment {
	if m.Notice == nil {
		return nil
	}
	return []slack.Attachment{{
		Color: m.Notice.colour(), Fallback: m.Notice.Text,
		Blocks: slack.Blocks{BlockSet: m.Notice.blocks()},
	}}
}

// Options posts the message with chat.postMessage and its like, without unfurling links: Slack would fetch them.
func (m Message) Options() []slack.MsgOption {
	opts := []slack.MsgOption{
		slack.MsgOptionText(m.Text, false), slack.MsgOptionBlocks(m.Blocks...),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
	}
	if a := m.attachments(); a != nil {
		opts = append(opts, slack.MsgOptionAttachments(a...))
	}
	return opts
}

// Webhook is the message as an ephemeral answer to a response URL.
func (m Message) Webhook() *slack.WebhookMessage {
	no := false
	return &slack.WebhookMessage{
		Text: m.Text, Blocks: &slack.Blocks{BlockSet: m.Blocks}, Attachments: m.attachments(),
		ResponseType: slack.ResponseTypeEphemeral, UnfurlLinks: &no, UnfurlMedia: &no,
	}
}

// Home is the message as a Home tab, which has no attachments: the notice stands on top.
func (m Message) Home() slack.HomeTabViewRequest {
	blocks := m.Blocks
	if m.Notice != nil {
		blocks = append(m.Notice.blocks(), blocks...)
	}
	return slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: blocks}}
}

// Sentence is a message of one sentence; text is mrkdwn.
func Sentence(text string) Message {
	return Message{Text: text, Blocks: []slack.Block{slack.NewSectionBlock(mrkdwn(text), nil, nil)}}
}

// SentenceModal says one sentence in a modal; text is mrkdwn.
func SentenceModal(text string) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: plain("Herald"), Close: plain("Close"),
		Blocks: slack.Blocks{BlockSet: Sentence(text).Blocks},
	}
}

// Broken is what people read when something failed that they cannot mend.
func Broken(ref string) string {
	return "Something went wrong on our side, and nothing was lost. Please try again; if it happens again, tell your admins this reference: `" + ref + "`."
}

// Message is the notice as a message of its own.
func (n Notice) Message() Message { return Message{Text: n.Text, Blocks: n.blocks()} }
