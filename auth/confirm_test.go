package auth

import (
	"context"
	"testing"
	"time"

	"github.com/loambase/loam/core/record"
)

// CheckPassword accepts the password of the caller only, also if an Attempt hook accepts another,
// and it is not a sign-in.
func TestCheckPassword(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.member(map[string]any{"email": "bob@example.com"})
	f.member(map[string]any{"email": "ann@example.com"}) // the first identity field is empty
	ann := f.caller(f.login("ann@example.com").Token)
	signedIn := 0
	f.Hooks().SignIn.BindFunc(func(e *Event) error { signedIn++; return e.Next() })
	f.Hooks().Attempt.BindFunc(func(e *AttemptEvent) error {
		if e.Form.(*PasswordForm).Password == "as bob" {
			e.Record, _ = f.app.Records().FindUnique(context.Background(), "members", "email", "bob@example.com")
			return nil
		}
		return e.Next()
	})
	for password, want := range map[string]string{
		memberPassword: "", "wrong": failed, "as bob": failed, "": badForm,
	} {
		if got := describe(f.CheckPassword(t.Context(), ann, password)); got != want {
			t.Errorf("CheckPassword(%q) = %s, want %s", password, got, want)
		}
	}
	if got := describe(f.CheckPassword(t.Context(), record.Caller{}, memberPassword)); got != "unauthenticated: The request requires valid record authorization token." {
		t.Errorf("a guest gets %s", got)
	}
	if signedIn > 0 {
		t.Errorf("%d sign-ins", signedIn)
	}
	if _, err := f.NewConfirmation(ann.Auth, "secret", f.app.Now().Add(-time.Second)); err == nil {
		t.Error("a confirmation has ended before it begins")
	}
}
