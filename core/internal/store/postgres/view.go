// Views on PostgreSQL: the type of each column.

package postgres

import (
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

// SelectView gives each column the type that a stored column of its kind has. The
// query may end in a comment.
func (catalog) SelectView(v store.View) string {
	list := make([]string, len(v.Columns))
	for i, c := range v.Columns {
		name := store.Quote(c.Name)
		list[i] = viewValue(c, "q."+name) + " AS " + name
	}
	return "SELECT " + strings.Join(list, ", ") + " FROM (" + v.Quoted + "\n) AS q"
}

// viewValue returns the expression of a column. Texts and documents must have the type and
// collation of stored ones, or comparing them with a stored column would fail.
func viewValue(c store.ViewColumn, value string) string {
	switch {
	// A column that must stay secret is empty in the view itself, so that no query on the view
	// can compare it.
	case c.Secret && c.Kind == store.ColumnText:
		value = "''"
	case c.Secret:
		value = "NULL"
	case c.Stored:
		return value
	case c.Truth:
		return "to_json((" + value + ")::boolean::int)"
	case c.Kind == store.ColumnJSON:
		return "to_json(" + value + ")"
	}
	return "(" + value + ")::" + viewType(c.Kind)
}

// viewType is typeOf, with the order of texts that columns of tables have.
func viewType(kind store.ColumnKind) string {
	if kind == store.ColumnText {
		return textType
	}
	return typeOf(kind)
}

func (c catalog) CreateView(tx store.Tx, name string, v store.View) error {
	return ddl(tx, "CREATE VIEW "+store.Quote(name)+" AS "+c.SelectView(v), name)
}

func (catalog) DropView(tx store.Tx, name string) error {
	return ddl(tx, "DROP VIEW "+store.Quote(name))
}
