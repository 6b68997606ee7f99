package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

func runScript(t *testing.T, db *DB, sql string) (store.ScriptResult, error) {
	t.Helper()
	return db.Run(t.Context(), store.Script{SQL: sql, Rows: 1000, Bytes: 100_000, Memory: 1 << 20,
		Written: func(store.Tx, []string) error { return nil }})
}

// A BLOB, which need not be UTF-8, comes as hexadecimal digits.
func TestScriptGivesBlobsAsDigits(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{Serve: true})
	defer mustClose(t, db)
	result, err := runScript(t, db, `SELECT x'00ff10', x'', 'a'`)
	if err != nil || len(result.Rows) != 1 {
		t.Fatalf("%v, %v", result.Rows, err)
	}
	for i, want := range []string{`\x00ff10`, `\x`, "a"} {
		if got := *result.Rows[0][i]; got != want {
			t.Errorf("column %d is %q, want %q", i, got, want)
		}
	}
	// The limit is on the digits.
	if _, err := runScript(t, db, `SELECT zeroblob(60000)`); !errors.Is(err, store.ErrScriptRow) {
		t.Errorf("a BLOB with too many digits: %v", err)
	}
}

// A holder of a superuser's token has the data, but must not get the machine, nor change the
// engine's settings.
func TestScriptStaysInTheDatabase(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{Serve: true})
	defer mustClose(t, db)
	createT(t, db)
	insertT(t, db, 1)
	dir := t.TempDir()
	other := filepath.Join(dir, "other.db")
	for _, sql := range []string{
		`ATTACH '` + other + `' AS other`,
		`ATTACH '` + dir + `' || '/other.db' AS other`,
		"-- quiet\nATTACH '" + other + `' AS other; CREATE TABLE other.x (a)`,
		`UPDATE t SET s = 'x'; ATTACH '' AS other`,
		`DETACH main`,
		`VACUUM`,
		`VACUUM INTO '` + other + `'`,
		`UPDATE t SET s = 'x'; VACUUM INTO '` + other + `'`,
		`SELECT load_extension('` + other + `')`,
		`SELECT readfile('/etc/passwd')`,
		`SELECT writefile('` + other + `', 'x')`,
		`SELECT edit('x')`,
		`SELECT fts3_tokenizer('simple', x'00')`,
		`SELECT * FROM fsdir('/')`,
		`PRAGMA writable_schema = 1`,
		`PRAGMA writable_schema`,
		`PRAGMA journal_mode = DELETE`,
		`PRAGMA main.journal_mode = OFF`,
		`PRAGMA journal_mode(MEMORY)`,
		`PRAGMA synchronous = OFF`,
		`PRAGMA locking_mode = EXCLUSIVE`,
		`PRAGMA wal_checkpoint(TRUNCATE)`,
		`PRAGMA wal_autocheckpoint = 1`,
		`PRAGMA temp_store_directory = '` + dir + `'`,
		`PRAGMA data_store_directory = '` + dir + `'`,
		`PRAGMA key = 'x'`,
		`PRAGMA query_only = 0`,
		`PRAGMA trusted_schema = 1`,
		`PRAGMA mmap_size = 1000000`,
		`PRAGMA page_size = 512`,
		`PRAGMA user_version = 7`,
		`PRAGMA schema_version = 1`,
		`PRAGMA foreign_keys = OFF`,
		`PRAGMA database_list`,
		`PRAGMA hard_heap_limit = 1`,
		`PRAGMA soft_heap_limit = 1`,
		`PRAGMA threads = 8`,
		`PRAGMA optimize`,
		`PRAGMA incremental_vacuum`,
		`SELECT * FROM pragma_database_list`,
		`CREATE TEMP TABLE t (n)`,
		`CREATE TABLE temp.t (n)`,
		`CREATE TABLE "TEMP".t AS SELECT 1`,
		`INSERT INTO temp.sqlite_master VALUES ('table', 't', 't', 0, '')`,
		`CREATE TEMP VIEW t AS SELECT 1`,
		`CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM t; END`,
		`CREATE VIRTUAL TABLE v USING fts5(a)`,
		`CREATE VIRTUAL TABLE v USING dbstat(main)`,
		`UPDATE sqlite_master SET sql = 'x'`,
		`DELETE FROM sqlite_schema`,
		`INSERT INTO sqlite_dbpage (pgno, data) VALUES (1, zeroblob(4096))`,
		`UPDATE sqlite_dbpage SET data = zeroblob(4096) WHERE pgno = 1`,
		`BEGIN; DELETE FROM t; COMMIT`,
		`DELETE FROM t; COMMIT`,
		`DELETE FROM t; END; SELECT 1`,
		`ROLLBACK`,
		`SAVEPOINT sp`,
		`DELETE FROM t; RELEASE op`,
	} {
		_, err := runScript(t, db, sql)
		var refused *store.StatementError
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v, want a StatementError", sql, err)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("files were made: %v, %v", files, err)
	}
	// All settings are unchanged, for scripts and for all other statements.
	for sql, want := range map[string]string{
		`SELECT group_concat(n || coalesce(s, 'NULL')) FROM t`: "1",
		`PRAGMA journal_mode`:                               "wal",
		`PRAGMA user_version`:                               "0",
		`SELECT group_concat(name) FROM sqlite_schema`:      "t",
		`SELECT group_concat(name) FROM sqlite_temp_schema`: "NULL",
		`PRAGMA integrity_check`:                            "ok",
		`SELECT name FROM pragma_table_info('t') LIMIT 1`:   "n",
	} {
		result, err := runScript(t, db, sql)
		if err != nil || len(result.Rows) != 1 || text(result.Rows[0][0]) != want {
			t.Errorf("%s: %+v, %v; want %s", sql, result.Rows, err, want)
		}
	}
	if n := countT(t, db); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}

