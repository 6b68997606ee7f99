package pocketbase_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/internal/store/sqlite/binding"
	"github.com/loambase/loam/core/pocketbase"
)

// source makes a folder in the form of PocketBase's: it runs the scripts of testdata, then the
// statements.
func source(t testing.TB, scripts []string, statements ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "pb_data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c := openSource(t, dir)
	for _, name := range scripts {
		run(t, c, script(t, name)...)
	}
	run(t, c, statements...)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

var fresh, lived = []string{"fresh.sql"}, []string{"fresh.sql", "lived.sql"}

// openSource opens the database of a folder as PocketBase does.
func openSource(t testing.TB, dir string) *binding.Conn {
	t.Helper()
	c, err := binding.Open(binding.Config{Path: filepath.Join(dir, "data.db")})
	if err != nil {
		t.Fatal(err)
	}
	run(t, c, `PRAGMA journal_mode = WAL`, `PRAGMA synchronous = OFF`)
	return c
}

// script returns the statements of a file in testdata, each of which ends at the end of a line.
func script(t testing.TB, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	list := strings.Split(string(text), ";\n")
	return list[:len(list)-1]
}

func run(t testing.TB, c *binding.Conn, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		if err := c.Exec(sql); err != nil {
			t.Fatalf("%v\n%s", err, sql)
		}
	}
}

// file writes a file into a folder.
func file(t testing.TB, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// destination returns the configuration of a new installation.
func destination(t testing.TB) core.Config {
	t.Helper()
	return core.Config{Dir: filepath.Join(t.TempDir(), "data"), DB: coretest.DB(t)}
}

// imported imports the folder and opens the new installation.
func imported(t testing.TB, dir string) (*core.App, *pocketbase.Report) {
	t.Helper()
	to := destination(t)
	report, err := pocketbase.Import(context.Background(), pocketbase.Config{Source: dir, App: to})
	if err != nil {
		t.Fatalf("Import() = %v", err)
	}
	return coretest.Open(t, to), report
}

// refused imports a folder that cannot be imported, and fails if the error does not contain want,
// or if the import leaves anything behind.
func refused(t testing.TB, cfg pocketbase.Config, want string) {
	t.Helper()
	before := tree(t, cfg.Source)
	above := filepath.Dir(cfg.App.Dir)
	around := tree(t, above)
	_, err := pocketbase.Import(context.Background(), cfg)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Import() = %v, want an error with %q", err, want)
	}
	if got := tree(t, cfg.Source); got != before {
		t.Errorf("the source was changed:\n%s\nit was\n%s", got, before)
	}
	if got := tree(t, above); got != around {
		t.Errorf("after an import that failed there is\n%s\nbefore there was\n%s", got, around)
	}
}

// tree lists the files in a folder, with their sizes.
func tree(t testing.TB, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		b.WriteString(path + " " + info.Mode().String())
		if !entry.IsDir() {
			b.WriteString(" " + info.ModTime().String())
		}
		b.WriteByte('\n')
		return nil
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return b.String()
}
