// Values that are too long for an index, which is then replaced by an index on prefixes.

package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

// A btree refuses an entry of more than a third of a page. An index that has met such a value is
// replaced by a prefix index: it contains the first characters of each text, which keep the
// order, and if it is unique also a digest of the whole text. Values are compared by prefix and
// then as a whole.
const (
	prefixLength = 200 // in characters, of at most four bytes
	prefixTexts  = 3   // maximum number of texts in one entry
)

// prefixColumns are the columns that some index contains by their prefix. The key is the table
// and the indexed expression: the column, or lower(column).
type prefixColumns map[[2]string]bool

// Prefix implements store.Dialect.
func (d Dialect) Prefix(table, column string, fold bool) int {
	if d.db == nil {
		return 0
	}
	// Statements are planned all the time, so this lookup takes no lock.
	known := d.db.prefixes.Load()
	if known == nil || !(*known)[[2]string{table, prefixKey(column, fold)}] {
		return 0
	}
	return prefixLength
}

func prefixKey(column string, fold bool) string {
	if fold {
		return "lower(" + column + ")"
	}
	return column
}

// keysByPrefix finds the keys that are prefixes. PostgreSQL quotes the name of the function, as
// it is a keyword.
const keysByPrefix = `SELECT t.relname, a.attname, d.key = f.folded FROM pg_index AS x
JOIN pg_class AS t ON t.oid = x.indrelid AND t.relnamespace = current_schema()::regnamespace
JOIN pg_class AS c ON c.oid = x.indexrelid
CROSS JOIN generate_series(1, x.indnkeyatts) AS k
CROSS JOIN LATERAL (SELECT pg_get_indexdef(x.indexrelid, k, true) AS key) AS d
JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum > 0 AND NOT a.attisdropped
CROSS JOIN LATERAL (SELECT '"left"(' || quote_ident(a.attname) || ', %[1]d)' AS plain, '"left"(lower(' || quote_ident(a.attname) || '), %[1]d)' AS folded) AS f
WHERE x.indkey[k - 1] = 0 AND d.key IN (f.plain, f.folded)`

// readPrefixes brings Dialect.Prefix up to date. Its old answers remain correct, only slower, so
// an error is only logged.
func (db *DB) readPrefixes(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), indexTimeout)
	defer cancel()
	loan, err := db.service.Acquire(ctx)
	if err == nil {
		defer loan.Release()
		result := loan.Conn().PgConn().ExecParams(ctx, fmt.Sprintf(keysByPrefix, prefixLength), nil, nil, nil, nil).Read()
		if err = result.Err; err == nil {
			known := prefixColumns{}
			for _, row := range result.Rows {
				known[[2]string{string(row[0]), prefixKey(string(row[1]), string(row[2]) == "t")}] = true
			}
			db.prefixes.Store(&known)
			return
		}
	}
	db.cfg.Log.Warn("look for prefix indexes", "error", err)
}

// tooLongValue names a value for which an index had no room: by the index, or by the columns that
// may contain the value.
type tooLongValue struct {
	index   string
	table   string
	columns []string
}

// growth holds the knowledge of one write about values that are too long, over its tries.
type growth struct {
	last  tooLongValue          // value of the last try
	made  map[string]indexParts // indexes that the last try had created
	grown map[string]bool       // indexes that are prefix indexes now
}

// indexesOf selects the names of the indexes on the columns.
const indexesOf = `SELECT DISTINCT c.relname FROM pg_class AS t JOIN pg_index AS x ON x.indrelid = t.oid JOIN pg_class AS c ON c.oid = x.indexrelid
JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid
JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
WHERE t.relname = $1 AND t.relnamespace = current_schema()::regnamespace AND a.attname IN (SELECT jsonb_array_elements_text($2::jsonb))`

