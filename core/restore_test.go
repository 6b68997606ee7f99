package core_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

func total(t *testing.T, app *core.App, collection string) int {
	t.Helper()
	page, err := app.Records().List(t.Context(), record.Root(), collection, record.ListParams{})
	if err != nil {
		t.Fatalf("List(%s): %v", collection, err)
	}
	return page.TotalItems
}

func TestRestoreDatabase(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Collection(t, app, map[string]any{"name": "docs", "type": "base", "fields": []any{map[string]any{"name": "n", "type": "number"}}})
	for range 3 {
		coretest.Create(t, app, "docs", map[string]any{"n": 1})
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := app.CopyDatabase(t.Context(), copied, nil); err != nil {
		t.Fatal(err)
	}

	// The copy does not have these writes: records, a collection, tokens of the feed.
	coretest.Create(t, app, "docs", map[string]any{"n": 2})
	coretest.Collection(t, app, map[string]any{"name": "later", "type": "base"})
	coretest.Create(t, app, "later", nil)
	if got := total(t, app, "docs"); got != 4 {
		t.Fatalf("%d docs before, want 4", got)
	}
	s, token, err := app.Changes().Subscribe(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	told := make(chan struct{}, 100)
	app.OnCommitted(func(changes []change.Change) {
		if changes == nil {
			told <- struct{}{}
		}
	})

	if err := app.RestoreDatabase(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	if got := total(t, app, "docs"); got != 3 {
		t.Errorf("%d docs after, want 3", got)
	}
	if c := app.Snapshot().Find("later"); c != nil {
		t.Errorf("a collection that the copy does not have is still there")
	}
	select {
	case <-told:
	default:
		t.Errorf("the caches were not told")
	}
	if _, err := s.Next(t.Context()); !errors.Is(err, change.ErrGone) {
		t.Errorf("Next of a subscription: %v, want ErrGone", err)
	}
	coretest.Create(t, app, "docs", map[string]any{"n": 3})
	if _, _, err := app.Changes().Subscribe(t.Context(), token); !errors.Is(err, change.ErrGone) {
		t.Errorf("Subscribe with a token of before: %v, want ErrGone", err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	again := coretest.Open(t, app.Config)
	if got := total(t, again, "docs"); got != 4 {
		t.Errorf("%d docs after a restart, want 3 of the copy and a new one", got)
	}
}

func TestRestoreDatabaseRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	path := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("this is no database, but a text. ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := app.RestoreDatabase(t.Context(), path); err == nil {
		t.Fatal("RestoreDatabase of a text: no error")
	}
	coretest.Collection(t, app, map[string]any{"name": "docs", "type": "base"})
	coretest.Create(t, app, "docs", nil)
}
