// DDL on SQLite: tables, columns, indexes.

package sqlite

import (
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

// catalog creates, changes and drops tables. The column types and defaults are part of the
// on-disk format of existing databases, so they must not change.
type catalog struct{}

var _ store.Catalog = catalog{}

// CreateTable implements store.Catalog. It adds no column for the order of creation: the rowid
// has that order.
func (catalog) CreateTable(tx store.Tx, table string, columns []store.Column) error {
	defs := make([]string, len(columns))
	for i, c := range columns {
		defs[i] = columnDef(c)
	}
	return ddl(tx, "CREATE TABLE "+store.Quote(table)+" ("+strings.Join(defs, ", ")+")")
}

// RenameTable implements store.Catalog. SQLite follows the name in views and indexes. It takes a
// name that differs only in letter case for the same table, so the table gets a third name in
// between.
func (c catalog) RenameTable(tx store.Tx, from, to string) error {
	if from != to && strings.EqualFold(from, to) {
		between := "_renaming_" + to
		if err := c.RenameTable(tx, from, between); err != nil {
			return err
		}
		from = between
	}
	return ddl(tx, "ALTER TABLE "+store.Quote(from)+" RENAME TO "+store.Quote(to))
}

func (catalog) DropTable(tx store.Tx, table string) error {
	return ddl(tx, "DROP TABLE IF EXISTS "+store.Quote(table))
}

func (catalog) AddColumn(tx store.Tx, table string, c store.Column) error {
	return ddl(tx, "ALTER TABLE "+store.Quote(table)+" ADD COLUMN "+columnDef(c))
}

func (catalog) RenameColumn(tx store.Tx, table, from, to string) error {
	return ddl(tx, "ALTER TABLE "+store.Quote(table)+" RENAME COLUMN "+store.Quote(from)+" TO "+store.Quote(to))
}

// DropColumn implements store.Catalog. It fails while an index or a view uses the column.
func (catalog) DropColumn(tx store.Tx, table, column string) error {
	return ddl(tx, "ALTER TABLE "+store.Quote(table)+" DROP COLUMN "+store.Quote(column))
}

// Fill implements store.Catalog. It reads the pairs first and finds each row by its key.
func (catalog) Fill(tx store.Tx, table string, c store.Column, ids []string, values []store.Value) error {
	_, err := tx.Exec("UPDATE "+store.Quote(table)+" SET "+store.Quote(c.Name)+` = "p"."v" FROM `+
		`(SELECT "value" ->> 0 AS "i", "value" ->> 1 AS "v" FROM json_each($1)) AS "p" WHERE `+store.Quote(table)+`."id" = "p"."i"`,
		store.Text(store.Pairs(ids, values)))
	return err
}

func (catalog) CreateIndex(tx store.Tx, ix store.Index) error { return ddl(tx, ix.String()) }

func (catalog) DropIndex(tx store.Tx, name string) error {
	return ddl(tx, "DROP INDEX "+store.Quote(name))
}

func (catalog) Clashes(r store.Reader, ix store.Index, limit int) ([][]string, error) {
	keys := make([]string, len(ix.Columns))
	for i, c := range ix.Columns {
		c.Sort = ""
		keys[i] = c.String()
	}
	return store.FindClashes(r, ix.Table, keys, ix.Where, limit)
}

func (catalog) Columns(r store.Reader, table string) ([]string, error) {
	return store.Texts(r, `SELECT "name" FROM pragma_table_xinfo($1) ORDER BY "cid"`, store.Text(table))
}

// Names implements store.Catalog. It leaves out the tables of SQLite itself and its indexes of
// primary keys.
func (catalog) Names(r store.Reader) ([]store.CatalogName, error) {
	rows, err := r.Query(`SELECT "type", "name", CASE "type" WHEN 'index' THEN "tbl_name" ELSE '' END
FROM "sqlite_schema" WHERE "type" IN ('table', 'view', 'index') AND "name" NOT LIKE 'sqlite\_%' ESCAPE '\'
ORDER BY "name"`)
	if err != nil {
		return nil, err
	}
	var names []store.CatalogName
	for rows.Next() {
		names = append(names, store.CatalogName{Kind: rows.Text(0), Name: rows.Text(1), Table: rows.Text(2)})
	}
	return names, rows.Close()
}

func ddl(tx store.Tx, sql string) error {
	_, err := tx.Exec(sql)
	return err
}

// columnDef returns the definition of a column for CREATE TABLE and ADD COLUMN.
func columnDef(c store.Column) string {
	name := store.Quote(c.Name)
	if c.PrimaryKey {
		return name + ` TEXT PRIMARY KEY DEFAULT ('r'||lower(hex(randomblob(7)))) NOT NULL`
	}
	switch c.Kind {
	case store.ColumnNumber:
		return name + ` NUMERIC DEFAULT 0 NOT NULL`
	case store.ColumnBool:
		return name + ` BOOLEAN DEFAULT FALSE NOT NULL`
	case store.ColumnJSON:
		return name + ` JSON DEFAULT NULL`
	case store.ColumnMulti:
		return name + ` JSON DEFAULT '[]' NOT NULL`
	case store.ColumnGeo:
		return name + ` JSON DEFAULT '{"lon":0,"lat":0}' NOT NULL`
	default:
		return name + ` TEXT DEFAULT '' NOT NULL`
	}
}
