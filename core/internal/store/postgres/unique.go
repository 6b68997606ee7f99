// The columns of a violated unique index, which PostgreSQL reports only by its name.

package postgres

import (
	"context"
	"sync"
	"time"
)

// uniques caches the columns of unique indexes. The messages of PostgreSQL are no source for
// them, since they are in the server's language.
type uniques struct {
	mu      sync.Mutex // guards the fields below
	version uint64     // of the definitions
	columns map[string][]string
}

// indexTimeout bounds queries of the catalog.
const indexTimeout = 5 * time.Second

// columnsOfIndex selects the columns of an index. Columns in expressions count: a
// case-insensitive index is on lower(column).
const columnsOfIndex = `SELECT a.attname FROM pg_index AS x
JOIN pg_class AS c ON c.oid = x.indexrelid
CROSS JOIN generate_series(1, x.indnkeyatts) AS k
JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND (a.attnum = x.indkey[k - 1]
	OR x.indkey[k - 1] = 0 AND pg_get_indexdef(x.indexrelid, k, true) IN (
		'lower(' || quote_ident(a.attname) || ')', 'loam_digest(' || quote_ident(a.attname) || ')', 'loam_digest(lower(' || quote_ident(a.attname) || '))'))
WHERE c.relname = $1 AND c.relnamespace = current_schema()::regnamespace AND NOT a.attisdropped
ORDER BY k`

// indexColumns returns the columns of the index, none if it is not known.
func (db *DB) indexColumns(name string) []string {
	version := db.defined.Load()
	// Only one query at a time: many violations of the same index query the catalog once.
	db.indexes.mu.Lock()
	defer db.indexes.mu.Unlock()
	if db.indexes.version != version || db.indexes.columns == nil {
		db.indexes.version, db.indexes.columns = version, map[string][]string{}
	}
	if columns, ok := db.indexes.columns[name]; ok {
		return columns
	}
	// The context of the write may have ended, and its transaction has failed, so the query runs
	// on a connection of the service pool.
	ctx, cancel := context.WithTimeout(context.Background(), indexTimeout)
	defer cancel()
	columns, err := db.readIndexColumns(ctx, name)
	if err != nil {
		db.cfg.Log.Warn("look for the columns of an index", "index", name, "error", err)
		return nil
	}
	if len(columns) > 0 { // otherwise the index is of a transaction that has not committed
		db.indexes.columns[name] = columns
	}
	return columns
}

// readIndexColumns queries the catalog on a connection of the service pool.
func (db *DB) readIndexColumns(ctx context.Context, name string) ([]string, error) {
	loan, err := db.service.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer loan.Release()
	result := loan.Conn().PgConn().ExecParams(ctx, columnsOfIndex, [][]byte{[]byte(name)}, nil, nil, nil).Read()
	var columns []string
	for _, row := range result.Rows {
		columns = append(columns, string(row[0]))
	}
	return columns, result.Err
}
