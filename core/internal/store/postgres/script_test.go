package postgres

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

// The account of the test's database is a superuser of PostgreSQL, as in many installations. A
// token of a superuser of ours must not give access to the machine.
func TestScriptStaysInTheDatabase(t *testing.T) {
	db := openTest(t, Config{})
	defer db.Close()
	run := func(sql string) (store.ScriptResult, error) {
		return db.Run(t.Context(), store.Script{SQL: sql, Rows: 1000, Bytes: 1 << 20, Memory: 1 << 20,
			Written: func(store.Tx, []string) error { return nil }})
	}
	if _, err := run(`CREATE TABLE t (n int, s text); INSERT INTO t VALUES (1, 'a')`); err != nil {
		t.Fatal(err)
	}
	result, err := run(`SELECT n FROM t`)
	if err != nil || !result.Powerful {
		t.Errorf("a superuser of PostgreSQL is not known as one: %+v, %v", result, err)
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "out")
	for _, sql := range []string{
		`COPY t TO PROGRAM 'cat > ` + file + `'`,
		`COPY t FROM PROGRAM 'id'`,
		`COPY t TO '` + file + `'`,
		"/* a /* nested */ comment */ -- and one\n COPY t TO '" + file + `'`,
		`copy (SELECT 1) TO STDOUT`,
		`SELECT 1; COPY t TO '` + file + `'`,
		`DO $$ BEGIN EXECUTE 'COPY t TO PROGRAM ''id'''; END $$`,
		`CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'COPY t TO ''` + file + `'''; RETURN 1; END $$; SELECT f()`,
		`CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE c AS '/lib/x86_64-linux-gnu/libc.so.6', 'system'`,
		`CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'; CALL p()`,
		`CREATE EXTENSION adminpack`,
		`CREATE EXTENSION file_fdw; CREATE SERVER s FOREIGN DATA WRAPPER file_fdw`,
		`CREATE LANGUAGE plpython3u`,
		`CREATE TRIGGER tr AFTER INSERT ON t EXECUTE FUNCTION lo_manage(s)`,
		`CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()`,
		`CREATE ROLE evil SUPERUSER`,
		`ALTER ROLE postgres PASSWORD 'x'`,
		`ALTER USER postgres PASSWORD 'x'`,
		`GRANT pg_execute_server_program TO PUBLIC`,
		`ALTER SYSTEM SET archive_command = 'id'`,
		`ALTER DATABASE postgres SET session_preload_libraries = 'x'`,
		`CREATE DATABASE evil`,
		`CREATE TABLESPACE evil LOCATION '` + dir + `'`,
		`CREATE SUBSCRIPTION s CONNECTION 'host=example.com' PUBLICATION p`,
		`LOAD '/tmp/evil.so'`,
		`SET ROLE postgres`,
		`SET default_transaction_read_only = off`,
		`RESET ALL`,
		`DISCARD ALL`,
		`CHECKPOINT`,
		`LISTEN x`,
		`SECURITY LABEL ON TABLE t IS 'x'`,
		`SELECT pg_read_file('/etc/passwd')`,
		`SELECT "pg_read_file"('/etc/passwd')`,
		`SELECT pg_catalog.PG_READ_FILE('/etc/passwd')`,
		`SELECT pg_read_binary_file('/etc/passwd')`,
		`SELECT U&"pg\005fread_file"('/etc/passwd')`,
		`SELECT ('/etc/passwd'::text).pg_read_file`,
		`SELECT * FROM pg_ls_dir('/')`,
		`SELECT pg_stat_file('/etc/passwd')`,
		`SELECT pg_ls_logdir()`,
		`CREATE TABLE x (a text DEFAULT pg_read_file('/etc/passwd')); INSERT INTO x DEFAULT VALUES; SELECT * FROM x`,
		`CREATE VIEW v AS SELECT pg_read_file('/etc/passwd')`,
		`EXPLAIN ANALYZE SELECT pg_read_file('/etc/passwd')`,
		`SELECT lo_import('/etc/passwd')`,
		`SELECT lo_export(lo_from_bytea(0, 'x'), '` + file + `')`,
		`SELECT query_to_xml('COPY t TO PROGRAM ''id''', true, true, '')`,
		`SELECT set_config('default_transaction_read_only', 'off', false)`,
		`SELECT set_config('session_preload_libraries', 'x', false)`,
		`SELECT ts_stat('SELECT pg_read_file(''/etc/passwd'')::tsvector')`,
		`SELECT pg_reload_conf()`,
		`SELECT pg_terminate_backend(1)`,
		`SELECT pg_switch_wal()`,
		`SELECT pg_create_physical_replication_slot('x')`,
		`SELECT * FROM dblink('host=example.com', 'SELECT 1') AS x (a int)`,
		`SELECT 'a\'; SELECT pg_read_file('/etc/passwd') --'`,
		`SELECT E'a\''; COPY t TO '` + file + `'; --'`,
		`SELECT $a$ $b$ $a$; COPY t TO '` + file + `'`,
		`SELECT 1 AS "a""; b"; COPY t TO '` + file + `'`,
		`BEGIN; DELETE FROM t; COMMIT`,
		`COMMIT; DELETE FROM t`,
		`DELETE FROM t; COMMIT; SELECT 1`,
		`DELETE FROM t; /* */ END`,
		`ROLLBACK AND CHAIN`,
		`ABORT`,
		`PREPARE TRANSACTION 'x'`,
		`SAVEPOINT s; RELEASE s`,
		`SELECT * FROM _loam_state`,
		`DELETE FROM "_loam_writes"`,
		`VACUUM t`,
		"SELECT '\xff'",
	} {
		_, err := run(sql)
		var refused *store.StatementError
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v, want a StatementError", sql, err)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("files were made: %v, %v", files, err)
	}
	if result, err = run(`SELECT n, s FROM t`); err != nil || len(result.Rows) != 1 {
		t.Errorf("the table has %+v, %v", result.Rows, err)
	}
}

