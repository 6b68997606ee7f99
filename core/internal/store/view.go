// Views: a query read like a table.

package store

// View is a query that is read like a table.
type View struct {
	Query   string // as its author wrote it
	Quoted  string // the same with the names in quotes, for engines that change others
	Columns []ViewColumn
}

// ViewColumn is a column of a view, which is read as one of that kind.
type ViewColumn struct {
	Truth  bool // it is a truth value to be given as the number 1 or 0
	Name   string
	Kind   ColumnKind
	Key    bool // the id, a text whatever the query gives
	Stored bool // the query gives a stored column of that kind as it is
	Secret bool // nothing stands in its place, whatever the query gives
}
