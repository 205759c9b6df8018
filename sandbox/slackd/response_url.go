package slackd

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

// maxReplies is how often a response_url can be used.
// See https://docs.slack.dev/interactivity/handling-user-interaction#message_responses.
const maxReplies = 5

// keptReplyURLs bounds the memory of a workspace under load; older ones are forgotten before they expire.
const keptReplyURLs = 100_000

// replyURLs are the response_urls handed out lately.
type replyURLs struct {
	byID  map[string]*replyURL
	order []*replyURL // by ascending time
}

// replyURL lets the app answer one interaction.
type replyURL struct {
	id       string
	user     string
	channel  string
	original *Message // what was clicked; nil for a command
	at       time.Time
	uses     int
}

// newReplyURL hands out a response_url. Callers hold mu.
func (s *Server) newReplyURL(user, channel string, original *Message) string {
	now := s.now()
	for n := len(s.replies.order); n > 0 && (n >= keptReplyURLs || now.Sub(s.replies.order[0].at) > 2*s.limits.ResponseURL); n-- {
		delete(s.replies.byID, s.replies.order[0].id)
		s.replies.order = s.replies.order[1:]
	}
	u := &replyURL{id: rand.Text(), user: user, channel: channel, original: original, at: now}
	s.replies.byID[u.id] = u
	s.replies.order = append(s.replies.order, u)
	return s.baseURL + "/response/" + u.id
}

// reply is what the app sends to a response_url, or as the acknowledgement of a command.
type reply struct {
	ResponseType    string          `json:"response_type"`
	Text            string          `json:"text"`
	Blocks          json.RawMessage `json:"blocks"`
	Attachments     json.RawMessage `json:"attachments"`
	Metadata        json.RawMessage `json:"metadata"`
	ReplaceOriginal bool            `json:"replace_original"`
	DeleteOriginal  bool            `json:"delete_original"`
	ThreadTS        string          `json:"thread_ts"`
}

// serveReply answers a POST to a response_url.
func (s *Server) serveReply(w http.ResponseWriter, r *http.Request) {
	start := s.now()
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	fault, proceed := s.breakHTTP(w, r, "response_url")
	if !proceed {
		s.record(Call{Method: "response_url", At: start, Took: s.now().Sub(start), Error: string(fault.Kind)})
		return
	}
	var err error
	if fault.Kind == APIError {
		err = refuse(fault.Error)
	} else {
		err = s.reply(r)
	}
	done := Call{Method: "response_url", At: start, Took: s.now().Sub(start), Status: http.StatusOK}
	answer := object{"ok": true}
	if refused, ok := errors.AsType[*refusal](err); ok {
		done.Status, done.Error, done.Details = http.StatusNotFound, refused.code, refused.messages
		answer = refused.object()
	}
	if s.breakAnswer(w, r, fault, &done) {
		return
	}
	writeJSON(w, done.Status, answer)
}

// reply does what a POST to a response_url asks for.
func (s *Server) reply(r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	var said reply
	if err != nil || json.Unmarshal(body, &said) != nil {
		return refuse("invalid_payload")
	}
	s.mu.Lock()
	u := s.replies.byID[r.PathValue("id")]
	switch {
	case u == nil:
		err = refuse("invalid_url")
	case s.now().Sub(u.at) > s.limits.ResponseURL:
		err = refuse("expired_url")
	case u.uses >= maxReplies:
		err = refuse("used_url")
	}
	if err != nil {
		s.mu.Unlock()
		return err
	}
	u.uses++
	s.mu.Unlock()
	return s.apply(said, u)
}

// apply shows a reply: as a new message, or in place of the original.
func (s *Server) apply(said reply, u *replyURL) error {
	if said.DeleteOriginal {
		s.mu.Lock()
		defer s.mu.Unlock()
		if u.original == nil {
			return refuse("message_not_found")
		}
		s.remove(s.conversation(u.channel), u.original)
		return nil
	}
	parsed, err := s.parseContent(said.Text, said.Blocks, said.Attachments, said.Metadata)
	if err != nil {
		return err
	}
	parsed.text = cut(parsed.text, maxText)
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.conversation(u.channel)
	if said.ReplaceOriginal && u.original != nil {
		if s.lookup(u.channel, u.original.TS, u.user) == nil {
			return refuse("message_not_found")
		}
		parsed.set(u.original, false)
		s.edited(ch, u.original)
		return nil
	}
	m := &Message{User: s.app.BotUserID, BotID: s.app.BotID, ThreadTS: said.ThreadTS}
	parsed.set(m, false)
	if said.ResponseType == "in_channel" {
		s.post(ch, m)
	} else {
		s.whisper(ch, u.user, m)
	}
	return nil
}
