// Setup of a database: encoding, schema, functions, and the refusal of a schema that belongs to
// another program.

package postgres

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

// stateTable creates _loam_state, which has one row; every write takes a lock on it that lets
// other writes do so too. It changes too rarely to need an autovacuum, which would lock it as
// well.
const stateTable = `
CREATE TABLE IF NOT EXISTS "_loam_state" (
	"one" boolean PRIMARY KEY DEFAULT TRUE CHECK ("one"),
	"version" bigint NOT NULL DEFAULT 1,
	"functions" text NOT NULL DEFAULT '') WITH (autovacuum_enabled = off);
INSERT INTO "_loam_state" DEFAULT VALUES ON CONFLICT DO NOTHING;
`

// writesTable creates _loam_writes, which has the mark of the last write of each connection of
// each process.
const writesTable = `
CREATE TABLE IF NOT EXISTS "_loam_writes" (
	"node" text NOT NULL,
	"slot" bigint NOT NULL,
	"n" bigint NOT NULL,
	"at" timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY ("node", "slot")) WITH (fillfactor = 50);
`

// foreignTables counts the tables of a schema that has no table of the engine.
const foreignTables = `SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
	AND NOT EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = '_loam_state')`

// ourTables selects the first of our names in a schema that has no table of the engine.
const ourTables = `SELECT min(c.relname) FROM pg_class AS c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
	AND c.relname IN (%s)
	AND NOT EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = '_loam_state')`

// oldest is the version of the oldest supported server.
const oldest = 140000

// setup creates the objects that the engine needs, unless they exist. Processes that start at the
// same time do so one after the other.
func (db *DB) setup(ctx context.Context) error {
	loan, err := db.service.Acquire(ctx)
	if err != nil {
		return db.explain(ctx, err)
	}
	defer loan.Release()
	pg := loan.Conn().PgConn()
	ask := func(sql string) (string, error) {
		results, err := pg.Exec(ctx, sql).ReadAll()
		if err != nil {
			return "", db.explain(ctx, err)
		}
		if last := results[len(results)-1]; len(last.Rows) == 1 && len(last.Rows[0]) == 1 {
			return string(last.Rows[0][0]), nil
		}
		return "", nil
	}
	if version, err := ask(fmt.Sprintf(`SELECT current_setting('server_version') WHERE current_setting('server_version_num')::int < %d`, oldest)); err != nil || version != "" {
		return errors.Join(err, oldServer(version))
	}
	if encoding, err := ask(`SELECT current_setting('server_encoding')`); err != nil || encoding != "UTF8" {
		return cmp.Or(err, fmt.Errorf("postgres: the database is encoded in %s, needed is UTF8", encoding))
	}
	defer func() {
		if pg.TxStatus() != 'I' {
			_, _ = ask(`ROLLBACK`) // the pool closes a connection that is in a transaction
		}
	}()
	// An advisory lock on the schema lets processes that start together do so one after the
	// other, even while there is no table to lock.
	const one = `BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('loam ' || current_setting('search_path'), 0)); `
	if db.schema, err = ask(one + `SELECT current_schema()`); err != nil {
		return err
	}
	if db.schema == "" {
		if db.schema, err = createSchema(db.service.Config().ConnConfig.RuntimeParams["search_path"], ask); err != nil {
			return err
		}
	}
	if db.cfg.New {
		if others, err := ask(foreignTables); err != nil || others != "0" {
			return cmp.Or(err, store.ErrNotEmpty)
		}
	}
	if err := db.refuseForeign(ask); err != nil {
		return err
	}
	done, err := ask(stateTable + writesTable + `SELECT "functions" FROM "_loam_state"`)
	if err != nil {
		return err
	}
	// The functions are created anew only when their text has changed: CREATE OR REPLACE writes
	// to the catalog each time, and every connection then discards its plans.
	if sum := digest(functions); done != sum {
		if _, err := ask(functions + `; UPDATE "_loam_state" SET "functions" = '` + sum + `'`); err != nil {
			return err
		}
	}
	if _, err := ask(`COMMIT`); err != nil {
		return err
	}
	version, err := pg.Exec(ctx, readVersion).ReadAll()
	if err != nil {
		return db.explain(ctx, err)
	}
	db.defined.raise(number(version))
	db.before, err = db.readMarks(ctx, pg)
	return err
}

// refuseForeign refuses a schema in which another program has a table of one of our names. Tables
// of other names do not conflict.
func (db *DB) refuseForeign(ask func(string) (string, error)) error {
	if len(db.cfg.Names) == 0 {
		return nil
	}
	var names []string
	for _, n := range db.cfg.Names {
		names = append(names, literal(n))
	}
	table, err := ask(fmt.Sprintf(ourTables, strings.Join(names, ", ")))
	if err != nil || table == "" {
		return err
	}
	return &store.ForeignError{
		Where: "the schema " + db.schema, Tables: []string{table}, Advice: "use another schema with ?search_path=NAME in the URL of the database",
	}
}

// createSchema creates the schema that the URL names, if it names only one.
func createSchema(path string, ask func(string) (string, error)) (string, error) {
	if path == "" || strings.ContainsAny(path, `,"$ `) {
		return "", fmt.Errorf("postgres: no schema of search_path %q exists", path)
	}
	if _, err := ask(`CREATE SCHEMA ` + store.Quote(strings.ToLower(path))); err != nil {
		return "", err
	}
	return ask(`SELECT current_schema()`)
}

func oldServer(version string) error {
	if version == "" {
		return nil
	}
	return fmt.Errorf("postgres: the server is version %s, needed is 14 or later", version)
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// literal returns a text as an SQL literal.
func literal(s string) string { return `'` + strings.ReplaceAll(s, `'`, `''`) + `'` }
