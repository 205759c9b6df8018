package page

import (
	"cmp"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"herald/sandbox/slackd"
)

// shownMessages is how many of a conversation's latest messages are drawn.
const shownMessages = 80

// shownMessage is one message as the person sees it.
type shownMessage struct {
	ID, TS, Channel      string
	Vals                 string // which message, for hx-vals
	Day                  string // set on the first message of a day
	Author               face
	AuthorName           string
	IsApp                bool
	Clock, At            string
	Edited, Ephemeral    bool
	Mentioned            bool
	Body                 template.HTML
	Attachments          template.HTML
	Files                []slackd.File
	Base, DismissAddress string
}

type stream struct {
	Base, Channel string
	Messages      []shownMessage
	Empty         string
}

// channelView is a conversation's page.
type channelView struct {
	frame
	Channel  slackd.Channel
	Private  bool
	Members  int
	Stream   stream
	ReadOnly string // why nothing can be written here
	Tabs     bool   // the app's tabs stand above
}

func (s *Server) channelPage(v visit) {
	c, ok := s.visible(v, v.PathValue("channel"))
	if !ok {
		http.Error(v.w, "You cannot see this channel.", http.StatusNotFound)
		return
	}
	if c.IsIM {
		http.Redirect(v.w, v.Request, v.base()+"/messages", http.StatusSeeOther)
		return
	}
	view := channelView{Channel: c, Private: c.IsPrivate, Members: len(c.Members), Stream: s.streamOf(v, c.ID), frame: s.frame(v, c.ID, "#"+c.Name)}
	if !slices.Contains(c.Members, v.user.ID) {
		view.ReadOnly = "You are looking at #" + c.Name + " from outside. Only its members can write here."
	}
	s.show(v, "channel-page", view)
}

// messagesPage is the app's Messages tab.
func (s *Server) messagesPage(v visit) {
	err := v.person.OpenMessages(v.Context())
	if err != nil {
		s.log.DebugContext(v.Context(), "open the Messages tab", "error", err)
	}
	dm := v.person.DM()
	view := channelView{Stream: s.streamOf(v, dm), Tabs: true}
	view.Channel.ID = dm
	view.frame = s.frame(v, "messages", s.slack.App().Name)
	switch app := s.slack.App(); {
	case !app.MessagesTab:
		view.ReadOnly = app.Name + " has no Messages tab."
	case app.MessagesReadOnly:
		view.ReadOnly = "Sending messages to this app has been turned off."
	}
	s.show(v, "channel-page", view)
}

func (s *Server) stream(v visit) {
	c, ok := s.visible(v, v.PathValue("channel"))
	if !ok {
		http.NotFound(v.w, v.Request)
		return
	}
	s.show(v, "stream", s.streamOf(v, c.ID))
}

// visible returns a channel if the person can see it.
func (s *Server) visible(v visit, id string) (slackd.Channel, bool) {
	if id == v.person.DM() {
		return slackd.Channel{ID: id, IsIM: true}, true
	}
	for _, c := range v.person.Channels() {
		if c.ID == id {
			return c, true
		}
	}
	return slackd.Channel{}, false
}

func (s *Server) streamOf(v visit, channel string) stream {
	st := stream{Base: v.base(), Channel: channel, Empty: "Nothing has been said here yet."}
	messages := v.person.Messages(channel)
	messages = messages[max(0, len(messages)-shownMessages):]
	day := ""
	for _, m := range messages {
		shown := s.shownMessage(v, m)
		if d := dayName(m.At.In(zone(v.user)), s.now().In(zone(v.user))); d != day {
			day, shown.Day = d, d
		}
		st.Messages = append(st.Messages, shown)
	}
	if len(messages) > 0 {
		s.markRead(v.user.ID, channel, messages[len(messages)-1].TS)
	}
	return st
}

