package sqlrun_test

import (
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

func TestExec(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Collection(t, app, `{"name":"notes","listRule":"","fields":[{"name":"title","type":"text"},{"name":"n","type":"number"},{"name":"done","type":"bool"},{"name":"at","type":"date"}]}`)
	at := time.Date(2026, 11, 29, 20, 0, 0, 0, time.UTC)
	coretest.Create(t, app, "notes", map[string]any{"title": "a' OR 1=1 --", "n": 2.5, "done": true, "at": at})
	coretest.Create(t, app, "notes", map[string]any{"title": "b"})
	for _, test := range []struct {
		sql  string
		args []any
		want string
	}{
		{`SELECT title FROM notes WHERE title = $1`, []any{"a' OR 1=1 --"}, "a' OR 1=1 --"},
		{`SELECT title FROM notes WHERE n > $2 AND title <> $1`, []any{"b", 2.25}, "a' OR 1=1 --"},
		{`SELECT count(*) FROM notes WHERE n = $1 OR n = $1`, []any{0}, "1"},
		{`SELECT title FROM notes WHERE done = $1`, []any{false}, "b"},
		{`SELECT title FROM notes WHERE at = $1`, []any{at}, "a' OR 1=1 --"},
		{`SELECT count(*) FROM notes`, nil, "2"},
	} {
		result, err := app.SQL().Exec(t.Context(), test.sql, test.args...)
		if err != nil {
			t.Errorf("%s: %v", test.sql, err)
		} else if len(result.Rows) != 1 || *result.Rows[0][0] != test.want {
			t.Errorf("%s with %v gives %d rows, want %s", test.sql, test.args, len(result.Rows), test.want)
		}
	}
	for _, test := range []struct {
		sql  string
		args []any
		want string
	}{
		{`SELECT $1`, nil, "parameter"},
		{`SELECT title FROM notes WHERE title = $1`, []any{"a", "b"}, "parameter"},
		{`SELECT title FROM notes WHERE title = ?`, []any{"a"}, "sql: "},
		{`SELECT nothing.x`, []any{}, "sql: "},
		{`SELECT title FROM notes WHERE title = $1`, []any{struct{}{}}, "$1: a struct {} is no argument"},
		{`DELETE FROM _migrations WHERE file = $1`, []any{"x"}, "_migrations"},
	} {
		if _, err := app.SQL().Exec(t.Context(), test.sql, test.args...); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s with %v: %v, want %s", test.sql, test.args, err, test.want)
		}
	}
	if err := app.Transaction(t.Context(), func(*core.Tx) error {
		_, err := app.SQL().Exec(t.Context(), `UPDATE notes SET title = $1`, "x")
		if err == nil {
			t.Error("Exec writes within another transaction")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestExecTellsOthers checks that a write by Exec drops a cached total and reaches OnCommitted.
func TestExecTellsOthers(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	notes := coretest.Collection(t, app, `{"name":"notes","listRule":"","fields":[{"name":"title","type":"text"}]}`)
	coretest.Create(t, app, "notes", map[string]any{"title": "a"})
	total := func() int {
		page, err := app.Records().List(t.Context(), record.Caller{}, "notes", record.ListParams{PerPage: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer page.Release()
		return page.TotalItems
	}
	var told []change.Change
	app.OnCommitted(func(changes []change.Change) { told = append(told, changes...) })
	if n := total(); n != 1 {
		t.Fatalf("there are %d", n)
	}
	result, err := app.SQL().Exec(t.Context(), `INSERT INTO notes (id, title) VALUES ($1, $2)`, "record000000001", "it's")
	if err != nil || result.Affected != 1 {
		t.Fatalf("the insert: %+v, %v", result, err)
	}
	if n := total(); n != 2 {
		t.Errorf("the list has a total of %d", n)
	}
	if len(told) != 1 || told[0].Collection != notes.ID || told[0].Action != change.Rewrite {
		t.Errorf("subscribers are told %+v", told)
	}
}
