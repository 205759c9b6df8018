package slackd

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Upload gives Slack a file of the person's, as the file input of a modal does, and returns its id, for Fill or Submit. The error is a
// *Refusal if it is too large.
func (p *Person) Upload(name string, content []byte) (fileID string, err error) {
	if len(content) > maxFile {
		return "", &Refusal{Code: "file_too_large", Text: "This file is too large."}
	}
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if _, err := p.account(); err != nil {
		return "", err
	}
	f := &storedFile{length: len(content), uploaded: true, complete: true}
	f.ID, f.Name, f.Title, f.User, f.Content = p.s.newID("F"), path.Base(name), path.Base(name), p.id, content
	f.URL = p.s.baseURL + "/files/" + f.ID + "/" + url.PathEscape(f.Name)
	p.s.announce(f)
	return f.ID, nil
}

// chooseFiles is choose for a file input: https://docs.slack.dev/reference/block-kit/block-elements/file-input-element.
// Callers hold mu.
func (p *Person) chooseFiles(e object, ids []string) (object, error) {
	most, ok := number(e, "max_files")
	if !ok {
		most = 10
	}
	if len(ids) > int(most) {
		return nil, &Refusal{Code: "too_many_values", Text: fmt.Sprintf("at most %v files can be chosen", most)}
	}
	kinds, _ := e["filetypes"].([]any)
	list := make([]any, len(ids))
	for i, id := range ids {
		f := p.s.files.byID[id]
		if f == nil || f.User != p.id {
			return nil, &Refusal{Code: "file_not_found", Text: "there is no such file of this person"}
		}
		if kind := strings.TrimPrefix(strings.ToLower(path.Ext(f.Name)), "."); len(kinds) > 0 && !slices.Contains(kinds, any(kind)) {
			return nil, &Refusal{Code: "wrong_file_type", Text: "This kind of file is not taken here."}
		}
		list[i] = p.s.fileObject(f.File)
	}
	return object{"type": "file_input", "files": list}, nil
}
