package slackd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Command types a slash command, such as "/social members", into a channel and returns the app's acknowledgement,
// whose message, if any, is shown. The error is a *Refusal, also shown as Slackbot's ephemeral message, if the app
// did not acknowledge in time or answered nonsense.
func (p *Person) Command(ctx context.Context, channel, text string) (Ack, error) {
	name, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	payload, answers, err := p.commandPayload(channel, name, strings.TrimSpace(rest))
	if err != nil {
		return Ack{}, err
	}
	ack, err := p.send(ctx, "slash_commands", name, true, payload)
	if err == nil && len(ack.Payload) > 0 {
		err = p.s.showAck(ack.Payload, answers)
	}
	if refused, ok := errors.AsType[*Refusal](err); ok {
		err = explain(err, fmt.Sprintf("%s failed with the error %q", name, refused.Code))
		p.slackbot(channel, err.Error())
	}
	return ack, err
}

// commandPayload builds what the app is sent, and where its answers go.
func (p *Person) commandPayload(channelID, name, text string) (object, *replyURL, error) {
	s := p.s
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := p.account()
	if err != nil {
		return nil, nil, err
	}
	c := s.conversation(channelID)
	if c == nil || !c.visibleTo(p.id) {
		return nil, nil, &Refusal{Code: "channel_not_found", Text: "there is no such channel"}
	}
	i := slices.IndexFunc(s.app.Commands, func(c Command) bool { return c.Name == name })
	if i < 0 {
		return nil, nil, &Refusal{Code: "no_such_command", Text: name + " is not a valid command."}
	}
	if s.app.Commands[i].ShouldEscape {
		text = s.escape(text)
	}
	url := s.newReplyURL(p.id, c.ID, nil)
	payload := object{
		"token":        "sandbox",
		"team_id":      a.TeamID,
		"team_domain":  s.team.Domain,
		"channel_id":   c.ID,
		"channel_name": payloadName(c),
		"user_id":      a.ID,
		"user_name":    a.Name,
		"command":      name,
		"text":         text,
		"api_app_id":   s.app.ID,
		"response_url": url,
		"trigger_id":   s.newTrigger(p.id, c.ID, ""),
	}
	if s.team.EnterpriseID != "" {
		payload["enterprise_id"], payload["enterprise_name"] = s.team.EnterpriseID, s.team.Name
	}
	return payload, s.replies.order[len(s.replies.order)-1], nil
}

// payloadName is how payloads name a channel.
func payloadName(c *channel) string {
	switch {
	case c.IsIM:
		return "directmessage"
	case c.IsPrivate:
		return "privategroup"
	}
	return c.Name
}

// mention matches what people type to mention somebody or a channel.
var mention = regexp.MustCompile(`(^|[\s,;(])([@#])([^\s,;()<>&]+)`)

// escape turns typed mentions into ids and escapes the rest, as commands with should_escape get it. Callers hold mu.
// See https://docs.slack.dev/interactivity/implementing-slash-commands.
func (s *Server) escape(text string) string {
	text = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
	// Twice, as two mentions may share the space between them.
	for range 2 {
		text = mention.ReplaceAllStringFunc(text, func(typed string) string {
			parts := mention.FindStringSubmatch(typed)
			if found := s.resolve(parts[2], parts[3]); found != "" {
				return parts[1] + found
			}
			return typed
		})
	}
	return text
}

// resolve returns the escaped mention of a user, group or channel; "" if there is none. Callers hold mu.
func (s *Server) resolve(sigil, name string) string {
	if sigil == "#" {
		if c := s.channels.byName[name]; c != nil {
			return "<#" + c.ID + "|" + c.Name + ">"
		}
		return ""
	}
	if a := s.directory.byName[name]; a != nil {
		return "<@" + a.ID + "|" + a.Name + ">"
	}
	for _, g := range s.directory.groups {
		if g.Handle == name {
			return "<!subteam^" + g.ID + "|@" + g.Handle + ">"
		}
	}
	if name == "channel" || name == "here" || name == "everyone" {
		return "<!" + name + ">"
	}
	return ""
}

// showAck shows the message in a command's acknowledgement.
func (s *Server) showAck(payload json.RawMessage, to *replyURL) error {
	var said reply
	if err := json.Unmarshal(payload, &said); err != nil {
		return &Refusal{Code: "dispatch_unknown_error"}
	}
	if said.Text == "" && said.Blocks == nil && said.Attachments == nil {
		return nil
	}
	err := s.apply(said, to)
	if refused, ok := errors.AsType[*refusal](err); ok {
		s.log.Warn("acknowledgement of a command is invalid", "error", refused.code, "details", refused.messages)
		return &Refusal{Code: refused.code}
	}
	return err
}

// slackbot shows a message of Slackbot to the person.
func (p *Person) slackbot(channelID, text string) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if c := p.s.conversation(channelID); c != nil {
		p.s.whisper(c, p.id, &Message{User: slackbotID, Text: text})
	}
}

// Shortcut runs the app's global shortcut with this callback id. The error is a *Refusal if the app did not
// acknowledge in time.
func (p *Person) Shortcut(ctx context.Context, callbackID string) (Ack, error) {
	s := p.s
	s.mu.Lock()
	a, err := p.account()
	if err == nil && !slices.ContainsFunc(s.app.Shortcuts, func(sc Shortcut) bool { return sc.CallbackID == callbackID }) {
		err = &Refusal{Code: "no_such_shortcut", Text: "there is no such shortcut"}
	}
	if err != nil {
		s.mu.Unlock()
		return Ack{}, err
	}
	payload := s.interaction("shortcut", a)
	payload["callback_id"] = callbackID
	payload["trigger_id"] = s.newTrigger(p.id, "", "")
	payload["action_ts"] = s.newTS()
	s.mu.Unlock()
	ack, err := p.send(ctx, "interactive", "shortcut", false, payload)
	return ack, explain(err, "This didn't work. Try again?")
}
