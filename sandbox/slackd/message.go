package slackd

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"herald/sandbox/slackd/blockkit"
)

// maxText is where chat.postMessage truncates and chat.update refuses text, in characters.
// See https://docs.slack.dev/reference/methods/chat.postMessage.
const maxText = 40_000

// maxAttachments is the most attachments one message takes.
const maxAttachments = 100

// content is what the app may set in a message.
type content struct {
	text           string
	blocks         []any // decoded, with ids; nil: none
	attachments    []any // decoded; nil: none
	metadata       json.RawMessage
	hasBlocks      bool // blocks were given, if only as an empty array
	hasAttachments bool
}

// parseContent checks what the app wants to say. Any ids blocks lack are made up.
func (s *Server) parseContent(text string, blocks, attachments, metadata json.RawMessage) (content, error) {
	c := content{text: text}
	if len(blocks) > 0 && string(blocks) != "null" {
		if c.blocks = decodeArray(blocks); c.blocks == nil {
			return c, refuse("invalid_blocks_format")
		}
		if problems := blockkit.Check(blockkit.Message, c.blocks); len(problems) > 0 {
			return c, refuse("invalid_blocks", problemTexts(problems)...)
		}
		c.hasBlocks = true
		s.identify(c.blocks)
	}
	if len(attachments) > 0 && string(attachments) != "null" {
		if c.attachments = decodeArray(attachments); c.attachments == nil {
			return c, refuse("invalid_attachments")
		}
		if len(c.attachments) > maxAttachments {
			return c, refuse("too_many_attachments")
		}
		if problems := blockkit.CheckAttachments(c.attachments); len(problems) > 0 {
			return c, refuse("invalid_attachments", problemTexts(problems)...)
		}
		c.hasAttachments = true
		for i, a := range objects(c.attachments) {
			a["id"] = i + 1
			list, _ := a["blocks"].([]any)
			s.identify(list)
		}
	}
	if len(metadata) > 0 {
		var m struct {
			Type    string `json:"event_type"`
			Payload object `json:"event_payload"`
		}
		if json.Unmarshal(metadata, &m) != nil || m.Type == "" && m.Payload != nil {
			return c, refuse("invalid_metadata_format")
		}
		if m.Type != "" { // slack-go sends empty metadata to response_urls
			c.metadata = metadata
		}
	}
	if strings.TrimSpace(c.text) == "" && len(c.blocks) == 0 && len(c.attachments) == 0 {
		return c, refuse("no_text")
	}
	return c, nil
}

// problemTexts words problems as response_metadata.messages does.
func problemTexts(problems []blockkit.Problem) []string {
	texts := make([]string, len(problems))
	for i, p := range problems {
		texts[i] = p.String()
	}
	return texts
}

// identify gives blocks and their elements the ids they lack, as Slack does. A block that is drawn again as it was has the same one: a
// click on what somebody still sees arrives then, as it does in Slack, which knows what they saw.
func (s *Server) identify(blocks []any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, b := range objects(blocks) {
		if str(b, "block_id") == "" {
			hash := fnv.New64a()
			fmt.Fprintf(hash, "%d %v", i, b)
			b["block_id"] = "b" + strconv.FormatUint(hash.Sum64(), 36)
		}
		for _, e := range elementsOf(b) {
			if str(e, "action_id") == "" && e["type"] != "image" {
				e["action_id"] = s.newID("a")
			}
		}
	}
}

// set writes the content into m. What a partial update leaves out stays.
func (c content) set(m *Message, partial bool) {
	m.Text = c.text
	if c.hasBlocks || !partial {
		m.Blocks = encodeList(c.blocks)
	}
	if c.hasAttachments || !partial {
		m.Attachments = encodeList(c.attachments)
	}
	if len(c.metadata) > 0 || !partial {
		m.Metadata = c.metadata
	}
}

// encodeList renders a decoded array; nil if it is empty.
func encodeList(list []any) json.RawMessage {
	if len(list) == 0 {
		return nil
	}
	return encode(list)
}

// cut shortens a text to n characters.
func cut(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n])
}

// post adds a message of the app to a conversation. Callers hold mu.
func (s *Server) post(c *channel, m *Message) *Message {
	s.stamp(c, m)
	c.messages = trim(append(c.messages, m), s.limits.KeepMessages)
	s.channelChanged(c)
	return m
}

// keptWhispers is how many ephemeral messages one reader keeps in each conversation.
const keptWhispers = 50

// whisper adds an ephemeral message. Callers hold mu.
func (s *Server) whisper(c *channel, reader string, m *Message) {
	s.stamp(c, m)
	m.Ephemeral, m.Reader = true, reader
	d := s.desk(reader)
	d.ephemerals[c.ID] = trim(append(d.ephemerals[c.ID], m), min(keptWhispers, s.limits.KeepMessages))
	s.changed(Change{Kind: "message", Channel: c.ID}, reader)
}

// stamp dates a message.
func (s *Server) stamp(c *channel, m *Message) {
	m.Channel, m.TS, m.At = c.ID, s.newTS(), s.now()
}

// trim forgets all but the last keep messages, in steps, so that adding one stays cheap.
func trim(list []*Message, keep int) []*Message {
	if len(list) <= keep+keep/2 {
		return list
	}
	return slices.Clone(list[len(list)-keep:])
}

