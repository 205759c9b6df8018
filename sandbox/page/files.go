package page

import (
	"mime"
	"net/http"
	"slices"
)

// download gives a person a file that is theirs, or was shared where they can see it.
func (s *Server) download(v visit) {
	file, ok := s.slack.File(v.PathValue("file"))
	if !ok || file.User != v.user.ID && !slices.ContainsFunc(file.Channels, func(c string) bool { _, ok := s.visible(v, c); return ok }) {
		http.Error(v.w, "This file is not shared with you.", http.StatusNotFound)
		return
	}
	v.w.Header().Set("Content-Type", "application/octet-stream")
	v.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file.Name}))
	if _, err := v.w.Write(file.Content); err != nil {
		s.log.DebugContext(v.Context(), "write file", "error", err)
	}
}
