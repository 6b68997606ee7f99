package auth

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

// Tokens of each type are revoked as the contract says (docs/wire/auth-realtime-system.md §2.3),
// when the write is answered, even if they have been used before; all other tokens stay valid.
func TestRevocationByType(t *testing.T) {
	t.Parallel()
	types := []TokenType{Auth, File, Verification, PasswordReset, EmailChange}
	update := func(body map[string]any) func(*fixture, string) {
		return func(f *fixture, id string) { f.update("members", id, body) }
	}
	configure := func(body string) func(*fixture, string) {
		return func(f *fixture, _ string) { f.configure("members", body) }
	}
	type event struct {
		happen func(f *fixture, id string)
		kills  []TokenType
	}
	events := map[string]event{
		"password": {update(map[string]any{"password": "another one", "passwordConfirm": "another one"}), types},
		"email":    {update(map[string]any{"email": "new@example.com"}), types},
		"tokenKey": {update(map[string]any{"tokenKey:autogenerate": ""}), types},
		"tokenKey by SQL": {func(f *fixture, id string) {
			query := `UPDATE "members" SET "tokenKey" = '` + strings.Repeat("x", 50) + `' WHERE "id" = '` + id + `'`
			if _, err := f.app.SQL().Run(context.Background(), record.Root(), query); err != nil {
				f.t.Fatal(err)
			}
		}, types},
		"deletion": {func(f *fixture, id string) {
			if err := f.app.Records().Delete(context.Background(), coretest.Root(), "members", id); err != nil {
				f.t.Fatal(err)
			}
		}, types},
		"auth rule":     {configure(`{"authRule":"blocked = false"}`), []TokenType{Auth}},
		"duration":      {configure(`{"authToken":{"duration":100},"fileToken":{"duration":100}}`), nil},
		"another field": {update(map[string]any{"username": "anna"}), nil},
	}
	for _, t := range types {
		events["secret of "+string(t)] = event{configure(`{"` + string(t) + `Token":{"secret":"` + strings.Repeat("z", 50) + `"}}`), []TokenType{t}}
	}
	for name, e := range events {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			id := f.member(map[string]any{"email": "ann@example.com"})
			r, err := f.app.Records().FindByID(t.Context(), "members", id)
			if err != nil {
				t.Fatal(err)
			}
			tokens := map[TokenType]string{}
			for _, tt := range types {
				if tokens[tt], err = newToken(r, claims{Type: tt, Email: "ann@example.com"}, f.app.Now()); err != nil {
					t.Fatal(err)
				}
			}
			alive := func(tt TokenType) bool {
				if tt == Auth { // through the cache
					return f.Authenticate(t.Context(), tokens[tt]) != nil
				}
				r, _, err := f.Verify(t.Context(), tokens[tt], tt)
				return r != nil && err == nil
			}
			for _, tt := range slices.Concat(types, types) { // the second time the token has been used before
				if !alive(tt) {
					t.Fatalf("the token of type %s is not valid to begin with", tt)
				}
			}
			e.happen(f, id)
			for _, tt := range types {
				if got, want := alive(tt), !slices.Contains(e.kills, tt); got != want {
					t.Errorf("the token of type %s lives: %v, want %v", tt, got, want)
				}
			}
		})
	}
}
