package core_test

import (
	"context"
	"errors"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
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
