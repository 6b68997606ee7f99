// Tables, columns and indexes: creation, renaming, removal, and the state after a failure.

package storetest

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

func (s *suite) catalog(t *testing.T) {
	t.Run("defaults of the columns", s.catalogDefaultsOfTheColumns)
	t.Run("fill", s.catalogFill)
	t.Run("names of any kind", s.catalogNamesOfAnyKind)
	t.Run("renames keep the rows", s.catalogRenamesKeepTheRows)
	t.Run("indexes", s.catalogIndexes)
	t.Run("all or nothing", s.catalogAllOrNothing)
	t.Run("running statements follow", s.catalogRunningStatementsFollow)
}

// A row inserted without values has the zero value of each kind, and an id: rows that other
// programs insert are records, too.
func (s *suite) catalogDefaultsOfTheColumns(t *testing.T) {
	f := s.new(t)
	f.exclusive(func(tx store.Tx) error {
		err := f.Catalog().CreateTable(tx, "all", []store.Column{
			{Name: "id", PrimaryKey: true}, {Name: "text"}, {Name: "number", Kind: store.ColumnNumber},
		})
		for _, c := range []store.Column{
			{Name: "bool", Kind: store.ColumnBool}, {Name: "json", Kind: store.ColumnJSON},
			{Name: "multi", Kind: store.ColumnMulti}, {Name: "geo", Kind: store.ColumnGeo},
		} {
			err = errors.Join(err, f.Catalog().AddColumn(tx, "all", c))
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO "all" DEFAULT VALUES`)
		return err
	})
	f.read(func(r store.Reader) error {
		rows, err := r.Query(`SELECT "id", "text", "number", "bool", "json", "multi", "geo" FROM "all"`)
		if err != nil {
			return err
		}
		rows.Next()
		if id := rows.Text(0); !regexp.MustCompile(`^r[0-9a-f]{14}$`).MatchString(id) {
			t.Errorf("default id = %q", id)
		}
		got := fmt.Sprintf("%q %v %v %v %s %s", rows.Text(1), rows.Float(2), rows.Bool(3), rows.Kind(4) == store.KindNull, rows.Text(5), rows.Text(6))
		if want := `"" 0 false true [] {"lon":0,"lat":0}`; got != want {
			t.Errorf("defaults = %s, want %s", got, want)
		}
		return rows.Close()
	})
}

// Fill sets a column for the given ids, and does not change rows for which it has no value. An id
// without a row ("gone") is not an error.
func (s *suite) catalogFill(t *testing.T) {
	f := s.new(t)
	f.exclusive(func(tx store.Tx) error {
		c := f.Catalog()
		err := c.CreateTable(tx, "all", []store.Column{
			{Name: "id", PrimaryKey: true}, {Name: "text"}, {Name: "number", Kind: store.ColumnNumber}, {Name: "bool", Kind: store.ColumnBool},
			{Name: "json", Kind: store.ColumnJSON}, {Name: "multi", Kind: store.ColumnMulti}, {Name: "geo", Kind: store.ColumnGeo},
		})
		for _, id := range []string{"a", "b", "c"} {
			_, inserted := tx.Exec(`INSERT INTO "all" ("id") VALUES ($1)`, store.Text(id))
			err = errors.Join(err, inserted)
		}
		fill := func(name string, kind store.ColumnKind, a, b store.Value) {
			err = errors.Join(err, c.Fill(tx, "all", store.Column{Name: name, Kind: kind}, []string{"b", "a", "gone"}, []store.Value{b, a, a}))
		}
		fill("text", store.ColumnText, store.Text(`ü"5`), store.Text("12"))
		fill("number", store.ColumnNumber, store.Float(-2.5), store.Float(1e21))
		fill("bool", store.ColumnBool, store.Bool(true), store.Bool(false))
		fill("json", store.ColumnJSON, store.Text(`{"z":1,"a":[ ]}`), store.Null)
		fill("multi", store.ColumnMulti, store.Text(`["x","y"]`), store.Text("[]"))
		fill("geo", store.ColumnGeo, store.Text(`{"lon":1,"lat":2}`), store.Text(`{"lon":0,"lat":0}`))
		return err
	})
	f.read(func(r store.Reader) error {
		rows, err := r.Query(`SELECT "text", "number", "bool", "json", ` + f.Dialect().ListText(`"multi"`) + `, "geo" FROM "all" ORDER BY "id"`)
		if err != nil {
			return err
		}
		var got []string
		for rows.Next() {
			got = append(got, fmt.Sprintf("%s %v %v %s %s %s", rows.Text(0), rows.Float(1), rows.Bool(2), rows.Text(3), rows.Text(4), rows.Text(5)))
		}
		want := []string{`ü"5 -2.5 true {"z":1,"a":[ ]} ["x","y"] {"lon":1,"lat":2}`, `12 1e+21 false  [] {"lon":0,"lat":0}`, ` 0 false  [] {"lon":0,"lat":0}`}
		if !slices.Equal(got, want) {
			t.Errorf("rows = %q, want %q", got, want)
		}
		return rows.Close()
	})
}

// Names are quoted everywhere: reserved words, quotes, spaces and letters beyond ASCII are valid
// names.
func (s *suite) catalogNamesOfAnyKind(t *testing.T) {
	for _, name := range []string{"Posts", "order", `quo"te`, "back`tick", "_hidden", "with space", "ünïcode", "a.b", "select"} {
		f := s.new(t)
		c := f.Catalog()
		f.exclusive(func(tx store.Tx) error {
			return errors.Join(
				c.CreateTable(tx, name, []store.Column{{Name: "id", PrimaryKey: true}, {Name: "x"}, {Name: "x " + name}}),
				c.AddColumn(tx, name, store.Column{Name: name}),
				c.CreateIndex(tx, store.Index{Name: "ix_" + name, Table: name, Columns: []store.IndexColumn{{Name: "x", Sort: "DESC"}}}),
				c.DropColumn(tx, name, "x "+name),
				c.RenameColumn(tx, name, name, "y"),
				c.DropIndex(tx, "ix_"+name),
				c.RenameTable(tx, name, name+"2"),
			)
		})
		if got := names(f); got != "table t, table "+name+"2" && got != "table "+name+"2, table t" {
			t.Errorf("%q: Names() = %s", name, got)
		}
		for range 2 { // then it is missing
			f.exclusive(func(tx store.Tx) error { return c.DropTable(tx, name+"2") })
		}
		if got := names(f); got != "table t" {
			t.Errorf("%q: Names() after DropTable = %s", name, got)
		}
	}
}

// Rows and indexes follow renames, also those that change only the letter case, which some
// engines treat as no change.
func (s *suite) catalogRenamesKeepTheRows(t *testing.T) {
	f := s.new(t)
	f.insert("a", 7)
	c := f.Catalog()
	f.exclusive(func(tx store.Tx) error {
		return errors.Join(
			c.CreateIndex(tx, store.Index{Name: "by_n", Table: "t", Columns: []store.IndexColumn{{Name: "n"}}}),
			c.RenameTable(tx, "t", "T"), // changes only letter case
			c.RenameColumn(tx, "T", "n", "N"),
			c.RenameColumn(tx, "T", "N", "m"),
			c.RenameTable(tx, "T", "u"),
		)
	})
	if got := f.text(`SELECT CAST("m" AS TEXT) FROM "u" WHERE "id" = 'a'`); got != "7" {
		t.Errorf("value after the renames = %q, want 7", got)
	}
	if got := names(f); got != "index by_n on u, table u" {
		t.Errorf("Names() = %s", got)
	}
}

// Indexes on expressions and with conditions are enforced as written. An index that the engine
// refuses is a StatementError; stored rows with equal keys are a UniqueError, as they are for an
// insert.
func (s *suite) catalogIndexes(t *testing.T) {
	f := s.new(t)
	c := f.Catalog()
	unique := store.Index{
		Name: "u", Table: "t", Unique: true,
		Columns: []store.IndexColumn{{Name: "lower(a)"}, {Name: "n", Sort: "DESC"}},
		Where:   `"a" != ''`,
	}
	f.exclusive(func(tx store.Tx) error { return c.CreateIndex(tx, unique) })
	add := func(id, a string) error {
		return f.Write(t.Context(), func(tx store.Tx) error {
			_, err := tx.Exec(`INSERT INTO "t" ("id", "a") VALUES ($1, $2)`, store.Text(id), store.Text(a))
			return err
		})
	}
	var violation *store.UniqueError
	for _, test := range []struct {
		id, a string
		ok    bool
	}{{"1", "x", true}, {"2", "X", false}, {"3", "", true}, {"4", "", true}, {"5", "y", true}} {
		err := add(test.id, test.a)
		if test.ok && err != nil || !test.ok && !errors.As(err, &violation) {
			t.Errorf("insert of %q = %v", test.a, err)
		}
	}
	exclusive := func(fn func(tx store.Tx) error) error { return f.Exclusive(t.Context(), fn) }
	var statement *store.StatementError
	if err := exclusive(func(tx store.Tx) error { return c.CreateIndex(tx, unique) }); !errors.As(err, &statement) {
		t.Errorf("the same index again = %v, want a StatementError", err)
	}
	unique.IfNotExists = true
	if err := exclusive(func(tx store.Tx) error { return c.CreateIndex(tx, unique) }); err != nil {
		t.Errorf("the same index IF NOT EXISTS = %v, want nil", err)
	}
	broken := store.Index{Name: "w", Table: "t", Columns: []store.IndexColumn{{Name: "nothing(a)"}}}
	if err := exclusive(func(tx store.Tx) error { return c.CreateIndex(tx, broken) }); !errors.As(err, &statement) {
		t.Errorf("an index on a function that is not there = %v, want a StatementError", err)
	}
	same := store.Index{Name: "v", Table: "t", Unique: true, Columns: []store.IndexColumn{{Name: "a"}}}
	if err := exclusive(func(tx store.Tx) error { return c.CreateIndex(tx, same) }); !errors.As(err, &violation) {
		t.Errorf("a unique index over equal rows = %v, want a UniqueError", err)
	}
	if err := exclusive(func(tx store.Tx) error { return c.DropIndex(tx, "u") }); err != nil {
		t.Errorf("DropIndex() = %v, want nil", err)
	}
	if err := add("6", "x"); err != nil {
		t.Errorf("insert after DropIndex() = %v, want nil", err)
	}

	// These rows violate a unique index that ignores letter case and empty texts.
	if err := errors.Join(add("7", "X"), add("8", "Y")); err != nil {
		t.Fatal(err)
	}
	folding := store.Index{Table: "t", Columns: []store.IndexColumn{{Name: "a", Collate: "NOCASE", Sort: "DESC"}, {Name: "n"}}, Where: `"a" != ''`}
	for limit, want := range map[int]string{10: "[[1 6 7] [5 8]]", 4: "[[1 6 7] [5]]", 0: "[]"} {
		f.read(func(r store.Reader) error {
			groups, err := c.Clashes(r, folding, limit)
			if got := fmt.Sprint(groups); got != want {
				t.Errorf("Clashes(%d) = %s, want %s", limit, got, want)
			}
			return err
		})
	}
}

// Changes of tables are rolled back with their transaction: an import of collections that fails
// at its end has changed nothing.
func (s *suite) catalogAllOrNothing(t *testing.T) {
	f := s.new(t)
	f.insert("a", 1)
	c := f.Catalog()
	mine := errors.New("mine")
	err := f.Exclusive(t.Context(), func(tx store.Tx) error {
		return errors.Join(
			c.CreateTable(tx, "new", []store.Column{{Name: "id", PrimaryKey: true}}),
			c.DropColumn(tx, "t", "n"),
			c.RenameTable(tx, "t", "gone"),
			mine,
		)
	})
	if !errors.Is(err, mine) {
		t.Fatalf("Exclusive() = %v, want the function's error", err)
	}
	if got := names(f); got != "table t" {
		t.Errorf("Names() = %s, want the old ones", got)
	}
	f.insert("b", 2)
	f.wantIDs("a b")
}

// Prepared statements see the columns that have been added since.
func (s *suite) catalogRunningStatementsFollow(t *testing.T) {
	f := s.new(t)
	f.insert("a", 1)
	f.wantIDs("a")
	for i := range 5 {
		column := fmt.Sprint("extra", i)
		f.exclusive(func(tx store.Tx) error {
			return f.Catalog().AddColumn(tx, "t", store.Column{Name: column, Kind: store.ColumnMulti})
		})
		f.insert(fmt.Sprint("a", i), 1)
		if got := f.text(`SELECT "` + column + `" FROM "t" WHERE "id" = 'a'`); got != "[]" {
			t.Errorf("new column = %q, want []", got)
		}
	}
	f.wantIDs("a a0 a1 a2 a3 a4")
}

// names returns Catalog.Names as text.
func names(f fixture) string {
	f.t.Helper()
	var out []string
	f.read(func(r store.Reader) error {
		all, err := f.Catalog().Names(r)
		for _, n := range all {
			entry := n.Kind + " " + n.Name
			if n.Table != "" {
				entry += " on " + n.Table
			}
			out = append(out, entry)
		}
		return err
	})
	return strings.Join(out, ", ")
}
