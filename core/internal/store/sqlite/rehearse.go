// Rehearsals: indexes are tried on copies of tables in a temporary database file.

package sqlite

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

var _ store.Rehearser = (*DB)(nil)

// Rehearse implements store.Rehearser.
func (db *DB) Rehearse(ctx context.Context, tables []string, rows int, fn func(tx store.Tx, whole bool) error) (err error) {
	dir, err := os.MkdirTemp("", "loam-rehearsal-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	copied, err := Open(ctx, Config{Dir: dir, Scratch: true, Log: db.cfg.Log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, copied.Close()) }()
	return copied.Exclusive(ctx, func(tx store.Tx) error {
		whole := true
		if err := db.Read(ctx, func(r store.Reader) error {
			for _, table := range tables {
				n, err := copyTable(r, tx, table, rows)
				if err != nil {
					return err
				}
				whole = whole && n < rows
			}
			return nil
		}); err != nil {
			return err
		}
		return fn(tx, whole)
	})
}

// copyTable creates the table in tx, with its first rows and then its indexes, and returns the
// number of rows in the copy.
func copyTable(r store.Reader, tx store.Tx, table string, limit int) (n int, err error) {
	definitions, err := store.Texts(r, `SELECT "sql" FROM "sqlite_schema" WHERE "tbl_name" = $1 AND "sql" IS NOT NULL AND "type" IN ('table', 'index')
ORDER BY "type" DESC`, store.Text(table)) // "table" comes before "index"
	if err != nil {
		return 0, err
	}
	if len(definitions) == 0 {
		return 0, &store.StatementError{Message: "no such table: " + table}
	}
	if _, err := tx.Exec(definitions[0]); err != nil {
		return 0, err
	}
	columns, err := catalog{}.Columns(r, table)
	if err != nil {
		return 0, err
	}
	params := make([]string, len(columns))
	for i := range columns {
		params[i] = "$" + strconv.Itoa(i+1)
	}
	insert := "INSERT INTO " + store.Quote(table) + " VALUES (" + strings.Join(params, ", ") + ")"
	rows, err := r.Query("SELECT * FROM "+store.Quote(table)+" ORDER BY _rowid_ LIMIT $1", store.Int(int64(limit)))
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	values := make([]store.Value, len(columns))
	for ; rows.Next(); n++ {
		for i := range values {
			values[i] = valueAt(rows, i)
		}
		if _, err := tx.Exec(insert, values...); err != nil {
			return n, err
		}
	}
	if err := rows.Close(); err != nil {
		return n, err
	}
	for _, index := range definitions[1:] {
		if _, err := tx.Exec(index); err != nil {
			return n, err
		}
	}
	return n, nil
}

func valueAt(rows store.Rows, column int) store.Value {
	switch rows.Kind(column) {
	case store.KindInt:
		return store.Int(rows.Int(column))
	case store.KindFloat:
		return store.Float(rows.Float(column))
	case store.KindText:
		return store.Text(rows.Text(column))
	}
	return store.Null
}

// usesIndex finds the index in a line of EXPLAIN QUERY PLAN. The name of the index may have
// spaces; parentheses enclose the text after the name.
var usesIndex = regexp.MustCompile(`USING (?:COVERING )?INDEX (.+?)(?: \([^()]*\))?$`)

// UsedIndexes implements store.Rehearser, by the query plans of the statements. Statements that
// can no longer be planned are left out.
func (db *DB) UsedIndexes(ctx context.Context, statements []string) (map[string]bool, error) {
	used := map[string]bool{}
	err := db.Read(ctx, func(r store.Reader) error {
		for _, sql := range statements {
			if err := ctx.Err(); err != nil {
				return contextError(err)
			}
			lines, err := r.(*reader).explain(sql)
			if err != nil {
				continue
			}
			for _, line := range lines {
				if m := usesIndex.FindStringSubmatch(line); m != nil {
					used[m[1]] = true
				}
			}
		}
		return nil
	})
	return used, err
}

// explain returns the query plan of a statement. Parameters stay unbound, since the plan does not
// depend on them.
func (r *reader) explain(sql string) (lines []string, err error) {
	explained, column := Dialect{}.Explain(sql)
	st, err := r.c.prepare(explained)
	if err != nil {
		return nil, err
	}
	defer r.c.release(st)
	for {
		row, err := st.Step()
		if !row || err != nil {
			return lines, err
		}
		lines = append(lines, string(st.Bytes(column)))
	}
}
