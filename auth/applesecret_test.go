package auth_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

func TestAppleSecret(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	s := auth.New(app)
	encode := func(key any) string {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := auth.AppleSecretForm{ClientID: "com.app", TeamID: "TEAM567890", KeyID: "KEY4567890", PrivateKey: encode(key), Duration: 60}
	secret, err := s.AppleSecret(record.Root(), good)
	if err != nil {
		t.Fatal(err)
	}
	var claims jwt.RegisteredClaims
	token, err := jwt.ParseWithClaims(secret, &claims, func(*jwt.Token) (any, error) { return &key.PublicKey, nil }, jwt.WithValidMethods([]string{"ES256"}))
	if err != nil || token.Header["kid"] != "KEY4567890" || claims.Issuer != "TEAM567890" || claims.Subject != "com.app" ||
		claims.Audience[0] != "https://appleid.apple.com" || claims.ExpiresAt.Sub(claims.IssuedAt.Time).Seconds() != 60 {
		t.Errorf("the secret says %+v, %v", claims, err)
	}
	if _, err := s.AppleSecret(record.Caller{}, good); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("a guest: %v", err)
	}
	_, edwards, _ := ed25519.GenerateKey(rand.Reader)
	large, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	for want, change := range map[string]func(*auth.AppleSecretForm){
		"clientId: Cannot be blank":                    func(f *auth.AppleSecretForm) { f.ClientID = "" },
		"teamId: The length must be exactly 10":        func(f *auth.AppleSecretForm) { f.TeamID = "x" },
		"keyId: Cannot be blank":                       func(f *auth.AppleSecretForm) { f.KeyID = "" },
		"privateKey: Cannot be blank":                  func(f *auth.AppleSecretForm) { f.PrivateKey = "" },
		"privateKey: Must be in a valid format":        func(f *auth.AppleSecretForm) { f.PrivateKey = "hush-hush" },
		"duration: Cannot be blank":                    func(f *auth.AppleSecretForm) { f.Duration = 0 },
		"duration: Must be no less than 1":             func(f *auth.AppleSecretForm) { f.Duration = -1 },
		"duration: Must be no greater than 15777000":   func(f *auth.AppleSecretForm) { f.Duration = 15777001 },
		"The private key is none of Apple's: auth: no": func(f *auth.AppleSecretForm) { f.PrivateKey = encode(edwards) },
		"no key on the curve P-256":                    func(f *auth.AppleSecretForm) { f.PrivateKey = encode(large) },
		"asn1": func(f *auth.AppleSecretForm) {
			f.PrivateKey = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("no")}))
		},
	} {
		form := good
		change(&form)
		if _, err := s.AppleSecret(record.Root(), form); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", want, err)
		}
	}
}
