package auth

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

// testTime is the clock of the token tests: 2030-01-01.
var testTime = time.Unix(1893456000, 0)

// vector is the token of the contract, auth-realtime-system.md §2.1.
const vector = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." +
	"eyJjb2xsZWN0aW9uSWQiOiJfcGJfdXNlcnNfYXV0aF8iLCJleHAiOjQxMDI0NDQ4MDAsImlkIjoiYWJjMTIzZGVmNDU2Z2hpIiwicmVmcmVzaGFibGUiOnRydWUsInR5cGUiOiJhdXRoIn0." +
	"VGo1m7-yzTYpuiFxlHykqBKAfnXqIYiSZ4jZZBgAhf0"

// vectorRecord returns the record of the token.
func vectorRecord(t testing.TB) *record.Record {
	t.Helper()
	c := coretest.New(t).Snapshot().Find("users").Clone()
	c.Auth.AuthToken.Secret = strings.Repeat("s", 50)
	r := record.Blank(c)
	r.Set("id", "abc123def456ghi")
	r.Set("tokenKey", strings.Repeat("k", 50))
	return r
}

func TestNewTokenVector(t *testing.T) {
	t.Parallel()
	r := vectorRecord(t)
	at := time.Unix(4102444800-r.Collection().Auth.AuthToken.Duration, 999)
	if got, err := newAuthToken(r, at, at); got != vector || err != nil {
		t.Errorf("newToken = %q, %v, want %q", got, err, vector)
	}
}

func TestVerifyVector(t *testing.T) {
	t.Parallel()
	token, err := parseToken(vector, Auth, testTime)
	if err != nil {
		t.Fatal(err)
	}
	c := token.claims
	if c.ID != "abc123def456ghi" || c.CollectionID != "_pb_users_auth_" || !c.refreshable() || c.ExpiresAt.Unix() != 4102444800 {
		t.Errorf("claims = %+v", c)
	}
	for name, tt := range map[string]struct {
		change func(*record.Record)
		want   bool
	}{
		"as it is":         {func(*record.Record) {}, true},
		"another tokenKey": {func(r *record.Record) { r.Set("tokenKey", strings.Repeat("x", 50)) }, false},
		"another secret":   {func(r *record.Record) { r.Collection().Auth.AuthToken.Secret = strings.Repeat("x", 50) }, false},
		"no tokenKey":      {func(r *record.Record) { r.Set("tokenKey", "") }, false},
		"no secret":        {func(r *record.Record) { r.Collection().Auth.AuthToken.Secret = "" }, false},
		"the border moved": {func(r *record.Record) { r.Set("tokenKey", "k"); r.Collection().Auth.AuthToken.Secret = "k" }, false},
		"file tokens' secret": {func(r *record.Record) {
			r.Collection().Auth.AuthToken, r.Collection().Auth.FileToken = r.Collection().Auth.FileToken, r.Collection().Auth.AuthToken
		}, false},
	} {
		r := vectorRecord(t)
		tt.change(r)
		if got := token.signedBy(r); got != tt.want {
			t.Errorf("%s: verify = %v, want %v", name, got, tt.want)
		}
	}
}

func TestNewTokenNeedsKeys(t *testing.T) {
	t.Parallel()
	r := vectorRecord(t)
	r.Set("tokenKey", "")
	if token, err := newAuthToken(r, testTime, testTime); err == nil {
		t.Errorf("newToken without a tokenKey = %q", token)
	}
}

