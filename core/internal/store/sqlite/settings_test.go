package sqlite

import (
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

// pragma returns a setting of the connection.
func pragma(t *testing.T, c *conn, name string) int64 {
	t.Helper()
	c.own = true
	defer func() { c.own = false }()
	s, err := c.Prepare("PRAGMA " + name)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Step(); err != nil {
		t.Fatal(err)
	}
	return s.Int(0)
}

func TestSettingsHold(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{})
	defer mustClose(t, db)
	common := map[string]int64{
		"page_size": 4096, "synchronous": 2, "mmap_size": 0, "foreign_keys": 1, "trusted_schema": 0,
	}
	check := func(name string, c *conn, more map[string]int64) {
		for _, want := range []map[string]int64{common, more} {
			for p, n := range want {
				if got := pragma(t, c, p); got != n {
					t.Errorf("%s: %s = %d, want %d", name, p, got, n)
				}
			}
		}
	}
	onWriter(t, db, func(c *conn) error {
		check("writer", c, map[string]int64{"cache_size": -65536, "query_only": 0, "temp_store": 2})
		return nil
	})
	l, err := db.readers.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	check("reader", l.c, map[string]int64{"cache_size": -int64(db.cfg.at.readCache), "query_only": 1, "temp_store": 1})
	db.readers.release(l)
}

// TestCacheBytes checks that the writer has a quarter of Config.CacheBytes, and that the readers
// share the rest.
func TestCacheBytes(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{CacheBytes: 8 << 20})
	defer mustClose(t, db)
	onWriter(t, db, func(c *conn) error {
		if got := pragma(t, c, "cache_size"); got != -2048 {
			t.Errorf("the writer has a cache of %d", got)
		}
		return nil
	})
	l, err := db.readers.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := pragma(t, l.c, "cache_size"), -int64(6<<10/db.readers.size); got != want {
		t.Errorf("a reader has a cache of %d, want %d", got, want)
	}
	db.readers.release(l)
}

// The filter language needs these functions of SQLite.
func TestFunctionsAreThere(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{})
	defer mustClose(t, db)
	for _, test := range []struct{ sql, want string }{
		{`SELECT round(acos(cos(0.5)) + sin(radians(0)), 6)`, "0.5"},
		{`SELECT group_concat("value", '') FROM json_each('["a","b"]')`, "ab"},
		{`SELECT json_array_length('[1,2]') || json_type('{"a":null}', '$.a')`, "2null"},
		{`SELECT 'ABCé' LIKE 'abcé'`, "1"},
		{`SELECT 'É' LIKE 'é'`, "0"}, // letters beyond ASCII are not folded
		{`SELECT 'a_b' LIKE 'a\_b' ESCAPE '\'`, "1"},
		{`SELECT strftime('%Y', '2026-01-02 03:04:05.000Z')`, "2026"},
		{`SELECT "never a column"`, "never a column"}, // views of users have such strings
	} {
		err := db.Read(t.Context(), func(r store.Reader) error {
			rows, err := r.Query(test.sql)
			if err != nil {
				return err
			}
			rows.Next()
			if got := rows.Text(0); got != test.want {
				t.Errorf("%s = %q, want %q", test.sql, got, test.want)
			}
			return rows.Close()
		})
		if err != nil {
			t.Errorf("%s: %v", test.sql, err)
		}
	}
}

func TestStatementsThatAreRefused(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{})
	defer mustClose(t, db)
	createT(t, db)
	for _, sql := range []string{
		`ATTACH DATABASE 'other.db' AS "o"`,
		`PRAGMA synchronous = OFF`,
		`PRAGMA query_only = OFF`,
		`PRAGMA writable_schema = ON`,
		`COMMIT`, `END`, `ROLLBACK`, `RELEASE "op"`, `ROLLBACK TO "op"`,
		`UPDATE "sqlite_master" SET "sql" = ''`,
		`SELECT load_extension('x')`,
	} {
		err := db.Write(t.Context(), func(tx store.Tx) error {
			if err := insertN(tx, 1, ""); err != nil {
				return err
			}
			if _, err := tx.Exec(sql); err == nil {
				t.Errorf("Exec(%q) = nil, want an error", sql)
			}
			_, err := tx.Exec(`DELETE FROM "t"`)
			return err
		})
		if err != nil {
			t.Errorf("the write with %q = %v, want nil", sql, err)
		}
		err = db.Read(t.Context(), func(r store.Reader) error {
			rows, err := r.Query(sql)
			if err == nil {
				rows.Next()
				err = rows.Close()
			}
			return err
		})
		if err == nil {
			t.Errorf("Query(%q) = nil, want an error", sql)
		}
	}
	err := db.Read(t.Context(), func(r store.Reader) error {
		rows, err := r.Query(`SELECT "name" FROM pragma_table_info($1)`, store.Text("t"))
		if err != nil {
			return err
		}
		rows.Next()
		if got := rows.Text(0); got != "n" {
			t.Errorf("first column = %q, want n", got)
		}
		return rows.Close()
	})
	if err != nil {
		t.Errorf("pragma_table_info: %v", err)
	}
}
