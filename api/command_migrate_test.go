package api

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

func TestMigrateCommands(t *testing.T) {
	t.Parallel()
	data, source := t.TempDir(), filepath.Join(t.TempDir(), "steps")
	const notes = `[{"name":"notes","fields":[{"name":"title","type":"text"}]}]`
	steps := []core.Migration{{Name: "0001_notes", Up: func(tx *core.Tx) error { return tx.SetCollections(notes) },
		Down: func(tx *core.Tx) error { return tx.SetCollections("[]", "notes") }}}
	run := func(args ...string) (int, string, string) {
		p := &Program{App: core.New(core.Config{Dir: data, Migrations: steps}), MigrationsDir: source}
		return runOwn(t, p, append([]string{"migrate"}, args...)...)
	}
	for _, test := range []struct {
		args         []string
		code         int
		out, failure string // parts of stdout and of stderr
	}{
		{args: []string{"list"}, out: "0001_notes\thas not run\n"},
		{args: []string{"up"}, out: "0001_notes\n"},
		{args: []string{"up"}, out: "There is nothing to run.\n"},
		{args: []string{"list"}, out: "0001_notes\t20"},
		{args: []string{"down"}, out: "0001_notes\n"},
		{args: []string{"down", "2"}, out: "There is nothing to undo.\n"},
		{args: []string{"down", "x"}, code: 2, failure: `"x" is no number`},
		{args: []string{"down", "0"}, code: 2, failure: `"0" is no number`},
		{args: []string{"create", "add stars"}, out: "_add_stars.go\n"},
		{args: []string{"create"}, code: 2, failure: "NAME"},
		{args: []string{"create", "/"}, code: 1, failure: "letters or digits"},
		{args: []string{"collections"}, out: "_collections_snapshot.go\n"},
		{args: []string{"list"}, out: "_collections_snapshot\t20"},
		{args: []string{"history-sync"}, out: "_collections_snapshot\n"},
		{args: []string{"history-sync"}, out: "There is nothing to forget.\n"},
	} {
		code, out, failure := run(test.args...)
		if code != test.code || !strings.Contains(out, test.out) || !strings.Contains(failure, test.failure) {
			t.Errorf("migrate %v = %d, %q, %q; want %d, %q, %q", test.args, code, out, failure, test.code, test.out, test.failure)
		}
	}
	if code, _, failure := runOwn(t, &Program{App: core.New(core.Config{Dir: data, Migrations: steps})}, "migrate", "create", "x"); code != 1 || !strings.Contains(failure, "MigrationsDir") {
		t.Errorf("create without a folder = %d %s", code, failure)
	}
	if code, _, failure := runOwn(t, &Program{App: core.New(core.Config{Dir: data})}, "migrate", "list"); code != 2 || !strings.Contains(failure, "unknown command") {
		t.Errorf("a program without migrations has the command: %d %s", code, failure)
	}
}

// TestAutomigrate checks that each change writes one file, however many collections it touches,
// and that the migration is marked as applied before the change is answered.
func TestAutomigrate(t *testing.T) {
	t.Parallel()
	p := &Program{App: core.New(core.Config{Migrations: []core.Migration{{Name: "0001", Up: func(tx *core.Tx) error {
		return tx.SetCollections(`[{"name":"before"}]`)
	}}}}), MigrationsDir: t.TempDir()}
	p.automigrate()
	coretest.Start(t, p.App)
	var known []string
	written := func(want string) string {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(p.MigrationsDir, "[0-9]*.go"))
		if err != nil {
			t.Fatal(err)
		}
		files = slices.DeleteFunc(files, func(name string) bool { return slices.Contains(known, name) })
		if want == "" {
			if len(files) > 0 {
				t.Errorf("%v are written", files)
			}
			return ""
		}
		if len(files) != 1 || !strings.HasSuffix(files[0], want) {
			t.Fatalf("%v are written, want one that ends in %s", files, want)
		}
		known = append(known, files[0])
		text, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	written("")
	coretest.Collection(t, p.App, `{"name":"notes","fields":[{"name":"title","type":"text"}]}`)
	if text := written("_notes_created.go"); !strings.Contains(text, `"name": "title"`) || strings.Contains(text, "before") {
		t.Errorf("the file is %s", text)
	}
	if _, err := p.App.Collections().Update(t.Context(), record.Root(), "notes", []byte(`{"fields":[{"name":"text","type":"text"}]}`)); err != nil {
		t.Fatal(err)
	}
	text := written("_notes_updated.go")
	if up, down, _ := strings.Cut(text, "Down:"); !strings.Contains(up, `"name": "text"`) || !strings.Contains(down, `"name": "title"`) {
		t.Errorf("the file is %s", text)
	}
	if err := p.App.Transaction(t.Context(), func(tx *core.Tx) error { return tx.SetCollections(`[{"name":"a"},{"name":"b"}]`, "notes") }); err != nil {
		t.Fatal(err)
	}
	written("_collections_changed.go")
	if err := p.App.Collections().Delete(t.Context(), record.Root(), "a"); err != nil {
		t.Fatal(err)
	}
	written("_a_deleted.go")
	if _, err := p.App.Collections().Create(t.Context(), record.Root(), []byte(`{"name":"x y"}`)); err == nil {
		t.Error("a bad name is taken")
	}
	written("")
	list, err := p.App.Migrations(t.Context())
	if err != nil || len(list) != 5 {
		t.Fatalf("%d migrations are noted, %v", len(list), err)
	}
	for _, m := range list {
		if m.Applied.IsZero() {
			t.Errorf("%s is not marked", m.Name)
		}
	}
}
