package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"herald/store"
)

func TestKeysAreReadOrRefused(t *testing.T) {
	t.Parallel()
	const a, b = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
	for text, wrong := range map[string]string{
		a: "", a + "," + b: "", " " + a + " , " + b: "",
		"":                   "key 1 has 0 bytes",
		"secret!":            "key 1 is not base64",
		a + ",AAAA":          "key 2 has 3 bytes",
		a + "," + b + ",":    "key 3 has 0 bytes",
		strings.Trim(a, "="): "key 1 is not base64",
	} {
		_, err := store.ParseKeys(text)
		if (err == nil) != (wrong == "") || (err != nil && !strings.Contains(err.Error(), wrong)) {
			t.Errorf("ParseKeys(%q): %v, want %q", text, err, wrong)
		}
		if err != nil && text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("the error repeats the key: %v", err)
		}
	}
	if _, err := store.Open(t.Context(), store.Options{DSN: filepath.Join(t.TempDir(), "x.db")}); err == nil {
		t.Error("a store without keys opens")
	}
}

func TestTheKeyFileIsMadeOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "herald.key")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := store.KeysFile(path); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	if _, err := store.KeysFile(path); err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(path); err != nil || string(again) != string(first) {
		t.Errorf("the file changed: %v", err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("files left behind: %v, %v", left, err)
	}
	if err := os.WriteFile(path, []byte("garbage\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.KeysFile(path); err == nil {
		t.Error("a damaged key file is read")
	}
	if _, err := store.KeysFile(filepath.Join(path, "none")); err == nil || errors.Is(err, store.ErrKey) {
		t.Errorf("no folder: %v", err)
	}
}

func TestTheKeyFileIsMadeWhereFilesCannotBeLinked(t *testing.T) {
	t.Parallel()
	noLinks := func(from, to string) error {
		return &os.LinkError{Op: "link", Old: from, New: to, Err: syscall.EPERM}
	}
	path := filepath.Join(t.TempDir(), "herald.key")
	if err := store.MakeKeysFile(path, noLinks); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.KeysFile(path); err != nil {
		t.Errorf("the key cannot be read: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	faster := func(from, to string) error { // another process is faster
		if err := os.WriteFile(to, first, 0o600); err != nil {
			t.Error(err)
		}
		return noLinks(from, to)
	}
	other := filepath.Join(t.TempDir(), "herald.key")
	if err := store.MakeKeysFile(other, faster); err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(other); err != nil || string(again) != string(first) {
		t.Errorf("the file of the faster process was replaced: %v", err)
	}
	for _, p := range []string{path, other} {
		if left, err := os.ReadDir(filepath.Dir(p)); err != nil || len(left) != 1 {
			t.Errorf("files left behind: %v, %v", left, err)
		}
	}
}
