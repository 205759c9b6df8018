package slackd

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// maxFile is the largest upload in bytes; Slack takes 1 GB.
const maxFile = 32 << 20

// keptFiles is how many files are remembered; the oldest go first.
const keptFiles = 500

// files are the uploads.
type files struct {
	byID  map[string]*storedFile
	order []string
}

// storedFile is a file from the moment its upload was announced.
type storedFile struct {
	File
	ticket   string // of the upload URL
	length   int    // as announced
	uploaded bool
	complete bool
}

// File returns a completely uploaded file.
func (s *Server) File(id string) (File, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files.byID[id]
	if f == nil || !f.complete {
		return File{}, false
	}
	return f.File, true
}

// fileObject is the file as files.info shows it.
func (s *Server) fileObject(f File) object {
	kind, _, _ := mime.ParseMediaType(mime.TypeByExtension(path.Ext(f.Name)))
	owner := f.User
	if owner == "" {
		owner = s.app.BotUserID
	}
	return object{
		"id":                   f.ID,
		"name":                 f.Name,
		"title":                f.Title,
		"mimetype":             kind,
		"filetype":             strings.TrimPrefix(path.Ext(f.Name), "."),
		"user":                 owner,
		"mode":                 "hosted",
		"size":                 len(f.Content),
		"url_private":          f.URL,
		"url_private_download": f.URL,
		"permalink":            s.baseURL + "/as/" + owner + "/files/" + f.ID, // the page of its owner
		"channels":             append([]string{}, f.Channels...),
		"is_external":          false,
		"is_public":            false,
	}
}

// announce makes room for a file and forgets the oldest one if there are too many. Callers hold mu.
func (s *Server) announce(f *storedFile) {
	s.files.byID[f.ID] = f
	s.files.order = append(s.files.order, f.ID)
	if len(s.files.order) > keptFiles {
		delete(s.files.byID, s.files.order[0])
		s.files.order = s.files.order[1:]
	}
}

// serveUpload takes a file's content, raw or as a form, at the URL that files.getUploadURLExternal gave out.
func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request) {
	fault, proceed := s.breakHTTP(w, r, "upload")
	if !proceed {
		return
	}
	if fault.Kind == APIError {
		http.Error(w, fault.Error, http.StatusBadRequest)
		return
	}
	content, err := uploaded(http.MaxBytesReader(w, r.Body, maxFile), r)
	if err != nil {
		http.Error(w, "upload not readable", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	f := s.files.byID[r.PathValue("id")]
	known := f != nil && f.ticket == r.URL.Query().Get("ticket") && !f.uploaded
	if known && len(content) == f.length {
		f.Content, f.uploaded = content, true
	}
	s.mu.Unlock()
	switch {
	case !known:
		http.Error(w, "upload not found", http.StatusNotFound)
	case len(content) != f.length:
		http.Error(w, "upload has another length than announced", http.StatusBadRequest)
	case s.breakAnswer(w, r, fault, nil):
	default:
		_, _ = io.WriteString(w, "OK - "+strconv.Itoa(len(content)))
	}
}

// uploaded reads the content of an upload.
func uploaded(body io.ReadCloser, r *http.Request) ([]byte, error) {
	r.Body = body
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		return io.ReadAll(r.Body)
	}
	form, err := r.MultipartReader()
	if err != nil {
		return nil, err
	}
	for {
		part, err := form.NextPart()
		if err != nil {
			return nil, err
		}
		if part.FileName() != "" || part.FormName() == "file" {
			return io.ReadAll(part)
		}
	}
}

// serveFile lets the app download a file.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	f, ok := s.File(r.PathValue("id"))
	if !ok || r.Header.Get("Authorization") != "Bearer "+s.botToken {
		http.NotFound(w, r)
		return
	}
	if f.User != "" && !s.granted("files:read") {
		http.Error(w, "the app may not read people's files", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(f.Name))
	http.ServeContent(w, r, f.Name, s.now(), bytes.NewReader(f.Content))
}
