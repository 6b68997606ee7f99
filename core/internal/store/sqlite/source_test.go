package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/sqlite/binding"
)

func sourceFile(t *testing.T, statements ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "other.db")
	c, err := binding.Open(binding.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range statements {
		if err := c.Exec(sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func openSource(t *testing.T, path string) *Source {
	t.Helper()
	s, err := OpenSource(path)
	if err != nil {
		t.Fatalf("OpenSource() = %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	return s
}

func TestSourceIsRead(t *testing.T) {
	t.Parallel()
	s := openSource(t, sourceFile(t, `CREATE TABLE t (a)`, `INSERT INTO t VALUES (1), ('x')`))
	if notes, err := s.Check(context.Background()); err != nil || len(notes) > 0 {
		t.Errorf("Check() = %q, %v", notes, err)
	}
	var got []string
	err := s.Read(context.Background(), func(r store.Reader) error {
		rows, err := r.Query(`SELECT a FROM t ORDER BY _rowid_`)
		if err != nil {
			return err
		}
		for rows.Next() {
			got = append(got, rows.Text(0))
		}
		return rows.Close()
	})
	if err != nil || strings.Join(got, " ") != "1 x" {
		t.Errorf("read %q, %v, want 1 x", got, err)
	}
}

func TestSourceTakesNoWrites(t *testing.T) {
	t.Parallel()
	s := openSource(t, sourceFile(t, `CREATE TABLE t (a)`))
	err := s.Read(context.Background(), func(r store.Reader) error {
		for _, sql := range []string{`INSERT INTO t VALUES (1)`, `DELETE FROM t`, `DROP TABLE t`, `CREATE TABLE u (a)`, `PRAGMA trusted_schema = ON`,
			`PRAGMA query_only = OFF`, `ATTACH ':memory:' AS x`, `COMMIT`, `VACUUM INTO 'copy.db'`} {
			rows, err := r.Query(sql)
			if err == nil {
				rows.Next()
				err = rows.Close()
			}
			if err == nil {
				t.Errorf("%s = nil, want an error", sql)
			}
		}
		return nil
	})
	if err != nil {
		t.Errorf("Read() = %v", err)
	}
}

// TestSourceIsNotTrusted: the schema of the file calls functions that only its owner may call.
func TestSourceIsNotTrusted(t *testing.T) {
	t.Parallel()
	path := sourceFile(t, `CREATE TABLE t (a)`, `CREATE VIEW v AS SELECT name FROM pragma_database_list`)
	sql := `SELECT * FROM v`
	c, err := binding.Open(binding.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Exec(sql), c.Close()); err != nil {
		t.Fatalf("its owner: %v", err)
	}
	err = openSource(t, path).Read(context.Background(), func(r store.Reader) error {
		rows, err := r.Query(sql)
		if err != nil {
			return err
		}
		rows.Next()
		return rows.Close()
	})
	var refused *store.StatementError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "unsafe use") {
		t.Errorf("reading it = %v, want a *store.StatementError", err)
	}
}

func TestSourceThatIsDamaged(t *testing.T) {
	t.Parallel()
	if _, err := OpenSource(filepath.Join(t.TempDir(), "none.db")); !os.IsNotExist(err) {
		t.Errorf("OpenSource() of nothing = %v", err)
	}
	path := sourceFile(t, `CREATE TABLE t (a TEXT)`, `WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 5000) INSERT INTO t SELECT hex(randomblob(20)) FROM c`)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2048 {
		text[5*4096+i] ^= 0xff
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = openSource(t, path).Check(context.Background())
	var damage *store.DamageError
	if !errors.As(err, &damage) {
		t.Errorf("Check() = %v, want a *store.DamageError", err)
	}
}

// TestUntidySource: a file with values that only violate the constraints of their table can be
// read.
func TestUntidySource(t *testing.T) {
	t.Parallel()
	s := openSource(t, sourceFile(t, `CREATE TABLE t (a TEXT, b CHECK (b > 0))`, `INSERT INTO t VALUES (NULL, 1)`, `PRAGMA ignore_check_constraints = ON`,
		`INSERT INTO t VALUES ('x', -1)`, `PRAGMA writable_schema = ON`, `UPDATE sqlite_schema SET sql = 'CREATE TABLE t (a TEXT NOT NULL, b CHECK (b > 0))'`))
	notes, err := s.Check(context.Background())
	if err != nil || len(notes) != 2 {
		t.Errorf("Check() = %q, %v, want two notes", notes, err)
	}
}
