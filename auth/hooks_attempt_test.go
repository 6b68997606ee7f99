package auth_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// Attempt hooks can change the form, and can set the record that signs in after the method has
// refused the form. Respond hooks can change the response.
func TestAttemptAndRespondHooks(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	s := auth.New(app)
	old := coretest.Record(t, app, "users", map[string]any{"email": "old@example.com", "password": "12345678"})
	root := coretest.Record(t, app, "_superusers", map[string]any{"email": "root@example.com", "password": "12345678"})
	s.Hooks().Attempt.BindFunc(func(e *auth.AttemptEvent) error {
		form, ok := e.Form.(*auth.PasswordForm)
		if !ok || e.Method != "password" || e.Collection().Name != "users" {
			return errors.New("another event than that of a password")
		}
		form.Identity = strings.ToLower(form.Identity)
		failed := e.Next()
		switch {
		case failed == nil:
			return nil
		case form.Password == "of the old system":
			e.Record = old
			return nil
		case form.Password == "of another collection":
			e.Record = root
			return nil
		case form.Password == "swallowed":
			return nil
		}
		return failed
	}, "users")
	s.Hooks().Respond.BindFunc(func(e *auth.RespondEvent) error {
		e.Response.Meta = json.RawMessage(`{"method":"` + e.Method + `"}`)
		return nil
	}, "users")
	for _, test := range []struct {
		password string
		signsIn  bool
		kind     fault.Kind
	}{
		{"12345678", true, 0},
		{"of the old system", true, 0},
		{"wrong", false, fault.Invalid},
		{"swallowed", false, fault.Invalid},
		{"of another collection", false, fault.Internal},
	} {
		form := auth.PasswordForm{Identity: "OLD@example.com", Password: test.password}
		response, err := s.WithPassword(t.Context(), record.Caller{}, "users", form, "")
		if !test.signsIn {
			if err == nil || fault.KindOf(err) != test.kind {
				t.Errorf("with the password %q: %v, want %v", test.password, err, test.kind)
			}
			continue
		}
		if err != nil || !strings.Contains(string(response.Record), old.ID()) || string(response.Meta) != `{"method":"password"}` {
			t.Errorf("with the password %q: %v, %+v", test.password, err, response)
		}
	}
}

func TestFileTokenHook(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	s := auth.New(app)
	user := coretest.Record(t, app, "users", map[string]any{"email": "a@example.com", "password": "12345678"})
	refused := fault.New(fault.Forbidden, "Not now.")
	app.Hooks().Files.Token.BindFunc(func(e *core.FileTokenEvent) error {
		if e.Caller.Auth.ID() == user.ID() {
			return refused
		}
		return nil
	}, "users")
	if _, err := s.FileToken(record.Caller{Auth: user}); !errors.Is(err, refused) {
		t.Errorf("FileToken that a hook refuses = %v", err)
	}
}
