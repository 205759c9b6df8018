package slackd

import (
	"context"
	"maps"
	"strings"
)

// Say writes a message as the person and returns it. A subscribed app hears message.channels, message.groups or
// message.im, and app_mention. It fails with a *Refusal where the person cannot write.
func (p *Person) Say(_ context.Context, channelID, text string) (Message, error) {
	s := p.s
	s.mu.Lock()
	a, err := p.account()
	if err != nil {
		s.mu.Unlock()
		return Message{}, err
	}
	c := s.conversation(channelID)
	if c == nil || !c.visibleTo(p.id) {
		s.mu.Unlock()
		return Message{}, &Refusal{Code: "channel_not_found", Text: "there is no such channel"}
	}
	if a.Deleted || c.IsIM && (!s.app.MessagesTab || s.app.MessagesReadOnly) {
		s.mu.Unlock()
		return Message{}, &Refusal{Code: "restricted_action", Text: "Sending messages to this app has been turned off."}
	}
	m := s.post(c, &Message{User: p.id, Text: s.escape(text)})
	said := *m
	s.mu.Unlock()
	event := object{"user": p.id, "text": said.Text, "ts": said.TS, "event_ts": said.TS, "channel": c.ID, "team": a.TeamID}
	kinds := map[string]string{"channels:read": "channel", "groups:read": "group", "im:read": "im"}
	event["channel_type"] = kinds[c.scopeOf("read")]
	s.publishMessage(event)
	return said, nil
}

// publishMessage sends the events a person's message causes.
func (s *Server) publishMessage(event object) {
	kind := str(event, "channel_type")
	subscribed := map[string]string{"channel": "message.channels", "group": "message.groups", "im": "message.im"}[kind]
	for _, e := range s.app.Events {
		switch {
		case e == subscribed && s.member(str(event, "channel")):
			message := maps.Clone(event)
			message["type"] = "message"
			s.sendEvent(message)
		case e == "app_mention" && strings.Contains(str(event, "text"), "<@"+s.app.BotUserID):
			s.publish("app_mention", event)
		}
	}
}

// member tells whether the app is in a conversation.
func (s *Server) member(channelID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.conversation(channelID)
	return c != nil && c.members[s.app.BotUserID]
}

// MessageElements lists the interactive elements of a message in reading order, its attachments' last, with the
// person's current inputs.
func (p *Person) MessageElements(channelID, ts string) []Element {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	m := p.s.lookup(channelID, ts, p.id)
	if m == nil {
		return nil
	}
	return listElements(messageBlocks(m), Target{Channel: channelID, TS: ts}, p.s.messageInputs(p.id, m))
}

// messageBlocks decodes all blocks of a message.
func messageBlocks(m *Message) []any {
	blocks := decodeArray(m.Blocks)
	for _, a := range objects(decodeArray(m.Attachments)) {
		list, _ := a["blocks"].([]any)
		blocks = append(blocks, list...)
	}
	return blocks
}

// messageInputs returns what a person filled in a message, as it is drawn now. Callers hold mu.
func (s *Server) messageInputs(userID string, m *Message) inputs {
	before := s.desk(userID).inputs[m.Channel+m.TS]
	return nextInputs(messageBlocks(m), before, m.Channel)
}

// keepInputs remembers what a person filled in a message. Callers hold mu.
func (d *desk) keepInputs(m *Message, in inputs) {
	key := m.Channel + m.TS
	if d.inputs[key] == nil {
		if forgotten, full := d.inputOrder.add(key); full {
			delete(d.inputs, forgotten)
		}
	}
	d.inputs[key] = in
}
