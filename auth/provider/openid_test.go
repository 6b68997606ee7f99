package provider

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/loambase/loam/core/schema"
)

// signer is a key with which a provider signs id_tokens.
type signer struct {
	id     string
	method jwt.SigningMethod
	key    crypto.Signer
}

func newSigner(t *testing.T, id string, method jwt.SigningMethod) *signer {
	t.Helper()
	s := &signer{id: id, method: method}
	var err error
	switch method {
	case jwt.SigningMethodES256:
		s.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case jwt.SigningMethodES512:
		s.key, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case jwt.SigningMethodEdDSA:
		_, s.key, err = ed25519.GenerateKey(rand.Reader)
	default:
		s.key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// public returns the key in the form of the provider.
func (s *signer) public() string {
	b64 := base64.RawURLEncoding.EncodeToString
	k := webKey{ID: s.id, Use: "sig"}
	switch p := s.key.Public().(type) {
	case *rsa.PublicKey:
		k.Type, k.N, k.E = "RSA", b64(p.N.Bytes()), b64(big.NewInt(int64(p.E)).Bytes())
	case *ecdsa.PublicKey:
		point, _ := p.Bytes() // 4, X, Y
		half := len(point) / 2
		k.Type, k.Curve, k.X, k.Y = "EC", p.Params().Name, b64(point[1:1+half]), b64(point[1+half:])
	case ed25519.PublicKey:
		k.Type, k.Curve, k.X = "OKP", "Ed25519", b64(p)
	}
	text, _ := json.Marshal(k)
	return string(text)
}

func (s *signer) sign(t *testing.T, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(s.method, claims)
	token.Header["kid"] = s.id
	text, err := token.SignedString(s.key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func keysOf(list ...*signer) string {
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = s.public()
	}
	return `{"keys":[` + strings.Join(texts, ",") + `]}`
}

// claimsWith returns valid claims with changes; nil removes a claim.
func claimsWith(changes map[string]any) jwt.MapClaims {
	now := time.Now()
	c := jwt.MapClaims{"iss": "https://issuer.test", "aud": "our-id", "sub": "1", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "email": "a@x.test", "email_verified": true}
	for name, value := range changes {
		if c[name] = value; value == nil {
			delete(c, name)
		}
	}
	return c
}

func ago(d time.Duration) int64 { return time.Now().Add(-d).Unix() }

// TestIDTokenClaims: claims are checked, whether the signature is checked or not.
func TestIDTokenClaims(t *testing.T) {
	t.Parallel()
	signer := newSigner(t, "k", jwt.SigningMethodES256)
	for _, tt := range []struct {
		name    string
		changes map[string]any
		ok      bool
	}{
		{"good", nil, true},
		{"verified as text", map[string]any{"email_verified": "true"}, true},
		{"expired a little", map[string]any{"exp": ago(4 * time.Minute)}, true},
		{"expired", map[string]any{"exp": ago(6 * time.Minute)}, false},
		{"without end", map[string]any{"exp": nil}, false},
		{"from a clock that is ahead a little", map[string]any{"iat": ago(-4 * time.Minute)}, true},
		{"of the future", map[string]any{"iat": ago(-6 * time.Minute)}, false},
		{"not yet", map[string]any{"nbf": ago(-6 * time.Minute)}, false},
		{"for somebody else", map[string]any{"aud": "another-id"}, false},
		{"for nobody", map[string]any{"aud": nil}, false},
		{"for several, issued to us", map[string]any{"aud": []string{"our-id", "b"}, "azp": "our-id"}, true},
		{"for several, issued to another", map[string]any{"aud": []string{"our-id", "b"}, "azp": "b"}, false},
		{"for several, issued to nobody", map[string]any{"aud": []string{"our-id", "b"}}, false},
		{"another issuer", map[string]any{"iss": "https://evil.test"}, false},
		{"no issuer", map[string]any{"iss": nil}, false},
		{"nobody", map[string]any{"sub": ""}, false},
	} {
		for _, keys := range []bool{true, false} {
			s := newService(t)
			s.answers["/keys"] = keysOf(signer)
			s.token = fmt.Sprintf(`,"id_token":%q`, signer.sign(t, claimsWith(tt.changes)))
			extra := `{"issuers":["https://issuer.test"]}`
			if keys {
				extra = fmt.Sprintf(`{"issuers":["https://issuer.test"],"jwksURL":"%s/keys"}`, s.URL)
			}
			c := s.client("oidc", extra)
			c.found.fixed.userInfoURL = ""
			u, err := s.who(c)
			if ok := err == nil; ok != tt.ok || ok && (u.ID != "1" || u.Email != "a@x.test") {
				t.Errorf("%s, with keys %t: %v, %v", tt.name, keys, u, err)
			}
		}
	}
	s := newService(t)
	c := s.client("oidc", "")
	c.found.fixed.userInfoURL = ""
	for _, token := range []string{"", `,"id_token":"no.token.here"`, `,"id_token":5`} {
		s.token = token
		if _, err := s.who(c); err == nil {
			t.Errorf("no token in %q, and somebody is there", token)
		}
	}
}

// TestIDTokenSignatures: only signatures by the provider's keys are accepted.
func TestIDTokenSignatures(t *testing.T) {
	t.Parallel()
	good := claimsWith(nil)
	rs, es, es512, ed := newSigner(t, "rs", jwt.SigningMethodRS256), newSigner(t, "es", jwt.SigningMethodES256), newSigner(t, "es512", jwt.SigningMethodES512), newSigner(t, "ed", jwt.SigningMethodEdDSA)
	all := keysOf(rs, es, es512, ed)
	evil := newSigner(t, "rs", jwt.SigningMethodRS256)
	none, err := jwt.NewWithClaims(jwt.SigningMethodNone, good).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	secret := func(key []byte) string {
		token := jwt.NewWithClaims(jwt.SigningMethodHS256, good)
		token.Header["kid"] = "rs"
		text, _ := token.SignedString(key)
		return text
	}
	pss := &signer{id: "rs", method: jwt.SigningMethodPS256, key: rs.key}
	unnamed := &signer{id: "", method: jwt.SigningMethodES256, key: es.key}
	critical := jwt.NewWithClaims(jwt.SigningMethodES256, good)
	critical.Header["kid"], critical.Header["crit"] = "es", []string{"x"}
	criticalText, _ := critical.SignedString(es.key)
	tampered := rs.sign(t, good)
	tampered = tampered[:len(tampered)-6] + "AAAAAA"
	for _, tt := range []struct {
		name, token, keys string
		ok                bool
	}{
		{"RS256", rs.sign(t, good), all, true}, {"PS256", pss.sign(t, good), all, true}, {"ES256", es.sign(t, good), all, true},
		{"ES512", es512.sign(t, good), all, true}, {"EdDSA", ed.sign(t, good), all, true}, {"the only key of its sort", unnamed.sign(t, good), all, true},
		{"another key of the same name", evil.sign(t, good), all, false}, {"tampered with", tampered, all, false},
		{"no signature", none, all, false}, {"a shared secret", secret([]byte("hush")), all, false},
		{"the public key as a secret", secret(rs.key.Public().(*rsa.PublicKey).N.Bytes()), all, false},
		{"a key that is not there", es.sign(t, good), keysOf(rs), false}, {"no keys", es.sign(t, good), `{}`, false}, {"keys that cannot be read", es.sign(t, good), `no`, false},
		{"two keys, unnamed", unnamed.sign(t, good), keysOf(es, newSigner(t, "x", jwt.SigningMethodES256)), false},
		{"a key to encrypt with", es.sign(t, good), strings.ReplaceAll(all, `"use":"sig"`, `"use":"enc"`), false},
		{"a point off the curve", es.sign(t, good), strings.Replace(keysOf(es), `"x":"`, `"x":"AAAA`, 1), false},
		{"unknown extensions", criticalText, all, false},
	} {
		s := newService(t)
		s.answers["/keys"] = tt.keys
		s.token = fmt.Sprintf(`,"id_token":%q`, tt.token)
		c := s.client("oidc", fmt.Sprintf(`{"jwksURL":"%s/keys"}`, s.URL))
		c.found.fixed.userInfoURL = ""
		if _, err := s.who(c); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err == nil {
		weak := &signer{id: "w", method: jwt.SigningMethodRS256, key: small}
		var k webKey
		json.Unmarshal([]byte(weak.public()), &k)
		if _, err := k.public(); err == nil {
			t.Error("a key of 1024 bits is used")
		}
	}
}

// TestKeysAreFetchedSeldom: unknown keys cause a new fetch, but not for every request.
func TestKeysAreFetchedSeldom(t *testing.T) {
	t.Parallel()
	first, second := newSigner(t, "1", jwt.SigningMethodES256), newSigner(t, "2", jwt.SigningMethodES256)
	s := newService(t)
	s.answers["/keys"] = keysOf(first)
	c := s.client("oidc", fmt.Sprintf(`{"jwksURL":"%s/keys"}`, s.URL))
	now := time.Now()
	c.now = func() time.Time { return now }
	keys := c.found.fixed.keys
	for _, step := range []struct {
		later   time.Duration
		id      string
		ok      bool
		fetches int
	}{
		{0, "1", true, 1}, {0, "1", true, 1}, {0, "2", false, 1}, {keysPause, "2", true, 2}, {0, "3", false, 2}, {keysPause - 1, "3", false, 2},
		{1, "3", false, 3}, {0, "1", false, 3}, {keysLife, "2", true, 4},
	} {
		now = now.Add(step.later)
		_, err := keys.key(t.Context(), step.id, "ES256")
		if fetches := len(s.asked); (err == nil) != step.ok || fetches != step.fetches {
			t.Errorf("key %s after %v: %v, %d fetches, want %t, %d", step.id, step.later, err, fetches, step.ok, step.fetches)
		}
		s.answers["/keys"] = keysOf(second)
	}
	// Known keys stay valid while the provider cannot be reached.
	delete(s.answers, "/keys")
	now = now.Add(keysLife)
	if _, err := keys.key(t.Context(), "2", "ES256"); err != nil {
		t.Errorf("a key that is known, while the service is away: %v", err)
	}
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	signer := newSigner(t, "k", jwt.SigningMethodES256)
	s := newService(t)
	now := time.Now()
	config := schema.Provider{Name: "oidc", ClientID: "our-id", ClientSecret: "hush", Extra: json.RawMessage(fmt.Sprintf(`{"issuer":%q}`, s.URL))}
	c, err := NewPool(func() time.Time { return now }).Client(config)
	if err != nil {
		t.Fatal(err)
	}
	tell := func(format string) {
		s.answers["/.well-known/openid-configuration"] = strings.ReplaceAll(format, "URL", s.URL)
	}
	const good = `{"issuer":"URL","authorization_endpoint":"URL/auth","token_endpoint":"URL/token","userinfo_endpoint":"URL/user","jwks_uri":"URL/keys"}`
	for _, bad := range []string{"", `{}`, `{"issuer":"URL"}`, strings.Replace(good, `"issuer":"URL"`, `"issuer":"https://evil.test"`, 1), strings.Replace(good, `"jwks_uri"`, `"x"`, 1)} {
		tell(bad)
		asked := len(s.asked)
		for range 3 {
			if _, err := c.AuthURL(t.Context(), "st", ""); err == nil {
				t.Errorf("%s is taken", bad)
			}
		}
		if n := len(s.asked) - asked; n != 1 {
			t.Errorf("%d requests after a failure, want one", n)
		}
		now = now.Add(discoveryPause)
	}
	tell(good)
	s.answers["/keys"] = keysOf(signer)
	s.answers["/user"] = `{"sub":"1","name":"Ann"}`
	url, err := c.AuthURL(t.Context(), "st", "")
	if err != nil || !strings.HasPrefix(url, s.URL+"/auth?") {
		t.Fatalf("AuthURL = %s, %v", url, err)
	}
	for _, tt := range []struct {
		name    string
		changes map[string]any
		ok      bool
	}{
		{"good", map[string]any{"iss": s.URL}, true},
		{"another issuer", nil, false},
		{"somebody else than the user info is about", map[string]any{"iss": s.URL, "sub": "2"}, false},
	} {
		s.token = fmt.Sprintf(`,"id_token":%q`, signer.sign(t, claimsWith(tt.changes)))
		if _, err := s.who(c); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	s.token = ""
	if _, err := s.who(c); err == nil {
		t.Error("no id_token, where the issuer is configured")
	}
	// Found addresses are used while the provider is down.
	tell("")
	now = now.Add(discoveryLife)
	if _, err := c.AuthURL(t.Context(), "st", ""); err != nil {
		t.Errorf("a service that is away: %v", err)
	}
}

func TestApple(t *testing.T) {
	t.Parallel()
	apple := newSigner(t, "k", jwt.SigningMethodRS256)
	for _, tt := range []struct {
		name    string
		signer  *signer
		changes map[string]any
		want    string // "" for a failure
	}{
		{"good", apple, map[string]any{"iss": appleIssuer}, "1||||a@x.test"},
		{"not verified", apple, map[string]any{"iss": appleIssuer, "email_verified": "false"}, "1||||"},
		{"verified as text", apple, map[string]any{"iss": appleIssuer, "email_verified": "true", "name": "Ann"}, "1|Ann|||a@x.test"},
		{"another issuer", apple, nil, ""},
		{"for another app", apple, map[string]any{"iss": appleIssuer, "aud": "x"}, ""},
		{"expired", apple, map[string]any{"iss": appleIssuer, "exp": ago(time.Hour)}, ""},
		{"signed by another", newSigner(t, "k", jwt.SigningMethodRS256), map[string]any{"iss": appleIssuer}, ""},
	} {
		s := newService(t)
		s.answers["/keys"] = keysOf(apple)
		s.token = fmt.Sprintf(`,"id_token":%q`, tt.signer.sign(t, claimsWith(tt.changes)))
		c := s.client("apple", fmt.Sprintf(`{"jwksURL":"%s/keys"}`, s.URL))
		u, err := s.who(c)
		if got := ""; err == nil {
			if got = u.String(); got != tt.want {
				t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
			}
		} else if tt.want != "" {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestMicrosoftEmail(t *testing.T) {
	t.Parallel()
	signer := newSigner(t, "k", jwt.SigningMethodRS256)
	for _, tt := range []struct {
		claim   string
		changes map[string]any
		want    string
	}{
		{"any_verified", map[string]any{"verified_primary_email": []string{"v@x.test"}, "xms_edov": true}, "v@x.test"},
		{"any_verified", map[string]any{"xms_edov": true}, "a@x.test"},
		{"any_verified", map[string]any{"xms_edov": "1"}, "a@x.test"},
		{"any_verified", nil, ""},
		{"verified_primary_email", map[string]any{"verified_primary_email": []string{"v@x.test"}}, "v@x.test"},
		{"verified_primary_email", map[string]any{"xms_edov": true}, ""},
		{"email_and_xms_edov", map[string]any{"xms_edov": true}, "a@x.test"},
		{"email_and_xms_edov", map[string]any{"xms_edov": false}, ""},
		{"email", nil, "a@x.test"},
		{"email", map[string]any{"aud": "x"}, "error"},
		{"nonsense", nil, "error"},
	} {
		s := newService(t)
		s.answers["/user"] = `{"id":"1","displayName":"Ann","mail":"claimed@x.test"}`
		s.token = fmt.Sprintf(`,"id_token":%q`, signer.sign(t, claimsWith(tt.changes)))
		u, err := s.who(s.client("microsoft", fmt.Sprintf(`{"idTokenEmailClaim":%q}`, tt.claim)))
		got := "error"
		if err == nil {
			got = u.Email
		}
		if got != tt.want {
			t.Errorf("%s with %v: %s, want %s (%v)", tt.claim, tt.changes, got, tt.want, err)
		}
	}
}
