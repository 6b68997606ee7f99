// Package enginetest chooses the engine for tests: SQLite or, with LOAM_TEST_ENGINE=postgres,
// PostgreSQL. Tests of packages above the store open their databases here, so that the same tests
// run on both engines.
package enginetest

import (
	"context"
	"os"
	"testing"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/postgres"
	"github.com/loambase/loam/core/internal/store/sqlite"
	"github.com/loambase/loam/internal/pgtest"
)

// Postgres reports whether tests run on PostgreSQL.
func Postgres() bool { return os.Getenv("LOAM_TEST_ENGINE") == "postgres" }

// URL returns a database for the test, in the form of core.Config.DB: empty for SQLite, which
// stores its file in the data folder.
func URL(t testing.TB) string {
	t.Helper()
	if !Postgres() {
		return ""
	}
	return pgtest.URL(t)
}

// Open returns a new empty database, which is closed when the test ends.
func Open(t testing.TB) store.Store {
	t.Helper()
	return OpenAt(t, t.TempDir(), URL(t))
}

// OpenAt opens the database in the folder, or at the URL if that is not empty.
func OpenAt(t testing.TB, dir, url string) store.Store {
	t.Helper()
	var db store.Store
	var err error
	if url == "" {
		db, err = sqlite.Open(context.Background(), sqlite.Config{Dir: dir})
	} else {
		db, err = postgres.Open(context.Background(), postgres.Config{URL: url})
	}
	if err != nil {
		t.Fatalf("open the database: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the database: %v", err)
		}
	})
	return db
}

// Number returns the number that a query returns.
func Number(t testing.TB, db store.Store, query string) (n int64) {
	t.Helper()
	each(t, db, query, func(rows store.Rows) { n = int64(rows.Float(0)) })
	return n
}

// Each runs a query for a text and a whole number, and calls fn with those of each row.
func Each(t testing.TB, db store.Store, query string, fn func(text string, number int64)) {
	t.Helper()
	each(t, db, query, func(rows store.Rows) { fn(rows.Text(0), rows.Int(1)) })
}

// each calls fn with every row of a query; an error ends the test.
func each(t testing.TB, db store.Store, query string, fn func(store.Rows)) {
	t.Helper()
	err := db.Read(t.Context(), func(r store.Reader) error {
		rows, err := r.Query(query)
		if err != nil {
			return err
		}
		for rows.Next() {
			fn(rows)
		}
		return rows.Close()
	})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}
