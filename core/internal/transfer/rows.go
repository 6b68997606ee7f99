// The rows of all tables, table by table.

package transfer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/alter"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// ordered are the tables of the server whose rows are copied in the order of their creation.
var ordered = []string{"_params", "_collections"}

// plain copies the rows of a table of the server, whose columns are the same on all engines. Each
// value is bound as a text, which the engine converts to the type of the column.
func (t *transfer) plain(tx store.Tx, table string) error {
	columns, err := t.Catalog.Columns(t.Reader, table)
	if err != nil {
		return err
	}
	names, places := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		names[i], places[i] = store.Quote(c), "$"+strconv.Itoa(i+1)
	}
	query := `SELECT ` + strings.Join(names, ", ") + ` FROM ` + store.Quote(table)
	if slices.Contains(ordered, table) {
		query += ` ORDER BY "_rowid_"`
	}
	rows, err := t.Reader.Query(query)
	if err != nil {
		return err
	}
	defer rows.Close()
	insert := `INSERT INTO ` + store.Quote(table) + ` (` + strings.Join(names, ", ") + `) VALUES (` + strings.Join(places, ", ") + `)`
	values := make([]store.Value, len(columns))
	for rows.Next() {
		size := 0
		for i := range values {
			values[i] = text(rows, i)
			size += len(values[i].AsText())
		}
		if _, err := tx.Exec(insert, values...); err != nil {
			return err
		}
		if err := t.count(size); err != nil {
			return err
		}
	}
	return rows.Close()
}

// text returns a column of the current row as a text, or NULL.
func text(rows store.Rows, col int) store.Value {
	if rows.Kind(col) == store.KindNull {
		return store.Null
	}
	return store.Text(rows.Text(col))
}

// collection creates the table of a collection, copies its records, and then creates its indexes,
// which is faster than inserting into them.
func (t *transfer) collection(tx store.Tx, c *schema.Collection) error {
	steps := alter.Diff(nil, c)
	table := steps[0].(alter.CreateTable)
	if err := t.to.Catalog.CreateTable(tx, table.Table, table.Columns); err != nil {
		return err
	}
	extra, err := t.extra(tx, c)
	if err != nil {
		return err
	}
	if err := t.records(tx, c, extra); err != nil {
		return err
	}
	for _, step := range steps[1:] {
		index := step.(alter.CreateIndex).Index
		if err := t.to.Catalog.CreateIndex(tx, index); err != nil {
			return fmt.Errorf("index %s: %w", index.Name, err)
		}
	}
	return nil
}

// extra creates the columns that belong to no field: an import keeps them, since views may read
// them.
func (t *transfer) extra(tx store.Tx, c *schema.Collection) (list []store.Column, err error) {
	columns, err := t.Catalog.Columns(t.Reader, c.Name)
	if err != nil {
		return nil, err
	}
	for _, name := range columns {
		if slices.ContainsFunc(c.Fields, func(f *schema.Field) bool { return strings.EqualFold(f.Name, name) }) {
			continue
		}
		column := store.Column{Name: name, Kind: store.ColumnText}
		if err := t.to.Catalog.AddColumn(tx, c.Name, column); err != nil {
			return nil, err
		}
		list = append(list, column)
	}
	return list, nil
}

// records copies the records of a collection in the order of their creation.
func (t *transfer) records(tx store.Tx, c *schema.Collection, extra []store.Column) error {
	var columns []string
	for _, f := range c.Fields {
		columns = append(columns, "t."+store.Quote(f.Name)) // with the table: SQLite reads other unknown names as texts
	}
	for _, e := range extra {
		columns = append(columns, "t."+store.Quote(e.Name))
	}
	rows, err := t.Reader.Query(`SELECT ` + strings.Join(columns, ", ") + ` FROM ` + store.Quote(c.Name) + ` AS t ORDER BY t."_rowid_"`)
	if err != nil {
		return err
	}
	defer rows.Close()
	to := record.NewBulk(tx, c, extra)
	values := make([]store.Value, len(columns))
	for rows.Next() {
		size := 0
		for i, f := range c.Fields {
			values[i] = f.Value(f.Load(rows, i))
			size += len(rows.Bytes(i))
		}
		for i := len(c.Fields); i < len(columns); i++ {
			values[i] = store.Text(rows.Text(i))
			size += len(values[i].AsText())
		}
		if err := to.Add(values); err != nil {
			return err
		}
		if err := t.count(size); err != nil {
			return err
		}
	}
	if err := rows.Close(); err != nil {
		return err
	}
	return to.Flush()
}
