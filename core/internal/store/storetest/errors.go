// The errors that callers get: UniqueError, StatementError.

package storetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

func (s *suite) errors(t *testing.T) {
	t.Run("unique", s.errorsUnique)
	t.Run("statements", s.errorsStatements)
	t.Run("a statement that fails leaves the transaction", s.errorsAStatementThatFailsLeavesTheTransaction)
}

// A violation names the table and the columns of the index, so that the response can name the
// fields.
func (s *suite) errorsUnique(t *testing.T) {
	f := s.new(t)
	f.exclusive(func(tx store.Tx) error {
		return f.Catalog().CreateIndex(tx, store.Index{
			Name: "pair", Table: "t", Unique: true, Columns: []store.IndexColumn{{Name: "a"}, {Name: "n"}},
		})
	})
	f.insert("a", 1)
	for _, test := range []struct {
		id   string
		n    int64
		want []string
	}{
		{"a", 2, []string{"id"}},
		{"b", 1, []string{"a", "n"}},
	} {
		err := f.Write(t.Context(), func(tx store.Tx) error { return insert(tx, test.id, test.n) })
		var unique *store.UniqueError
		if !errors.As(err, &unique) {
			t.Errorf("insert(%q, %d) = %v, want a UniqueError", test.id, test.n, err)
			continue
		}
		if unique.Table != "t" || !slices.Equal(unique.Columns, test.want) {
			t.Errorf("insert(%q, %d) = table %q, columns %q, want t, %q", test.id, test.n, unique.Table, unique.Columns, test.want)
		}
	}
	f.wantIDs("a")
}

// SQL that the engine refuses is a StatementError with a message, and so are statements that
// would leave the transaction: several statements, COMMIT, ROLLBACK, SAVEPOINT. After each the
// store is usable.
func (s *suite) errorsStatements(t *testing.T) {
	f := s.new(t)
	for _, test := range []struct {
		sql  string
		args []store.Value
	}{
		{`SELEC 1`, nil},
		{``, nil},
		{`-- nothing`, nil},
		{`SELECT 1; SELECT 2`, nil},
		{"SELECT '\x00'", nil},
		{`SELECT * FROM "nowhere"`, nil},
		{`SELECT "t"."nothing" FROM "t"`, nil},
		{`SELECT $1`, nil},
		{`SELECT $1`, []store.Value{store.Int(1), store.Int(2)}},
		{`INSERT INTO "t" ("id", "a") VALUES ('a', NULL)`, nil},
		{`COMMIT`, nil},
		{`ROLLBACK`, nil},
		{`BEGIN`, nil},
		{`SAVEPOINT "x"`, nil},
	} {
		err := f.Write(t.Context(), func(tx store.Tx) error {
			_, err := tx.Exec(test.sql, test.args...)
			return err
		})
		var statement *store.StatementError
		if !errors.As(err, &statement) || statement.Message == "" {
			t.Errorf("Exec(%q) = %v, want a StatementError with a message", test.sql, err)
		}
		if test.args == nil {
			continue
		}
		err = f.Read(t.Context(), func(r store.Reader) error {
			_, err := text(r, test.sql, test.args...)
			return err
		})
		if !errors.As(err, &statement) {
			t.Errorf("Query(%q) = %v, want a StatementError", test.sql, err)
		}
	}
	f.insert("a", 1)
	f.wantIDs("a")
}

// A failed statement inside a savepoint does not end its transaction on any engine.
func (s *suite) errorsAStatementThatFailsLeavesTheTransaction(t *testing.T) {
	f := s.new(t)
	f.write(func(tx store.Tx) error {
		if err := insert(tx, "a", 1); err != nil {
			return err
		}
		if err := tx.Savepoint(func() error { return insert(tx, "a", 1) }); err == nil {
			t.Errorf("the same id again = nil, want an error")
		}
		return insert(tx, "b", 1)
	})
	f.wantIDs("a b")
}
