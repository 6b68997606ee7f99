package auth

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema/standard"
)

// testTime is the clock of the token tests: 2030-01-01.
var testTime = time.Unix(1893456000, 0)

// vector is the token of the contract, auth-realtime-system.md §2.1.
const vector = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." +
	"eyJjb2xsZWN0aW9uSWQiOiJfcGJfdXNlcnNfYXV0aF8iLCJleHAiOjQxMDI0NDQ4MDAsImlkIjoiYWJjMTIzZGVmNDU2Z2hpIiwicmVmcmVzaGFibGUiOnRydWUsInR5cGUiOiJhdXRoIn0." +
	"VGo1m7-yzTYpuiFxlHykqBKAfnXqIYiSZ4jZZBgAhf0"

// vectorRecord is the record that the token belongs to.
func vectorRecord() *record.Record {
	c := standard.Users("2026-01-01 00:00:00.000Z")
	c.Auth.AuthToken.Secret = strings.Repeat("s", 50)
	r := record.Blank(c)
	r.Set("id", "abc123def456ghi")
	r.Set("tokenKey", strings.Repeat("k", 50))
	return r
}

func TestNewTokenVector(t *testing.T) {
	r := vectorRecord()
	at := time.Unix(4102444800-r.Collection().Auth.AuthToken.Duration, 999)
	if got, err := newToken(r, at); got != vector || err != nil {
		t.Errorf("newToken = %q, %v, want %q", got, err, vector)
	}
}

func TestVerifyVector(t *testing.T) {
	token, err := parseToken(vector, testTime)
	if err != nil {
		t.Fatal(err)
	}
	c := token.claims
	if c.ID != "abc123def456ghi" || c.CollectionID != "_pb_users_auth_" || !c.Refreshable || c.ExpiresAt.Unix() != 4102444800 {
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
		r := vectorRecord()
		tt.change(r)
		if got := token.verify(r); got != tt.want {
			t.Errorf("%s: verify = %v, want %v", name, got, tt.want)
		}
	}
}

func TestNewTokenNeedsKeys(t *testing.T) {
	r := vectorRecord()
	r.Set("tokenKey", "")
	if token, err := newToken(r, testTime); err == nil {
		t.Errorf("newToken without a tokenKey = %q", token)
	}
}

// encode signs any header and claims with the key of vectorRecord.
func encode(header, claims string) string {
	signed := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	signature, err := jwt.SigningMethodHS256.Sign(signed, signingKey(vectorRecord()))
	if err != nil {
		panic(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// tokenCases are tokens made by hand, all signed with the right key; at puts
// times in for BEFORE, NOW and AFTER.
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
	{"no alg", `{}`, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"auth"}`, false},
	{"alg is a number", `{"alg":1}`, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"auth"}`, false},
	{"header is null", `null`, `{"collectionId":"_pb_users_auth_","id":"abc123def456ghi","type":"auth"}`, false},
}

const hs256 = `{"alg":"HS256","typ":"JWT"}`

// at puts times around now into the claims of a case.
func at(claims string, now time.Time) string {
	return strings.NewReplacer("AFTER", fmt.Sprint(now.Unix()+3600), "BEFORE", fmt.Sprint(now.Unix()-3600), "NOW", fmt.Sprint(now.Unix())).Replace(claims)
}

func TestParseToken(t *testing.T) {
	r := vectorRecord()
	for _, tt := range tokenCases {
		token, err := parseToken(encode(tt.header, at(tt.claims, testTime)), testTime)
		if got := err == nil && token.verify(r); got != tt.valid {
			t.Errorf("%s: valid = %v (%v), want %v", tt.name, got, err, tt.valid)
		}
	}
}

// Every change of a single character makes the token another one.
func TestTamperedToken(t *testing.T) {
	r := vectorRecord()
	for i := range vector {
		for _, c := range []byte("Aw_.") {
			changed := vector[:i] + string(c) + vector[i+1:]
			if changed == vector {
				continue
			}
			if token, err := parseToken(changed, testTime); err == nil && token.verify(r) {
				t.Errorf("the token with %q at %d is valid", c, i)
			}
		}
	}
	for _, text := range []string{"", ".", "..", "...", vector + ".", vector + "=", " " + vector, vector[:len(vector)-1], strings.TrimSuffix(vector, "VGo1m7-yzTYpuiFxlHykqBKAfnXqIYiSZ4jZZBgAhf0")} {
		if token, err := parseToken(text, testTime); err == nil && token.verify(r) {
			t.Errorf("%q is valid", text)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	f.Add(vector)
	for _, tt := range tokenCases {
		f.Add(encode(tt.header, at(tt.claims, testTime)))
	}
	r := vectorRecord()
	f.Fuzz(func(t *testing.T, text string) {
		token, err := parseToken(text, testTime)
		if err != nil {
			return
		}
		if token.claims.ID == "" || token.claims.CollectionID == "" || token.claims.Type != typeAuth {
			t.Errorf("parseToken(%q) lets through %+v", text, token.claims)
		}
		token.verify(r)
	})
}

// What makes a token costs when it is not remembered.
func BenchmarkVerifyToken(b *testing.B) {
	r := vectorRecord()
	for b.Loop() {
		token, err := parseToken(vector, testTime)
		if err != nil || !token.verify(r) {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewToken(b *testing.B) {
	r := vectorRecord()
	for b.Loop() {
		if _, err := newToken(r, testTime); err != nil {
			b.Fatal(err)
		}
	}
}
