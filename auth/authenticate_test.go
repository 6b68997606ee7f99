package auth

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.member(map[string]any{"email": "ann@example.com"})
	r, err := f.app.Records().FindByID(context.Background(), "members", id)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tokenCases {
		text := at(tt.claims, f.app.Now())
		text = strings.NewReplacer("_pb_users_auth_", r.Collection().ID, "users", "members", "abc123def456ghi", id).Replace(text)
		signed := base64.RawURLEncoding.EncodeToString([]byte(tt.header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(text))
		signature, err := jwt.SigningMethodHS256.Sign(signed, signingKey(r, Auth))
		if err != nil {
			t.Fatal(err)
		}
		token := signed + "." + base64.RawURLEncoding.EncodeToString(signature)
		for _, pass := range []string{"verified", "remembered"} {
			if got := f.Authenticate(context.Background(), token); (got != nil) != tt.valid || got != nil && got.ID() != id {
				t.Errorf("%s, %s: Authenticate = %v, want valid %v", tt.name, pass, got, tt.valid)
			}
		}
	}
}

func TestAuthenticateForeignTokens(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ann := f.member(map[string]any{"email": "ann@example.com"})
	bob := f.member(map[string]any{"email": "bob@example.com"})
	token := f.login("ann@example.com").Token
	parts := strings.Split(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	forged := parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(text), ann, bob, 1))) + "." + parts[2]
	for name, token := range map[string]string{
		"empty": "", "words": "Bearer", "the id of another": forged, "cut": token[:len(token)-1],
		"endless": token + strings.Repeat("A", maxToken), "of another server": vector,
		"of a base collection": strings.Replace(forged, parts[1], base64.RawURLEncoding.EncodeToString([]byte(`{"collectionId":"notes","id":"x","type":"auth"}`)), 1),
	} {
		if r := f.Authenticate(context.Background(), token); r != nil {
			t.Errorf("%s: Authenticate = %v, want a guest", name, r.ID())
		}
	}
}

// Changes that one request makes to its copy of the caller do not affect the next.
func TestAuthenticateGivesCopies(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.member(map[string]any{"email": "ann@example.com"})
	token := f.login("ann@example.com").Token
	for range 3 {
		r := f.Authenticate(context.Background(), token)
		if got := r.Text("email"); got != "ann@example.com" {
			t.Fatalf("email = %q", got)
		}
		r.Set("email", "changed@example.com")
	}
}

// Once a request that revokes a token is answered, the token is invalid.
func TestRevocation(t *testing.T) {
	t.Parallel()
	const email = "ann@example.com"
	root := coretest.Root()
	for name, revoke := range map[string]func(f *fixture, id string) error{
		"password": func(f *fixture, id string) error {
			f.update("members", id, map[string]any{"password": "another one", "passwordConfirm": "another one"})
			return nil
		},
		"email": func(f *fixture, id string) error {
			f.update("members", id, map[string]any{"email": "new@example.com"})
			return nil
		},
		"tokenKey": func(f *fixture, id string) error {
			f.update("members", id, map[string]any{"tokenKey:autogenerate": ""})
			return nil
		},
		"delete": func(f *fixture, id string) error {
			return f.app.Records().Delete(context.Background(), root, "members", id)
		},
		"truncate": func(f *fixture, _ string) error {
			return f.app.Records().Truncate(context.Background(), coretest.Root(), "members")
		},
		"secret": func(f *fixture, _ string) error {
			f.configure("members", `{"authToken":{"secret":"`+strings.Repeat("z", 50)+`"}}`)
			return nil
		},
		"auth rule": func(f *fixture, _ string) error { f.configure("members", `{"authRule":"blocked = false"}`); return nil },
		"collection": func(f *fixture, _ string) error {
			return f.app.Collections().Delete(context.Background(), record.Root(), "members")
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			id := f.member(map[string]any{"email": email})
			token := f.login(email).Token
			if f.Authenticate(context.Background(), token) == nil {
				t.Fatal("the token is not valid to begin with")
			}
			if err := revoke(f, id); err != nil {
				t.Fatal(err)
			}
			if f.Authenticate(context.Background(), token) != nil {
				t.Error("the token is still valid")
			}
		})
	}
}

