// Scripts of an administrator: a read-only transaction first, and the refused statements.

package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/loambase/loam/core/internal/store"
)

// Run implements store.Store. Only PostgreSQL knows whether the script writes: it runs in a
// read-only transaction and, if that is refused because it writes, as a whole in an Exclusive.
// The connection is not used again: a script may leave temporary tables or locks in its session.
func (db *DB) Run(ctx context.Context, script store.Script) (result store.ScriptResult, err error) {
	statements, err := splitScript(script.SQL)
	if err != nil {
		return result, err
	}
	writes := false
	err = db.Read(ctx, func(r store.Reader) error {
		s := &r.(*reader).session
		result, err = s.runScript(&script, statements, true)
		writes = readOnly(s.cause)
		return err
	})
	if writes && script.Row != nil {
		return result, store.ErrScriptWrites
	}
	if !writes {
		return result, err
	}
	err = db.Exclusive(ctx, func(st store.Tx) error {
		t := st.(*tx)
		if result, err = t.runScript(&script, statements, false); err != nil {
			return err
		}
		tables, err := t.lockedTables()
		if err != nil {
			return err
		}
		return script.Written(t, tables)
	})
	return result, err
}

// readOnly reports whether a statement was refused because its transaction is read-only.
func readOnly(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == codeReadOnly
}

// framing is the maximum overhead of a row on the connection, in bytes beyond its values.
const framing = 1 << 20

// runScript runs the statements in order, and returns the result of the last one. reads says that
// the transaction is read-only.
func (s *session) runScript(script *store.Script, statements []scriptStatement, reads bool) (result store.ScriptResult, err error) {
	s.discard = true
	powerful, err := s.powerful()
	if err == nil {
		err = s.refuseFunctions(statements)
	}
	if err != nil {
		return result, err
	}
	// A row arrives as a whole: a row that is longer than the maximum size of the result is not
	// read into memory.
	s.pg.Frontend().SetMaxBodyLen(int(script.Bytes) + framing)
	total := int64(0)
	for i, st := range statements {
		if result, err = s.runOne(script, st, reads, i == len(statements)-1); err != nil {
			return store.ScriptResult{}, err
		}
		total += result.Changed
	}
	result.Total, result.Powerful = total, powerful
	s.kept.stale = true // the script may have changed definitions
	return result, nil
}

// runOne runs one statement. The server accepts only one, even if splitScript should have left
// two in the text.
func (s *session) runOne(script *store.Script, st scriptStatement, reads, last bool) (result store.ScriptResult, err error) {
	const unnamed = "" // each unnamed statement replaces the one before
	var bound binding  // separate from that of s, which the queries of describe use
	if err := bound.set(script.Args, false); err != nil {
		return result, s.scriptError(err)
	}
	d, err := s.pg.Prepare(s.ctx, unnamed, st.sql, bound.types)
	if err != nil {
		return result, s.scriptError(err)
	}
	switch {
	case len(d.ParamOIDs) > 0 && script.Args == nil:
		return result, refuse("a parameter, which has no value here")
	case len(d.ParamOIDs) != len(script.Args):
		return result, &store.StatementError{Message: fmt.Sprintf("the statement takes %d parameters, not %d", len(d.ParamOIDs), len(script.Args))}
	}
	if last {
		if result.Columns, err = s.describe(d.Fields); err != nil {
			return result, err
		}
	}
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	rows := s.pg.ExecPrepared(ctx, unnamed, bound.values, nil, nil)
	room, full := script.Bytes, !last
	for rows.NextRow() {
		if full {
			continue
		}
		values := rows.Values()
		var size int64
		for _, v := range values {
			size += int64(len(v))
		}
		more, err := result.Add(script, &room, size, func(col int) *string {
			if values[col] == nil {
				return nil
			}
			text := string(values[col])
			return &text
		})
		if err != nil {
			cancel()
			_, _ = rows.Close() // the error is known
			return result, err
		}
		// A statement that only reads is cancelled. A statement that writes must run to its end.
		if full = !more; full && reads {
			cancel()
			_, _ = rows.Close() // Close returns the error of the cancellation
			return result, nil
		}
	}
	tag, err := rows.Close()
	if err != nil {
		return result, s.scriptError(err)
	}
	if tag.Insert() || tag.Update() || tag.Delete() || strings.HasPrefix(tag.String(), "MERGE") {
		result.Changed = tag.RowsAffected()
	}
	return result, nil
}

// scriptError is fail for a statement of a script. It also keeps the driver's error.
func (s *session) scriptError(err error) error {
	s.cause = err
	var long *pgproto3.ExceededMaxBodyLenErr
	if errors.As(err, &long) {
		return store.ErrScriptRow
	}
	return s.fail(err)
}

