// The catalog of a database: its tables, columns, indexes and views, and how they are
// changed (DDL).

package store

// ColumnKind is how a column is stored. Each engine has its own type for each.
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

// Catalog changes tables. Every method runs inside the caller's exclusive
// transaction. Names are any that a collection may have and are quoted here.
type Catalog interface {
	CreateTable(tx Tx, table string, columns []Column) error
	RenameTable(tx Tx, from, to string) error
	DropTable(tx Tx, table string) error

	AddColumn(tx Tx, table string, c Column) error
	RenameColumn(tx Tx, table, from, to string) error
	DropColumn(tx Tx, table, column string) error

	// Fill sets a column in the rows of these ids, each to the value at the same
	// place: one of the column's kind, as an UPDATE would bind it.
	Fill(tx Tx, table string, c Column, ids []string, values []Value) error

	CreateIndex(tx Tx, ix Index) error
	DropIndex(tx Tx, name string) error

	// Clashes returns the records that keep a unique index from being made: in groups of
	// those whose keys are equal, each by its id, limit of them at most.
	Clashes(r Reader, ix Index, limit int) ([][]string, error)

	// SelectView is the SELECT that a view stands for: to try it without making it.
	// CreateView fails also where only its use would.
	SelectView(v View) string
	CreateView(tx Tx, name string, v View) error
	DropView(tx Tx, name string) error

	// Columns lists the columns of a table in their order, but for the one of row numbers.
	Columns(r Reader, table string) ([]string, error)

	// Names lists every table, view and index of the database with its kind
	// ("table", "view", "index") and, for an index, the table that it is on.
	Names(r Reader) ([]CatalogName, error)
}

// CatalogName is an entry of Catalog.Names.
type CatalogName struct{ Kind, Name, Table string }
