// Encryption of the stored settings and the secrets of collections: AES-256-GCM with the key of the
// configuration.

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

// KeySize is the number of bytes of the key of the settings.
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

// Sealer encrypts and decrypts documents. A nil *Sealer has no key. It is safe for concurrent
// use.
type Sealer struct{ aead cipher.AEAD }

// newSealer returns the Sealer of a key, nil for "". The key was checked.
func newSealer(key string) *Sealer {
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
	return &Sealer{gcm}
}

// Seal returns the encrypted document as a text. Open opens it only with the same name, so a text
// cannot be replaced by another one. The Sealer must not be nil.
func (s *Sealer) Seal(document []byte, name string) string {
	nonce := make([]byte, s.aead.NonceSize())
	rand.Read(nonce) // it never fails
	return sealPrefix + base64.StdEncoding.EncodeToString(s.aead.Seal(nonce, nonce, document, []byte(name)))
}

// Open decrypts a text of Seal. Its errors state that the key is missing, or another one.
func (s *Sealer) Open(text, name string) ([]byte, error) {
	if s == nil {
		return nil, errSealed
	}
	sealed, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, sealPrefix))
	if size := s.aead.NonceSize(); err == nil && len(sealed) >= size {
		if document, err := s.aead.Open(nil, sealed[:size], sealed[size:], []byte(name)); err == nil {
			return document, nil
		}
	}
	return nil, errOtherKey
}

// Sealer returns the Sealer with the key of the Config, nil without a key.
func (s *Service) Sealer() *Sealer { return s.sealer }

// seal returns the stored form of the document: a JSON text with the encrypted document or, without
// a key, the document itself.
func (s *Service) seal(document []byte) []byte {
	if s.sealer == nil {
		return document
	}
	return []byte(`"` + s.sealer.Seal(document, rowID) + `"`)
}

// unseal reverses seal. It returns a document that is not encrypted unchanged.
func (s *Service) unseal(stored []byte) ([]byte, error) {
	var text string
	if !isSealed(stored) || json.Unmarshal(stored, &text) != nil {
		return stored, nil
	}
	return s.sealer.Open(text, rowID)
}

func isSealed(stored []byte) bool { return bytes.HasPrefix(stored, []byte(`"`+sealPrefix)) }

// Seal encrypts the stored settings if there is a key and they are not encrypted yet. A later start
// recognizes a wrong key by the encrypted settings. The settings do not change: no observer is
// called.
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

// Reseal stores the settings with another key, "" for plain text, and returns a Service with that
// key. The key must have passed CheckKey. The settings do not change: no observer is called.
func (s *Service) Reseal(tx store.Tx, key string) (*Service, error) {
	doc, err := s.read(tx)
	if err != nil {
		return nil, err
	}
	other := &Service{cfg: s.cfg, published: s.published, sealer: newSealer(key)}
	return other, other.write(tx, doc)
}
