package migrationfile_test

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/migrationfile"
)

var noon = time.Unix(1764448000, 0)

// TestWriteNames checks that Go builds each file on every operating system, and that the name of
// each file sorts after the names of the files written before.
func TestWriteNames(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "My-Steps")
	for _, test := range []struct{ label, name, file string }{
		{"Add stars!", "1764448000_add_stars", "1764448000_add_stars.go"},
		{"a test", "1764448001_a_test", "1764448001_a_test_.go"},
		{"for linux", "1764448002_for_linux", "1764448002_for_linux_.go"},
		{"../../etc/passwd", "1764448003_etc_passwd", "1764448003_etc_passwd.go"},
		{strings.Repeat("x", 300), "1764448004_" + strings.Repeat("x", 100), "1764448004_" + strings.Repeat("x", 100) + ".go"},
	} {
		name, path, err := migrationfile.Write(dir, migrationfile.Blank(test.label), noon)
		if err != nil {
			t.Fatal(err)
		}
		if name != test.name || path != filepath.Join(dir, test.file) {
			t.Errorf("%q is written as %s into %s", test.label, name, path)
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil || file.Name.Name != "mysteps" {
			t.Errorf("%s: %v, package %v", path, err, file.Name)
		}
	}
	if _, _, err := migrationfile.Write(dir, migrationfile.Blank("…"), noon); err == nil {
		t.Error("a step without a name is written")
	}
	text, err := os.ReadFile(filepath.Join(dir, "migrations.go"))
	if err != nil || !strings.Contains(string(text), "var All []core.Migration") {
		t.Errorf("migrations.go is %s, %v", text, err)
	}
}

func TestWriteKeepsToThePackage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "list.go"), []byte("package steps\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, path, err := migrationfile.Write(dir, migrationfile.Blank("x"), noon)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(text), "package steps\n") {
		t.Errorf("the file is %s, %v", text, err)
	}
}

// TestCollection checks that the file of a collection has a name that Go builds everywhere, and the
// definition of the collection alone.
func TestCollection(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Collection(t, app, `{"name":"other"}`)
	for name, want := range map[string]string{"notes": "1764448000_collection_notes.go", "for_linux": "1764448000_collection_for_linux_.go", "__": "1764448000_collection.go"} {
		step, err := migrationfile.Collection(coretest.Collection(t, app, `{"name":"`+name+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		file, text, err := migrationfile.Text(step, noon)
		if err != nil || file != want || !strings.HasPrefix(string(text), "package migrations\n") || !strings.Contains(string(text), `"name": "`+name+`"`) {
			t.Errorf("the file of %s is %s, %v:\n%s", name, file, err, text)
		}
		if strings.Contains(string(text), "other") || strings.Contains(string(text), "Down") {
			t.Errorf("the step of %s does more:\n%s", name, text)
		}
	}
}

func TestBetween(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	before := app.Snapshot()
	notes := coretest.Collection(t, app, "{\"name\":\"notes\",\"listRule\":\"title != '`'\",\"fields\":[{\"name\":\"title\",\"type\":\"text\"}]}")
	created := app.Snapshot()
	step, differ, err := migrationfile.Between(before, created)
	if err != nil || !differ || step.Label != "notes created" || !strings.Contains(step.Down, `"`+notes.ID+`"`) || strings.Contains(step.Up, "created\":") {
		t.Errorf("Between = %+v, %t, %v", step, differ, err)
	}
	if _, path, err := migrationfile.Write(t.TempDir(), step, noon); err != nil {
		t.Errorf("a rule with a backtick in %s: %v", path, err)
	}
	if step, differ, err := migrationfile.Between(created, created); err != nil || differ {
		t.Errorf("Between the same = %+v, %v", step, err)
	}
	if _, err := app.Collections().Update(t.Context(), record.Root(), "notes", []byte(`{"name":"papers"}`)); err != nil {
		t.Fatal(err)
	}
	if step, _, _ := migrationfile.Between(created, app.Snapshot()); step.Label != "papers updated" {
		t.Errorf("an update is called %q", step.Label)
	}
	coretest.Collection(t, app, `{"name":"more"}`)
	if step, _, _ := migrationfile.Between(created, app.Snapshot()); step.Label != "collections changed" {
		t.Errorf("several changes are called %q", step.Label)
	}
	if step, _, _ := migrationfile.Between(created, before); step.Label != "notes deleted" {
		t.Errorf("a deletion is called %q", step.Label)
	}
}
