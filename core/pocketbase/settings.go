// Import of settings, which are in _params; they are decrypted if a key is given.

package pocketbase

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// settings returns the document of settings in plain JSON; nil if there is none.
func (m *move) settings(s *tables) ([]byte, error) {
	table := s.find("_params")
	rows, err := s.all(table)
	if err != nil {
		return nil, unreadable(err)
	}
	defer rows.Close()
	var document []byte
	for rows.Next() {
		r := row{rows, table}
		if r.text("id") == "settings" {
			document = []byte(r.text("value"))
		} else {
			m.report.note(skipped, "_params", "the row %s, which is not the settings", r.text("id"))
		}
	}
	if err := rows.Close(); err != nil {
		return nil, unreadable(err)
	}
	if len(document) == 0 || string(document) == "null" {
		return nil, nil
	}
	plain, err := m.decrypted(document)
	if err != nil {
		return nil, err
	}
	m.bucket(plain)
	return plain, nil
}

// decrypted returns the document in plain JSON.
func (m *move) decrypted(document []byte) ([]byte, error) {
	// PocketBase encrypts the settings only if it has a key.
	if isObject(document) {
		return document, nil
	}
	if m.Key == "" {
		return nil, errors.New("the settings are encrypted: name the environment variable that holds their key with --encryption-env")
	}
	text := string(document)
	_ = json.Unmarshal(document, &text) // the text may be quoted
	plain, err := decrypt(strings.TrimSpace(text), m.Key)
	if err != nil {
		return nil, fmt.Errorf("the settings cannot be decrypted: %w", err)
	}
	if !isObject(plain) {
		return nil, errors.New("the settings cannot be read, though they could be decrypted")
	}
	if m.App.SettingsKey == "" {
		m.report.note(adjusted, "settings", "they were encrypted and are stored in plain text now: keep the data folder from others")
	}
	return plain, nil
}

// isObject reports whether the document is a JSON object.
func isObject(document []byte) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal(document, &object) == nil
}

// decrypt decrypts base64 of a nonce followed by AES-GCM, with a key of 16, 24 or 32 bytes.
func decrypt(text, key string) ([]byte, error) {
	block, err := aes.NewCipher([]byte(key))
	if err != nil {
		return nil, fmt.Errorf("the key has %d bytes, not 16, 24 or 32", len(key))
	}
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, errors.New("they are neither JSON nor encrypted")
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	if len(sealed) < gcm.NonceSize() {
		return nil, errors.New("they are too short")
	}
	plain, err := gcm.Open(nil, sealed[:gcm.NonceSize()], sealed[gcm.NonceSize():], nil)
	if err != nil {
		return nil, errors.New("the key is not the one that they were encrypted with")
	}
	return plain, nil
}

// bucket reports files in S3, which an import does not copy.
func (m *move) bucket(document []byte) {
	var settings struct {
		S3 struct {
			Enabled bool
			Bucket  string
		}
	}
	if json.Unmarshal(document, &settings) == nil && settings.S3.Enabled {
		m.report.note(skipped, "storage", "the files in the bucket %s: copy them to storage/ in the data folder", settings.S3.Bucket)
	}
}
