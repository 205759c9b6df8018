package store

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// nextKey marks a line of the key file whose key only opens: it will seal once every server has read it.
const nextKey = "next:"

// A KeyStep is what a rotation did to the key file.
type KeyStep string

// The steps, in their order.
const (
	KeyAdded    KeyStep = "added"    // a fresh key opens from now on
	KeyPromoted KeyStep = "promoted" // that key seals from now on, and the others open
	KeyKept     KeyStep = "kept"     // there is more than one key still: nothing to do before the old ones are gone
)

// NewKey returns a fresh key as ParseKeys reads it.
func NewKey() string {
	raw := make([]byte, keySize)
	rand.Read(raw)
	return base64.StdEncoding.EncodeToString(raw)
}

// RotateKeysFile takes the next step of a rotation in the key file at path. It never takes a key away, so that nothing gets lost. The
// file is replaced as a whole.
func RotateKeysFile(path string) (KeyStep, error) {
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return "", fmt.Errorf("read key file: %w", err)
	}
	lines := strings.Fields(string(text))
	var step KeyStep
	next := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, nextKey) })
	switch {
	case next >= 0:
		promoted := strings.TrimPrefix(lines[next], nextKey)
		lines = slices.Insert(slices.Delete(lines, next, next+1), 0, promoted)
		step = KeyPromoted
	case len(lines) == 1:
		lines = append(lines, nextKey+NewKey())
		step = KeyAdded
	default:
		return KeyKept, nil
	}
	if err := replaceKeysFile(path, strings.Join(lines, "\n")+"\n"); err != nil {
		return "", fmt.Errorf("write key file: %w", err)
	}
	return step, nil
}

// replaceKeysFile puts a complete file in the place of the one at path: whoever reads it meanwhile sees the one or the other.
func replaceKeysFile(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".herald-key-*") // mode 0600
	if err != nil {
		return err
	}
	if err := writeKey(f, text); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// parseKeysFile reads the lines of a key file. A key that will seal later is not the first, whatever line it stands on.
func parseKeysFile(text string) (Keys, error) {
	lines := strings.Fields(text)
	slices.SortStableFunc(lines, func(a, b string) int {
		later := func(line string) int {
			if strings.HasPrefix(line, nextKey) {
				return 1
			}
			return 0
		}
		return later(a) - later(b)
	})
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, nextKey)
	}
	return ParseKeys(strings.Join(lines, ","))
}
