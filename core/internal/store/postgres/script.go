// Scripts of an administrator.

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

// Run implements store.Store. The script runs in a read-only transaction first. If PostgreSQL
// refuses a statement because it writes, the whole script runs again in an Exclusive. The
// connection is closed afterwards, since a script may leave temporary tables or locks in its
// session.
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

// readOnly reports whether a statement was refused because it writes in a read-only transaction.
func readOnly(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == codeReadOnly
}

// framing is the maximum number of bytes that the protocol adds to the values of a row.
const framing = 1 << 20

// runScript runs the statements in their order and returns the result of the last. reads is true in
// a read-only transaction.
func (s *session) runScript(script *store.Script, statements []scriptStatement, reads bool) (result store.ScriptResult, err error) {
	s.discard = true
	powerful, err := s.powerful()
	if err == nil {
		err = s.refuseFunctions(statements)
	}
	if err != nil {
		return result, err
	}
	// The driver reads a row as a whole, so a row larger than the result is refused.
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

// runOne runs one statement. The server refuses a text with several statements, even if splitScript
// takes it for one.
func (s *session) runOne(script *store.Script, st scriptStatement, reads, last bool) (result store.ScriptResult, err error) {
	const unnamed = "" // each statement replaces the one before
	var bound binding  // s.binding is used by the queries of describe
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
			_, _ = rows.Close() // the caller gets the error of Add
			return result, err
		}
		// A statement that only reads can be cancelled when the result is full. A statement that
		// writes must complete.
		if full = !more; full && reads {
			cancel()
			_, _ = rows.Close() // the error is that of the cancellation
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

// scriptError is fail for a statement of a script. It keeps the error of the driver in s.cause.
func (s *session) scriptError(err error) error {
	s.cause = err
	var long *pgproto3.ExceededMaxBodyLenErr
	if errors.As(err, &long) {
		return store.ErrScriptRow
	}
	return s.fail(err)
}

// describe returns the names, the types and the nullability of the columns.
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

// powerful reports whether the account of the database may use files or programs of the server.
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

// refuseFunctions refuses functions by which a script could leave the database, or run SQL that
// splitScript has not seen: the functions that PostgreSQL does not allow to everybody, since they
// use files and processes, and the dangerous ones.
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

// dangerous reports whether a name is a function that everybody may call and that runs a text as
// SQL, changes settings or ends processes; a function of the extensions dblink and tablefunc; or a
// table of the engine.
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

// lockedTables returns the tables of the schema on which this transaction holds a lock of
// a writer.
func (s *session) lockedTables() ([]string, error) {
	return store.Texts(s, `SELECT DISTINCT "c"."relname" FROM pg_locks AS "l" JOIN pg_class AS "c" ON "c"."oid" = "l"."relation"
		WHERE "l"."pid" = pg_backend_pid() AND "l"."locktype" = 'relation' AND "c"."relkind" IN ('r', 'p', 'v', 'm')
		AND "c"."relnamespace" = current_schema()::regnamespace AND "l"."mode" NOT IN ('AccessShareLock', 'RowShareLock', 'SIReadLock')`)
}
