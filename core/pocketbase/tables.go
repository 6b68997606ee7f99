// The source's database: its tables, columns and indexes, read from the schema without running any
// of its statements.

package pocketbase

import (
	"errors"
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

// tables is the trusted part of the source's schema: names of tables and columns. The statements of
// the schema are never run.
type tables struct {
	store.Reader
	list  []*table
	other []string // views and triggers, which are not read
}

// table is one table of the source.
type table struct {
	name    string
	ordered bool // the table has row numbers
	columns []string
	indexes []string // the statements
}

// readTables reads the schema.
func readTables(r store.Reader) (*tables, error) {
	t := &tables{Reader: r}
	// The pragmas read the schema without running its statements.
	rows, err := r.Query(`PRAGMA table_list`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		name := rows.Text(1)
		if rows.Text(0) != "main" || strings.HasPrefix(name, "sqlite_") {
			continue
		}
		if kind := rows.Text(2); kind != "table" {
			t.other = append(t.other, kind+" "+name)
			continue
		}
		t.list = append(t.list, &table{name: name, ordered: rows.Int(4) == 0})
	}
	if err := rows.Close(); err != nil {
		return nil, err
	}
	for _, table := range t.list {
		if err := table.describe(r); err != nil {
			return nil, err
		}
	}
	if err := t.indexes(); err != nil {
		return nil, err
	}
	slices.SortFunc(t.list, func(a, b *table) int { return strings.Compare(a.name, b.name) })
	slices.Sort(t.other)
	return t, nil
}

// describe reads the columns of a table, generated ones included.
func (t *table) describe(r store.Reader) error {
	rows, err := r.Query(`PRAGMA table_xinfo(` + store.Quote(t.name) + `)`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		t.columns = append(t.columns, rows.Text(1))
	}
	return rows.Close()
}

// indexes reads the statements of the indexes, and the names of triggers.
func (t *tables) indexes() error {
	rows, err := t.Query(`SELECT "type", "name", "tbl_name", "sql" FROM "sqlite_schema" WHERE "type" IN ('index', 'trigger') AND "sql" IS NOT NULL ORDER BY "name"`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if rows.Text(0) == "trigger" {
			t.other = append(t.other, "trigger "+rows.Text(1))
		} else if on := t.find(rows.Text(2)); on != nil {
			on.indexes = append(on.indexes, rows.Text(3))
		}
	}
	return rows.Close()
}

// find returns the table with that name in any letter case, nil if there is none.
func (t *tables) find(name string) *table {
	for _, table := range t.list {
		if strings.EqualFold(table.name, name) {
			return table
		}
	}
	return nil
}

// column returns the position of a column in any letter case, -1 if there is none.
func (t *table) column(name string) int {
	return slices.IndexFunc(t.columns, func(c string) bool { return strings.EqualFold(c, name) })
}

// count returns the number of rows.
func (t *tables) count(table *table) (int64, error) {
	return store.Number(t, `SELECT count(*) FROM `+store.Quote(table.name))
}

// all reads every row of a table in the order of row numbers, with the columns of table.columns.
func (t *tables) all(table *table) (store.Rows, error) {
	// Without the name of the table before it, a name that is not a column would be read as a text.
	columns := make([]string, len(table.columns))
	for i, c := range table.columns {
		columns[i] = `t.` + store.Quote(c)
	}
	sql := `SELECT ` + strings.Join(columns, ", ") + ` FROM ` + store.Quote(table.name) + ` AS t`
	if table.ordered {
		// The order of row numbers is the order of creation, which the new table keeps.
		sql += ` ORDER BY t."_rowid_"`
	}
	return t.Query(sql)
}

var errNotPocketBase = errors.New("this is not a database of PocketBase: it has no table _collections")

// errOld is the error of a database that PocketBase itself has to convert to its present form.
var errOld = errors.New("this database is of PocketBase 0.22 or older: " +
	"start it once with PocketBase 0.23 or later, which brings it to the new form, then import it")
