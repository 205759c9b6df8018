package slackd

import (
	"cmp"
	"errors"
	"strings"
)

// chatPostMessage posts a message: https://docs.slack.dev/reference/methods/chat.postMessage.
// A user's id as channel means their DM.
func (s *Server) chatPostMessage(c *call) (object, error) {
	said, err := s.parseContent(c.arg("text"), c.raw("blocks"), c.raw("attachments"), c.raw("metadata"))
	if err != nil {
		return nil, err
	}
	said.text = cut(said.text, maxText)
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, err := s.postable(c.arg("channel"))
	if err != nil {
		return nil, err
	}
	if err := s.spendMessage(ch); err != nil {
		return nil, err
	}
	m := &Message{
		User:        s.app.BotUserID,
		BotID:       s.app.BotID,
		ThreadTS:    c.arg("thread_ts"),
		UnfurlLinks: c.on("unfurl_links", false),
		UnfurlMedia: c.on("unfurl_media", true),
	}
	said.set(m, false)
	s.post(ch, m)
	return object{"channel": ch.ID, "ts": m.TS, "message": s.messageObject(m)}, nil
}

// postable returns the conversation the app may post to. Callers hold mu.
func (s *Server) postable(id string) (*channel, error) {
	if id == "" {
		return nil, refuse("channel_not_found")
	}
	if strings.HasPrefix(id, "U") || strings.HasPrefix(id, "W") {
		ch, err := s.openDM(id)
		if refused, ok := errors.AsType[*refusal](err); ok {
			if refused.code == "user_not_found" || refused.code == "user_not_visible" {
				return nil, refuse("channel_not_found")
			}
			return nil, err
		}
		id = ch.ID
	}
	ch := s.conversation(id)
	if ch == nil {
		ch = s.channels.byName[strings.TrimPrefix(id, "#")]
	}
	member := ch != nil && ch.members[s.app.BotUserID]
	switch {
	case ch == nil, ch.IsPrivate && !member:
		return nil, refuse("channel_not_found")
	case ch.IsIM:
		return ch, s.dmable(ch)
	case !member && !s.granted("chat:write.public"):
		return nil, refuse("not_in_channel")
	}
	return ch, nil
}

// dmable tells why the app cannot write to a DM. Callers hold mu.
func (s *Server) dmable(ch *channel) error {
	if _, err := s.openDM(ch.User); err != nil {
		return err
	}
	if !s.app.MessagesTab {
		return refuse("messages_tab_disabled")
	}
	return s.breakDM(ch.User)
}

// spendMessage takes one message of the channel's and the workspace's rate. Callers hold mu.
func (s *Server) spendMessage(ch *channel) error {
	now := s.now()
	if rate := s.limits.TeamPerMinute; rate > 0 {
		if err := rateLimited(s.teamRate.take(now, float64(rate)/60, cmp.Or(s.limits.TeamBurst, rate))); err != nil {
			return err
		}
	}
	if rate := s.limits.ChannelPerSecond; rate > 0 {
		return rateLimited(ch.rate.take(now, rate, s.limits.ChannelBurst))
	}
	return nil
}
