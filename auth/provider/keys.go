package provider

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"
)

const (
	keysLife  = time.Hour   // after which keys are fetched again
	keysPause = time.Minute // between two fetches: anybody can send a token with an unknown key
	keysTime  = 10 * time.Second
	minRSA    = 2048 // bits
)

// keySet holds the public keys of a provider, which are fetched when needed.
type keySet struct {
	url    string
	client *Client

	mu    sync.Mutex // guards keys and tried; held while they are fetched
	keys  []webKey
	tried time.Time
}

// key returns the key with that id for an algorithm. A token without an id must be signed by the
// only key for the algorithm.
func (k *keySet) key(ctx context.Context, id, algorithm string) (crypto.PublicKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.client.now()
	found := k.match(id, algorithm)
	if age := now.Sub(k.tried); len(found) != 1 && age >= keysPause || age >= keysLife {
		k.tried = now
		if err := k.fetch(ctx); err != nil && len(found) == 0 {
			return nil, fmt.Errorf("the keys of the service: %w", err)
		}
		found = k.match(id, algorithm)
	}
	if len(found) != 1 {
		return nil, errors.New("the service has no such key")
	}
	return found[0].public()
}

// fetch replaces the keys. It continues if the request that needs them ends, since other requests
// wait. The lock must be held.
func (k *keySet) fetch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keysTime)
	defer cancel()
	var set struct {
		Keys []webKey `json:"keys"`
	}
	if err := k.client.get(ctx, k.url, nil, &set); err != nil {
		return err
	}
	k.keys = set.Keys
	return nil
}

// match returns the keys that may have signed. The lock must be held.
func (k *keySet) match(id, algorithm string) (found []webKey) {
	for _, key := range k.keys {
		if (id == "" || key.ID == id) && (key.Algorithm == "" || key.Algorithm == algorithm) &&
			(key.Use == "" || key.Use == "sig") && key.signs(algorithm) {
			found = append(found, key)
		}
	}
	return found
}

// webKey is a public key in JSON (RFC 7517).
type webKey struct {
	Type      string `json:"kty"`
	ID        string `json:"kid"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	Curve     string `json:"crv"`
	N         string `json:"n"`
	E         string `json:"e"`
	X         string `json:"x"`
	Y         string `json:"y"`
}

// signs reports whether keys of this type are used by the algorithm.
func (k *webKey) signs(algorithm string) bool {
	switch k.Type {
	case "RSA":
		return strings.HasPrefix(algorithm, "RS") || strings.HasPrefix(algorithm, "PS")
	case "EC":
		return map[string]string{"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}[algorithm] == k.Curve
	case "OKP":
		return algorithm == "EdDSA" && k.Curve == "Ed25519"
	}
	return false
}

var errKey = errors.New("the key of the service cannot be used")

// public returns the key as a type of package crypto.
func (k *webKey) public() (crypto.PublicKey, error) {
	n, e, x, y := bytesOf(k.N), bytesOf(k.E), bytesOf(k.X), bytesOf(k.Y)
	switch k.Type {
	case "RSA":
		modulus, exponent := new(big.Int).SetBytes(n), new(big.Int).SetBytes(e)
		if modulus.BitLen() < minRSA || len(e) > 4 || !exponent.IsInt64() || exponent.Int64() < 3 {
			return nil, errKey
		}
		return &rsa.PublicKey{N: modulus, E: int(exponent.Int64())}, nil
	case "EC":
		curve := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}[k.Curve]
		if curve == nil {
			return nil, errKey
		}
		size := (curve.Params().BitSize + 7) / 8
		if len(x) > size || len(y) > size {
			return nil, errKey
		}
		point := make([]byte, 1+2*size) // uncompressed
		point[0] = 4
		copy(point[1+size-len(x):], x)
		copy(point[1+2*size-len(y):], y)
		key, err := ecdsa.ParseUncompressedPublicKey(curve, point)
		if err != nil {
			return nil, errKey
		}
		return key, nil
	case "OKP":
		if len(x) != ed25519.PublicKeySize {
			return nil, errKey
		}
		return ed25519.PublicKey(x), nil
	}
	return nil, errKey
}

// bytesOf decodes a part of a key; it returns nil for invalid base64.
func bytesOf(text string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return b
}
