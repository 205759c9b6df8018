package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"herald/store"
)

// keysCommand is for whoever runs the server: the keys that seal tokens and secrets in the database.
type keysCommand struct {
	Rotate keysRotate `cmd:"" help:"Take the next step towards a fresh key. Run it, do what it says, and run it again until it says that it is done."`
	Status keysStatus `cmd:"" help:"Say how many values each key seals, and which keys can be removed."`
}

type (
	keysRotate struct {
		databaseSettings
	}
	keysStatus struct {
		databaseSettings
	}
)

// Run says what each key seals.
func (k keysStatus) Run(p *process) error {
	_, err := k.keyUse(p, p.stdout)
	return err
}

// keyUse opens the database with the keys that are set now, and writes what each of them seals. It is an error if values were sealed
// with a key that is missing.
func (d databaseSettings) keyUse(p *process, w io.Writer) (uses []store.KeyUse, err error) {
	err = d.withKeys(p, func(db *store.Store) error {
		uses, err = db.KeyUse(p.ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	missing := 0
	for i, u := range uses {
		what := fmt.Sprintf("only opens. Sealed with it: %d", u.Values)
		switch {
		case !u.Known:
			what = fmt.Sprintf("is missing. Sealed with it, and unreadable: %d", u.Values)
			missing++
		case i == 0:
			what = fmt.Sprintf("seals. Sealed with it: %d", u.Values)
		case u.Values == 0:
			what = "seals nothing"
		}
		if _, err := fmt.Fprintf(w, "Key %s %s.\n", u.ID, what); err != nil {
			return nil, err
		}
	}
	if missing > 0 {
		return uses, errors.New("a key is missing: add it behind the others, in ENCRYPTION_KEY or in the key file, before anything else")
	}
	return uses, nil
}

// withKeys opens the database with the keys that are set now.
func (d databaseSettings) withKeys(p *process, do func(*store.Store) error) error {
	if err := checkSettings(d.settings()); err != nil {
		return err
	}
	db, err := d.open(p.ctx, store.Options{Now: p.now})
	if err != nil {
		return err
	}
	err = db.Migrate(p.ctx)
	if err == nil {
		err = do(db)
	}
	return errors.Join(err, db.Close())
}

// Run takes the next step. Every step leaves each value readable for servers that were restarted after the step before, and no step
// takes a key away: that is left to the operator, once the key seals nothing.
func (k keysRotate) Run(p *process) error {
	if _, err := k.keyUse(p, io.Discard); err != nil {
		return err
	}
	if k.EncryptionKey != "" {
		return k.rotateSetting(p)
	}
	step, err := store.RotateKeysFile(k.keyFile())
	if err != nil {
		return err
	}
	switch step {
	case store.KeyAdded:
		return k.say(p, "A fresh key was added to "+k.keyFile()+". Nothing is sealed with it yet.",
			"Now give this file to every machine that runs Herald, restart every herald serve, and run herald keys rotate again.")
	case store.KeyPromoted:
		if err := k.reseal(p); err != nil {
			return err
		}
		return k.say(p, "The fresh key seals from now on; the old one stays in "+k.keyFile()+".",
			"Now give this file to every machine that runs Herald, restart every herald serve, and run herald keys rotate once more.")
	case store.KeyKept:
	}
	if err := k.reseal(p); err != nil {
		return err
	}
	return k.finish(p, "delete the lines of the other keys in "+k.keyFile()+" (the first line stays)")
}

// rotateSetting rotates the keys of ENCRYPTION_KEY, which only the operator can change.
func (k keysRotate) rotateSetting(p *process) error {
	if !strings.Contains(k.EncryptionKey, ",") {
		fresh := store.NewKey()
		return k.say(p, "Nothing was changed: ENCRYPTION_KEY is yours to set. Here is a fresh key: "+fresh,
			"1. Set ENCRYPTION_KEY to your present key, a comma, and the fresh key. Restart every herald serve.",
			"2. Set ENCRYPTION_KEY to the fresh key, a comma, and your present key. Restart every herald serve.",
			"3. Run herald keys rotate again, with ENCRYPTION_KEY as in step 2.")
	}
	if err := k.reseal(p); err != nil {
		return err
	}
	return k.finish(p, "leave only the first key in ENCRYPTION_KEY")
}

// reseal seals everything with the first key.
func (k keysRotate) reseal(p *process) error {
	return k.withKeys(p, func(db *store.Store) error {
		n, err := db.Reseal(p.ctx)
		if err != nil {
			return fmt.Errorf("after %d values: %w", n, err)
		}
		return k.say(p, fmt.Sprintf("Values sealed anew: %d.", n))
	})
}

// finish says what is left to do once everything is sealed with the first key.
func (k keysRotate) finish(p *process, remove string) error {
	uses, err := k.keyUse(p, p.stdout)
	if err != nil {
		return err
	}
	for _, u := range uses[1:] {
		if u.Values > 0 {
			return k.say(p, "A server sealed something with an old key meanwhile. Restart every herald serve, and run herald keys rotate again.")
		}
	}
	return k.say(p, "Done. If every herald serve was restarted since the fresh key seals, "+remove+". Backups of the database from before need the old key: keep it with them.")
}

func (keysRotate) say(p *process, lines ...string) error {
	_, err := fmt.Fprintln(p.stdout, strings.Join(lines, "\n"))
	return err
}
