// The topic "rehearse": trying indexes on copies of tables, and the indexes in use.

package storetest

import (
	"errors"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

func (s *suite) rehearse(t *testing.T) {
	t.Run("copy", s.rehearseCopy)
	t.Run("use", s.rehearseUse)
}

func (s *suite) rehearseCopy(t *testing.T) {
	f := s.new(t)
	f.exclusive(func(tx store.Tx) error {
		for _, id := range []string{"a", "b", "c"} {
			if _, err := tx.Exec(`INSERT INTO "t" ("id", "a", "n") VALUES ($1, $2, $3)`, store.Text(id), store.Text("it's "+id), store.Float(1.5)); err != nil {
				return err
			}
		}
		return f.Catalog().CreateIndex(tx, store.Index{Name: "by_n", Table: "t", Columns: []store.IndexColumn{{Name: "n"}}})
	})
	refused := errors.New("enough")
	for rows, all := range map[int]bool{2: false, 10: true} {
		err := f.Store.(store.Rehearser).Rehearse(t.Context(), []string{"t"}, rows, func(tx store.Tx, whole bool) error {
			if whole != all {
				t.Errorf("with %d rows at most, whole = %t", rows, whole)
			}
			texts, err := store.Texts(tx, `SELECT "a" FROM "t" WHERE "n" = $1 ORDER BY "id"`, store.Float(1.5))
			if got, want := strings.Join(texts, ","), strings.Join([]string{"it's a", "it's b", "it's c"}[:min(rows, 3)], ","); err != nil || got != want {
				t.Errorf("the copy has %q, %v, want %q", got, err, want)
			}
			if err := f.Catalog().CreateIndex(tx, store.Index{Name: "by_a", Table: "t", Columns: []store.IndexColumn{{Name: "a"}}}); err != nil {
				return err
			}
			if _, err := tx.Exec(`DELETE FROM "t"`); err != nil {
				return err
			}
			return refused
		})
		if !errors.Is(err, refused) {
			t.Errorf("Rehearse = %v, want the error of the function", err)
		}
	}
	f.read(func(r store.Reader) error {
		ids, err := store.Texts(r, `SELECT "id" FROM "t"`)
		if len(ids) != 3 {
			t.Errorf("the table has the rows %q after a rehearsal", ids)
		}
		names, err2 := f.Catalog().Names(r)
		for _, n := range names {
			if n.Name == "by_a" {
				t.Error("an index of a rehearsal has remained")
			}
		}
		return errors.Join(err, err2)
	})
	if err := f.Store.(store.Rehearser).Rehearse(t.Context(), []string{"nothing"}, 1, func(store.Tx, bool) error { return nil }); err == nil {
		t.Error("a table that is not there can be rehearsed")
	}
}

func (s *suite) rehearseUse(t *testing.T) {
	f := s.new(t)
	f.exclusive(func(tx store.Tx) error {
		for _, column := range []string{"a", "n"} {
			ix := store.Index{Name: "of " + column, Table: "t", Columns: []store.IndexColumn{{Name: column}}}
			if err := f.Catalog().CreateIndex(tx, ix); err != nil {
				return err
			}
		}
		return nil
	})
	used, err := f.Store.(store.Rehearser).UsedIndexes(t.Context(), []string{`SELECT "id" FROM "t" WHERE "a" = $1`, `SELECT nothing FROM "t"`})
	if err != nil {
		t.Fatal(err)
	}
	if used["of n"] {
		t.Errorf("used are %v", used)
	}
	if !f.Dialect().JudgesOnce() && !used["of a"] { // SQLite only: PostgreSQL counts the uses by executed statements
		t.Errorf("used are %v", used)
	}
}
