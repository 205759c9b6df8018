package blockkit

import "regexp"

// CheckView is ValidateView for decoded JSON. See https://docs.slack.dev/reference/views.
func CheckView(view map[string]any) []Problem {
	const at = "/view"
	c := checker{}
	switch view["type"] {
	case "modal":
		c.surface = Modal
		c.only(view, at, "type", "title", "blocks", "close", "submit", "private_metadata", "callback_id", "clear_on_close",
			"notify_on_close", "external_id", "submit_disabled")
		c.text(view, "title", at, maxViewTitle, plain, true)
		c.text(view, "close", at, maxViewTitle, plain, false)
		c.text(view, "submit", at, maxViewTitle, plain, false)
		c.boolean(view, "clear_on_close", at)
		c.boolean(view, "notify_on_close", at)
		c.submit = given(view, "submit")
	case "home":
		c.surface = Home
		c.only(view, at, "type", "blocks", "private_metadata", "callback_id", "external_id")
	default:
		c.badType(view, at)
	}
	c.str(view, "private_metadata", at, 0, maxPrivateMetadata, false)
	c.str(view, "callback_id", at, 0, maxID, false)
	c.str(view, "external_id", at, 0, maxID, false)
	list, ok := view["blocks"].([]any)
	switch {
	case !given(view, "blocks"):
		c.add(at, "missing required field: blocks")
	case !ok:
		c.add(at+"/blocks", "must provide an array")
	default:
		c.blocks(list, at+"/blocks")
	}
	return c.problems
}

// color is what an attachment's bar can be painted with.
var color = regexp.MustCompile(`^(good|warning|danger|#?[0-9A-Fa-f]{3}|#?[0-9A-Fa-f]{6})$`)

// CheckAttachments is ValidateAttachments for decoded JSON.
// See https://docs.slack.dev/messaging/formatting-message-text#attachments.
func CheckAttachments(attachments []any) []Problem {
	const most = 100
	c := checker{surface: Attachment}
	found, places := c.items(attachments, "/attachments", 0, most)
	for i, a := range found {
		at := places[i]
		c.only(a, at, "color", "fallback", "blocks", "callback_id", "id", "author_id", "author_name", "author_subname",
			"author_link", "author_icon", "title", "title_link", "pretext", "text", "image_url", "thumb_url", "service_name",
			"service_icon", "from_url", "original_url", "fields", "actions", "mrkdwn_in", "footer", "footer_icon", "ts")
		c.matches(a, "color", at, color, "a colour")
		if list, ok := a["blocks"].([]any); ok {
			c.blocks(list, at+"/blocks")
		} else if given(a, "blocks") {
			c.add(at+"/blocks", "must provide an array")
		}
		shown := false
		for _, key := range []string{"blocks", "text", "title", "pretext", "fields", "image_url", "thumb_url", "author_name", "fallback"} {
			shown = shown || given(a, key)
		}
		if !shown {
			c.add(at, "must define something to show")
		}
	}
	return c.problems
}
