// Views: a query read like a table.

package store

// View is a query that is read like a table.
type View struct {
	Query   string // as its author wrote it
	Quoted  string // the same with quoted names, for engines that fold unquoted names
	Columns []ViewColumn
}

// ViewColumn is a column of a view.
type ViewColumn struct {
	Truth  bool // a boolean that is read as the number 1 or 0
	Name   string
	Kind   ColumnKind
	Key    bool // the id, which is converted to text
	Stored bool // the query returns a stored column of the kind unchanged
	Secret bool // the column is empty, whatever the query returns
}
