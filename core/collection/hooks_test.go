package collection_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/record"
)

func TestHooks(t *testing.T) {
	app := coretest.New(t)
	coretest.Collection(t, app, `{"name": "log", "fields": [{"name": "what", "type": "text"}]}`)
	hooks := &app.Hooks().Collections
	var saw []string
	hooks.Before.BindFunc(func(e *collection.RequestEvent) error {
		name := "-"
		if e.Collection != nil {
			name = e.Collection.Name
		}
		saw = append(saw, fmt.Sprint("before ", e.Action, " ", name))
		e.Body = []byte(strings.ReplaceAll(string(e.Body), "NAME", "posts"))
		return nil
	})
	hooks.InTx.BindFunc(func(e *collection.Event) error {
		in := record.Input{Body: map[string]any{"what": string(e.Action) + " " + e.Collection.Name}}
		if _, err := e.Records.Create(e.Context, record.Root(), "log", in); err != nil {
			return err
		}
		if e.Action == change.Create { // the table exists already
			if _, err := e.Records.Create(e.Context, record.Root(), e.Collection.Name, record.Input{}); err != nil {
				return err
			}
		}
		if e.Original != nil && e.Original.Name == e.Collection.Name {
			return fault.New(fault.Forbidden, "Only names may change.")
		}
		return nil
	})
	hooks.AfterSuccess.BindFunc(func(e *collection.Event) error {
		saw = append(saw, fmt.Sprint("after ", e.Action, " ", e.Collection.Name))
		return nil
	}, "posts", "papers")
	hooks.AfterFailure.BindFunc(func(e *collection.RequestEvent) error {
		saw = append(saw, fmt.Sprint("failure ", e.Action, " ", e.Err))
		return nil
	})
	s := app.Collections()
	if _, err := s.Create(t.Context(), record.Root(), []byte(`{"name": "NAME"}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Update(t.Context(), record.Root(), "posts", []byte(`{"listRule": ""}`)); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("Update that a hook refuses: %v", err)
	}
	if c := app.Snapshot().Find("posts"); c.ListRule != nil {
		t.Error("a change that was refused is there")
	}
	if _, err := s.Update(t.Context(), record.Root(), "posts", []byte(`{"name": "papers"}`)); err != nil {
		t.Fatal(err)
	}
	if n, err := app.Records().Count(t.Context(), "papers"); n != 1 || err != nil {
		t.Errorf("the new collection has %d records, %v, want that of the hook", n, err)
	}
	if err := s.Delete(t.Context(), record.Root(), "papers"); err != nil {
		t.Fatal(err)
	}
	want := []string{"before create -", "after create posts", "before update posts", "failure update Only names may change.",
		"before update posts", "after update papers", "before delete papers", "after delete papers"}
	if got := strings.Join(saw, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("the hooks saw\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	if n, err := app.Records().Count(t.Context(), "log"); n != 3 || err != nil {
		t.Errorf("the log has %d records, %v, want 3", n, err)
	}
}

// TestHooksOfImports: each collection of an import is a separate change for the hooks, and the
// refusal of one rolls back all.
func TestHooksOfImports(t *testing.T) {
	app := coretest.New(t)
	coretest.Collection(t, app, `{"name": "posts"}`)
	coretest.Collection(t, app, `{"name": "gone"}`)
	hooks := &app.Hooks().Collections
	var saw []string
	hooks.Before.BindFunc(func(e *collection.RequestEvent) error {
		e.Body = []byte(strings.ReplaceAll(string(e.Body), "NAME", "tags"))
		return nil
	})
	hooks.InTx.BindFunc(func(e *collection.Event) error {
		saw = append(saw, fmt.Sprint(e.Action, " ", e.Collection.Name))
		return nil
	})
	refuse := hooks.InTx.BindFunc(func(*collection.Event) error { return fault.New(fault.Forbidden, "Not now.") }, "gone")
	hooks.AfterFailure.BindFunc(func(e *collection.RequestEvent) error {
		saw = append(saw, fmt.Sprint("failed ", e.Action))
		return nil
	})
	in := imported(true, `{"name": "posts", "listRule": ""}`, `{"name": "NAME"}`, `{"name": "users", "type": "auth"}`)
	if err := app.Collections().Import(t.Context(), record.Root(), in); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("Import that a hook refuses: %v", err)
	}
	if s := app.Snapshot(); s.Find("tags") != nil || s.Find("gone") == nil {
		t.Error("an import that was refused has changed something")
	}
	want := "update users\nupdate posts\ncreate tags\ndelete gone\nfailed delete\nfailed update\nfailed create\nfailed update"
	if got := strings.Join(saw, "\n"); got != want {
		t.Errorf("the hooks saw\n%s\nwant\n%s", got, want)
	}
	refuse()
	saw = nil
	if _, err := app.Collections().Plan(t.Context(), record.Root(), []byte(`{"import": {"collections": [{"name": "more"}]}}`)); err != nil || len(saw) > 0 {
		t.Errorf("Plan = %v, the hooks saw %q, want nothing", err, saw)
	}
	if err := app.Collections().Import(t.Context(), record.Root(), in); err != nil {
		t.Fatal(err)
	}
	if s := app.Snapshot(); s.Find("tags") == nil || s.Find("gone") != nil {
		t.Error("the import is not there")
	}
}

func TestHooksThatMisbehave(t *testing.T) {
	app := coretest.Open(t, core.Config{Dir: t.TempDir(), HookLimit: 100 * time.Millisecond})
	hooks := &app.Hooks().Collections
	forever := make(chan struct{})
	defer close(forever)
	create := func() error {
		_, err := app.Collections().Create(t.Context(), record.Root(), []byte(`{"name": "posts"}`))
		return err
	}
	var panicked *hook.PanicError
	remove := hooks.InTx.BindFunc(func(*collection.Event) error { panic("oh") })
	if err := create(); !errors.As(err, &panicked) {
		t.Errorf("a hook that panics: %v", err)
	}
	remove()
	remove = hooks.InTx.BindFunc(func(*collection.Event) error { <-forever; return nil })
	if err := create(); !errors.Is(err, hook.ErrTimeout) {
		t.Errorf("a hook that never returns: %v", err)
	}
	remove()
	remove = hooks.InTx.BindFunc(func(e *collection.Event) error {
		_, err := app.Records().Create(e.Context, record.Root(), "users", record.Input{})
		return err
	})
	if err := create(); err == nil {
		t.Error("a hook that writes with another service: no error")
	}
	remove()
	if app.Snapshot().Find("posts") != nil {
		t.Fatal("a collection that was not made is there")
	}
	if err := create(); err != nil {
		t.Errorf("without the hooks: %v", err)
	}
}

// A change of collections inside of another one would wait for itself.
func TestNestedChange(t *testing.T) {
	app := coretest.New(t)
	app.Hooks().Collections.InTx.BindFunc(func(e *collection.Event) error {
		_, err := app.Collections().Create(t.Context(), record.Root(), []byte(`{"name": "more"}`))
		return err
	})
	_, err := app.Collections().Create(t.Context(), record.Root(), []byte(`{"name": "posts"}`))
	if err == nil || errors.Is(err, hook.ErrTimeout) {
		t.Errorf("a hook that makes a collection: %v, want that it is found out", err)
	}
	if app.Snapshot().Find("more") != nil || app.Snapshot().Find("posts") != nil {
		t.Error("a collection is there")
	}
}
