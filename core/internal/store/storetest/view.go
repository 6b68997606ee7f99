// Views: columns by their kinds, and queries that the engine refuses.

package storetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

func (s *suite) views(t *testing.T) {
	text := func(name string) store.ViewColumn { return store.ViewColumn{Name: name, Stored: true} }
	key := store.ViewColumn{Name: "id", Key: true, Stored: true}

	// The columns of a view have the kinds that it was created with: the id is a text, secrets
	// are empty, the others are as stored. Its SELECT, used without the view, returns the same;
	// the comment at its end must not hide the SQL after it.
	t.Run("columns have their kinds", func(t *testing.T) {
		f := s.new(t)
		f.insert("one", 7)
		v := store.View{
			Query:  `SELECT "n" AS "id", "a", "n", "n" + 1 AS "more", "a" AS "hush", "id" AS "key" FROM "t" -- a comment`,
			Quoted: `SELECT "n" AS "id", "a", "n", "n" + 1 AS "more", "a" AS "hush", "id" AS "key" FROM "t" -- a comment`,
			Columns: []store.ViewColumn{{Name: "id", Key: true}, text("a"), {Name: "n", Kind: store.ColumnNumber, Stored: true},
				{Name: "more", Kind: store.ColumnJSON}, {Name: "hush", Secret: true}, text("key")},
		}
		f.exclusive(func(tx store.Tx) error { return f.Catalog().CreateView(tx, "v", v) })
		for _, from := range []string{`"v"`, "(" + f.Catalog().SelectView(v) + ")"} {
			f.read(func(r store.Reader) error {
				rows, err := r.Query(`SELECT q."id", q."key", q."n", q."more", q."hush" FROM ` + from + ` AS q`)
				if err != nil {
					return err
				}
				if !rows.Next() || rows.Kind(0) != store.KindText || rows.Text(1) != "one" || rows.Float(2) != 7 || rows.Text(3) != "8" && rows.Float(3) != 8 || rows.Text(4) != "" {
					t.Errorf("%s: %v %q %q %v %q %q", from, rows.Kind(0), rows.Text(0), rows.Text(1), rows.Float(2), rows.Text(3), rows.Text(4))
				}
				return rows.Close()
			})
		}
		if got := names(f); got != "table t, view v" {
			t.Errorf("Names() = %s, want the view too", got)
		}
		err := f.Exclusive(f.t.Context(), func(tx store.Tx) error { return f.Catalog().DropView(tx, "t") })
		if err == nil {
			t.Error("DropView of a table = nil, want an error")
		}
		for range 2 { // then it is missing
			f.exclusive(func(tx store.Tx) error { return f.Catalog().DropView(tx, "v") })
		}
		if got := names(f); got != "table t" {
			t.Errorf("Names() after DropView = %s", got)
		}
	})

	// The engine checks a query when the view is created, not when it is first read: unknown
	// tables and columns, broken SQL and missing columns are StatementErrors.
	t.Run("what cannot be read is not made", func(t *testing.T) {
		f := s.new(t)
		for _, query := range []string{`SELECT "id", t.nope AS "a" FROM "t"`, `SELECT "id", "a" FROM "nope"`, `SELECT "id", "a" FROM "t" WHERE`, `SELECT "id" FROM "t"`} {
			err := f.Exclusive(t.Context(), func(tx store.Tx) error {
				return f.Catalog().CreateView(tx, "v", store.View{Query: query, Quoted: query, Columns: []store.ViewColumn{key, text("a")}})
			})
			var refused *store.StatementError
			if !errors.As(err, &refused) {
				t.Errorf("CreateView of %s = %v, want a StatementError", query, err)
			}
		}
		if got := names(f); got != "table t" {
			t.Errorf("Names() = %s, want no view", got)
		}
	})

	t.Run("names of any kind", func(t *testing.T) {
		f := s.new(t)
		for _, name := range []string{"Views", "order", `quo"te`, "with space"} {
			query := `SELECT "id" FROM "t"`
			f.exclusive(func(tx store.Tx) error {
				return f.Catalog().CreateView(tx, name, store.View{Query: query, Quoted: query, Columns: []store.ViewColumn{key}})
			})
			var all []store.CatalogName
			f.read(func(r store.Reader) (err error) { all, err = f.Catalog().Names(r); return err })
			if !slices.Contains(all, store.CatalogName{Kind: "view", Name: name}) {
				t.Errorf("Names() = %v, want the view %q", all, name)
			}
			f.exclusive(func(tx store.Tx) error { return f.Catalog().DropView(tx, name) })
		}
	})
}