func (s *Server) shownMessage(v visit, m slackd.Message) shownMessage {
	author, known := s.slack.User(m.User)
	if !known {
		author = slackd.User{ID: m.User, Name: "slackbot", RealName: "Slackbot", IsBot: true}
	}
	id := "m-" + strings.ReplaceAll(m.TS, ".", "-")
	surface := s.surface(v, id, v.person.State(slackd.Target{Channel: m.Channel, TS: m.TS}), nil)
	at := m.At.In(zone(v.user))
	shown := shownMessage{
		ID: id, TS: m.TS, Channel: m.Channel, Vals: vals("channel", m.Channel, "ts", m.TS),
		Author: faceOf(author), AuthorName: called(author), IsApp: author.IsBot || m.BotID != "",
		Clock: at.Format("15:04"), At: at.Format(time.RFC3339), Edited: m.Edited, Ephemeral: m.Ephemeral,
		Mentioned: strings.Contains(m.Text, "<@"+v.user.ID+">"),
		Body:      s.blocks.Blocks(surface, m.Blocks), Attachments: s.blocks.Attachments(surface, m.Attachments),
		Files: m.Files, Base: v.base(), DismissAddress: v.base() + "/c/" + m.Channel + "/dismiss",
	}
	// Text is only the fallback of blocks, but stands beside attachments.
	if len(m.Blocks) == 0 || string(m.Blocks) == "null" || string(m.Blocks) == "[]" {
		shown.Body = surface.Mrkdwn(m.Text)
	}
	return shown
}

func dayName(at, now time.Time) string {
	switch at.Format(time.DateOnly) {
	case now.Format(time.DateOnly):
		return "Today"
	case now.AddDate(0, 0, -1).Format(time.DateOnly):
		return "Yesterday"
	}
	return at.Format("Monday, 2 January")
}

// vals encodes names and values for hx-vals.
func vals(pairs ...string) string {
	m := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	b, err := json.Marshal(m)
	if err != nil { // strings always encode
		return "{}"
	}
	return string(b)
}

// send takes what was typed into the composer: a slash command or a message.
func (s *Server) send(v visit) {
	channel := v.PathValue("channel")
	text := strings.TrimSpace(strings.ReplaceAll(v.FormValue("text"), "\r\n", "\n"))
	if text == "" {
		s.notice(v, nil)
		return
	}
	var err error
	if strings.HasPrefix(text, "/") {
		_, err = v.person.Command(v.Context(), channel, text)
	} else {
		_, err = v.person.Say(v.Context(), channel, text)
	}
	s.done(v, err)
}

func (s *Server) dismiss(v visit) {
	v.person.Dismiss(v.PathValue("channel"), v.FormValue("ts"))
	s.done(v, nil)
}

func (s *Server) shortcut(v visit) {
	_, err := v.person.Shortcut(v.Context(), v.FormValue("callback"))
	s.done(v, err)
}

// suggestion is one completion of what is being typed.
type suggestion struct {
	Insert, Name, Note string
	Face               *face
}

// shownSuggestions is how many completions are offered.
const shownSuggestions = 8

// complete suggests how the word that is being typed may go on: a command, a person or a channel.
func (s *Server) complete(v visit) {
	typed := v.FormValue("word")
	var all []suggestion
	switch {
	case strings.HasPrefix(typed, "/"):
		for _, c := range s.slack.App().Commands {
			if strings.HasPrefix(c.Name, typed) {
				all = append(all, suggestion{Insert: c.Name + " ", Name: c.Name + " " + c.UsageHint, Note: c.Description})
			}
		}
	case strings.HasPrefix(typed, "@"):
		all = s.completePeople(typed[1:])
	case strings.HasPrefix(typed, "#"):
		for _, c := range v.person.Channels() {
			if !c.IsIM && strings.HasPrefix(fold(c.Name), fold(typed[1:])) {
				all = append(all, suggestion{Insert: "#" + c.Name + " ", Name: "#" + c.Name, Note: c.Topic})
			}
		}
	}
	s.show(v, "complete", all[:min(len(all), shownSuggestions)])
}

func (s *Server) completePeople(typed string) []suggestion {
	var all []suggestion
	users := s.slack.Users(0, 0)
	slices.SortStableFunc(users, func(a, b slackd.User) int { return cmp.Compare(s.rank(a.ID), s.rank(b.ID)) })
	wanted := fold(typed)
	for _, u := range users {
		if u.Deleted || u.ID == "USLACKBOT" || !matches(u, wanted) {
			continue
		}
		f := faceOf(u)
		all = append(all, suggestion{Insert: "@" + u.Name + " ", Name: called(u), Note: "@" + u.Name + " · " + u.RealName, Face: &f})
		if len(all) == shownSuggestions {
			break
		}
	}
	return all
}
