// Views on PostgreSQL: the type of each column.

package postgres

import (
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

// SelectView implements store.Catalog. It casts each column to the type of a stored column of its
// kind. The query may end in a comment.
func (catalog) SelectView(v store.View) string {
	list := make([]string, len(v.Columns))
	for i, c := range v.Columns {
		name := store.Quote(c.Name)
		list[i] = viewValue(c, "q."+name) + " AS " + name
	}
	return "SELECT " + strings.Join(list, ", ") + " FROM (" + v.Quoted + "\n) AS q"
}

// viewValue returns the expression of a column. Texts and documents need the type and collation
// of stored columns, or they could not be compared with stored columns.
func viewValue(c store.ViewColumn, value string) string {
	switch {
	// The view itself has an empty column in place of a secret one, so that no query on the view
	// can compare the secret.
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

// viewType is typeOf with the collation of text columns.
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
	return ddl(tx, "DROP VIEW IF EXISTS "+store.Quote(name))
}
