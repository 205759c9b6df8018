package slackd

import (
	"crypto/rand"
	"net/url"
	"strconv"
)

// filesGetUploadURLExternal announces an upload:
// https://docs.slack.dev/reference/methods/files.getUploadURLExternal.
func (s *Server) filesGetUploadURLExternal(c *call) (object, error) {
	name := c.arg("filename")
	length, err := strconv.Atoi(c.arg("length"))
	if name == "" || err != nil || length < 1 || length > maxFile {
		return nil, refuse("invalid_arguments")
	}
	base := s.base(c.request)
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &storedFile{ticket: rand.Text(), length: length}
	f.ID, f.Name, f.Title = s.newID("F"), name, name
	f.URL = base + "/files/" + f.ID + "/" + url.PathEscape(name)
	s.announce(f)
	return object{"upload_url": base + "/upload/" + f.ID + "?ticket=" + f.ticket, "file_id": f.ID}, nil
}
