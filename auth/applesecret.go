package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/check"
)

// AppleSecretForm holds the data that Apple gives a developer. The client secret of the provider
// "apple" is made from it: a token, which expires.
type AppleSecretForm struct {
	ClientID   string `json:"clientId"`
	TeamID     string `json:"teamId"`
	KeyID      string `json:"keyId"`
	PrivateKey string `json:"privateKey"` // PKCS #8, as PEM
	Duration   int64  `json:"duration"`   // seconds
}

const (
	appleIDLength = 10       // of teams and keys
	maxAppleLife  = 15777000 // seconds: half a year
)

// AppleSecret returns a client secret. A caller who is not a superuser gets the fault of
// record.Caller.RequireSuperuser. The fault is Invalid for an incomplete form, and for a key that
// cannot sign. The form is not stored.
func (s *Service) AppleSecret(caller record.Caller, form AppleSecretForm) (string, error) {
	if err := caller.RequireSuperuser(); err != nil {
		return "", err
	}
	fails := fault.Fields{}
	fails.Set(check.Filled(form.ClientID), "clientId")
	fails.Set(checkAppleID(form.TeamID), "teamId")
	fails.Set(checkAppleID(form.KeyID), "keyId")
	fails.Set(check.Filled(form.PrivateKey), "privateKey")
	fails.Set(check.Needed(form.Duration, 1, maxAppleLife), "duration")
	block, _ := pem.Decode([]byte(form.PrivateKey))
	if block == nil || block.Type != "PRIVATE KEY" {
		fails.Set(fault.Leaf("validation_match_invalid", "Must be in a valid format"), "privateKey")
	}
	if err := formFault(fails); err != nil {
		return "", err
	}
	key, err := appleKey(block.Bytes)
	if err != nil {
		return "", fault.Wrap(fault.Invalid, "Failed to generate client secret. The private key is none of Apple's.", err)
	}
	now := s.app.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.RegisteredClaims{
		Issuer: form.TeamID, Subject: form.ClientID, Audience: jwt.ClaimStrings{"https://appleid.apple.com"},
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(time.Duration(form.Duration) * time.Second)),
	})
	token.Header["kid"] = form.KeyID
	return token.SignedString(key)
}

func checkAppleID(id string) *fault.Field {
	switch {
	case id == "":
		return check.Blank()
	case len(id) != appleIDLength:
		return fault.Leaf("validation_length_invalid", "The length must be exactly 10", "min", appleIDLength, "max", appleIDLength)
	}
	return nil
}

// appleKey decodes a key for ES256.
func appleKey(der []byte) (*ecdsa.PrivateKey, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("auth: no key on the curve P-256")
	}
	return key, nil
}
