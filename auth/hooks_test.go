package auth_test

import (
	"testing"

	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

func TestSignInHook(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Create(t, app, "users", map[string]any{"email": "a@example.com", "password": "12345678", "passwordConfirm": "12345678"})
	s := auth.New(app)
	var methods []string
	var refused error
	s.Hooks().SignIn.BindFunc(func(e *auth.Event) error {
		methods = append(methods, e.Method+" "+e.Record.Text("email"))
		return refused
	}, "users")
	signIn := func(password string) (*auth.Response, error) {
		return s.WithPassword(t.Context(), record.Caller{}, "users", auth.PasswordForm{Identity: "a@example.com", Password: password}, "")
	}
	if _, err := signIn("wrong"); err == nil || len(methods) != 0 {
		t.Errorf("a wrong password: %v, the hook saw %v", err, methods)
	}
	response, err := signIn("12345678")
	if err != nil {
		t.Fatal(err)
	}
	who, err := s.Authenticate(t.Context(), response.Token)
	if err != nil {
		t.Fatal(err)
	}
	refused = fault.New(fault.Forbidden, "Not now.")
	if _, err := s.Refresh(t.Context(), record.Caller{Auth: who}, "users", response.Token, ""); err != refused {
		t.Errorf("Refresh that a hook refuses: %v", err)
	}
	if len(methods) != 2 || methods[0] != "password a@example.com" || methods[1] != "refresh a@example.com" {
		t.Errorf("the hook saw %v", methods)
	}
}
