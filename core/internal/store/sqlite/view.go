// Views on SQLite.

package sqlite

import (
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

// SelectView implements store.Catalog. It returns the query unchanged unless a value must be
// replaced or converted. The query may end in a comment.
func (catalog) SelectView(v store.View) string {
	list := make([]string, len(v.Columns))
	same := true
	for i, c := range v.Columns {
		name := store.Quote(c.Name)
		switch {
		case c.Secret:
			list[i], same = "'' AS "+name, false
		case c.Key && !c.Stored:
			list[i], same = "CAST(q."+name+" AS TEXT) AS "+name, false
		default:
			list[i] = "q." + name + " AS " + name
		}
	}
	if same {
		return "SELECT * FROM (" + v.Query + "\n)"
	}
	return "SELECT " + strings.Join(list, ", ") + " FROM (" + v.Query + "\n) AS q"
}

// CreateView implements store.Catalog. It reads from the view, since SQLite checks the query only
// then.
func (c catalog) CreateView(tx store.Tx, name string, v store.View) error {
	if err := ddl(tx, "CREATE VIEW "+store.Quote(name)+" AS "+c.SelectView(v)); err != nil {
		return err
	}
	list := make([]string, len(v.Columns))
	for i, c := range v.Columns {
		list[i] = "t." + store.Quote(c.Name)
	}
	// SQLite creates a view of a broken query, and the first read fails; the transaction must
	// fail here instead.
	rows, err := tx.Query("SELECT " + strings.Join(list, ", ") + " FROM " + store.Quote(name) + " AS t LIMIT 0")
	if err != nil {
		return err
	}
	return rows.Close()
}

func (catalog) DropView(tx store.Tx, name string) error {
	return ddl(tx, "DROP VIEW IF EXISTS "+store.Quote(name))
}
