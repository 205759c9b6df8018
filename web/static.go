package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"time"
)

//go:embed static
var staticFiles embed.FS

// An asset is a file that the pages load.
type asset struct {
	body        []byte
	fingerprint string // changes with the body
}

// readStatic loads all assets, by file name.
func readStatic() (map[string]asset, error) {
	entries, err := fs.ReadDir(staticFiles, "static")
	if err != nil {
		return nil, fmt.Errorf("read static files: %w", err)
	}
	assets := make(map[string]asset, len(entries))
	for _, e := range entries {
		body, err := staticFiles.ReadFile("static/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("read static files: %w", err)
		}
		sum := sha256.Sum256(body)
		assets[e.Name()] = asset{body, hex.EncodeToString(sum[:6])}
	}
	return assets, nil
}

// assetPath is the address of an asset as pages use it. It names the version, so browsers keep it for good.
func (s *Server) assetPath(name string) (string, error) {
	a, ok := s.static[name]
	if !ok {
		return "", fmt.Errorf("no static file %q", name)
	}
	return s.base + "/static/" + name + "?v=" + a.fingerprint, nil
}

func (s *Server) serveStatic(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	a, ok := s.static[name]
	if !ok {
		s.notice(w, r, noSuchPage())
		return
	}
	h := w.Header()
	h.Set("ETag", `"`+a.fingerprint+`"`)
	h.Set("Cache-Control", "no-cache")
	if r.URL.RawQuery == "v="+a.fingerprint {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(a.body))
}
