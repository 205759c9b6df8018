package slackd

import "slices"

// filesInfo describes a file: https://docs.slack.dev/reference/methods/files.info.
func (s *Server) filesInfo(c *call) (object, error) {
	f, ok := s.File(c.arg("file"))
	if !ok {
		return nil, refuse("file_not_found")
	}
	return object{"file": s.fileObject(f), "comments": []object{}}, nil
}

// filesDelete deletes a file of the app's and takes it out of the messages it was shared in:
// https://docs.slack.dev/reference/methods/files.delete. Those of people it may not delete, as Slack's apps found out
// (https://github.com/kfei/slack-cleaner/issues/89).
func (s *Server) filesDelete(c *call) (object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files.byID[c.arg("file")]
	if f == nil || !f.complete {
		return nil, refuse("file_not_found")
	}
	if f.User != "" {
		return nil, refuse("cant_delete_file")
	}
	delete(s.files.byID, f.ID)
	for _, id := range f.Channels {
		ch := s.conversation(id)
		for _, m := range ch.messages {
			m.Files = slices.DeleteFunc(slices.Clone(m.Files), func(other File) bool { return other.ID == f.ID })
		}
		s.channelChanged(ch)
	}
	return nil, nil //nolint:nilnil // an empty answer is {"ok":true}
}
