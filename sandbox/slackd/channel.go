package slackd

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// channels are the workspace's conversations.
type channels struct {
	byID   map[string]*channel
	byName map[string]*channel
	order  []*channel // without DMs
}

// channel is a conversation with its members and messages.
type channel struct {
	Channel
	members  map[string]bool
	listed   []string   // members in order; nil after a change
	messages []*Message // by ascending TS
	rate     bucket
}

func newChannels() channels {
	return channels{byID: map[string]*channel{}, byName: map[string]*channel{}}
}

// add creates a public or private channel.
func (cs *channels) add(c Channel) error {
	if c.ID == "" || c.Name == "" {
		return fmt.Errorf("channel %q #%s needs an id and a name", c.ID, c.Name)
	}
	if cs.byID[c.ID] != nil || cs.byName[c.Name] != nil {
		return fmt.Errorf("channel %s #%s is taken", c.ID, c.Name)
	}
	ch := &channel{Channel: c, members: make(map[string]bool, len(c.Members))}
	for _, id := range c.Members {
		ch.members[id] = true
	}
	cs.byID[c.ID], cs.byName[c.Name] = ch, ch
	cs.order = append(cs.order, ch)
	return nil
}

// dmID is the id of the app's DM with a user.
func dmID(userID string) string { return "D" + userID }

// conversation returns the channel with this id, or nil. A DM with the app exists for every user. Callers hold mu.
func (s *Server) conversation(id string) *channel {
	if c := s.channels.byID[id]; c != nil {
		return c
	}
	userID, ok := strings.CutPrefix(id, "D")
	if !ok || s.directory.byID[userID] == nil {
		return nil
	}
	c := &channel{
		Channel: Channel{ID: id, IsPrivate: true, IsIM: true, User: userID},
		members: map[string]bool{userID: true, s.app.BotUserID: true},
	}
	s.channels.byID[id] = c
	return c
}

// visibleTo tells whether a user can see the channel.
func (c *channel) visibleTo(userID string) bool { return !c.IsPrivate || c.members[userID] }

// export copies the channel for callers outside.
func (c *channel) export() Channel {
	out := c.Channel
	out.Members = c.memberList()
	return out
}

// memberList returns the members in the order of their ids. Nobody may change it.
func (c *channel) memberList() []string {
	if c.listed == nil {
		c.listed = slices.Sorted(maps.Keys(c.members))
	}
	return c.listed
}

// admit makes a user a member.
func (c *channel) admit(userID string) {
	c.members[userID] = true
	c.listed = nil
}

// Channel returns the channel or DM with this id.
func (s *Server) Channel(id string) (Channel, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.conversation(id)
	if c == nil {
		return Channel{}, false
	}
	return c.export(), true
}

// ChannelByName returns the channel with this name, without the #.
func (s *Server) ChannelByName(name string) (Channel, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels.byName[name]
	if c == nil {
		return Channel{}, false
	}
	return c.export(), true
}

// Channels returns the public and private channels, in the order they were created, without DMs.
func (s *Server) Channels() []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Channel, len(s.channels.order))
	for i, c := range s.channels.order {
		list[i] = c.export()
	}
	return list
}

// channelObject is the channel as conversations.info shows it. Callers hold mu.
// See https://docs.slack.dev/reference/objects/conversation-object.
func (s *Server) channelObject(c *channel) object {
	if c.IsIM {
		return object{"id": c.ID, "is_im": true, "user": c.User, "is_open": true, "context_team_id": s.team.ID}
	}
	return object{
		"id":              c.ID,
		"name":            c.Name,
		"name_normalized": c.Name,
		"is_channel":      !c.IsPrivate,
		"is_group":        c.IsPrivate,
		"is_private":      c.IsPrivate,
		"is_im":           false,
		"is_mpim":         false,
		"is_archived":     false,
		"is_general":      c.Name == "general",
		"is_member":       c.members[s.app.BotUserID],
		"is_shared":       false,
		"is_ext_shared":   false,
		"num_members":     len(c.members),
		"topic":           object{"value": c.Topic, "creator": "", "last_set": 0},
		"purpose":         object{"value": "", "creator": "", "last_set": 0},
		"context_team_id": s.team.ID,
	}
}