// Objects that a script creates in its session are not visible to other transactions.
func TestScriptLeavesNothingBehind(t *testing.T) {
	db := openTest(t, Config{})
	defer db.Close()
	if _, err := db.Run(t.Context(), store.Script{SQL: `CREATE TABLE t (n int); INSERT INTO t VALUES (1)`, Rows: 1, Bytes: 1,
		Written: func(store.Tx, []string) error { return nil }}); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`CREATE TEMP TABLE t (n int); INSERT INTO t VALUES (7); SELECT pg_advisory_lock(1)`,
		`UPDATE t SET n = 1; CREATE TEMP TABLE t (n int); SELECT 7 AS n INTO TEMP t2; SELECT pg_advisory_lock(1)`,
	} {
		if _, err := db.Run(t.Context(), store.Script{SQL: sql, Rows: 1, Bytes: 100,
			Written: func(store.Tx, []string) error { return nil }}); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		for range 3 {
			for name, call := range map[string]func(context.Context, func(store.Reader) error) error{
				"read": db.Read,
				"write": func(ctx context.Context, fn func(store.Reader) error) error {
					return db.Write(ctx, func(tx store.Tx) error { return fn(tx) })
				},
			} {
				err := call(t.Context(), func(r store.Reader) error {
					rows, err := r.Query(`SELECT n FROM t`)
					if err != nil {
						return err
					}
					if !rows.Next() || rows.Int(0) != 1 {
						t.Errorf("a %s finds another table", name)
					}
					return rows.Close()
				})
				if err != nil {
					t.Error(err)
				}
			}
		}
	}
}

// A script is split where PostgreSQL ends its statements, and its names are those that PostgreSQL
// sees.
func TestSplitScript(t *testing.T) {
	for sql, want := range map[string]string{
		`SELECT a; SELECT b`: "select a / select b",
		`SELECT 'a;b', "C;d", E'\';x', $$;y$$, $t$;$$;z$t$ FROM e1e;`: "select C;d from e1e",
		"SELECT 1 -- ; a\n, b /* ; /* c */ ; */ ; ; SELECT $1, f$1":   "select b / select f$1",
		`(SELECT A.B) UNION VALUES (1)`:                               "select a b union values",
		`SELECT "a""b", n'x;', x'1;', b'0;', u&1`:                     `select a"b n x b u`,
		`SELECT 1e'\';x'`:                 "select",
		`SELECT 1--1;`:                    "select",
		`CREATE UNLOGGED TABLE t (a int)`: "create unlogged table t a int",
		`DROP MATERIALIZED VIEW m`:        "drop materialized view m",
	} {
		list, err := splitScript(sql)
		var got []string
		for _, st := range list {
			got = append(got, strings.Join(st.names, " "))
		}
		if err != nil || strings.Join(got, " / ") != want {
			t.Errorf("%s: %q, %v, want %q", sql, got, err, want)
		}
	}
}

// For any text, the statements are parts of it in order, and splitScript does not panic.
func FuzzSplitScript(f *testing.F) {
	for _, sql := range []string{`SELECT 'a;b'`, `SELECT $a$;$a$; SELECT E'\'`, `/* /* */ SELECT`, `SELECT "`, `$`, `U&"a"`, `E'`, `--`, `$a`} {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		list, err := splitScript(sql)
		if err != nil {
			return
		}
		rest := sql
		for _, st := range list {
			at := strings.Index(rest, st.sql)
			if at < 0 || slices.Contains(st.names, "copy") && strings.HasPrefix(strings.ToLower(st.sql), "copy") {
				t.Fatalf("%q is cut into %+v", sql, list)
			}
			rest = rest[at+len(st.sql):]
		}
	})
}
