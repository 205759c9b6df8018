package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Keys seal secrets at rest with AES-256-GCM. The zero value is invalid.
// The first key seals, all of them open; every sealed value names its key.
type Keys struct {
	ring []key
}

type key struct {
	id   [keyIDSize]byte
	aead cipher.AEAD
}

const (
	keySize   = 32
	keyIDSize = 4
)

// ErrKey is returned where a secret in the database was sealed with a key that Options.Keys lacks.
var ErrKey = errors.New("the encryption key is not the one that sealed this database's secrets: restore the old key, or name it after the new one")

// ParseKeys reads comma separated base64 keys of 32 bytes, the sealing one first.
func ParseKeys(s string) (Keys, error) {
	var keys Keys
	for i, text := range strings.Split(s, ",") {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		if err != nil {
			return Keys{}, fmt.Errorf("key %d is not base64", i+1) // err would repeat a part of it
		}
		if len(raw) != keySize {
			return Keys{}, fmt.Errorf("key %d has %d bytes, not %d", i+1, len(raw), keySize)
		}
		block, err := aes.NewCipher(raw)
		if err != nil {
			return Keys{}, err
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return Keys{}, err
		}
		// The id is a hash, so that an operator may read it in a dump and compare without holding the key.
		sum := sha256.Sum256(append([]byte("herald key id\x00"), raw...))
		keys.ring = append(keys.ring, key{id: [keyIDSize]byte(sum[:]), aead: aead})
	}
	return keys, nil
}

// KeysFile reads the key file at path, and makes it with a fresh key and mode 0600 where there is none.
// Its parent folder must exist. Lines are keys as for ParseKeys; RotateKeysFile changes them.
func KeysFile(path string) (Keys, error) {
	if err := makeKeysFile(path, os.Link); err != nil {
		return Keys{}, fmt.Errorf("make key file: %w", err)
	}
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return Keys{}, fmt.Errorf("read key file: %w", err)
	}
	keys, err := parseKeysFile(string(text))
	if err != nil {
		return Keys{}, fmt.Errorf("read key file %s: %w", path, err)
	}
	return keys, nil
}

// makeKeysFile makes the file unless it is there. It appears under its name only when it is complete: another process may look for it
// at the same moment. link is os.Link.
func makeKeysFile(path string, link func(from, to string) error) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".herald-key-*") // mode 0600
	if err != nil {
		return err
	}
	line := NewKey() + "\n"
	if err = writeKey(f, line); err == nil {
		// Unlike a rename, a link does not replace the file of a process that was faster.
		if err = link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
			err = createKeysFile(path, line)
		}
		if errors.Is(err, fs.ErrExist) {
			err = nil
		}
	}
	return errors.Join(err, os.Remove(f.Name()))
}

// createKeysFile makes the file where the file system knows no links (FAT, many network shares): it does not replace another one
// either, but for a moment it is there without the key, and a process that reads it then says so and has to be started again.
func createKeysFile(path, line string) error {
	f, err := os.OpenFile(filepath.Clean(path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err = writeKey(f, line); err != nil {
		err = errors.Join(err, os.Remove(path)) // half a key would stop every later start
	}
	return err
}

// writeKey writes the line and closes the file.
func writeKey(f *os.File, line string) error {
	_, err := f.WriteString(line)
	return errors.Join(err, f.Sync(), f.Close())
}

func (k Keys) valid() bool { return len(k.ring) > 0 }

// seal encrypts plain. It opens only with the same context, which says what the value is and whose, so that one row's secret is no use
// in another row.
func (k Keys) seal(plain []byte, context ...string) []byte {
	first := k.ring[0]
	sealed := make([]byte, keyIDSize+first.aead.NonceSize(), keyIDSize+first.aead.NonceSize()+len(plain)+first.aead.Overhead())
	copy(sealed, first.id[:])
	nonce := sealed[keyIDSize:]
	rand.Read(nonce)
	return first.aead.Seal(sealed, nonce, plain, additionalData(context))
}

// open is the inverse of seal. It returns ErrKey if the value was sealed with an unknown key.
func (k Keys) open(sealed []byte, context ...string) ([]byte, error) {
	for _, key := range k.ring {
		if len(sealed) < keyIDSize+key.aead.NonceSize() || [keyIDSize]byte(sealed) != key.id {
			continue
		}
		nonce, ciphertext := sealed[keyIDSize:keyIDSize+key.aead.NonceSize()], sealed[keyIDSize+key.aead.NonceSize():]
		plain, err := key.aead.Open(nil, nonce, ciphertext, additionalData(context))
		if err != nil {
			return nil, fmt.Errorf("open the sealed %s: %w", context[0], err)
		}
		return plain, nil
	}
	return nil, ErrKey
}

func additionalData(context []string) []byte { return []byte(strings.Join(context, "\x00")) }
