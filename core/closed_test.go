package core_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/mail"
	"github.com/loambase/loam/core/record"
)

// TestUseOfAClosedApp calls the services that a program may still hold after Close, and methods
// of the App before Open and after Close: each call is an error.
func TestUseOfAClosedApp(t *testing.T) {
	t.Parallel()
	app := core.New(core.Config{Dir: t.TempDir(), DB: coretest.DB(t)})
	root := record.Root()
	whole := map[string]func() error{
		"Transaction": func() error { return app.Transaction(t.Context(), func(*core.Tx) error { return nil }) },
		"Ping":        func() error { return app.Ping(t.Context()) },
		"Available":   app.Available,
		"Publish":     func() error { return app.Publish(t.Context(), "prices", nil) },
	}
	for name, call := range whole {
		if err := call(); !errors.Is(err, core.ErrNotOpen) {
			t.Errorf("%s before Open = %v", name, err)
		}
	}
	if err := app.Open(t.Context(), core.Serve); err != nil {
		t.Fatal(err)
	}
	coretest.Collection(t, app, `{"name":"notes","fields":[{"name":"title","type":"text"},{"name":"attached","type":"file"}]}`)
	note := coretest.Record(t, app, "notes", map[string]any{"title": "a"})
	records, collections, settings := app.Records(), app.Collections(), app.Settings()
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	for name, call := range whole {
		if err := call(); !errors.Is(err, core.ErrNotOpen) {
			t.Errorf("%s after Close = %v", name, err)
		}
	}
	for name, call := range map[string]func() error{
		"List":     func() error { _, err := records.List(t.Context(), root, "notes", record.ListParams{}); return err },
		"FindByID": func() error { _, err := records.FindByID(t.Context(), "notes", note.ID()); return err },
		"Create":   func() error { _, err := records.Create(t.Context(), root, "notes", record.Input{}); return err },
		"Delete":   func() error { return records.Delete(t.Context(), root, "notes", note.ID()) },
		"Truncate": func() error { return records.Truncate(t.Context(), root, "notes") },
		"a change": func() error { _, err := collections.Create(t.Context(), root, []byte(`{"name":"x"}`)); return err },
		"Patch": func() error {
			_, err := settings.Patch(t.Context(), root, []byte(`{"meta":{"appName":"x"}}`))
			return err
		},
		"Bind": func() error {
			_, err := core.Bind[struct{ ID string }](records, "notes").Find(t.Context(), record.Query{})
			return err
		},
		"Files": func() error {
			_, err := records.Files("notes", "attached").Open(t.Context(), note.ID(), "x")
			return err
		},
		"SQL":    func() error { _, err := app.SQL().Run(t.Context(), root, "SELECT 1"); return err },
		"a job":  func() error { return app.Jobs().RunAndWait(t.Context(), "__pbDBOptimize__") },
		"a mail": func() error { return app.Mails().Send(t.Context(), &mail.Message{Text: "x"}) },
	} {
		func() {
			defer func() {
				if cause := recover(); cause != nil {
					t.Errorf("%s after Close panics: %v", name, cause)
				}
			}()
			if err := call(); err == nil || strings.Contains(err.Error(), "nil pointer") {
				t.Errorf("%s after Close = %v, want an error", name, err)
			}
		}()
	}
	if err := app.Close(); err != nil {
		t.Errorf("a second Close = %v", err)
	}
}
