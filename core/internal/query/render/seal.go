package render

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
)

// Seal encrypts cursors, so that a client can only return cursors that it got: with a bound of
// its own choice, the time of a page would tell the client how many hidden records are behind it.
// Equal contents have equal cursors. A Seal is safe for concurrent use.
type Seal struct {
	secret string
	aead   cipher.AEAD
	nonces []byte // the key for computing nonces from contents
}

// NewSeal returns the seal of a secret.
func NewSeal(secret string) *Seal {
	const size = 32
	keys, err := hkdf.Key(sha256.New, []byte(secret), nil, "cursor", 2*size)
	if err != nil {
		panic(err) // not possible: the length is valid
	}
	block, err := aes.NewCipher(keys[:size])
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return &Seal{secret: secret, aead: aead, nonces: keys[size:]}
}

// Of reports whether the seal is of the secret.
func (s *Seal) Of(secret string) bool { return s.secret == secret }

// Close returns the sealed content.
func (s *Seal) Close(content []byte) []byte {
	n := s.aead.NonceSize()
	buf := make([]byte, 0, n+len(content)+max(s.aead.Overhead(), len(s.nonces)))
	sum := sha256.Sum256(append(append(buf, s.nonces...), content...)) // only a part of the sum is in the cursor
	return s.aead.Seal(append(buf, sum[:n]...), sum[:n], content, nil)
}

// Open returns the content; ok is false for bytes that Close has not made.
func (s *Seal) Open(sealed []byte) (content []byte, ok bool) {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return nil, false
	}
	content, err := s.aead.Open(nil, sealed[:n], sealed[n:], nil)
	return content, err == nil
}
