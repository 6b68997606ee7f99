package pocketbase_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/pocketbase"
)

func TestWhatIsNotPocketBaseIsRefused(t *testing.T) {
	empty := func(t *testing.T) string { return t.TempDir() }
	written := func(content string) func(t *testing.T) string {
		return func(t *testing.T) string {
			dir := empty(t)
			file(t, dir, "data.db", content)
			return dir
		}
	}
	sql := func(statements ...string) func(t *testing.T) string {
		return func(t *testing.T) string { return source(t, nil, statements...) }
	}
	for _, test := range []struct {
		name string
		dir  func(t *testing.T) string
		want string
	}{
		{"nowhere", func(t *testing.T) string { return filepath.Join(t.TempDir(), "nowhere") }, "no such file"},
		{"a file", func(t *testing.T) string { return filepath.Join(written("")(t), "data.db") }, "is not a folder"},
		{"an empty folder", empty, "there is no data.db in it"},
		{"an empty file", written(""), "no table _collections"},
		{"a text", written(strings.Repeat("This is no database at all. ", 1000)), "cannot be read"},
		{"another database", sql(`CREATE TABLE users (id)`), "no table _collections"},
		{"a view", sql(`CREATE VIEW _collections AS SELECT 1 AS id`, `CREATE TABLE _params (id)`, `CREATE TABLE _migrations (file)`), "no table _collections"},
		{"0.22", sql(`CREATE TABLE _admins (id)`, `CREATE TABLE _collections (id, name, type, schema)`), "PocketBase 0.22 or older"},
		{"other columns", sql(`CREATE TABLE _collections (id, name)`, `CREATE TABLE _params (id)`, `CREATE TABLE _migrations (file)`), "has no column type"},
	} {
		t.Run(test.name, func(t *testing.T) {
			refused(t, pocketbase.Config{Source: test.dir(t), App: core.Config{Dir: filepath.Join(t.TempDir(), "data")}}, test.want)
		})
	}
}

func TestWhatCouldLeadOutOfTheFolderIsRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("not everybody may make links there")
	}
	outside := t.TempDir()
	file(t, outside, "secret", "outside")
	link := func(at string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			path := filepath.Join(dir, at)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(filepath.Join(outside, "secret"), path); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, test := range []struct {
		name    string
		prepare func(t *testing.T, dir string)
		want    string
	}{
		{"the database is a link", func(t *testing.T, dir string) {
			real := filepath.Join(outside, "data.db")
			if err := errors.Join(os.Rename(filepath.Join(dir, "data.db"), real), os.Symlink(real, filepath.Join(dir, "data.db"))); err != nil {
				t.Fatal(err)
			}
		}, `refused: "data.db" is a symbolic link`},
		{"its log is a link", link("data.db-wal"), `"data.db-wal" is a symbolic link`},
		{"storage is a link", link("storage"), `refused: "storage" is not a folder`},
		{"a collection is a link", link("storage/_pb_users_auth_"), "is a symbolic link"},
		{"a record is a link", link("storage/_pb_users_auth_/abc"), "is a symbolic link"},
		{"a file is a link", link("storage/_pb_users_auth_/abc/face.png"), `"storage/_pb_users_auth_/abc/face.png" is a symbolic link`},
		{"a separator of another system", func(t *testing.T, dir string) {
			file(t, dir, `storage/x/y/..\..\z`, "")
		}, "has a separator in its name"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := source(t, fresh)
			test.prepare(t, dir)
			refused(t, pocketbase.Config{Source: dir, App: core.Config{Dir: filepath.Join(t.TempDir(), "data")}}, test.want)
		})
	}
}

func TestImpossibleDefinitionsAreRefused(t *testing.T) {
	define := func(id, kind, name string) string {
		return `INSERT INTO _collections (id, type, name) VALUES ('` + id + `', '` + kind + `', '` + name + `')`
	}
	for _, test := range []struct{ name, sql, want string }{
		{"an id with a separator", define("../../etc", "base", "x"), `refused: "../../etc"`},
		{"an id that is a way up", define("..", "base", "x"), `refused: ".."`},
		{"a table of the server", define("x", "base", "_Changes"), "uses that name itself"},
		{"a name of SQLite", define("x", "base", "sqlite_x"), "uses that name itself"},
		{"an unknown type", define("x", "graph", "x"), `unknown type "graph"`},
		{"no name", define("x", "base", ""), "without a name"},
		{"one name in two letter cases", define("x", "base", "Users"), "have the same name"},
		{"fields that are no list", `UPDATE _collections SET fields = '{' WHERE name = 'users'`, "collection users: fields"},
		{"options that are none", `UPDATE _collections SET options = '[' WHERE name = 'users'`, "collection users: options"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := source(t, fresh, test.sql)
			refused(t, pocketbase.Config{Source: dir, App: core.Config{Dir: filepath.Join(t.TempDir(), "data")}}, test.want)
		})
	}
}

// TestDamagedDatabases overwrites one page after the other.
func TestDamagedDatabases(t *testing.T) {
	dir := source(t, fresh, many("notes", 2000)...)
	good, err := os.ReadFile(filepath.Join(dir, "data.db"))
	if err != nil {
		t.Fatal(err)
	}
	pages := len(good) / 4096
	step := 1
	if testing.Short() {
		step = pages/8 + 1
	}
	clean := 0
	for page := 0; page < pages; page += step {
		bad := append([]byte(nil), good...)
		for i := range 200 {
			bad[page*4096+i*20] ^= 0x5a
		}
		file(t, dir, "data.db", string(bad))
		to := filepath.Join(t.TempDir(), "data")
		_, err := pocketbase.Import(context.Background(), pocketbase.Config{Source: dir, App: core.Config{Dir: to}})
		if err == nil {
			clean++ // the page holds nothing of importance
			continue
		}
		if got := tree(t, filepath.Dir(to)); strings.Count(got, "\n") != 1 {
			t.Fatalf("page %d: %v left behind:\n%s", page, err, got)
		}
	}
	if clean > pages/2 {
		t.Errorf("%d of %d damaged databases were imported", clean, pages)
	}
	file(t, dir, "data.db", string(good[:len(good)/2]))
	refused(t, pocketbase.Config{Source: dir, App: core.Config{Dir: filepath.Join(t.TempDir(), "data")}}, "cannot be read")
}

func TestUnfinishedJournalIsRefused(t *testing.T) {
	dir := source(t, fresh)
	file(t, dir, "data.db-journal", "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7 and more")
	refused(t, pocketbase.Config{Source: dir, App: core.Config{Dir: filepath.Join(t.TempDir(), "data")}}, "unfinished data.db-journal")
}

func TestTargetMustBeEmpty(t *testing.T) {
	dir := source(t, fresh)
	to := t.TempDir()
	file(t, to, "mine", "x")
	refused(t, pocketbase.Config{Source: dir, App: core.Config{Dir: to}}, "is not empty")
	refused(t, pocketbase.Config{Source: dir, App: core.Config{Dir: filepath.Join(to, "mine")}}, "data folder")
	refused(t, pocketbase.Config{Source: dir, App: core.Config{Dir: dir}}, "is not empty")
}
