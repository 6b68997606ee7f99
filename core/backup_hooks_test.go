package core_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/loambase/loam/core/backup"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

func TestBackupHooks(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Collection(t, app, posts)
	var saw []string
	refused := errors.New("not now")
	var refuse error
	around := func(what string) func(e *backup.Event) error {
		return func(e *backup.Event) error {
			saw = append(saw, what+" "+e.Name)
			if refuse != nil {
				return refuse
			}
			err := e.Next()
			saw = append(saw, "done")
			return err
		}
	}
	app.Hooks().Backups.Create.BindFunc(around("create"))
	app.Hooks().Backups.Restore.BindFunc(around("restore"))
	if _, err := app.Backups().Create(t.Context(), record.Root(), "a.zip"); err != nil {
		t.Fatal(err)
	}
	coretest.Create(t, app, "posts", map[string]any{"title": "later"})
	refuse = refused
	if err := app.Backups().Restore(t.Context(), record.Root(), "a.zip"); !errors.Is(err, refused) {
		t.Errorf("Restore that a hook refuses = %v", err)
	}
	if _, err := app.Backups().Create(t.Context(), record.Root(), "b.zip"); !errors.Is(err, refused) {
		t.Errorf("Create that a hook refuses = %v", err)
	}
	if list, err := app.Backups().List(t.Context(), record.Root()); len(list) != 1 || err != nil || len(titles(t, app)) != 1 {
		t.Errorf("after a refusal there are the archives %v, %v, and the posts %q", list, err, titles(t, app))
	}
	refuse = nil
	if err := app.Backups().Restore(t.Context(), record.Root(), "a.zip"); err != nil || len(titles(t, app)) != 0 {
		t.Errorf("Restore = %v, %q", err, titles(t, app))
	}
	if want := []string{"create a.zip", "done", "restore a.zip", "create b.zip", "restore a.zip", "done"}; !slices.Equal(saw, want) {
		t.Errorf("the hooks saw %q, want %q", saw, want)
	}
}