// Changes that do not concern the token leave it valid, and the caller is up to date.
func TestTokenOutlivesOtherChanges(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.member(map[string]any{"email": "ann@example.com", "username": "ann"})
	token := f.login("ann").Token
	f.update("members", id, map[string]any{"username": "anna"})
	if r := f.Authenticate(context.Background(), token); r == nil || r.Text("username") != "anna" {
		t.Errorf("after an update Authenticate = %v", r)
	}
	f.configure("members", `{"viewRule":null,"authToken":{"duration":60}}`)
	if r := f.Authenticate(context.Background(), token); r == nil || r.Collection().ViewRule != nil {
		t.Errorf("after a change of the collection Authenticate = %v", r)
	}
	f.configure("members", `{"name":"people"}`)
	if r := f.Authenticate(context.Background(), token); r == nil || r.Collection().Name != "people" {
		t.Errorf("after a change of its name Authenticate = %v", r)
	}
}

// If a token is revoked after a lookup has read its record, it is valid for that request, which
// began before, and for no other.
func TestRevocationDuringLookup(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, revoke := range map[string]func(f *fixture, id string){
		"record": func(f *fixture, id string) { f.update("members", id, map[string]any{"tokenKey:autogenerate": ""}) },
		"collection": func(f *fixture, _ string) {
			f.configure("members", `{"authToken":{"secret":"`+strings.Repeat("z", 50)+`"}}`)
		},
	} {
		f := newFixture(t)
		id := f.member(map[string]any{"email": "ann@example.com"})
		token := f.login("ann@example.com").Token
		find := f.find
		f.find = func(ctx context.Context, collection, id string) (*record.Record, error) {
			r, err := find(ctx, collection, id)
			revoke(f, id)
			return r, err
		}
		if f.Authenticate(ctx, token) == nil {
			t.Errorf("%s: the lookup that had read before found nobody", name)
		}
		f.find = find
		if f.Authenticate(ctx, token) != nil {
			t.Errorf("%s: the token of %s is valid after it was revoked", name, id)
		}
	}
}

// The same during concurrent requests: their lookups must not restore a token that was revoked
// meanwhile.
func TestRevocationUnderLoad(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.member(map[string]any{"email": "ann@example.com"})
	var current atomic.Pointer[string]
	ctx := context.Background()
	issue := func() string {
		r, err := f.app.Records().FindByID(ctx, "members", id)
		if err != nil {
			t.Fatal(err)
		}
		token, err := newAuthToken(r, f.app.Now(), f.app.Now())
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	token := issue()
	current.Store(&token)

	var done atomic.Bool
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for !done.Load() {
				f.Authenticate(ctx, *current.Load())
			}
		})
	}
	for range 60 {
		old := *current.Load()
		if f.Authenticate(ctx, old) == nil {
			t.Error("a fresh token is not valid")
			break
		}
		f.update("members", id, map[string]any{"tokenKey:autogenerate": ""})
		for range 20 {
			if f.Authenticate(ctx, old) != nil {
				t.Error("a revoked token is valid")
				break
			}
		}
		token := issue()
		current.Store(&token)
	}
	done.Store(true)
	group.Wait()
}

func BenchmarkAuthenticate(b *testing.B) {
	f := newFixture(b)
	f.member(map[string]any{"email": "ann@example.com"})
	token := f.login("ann@example.com").Token
	b.Run("remembered", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if f.Authenticate(context.Background(), token) == nil {
				b.Fatal("not valid")
			}
		}
	})
	b.Run("verified", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f.cache.forgetAll()
			if f.Authenticate(context.Background(), token) == nil {
				b.Fatal("not valid")
			}
		}
	})
	b.Run("refresh", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := f.Refresh(context.Background(), f.caller(token), "members", token, ""); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// A caller who cannot be looked up is not treated as a guest.
func TestAuthenticateFails(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.member(map[string]any{"username": "ann", "email": "ann@example.com"})
	token := f.login("ann").Token
	f.forget(nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r, err := f.Service.Authenticate(ctx, token); r != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("Authenticate() without the database = %v, %v, want the error", r, err)
	}
	if r := f.Authenticate(context.Background(), token); r == nil {
		t.Errorf("Authenticate() = nil, want ann")
	}
}