// grow replaces the indexes that had no room for a value in the last try by prefix indexes, and
// reports whether the write is to run again. An index that the write itself had created was
// rolled back with it: the next try creates it as a prefix index at once.
func (db *DB) grow(ctx context.Context, g *growth) (again bool) {
	if g.last.index == "" && len(g.last.columns) == 0 || g.grown[g.last.index] {
		return false
	}
	if g.grown == nil {
		g.grown = map[string]bool{}
	}
	// The write had created the index itself, and its transaction is rolled back, so there is no
	// index to replace. Its next try reads g.grown and creates a prefix index at once.
	for name, d := range g.made {
		if !g.grown[name] && (name == g.last.index || d.isOn(g.last)) {
			g.grown[name], again = true, true
		}
	}
	if again {
		return true
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), exclusiveTimeout)
	defer cancel()
	var grown []string
	// The index is replaced in a separate transaction, after the rollback of the write. The write
	// then runs again as any other and finds the new index.
	err := db.exclusively(ctx, func(x store.Tx) error {
		t := x.(*tx)
		t.behind = true // all caches of plans follow, those of this process too
		names, err := t.withoutRoom(g.last)
		if err != nil {
			return err
		}
		grown = nil
		for _, name := range names {
			ok, err := growIndex(t, name)
			if err != nil {
				return err
			}
			if ok {
				grown = append(grown, name)
			}
		}
		return nil
	}, &growth{})
	if err != nil {
		db.cfg.Log.Warn("make a prefix index", "index", g.last.index, "table", g.last.table, "error", err)
		return false
	}
	// An index that was replaced for this write before and still has no room is not tried again:
	// the error goes to the caller.
	for _, name := range grown {
		again = again || !g.grown[name]
		g.grown[name] = true
	}
	return again
}

// withoutRoom returns the names of the indexes for which the value may be too long.
func (t *tx) withoutRoom(v tooLongValue) ([]string, error) {
	if v.index != "" {
		return []string{v.index}, nil
	}
	return store.Texts(t, indexesOf, store.Text(v.table), store.Text(jsonList(v.columns)))
}

func jsonList(texts []string) string {
	list, _ := json.Marshal(texts) // texts cannot fail
	return string(list)
}

// keysOfIndex reads an index that belongs to no constraint.
const keysOfIndex = `SELECT t.relname, x.indisunique, pg_get_indexdef(x.indexrelid, k, true), format_type(a.atttypid, NULL),
	x.indoption[k - 1]::int, COALESCE(pg_get_expr(x.indpred, x.indrelid), '')
FROM pg_index AS x JOIN pg_class AS c ON c.oid = x.indexrelid JOIN pg_class AS t ON t.oid = x.indrelid
CROSS JOIN generate_series(1, x.indnkeyatts) AS k
JOIN pg_attribute AS a ON a.attrelid = x.indexrelid AND a.attnum = k
WHERE c.relname = $1 AND c.relnamespace = current_schema()::regnamespace
	AND NOT EXISTS (SELECT 1 FROM pg_constraint AS p WHERE p.conindid = c.oid)
ORDER BY k`

// growIndex makes the index anew. ok is false for one that has no prefix form.
func growIndex(t *tx, name string) (ok bool, err error) {
	rows, err := t.Query(keysOfIndex, store.Text(name))
	if err != nil {
		return false, err
	}
	defer rows.Close()
	def := indexParts{name: name}
	for rows.Next() {
		def.table, def.unique, def.where = rows.Text(0), rows.Int(1) != 0, rows.Text(5)
		k := indexKey{sql: rows.Text(2), kind: rows.Text(3)}
		if option := rows.Int(4); option&1 != 0 {
			k.order = " DESC"
		}
		if strings.HasPrefix(k.sql, `"left"(`) { // another process was faster
			return true, nil
		}
		def.keys = append(def.keys, k)
	}
	if err := rows.Close(); err != nil {
		return false, err
	}
	// The definition was read from the catalog, so it has the current names of tables and
	// columns.
	sql, ok := def.prefixed()
	if !ok { // the index of a constraint has no keys here
		return false, nil
	}
	if err := ddl(t, "DROP INDEX "+store.Quote(name)); err != nil {
		return false, err
	}
	return true, ddl(t, sql)
}