func text(v *string) string {
	if v == nil {
		return "NULL"
	}
	return *v
}

// A few thousand characters of SQL can use more memory than the machine has: in one value, in
// many values of a row, in a sort, in a temporary table.
func TestScriptIsBoundedInMemory(t *testing.T) { // not parallel: TestStore waits for the stores of others for some seconds only
	db := openTest(t, Config{Serve: true})
	defer mustClose(t, db)
	createT(t, db)
	const large = `hex(zeroblob(20000))`
	const count = `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) `
	for _, sql := range []string{
		`SELECT zeroblob(1000000000)`,
		`SELECT printf('%.*c', 1000000000, 'x')`,
		`SELECT ` + strings.Repeat(large+`, `, 150) + `1`,
		`SELECT max(` + strings.Repeat(large+`, `, 90) + `1)`,
		`SELECT length(group_concat(` + large + `)) FROM (` + count + `SELECT n FROM c LIMIT 100)`,
		count + `SELECT n, randomblob(5000) FROM c ORDER BY 2`,
		count + `SELECT count(*) FROM (SELECT DISTINCT randomblob(5000) FROM c)`,
		count + `SELECT count(*) FROM (SELECT randomblob(5000) FROM c UNION SELECT 'x')`,
		`DELETE FROM t; ` + count + `INSERT INTO t (s) SELECT hex(randomblob(5000)) FROM c ORDER BY 1`,
		`UPDATE t SET s = (SELECT max(` + strings.Repeat(large+`, `, 90) + `1)); SELECT max(` + strings.Repeat(large+`, `, 90) + `1)`,
	} {
		_, err := runScript(t, db, sql)
		var refused *store.StatementError
		if !errors.As(err, &refused) {
			t.Errorf("%.80s: %v, want a StatementError", sql, err)
		}
	}
	insertT(t, db, 1)
	if n := countT(t, db); n != 1 {
		t.Errorf("%d rows, want 1: the store works on", n)
	}
	// Other reads are not metered.
	err := db.Read(context.Background(), func(r store.Reader) error {
		rows, err := r.Query(`SELECT length(hex(zeroblob(1000000)))`)
		if err != nil {
			return err
		}
		rows.Next()
		return rows.Close()
	})
	if err != nil {
		t.Errorf("a large value of the program's own: %v", err)
	}
}

// A count that is cached by the stamp of its tables notices the writes of a script, also by a
// trigger that a script has created.
func TestScriptChangesStamps(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{Serve: true})
	defer mustClose(t, db)
	createT(t, db)
	stamp := func() (n uint64) {
		err := db.Read(t.Context(), func(r store.Reader) error {
			var ok bool
			if n, ok = r.Stamp("log"); !ok {
				t.Error("no stamp")
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return n
	}
	insertT(t, db, 1) // compiled before the trigger exists
	if _, err := runScript(t, db, `CREATE TABLE log (n); CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.n); END`); err != nil {
		t.Fatal(err)
	}
	for _, write := range []func(){
		func() { insertT(t, db, 2) },
		func() { insertT(t, db, 3) },
		func() {
			if _, err := runScript(t, db, `INSERT INTO t (n) VALUES (4)`); err != nil {
				t.Error(err)
			}
		},
	} {
		before := stamp()
		write()
		if stamp() == before {
			t.Error("the stamp of a table that was written is the old one")
		}
	}
}
