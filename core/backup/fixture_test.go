package backup_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// open opens an app on the folder.
func open(t *testing.T, dir string) *core.App {
	t.Helper()
	return coretest.Open(t, core.Config{Dir: dir})
}

// openAgain opens the folder with the database of another app.
func openAgain(t *testing.T, was *core.App, dir string) *core.App {
	t.Helper()
	return coretest.Open(t, core.Config{Dir: dir, DB: was.Config.DB})
}

// ofSQLite skips tests that are for SQLite, or whose code is the same for both engines.
func ofSQLite(t *testing.T) {
	t.Helper()
	if enginetest.Postgres() {
		t.Skip("of SQLite")
	}
}

// newDocs returns an app with the collection docs, whose records have one file each.
func newDocs(t *testing.T) *core.App {
	t.Helper()
	app := open(t, t.TempDir())
	coretest.Collection(t, app, `{"name":"docs","type":"base","fields":[{"name":"title","type":"text"},{"name":"file","type":"file"}]}`)
	return app
}

// add creates a document with a file whose contents are the title.
func add(t *testing.T, app *core.App, title string) *record.Record {
	t.Helper()
	open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(title)), nil }
	upload, err := blob.NewUpload(title+".txt", open, int64(len(title)))
	if err != nil {
		t.Fatal(err)
	}
	r, err := app.Records().Create(t.Context(), record.Root(), "docs", record.Input{
		Body: map[string]any{"title": title}, Files: map[string][]*blob.Upload{"file": {upload}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// fileOf returns the path of a document's file in the folder of files.
func fileOf(r *record.Record) string {
	return r.Collection().ID + "/" + r.ID() + "/" + r.Text("file")
}

func remove(t *testing.T, app *core.App, r *record.Record) {
	t.Helper()
	if err := app.Records().Delete(t.Context(), record.Root(), "docs", r.ID()); err != nil {
		t.Fatal(err)
	}
}

// state returns the title of every document with the contents of its file.
func state(t *testing.T, app *core.App) string {
	t.Helper()
	var lines []string
	for _, title := range titles {
		r, err := app.Records().FindFirst(t.Context(), "docs", "title", title, false)
		switch {
		case fault.KindOf(err) == fault.NotFound:
			lines = append(lines, title+": none")
		case err != nil:
			t.Fatal(err)
		default:
			lines = append(lines, title+": "+content(t, app, fileOf(r)))
		}
	}
	return strings.Join(lines, "; ")
}

var titles = []string{"first", "second", "third"}

func content(t *testing.T, app *core.App, key string) string {
	t.Helper()
	b, err := app.Blobs().Open(t.Context(), key)
	if errors.Is(err, fs.ErrNotExist) {
		return "no file"
	}
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	text, err := io.ReadAll(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// filesIn returns all files below a folder of the app, with their contents by path.
func filesIn(t *testing.T, app *core.App, folder string) map[string]string {
	t.Helper()
	if err := app.Removals().Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	root := filepath.Join(app.Config.Dir, folder)
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(p)
		files[strings.TrimPrefix(p, root+"/")] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// noLeftovers fails the test if temporary files are left.
func noLeftovers(t *testing.T, app *core.App) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(app.Config.Dir, ".backup")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder of work is left: %v", err)
	}
	for _, folder := range []string{"storage", "backups"} {
		for name := range filesIn(t, app, folder) {
			if strings.HasPrefix(filepath.Base(name), ".tmp-") {
				t.Errorf("left behind: %s/%s", folder, name)
			}
		}
	}
}

// archiveOf returns the contents of an archive by the names of its entries.
func archiveOf(t *testing.T, app *core.App, key string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(app.Config.Dir, "backups", key))
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	entries := map[string]string{}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		entries[f.Name] = string(text)
	}
	return entries
}

// putArchive stores an archive that the function packs, as one that was packed by hand.
func putArchive(t *testing.T, app *core.App, key string, pack func(*zip.Writer)) {
	t.Helper()
	var text bytes.Buffer
	z := zip.NewWriter(&text)
	pack(z)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(app.Config.Dir, "backups", key), text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// addAll adds entries unchanged.
func addAll(t *testing.T, z *zip.Writer, entries map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, entries[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// copyFolder returns a copy of a folder, with its times, as a crash would leave the folder.
func copyFolder(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return os.Chtimes(filepath.Join(to, strings.TrimPrefix(p, dir)), info.ModTime(), info.ModTime())
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}
