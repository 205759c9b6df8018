package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"herald/store"
)

// operator runs commands on a database, whose keys are in a file unless ENCRYPTION_KEY is set.
type operator struct {
	t  *testing.T
	db databaseSettings
}

// runs a command, which must say all of it; fails says that it must not succeed.
func (o *operator) runs(fails bool, command string, want ...string) string {
	o.t.Helper()
	args := append(strings.Fields(command), "--database-file="+o.db.DatabaseFile, "--database-url="+o.db.DatabaseURL, "--key-file="+o.db.KeyFile, "--encryption-key="+o.db.EncryptionKey)
	var out bytes.Buffer
	if code := runContext(o.t.Context(), args, &out, &out); (code != 0) != fails {
		o.t.Fatalf("herald %s: exit code %d\n%s", command, code, out.String())
	}
	for _, text := range want {
		if !strings.Contains(out.String(), text) {
			o.t.Errorf("herald %s does not say %q:\n%s", command, text, out.String())
		}
	}
	return out.String()
}

// serves does what herald serve does with the keys when it starts, and then what it does when somebody opens the menu.
func (o *operator) serves() error {
	o.t.Helper()
	db, err := o.db.open(o.t.Context(), store.Options{Now: time.Now})
	if err != nil {
		return err
	}
	err = db.Migrate(o.t.Context())
	if err == nil {
		var company store.Company
		if company, err = db.InstallCompany(o.t.Context(), store.Workspace{TeamID: "T0ACME", Name: "Acme"}); err == nil {
			_, err = db.SignupToken(o.t.Context(), company.ID, "U0ANN")
		}
	}
	return errors.Join(err, db.Close())
}

func (o *operator) starts() {
	o.t.Helper()
	if err := o.serves(); err != nil {
		o.t.Fatal(err)
	}
}

func TestAnOperatorRotatesTheKeyFile(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db databaseSettings) {
		if db.KeyFile == "" {
			db.KeyFile = filepath.Join(t.TempDir(), "herald.key")
		}
		o := &operator{t, db}
		o.starts()
		o.runs(false, "keys status", "seals. Sealed with it: 1.")
		o.runs(false, "keys rotate", "A fresh key was added", "restart every herald serve")
		o.starts()
		o.runs(false, "keys status", "seals. Sealed with it: 1.", "seals nothing")
		o.runs(false, "keys rotate", "Values sealed anew: 1.", "once more")
		o.starts()
		o.runs(false, "keys rotate", "Values sealed anew: 0.", "seals nothing", "Done.", "delete the lines of the other keys in "+db.KeyFile)
		o.runs(false, "keys rotate", "Done.")

		old, err := os.ReadFile(db.KeyFile)
		if err != nil {
			t.Fatal(err)
		}
		first, rest, _ := strings.Cut(string(old), "\n")
		for text, opens := range map[string]bool{rest: false, first: true} {
			if err := os.WriteFile(db.KeyFile, []byte(text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := o.serves(); (err == nil) != opens || !opens && !errors.Is(err, store.ErrKey) {
				t.Errorf("with the key that seals: %v; %v", opens, err)
			}
			if !opens {
				o.runs(true, "keys rotate", "a key is missing")
				o.runs(true, "keys status", "is missing. Sealed with it, and unreadable: 1.")
				if now, err := os.ReadFile(db.KeyFile); err != nil || string(now) != text+"\n" {
					t.Errorf("the key file changed although a key is missing: %v", err)
				}
			}
		}
	})
}

func TestAnOperatorRotatesEncryptionKey(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db databaseSettings) {
		present := store.NewKey()
		db.EncryptionKey, db.KeyFile = present, filepath.Join(t.TempDir(), "none")
		o := &operator{t, db}
		o.starts()
		said := o.runs(false, "keys rotate", "Nothing was changed", "Set ENCRYPTION_KEY to your present key, a comma, and the fresh key")
		if strings.Contains(said, present) {
			t.Error("the key in use is printed")
		}
		fresh := regexp.MustCompile(`[A-Za-z0-9+/]{43}=`).FindString(said)
		o.db.EncryptionKey = present + "," + fresh
		o.starts()
		o.db.EncryptionKey = fresh + "," + present
		o.starts()
		o.runs(false, "keys rotate", "Values sealed anew: 1.", "Done.", "leave only the first key in ENCRYPTION_KEY")
		o.db.EncryptionKey = fresh
		o.starts()
		o.runs(false, "keys status", "seals. Sealed with it: 1.")
		if _, err := os.Stat(o.db.KeyFile); err == nil {
			t.Error("a key file was made")
		}
	})
}
