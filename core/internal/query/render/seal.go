package render

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
)

// Seal encrypts cursors, so that a client gives back what it was given and nothing else: a
// bound of its own choice would tell, by the time that a page takes, how many hidden
// records lie behind it. Equal contents give equal cursors. It is safe for concurrent use.
type Seal struct {
	secret string
	aead   cipher.AEAD
	nonces []byte // the key by which contents become nonces
}

// NewSeal makes the seal of a secret.
func NewSeal(secret string) *Seal {
	const size = 32
	keys, err := hkdf.Key(sha256.New, []byte(secret), nil, "cursor", 2*size)
	if err != nil {
		panic(err) // of a length that is known to be right
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

// Of says whether the seal is that of the secret.
func (s *Seal) Of(secret string) bool { return s.secret == secret }

// Close is the sealed content.
func (s *Seal) Close(content []byte) []byte {
	n := s.aead.NonceSize()
	buf := make([]byte, 0, n+len(content)+max(s.aead.Overhead(), len(s.nonces)))
	sum := sha256.Sum256(append(append(buf, s.nonces...), content...)) // of which no more than a part is shown
	return s.aead.Seal(append(buf, sum[:n]...), sum[:n], content, nil)
}

// Open is the content; ok is false for what Close has not made.
func (s *Seal) Open(sealed []byte) (content []byte, ok bool) {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return nil, false
	}
	content, err := s.aead.Open(nil, sealed[:n], sealed[n:], nil)
	return content, err == nil
}
