// The catalog of a database: its tables, columns, indexes and views, and their changes (DDL).

package store

// ColumnKind is the kind of a column. Each engine has its own column type for each kind.
type ColumnKind uint8

const (
	ColumnText   ColumnKind = iota // text, dates included; '' when unset
	ColumnNumber                   // double or integer; 0 when unset
	ColumnBool                     // false when unset
	ColumnJSON                     // any JSON text, or NULL
	ColumnMulti                    // a JSON array of strings; '[]' when unset
	ColumnGeo                      // {"lon":…,"lat":…}
)

// Column is one column of a collection's table.
type Column struct {
	Name       string
	Kind       ColumnKind
	PrimaryKey bool // text, filled with a random id when absent
}

// Catalog changes tables. Every method runs inside the caller's exclusive transaction. Names may
// be any that a collection may have; the methods quote them. DropTable and DropView do nothing if the database has
// nothing of the name, since another program may have dropped it; the name of the other kind is an error.
type Catalog interface {
	CreateTable(tx Tx, table string, columns []Column) error
	RenameTable(tx Tx, from, to string) error
	DropTable(tx Tx, table string) error

	AddColumn(tx Tx, table string, c Column) error
	RenameColumn(tx Tx, table, from, to string) error
	DropColumn(tx Tx, table, column string) error

	// Fill sets a column in the rows with the ids, ids[i] to values[i]. A value is of the
	// column's kind, as an UPDATE would bind it.
	Fill(tx Tx, table string, c Column, ids []string, values []Value) error

	CreateIndex(tx Tx, ix Index) error
	DropIndex(tx Tx, name string) error

	// Clashes returns the ids of the records whose keys would violate a unique index: one group
	// for each key, with at most limit ids in all.
	Clashes(r Reader, ix Index, limit int) ([][]string, error)

	// SelectView returns the SELECT of a view, to try it without creating the view. CreateView
	// also fails if only the use of the view would fail.
	SelectView(v View) string
	CreateView(tx Tx, name string, v View) error
	DropView(tx Tx, name string) error

	// Columns returns the names of the columns of a table in their order, without the column of
	// row numbers.
	Columns(r Reader, table string) ([]string, error)

	// Names returns every table, view and index of the database with its kind ("table", "view",
	// "index") and, for an index, its table.
	Names(r Reader) ([]CatalogName, error)
}

// CatalogName is an entry of Catalog.Names.
type CatalogName struct{ Kind, Name, Table string }
