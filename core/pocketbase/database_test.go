package pocketbase_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/pocketbase"
)

// TestDatabaseMustBeNew imports into databases that are not in the folder.
func TestDatabaseMustBeNew(t *testing.T) {
	if !enginetest.Postgres() {
		t.Skip("the database of SQLite is as new as its folder")
	}
	dir := source(t, lived)
	ctx := context.Background()
	to := destination(t)
	c, err := pgx.Connect(ctx, to.DB)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	tables := func() (n int) {
		if err := c.QueryRow(ctx, `SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if _, err := c.Exec(ctx, `CREATE TABLE mine (a int)`); err != nil {
		t.Fatal(err)
	}
	refused(t, pocketbase.Config{Source: dir, App: to}, "the database is not empty")
	if n := tables(); n != 1 {
		t.Errorf("there are %d tables, want that of the other program", n)
	}
	if _, err := c.Exec(ctx, `DROP TABLE mine`); err != nil {
		t.Fatal(err)
	}
	if _, err := pocketbase.Import(ctx, pocketbase.Config{Source: dir, App: to}); err != nil {
		t.Fatal(err)
	}
	again := core.Config{Dir: filepath.Join(t.TempDir(), "data"), DB: to.DB}
	refused(t, pocketbase.Config{Source: dir, App: again}, "The installation is not new")
	app := coretest.Open(t, to)
	if n, err := app.Records().Count(ctx, "kinds"); err != nil || n != 2 {
		t.Errorf("Count() = %d, %v, want the records of the first import", n, err)
	}
}

func TestTextThatPostgreSQLCannotStore(t *testing.T) {
	app, report := imported(t, source(t, fresh, append(many("notes", 0),
		`DELETE FROM notes`,
		`INSERT INTO notes (id, title, tags, data) VALUES ('a', 'nul ' || char(0) || ' and ' || CAST(x'ff' AS TEXT) || '.', '["a\u0000"]', '{"a":"\u0000","b":"\\u0000"}')`)...))
	items := list(t, app, "notes")
	if len(items) != 1 {
		t.Fatalf("%d records, want one", len(items))
	}
	want := "nul \x00 and \ufffd."
	if enginetest.Postgres() {
		want = "nul  and \ufffd."
	}
	if items[0]["title"] != want {
		t.Errorf("title = %q, want %q\n%s", items[0]["title"], want, report)
	}
	data := items[0]["data"].(map[string]any)
	if data["b"] != `\u0000` {
		t.Errorf("data = %q: what only looks like an escape was changed", data)
	}
}
