package core_test

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/settings"

	"bytes"
	"io"
)

const notesDefinition = `{"name":"notes","fields":[{"name":"title","type":"text"},{"name":"attached","type":"file","maxSelect":1}]}`

// upload returns a small text file.
func upload(name string) *blob.Upload {
	const content = "hello"
	return &blob.Upload{OriginalName: name, Name: name, Size: int64(len(content)), MediaType: "text/plain",
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader([]byte(content))), nil }}
}

// everything writes in a transaction with every service.
func everything(tx *core.Tx) error {
	if _, err := tx.Collections.Create(tx.Context, record.Root(), []byte(notesDefinition)); err != nil {
		return err
	}
	in := record.Input{Body: map[string]any{"title": "first"}, Files: map[string][]*blob.Upload{"attached": {upload("a.txt")}}}
	if _, err := tx.Records.Create(tx.Context, record.Root(), "notes", in); err != nil {
		return err
	}
	if _, err := tx.Settings.Patch(tx.Context, record.Root(), []byte(`{"meta":{"appName":"Moved"}}`)); err != nil {
		return err
	}
	if got := tx.Settings.Current().Meta.AppName; got != "Moved" {
		return fmt.Errorf("the transaction sees the name %q", got)
	}
	_, err := tx.Records.FindFirst(tx.Context, "notes", "title", "first", false)
	return err
}