// indexParts holds the definition of an index in PostgreSQL's SQL.
type indexParts struct {
	name, table  string
	unique, once bool // once: IF NOT EXISTS
	keys         []indexKey
	where        string
}

// indexKey is one key of an index.
type indexKey struct {
	sql   string
	kind  string // its type, where it is known
	order string // ASC or DESC after a space, or empty
}

// statement returns the statement that creates the index with these keys.
func (d indexParts) statement(keys []string) string {
	var b strings.Builder
	b.WriteString("CREATE ")
	if d.unique {
		b.WriteString("UNIQUE ")
	}
	b.WriteString("INDEX ")
	if d.once {
		b.WriteString("IF NOT EXISTS ")
	}
	b.WriteString(store.Quote(d.name) + " ON " + store.Quote(d.table) + " (" + strings.Join(keys, ", ") + ")")
	if d.where != "" {
		b.WriteString(" WHERE " + d.where)
	}
	return b.String()
}

// isOn reports whether the index is on a column that may contain the value.
func (d indexParts) isOn(v tooLongValue) bool {
	return d.table == v.table && slices.ContainsFunc(d.keys, func(k indexKey) bool {
		return slices.ContainsFunc(v.columns, func(column string) bool { return strings.Contains(k.sql, store.Quote(column)) })
	})
}

// whole returns the statement that creates the index on whole values.
func (d indexParts) whole() string {
	var keys []string
	for _, k := range d.keys {
		keys = append(keys, k.sql+k.order)
	}
	return d.statement(keys)
}

// prefixed returns the statement that creates the prefix index. ok is false if the index has no
// text, or more texts than an entry has room for.
func (d indexParts) prefixed() (sql string, ok bool) {
	var keys, digests []string
	texts := 0
	for _, k := range d.keys {
		text := k.sql
		switch k.kind {
		case "jsonb":
			text = "(" + k.sql + ")::text"
		case "text":
		default:
			keys = append(keys, "("+k.sql+")"+k.order)
			continue
		}
		texts++
		keys = append(keys, fmt.Sprintf("(left(%s, %d))%s", text, prefixLength, k.order))
		if d.unique {
			digests = append(digests, "(loam_digest("+text+"))")
		}
	}
	return d.statement(append(keys, digests...)), texts > 0 && texts <= prefixTexts
}

// createIndex creates an index. It creates a prefix index if a stored value is too long, or if
// the write has met a value that is.
func createIndex(t *tx, d indexParts) error {
	if t.made == nil {
		t.made = map[string]indexParts{}
	}
	t.made[d.name] = d
	if !t.growth.grown[d.name] {
		// The stored rows may have a value that is too long. The savepoint keeps the transaction
		// usable, so that it can create a prefix index instead.
		err := t.Savepoint(func() error { return ddl(t, d.whole(), d.name) })
		t.tooLong = tooLongValue{} // no value is too long for the index that is created next
		var long *store.TooLongError
		if !errors.As(err, &long) {
			return err
		}
	}
	// Only the engine knows which keys are texts, and so need a prefix: keys may be expressions.
	for i, k := range d.keys {
		kind, err := typeOfKey(t, d.table, k.sql)
		if err != nil {
			return err
		}
		d.keys[i].kind = kind
	}
	sql, ok := d.prefixed()
	if !ok {
		return &store.TooLongError{Index: d.name}
	}
	return ddl(t, sql, d.name)
}

// typeOfKey returns the type of an expression on a table.
func typeOfKey(t *tx, table, sql string) (kind string, err error) {
	rows, err := t.Query("SELECT pg_typeof((SELECT " + sql + " FROM " + store.Quote(table) + " LIMIT 0))::text")
	if err != nil {
		return "", err
	}
	defer rows.Close()
	if rows.Next() {
		kind = rows.Text(0)
	}
	return kind, rows.Close()
}
