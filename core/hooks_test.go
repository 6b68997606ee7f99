package core_test

import (
	"context"
	"errors"
	"testing"

	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

func TestStartAndStop(t *testing.T) {
	c := core.Config{Dir: t.TempDir(), DB: coretest.DB(t)}
	app := core.New(c)
	var saw []string
	var refused error
	app.Hooks().Start.BindFunc(func(e *core.AppEvent) error {
		if e.App.Snapshot().Find("users") == nil {
			t.Error("Start ran before the app was open")
		}
		saw = append(saw, "start")
		return refused
	})
	app.Hooks().Stop.BindFunc(func(e *core.AppEvent) error {
		if _, err := e.App.Records().Count(e.Context, "users"); err != nil {
			t.Errorf("Stop ran after the app was closed: %v", err)
		}
		saw = append(saw, "stop")
		return nil
	})
	step := func(mode core.Mode) error {
		if err := app.Open(context.Background(), mode); err != nil {
			return err
		}
		return errors.Join(app.Close(), app.Close())
	}
	if err := step(core.Tool); err != nil || len(saw) != 0 {
		t.Errorf("a tool: %v, saw %v", err, saw)
	}
	if err := step(core.Serve); err != nil || len(saw) != 2 {
		t.Errorf("a server: %v, saw %v", err, saw)
	}
	refused = errors.New("not today")
	if err := step(core.Serve); !errors.Is(err, refused) {
		t.Errorf("Open that a hook refuses: %v", err)
	}
	refused = nil
	if err := step(core.Serve); err != nil {
		t.Errorf("Open after one that was refused: %v", err)
	}
}

func TestAuthHook(t *testing.T) {
	app := coretest.New(t)
	coretest.Create(t, app, "users", map[string]any{"email": "a@example.com", "password": "12345678", "passwordConfirm": "12345678"})
	var methods []string
	var refused error
	app.Hooks().Auth.BindFunc(func(e *core.AuthEvent) error {
		methods = append(methods, e.Method+" "+e.Record.Text("email"))
		return refused
	}, "users")
	s := auth.New(app)
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