// files counts the files in the storage of the app.
func files(t *testing.T, app *core.App) (n int) {
	t.Helper()
	if err := app.Removals().Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(filepath.Join(app.Config.Dir, "storage"), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTransaction(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	var told [][]change.Change
	app.OnCommitted(func(changes []change.Change) { told = append(told, changes) })
	var hooks []string
	app.Hooks().Records.InTx.BindFunc(func(e *record.WriteEvent) error {
		hooks = append(hooks, "in "+e.Record.Text("title"))
		return nil
	}, "notes")
	app.Hooks().Records.AfterSuccess.BindFunc(func(e *record.WriteEvent) error {
		hooks = append(hooks, "after "+e.Record.Text("title"))
		return nil
	}, "notes")
	var names []string
	app.Settings().OnChange(func(old, new *settings.Settings) { names = append(names, new.Meta.AppName) })

	if err := app.Transaction(t.Context(), everything); err != nil {
		t.Fatal(err)
	}
	if app.Snapshot().Find("notes") == nil || app.Settings().Current().Meta.AppName != "Moved" || files(t, app) == 0 {
		t.Error("a transaction is acknowledged, and not all of it is there")
	}
	if len(told) != 1 || len(told[0]) != 3 {
		t.Fatalf("observers were told of %v, want one transaction of three changes", told)
	}
	for i, kind := range []change.Kind{change.Collection, change.Record, change.Settings} {
		if c := told[0][i]; c.Kind != kind || c.Seq != told[0][0].Seq {
			t.Errorf("change %d is %+v, want a %s under the same number", i, c, kind)
		}
	}
	if got := strings.Join(hooks, ", "); got != "in first, after first" {
		t.Errorf("hooks saw %s", got)
	}
	if len(names) != 1 || names[0] != "Moved" {
		t.Errorf("observers of the settings saw %q", names)
	}
}

func TestTransactionThatFails(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Collection(t, app, `{"name":"kept"}`)
	var told [][]change.Change
	app.OnCommitted(func(changes []change.Change) { told = append(told, changes) })
	observed := 0
	app.Settings().OnChange(func(old, new *settings.Settings) { observed++ })
	failed := errors.New("no luck")
	before := app.Settings().Current()
	for name, end := range map[string]func() error{
		"an error": func() error { return failed },
		"a panic":  func() error { panic("no hope") },
		"a fault":  func() error { return fault.New(fault.Forbidden, "Not now.") },
	} {
		err := app.Transaction(t.Context(), func(tx *core.Tx) error {
			if err := everything(tx); err != nil {
				return err
			}
			if err := tx.Collections.Delete(tx.Context, record.Root(), "kept"); err != nil {
				return err
			}
			return end()
		})
		if err == nil || name == "an error" && !errors.Is(err, failed) || name == "a fault" && fault.KindOf(err) != fault.Forbidden {
			t.Errorf("Transaction that ends with %s = %v", name, err)
		}
		if app.Snapshot().Find("notes") != nil || app.Snapshot().Find("kept") == nil {
			t.Errorf("%s: collections are changed", name)
		}
		if app.Settings().Current() != before {
			t.Errorf("%s: the settings are changed", name)
		}
		if err := app.Settings().Load(t.Context()); err != nil || app.Settings().Current().Meta.AppName != before.Meta.AppName {
			t.Errorf("%s: the stored settings are changed, %v", name, err)
		}
		before = app.Settings().Current()
		if n := files(t, app); n != 0 {
			t.Errorf("%s: %d files are left", name, n)
		}
	}
	if len(told) != 0 || observed != 0 {
		t.Errorf("observers were told of %v and of %d changes of the settings", told, observed)
	}
	if err := app.Transaction(t.Context(), everything); err != nil {
		t.Errorf("a transaction after those that failed: %v", err)
	}
}

// A part that fails is undone by itself if the function of the transaction continues.
func TestTransactionGoesOn(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	err := app.Transaction(t.Context(), func(tx *core.Tx) error {
		if err := everything(tx); err != nil {
			return err
		}
		if _, err := tx.Settings.Patch(tx.Context, record.Root(), []byte(`{"meta":{"appName":""}}`)); fault.KindOf(err) != fault.Invalid {
			return fmt.Errorf("settings that are not valid: %w", err)
		}
		if _, err := tx.Settings.Patch(tx.Context, record.Caller{}, []byte(`{}`)); fault.KindOf(err) != fault.Unauthenticated {
			return fmt.Errorf("settings of a guest: %w", err)
		}
		if _, err := tx.Collections.Create(tx.Context, record.Root(), []byte(notesDefinition)); fault.KindOf(err) != fault.Invalid {
			return fmt.Errorf("a second collection of the name: %w", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := app.Settings().Current().Meta.AppName; got != "Moved" {
		t.Errorf("the name is %q", got)
	}
}

// A call that would wait for the transaction around it is an error.
func TestNestedTransaction(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Collection(t, app, `{"name":"posts","fields":[{"name":"title","type":"text"}]}`)
	post := record.Input{Body: map[string]any{"title": "x"}}
	uses := map[string]func(*core.Tx) error{
		"a transaction": func(tx *core.Tx) error { return app.Transaction(t.Context(), func(*core.Tx) error { return nil }) },
		"records": func(tx *core.Tx) error {
			_, err := app.Records().Create(tx.Context, record.Root(), "posts", post)
			return err
		},
		"collections": func(tx *core.Tx) error {
			_, err := app.Collections().Create(tx.Context, record.Root(), []byte(`{"name":"more"}`))
			return err
		},
		"settings": func(tx *core.Tx) error {
			_, err := app.Settings().Patch(tx.Context, record.Root(), []byte(`{"meta":{"appName":"x"}}`))
			return err
		},
	}
	for name, use := range uses {
		err := app.Transaction(t.Context(), func(tx *core.Tx) error {
			if err := use(tx); fault.KindOf(err) != fault.Internal || err == nil {
				t.Errorf("%s inside of a transaction: %v, want that it is found out", name, err)
			}
			_, err := tx.Records.Create(tx.Context, record.Root(), "posts", post)
			return err
		})
		if err != nil {
			t.Errorf("the transaction around %s: %v", name, err)
		}
	}
	inside := func(e *record.WriteEvent) error {
		return app.Transaction(t.Context(), func(*core.Tx) error { return nil })
	}
	app.Hooks().Records.InTx.BindFunc(inside, "posts")
	if _, err := app.Records().Create(t.Context(), record.Root(), "posts", post); err == nil || !strings.Contains(err.Error(), "a transaction inside of a transaction") {
		t.Errorf("a transaction in a hook that runs in one: %v", err)
	}
	if n, err := app.Records().Count(t.Context(), "posts"); n != len(uses) || err != nil {
		t.Errorf("%d posts are stored, %v", n, err)
	}
}

// The services return errors after their transaction.
func TestTransactionIsOver(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	var kept *core.Tx
	if err := app.Transaction(t.Context(), func(tx *core.Tx) error { kept = tx; return everything(tx) }); err != nil {
		t.Fatal(err)
	}
	if _, err := kept.Records.Create(t.Context(), record.Root(), "notes", record.Input{}); err == nil {
		t.Error("records are written by a transaction that is over")
	}
	if _, err := kept.Settings.Patch(t.Context(), record.Root(), []byte(`{"meta":{"appName":"Late"}}`)); err == nil {
		t.Error("settings are written by a transaction that is over")
	}
	if err := kept.Collections.Delete(t.Context(), record.Root(), "notes"); err == nil {
		t.Error("a collection is deleted by a transaction that is over")
	}
	err := app.Transaction(kept.Context, func(tx *core.Tx) error { return nil })
	if _, read := kept.Records.Find(t.Context(), record.Root(), record.Query{Collection: "notes"}); read == nil || err == nil {
		t.Errorf("a transaction that is over is read, %v, and joined, %v", read, err)
	} else if !strings.Contains(read.Error(), "has ended") || !strings.Contains(err.Error(), "has ended") {
		t.Errorf("the errors are %v and %v", read, err)
	}
}
