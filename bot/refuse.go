package bot

import (
	"context"

	"github.com/slack-go/slack"
)

// What people read when the bot has to answer by itself, within an acknowledgement. Everything else is said by the
// Handler.
const busyText = "Herald cannot take this right now, and nothing was changed. Please try again in a minute."

// slowText answers a submission that took too long; it may still come to pass.
func slowText(ref string) string {
	return "This takes longer than it should. Please look whether it went through before you try again. (Reference " + ref + ")"
}

// brokenText answers a submission that failed in a way nobody foresaw.
func brokenText(ref string) string {
	return "Something broke on Herald's side. Please try again; if it happens again, tell an admin this reference: " + ref
}

// refuse turns away what there is no room for. Events are not acknowledged, so that Slack delivers them later.
func (b *Bot) refuse(ctx context.Context, env envelope) {
	ref := newRef()
	b.refused(env, ref)
	switch env.kind {
	case kindEvent:
	case kindCommand:
		b.acks.add(ack{id: env.id, heard: env.heard, payload: map[string]string{
			"response_type": slack.ResponseTypeEphemeral,
			"text":          busyText,
		}})
	case kindSuggest:
		b.acks.add(ack{id: env.id, heard: env.heard, payload: optionsPayload(nil)})
	default:
		b.acks.add(ack{id: env.id, heard: env.heard})
		b.tell(ctx, env, ref, b.c.Handler.TurnAway, busyText)
	}
}

// refuseSubmit turns away a submission. The modal stays, with everything that was typed if it has an input.
func (b *Bot) refuseSubmit(env envelope, cb slack.InteractionCallback) {
	b.refused(env, newRef())
	b.acks.add(ack{id: env.id, heard: env.heard, payload: sorry(cb, busyText)})
}

// refused counts and logs that something was turned away.
func (b *Bot) refused(env envelope, ref string) {
	b.health.note(func(h *Health) { h.Refused++ })
	b.c.Log.Warn("no room", "ref", ref, "kind", env.kind, "team", env.from.team, "draining", b.draining)
}

// sorry answers a submission with a sentence. Slack shows errors only at input blocks, see
// https://docs.slack.dev/surfaces/modals#displaying_errors; a modal without one is replaced by the sentence.
func sorry(cb slack.InteractionCallback, text string) *slack.ViewSubmissionResponse {
	for _, block := range cb.View.Blocks.BlockSet {
		if input, ok := block.(*slack.InputBlock); ok && input.BlockID != "" {
			return slack.NewErrorsViewSubmissionResponse(map[string]string{input.BlockID: text})
		}
	}
	plain := func(s string) *slack.TextBlockObject {
		return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
	}
	return slack.NewUpdateViewSubmissionResponse(&slack.ModalViewRequest{
		Type:   slack.VTModal,
		Title:  plain("Sorry"),
		Close:  plain("Close"),
		Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewSectionBlock(plain(text), nil, nil)}},
	})
}