// encode returns a token with the header and the claims, valid or not, signed with HS256.
func encode(key []byte, header, claims string) string {
	signed := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	signature, err := jwt.SigningMethodHS256.Sign(signed, key)
	if err != nil {
		panic(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// tokenCases are tokens made by hand, all signed with the right key; at replaces BEFORE, NOW and
// AFTER by times.
var tokenCases = []struct {
	name, header, claims string
	valid                bool
}{
	{"full", hs256, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"auth","exp":AFTER,"iat":BEFORE,"nbf":BEFORE,"refreshable":true}`, true},
	{"no exp", hs256, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"auth"}`, true},
	{"no typ", `{"alg":"HS256"}`, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"auth"}`, true},
	{"more claims", hs256, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"auth","iss":"x","aud":["y"],"z":{}}`, true},
	{"name of the collection", hs256, `{"collectionId":"users","id":"abc123def456ghi","type":"auth"}`, true},
	{"fraction", hs256, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"auth","exp":AFTER.5}`, true},
	{"expired", hs256, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"auth","exp":BEFORE}`, false},
	{"expires now", hs256, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"auth","exp":NOW}`, false},
	{"not yet", hs256, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"auth","nbf":AFTER}`, false},
	{"issued later", hs256, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"auth","iat":AFTER}`, false},
	{"exp is text", hs256, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"auth","exp":"tomorrow"}`, false},
	{"another type", hs256, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"file"}`, false},
	{"old type", hs256, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"authRecord"}`, false},
	{"no type", hs256, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi"}`, false},
	{"no id", hs256, `{"collectionId":"_pb_users_auth_","id":"","type":"auth"}`, false},
	{"id is a number", hs256, `{"collectionId":"_pb_users_auth_","id":1,"type":"auth"}`, false},
	{"no collection", hs256, `{"id":"abc123def456ghi","type":"auth"}`, false},
	{"null", hs256, `null`, false},
	{"list", hs256, `[]`, false},
	{"no JSON", hs256, `{`, false},
	{"none", `{"alg":"none"}`, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"auth"}`, false},
	{"HS512", `{"alg":"HS512"}`, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"auth"}`, false},
	{"RS256", `{"alg":"RS256"}`, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"auth"}`, false},
	{"hs256", `{"alg":"hs256"}`, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"auth"}`, false},
	{"unknown alg", `{"alg":"x"}`, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"auth"}`, false},
	{"extensions", `{"alg":"HS256","crit":["x"]}`, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"auth"}`, false},
	{"no alg", `{}`, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"auth"}`, false},
	{"alg is a number", `{"alg":1}`, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"auth"}`, false},
	{"header is null", `null`, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"auth"}`, false},
}

const hs256 = `{"alg":"HS256","typ":"JWT"}`

// at replaces BEFORE, NOW and AFTER in the claims of a case by times around now.
func at(claims string, now time.Time) string {
	return strings.NewReplacer("AFTER", fmt.Sprint(now.Unix()+3600), "BEFORE", fmt.Sprint(now.Unix()-3600), "NOW", fmt.Sprint(now.Unix())).Replace(claims)
}

func TestParseToken(t *testing.T) {
	t.Parallel()
	r := vectorRecord(t)
	for _, tt := range tokenCases {
		token, err := parseToken(encode(signingKey(r, Auth), tt.header, at(tt.claims, testTime)), Auth, testTime)
		if got := err == nil && token.signedBy(r); got != tt.valid {
			t.Errorf("%s: valid = %v (%v), want %v", tt.name, got, err, tt.valid)
		}
	}
}

// A change of any single character invalidates the token.
func TestTamperedToken(t *testing.T) {
	t.Parallel()
	r := vectorRecord(t)
	for i := range vector {
		for _, c := range []byte("Aw_.") {
			changed := vector[:i] + string(c) + vector[i+1:]
			if changed == vector {
				continue
			}
			if token, err := parseToken(changed, Auth, testTime); err == nil && token.signedBy(r) {
				t.Errorf("the token with %q at %d is valid", c, i)
			}
		}
	}
	for _, text := range []string{"", ".", "..", "...", vector + ".", vector + "=", " " + vector, vector[:len(vector)-1], strings.TrimSuffix(vector, "VGo1m7-yzTYpuiFxlHykqBKAfnXqIYiSZ4jZZBgAhf0")} {
		if token, err := parseToken(text, Auth, testTime); err == nil && token.signedBy(r) {
			t.Errorf("%q is valid", text)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	f.Add(vector)
	r := vectorRecord(f)
	key := signingKey(r, Auth)
	for _, tt := range tokenCases {
		f.Add(encode(key, tt.header, at(tt.claims, testTime)))
	}
	f.Fuzz(func(t *testing.T, text string) {
		token, err := parseToken(text, Auth, testTime)
		if err != nil {
			return
		}
		if token.claims.ID == "" || token.claims.CollectionID == "" || token.claims.Type != Auth {
			t.Errorf("parseToken(%q) lets through %+v", text, token.claims)
		}
		token.signedBy(r)
	})
}

// The cost of verifying a token that is not cached.
func BenchmarkVerifyToken(b *testing.B) {
	r := vectorRecord(b)
	for b.Loop() {
		token, err := parseToken(vector, Auth, testTime)
		if err != nil || !token.signedBy(r) {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewToken(b *testing.B) {
	r := vectorRecord(b)
	for b.Loop() {
		if _, err := newAuthToken(r, testTime, testTime); err != nil {
			b.Fatal(err)
		}
	}
}

// TestTokenTypes issues a token of every type, and checks that each is valid only for its own type.
func TestTokenTypes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.member(map[string]any{"email": "ann@example.com"})
	r, err := f.app.Records().FindByID(t.Context(), "members", id)
	if err != nil {
		t.Fatal(err)
	}
	types := []TokenType{Auth, File, Verification, PasswordReset, EmailChange}
	for _, issued := range types {
		said := Token{Type: issued}
		if issued == EmailChange {
			said.Email, said.NewEmail = "ann@example.com", "new@example.com"
		}
		text, err := f.NewToken(r, said)
		if err != nil {
			t.Fatalf("%s: %v", issued, err)
		}
		for _, asked := range types {
			who, got, err := f.Verify(t.Context(), text, asked)
			if who != nil && got.Expires.Before(time.Now()) {
				t.Errorf("a token of type %s says that it was good until %v", issued, got.Expires)
			}
			got.Expires = time.Time{}
			if err != nil || (who != nil) != (asked == issued) || who != nil && (who.ID() != id || got != said) {
				t.Errorf("a token of type %s as %s: %v, %+v, %v", issued, asked, who, got, err)
			}
		}
		if who, err := f.Service.Authenticate(t.Context(), text); err != nil || (who != nil) != (issued == Auth) {
			t.Errorf("a token of type %s signs in: %v, %v", issued, who, err)
		}
	}
	if text, err := f.NewToken(r, Token{Type: "magic"}); err == nil {
		t.Errorf("a token of an unknown type is issued: %s", text)
	}
	if who, _, err := f.Verify(t.Context(), vector, "magic"); who != nil || err != nil {
		t.Errorf("a token is valid for an unknown type: %v, %v", who, err)
	}
}