// channelChanged tells everybody who can see the channel. Callers hold mu.
func (s *Server) channelChanged(c *channel) {
	change := Change{Kind: "message", Channel: c.ID}
	if c.IsIM {
		s.changed(change, c.User)
		return
	}
	for userID := range s.watchers {
		if userID != "" && c.visibleTo(userID) {
			s.tell(userID, change)
		}
	}
	s.tell("", change)
}

// find returns the place of the message with this TS in a list; false if it is not there.
func find(list []*Message, ts string) (int, bool) {
	return slices.BinarySearchFunc(list, ts, func(m *Message, ts string) int { return strings.Compare(m.TS, ts) })
}

// lookup returns a message as the reader sees it, or nil. Callers hold mu.
func (s *Server) lookup(channelID, ts, reader string) *Message {
	c := s.conversation(channelID)
	if c == nil || !c.visibleTo(reader) {
		return nil
	}
	if i, ok := find(c.messages, ts); ok {
		return c.messages[i]
	}
	list := s.desk(reader).ephemerals[channelID]
	if i, ok := find(list, ts); ok {
		return list[i]
	}
	return nil
}

// remove takes a message away. Callers hold mu.
func (s *Server) remove(c *channel, m *Message) {
	if m.Ephemeral {
		d := s.desk(m.Reader)
		if i, ok := find(d.ephemerals[c.ID], m.TS); ok {
			d.ephemerals[c.ID] = slices.Delete(d.ephemerals[c.ID], i, i+1)
		}
		s.changed(Change{Kind: "message", Channel: c.ID}, m.Reader)
		return
	}
	if i, ok := find(c.messages, m.TS); ok {
		c.messages = slices.Delete(c.messages, i, i+1)
	}
	s.channelChanged(c)
}

// edited tells who sees the message that it changed. Callers hold mu.
func (s *Server) edited(c *channel, m *Message) {
	if m.Ephemeral {
		s.changed(Change{Kind: "message", Channel: c.ID}, m.Reader)
		return
	}
	m.Edited = true
	s.channelChanged(c)
}

// Message returns a message of a conversation that is not ephemeral.
func (s *Server) Message(channelID, ts string) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.conversation(channelID)
	if c == nil {
		return Message{}, false
	}
	i, ok := find(c.messages, ts)
	if !ok {
		return Message{}, false
	}
	return *c.messages[i], true
}

// Messages returns what the person sees in a channel, oldest first, their ephemeral messages included.
func (p *Person) Messages(channelID string) []Message {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	c := p.s.conversation(channelID)
	if c == nil || !c.visibleTo(p.id) {
		return nil
	}
	whispers := p.s.desk(p.id).ephemerals[channelID]
	list := make([]Message, 0, len(c.messages)+len(whispers))
	for _, m := range c.messages {
		for len(whispers) > 0 && whispers[0].TS < m.TS {
			list = append(list, *whispers[0])
			whispers = whispers[1:]
		}
		list = append(list, *m)
	}
	for _, m := range whispers {
		list = append(list, *m)
	}
	return list
}

// LastMessage returns the newest message the person sees in a channel.
func (p *Person) LastMessage(channelID string) (Message, bool) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	c := p.s.conversation(channelID)
	if c == nil || !c.visibleTo(p.id) {
		return Message{}, false
	}
	var last *Message
	for _, list := range [][]*Message{c.messages, p.s.desk(p.id).ephemerals[channelID]} {
		if n := len(list); n > 0 && (last == nil || list[n-1].TS > last.TS) {
			last = list[n-1]
		}
	}
	if last == nil {
		return Message{}, false
	}
	return *last, true
}

// Dismiss hides an ephemeral message, as "Dismiss message" does.
func (p *Person) Dismiss(channelID, ts string) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if m := p.s.lookup(channelID, ts, p.id); m != nil && m.Ephemeral {
		p.s.remove(p.s.conversation(channelID), m)
	}
}

// messageObject is a message as the Web API shows it. Callers hold mu.
func (s *Server) messageObject(m *Message) object {
	o := object{"type": "message", "user": m.User, "text": m.Text, "ts": m.TS, "team": s.team.ID}
	if m.BotID != "" {
		o["bot_id"], o["app_id"] = m.BotID, s.app.ID
	}
	if m.Ephemeral {
		o["is_ephemeral"] = true
	}
	if m.Edited {
		o["edited"] = object{"user": m.User, "ts": m.TS}
	}
	for key, value := range map[string]json.RawMessage{"blocks": m.Blocks, "attachments": m.Attachments, "metadata": m.Metadata} {
		if len(value) > 0 {
			o[key] = value
		}
	}
	if m.ThreadTS != "" {
		o["thread_ts"] = m.ThreadTS
	}
	if len(m.Files) > 0 {
		list := make([]object, len(m.Files))
		for i, f := range m.Files {
			list[i] = s.fileObject(f)
		}
		o["files"] = list
	}
	return o
}

// tsTime converts a message timestamp to microseconds; 0 if it is none.
func tsTime(ts string) int64 {
	seconds, fraction, _ := strings.Cut(ts, ".")
	micros, err := strconv.ParseInt(seconds+(fraction + "000000")[:6], 10, 64)
	if err != nil {
		return 0
	}
	return micros
}
