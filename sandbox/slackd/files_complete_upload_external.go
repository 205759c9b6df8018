package slackd

import (
	"encoding/json"
	"strings"
)

// filesCompleteUploadExternal finishes uploads and shares them in one message for each channel:
// https://docs.slack.dev/reference/methods/files.completeUploadExternal.
func (s *Server) filesCompleteUploadExternal(c *call) (object, error) {
	var wanted []struct{ ID, Title string }
	if json.Unmarshal(c.raw("files"), &wanted) != nil || len(wanted) == 0 {
		return nil, refuse("invalid_arguments")
	}
	blocks := c.raw("blocks")
	said := content{text: c.arg("initial_comment")}
	if blocks != nil {
		var err error
		if said, err = s.parseContent("", blocks, nil, nil); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var into []*channel
	for _, id := range strings.FieldsFunc(c.arg("channel_id")+","+c.arg("channels"), func(r rune) bool { return r == ',' }) {
		ch := s.conversation(id) // unlike chat.postMessage, it takes no user ids
		if ch == nil {
			return nil, refuse("channel_not_found")
		}
		if _, err := s.postable(id); err != nil {
			return nil, err
		}
		into = append(into, ch)
	}
	done := make([]*storedFile, len(wanted))
	for i, w := range wanted {
		f := s.files.byID[w.ID]
		if f == nil || !f.uploaded || f.complete {
			return nil, refuse("file_not_found")
		}
		done[i] = f
	}
	shared, list := make([]File, len(done)), make([]object, len(done))
	for i, f := range done {
		f.complete = true
		if wanted[i].Title != "" {
			f.Title = wanted[i].Title
		}
		for _, ch := range into {
			f.Channels = append(f.Channels, ch.ID)
		}
		shared[i], list[i] = f.File, s.fileObject(f.File)
	}
	for _, ch := range into {
		m := &Message{User: s.app.BotUserID, BotID: s.app.BotID, ThreadTS: c.arg("thread_ts"), Files: shared}
		said.set(m, false)
		s.post(ch, m)
	}
	return object{"files": list}, nil
}
