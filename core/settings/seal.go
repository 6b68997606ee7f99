// Encryption of the stored settings: AES-256-GCM with the key of the configuration.

package settings

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

// KeySize is how many bytes the key of the settings has.
const KeySize = 32

// sealPrefix begins a sealed document; the base64 of a nonce and the ciphertext follow.
const sealPrefix = "sealed:"

var (
	errSealed = errors.New("the settings are encrypted: the key that they were stored with is missing " +
		"(--settings-key-env, or core.Config.SettingsKey)")
	errOtherKey = errors.New("the settings cannot be decrypted: they were stored with another key, or are damaged")
)

// CheckKey returns an error if the key, "" for none, cannot encrypt settings.
func CheckKey(key string) error {
	if key != "" && len(key) != KeySize {
		return fmt.Errorf("the key of the settings has %d bytes, not %d", len(key), KeySize)
	}
	return nil
}

// newSealer returns the cipher of a key, nil for "". The key was checked.
func newSealer(key string) cipher.AEAD {
	if key == "" {
		return nil
	}
	block, err := aes.NewCipher([]byte(key))
	if err != nil {
		panic(err) // only the length can be wrong
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has the block size of GCM
	}
	return gcm
}

// seal returns the document as it is stored: a JSON text that holds it encrypted, or the
// document itself without a key.
func (s *Service) seal(document []byte) []byte {
	if s.sealer == nil {
		return document
	}
	nonce := make([]byte, s.sealer.NonceSize())
	rand.Read(nonce) // it never fails
	sealed := s.sealer.Seal(nonce, nonce, document, []byte(rowID))
	return []byte(`"` + sealPrefix + base64.StdEncoding.EncodeToString(sealed) + `"`)
}

// unseal is the opposite of seal. It takes a document that is not encrypted as it is.
func (s *Service) unseal(stored []byte) ([]byte, error) {
	var text string
	if !isSealed(stored) || json.Unmarshal(stored, &text) != nil {
		return stored, nil
	}
	if s.sealer == nil {
		return nil, errSealed
	}
	sealed, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, sealPrefix))
	if size := s.sealer.NonceSize(); err == nil && len(sealed) >= size {
		if document, err := s.sealer.Open(nil, sealed[:size], sealed[size:], []byte(rowID)); err == nil {
			return document, nil
		}
	}
	return nil, errOtherKey
}

func isSealed(stored []byte) bool { return bytes.HasPrefix(stored, []byte(`"`+sealPrefix)) }

// Seal encrypts the stored settings if there is a key and they are not encrypted yet. What
// is stored afterwards tells a later start whether its key is the right one. It is no change
// of the settings: nobody is told.
func (s *Service) Seal(ctx context.Context) error {
	if s.sealer == nil {
		return nil
	}
	return s.cfg.Store.Write(ctx, func(tx store.Tx) error {
		stored, err := readRow(tx)
		if err != nil || isSealed(stored) {
			return err
		}
		doc, err := s.read(tx)
		if err != nil {
			return err
		}
		return s.write(tx, doc)
	})
}