// describe returns the names and types of columns, and which of them may be NULL.
func (s *session) describe(fields []pgconn.FieldDescription) ([]store.ScriptColumn, error) {
	if len(fields) == 0 {
		return nil, nil
	}
	columns := make([]store.ScriptColumn, len(fields))
	var places []string
	for i, f := range fields {
		columns[i].Name = f.Name
		places = append(places, fmt.Sprintf("(%d, %d::oid, %d, %d::oid, %d)", i, f.DataTypeOID, f.TypeModifier, f.TableOID, f.TableAttributeNumber))
	}
	rows, err := s.Query(`SELECT format_type("f"."type", "f"."modifier"), COALESCE("a"."attnotnull", FALSE) FROM (VALUES ` + strings.Join(places, ", ") +
		`) AS "f" ("n", "type", "modifier", "table", "column") LEFT JOIN pg_attribute AS "a" ON "a"."attrelid" = "f"."table" AND "a"."attnum" = "f"."column" ORDER BY "f"."n"`)
	if err != nil {
		return nil, err
	}
	for i := 0; rows.Next(); i++ {
		columns[i].Type, columns[i].Nullable = rows.Text(0), !rows.Bool(1)
	}
	return columns, rows.Close()
}

// powerful reports whether the account may access files or programs of the server's machine.
func (s *session) powerful() (yes bool, err error) {
	rows, err := s.Query(`SELECT "rolsuper" OR pg_has_role("oid", 'pg_execute_server_program', 'MEMBER') OR pg_has_role("oid", 'pg_read_server_files', 'MEMBER')
		OR pg_has_role("oid", 'pg_write_server_files', 'MEMBER') FROM pg_roles WHERE "rolname" = current_user`)
	if err != nil {
		return false, err
	}
	if rows.Next() {
		yes = rows.Bool(0)
	}
	return yes, rows.Close()
}

// refuseFunctions refuses functions that reach beyond the database, or run SQL that splitScript
// has not seen: those that PostgreSQL itself revokes from PUBLIC, as they access files and
// processes, and those that are dangerous.
func (s *session) refuseFunctions(statements []scriptStatement) error {
	var names []string
	for _, st := range statements {
		for _, name := range st.names {
			if dangerous(name) {
				return refuse(name + " is not allowed here")
			}
			names = append(names, literal(name))
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	names = slices.Compact(names)
	rows, err := s.Query(`SELECT min("p"."proname") FROM pg_proc AS "p" WHERE "p"."proname" IN (` + strings.Join(names, ", ") + `) AND "p"."proacl" IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM aclexplode("p"."proacl") AS "a" WHERE "a"."grantee" = 0 AND "a"."privilege_type" = 'EXECUTE')`)
	if err != nil {
		return err
	}
	refused := ""
	if rows.Next() {
		refused = rows.Text(0)
	}
	if err := rows.Close(); err != nil || refused == "" {
		return err
	}
	return refuse(refused + " is not allowed here")
}

// dangerous reports whether everybody may call the function by default although it runs a text as
// SQL, changes settings or ends processes, or whether the name is a table of the engine. Large
// objects and copies of the log are among the functions that PostgreSQL guards; dblink and
// tablefunc are extensions.
func dangerous(name string) bool {
	switch name {
	case "set_config", "query_to_xml", "query_to_xmlschema", "query_to_xml_and_xmlschema", "cursor_to_xml", "cursor_to_xmlschema",
		"ts_stat", "ts_rewrite", "crosstab", "crosstabn", "connectby", "xpath_table", "cron", "pg_terminate_backend", "pg_cancel_backend",
		"pg_reload_conf", "pg_rotate_logfile", "lo_import", "lo_export", "pg_import_system_collations":
		return true
	}
	for _, beginning := range []string{"dblink", "pg_read_", "pg_ls_", "pg_stat_file", "pg_file_", "_loam_", "pg_create_", "pg_logical_", "pg_replication_", "pg_drop_", "pg_copy_"} {
		if strings.HasPrefix(name, beginning) {
			return true
		}
	}
	return false
}

// lockedTables returns the tables of the schema on which this transaction holds a lock for
// writing.
func (s *session) lockedTables() ([]string, error) {
	return store.Texts(s, `SELECT DISTINCT "c"."relname" FROM pg_locks AS "l" JOIN pg_class AS "c" ON "c"."oid" = "l"."relation"
		WHERE "l"."pid" = pg_backend_pid() AND "l"."locktype" = 'relation' AND "c"."relkind" IN ('r', 'p', 'v', 'm')
		AND "c"."relnamespace" = current_schema()::regnamespace AND "l"."mode" NOT IN ('AccessShareLock', 'RowShareLock', 'SIReadLock')`)
}
